"""From orders to histories: as of a date, days counted once, and nothing of the future."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netlift.engines import Engine, Settings, engine
from netlift.errors import ConfigError, DataError, EstimationError
from netlift.profiles.value.histories import Histories, Unit, histories_of, purchase_days, purchase_histories

from .value_worlds import CALIBRATED, cdnow_orders

AS_OF = datetime(2025, 3, 1, tzinfo=UTC)


def orders(*rows: tuple[str | None, datetime, int]) -> pa.Table:
    schema = pa.schema(
        [("customer_id", pa.string()), ("ordered_at", pa.timestamp("us", tz="UTC")), ("amount_minor", pa.int64())]
    )
    return pa.table([list(column) for column in zip(*rows, strict=True)], schema=schema)


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2025, month, day, hour, tzinfo=UTC)


def test_a_history_counts_days_after_the_first() -> None:
    """First on 1 February, again on the 8th (twice) and the 15th: 2 repeat days, 14 days of recency, 27 of age."""
    twice = [("a", at(2, 8, 9), 100), ("a", at(2, 8, 20), 300)]
    given = orders(("a", at(2, 1), 900), *twice, ("a", at(2, 15), 1000), ("b", at(2, 3), 5))
    assert purchase_histories(given, AS_OF).to_pylist() == [
        {"customer_id": "a", "frequency": 2, "recency": 2.0, "age": 27 / 7, "spend_minor": 700.0},
        {"customer_id": "b", "frequency": 0, "recency": 0.0, "age": 25 / 7, "spend_minor": None},
    ]


@pytest.mark.parametrize(("unit", "days"), [("day", 1), ("week", 7)])
def test_times_are_in_the_unit_that_was_asked_for(unit: Unit, days: int) -> None:
    found = purchase_histories(orders(("a", at(2, 1), 1), ("a", at(2, 8), 1)), AS_OF, unit=unit).to_pylist()[0]
    assert (found["recency"], found["age"]) == (7 / days, 27 / days)
    assert Histories.of(pa.table({"frequency": [1], "recency": [1.0], "age": [2.0]}), unit).unit == unit


def test_the_future_changes_nothing() -> None:
    """Orders from `as_of` on, poisoned with absurd amounts for old and new customers, leave every value as it was."""
    known = cdnow_orders()
    clean = purchase_histories(
        known.filter(pa.array([t < CALIBRATED for t in known["ordered_at"].to_pylist()])), CALIBRATED
    )
    customers = [*known["customer_id"].to_pylist(), "new"]
    poison = orders(*[(one, CALIBRATED + timedelta(days=i % 90), 10**15) for i, one in enumerate(customers)])
    assert purchase_histories(pa.concat_tables([known, poison]), CALIBRATED) == clean


def test_the_moment_itself_is_already_the_future() -> None:
    before, later = AS_OF - timedelta(microseconds=1), AS_OF
    found = purchase_histories(orders(("a", at(2, 1), 1), ("a", before, 2), ("a", later, 4)), AS_OF).to_pylist()[0]
    assert (found["frequency"], found["spend_minor"], found["recency"]) == (1, 2.0, found["age"])


def test_the_moment_is_the_same_in_every_time_zone() -> None:
    china = AS_OF.astimezone(timezone(timedelta(hours=8)))
    given = orders(("a", at(2, 1), 1), ("a", at(2, 28, 23), 2))
    assert purchase_histories(given, china) == purchase_histories(given, AS_OF)


def test_guests_have_no_history() -> None:
    found = purchase_histories(orders((None, at(2, 1), 1), ("a", at(2, 2), 1)), AS_OF)
    assert found["customer_id"].to_pylist() == ["a"]


def test_columns_may_have_names_of_their_own() -> None:
    given = orders(("a", at(2, 1), 1), ("a", at(2, 8), 7)).rename_columns(["who", "when", "paid_minor"])
    found = purchase_histories(given, AS_OF, customer="who", time="when", amount="paid_minor").to_pylist()
    assert found == purchase_histories(orders(("a", at(2, 1), 1), ("a", at(2, 8), 7)), AS_OF).to_pylist()


@pytest.mark.parametrize(
    "kind", ["duckdb", pytest.param("spark", marks=[pytest.mark.spark, pytest.mark.xdist_group("spark")])]
)
def test_every_engine_gives_the_same_histories(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    opened: Engine = request.getfixturevalue("spark") if kind == "spark" else engine("duckdb", Settings(threads=1))
    given = cdnow_orders()
    pq.write_table(given, tmp_path / "value_orders.parquet")
    frame = opened.open({"value_orders": tmp_path / "value_orders.parquet"}).frame("value_orders")
    found = histories_of(opened.collect(purchase_days(frame, CALIBRATED)), CALIBRATED)
    assert found == purchase_histories(given, CALIBRATED)


def test_no_time_zone_no_answer() -> None:
    with pytest.raises(ConfigError, match="as_of needs a time zone"):
        purchase_histories(orders(("a", at(2, 1), 1)), datetime(2025, 3, 1))  # noqa: DTZ001


def test_an_unknown_unit_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="unknown unit 'month'; known: day, week"):
        purchase_histories(orders(("a", at(2, 1), 1)), AS_OF, unit="month")  # type: ignore[arg-type]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="orders lack the columns amount_minor"):
        purchase_histories(orders(("a", at(2, 1), 1)).drop_columns("amount_minor"), AS_OF)
    with pytest.raises(DataError, match="need the columns age"):
        Histories.of(pa.table({"frequency": [1], "recency": [1.0]}))


def test_orders_that_all_lie_in_the_future_leave_nobody() -> None:
    nobody = purchase_histories(orders(("a", at(4, 1), 1)), AS_OF)
    assert nobody.num_rows == 0
    with pytest.raises(EstimationError, match="no customer with a purchase before the date"):
        Histories.of(nobody)


@pytest.mark.parametrize(
    ("frequency", "recency", "age", "message"),
    [
        (1.0, -1.0, 5.0, "recency is negative for 1 of 2 customers, the first in row 1"),
        (-1.0, 0.0, 5.0, "frequency is negative"),
        (1.0, 1.0, -5.0, "age is negative"),
        (1.0, 6.0, 5.0, "recency is greater than age"),
        (1.5, 1.0, 5.0, "frequency is not a whole number"),
        (0.0, 1.0, 5.0, "recency is above 0 without a repeat purchase"),
        (1.0, 0.0, 5.0, "recency is 0 in spite of a repeat purchase"),
        (np.nan, 1.0, 5.0, "frequency is missing or infinite"),
        (1.0, 1.0, np.inf, "age is missing or infinite"),
    ],
)
def test_what_no_customer_can_have_is_refused(frequency: float, recency: float, age: float, message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        Histories(np.array([1.0, frequency]), np.array([2.0, recency]), np.array([9.0, age]))


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(EstimationError, match="one length"):
        Histories(np.ones(2), np.ones(3), np.ones(2))
    with pytest.raises(EstimationError, match="one length"):
        Histories(np.ones(2), np.ones(2), np.ones(2), np.ones(3))
