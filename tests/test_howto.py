"""The how-to for a new data source is run as it is printed: its adapter, on its file."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from netlift.data.source import Options, Peek, Reading, Source
from netlift.data.sql import Locale, install_macros
from netlift.engines.duckdb import connect
from netlift.schema import TABLES, check

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def page(repository: Path) -> str:
    return (repository / "docs" / "howto" / "new-data-source.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def till(page: str) -> Source:
    """The adapter that the page prints."""
    found = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(compile(found[1], "new-data-source.md", "exec"), names)  # noqa: S102 - our own page
    adapter: Source = names["ExampleTill"]()
    return adapter


@pytest.fixture(scope="module")
def file(page: str) -> list[list[str]]:
    """The file that the page shows, as cells."""
    lines = [line.strip() for line in page.splitlines() if line.startswith("    R")]
    return [line.split(";") for line in lines]


def peek_at(file: list[list[str]]) -> Peek:
    return Peek(Path("till.csv"), "csv", "utf-8", ";", tuple(file[0]), ())


def read(reading: Reading, file: list[list[str]]) -> tuple[dict[int, str], dict[str, Rows]]:
    """The road of a row, by hand: refused rows with their reasons, and the tables of the rest."""
    columns = {"_row": list(range(1, len(file)))} | dict(
        zip(file[0], map(list, zip(*file[1:], strict=True)), strict=True)
    )
    with connect() as con:
        install_macros(con, Locale(mark=",", days="dmy"), b"k" * 32)
        con.register("raw", pa.table(columns))
        con.execute(f"CREATE TABLE typed AS {reading.rows}")
        verdict = " ".join(f"WHEN {rule.when} THEN '{rule.reason}'" for rule in reading.refuse)
        refused = con.execute(f"SELECT _row, CASE {verdict} END AS why FROM typed WHERE why IS NOT NULL").fetchall()
        con.execute(f"CREATE VIEW kept AS SELECT * FROM typed WHERE CASE {verdict} END IS NULL")
        tables = {name: con.execute(query).to_arrow_table() for name, query in reading.tables.items()}
    return dict(refused), {name: check(table, TABLES[name]).to_pylist() for name, table in tables.items()}


def test_the_example_recognises_its_file_and_no_other(till: Source, file: list[list[str]]) -> None:
    assert till.recognises(peek_at(file)) > 0.5
    assert till.recognises(peek_at([["Name", "Lineitem quantity"]])) == 0


def test_the_example_reads_its_file_as_the_page_says(till: Source, file: list[list[str]]) -> None:
    """By hand: two teas at 4.50 less 0.90 and a cup at 7.00 make 16.00 less 0.90; the return is refused."""
    reading = till.reading(peek_at(file), Options(now=datetime(2024, 6, 1, tzinfo=UTC), currency="EUR"))
    refused, tables = read(reading, file)
    assert refused == {3: "negative_quantity"}
    (order,) = tables["orders"]
    assert (order["order_id"], order["list_minor"], order["discount_minor"]) == ("R1", 1600, 90)
    assert order["ordered_at"] == datetime(2024, 5, 3, 9, 15, tzinfo=UTC)
    assert order["customer_id"] not in {None, "C-77"}
    assert [(line["line"], line["product_id"], line["quantity"]) for line in tables["order_lines"]] == [
        (1, "4006", 2),
        (2, "1200", 1),
    ]
    assert {row["name"] for row in tables["products"]} == {"Tea", "Cup"}
