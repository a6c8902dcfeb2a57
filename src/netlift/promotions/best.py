"""The best deal where promotions compete for units: an exact search that proves its answer, or says that it did not.

Units are taken dearest first; each joins one contender or none. What matters of the past is a small state per
contender (how far its open group is filled, what its goods sum to), so that pasts with equal states are merged and
only the best is kept: a dynamic programme, exact whatever the number of units. A state is dropped when even an upper
bound on all that may follow cannot beat the best deal known. When more states than the policy's node budget were
looked at, only the most promising are followed, and the answer is `best found`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

from netlift.promotions.act import claim, unit_offs
from netlift.promotions.effect import Reduction
from netlift.promotions.part import Part, Sight
from netlift.promotions.pick import Picked, Unit
from netlift.promotions.reasons import Why
from netlift.promotions.state import State
from netlift.promotions.value import Steps, Tiers

_BEAM = 64  # states kept per unit for the first, quick answer, and once the budget is spent

Progress: TypeAlias = Any
"""What a contender keeps of its units so far: a hashable value that only it reads."""


class Good(NamedTuple):
    """A unit in the competition; `left` is what it costs now."""

    unit: Unit
    left: int
    room: int


class Contender(Protocol):
    """A benefit that competes for units."""

    part: Part
    lines: frozenset[int]
    start: Progress

    def step(self, state: Progress, good: Good, place: int) -> tuple[Progress, int] | None:
        """The state after the unit joined and what that gains at once; None where it may not join."""

    def finish(self, state: Progress) -> int | None:
        """What is gained at the end; None where the state may not be the last."""

    def rate(self, good: Good) -> float:
        """Upper bound on the unit's part in what the contender gains."""

    def open(self, state: Progress, good: Good | None) -> float:
        """Upper bound on what the units so far may still gain, when `good` is the next unit."""

    def shares(self, units: Sequence[Unit]) -> tuple[dict[Unit, int], list[Unit]]:
        """What is taken off every unit, and which units are used up."""


class _Base:
    """What contenders share: the units are discounted by the engine's own arithmetic."""

    start: Progress = ()

    def __init__(self, state: State, part: Part, reduction: Reduction, lines: frozenset[int], most: int | None) -> None:
        self.part, self.lines, self._state, self._reduction, self.most = part, lines, state, reduction, most
        self._gains: dict[Unit, int] = {}

    def gain(self, good: Good) -> int:
        """What the reduction takes off one unit alone."""
        if good.unit not in self._gains:
            found = unit_offs(self._state, self.part, self._reduction, [Picked([good.unit], [])])
            self._gains[good.unit] = found[good.unit]
        return self._gains[good.unit]

    def rate(self, good: Good) -> float:
        """See `Contender`."""
        return self.gain(good)

    def open(self, state: Progress, good: Good | None) -> float:  # noqa: ARG002
        """See `Contender`."""
        return 0.0

    def finish(self, state: Progress) -> int | None:  # noqa: ARG002
        """See `Contender`."""
        return 0


class Each(_Base):
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


class Places(_Base):
    """Groups of so many units, dearest first, of which certain places gain; only full groups count."""

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
        self.start = (0, 0)
        self._share = len(places) / self._size if min(places) >= self._size - len(places) else 1.0

    def step(self, state: Progress, good: Good, place: int) -> tuple[Progress, int] | None:  # noqa: ARG002
        """See `Contender`."""
        groups, filled = state
        if self._groups is not None and groups == self._groups:
            return None
        gain = self.gain(good) if filled in self._places else 0
        filled += 1
        if filled == self._size:
            return (groups + 1 if self._groups is not None else 0, 0), gain
        return (groups, filled), gain

    def finish(self, state: Progress) -> int | None:
        """See `Contender`."""
        return 0 if self._partial or state[1] == 0 else None

    def rate(self, good: Good) -> float:
        """See `Contender`."""
        return self.gain(good) * self._share

    def open(self, state: Progress, good: Good | None) -> float:
        """See `Contender`."""
        filled = state[1]
        if not filled or good is None:
            return 0.0
        return sum(place >= filled for place in self._places) * float(good.left)

    def shares(self, units: Sequence[Unit]) -> tuple[dict[Unit, int], list[Unit]]:
        """See `Contender`."""
        found = {unit: self._gains[unit] for k, unit in enumerate(units) if k % self._size in self._places}
        return found, list(units)


