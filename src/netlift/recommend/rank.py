"""Lists: the best n of each customer under the rules, refilled until they are full or nothing is left.

In turn: what may not be shown is struck out; scores are brought to 0..1 among what is left; margin and fatigue change
them; the best are taken, one by one where variety counts. The limit of a category is the only rule that gives way: it
must not leave a place empty. Of equal scores the first by id wins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netlift.recommend.ids import Ids, Ints
from netlift.recommend.recommender import Recommender, Scores
from netlift.recommend.rules import Rules

if TYPE_CHECKING:
    import pyarrow as pa

    from netlift.recommend.about import About

Bools = NDArray[np.bool_]
POOL = 10
"""Where variety counts, so many times n of the best are looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """The rules in positions, the same for everybody; shape (items,) each."""

    rules: Rules
    items: Ids
    allowed: Bools
    again: Bools
    """Goods that having been bought does not leave out."""
    category: Ints
    """-1: unknown, which is like no other."""
    margin: Scores
    """0..1."""

    @classmethod
    def of(cls, items: Ids, about: "About", rules: Rules) -> "Shelf":
        """Look up what the rules name; what the catalogue does not hold is passed over."""
        allowed = np.ones(len(items), np.bool_) if rules.in_stock is None else _marked(items, rules.in_stock)
        return cls(
            rules, items, allowed & ~_marked(items, rules.excluded), _marked(items, rules.replenishable),
            _category(items, about), _margin(items, about),
        )  # fmt: skip

    def best(self, scores: Scores, n: int, *, had: Ints, name: str) -> tuple[Ints, Scores]:
        """Places of the best for one customer, and their scores, best first.

        Args:
            scores: of all items; NaN is never shown.
            n: as many at most.
            had: what the customer bought before, places.
            name: the customer's id, under which rules may name goods.
        """
        may = self._may(had, name) & ~np.isnan(scores)
        left = np.flatnonzero(may)
        worth = self._worth(scores[left], left, name)
        order = np.argsort(-worth, kind="stable")
        left, worth = left[order], worth[order]
        if self.rules.diversity or self.rules.most_of_category is not None:
            taken = self._varied(left, worth, min(n, len(left)))
        else:
            taken = np.arange(min(n, len(left)))
        return left[taken], worth[taken].astype(np.float32)

    def _may(self, had: Ints, name: str) -> Bools:
        may = self.allowed.copy()
        if self.rules.bought == "exclude":
            may[had[~self.again[had]]] = False
        elif self.rules.bought == "only":
            only = np.zeros_like(may)
            only[had] = True
            may &= only
        hidden = self.items.positions(list(self.rules.excluded_by_user.get(name, ())))
        may[hidden[hidden >= 0]] = False
        return may

    def _worth(self, scores: Scores, left: Ints, name: str) -> NDArray[np.float64]:
        worth = scores.astype(np.float64)
        rules = self.rules
        if not (rules.margin_weight or rules.diversity or rules.fatigue):
            return worth
        low, high = (worth.min(), worth.max()) if len(worth) else (0.0, 0.0)
        worth = (worth - low) / (high - low) if high > low else np.ones_like(worth)
        if rules.margin_weight:
            worth = (1 - rules.margin_weight) * worth + rules.margin_weight * self.margin[left]
        if rules.fatigue:
            times = np.array([rules.shown.get((name, item), 0) for item in self.items.names_of(left)])
            worth = worth * (1 - rules.fatigue) ** times
        return worth

    def _varied(self, left: Ints, worth: NDArray[np.float64], n: int) -> Ints:
        """Maximal marginal relevance, with goods of one category as alike; places in `left`."""
        weight, most = self.rules.diversity, self.rules.most_of_category
        kinds = self.category[left]
        count: dict[int, int] = {}
        taken: list[int] = []
        for relaxed in (False, True):
            free = np.ones(len(left), np.bool_)
            free[taken] = False
            while len(taken) < n and free.any():
                pool = np.flatnonzero(free)[: max(POOL * n, n - len(taken))]
                alike = np.array([count.get(int(kind), 0) > 0 for kind in kinds[pool]])
                value = (1 - weight) * worth[pool] - weight * alike
                at = int(pool[np.argmax(value)])
                free[at] = False
                kind = int(kinds[at])
                if not relaxed and most is not None and kind >= 0 and count.get(kind, 0) >= most:
                    continue
                taken.append(at)
                if kind >= 0:
                    count[kind] = count.get(kind, 0) + 1
        return np.array(taken, np.int64)


