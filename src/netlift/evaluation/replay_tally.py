"""Adds up replayed orders, one after the other in the order of time."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from netlift.data.workspace import Settings
from netlift.evaluation.replay_results import Conflict, Floored, LimitUse, PromotionReplay, Replay
from netlift.history.cart_quotes import Counters, Outcome
from netlift.history.carts import Span
from netlift.promotions.promotion import Group, Promotion
from netlift.promotions.reasons import Why

EXAMPLES = 5
"""Orders that are named for each finding: the first ones."""
_CONFLICTS = frozenset({Why.EXCLUDED, Why.NOT_BEST})
_GIVEN = ("units", "discount", "shipping", "gift_units", "gifts", "credits", "funded", "margin")
_REFUSED_BY_LIMIT = {
    "total": Why.LIMIT_REACHED, "per_customer": Why.CUSTOMER_LIMIT_REACHED, "budget": Why.BUDGET_SPENT,
}  # fmt: skip


@dataclass(slots=True)
class _Seen:
    """Orders of one kind: how many, how many lines of them, and the first ones."""

    orders: int = 0
    lines: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, order: str, lines: int = 0) -> None:
        self.orders += 1
        self.lines += lines
        if len(self.examples) < EXAMPLES:
            self.examples.append(order)


class Tally:
    """Sums over orders; `replay` gives what they come to.

    Args:
        promotions: definitions.
        root: the tree of groups that they name.
    """

    def __init__(self, promotions: Sequence[Promotion], root: Group) -> None:
        self._promotions = promotions
        self._paths = _paths(promotions, root)
        self._sums: Counter[str] = Counter()
        self._given = {one.id: Counter[str]() for one in promotions}
        self._refused = {one.id: Counter[Why]() for one in promotions}
        self._conflicts: dict[tuple[str, str, Why], _Seen] = {}
        self._floors = {
            what: _Seen()
            for what in ("at_floor", "below_cost", "negative_margin", "free_order", "best_found", "unquotable")
        }
        self._reached: dict[tuple[str, str], datetime] = {}

    def add(self, outcome: Outcome, counters: Counters) -> None:
        """One more order; `counters` are those after it."""
        if outcome.problem:
            self._floors["unquotable"].add(outcome.id)
            return
        goods = outcome.goods
        self._sums.update(
            orders=1,
            listed=outcome.listed,
            really_given=outcome.really_given,
            really_given_orders=outcome.really_given > 0,
            really_funded=outcome.really_funded,
            given=goods,
            given_orders=bool(outcome.given),
            shipping=sum(one.shipping for one in outcome.given),
            margin=sum(one.margin for one in outcome.given),
            points=outcome.points,
            more=goods > outcome.really_given,
            less=goods < outcome.really_given,
            costs_known=outcome.cost is not None,
            negative_then=(outcome.margin_then or 0) < 0,
            negative_now=(outcome.margin_now or 0) < 0,
            measured=outcome.measured,
        )
        for one in outcome.given:
            self._given[one.promotion].update(
                orders=1, units=one.units, discount=one.goods, shipping=one.shipping, gift_units=one.gift_units,
                gifts=one.gifts, credits=one.credits, funded=one.funded, margin=one.margin,
            )  # fmt: skip
        self._refuse(outcome)
        self._look(outcome)
        self._reach(outcome, counters)

    def replay(self, shop: Settings, span: Span, counters: Counters) -> Replay:
        """What it all comes to."""
        sums = self._sums
        names = (
            "listed", "really_given", "really_given_orders", "really_funded", "given", "given_orders", "shipping",
            "margin", "points", "more", "less", "costs_known", "negative_then", "negative_now", "measured",
        )  # fmt: skip
        return Replay(
            shop=shop.name,
            currency=span.currency,
            time_zone=shop.timezone,
            orders=sums["orders"],
            customers=span.customers,
            first=span.first,
            last=span.last,
            promotions=tuple(map(self._promotion, self._promotions)),
            conflicts=tuple(
                sorted(
                    (Conflict(*key, seen.orders, tuple(seen.examples)) for key, seen in self._conflicts.items()),
                    key=lambda one: (-one.orders, one.winner, one.loser, one.why),
                )
            ),
            floors=tuple(
                Floored(what, seen.orders, seen.lines, tuple(seen.examples)) for what, seen in self._floors.items()
            ),
            limits=tuple(use for one in self._promotions for use in self._limits(one, counters)),
            left_out=dict(span.left_out),
            **{name: sums[name] for name in names},
        )

    def _promotion(self, promotion: Promotion) -> PromotionReplay:
        sums, whole = self._given[promotion.id], self._sums["orders"]
        refused = self._refused[promotion.id]
        return PromotionReplay(
            promotion=promotion.id,
            name=promotion.name,
            orders=sums["orders"],
            share=sums["orders"] / whole if whole else 0.0,
            refused=dict(sorted(refused.items(), key=lambda one: (-one[1], one[0]))),
            **{name: sums[name] for name in _GIVEN},
        )

    def _refuse(self, outcome: Outcome) -> None:
        applied = [one.promotion for one in outcome.given]
        for loser, why in outcome.refusals.items():
            self._refused[loser][why] += 1
            if why in _CONFLICTS:
                for winner in self._rivals(loser, applied):
                    self._conflicts.setdefault((winner, loser, why), _Seen()).add(outcome.id)

    def _rivals(self, loser: str, applied: Sequence[str]) -> list[str]:
        """Of the promotions that gave something, those that share the closest group with the loser."""
        mine = self._paths[loser]
        shared = {winner: _common(mine, self._paths[winner]) for winner in applied}
        closest = max(shared.values(), default=0)
        return [winner for winner, depth in shared.items() if depth == closest]

    def _look(self, outcome: Outcome) -> None:
        now, listed = outcome.margin_now, outcome.margin_listed
        if outcome.floor_lines:
            self._floors["at_floor"].add(outcome.id, outcome.floor_lines)
        if outcome.below_cost:
            self._floors["below_cost"].add(outcome.id, outcome.below_cost)
        if now is not None and listed is not None and now < 0 <= listed:
            self._floors["negative_margin"].add(outcome.id)
        if outcome.free:
            self._floors["free_order"].add(outcome.id)
        if not outcome.proved:
            self._floors["best_found"].add(outcome.id)

    def _reach(self, outcome: Outcome, counters: Counters) -> None:
        given = {one.promotion for one in outcome.given}
        for promotion in self._promotions:
            if promotion.id not in given:
                continue
            for kind, allowed, used in _uses(promotion, counters, outcome.customer):
                if used >= allowed:
                    self._reached.setdefault((promotion.id, kind), outcome.at)

    def _limits(self, promotion: Promotion, counters: Counters) -> Iterator[LimitUse]:
        name = promotion.id
        for kind, allowed, redeemed in _uses(promotion, counters, None):
            full = sum(mine.get(name, 0) >= allowed for mine in counters.by_customer.values())
            used = full if kind == "per_customer" else redeemed
            refused = self._refused[name][_REFUSED_BY_LIMIT[kind]]
            yield LimitUse(name, kind, allowed, used, self._reached.get((name, kind)), refused)


def _uses(promotion: Promotion, counters: Counters, customer: str | None) -> Iterator[tuple[str, int, int]]:
    """Kind, what is allowed, and what was used, for every limit that a promotion has."""
    name, limits = promotion.id, promotion.limits
    if limits.total is not None:
        yield "total", limits.total, counters.uses.get(name, 0)
    if limits.per_customer is not None:
        yield "per_customer", limits.per_customer, counters.uses_of(customer).get(name, 0)
    if limits.budget is not None:
        yield "budget", limits.budget, counters.spent.get(name, 0)


def _paths(promotions: Sequence[Promotion], root: Group) -> Mapping[str, tuple[str, ...]]:
    """For every promotion the groups that it is in, from the root down."""
    groups: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[Group, tuple[str, ...]]] = [(root, ())]
    while waiting:
        group, above = waiting.pop()
        groups[group.id] = (*above, group.id)
        waiting += [(child, groups[group.id]) for child in group.children]
    return {one.id: groups.get(one.group, groups[root.id]) for one in promotions}


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    shared = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        shared += 1
    return shared
