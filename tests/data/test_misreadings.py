"""What looks like a number, an amount or a column and is another: each case was read wrongly once."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netlift.data.guess import draft_mapping
from netlift.data.ingest import Wishes, ingest
from netlift.data.receipt import Receipt
from netlift.data.sql import Locale, Mark, install_macros
from netlift.data.workspace import Workspace
from netlift.errors import ConfigError, SourceError

NOW = datetime(2025, 6, 1, tzinfo=UTC)
HEAD = "order_id,ordered_at,product_id,quantity,unit_price\n"
GOOD = "1,2025-01-02 10:00:00,tea,2,3.50\n"


def _taken(folder: Path, name: str, content: str | bytes, wishes: Wishes | None = None) -> tuple[Receipt, Workspace]:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    shop = Workspace.create(folder / "shop")
    (receipt,) = ingest([file], shop, wishes or Wishes(currency="EUR"), now=NOW)
    return receipt, shop


def _reasons(receipt: Receipt) -> dict[str, int]:
    return {str(refusal.reason): refusal.rows for refusal in receipt.refused}


@pytest.mark.parametrize("kind", [pa.decimal128(9, 3), pa.float64()])
def test_three_decimals_of_a_typed_column_are_no_thousands(tmp_path: Path, kind: pa.DataType) -> None:
    """Prices as text with decimal commas beside quantities as numbers: 1.234 units stay 1.234."""
    units = pa.array([1.234, 2.5], pa.float64()).cast(kind)
    texts = {"order_id": ["1", "2"], "ordered_at": ["2025-01-02"] * 2, "product_id": ["tea"] * 2}
    table = pa.table({**texts, "quantity": units, "unit_price": ["3,50", "4,25"]})
    pq.write_table(table, tmp_path / "orders.parquet")
    shop = Workspace.create(tmp_path / "shop")
    mapping = {"decimal": ",", "order_lines": {name: name for name in table.column_names}}
    ingest([tmp_path / "orders.parquet"], shop, Wishes(currency="EUR", mapping=mapping), now=NOW)
    lines = shop.table("order_lines").sort_by("order_id")
    assert lines["quantity"].to_pylist() == [1.234, 2.5]
    assert lines["list_minor"].to_pylist() == [432, 1063]  # 1.234 x 3.50 = 4.319 and 2.5 x 4.25 = 10.625, half up


@pytest.mark.parametrize("mark", [".", ","])
@pytest.mark.parametrize(
    ("written", "minor"),
    [("EUR 5", 500), ("5 EUR", 500), ("€5", 500), ("USD 5", None), ("5USD", None), ("TEE10", None)],
)
def test_an_amount_in_another_currency_is_not_added(mark: Mark, written: str, minor: int | None) -> None:
    """Five dollars in a row of euros are no five euros, and three capitals that are no code make no amount."""
    with duckdb.connect() as con:
        install_macros(con, Locale(mark), b"key")
        assert con.execute(f"SELECT money('{written}', 'EUR')").fetchone() == (minor,)


def test_three_capitals_before_digits_are_no_number() -> None:
    with duckdb.connect() as con:
        install_macros(con, Locale(), b"key")
        assert con.execute("SELECT number('TEE10'), number('EUR 10')").fetchone() == (None, 10.0)


@pytest.mark.parametrize("code", ["TEE10", "ALL10"])  # ALL is a currency
def test_a_code_is_never_guessed_to_be_an_amount(tmp_path: Path, code: str) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(HEAD.strip() + ",Rabattcode\n" + (GOOD.strip() + f",{code}\n") * 3, "utf-8")
    drafted = draft_mapping(file)
    assert 'code = "Rabattcode"' in drafted
    assert "discount =" not in drafted


@pytest.mark.parametrize(("offset", "kept"), [("+14:00", 2), ("-03:30", 2), ("+15:00", 1), ("+99:00", 1)])
def test_an_offset_beyond_fourteen_hours_is_no_time(tmp_path: Path, offset: str, kept: int) -> None:
    """Kiribati is 14 hours ahead; nobody is further."""
    receipt, _ = _taken(tmp_path, "orders.csv", HEAD + GOOD + f"2,2025-01-02T10:00:00{offset},tea,1,2.00\n")
    assert receipt.rows_kept == kept
    assert _reasons(receipt) == ({"bad_time": 1} if kept == 1 else {})


def test_a_key_without_a_name_is_passed_over(tmp_path: Path) -> None:
    row = '{"order_id":"1","ordered_at":"2025-01-02","product_id":"tea","quantity":2,"unit_price":3.5,"":3}\n'
    receipt, _ = _taken(tmp_path, "orders.ndjson", row)
    assert receipt.rows_kept == 1


def test_a_cut_off_array_says_where(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"orders\.json is JSON that is damaged or cut off at line 1, column"):
        _taken(tmp_path, "orders.json", '[{"order_id":1,"ordered_at":"2025-01-02",')


def test_an_unknown_encoding_is_a_wrong_option(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="unknown encoding 'klingon'"):
        _taken(tmp_path, "orders.csv", HEAD + GOOD, Wishes(currency="EUR", encoding="klingon"))


def test_a_typed_column_may_have_the_name_of_the_row_number(tmp_path: Path) -> None:
    """A Parquet file with a column `_row` is read, and the column reported as unknown."""
    cells = dict(zip(HEAD.strip().split(","), GOOD.strip().split(","), strict=True))
    pq.write_table(pa.table({**{name: [value] for name, value in cells.items()}, "_row": [7]}), tmp_path / "o.parquet")
    shop = Workspace.create(tmp_path / "shop")
    (receipt,) = ingest([tmp_path / "o.parquet"], shop, Wishes(currency="EUR"), now=NOW)
    assert receipt.rows_kept == 1
    assert receipt.unknown == ("_row_2",)
