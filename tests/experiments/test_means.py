"""Differences of means, rates and ratios against scipy and against simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from netlift.errors import EstimationError
from netlift.experiments.aggregates import Aggregates
from netlift.experiments.means import proportions, ratio, welch, wilson


def test_welch_equals_scipy():
    rng = np.random.default_rng(2)
    a, b = rng.exponential(10, 80), rng.exponential(14, 50)
    ours = welch(Aggregates.of({"y": a}), Aggregates.of({"y": b}), "y", level=0.9)
    theirs = stats.ttest_ind(b, a, equal_var=False)
    interval = theirs.confidence_interval(0.9)
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-10)
    assert ours.dof == pytest.approx(theirs.df, rel=1e-12)
    assert (ours.lower, ours.upper) == pytest.approx((interval.low, interval.high), rel=1e-12)


def test_relative_interval_follows_the_delta_method_by_hand():
    a, b = np.array([8.0, 10.0, 12.0, 10.0]), np.array([12.0, 15.0, 18.0, 15.0])
    ours = welch(Aggregates.of({"y": a}), Aggregates.of({"y": b}), "y")
    variance = b.var(ddof=1) / 4 / 100 + (1.5**2) * a.var(ddof=1) / 4 / 100  # (var b + R^2 var a) / mean a ^2
    reach = stats.t.ppf(0.95, ours.dof) * math.sqrt(variance)
    assert ours.relative == pytest.approx(0.5)
    assert (ours.relative_lower, ours.relative_upper) == pytest.approx((0.5 - reach, 0.5 + reach), rel=1e-12)


def test_no_relative_form_on_a_base_near_zero():
    a, b = Aggregates.of({"y": [-1.0, 1.0, 0.1]}), Aggregates.of({"y": [1.0, 2.0, 3.0]})
    assert math.isnan(welch(a, b, "y").relative)


def test_constant_arms_are_decided_without_division_by_zero():
    same, other = Aggregates.of({"y": [1.0, 1.0]}), Aggregates.of({"y": [2.0, 2.0]})
    assert welch(same, same, "y").p_value == 1.0
    assert welch(same, other, "y").p_value == 0.0


def test_ratio_of_totals_covers_at_its_level_where_a_mean_of_ratios_would_not():
    """Revenue per order with customers as units: 400 A/B tests with a true difference of 2."""
    rng, covered, truth = np.random.default_rng(3), 0, 2.0
    for _ in range(400):
        arms = []
        for value in (20.0, 22.0):
            orders = 1 + rng.poisson(rng.gamma(1.0, 2.0, 300))
            arms.append(Aggregates.of({"orders": orders, "revenue": orders * rng.normal(value, 6, 300)}))
        found = ratio(*arms, "revenue", "orders")
        covered += found.lower <= truth <= found.upper
    assert 0.855 <= covered / 400 <= 0.945  # 90 % +- 3 binomial standard errors


def test_ratio_of_constant_denominator_is_the_difference_of_means():
    rng = np.random.default_rng(4)
    arms = [Aggregates.of({"y": rng.normal(5, 1, 40), "one": np.ones(40)}) for _ in range(2)]
    assert ratio(*arms, "y", "one").se == pytest.approx(welch(*arms, "y").se, rel=1e-12)
    with pytest.raises(EstimationError, match="no meaning"):
        ratio(*[Aggregates.of({"y": [1.0, 2.0], "zero": [0.0, 0.0]})] * 2, "y", "zero")


def test_wilson_equals_scipy():
    theirs = stats.binomtest(7, 50).proportion_ci(0.9, method="wilson")
    ours = wilson(7, 50)
    assert (ours.lower, ours.upper) == pytest.approx((theirs.low, theirs.high), rel=1e-12)
    with pytest.raises(EstimationError, match="0 <= hits"):
        wilson(3, 2)


def test_difference_of_rates_is_newcombes_published_example():
    """Newcombe (1998), table II, method 10, example a: 56/70 less 48/80 gives 0.0524 to 0.3339 at 95 %."""
    found = proportions((48, 56), (80, 70), level=0.95)
    assert (found.lower, found.upper) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_difference_of_rare_rates_covers():
    """Two arms of 200 with rate 1 %: exact coverage of the 90 % interval, summed over all outcomes."""
    chance = stats.binom.pmf(np.arange(12), 200, 0.01)
    coverage = sum(
        chance[a] * chance[b]
        for a in range(12)
        for b in range(12)
        if proportions((a, b), (200, 200)).lower <= 0 <= proportions((a, b), (200, 200)).upper
    )
    assert 0.88 <= coverage <= 0.99
    assert proportions((0, 0), (50, 50)).p_value == 1.0


def test_false_positives_of_a_null_test_stay_at_the_error_rate():
    """1,000 A/A tests on skewed spend: at level 90 % about one in ten excludes zero."""
    rng = np.random.default_rng(5)
    alarms = 0
    for _ in range(1000):
        arms = [Aggregates.of({"y": rng.gamma(0.5, 40.0, 200)}) for _ in range(2)]
        alarms += welch(*arms, "y").excludes_zero
    assert 72 <= alarms <= 128  # 100 +- 3 binomial standard errors of 9.5


def test_level_outside_its_range_is_refused():
    arm = Aggregates.of({"y": [1.0, 2.0]})
    with pytest.raises(EstimationError, match="confidence level"):
        welch(arm, arm, "y", level=90)
