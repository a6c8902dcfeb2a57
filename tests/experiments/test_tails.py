"""Winsorised columns and the bootstrap where a few orders carry the mean."""

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.experiments.tails import bootstrap, winsorise


def test_winsorising_caps_by_one_threshold_for_all():
    values = np.arange(1000.0)
    capped = winsorise(values, share=0.01)
    assert capped.upper == 989.0  # quantile .99 of 0..999, lower of its two neighbours
    assert capped.changed == 10
    assert capped.values.max() == 989.0
    np.testing.assert_array_equal(values, np.arange(1000.0))


def test_mostly_zeros_are_capped_among_the_buyers():
    values = np.concatenate([np.zeros(9_900), np.arange(1.0, 101.0)])
    assert winsorise(values).upper == 99.0
    assert winsorise(-values).lower == -99.0


def test_share_must_leave_something():
    with pytest.raises(EstimationError, match="share"):
        winsorise(np.arange(3.0), share=0.5)


def test_bootstrap_agrees_with_welch_on_tame_data():
    rng = np.random.default_rng(1)
    a, b = rng.normal(0, 1, 400), rng.normal(0.3, 1, 400)
    found = bootstrap(a, b, rng=rng, draws=2000)
    se = np.sqrt(a.var(ddof=1) / 400 + b.var(ddof=1) / 400)
    assert found.estimate == pytest.approx(b.mean() - a.mean())
    assert (found.lower, found.upper) == pytest.approx(
        (found.estimate - 1.65 * se, found.estimate + 1.65 * se), abs=0.12 * se
    )


def test_bootstrap_follows_skewness():
    """One arm is nearly constant, the other skewed to the right: the upper end must lie further out."""
    rng = np.random.default_rng(2)
    found = bootstrap(rng.normal(0, 0.01, 300), rng.lognormal(0, 1.5, 60), rng=rng)
    assert found.upper - found.estimate > 1.3 * (found.estimate - found.lower)


def test_bootstrap_covers_a_skewed_mean_better_than_the_normal():
    """200 samples of 40 lognormal orders: 90 % intervals, truth exp(1/2)."""
    rng, studentised, normal = np.random.default_rng(3), 0, 0
    truth = np.exp(0.5 * 1.2**2)
    for _ in range(200):
        control, orders = rng.normal(0, 0.01, 40), rng.lognormal(0, 1.2, 40)
        found = bootstrap(control, orders, rng=rng, draws=399)
        se = orders.std(ddof=1) / np.sqrt(40)
        studentised += found.lower <= truth <= found.upper
        normal += abs(orders.mean() - truth) <= 1.645 * se
    assert studentised / 200 >= 0.84
    assert studentised > normal


def test_constant_arms_and_tiny_arms():
    rng = np.random.default_rng(4)
    same = bootstrap(np.ones(5), np.ones(5), rng=rng)
    assert (same.lower, same.upper) == (0.0, 0.0)
    with pytest.raises(EstimationError, match="at least 2"):
        bootstrap(np.ones(1), np.ones(5), rng=rng)
