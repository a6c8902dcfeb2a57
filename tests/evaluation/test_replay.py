"""Replays of past orders: what they add up to is computed here by hand or by a loop of its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from netlift.data.workspace import Settings, Workspace
from netlift.engines.duckdb import connect
from netlift.errors import DataError, DefinitionError
from netlift.evaluation.replay import Offer, replay
from netlift.evaluation.replay_results import Replay
from netlift.evaluation.replay_tables import order_schema, order_table, promotion_table
from netlift.history.cart_quotes import Counters, Outcome, Quoter, funded
from netlift.history.carts import Terms, batches, open_orders, past_orders
from netlift.promotions import (
    AmountOff,
    Benefit,
    FixedPrice,
    FreeGift,
    Group,
    Limits,
    NextOrderCoupon,
    Percent,
    Promotion,
    Selector,
    Share,
    ShippingOff,
    Steps,
    Test,
    Trigger,
    Why,
    Window,
)
from netlift.simulate import presets, simulate

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
Row = Mapping[str, object]


def order(number: int, **fields: object) -> dict[str, object]:
    """Order `o1`, `o2`, ... of customer `ann`, a day after the one before."""
    at = NOON + timedelta(days=number - 1)
    return {
        "order_id": f"o{number}", "customer_id": "ann", "ordered_at": at, "currency": "EUR", "status": "paid",
        "channel": "web", "region": "north", "list_minor": 0, "discount_minor": 0, "shipping_minor": 500,
        "refunded_minor": 0,
    } | fields  # fmt: skip


def line(of: Row, number: int = 1, **fields: object) -> dict[str, object]:
    """One unit of tea for 10.00, of an order."""
    shared = {name: of[name] for name in ("order_id", "customer_id", "ordered_at", "currency")}
    return shared | {
        "line": number, "product_id": "tea", "quantity": 1.0, "list_minor": 1000, "discount_minor": 0,
        "funded_minor": 0, "refunded_quantity": 0.0, "refunded_minor": 0,
    } | fields  # fmt: skip


def table(rows: Sequence[Row]) -> pa.Table:
    """With every column that any row has."""
    return pa.table({name: [row.get(name) for row in rows] for name in dict.fromkeys(n for row in rows for n in row)})


Make = Callable[..., Workspace]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A workspace of the given orders and lines; products are tea (cost 4.00), rice, and a mug (cost 2.00)."""

    def made(orders: list[dict[str, object]], lines: list[dict[str, object]], **settings: object) -> Workspace:
        shop = Workspace.create(tmp_path / "shop", Settings(name="Corner", currency="EUR", **settings))  # type: ignore[arg-type]
        products = [
            {"product_id": "tea", "category": "hot", "department": "drinks", "tags": "green, loose", "cost_minor": 400},
            {"product_id": "rice", "category": "dry", "attributes": '{"organic": true, "size": 1.5}'},
            {"product_id": "mug", "cost_minor": 200},
        ]
        shop.write("products", table(products), "b")
        shop.write("customers", pa.table({"customer_id": ["ann"], "segment": ["gold"]}), "b")
        shop.write("orders", table(orders), "b")
        shop.write("order_lines", table(lines), "b")
        return shop

    return made


def percent(off: int, name: str = "cut", **fields: object) -> Promotion:
    return Promotion(name, (Benefit(Percent(Decimal(off))),), **fields)  # type: ignore[arg-type]


def outcomes(
    shop: Workspace, *promotions: Promotion, terms: Terms | None = None, root: Group | None = None
) -> dict[str, Outcome]:
    """Every order's outcome by its id."""
    found: list[Outcome] = []
    replay(shop, Offer(promotions, root or Group()), terms, workers=1, on_outcomes=found.extend)
    return {one.id: one for one in found}


def of(found: Replay, what: str) -> tuple[int, int, tuple[str, ...]]:
    """Orders, lines and examples of one kind of finding."""
    (one,) = [one for one in found.floors if one.what == what]
    return one.orders, one.lines, one.examples


# what an order becomes


