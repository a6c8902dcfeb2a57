"""Cross-fitted effects judge rules honestly, say what is doubtful about the data, and refuse what is wrong."""

import numpy as np
import pytest
from benchmarks._uplift_settings import setting
from sklearn.linear_model import LogisticRegression, Ridge

from netlift.errors import EstimationError
from netlift.uplift.calibration import calibration
from netlift.uplift.cross_fit import CrossFitted, cross_fit
from netlift.uplift.learners.base import Learner
from netlift.uplift.learners.dr import DR
from netlift.uplift.learners.r import R
from netlift.uplift.learners.rotation import SHALLOW, kept_inside
from netlift.uplift.learners.s import S
from netlift.uplift.learners.t import T
from netlift.uplift.nuisance import Base, Boosted, Features
from netlift.uplift.policy import policy_value
from netlift.uplift.rate import rate
from netlift.uplift.scores import contrasts

SMALL = Boosted(trees=30, leaves=8)


@pytest.fixture(scope="module")
def found() -> CrossFitted:
    data = setting("offers", 2_000, 1)
    return cross_fit(DR(SMALL), data.X, data.arm, data.outcome, propensity=data.propensity, seed=2)


def test_shapes_and_what_is_kept(found: CrossFitted) -> None:
    assert found.effects.shape == (2_000, 3)
    assert found.outcomes.shape == found.propensity.shape == found.scores.shape == (2_000, 4)
    assert np.bincount(found.fold).tolist() == pytest.approx([400] * 5, abs=4)
    assert found.flags == ()
    assert len(found.models) == 5
    np.testing.assert_array_equal(found.log.prediction, found.outcomes)


def test_no_unit_was_seen_by_the_model_that_predicts_it() -> None:
    """Changing one unit's outcome leaves its own effect and outcomes as they were, and moves others'."""
    data = setting("offers", 600, 3)
    changed = data.outcome.copy()
    changed[17] += 1_000
    before, after = (
        cross_fit(DR(SMALL, folds=2), data.X, data.arm, y, propensity=data.propensity, seed=4)
        for y in (data.outcome, changed)
    )
    mates = before.fold == before.fold[17]
    np.testing.assert_array_equal(before.effects[mates], after.effects[mates])
    np.testing.assert_array_equal(before.outcomes[mates], after.outcomes[mates])
    assert np.abs(before.effects[~mates] - after.effects[~mates]).max() > 1


def test_estimated_propensities_never_saw_their_unit() -> None:
    """Those of a fold are what a model of the other folds says."""
    data = setting("A", 600, 3)
    found = cross_fit(T(SMALL), data.X, data.arm, data.outcome, seed=4)
    held = found.fold == 2
    others = SHALLOW.classify(Features(data.X).part(~held), data.arm[~held], 2, seed=4)
    np.testing.assert_allclose(found.propensity[held], kept_inside(others.predict(data.X[held])), atol=1e-12)


def test_new_customers_get_the_mean_over_the_folds(found: CrossFitted) -> None:
    X = setting("offers", 30, 9).X
    np.testing.assert_allclose(found.predict(X), np.mean([one.effects(X) for (one,) in found.models], axis=0))
    with pytest.raises(EstimationError, match="20 columns"):
        found.predict(X[:, :5])


def test_several_outcomes_share_folds_and_propensities() -> None:
    """Margin and cost together are what each is alone; what they have in common is computed once."""
    data = setting("A", 800, 5)
    cost = 0.5 * data.arm + 0.1 * data.X[:, 0]
    both = cross_fit(DR(SMALL), data.X, data.arm, np.column_stack([data.outcome, cost]), seed=1)
    alone = [cross_fit(DR(SMALL), data.X, data.arm, y, seed=1) for y in (data.outcome, cost)]
    assert both.effects.shape == (800, 1, 2)
    assert both.outcomes.shape == both.scores.shape == (800, 2, 2)
    assert both.predict(data.X[:7]).shape == (7, 1, 2)
    for place, one in enumerate(alone):
        np.testing.assert_array_equal(both.effects[:, :, place], one.effects)
        np.testing.assert_array_equal(both.outcomes[:, :, place], one.outcomes)
        np.testing.assert_array_equal(both.propensity, one.propensity)
        np.testing.assert_array_equal(both.predict(data.X[:7])[:, :, place], one.predict(data.X[:7]))
    single = cross_fit(DR(SMALL), data.X, data.arm, data.outcome[:, None], seed=1)
    assert single.effects.shape == (800, 1, 1)


