"""Contenders whose units gain together: sets of several kinds of goods, groups at one price, and all that is left."""

from collections.abc import Sequence
from typing import NamedTuple

from netlift.promotions.act import claim, unit_offs
from netlift.promotions.contenders import Contender, Good, Progress, tail
from netlift.promotions.effect import Reduction
from netlift.promotions.part import Part, Sight
from netlift.promotions.pick import Picked, Unit, pick
from netlift.promotions.reasons import Why
from netlift.promotions.rounding import split
from netlift.promotions.state import State


class Place(NamedTuple):
    """A kind of goods in a set."""

    lines: frozenset[int]
    quantity: int
    discounted: frozenset[int]
    """Places of the slot that the effect falls on."""


class Sets(Contender):
    """Sets of units, one slot each or several, that gain together once they are full; dearest with dearest."""

    def __init__(
        self,
        state: State,
        part: Part,
        reduction: Reduction,
        slots: Sequence[Place],
        most: int | None,
    ) -> None:
        super().__init__(state, part, reduction, frozenset().union(*[slot.lines for slot in slots]), most)
        self._slots = slots
        self._slot = {i: place for place, slot in enumerate(slots) for i in slot.lines}
        self._groups = part.target.max_groups
        self._empty = tuple(() for _ in slots)
        self.start = (0, ())
        self._sets: dict[tuple[int, ...], int] = {}
        across = part.allocation == "across" and reduction.kind in {"amount", "price"}
        self._joint = across or reduction.across

    def see(self, goods: Sequence[Good]) -> None:
        """See `Contender`."""
        kinds: dict[tuple[int, int, int], int] = {}
        self._kind = [kinds.setdefault((good.unit[0], good.left, good.room), len(kinds)) for good in goods]
        self._units: list[list[Unit]] = [[] for _ in kinds]
        for good, kind in zip(goods, self._kind, strict=True):
            self._units[kind].append(good.unit)
        self._lefts = [[good.left for good in goods if good.unit[0] in slot.lines] for slot in self._slots]
        self._tails = [tail([good.unit[0] in slot.lines for good in goods]) for slot in self._slots]
        self.rate = [self._rate(good) if good.unit[0] in self.lines else 0.0 for good in goods]
        self._rate_of = dict(zip(self._kind, self.rate, strict=True))

    def _rate(self, good: Good) -> float:
        """The unit's part, by price, of the most that a set with it can gain; 0 where it is only needed."""
        own = self._slot[good.unit[0]]
        if not self._slots[own].discounted:
            return 0.0
        if not self._joint:
            return float(self.gain(good))
        value, total = self._reduction.numerator, good.left
        for place, (slot, lefts) in enumerate(zip(self._slots, self._lefts, strict=True)):
            others = len(slot.discounted) - (place == own)
            if self._reduction.kind == "price":
                total += sum(lefts[:others])
            elif others:
                total += sum(lefts[-others:])
        if total <= 0:
            return 0.0
        part = 1 - value / total if self._reduction.kind == "price" else value / total
        return good.left * min(1.0, max(0.0, part))

    def step(self, state: Progress, good: Good, place: int) -> tuple[Progress, int] | None:
        """See `Contender`."""
        done, pending = state
        slot = self._slot[good.unit[0]]
        quantity, gaining = self._slots[slot].quantity, self._slots[slot].discounted
        at = next((number for number, one in enumerate(pending) if len(one[slot]) < quantity), len(pending))
        if self._groups is not None and done + at >= self._groups:
            return None
        one = pending[at] if at < len(pending) else self._empty
        kind = self._kind[place] if len(one[slot]) in gaining else -1
        one = (*one[:slot], (*one[slot], kind), *one[slot + 1 :])
        pending = (*pending[:at], one, *pending[at + 1 :])
        if self._fillable(pending, place + 1) <= at:
            return None
        if any(len(mine) < each.quantity for mine, each in zip(one, self._slots, strict=True)):
            return (done, pending), 0
        rest = (*pending[:at], *pending[at + 1 :])
        kinds = tuple(kind for mine in one for kind in mine if kind >= 0)
        return (done + 1 if self._groups is not None else 0, rest), self._worth(kinds)

    def _fillable(self, pending: "tuple[tuple[tuple[int, ...], ...], ...]", place: int) -> int:
        """How many of the pending sets, the first ones first, the units from here on can fill."""
        found = len(pending)
        for slot, tails in enumerate(self._tails):
            quantity, more = self._slots[slot].quantity, tails[place]
            for number, one in enumerate(pending):
                more -= quantity - len(one[slot])
                if more < 0:
                    found = min(found, number)
                    break
        return found

    def _worth(self, kinds: tuple[int, ...]) -> int:
        if kinds not in self._sets:
            starts: dict[int, int] = {}
            units = []
            for kind in kinds:
                units.append(self._units[kind][starts.get(kind, 0)])
                starts[kind] = starts.get(kind, 0) + 1
            found = unit_offs(self._state, self.part, self._reduction, [Picked(units, [])], by_unit=True)
            self._sets[kinds] = sum(found.values())
        return self._sets[kinds]

    def open(self, state: Progress, place: int) -> float:
        """See `Contender`."""
        pending = state[1]
        if not pending:
            return 0.0
        rates = self._rate_of
        good = pending[: self._fillable(pending, place)]
        return sum([rates[kind] for one in good for mine in one for kind in mine if kind >= 0])

    def shares(self, units: Sequence[Unit]) -> tuple[dict[Unit, int], list[Unit]]:
        """See `Contender`."""
        queues: list[list[Unit]] = [[] for _ in self._slots]
        for unit in units:
            queues[self._slot[unit[0]]].append(unit)
        count = min(len(queue) // slot.quantity for queue, slot in zip(queues, self._slots, strict=True))
        picked = []
        for number in range(count):
            discounted: list[Unit] = []
            needed: list[Unit] = []
            for queue, slot in zip(queues, self._slots, strict=True):
                mine = queue[number * slot.quantity : (number + 1) * slot.quantity]
                for place, unit in enumerate(mine):
                    (discounted if place in slot.discounted else needed).append(unit)
            picked.append(Picked(discounted, needed))
        used = [unit for group in picked for unit in (*group.discounted, *group.needed)]
        return unit_offs(self._state, self.part, self._reduction, picked, by_unit=True), used


class Whole(Contender):
    """Anything else: it remembers its units, and the engine's own arithmetic says what they gain together."""

    def __init__(self, state: State, part: Part, reduction: Reduction, lines: frozenset[int], most: int | None) -> None:
        super().__init__(state, part, reduction, lines, most)
        self._found: dict[tuple[Unit, ...], tuple[dict[Unit, int], list[Unit]] | None] = {}

    def see(self, goods: Sequence[Good]) -> None:
        """See `Contender`."""
        self.rate = [float(good.room) if good.unit[0] in self.lines else 0.0 for good in goods]
        self._room = {good.unit: good.room for good in goods}

    def step(self, state: Progress, good: Good, place: int) -> tuple[Progress, int] | None:  # noqa: ARG002
        """See `Contender`."""
        return (*state, good.unit), 0

    def finish(self, state: Progress) -> int:
        """See `Contender`."""
        found = self._deal(state) if state else None
        given = 0 if found is None else sum(found[0].values())
        if self.most is None or given <= self.most:
            return given
        return 0 if self.part.cap.all_or_nothing else self.most

    def open(self, state: Progress, place: int) -> float:  # noqa: ARG002
        """See `Contender`."""
        return float(sum([self._room[unit] for unit in state]))

    def shares(self, units: Sequence[Unit]) -> tuple[dict[Unit, int], list[Unit]]:
        """See `Contender`."""
        found = self._deal(tuple(units))
        if found is None:
            return {}, []
        if self.most is None or sum(found[0].values()) <= self.most:
            return found
        if self.part.cap.all_or_nothing:
            return {}, []
        return dict(zip(found[0], split(self.most, list(found[0].values())), strict=True)), found[1]

    def _deal(self, units: tuple[Unit, ...]) -> tuple[dict[Unit, int], list[Unit]] | None:
        if units not in self._found:
            self._found[units] = self._priced(units)
        return self._found[units]

    def _priced(self, units: tuple[Unit, ...]) -> tuple[dict[Unit, int], list[Unit]] | None:
        state, part = self._state, self.part
        wanted = set(units)
        others = [(i, u) for i in state.lines for u in range(state.quantity[i]) if (i, u) not in wanted]
        before, joined = state.claims, state.joined
        state.claims = {i: claimed.copy() for i, claimed in (before or {}).items()}
        state.joined = []
        claim(state, part, others)
        try:
            picked = pick(state, part.target, part.lines.of(state), part.slots)
            reduction = part.constant
            if reduction is None:
                found = part.effect.resolve(Sight(state, part, (), picked))
                reduction = None if isinstance(found, Why) else found[0]
            if reduction is None or not picked:
                return None
            return (
                unit_offs(state, part, reduction, picked, by_unit=True),
                [unit for group in picked for unit in (*group.discounted, *group.needed)],
            )
        finally:
            state.claims, state.joined = before, joined
