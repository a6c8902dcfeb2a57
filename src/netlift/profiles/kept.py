"""Profiles and interests of a workspace as of a moment, made on any engine and kept beside its tables."""

from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pyarrow as pa

    from netlift.data.workspace import Workspace


class Kept(NamedTuple):
    """Both tables, in an order that is the same every time."""

    profiles: "pa.Table"
    """`schema.PROFILES`, by customer."""
    interests: "pa.Table"
    """`schema.INTERESTS`, by customer, then category."""


def keep(workspace: "Workspace", as_of: datetime, kind: str = "duckdb", *, memory_mb: int = 2048) -> Kept:
    """Make profiles and interests and keep both.

    Args:
        workspace: with orders, events or exposures.
        as_of: moment with a time zone; nothing that happened at or after it is read.
        kind: of the engine.
        memory_mb: what it may hold before it spills to disk.

    Raises:
        ConfigError: there is no such engine, or `as_of` has no time zone.
    """
    from netlift.engines import Settings, engine
    from netlift.engines.duckdb import DuckDB, holding
    from netlift.profiles.interests import interests
    from netlift.profiles.table import open_frames, profiles
    from netlift.schema import PROFILES

    with TemporaryDirectory(prefix="netlift-spill-") as spill:
        settings = Settings(memory_mb=memory_mb, temp_folder=Path(spill))
        with engine(kind, settings) as opened, ExitStack() as stack:
            frames = open_frames(workspace, opened)
            hold = stack.enter_context(holding(opened.connection)) if isinstance(opened, DuckDB) else None
            table = opened.collect(profiles(frames, as_of, hold=hold).select(PROFILES.names).sort("customer_id"))
            liked = opened.collect(interests(frames, as_of).sort("customer_id", "category"))
    workspace.keep("profiles", table)
    workspace.keep("interests", liked)
    return Kept(table, liked)
