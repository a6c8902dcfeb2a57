"""The rows of a plan, packed so that one customer's are found in microseconds and a million fit in 100 MB.

Ids stay in one Arrow buffer, ordered by their UTF-8 bytes, and are found by halving; whatever repeats (offer, arm,
grade, reasons) is a small number. Nothing is a Python object until it is asked for.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from netlift.errors import DataError
from netlift.schema import PLAN, check

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


_NUMBERS = ("propensity", "net_margin", "se", "expected_cost")


class Row(NamedTuple):
    """One row of `schema.PLAN` without its customer; money in minor units."""

    offer_id: str
    arm: str
    propensity: float
    net_margin: float
    se: float
    expected_cost: float
    grade: str
    reasons: tuple[str, ...]


class Rows:
    """A plan's rows by customer.

    Args:
        table: `schema.PLAN`, ordered by customer, then offer, as every plan is that has an id.
        offers: ids of the plan's offers.

    Raises:
        DataError: a row gives an offer that the plan does not have.
    """

    def __init__(self, table: "pa.Table", offers: Sequence[str]) -> None:
        import numpy as np

        table = check(table, PLAN)
        self._count = table.num_rows
        self._ids = _Ids(table["customer_id"])
        self._offer_names, self._offer = _coded(table["offer_id"])
        self._arm_names, self._arm = _coded(table["arm"])
        self._grade_names, self._grade = _coded(table["grade"])
        self._reasons = _Lists(table["reasons"])
        self._numbers = {name: np.asarray(table[name].to_numpy(), dtype=np.float64) for name in _NUMBERS}
        unknown = sorted(set(self._offer_names) - set(offers))
        if unknown:
            raise DataError(
                f"the plan's rows give offer {unknown[0]!r}, which is none of its {len(offers)} offers: "
                "rows and head belong to different plans; make the plan again"
            )

    def __len__(self) -> int:
        return self._count

    def of(self, customer_id: str) -> tuple[Row, ...]:
        """The rows of a customer in the order of the offers' ids; none for somebody whom the plan does not know."""
        wanted = customer_id.encode("utf-8", "surrogatepass")  # such text is nobody's id
        place = bisect_left(self._ids, wanted)
        found = []
        while place < self._count and self._ids[place] == wanted:
            found.append(self._row(place))
            place += 1
        return tuple(found)

    def _row(self, place: int) -> Row:
        numbers = self._numbers
        return Row(
            self._offer_names[self._offer[place]],
            self._arm_names[self._arm[place]],
            float(numbers["propensity"][place]),
            float(numbers["net_margin"][place]),
            float(numbers["se"][place]),
            float(numbers["expected_cost"][place]),
            self._grade_names[self._grade[place]],
            self._reasons[place],
        )


class _Ids(Sequence[bytes]):
    """The bytes of a column of text, one buffer and the places where each entry begins."""

    def __init__(self, column: "pa.ChunkedArray") -> None:
        import numpy as np
        import pyarrow as pa

        whole = pa.concat_arrays(
            [chunk.cast(pa.large_string()) for chunk in column.chunks] or [pa.array([], pa.large_string())]
        )
        _, begins, text = whole.buffers()
        size = len(whole) + 1
        self._at = (
            np.zeros(1, dtype=np.int64).data
            if begins is None or not begins.size
            else np.frombuffer(begins, dtype=np.int64)[whole.offset : whole.offset + size].data
        )
        self._text = memoryview(text if text is not None else b"")

    def __len__(self) -> int:
        return len(self._at) - 1

    def __getitem__(self, place: int) -> bytes:  # type: ignore[override]  # no slices are asked for
        return self._text[self._at[place] : self._at[place + 1]].tobytes()


class _Lists:
    """A column of lists of texts, most of which repeat: every different list is kept once."""

    def __init__(self, column: "pa.ChunkedArray") -> None:
        joined = _joined(column)
        names, self._code = _coded(joined)
        self._lists = [tuple(name.split("\x1f")) if name else () for name in names]

    def __getitem__(self, place: int) -> tuple[str, ...]:
        return self._lists[self._code[place]]


def _joined(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    import pyarrow.compute as pc

    return pc.binary_join(column, "\x1f")


def _coded(column: "pa.ChunkedArray") -> "tuple[list[str], NDArray[np.int32]]":
    """The different texts of a column in their order, and the number of each entry's."""
    import numpy as np
    import pyarrow as pa

    coded = column.dictionary_encode().unify_dictionaries().combine_chunks()
    chunk = coded if isinstance(coded, pa.DictionaryArray) else coded.chunk(0)
    names = chunk.dictionary.to_pylist()
    order = sorted(range(len(names)), key=names.__getitem__)
    rank = np.empty(len(names), dtype=np.int32)
    rank[order] = np.arange(len(names), dtype=np.int32)
    codes = chunk.indices.to_numpy(zero_copy_only=False)
    return [names[place] for place in order], rank[codes] if len(codes) else np.empty(0, dtype=np.int32)