class Sum(_Base):
    """An amount off all its units together, once their sum reaches a threshold; tiers and steps too."""

    def __init__(self, state: State, part: Part, reduction: Reduction, lines: frozenset[int], most: int | None) -> None:
        super().__init__(state, part, reduction, lines, most)
        value = getattr(part.effect, "off", reduction.numerator)
        self._value = value
        self._top: int | None
        self._enough: int | None
        self._by_units = isinstance(value, Tiers | Steps) and value.of == "selection.quantity"
        if isinstance(value, Tiers):
            self._top = max(int(row.value) for row in value.rows)
            self._enough = value.rows[-1].start
            self._each = max(int(row.value) / max(row.start, 1) for row in value.rows)
        elif isinstance(value, Steps):
            self._top = value.value * value.at_most if value.at_most is not None else None
            self._enough = None if value.at_most is None else value.step * value.at_most
            self._each = value.value / value.step
        else:
            self._top, self._enough, self._each = value, value, 1.0
        self.start = (0, 0)

    def step(self, state: Progress, good: Good, place: int) -> tuple[Progress, int] | None:  # noqa: ARG002
        """See `Contender`."""
        return self._with(state, good), 0

    def _with(self, state: Progress, good: Good) -> tuple[int, int]:
        measured, room = state
        measured += 1 if self._by_units else good.left
        if self._enough is not None:
            measured = min(measured, self._enough)
        room += good.room
        return measured, room if self._top is None else min(room, self._top)

    def finish(self, state: Progress) -> int | None:
        """See `Contender`."""
        measured, room = state
        value = self._value
        if isinstance(value, Tiers):
            amount = next((int(row.value) for row in reversed(value.rows) if measured >= row.start), 0)
        elif isinstance(value, Steps):
            times = measured // value.step
            amount = value.value * (times if value.at_most is None else min(times, value.at_most))
        else:
            amount = value
        amount = min(amount, room)
        return amount if self.most is None else min(amount, self.most)

    def rate(self, good: Good) -> float:
        """See `Contender`."""
        return self._each * (1 if self._by_units else good.left)

    def open(self, state: Progress, good: Good | None) -> float:  # noqa: ARG002
        """See `Contender`."""
        bound = self._each * state[0]
        return bound if self._top is None else min(bound, self._top)

    def shares(self, units: Sequence[Unit]) -> tuple[dict[Unit, int], list[Unit]]:
        """See `Contender`."""
        state = self.start
        for i, u in units:
            left = self._state.unit_lefts(i)[u]
            state = self._with(state, Good((i, u), left, max(0, left - self._state.floor[i])))
        amount = self.finish(state) or 0
        cut = Reduction("amount", amount, across=True)
        return unit_offs(self._state, self.part, cut, [Picked(list(units), [])]), list(units)


