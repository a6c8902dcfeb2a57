"""What every family of models must do, and what single ones promise beyond."""

import math
from dataclasses import fields

import numpy as np
import pytest

from netlift.errors import ConfigError, EstimationError
from netlift.profiles.propensity.family import FAMILIES, Family, Task
from netlift.profiles.propensity.metrics import classification, log_losses, regression
from netlift.profiles.propensity.scaling import Scale

from .propensity_worlds import made, world

SEVEN = {"linear", "logistic", "tree", "forest", "boosting", "svm", "network"}
BOTH = [(kind, task) for kind in FAMILIES for task in sorted(FAMILIES[kind].tasks)]
CLASSIFIERS = [kind for kind in FAMILIES if Task.CLASSIFICATION in FAMILIES[kind].tasks]
REGRESSORS = [kind for kind in FAMILIES if Task.REGRESSION in FAMILIES[kind].tasks]

LEARN, LATER, TEST = world(1), world(2), world(3, 3000)


def outcome(one, task):
    return one.bought if task is Task.CLASSIFICATION else one.spent


def fitted(family: Family, seed=0):
    return family.fit(
        LEARN.X, outcome(LEARN, family.task), validation=(LATER.X, outcome(LATER, family.task)), seed=seed
    )


def test_the_seven_families_of_the_field_are_there():
    assert set(FAMILIES) >= SEVEN
    assert set(CLASSIFIERS) >= SEVEN
    assert set(REGRESSORS) == set(FAMILIES) - {"logistic"}


@pytest.mark.parametrize(("kind", "task"), BOTH)
def test_answers_are_finite_probabilities_in_range_and_the_same_for_the_same_seed(kind, task):
    family = made(kind, task)
    first, again = (fitted(family, seed=5).predict(TEST.X) for _ in range(2))
    assert first.shape == (len(TEST.X),)
    assert np.isfinite(first).all()
    assert first.tobytes() == again.tobytes()
    if task is Task.CLASSIFICATION:
        assert first.min() >= 0
        assert first.max() <= 1


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_a_planted_tendency_is_found(kind):
    """The truth's log-loss is 0.47 and the base rate's 0.57 here; at least half of the way is gone."""
    p = fitted(made(kind)).predict(TEST.X)
    base = log_losses(TEST.bought, np.full(len(TEST.p), LEARN.bought.mean())).mean()
    truth = log_losses(TEST.bought, TEST.p).mean()
    assert base - truth > 0.08
    assert log_losses(TEST.bought, p).mean() < base - 0.5 * (base - truth)


@pytest.mark.parametrize("kind", REGRESSORS)
def test_a_planted_mean_amount_is_found(kind):
    """Squared error against the true mean: less than half of what one number for everybody has."""
    f = fitted(made(kind, Task.REGRESSION)).predict(TEST.X)
    base = np.mean((LEARN.spent.mean() - TEST.mean) ** 2)
    assert np.mean((f - TEST.mean) ** 2) < 0.5 * base


@pytest.mark.parametrize(("kind", "task"), BOTH)
def test_on_noise_it_stays_near_one_number_for_everybody(kind, task):
    learn, later, test = world(11, slope=0.0), world(12, slope=0.0), world(13, 4000, slope=0.0)
    rng = np.random.default_rng(0)
    y = [outcome(one, task) for one in (learn, later, test)]
    if task is Task.REGRESSION:
        y = [rng.permutation(one) for one in y]
    found = made(kind, task).fit(learn.X, y[0], validation=(later.X, y[1])).predict(test.X)
    if task is Task.CLASSIFICATION:
        assert log_losses(y[2], found).mean() < log_losses(y[2], np.full(len(found), y[0].mean())).mean() + 0.03
    else:
        assert np.mean((found - y[0].mean()) ** 2) < 0.06 * y[0].var()


@pytest.mark.parametrize(("kind", "task"), BOTH)
def test_a_constant_column_a_single_column_and_nothing_but_constants(kind, task):
    """A constant carries nothing: the answer is about the mean of what was seen."""
    y = outcome(LEARN, task)
    family = made(kind, task)
    single = family.fit(LEARN.X[:, :1], y).predict(TEST.X[:, :1])
    assert np.corrcoef(single, TEST.p if task is Task.CLASSIFICATION else TEST.mean)[0, 1] > 0.3
    constant = family.fit(LEARN.X[:, 3:], y).predict(TEST.X[:, 3:])
    assert np.ptp(constant) < 1e-9 * max(1.0, y.mean())
    assert constant[0] == pytest.approx(y.mean(), rel=0.15)  # some hold rows back, whose mean is another


