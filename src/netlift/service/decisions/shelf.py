"""The shelf that is served: opened once per process, and replaced whole when another one was made.

One look at a file's time a request tells whether there is a newer one. It is opened on a thread of its own while the
old one goes on answering; one that is damaged is told to the log, and the old one stays.
"""

import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from netlift.errors import DataError
from netlift.service.core.logs import say
from netlift.service.core.refusals import Unavailable
from netlift.service.runs.shelf import files

if TYPE_CHECKING:
    import pyarrow as pa

Places = NDArray[np.int32]
Floats = NDArray[np.float32]
_MANY = 200
_TRIES = 5
_NOTHING: tuple[Places, Floats] = (np.empty(0, np.int32), np.empty(0, np.float32))


class Personal(NamedTuple):
    """A customer's list, best first, and what they had bought when it was made."""

    places: Places
    scores: Floats
    codes: NDArray[np.uint16]
    about: Places
    bought: Places


class Shelf:
    """A shelf, its files mapped into memory; shared by all threads of a process.

    Args:
        folder: where its files are.

    Raises:
        DataError: one of them is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.made_at = datetime.fromtimestamp((folder / files.HEAD).stat().st_mtime, UTC)
        self.head = files.read_head(folder)
        self._goods = files.table_of(folder, self.head.goods)
        self._lists = [files.table_of(folder, file) for file in self.head.lists]
        popular = files.table_of(folder, self.head.popular)
        self.ids: pa.StringArray = _column(self._goods, "product_id")
        self._segments = {name: at for at, name in enumerate(_column(popular, "segment").to_pylist())}
        self._popular = {name: (_column(popular, name)) for name in ("places", "shares")}
        self.margin = np.asarray(_column(self._goods, "margin_minor").fill_null(0).to_numpy(zero_copy_only=False))

    def __len__(self) -> int:
        return len(self.ids)

    def place(self, product_id: str) -> int:
        """Place of a product; -1: unknown."""
        at = _found(self.ids, product_id)
        return at if at < len(self.ids) and self.ids[at].as_py() == product_id else -1

    def places(self, products: Iterable[str]) -> Places:
        """Places of products; those that are unknown are left out."""
        import pyarrow as pa
        import pyarrow.compute as pc

        asked = list(products)
        if len(asked) > _MANY:  # then one look at all is quicker than one for each
            return np.flatnonzero(np.asarray(pc.is_in(self.ids, value_set=pa.array(asked, pa.string())))).astype(
                np.int32
            )
        found = [at for name in asked if (at := self.place(name)) >= 0]
        return np.array(found, np.int32)

    def names(self, places: Places) -> list[str]:
        """Products at places."""
        import pyarrow as pa

        return [str(name) for name in self.ids.take(pa.array(places)).to_pylist()]

    def said(self, column: str, places: Places) -> list[Any]:
        """`name` or `category` of products at places; None where it is not known."""
        import pyarrow as pa

        return list(_column(self._goods, column).take(pa.array(places)).to_pylist())

    def of_category(self, category: str) -> Places:
        """Products of a category."""
        import pyarrow.compute as pc

        mine = pc.fill_null(pc.equal(_column(self._goods, "category"), category), False)
        return np.flatnonzero(np.asarray(mine)).astype(np.int32)

    def personal(self, customer: str) -> Personal | None:
        """A customer's list; None: they have none."""
        shard = files.shard_of(self.head, customer)
        if shard < 0:
            return None
        table = self._lists[shard]
        names = _column(table, "customer_id")
        at = _found(names, customer)
        if at == len(names) or names[at].as_py() != customer:
            return None
        return Personal(*(_row(table, name, at) for name in ("places", "scores", "codes", "about", "bought")))

    def popular(self, segments: Iterable[str] = ()) -> tuple[Places, Floats]:
        """What is popular, best first, and its share: in the first of the segments that is known, else with all."""
        known = next((name for name in segments if name and name in self._segments), "")
        at = self._segments[known]
        return _values(self._popular["places"], at), _values(self._popular["shares"], at)

    def related(self, place: int, kind: str) -> tuple[Places, Floats]:
        """Products that belong to one, the closest first, and how close."""
        if place < 0:
            return _NOTHING
        return _row(self._goods, kind, place), _row(self._goods, f"{kind}_score", place)

    def reason(self, code: int, about: int) -> str:
        """A reason as the library writes it."""
        told = self.head.codes[code]
        return told if about < 0 else f"{told}:{self.ids[about].as_py()}"


