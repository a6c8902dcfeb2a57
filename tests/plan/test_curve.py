"""The curve is concave, its prices are its slopes, and its end is where more no longer pays."""

import numpy as np
import pytest

from netlift.plan.choose import choose
from netlift.plan.curve import curve_of
from netlift.plan.limits import Limits
from netlift.plan.rows import Frame
from tests.plan.worlds import pool_of, rng


def test_concave_with_prices_between_the_slopes() -> None:
    """Each chord's slope lies between the prices at its ends."""
    draws = rng(1)
    pool = pool_of(draws.normal(10, 50, (400, 3)), cost=draws.uniform(20, 200, (400, 3)))
    curve = curve_of(Frame.of(pool, Limits(budget_minor=9000)), pool.net)
    budgets = np.array([one.budget_minor for one in curve.points])
    values = np.array([one.value_minor for one in curve.points])
    slopes = np.diff(values) / np.diff(budgets)
    gap = 2e-5 * values.max() / np.diff(budgets)  # what the prices' tolerance leaves open
    assert 12 <= len(curve.points) <= 20
    assert 9000.0 in budgets
    assert (np.diff(slopes) <= gap[1:] + gap[:-1]).all()
    for left, right, slope, room in zip(curve.points, curve.points[1:], slopes, gap, strict=False):
        assert right.price - room <= slope <= left.price + room


def test_the_end_of_the_curve_by_hand() -> None:
    """Four customers at 10 each earn 40, 20, 4 and -5: 30 coins earn 64, and up to 20 half a coin comes back."""
    pool = pool_of(np.array([[40.0], [20.0], [4.0], [-5.0]]), cost=10.0)
    curve = curve_of(Frame.of(pool, Limits()), pool.net)
    assert curve.one == pytest.approx(30.0, abs=0.01)
    assert curve.peak_minor == pytest.approx(64.0, abs=0.01)
    assert curve.half is not None
    assert 18.0 <= curve.half <= 25.0


def test_no_plan_is_above_the_curve() -> None:
    """The plan of a budget lies on it, up to its gap."""
    draws = rng(2)
    pool = pool_of(draws.normal(10, 50, (200, 3)))
    frame = Frame.of(pool, Limits(budget_minor=4000))
    point = next(one for one in curve_of(frame, pool.net).points if one.budget_minor == 4000.0)
    earned = pool.net[choose(frame, "x", pool.net).cells].sum()
    assert point.value_minor * 0.98 <= earned <= point.value_minor + 1


def test_nothing_pays() -> None:
    """A curve of one point, at nothing."""
    pool = pool_of(-np.ones((5, 2)))
    curve = curve_of(Frame.of(pool, Limits(budget_minor=100)), pool.net)
    assert curve.peak_minor == 0
    assert curve.one == 0
    assert curve.half is None
