"""Intervals and the half-sample bootstrap, and what no ranking metric may depend on."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from netlift.uplift.estimate import half_samples, mean_of, normal, spread
from netlift.uplift.ranking import curve, qini
from tests.uplift.worlds import trial


def test_interval_and_p_value_equal_scipy():
    found = normal(1.2, 0.7, 50, level=0.9, method="example")
    assert (found.lower, found.upper) == pytest.approx(stats.norm.interval(0.9, 1.2, 0.7), rel=1e-12)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(1.2 / 0.7), rel=1e-12)
    assert found.excludes_zero
    assert not found._replace(lower=-0.1).excludes_zero
    assert math.isnan(normal(0.0, 0.0, 50, level=0.9, method="example").p_value)


@pytest.mark.parametrize("n", [50, 51])
def test_half_samples_of_a_mean_give_its_standard_error(n):
    """Standard error sd / sqrt(n); 4,000 halves know it to about 1 %. An odd n has halves that are too small."""
    y = np.random.default_rng(n).exponential(size=n)
    halves = half_samples(lambda rows: np.array(y[rows].mean()), n, 4000, 1)
    assert float(spread(halves, n)) == pytest.approx(mean_of(y, level=0.9, method="mean").se, rel=0.04)


def test_one_seed_gives_one_interval():
    data = trial(1)
    assert qini(*data) == qini(*data)
    assert qini(*data).excess.se != qini(*data, seed=1).excess.se


@given(st.integers(0, 10_000), st.integers(0, 3), st.sampled_from(["gain", "qini"]))
def test_curves_know_only_differences_of_outcomes_and_the_order_of_scores(seed, digits, kind):
    """Adding to outcomes changes nothing, scaling them scales the curve, any rising function of the score is one."""
    data = trial(seed, 80)
    score = np.round(data.score, digits)
    plain = curve(data.outcome, data.treatment, score, kind=kind)
    moved = curve(3 * data.outcome + 7, data.treatment, np.exp(5 * score), kind=kind)
    assert moved.share == pytest.approx(plain.share)
    assert moved.value == pytest.approx(3 * plain.value, abs=1e-9)
    assert (plain.share[0], plain.share[-1], plain.value[0]) == (0, 1, 0)
    effect = data.outcome[data.treatment == 1].mean() - data.outcome[data.treatment == 0].mean()
    end = effect if kind == "gain" else effect * data.treatment.mean()
    assert plain.value[-1] == pytest.approx(end)