def test_an_order_becomes_the_cart_before_its_discounts(make: Make) -> None:
    """Two of tea at 10.00 each, whatever was taken off; goods by weight and odd totals keep their amount."""
    first = order(1, code="HI")
    lines = [
        line(first, 1, quantity=2.0, list_minor=2000, discount_minor=300, funded_minor=100),
        line(first, 2, product_id="rice", quantity=0.735, list_minor=221),
        line(first, 3, product_id="rice", quantity=3.0, list_minor=1000, cost_minor=500),
    ]
    shop = make([first], lines, margin=0.25)
    terms = Terms(margin=0.25, codes=frozenset({"ALL"}))
    with connect() as con:
        span = open_orders(con, shop, terms)
        (batch,) = batches(con, span.currency, terms, attributes=True)
        (found,) = past_orders(batch, span.currency, terms)
    tea, weighed, odd = found.cart.lines
    assert (tea.unit_price, tea.quantity, tea.total, tea.product) == (1000, 2, None, "tea")
    assert (tea.category, tea.tags, tea.cost) == (("hot", "drinks"), ("green", "loose"), 400)
    assert (weighed.unit_price, weighed.quantity, weighed.attributes) == (221, 1, {"organic": True})
    assert (odd.quantity, odd.total, odd.cost) == (3, 1000, 167)  # 5.00 / 3, rounded up
    assert found.costs == (800, 166, 500)  # the product's, 75 % of 2.21, the line's own
    assert (found.given, found.funded, found.measured) == (300, 100, 1)
    assert [(one.id, one.price) for one in found.cart.shipping] == [("delivery", 500)]
    assert found.facts.codes == {"ALL", "HI"}
    assert (found.facts.channel, found.facts.region, found.facts.segments) == ("web", "north", {"gold"})


def test_earlier_orders_are_those_not_cancelled_also_before_the_first_day(make: Make) -> None:
    """Order 2 is cancelled, order 3 refunded: order 4 is the customer's third; a guest has no number."""
    orders = [
        order(1), order(2, status="cancelled"), order(3, status="refunded"), order(4), order(5, customer_id=None),
    ]  # fmt: skip
    shop = make(orders, [line(one) for one in orders])
    terms = Terms(since=date(2025, 3, 2))
    with connect() as con:
        open_orders(con, shop, terms)
        parts = list(batches(con, "EUR", terms, attributes=False))
    found = {one.id: one.facts for part in parts for one in past_orders(part, "EUR", terms)}
    assert {name: facts.orders_placed for name, facts in found.items()} == {"o4": 2, "o5": None}
    assert found["o4"].days_since_order == 1
    assert found["o5"].customer is None


def test_orders_that_are_left_out_are_counted_by_why(make: Make) -> None:
    orders = [
        order(1), order(2, status="cancelled"), order(3, status="refunded"), order(4, currency="USD"), order(5),
        order(6, status="cancelled"),
    ]  # fmt: skip
    shop = make(orders, [line(one) for one in orders if one["order_id"] != "o5"])
    found = replay(shop, Offer((percent(10),)))
    assert found.orders == 1
    assert found.left_out == {"cancelled": 2, "refunded": 1, "other_currency": 1, "no_lines": 1}


def test_days_are_those_of_the_shop(make: Make) -> None:
    """12:00 UTC on 1 March is the 2nd in Auckland (UTC+13)."""
    orders = [order(1), order(2), order(3)]
    shop = make(orders, [line(one) for one in orders], timezone="Pacific/Auckland")
    found = outcomes(shop, percent(10), terms=Terms(since=date(2025, 3, 3), until=date(2025, 3, 3)))
    assert set(found) == {"o2"}
    saturday = percent(10, window=Window(time_zone="Pacific/Auckland", dates=(date(2025, 3, 2),)))
    assert [name for name, one in outcomes(shop, saturday).items() if one.given] == ["o1"]


def test_batches_never_cut_an_order_in_two(make: Make) -> None:
    """Whatever the size of a batch, orders come whole, once, and in the order of time."""
    orders = [order(number) for number in range(1, 40)]
    shop = make(orders, [line(one, n) for number, one in enumerate(orders) for n in range(1, number % 7 + 2)])
    with connect() as con:
        open_orders(con, shop, Terms())
        for size in (1, 2, 3, 10, 1000):
            parts = list(batches(con, "EUR", Terms(), attributes=False, lines=size))
            found = [one for part in parts for one in past_orders(part, "EUR", Terms())]
            assert [one.id for one in found] == [f"o{number}" for number in range(1, 40)]
            assert [len(one.cart.lines) for one in found] == [number % 7 + 1 for number in range(39)]


# sums


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    shop = Workspace.create(tmp_path_factory.mktemp("sim"), Settings(name="Sim", currency="EUR"))
    for name, table in simulate(presets.tiny(3)).tables.items():
        shop.write(name, table, "simulated")
    return shop