def ready(customer: str) -> list[str]:
    """Products of the list that lies ready for a customer, read from the files as they are now.

    Raises:
        DataError: they are damaged.
    """
    where = folder()
    if files.stamp(where) is None:
        return []
    head = files.read_head(where)
    shard = files.shard_of(head, customer)
    table = files.table_of(where, head.lists[shard]) if shard >= 0 else None
    names = [] if table is None else _column(table, "customer_id")
    at = _found(names, customer)
    if table is None or at == len(names) or names[at].as_py() != customer:
        return []
    goods = _column(files.table_of(where, head.goods), "product_id")
    return [goods[place].as_py() for place in _row(table, "places", at).tolist()]


def folder() -> Path:
    """Where the shelf lies."""
    workspace: Path = settings.FOLDER.workspace
    return files.place_of(workspace)


class _Slot:
    """The shelf of this process."""

    def __init__(self) -> None:
        self.stamp: Any = None
        self.shelf: Shelf | None = None
        self.opening: threading.Thread | None = None
        self.lock = threading.Lock()


_slot = _Slot()


def shelf() -> Shelf:
    """What is served at this moment.

    Raises:
        Unavailable: nothing was learned yet, or the only one that there is is damaged.
    """
    where = folder()
    stamp = files.stamp(where)
    kept, seen = _slot.shelf, _slot.stamp
    if seen == (where, stamp) and kept is not None:
        return kept
    if stamp is None:
        raise Unavailable("nothing was learned for lists yet: run a job of the kind recommend", "no_lists")
    if kept is None or seen is None or seen[0] != where:
        _open(where, stamp)
        kept = _slot.shelf
    elif _slot.lock.acquire(blocking=False):
        try:
            if _slot.opening is None or not _slot.opening.is_alive():
                _slot.opening = threading.Thread(target=_open, args=(where, stamp), daemon=True)
                _slot.opening.start()
        finally:
            _slot.lock.release()
    if kept is None:
        raise Unavailable(
            "what was learned for lists is damaged: run a job of the kind recommend again", "lists_damaged"
        )
    return kept


def settle() -> None:
    """Wait for the shelf that is being opened, if one is."""
    opening = _slot.opening
    if opening is not None:
        opening.join()


def _open(where: Path, stamp: Any) -> None:
    """Open what lies there; a damaged one leaves what was served before."""
    with _slot.lock:
        if _slot.stamp == (where, stamp):
            return
        other = _slot.stamp is None or _slot.stamp[0] != where
        for _ in range(_TRIES):
            try:
                _slot.shelf = Shelf(where)
                break
            except (DataError, OSError, KeyError, IndexError) as error:
                newer = files.stamp(where)
                if newer in (stamp, None):
                    say("lists_damaged", error=error)
                    if other:
                        _slot.shelf = None
                    break
                stamp = newer  # it was replaced while it was opened
        _slot.stamp = (where, stamp)


def _found(names: "pa.StringArray", wanted: str) -> int:
    """Where a name is or would be, among names in the order of their bytes."""
    low, high = 0, len(names)
    while low < high:
        middle = (low + high) // 2
        if names[middle].as_py() < wanted:
            low = middle + 1
        else:
            high = middle
    return low


def _column(table: "pa.Table", name: str) -> Any:
    return table[name].chunk(0) if table[name].num_chunks else table[name].combine_chunks()


def _row(table: "pa.Table", name: str, at: int) -> Any:
    return _values(_column(table, name), at)


def _values(lists: Any, at: int) -> Any:
    return lists[at].values.to_numpy(zero_copy_only=False)
