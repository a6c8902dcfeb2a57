"""Opening the past of a workspace: a connection with its tables, on which a shop's views are ready."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from netlift.history.shop import Shop, Terms, open_shop
from netlift.schema import TABLES

if TYPE_CHECKING:
    from netlift.data.workspace import Workspace


@contextmanager
def opened(workspace: "Workspace", terms: Terms | None = None, *, memory_mb: int = 2048) -> Iterator[Shop]:
    """A shop's past, for a block; the connection is closed at its end.

    Args:
        workspace: with orders.
        terms: what turns revenue into profit where the data do not say; None: the defaults.
        memory_mb: what the engine may hold before it spills to disk.

    Raises:
        DataError: there is not a single order line.
    """
    from netlift.engines.base import Settings
    from netlift.engines.duckdb import connect

    with connect(Settings(memory_mb=memory_mb, temp_folder=workspace.path / "spill")) as con:
        for name in TABLES:
            workspace.relation(con, name).create_view(name)
        yield open_shop(con, terms or Terms())
