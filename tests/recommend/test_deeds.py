"""What is read of a workspace, and what it weighs."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from netlift.data.workspace import Workspace
from netlift.errors import ConfigError
from netlift.recommend.interactions import Interactions
from netlift.recommend.shop import had


def day(one: int) -> datetime:
    return datetime(2026, 5, one, tzinfo=UTC)


def line(order: str, who: str | None, product: str, at: int, back: float = 0.0) -> dict[str, object]:
    money = dict.fromkeys(("list_minor", "discount_minor", "funded_minor", "refunded_minor"), 0)
    return money | {
        "order_id": order, "line": 1, "product_id": product, "customer_id": who, "ordered_at": day(at),
        "currency": "EUR", "quantity": 2.0, "refunded_quantity": back,
    }  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "shop")
    lines = [
        line("a", "ann", "tea", 1), line("b", "ann", "tea", 3), line("c", "bob", "cup", 3, back=2.0),
        line("d", "bob", "pot", 4), line("e", None, "pot", 4), line("f", "bob", "tea", 5, back=1.0),
    ]  # fmt: skip
    made.write("order_lines", pa.Table.from_pylist(lines), "one")
    order = {"ordered_at": day(4), "currency": "EUR", "list_minor": 0, "discount_minor": 0, "refunded_minor": 0}
    made.write("orders", pa.Table.from_pylist([order | {"order_id": "d", "status": "cancelled"}]), "one")
    event = {"at": day(2), "customer_id": "ann"}
    events = [("cart", "cup"), ("view", "cup"), ("purchase", "tea"), ("search", None), ("wish", "pot")]
    made.write(
        "events",
        pa.Table.from_pylist(
            [event | {"event_id": str(i), "event": kind, "product_id": of} for i, (kind, of) in enumerate(events)]
        ),
        "one",
    )
    said = [("r1", "bob", 1.0), ("r2", "ann", 3.0), ("r3", "cat", 5.0), ("r4", None, 5.0), ("r5", "cat", None)]
    rated = [
        {"feedback_id": key, "at": day(2), "customer_id": w, "product_id": "jam", "rating": r} for key, w, r in said
    ]
    made.write("feedback", pa.Table.from_pylist(rated), "one")
    made.write("products", pa.table({"product_id": ["tea", "new"]}), "one")
    made.write("customers", pa.table({"customer_id": ["dan"]}), "one")
    return made


def sums(seen: Interactions) -> dict[tuple[str, str], float]:
    cells = seen.matrix.tocoo()
    names = zip(seen.users.names_of(cells.row.tolist()), seen.items.names_of(cells.col.tolist()), strict=True)
    return {pair: round(float(value), 4) for pair, value in zip(names, cells.data, strict=True)}


def test_purchases_ratings_and_clicks_weigh_what_the_table_says(shop: Workspace) -> None:
    seen = Interactions.of_workspace(shop)
    assert sums(seen) == {
        ("ann", "tea"): 2.0, ("ann", "cup"): 0.6, ("ann", "jam"): 1.0, ("bob", "tea"): 1.0, ("cat", "jam"): 1.0
    }  # fmt: skip
    assert seen.users.names.to_pylist() == ["ann", "bob", "cat", "dan"]
    assert "new" in seen.items


def test_fuel_is_no_wish(shop: Workspace) -> None:
    filled = line("g", "ann", "petrol", 6) | {"flags": "fuel_gallons"}
    odd = line("h", "ann", "jar", 6) | {"flags": "outlier_quantity"}
    shop.write("order_lines", pa.Table.from_pylist([filled, odd]), "two")
    found = sums(Interactions.of_workspace(shop, {"purchase": 1.0}))
    assert ("ann", "jar") in found
    assert ("ann", "petrol") not in found


def test_kinds_moments_and_age_are_chosen(shop: Workspace) -> None:
    assert sums(Interactions.of_workspace(shop, {"wish": 2.0})) == {("ann", "pot"): 2.0}
    assert sums(Interactions.of_workspace(shop, {"purchase": 1.0}, until=day(3))) == {("ann", "tea"): 1.0}
    aged = Interactions.of_workspace(shop, {"purchase": 1.0}, half_life_days=2.0)
    assert sums(aged) == {("ann", "tea"): 0.75, ("bob", "tea"): 1.0}
    aged = Interactions.of_workspace(shop, {"purchase": 1.0}, until=day(5), half_life_days=2.0)
    assert sums(aged) == {("ann", "tea"): 0.75}
    assert len(Interactions.of_workspace(shop, {})) == 0


def test_grades_of_later_days_do_not_tell_the_scale(shop: Workspace) -> None:
    late = {"feedback_id": "r9", "at": day(9), "customer_id": "bob", "product_id": "jam", "rating": 99.0}
    shop.write("feedback", pa.Table.from_pylist([late]), "two")
    assert sums(Interactions.of_workspace(shop, {"rating": 1.0})) == {("bob", "jam"): 1.0}
    found = sums(Interactions.of_workspace(shop, {"rating": 1.0}, until=day(8)))
    assert found == {("ann", "jam"): 1.0, ("cat", "jam"): 1.0}


def test_what_was_had_is_read_again_only_where_more_was_done(shop: Workspace, tmp_path: Path) -> None:
    seen = Interactions.of_workspace(shop)
    found = had(shop, seen)
    assert (len(found.users), len(found.items)) == (len(seen.users), len(seen.items))
    assert sums(found) == {("ann", "tea"): 2.0, ("ann", "jam"): 1.0, ("bob", "tea"): 1.0, ("cat", "jam"): 1.0}
    assert sums(had(shop, seen, {"purchase": 1.0})) == {("ann", "tea"): 2.0, ("bob", "tea"): 1.0}
    few = Interactions.of_workspace(shop, {"view": 1.0})  # without those who only rated
    assert sums(had(shop, few)) == {("ann", "tea"): 2.0}
    plain = Workspace.create(tmp_path / "plain")
    plain.write("order_lines", pa.Table.from_pylist([line("a", "ann", "tea", 1)]), "one")
    seen = Interactions.of_workspace(plain)
    assert had(plain, seen) is seen


def test_without_orders_purchases_among_the_events_count(tmp_path: Path) -> None:
    made = Workspace.create(tmp_path / "bare")
    assert len(Interactions.of_workspace(made, half_life_days=1.0)) == 0
    event = {"event_id": "1", "event": "purchase", "at": day(1), "customer_id": "ann", "product_id": "tea"}
    made.write("events", pa.Table.from_pylist([event]), "one")
    assert sums(Interactions.of_workspace(made)) == {("ann", "tea"): 1.0}
    old = Interactions.of_workspace(made, until=datetime(2126, 1, 1, tzinfo=UTC), half_life_days=0.01)
    assert np.all(old.weight > 0)


def test_wrong_weights_are_refused(shop: Workspace) -> None:
    for kinds in ({"cart": 0.0}, {"cart": float("nan")}):
        with pytest.raises(ConfigError, match="weight of 'cart'"):
            Interactions.of_workspace(shop, kinds)
    with pytest.raises(ConfigError, match="half_life_days"):
        Interactions.of_workspace(shop, half_life_days=0.0)
    with pytest.raises(ConfigError, match="no time zone"):
        Interactions.of_workspace(shop, until=datetime(2026, 5, 1))  # noqa: DTZ001
