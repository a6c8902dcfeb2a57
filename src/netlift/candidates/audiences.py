"""Audiences: who they are in conditions on profiles and interests, and which customers meet them.

everybody   no condition
stages      new, active, loyal, at_risk, lapsed, as the lifecycle has them; prospects never ordered
habits      high_value, price_sensitive, coupon_lovers, full_price: the quarter of the shop's customers that is most so
categories  buyers of a category, and those interested in one who have not ordered for longer than usual
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.candidates.candidate import EVERYBODY, Audience, Condition
from netlift.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

INTEREST = "interest:"
"""Prefix of a condition's column that is an interest."""
_STAGES: Mapping[str, tuple[str, ...]] = {
    "prospects": ("prospect",),
    "new": ("new",),
    "active": ("active", "loyal"),
    "loyal": ("loyal",),
    "at_risk": ("at_risk",),
    "lapsed": ("lapsed", "lost"),
}
_TOP = 0.75
"""Quantile from which a habit counts as marked."""


class _Liked(NamedTuple):
    """The table of interests, by row."""

    categories: Mapping[str, int]
    code: Ints
    """Of the category."""
    place: Ints
    """Row of the customer in the profiles; -1: not among them."""
    share: Floats


class Crowd:
    """The customers of a table of profiles, asked who meets which audience; answers are kept.

    Args:
        profiles: one row per customer.
        interests: of the same moment; None: nobody is known to be interested in anything.
    """

    def __init__(self, profiles: "pa.Table", interests: "pa.Table | None" = None) -> None:
        self.profiles, self.interests = profiles, interests
        self._kept: dict[Audience, Bools] = {}

    @property
    def size(self) -> int:
        """Customers in the profiles."""
        return int(self.profiles.num_rows)

    def members(self, audience: Audience) -> Bools:
        """Who meets every condition, shape (n,), in the order of the profiles; not to be written into."""
        if audience not in self._kept:
            mask = np.ones(self.size, dtype=bool)
            for condition in audience.conditions:
                mask &= self._meets(condition)
            mask.setflags(write=False)
            self._kept[audience] = mask
        return self._kept[audience]

    def interest(self, category: str) -> Floats:
        """Share of each customer's interest in a category, shape (n,); 0 where there is none."""
        found = np.zeros(self.size)
        if self._liked is not None and category in self._liked.categories:
            place, code, share = self._liked.place, self._liked.code, self._liked.share
            here = np.flatnonzero(code == self._liked.categories[category])
            here = here[place[here] >= 0]
            found[place[here]] = share[here]
        return found

    @cached_property
    def _liked(self) -> "_Liked | None":
        import pyarrow as pa
        import pyarrow.compute as pc

        if self.interests is None or not self.interests.num_rows:
            return None
        ids = self.profiles["customer_id"].cast(pa.string()).combine_chunks()
        place = pc.fill_null(pc.index_in(self.interests["customer_id"].cast(pa.string()), value_set=ids), -1)
        category = self.interests["category"].combine_chunks().dictionary_encode()
        return _Liked(
            {name: code for code, name in enumerate(category.dictionary.to_pylist())},
            np.asarray(category.indices.to_numpy(zero_copy_only=False), dtype=np.int64),
            np.asarray(place.to_numpy(), dtype=np.int64),
            np.asarray(self.interests["interest"].to_numpy(), dtype=np.float64),
        )

    def numbers(self, column: str) -> Floats:
        """A numeric column, shape (n,); nan where it is null, or where there is no such column."""
        import pyarrow as pa

        if column not in self.profiles.column_names:
            return np.full(self.size, np.nan)
        values = self.profiles[column].cast(pa.float64()).to_numpy(zero_copy_only=False)
        return np.asarray(values, dtype=np.float64)

    def _meets(self, condition: Condition) -> Bools:
        if condition.column.startswith(INTEREST):
            values = self.interest(condition.column.removeprefix(INTEREST))
            known = values > 0
        elif condition.column not in self.profiles.column_names:
            raise ConfigError(f"profiles have no column {condition.column!r}, which an audience asks for")
        elif isinstance(condition.value, str | tuple):
            return self._texts(condition)
        else:
            values = self.numbers(condition.column)
            known = ~np.isnan(values)
        if isinstance(condition.value, str | tuple) or condition.op not in _COMPARE:
            raise ConfigError(f"cannot ask whether {condition.column} {condition.op} {condition.value!r}")
        with np.errstate(invalid="ignore"):
            met: Bools = known & _COMPARE[condition.op](values, float(condition.value))
        return met

    def _texts(self, condition: Condition) -> Bools:
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted = condition.value if isinstance(condition.value, tuple) else (condition.value,)
        if condition.op not in {"in", "==", "!="}:
            raise ConfigError(f"a text is ==, != or in others, not {condition.op}: {condition.column}")
        column = self.profiles[condition.column].cast(pa.string())
        found = pc.is_in(column, value_set=pa.array(list(wanted), pa.string()))
        met = pc.invert(found) if condition.op == "!=" else found
        return np.asarray(pc.and_(met, column.is_valid()).to_numpy(zero_copy_only=False), dtype=bool)


