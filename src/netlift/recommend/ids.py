"""Names outside, positions inside."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netlift.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

Ints = NDArray[np.int64]
_FEW = 500
"""A name is looked for by itself where there are so many times as many: no table of all is built for it."""


class Ids:
    """Different names in the order of their UTF-8 bytes; a position is a place in that order.

    Args:
        names: any order, may repeat.

    Raises:
        DataError: a name is missing.

    >>> ids = Ids(["tea", "cup"])
    >>> ids.positions(["tea", "pot"]).tolist(), ids.names_of([0])
    ([1, -1], ['cup'])
    """

    def __init__(self, names: "pa.StringArray | pa.ChunkedArray | Iterable[str]") -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        given = names if isinstance(names, pa.Array | pa.ChunkedArray) else pa.array(list(names), pa.string())
        if given.null_count:
            raise DataError(f"{given.null_count} of {len(given)} names are missing: leave rows without an id out")
        different = pc.unique(given.cast(pa.string()))
        self.names: pa.StringArray = different.take(pc.array_sort_indices(different))

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.position(name) >= 0

    def position(self, name: str) -> int:
        """Place of one name, -1 if it is unknown; no table is built for it."""
        wanted = name.encode("utf-8", "surrogatepass")
        at = bisect_left(_Bytes(self.names), wanted)
        return at if at < len(self.names) and self.names[at].as_py() == name else -1

    def positions(self, names: "pa.Array | pa.ChunkedArray | Sequence[str]") -> Ints:
        """Places of many names, -1 where one is unknown, shape (names,)."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if len(names) * _FEW < len(self.names):
            told = names.to_pylist() if isinstance(names, pa.Array | pa.ChunkedArray) else names
            return np.array([-1 if name is None else self.position(name) for name in told], np.int64)
        asked = names if isinstance(names, pa.Array | pa.ChunkedArray) else pa.array(_told(names), pa.string())
        found = pc.fill_null(pc.index_in(asked.cast(pa.string()), value_set=self.names), -1)
        return np.asarray(
            found.to_numpy(zero_copy_only=False) if isinstance(found, pa.Array) else found.to_numpy(), np.int64
        )

    def names_of(self, positions: Ints | Sequence[int]) -> list[str]:
        """Names at places."""
        import pyarrow as pa

        return [str(name) for name in self.names.take(pa.array(np.asarray(positions, np.int64))).to_pylist()]

    def with_also(self, others: "Ids") -> "Ids":
        """These names and others."""
        import pyarrow as pa

        return Ids(pa.concat_arrays([self.names, others.names]))


def _told(names: Sequence[str]) -> list[str | None]:
    """Without those that are no text, such as half of a pair of UTF-16, which are no names of anything."""
    return [name if name is not None and _is_text(name) else None for name in names]


def _is_text(name: str) -> bool:
    return name.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in name)


class _Bytes(Sequence[bytes]):
    """Names as bytes, which is how they are ordered."""

    def __init__(self, names: "pa.StringArray") -> None:
        self._names = names

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, at: int) -> bytes:  # type: ignore[override]
        return bytes(self._names[at].as_buffer())
