"""Lists as rows: customers block by block, scored by a recommender if it knows them and by what is popular if not."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from netlift.recommend.about import About
from netlift.recommend.ids import Ints
from netlift.recommend.interactions import Interactions
from netlift.recommend.popularity import Popularity
from netlift.recommend.rank import Scores, Shelf, starts_of
from netlift.recommend.rules import Rules

if TYPE_CHECKING:
    import pyarrow as pa


UNLINKED = 1e-20
"""What the most popular product would score where nothing else speaks for it: less than any link."""
CELLS = 40_000_000
"""Scores that are held at a time: 160 MB; where goods are many, blocks of customers are smaller."""


class Knowing(Protocol):
    """What lists ask of a recommender that has learned; see `recommender.Recommender`."""

    @property
    def kind(self) -> str:
        """Short name."""

    @property
    def seen_(self) -> Interactions:
        """What it learned from."""

    @property
    def about_(self) -> About:
        """What else it was told."""

    def knows(self, users: Ints) -> NDArray[np.bool_]:
        """Of which users it can say more than of anybody, shape (users,)."""

    def popularity(self) -> Popularity:
        """What the others are shown."""

    def _score(self, users: Ints) -> Scores:
        """Shape (users, items)."""

    def reason_lists(self, users: Ints, items: Ints, starts: Ints) -> "pa.ListArray":
        """Of many items at once."""


def lists(
    model: Knowing, users: Sequence[str] | None, n: int, rules: Rules | Shelf, had: Interactions, *, block: int
) -> "pa.Table":
    """See `Recommender.recommend`."""
    import pyarrow as pa

    from netlift.schema import RECOMMENDATIONS

    seen = model.seen_
    shelf = rules if isinstance(rules, Shelf) else Shelf.of(seen.items, model.about_, rules)
    place = np.arange(len(seen.users)) if users is None else seen.users.positions(users)
    names = seen.users.names if users is None else pa.array(_texts(users), pa.string())
    single = bool(shelf.rules.excluded_by_user or (shelf.rules.fatigue and shelf.shown))
    known = place >= 0
    known[known] = model.knows(place[known])
    place = np.where(known, place, -1)
    popular = None if known.all() else model.popularity()
    bought: tuple[Any, Any] = (had.matrix.indptr, had.matrix.indices)
    parts, block = [], min(block, max(CELLS // max(len(seen.items), 1), 1))
    for start in range(0, len(place), block):
        rows, who = place[start : start + block], names[start : start + block]
        told = _single(users, who, start) if single else [""] * len(rows)
        best = np.full((len(rows), min(n, len(seen.items))), -1, np.int64)
        worth = np.zeros(best.shape, np.float32)
        old, new = np.flatnonzero(rows >= 0), np.flatnonzero(rows < 0)
        if len(old):
            who_of = [told[i] for i in old]
            best[old], worth[old] = _known(model, shelf, n, _Asked(rows[old], who_of, bought))
        if popular is not None and len(new):
            scores = _newcomers(model, popular, who.take(pa.array(new)))
            best[new], worth[new] = shelf.best(scores, n, names=[told[i] for i in new], users=rows[new], bought=bought)
        parts.append(_batch(model, popular, _Picked(who, rows, best, worth)))
    return pa.Table.from_batches(parts, schema=RECOMMENDATIONS)


def _single(users: Sequence[str] | None, who: "pa.StringArray", start: int) -> list[str]:
    """Names as rules have them."""
    given = isinstance(users, list | tuple)
    return list(users[start : start + len(who)]) if users is not None and given else who.to_pylist()


def _texts(names: "Sequence[str] | pa.Array") -> "Sequence[str] | pa.Array":
    """Names as they can be written down: what is no text gets the sign for that."""
    if not isinstance(names, list | tuple) or all(name.isascii() for name in names):
        return names
    return [name.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for name in names]


class _Picked(NamedTuple):
    """What `Shelf.best` found for customers of a block."""

    who: "pa.StringArray"
    rows: Ints
    """Of the matrix; -1: a newcomer."""
    best: Ints
    worth: Scores


class _Asked(NamedTuple):
    """Known customers of a block."""

    rows: Ints
    names: Sequence[str]
    bought: tuple[Any, Any]


def _known(model: Knowing, shelf: Shelf, n: int, asked: _Asked) -> tuple[Ints, Scores]:
    """Places and scores; where a list holds goods of score 0, for which nothing speaks, the popular ones of them."""
    scores = model._score(asked.rows)
    best, worth = shelf.best(scores, n, names=asked.names, users=asked.rows, bought=asked.bought)
    short = np.flatnonzero(((np.take_along_axis(scores, np.maximum(best, 0), axis=1) == 0) & (best >= 0)).any(axis=1))
    if len(short):
        filled = unlinked(scores[short], model.popularity())
        names = [asked.names[row] for row in short.tolist()]
        best[short], found = shelf.best(filled, n, names=names, users=asked.rows[short], bought=asked.bought)
        worth[short] = np.where(np.abs(found) <= UNLINKED, 0, found)
    return best, worth


def unlinked(scores: Scores, popular: Popularity) -> Scores:
    """Scores with what is popular in the place of those that are 0; all others stay as they are."""
    found: Scores = scores + np.float32(UNLINKED) * popular.everybody
    return found


def _newcomers(model: Knowing, popular: Popularity, names: "pa.StringArray") -> Scores:
    """What is popular in the segment of each, where that is known."""
    users = model.about_.users
    if users is None or "segment" not in users.column_names:
        return np.repeat(popular.everybody[None], len(names), axis=0)
    import pyarrow.compute as pc

    at = pc.index_in(names, value_set=users["customer_id"].cast("string").combine_chunks())
    return np.stack([popular.newcomer(segment) for segment in users["segment"].take(at).to_pylist()])


def _batch(model: Knowing, popular: Popularity | None, found: _Picked) -> "pa.RecordBatch":
    """Rows of `schema.RECOMMENDATIONS`."""
    import pyarrow as pa

    from netlift.schema import RECOMMENDATIONS

    row, rank = np.nonzero(found.best >= 0)
    items, known = found.best[row, rank], found.rows >= 0
    mine = known[row]
    reasons = model.reason_lists(found.rows[known], items[mine], starts_of((found.best >= 0).sum(axis=1)[known]))
    if popular is not None and not mine.all():
        told = [("new_customer", *why) for why in popular.reasons(items[~mine])]
        place = np.empty(len(items), np.int64)
        place[np.argsort(~mine, kind="stable")] = np.arange(len(items))
        reasons = pa.concat_arrays([reasons, pa.array(told, reasons.type)]).take(pa.array(place))
    reasons = _heard_of(model, reasons, items)
    source = pa.array([model.kind], pa.string()).take(pa.array(np.zeros(len(items), np.int64)))
    return pa.record_batch(
        [
            found.who.take(pa.array(row)), pa.array(rank + 1), model.seen_.items.names.take(pa.array(items)),
            pa.array(found.worth[row, rank].astype(np.float64)), source, reasons,
        ],
        schema=RECOMMENDATIONS,
    )  # fmt: skip


def _heard_of(model: Knowing, reasons: "pa.ListArray", items: Ints) -> "pa.ListArray":
    """Nothing is known of what would be called popular, but nobody ever had."""
    import pyarrow as pa
    import pyarrow.compute as pc

    codes = reasons.flatten()
    popular = np.asarray(pc.equal(codes, "popular").to_numpy(zero_copy_only=False), np.bool_)
    if not popular.any():
        return reasons
    sizes = np.asarray(pc.list_value_length(reasons), np.int64)
    never = (model.popularity().everybody == 0)[np.repeat(items, sizes)] & popular
    if not never.any():
        return reasons
    told = pc.if_else(pa.array(never), "nothing_known", codes)
    return pa.ListArray.from_arrays(pa.array(starts_of(sizes), pa.int32()), told)
