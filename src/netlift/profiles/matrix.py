"""From the table of profiles to the numbers that models take: the same columns when they learn and when they score.

Age, gender and occupation never become a column, whatever a table holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError, DataError
from netlift.profiles.features import FAMILIES, Column

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]

NEVER_INPUTS = frozenset({"age", "gender", "occupation"})
"""No model that decides on offers or prices may see these."""
_KEYS = ("customer_id", "as_of")


class Matrix(NamedTuple):
    """Numbers of customers, ready for a model."""

    customer_id: NDArray[np.object_]
    """Who each row is, shape (n,), in the order of the table."""
    X: Floats
    """Features, shape (n, p); never NaN."""
    names: tuple[str, ...]
    """Meaning of each column: a column of the table, `column=level`, or `interest=category`."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Which levels of open text columns, and which categories, become columns; found once, kept with the model."""

    levels: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Text column -> its levels, each an indicator; a level that is not here has 0 in all of them."""
    categories: tuple[str, ...] = ()
    """Categories whose interest becomes a column."""

    @classmethod
    def fit(
        cls,
        table: "pa.Table",
        interests: "pa.Table | None" = None,
        *,
        columns: Iterable[str] = ("region", "channel"),
        most: int = 8,
        least: int = 20,
        categories: int = 20,
    ) -> Self:
        """The commonest levels and the categories with the most interest; ties go by name.

        Args:
            table: profiles as of the moment from which models learn.
            interests: the table of interests of the same moment.
            columns: text columns whose levels are open.
            most: largest number of levels of a column.
            least: customers that a level needs.
            categories: largest number of categories.

        >>> import pyarrow as pa
        >>> Vocabulary.fit(pa.table({"region": ["n", "s", "n"]}), columns=["region"], least=1).levels["region"]
        ('n', 's')
        """
        found = {name: _levels(table, name, most, least) for name in columns if name in table.column_names}
        top = () if interests is None else _categories(interests, categories)
        return cls(MappingProxyType({name: levels for name, levels in found.items() if levels}), top)

    def to_json(self) -> dict[str, object]:
        """As plain lists, to be kept beside a model."""
        return {"levels": {n: list(levels) for n, levels in self.levels.items()}, "categories": list(self.categories)}

    @classmethod
    def from_json(cls, kept: Mapping[str, object]) -> Self:
        """What `to_json` wrote.

        Raises:
            DataError: it did not write this.
        """
        levels, categories = kept.get("levels"), kept.get("categories")
        if not isinstance(levels, Mapping) or not isinstance(categories, list | tuple):
            raise DataError(f"a vocabulary needs levels and categories, got {', '.join(map(str, kept)) or 'nothing'}")
        return cls(MappingProxyType({str(n): tuple(map(str, v)) for n, v in levels.items()}), tuple(categories))


def matrix(
    table: "pa.Table",
    *,
    names: Sequence[str] | None = None,
    vocabulary: Vocabulary | None = None,
    interests: "pa.Table | None" = None,
) -> Matrix:
    """Numeric features of the profiles in `table`: numbers and truths as they are, text as indicators of its levels.

    A null becomes what its column declares: its fill, or where it has none what models get in its place
    (`Column.unknown`: 0, or ten years for "days since" what never was). Any other number of the table is taken too,
    with 0 for null. Columns come in the order of the table, then the indicators, then the interests.

    Args:
        table: profiles, or any part of their rows.
        names: the columns that are wanted, in this order; None: all.
        vocabulary: levels of open text columns and categories, found on the data that models learn from; None: only
            text columns whose levels are fixed (the lifecycle).
        interests: the table of interests, if the vocabulary has categories; customers without one have 0.

    Raises:
        DataError: there is no `customer_id`, or the vocabulary asks for interests that are not given.
        ConfigError: a name is no feature of the table, or one that no model may see.

    >>> import pyarrow as pa
    >>> found = matrix(pa.table({"customer_id": ["a", "b"], "orders": [3, 1], "recency_days": [None, 4]}))
    >>> found.names, found.X.tolist()
    (('orders', 'recency_days'), [[3.0, 3650.0], [1.0, 4.0]])
    """
    if "customer_id" not in table.column_names:
        raise DataError(f"profiles need the column customer_id; there are {', '.join(table.column_names)}")
    vocabulary = vocabulary or Vocabulary()
    made = _numbers(table) | _indicators(table, vocabulary)
    if vocabulary.categories:
        made |= _interests(table, vocabulary.categories, interests)
    wanted = tuple(made if names is None else names)
    _refuse(wanted, made)
    ids = np.asarray(table["customer_id"].to_numpy(zero_copy_only=False), dtype=np.object_)
    empty = np.empty((table.num_rows, 0))
    X = np.column_stack([made[name] for name in wanted]) if wanted else empty
    return Matrix(ids, X, wanted)


def _refuse(wanted: Sequence[str], made: Mapping[str, Floats]) -> None:
    for name in wanted:
        if name in NEVER_INPUTS:
            raise ConfigError(f"{name} is never an input of an offer or a price: leave it out")
        if name not in made:
            raise ConfigError(f"{name!r} is no feature of this table; there are: {', '.join(made)}")
    if len(set(wanted)) < len(wanted):
        raise ConfigError(f"a feature is named twice: {', '.join(wanted)}")


def _declared() -> dict[str, Column]:
    return {column.name: column for family in FAMILIES.values() for column in family.columns}


def _instead(column: Column) -> float:
    """The number in place of a null."""
    return column.unknown if column.fill is None else float(column.fill)


def _numbers(table: "pa.Table") -> dict[str, Floats]:
    """Every number and truth of the table by its name."""
    import pyarrow as pa
    import pyarrow.compute as pc

    declared, found = _declared(), dict[str, Floats]()
    for field_ in table.schema:
        kind, name = field_.type, field_.name
        numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
        if not numeric or name in NEVER_INPUTS or name in _KEYS:
            continue
        unknown = _instead(declared[name]) if name in declared else 0.0
        filled = pc.fill_null(table[name].cast(pa.float64()), unknown)
        values = np.asarray(filled.to_numpy(), dtype=np.float64)
        found[name] = np.where(np.isfinite(values), values, unknown)
    return found


def _indicators(table: "pa.Table", vocabulary: Vocabulary) -> dict[str, Floats]:
    """One column of 0 and 1 for each level."""
    import pyarrow as pa
    import pyarrow.compute as pc

    declared = _declared()
    fixed = {name: column.levels for name, column in declared.items() if column.levels is not None}
    found: dict[str, Floats] = {}
    for name, levels in {**fixed, **vocabulary.levels}.items():
        if name in NEVER_INPUTS:
            raise ConfigError(f"{name} is never an input of an offer or a price: leave it out of the vocabulary")
        if name not in table.column_names:
            continue
        text = table[name].cast(pa.string())
        if name in declared and declared[name].fill is not None:
            text = pc.fill_null(text, str(declared[name].fill))
        for level in levels:
            here = pc.fill_null(pc.equal(text, level), False)
            found[f"{name}={level}"] = np.asarray(here.to_numpy(zero_copy_only=False), dtype=np.float64)
    return found


def _interests(table: "pa.Table", categories: Sequence[str], interests: "pa.Table | None") -> dict[str, Floats]:
    """Interest of each customer of the table in each category; 0 where there is none."""
    import pyarrow.compute as pc

    if interests is None:
        raise DataError("the vocabulary has categories: give the table of interests of the same moment")
    values = np.zeros((table.num_rows, len(categories)))
    row = pc.index_in(interests["customer_id"], value_set=table["customer_id"].combine_chunks())
    place = pc.index_in(interests["category"], value_set=_texts(categories))
    known = pc.and_(row.is_valid(), place.is_valid()).to_numpy(zero_copy_only=False)
    rows, places = (found.fill_null(0).to_numpy(zero_copy_only=False)[known] for found in (row, place))
    values[rows, places] = interests["interest"].to_numpy(zero_copy_only=False)[known]
    return {f"interest={category}": values[:, i] for i, category in enumerate(categories)}


def _texts(values: Sequence[str]) -> "pa.Array":
    import pyarrow as pa

    return pa.array(list(values), pa.string())


def _levels(table: "pa.Table", name: str, most: int, least: int) -> tuple[str, ...]:
    """The commonest levels with enough customers, commonest first."""
    counts = table[name].drop_null().value_counts().to_pylist()
    enough = [(-one["counts"], str(one["values"])) for one in counts if one["counts"] >= least]
    return tuple(level for _, level in sorted(enough)[:most])


def _categories(interests: "pa.Table", most: int) -> tuple[str, ...]:
    """The categories that hold the most interest of all customers together."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pc.round(pc.multiply(interests["interest"], 1e9)).cast(pa.int64())  # sums in any order are the same
    table = pa.table({"category": interests["category"], "interest": whole})
    sums = table.group_by("category").aggregate([("interest", "sum")]).to_pylist()
    ranked = sorted((-one["interest_sum"], one["category"]) for one in sums)
    return tuple(category for _, category in ranked[:most])
