"""Lists: the best n of each customer under the rules, refilled until they are full or nothing is left.

In turn: what may not be shown is struck out; scores are brought to 0..1 among what is left; margin and fatigue change
them; the best are taken, one by one where variety counts. The limit of a category is the only rule that gives way: it
must not leave a place empty. Of equal scores the first by id wins.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from netlift.recommend import top
from netlift.recommend.ids import Ids, Ints
from netlift.recommend.interactions import Places
from netlift.recommend.popularity import Popularity
from netlift.recommend.recommender import Recommender, Scores
from netlift.recommend.rules import Rules

if TYPE_CHECKING:
    import pyarrow as pa

    from netlift.recommend.about import About

_BOUGHT = {"allow": top.ALLOW, "exclude": top.EXCLUDE, "only": top.ONLY}


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """Rules in positions; looking up a large stock takes longer than a list, so keep it where many are asked for."""

    rules: Rules
    items: Ids
    goods: top.Goods
    shown: Mapping[str, Sequence[tuple[str, int]]]
    """By customer: products that were shown without an answer, and how often."""

    @classmethod
    def of(cls, items: Ids, about: "About", rules: Rules) -> Self:
        """Look up what the rules name; what the catalogue does not hold is passed over."""
        allowed = np.ones(len(items), np.bool_) if rules.in_stock is None else _marked(items, rules.in_stock)
        goods = top.Goods(
            allowed & ~_marked(items, rules.excluded), _marked(items, rules.replenishable),
            _category(items, about), _margin(items, about),
        )  # fmt: skip
        return cls(rules, items, goods, _by_customer(rules.shown))

    def also(
        self,
        excluded_by_user: Mapping[str, Collection[str]] | None = None,
        shown: Mapping[tuple[str, str], int] | None = None,
    ) -> Self:
        """The same shelf with other rules about single customers; nothing else is looked up again.

        Args:
            excluded_by_user: see `Rules`; None: as before.
            shown: see `Rules`; None: as before.
        """
        hidden = self.rules.excluded_by_user if excluded_by_user is None else excluded_by_user
        again = self.rules.shown if shown is None else shown
        rules = replace(self.rules, excluded_by_user=hidden, shown=again)
        return replace(self, rules=rules, shown=self.shown if shown is None else _by_customer(shown))

    def best(
        self, scores: Scores, n: int, *, names: Sequence[str], users: Ints, bought: tuple[Places, Places]
    ) -> tuple[Ints, Scores]:
        """Places of the best for some customers, and their scores; see `top.rank`.

        Args:
            scores: shape (customers, items); NaN is never shown.
            n: as many at most.
            names: ids of the customers, under which rules may name goods.
            users: rows of `bought`; -1: nothing bought.
            bought: where the goods of each user begin, and what they are, as in a CSR matrix.
        """
        rules = self.rules
        starts, had = bought
        hidden = self._of_each(names, rules.excluded_by_user)
        tired = self._tired(names) if rules.fatigue else (np.zeros(len(names) + 1, np.int64), *_NOTHING)
        knobs = top.Knobs(
            _BOUGHT[rules.bought], rules.diversity, rules.most_of_category or 0, rules.margin_weight,
            bool(rules.margin_weight or rules.diversity or rules.fatigue),
        )  # fmt: skip
        own = top.Own(starts, had, users, *hidden, tired[0], tired[1], tired[2])
        return top.rank(np.ascontiguousarray(scores, np.float32), self.goods, own, knobs, n)

    def _of_each(self, names: Sequence[str], which: Mapping[str, Collection[str]]) -> tuple[Ints, Ints]:
        if not which:
            return np.zeros(len(names) + 1, np.int64), _NOTHING[0]
        found = [self.items.positions(list(which.get(name, ()))) for name in names]
        kept = [place[place >= 0] for place in found]
        return _starts([len(place) for place in kept]), np.concatenate([_NOTHING[0], *kept])

    def _tired(self, names: Sequence[str]) -> tuple[Ints, Ints, NDArray[np.float64]]:
        places, faded = [], []
        for name in names:
            told = self.shown.get(name, ())
            place = self.items.positions([item for item, _ in told])
            times = np.array([count for _, count in told], np.float64)
            places.append(place[place >= 0])
            faded.append((1 - self.rules.fatigue) ** times[place >= 0])
        return (
            _starts([len(place) for place in places]),
            np.concatenate([_NOTHING[0], *places]),
            np.concatenate([_NOTHING[1], *faded]),
        )


_NOTHING = (np.empty(0, np.int64), np.empty(0, np.float64))


def lists(model: Recommender, users: Sequence[str] | None, n: int, rules: Rules | Shelf, *, block: int) -> "pa.Table":
    """See `Recommender.recommend`."""
    import pyarrow as pa

    from netlift.schema import RECOMMENDATIONS

    seen = model.seen_
    shelf = rules if isinstance(rules, Shelf) else Shelf.of(seen.items, model.about_, rules)
    place = np.arange(len(seen.users)) if users is None else seen.users.positions(users)
    names = seen.users.names if users is None else pa.array(_texts(users), pa.string())
    single = bool(shelf.rules.excluded_by_user or (shelf.rules.fatigue and shelf.shown))
    popular = model.popularity() if (place < 0).any() else None
    bought: tuple[Any, Any] = (seen.matrix.indptr, seen.matrix.indices)
    parts = []
    for start in range(0, len(place), block):
        rows, who = place[start : start + block], names[start : start + block]
        told = _single(users, who, start) if single else [""] * len(rows)
        best = np.full((len(rows), min(n, len(seen.items))), -1, np.int64)
        worth = np.zeros(best.shape, np.float32)
        known, new = np.flatnonzero(rows >= 0), np.flatnonzero(rows < 0)
        if len(known):
            scores = model._score(rows[known])
            best[known], worth[known] = shelf.best(
                scores, n, names=[told[i] for i in known], users=rows[known], bought=bought
            )
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


def _newcomers(model: Recommender, popular: Popularity, names: "pa.StringArray") -> Scores:
    """What is popular in the segment of each, where that is known."""
    users = model.about_.users
    if users is None or "segment" not in users.column_names:
        return np.repeat(popular.everybody[None], len(names), axis=0)
    import pyarrow.compute as pc

    at = pc.index_in(names, value_set=users["customer_id"].cast("string").combine_chunks())
    return np.stack([popular.newcomer(segment) for segment in users["segment"].take(at).to_pylist()])


def _batch(model: Recommender, popular: Popularity | None, found: _Picked) -> "pa.RecordBatch":
    """Rows of `schema.RECOMMENDATIONS`."""
    import pyarrow as pa

    from netlift.schema import RECOMMENDATIONS

    row, rank = np.nonzero(found.best >= 0)
    items, known = found.best[row, rank], found.rows >= 0
    mine = known[row]
    reasons = model.reason_lists(found.rows[known], items[mine], _starts((found.best >= 0).sum(axis=1)[known]))
    if popular is not None and not mine.all():
        told = [("new_customer", *why) for why in popular.reasons(items[~mine])]
        place = np.empty(len(items), np.int64)
        place[np.argsort(~mine, kind="stable")] = np.arange(len(items))
        reasons = pa.concat_arrays([reasons, pa.array(told, reasons.type)]).take(pa.array(place))
    source = pa.array([model.kind], pa.string()).take(pa.array(np.zeros(len(items), np.int64)))
    return pa.record_batch(
        [
            found.who.take(pa.array(row)), pa.array(rank + 1), model.seen_.items.names.take(pa.array(items)),
            pa.array(found.worth[row, rank].astype(np.float64)), source, reasons,
        ],
        schema=RECOMMENDATIONS,
    )  # fmt: skip


def _by_customer(shown: Mapping[tuple[str, str], int]) -> Mapping[str, Sequence[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for (name, item), times in shown.items():
        found.setdefault(name, []).append((item, times))
    return found


def _starts(sizes: Sequence[int] | Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _marked(items: Ids, names: Iterable[str]) -> NDArray[np.bool_]:
    found = np.zeros(len(items), np.bool_)
    place = items.positions(list(names))
    found[place[place >= 0]] = True
    return found


def _category(items: Ids, about: "About") -> Ints:
    found = np.full(len(items), -1, np.int64)
    if about.items is not None and "category" in about.items.column_names:
        place = items.positions(about.items["product_id"])
        coded = about.items["category"].combine_chunks().dictionary_encode().indices
        kind = np.asarray(coded.fill_null(-1).to_numpy(zero_copy_only=False), np.int64)
        found[place[place >= 0]] = kind[place >= 0]
    return found


def _margin(items: Ids, about: "About") -> Scores:
    """Margins by their rank among all, 0..1, so that one dear product does not decide; unknown ones count as none."""
    found = np.zeros(len(items), np.float32)
    if about.items is not None and "margin_minor" in about.items.column_names:
        place = items.positions(about.items["product_id"])
        margin = np.asarray(about.items["margin_minor"].fill_null(0).to_numpy(), np.float64)
        order = np.searchsorted(np.sort(margin), margin, side="left") / max(len(margin) - 1, 1)
        found[place[place >= 0]] = order[place >= 0]
    return found
