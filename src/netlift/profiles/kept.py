"""Profiles and interests of a workspace as of a moment, made on any engine and kept beside its tables."""

from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from netlift.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from netlift.data.workspace import Workspace
    from netlift.engines import Engine, Frame
    from netlift.profiles.as_of import Past


class Kept(NamedTuple):
    """What was made, in an order that is the same every time, and what the outlook is made of."""

    profiles: "pa.Table"
    """`schema.PROFILES`, by customer."""
    interests: "pa.Table"
    """`schema.INTERESTS`, by customer, then category."""
    orders: "pa.Table"
    """`customer_id`, `ordered_at`, `amount_minor` of the orders before the moment; guests are left out."""


def keep(workspace: "Workspace", as_of: datetime | None, kind: str = "duckdb", *, memory_mb: int = 2048) -> Kept:
    """Make profiles and interests and keep both.

    Args:
        workspace: with orders, events or exposures.
        as_of: moment with a time zone; nothing that happened at or after it is read. None: the midnight after the
            last thing that a customer did, in the shop's time zone.
        kind: of the engine.
        memory_mb: what it may hold before it spills to disk.

    Raises:
        ConfigError: there is no such engine, or `as_of` has no time zone.
        DataError: there is nothing to profile, or nobody was known before the moment.
    """
    from netlift.engines import Settings, engine
    from netlift.engines.duckdb import DuckDB, holding
    from netlift.profiles.as_of import Past
    from netlift.profiles.interests import interests
    from netlift.profiles.table import open_frames, profiles
    from netlift.schema import PROFILES

    with TemporaryDirectory(prefix="netlift-spill-") as spill:
        settings = Settings(memory_mb=memory_mb, temp_folder=Path(spill))
        with engine(kind, settings) as opened, ExitStack() as stack:
            frames = open_frames(workspace, opened)
            moment = _day_after(frames, opened, workspace) if as_of is None else as_of
            hold = stack.enter_context(holding(opened.connection)) if isinstance(opened, DuckDB) else None
            table = opened.collect(profiles(frames, moment, hold=hold).select(PROFILES.names).sort("customer_id"))
            liked = opened.collect(interests(frames, moment).sort("customer_id", "category"))
            orders = opened.collect(_orders(Past(frames, moment)))
    if not table.num_rows:
        raise DataError(f"nobody was known before {moment.date()} in {workspace.path}: give a later --as-of")
    workspace.keep("profiles", table)
    workspace.keep("interests", liked)
    return Kept(table, liked, orders)


def _orders(past: "Past") -> "Frame":
    """Of each order what was to be paid for goods, in an order that is the same every time."""
    import narwhals as nw

    amount = (nw.col("list_minor") - nw.col("discount_minor")).alias("amount_minor")
    found = past.of_customers("orders").select("customer_id", "ordered_at", amount)
    return found.sort("customer_id", "ordered_at", "amount_minor")


def _day_after(frames: "Mapping[str, Frame]", opened: "Engine", workspace: "Workspace") -> datetime:
    """Midnight after the last thing that a customer did, in the shop's time zone."""
    import narwhals as nw

    from netlift.profiles.as_of import HAPPENED

    last: list[datetime] = []
    for name in ("orders", "order_lines", "events", "exposures"):
        if name in frames:
            (found,) = opened.collect(frames[name].select(last=nw.col(HAPPENED[name]).max()))["last"].to_pylist()
            last += [found] if found is not None else []
    if not last:
        raise DataError(f"{workspace.path} holds neither orders nor events: take some in with netlift ingest")
    local = max(last).astimezone(ZoneInfo(workspace.settings.timezone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