def test_ten_per_cent_of_every_line(simulated: Workspace) -> None:
    """Per line, half a cent up; computed here from the tables alone."""
    kept = {
        row["order_id"]
        for row in simulated.table("orders").to_pylist()
        if row["status"] not in {"cancelled", "refunded"}
    }
    lines = [row for row in simulated.table("order_lines").to_pylist() if row["order_id"] in kept]
    found = replay(simulated, Offer((percent(10),)))
    assert found.orders == len(kept)
    assert found.listed == sum(row["list_minor"] for row in lines)
    assert found.really_given == sum(row["discount_minor"] for row in lines)
    assert found.given == sum((row["list_minor"] + 5) // 10 for row in lines)
    assert found.promotions[0].discount == found.given == found.margin
    assert found.promotions[0].units == sum(int(row["quantity"]) for row in lines if row["list_minor"] >= 5)
    assert found.more + found.less <= found.orders


def test_no_promotion_costs_nothing(simulated: Workspace) -> None:
    found = replay(simulated, Offer(()))
    assert (found.given, found.margin, found.given_orders, found.promotions, found.conflicts) == (0, 0, 0, (), ())
    assert found.less == found.really_given_orders


def test_funding_gifts_coupons_and_delivery_of_one_order(make: Make) -> None:
    """10.00 of tea: a supplier pays half of 1.00 off; a mug that sells for 7.00 costs the shop 2.00; delivery 5.00."""
    first = order(1)
    shop = make([first], [line(first)])
    supplied = percent(10, "tenth", funding=(Share("acme", Decimal(50)), Share("shop", Decimal(50))))
    gift = Promotion("mug", (Benefit(FreeGift("mug", unit_price=700)),))
    coupon = Promotion("later", (Benefit(NextOrderCoupon(300)),))
    free = Promotion("free-delivery", (Benefit(ShippingOff()),))
    found = replay(shop, Offer((supplied, gift, coupon, free)))
    by_name = {one.promotion: one for one in found.promotions}
    assert (by_name["tenth"].discount, by_name["tenth"].funded, by_name["tenth"].margin) == (100, 50, 50)
    assert (by_name["mug"].gift_units, by_name["mug"].gifts, by_name["mug"].margin) == (1, 700, 200)
    assert (by_name["later"].credits, by_name["later"].margin) == (300, 0)
    assert (by_name["free-delivery"].shipping, by_name["free-delivery"].margin) == (500, 500)
    assert (found.given, found.shipping, found.margin) == (100, 500, 750)


def test_what_others_pay_counts_only_others() -> None:
    half = Decimal("33.5")
    assert funded(1000, (Share("acme", half), Share("bank", half), Share("", Decimal(33)))) == 670
    assert funded(1000, (Share("shop", Decimal(100)),)) == 0
    assert funded(1000, ()) == 0


# conflicts, floors


def test_conflicts_say_who_won_and_how_often(make: Make) -> None:
    """A tenth of 10.00 beats 0.50; of 2.00 it does not. Promotions of other groups have no part in it."""
    orders = [order(number) for number in (1, 2, 3)]
    shop = make(orders, [line(one, list_minor=1000 if one["order_id"] != "o3" else 200) for one in orders])
    tenth = percent(10, "tenth", group="goods")
    half = Promotion("half-euro", (Benefit(AmountOff(50), allocation="across"),), group="goods")
    aside = percent(1, "aside")
    found = replay(shop, Offer((tenth, half, aside), Group(children=(Group("goods", mode="best"),))))
    told = {(one.winner, one.loser, one.why): (one.orders, one.examples) for one in found.conflicts}
    assert told == {
        ("tenth", "half-euro", Why.NOT_BEST): (2, ("o1", "o2")),
        ("half-euro", "tenth", Why.NOT_BEST): (1, ("o3",)),
    }


def test_an_exclusive_promotion_is_named_as_the_one_that_excludes(make: Make) -> None:
    first = order(1)
    found = replay(make([first], [line(first)]), Offer((percent(10, "alone", exclusive=True), percent(20, "other"))))
    assert [(one.winner, one.loser, one.why) for one in found.conflicts] == [("alone", "other", Why.EXCLUDED)]


def test_goods_below_cost_and_margins_that_turn_negative(make: Make) -> None:
    """Tea costs 4.00: at 70 % off it brings 3.00, unless a floor keeps it at 4.00."""
    first = order(1)
    shop = make([first], [line(first)])
    found = replay(shop, Offer((percent(70),)))
    assert of(found, "below_cost") == (1, 1, ("o1",))
    assert of(found, "negative_margin") == (1, 0, ("o1",))
    assert (found.negative_then, found.negative_now, found.costs_known) == (0, 1, 1)
    kept = replay(shop, Offer((percent(70),)), Terms(floor=1.0))
    assert kept.given == 600
    assert of(kept, "at_floor") == (1, 1, ("o1",))
    assert of(kept, "below_cost")[0] == of(kept, "negative_margin")[0] == 0


def test_free_orders_and_unknown_costs(make: Make) -> None:
    first = order(1)
    found = replay(make([first], [line(first, product_id="rice")]), Offer((percent(100),)))
    assert of(found, "free_order") == (1, 0, ("o1",))
    assert found.costs_known == 0
    assert of(found, "negative_margin")[0] == 0


def test_an_order_that_cannot_be_quoted_is_told_and_counted_nowhere(make: Make) -> None:
    orders = [order(1), order(2)]
    shop = make(orders, [line(one, n) for one in orders for n in range(1, 3 if one["order_id"] == "o1" else 2)])
    policy = replace(Offer(()).policy, max_lines=1)
    found = replay(shop, Offer((percent(10),), policy=policy))
    assert of(found, "unquotable") == (1, 0, ("o1",))
    assert (found.orders, found.given) == (1, 100)


# limits


def test_limits_are_used_up_in_the_order_of_time(make: Make) -> None:
    """Two redemptions in all: orders 1 and 2; reached on the second day."""
    orders = [order(number) for number in (3, 1, 4, 2)]
    shop = make(orders, [line(one) for one in orders])
    twice = percent(10, limits=Limits(total=2))
    assert [name for name, one in outcomes(shop, twice).items() if one.given] == ["o1", "o2"]
    (limit,) = replay(shop, Offer((twice,))).limits
    assert (limit.limit, limit.allowed, limit.used, limit.refused) == ("total", 2, 2, 2)
    assert limit.reached_at == NOON + timedelta(days=1)


def test_a_limit_per_customer_counts_known_customers(make: Make) -> None:
    """Ann gets it once, Bob once, and guests, whom nobody can count, always."""
    orders = [order(1), order(2), order(3, customer_id="bob"), order(4, customer_id=None), order(5, customer_id=None)]
    shop = make(orders, [line(one) for one in orders])
    once = percent(10, limits=Limits(per_customer=1))
    assert [name for name, one in outcomes(shop, once).items() if one.given] == ["o1", "o3", "o4", "o5"]
    (limit,) = replay(shop, Offer((once,))).limits
    assert (limit.used, limit.refused, limit.reached_at) == (2, 1, NOON)


def test_a_budget_is_spent_to_the_cent(make: Make) -> None:
    """1.00 off each order from 2.50: 1.00, 1.00, 0.50, nothing."""
    orders = [order(number) for number in (1, 2, 3, 4)]
    shop = make(orders, [line(one) for one in orders])
    budgeted = percent(10, limits=Limits(budget=250))
    assert [one.goods for one in outcomes(shop, budgeted).values()] == [100, 100, 50, 0]
    (limit,) = replay(shop, Offer((budgeted,))).limits
    assert (limit.used, limit.refused, limit.reached_at) == (250, 1, NOON + timedelta(days=2))


LIMITED = (
    percent(10, "twice-each", limits=Limits(per_customer=2)),
    percent(15, "hundred", group="pick", limits=Limits(total=100)),
    percent(12, "budget", group="pick", limits=Limits(budget=20_000)),
    Promotion(
        "whole", (Benefit(AmountOff(400), allocation="across"),), group="pick",
        limits=Limits(budget=9_999, budget_partial=False),
    ),
    Promotion(
        "mugs", (Benefit(FreeGift("mug", 150, quantity=Steps(900, 1, of="cart.subtotal"))),),
        limits=Limits(budget=15_000),
    ),
)  # fmt: skip


@pytest.mark.slow
def test_the_result_does_not_depend_on_the_number_of_processes(simulated: Workspace) -> None:
    """With limits of every kind, which make each order depend on those before it."""
    offer = Offer(LIMITED, Group(children=(Group("pick", mode="best"),)))
    told: dict[int, list[Outcome]] = {1: [], 2: []}
    found = {n: replay(simulated, offer, workers=n, on_outcomes=rows.extend) for n, rows in told.items()}
    assert found[1] == found[2]
    assert told[1] == told[2]
    assert all(limit.refused for limit in found[1].limits)


def test_an_order_whose_limits_changed_meanwhile_is_quoted_again(make: Make) -> None:
    """Counters are told apart exactly where the quote could differ."""
    first = order(1)
    make([first], [line(first)])
    quoter = Quoter(
        (percent(10, "a", limits=Limits(total=3, per_customer=1)), percent(5, "b", limits=Limits(budget=5000))),
        Group(), Offer(()).policy, currency="EUR", terms=Terms(),
    )  # fmt: skip
    seen = Outcome("o", NOON, "ann", 1000, 0, 0, 0, None, (), {}, 0, 0, 0, 0, proved=True)
    none = Counters()
    assert quoter.same(seen, none, Counters({"a": 2}))
    assert not quoter.same(seen, none, Counters({"a": 3}))
    assert not quoter.same(seen, none, Counters(by_customer={"ann": {"a": 1}}))
    assert quoter.same(seen, none, Counters(by_customer={"bob": {"a": 1}}))
    assert quoter.same(seen, none, Counters(spent={"b": 4000}))  # 10.00 are left, which is the whole order
    assert not quoter.same(seen, none, Counters(spent={"b": 4001}))
    assert quoter.same(seen, Counters(spent={"b": 5000}), Counters(spent={"b": 6000}))


# refusals, errors, tables


def test_codes_of_the_time_and_codes_that_all_are_taken_to_enter(make: Make) -> None:
    orders = [order(1, code="tea10"), order(2)]
    shop = make(orders, [line(one) for one in orders])
    coded = percent(10, trigger=Trigger("code", ("TEA10",)))
    assert [name for name, one in outcomes(shop, coded).items() if one.given] == ["o1"]
    assert replay(shop, Offer((coded,))).promotions[0].refused == {Why.NEEDS_CODE: 1}
    everybody = outcomes(shop, coded, terms=Terms(codes=frozenset({"TEA10"})))
    assert all(one.given for one in everybody.values())


def test_conditions_on_products_reach_their_further_fields(make: Make) -> None:
    first = order(1)
    shop = make([first], [line(first), line(first, 2, product_id="rice", list_minor=300)])
    organic = Selector(where=Test("line.attributes.organic", "==", value=True))
    found = replay(shop, Offer((Promotion("organic", (Benefit(FixedPrice(100), target=organic),)),)))
    assert found.given == 200


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        (Terms(since=date(2030, 1, 1)), "no orders from 2030-01-01"),
        (Terms(until=date(2020, 1, 1)), "no orders until 2020-01-01"),
    ],
)
def test_days_without_orders_are_an_error(make: Make, terms: Terms, message: str) -> None:
    first = order(1)
    with pytest.raises(DataError, match=message):
        replay(make([first], [line(first)]), Offer((percent(10),)), terms)


