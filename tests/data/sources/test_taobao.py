"""Taobao and Tmall: GBK bytes, closed and refunded orders, coupons and points, orders with and without items."""

from collections.abc import Callable
from datetime import UTC, datetime

from tests.data.sources.conftest import FIXTURES, Shop

Take = Callable[..., Shop]
OLD = "taobao_orders_gbk.csv"


def test_gbk_is_found_and_read(take_in: Take) -> None:
    """The file's bytes are no UTF-8; the title comes out whole and the time is that of Shanghai."""
    shop = take_in(OLD)
    assert "紫砂壶".encode("gbk") in (FIXTURES / OLD).read_bytes()
    assert shop.receipt.encoding == "gb18030"
    line = shop.row("order_lines", order_id="1001000000000000001")
    assert line["product_id"] == "紫砂壶 “西施”，手工"
    assert line["ordered_at"] == datetime(2024, 5, 31, 16, 10, tzinfo=UTC)


def test_unpaid_orders_are_refused_and_paid_ones_that_closed_are_refunds(take_in: Take) -> None:
    """交易关闭 without payment was never a sale; with payment the money went back."""
    shop = take_in(OLD)
    assert shop.refused == {"bad_amount": 1, "cancelled": 1, "duplicate": 1, "missing_id": 1}
    closed = shop.row("orders", order_id="1001000000000000004")
    assert (closed["status"], closed["refunded_minor"], closed["total_minor"]) == ("refunded", 9900, 9900)
    assert shop.row("orders", order_id="1001000000000000005")["status"] == "pending"


def test_coupons_and_points_are_discounts_to_the_fen(take_in: Take) -> None:
    """199.00 less a 20.00 coupon; 58.50 + 6.00 postage less 3.00 of points."""
    shop = take_in(OLD)
    coupon, points = (shop.row("orders", order_id=f"100100000000000000{n}") for n in (1, 2))
    assert (coupon["list_minor"], coupon["discount_minor"], coupon["total_minor"]) == (19900, 2000, 17900)
    assert (points["list_minor"], points["discount_minor"], points["shipping_minor"]) == (5850, 300, 600)
    assert points["total_minor"] == 6150


def test_of_the_address_only_the_province_is_kept(take_in: Take) -> None:
    shop = take_in(OLD)
    assert set(shop.column("orders", "region")) == {"浙江省", "上海"}
    assert (
        shop.row("orders", order_id="1001000000000000001")["customer_id"]
        == (shop.row("orders", order_id="1001000000000000004")["customer_id"])
    )
    assert {"收货人姓名", "联系手机", "买家支付宝账号"} <= set(shop.receipt.unused)


def test_newer_exports_have_other_names_and_no_buyer(take_in: Take) -> None:
    """实付 names the money paid; what it falls short of goods and postage was taken off."""
    shop = take_in("taobao_orders_new.csv")
    assert shop.column("orders", "discount_minor") == [300, 0]
    assert shop.column("orders", "status") == ["paid", "partially_refunded"]
    assert shop.column("order_lines", "refunded_minor") == [0, 6000]
    assert "no_customer" in shop.receipt.notes


def test_items_alone_make_orders(take_in: Take) -> None:
    """39.00 listed and 34.00 due; of two cups of 60.00 one came back; a closed one and one of 0 units are refused."""
    shop = take_in("taobao_items.csv")
    assert shop.refused == {"bad_quantity": 1, "cancelled": 1}
    assert shop.column("order_lines", "discount_minor") == [500, 0, 0]
    assert shop.column("order_lines", "refunded_quantity") == [0.0, 1.0, 0.0]
    assert shop.column("orders", "refunded_minor") == [0, 6000]
    assert shop.column("order_lines", "product_id")[:2] == ["BC-1", "JZ-R"]


def test_items_and_orders_in_one_folder_are_joined(take_in: Take) -> None:
    """Order 2001: goods of 88.00 and 2 x 31.00, due 150.00, a coupon of 10.01 over them, the buyer from the list.

    Shares of 10.01: 88/150 is 5.87, the rest 4.14. Order 2002 has no items, so its title stands for them; item 2009
    has no order and thus no time.
    """
    shop = take_in("taobao_pair")
    assert shop.column("order_lines", "product_id") == ["TGY", "CB-W", "茶杯"]
    assert shop.column("order_lines", "list_minor") == [8800, 6200, 6000]
    assert shop.column("order_lines", "discount_minor") == [587, 414, 0]
    assert shop.column("orders", "order_id") == ["2001", "2002"]
    joined = shop.row("orders", order_id="2001")
    assert (joined["discount_minor"], joined["shipping_minor"], joined["total_minor"]) == (1001, 800, 14799)
    assert joined["region"] == "福建省"
    buyers = set(shop.column("order_lines", "customer_id"))
    assert None not in buyers
    assert buyers == set(shop.column("customers", "customer_id"))
    details, orders = shop.receipts
    assert {str(refusal.reason): refusal.rows for refusal in details.refused} == {"missing_time": 1}
    assert (orders.rows_in, orders.rows_kept) == (2, 2)
