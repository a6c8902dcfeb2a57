"""Calibration curves are learned well enough for their number of rows, and tables say where a forecast is wrong."""

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.profiles.propensity.calibration import ISOTONIC_FROM, Isotonic, Platt, calibrate, reliability
from netlift.profiles.propensity.metrics import classification, logit


def bold(seed, n, slope=0.5, shift=-0.7):
    """Forecasts whose log-odds must be multiplied by `slope` and moved by `shift` to be true."""
    rng = np.random.default_rng(seed)
    p = rng.beta(1.0, 2.0, n)
    return (rng.random(n) < 1 / (1 + np.exp(-(shift + slope * logit(p))))).astype(float), p


def test_few_rows_get_a_curve_of_two_numbers_and_many_a_free_one():
    few, many = calibrate(*bold(1, 1500)), calibrate(*bold(2, 8000))
    assert isinstance(few, Platt)
    assert isinstance(many, Isotonic)
    y, p = bold(3, 2 * ISOTONIC_FROM)
    y[:] = 0
    y[: ISOTONIC_FROM - 1] = 1
    assert calibrate(y, p).name == "platt"
    y[ISOTONIC_FROM - 1] = 1
    assert calibrate(y, p).name == "isotonic"


def test_platt_finds_the_planted_curve():
    """About 1,400 rows, 900 of the rarer kind: slope and intercept have errors of 0.05."""
    curve = calibrate(*bold(4, 2900))
    assert (curve.slope, curve.intercept) == pytest.approx((0.5, -0.7), abs=0.15)


@pytest.mark.parametrize("n", [1500, 8000])
def test_a_bold_forecast_is_calibrated_on_rows_that_the_curve_never_saw(n):
    """The slope found was 0.5; afterwards 1 is within reach of its error, and the log-loss has fallen."""
    curve = calibrate(*bold(5, n))
    y, p = bold(6, 20_000)
    before, after = classification(y, p), classification(y, curve(p))
    assert before.calibration_slope == pytest.approx(0.5, abs=0.1)
    assert after.calibration_slope == pytest.approx(1.0, abs=0.2)
    assert after.log_loss < before.log_loss - 0.05
    assert after.ece < 0.35 * before.ece


@pytest.mark.parametrize("n", [1500, 8000])
def test_curves_never_fall_nor_leave_the_range(n):
    curve = calibrate(*bold(7, n))
    found = curve(np.linspace(0, 1, 1001))
    assert (np.diff(found) >= 0).all()
    assert found.min() > 0
    assert found.max() < 1


def test_a_ranking_that_is_worse_than_none_becomes_the_base_rate():
    y, p = bold(8, 1500)
    found = calibrate(y, 1 - p)(np.array([0.1, 0.9]))
    assert found == pytest.approx([y.mean()] * 2)


def test_a_perfect_forecast_and_a_constant_one_keep_finite_curves():
    y = np.repeat([0.0, 1.0], 50)
    assert np.isfinite(calibrate(y, np.where(y > 0, 0.9, 0.1))(np.array([0.0, 0.5, 1.0]))).all()
    assert calibrate(y, np.full(100, 0.3))(np.array([0.3])) == pytest.approx([0.5])


def test_reliability_by_hand_and_its_intervals():
    """Ten rows at .1 of whom one bought, ten at .9 of whom five did: the first agrees, the second does not."""
    p = np.repeat([0.1, 0.9], 10)
    y = np.array([1.0] + [0.0] * 9 + [1.0] * 5 + [0.0] * 5)
    low, high = reliability(y, p)
    assert (low.n, low.forecast, low.bought) == pytest.approx((10, 0.1, 0.1))
    assert low.agrees
    assert not high.agrees
    assert (high.lower, high.upper) == pytest.approx((0.2366, 0.7634), abs=1e-4)  # Wilson's, 5 of 10


def test_groups_of_a_true_forecast_agree_about_as_often_as_promised():
    """200 groups at 95 %: fewer than 180 have a chance below .001."""
    agreed = sum(one.agrees for seed in range(20) for one in reliability(*bold(50 + seed, 3000, 1.0, 0.0)))
    assert 180 <= agreed <= 200


def test_more_groups_than_rows_are_refused():
    with pytest.raises(EstimationError, match="make 1 to 2 groups"):
        reliability([0, 1], [0.1, 0.9], bins=3)
