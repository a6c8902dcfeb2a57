"""From orders to what the value models need of a customer: frequency, recency, age and mean spend, as of a date.

Purchases of a customer on one day count once. Only what lies before the date is read, so a model that is fitted on
the result and judged on what came after has seen nothing of it. Days are those of UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError, DataError, EstimationError

if TYPE_CHECKING:
    import pyarrow as pa

    from netlift.engines import Frame

Floats = NDArray[np.float64]
Unit = Literal["day", "week"]
DAYS: Mapping[Unit, int] = MappingProxyType({"day": 1, "week": 7})
"""Days in a unit of time."""
YEAR_DAYS = 365.25


class Groups(NamedTuple):
    """Equal rows taken together."""

    rows: Floats
    """Distinct rows, shape (g, m)."""
    place: NDArray[np.intp]
    """Which of them each customer has, shape (n,)."""
    counts: Floats
    """How many customers have each, shape (g,)."""

    def tally(self, weights: Floats) -> Floats:
        """Sum of the customers' weights (n,) in each group, shape (g,)."""
        return np.bincount(self.place, weights, len(self.rows)).astype(np.float64)

    @classmethod
    def of(cls, *columns: Floats) -> Self:
        """Group customers by equal values in all columns, each of shape (n,)."""
        codes = np.zeros(len(columns[0]), dtype=np.int64)
        for column in columns:  # one column after another: sorting whole rows takes ten times as long
            values, code = np.unique(column, return_inverse=True)
            codes = np.unique(codes * len(values) + code, return_inverse=True)[1]
        _, first, place, counts = np.unique(codes, return_index=True, return_inverse=True, return_counts=True)
        return cls(np.column_stack([column[first] for column in columns]), place, counts.astype(np.float64))


@dataclass(frozen=True)
class Histories:
    """What each customer did, up to one date; all arrays of shape (n,).

    Raises:
        EstimationError: the arrays do not fit together, or hold values that no customer can have.

    >>> Histories(np.array([2.0, 0.0]), np.array([30.43, 0.0]), np.array([38.86, 38.86])).month
    4.348214285714286
    """

    frequency: Floats
    """Days with a purchase after the first one."""
    recency: Floats
    """Time from the first purchase to the last, in `unit`s; 0 for those who bought once."""
    age: Floats
    """Time from the first purchase to the date, in `unit`s."""
    spend: Floats | None = None
    """Mean amount of a repeat purchase, in minor units; nan for those who bought once."""
    unit: Unit = "week"

    def __post_init__(self) -> None:
        for name in ("frequency", "recency", "age", "spend"):
            if (column := getattr(self, name)) is not None:
                object.__setattr__(self, name, np.asarray(column, dtype=np.float64))
        if problem := _problem(self):
            raise EstimationError(problem)

    def __len__(self) -> int:
        return len(self.frequency)

    @property
    def month(self) -> float:
        """A twelfth of a year, in `unit`s."""
        return YEAR_DAYS / 12 / DAYS[self.unit]

    @cached_property
    def groups(self) -> Groups:
        """Customers with equal (frequency, recency, age) taken together; rows in this order of columns."""
        return Groups.of(self.frequency, self.recency, self.age)

    @classmethod
    def of(cls, table: "pa.Table", unit: Unit = "week") -> Self:
        """From a table as `purchase_histories` writes it, or one with its columns of numbers.

        Raises:
            DataError: a column is missing.
        """
        if missing := {"frequency", "recency", "age"} - set(table.column_names):
            raise DataError(f"histories need the columns {', '.join(sorted(missing))}; there are {table.column_names}")
        spend = _floats(table, "spend_minor") if "spend_minor" in table.column_names else None
        return cls(_floats(table, "frequency"), _floats(table, "recency"), _floats(table, "age"), spend, unit)


def purchase_days(
    orders: "Frame",
    as_of: datetime,
    *,
    customer: str = "customer_id",
    time: str = "ordered_at",
    amount: str = "amount_minor",
) -> "Frame":
    """What is known of each customer before `as_of`, as a lazy frame of any engine; guests are left out.

    Args:
        orders: one row per order; what was cancelled must be left out before.
        as_of: moment with a time zone; orders at or after it are not read.
        customer: column of the customer.
        time: column of the moment of the order, UTC.
        amount: column of what was paid, integer minor units of one currency. Take it as it was known before `as_of`:
            a refund that came later would leak.

    Returns:
        One row per `customer_id` with `days` (distinct days with a purchase), `first_day`, `last_day`,
        `first_minor` (amount of the first day) and `total_minor` (of all days).

    Raises:
        ConfigError: `as_of` has no time zone.
    """
    import narwhals as nw

    if as_of.tzinfo is None:
        raise ConfigError(f"as_of needs a time zone, got {as_of}")
    known = orders.filter(nw.col(time) < nw.lit(as_of.astimezone(UTC)), ~nw.col(customer).is_null())
    daily = (
        known.select(customer_id=nw.col(customer), day=nw.col(time).dt.date(), amount_minor=nw.col(amount))
        .group_by("customer_id", "day")
        .agg(day_minor=nw.col("amount_minor").sum().cast(nw.Int64))
    )
    first = daily.group_by("customer_id").agg(
        days=nw.len(),
        first_day=nw.col("day").min(),
        last_day=nw.col("day").max(),
        total_minor=nw.col("day_minor").sum().cast(nw.Int64),
    )
    opening = daily.select("customer_id", first_day=nw.col("day"), first_minor=nw.col("day_minor"))
    return first.join(opening, on=["customer_id", "first_day"], how="inner")