class Whole(_Base):
    """Anything else: it remembers its units, and the engine's own arithmetic says what they gain together."""

    def __init__(self, state: State, part: Part, reduction: Reduction, lines: frozenset[int], most: int | None) -> None:
        super().__init__(state, part, reduction, lines, most)
        self._found: dict[tuple[Unit, ...], tuple[dict[Unit, int], list[Unit]] | None] = {}

    def step(self, state: Progress, good: Good, place: int) -> tuple[Progress, int] | None:  # noqa: ARG002
        """See `Contender`."""
        return (*state, good.unit), 0

    def finish(self, state: Progress) -> int | None:
        """See `Contender`."""
        if not state:
            return 0
        found = self._deal(state)
        if found is None:
            return None
        given = sum(found[0].values())
        if self.most is not None and given > self.most:
            return None
        return given if len(found[1]) == len(state) and given else None

    def rate(self, good: Good) -> float:
        """See `Contender`."""
        return good.room

    def open(self, state: Progress, good: Good | None) -> float:  # noqa: ARG002
        """See `Contender`."""
        return float(sum(self._state.unit_lefts(i)[u] for i, u in state))

    def shares(self, units: Sequence[Unit]) -> tuple[dict[Unit, int], list[Unit]]:
        """See `Contender`."""
        return self._deal(tuple(units)) or ({}, [])

    def _deal(self, units: tuple[Unit, ...]) -> tuple[dict[Unit, int], list[Unit]] | None:
        if units not in self._found:
            self._found[units] = self._priced(units)
        return self._found[units]

    def _priced(self, units: tuple[Unit, ...]) -> tuple[dict[Unit, int], list[Unit]] | None:
        from netlift.promotions.pick import pick

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


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which units each contender gets, and whether no other way gives the customer more."""

    units: tuple[tuple[Contender, tuple[Unit, ...]], ...]
    gain: int
    proved: bool


def contender(state: State, part: Part, most: int | None) -> Contender | None:
    """The benefit as a contender; None where it does not compete for units."""
    if not part.effect.competes:
        return None
    lines = frozenset(part.lines.of(state)) if not part.slots else frozenset(
        i for slot in part.slots for i in slot.of(state)
    )  # fmt: skip
    target, reduction = part.target, part.constant
    limit = part.cap.max_discount
    if most is not None:
        limit = most if limit is None else min(limit, most)
    value = getattr(part.effect, "off", None)
    simple = not target.slots and not target.min_units and not target.skip_units and not target.same_line
    by_selection = isinstance(value, Tiers | Steps) and value.of.startswith("selection.") and not value.of.endswith("l")
    if part.effect.kind == "amount" and part.allocation == "across" and simple and target.whole_lines:
        if reduction is not None or by_selection:
            return Sum(state, part, reduction or Reduction("amount", 0), lines, limit)
    elif reduction is not None and simple and not _together(part, reduction):
        if target.group_size is None:
            return Each(state, part, reduction, lines, limit)
        if target.max_units is None and target.max_units_per_line is None and limit is None:
            return Places(state, part, reduction, lines, limit)
    return Whole(state, part, reduction or Reduction("amount", 0), lines, limit)


def _together(part: Part, reduction: Reduction) -> bool:
    return reduction.kind in {"amount", "price"} and part.allocation != "unit"


def best_deal(state: State, contenders: Sequence[Contender], node_budget: int) -> Assignment:
    """The assignment of units to contenders that takes most off the prices.

    Args:
        state: the cart; its units are read, not changed, except that they are kept unit by unit.
        contenders: benefits whose conditions hold.
        node_budget: states that may be looked at.
    """
    lines = sorted(frozenset().union(*[one.lines for one in contenders])) if contenders else []
    closed = state.closed or frozenset()
    goods = [
        Good((i, u), left, max(0, left - state.floor[i]))
        for i in lines
        if i not in closed
        for u, left in enumerate(state.unit_lefts(i))
        if not (state.claims and i in state.claims and state.claims[i][u])
    ]
    goods.sort(key=lambda good: (-state.shelf_unit(*good.unit), -good.left, good.unit))
    quick, _ = _search(goods, contenders, 0, _BEAM, 1 << 60)
    best, proved = _search(goods, contenders, quick[0], None, node_budget)
    gain, choices = best if best[0] > quick[0] else quick
    units = tuple(
        (one, mine)
        for place, one in enumerate(contenders)
        if (mine := tuple(good.unit for good, choice in zip(goods, choices, strict=True) if choice == place))
    )
    return Assignment(units, gain, proved)


_Past: TypeAlias = Any
"""A choice and the past before it; None at the start."""


def _search(
    goods: Sequence[Good], contenders: Sequence[Contender], known: int, beam: int | None, budget: int
) -> tuple[tuple[int, tuple[int, ...]], bool]:
    """The best gain above `known` with the choice per unit (-1 for none), and whether nothing was cut off unseen."""
    joins = [[place for place, one in enumerate(contenders) if good.unit[0] in one.lines] for good in goods]
    after = [0.0] * (len(goods) + 1)
    for k in range(len(goods) - 1, -1, -1):
        after[k] = after[k + 1] + max((contenders[place].rate(goods[k]) for place in joins[k]), default=0.0)
    states: dict[tuple[Progress, ...], tuple[int, _Past]] = {tuple(one.start for one in contenders): (0, None)}
    seen, proved = 0, True
    for k, good in enumerate(goods):
        following: dict[tuple[Progress, ...], tuple[int, _Past]] = {}
        upcoming = goods[k + 1] if k + 1 < len(goods) else None
        for key, (value, past) in states.items():
            seen += 1 + len(joins[k])
            _keep(following, key, value, (-1, past))
            for place in joins[k]:
                found = contenders[place].step(key[place], good, k)
                if found is not None:
                    moved = (*key[:place], found[0], *key[place + 1 :])
                    _keep(following, moved, value + found[1], (place, past))
        width = beam if beam is not None else _BEAM if seen > budget else None
        states = _pruned(following, contenders, upcoming, after[k + 1], known)
        if width is not None and len(states) > width:
            proved = False
            kept = sorted(states, key=lambda key: _bound(key, states[key][0], contenders, upcoming), reverse=True)
            states = {key: states[key] for key in kept[:width]}
    best, choices = known, None
    for key, (value, past) in states.items():
        total = value
        for one, own in zip(contenders, key, strict=True):
            end = one.finish(own)
            if end is None:
                break
            total += end
        else:
            if total > best:
                best, choices = total, past
    return (best, _unrolled(choices, len(goods))), proved


def _keep(
    states: dict[tuple[Progress, ...], tuple[int, _Past]], key: tuple[Progress, ...], value: int, past: _Past
) -> None:
    if key not in states or states[key][0] < value:
        states[key] = (value, past)


def _bound(key: tuple[Progress, ...], value: int, contenders: Sequence[Contender], upcoming: Good | None) -> float:
    return value + sum([one.open(own, upcoming) for one, own in zip(contenders, key, strict=True) if own != one.start])


def _pruned(
    states: dict[tuple[Progress, ...], tuple[int, _Past]],
    contenders: Sequence[Contender],
    upcoming: Good | None,
    after: float,
    known: int,
) -> dict[tuple[Progress, ...], tuple[int, _Past]]:
    """Without the states that cannot beat what is known by a minor unit, however the rest goes."""
    enough = known + 1 - 1e-6  # bounds are sums of fractions
    return {
        key: found for key, found in states.items() if _bound(key, found[0], contenders, upcoming) + after >= enough
    }


def _unrolled(past: _Past, count: int) -> tuple[int, ...]:
    choices: list[int] = []
    while past is not None:
        choices.append(past[0])
        past = past[1]
    choices.reverse()
    return tuple(choices) if len(choices) == count else (-1,) * count
