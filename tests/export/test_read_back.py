"""A plan runs as an experiment, its exposures are taken in with what happened, and the audit finds what was planted."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netlift.data.ingest import ingest
from netlift.data.workspace import Settings, Workspace
from netlift.decision.decider import Decider
from netlift.engines.duckdb import connect
from netlift.errors import ConfigError
from netlift.evaluation.audit import audit
from netlift.evaluation.customers import Rules
from netlift.experiments.assign import assign
from netlift.export.format import Asked, export
from netlift.history.shop import Shop, Terms, day_number, open_shop
from netlift.plan.artefact import Plan, plan_id
from netlift.plan.exposures import exposures, goods, promotions
from netlift.response.logs import find_logs
from netlift.schema import EXPOSURES, check
from netlift.types import Grade, Verdict
from tests.evaluation.tiny import line, orders_of, rows
from tests.plan import examples

OFFER = "spend_threshold-3f9a1c"
CUSTOMERS, SHARE = 600, 0.5
LATER = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def plan() -> Plan:
    """600 customers get the offer or are held out, by a hash of their names, half and half."""
    arms = {f"c{i:03d}": assign(f"c{i:03d}", "spring", {"treatment": 1, "control": 1}).arm for i in range(CUSTOMERS)}
    made = examples.plan()
    head = replace(made.head, parts=made.head.parts[:1], public=())
    return Plan(head, examples.rows([(name, OFFER, arm, SHARE) for name, arm in arms.items()]))


def happened(plan: Plan) -> list[dict[str, object]]:
    """Everybody buys every other week; treated customers once more in the window, at 10.00 off which 1.00, cost 6.00.

    That earns 3.00, less 0.10 to tell them.
    """
    start = examples.WINDOW.start
    lines = [
        line(f"o{name}-{week}", name, start + timedelta(days=14 * week + int(name[1:]) % 14, hours=12), "tea")
        for name in plan.rows["customer_id"].to_pylist()
        for week in range(-5, 4)
    ]
    for place, row in enumerate(plan.rows.select(["customer_id", "arm"]).to_pylist()):
        if row["arm"] == "treatment":
            at = start + timedelta(days=place % 14, hours=18)
            lines.append(line(f"x{row['customer_id']}", row["customer_id"], at, "tea", discount_minor=100))
    return lines


@pytest.fixture(scope="module")
def shop(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The workspace after the fact: its orders, and the exposures as `netlift ingest` takes them in."""
    folder = tmp_path_factory.mktemp("read-back")
    workspace = Workspace.create(folder / "shop", Settings(currency="EUR"))
    lines = happened(plan)
    workspace.write("order_lines", rows("order_lines", lines), "orders")
    workspace.write("orders", rows("orders", orders_of(lines)), "orders")
    written = export(plan, "exposures", folder / "log")
    receipts = ingest([written.folder], workspace, now=LATER)
    assert sum(receipt.rows_kept for receipt in receipts) == CUSTOMERS + 1
    with connect() as con:
        for name in workspace.names:
            workspace.relation(con, name).create_view(name)
        for name in ("products", "promotion_products", "coupons", "customers", "events", "prices"):
            if name not in workspace.names:
                workspace.relation(con, name).create_view(name)
        yield open_shop(con, Terms())


def test_the_audit_finds_an_experiment_and_what_it_earned(shop: Shop, plan: Plan) -> None:
    treated = plan.rows["arm"].to_pylist().count("treatment")
    (found,) = [one for one in audit(shop, Rules(), name="shop", now=LATER).findings if one.design == "randomized"]
    assert found.promotion_id == f"{OFFER}@{plan_id(plan)[:8]}"
    assert found.customers == treated
    assert found.net_lift is not None
    assert found.net_lift.grade is Grade.RANDOMIZED
    assert found.net_lift.estimate == pytest.approx(treated * 290)  # nothing but the offer differs
    assert found.verdict is Verdict.KEEP


def test_the_response_learns_from_it_as_from_a_randomised_log(shop: Shop) -> None:
    (log,) = find_logs(shop, day_number(LATER)).usable
    assert log.randomized
    assert log.controls_logged
    assert log.arms == ("treatment",)
    (offer,) = log.offers
    assert (offer.face_minor, offer.contact_cost_minor) == (500, 10)


