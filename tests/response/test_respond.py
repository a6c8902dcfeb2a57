"""The whole way: a shop in, one row per customer and offer out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from netlift.candidates.offer import Offer
from netlift.errors import DataError, Reason
from netlift.history.people import Span
from netlift.report.respond_json import to_json
from netlift.response.assumed_file import Declared
from netlift.response.demand import Planned
from netlift.response.logs import Log
from netlift.response.respond import _chosen, respond
from netlift.response.results import Responses, Source, Why
from netlift.schema import RESPONSE, check
from netlift.simulate import Shop as Simulated
from netlift.types import Grade
from tests.evaluation.tiny import day, line, orders_of, rows
from tests.response.worlds import WASHOUT, opened, simulated, truth


@dataclass
class Answer:
    """What `respond` gave and wrote."""

    found: Responses
    rows: pa.Table


def asked(tables, **options) -> Answer:  # type: ignore[no-untyped-def]
    kept: list[pa.Table] = []
    found = respond(opened(tables), write=lambda reader: kept.append(reader.read_all()), **options)
    return Answer(found, check(kept[0], RESPONSE))


@pytest.fixture(scope="module")
def shop() -> Simulated:
    return simulated()


@pytest.fixture(scope="module")
def told() -> list[tuple[str, int, int]]:
    return []


@pytest.fixture(scope="module")
def answer(shop: Simulated, told: list[tuple[str, int, int]]) -> Answer:
    def progress(what: str, done: int, of: int) -> None:
        told.append((what, done, of))

    return asked(shop.tables, name="corner shop", washout_days=WASHOUT, on_progress=progress)


@pytest.mark.slow
def test_every_customer_has_a_row_for_every_offer(shop: Simulated, answer: Answer) -> None:
    ids = set(shop.tables["customers"]["customer_id"].to_pylist())
    assert answer.found.customers == len(ids)
    assert answer.rows.num_rows == 2 * len(ids)
    pairs = set(zip(answer.rows["customer_id"].to_pylist(), answer.rows["offer_id"].to_pylist(), strict=True))
    assert pairs == {(who, offer) for who in ids for offer in ("test", "letter")}


@pytest.mark.slow
def test_sources_and_grades_follow_how_customers_were_chosen(answer: Answer) -> None:
    by_name = {one.offer.offer_id: one for one in answer.found.learned}
    assert (by_name["test"].source, by_name["test"].grade) == (Source.EXPERIMENT, Grade.RANDOMIZED)
    assert (by_name["letter"].source, by_name["letter"].grade) == (Source.LOG, Grade.OBSERVATIONAL)
    codes = {check.code for check in by_name["letter"].checks}
    assert codes == {"overlap", "balance", "told_apart", "placebo_before", "window_observed"}
    assert answer.found.learned[0].offer.offer_id == "test"  # the best evidence first


@pytest.mark.slow
def test_averages_hold_the_truth(shop: Simulated, answer: Answer) -> None:
    for one in answer.found.learned:
        assert one.offer.promotion_id is not None
        effects = truth(shop, one.offer.promotion_id)
        assert abs(one.net.estimate - np.mean(list(effects.values()))) < 3 * one.net.se
        assert one.net.estimate == one.margin.estimate - one.cost.estimate


@pytest.mark.slow
def test_averages_are_those_of_today(answer: Answer) -> None:
    """Some customers have left since: what offers change is carried to what is left, and says so."""
    carried = [one.numbers["carried"] for one in answer.found.learned]
    assert all(0.7 < ratio < 1.15 for ratio in carried)
    assert 1.0 not in carried


@pytest.mark.slow
def test_rows_add_up_and_say_what_the_summary_counts(answer: Answer) -> None:
    table = answer.rows
    margin, cost, net = (table[name].to_numpy() for name in ("incremental_margin", "expected_cost", "net_margin"))
    assert (margin - cost == net).all()
    assert (table["se"].to_numpy() > 0).all()
    assert (table["liability"].to_numpy() >= cost).all()
    assert pc.min_max(table["p_buy"]).as_py()["min"] >= 0
    assert pc.min_max(table["p_buy"]).as_py()["max"] <= 1
    for one in answer.found.learned:
        mine = table.filter(pc.equal(table["offer_id"], one.offer.offer_id))
        assert mine.num_rows == one.scored
        moved = sum(Why.MOVED_BY_OFFER in reasons for reasons in mine["reasons"].to_pylist())
        harmed = sum(Why.LOSES_MONEY in reasons for reasons in mine["reasons"].to_pylist())
        assert (moved, harmed) == (one.moved, one.harmed)
        assert set(mine["model_id"].to_pylist()) == {one.model_id}
        assert set(mine["grade"].to_pylist()) == {str(one.grade)}
    assert len({one.model_id for one in answer.found.learned}) == 2


@pytest.mark.slow
def test_the_contact_is_part_of_the_cost(answer: Answer) -> None:
    test = next(one for one in answer.found.learned if one.offer.offer_id == "test")
    assert test.offer.contact_cost_minor == 4
    mine = answer.rows.filter(pc.equal(answer.rows["offer_id"], "test"))
    assert min(mine["expected_cost"].to_pylist()) >= 4


@pytest.mark.slow
def test_progress_names_each_log_and_the_scoring(answer: Answer, told: list[tuple[str, int, int]]) -> None:
    assert [what for what, _, _ in told] == ["experiment test", "campaign letter", "scoring customers"]
    assert all(done < of == 3 for _, done, of in told)


@pytest.mark.slow
def test_the_summary_says_what_it_rests_on(answer: Answer) -> None:
    found = answer.found
    assert (found.name, found.currency, found.outcome, found.as_of) == ("corner shop", "EUR", "profit", "2024-05-30")
    assert found.assumptions == ()
    assert {"versions", "seed", "seconds"} <= set(found.facts)
    assert {test.promotion_id for test in found.tests} == {"test", "letter"}


@pytest.mark.slow
def test_nothing_of_the_day_asked_about_or_later_is_read(shop: Simulated) -> None:
    """Two runs on a shop, one with every later order a thousand times as large, give the same rows byte by byte."""
    at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=105)
    clean = asked(cut(shop, at, lambda table: table), as_of=at, washout_days=WASHOUT)
    poisoned = asked(cut(shop, at, poison), as_of=at, washout_days=WASHOUT)
    assert clean.rows.num_rows > 0
    assert poisoned.rows.equals(clean.rows)
    assert [one.net for one in poisoned.found.learned] == [one.net for one in clean.found.learned]
    assert poisoned.found.as_of == "2024-04-15"


def cut(shop: Simulated, at: datetime, change: Callable[[pa.Table], pa.Table]) -> dict[str, pa.Table]:
    """The shop's tables with the orders from `at` on changed."""
    tables = dict(shop.tables)
    for name in ("orders", "order_lines"):
        late = pc.greater_equal(tables[name]["ordered_at"], pa.scalar(at))
        tables[name] = pa.concat_tables([tables[name].filter(pc.invert(late)), change(tables[name].filter(late))])
    return tables


