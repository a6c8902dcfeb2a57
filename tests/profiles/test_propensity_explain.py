"""Contributions add up to the score to the last digits, and columns that know the future are asked about."""

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.profiles.propensity.dates import Dated
from netlift.profiles.propensity.explain import importance, reasons
from netlift.profiles.propensity.family import FAMILIES, Task
from netlift.profiles.propensity.leaks import leaks
from netlift.profiles.propensity.metrics import logit
from netlift.profiles.propensity.model import Model

from .propensity_worlds import DAYS, made, purchases, world

NAMES = ["income", "days_away", "noise", "constant"]
EXACT = {"linear", "logistic", "boosting"}


@pytest.mark.parametrize(("kind", "task"), [(k, t) for k in sorted(EXACT) for t in sorted(FAMILIES[k].tasks)])
def test_contributions_sum_to_the_raw_score(kind, task):
    """To 1e-9 in log-odds, or relative for amounts."""
    one, test = world(1), world(2, 500)
    model = made(kind, task).fit(one.X, one.bought if task is Task.CLASSIFICATION else one.spent)
    found, p = model.contributions(test.X), model.predict(test.X)
    assert found.values.shape == test.X.shape
    raw = logit(p) if found.unit == "log-odds" else p
    inside = (p > p.min()) & (p < p.max()) if found.unit == "probability" else np.full(len(p), True)  # not cut
    assert found.raw[inside] == pytest.approx(raw[inside], rel=1e-9, abs=1e-9)
    assert found.values[:, 3] == pytest.approx(np.zeros(500), abs=1e-12)  # a constant explains nothing


def test_amounts_on_a_log_scale_are_explained_on_it():
    one = world(1)
    model = made("boosting", Task.REGRESSION, loss="tweedie").fit(one.X, one.spent)
    found = model.contributions(one.X[:100])
    assert found.unit == "log-amount"
    assert np.exp(found.raw) == pytest.approx(model.predict(one.X[:100]), rel=1e-9)


@pytest.mark.parametrize("kind", sorted(set(FAMILIES) - EXACT))
def test_families_without_exact_contributions_say_so(kind):
    one = world(1, 300)
    assert made(kind).fit(one.X, one.bought).contributions(one.X) is None


def test_a_line_s_contributions_are_coefficient_times_distance_from_the_mean():
    one = world(3)
    model = made("logistic").fit(one.X, one.bought)
    slope = model.learned.slope / model.scale.spread
    assert model.contributions(one.X).values == pytest.approx(slope * (one.X - one.X.mean(axis=0)), abs=1e-9)


def test_the_columns_that_matter_come_first():
    dates = purchases(3, 1500)
    model = Model.learn(made("boosting"), dates)
    X = world(9, 400).X
    contributions = model.contributions(X)
    weights = importance(contributions, NAMES)
    assert [one.name for one in weights[:2]] == ["income", "days_away"]
    assert weights[-1] == ("constant", 0.0)
    lists = reasons(contributions, X, NAMES, top=2)
    assert len(lists) == 400
    first = lists[0][0]
    assert first.value == X[0, NAMES.index(first.name)]
    assert all(abs(one.contribution) >= abs(other.contribution) > 0 for one, other in lists)
    poor = X[:, 0] < -1500
    assert all(one[0] == ("income", one[0].value, one[0].contribution) for one, p in zip(lists, poor, strict=True) if p)


def test_names_and_rows_must_fit():
    one = world(1, 50)
    found = made("linear").fit(one.X, one.bought).contributions(one.X)
    with pytest.raises(EstimationError, match="4 columns need as many names, got 3"):
        importance(found, NAMES[:3])
    with pytest.raises(EstimationError, match="needs the shape"):
        reasons(found, one.X[:10], NAMES)


def leaking(dates, strength):
    """The same dates with a column that was written down after the purchase."""
    rng = np.random.default_rng(0)
    return [
        Dated(one.as_of, np.column_stack([one.X, one.y * strength + rng.normal(size=len(one.y))]), one.y)
        for one in dates
    ]


@pytest.mark.parametrize("strength", [2.5, -6.0])
def test_a_column_that_knows_the_future_is_asked_about(strength):
    found = leaks(leaking(purchases(4, 800), strength), [*NAMES, "call_seconds"], family=made("boosting"))
    assert [one.name for one in found] == ["call_seconds"]
    assert found[0].alone > 0.9 > found[0].others
    assert found[0].difference.lower > 0


def test_honest_columns_are_not_suspected():
    assert leaks(purchases(4, 800), NAMES, family=made("boosting")) == []
    assert leaks(leaking(purchases(4, 800), 0.3), [*NAMES, "call_seconds"], family=made("boosting")) == []


def test_looking_for_leaks_needs_dates_and_names():
    with pytest.raises(EstimationError, match="at least 3 dates"):
        leaks(purchases(2), NAMES)
    with pytest.raises(EstimationError, match="4 columns need as many names"):
        leaks(purchases(3), NAMES[:2])


def test_one_column_has_nothing_to_be_compared_with():
    dates = [Dated(DAYS[i], one.y[:, None], one.y) for i, one in enumerate(purchases(3))]
    assert leaks(dates, ["y"]) == []


def test_the_bank_s_call_length_is_asked_about(repository):
    """UCI Bank Marketing: `duration` is known only when the call is over."""
    from benchmarks import quality_propensity

    if not quality_propensity.FILE.is_file():
        pytest.skip("UCI Bank Marketing is not there")
    dates, names = quality_propensity.periods(300)
    assert [one.name for one in leaks(dates, names, family=made("boosting"))] == ["duration"]