def test_decisions_log_the_same_rows_as_the_export(plan: Plan) -> None:
    decider, moment = Decider(plan), examples.WINDOW.start
    logged = [
        row for name in plan.rows["customer_id"].to_pylist() for row in decider.decide(name, now=moment).exposures()
    ]
    table = check(pa.Table.from_pylist([row._asdict() for row in logged]), EXPOSURES)
    assert table.equals(exposures(plan))


def test_the_moment_can_be_told(plan: Plan, tmp_path: Path) -> None:
    sent = datetime(2026, 3, 3, 8, tzinfo=UTC)
    written = export(plan, "exposures", tmp_path / "log", Asked(at=sent))
    assert set(pq.read_table(written.folder / "exposures.parquet")["exposed_at"].to_pylist()) == {sent}


def test_a_moment_without_a_time_zone_is_refused(plan: Plan) -> None:
    """It would be another instant on every machine."""
    with pytest.raises(ConfigError, match="no time zone"):
        exposures(plan, LATER.replace(tzinfo=None))


def test_an_offer_of_a_later_plan_is_another_experiment(plan: Plan) -> None:
    later = Plan(replace(plan.head, as_of="2026-04-01"), plan.rows)
    ours, theirs = (set(exposures(one)["promotion_id"].to_pylist()) for one in (plan, later))
    assert ours.isdisjoint(theirs)


def test_the_explored_and_who_is_compared_with_them_are_one_experiment(plan: Plan) -> None:
    rows = examples.rows([("a", OFFER, "explore", 0.5), ("b", OFFER, "explore_control", 0.5)])
    drawn = Plan(plan.head, rows)
    found = exposures(drawn).to_pylist()
    assert [(row["arm"], row["propensity"]) for row in found] == [("explore", 0.5), ("control", 0.5)]
    assert {row["promotion_id"] for row in found} == set(promotions(drawn)["promotion_id"].to_pylist())


def test_explored_customers_are_an_experiment_of_their_own() -> None:
    found = exposures(examples.plan()).to_pylist()
    alone = [row for row in found if row["arm"] == "explore"]
    assert [row["customer_id"] for row in alone] == ["c6"]
    assert {row["promotion_id"] for row in alone}.isdisjoint(
        row["promotion_id"] for row in found if row["arm"] != "explore"
    )


def test_promotions_say_what_was_on_offer_to_whom() -> None:
    """The personal offers under the names of their experiments, the public one as a promotion of its own."""
    made = examples.plan()
    shelf = made.head.public[0]
    named = replace(
        shelf.candidate, offer=replace(shelf.candidate.offer, depth=0.15, face_minor=None, products=("t1", "t2"))
    )
    changed = Plan(replace(made.head, public=(replace(shelf, candidate=named),)), made.rows)
    id_ = plan_id(changed)[:8]
    found = {row["promotion_id"]: row for row in promotions(changed).to_pylist()}
    assert set(found) == {
        f"{OFFER}@{id_}", f"{OFFER}@{id_}+explore", f"percent_off-a1b2c3@{id_}", f"percent_off-shelf1@{id_}",
    }  # fmt: skip
    one = found[f"percent_off-shelf1@{id_}"]
    assert (one["value"], one["value_type"], one["currency"]) == (0.15, "percent", "EUR")
    assert (one["starts_at"], one["ends_at"]) == (examples.WINDOW.start, examples.WINDOW.end)
    assert goods(changed).to_pylist() == [
        {"promotion_id": f"percent_off-shelf1@{id_}", "product_id": name} for name in ("t1", "t2")
    ]


def test_a_code_that_shoppers_type_is_told() -> None:
    made = examples.plan()
    typed = examples.candidate("coupon_code-1", "coupon_code", {"codes": ["TEN"], "off": "10"})
    part = replace(made.head.parts[0], candidate=typed)
    rows = examples.rows([(name, "coupon_code-1", "treatment", 1.0) for name in ("a", "b")])
    (row,) = promotions(Plan(replace(made.head, parts=(part,), public=()), rows)).to_pylist()
    assert row["code"] == "TEN"
