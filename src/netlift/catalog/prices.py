"""What a product cost when: the price at a moment, the lowest of the days before it, and whether a cut is one."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from netlift.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pyarrow as pa

_START = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000
_NEVER = 2**63 - 1


class _Row(NamedTuple):
    """One price of one product, valid from `start` to before `end`, in microseconds since 1970 in UTC."""

    start: int
    end: int
    price: int
    region: str | None


@dataclass(frozen=True, eq=False)
class PriceHistory:
    """Prices by product, in order of time; about 200 bytes each."""

    rows: dict[str, tuple[_Row, ...]]

    @classmethod
    def of(cls, table: "pa.Table") -> "PriceHistory":
        """From `schema.PRICES`; rows without a price are left out.

        A price without an end ends where the next of the same product and region begins; what ends before it begins
        is refused. Prices may overlap: then the one that began last is valid, and all of them count as lowest.

        Raises:
            DataError: a column is missing, an id or a beginning is null, a price is below 0, or one ends before it
                begins.
        """
        missing = [name for name in ("product_id", "starts_at", "price_minor") if name not in table.column_names]
        if missing:
            raise DataError(f"prices have no column {missing[0]!r}")
        ends, regions = (
            table[name].to_pylist() if name in table.column_names else [None] * table.num_rows
            for name in ("ends_at", "region")
        )
        found: dict[str, list[_Row]] = {}
        columns = (table[name].to_pylist() for name in ("product_id", "starts_at", "price_minor"))
        for number, (product, start, price, end, region) in enumerate(zip(*columns, ends, regions, strict=True)):
            if product is None or start is None:
                raise DataError(f"row {number} of prices has no product or no beginning: leave it out")
            if price is None:
                continue
            row = _Row(_micro(start), _NEVER if end is None else _micro(end), price, region)
            if price < 0 or row.end <= row.start:
                raise DataError(f"row {number} of prices is below 0 or ends before it begins")
            found.setdefault(product, []).append(row)
        return cls({product: _closed(rows) for product, rows in sorted(found.items())})

    def at(self, product: str, moment: datetime, region: str | None = None) -> int | None:
        """Price at a moment in minor units, a region's own before that of everywhere; None: it had none."""
        place = _asked(moment)
        valid = [row for row in self._of(product, region) if row.start <= place < row.end]
        return max(valid, key=lambda row: (row.region is not None, row.start, -row.price)).price if valid else None

    def lowest_before(self, product: str, moment: datetime, days: float = 30, region: str | None = None) -> int | None:
        """Lowest price in the days before a moment, itself not among them, in minor units; None: it had none.

        What directive 98/6/EC (article 6a) has shops name beside a cut: the lowest of at least 30 days before it.

        >>> import pyarrow as pa
        >>> may = [datetime(2026, 5, day, tzinfo=UTC) for day in (1, 10, 12)]
        >>> table = pa.table({"product_id": ["tea"] * 3, "starts_at": may, "price_minor": [500, 400, 450]})
        >>> history = PriceHistory.of(table)
        >>> history.lowest_before("tea", may[1]), history.lowest_before("tea", datetime(2026, 5, 20, tzinfo=UTC), 7)
        (500, 450)

        Raises:
            ConfigError: there are no days, or the moment has no time zone.
        """
        if not days > 0:
            raise ConfigError(f"the lowest price of {days} days before a moment does not exist")
        end = _asked(moment)
        start = end - round(days * _DAY)
        return min(
            (row.price for row in self._of(product, region) if row.start < end and row.end > start), default=None
        )

    def cuts(self, days: float = 30) -> "pa.Table":
        """Every moment at which a price fell, beside what it fell from and the lowest of the days before.

        Returns:
            `product_id`, `region`, `starts_at`, `price_minor`, `before_minor` (the price it fell from),
            `lowest_minor` (of the days before), `off` (share off `lowest_minor`; 0 or less: the product had been as
            cheap already); by product, region, time.
        """
        import pyarrow as pa

        told = []
        for product, rows in self.rows.items():
            for region in sorted({row.region for row in rows}, key=lambda name: (name is not None, name or "")):
                mine = [row for row in rows if row.region == region]
                for before, row in pairwise(mine):
                    if row.price < before.price and before.end >= row.start:
                        moment = _START + timedelta(microseconds=row.start)
                        lowest = self.lowest_before(product, moment, days, region)
                        base = before.price if lowest is None else lowest
                        off = 1 - row.price / base if base else 0.0
                        told.append((product, region, moment, row.price, before.price, base, off))
        types = (
            pa.string(), pa.string(), pa.timestamp("us", tz="UTC"), pa.int64(), pa.int64(), pa.int64(), pa.float64()
        )  # fmt: skip
        names = ("product_id", "region", "starts_at", "price_minor", "before_minor", "lowest_minor", "off")
        columns = zip(*told, strict=True) if told else ((),) * len(names)
        return pa.table(
            {name: pa.array(column, kind) for name, column, kind in zip(names, columns, types, strict=True)}
        )

    def _of(self, product: str, region: str | None) -> list[_Row]:
        return [row for row in self.rows.get(product, ()) if row.region is None or row.region == region]


def _closed(rows: list[_Row]) -> tuple[_Row, ...]:
    """In order of time; a price without an end ends with the next of its region."""
    rows = sorted(rows, key=lambda row: (row.start, row.end, row.price, row.region or ""))
    following: dict[str | None, tuple[int, int]] = {}
    found = []
    for row in reversed(rows):
        start, after = following.get(row.region, (_NEVER, _NEVER))
        after = start if start > row.start else after
        following[row.region] = (row.start, after)
        found.append(row._replace(end=after) if row.end == _NEVER else row)
    return tuple(reversed(found))


def _micro(moment: datetime) -> int:
    """Since 1970 in UTC; what has no time zone is in UTC."""
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _START
    return since // timedelta(microseconds=1)


def _asked(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ConfigError(f"the moment {moment} has no time zone")
    return _micro(moment)