_COMPARE = {
    "==": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
}  # fmt: skip


def members(audience: Audience, profiles: "pa.Table", interests: "pa.Table | None" = None) -> Bools:
    """Which customers meet every condition of an audience; one without the value does not meet it.

    Args:
        audience: whom it is about.
        profiles: one row per customer, with the columns that the conditions name.
        interests: of the same moment; None: nobody is known to be interested in anything.

    Returns:
        Shape (n,), in the order of the profiles.

    Raises:
        ConfigError: a column is missing, or cannot be compared like that.

    >>> import pyarrow as pa
    >>> profiles = pa.table({"customer_id": ["a", "b", "c"], "silence": [5.0, None, 1.0]})
    >>> members(Audience("silent", (Condition("silence", ">", 2.0),)), profiles).tolist()
    [True, False, False]
    """
    return np.array(Crowd(profiles, interests).members(audience))


def audiences(crowd: Crowd) -> dict[str, Audience]:
    """The audiences that do not depend on goods, by id; those whom nobody belongs to are left out."""
    found = [EVERYBODY]
    if "lifecycle" in crowd.profiles.column_names:
        found += [Audience(name, (Condition("lifecycle", "in", stages),)) for name, stages in _STAGES.items()]
    found += _habits(crowd)
    return {one.audience_id: one for one in found if crowd.members(one).any()}


def _habits(crowd: Crowd) -> list[Audience]:
    """Those in whom a habit is most marked, among customers of whom enough is known to speak of habits."""
    asked = (
        ("high_value", "spend_365_minor", ">=", _TOP, 1.0, ()),
        ("price_sensitive", "price_sensitivity", ">=", _TOP, 1e-6, (Condition("orders", ">=", 3.0),)),
        ("coupon_lovers", "coupon_share", ">=", _TOP, 1e-6, (Condition("coupon_orders", ">=", 2.0),)),
        ("full_price", "discount_share", "<=", 1 - _TOP, -1.0, (Condition("orders", ">=", 3.0),)),
    )
    found = []
    for name, column, op, quantile, least, more in asked:
        if {column, *(c.column for c in more)} <= {*crowd.profiles.column_names}:
            values = crowd.numbers(column)[crowd.members(Audience("", more))]
            values = values[~np.isnan(values)]
            if len(values):
                at = float(np.quantile(values, quantile, method="nearest"))
                found.append(Audience(name, (*more, Condition(column, op, round(max(at, least), 6)))))
    return found


def buyers_of(category: str, crowd: Crowd) -> Audience:
    """Customers with an order whose interest in a category is not among the faintest quarter of those who have any."""
    return Audience(
        f"buyers:{category}",
        (Condition("orders", ">=", 1.0), Condition(f"{INTEREST}{category}", ">=", _marked(crowd, category, 0.25))),
    )


def interested_in(category: str, crowd: Crowd, gap_days: float) -> Audience:
    """Customers marked by interest in a category who have not ordered anything for longer than usual in this shop.

    Interests do not say which goods were last bought; silence is of all orders.
    """
    return Audience(
        f"interested:{category}",
        (
            Condition(f"{INTEREST}{category}", ">=", _marked(crowd, category, 0.5)),
            Condition("recency_days", ">", float(round(gap_days))),
        ),
    )


def _marked(crowd: Crowd, category: str, quantile: float) -> float:
    """A quantile of the interest in a category of those who have any."""
    values = crowd.interest(category)
    values = values[values > 0]
    return round(float(np.quantile(values, quantile, method="nearest")), 6) if len(values) else 1.0
