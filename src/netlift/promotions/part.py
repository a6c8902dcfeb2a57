"""A benefit made ready to run under a policy: its condition, its goods, its reduction, its bounds."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from netlift.promotions.conditions import Gate, Lines, gate
from netlift.promotions.effect import Reduction
from netlift.promotions.policy import Policy
from netlift.promotions.predicate import everything
from netlift.promotions.promotion import Caps, Promotion
from netlift.promotions.rounding import MIRRORED, ROUNDERS, Rounder, linear
from netlift.promotions.value import Measure

if TYPE_CHECKING:
    from netlift.promotions.cart import Facts
    from netlift.promotions.pick import Picked
    from netlift.promotions.state import State


class Part:
    """One benefit of one promotion, compiled."""

    __slots__ = (
        "across", "allocation", "benefit", "cap", "constant", "effect", "gate", "granularity", "group", "lines",
        "needs_goods", "plain", "policy", "promotion", "rounder", "rounds_price", "slots", "target", "whole",
    )  # fmt: skip

    def __init__(self, promotion: Promotion, place: int, policy: Policy) -> None:
        benefit = promotion.benefits[place]
        self.promotion = promotion.id
        self.benefit = place
        self.group = promotion.group
        self.effect = benefit.effect
        self.needs_goods = benefit.effect.needs_goods
        self.constant: Reduction | None = benefit.effect.constant()
        self.gate: Gate | None = None if benefit.when is None else gate(benefit.when)
        self.target = benefit.target
        ordered = benefit.target.order != "given" and policy.remainder in {"first", "last", "carry"}
        self.whole = benefit.target.whole_lines and not benefit.target.min_units and not ordered
        self.lines = Lines(benefit.target.where)
        self.slots = [Lines(everything(benefit.target.where, slot.where)) for slot in benefit.target.slots]
        self.allocation = benefit.allocation
        self.cap = benefit.caps
        self.policy = policy
        self.rounder: Rounder = ROUNDERS[policy.rounding]
        rounds = policy.rounds
        self.granularity = benefit.granularity or policy.granularity
        if promotion.level == "catalog":  # a shelf price is a price of one unit
            rounds, self.granularity = policy.catalog_rounds or rounds, "unit"
        self.rounds_price = rounds == "price"
        self.plain = self._plain()

    def _plain(self) -> tuple[int, int, int] | None:
        """The per cent of whole lines, each rounded by itself, in the form of `linear`; None for all other benefits."""
        cut = self.constant
        if cut is None or cut.kind != "percent" or self.granularity != "line" or not self.whole or self.cap != Caps():
            return None
        rounding = MIRRORED[self.policy.rounding] if self.rounds_price else self.policy.rounding
        return linear(rounding, cut.numerator, cut.denominator)

    def __repr__(self) -> str:
        return f"Part({self.promotion!r}, {self.benefit})"

    def off(self, base: int, numerator: int, denominator: int) -> int:
        """What a per cent takes off a base, rounded as the policy says."""
        if self.rounds_price:
            return base - self.rounder(base * (denominator - numerator), denominator)
        return self.rounder(base * numerator, denominator)


class Sight:
    """What an effect sees of the cart: see `effect.Seen`."""

    __slots__ = ("_lines", "_most", "_picked", "_state", "facts", "promotion")

    def __init__(
        self,
        state: "State",
        part: Part,
        lines: "tuple[int, ...]",
        picked: "list[Picked] | None",
        most: int | None = None,
    ) -> None:
        self.promotion = part.promotion
        self.facts: Facts = state.facts
        self._state = state
        self._lines = lines
        self._picked = picked
        self._most = most

    def room(self) -> int:
        """The most that may be taken off the selected goods: their floors, the benefit's cap, the budget."""
        state = self._state
        if self._picked is None:
            room = sum([state.room[i] for i in self._lines])
        else:
            units = [unit for group in self._picked for unit in group.discounted]
            room = sum([max(0, state.unit_lefts(i)[u] - state.floor[i]) for i, u in units])
        return room if self._most is None else min(room, self._most)

    def given(self) -> int:
        """What the promotion has taken off goods in this evaluation already."""
        return sum([record[2] for record in self._state.records if record[0].promotion == self.promotion])

    def points(self) -> int:
        """Points that the shopper wants to spend and has not spent in this evaluation yet."""
        return self.facts.points - sum([grant.points_burned for _, grant in self._state.grants])

    def measure(self, of: Measure) -> int:
        """Money at running prices in minor units, or units, of the selected goods or of the cart."""
        state, picked = self._state, self._picked
        if of == "cart.subtotal":
            return state.subtotal_of(state.lines)
        if of == "cart.running_subtotal":
            return state.running_of(state.lines)
        if of == "cart.quantity":
            return state.quantity_of(state.lines)
        if picked is None:
            return _OF_LINES[of](state, self._lines)
        return sum([_OF_UNIT[of](state, i, u) for group in picked for i, u in (*group.discounted, *group.needed)])


_OF_LINES: "dict[str, Callable[[State, Sequence[int]], int]]" = {
    "selection.amount": lambda state, lines: state.running_of(lines),
    "selection.subtotal": lambda state, lines: state.subtotal_of(lines),
    "selection.quantity": lambda state, lines: state.quantity_of(lines),
}
_OF_UNIT: "dict[str, Callable[[State, int, int], int]]" = {
    "selection.amount": lambda state, i, u: state.unit_lefts(i)[u],
    "selection.subtotal": lambda state, i, u: state.shelf_unit(i, u),
    "selection.quantity": lambda *_: 1,
}
