"""What is known of customers as of a moment, for learning and for scoring by the same code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from netlift.errors import EngineError
from netlift.history.shop import Shop, day_number
from netlift.profiles.interests import interests
from netlift.profiles.matrix import Vocabulary, matrix
from netlift.profiles.table import profiles
from netlift.schema import TABLES
from netlift.uplift.checks import Floats

if TYPE_CHECKING:
    import pyarrow as pa

    from netlift.engines import Frame

CHUNK = 10_000
"""Customers that are scored at a time."""
GROWING = frozenset({"orders", "spend_minor", "active_days", "items", "products", "categories", "contacts"})
"""Counts over all time grow with the data: a model that learned them at one moment misreads them at a later one."""
LOOKS_BACK = re.compile(r"^[^=]*_(\d+)(?:_[a-z]+)?$")
"""Names of features over the last so many days; they grow too while the records reach back less far."""
CATEGORIES = 12
"""Categories whose interest becomes a feature."""


@dataclass(frozen=True, slots=True)
class Space:
    """The columns that a model has learned from."""

    names: tuple[str, ...]
    vocabulary: Vocabulary

    def __reduce__(self) -> tuple[object, ...]:
        """Read-only mappings do not travel by themselves."""
        return _space, (self.names, self.vocabulary.to_json())


def _space(names: tuple[str, ...], vocabulary: dict[str, object]) -> Space:
    return Space(names, Vocabulary.from_json(vocabulary))


class Part(NamedTuple):
    """Some of the customers of a moment, with all that models ask about them."""

    profiles: "pa.Table"
    """In the order of customer_id."""
    interests: "pa.Table | None"
    """By customer, then category; None: nobody asks."""

    def features(self, space: Space) -> Floats:
        """Shape (m, p), in the columns of a model."""
        return matrix(self.profiles, names=space.names, vocabulary=space.vocabulary, interests=self.interests).X


@dataclass(frozen=True, slots=True)
class Moment:
    """Profiles of everybody known as of a moment, in two tables of the shop's connection."""

    shop: Shop
    table: str
    """Profiles, numbered by `place` in the order of customer_id."""
    interests: str
    customers: int
    reach: int
    """Days that the records reach back."""

    def parts(self, *, interests: bool, size: int | None = None) -> Iterator[Part]:
        """Everybody in the order of customer_id, `size` customers at a time (None: `CHUNK`).

        Args:
            interests: whether any model asks for them.
            size: customers of a part; models may round the last bit by it.
        """
        each = size or CHUNK
        for first in range(0, self.customers, each):
            table = self.shop.con.execute(
                f"SELECT * FROM {self.table} WHERE place >= {first} AND place < {first + each} ORDER BY place"
            ).to_arrow_table()
            yield Part(table, self.interests_of(table) if interests else None)

    def of(self, population: str) -> "pa.Table":
        """The profiles of the customers of a table, in the order of customer_id; nulls for those not known yet."""
        return self.shop.con.execute(
            f"SELECT w.customer_id, t.* EXCLUDE (customer_id) FROM {population} w "
            f"LEFT JOIN {self.table} t USING (customer_id) ORDER BY w.customer_id"
        ).to_arrow_table()

    def interests_of(self, table: "pa.Table") -> "pa.Table":
        """The interests of the customers of a part of the profiles."""
        self.shop.con.register("wanted", table.select(["customer_id"]))
        try:
            return self.shop.con.execute(
                f"SELECT i.customer_id, category, interest FROM {self.interests} i "
                "SEMI JOIN wanted USING (customer_id) ORDER BY i.customer_id, category"
            ).to_arrow_table()
        finally:
            self.shop.con.unregister("wanted")

    def drop(self) -> None:
        """Give the space back."""
        self.shop.con.execute(f"DROP TABLE IF EXISTS {self.table}")
        self.shop.con.execute(f"DROP TABLE IF EXISTS {self.interests}")


