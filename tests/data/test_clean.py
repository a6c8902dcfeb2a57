"""Cleaning (R36): duplicates, missing values, outliers, refunds, cancellations, orders of several lines, time zones."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from netlift.data.clean import FEWEST
from tests.data.conftest import HEAD, line
from tests.data.sources.conftest import Shop

Take = Callable[..., Shop]
BUYER = HEAD.strip() + ",customer_id\n"


def bought(order: object, product: str = "tea", who: str = "c1", **other: str) -> str:
    return line(order, product, **other).strip() + f",{who}\n"


def returned(shop: Shop, column: str = "refunded_quantity") -> dict[str, float]:
    return {row["order_id"]: row[column] for row in shop.rows("order_lines")}


# ---- duplicates and missing values


def test_a_row_that_is_there_twice_is_one(take: Take) -> None:
    """The later goes, wherever it stands; a row that differs in anything told is another line."""
    shop = take(HEAD + line(1) + line(2) + line(1) + line(1, quantity="3") + line(2))
    assert (shop.refused, shop.receipt.refused[0].examples) == ({"duplicate": 2}, (3, 5))
    assert shop.column("order_lines", "quantity", order_id="1") == [2.0, 3.0]


def test_the_number_of_a_line_tells_two_equal_lines_apart(take: Take) -> None:
    """Where the file numbers its lines, only the same number is the same line."""
    head = HEAD.strip() + ",line\n"
    rows = [line(1).strip() + f",{number}\n" for number in (1, 2, 2)]
    shop = take(head + "".join(rows))
    assert (len(shop.rows("order_lines")), shop.refused) == (2, {"duplicate": 1})


def test_a_duplicate_of_a_refused_row_is_refused_for_its_own_fault(take: Take) -> None:
    shop = take(HEAD + line(1, price="free") + line(1, price="free") + line(2))
    assert shop.refused == {"bad_amount": 2}


def test_blanks_around_values_do_not_count(take: Take) -> None:
    assert take(HEAD + line(1) + line(" 1 ", " tea ", quantity=" 2 ")).refused == {"duplicate": 1}


def test_what_may_be_missing_is_null_and_not_a_guess(take: Take) -> None:
    shop = take(BUYER + bought(1, who="") + bought(2))
    assert shop.column("orders", "customer_id") == [None, "c1"]
    assert shop.column("order_lines", "cost_minor") == [None, None]


# ---- orders of several lines


def test_lines_of_an_order_are_one_order(take: Take) -> None:
    """Also when other orders stand between them; 2 x 3.50 + 1 x 2.25 + 3 x 1.00."""
    shop = take(
        HEAD + line(1) + line(2) + line(1, "cup", quantity="1", price="2.25") + line(2, "pot")
        + line(1, "lid", quantity="3", price="1.00")
    )  # fmt: skip
    assert shop.column("orders", "list_minor") == [1225, 1400]
    assert shop.column("order_lines", "line", order_id="1") == [1, 2, 3]
    assert shop.column("order_lines", "product_id", order_id="1") == ["tea", "cup", "lid"]


def test_a_discount_of_the_order_is_shared_to_the_cent(take: Take) -> None:
    """1.00 over three lines of 3.50 each: 33.3, 66.7, 100 rounded, so 33, 34, 33."""
    head = HEAD.strip() + ",order_discount\n"
    rows = [line(1, name, quantity="1").strip() + ",1.00\n" for name in ("tea", "cup", "pot")]
    shop = take(head + "".join(rows))
    assert shop.column("order_lines", "discount_minor") == [33, 34, 33]
    order = shop.row("orders", order_id="1")
    assert (order["list_minor"], order["discount_minor"], order["total_minor"]) == (1050, 100, 950)


def test_a_discount_never_exceeds_the_goods(take: Take) -> None:
    """Off the order it is cut to what the goods cost; off a line it is a mistake."""
    head = HEAD.strip() + ",order_discount\n"
    shop = take(head + line(1).strip() + ",99.00\n")
    assert shop.column("orders", "discount_minor") == [700]
    shop = take(HEAD.strip() + ",discount\n" + line(1).strip() + ",7.01\n" + line(2).strip() + ",7.00\n", "other.csv")
    assert (shop.refused, shop.column("orders", "discount_minor", order_id="2")) == ({"bad_amount": 1}, [700])


# ---- refunds and cancellations


def test_a_return_is_netted_against_its_purchase(take: Take) -> None:
    """5 bought at 3.50, 2 brought back: no order of its own, 7.00 given back."""
    shop = take(BUYER + bought(1, quantity="5") + bought(9, quantity="-2", at="2025-01-05"))
    (row,) = shop.rows("order_lines")
    assert (row["quantity"], row["refunded_quantity"], row["refunded_minor"]) == (5.0, 2.0, 700)
    assert shop.column("orders", "refunded_minor") == [700]
    assert (shop.receipt.rows_kept, shop.receipt.counts["refunded_lines"]) == (2, 1)


def test_returns_use_up_purchases_in_the_order_of_time(take: Take) -> None:
    """3 and 3 bought, 4 back: the first whole and one of the second."""
    shop = take(
        BUYER + bought(2, quantity="3", at="2025-01-03") + bought(1, quantity="3", at="2025-01-02")
        + bought(9, quantity="-4", at="2025-01-05")
    )  # fmt: skip
    assert returned(shop) == {"1": 3.0, "2": 1.0}
    assert returned(shop, "refunded_minor") == {"1": 1050, "2": 350}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (bought(9, quantity="-6", at="2025-01-05"), "more than was bought"),
        (bought(9, quantity="-1", at="2025-01-01"), "before it was bought"),
        (bought(9, "cup", quantity="-1", at="2025-01-05"), "another product"),
        (bought(9, who="c2", quantity="-1", at="2025-01-05"), "another customer"),
        (bought(9, who="", quantity="-1", at="2025-01-05"), "nobody"),
    ],
)
def test_a_return_that_matches_no_purchase_is_refused(take: Take, row: str, why: str) -> None:
    shop = take(BUYER + bought(1, quantity="5") + row)
    assert shop.refused == {"unmatched_refund": 1}, why
    assert returned(shop) == {"1": 0.0}


def test_a_refused_purchase_matches_no_return(take: Take) -> None:
    """What was never sold cannot come back."""
    shop = take(BUYER + bought(1, at="2062-01-01") + bought(2, quantity="-1", at="2025-01-05") + bought(3, "cup"))
    assert shop.refused == {"future_time": 1, "unmatched_refund": 1}


def test_a_guest_returns_within_the_order(take: Take) -> None:
    shop = take(HEAD + line(1, quantity="5") + line(1, quantity="-2") + line(2, quantity="-1"))
    assert shop.refused == {"unmatched_refund": 1}
    assert returned(shop) == {"1": 2.0}


def test_the_money_of_a_return_is_split_without_a_cent_lost(take: Take) -> None:
    """1, 1 and 1 bought; three back at 3.333 each: 9.99 in all."""
    rows = "".join(bought(order, quantity="1", at=f"2025-01-0{order}") for order in (1, 2, 3))
    shop = take(BUYER + rows + bought(9, quantity="-3", price="3.33", at="2025-01-05"))
    assert sum(returned(shop, "refunded_minor").values()) == 999


@pytest.mark.parametrize("word", ["cancelled", "Canceled", "VOIDED", "交易关闭"])
def test_cancelled_orders_are_left_out(take: Take, word: str) -> None:
    head = HEAD.strip() + ",status\n"
    shop = take(head + line(1).strip() + ",paid\n" + line(2).strip() + f",{word}\n")
    assert (shop.refused, shop.column("orders", "order_id")) == ({"cancelled": 1}, ["1"])


def test_a_refunded_order_gave_everything_back(take: Take) -> None:
    head = HEAD.strip() + ",status,discount\n"
    shop = take(head + line(1).strip() + ",refunded,1.00\n" + line(2).strip() + ",paid,0\n")
    assert shop.column("orders", "refunded_minor") == [600, 0]  # 2 x 3.50 less 1.00
    assert shop.column("orders", "status") == ["refunded", "paid"]


# ---- outliers


def many(count: int = FEWEST, **odd: str) -> str:
    """Order lines at about 3.50, and one that is odd."""
    rows = [line(order, price=f"3.{40 + order % 20}") for order in range(count - 1)]
    return HEAD + "".join(rows) + line(999, **odd)


@pytest.mark.parametrize(
    ("odd", "flag"),
    [
        ({"price": "35.00"}, "outlier_price"),
        ({"price": "0.35"}, "outlier_price"),
        ({"quantity": "200"}, "outlier_quantity"),
        ({"price": "350.00", "quantity": "500"}, "outlier_price,outlier_quantity"),
        ({"price": "7.00"}, None),  # twice the median is no outlier
        ({"quantity": "10"}, None),  # five times is none either
    ],
)
def test_outliers_keep_their_values_and_are_flagged(take: Take, odd: dict[str, str], flag: str | None) -> None:
    shop = take(many(40, **odd))
    (row,) = [row for row in shop.rows("order_lines") if row["order_id"] == "999"]
    assert row["flags"] == flag
    assert row["list_minor"] == round(float(odd.get("price", "3.50")) * 100) * float(odd.get("quantity", "2"))
    assert {row["flags"] for row in shop.rows("order_lines") if row["order_id"] != "999"} == {None}
    assert shop.receipt.counts.get("outlier_price", 0) == (flag is not None and "price" in flag)
    assert shop.receipt.counts.get("outlier_quantity", 0) == (flag is not None and "quantity" in flag)


def test_few_lines_have_no_outliers(take: Take) -> None:
    """Below 20 lines of a product nobody knows what is usual."""
    shop = take(many(FEWEST - 1, price="350.00"))
    assert set(shop.column("order_lines", "flags")) == {None}


def test_a_product_is_judged_by_its_own_lines(take: Take) -> None:
    """A dear product beside cheap ones is no outlier."""
    cheap = "".join(line(order, price="0.50") for order in range(30))
    dear = "".join(line(100 + order, "pot", price="80.00") for order in range(30))
    assert set(take(HEAD + cheap + dear).column("order_lines", "flags")) == {None}


# ---- time zones


@pytest.mark.parametrize(
    ("written", "zone", "utc"),
    [
        ("2025-01-02 10:00:00", "UTC", "2025-01-02 10:00"),
        ("2025-01-02 10:00:00", "Asia/Shanghai", "2025-01-02 02:00"),
        ("2025-07-02 10:00:00", "Europe/Berlin", "2025-07-02 08:00"),  # summer
        ("2025-01-02 10:00:00", "Europe/Berlin", "2025-01-02 09:00"),
        ("2025-01-02T10:00:00Z", "Asia/Shanghai", "2025-01-02 10:00"),  # its own zone wins
        ("2025-01-02 10:00:00 -0500", "Asia/Shanghai", "2025-01-02 15:00"),
        ("2025-01-02T10:00:00+05:30", "UTC", "2025-01-02 04:30"),
        ("2025-01-02", "America/New_York", "2025-01-02 05:00"),
        ("2025年1月2日 10:00", "Asia/Shanghai", "2025-01-02 02:00"),
        ("31.12.2024 23:30", "Europe/Berlin", "2024-12-31 22:30"),
        ("1735812000", "Asia/Shanghai", "2025-01-02 10:00"),  # seconds since 1970
    ],
)
def test_times_are_kept_in_utc(take: Take, written: str, zone: str, utc: str) -> None:
    shop = take(HEAD + line(1, at=written), timezone=zone)
    assert shop.column("orders", "ordered_at") == [datetime.fromisoformat(utc).replace(tzinfo=UTC)]


def test_the_future_begins_at_the_same_moment_everywhere(take: Take) -> None:
    """Now is midnight UTC of 1 January 2026: 7:59 that morning in Shanghai is past, 8:01 is not."""
    rows = line(1, at="2026-01-01 07:59:00") + line(2, at="2026-01-01 08:01:00")
    shop = take(HEAD + rows, timezone="Asia/Shanghai")
    assert (shop.column("orders", "order_id"), shop.refused) == (["1"], {"future_time": 1})


def test_day_and_month_are_told_by_the_dates_that_leave_no_doubt(take: Take) -> None:
    """5/1/2024 is 5 January where another row says 13/1/2024."""
    shop = take(HEAD + line(1, at="5/1/2024") + line(2, at="13/1/2024"))
    assert shop.row("orders", order_id="1")["ordered_at"] == datetime(2024, 1, 5, tzinfo=UTC)
    shop = take(HEAD + line(1, at="5/1/2024") + line(2, at="1/13/2024"))
    assert shop.row("orders", order_id="1")["ordered_at"] == datetime(2024, 5, 1, tzinfo=UTC)
