"""WooCommerce: products of the core, orders of the common export plug-ins."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netlift.errors import SourceError
from tests.data.sources.conftest import Shop

Take = Callable[..., Shop]


def test_products_inherit_from_their_parent(take_in: Take) -> None:
    """Variations leave out category, tags, brand and picture; one names its parent by SKU, one by id."""
    shop = take_in("woocommerce_products.csv", currency="EUR")
    assert shop.refused == {"bad_amount": 1, "duplicate": 1}
    for number in ("TOWEL-R", "14"):
        towel = shop.row("products", product_id=number)
        assert (towel["category"], towel["department"], towel["brand"]) == ("Towels", "Bath", "Casa")
        assert (towel["price_minor"], towel["cost_minor"], towel["tags"]) == (1490, 400, "cotton")


def test_dated_sales_are_prices_whose_last_day_counts(take_in: Take) -> None:
    """One end is written as a day, the other as its last second: both mean the whole of 7 June."""
    prices = take_in("woocommerce_products.csv", currency="EUR").rows("prices")
    assert [(row["product_id"], row["price_minor"], row["list_minor"]) for row in prices] == [
        ("SOAP-1", 350, 495),
        ("TOWEL-R", 990, 1490),
    ]
    assert {row["ends_at"] for row in prices} == {datetime(2024, 6, 8, tzinfo=UTC)}


def test_items_packed_into_columns_are_lines(take_in: Take) -> None:
    """One row an order, items as `name:...|sku:...`; sub_total is before the coupon, total after it."""
    shop = take_in("woocommerce_orders_wide.csv")
    assert shop.refused == {"bad_quantity": 1, "cancelled": 1, "duplicate": 1}
    assert shop.column("order_lines", "product_id", order_id="501") == ["SOAP-1", "TOWEL-R"]
    assert shop.column("order_lines", "discount_minor", order_id="501") == [75, 225]
    order = shop.row("orders", order_id="501")
    assert (order["list_minor"], order["discount_minor"], order["total_minor"]) == (1985, 300, 2085)
    assert shop.row("coupons", order_id="501")["discount_minor"] == 300
    assert shop.row("products", product_id="SOAP-1")["name"] == "Olive soap"


def test_refunds_of_packed_orders(take_in: Take) -> None:
    """A listed refund of 4.95 on an order of 9.90, and an order refunded as a whole without an amount."""
    shop = take_in("woocommerce_orders_wide.csv")
    assert shop.row("orders", order_id="502")["status"] == "partially_refunded"
    assert shop.column("order_lines", "refunded_minor", order_id="502") == [495]
    assert shop.row("orders", order_id="504")["refunded_minor"] == 1490
    assert shop.column("order_lines", "refunded_quantity", order_id="504") == [1.0]


def test_one_row_per_item(take_in: Take) -> None:
    """Returned units stand on their line; two codes share an unknown split; guests are known by their address."""
    shop = take_in("woocommerce_orders_items.csv")
    assert shop.refused == {"bad_time": 1, "cancelled": 1, "negative_quantity": 1}
    assert shop.column("order_lines", "discount_minor", order_id="601") == [80, 120]
    assert shop.column("order_lines", "refunded_quantity", order_id="602") == [1.0, 0.0]
    assert shop.column("order_lines", "refunded_minor", order_id="602") == [495, 0]
    assert shop.column("coupons", "coupon_id") == ["bath2", "welcome"]
    assert shop.row("orders", order_id="601")["tax_minor"] == 210
    assert shop.row("orders", order_id="602")["customer_id"] is not None


def test_headers_in_words_and_without_a_currency(take_in: Take) -> None:
    """The coupon is taken off the order only: 1.00 over 4.95 and 9.90 is 0.33 and 0.67."""
    shop = take_in("woocommerce_orders_labels.csv")
    assert shop.column("order_lines", "discount_minor", order_id="701") == [33, 67]
    assert shop.row("orders", order_id="702")["status"] == "pending"
    assert set(shop.column("orders", "currency")) == {"XXX"}
    assert "no_currency" in shop.receipt.notes
    assert set(take_in("woocommerce_orders_labels.csv", currency="EUR").column("orders", "currency")) == {"EUR"}


def test_orders_without_items(take_in: Take) -> None:
    """What was asked and what was taken off are known, so the goods at list price are 22.50."""
    shop = take_in("woocommerce_orders_plain.csv")
    assert shop.refused == {"bad_amount": 1, "other_currency": 1}
    (order,) = shop.rows("orders")
    assert (order["list_minor"], order["discount_minor"], order["total_minor"]) == (2250, 250, 2000)
    assert not shop.workspace.has("order_lines")
    assert "no_lines" in shop.receipt.notes


def test_a_file_with_nothing_to_keep_says_why(take_in: Take, tmp_path: Path) -> None:
    file = tmp_path / "failed.csv"
    file.write_text(
        "order_id,order_date,order_status,order_total,order_currency\n1,2024-01-01,failed,9.00,EUR\n", encoding="utf-8"
    )
    with pytest.raises(SourceError, match="cancelled"):
        take_in(file)
