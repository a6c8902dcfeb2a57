"""Tables of SQLite and DuckDB files: read as what they are, one table at a time, with errors that name the file."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from netlift.data.ingest import Wishes, ingest
from netlift.data.workspace import Workspace
from netlift.errors import SourceError
from tests.data.conftest import balanced
from tests.data.sources.conftest import NOW, Shop

Make = Callable[..., Path]
COLUMNS = "order_id INTEGER, ordered_at TEXT, product_id TEXT, quantity DOUBLE, unit_price DOUBLE, currency TEXT"
ROWS = (
    "(1, '2025-01-02 10:00:00', 'tea', 2.0, 3.5, 'EUR'), (2, '2025-01-02 10:00:00', 'cup', 1, 0.1 + 0.2, 'EUR'), "
    "(3, NULL, 'tea', 1, 2.0, 'EUR'), (4, '2025-01-02 10:00:00', 'it''s \"tea\"', 1, 2.0, 'EUR')"
)
ORDERS = (f"CREATE TABLE orders ({COLUMNS})", f"INSERT INTO orders VALUES {ROWS}")
KINDS = ("sqlite", "duckdb")


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a database file of a kind by statements."""

    def made(kind: str, *statements: str) -> Path:
        file = tmp_path / f"shop.{kind}"
        with closing(sqlite3.connect(file) if kind == "sqlite" else duckdb.connect(str(file))) as base:
            for statement in statements:
                base.execute(statement)
            base.commit()
        return file

    return made


def take(path: Path | str, folder: Path) -> Shop:
    workspace = Workspace.create(folder)
    return balanced(Shop(workspace, ingest([path], workspace, Wishes(), now=NOW)))


@pytest.mark.parametrize("kind", KINDS)
def test_the_only_table_is_taken_in(make: Make, shop_folder: Path, kind: str) -> None:
    """0.1 + 0.2 as a float is 30 cents; the row without a time is refused; the receipt names the table."""
    shop = take(make(kind, *ORDERS), shop_folder)
    assert shop.column("order_lines", "list_minor") == [700, 30, 200]
    assert shop.column("order_lines", "product_id", order_id="4") == ['it\'s "tea"']
    assert (shop.refused, shop.receipt.form) == ({"missing_time": 1}, "database")
    assert shop.receipt.source.endswith(f"shop.{kind}::orders")


@pytest.mark.parametrize("kind", KINDS)
def test_one_of_several_tables_must_be_named(make: Make, shop_folder: Path, kind: str) -> None:
    """A view counts as a table."""
    file = make(kind, *ORDERS, "CREATE TABLE other (a INTEGER)", "CREATE VIEW sold AS SELECT * FROM orders")
    with pytest.raises(SourceError, match=rf"shop\.{kind} has 3 tables \(orders, other, sold\): say which one, as"):
        take(file, shop_folder)
    with pytest.raises(SourceError, match=rf"shop\.{kind} has no table 'order'; it has: orders, other, sold"):
        take(f"{file}::order", shop_folder)
    with pytest.raises(SourceError, match=rf"table 'other' of .*shop\.{kind} has no rows"):
        take(f"{file}::other", shop_folder)
    assert take(f"{file}::sold", shop_folder).receipt.rows_kept == 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_of_a_table_is_never_run_as_sql(make: Make, shop_folder: Path, kind: str) -> None:
    file = make(kind, *ORDERS, 'CREATE TABLE "a ""b""; drop" AS SELECT * FROM orders')
    assert take(f'{file}::a "b"; drop', shop_folder).receipt.rows_kept == 3
    with pytest.raises(SourceError, match="has no table"):
        take(f'{file}::orders"; DROP TABLE orders; --', shop_folder)


@pytest.mark.parametrize("kind", KINDS)
def test_two_tables_of_a_file_are_two_batches(make: Make, shop_folder: Path, kind: str) -> None:
    """The second does not replace the first."""
    file = make(kind, *ORDERS, f"CREATE TABLE february ({COLUMNS})", "INSERT INTO february VALUES " + ROWS.replace(
        "(1,", "(11,").replace("(2,", "(12,").replace("(4,", "(14,"))  # fmt: skip
    take(f"{file}::orders", shop_folder)
    shop = take(f"{file}::february", shop_folder)
    assert shop.column("orders", "order_id") == ["1", "11", "12", "14", "2", "4"]


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_that_are_whole_have_no_point(make: Make, shop_folder: Path, kind: str) -> None:
    """A column with gaps is often stored as floats: 17850.0 is the order 17850."""
    file = make(kind, *(statement.replace("order_id INTEGER", "order_id DOUBLE") for statement in ORDERS))
    assert take(file, shop_folder).column("orders", "order_id") == ["1", "2", "4"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_database_is_an_error(make: Make, shop_folder: Path, kind: str) -> None:
    file = make(kind, *ORDERS)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=rf"shop\.{kind} cannot be read as a database"):
        take(f"{file}::orders", shop_folder)


def test_a_database_without_tables_is_an_error(make: Make, shop_folder: Path) -> None:
    with pytest.raises(SourceError, match=r"shop\.sqlite is a database without tables"):
        take(make("sqlite", "PRAGMA user_version = 1"), shop_folder)


def test_a_csv_file_has_no_tables(tmp_path: Path, shop_folder: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(SourceError, match=r"orders\.csv is not a SQLite or DuckDB database, so it has no table 'x'"):
        take(f"{file}::x", shop_folder)


def test_other_schemas_of_a_duckdb_file_are_left_alone(make: Make, shop_folder: Path) -> None:
    """Only the main schema is offered: a table of the same name elsewhere is no second one."""
    file = make("duckdb", *ORDERS, "CREATE SCHEMA old", "CREATE TABLE old.orders AS SELECT 1 AS a")
    assert take(file, shop_folder).receipt.rows_kept == 3


def test_types_of_a_database_keep_their_values(make: Make, shop_folder: Path) -> None:
    """Timestamps, decimals and lists of DuckDB."""
    values = (
        "1 AS order_id, TIMESTAMP '2025-01-02 10:00' AS ordered_at, 'tea' AS product_id, 2::DECIMAL(9,3) AS quantity, "
        "3.07::DECIMAL(9,2) AS unit_price, [1, 2] AS extra"
    )
    shop = take(make("duckdb", f"CREATE TABLE orders AS SELECT {values}"), shop_folder)
    assert shop.column("order_lines", "list_minor") == [614]
    assert shop.receipt.unknown == ("extra",)


def test_a_float_of_three_decimals_is_no_group_of_thousands(make: Make, shop_folder: Path) -> None:
    """The prices are texts with decimal commas, the quantity is a number: 1.234 units, not 1234."""
    columns = COLUMNS.replace("unit_price DOUBLE", "unit_price TEXT")
    rows = "(1, '2025-01-02', 'tea', 1.234, '10,50', 'EUR'), (2, '2025-01-02', 'tea', 2, '3,50', 'EUR')"
    file = make("sqlite", f"CREATE TABLE orders ({columns})", f"INSERT INTO orders VALUES {rows}")
    assert take(file, shop_folder).column("order_lines", "quantity") == [1.234, 2.0]


def test_the_file_is_not_changed(make: Make, shop_folder: Path) -> None:
    file = make("sqlite", *ORDERS)
    before = file.read_bytes()
    take(file, shop_folder)
    assert file.read_bytes() == before
