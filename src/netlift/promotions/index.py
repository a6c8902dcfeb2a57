"""Which promotions can apply to a cart at all: each is filed under the cheapest fact that it needs.

A promotion for shoes is looked at only when there are shoes in the cart, one with a code only when that code was
entered, one from 99.00 on only when the goods cost that much. All others are refused with the reason of their file
without being looked at, so that a thousand promotions cost hardly more than the twenty that can apply.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from netlift.promotions.conditions import Lines, necessary
from netlift.promotions.gates import as_entered
from netlift.promotions.predicate import Test, everything
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why
from netlift.promotions.value import Steps, Tiers

if TYPE_CHECKING:
    from netlift.promotions.state import Key, State

_SUMS = frozenset({"cart.subtotal", "cart.running_subtotal", "cart.priced_subtotal"})
_COUNTS = frozenset({"cart.quantity", "cart.lines", "cart.products", "cart.max_line_quantity"})


class Index:
    """Promotions by what they need, by their place in the set.

    Args:
        promotions: definitions.
        goods: of each, what `goods_of` says.
    """

    def __init__(self, promotions: Sequence[Promotion], goods: "Sequence[tuple[Key, ...] | None]") -> None:
        self._always: list[int] = []
        self._codes: dict[str, list[int]] = {}
        self._goods: dict[Key, list[int]] = {}
        self._segments: dict[object, list[int]] = {}
        self._regions: dict[object, list[int]] = {}
        self._currencies: dict[str, set[int]] = {}
        thresholds: list[tuple[int, int]] = []
        self.refusals: dict[str, Why] = {}
        """Every promotion with the reason of its file: what holds for those that are not looked at."""
        for place, (promotion, keys) in enumerate(zip(promotions, goods, strict=True)):
            if promotion.currency is not None:
                self._currencies.setdefault(promotion.currency, set()).add(place)
            self.refusals[promotion.id] = self._file(place, promotion, keys, thresholds)
        thresholds.sort()
        self._starts = [start for start, _ in thresholds]
        self._by_start = [place for _, place in thresholds]

    def candidates(self, state: "State") -> list[int]:
        """Places of the promotions that can apply, in order."""
        found = set(self._always)
        facts = state.facts
        if self._codes:
            for code in facts.codes:
                found.update(self._codes.get(as_entered(code), ()))
        if self._goods:
            for places in map(self._goods.get, state.lookup):
                if places is not None:
                    found.update(places)
        if self._segments:
            found.update(_named(self._segments, facts.segments))
        if self._regions:
            found.update(_named(self._regions, None if facts.region is None else (facts.region,)))
        if self._starts:
            found.update(self._by_start[: bisect_right(self._starts, sum(state.total))])
        for currency, named in self._currencies.items():
            if currency != state.currency:  # they say so themselves, whatever their file says
                found |= named
        return sorted(found)

    def _file(
        self, place: int, promotion: Promotion, goods: "tuple[Key, ...] | None", thresholds: list[tuple[int, int]]
    ) -> Why:
        if promotion.trigger.kind == "code":
            for code in promotion.trigger.codes:
                self._codes.setdefault(as_entered(code), []).append(place)
            return Why.NEEDS_CODE
        if goods is not None:
            for key in goods:
                self._goods.setdefault(key, []).append(place)
            return Why.NO_MATCHING_GOODS
        for test in necessary([promotion.audience]):
            names = test.value if isinstance(test.value, tuple) else (test.value,)
            if test.op in {"==", "in"} and test.fact in {"customer.segments", "context.region"}:
                file = self._segments if test.fact == "customer.segments" else self._regions
                for name in dict.fromkeys(names):
                    file.setdefault(name, []).append(place)
                return Why.WRONG_CUSTOMER if test.fact == "customer.segments" else Why.WRONG_REGION
        starts = [_threshold(promotion, benefit) for benefit in promotion.benefits]
        if starts and all(start > 0 for start in starts):
            thresholds.append((min(starts), place))
            return Why.BELOW_THRESHOLD
        self._always.append(place)
        return Why.CONDITION_NOT_MET


def _named(file: dict[object, list[int]], names: "frozenset[str] | tuple[str, ...] | None") -> set[int]:
    """Places filed under any of the names; all of them where the fact is not known, which they then say."""
    lists = file.values() if names is None else [file.get(name, ()) for name in names]
    return {place for places in lists for place in places}


def goods_of(promotion: Promotion) -> "tuple[Key, ...] | None":
    """Keys of which a line must have one for the promotion to give anything; None where no goods are needed."""
    if promotion.seller is not None:
        return (("line.seller", promotion.seller),)
    found: dict[Key, None] = {}
    for benefit in promotion.benefits:
        keys = _goods(benefit)
        if keys is None:
            return None
        found.update(dict.fromkeys(keys))
    return tuple(found)


def _goods(benefit: Benefit) -> "tuple[Key, ...] | None":
    """Keys of which a line of the cart must have one for the benefit to give anything."""
    wheres = []
    if benefit.effect.needs_goods:
        wheres.append(benefit.target.where)
        wheres += [everything(benefit.target.where, slot.where) for slot in benefit.target.slots]
    for test in necessary([benefit.when]):
        if test.where is not None and test.fact in _SUMS | _COUNTS and _wants_some(test):
            wheres.append(test.where)
    found = [keys for where in wheres if (keys := Lines(where).keys) is not None]
    return min(found, key=len) if found else None


def _wants_some(test: Test) -> bool:
    return (test.op == ">=" and test.value > 0) or (test.op == ">" and test.value >= 0)  # type: ignore[operator]


def _threshold(promotion: Promotion, benefit: Benefit) -> int:
    """Least sum of unit prices from which the benefit can give anything; 0 where there is none."""
    starts = [
        int(test.value)  # type: ignore[arg-type]
        for test in necessary([promotion.audience, benefit.when])
        if test.fact in _SUMS and test.op in {">", ">="}
    ]
    value = getattr(benefit.effect, "off", None)
    if benefit.effect.needs_goods and isinstance(value, Tiers | Steps) and not value.of.endswith("quantity"):
        starts.append(value.rows[0].start if isinstance(value, Tiers) else value.step)
    return max(starts, default=0)
