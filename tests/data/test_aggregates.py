"""The named sums: the same cents on every engine, and the same as plain Python loops give."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlift.data import aggregates
from netlift.engines import Engine, engine
from netlift.schema import ORDER_LINES, PRODUCTS, check

Row = dict[str, Any]


class Sums(NamedTuple):
    """One named aggregate, and the columns that identify its rows."""

    name: str
    keys: tuple[str, ...]

    def of(self, opened: Engine) -> pa.Table:
        """The aggregate over the open tables, sorted by its keys."""
        frames = [opened.frame(table) for table in ("order_lines", "products")]
        function: Callable[..., Any] = getattr(aggregates, self.name)
        table = opened.collect(function(*(frames if self.name == "product_weeks" else frames[:1])))
        return table.sort_by([(key, "ascending") for key in self.keys]).select(sorted(table.column_names))


ALL = [
    Sums("customer_days", ("customer_id", "currency", "day")),
    Sums("customer_weeks", ("customer_id", "currency", "week")),
    Sums("product_weeks", ("product_id", "currency", "week")),
    Sums("order_totals", ("order_id", "currency")),
]


def line(number: int, ordered_at: datetime, **columns: Any) -> Row:
    """An order line; three lines make an order."""
    return {
        "order_id": f"o{number // 3}",
        "line": number % 3 + 1,
        "product_id": "p1",
        "customer_id": "c1",
        "ordered_at": ordered_at,
        "currency": "EUR",
        "quantity": 1.0,
        "list_minor": 100,
        "discount_minor": 0,
        "funded_minor": 0,
        "refunded_quantity": 0.0,
        "refunded_minor": 0,
        **columns,
    }


def shop() -> list[Row]:
    """400 lines with everything that has ever gone wrong in a sum.

    Guests, two currencies, unknown costs, unlisted products, orders of one microsecond before a Monday and
    a new year, and amounts beyond 2^53, where doubles no longer hold every integer.
    """
    start = datetime(2023, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)  # the last microsecond of a Sunday
    return [
        line(
            i,
            start + (i // 3) * timedelta(hours=7),
            product_id=f"p{i % 7}",
            customer_id=None if (i // 3) % 11 == 0 else f"c{(i // 3) % 5}",
            currency="EUR" if (i // 3) % 4 else "USD",
            region="north" if i % 5 else None,
            quantity=1 + i % 4 / 4,
            list_minor=2**53 + 1 if i == 7 else 100 + i,
            discount_minor=i % 13,
            funded_minor=i % 3,
            refunded_quantity=float(i % 2),
            refunded_minor=i % 17,
            cost_minor=None if i % 4 == 0 else 50 + i,
        )
        for i in range(400)
    ]


PRODUCT_ROWS: list[Row] = [
    *({"product_id": f"p{i}", "category": f"k{i % 2}"} for i in range(6)),  # p6 is not listed
    {"product_id": "p0", "category": None},  # p0 is listed twice, once without its category
]


def opened_on(opened: Engine, folder: Path, lines: Iterable[Row]) -> Engine:
    """Write lines and products as Parquet and open them."""
    for name, schema, rows in (("order_lines", ORDER_LINES, list(lines)), ("products", PRODUCTS, PRODUCT_ROWS)):
        columns = {key: [row[key] for row in rows] for key in (rows[0] if rows else {})}
        table = check(pa.table(columns), schema) if rows else schema.empty_table()
        pq.write_table(table, folder / f"{name}.parquet")
    return opened.open(folder)


def monday(moment: datetime) -> date:
    return moment.date() - timedelta(days=moment.weekday())


def by_hand(lines: Iterable[Row], key_of: Callable[[Row], tuple[Any, ...]]) -> dict[tuple[Any, ...], Row]:
    """The measures, by plain loops over Python integers."""
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in lines:
        groups[key_of(row)].append(row)
    return {
        key: {
            "orders": len({row["order_id"] for row in rows}),
            "lines": len(rows),
            **{
                name: sum(row[name] for row in rows)
                for name in ("quantity", "refunded_quantity", "list_minor", "discount_minor", "funded_minor")
            },
            "refunded_minor": sum(row["refunded_minor"] for row in rows),
            "cost_minor": sum(row.get("cost_minor") or 0 for row in rows),
            "uncosted_minor": sum(row["list_minor"] for row in rows if row.get("cost_minor") is None),
        }
        for key, rows in groups.items()
    }


def measured(table: pa.Table, keys: tuple[str, ...]) -> dict[tuple[Any, ...], Row]:
    """The measures of a collected aggregate, by key."""
    described = {*keys, "category", "customers", "customer_id", "region", "ordered_at"}
    return {
        tuple(row[key] for key in keys): {name: value for name, value in row.items() if name not in described}
        for row in table.to_pylist()
    }


@pytest.fixture(scope="module")
def duckdb(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return opened_on(engine("duckdb"), tmp_path_factory.mktemp("shop"), shop())


@pytest.mark.spark
@pytest.mark.xdist_group("spark")
@pytest.mark.parametrize("sums", ALL, ids=lambda sums: sums.name)
def test_spark_and_duckdb_agree_in_every_cell_and_type(
    sums: Sums, duckdb: Engine, spark: Engine, tmp_path: Path
) -> None:
    on_spark = sums.of(opened_on(spark, tmp_path, shop()))
    assert on_spark.schema == sums.of(duckdb).schema
    assert on_spark.to_pylist() == sums.of(duckdb).to_pylist()


@pytest.mark.parametrize("sums", ALL, ids=lambda sums: sums.name)
def test_money_and_counts_are_64_bit_integers(sums: Sums, duckdb: Engine) -> None:
    """DuckDB sums 64-bit integers into 128 bits, which Arrow would call decimals."""
    schema = sums.of(duckdb).schema
    whole = [field.name for field in schema if field.name.endswith("_minor") or field.name in {"orders", "lines"}]
    assert len(whole) >= 7
    assert {schema.field(name).type for name in whole} == {pa.int64()}


def test_customer_days_equal_plain_loops_and_leave_guests_out(duckdb: Engine) -> None:
    known = [row for row in shop() if row["customer_id"]]
    expected = by_hand(known, lambda row: (row["customer_id"], row["currency"], row["ordered_at"].date()))
    assert measured(ALL[0].of(duckdb), ALL[0].keys) == expected


def test_customer_weeks_equal_plain_loops(duckdb: Engine) -> None:
    known = [row for row in shop() if row["customer_id"]]
    expected = by_hand(known, lambda row: (row["customer_id"], row["currency"], monday(row["ordered_at"])))
    assert measured(ALL[1].of(duckdb), ALL[1].keys) == expected


def test_product_weeks_equal_plain_loops_with_category_and_buyers(duckdb: Engine) -> None:
    def key(row: Row) -> tuple[Any, ...]:
        return row["product_id"], row["currency"], monday(row["ordered_at"])

    table = ALL[2].of(duckdb)
    assert measured(table, ALL[2].keys) == by_hand(shop(), key)
    buyers: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for row in shop():
        buyers[key(row)] |= {row["customer_id"]} - {None}
    categories = {row["product_id"]: row["category"] for row in reversed(PRODUCT_ROWS)}
    for row in table.to_pylist():
        assert row["category"] == categories.get(row["product_id"])
        assert row["customers"] == len(buyers[tuple(row[name] for name in ALL[2].keys)])


def test_order_totals_equal_plain_loops(duckdb: Engine) -> None:
    expected = by_hand(shop(), lambda row: (row["order_id"], row["currency"]))
    for row in expected.values():
        del row["orders"]
    table = ALL[3].of(duckdb)
    assert measured(table, ALL[3].keys) == expected
    first = {row["order_id"]: row for row in reversed(shop())}
    for row in table.to_pylist():
        assert (row["customer_id"], row["ordered_at"]) == (
            first[row["order_id"]]["customer_id"],
            first[row["order_id"]]["ordered_at"],
        )


def test_a_shop_without_orders_has_empty_sums_of_the_same_types(duckdb: Engine, tmp_path: Path) -> None:
    with engine("duckdb") as opened:
        opened_on(opened, tmp_path, [])
        for sums in ALL:
            assert sums.of(opened).num_rows == 0
            assert sums.of(opened).schema == sums.of(duckdb).schema


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
            st.integers(0, 2**40),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_no_cent_is_lost_whatever_the_dates(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    """Days, weeks and orders each add up to the same total, and every week begins on a Monday."""
    lines = [line(3 * i, at, list_minor=amount) for i, (at, amount) in enumerate(rows)]
    with engine("duckdb") as opened:
        opened_on(opened, tmp_path_factory.mktemp("any"), lines)
        tables = [sums.of(opened) for sums in ALL]
    assert {sum(table["list_minor"].to_pylist()) for table in tables} == {sum(amount for _, amount in rows)}
    assert set(tables[1]["week"].to_pylist()) == {monday(at) for at, _ in rows}
