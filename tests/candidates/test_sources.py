"""What ideas are made from, counted by hand on a shop of a few orders."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from netlift.candidates.catalogue import LONGEST_COVER, Goods
from netlift.candidates.sources import LEAST_TOGETHER, Sources, gather
from netlift.errors import ConfigError
from netlift.history.shop import Shop, Terms, connect, day_number, open_shop
from netlift.schema import TABLES, check
from tests.candidates.shops import sources

NOON = datetime(2024, 6, 30, 12, tzinfo=UTC)
"""Last day with an order; sources are as of the day after."""


def ago(days: float) -> datetime:
    return NOON - timedelta(days=days)


def table(name: str, rows: Sequence[dict[str, Any]]) -> pa.Table:
    columns = {key: [row.get(key) for row in rows] for key in dict.fromkeys(k for row in rows for k in row)}
    arrays = {key: pa.array(values, TABLES[name].field(key).type) for key, values in columns.items()}
    return check(pa.table(arrays), TABLES[name])


def line(order: str, product: str, units: float, each: int, off: int = 0, **more: Any) -> dict[str, Any]:
    """A line of an order at noon `days` ago (0) of a customer (ann)."""
    at = ago(more.pop("days", 0))
    return {
        "order_id": order, "line": more.pop("line", 1), "product_id": product, "customer_id": more.pop("who", "ann"),
        "ordered_at": at, "currency": "EUR", "quantity": units, "list_minor": round(units * each),
        "discount_minor": off, "funded_minor": 0, "refunded_quantity": 0.0, "refunded_minor": 0, **more,
    }  # fmt: skip


def orders_of(lines: Sequence[dict[str, Any]], **more: dict[str, Any]) -> pa.Table:
    """One order for each id among the lines; what is more by order id."""
    found: dict[str, dict[str, Any]] = {}
    for one in lines:
        order = found.setdefault(
            one["order_id"],
            {"order_id": one["order_id"], "customer_id": one["customer_id"], "ordered_at": one["ordered_at"],
             "currency": "EUR", "list_minor": 0, "discount_minor": 0, "refunded_minor": 0,
             **more.get(one["order_id"], {})},
        )  # fmt: skip
        order["list_minor"] += one["list_minor"]
        order["discount_minor"] += one["discount_minor"]
    return table("orders", list(found.values()))


def shop(lines: Sequence[dict[str, Any]], margin: float = 0.4, **more: pa.Table) -> Shop:
    tables = {"order_lines": table("order_lines", lines), "orders": orders_of(lines), **more}
    con = connect(tables)
    con.execute("SET threads = 1")
    return open_shop(con, Terms(margin=margin))


def known(lines: Sequence[dict[str, Any]], **more: Any) -> Sources:
    opened = shop(lines, **more)
    return gather(opened, pa.table({"customer_id": pa.array(["ann", "bob"])}))


def row(goods: Goods, product: str) -> int:
    return goods.place()[product]


def test_prices_costs_and_sales_of_a_product() -> None:
    """No price list: the usual price of a line; no cost: what the margin leaves; 4 units in 8 weeks are 0.5 a week."""
    goods = known(
        [line("1", "tea", 3, 500), line("2", "tea", 1, 500, 100), line("3", "tea", 5, 450, days=100)]
    ).catalogue.goods
    assert (goods.price[0], goods.cost[0], goods.revenue[0], goods.orders[0]) == (500, 300, 4250, 3)
    assert not goods.cost_known[0]
    assert goods.weekly[0] == 4 / 8


def test_what_the_products_say_comes_first() -> None:
    products = table("products", [{"product_id": "tea", "category": "drinks", "price_minor": 600, "cost_minor": 210}])
    found = known([line("1", "tea", 1, 500)], products=products)
    goods = found.catalogue.goods
    assert (goods.price[0], goods.cost[0], goods.category[0]) == (600, 210, "drinks")
    assert goods.margin[0] == pytest.approx(0.65)
    assert not found.margin_assumed


def test_the_lowest_price_is_that_of_the_last_thirty_days_without_coupons() -> None:
    """4.00 twenty days ago counts, 3.00 with a code and 2.00 forty days ago do not; the price list's 3.80 does."""
    lines = [
        line("1", "tea", 1, 500), line("2", "tea", 1, 500, 100, days=20), line("3", "tea", 1, 500, 200, days=10),
        line("4", "tea", 1, 500, 300, days=40),
    ]  # fmt: skip
    coded = orders_of(lines, **{"3": {"code": "SAVE"}})
    assert known(lines, orders=coded).catalogue.goods.lowest[0] == 400
    price = {"product_id": "tea", "starts_at": ago(35), "ends_at": ago(28), "price_minor": 380}
    assert known(lines, orders=coded, prices=table("prices", [price])).catalogue.goods.lowest[0] == 380
    old = {"product_id": "tea", "starts_at": ago(60), "ends_at": ago(32), "price_minor": 100}
    assert known(lines, orders=coded, prices=table("prices", [old])).catalogue.goods.lowest[0] == 400


