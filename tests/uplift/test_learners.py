"""Every learner finds a planted effect, gives one answer, and refuses what cannot be answered."""

import numpy as np
import pytest
from benchmarks._uplift_settings import pehe, setting
from sklearn.linear_model import LogisticRegression, Ridge

from netlift.errors import ConfigError, EstimationError
from netlift.uplift.learners.base import LEARNERS, Fitted, Learner, Trial
from netlift.uplift.learners.dr import DR
from netlift.uplift.learners.r import R
from netlift.uplift.learners.rotation import Propensities, areas, folds_of, kept_inside, outside
from netlift.uplift.learners.t import T
from netlift.uplift.learners.x import X
from netlift.uplift.nuisance import Base, Boosted, Features, covariates

KINDS = ("s", "t", "x", "r", "dr")
SMALL = Boosted(trees=30, leaves=8)


def learner(kind: str) -> Learner:
    make = LEARNERS[kind]
    return make(base=SMALL)  # type: ignore[call-arg]  # of the five


def fitted(kind: str, *, n: int = 1_500, seed: int = 1, known: bool = True) -> Fitted:
    data = setting("offers", n, seed)
    return learner(kind).fit(data.X, data.arm, data.outcome, propensity=data.propensity if known else None, seed=3)


def test_the_folder_holds_the_five_learners() -> None:
    assert set(KINDS) <= set(LEARNERS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("known", [True, False], ids=["known", "estimated"])
def test_a_learner_knows_more_than_the_average_effect(kind: str, known: bool) -> None:
    """The effect of the first offer varies by 0.5 (sd), which is the error of the best constant answer."""
    new = setting("offers", 2_000, 2)
    found = fitted(kind, n=6_000, known=known).effects(new.X)
    assert found.shape == (2_000, 3)
    assert pehe(found, new.effects)[0] < 0.9 * new.effects[:, 0].std()


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_input_gives_the_same_bytes(kind: str) -> None:
    X = setting("offers", 50, 2).X
    assert fitted(kind).effects(X).tobytes() == fitted(kind).effects(X).tobytes()


@pytest.mark.parametrize("kind", ["s", "t", "x", "dr"])
def test_outcomes_are_told_where_the_learner_has_them(kind: str) -> None:
    """Correlated with the true means at 0.7 or more; S and T take their effects from them."""
    new, found = setting("offers", 1_000, 2), fitted(kind, n=3_000)
    outcomes = found.outcomes(new.X)
    assert outcomes is not None
    assert np.corrcoef(outcomes[:, 0], new.mean[:, 0])[0, 1] > 0.7
    if kind in ("s", "t"):
        np.testing.assert_allclose(outcomes[:, 1:] - outcomes[:, :1], found.effects(new.X), atol=1e-12)


def test_residuals_know_effects_only() -> None:
    assert fitted("r").outcomes(setting("offers", 20, 2).X) is None


@pytest.mark.parametrize("kind", KINDS)
def test_covariates_that_are_unknown_are_taken_by_trees(kind: str) -> None:
    data = setting("B", 600, 4)
    holes = data.X.copy()
    holes[::7, 2] = np.nan
    found = learner(kind).fit(holes, data.arm, data.outcome, propensity=[0.5, 0.5])
    assert np.isfinite(found.effects(holes)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_constant_columns_and_ties_do_no_harm(kind: str) -> None:
    """Three kinds of customers and a column that says nothing; the effect is 2 for all."""
    rng = np.random.default_rng(0)
    kinds, arm = rng.integers(0, 3, 600).astype(float), rng.integers(0, 2, 600)
    X = np.column_stack([kinds, np.ones(600)])
    found = learner(kind).fit(X, arm, kinds + 2.0 * arm, propensity=[0.5, 0.5]).effects(X)
    np.testing.assert_allclose(found, 2.0, atol=0.3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_constant_outcome_has_no_effects(kind: str) -> None:
    data = setting("B", 400, 4)
    found = learner(kind).fit(data.X, data.arm, np.full(400, 7.0), propensity=[0.5, 0.5])
    np.testing.assert_allclose(found.effects(data.X), 0.0, atol=1e-9)


def test_small_numbers_may_be_32_bit() -> None:
    data = setting("offers", 800, 5)
    small = T(SMALL).fit(data.X.astype(np.float32), data.arm, data.outcome)
    assert covariates(data.X.astype(np.float32)).dtype == np.float32
    large = T(SMALL).fit(data.X.astype(np.float32).astype(np.float64), data.arm, data.outcome)
    X = data.X.astype(np.float32)
    np.testing.assert_allclose(small.effects(X), large.effects(X.astype(np.float64)), atol=1e-9)


def test_extreme_propensities_do_not_rule_contrasts() -> None:
    """Setup C has propensities down to 0.005; the error stays below that of the mean difference, 1.3."""
    data, new = setting("C", 4_000, 6), setting("C", 2_000, 7)
    found = DR(SMALL).fit(data.X, data.arm, data.outcome, propensity=data.propensity)
    naive = data.outcome[data.arm == 1].mean() - data.outcome[data.arm == 0].mean()
    assert pehe(found.effects(new.X), new.effects)[0] < 0.5 < abs(naive - 1.0)


def test_propensities_of_new_customers_are_learned_from_known_ones() -> None:
    data, new = setting("A", 4_000, 8), setting("A", 500, 9)
    known = Propensities.of(Trial.of(data.X, data.arm, data.outcome, data.propensity), Boosted(), 0)
    assert np.abs(known.predict(new.X) - new.propensity).mean() < 0.05
    constant = Propensities.of(Trial.of(data.X, data.arm, data.outcome, [0.4, 0.6]), Boosted(), 0)
    assert (constant.predict(new.X) == [0.4, 0.6]).all()


def test_effects_of_a_million_are_predicted_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 7 give what one part gives."""
    X, found = setting("offers", 50, 2).X, fitted("x")
    whole, outcomes = found.effects(X), found.outcomes(X)
    monkeypatch.setattr("netlift.uplift.learners.base.CHUNK", 7)
    np.testing.assert_array_equal(found.effects(X), whole)
    np.testing.assert_array_equal(found.outcomes(X), outcomes)


def test_nobody_has_no_effects() -> None:
    assert fitted("t").effects(np.empty((0, 20))).shape == (0, 3)
    assert fitted("t").outcomes(np.empty((0, 20))).shape == (0, 4)  # type: ignore[union-attr]


# what is refused


def refused(match: str, arm: object, outcome: object, X: object = None, propensity: object = None) -> None:
    rows = len(np.asarray(outcome))
    given = np.random.default_rng(0).random((rows, 2)) if X is None else X
    for kind in KINDS:
        with pytest.raises(EstimationError, match=match):
            learner(kind).fit(given, arm, outcome, propensity=propensity)  # type: ignore[arg-type]


ARMS = np.arange(60) % 2


def test_an_offer_without_controls_is_refused() -> None:
    refused(r"control \(arm 0\) has 0 units", ARMS + 1, np.ones(60))


def test_a_constant_treatment_is_refused() -> None:
    refused("treatment is constant", np.zeros(60), np.ones(60))
    refused("treatment is constant", np.ones(60), np.ones(60))


def test_three_rows_are_refused() -> None:
    refused("at least 10 are needed", [0, 1, 1], np.ones(3))


def test_no_rows_are_refused() -> None:
    refused("at least 10 are needed", [], [])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_outcome_that_is_no_number_is_refused(bad: float) -> None:
    refused(r"outcome is NaN or infinite in 1 rows, first in row 4", ARMS, np.where(np.arange(60) == 4, bad, 1.0))


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_a_propensity_of_zero_or_one_is_refused(chance: float) -> None:
    refused("propensity must lie strictly between 0 and 1", ARMS, np.ones(60), propensity=[chance, 1 - chance])


def test_infinite_covariates_are_refused() -> None:
    X = np.ones((60, 2))
    X[5, 1] = np.inf
    refused("X is infinite in 1 rows of column 1, first in row 5", ARMS, np.ones(60), X)


def test_covariates_of_another_shape_are_refused() -> None:
    refused("X needs one row per unit", ARMS, np.ones(60), np.ones((59, 2)))
    refused("X needs one row per unit", ARMS, np.ones(60), np.ones(60))
    refused("X must hold numbers", ARMS, np.ones(60), [["a"]] * 60)
    with pytest.raises(EstimationError, match="20 columns"):
        fitted("t").effects(np.ones((5, 3)))


@pytest.mark.parametrize("make", [X, R, DR])
def test_a_covariate_that_tells_who_was_treated_is_refused(make: type[Learner]) -> None:
    """A column measured after the treatment, such as the use of the offer."""
    data = setting("B", 2_000, 10)
    leaking = np.column_stack([data.X, data.arm + 0.01 * data.X[:, 0]])
    with pytest.raises(EstimationError, match=r"the covariates tell who got arm 1 and who control"):
        make().fit(leaking, data.arm, data.outcome)


def test_models_that_take_no_unknowns_say_so() -> None:
    X = np.ones((60, 2))
    X[3] = np.nan
    with pytest.raises(EstimationError, match="NaN in 1 rows, which these models do not take"):
        T(Base(Ridge)).fit(X, ARMS, np.ones(60))


def test_probabilities_need_a_classifier() -> None:
    with pytest.raises(ConfigError, match="classifier"):
        X(Base(Ridge), Base(Ridge)).fit(np.random.default_rng(0).random((60, 2)), ARMS, np.ones(60))


# parts


def test_folds_are_even_within_arms() -> None:
    arm = np.repeat([0, 1, 2], [50, 25, 10])
    fold = folds_of(arm, 5, seed=1)
    counts = np.array([np.bincount(fold[arm == k], minlength=5) for k in range(3)])
    assert (np.ptp(counts, axis=1) <= 1).all()
    with pytest.raises(EstimationError, match="smallest arm has 10 units"):
        folds_of(arm, 6, seed=1)


def test_propensities_are_kept_inside_and_the_share_is_told() -> None:
    e = np.array([[0.999, 0.001], [0.5, 0.5]])
    np.testing.assert_allclose(kept_inside(e), [[0.99, 0.01], [0.5, 0.5]])
    assert outside(e) == 0.5


def test_the_area_counts_ties_by_half() -> None:
    """By hand: of the four pairs of a treated and a control unit two are right and two tied, (2 + 1) / 4."""
    e = np.array([0.2, 0.5, 0.5, 0.5])
    assert areas(np.column_stack([1 - e, e]), np.array([0, 0, 1, 1])).tolist() == [0.75]


def test_parts_of_one_matrix_share_its_bins() -> None:
    """A part learns what a fresh matrix of its rows with the same bins would: few distinct values make them equal."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 5, (400, 3)).astype(float), rng.random(400)
    inside = rng.random(400) < 0.5
    whole = Features(X)
    part = SMALL.regress(whole.part(inside), y[inside]).predict(X)
    fresh = SMALL.regress(Features(X[inside]), y[inside]).predict(X)
    np.testing.assert_allclose(part, fresh, atol=1e-12)
    again = whole.part(inside).part(np.arange(inside.sum()) < 50)
    np.testing.assert_array_equal(again.values, X[inside][:50])


def test_weights_count_as_repetition() -> None:
    """A weight of 2 is two units; afterwards the same rows without weights are learned without them."""
    rng = np.random.default_rng(0)
    X, y, w = rng.integers(0, 5, (300, 2)).astype(float), rng.random(300), rng.integers(1, 3, 300)
    wide, features = Boosted(trees=5, leaves=4, least=1), Features(X)
    plain = wide.regress(features, y).predict(X)
    weighted = wide.regress(features, y, weight=w.astype(float)).predict(X)
    np.testing.assert_allclose(weighted, wide.regress(Features(X.repeat(w, axis=0)), y.repeat(w)).predict(X), atol=1e-5)
    np.testing.assert_array_equal(wide.regress(features, y).predict(X), plain)
    ridge = Base(Ridge).regress(features, y, weight=w.astype(float)).predict(X)
    np.testing.assert_allclose(ridge, Ridge().fit(X, y, sample_weight=w).predict(X))


def test_classes_are_probabilities() -> None:
    data = setting("offers", 600, 3)
    for base in (SMALL, Base(Ridge, LogisticRegression)):
        found = base.classify(Features(data.X), data.arm, 4).predict(data.X)
        assert found.shape == (600, 4)
        np.testing.assert_allclose(found.sum(axis=1), 1.0)
    two = SMALL.classify(Features(data.X), (data.arm > 1).astype(np.int64), 2).predict(data.X)
    np.testing.assert_allclose(two.sum(axis=1), 1.0)