@pytest.mark.parametrize("learner", [S(SMALL), R(SMALL)], ids=["s", "r"])
def test_the_truth_lies_in_the_intervals(learner: Learner) -> None:
    """One sample, 99.9 % intervals: the value of the rule that gives the best offer, and of treating nobody."""
    data = setting("offers", 3_000, 6)
    one = cross_fit(learner, data.X, data.arm, data.outcome, propensity=data.propensity, seed=1)
    rule = np.where(one.effects.max(axis=1) > 0, one.effects.argmax(axis=1) + 1, 0)
    for policy in (rule, np.zeros(3_000)):
        value = policy_value(one.log, policy, level=0.999).value
        truth = data.mean[np.arange(3_000), policy.astype(int)].mean()
        assert value.lower < truth < value.upper
    slope = calibration(contrasts(one.scores)[:, 0], one.effects[:, 0]).slope
    assert slope.lower > 0


def test_no_effect_is_not_found() -> None:
    """One null sample: 99.9 % intervals of the ranking's worth and of the slope hold zero."""
    data = setting("offers", 2_000, 7, scale=0.0)
    one = cross_fit(DR(SMALL), data.X, data.arm, data.outcome, propensity=data.propensity, seed=1)
    effect = contrasts(one.scores)[:, 0]
    assert not rate(effect, one.effects[:, 0], level=0.999).excludes_zero
    assert not calibration(effect, one.effects[:, 0], level=0.999).slope.excludes_zero


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    data = setting("B", 400, 8)
    first, again, other = (
        cross_fit(DR(SMALL), data.X, data.arm, data.outcome, propensity=[0.5, 0.5], seed=seed) for seed in (1, 1, 2)
    )
    assert first.effects.tobytes() == again.effects.tobytes()
    assert first.effects.tobytes() != other.effects.tobytes()


# what is doubtful, and what is refused


def test_a_leak_in_an_experiment_is_flagged_with_its_column() -> None:
    """Nothing has to be estimated, so the answer is given, with the column that knew who was treated."""
    data = setting("B", 1_000, 10)
    leaking = np.column_stack([data.X, data.arm + data.outcome])
    flags = cross_fit(T(SMALL), leaking, data.arm, data.outcome, propensity=[0.5, 0.5]).flags
    assert [(flag.code, flag.arm, flag.column) for flag in flags] == [("leak", 1, 6)]
    assert flags[0].value > 0.05


def test_a_leak_by_what_is_unknown_is_flagged() -> None:
    data = setting("B", 1_000, 10)
    holes = data.X.copy()
    holes[data.arm == 0, 3] = np.nan
    flags = cross_fit(T(SMALL), holes, data.arm, data.outcome, propensity=[0.5, 0.5]).flags
    assert [(flag.code, flag.column) for flag in flags] == [("leak", 3)]


def test_a_leak_where_propensities_are_estimated_is_refused() -> None:
    data = setting("B", 1_000, 10)
    leaking = np.column_stack([data.X, data.arm.astype(float)])
    with pytest.raises(EstimationError, match="leave out what was measured after the treatment"):
        cross_fit(T(SMALL), leaking, data.arm, data.outcome)


def test_arms_that_are_nearly_told_apart_and_clipped_propensities_are_flagged() -> None:
    """The log-odds of treatment are 5 x0: the area under the ROC curve is about 0.97 by the true propensity."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(3_000, 3))
    arm = (rng.random(3_000) < 1 / (1 + np.exp(-5 * X[:, 0]))).astype(int)
    found = cross_fit(T(SMALL), X, arm, X[:, 1], propensity_base=Base(Ridge, LogisticRegression))
    flags = {flag.code: flag for flag in found.flags}
    assert set(flags) == {"told_apart", "clipped"}
    assert 0.9 < flags["told_apart"].value < 0.99
    beyond = (np.abs(5 * X[:, 0]) > np.log(99)).mean()  # the log-odds of 0.99
    assert flags["clipped"].value == pytest.approx(beyond, abs=0.03)
    assert found.propensity.min() == pytest.approx(0.01)


def test_a_customer_twice_is_refused() -> None:
    data = setting("B", 60, 1)
    customers = np.arange(60)
    customers[7] = 3
    with pytest.raises(EstimationError, match="several rows"):
        cross_fit(T(SMALL), data.X, data.arm, data.outcome, propensity=[0.5, 0.5], customers=customers)


def test_three_rows_are_refused() -> None:
    with pytest.raises(EstimationError, match="at least 10 are needed"):
        cross_fit(T(SMALL), np.ones((3, 1)), [0, 1, 1], np.ones(3))


def test_more_folds_than_units_are_refused() -> None:
    data = setting("B", 60, 1)
    for folds in (1, 31):
        with pytest.raises(EstimationError, match="cross-fitting needs 2 folds or more"):
            cross_fit(T(SMALL), data.X, data.arm, data.outcome, folds=folds)


@pytest.mark.parametrize(
    "outcome", [np.full(60, np.nan), np.full((60, 2), np.inf), np.ones((60, 0)), np.ones((2, 3, 4))]
)
def test_outcomes_that_are_no_numbers_are_refused(outcome: np.ndarray) -> None:
    data = setting("B", 60, 1)
    with pytest.raises(EstimationError):
        cross_fit(T(SMALL), data.X, data.arm, outcome)
