"""A shop's tables as they were known before a moment, so that no feature can look into the future.

A table that says when each of its rows happened is cut to what happened before the moment. Columns that were filled
in later without a time of their own are gone: refunds, the status of an order, what a promotion brought. Age, gender
and occupation are gone too, and with them what a source may have derived from them: no feature may rest on them.

What has no time at all stays as it stands now: the category of a product, a customer's region and consent.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

import narwhals as nw

from netlift.engines import Frame
from netlift.errors import ConfigError, DataError
from netlift.schema import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

HAPPENED: Mapping[str, str] = MappingProxyType(
    {
        "orders": "ordered_at",
        "order_lines": "ordered_at",
        "events": "at",
        "exposures": "exposed_at",
        "coupons": "redeemed_at",
        "prices": "starts_at",
        "promotions": "starts_at",
        "inventory": "at",
        "feedback": "at",
    }
)
"""The column that says when a row happened. A row without it is left out: nobody knows whether it was known."""
LATER: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "customers": frozenset({"age", "gender", "occupation", "segment", "attributes"}),
        "products": frozenset({"price_minor", "cost_minor", "attributes"}),
        "orders": frozenset({"status", "refunded_minor"}),
        "order_lines": frozenset({"refunded_quantity", "refunded_minor", "flags"}),
        "promotions": frozenset({"ends_at", "participants", "click_rate", "conversion_rate", "attributes"}),
        "prices": frozenset({"ends_at"}),
    }
)
"""Columns that are not handed out: they may tell what came later, or who somebody is."""
_ACTING = ("orders", "order_lines", "events", "exposures", "coupons", "feedback")
"""Tables in whose rows a customer does something, or something is done to them."""

DAY_SECONDS = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Past:
    """The named tables of a shop, cut to what was known before `as_of`.

    Rows that happened carry two further columns: `seconds_ago`, at least 1, parts of a second counted as whole ones;
    and `ago`, the same in whole days: 0 for the last 24 hours. So days are counted back from `as_of`, and if that is
    midnight somewhere they are the calendar days of that place (as long as its clock is not set forward or back).

    Args:
        frames: named tables as lazy frames of one engine; those that are not there are empty. Orders that are not there
            are made of their lines.
        as_of: moment with a time zone. Weekdays and hours are read from a clock with its offset from UTC.

    Raises:
        ConfigError: `as_of` has no time zone.
        DataError: there is no frame at all, or one has a name that is no table's.
    """

    def __init__(self, frames: Mapping[str, Frame], as_of: datetime) -> None:
        if as_of.tzinfo is None:
            raise ConfigError(f"as_of needs a time zone, got {as_of}: say for example {as_of.isoformat()}+00:00")
        if unknown := set(frames) - set(TABLES):
            raise DataError(f"no table is called {sorted(unknown)[0]!r}; known: {', '.join(TABLES)}")
        if not frames:
            raise DataError("there is no table to make profiles from: ingest orders or events first")
        self.as_of, self._frames, self._cut = as_of.astimezone(UTC), dict(frames), dict[str, Frame]()
        offset = as_of.utcoffset() or timedelta()
        self._second = -((_EPOCH - self.as_of) // timedelta(seconds=1))  # rounded up
        self._local = self._second + offset // timedelta(seconds=1)

    def table(self, name: str) -> Frame:
        """One named table as it was known; empty where the shop has none.

        Raises:
            DataError: no table has this name, or it says nothing about the past (samples).
        """
        if name not in TABLES or name == "samples":
            raise DataError(
                f"no table of the past is called {name!r}; known: {', '.join(sorted({*TABLES} - {'samples'}))}"
            )
        if name not in self._cut:
            self._cut[name] = self._known(name)
        return self._cut[name]

    def of_customers(self, name: str) -> Frame:
        """The rows of a table whose customer is known."""
        return self.table(name).filter(~nw.col("customer_id").is_null())

    def customers(self) -> Frame:
        """Everybody who was known, one `customer_id` a row: registered before, or seen doing something before."""
        names = [name for name in _ACTING if name in self._frames] or ["customers"]
        if "customers" in self._frames and names != ["customers"]:
            names.append("customers")
        moments = {**HAPPENED, "customers": "first_seen"}
        ids = [self._before(self._whole(name), moments[name]).select("customer_id") for name in names]
        everybody = nw.concat(ids) if len(ids) > 1 else ids[0]
        return everybody.filter(~nw.col("customer_id").is_null()).unique(["customer_id"])

    def weekday(self) -> nw.Expr:
        """Day of the week from `seconds_ago`: 0 is Monday, 6 Sunday."""
        return ((self._local - nw.col("seconds_ago")) // DAY_SECONDS + 3) % 7  # 1970 began on a Thursday

    def hour(self) -> nw.Expr:
        """Hour of the day from `seconds_ago`, 0 to 23."""
        return (self._local - nw.col("seconds_ago")) // 3600 % 24

    def _known(self, name: str) -> Frame:
        whole = self._whole(name)
        if name == "customers":  # a later file may give somebody who was known already a later first day
            earlier = nw.when(nw.col("first_seen") < nw.lit(self.as_of)).then(nw.col("first_seen"))
            return whole.join(self.customers(), on="customer_id", how="semi").with_columns(first_seen=earlier)
        if name == "promotion_products":
            return whole.join(self.table("promotions").select("promotion_id"), on="promotion_id", how="semi")
        if name not in HAPPENED:
            return whole
        dated = self._before(whole, HAPPENED[name])
        counted = dated.with_columns(seconds_ago=self._second - _epoch_seconds(nw.col(HAPPENED[name])))
        return counted.with_columns(ago=(nw.col("seconds_ago") - 1) // DAY_SECONDS)

    def _before(self, frame: Frame, time: str) -> Frame:
        return frame.filter(nw.col(time) < nw.lit(self.as_of))  # leaves nulls out

    def _whole(self, name: str) -> Frame:
        """All rows with the columns of the schema that may be used; missing columns are null."""
        wanted = {f.name: f.type for f in TABLES[name] if f.name not in LATER.get(name, ())}
        frame = self._frames.get(name)
        if frame is None and name == "orders" and "order_lines" in self._frames:
            frame = _orders_of(self._frames["order_lines"])
        if frame is None:
            return _nulls(next(iter(self._frames.values())).head(0), wanted).select(*wanted)
        there = set(frame.collect_schema().names())
        return _nulls(frame, {n: kind for n, kind in wanted.items() if n not in there}).select(*wanted)


def _orders_of(lines: Frame) -> Frame:
    """What lines tell of their orders, for shops that have nothing but lines."""
    first = ("customer_id", "ordered_at", "currency", "region")
    there = set(lines.collect_schema().names())
    return lines.group_by("order_id").agg(
        **{name: nw.col(name).min() for name in first if name in there},
        **{name: nw.col(name).sum().cast(nw.Int64) for name in ("list_minor", "discount_minor")},
    )


def _nulls(frame: Frame, columns: "Mapping[str, pa.DataType]") -> Frame:
    added = {name: nw.lit(None).cast(_type(kind)) for name, kind in columns.items()}
    return frame.with_columns(**added) if added else frame


def _type(kind: "pa.DataType") -> nw.dtypes.DType:
    import pyarrow as pa

    simple = {pa.string(): nw.String(), pa.int64(): nw.Int64(), pa.int32(): nw.Int32(), pa.float64(): nw.Float64()}
    if kind in simple:
        return simple[kind]
    if pa.types.is_boolean(kind):
        return nw.Boolean()
    return nw.List(nw.String()) if pa.types.is_list(kind) else nw.Datetime("us", "UTC")


def _epoch_seconds(time: nw.Expr) -> nw.Expr:
    """Whole seconds since 1970, from the parts of a date: the one way that every engine knows and does fast."""
    plain = time.dt.replace_time_zone(None)

    def part(name: str) -> nw.Expr:
        return getattr(plain.dt, name)().cast(nw.Int64)

    year = part("year")
    leap_days = (year - 1969) // 4 - (year - 1901) // 100 + (year - 1601) // 400
    days = 365 * (year - 1970) + leap_days + part("ordinal_day") - 1
    return 3600 * (24 * days + part("hour")) + 60 * part("minute") + part("second")