@pytest.mark.parametrize(("kind", "task"), BOTH)
def test_a_handful_of_rows_is_enough_to_answer(kind, task):
    y = outcome(LEARN, task)[:12].copy()
    y[:2] = [1.0, 0.0]
    assert np.isfinite(made(kind, task).fit(LEARN.X[:12], y).predict(TEST.X)).all()


@pytest.mark.parametrize(("kind", "task"), BOTH)
def test_what_cannot_be_answered_is_refused(kind, task):
    family, y = made(kind, task), outcome(LEARN, task)
    holed = LEARN.X.copy()
    holed[7, 1] = math.nan
    with pytest.raises(EstimationError, match="X is NaN or infinite in 1 rows, first in row 7"):
        family.fit(holed, y)
    with pytest.raises(EstimationError, match="y is NaN"):
        family.fit(LEARN.X, np.where(np.arange(len(y)) == 3, math.nan, y))
    with pytest.raises(EstimationError, match="one value per row"):
        family.fit(LEARN.X, y[:-1])
    with pytest.raises(EstimationError, match="must hold numbers"):
        family.fit([["female", "Lyon"], ["male", "Paris"]], [1, 0])
    with pytest.raises(EstimationError, match="no rows"):
        family.fit(LEARN.X[:0], y[:0])
    model = family.fit(LEARN.X[:200], y[:200])
    with pytest.raises(EstimationError, match="NaN"):
        model.predict(holed)
    with pytest.raises(EstimationError, match="needs the shape"):
        model.predict(LEARN.X[:, :2])


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_one_class_is_nothing_to_learn_from(kind):
    with pytest.raises(EstimationError, match="y is 0 in all 1500 rows"):
        made(kind).fit(LEARN.X, np.zeros(len(LEARN.X)))


@pytest.mark.parametrize(("kind", "task"), BOTH)
def test_inputs_are_left_as_they_were(kind, task):
    X, y = LEARN.X[:300].copy(), outcome(LEARN, task)[:300].copy()
    made(kind, task).fit(X, y, validation=(X, y)).predict(X)
    assert np.array_equal(X, LEARN.X[:300])
    assert np.array_equal(y, outcome(LEARN, task)[:300])


class Ends:
    """A trial that suggests the lowest or the highest of everything, and notes the names."""

    def __init__(self, *, high):
        self.high, self.ranges = high, {}

    def suggest_float(self, name, low, high, *, log=False):  # noqa: ARG002
        self.ranges[name] = (low, high)
        return high if self.high else low

    suggest_int = suggest_float

    def suggest_categorical(self, name, choices):
        self.ranges[name] = tuple(choices)
        return choices[-1 if self.high else 0]


@pytest.mark.parametrize("kind", FAMILIES)
def test_the_search_space_names_settings_and_holds_those_it_starts_with(kind):
    trial = Ends(high=False)
    assert set(FAMILIES[kind].space(trial)) == set(trial.ranges)
    given = {one.name: one.default for one in fields(FAMILIES[kind])}
    for name, (low, high) in trial.ranges.items():
        assert low <= given[name] <= high


@pytest.mark.parametrize("high", [False, True])
@pytest.mark.parametrize("kind", FAMILIES)
def test_both_ends_of_the_search_space_can_be_fitted(kind, high):
    settings = FAMILIES[kind].space(Ends(high=high))
    model = made(kind, sorted(FAMILIES[kind].tasks)[0], **settings).fit(LEARN.X[:300], LEARN.bought[:300])
    assert np.isfinite(model.predict(TEST.X)).all()


@pytest.mark.parametrize(("kind", "task"), [(kind, task) for kind, task in BOTH if FAMILIES[kind].scales])
def test_a_family_that_scales_gives_the_same_answer_in_any_unit(kind, task):
    """E5: each column has its own scale, learned from the training rows; amounts may be in any unit too."""
    stretch = np.array([1e-3, 1e4, 7.0, 1.0])
    y = outcome(LEARN, task)
    unit = 100.0 if task is Task.REGRESSION else 1.0
    plain = made(kind, task).fit(LEARN.X, y).predict(TEST.X)
    stretched = made(kind, task).fit(LEARN.X * stretch + 5, y * unit).predict(TEST.X * stretch + 5)
    assert stretched / unit == pytest.approx(plain, rel=1e-3, abs=1e-3 * y.std())


def test_scale_is_by_column_and_from_the_training_rows_alone():
    X = np.column_stack([np.arange(10.0), 100 * np.arange(10.0), np.full(10, 0.1)])
    scale = Scale.of(X)
    assert scale.apply(X).mean(axis=0) == pytest.approx([0, 0, 0], abs=1e-9)
    assert scale.apply(X)[:, :2].std(axis=0) == pytest.approx([1, 1])
    assert scale.apply(X + np.array([1000.0, 0, 0]))[:, 0].mean() == pytest.approx(1000 / X[:, 0].std())


