"""Plain tables that need no shop: read one, guess what its columns are, and turn them into numbers."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError, DataError, SourceError

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]

OUTCOME_WORDS = frozenset(
    "visit visits visited click clicks clicked open opened conversion conversions converted convert purchase purchases "
    "purchased bought order orders spend spent revenue sales profit margin amount gmv basket redeemed redemption "
    "retained churn churned outcome outcomes y units".split()
)
"""A numeric column with one of these words in its name is taken for an outcome."""
BEFORE_WORDS = frozenset(
    "pre prior before past history historic last previous recency frequency tenure baseline age newbie segment since "
    "lifetime gender region".split()
)
"""A column with one of these words in its name is taken to have been known before the test."""
MOST_LEVELS = 20
"""Levels of a text column that become columns of their own; the rest share one."""


def read_table(path: str | Path) -> "pa.Table":
    """Read a CSV (also .gz, or tab-separated) or Parquet file.

    Raises:
        SourceError: the file is missing, is empty, or cannot be parsed.
    """
    import pyarrow as pa
    from pyarrow import csv, parquet

    path = Path(path)
    if not path.is_file():
        raise SourceError(f"{path} is not a file")
    try:
        if path.suffix.lower() in {".parquet", ".pq"}:
            table = parquet.read_table(path)
        else:
            tabs = ".tsv" in "".join(path.suffixes).lower()
            table = csv.read_csv(path, parse_options=csv.ParseOptions(delimiter="\t" if tabs else ","))
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{path} could not be read as a table: {error}") from error
    if table.num_rows == 0:
        raise SourceError(f"{path} holds no rows")
    return table


def words(name: str) -> frozenset[str]:
    """The words of a column name, lower case.

    >>> sorted(words("preSpend_30d"))
    ['30d', 'pre', 'spend']
    """
    spaced = "".join(f" {c}" if c.isupper() and name[i - 1 : i].islower() else c for i, c in enumerate(name))
    return frozenset("".join(c if c.isalnum() else " " for c in spaced).lower().split())


def known(table: "pa.Table", names: Iterable[str]) -> tuple[str, ...]:
    """These names, all of which must be columns.

    Raises:
        ConfigError: a name is not a column (with the nearest one).
    """
    from difflib import get_close_matches

    names = tuple(names)
    for name in names:
        if name not in table.column_names:
            near = get_close_matches(name, table.column_names, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ConfigError(f"no column {name!r}; there are: {', '.join(table.column_names)}{hint}")
    return names


def is_numeric(table: "pa.Table", name: str) -> bool:
    """Whether a column holds numbers or true / false."""
    import pyarrow as pa

    kind = table.schema.field(name).type
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_decimal(kind)
    )


def numbers_of(table: "pa.Table", name: str) -> Floats:
    """A numeric column as floats; empty cells become nan.

    Raises:
        DataError: the column holds text.
    """
    import pyarrow as pa

    if not is_numeric(table, name):
        raise DataError(f"column {name!r} must hold numbers, it holds {table.schema.field(name).type}")
    column = table[name]
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    return np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def texts_of(table: "pa.Table", name: str) -> NDArray[np.str_]:
    """A column as text; empty cells become ""."""
    import pyarrow as pa

    return np.array([value or "" for value in table[name].cast(pa.string()).to_pylist()], dtype=np.str_)


def distinct(table: "pa.Table", name: str) -> int:
    """Number of different values, empty cells not counted."""
    import pyarrow.compute as pc

    return int(pc.count_distinct(table[name], mode="only_valid").as_py())


def encoded(table: "pa.Table", names: Sequence[str]) -> tuple[Floats, tuple[str, ...]]:
    """Covariates as a matrix (n, p), with the source column of each of its columns.

    Numbers stay; their empty cells become the mean, with a column that marks them. Text becomes one column per
    level, of which the `MOST_LEVELS` commonest have their own.
    """
    parts: list[Floats] = []
    sources: list[str] = []
    for name in names:
        block = _numeric_block(numbers_of(table, name)) if is_numeric(table, name) else _levels(texts_of(table, name))
        parts.append(block)
        sources.extend([name] * block.shape[1])
    return (np.concatenate(parts, axis=1) if parts else np.zeros((table.num_rows, 0))), tuple(sources)


def _numeric_block(values: Floats) -> Floats:
    empty = ~np.isfinite(values)
    if not empty.any():
        return values[:, None]
    mean = values[~empty].mean() if not empty.all() else 0.0
    return np.column_stack([np.where(empty, mean, values), empty.astype(np.float64)])


def _levels(values: NDArray[np.str_]) -> Floats:
    names, counts = np.unique(values, return_counts=True)
    common = names[np.argsort(-counts, kind="stable")][:MOST_LEVELS]
    return (values[:, None] == common[None]).astype(np.float64)


def as_json(value: object) -> object:
    """Dataclasses, named tuples, mappings and sequences as plain JSON values; nan and infinity become null."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    if is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [as_json(item) for item in value]
    return _scalar(value)


def _scalar(value: object) -> bool | str | int | float | None:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return str(value)
