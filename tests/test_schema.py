"""Named tables: what fits is put in order, what does not fit is said by name."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlift.errors import SchemaError
from netlift.schema import KEYS, PRICES, PROMOTION_PRODUCTS, SAMPLES, TABLES, check

FIELDS = [
    pytest.param(table, field, id=f"{table}.{field.name}") for table, schema in TABLES.items() for field in schema
]
PAIR = {"promotion_id": ["a"], "product_id": ["p"]}
PRICE = {"product_id": ["p"], "starts_at": [datetime(2024, 1, 1, tzinfo=UTC)]}


@pytest.mark.parametrize(("table", "field"), FIELDS)
def test_every_column_says_what_it_means(table: str, field: pa.Field) -> None:
    assert field.metadata[b"meaning"].decode().strip(), table


@pytest.mark.parametrize(("table", "field"), FIELDS)
def test_money_is_whole_minor_units_and_times_are_utc(table: str, field: pa.Field) -> None:
    assert field.name.endswith("_minor") <= (field.type == pa.int64()), table
    assert pa.types.is_timestamp(field.type) <= (field.type == pa.timestamp("us", tz="UTC")), table
    assert field.name.endswith("_at") <= pa.types.is_timestamp(field.type), table


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_a_key_of_its_own_columns(table: str) -> None:
    assert KEYS[table]
    assert set(KEYS[table]) <= set(TABLES[table].names)


def test_keys_and_tables_name_the_same_tables() -> None:
    assert list(KEYS) == list(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_table_of_the_schema_fits_it(table: str) -> None:
    assert check(TABLES[table].empty_table(), TABLES[table]).schema.equals(TABLES[table], check_metadata=True)


@given(st.permutations(PRICES.names), st.integers(0, len(PRICES)))
def test_columns_come_back_in_the_order_of_the_schema(order: list[str], kept: int) -> None:
    """Any order in, the schema's order out; optional columns that are missing become nulls."""
    required = {field.name for field in PRICES if not field.nullable}
    names = [name for i, name in enumerate(order) if i < kept or name in required]
    table = pa.table({name: PRICE.get(name, pa.nulls(1)) for name in names})
    fitted = check(table, PRICES)
    assert fitted.schema.equals(PRICES)
    assert {name: value for name, value in fitted.to_pylist()[0].items() if value is not None} == {
        name: values[0] for name, values in PRICE.items()
    }


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_numbers_become_whole_only_if_nothing_is_lost(numbers: list[float]) -> None:
    table = pa.table(
        {
            "product_id": ["p"] * len(numbers),
            "starts_at": PRICE["starts_at"] * len(numbers),
            "price_minor": pa.array(numbers, pa.float64()),
        }
    )
    if all(number.is_integer() and abs(number) <= 2**53 for number in numbers):
        assert check(table, PRICES)["price_minor"].to_pylist() == numbers
    elif not all(number.is_integer() for number in numbers):
        with pytest.raises(SchemaError, match="column 'price_minor' is double, must be int64"):
            check(table, PRICES)


def test_a_missing_required_column_is_named() -> None:
    with pytest.raises(SchemaError, match=r"required column 'product_id' \(string\) is missing"):
        check(pa.table({"promotion_id": ["a"]}), PROMOTION_PRODUCTS)


def test_the_first_empty_required_value_is_located() -> None:
    table = pa.table({"promotion_id": ["a", "b", "c"], "product_id": ["p", None, None]})
    with pytest.raises(SchemaError, match="'product_id' may not be empty: 2 nulls, the first in row 1"):
        check(table, PROMOTION_PRODUCTS)


def test_a_misspelt_column_gets_a_suggestion() -> None:
    with pytest.raises(SchemaError, match="unknown column 'product_ids'; did you mean 'product_id'"):
        check(pa.table({**PAIR, "product_ids": ["p"]}), PROMOTION_PRODUCTS)


def test_an_unknown_column_far_from_all_lists_the_known_ones() -> None:
    with pytest.raises(SchemaError, match="unknown column 'zzz'; known: sample_id, features, label"):
        check(pa.table({"zzz": [1]}), SAMPLES)


def test_a_column_that_stands_twice_is_refused() -> None:
    table = pa.table([["a"], ["p"], ["q"]], names=["promotion_id", "product_id", "product_id"])
    with pytest.raises(SchemaError, match="column 'product_id' stands 2 times"):
        check(table, PROMOTION_PRODUCTS)


def test_a_column_of_another_kind_is_refused_with_both_types() -> None:
    table = pa.table({"product_id": ["p"], "starts_at": [[1]]})
    with pytest.raises(SchemaError, match=r"'starts_at' is list<.*>, must be timestamp\[us, tz=UTC\]"):
        check(table, PRICES)
