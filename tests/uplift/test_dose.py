"""Answers to face value: shapes by hand and against another program, curves on planted truth, and what is refused."""

import numpy as np
import pytest
from benchmarks.quality_dose import DOSES, LOTS, lottery
from hypothesis import given
from hypothesis import strategies as st

from netlift.errors import EstimationError
from netlift.uplift import dose_shape
from netlift.uplift.dose import dose_response
from netlift.uplift.dose_choice import best_dose, best_face_value
from netlift.uplift.dose_trees import Trees

SMALL = Trees(threads=1)
TINY = Trees(rounds=5, threads=1)

NUMBERS = st.floats(-100, 100, allow_subnormal=False)

MEAN = lottery(10**6, 400_000).truth.mean(axis=0)
"""The true average curve, to .0003."""


@pytest.fixture(scope="module")
def found():
    data = lottery(1, 8000)
    return dose_response(data.x, data.dose, data.used, propensity=LOTS, folds=3, trees=SMALL)


@given(
    st.lists(st.lists(NUMBERS, min_size=4, max_size=4), min_size=1, max_size=5), st.permutations([1.0, 2.0, 3.0, 9.0])
)
def test_rising_is_isotonic_regression(rows, weights):
    from sklearn.isotonic import isotonic_regression

    curves = np.array(rows)
    ours = dose_shape.rising(curves, np.array(weights))
    theirs = [isotonic_regression(row, sample_weight=weights) for row in curves]
    assert ours == pytest.approx(np.array(theirs), abs=1e-9)
    assert (np.diff(ours, axis=1) >= 0).all()


@given(st.lists(NUMBERS, min_size=5, max_size=5))
def test_a_hull_lies_above_touches_at_its_bends_and_is_concave(values):
    curve = np.array([values])
    hull = dose_shape.hull(curve, DOSES)[0]
    slopes = np.diff(hull) / np.diff(DOSES)
    assert (hull >= curve[0]).all()
    assert (np.diff(slopes) <= 1e-9).all()
    bends = np.flatnonzero(np.diff(slopes) < -1e-9) + 1
    assert hull[bends] == pytest.approx(curve[0, bends], abs=1e-9)  # anything lower there would not be concave or above
    assert hull[[0, -1]] == pytest.approx(curve[0, [0, -1]])


@given(st.lists(NUMBERS, min_size=4, max_size=4))
def test_the_nearest_concave_curve(values):
    """Feasible, and no small step to another concave curve comes nearer: all such curves are sums of ramps."""
    curve, weights = np.append(0.0, values), np.ones(5)
    nearest = dose_shape.concave(curve, DOSES, weights)
    slopes = np.diff(nearest) / np.diff(DOSES)
    assert nearest[0] == 0
    assert (slopes >= -1e-9).all()
    assert (np.diff(slopes) <= 1e-9).all()
    ramps = np.minimum(DOSES[:, None], DOSES[None, 1:]) / DOSES[None, 1:]
    residual = curve - nearest
    assert (ramps.T @ residual <= 1e-6 * (1 + np.abs(curve).max())).all()
    assert nearest @ residual == pytest.approx(0.0, abs=1e-5 * (1 + np.abs(curve).max() ** 2))


@pytest.mark.parametrize("shape", ["rising", "concave"])
def test_curves_start_at_0_never_fall_and_keep_the_average(shape):
    data = lottery(1, 6000)
    found = dose_response(data.x, data.dose, data.used, propensity=LOTS, folds=3, shape=shape, trees=SMALL)
    fresh = lottery(2, 5000)
    curves = found.curve(fresh.x, np.linspace(0, 1500, 31))
    assert found.personal
    assert (curves[:, 0] == 0).all()
    assert (np.diff(curves, axis=1) >= 0).all()
    at_doses = found.curve(fresh.x)
    if shape == "concave":
        assert (np.diff(np.diff(at_doses, axis=1) / np.diff(DOSES), axis=1) <= 1e-12).all()
    assert at_doses[:, 1:].mean(axis=0) == pytest.approx([one.estimate for one in found.average], abs=0.015)


def test_planted_truth(found):
    """All intervals hold it; a customer's own curve is nearer to the truth than the average curve is."""
    fresh = lottery(3, 5000)
    for one, truth in zip(found.average, MEAN[1:], strict=True):
        assert one.lower < truth < one.upper
    own = np.sqrt(((found.curve(fresh.x) - fresh.truth) ** 2).mean())
    same = np.sqrt(((np.append(0, [one.estimate for one in found.average]) - fresh.truth) ** 2).mean())
    assert own < 0.85 * same
    assert found.contradictions == ()


