"""GA4 and Segment: events, and the orders, lines and refunds that they tell of."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.data.sources.conftest import Shop

Take = Callable[..., Shop]


def test_the_ga4_export_gives_an_event_per_item(take_in: Take) -> None:
    """15 lines: a repeated message, the same purchase sent again, one without number, one without currency."""
    shop = take_in("ga4_export.ndjson")
    assert (shop.receipt.rows_in, shop.receipt.rows_kept) == (15, 9)
    assert shop.refused == {
        "duplicate": 2,
        "missing_currency": 1,
        "missing_id": 1,
        "unknown_event": 1,
        "unmatched_refund": 1,
    }
    kinds = Counter(shop.column("events", "event"))
    assert kinds == {"list_view": 2, "purchase": 3, "refund": 2, "view": 1, "cart": 1, "promo_view": 1, "visit": 1}
    assert shop.row("events", event="promo_view")["promotion_id"] == "P-MAY"
    assert shop.row("events", event="visit")["at"] == datetime(2024, 5, 1, 8, tzinfo=UTC)  # micros since 1970
    assert len(set(shop.column("events", "session_id", event="list_view"))) == 1


def test_ga4_prices_are_after_the_discount_of_the_item(take_in: Take) -> None:
    """A teapot of 80.00 for 72.00 and three cups of 9.99: list 109.97, paid 101.97, one cup refunded."""
    shop = take_in("ga4_export.ndjson")
    assert shop.column("order_lines", "list_minor", order_id="T-1") == [8000, 2997]
    assert shop.column("order_lines", "discount_minor", order_id="T-1") == [800, 0]
    assert shop.column("order_lines", "refunded_minor", order_id="T-1") == [0, 999]
    order = shop.row("orders", order_id="T-1")
    assert (order["total_minor"], order["refunded_minor"], order["code"]) == (10197 + 490, 999, "TEA10")


def test_a_refund_without_items_is_the_whole_order(take_in: Take) -> None:
    shop = take_in("ga4_export.ndjson")
    assert shop.row("orders", order_id="T-2")["status"] == "refunded"
    assert shop.row("order_lines", order_id="T-2")["refunded_quantity"] == 3


def test_ga4_events_with_plain_parameters(take_in: Take) -> None:
    """Two of 12.00, each 1.00 below its price; a negative price and a time in words are refused."""
    shop = take_in("ga4_plain.ndjson")
    assert shop.refused == {"bad_time": 1, "negative_price": 1}
    (line,) = shop.rows("order_lines")
    assert (line["list_minor"], line["discount_minor"], line["quantity"]) == (2600, 200, 2)
    assert Counter(shop.column("events", "event")) == {"view": 1, "search": 1, "purchase": 1}


def test_segment_calls(take_in: Take) -> None:
    """13 calls: a message twice, its order a third time, a cancelled order, another currency, an unknown refund."""
    shop = take_in("segment.ndjson")
    assert (shop.receipt.rows_in, shop.receipt.rows_kept) == (13, 6)
    assert shop.refused == {
        "cancelled": 1,
        "duplicate": 2,
        "other_currency": 1,
        "unknown_event": 2,
        "unmatched_refund": 1,
    }
    assert shop.row("events", event="promo_view")["promotion_id"] == "P-MAY"
    assert shop.row("events", event="coupon_applied")["promotion_id"] == "tea15"
    assert shop.row("events", event="view")["product_id"] == "OOL-50"


def test_segment_orders_share_their_discount(take_in: Take) -> None:
    """5.85 over 24.00 and 14.97: 3.6027 rounds to 3.60; one of two teas came back at 10.20 each."""
    shop = take_in("segment.ndjson")
    assert shop.column("order_lines", "discount_minor", order_id="S-1") == [360, 225]
    assert shop.column("order_lines", "refunded_minor", order_id="S-1") == [1020, 0]
    assert shop.column("order_lines", "refunded_quantity", order_id="S-1") == [1, 0]
    order = shop.row("orders", order_id="S-1")
    assert (order["list_minor"], order["discount_minor"], order["total_minor"]) == (3897, 585, 3802)
    assert shop.row("coupons", order_id="S-1")["discount_minor"] == 585


def test_prices_that_already_hold_the_discount(take_in: Take, tmp_path: Path) -> None:
    """The subtotal equals the goods, so the discount of 1.00 was taken before: it is added to the list price."""
    file = tmp_path / "calls.ndjson"
    file.write_text(
        '{"type":"track","event":"Order Completed","messageId":"1","timestamp":"2024-05-01T10:00:00Z","userId":"u",'
        '"properties":{"order_id":"A","subtotal":9,"discount":1,"currency":"EUR",'
        '"products":[{"sku":"a","price":4,"quantity":1},{"sku":"b","price":5,"quantity":1}]}}\n',
        encoding="utf-8",
    )
    shop = take_in(file)
    assert shop.column("order_lines", "discount_minor") == [44, 56]  # 4/9 and 5/9 of 100
    assert shop.row("orders", order_id="A")["list_minor"] == 1000


@pytest.mark.parametrize(("asked", "kept"), [(None, "EUR"), ("USD", "USD")])
def test_the_currency_of_orders_can_be_chosen(take_in: Take, asked: str | None, kept: str) -> None:
    """Most orders are in EUR; events without money take part either way."""
    shop = take_in("segment.ndjson", currency=asked)
    assert shop.receipt.currency == kept
    assert set(shop.column("orders", "currency")) == {kept}
    assert "promo_view" in shop.column("events", "event")