def lists(model: Recommender, users: Sequence[str] | None, n: int, rules: Rules, *, block: int) -> "pa.Table":
    """See `Recommender.recommend`."""
    seen = model.seen_
    shelf = Shelf.of(seen.items, model.about_, rules)
    place = np.arange(len(seen.users)) if users is None else seen.users.positions(users)
    names = seen.users.names_of(place) if users is None else list(users)
    popular = model.popularity() if (place < 0).any() else None
    found = _Lists(model.kind, seen.items)
    for start in range(0, len(place), block):
        part = place[start : start + block]
        known = part[part >= 0]
        scores = iter(model._score(known) if len(known) else ())
        for name, user in zip(names[start : start + block], part.tolist(), strict=True):
            if user >= 0:
                best, worth = shelf.best(next(scores), n, had=_had(model, user), name=name)
                found.add(name, best, worth, model.reasons(user, best))
            elif popular is not None:
                nobody = np.empty(0, np.int64)
                best, worth = shelf.best(popular.newcomer(_segment(model, name)), n, had=nobody, name=name)
                found.add(name, best, worth, [("new_customer", *why) for why in popular.reasons(best)])
    return found.table()


def _had(model: Recommender, user: int) -> Ints:
    matrix = model.seen_.matrix
    return np.asarray(matrix.indices[matrix.indptr[user] : matrix.indptr[user + 1]], np.int64)


def _segment(model: Recommender, name: str) -> str | None:
    users = model.about_.users
    if users is None or "segment" not in users.column_names:
        return None
    import pyarrow.compute as pc

    at = pc.index(users["customer_id"].cast("string"), name).as_py()
    return users["segment"][at].as_py() if at >= 0 else None


class _Lists:
    """Rows of `schema.RECOMMENDATIONS` as they come."""

    def __init__(self, source: str, items: Ids) -> None:
        self._source, self._items = source, items
        self._names: list[str] = []
        self._sizes: list[int] = []
        self._best: list[Ints] = []
        self._worth: list[Scores] = []
        self._reasons: list[tuple[str, ...]] = []

    def add(self, name: str, best: Ints, worth: Scores, reasons: Sequence[tuple[str, ...]]) -> None:
        self._names.append(name)
        self._sizes.append(len(best))
        self._best.append(best)
        self._worth.append(worth)
        self._reasons += reasons

    def table(self) -> "pa.Table":
        import pyarrow as pa

        from netlift.schema import RECOMMENDATIONS

        sizes = np.array(self._sizes, np.int64)
        best = np.concatenate([np.empty(0, np.int64), *self._best])
        worth = np.concatenate([np.empty(0, np.float32), *self._worth]).astype(np.float64)
        rank = np.concatenate([np.empty(0, np.int64), *(np.arange(1, size + 1) for size in sizes)])
        who = pa.array(self._names, pa.string()).take(pa.array(np.repeat(np.arange(len(sizes)), sizes)))
        return pa.table(
            [
                who, rank, self._items.names.take(pa.array(best)), worth,
                pa.array([self._source] * len(best), pa.string()),
                pa.array([list(why) for why in self._reasons], pa.list_(pa.string())),
            ],
            schema=RECOMMENDATIONS,
        )  # fmt: skip


def _marked(items: Ids, names: object) -> Bools:
    found = np.zeros(len(items), np.bool_)
    place = items.positions(list(names))  # type: ignore[call-overload]
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