def test_groups_compare_predictions_with_what_was_found(found):
    assert len(found.groups) == 5
    strongest, weakest = found.groups[-1], found.groups[0]
    assert strongest.found[-1].lower > weakest.found[-1].upper
    assert (np.diff(strongest.rising) >= 0).all()
    for group in found.groups:
        assert group.predicted[-1] == pytest.approx(group.found[-1].estimate, abs=4 * group.found[-1].se)


@pytest.mark.slow
def test_average_intervals_hold_the_truth():
    """95 % intervals at four doses over 100 lotteries of 1,000; three binomial standard errors are .065."""
    held = np.zeros(4)
    bias = np.zeros(4)
    for seed in range(100):
        data = lottery(seed, 1000)
        found = dose_response(data.x, data.dose, data.used, propensity=LOTS, folds=2, trees=TINY)
        held += [one.lower <= truth <= one.upper for one, truth in zip(found.average, MEAN[1:], strict=True)]
        bias += [one.estimate - truth for one, truth in zip(found.average, MEAN[1:], strict=True)]
    assert (held >= 88).all()
    assert np.abs(bias / 100).max() < 0.015


def test_a_coupon_that_does_nothing_has_flat_curves():
    """Over 25 lotteries: hardly any dose is shown to work, hardly any customers are told apart, curves stay near 0."""
    alarms, personal, heights = 0, 0, []
    for seed in range(25):
        data = lottery(seed, 1000, effect=0.0)
        found = dose_response(data.x, data.dose, data.used, propensity=LOTS, folds=2, trees=TINY)
        alarms += any(one.excludes_zero for one in found.average)
        personal += found.personal
        heights.append(float(found.curve(data.x).max()))
    assert alarms <= 6  # four doses at 2.5 % each
    assert personal <= 4
    assert np.median(heights) < 0.07  # two standard errors of a dose's mean are about .07


def test_where_more_earns_less_the_data_say_so():
    data = lottery(4, 8000, sign=-1.0)
    found = dose_response(data.x, data.dose, data.used, propensity=LOTS, folds=2, trees=TINY)
    assert (0.0, 300.0) in found.contradictions
    assert found.found[-1].upper < 0
    assert found.average[-1].estimate == 0.0


def test_propensities_undo_targeting():
    """Large doses went to the strong: unweighted, the largest dose looks better than it is."""
    rng = np.random.default_rng(5)
    data = lottery(5, 12_000)
    tilt = np.exp(np.outer(data.x[:, 0] + data.x[:, 2], [-0.6, -0.3, 0.0, 0.3, 0.6]))
    e = 0.75 * tilt / tilt.sum(axis=1, keepdims=True) + 0.05
    k = (rng.random((12_000, 1)) > np.cumsum(e, axis=1)).sum(axis=1)
    base = 0.1 * (1 + (data.x[:, 2] > 0))
    used = rng.random(12_000) < base + data.truth[np.arange(12_000), k]
    found = {
        "known": dose_response(data.x, DOSES[k], used, propensity=e, folds=2, trees=TINY).found[-1],
        "estimated": dose_response(data.x, DOSES[k], used, folds=2, trees=TINY).found[-1],
        "ignored": dose_response(data.x, DOSES[k], used, propensity=LOTS, folds=2, trees=TINY).found[-1],
    }
    assert found["known"].lower < MEAN[-1] < found["known"].upper
    assert found["estimated"].lower < MEAN[-1] < found["estimated"].upper
    assert found["ignored"].lower > MEAN[-1]


def test_nothing_is_said_beyond_the_log(found):
    x = lottery(3, 10).x
    assert found.beyond([1500, 1501]).tolist() == [False, True]
    with pytest.raises(EstimationError, match=r"largest dose in the log is 1500; nothing is known of 2000"):
        found.curve(x, [500, 2000])
    clamped = found.curve(x, [1500, 2000], beyond="clamp")
    assert (clamped[:, 0] == clamped[:, 1]).all()
    with pytest.raises(EstimationError, match="at least 0, got -1"):
        found.curve(x, [-1])
    with pytest.raises(EstimationError, match="3 covariates, learned from 5"):
        found.curve(x[:, :3])
    assert found.curve(x[:0]).shape == (0, 5)
    assert found.curve(x[:1]).shape == (1, 5)


