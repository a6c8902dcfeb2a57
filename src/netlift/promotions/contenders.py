"""Benefits that compete for units, each with what of its past still matters and with bounds on what it may gain.

Units come to a contender dearest first. Its state says no more of the units so far than what later units may change:
how far its open group is filled, what its goods sum to. `rate` and `open` bound its gains from above: what it gains
from here on is never more than `open` of its state and the rates of the units that still join it.
"""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple, TypeAlias

from netlift.promotions.act import unit_offs
from netlift.promotions.effect import Reduction
from netlift.promotions.part import Part
from netlift.promotions.pick import Picked, Unit
from netlift.promotions.state import State
from netlift.promotions.value import Steps, Tiers

Progress: TypeAlias = Any
"""What a contender keeps of its units so far: a hashable value that only it reads."""


class Good(NamedTuple):
    """A unit in the competition; `left` is what it costs now."""

    unit: Unit
    left: int
    room: int


class Contender(ABC):
    """A benefit that competes for units, discounted by the engine's own arithmetic.

    Args:
        state: the cart while it is priced.
        part: the benefit.
        reduction: what it does.
        lines: lines whose units it may take.
        most: most that it may give, in minor units.
    """

    start: Progress = ()
    free: bool = False
    """Whether every unit gains by itself and without bound, so that there is no state."""

    def __init__(self, state: State, part: Part, reduction: Reduction, lines: frozenset[int], most: int | None) -> None:
        self.part, self.lines, self._state, self._reduction, self.most = part, lines, state, reduction, most
        self._gains: dict[Unit, int] = {}
        self.rate: list[float] = []

    def see(self, goods: Sequence[Good]) -> None:
        """Look at all units, in their order, before the first comes; sets `rate`."""
        self.rate = [float(self.gain(good)) if good.unit[0] in self.lines else 0.0 for good in goods]

    def gain(self, good: Good) -> int:
        """What the reduction takes off one unit alone."""
        if good.unit not in self._gains:
            found = unit_offs(self._state, self.part, self._reduction, [Picked([good.unit], [])])
            self._gains[good.unit] = found[good.unit]
        return self._gains[good.unit]

    @abstractmethod
    def step(self, state: Progress, good: Good, place: int) -> tuple[Progress, int] | None:
        """The state after a unit joined and what that gains at once; None where there is no use in its joining."""

    def finish(self, state: Progress) -> int:  # noqa: ARG002
        """What is gained at the end."""
        return 0

    def open(self, state: Progress, place: int) -> float:  # noqa: ARG002
        """Upper bound on what the units so far may still gain, when the unit at `place` is the next."""
        return 0.0

    @abstractmethod
    def shares(self, units: Sequence[Unit]) -> tuple[dict[Unit, int], list[Unit]]:
        """What is taken off every unit, and which units are used up."""

    def _mine(self, goods: Sequence[Good]) -> list[bool]:
        return [good.unit[0] in self.lines for good in goods]


def tail(values: Sequence[float]) -> list[float]:
    """At each place the sum of the values from there on; 0 behind the last."""
    return [*reversed(list(accumulate(reversed(values)))), 0]


def _peak(values: Sequence[float]) -> list[float]:
    """At each place the largest value from there on; 0 behind the last."""
    return [*reversed(list(accumulate(reversed(values), max))), 0]


class Each(Contender):
    """Every unit gains by itself; at most so many units, at most so much."""

    def __init__(self, state: State, part: Part, reduction: Reduction, lines: frozenset[int], most: int | None) -> None:
        super().__init__(state, part, reduction, lines, most)
        self._units = part.target.max_units
        self._per_line = part.target.max_units_per_line
        self.start = (0, 0, -1, 0)
        self.free = self._units is None and self._per_line is None and most is None

    def step(self, state: Progress, good: Good, place: int) -> tuple[Progress, int] | None:  # noqa: ARG002
        """See `Contender`."""
        if self.free:
            return state, self.gain(good)
        count, given, line, mine = state
        mine = mine + 1 if line == good.unit[0] else 1
        gain = self.gain(good)
        if (self._units is not None and count == self._units) or (self._per_line is not None and mine > self._per_line):
            return None
        if self.most is not None:
            if self.part.cap.all_or_nothing and given + gain > self.most:
                return None
            gain = min(gain, self.most - given)
        kept = (good.unit[0], mine) if self._per_line is not None else (-1, 0)
        return (
            count + 1 if self._units is not None else 0,
            given + gain if self.most is not None else 0,
            *kept,
        ), gain

    def shares(self, units: Sequence[Unit]) -> tuple[dict[Unit, int], list[Unit]]:
        """See `Contender`."""
        found = {unit: self._gains[unit] for unit in units}
        rest = self.most
        if rest is not None:
            for unit in units:
                found[unit] = min(found[unit], rest)
                rest -= found[unit]
        return found, list(units)