def test_stock_is_the_latest_count_of_each_place_and_lasts_so_many_weeks() -> None:
    """By hand: 10 + 6 units (12 less 6 promised) at half a unit a week last 32 weeks; the unsold, five years."""
    counts = [
        {"product_id": "tea", "location": "a", "at": ago(9), "available": 99.0},
        {"product_id": "tea", "location": "a", "at": ago(2), "available": 10.0},
        {"product_id": "tea", "location": "b", "at": ago(2), "on_hand": 12.0, "committed": 6.0},
        {"product_id": "tea", "location": "c", "at": ago(40), "available": 500.0},
        {"product_id": "cup", "location": "a", "available": 3.0},
    ]
    products = table("products", [{"product_id": "cup", "price_minor": 900}])
    goods = known([line("1", "tea", 4, 500)], inventory=table("inventory", counts), products=products).catalogue.goods
    assert goods.stock[row(goods, "tea")] == 16
    assert goods.cover[row(goods, "tea")] == 32
    assert goods.cover[row(goods, "cup")] == LONGEST_COVER
    assert np.isnan(known([line("1", "tea", 4, 500)]).catalogue.goods.cover).all()


def test_shelves_are_counted_by_order() -> None:
    """Three orders with 1, 3 and 2 teas: median 2; ann and bob buy; what is weighed is marked."""
    lines = [
        line("1", "tea", 1, 400), line("2", "tea", 3, 400, 240, who="bob"), line("3", "tea", 2, 400),
        line("3", "ham", 0.35, 1200, line=2),
    ]  # fmt: skip
    products = table("products", [{"product_id": p, "category": c} for p, c in (("tea", "drinks"), ("ham", "meat"))])
    shelves = known(lines, products=products).catalogue.shelves
    assert [shelf.measured for shelf in shelves] == [False, True]
    drinks = shelves[0]
    assert (drinks.category, drinks.products, drinks.buyers, drinks.revenue_minor) == ("drinks", 1, 2, 2400)
    assert drinks.units == pytest.approx((2, 2.5))
    assert drinks.discount_share == pytest.approx(0.1)


def test_fuel_is_no_shelf() -> None:
    found = known([line("1", "tea", 1, 400), line("1", "fuel", 40, 150, line=2, flags="fuel_gallons")])
    assert found.catalogue.goods.product_id.tolist() == ["tea"]
    assert found.baskets is not None
    assert found.baskets.spend_minor[1] == 400


def test_pairs_are_together_more_often_than_chance() -> None:
    """Tea and milk in 20 of 40 orders, each alone in none: lift 2; ham is in every order, so it says nothing."""
    lines = []
    for k in range(2 * LEAST_TOGETHER):
        goods = ("tea", "milk", "ham") if k % 2 else ("ham",)
        lines += [line(str(k), product, 1, 300, line=n) for n, product in enumerate(goods, 1)]
    (pair,) = known(lines).pairs
    assert {pair.one, pair.other} == {"tea", "milk"}
    assert (pair.together, pair.support, pair.lift) == (20, 0.5, 2)
    assert pair.q_value == pytest.approx(3 / math.comb(40, 20))  # of three pairs, the only way out of so many


