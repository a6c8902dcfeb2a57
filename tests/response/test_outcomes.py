"""What each customer of a log brought and cost, by hand."""

import numpy as np
import pytest

from netlift.history.shop import Shop, Terms, connect, day_number, open_shop
from netlift.response.logs import Log, find_logs
from netlift.response.outcomes import CostFrom, Records, _propensity, gather
from tests.evaluation.tiny import day, line, orders_of, rows

START, OFFERED, CONTROL = 50, [f"o{n:02}" for n in range(20)], [f"z{n:02}" for n in range(20)]


def shop(*extra: dict[str, object], coupons: list[dict[str, object]] | None = None, terms: Terms | None = None,
         code: str | None = None, goods: bool = True, more: list[dict[str, object]] | None = None) -> Shop:  # fmt: skip
    """Forty customers with one old order each; half of them got the mail `p` on soap on day 50."""
    old = [line(f"old-{who}", who, day(5), "soap") for who in (*OFFERED, *CONTROL)]
    new = [line("x1", "o00", day(52), "soap", discount_minor=300, funded_minor=100), *extra]
    end = [line("end", "z19", day(110), "soap")]
    lines = [*old, *new, *end]
    heads = orders_of([*old, *end]) + orders_of(new, code=code)
    exposed = [
        {"promotion_id": "p", "customer_id": who, "arm": arm, "exposed_at": day(START), "propensity": 0.5}
        for who, arm in [(who, "mail") for who in OFFERED] + [(who, "control") for who in CONTROL]
    ]
    tables = {
        "order_lines": rows("order_lines", lines),
        "orders": rows("orders", heads),
        "exposures": rows("exposures", exposed + (more or [])),
        "coupons": rows("coupons", coupons or []),
        "promotions": rows(
            "promotions",
            [{"promotion_id": "p", "starts_at": day(START), "ends_at": day(START + 9), "code": code}],
        ),
        "promotion_products": rows(
            "promotion_products", [{"promotion_id": "p", "product_id": "soap"}] if goods else []
        ),
    }
    return open_shop(connect(tables), terms or Terms())


def log_of(opened: Shop) -> Log:
    (log,) = find_logs(opened, day_number(opened.span.end), washout_days=10).usable
    return log


def learned(opened: Shop) -> Records:
    return gather(opened, log_of(opened))


def of(records: Records, who: str) -> dict[str, float]:
    at = list(records.customer_id).index(who)
    return {name: float(getattr(records, name)[at]) for name in ("margin", "cost", "profit", "bought", "arm")}


COUPON = {"coupon_id": "k1", "promotion_id": "p", "customer_id": "o00", "order_id": "x1", "redeemed_at": day(52)}


def test_margin_is_what_the_purchase_leaves_before_the_offers_own_discount() -> None:
    """10.00 less 6.00 cost, 3.00 off of which a supplier pays 1.00: profit 2.00, own cost 2.00, margin 4.00."""
    records = learned(shop(coupons=[COUPON | {"discount_minor": 300}]))
    assert records.cost_from is CostFrom.COUPONS
    assert of(records, "o00") == {"margin": 400, "cost": 200, "profit": 200, "bought": 1, "arm": 1}
    assert of(records, "o01") == {"margin": 0, "cost": 0, "profit": 0, "bought": 0, "arm": 1}
    assert of(records, "z00")["arm"] == 0


@pytest.mark.parametrize(
    "coupon", [COUPON, COUPON | {"order_id": None}, COUPON | {"discount_minor": 300, "order_id": None}]
)
def test_a_coupon_without_amount_or_order_is_found_on_the_goods_of_the_day(coupon: dict[str, object]) -> None:
    assert of(learned(shop(coupons=[coupon])), "o00")["cost"] == 200


def test_other_discounts_stay_in_the_margin() -> None:
    """Bread is not on offer: its 1.00 off is no cost of this offer."""
    bread = line("x1", "o00", day(52), "bread", line=2, discount_minor=100)
    records = learned(shop(bread, coupons=[COUPON]))
    assert of(records, "o00") == {"margin": 700, "cost": 200, "profit": 500, "bought": 1, "arm": 1}


