"""Shopify orders: lines under their order, discounts to the cent, refunds, cancellations, nobody's address."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.data.sources.conftest import Shop

Take = Callable[..., Shop]
ORDERS = "shopify_orders.csv"


def test_every_row_is_kept_or_refused_for_a_reason(take_in: Take) -> None:
    """22 rows counted in the file by hand: two of a cancelled order, one of each fault, one order in USD."""
    shop = take_in(ORDERS)
    assert (shop.receipt.rows_in, shop.receipt.rows_kept) == (22, 11)
    assert shop.refused == {
        "cancelled": 2,
        "bad_amount": 1,
        "bad_quantity": 1,
        "bad_time": 1,
        "duplicate": 1,
        "future_time": 1,
        "missing_amount": 1,
        "missing_id": 1,
        "negative_quantity": 1,
        "other_currency": 1,
    }
    assert shop.receipt.currency == "EUR"


def test_lines_are_grouped_under_their_order_and_filled_from_its_first_row(take_in: Take) -> None:
    """#1001 has three rows; only the first names Ann, the time and the total."""
    shop = take_in(ORDERS)
    lines = [row for row in shop.rows("order_lines") if row["order_id"] == "#1001"]
    assert [(row["line"], row["product_id"], row["quantity"]) for row in lines] == [
        (1, "OOL-50", 2.0),
        (2, "CUP-S", 1.0),
        (3, "FIL", 3.0),
    ]
    order = shop.row("orders", order_id="#1001")
    assert {row["customer_id"] for row in lines} == {order["customer_id"]}
    assert order["ordered_at"] == datetime(2024, 5, 1, 8, tzinfo=UTC)  # 10:00 +0200
    assert (order["total_minor"], order["shipping_minor"], order["region"]) == (3189, 490, "DE-BE")


def test_the_discount_of_an_order_is_shared_to_the_cent(take_in: Take) -> None:
    """10.00 over goods of 24.00, 9.99 and 3.00: running sums 6.488, 9.189, 10 round to 6.49, 9.19, 10.00.

    The cup's markdown from 12.99 is a discount too.
    """
    shop = take_in(ORDERS)
    assert shop.column("order_lines", "discount_minor", order_id="#1001") == [649, 270 + 300, 81]
    assert shop.column("order_lines", "list_minor", order_id="#1001") == [2400, 1299, 300]
    order = shop.row("orders", order_id="#1001")
    assert (order["list_minor"], order["discount_minor"]) == (3999, 1300)


def test_a_discount_on_one_line_stays_on_it(take_in: Take) -> None:
    """#1004: 8.00 off the teapot alone, then 10.00 over 72.00 and 9.99; Subtotal says 71.99."""
    shop = take_in(ORDERS)
    assert shop.column("order_lines", "discount_minor", order_id="#1004") == [800 + 878, 300 + 122]
    order = shop.row("orders", order_id="#1004")
    assert order["list_minor"] - order["discount_minor"] == 7199


def test_a_code_for_free_shipping_takes_nothing_off_the_goods(take_in: Take) -> None:
    shop = take_in(ORDERS)
    order = shop.row("orders", order_id="#1005")
    assert (order["discount_minor"], order["shipping_minor"], order["total_minor"]) == (0, 0, 100)
    assert shop.row("coupons", coupon_id="FREESHIP")["discount_minor"] == 490


def test_two_codes_make_two_redemptions_whose_split_is_unknown(take_in: Take) -> None:
    shop = take_in(ORDERS)
    assert shop.column("coupons", "coupon_id", order_id="#1004") == ["TEA10", "VIP"]
    assert shop.column("coupons", "discount_minor", order_id="#1004") == [None, None]
    assert shop.row("orders", order_id="#1004")["code"] == "VIP"
    assert shop.row("coupons", coupon_id="SPRING")["discount_minor"] == 1000


def test_refunds_reach_the_lines_without_tax_and_shipping(take_in: Take) -> None:
    """#1002: 13.20 back with 10 % tax on top is 12.00 of goods; #1007: all goods and the shipping."""
    shop = take_in(ORDERS)
    assert sum(shop.column("order_lines", "refunded_minor", order_id="#1002")) == 1200
    assert shop.row("orders", order_id="#1002")["status"] == "partially_refunded"
    assert shop.row("orders", order_id="#1002")["tax_minor"] == 520
    assert shop.column("order_lines", "refunded_minor", order_id="#1007") == [100, 100]
    assert shop.column("order_lines", "refunded_quantity", order_id="#1007") == [1.0, 1.0]
    assert shop.row("orders", order_id="#1007")["refunded_minor"] == 500


def test_one_person_is_one_pseudonym(take_in: Take) -> None:
    """Ann writes her address in two ways; who left only a telephone number is a customer too."""
    shop = take_in(ORDERS)
    ann = {shop.row("orders", order_id=number)["customer_id"] for number in ("#1001", "#1005")}
    assert len(ann) == 1
    assert shop.row("orders", order_id="#1004")["customer_id"] is not None
    assert len(shop.rows("customers")) == 5


def test_old_and_short_exports_are_read_too(take_in: Take, tmp_path: Path) -> None:
    """Only what an order needs: no codes, no discounts, no refunds, no country."""
    file = tmp_path / "short.csv"
    file.write_text(
        "Name,Created at,Lineitem quantity,Lineitem name,Lineitem price,Currency,Something new\n"
        "#1,2020-01-02 10:00:00 +0100,2,Tea,3.50,EUR,x\n#1,,1,Cup,2.00,,\n",
        encoding="utf-8",
    )
    shop = take_in(file)
    assert shop.row("orders", order_id="#1")["list_minor"] == 900
    assert shop.receipt.unknown == ("Something new",)


def test_lines_that_repeat_their_order_on_every_row_are_no_duplicates(take_in: Take, tmp_path: Path) -> None:
    """Some tools fill the order's fields into every row; only the same line at the same place is a copy."""
    file = tmp_path / "filled.csv"
    head = "Name,Created at,Lineitem quantity,Lineitem name,Lineitem price,Currency,Total,Subtotal,Discount Amount\n"
    rows = [f"#1,2020-01-02 10:00:00 +0100,1,{name},2.00,EUR,5.00,5.00,1.00\n" for name in ("Tea", "Cup", "Pot")]
    file.write_text(head + "".join(rows), encoding="utf-8")
    assert take_in(file).column("order_lines", "discount_minor") == [33, 34, 33]  # 33.3, 66.7, 100 rounded