def test_logistic_finds_the_planted_coefficients_and_its_boundary():
    """True 1, -0.8 and -1.2 on 40,000 rows, errors about 0.02; the boundary is x1 = -(b + w0 x0) / w1 (E20)."""
    big = world(21, 40_000)
    model = made("logistic", penalty=1e-9).fit(big.X, big.bought)
    slope = model.learned.slope / model.scale.spread
    intercept = model.learned.intercept - slope @ model.scale.centre
    assert [slope[0] * 1000, slope[1], intercept] == pytest.approx([1.0, -0.8, -1.2], abs=0.07)
    x0 = 700.0
    x1 = -(intercept + slope[0] * x0) / slope[1]
    assert model.predict([[x0, x1, 0.0, 3.0]]) == pytest.approx([0.5], abs=0.02)


def test_at_the_logistic_optimum_the_gradient_is_zero_in_every_column():
    """Z'(P - y)/n + penalty b = 0, one equation per coefficient (E13)."""
    penalty = 0.01
    model = made("logistic", penalty=penalty).fit(LEARN.X, LEARN.bought)
    Z = model.scale.apply(LEARN.X)
    gradient = Z.T @ (model.predict(LEARN.X) - LEARN.bought) / len(Z) + penalty * model.learned.slope
    assert gradient == pytest.approx(np.zeros(4), abs=1e-6)


def test_linear_solves_the_ridge_equations():
    from sklearn.linear_model import Ridge

    model = made("linear", Task.REGRESSION, penalty=0.1).fit(LEARN.X, LEARN.spent)
    Z = Scale.of(LEARN.X)
    theirs = Ridge(alpha=0.1 * len(LEARN.X)).fit(Z.apply(LEARN.X), LEARN.spent)
    assert model.predict(TEST.X) == pytest.approx(theirs.predict(Z.apply(TEST.X)))


@pytest.mark.parametrize("kind", ["tree", "forest", "boosting", "svm", "network"])
def test_buyers_that_no_straight_line_can_part(kind):
    """E18: who buys is where both columns have one sign. A line ranks them by chance; richer families do not."""
    rng = np.random.default_rng(4)
    X = rng.normal(size=(6000, 2))
    y = (rng.random(6000) < np.where(X[:, 0] * X[:, 1] > 0, 0.9, 0.1)).astype(float)
    line = made("logistic").fit(X[:2000], y[:2000]).predict(X[4000:])
    rich = made(kind, passes=60, leaf_rows=20).fit(X[:2000], y[:2000], validation=(X[2000:4000], y[2000:4000]))
    assert classification(y[4000:], line).roc_auc < 0.6
    assert classification(y[4000:], rich.predict(X[4000:])).roc_auc > 0.75


@pytest.mark.parametrize("kind", ["boosting", "network"])
@pytest.mark.parametrize("task", Task)
def test_who_learns_in_rounds_reports_the_validation_loss_in_the_unit_of_the_outcome(kind, task):
    seen = {}
    y = outcome(LATER, task)
    family = made(kind, task, passes=300)
    model = family.fit(LEARN.X, outcome(LEARN, task), validation=(LATER.X, y), on_round=seen.__setitem__)
    p = model.predict(LATER.X)
    loss = log_losses(y, p).mean() if task is Task.CLASSIFICATION else regression(y, p).rmse ** 2
    assert list(seen) == list(range(1, len(seen) + 1))
    assert min(seen.values()) == pytest.approx(loss, rel=1e-6)
    assert len(seen) < (family.rounds if kind == "boosting" else family.passes)  # it stopped early


def test_what_a_listener_raises_ends_the_fit():
    def stop(step, loss):
        raise KeyError(step)

    for kind in ("boosting", "network"):
        with pytest.raises(KeyError):
            made(kind).fit(LEARN.X, LEARN.bought, validation=(LATER.X, LATER.bought), on_round=stop)


def test_a_rate_that_decays_moves_less():
    y = LEARN.bought
    slow = made("boosting", decay=0.9).fit(LEARN.X, y).predict(TEST.X)
    assert slow.std() < made("boosting").fit(LEARN.X, y).predict(TEST.X).std()
    constant = made("boosting", decay=0.9).fit(LEARN.X[:, 3:], y).predict(TEST.X[:, 3:])
    assert constant[0] == pytest.approx(y.mean())


def test_a_task_that_a_family_does_not_do_is_refused():
    with pytest.raises(ConfigError, match="family 'logistic' cannot do regression"):
        made("logistic", Task.REGRESSION)
    with pytest.raises(ConfigError, match="loss must be one of"):
        FAMILIES["boosting"](loss="absolute")
    with pytest.raises(ConfigError, match="known: boosting, forest"):
        FAMILIES["oracle"]
