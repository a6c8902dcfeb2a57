"""The table of profiles: every feature family of every customer who was known, as of a moment, on any engine."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import narwhals as nw

from netlift.engines import Engine, Frame
from netlift.profiles.as_of import Past
from netlift.profiles.features import FAMILIES, Column
from netlift.schema import KEYS, TABLES

if TYPE_CHECKING:
    from netlift.data.workspace import Workspace

_TYPES = MappingProxyType({"int64": nw.Int64(), "float64": nw.Float64(), "string": nw.String(), "bool": nw.Boolean()})


def columns(families: Iterable[str] | None = None) -> tuple[Column, ...]:
    """The data dictionary: the columns of these families (all if none are named), in the order of the table.

    >>> [column.name for column in columns(["home"])]
    ['region', 'accepts_marketing']
    """
    return tuple(column for kind in _kinds(families) for column in FAMILIES[kind].columns)


def profiles(
    frames: Mapping[str, Frame],
    as_of: datetime,
    *,
    families: Iterable[str] | None = None,
    hold: Callable[[Frame], Frame] | None = None,
) -> Frame:
    """What was known of each customer before `as_of`, as one wide lazy frame.

    Args:
        frames: named tables as lazy frames of one engine (see `open_frames`); those that are not there are empty.
        as_of: moment with a time zone; nothing that happened at or after it is read (see `netlift.profiles.as_of`).
        families: kinds of feature families; None: all.
        hold: what computes a frame at once, as `engines.duckdb.holding` does, so that the families are joined as
            tables; None: all stays one lazy frame.

    Returns:
        One row per customer who was known, in no particular order: `customer_id`, `as_of`, then the families'
        columns. With all built-in families these are the columns of `schema.PROFILES`.

    Raises:
        ConfigError: `as_of` has no time zone, or there is no such family.
        DataError: there is no table at all.
    """
    shop, kinds = Past(frames, as_of), _kinds(families)
    settled = hold or _lazy
    table = settled(shop.customers().with_columns(as_of=nw.lit(shop.as_of)))
    for kind in kinds:
        family = FAMILIES[kind]()
        names = [column.name for column in family.columns]
        part = settled(family.frame(shop).select("customer_id", *names))
        table = table.join(part, on="customer_id", how="left")
    return table.select("customer_id", "as_of", *(_filled(column) for column in columns(kinds)))


def _lazy(frame: Frame) -> Frame:
    """Computes nothing yet."""
    return frame


def _kinds(families: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(FAMILIES if families is None else families))


def open_frames(workspace: "Workspace", engine: Engine) -> dict[str, Frame]:
    """The tables of a workspace as lazy frames of `engine`; those without a file are left out.

    Several files that describe the same customer, product or promotion are merged: for each column the value of the
    newest file that has one.

    Args:
        workspace: where the tables lie.
        engine: started; it stays the caller's to close.
    """
    from netlift.data.workspace import DESCRIBED

    frames: dict[str, Frame] = {}
    for name in workspace.names:
        files = workspace.files(name)
        if name in DESCRIBED and len(files) > 1:
            frames[name] = _merged(engine, name, files)
        else:
            frames[name] = engine.open({name: files[0].parent}).frame(name)
    return frames


def _merged(engine: Engine, name: str, files: tuple[Path, ...]) -> Frame:
    """One row per key: for each column the value of the newest file (the last) that has one."""
    batches = {f"{name}.{age}": file for age, file in enumerate(files)}
    opened = engine.open(batches)
    whole = nw.concat([opened.frame(batch).with_columns(_age=nw.lit(age)) for age, batch in enumerate(batches)])
    (key,) = KEYS[name]
    values = [field.name for field in TABLES[name] if field.name != key]
    filled = whole.with_columns(
        nw.col(*values).fill_null(strategy="forward").over(key, order_by="_age"), _newest=nw.col("_age").max().over(key)
    )
    last = filled.filter(nw.col("_age") == nw.col("_newest"))
    return last.group_by(key).agg(nw.col(*values).max())  # one file may describe a thing twice


def _filled(column: Column) -> nw.Expr:
    """The column in its declared type, with its fill."""
    value = nw.col(column.name).cast(_TYPES[column.kind])
    return value if column.fill is None else value.fill_null(column.fill)