def test_the_same_input_gives_the_same_bytes():
    data = lottery(6, 1500)
    x = data.x.copy()
    x[::7, 3] = np.nan
    x[:, 4] = 1.0
    first, second = (
        dose_response(x, data.dose, data.used, propensity=LOTS, folds=2, trees=SMALL, seed=9) for _ in range(2)
    )
    assert first.curve(x).tobytes() == second.curve(x).tobytes()
    assert np.isfinite(first.curve(x)).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dose": [100.0, 200.0] * 50}, "must have had no offer, .* the least is 100"),
        ({"dose": [-1.0, 0.0] * 50}, "must have had no offer"),
        ({"dose": np.zeros(100)}, "constant"),
        ({"dose": np.arange(100.0)}, "100 distinct doses, at most 40"),
        ({"dose": np.where(np.arange(100) < 5, 500.0, 0.0)}, "arm 1 has 5 units"),
        ({"outcome": np.full(100, np.nan)}, "outcome is NaN"),
        ({"x": np.full((100, 1), np.inf)}, "X is infinite"),
        ({"x": np.zeros((99, 1))}, "one row per unit, 100; got 99"),
        ({"propensity": [0.5, 0.6]}, "must sum to 1"),
        ({"propensity": [0.0, 1.0]}, "strictly between 0 and 1"),
        ({"folds": 1}, "got 1 folds"),
        ({"groups": 0}, "groups must be at least 1"),
        ({"x": np.zeros((0, 1)), "dose": [], "outcome": []}, "there is nobody"),
    ],
)
def test_what_cannot_be_answered_is_refused(change, message):
    good = {"x": np.zeros((100, 1)), "dose": [0.0, 500.0] * 50, "outcome": np.arange(100.0)}
    given_ = {"propensity": [0.5, 0.5], **good, **change}
    with pytest.raises(EstimationError, match=message):
        dose_response(given_.pop("x"), given_.pop("dose"), given_.pop("outcome"), trees=TINY, **given_)


def test_the_best_dose_by_hand():
    """Nets 0, 1, 3, 2 / 0, 0, -1, -2 / 0, 1, 1, 4: the smallest of equals, and the edge where the last is best."""
    margin = [[0.0, 2, 5, 6], [0.0, 1, 1, 2], [0.0, 2, 3, 8]]
    choice = best_dose([0, 5, 10, 15], margin, [0.0, 1, 2, 4])
    assert choice.dose.tolist() == [10.0, 0.0, 15.0]
    assert choice.net.tolist() == [3.0, 0.0, 4.0]
    assert choice.at_edge.tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("doses", "margin", "cost"),
    [([1, 2], [[0.0, 1.0]], [0.0, 1.0]), ([0, 0], [[0.0, 1.0]], [0.0, 1.0]), ([0, 1], [[0.0]], [0.0, 1.0]),
     ([0, 1], [[0.0, np.nan]], [0.0, 1.0])],
)  # fmt: skip
def test_choices_that_do_not_fit_are_refused(doses, margin, cost):
    with pytest.raises(EstimationError):
        best_dose(doses, margin, cost)


def test_a_face_value_is_paid_by_those_who_use_it(found):
    """Margin of 20.00 per use: the best face value trades more uses for what each costs; a dear contact ends it."""
    data = lottery(1, 8000)
    margin = dose_response(data.x, data.dose, 2000 * data.used, propensity=LOTS, folds=3, trees=SMALL)
    x = lottery(7, 2000).x
    choice = best_face_value(margin, found, x)
    assert choice.net == pytest.approx(np.max(margin.curve(x) - DOSES * found.curve(x), axis=1))
    assert 0 < choice.dose.mean() < 1500
    truth = lottery(7, 2000).truth
    earned = ((2000 - DOSES) * truth)[np.arange(2000), np.searchsorted(DOSES, choice.dose)].mean()
    assert earned > ((2000 - DOSES) * truth).mean(axis=0)[[1, 4]].max()
    assert (best_face_value(margin, found, x, contact=5000.0).dose == 0).all()
    with pytest.raises(EstimationError, match="at least 0"):
        best_face_value(margin, found, x, contact=-1.0)
    with pytest.raises(EstimationError, match="nothing is known of 9000"):
        best_face_value(margin, found, x, doses=[0, 9000])
