"""Plain experiments: several arms and outcomes, gaps in the data, and a public mailing."""

import numpy as np
import pytest

from netlift.errors import EstimationError, Reason
from netlift.evaluation.experiment_roles import experiment_roles
from netlift.evaluation.plain_tables import encoded, numbers_of, read_table, texts_of
from netlift.response.experiment import experiment
from netlift.response.results import Responses, Source
from netlift.uplift.compare import BEST_ARM

ARMS = ["none", "blue", "red"]
RNG = np.random.default_rng(5)
N = 2400
FEW = 700
X = RNG.normal(size=(N, 2))
ARM = RNG.choice(ARMS, N)
SPEND = 50 + 20 * X[:, 0] + 8.0 * (ARM == "blue") + 30.0 * X[:, 1] * (ARM == "red") + RNG.normal(0, 10, N)


@pytest.fixture(scope="module")
def found() -> tuple[Responses, ...]:
    visits = (RNG.random(N) < 0.2 + 0.1 * (ARM == "blue")).astype(float)
    return experiment(X, ARM, {"spend": SPEND, "visit": visits}, arms=ARMS, names=["past", "fit"], name="mailing")


def test_one_answer_for_each_outcome_in_its_own_unit(found: tuple[Responses, ...]) -> None:
    assert [(one.outcome, one.currency, one.name, one.customers) for one in found] == [
        ("spend", "", "mailing", N),
        ("visit", "", "mailing", N),
    ]
    blue = next(one for one in found[1].learned if one.offer.name == "blue")
    assert blue.source is Source.EXPERIMENT
    assert blue.net.lower < 0.1 < blue.net.upper
    assert (blue.cost.estimate, blue.cost.se) == (0.0, 0.0)


def test_the_arm_that_moves_some_and_harms_others_is_personal(found: tuple[Responses, ...]) -> None:
    blue, red = (next(one for one in found[0].learned if one.offer.name == name) for name in ("blue", "red"))
    assert (red.personal, blue.personal) == (True, False)
    assert red.drivers[0].feature == "fit"
    assert red.drivers[0].direction > 0.9
    assert (red.scored, red.moved > 500, red.harmed > 500) == (N, True, True)
    assert blue.net.lower < 8 < blue.net.upper
    (test,) = found[0].tests
    assert test.arms == ("none", "blue", "red")
    assert BEST_ARM not in test.comparison.not_shown_to_beat


def test_shares_of_the_data_cannot_be_checked_against_themselves(found: tuple[Responses, ...]) -> None:
    assert [check.code for check in found[0].learned[0].checks] == ["balance"]


def test_units_without_outcome_and_of_other_arms_are_left_out() -> None:
    given, values = ARM[:FEW].astype(object), SPEND[:FEW].copy()
    given[:100], values[100:150] = "lost", np.nan
    (found,) = experiment(X[:FEW], given, {"spend": values}, arms=ARMS, names=["past", "fit"])
    assert found.customers == FEW - 150
    same = experiment(X[150:FEW], ARM[150:FEW], {"spend": SPEND[150:FEW]}, arms=ARMS, names=["past", "fit"])[0]
    assert [one.net for one in found.learned] == [one.net for one in same.learned]


def test_a_small_arm_is_unknown_and_a_small_control_leaves_nothing() -> None:
    given, spend = ARM[:FEW].astype(object), {"spend": SPEND[:FEW]}
    given[np.flatnonzero(given == "red")[3:]] = "none"
    (found,) = experiment(X[:FEW], given, spend, arms=ARMS, names=["past", "fit"])
    assert [one.offer.name for one in found.learned] == ["blue"]
    assert [(one.offer.name, one.refused) for one in found.unknown] == [("red", Reason.TOO_FEW_TREATED)]
    assert found.unknown[0].detail.startswith("3 units")
    (nothing,) = experiment(X[:FEW], given, spend, arms=["red", "blue", "none"], names=["past", "fit"])
    assert (nothing.learned, nothing.tests, nothing.customers) == ((), (), 0)
    assert {one.refused for one in nothing.unknown} == {Reason.TOO_FEW_CONTROLS}


def test_a_constant_outcome_moves_nobody() -> None:
    (found,) = experiment(X, ARM, {"spend": np.ones(N)}, arms=ARMS, names=["past", "fit"])
    assert all((one.net.estimate, one.personal, one.moved, one.harmed) == (0.0, False, 0, 0) for one in found.learned)


def test_constant_covariates_are_no_features() -> None:
    (found,) = experiment(np.ones((N, 2)), ARM, {"spend": SPEND}, arms=ARMS, names=["a", "b"])
    assert not any(one.personal for one in found.learned)
    assert found.tests == ()


def test_what_does_not_fit_is_refused_in_words() -> None:
    with pytest.raises(EstimationError, match="2 names for 1 covariates"):
        experiment(X[:, :1], ARM, {"spend": SPEND}, arms=ARMS, names=["past", "fit"])
    with pytest.raises(EstimationError, match="needs two arms"):
        experiment(X, ARM, {"spend": SPEND}, arms=["none"], names=["past", "fit"])
    with pytest.raises(EstimationError, match="outcome 'spend' needs one value per unit"):
        experiment(X, ARM, {"spend": SPEND[:5]}, arms=ARMS, names=["past", "fit"])
    with pytest.raises(EstimationError, match="NaN or infinite"):
        experiment(np.where(X > 2, np.nan, X), ARM, {"spend": SPEND}, arms=ARMS, names=["past", "fit"])


@pytest.mark.slow
def test_on_every_fourth_of_hillstrom_personal_mails_are_not_shown_to_beat_the_mens_mail(repository) -> None:  # type: ignore[no-untyped-def]
    path = repository.parent / "shared" / "data" / "hillstrom" / "hillstrom.csv.gz"
    if not path.is_file():
        pytest.skip("the Hillstrom file is not here")
    whole = read_table(path)
    table = whole.take(np.arange(0, whole.num_rows, 4))
    roles = experiment_roles(table)
    covariates, names = encoded(table, roles.covariates)
    (found,) = experiment(
        covariates, texts_of(table, roles.arm), {"visit": numbers_of(table, "visit")},
        arms=roles.arms, names=names, name="hillstrom",
    )  # fmt: skip
    (test,) = found.tests
    assert test.arms[test.comparison.best_arm] == "Mens E-Mail"
    assert BEST_ARM in test.comparison.not_shown_to_beat
    mens = next(one for one in found.learned if one.offer.name == "Mens E-Mail")
    assert mens.net.lower < 0.0766 < mens.net.upper  # of all rows: 18.28 % less 10.62 % visited