def poison(table: pa.Table) -> pa.Table:
    place = table.schema.get_field_index("list_minor")
    return table.set_column(place, table.schema.field(place), pc.multiply(table["list_minor"], 1000))


def plain(**more: object) -> dict[str, pa.Table]:
    lines = [line(f"{n}-{at}", f"c{n}", day(at), "soap") for n in range(5) for at in (3, 40, 80)]
    return {"order_lines": rows("order_lines", lines), "orders": rows("orders", orders_of(lines)), **more}  # type: ignore[dict-item]


@pytest.mark.slow
def test_logged_customers_can_judge_a_plan(answer: Answer) -> None:
    judged = answer.found.judged
    assert set(judged) == {"test", "letter"}
    for one in answer.found.learned:
        mine = judged[one.offer.offer_id]
        assert len(mine.customer_id) == len(mine.predicted) == len(mine.score) == len(mine.cost) == len(mine.fold)
        assert (mine.every, sorted(mine.customer_id)) == (1, list(mine.customer_id))
        assert float(mine.score.mean()) == pytest.approx(one.net.estimate, rel=1e-3, abs=1e-2)
    assert "judged" not in to_json(answer.found)


def test_a_shop_without_logs_has_no_rows_and_says_nothing_false() -> None:
    answer = asked(plain())
    assert (answer.rows.num_rows, answer.found.learned, answer.found.unknown, answer.found.tests) == (0, (), (), ())
    assert answer.found.customers == 5


def test_an_offer_to_three_customers_is_unknown() -> None:
    exposed = [
        {"promotion_id": "p", "customer_id": f"c{n}", "arm": "mail", "exposed_at": day(40), "propensity": None}
        for n in range(3)
    ]
    answer = asked(
        plain(
            promotions=rows("promotions", [{"promotion_id": "p", "starts_at": day(40), "ends_at": day(47)}]),
            exposures=rows("exposures", exposed),
        )
    )
    (unknown,) = answer.found.unknown
    assert unknown.refused is Reason.TOO_FEW_TREATED
    assert answer.rows.num_rows == 0


def test_a_day_before_the_first_order_is_refused_in_words() -> None:
    with pytest.raises(DataError, match="as of 2025-06-01 no order is known: the first is of 2026-01-04"):
        asked(plain(), as_of=datetime(2025, 6, 1, tzinfo=UTC))


def test_of_many_logs_those_that_are_repeated_come_first_then_the_last() -> None:
    def one(name: str, end: int) -> Log:
        offer = Offer(name, name, "campaign", promotion_id=name)
        return Log(name, name, True, True, Span(0, end - 7, end), 7, None, (offer,))

    logs = [one("a", 10), one("b", 30), one("c", 20), one("d", 20)]
    again = Declared(Planned(Offer("new", "New", "campaign")), past="a")
    assert _chosen(logs, (), None) == logs
    assert [log.name for log in _chosen(logs, (), 2)] == ["b", "c"]
    assert [log.name for log in _chosen(logs, (again,), 2)] == ["a", "b"]
    assert _chosen(logs, (again,), 0) == []
