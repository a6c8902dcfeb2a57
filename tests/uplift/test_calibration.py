"""Calibration slope and doubly robust scores against a second computation and against known truth."""

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.uplift.calibration import calibration, groups
from netlift.uplift.scores import contrasts, cross_fit_linear, doubly_robust
from tests.uplift.worlds import log, trial

SEEDS = 200


def test_slope_and_its_error_are_those_of_least_squares_with_hc1():
    """The sandwich written out with matrices."""
    rng = np.random.default_rng(1)
    f, s = rng.normal(size=60), rng.normal(size=60)
    X = np.column_stack([np.ones(60), f - f.mean()])
    bread = np.linalg.inv(X.T @ X)
    b = bread @ X.T @ s
    rest = s - X @ b
    errors = np.sqrt(np.diag(bread @ (X.T * rest**2) @ X @ bread) * 60 / 58)
    found = calibration(s, f)
    assert (found.average.estimate, found.slope.estimate) == pytest.approx(tuple(b), rel=1e-12)
    assert found.slope.se == pytest.approx(errors[1], rel=1e-12)
    assert found.average.se == pytest.approx(errors[0], rel=1e-12)


def test_interval_of_the_slope_holds_the_truth_where_predictions_are_three_times_too_bold():
    held = 0
    for seed in range(SEEDS):
        data = trial(seed, 400, slope=2.0)
        mu = np.column_stack([data.score, data.score])
        scores = contrasts(doubly_robust(data.outcome, data.treatment, [0.5, 0.5], mu))[:, 0]
        found = calibration(scores, 6.0 * data.score)  # the true effect is 2 r - .5
        held += found.slope.lower <= 1 / 3 <= found.slope.upper
    assert 0.93 <= held / SEEDS <= 0.97


def test_shrinking_brings_bold_predictions_to_the_effects_found():
    data = trial(7, 20_000, slope=2.0)
    scores = contrasts(doubly_robust(data.outcome, data.treatment, [0.5, 0.5], np.zeros((20_000, 2))))[:, 0]
    found = calibration(scores, 6.0 * data.score)
    assert found.shown_to_know
    again = calibration(scores, found.shrunk(6.0 * data.score))
    assert (again.slope.estimate, again.mean_prediction) == pytest.approx((1.0, again.average.estimate))
    flat = calibration(scores, -data.score).shrunk(-data.score)  # ranked the wrong way: everybody gets the average
    assert flat == pytest.approx(np.full(20_000, found.average.estimate))


def test_groups_are_of_similar_size_and_keep_ties_together():
    scores, prediction = np.arange(40.0), np.repeat([0.0, 0.0, 1.0, 2.0], 10)
    found = groups(scores, prediction, 4)
    assert [(g.predicted, g.found.n, g.found.estimate) for g in found] == [(0, 20, 9.5), (1, 10, 24.5), (2, 10, 34.5)]


def test_scores_are_unbiased_with_wrong_predictions_and_known_propensities():
    data = log(3, 50_000)
    found = doubly_robust(data.outcome, data.arm, data.propensity, np.full((50_000, 3), 9.0))
    assert found.mean(axis=0) == pytest.approx(data.mean.mean(axis=0), abs=0.4)  # 3 s.e. of 9 sqrt(1/e) / sqrt(n)
    assert (found.mean(axis=0) != 9.0).all()


def test_cross_fitted_predictions_never_saw_their_unit():
    """Changing the outcome of a unit changes no prediction for that unit, but some for others."""
    data = log(4, 200)
    before = cross_fit_linear(data.x, data.outcome, data.arm, 3)
    outcome = data.outcome.copy()
    outcome[17] += 100
    after = cross_fit_linear(data.x, outcome, data.arm, 3)
    assert (before[17] == after[17]).all()
    assert (before != after).any()


def test_cross_fitted_predictions_find_a_linear_truth():
    data = log(5, 20_000)
    error = cross_fit_linear(data.x, data.outcome, data.arm, 3) - data.mean
    assert np.sqrt((error**2).mean()) < 0.05  # noise 1, three coefficients, about 6,000 units per arm


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: calibration(np.arange(40.0), np.ones(40)), "same for every unit"),
        (lambda: calibration([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]), "at least 20"),
        (lambda: calibration([np.nan] * 40, np.arange(40.0)), "scores is NaN"),
        (lambda: groups(np.arange(40.0), np.arange(40.0), 5), "1 to 4 groups"),
        (lambda: doubly_robust([1.0] * 20, [0, 1] * 10, [0.0, 1.0], np.zeros((20, 2))), "strictly between 0 and 1"),
        (lambda: doubly_robust([1.0] * 20, [0, 1] * 10, [0.5, 0.6], np.zeros((20, 2))), "must sum to 1"),
        (lambda: doubly_robust([1.0] * 20, [0, 1] * 10, [0.3, 0.3, 0.4], np.zeros((20, 3))), "arm 2 has 0 units"),
        (lambda: doubly_robust([1.0] * 20, [0] * 20, [0.5, 0.5], np.zeros((20, 2))), "treatment is constant"),
        (lambda: cross_fit_linear(np.ones((20, 1)), np.ones(20), [0, 1] * 10, 2, folds=6), "cross-fitting needs"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(action, message):
    with pytest.raises(EstimationError, match=message):
        action()