def histories_of(days: "pa.Table", as_of: datetime, *, unit: Unit = "week") -> "pa.Table":
    """The histories from collected `purchase_days`, sorted by customer.

    The last day that counts is that of the moment just before `as_of`.

    Args:
        days: what an engine collected of `purchase_days`.
        as_of: the same moment as there.
        unit: of recency and age.

    Returns:
        `customer_id`, `frequency` (int64), `recency`, `age` (float64, in `unit`s) and `spend_minor` (float64, mean of
        the repeat purchases; null for those who bought once).
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if unit not in DAYS:
        raise ConfigError(f"unknown unit {unit!r}; known: {', '.join(DAYS)}")
    days = days.sort_by("customer_id")
    last = _number_of((as_of.astimezone(UTC) - timedelta(microseconds=1)).date())
    first_day, last_day = (
        days[name].cast(pa.date32()).cast(pa.int32()).to_numpy() for name in ("first_day", "last_day")
    )
    repeats = days["days"].cast(pa.int64()).to_numpy() - 1
    rest = pc.subtract(days["total_minor"], days["first_minor"]).to_numpy()
    spend = np.divide(rest, repeats, out=np.full(len(repeats), np.nan), where=repeats > 0)
    return pa.table(
        {
            "customer_id": days["customer_id"],
            "frequency": pa.array(repeats, pa.int64()),
            "recency": pa.array((last_day - first_day) / DAYS[unit]),
            "age": pa.array((last - first_day) / DAYS[unit]),
            "spend_minor": pa.array(spend, mask=repeats == 0),
        }
    )


def purchase_histories(
    orders: "pa.Table",
    as_of: datetime,
    *,
    unit: Unit = "week",
    customer: str = "customer_id",
    time: str = "ordered_at",
    amount: str = "amount_minor",
) -> "pa.Table":
    """Histories from a table of orders in memory: `purchase_days`, run by DuckDB, and `histories_of` in one call.

    Arguments, columns and errors are theirs.

    Raises:
        DataError: a column is missing.

    >>> import pyarrow as pa
    >>> days = [datetime(2025, 1, day, tzinfo=UTC) for day in (1, 8, 29)]
    >>> orders = pa.table({"customer_id": ["a"] * 3, "ordered_at": days, "amount_minor": [500, 1000, 9000]})
    >>> purchase_histories(orders, datetime(2025, 1, 16, tzinfo=UTC)).to_pylist()
    [{'customer_id': 'a', 'frequency': 1, 'recency': 1.0, 'age': 2.0, 'spend_minor': 1000.0}]
    """
    import narwhals as nw

    from netlift.engines.duckdb import connect

    if missing := [name for name in (customer, time, amount) if name not in orders.column_names]:
        raise DataError(f"orders lack the columns {', '.join(missing)}; there are {', '.join(orders.column_names)}")
    with connect() as connection:
        frame = nw.from_native(connection.from_arrow(orders))
        found = purchase_days(frame, as_of, customer=customer, time=time, amount=amount)
        return histories_of(found.to_native().to_arrow_table(), as_of, unit=unit)


def _number_of(day: date) -> int:
    """Days since 1970, as Arrow counts dates."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def _floats(table: "pa.Table", name: str) -> Floats:
    values: Floats = table[name].to_numpy().astype(np.float64)
    return values


def _problem(given: Histories) -> str | None:
    """What no customer can have, as a sentence; None if all is well."""
    n = len(given.frequency)
    columns = {"frequency": given.frequency, "recency": given.recency, "age": given.age}
    if any(column.shape != (n,) for column in columns.values()) or (given.spend is not None and len(given.spend) != n):
        return "frequency, recency, age and spend must be of one length, one value per customer"
    if not n:
        return "there is no customer with a purchase before the date"
    for name, column in columns.items():
        if not np.all(np.isfinite(column)):
            return f"{name} is missing or infinite for {_count(~np.isfinite(column))}"
        if np.any(column < 0):
            return f"{name} is negative for {_count(column < 0)}: an order lies before the first, or after the date"
    wrong = {
        "frequency is not a whole number": given.frequency != np.floor(given.frequency),
        "recency is greater than age": given.recency > given.age,
        "recency is above 0 without a repeat purchase": (given.frequency == 0) & (given.recency > 0),
        "recency is 0 in spite of a repeat purchase": (given.frequency > 0) & (given.recency == 0),
    }
    return next((f"{what} for {_count(which)}" for what, which in wrong.items() if np.any(which)), None)


def _count(which: NDArray[np.bool_]) -> str:
    return f"{int(which.sum())} of {len(which)} customers, the first in row {int(np.argmax(which))}"
