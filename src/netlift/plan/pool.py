"""Who could get what: the response table, cut down to the personal candidates and to those who may get them.

The table is read a part at a time; what is kept is some 50 bytes per eligible customer and offer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netlift.candidates.candidate import Candidate, Scope
from netlift.errors import ConfigError, DataError
from netlift.response.results import Learned
from netlift.types import Grade

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

TOGETHER = 1_000_000
"""Rows that are looked up at once."""
GRADES = tuple(Grade)
_MONEY = ("net_margin", "se", "expected_cost", "liability", "p_buy")


@dataclass(frozen=True, eq=False)
class Eligible:
    """The customers of a shop, and which of them may get what.

    Raises:
        DataError: ids that do not ascend, or a mask of another length.
    """

    customer_id: "pa.Array"
    """Text, ascending, each once, shape (customers,)."""
    masks: Mapping[str, Bools] = field(default_factory=lambda: MappingProxyType({}))
    """Offer id -> who may get it, shape (customers,); an offer that is not here may go to everybody."""
    segments: Mapping[str, Bools] = field(default_factory=lambda: MappingProxyType({}))
    """Names of parts of the customers, for minimum shares and reports."""

    def __post_init__(self) -> None:
        import pyarrow.compute as pc

        ids = self.customer_id
        if len(ids) > 1 and not pc.all(pc.less(ids[:-1], ids[1:])).as_py():
            raise DataError("customers of a plan must come in ascending order of their ids, each once")
        for name, mask in (*self.masks.items(), *self.segments.items()):
            if len(mask) != len(ids):
                raise DataError(f"{name!r}: {len(mask)} customers in the mask, {len(ids)} in all")

    @classmethod
    def of(
        cls, customer_id: "pa.Array | pa.ChunkedArray", masks: Mapping[str, Bools], segments: Mapping[str, Bools]
    ) -> "Eligible":
        """Customers in any order, e.g. that of the profiles, with masks in the same order."""
        import pyarrow as pa
        import pyarrow.compute as pc

        ids = pa.chunked_array(customer_id) if not isinstance(customer_id, pa.Array) else customer_id
        ids = ids.combine_chunks() if isinstance(ids, pa.ChunkedArray) else ids
        order = pc.sort_indices(ids).to_numpy()
        moved = [{name: mask[order] for name, mask in part.items()} for part in (masks, segments)]
        return cls(ids.cast(pa.string()).take(pa.array(order)), *map(MappingProxyType, moved))


@dataclass(frozen=True, eq=False)
class Pool:
    """Customer x offer pairs that a plan may choose from, ordered by customer, then offer; one array entry each."""

    eligible: Eligible
    candidates: tuple[Candidate, ...]
    """The personal ones, by number."""
    learned: tuple[Learned | None, ...]
    """What is known of each."""
    owner: NDArray[np.int32]
    """Number of the customer."""
    offer: NDArray[np.int16]
    """Number of the candidate."""
    net: Floats
    """Expected to earn, minor units."""
    se: Floats
    cost: Floats
    """Expected spend, minor units."""
    liability: Floats
    p_buy: Floats
    """NaN where it is not known."""
    grade: NDArray[np.int8]
    """Place in `GRADES`."""
    reason: NDArray[np.int32]
    """Place in `reasons`."""
    reasons: tuple[tuple[str, ...], ...]

    @property
    def customers(self) -> int:
        """How many there are, with or without an offer that they may get."""
        return len(self.eligible.customer_id)

    @property
    def offers(self) -> tuple[str, ...]:
        """Ids of the candidates by number."""
        return tuple(one.offer.offer_id for one in self.candidates)

    def __len__(self) -> int:
        return len(self.owner)

    def sums(self, cells: Ints, amounts: Floats) -> Floats:
        """Sum of amounts (one per chosen pair) by offer, shape (offers,)."""
        found: Floats = np.bincount(self.offer[cells], amounts, len(self.candidates)).astype(np.float64)
        return found


def read_pool(
    rows: "pa.Table | pa.RecordBatchReader | Iterable[pa.RecordBatch]",
    candidates: Sequence[Candidate],
    learned: Sequence[Learned],
    eligible: Eligible,
    *,
    left_out: Bools | None = None,
) -> Pool:
    """The pairs that a plan may choose from.

    A candidate without rows of its own that repeats a past offer gets a copy of that offer's rows.

    Args:
        rows: of `schema.RESPONSE`, in any order.
        candidates: only the personal ones count.
        learned: what is known of each offer.
        eligible: customers and who may get what.
        left_out: customers who get nothing, e.g. of a global hold-out, shape (customers,).

    Raises:
        DataError: a customer and offer stand twice, or money is not finite.
        ConfigError: two candidates of one id.
    """
    personal = tuple(sorted((c for c in candidates if c.scope is Scope.PERSONAL), key=lambda c: c.offer.offer_id))
    ids = [one.offer.offer_id for one in personal]
    if twice := next((a for a, b in pairwise(ids) if a == b), None):
        raise ConfigError(f"two candidates have the id {twice!r}")
    known = {one.offer.offer_id: one for one in learned}
    found = tuple(known.get(one.offer.offer_id) or known.get(one.past or "") for one in personal)
    reader = _Reader(personal, eligible, left_out)
    for part in _parts(rows):
        reader.take(part)
    return reader.pool(found)


def _parts(rows: "pa.Table | pa.RecordBatchReader | Iterable[pa.RecordBatch]") -> "Iterator[pa.Table]":
    """Batches put together until looking up their customers is worth it."""
    import pyarrow as pa

    batches = rows.to_batches() if isinstance(rows, pa.Table) else rows
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(one.num_rows for one in waiting) >= TOGETHER:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


class _Reader:
    """Takes parts of the table, and makes the pool of them."""

    def __init__(self, candidates: tuple[Candidate, ...], eligible: Eligible, left_out: Bools | None) -> None:
        self.candidates, self.eligible = candidates, eligible
        everybody = np.ones(len(eligible.customer_id), np.bool_) if left_out is None else ~left_out
        self.open = [eligible.masks.get(one.offer.offer_id, everybody) & everybody for one in candidates]
        self.own = {one.offer.offer_id: number for number, one in enumerate(candidates)}
        self.copies = [(one.past, number) for number, one in enumerate(candidates) if one.past]
        self.seen: set[int] = set()
        self.parts: list[tuple[int, bool, dict[str, np.ndarray]]] = []
        self.reasons: dict[str, int] = {}

    def take(self, part: "pa.Table") -> None:
        import pyarrow.compute as pc

        wanted = [(offer, number, True) for offer, number in self.own.items()]
        wanted += [(offer, number, False) for offer, number in self.copies]
        present = set(pc.unique(part["offer_id"]).to_pylist())
        for offer, number, own in wanted:
            if offer in present:
                rows = part.filter(pc.equal(part["offer_id"], offer))
                self._keep(rows, number, own=own)

    def _keep(self, rows: "pa.Table", number: int, *, own: bool) -> None:
        import pyarrow.compute as pc

        if own:
            self.seen.add(number)
        place = pc.index_in(rows["customer_id"], value_set=self.eligible.customer_id)
        place = place.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
        kept = place >= 0
        kept[kept] = self.open[number][place[kept]]
        columns = {name: _floats(rows[name])[kept] for name in _MONEY}
        columns["owner"] = place[kept]
        columns["grade"] = self._grades(rows)[kept]
        columns["reason"] = self._reasons(rows)[kept]
        self.parts.append((number, own, columns))

    def _grades(self, rows: "pa.Table") -> "np.ndarray":
        coded = rows["grade"].combine_chunks().dictionary_encode()
        places = np.array([GRADES.index(Grade(one)) for one in coded.dictionary.to_pylist()], np.int8)
        return places[coded.indices.to_numpy(zero_copy_only=False)] if len(places) else np.zeros(0, np.int8)

    def _reasons(self, rows: "pa.Table") -> "np.ndarray":
        import pyarrow.compute as pc

        coded = pc.binary_join(rows["reasons"].combine_chunks(), "\x1f").dictionary_encode()
        texts = coded.dictionary.to_pylist()
        places = np.array([self.reasons.setdefault(text, len(self.reasons)) for text in texts], np.int32)
        return places[coded.indices.to_numpy(zero_copy_only=False)] if len(places) else np.zeros(0, np.int32)

    def pool(self, learned: tuple[Learned | None, ...]) -> Pool:
        kept = [(n, columns) for n, own, columns in self.parts if own or n not in self.seen]
        offer = np.concatenate([np.zeros(0, np.int16), *(np.full(len(c["owner"]), n, np.int16) for n, c in kept)])
        joined = {
            name: np.concatenate([np.zeros(0, kind), *(c[name] for _, c in kept)])
            for name, kind in (
                *((one, np.float64) for one in _MONEY), ("owner", np.int32), ("grade", np.int8), ("reason", np.int32)
            )
        }  # fmt: skip
        order = np.lexsort((offer, joined["owner"]))
        offer, joined = offer[order], {name: column[order] for name, column in joined.items()}
        owner = joined["owner"]
        again = (owner[1:] == owner[:-1]) & (offer[1:] == offer[:-1])
        if again.any():
            at = int(again.argmax())
            who, what = self.eligible.customer_id[int(owner[at])].as_py(), self.candidates[int(offer[at])]
            raise DataError(f"the response table has customer {who!r} and offer {what.offer.offer_id!r} twice")
        for name in _MONEY[:4]:
            if not np.isfinite(joined[name]).all():
                raise DataError(f"column {name} of the response table holds a value that is not finite")
        ordered, place = _in_order(self.reasons)
        return Pool(
            self.eligible, self.candidates, learned, owner, offer, joined["net_margin"], joined["se"],
            joined["expected_cost"], joined["liability"], joined["p_buy"], joined["grade"],
            place[joined["reason"]] if len(place) else joined["reason"], ordered,
        )  # fmt: skip


def _in_order(reasons: Mapping[str, int]) -> tuple[tuple[tuple[str, ...], ...], NDArray[np.int32]]:
    """Lists of reasons in order of their text, and the new place of each old one: no trace of the rows' order."""
    texts = sorted(reasons)
    place = np.empty(len(texts), np.int32)
    for new, text in enumerate(texts):
        place[reasons[text]] = new
    return tuple(tuple(text.split("\x1f")) if text else () for text in texts), place


def _floats(column: "pa.ChunkedArray") -> Floats:
    return np.asarray(column.to_numpy(), np.float64)
