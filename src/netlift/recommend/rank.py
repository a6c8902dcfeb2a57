"""The best n of each customer under the rules, refilled until the list is full or nothing is left.

In turn: what may not be shown is struck out; scores are brought to 0..1 among what is left; margin and fatigue change
them; the best are taken, one by one where variety counts. The limit of a category is the only rule that gives way: it
must not leave a place empty. Of equal scores the first by id wins.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from netlift.recommend import top
from netlift.recommend.ids import Ids, Ints
from netlift.recommend.interactions import Places
from netlift.recommend.rules import Rules

if TYPE_CHECKING:
    from netlift.recommend.about import About

Scores = NDArray[np.float32]
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
        return starts_of([len(place) for place in kept]), np.concatenate([_NOTHING[0], *kept])

    def _tired(self, names: Sequence[str]) -> tuple[Ints, Ints, NDArray[np.float64]]:
        places, faded = [], []
        for name in names:
            told = self.shown.get(name, ())
            place = self.items.positions([item for item, _ in told])
            times = np.array([count for _, count in told], np.float64)
            places.append(place[place >= 0])
            faded.append((1 - self.rules.fatigue) ** times[place >= 0])
        return (
            starts_of([len(place) for place in places]),
            np.concatenate([_NOTHING[0], *places]),
            np.concatenate([_NOTHING[1], *faded]),
        )


_NOTHING = (np.empty(0, np.int64), np.empty(0, np.float64))


def _by_customer(shown: Mapping[tuple[str, str], int]) -> Mapping[str, Sequence[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = {}
    for (name, item), times in shown.items():
        found.setdefault(name, []).append((item, times))
    return found


def starts_of(sizes: Sequence[int] | Ints) -> Ints:
    """Where each of some parts begins, and at last the length of all, shape (parts + 1,)."""
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
        margin = np.array(about.items["margin_minor"].fill_null(0).to_numpy(), np.float64)
        margin[~np.isfinite(margin)] = 0.0
        order = np.searchsorted(np.sort(margin), margin, side="left") / max(len(margin) - 1, 1)
        found[place[place >= 0]] = order[place >= 0]
    return found
