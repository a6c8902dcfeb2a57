"""What orders tell of each customer before a date: how much, how often, how long ago.

Days are those of UTC; orders of one day count once as an active day. Nothing at or after the date is read.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from netlift.errors import ConfigError
from netlift.profiles.segments.inputs import Floats

if TYPE_CHECKING:
    import pyarrow as pa

    from netlift.engines import Frame

WINDOWS = (30, 90, 365)
"""Days before the date over which habits are summed, beside "ever"."""

HABITS: Mapping[str, str] = MappingProxyType(
    {
        "active_days": "different days with an order",
        **{f"active_days_{days}": f"different days with an order, last {days} days" for days in WINDOWS},
        "spend_minor": "spend of all orders",
        **{f"spend_{days}_minor": f"spend, last {days} days" for days in WINDOWS},
        "day_spend_minor": "mean spend of a day with an order",
        "recency_days": "days from the last order to the last day before the date",
        "tenure_days": "days from the first order to the last day before the date",
        "gap_mean_days": "mean of days between days with an order; tenure where there is only one such day",
        "recency_gaps": "recency in mean gaps, a gap of less than a day counting as one",
    }
)
"""The features, in the order of their columns, with their meaning."""


def habits(orders: "Frame", as_of: datetime) -> "Frame":
    """Sums by customer as a lazy frame of any engine; `features` makes columns of them. Guests are left out.

    Args:
        orders: `customer_id`, `ordered_at` (UTC) and `amount_minor`, one row per order. Leave out what was cancelled,
            and take amounts as they were known then: a refund that came later would leak.
        as_of: moment with a time zone.

    Returns:
        One row per customer with an order before `as_of`: `first_day`, `last_day`, and `days` and `minor` ever and
        by window.

    Raises:
        ConfigError: `as_of` has no time zone.
    """
    import narwhals as nw

    moment = moment_of(as_of)
    daily = (
        orders.filter(nw.col("ordered_at") < nw.lit(moment), ~nw.col("customer_id").is_null())
        .select("customer_id", day=nw.col("ordered_at").dt.date(), amount_minor=nw.col("amount_minor"))
        .group_by("customer_id", "day")
        .agg(minor=nw.col("amount_minor").sum().cast(nw.Int64))
    )
    sums = {"days": nw.len().cast(nw.Int64), "minor": nw.col("minor").sum().cast(nw.Int64)}
    for window in WINDOWS:
        inside = nw.col("day") >= nw.lit(_last_day(moment) - timedelta(days=window - 1))
        one = nw.when(inside).then(nw.lit(1)).otherwise(nw.lit(0))
        spent = nw.when(inside).then(nw.col("minor")).otherwise(nw.lit(0))
        sums |= {f"days_{window}": one.sum().cast(nw.Int64), f"minor_{window}": spent.sum().cast(nw.Int64)}
    return daily.group_by("customer_id").agg(first_day=nw.col("day").min(), last_day=nw.col("day").max(), **sums)


def features(sums: "pa.Table", as_of: datetime) -> Floats:
    """The columns of `HABITS` from collected `habits`, in the order of its rows, shape (n, len(HABITS))."""
    import pyarrow as pa

    last = _last_day(moment_of(as_of)).toordinal() - date(1970, 1, 1).toordinal()
    first_day, last_day = (
        sums[name].cast(pa.date32()).cast(pa.int32()).to_numpy() for name in ("first_day", "last_day")
    )
    days, minor = (sums[name].to_numpy().astype(np.float64) for name in ("days", "minor"))
    recency, tenure = (last - day.astype(np.float64) for day in (last_day, first_day))
    gap = np.where(days > 1, (tenure - recency) / np.maximum(days - 1, 1), tenure)
    columns = [
        days,
        *(sums[f"days_{window}"].to_numpy() for window in WINDOWS),
        minor,
        *(sums[f"minor_{window}"].to_numpy() for window in WINDOWS),
        minor / days,
        recency,
        tenure,
        gap,
        recency / np.maximum(gap, 1.0),
    ]
    return np.column_stack(columns).astype(np.float64)


def moment_of(as_of: datetime) -> datetime:
    """The moment in UTC.

    Raises:
        ConfigError: it has no time zone.
    """
    if as_of.tzinfo is None:
        raise ConfigError(f"as_of needs a time zone, got {as_of}")
    return as_of.astimezone(UTC)


def _last_day(moment: datetime) -> date:
    """The day of the moment just before."""
    return (moment - timedelta(microseconds=1)).date()