def test_a_code_tells_where_there_are_no_coupons() -> None:
    plain = line("x2", "z00", day(53), "soap", discount_minor=50)
    opened = shop(plain, code="mayday")
    opened.con.execute("UPDATE orders SET code = NULL WHERE order_id = 'x2'")
    records = learned(opened)
    assert records.cost_from is CostFrom.CODE
    assert (of(records, "o00")["cost"], of(records, "z00")["cost"]) == (200, 0)


def test_else_all_discount_on_the_goods_counts_in_both_arms() -> None:
    records = learned(shop(line("x2", "z00", day(53), "soap", discount_minor=50)))
    assert records.cost_from is CostFrom.GOODS
    assert (of(records, "o00")["cost"], of(records, "z00")["cost"]) == (200, 50)


def test_a_message_costs_no_discount() -> None:
    records = learned(shop(goods=False))
    assert records.cost_from is CostFrom.NOTHING
    assert of(records, "o00") == {"margin": 200, "cost": 0, "profit": 200, "bought": 1, "arm": 1}


def test_washout_returns_and_fees_count_and_later_orders_do_not() -> None:
    """In the wash-out soda for 10.00 comes back, goods and money; fees of 2 % are on what was kept."""
    soda = line("x3", "o01", day(65), "soda", refunded_minor=1000, refunded_quantity=1.0)
    late = line("x4", "o02", day(75), "soda")
    records = learned(shop(soda, late, coupons=[COUPON | {"discount_minor": 300}], terms=Terms(fee_rate=0.02)))
    assert of(records, "o00")["profit"] == pytest.approx(200 - 0.02 * 700)
    assert of(records, "o01") == {"margin": 0, "cost": 0, "profit": 0, "bought": 0, "arm": 1}
    assert of(records, "o02")["profit"] == 0


def test_margin_less_cost_is_profit_for_everybody() -> None:
    records = learned(shop(coupons=[COUPON], terms=Terms(fee_rate=0.013)))
    assert (records.margin - records.cost == records.profit).all()


def test_customers_in_two_arms_are_left_out() -> None:
    twice = {"promotion_id": "p", "customer_id": "o05", "arm": "control", "exposed_at": day(START), "propensity": 0.5}
    assert "o05" not in learned(shop(more=[twice])).customer_id


def test_unreached_customers_are_control_unless_they_refuse_or_came_later() -> None:
    opened = shop(line("x5", "new", day(60), "bread"))
    opened.con.execute("DELETE FROM exposures WHERE arm = 'control'")
    opened.con.execute("UPDATE exposures SET propensity = NULL")
    opened.con.execute("INSERT INTO customers (customer_id, accepts_marketing) VALUES ('z03', false), ('z04', true)")
    records = learned(opened)
    assert sorted(records.customer_id[records.arm == 0]) == [who for who in CONTROL if who != "z03"]
    assert records.propensity is None


def test_propensities_of_several_arms_are_completed() -> None:
    """Control .5, a .3, b .2: whoever was in a (.3) had .5 of control and .2 of b."""
    opened = three_arms()
    log = log_of(opened)
    arm, own = np.array([0, 1, 2]), np.array([0.5, 0.3, 0.2])
    assert _propensity(opened, log, arm, own) == pytest.approx(np.tile([0.5, 0.3, 0.2], (3, 1)))


def test_propensities_leave_out_an_arm_that_is_left_out() -> None:
    opened = three_arms(b=5)
    log = log_of(opened)
    assert log.arms == ("a",)
    got = _propensity(opened, log, np.array([0, 1]), np.array([0.5, 0.3]))
    assert got == pytest.approx(np.tile([0.625, 0.375], (2, 1)))


def test_a_propensity_of_one_is_no_draw() -> None:
    opened = three_arms()
    assert _propensity(opened, log_of(opened), np.array([0, 1]), np.array([0.5, 1.0])) is None


def three_arms(b: int = 20) -> Shop:
    opened = shop()
    opened.con.execute("DELETE FROM exposures")
    chances = {"control": (0.5, 20), "a": (0.3, 20), "b": (0.2, b)}
    exposed = [
        {"promotion_id": "p", "customer_id": f"{arm}{n}", "arm": arm, "exposed_at": day(START), "propensity": chance}
        for arm, (chance, size) in chances.items()
        for n in range(size)
    ]
    opened.con.register("more", rows("exposures", exposed))
    opened.con.execute("INSERT INTO exposures SELECT * FROM more")
    return opened