def test_what_chance_may_have_put_together_is_no_pair() -> None:
    """Tea in 40 of 80 orders, milk in 32: together in 20, 1.25 times chance, is no news; in 26 it is."""

    def lines(together: int) -> list[dict[str, Any]]:
        baskets = [("tea", "milk")] * together + [("tea",)] * (40 - together) + [("milk",)] * (32 - together)
        baskets += [("ham",)] * (80 - len(baskets))
        return [line(str(k), name, 1, 300, line=n) for k, one in enumerate(baskets) for n, name in enumerate(one, 1)]

    assert known(lines(20)).pairs == ()
    (pair,) = known(lines(26)).pairs
    assert (pair.one, pair.other, pair.together) == ("tea", "milk", 26)
    assert pair.q_value < 1e-4


def test_orders_of_other_goods_count_and_too_few_orders_have_no_pairs() -> None:
    """Of 400 products beside tea and milk each stands in an order of its own: none sells as often as the two."""
    both = [line(str(k), name, 1, 300, line=n) for k in range(20) for n, name in enumerate(("tea", "milk"), 1)]
    rest = [line(f"r{k}", f"p{k:03}", 1, 300) for k in range(400)]
    (pair,) = known(both + rest).pairs
    assert (pair.together, pair.support, pair.lift) == (20, 20 / 420, 21)
    assert (pair.one, pair.other) == ("milk", "tea")  # as often: the first by id
    assert known(both[:38]).pairs == ()


def test_delivery_charges_and_quiet_hours() -> None:
    lines = [line(str(k), "tea", 1, 300, days=k / 24) for k in range(48)]
    charged = orders_of(lines, **{str(k): {"shipping_minor": 490} for k in range(24)})
    baskets = known(lines, orders=charged).baskets
    assert baskets is not None
    assert baskets.shipping_minor == 490
    assert baskets.quiet == (0, 1.0)  # every hour is like the others: the first counts
    noon = known([line(str(k), "tea", 1, 300, days=k) for k in range(30)]).baskets
    assert noon is not None
    assert noon.quiet is None
    assert noon.shipping_minor == 0


def promotion(**more: Any) -> pa.Table:
    rows = {"promotion_id": "mail", "name": "Mail", "mechanism": "campaign", "starts_at": ago(30), "ends_at": ago(16),
            **more}  # fmt: skip
    return table("promotions", [rows])


def exposed(*who: str, arm: str = "treatment") -> pa.Table:
    rows = [{"promotion_id": "mail", "customer_id": one, "arm": arm, "exposed_at": ago(30)} for one in who]
    return table("exposures", rows)


def test_a_past_promotion_knows_its_window_worth_and_reach() -> None:
    """Ann was reached, ann and bob were active: one half; it ended on the 16th day before the end of the data."""
    lines = [line("1", "tea", 1, 500, days=40), line("2", "tea", 1, 500, who="bob", days=35), line("3", "tea", 1, 500)]
    goods = table("promotion_products", [{"promotion_id": "mail", "product_id": "tea"}])
    (past,) = known(
        lines, promotions=promotion(value=0.2, value_type="percent", contact_cost_minor=30), exposures=exposed("ann"),
        promotion_products=goods,
    ).past  # fmt: skip
    assert past.personal
    assert past.customers == 1
    assert past.reach == 0.5
    assert (past.depth, past.estimated, past.contact_cost_minor) == (0.2, False, 30)
    assert past.products == frozenset({"tea"})
    assert past.gap(day_number(NOON) + 1) == 16
    assert past.days == 15


def test_a_depth_that_nobody_declared_is_read_from_redemptions() -> None:
    """20 redemptions of 0.50 each in orders of 5.00: a tenth; with 19 it stays unknown."""
    lines = [line(str(k), "tea", 1, 500, 50, days=20) for k in range(20)]
    used = [
        {"coupon_id": str(k), "promotion_id": "mail", "order_id": str(k), "redeemed_at": ago(20), "discount_minor": 50}
        for k in range(20)
    ]
    for rows, depth in ((used, 0.1), (used[:-1], None)):  # fewer tell nothing, but that it was no mere letter
        (past,) = known(
            lines, promotions=promotion(), exposures=exposed("ann"), coupons=table("coupons", rows)
        ).past  # fmt: skip
        assert past.depth == depth
        assert past.estimated == (depth is not None)


