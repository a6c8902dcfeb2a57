"""The data receipt: rows add up, terminal, JSON and page tell the same, and what is missing is asked for once."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from netlift.data.receipt import Receipt, receipts_of
from netlift.data.workspace import Settings
from netlift.errors import DataError
from netlift.report.receipt_detail import receipt_details
from netlift.report.receipt_page import write_receipts
from netlift.report.receipt_table import receipt_table
from netlift.report.words import words
from tests.data.conftest import HEAD, line
from tests.data.sources.conftest import Shop

Take = Callable[..., Shop]
MIXED = (
    HEAD.strip()
    + ",colour\n"
    + "".join(
        row.strip() + ",red\n"
        for row in (
            line(1),
            line(2, "cup", quantity="1"),
            line(3, price="free"),
            line(4, price="free"),
            line(5, currency="USD"),
            line(6, at="2062-01-02"),
            line(1),
        )
    )
)
"""7 rows, 2 kept: 2 bad amounts, and one each of another currency, a future time and a duplicate."""


def plain(receipt: Receipt) -> dict[str, object]:
    made: dict[str, object] = json.loads(receipt.to_json())
    return made


def printed(drawn: object) -> str:
    console = Console(width=200, record=True, file=Path("/dev/null").open("w", encoding="utf-8"))  # noqa: SIM115
    with console.file:
        console.print(drawn)
    return console.export_text()


def test_rows_are_counted_by_reason_with_the_first_rows(take: Take) -> None:
    receipt = take(MIXED).receipt
    assert (receipt.rows_in, receipt.rows_kept, receipt.rows_refused) == (7, 2, 5)
    assert {str(one.reason): (one.rows, one.examples) for one in receipt.refused} == {
        "bad_amount": (2, (3, 4)),
        "other_currency": (1, (5,)),
        "future_time": (1, (6,)),
        "duplicate": (1, (7,)),
    }


def test_facts_of_the_file_are_told(take: Take) -> None:
    receipt = take(MIXED, "january.csv").receipt
    assert Path(receipt.source).name == "january.csv"
    assert (receipt.kind, receipt.form, receipt.encoding, receipt.delimiter) == ("mapped", "csv", "utf-8", ",")
    assert (receipt.orders, receipt.products, receipt.customers, receipt.currency) == (2, 2, None, "EUR")
    assert receipt.first == receipt.last == "2025-01-02T10:00:00+00:00"
    assert dict(receipt.tables) == {"orders": 2, "order_lines": 2}
    assert receipt.unknown == ("colour",)


def test_no_more_than_three_rows_are_named(take: Take) -> None:
    receipt = take(HEAD + line(1) + "".join(line(order, price="free") for order in range(2, 12))).receipt
    (refusal,) = receipt.refused
    assert (refusal.rows, refusal.examples) == (10, (2, 3, 4))


def test_completeness_and_range_of_every_column(take: Take) -> None:
    """One of four orders has a customer; money is shown in euros, times in UTC."""
    head = HEAD.strip() + ",customer_id\n"
    rows = [line(order, price=f"{order}.50").strip() + ("," if order > 1 else ",c1") + "\n" for order in range(1, 5)]
    columns = {(one.table, one.column): one for one in take(head + "".join(rows)).receipt.columns}
    assert columns["orders", "customer_id"].filled == 0.25
    total = columns["orders", "list_minor"]
    assert (total.filled, total.least, total.greatest) == (1.0, "3.00", "9.00")
    assert columns["orders", "ordered_at"].least == "2025-01-02 10:00:00"
    assert ("orders", "region") not in columns


def test_odd_columns_are_suspected(take: Take) -> None:
    """A cost above the price, a date before 2000, one price for a hundred lines, a column that is nearly empty."""
    head = HEAD.strip() + ",unit_cost,customer_id\n"
    rows = [line(order, at="1999-05-05").strip() + f",4.50,{'c' if order == 1 else ''}\n" for order in range(120)]
    columns = {(one.table, one.column): one.suspicions for one in take(head + "".join(rows)).receipt.columns}
    assert columns["order_lines", "cost_minor"] == ("always_the_same", "cost_above_price")
    assert columns["orders", "ordered_at"] == ("always_the_same", "before_2000")
    assert columns["orders", "customer_id"] == ("mostly_empty",)


def test_json_is_read_back_as_it_was(take: Take) -> None:
    shop = take(MIXED)
    assert Receipt.from_json(shop.receipt.to_json()) == shop.receipt
    assert receipts_of(shop.workspace) == (shop.receipt,)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"refused": 1}', '{"refused": [{"reason": "x"}], "columns": []}', "3"]
)
def test_what_is_no_receipt_is_an_error(text: str) -> None:
    with pytest.raises(DataError, match="not a data receipt"):
        Receipt.from_json(text)


def test_terminal_and_page_tell_what_the_json_tells(take: Take, tmp_path: Path) -> None:
    """Every reason in words with its rows, the rows in and kept, in both languages; the strange column by name."""
    receipt = plain(take(MIXED).receipt)
    page = write_receipts([receipt], tmp_path / "receipt.html").read_text("utf-8")
    for lang in ("en", "zh-CN"):
        say = words(lang)
        table, details = printed(receipt_table([receipt], lang)), printed(receipt_details([receipt], lang))
        for reason, rows in (("bad_amount", 2), ("other_currency", 1), ("future_time", 1), ("duplicate", 1)):
            label = say.label("reason", reason)
            assert label
            assert f"{rows} {label}" in table
            assert re.search(rf"{re.escape(label)}\s+{rows}\b", details)
            assert label in page
        assert re.search(r"table with a mapping file\s+7\s+2\s", table)
        assert re.search(r"\b7 *\n", details)
        assert "colour" in details
    assert "colour" in page
    assert not re.search(r"(src|href)=.?https?:", page)


def test_no_markup_of_a_file_reaches_the_page(take: Take, tmp_path: Path) -> None:
    """A column may be called anything."""
    name = "<script>alert(1)</script>"
    receipt = plain(take(f"{HEAD.strip()},{name}\n{line(1).strip()},1\n").receipt)
    page = write_receipts([receipt], tmp_path / "receipt.html").read_text("utf-8")
    assert name not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("name", ["[red]", "[/red]", "[link=x]y"])
def test_no_markup_of_a_file_reaches_the_terminal(take: Take, name: str) -> None:
    receipt = plain(take(f"{HEAD.strip()},{name}\n{line(1).strip()},1\n").receipt)
    assert name in printed(receipt_details([receipt]))


def test_a_missing_cost_asks_for_a_margin_once(take: Take) -> None:
    """The note stands in the receipt until the shop has said its margin."""
    receipt = take(HEAD + line(1)).receipt
    assert "no_cost" in receipt.notes
    assert "--margin" in printed(receipt_table([plain(receipt)]))
    assert "--margin" in printed(receipt_table([plain(receipt)], "zh-CN"))


def test_a_known_cost_or_margin_asks_for_nothing(take: Take) -> None:
    with_cost = HEAD.strip() + ",unit_cost\n" + line(1).strip() + ",2.00\n"
    assert "no_cost" not in take(with_cost).receipt.notes


def test_a_shop_that_told_its_margin_is_not_asked_again(take: Take) -> None:
    receipt = take(HEAD + line(1), settings=Settings(margin=0.3)).receipt
    assert "no_cost" not in receipt.notes
    assert "--margin" not in printed(receipt_table([plain(receipt)]))


def test_what_else_is_missing_is_told(take: Take) -> None:
    """No customer, no code, no discount, no currency: each costs something."""
    short = "order_id,ordered_at,product_id,quantity,unit_price\n1,2025-01-02,tea,1,2.00\n"
    receipt = take(short).receipt
    assert set(receipt.notes) == {"no_cost", "no_customer", "no_code", "no_discount", "no_currency"}
    shown = printed(receipt_table([plain(receipt)]))
    for code in receipt.notes:
        assert words("en").label("note", code) in shown