def test_an_empty_workspace_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no orders"):
        replay(Workspace.create(tmp_path / "empty"), Offer((percent(10),)))


def test_orders_without_a_real_currency_are_an_error(make: Make) -> None:
    first = order(1)
    shop = make([first], [line(first)])
    shop.save_settings(currency="XXX")
    with pytest.raises(DataError, match="XXX"):
        replay(shop, Offer((percent(10),)))


def test_a_wrong_promotion_is_told_before_any_order_is_read(make: Make) -> None:
    first = order(1)
    with pytest.raises(DefinitionError, match="off"):
        replay(make([first], [line(first)]), Offer((percent(110),)))


def test_tables_hold_every_order_and_promotion(make: Make) -> None:
    orders = [order(1), order(2)]
    shop = make(orders, [line(one) for one in orders])
    kept: list[pa.Table] = []
    found = replay(shop, Offer((percent(10),)), on_outcomes=lambda rows: kept.append(order_table(rows)))
    whole = pa.concat_tables(kept)
    assert whole.schema == order_schema() == order_table([]).schema
    assert whole["order_id"].to_pylist() == ["o1", "o2"]
    assert whole["margin_now_minor"].to_pylist() == [500, 500]  # 10.00 less 1.00 less 4.00
    assert whole["promotions"].to_pylist() == [["cut"], ["cut"]]
    assert promotion_table(found)["discount_minor"].to_pylist() == [200]
    assert promotion_table(replace(found, promotions=())).num_rows == 0


def test_progress_is_told_to_the_last_order(make: Make) -> None:
    orders = [order(1), order(2)]
    told: list[tuple[int, int]] = []
    shop = make(orders, [line(one) for one in orders])
    replay(shop, Offer((percent(10),)), on_progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (2, 2)