def moment(shop: Shop, day: int, name: str) -> Moment:
    """Profiles as of the first second of a day.

    Args:
        shop: the past; its connection gets the tables `profiles_NAME` and `interests_NAME`.
        day: day number; nothing of this day or later is read.
        name: letters and digits.
    """
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)
    shop.con.execute(
        f"CREATE OR REPLACE TABLE profiles_{name} AS SELECT *, row_number() OVER (ORDER BY customer_id) - 1 AS place "
        f"FROM ({_profiles_query(shop, at)}) ORDER BY customer_id"
    )
    for table in (f"interests_{name}", f"interests_{name}_loose"):
        shop.con.execute(f"DROP TABLE IF EXISTS {table}")
    interests(_frames(shop), at).to_native().create(f"interests_{name}_loose")
    shop.con.execute(f"CREATE TABLE interests_{name} AS FROM interests_{name}_loose ORDER BY customer_id, category")
    shop.con.execute(f"DROP TABLE interests_{name}_loose")
    row = shop.con.execute(f"SELECT count(*) FROM profiles_{name}").fetchone()
    reach = day - day_number(shop.span.start)
    return Moment(shop, f"profiles_{name}", f"interests_{name}", row[0] if row else 0, reach)


_SOME_DAY = datetime(2009, 2, 13, 23, 31, 30, tzinfo=UTC)
"""The moment for which the query is written: 1,234,567,890 seconds after 1970, a number like no other in it."""
_SECONDS, _STAMP = "1234567890", "2009-02-13 23:31:30+00"


def _profiles_query(shop: Shop, at: datetime) -> str:
    """SQL of the profiles as of a moment.

    To write it takes several times as long as to run it, and nothing but the moment differs between two moments; so it
    is written once for `_SOME_DAY` and kept on the connection.
    """
    shop.con.execute("CREATE TEMP TABLE IF NOT EXISTS moment_query (text VARCHAR)")
    kept = shop.con.execute("FROM moment_query").fetchone()
    text: str = profiles(_frames(shop), _SOME_DAY).to_native().sql_query() if kept is None else kept[0]
    if kept is None:
        if _SECONDS not in text or _STAMP not in text:
            raise EngineError("the query of profiles does not name its moment: DuckDB writes dates another way")
        shop.con.execute("INSERT INTO moment_query VALUES (?)", [text])
    seconds = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    return text.replace(_SECONDS, str(seconds)).replace(_STAMP, f"{at:%Y-%m-%d %H:%M:%S}+00")


def _frames(shop: Shop) -> dict[str, "Frame"]:
    import narwhals as nw

    return {table: nw.from_native(shop.con.table(table)).lazy() for table in TABLES if table != "samples"}


def learned(moment_: Moment, population: str) -> tuple[Floats, Space]:
    """Features (n, p) of a population from which a model will learn, and the columns to score with later.

    Columns that do not vary are left out, and counts over all time or over more days than the records reach back.
    """
    table = moment_.of(population)
    liked = moment_.interests_of(table)
    vocabulary = Vocabulary.fit(table, liked, categories=CATEGORIES)
    made = matrix(table, vocabulary=vocabulary, interests=liked)
    left_out = GROWING | {"place"} | {name for name in made.names if _days(name) > moment_.reach}
    varied = [at for at, name in enumerate(made.names) if name not in left_out and np.ptp(made.X[:, at]) > 0]
    return made.X[:, varied], Space(tuple(made.names[at] for at in varied), vocabulary)


def _days(name: str) -> int:
    """Over how many days a feature looks back, 0 where its name does not say.

    >>> _days("spend_365_minor"), _days("orders_90"), _days("recency_days"), _days("region=R_900")
    (365, 90, 0, 0)
    """
    found = LOOKS_BACK.match(name)
    return int(found[1]) if found else 0


def scored(moment_: Moment, table: "pa.Table", space: Space) -> Floats:
    """Features (m, p) of a part of the profiles in the columns of a model."""
    return Part(table, moment_.interests_of(table) if space.vocabulary.categories else None).features(space)
