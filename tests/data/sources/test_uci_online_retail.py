"""UCI Online Retail: returns netted, non-products refused, and the whole file to the penny."""

import csv
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.data.sources.conftest import SHARED, Shop

Take = Callable[..., Shop]
FILE = SHARED / "online_retail" / "online_retail.parquet"


def test_every_row_is_kept_or_refused_for_a_reason(take_in: Take) -> None:
    """20 rows; discount, lone postage, stock count, two debts and a voucher are no products."""
    shop = take_in("uci_online_retail.csv")
    assert (shop.receipt.rows_in, shop.receipt.rows_kept) == (20, 8)
    assert shop.refused == {
        "bad_quantity": 1,
        "missing_id": 1,
        "missing_time": 1,
        "negative_quantity": 1,
        "not_a_product": 6,
        "unmatched_refund": 2,
    }


def test_returns_take_back_the_latest_sales_before_them(take_in: Take) -> None:
    """12 hearts come back after sales of 6 and 10: the later 10 and 2 of the earlier; the sale after it stays whole.

    A return at another price and one of goods never bought are unmatched.
    """
    shop = take_in("uci_online_retail.csv")
    hearts = shop.column("order_lines", "refunded_quantity", product_id="85123A")
    assert hearts == [2, 10, 0]
    assert shop.column("orders", "status", customer_id="17850") == ["partially_refunded", "refunded", "paid"]
    assert shop.total("order_lines", "refunded_minor") == 12 * 255


def test_american_dates_british_time_and_postage(take_in: Take) -> None:
    shop = take_in("uci_online_retail.csv")
    order = shop.row("orders", order_id="536365")
    assert order["ordered_at"] == datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    assert (order["list_minor"], order["shipping_minor"], order["total_minor"]) == (2886, 1800, 4686)
    assert (order["currency"], order["region"], order["customer_id"]) == ("GBP", "United Kingdom", "17850")
    assert shop.row("products", product_id="71053")["name"] == 'WHITE METAL LANTERN, "OLD"'


def test_the_second_edition_has_other_names(take_in: Take, tmp_path: Path) -> None:
    file = tmp_path / "retail2.csv"
    file.write_text(
        "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
        "489434,85048,LIGHTS,12,2009-12-01 07:45:00,6.95,13085.0,United Kingdom\n",
        encoding="utf-8",
    )
    shop = take_in(file)
    assert shop.row("order_lines", order_id="489434")["list_minor"] == 8340
    assert shop.column("orders", "customer_id") == ["13085"]


def test_returns_are_netted_as_a_stack_would(take_in: Take, tmp_path: Path) -> None:
    """400 random sales and returns of few goods, against a stack kept in plain Python."""
    rng = random.Random(7)  # noqa: S311
    rows: list[list[object]] = []
    stacks: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    expected: dict[str, int] = defaultdict(int)
    for place in range(400):
        key = (rng.choice("AB"), rng.choice(["10001", "10002"]))
        units, sold = rng.randint(1, 9), rng.random() < 0.6
        when = datetime(2011, 1, 1, tzinfo=UTC) + timedelta(hours=place)
        invoice = f"{'' if sold else 'C'}{500000 + place}"
        rows.append([invoice, key[1], "x", units if sold else -units, f"{when:%Y-%m-%d %H:%M:%S}", "1.50", key[0], "X"])
        if sold:
            stacks[key].append((invoice, units))
        while not sold and units and stacks[key]:
            last, left = stacks[key].pop()
            taken = min(units, left)
            expected[last] += taken
            units -= taken
            if left > taken:
                stacks[key].append((last, left - taken))
    file = tmp_path / "random.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow("InvoiceNo StockCode Description Quantity InvoiceDate UnitPrice CustomerID Country".split())
        writer.writerows(rows)
    shop = take_in(file)
    found = {row["order_id"]: row["refunded_quantity"] for row in shop.rows("order_lines") if row["refunded_quantity"]}
    assert found == dict(expected)


@pytest.mark.slow
@pytest.mark.skipif(not FILE.exists(), reason="needs ../shared/data/online_retail (UCI 352, CC BY 4.0)")
def test_the_whole_file_to_the_penny(take_in: Take) -> None:
    """541,909 rows and 4,372 customers (UCI 352); refused and kept money add up to the file's 9,747,747.93 GBP."""
    import duckdb

    shop = take_in(FILE)
    assert (shop.receipt.rows_in, shop.receipt.rows_kept) == (541_909, 536_860)
    assert shop.refused == {"not_a_product": 2180, "unmatched_refund": 1533, "negative_quantity": 1336}
    raw = f"(SELECT *, CAST(UnitPrice AS DECIMAL(18, 3)) * Quantity AS amount FROM '{FILE}')"
    goods = "regexp_matches(upper(StockCode), '^([0-9]{5}|DCGS|PADS)')"
    total, customers, sold, postage = (
        duckdb.sql(
            f"SELECT sum(amount), count(DISTINCT CustomerID), sum(amount) FILTER ({goods} AND Quantity > 0), "
            f"sum(amount) FILTER (StockCode IN ('POST', 'DOT', 'C2') AND Quantity > 0) FROM {raw}"
        ).fetchone()
        or (None,) * 4
    )
    assert (round(total, 2), customers) == (round(total, 2), 4372)
    listed, shipped, back = (shop.total("orders", f"{name}_minor") for name in ("list", "shipping", "refunded"))
    assert listed == round(sold * 100) == 1_027_143_306
    assert shipped < round(postage * 100)  # some postage is on invoices without goods
    assert back == shop.total("order_lines", "refunded_minor") == 44_502_107
    # money of the refused rows, and of returns larger than what had been sold before: sums of those rows of the file
    not_products, unmatched, more_than_sold = -32_207_974, -3_282_654, -87_657
    assert listed + shipped - back + not_products + unmatched + more_than_sold == round(total * 100) == 974_774_793
    assert len(shop.rows("customers")) == 4335  # the other 37 have no sale of goods
