"""Rows of the response table: what adds up, what is flagged, what does not depend on the order of work."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from netlift.candidates.offer import Offer
from netlift.response.learn import Arm
from netlift.response.results import Why
from netlift.response.score import GRID, Model, Tallies, score
from netlift.response.shrink import NOTHING, Shrink, Term
from netlift.schema import RESPONSE, check
from netlift.types import Grade
from netlift.uplift.estimate import normal

LEVEL = 0.9


def arm(net: Shrink, cost: Shrink) -> Arm:
    made = normal(0.0, 1.0, 100, level=LEVEL, method="m")
    return Arm(made, made, made, None, (), net, cost, 50, 50)


def model(*, beyond: bool = True, usual: bool = True, caution: Why | None = None, contact: int = 3) -> Model:
    """Margin 100 x first feature, cost 10, usual profit 100 x third; nine in ten of negative second feature buy."""
    p = Term(0.0, 0.1, 0.0, -1000.0, 1000.0, 100.0) if usual else NOTHING
    f = Term(0.0, 0.5, 0.0, -1000.0, 1000.0, 60.0) if beyond else NOTHING
    net = Shrink(20.0, p, f, 0.0, np.diag([16.0, 0.02**2, 0.05**2]))
    cost = Shrink(13.0, NOTHING, Term(10.0, 1.0, 0.0, -10.0, 990.0, 5.0), 0.0, np.diag([1.0, 0.0, 0.0]))

    def effects(X):  # type: ignore[no-untyped-def]
        return np.stack([np.column_stack([100 * X[:, 0], np.full(len(X), 10.0), 100 * X[:, 2]])], axis=1)

    def buying(X):  # type: ignore[no-untyped-def]
        without = np.where(X[:, 1] < 0, 0.9, 0.1)
        return np.column_stack([without, without + 0.3])

    return Model(
        (Offer("mail", "Mail", "campaign", contact_cost_minor=contact),), (arm(net, cost),), Grade.RANDOMIZED,
        "f00d", Why.MEASURED_BY_EXPERIMENT, effects, buying, np.full(4, -3.0), np.full(4, 3.0),
        np.array([50.0]), caution,
    )  # fmt: skip


X = np.random.default_rng(0).normal(size=(500, 4))
IDS = pa.array([f"c{n:03}" for n in range(500)])


def table(made: Model, features: np.ndarray = X, ids: pa.Array = IDS) -> pa.Table:  # type: ignore[type-arg]
    return check(pa.Table.from_batches(score(made, ids, features)), RESPONSE)


def test_net_margin_is_margin_less_cost_to_the_last_bit() -> None:
    rows = table(model())
    margin, cost, net = (rows[name].to_numpy() for name in ("incremental_margin", "expected_cost", "net_margin"))
    assert (margin - cost == net).all()
    assert (net * GRID == np.round(net * GRID)).all()


def test_a_row_by_hand() -> None:
    """Raw effect 100 - 10 = 90 and usual profit 50: 20 + .5 x 90 + .1 x 50; cost 13; errors .05 x 90 and .02 x 50."""
    one = table(model(), np.array([[1.0, 1.0, 0.5, 0]]), pa.array(["ann"])).to_pylist()[0]
    assert one["net_margin"] == pytest.approx(70.0, abs=1 / GRID)
    assert (one["expected_cost"], one["liability"]) == (13.0, 50.0)
    assert one["se"] == pytest.approx(np.sqrt(4**2 + (90 * 0.05) ** 2 + (50 * 0.02) ** 2))
    assert one["p_buy"] == pytest.approx(0.4)
    assert (one["customer_id"], one["offer_id"], one["grade"], one["model_id"]) == ("ann", "mail", "randomized", "f00d")
    assert one["reasons"] == ["measured_by_experiment", "personal", "moved_by_offer"]


def test_whose_figure_it_is_follows_what_customers_are_told_apart_by() -> None:
    whose = {
        (beyond, usual): set(table(model(beyond=beyond, usual=usual), np.clip(X, -2.9, 2.9))["reasons"].to_pylist()[0])
        for beyond in (True, False) for usual in (True, False)
    }  # fmt: skip
    assert Why.PERSONAL in whose[True, True] & whose[True, False]
    assert Why.OWN_HABITS in whose[False, True]
    assert Why.AVERAGE_FOR_ALL in whose[False, False]


def test_reasons_are_at_most_four_of_the_closed_list() -> None:
    for made in (model(), model(beyond=False), model(caution=Why.CHECK_FAILED)):
        for reasons in table(made)["reasons"].to_pylist():
            assert 3 <= len(reasons) <= 4
            assert set(reasons) <= set(Why)
            assert reasons[0] == Why.MEASURED_BY_EXPERIMENT


def test_customers_who_buy_anyway_are_named_where_they_are_not_moved() -> None:
    reasons = table(model(), np.array([[-1.0, -1.0, 0, 0], [-1.0, 1.0, 0, 0], [1.0, -1.0, 0, 0]]), IDS[:3])["reasons"]
    found = [Why.LIKELY_TO_BUY_ANYWAY in row for row in reasons.to_pylist()]
    assert found == [True, False, False]


def test_a_stranger_gets_the_average_and_a_wider_interval() -> None:
    stranger, usual = table(model(), np.array([[9.0, 1.0, 0, 0], [0.0, 1.0, 0, 0]]), IDS[:2]).to_pylist()
    assert stranger["reasons"][1] == Why.AVERAGE_FOR_ALL
    assert stranger["reasons"][-1] == Why.OUTSIDE_LEARNED_RANGE
    assert stranger["net_margin"] == 20.0
    assert stranger["se"] > 5 * usual["se"]


def test_a_failed_check_is_told_in_every_row() -> None:
    rows = table(model(caution=Why.CHECK_FAILED), np.clip(X, -2.9, 2.9))
    assert all(row[-1] == Why.CHECK_FAILED for row in rows["reasons"].to_pylist())


def test_averages_alone_need_no_effects() -> None:
    made = replace(model(beyond=False, usual=False), effects=None)
    rows = table(made)
    assert set(rows["net_margin"].to_pylist()) == {20.0}
    assert all(row[1] == Why.AVERAGE_FOR_ALL for row in rows["reasons"].to_pylist())


def test_no_offer_costs_less_than_its_contact_nor_more_than_its_liability() -> None:
    made = model(contact=30)
    rows = table(made)
    assert min(rows["expected_cost"].to_pylist()) >= 30
    assert (rows["liability"].to_numpy() >= rows["expected_cost"].to_numpy()).all()


def test_parts_of_the_customers_make_the_same_rows_and_counts() -> None:
    made, whole, parts = model(), Tallies(), Tallies()
    (once,) = score(made, IDS, X)
    pieces = [b for at in range(0, 500, 123) for b in score(made, IDS[at : at + 123], X[at : at + 123])]
    assert pa.Table.from_batches(pieces).combine_chunks().to_batches() == [once]
    whole.add(once)
    for piece in pieces:
        parts.add(piece)
    assert (whole.of("mail").scored, whole.of("mail").moved, whole.of("mail").harmed) == (
        parts.of("mail").scored, parts.of("mail").moved, parts.of("mail").harmed,
    )  # fmt: skip
    net, se = once["net_margin"].to_numpy(), once["se"].to_numpy()
    assert whole.of("mail").moved == int((net > 1.6448536 * se).sum())
    assert whole.of("mail").harmed == int((net < -1.6448536 * se).sum())


def test_nobody_makes_no_rows() -> None:
    assert table(model(), np.empty((0, 4)), pa.array([], pa.string())).num_rows == 0
    counted = Tallies()
    for rows in score(model(), pa.array([], pa.string()), np.empty((0, 4))):
        counted.add(rows)
    assert counted.of("mail").scored == 0
