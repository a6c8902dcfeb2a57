"""Who ordered nothing in the days after a date, and the rows from which a model learns it.

    churned = 1 if a customer with an order in the `active_days` before the date has none in [date, date + horizon)

What was known before the date and what came after it are read from the same orders, cut at the date.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from netlift.errors import ConfigError, DataError, EstimationError
from netlift.profiles.churn.habits import features, habits, moment_of
from netlift.profiles.propensity.dates import Dated

if TYPE_CHECKING:
    import pyarrow as pa

    from netlift.engines import Frame


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about each customer.

    Raises:
        ConfigError: a number of days below 1.
    """

    horizon_days: int = 90
    """Days without an order that count as churned."""
    active_days: int = 365
    """Days before the date in which a customer must have ordered to be asked about."""

    def __post_init__(self) -> None:
        if min(self.horizon_days, self.active_days) < 1:
            raise ConfigError(f"horizon_days and active_days must be at least 1, got {self}")


def labels(orders: "Frame", as_of: datetime, question: Question) -> "Frame":
    """`customer_id` and `churned` (0 or 1) of every customer who is asked about, lazily, on any engine.

    Args:
        orders: `customer_id` and `ordered_at` (UTC), cancelled orders left out, complete until the horizon ends.
        as_of: moment with a time zone.
        question: horizon and who is asked about.
    """
    import narwhals as nw

    moment, time = moment_of(as_of), nw.col("ordered_at")
    since, end = moment - timedelta(days=question.active_days), moment + timedelta(days=question.horizon_days)
    near = orders.filter(~nw.col("customer_id").is_null(), time >= nw.lit(since), time < nw.lit(end))
    before = nw.when(time < nw.lit(moment)).then(nw.lit(1)).otherwise(nw.lit(0))
    counts = near.group_by("customer_id").agg(
        before=before.sum().cast(nw.Int64), after=(1 - before).sum().cast(nw.Int64)
    )
    churned = nw.when(nw.col("after") > 0).then(nw.lit(0)).otherwise(nw.lit(1))
    return counts.filter(nw.col("before") > 0).select("customer_id", churned=churned.cast(nw.Int64))


def dated(
    orders: "pa.Table", moments: Sequence[datetime], question: Question | None = None, *, until: datetime
) -> list[Dated]:
    """Rows of several dates from orders in memory, customers in their order; run by DuckDB.

    Args:
        orders: `customer_id`, `ordered_at`, `amount_minor`; see `habits`.
        moments: with time zones, rising.
        question: horizon and who is asked about; None: 90 days, active in the last year.
        until: end of the data: orders are complete before it.

    Returns:
        For each moment the columns of `habits.HABITS`, `y` (1: churned), and when y was complete.

    Raises:
        DataError: a column is missing.
        ConfigError: a horizon ends after the data, so that nobody knows who churned.
        EstimationError: nobody was active before a moment.

    >>> from datetime import UTC
    >>> import pyarrow as pa
    >>> days = [datetime(2025, 1, 5, tzinfo=UTC), datetime(2025, 1, 20, tzinfo=UTC), datetime(2025, 2, 10, tzinfo=UTC)]
    >>> orders = pa.table({"customer_id": ["ann", "bob", "ann"], "ordered_at": days, "amount_minor": [900, 500, 100]})
    >>> (one,) = dated(orders, [datetime(2025, 2, 1, tzinfo=UTC)], Question(30), until=datetime(2025, 4, 1, tzinfo=UTC))
    >>> one.units.tolist(), one.y.tolist()
    (['ann', 'bob'], [0.0, 1.0])
    """
    import narwhals as nw

    from netlift.engines.duckdb import connect

    asked = question or Question()
    wanted = ("customer_id", "ordered_at", "amount_minor")
    if missing := [name for name in wanted if name not in orders.column_names]:
        raise DataError(f"orders lack the columns {', '.join(missing)}; there are {', '.join(orders.column_names)}")
    with connect() as connection:
        frame = nw.from_native(connection.from_arrow(orders))
        return [_dated(frame, moment, asked, moment_of(until)) for moment in moments]


def _dated(orders: "Frame", as_of: datetime, question: Question, until: datetime) -> Dated:
    import numpy as np

    known_at = moment_of(as_of) + timedelta(days=question.horizon_days)
    if known_at > until:
        raise ConfigError(
            f"the {question.horizon_days} days after {as_of} end after the data ({until}): take an earlier date or a "
            "shorter horizon"
        )
    found = habits(orders, as_of).join(labels(orders, as_of, question), on="customer_id", how="inner")
    table = found.sort("customer_id").to_native().to_arrow_table()
    if not table.num_rows:
        raise EstimationError(f"nobody ordered in the {question.active_days} days before {as_of}")
    y = table["churned"].to_numpy().astype(np.float64)
    units = np.asarray(table["customer_id"].to_pylist(), dtype=np.object_)
    return Dated(moment_of(as_of), features(table, as_of), y, known_at, units)