class Places(Contender):
    """Groups of so many units, dearest first, of which certain places gain by themselves."""

    def __init__(self, state: State, part: Part, reduction: Reduction, lines: frozenset[int], most: int | None) -> None:
        super().__init__(state, part, reduction, lines, most)
        target = part.target
        self._size = target.group_size or 1
        places = {place - 1 for place in target.positions} or set(range(self._size))
        if target.order == "cheapest":
            places = {self._size - 1 - place for place in places}
        self._places = places
        self._groups = target.max_groups
        self._partial = not target.complete
        self.start = (0, 0, 0)  # groups filled, units of the open one, and what they gain once it is full
        self._last = min(places) >= self._size - len(places)
        self._share = len(places) / self._size

    def see(self, goods: Sequence[Good]) -> None:
        """Where the last places gain, every unit of a group carries an equal part of the most that may follow."""
        super().see(goods)
        self._count = tail(self._mine(goods))
        self._best = _peak(self.rate)
        if self._last:
            self.rate = [
                best * self._share if mine else 0.0 for best, mine in zip(self._best, self._mine(goods), strict=False)
            ]

    def step(self, state: Progress, good: Good, place: int) -> tuple[Progress, int] | None:
        """See `Contender`."""
        groups, filled, due = state
        if self._groups is not None and groups == self._groups:
            return None
        if not self._partial and filled + self._count[place] < self._size:
            return None
        if filled in self._places:
            due += self.gain(good)
        filled += 1
        if filled == self._size:
            return (groups + 1 if self._groups is not None else 0, 0, 0), due
        return ((groups, filled, 0), due) if self._partial else ((groups, filled, due), 0)

    def open(self, state: Progress, place: int) -> float:
        """See `Contender`."""
        _, filled, due = state
        if not filled or (not self._partial and filled + self._count[place] < self._size):
            return 0.0
        if not self._last:
            return float(due)
        if filled <= self._size - len(self._places):
            return self._share * filled * self._best[place]
        return due + (1 - self._share) * (self._size - filled) * self._best[place]

    def shares(self, units: Sequence[Unit]) -> tuple[dict[Unit, int], list[Unit]]:
        """See `Contender`."""
        used = list(units) if self._partial else list(units[: len(units) // self._size * self._size])
        found = {unit: self._gains[unit] for k, unit in enumerate(used) if k % self._size in self._places}
        return found, used


class Sum(Contender):
    """An amount off all its units together, once their sum reaches a threshold; tiers and steps too."""

    def __init__(self, state: State, part: Part, reduction: Reduction, lines: frozenset[int], most: int | None) -> None:
        super().__init__(state, part, reduction, lines, most)
        value = getattr(part.effect, "off", reduction.numerator)
        self._value = value
        self._stepped = isinstance(value, Tiers | Steps)
        self._by_units = isinstance(value, Tiers | Steps) and value.of == "selection.quantity"
        self.start = (0, 0)
        self.lump = False

    def see(self, goods: Sequence[Good]) -> None:
        """See `Contender`."""
        mine = self._mine(goods)
        weights = [(1 if self._by_units else good.left) if own else 0 for good, own in zip(goods, mine, strict=True)]
        self._more = tail(weights)
        self._rooms = tail([good.room if own else 0 for good, own in zip(goods, mine, strict=True)])
        self._starts, self._enough = self._reach(int(self._more[0]))
        self._most_at = list(accumulate(map(self._amount, self._starts), max))
        self._top = self._most_at[-1] if self._starts else 0
        if self.most is not None:
            self._top = min(self._top, self.most)
        each = max((self._amount(start) / max(start, 1) for start in self._starts), default=0.0)
        self.each = each if self._by_units else min(1.0, each)  # no more than the goods cost
        self.rate = [weight * self.each for weight in weights]

    def _reach(self, most: int) -> tuple[list[int], int]:
        """Measures up to the most possible at which the amount grows, and the one beyond which it does not."""
        value = self._value
        if isinstance(value, Tiers):
            starts = [row.start for row in value.rows if row.start <= most]
        elif isinstance(value, Steps):
            times = most // value.step if value.at_most is None else min(most // value.step, value.at_most)
            starts = [value.step * time for time in range(1, times + 1)]
        else:
            starts = [min(value, most)]
        return starts, starts[-1] if starts else 0

    def _amount(self, measured: int) -> int:
        value = self._value
        if isinstance(value, Tiers):
            return next((int(row.value) for row in reversed(value.rows) if measured >= row.start), 0)
        if isinstance(value, Steps):
            times = measured // value.step
            return value.value * (times if value.at_most is None else min(times, value.at_most))
        return value if measured else 0

    def step(self, state: Progress, good: Good, place: int) -> tuple[Progress, int] | None:
        """See `Contender`."""
        measured, room = state
        measured = min(measured + (1 if self._by_units else good.left), self._enough)
        reached = bisect_right(self._starts, measured)
        if self._stepped and reached == bisect_right(self._starts, measured + self._more[place + 1]):
            if not reached:
                return None
            measured = self._starts[reached - 1]  # no further step can be reached, so that the rest does not matter
        return (measured, min(room + good.room, self._top)), 0

    def open_all(self) -> float:
        """Upper bound on everything that it may give."""
        return float(min(self._top, self._rooms[0]))

    def finish(self, state: Progress) -> int:
        """See `Contender`."""
        measured, room = state
        amount = min(self._amount(measured), room)
        return amount if self.most is None else min(amount, self.most)

    def open(self, state: Progress, place: int) -> float:
        """See `Contender`."""
        measured, room = state
        if self.lump:
            reached = bisect_right(self._starts, measured + self._more[place]) if self._stepped else 1
            return float(min(self._most_at[reached - 1] if reached else 0, room + self._rooms[place], self._top))
        return min(self.each * measured, float(self._top))

    def shares(self, units: Sequence[Unit]) -> tuple[dict[Unit, int], list[Unit]]:
        """See `Contender`."""
        lefts = [self._state.unit_lefts(i)[u] for i, u in units]
        rooms = [max(0, left - self._state.floor[i]) for left, (i, _) in zip(lefts, units, strict=True)]
        measured = min(len(units) if self._by_units else sum(lefts), self._enough)
        amount = self.finish((measured, min(sum(rooms), self._top)))
        cut = Reduction("amount", amount, across=True)
        return unit_offs(self._state, self.part, cut, [Picked(list(units), [])]), list(units)