def test_a_letter_that_nobody_could_redeem_gave_nothing() -> None:
    """No value and no redemption: depth 0; a gift is none such, and neither is one with a coupon or named goods."""
    lines = [line("1", "tea", 1, 500, days=20)]
    used = table("coupons", [{"coupon_id": "1", "promotion_id": "mail", "redeemed_at": ago(20)}])
    (letter,) = known(lines, promotions=promotion(), exposures=exposed("ann")).past
    (gift,) = known(lines, promotions=promotion(mechanism="gift"), exposures=exposed("ann")).past
    (coupon,) = known(lines, promotions=promotion(), exposures=exposed("ann"), coupons=used).past
    goods = table("promotion_products", [{"promotion_id": "mail", "product_id": "tea"}])
    (named,) = known(lines, promotions=promotion(), exposures=exposed("ann"), promotion_products=goods).past
    assert [one.depth for one in (letter, gift, coupon, named)] == [0.0, None, None, None]


def test_an_amount_off_knows_its_basket_where_the_source_tells() -> None:
    lines = [line("1", "tea", 1, 500, days=20)]
    told = promotion(value=595.0, value_type="amount", attributes='{"min_basket_minor": 3611}')
    (past,) = known(lines, promotions=told, exposures=exposed("ann")).past
    assert (past.face_minor, past.least_minor, past.depth) == (595, 3611, None)
    (other,) = known(lines, promotions=promotion(value=595.0, value_type="amount"), exposures=exposed("ann")).past
    assert (other.face_minor, other.least_minor) == (595, None)


def test_arms_are_apart_and_control_is_none() -> None:
    exposures = pa.concat_tables(
        [exposed("ann", arm="small"), exposed("bob", arm="large"), exposed("cid", arm="control")]
    )
    found = known(
        [line("1", "tea", 1, 500, days=40), line("2", "tea", 1, 500)], promotions=promotion(), exposures=exposures
    )
    assert {past.offer_id for past in found.past} == {"mail/large", "mail/small"}
    assert found.reached.customers["mail"].tolist() == [True, True]


def test_a_code_that_nobody_declared_ends_with_its_last_use() -> None:
    lines = [
        line("1", "tea", 1, 500, 50, days=20),
        line("2", "tea", 1, 500, 50, days=10, who="bob"),
        line("3", "tea", 1, 500),
    ]
    orders = orders_of(lines, **{"1": {"code": "save"}, "2": {"code": "SAVE"}})
    (past,) = known(lines, orders=orders).past
    assert (past.offer_id, past.personal, past.reach) == ("code:SAVE", False, 1.0)
    assert past.end_day == day_number(ago(10)) + 1


def test_birthdays_and_segments_are_counted() -> None:
    people = table(
        "customers",
        [
            {"customer_id": "ann", "attributes": '{"birthday": "1990-05-01"}', "segment": "member"},
            {"customer_id": "bob", "attributes": '{"income": "high"}', "segment": "member"},
            {"customer_id": "cid", "attributes": "no json"},
        ],
    )
    found = known([line("1", "tea", 1, 500)], customers=people)
    assert found.birthdays == 1
    assert found.segments == {"member": 2}


def test_a_moment_needs_a_time_zone() -> None:
    with pytest.raises(ConfigError, match="time zone"):
        gather(shop([line("1", "tea", 1, 500)]), pa.table({"customer_id": ["ann"]}), as_of=NOON.replace(tzinfo=None))


def test_the_rich_shop_is_what_the_other_tests_take_it_for() -> None:
    found = sources()
    assert found.currency == "EUR"
    assert not found.margin_assumed
    assert found.day == day_number(NOON) + 1
    assert {past.promotion_id for past in found.past} == {"code", "test", "mail", "roll"}
