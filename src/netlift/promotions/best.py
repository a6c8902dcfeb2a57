"""The best deal where promotions compete for units: an exact search that proves its answer, or says that it did not.

Units are taken dearest first; each joins one contender or none. What matters of the past is a small state per
contender (how far its open group is filled, what its goods sum to), so that pasts with equal states are merged and
only the best is kept: a dynamic programme, exact whatever the number of units. A state is dropped when even an upper
bound on all that may follow cannot beat the best deal known. When more states than the policy's node budget were
looked at, only the most promising are followed, and the answer is `best found`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from netlift.promotions.contender_sets import Place, Sets, Whole
from netlift.promotions.contenders import Contender, Each, Good, Places, Progress, Sum
from netlift.promotions.effect import Reduction
from netlift.promotions.part import Part
from netlift.promotions.pick import Unit
from netlift.promotions.state import State
from netlift.promotions.value import Steps, Tiers

_BEAM = 64
"""States kept per unit for the first, quick answer, and once the budget is spent."""
_Past: TypeAlias = "tuple[int, _Past | None]"
"""Who took the last unit (-1 for nobody), and the past before it."""
_States: TypeAlias = "dict[tuple[Progress, ...], tuple[int, _Past | None]]"
"""States of the contenders that have one, with the most gained on a way there, and that way."""


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
    slots = [frozenset(slot.of(state)) for slot in part.slots]
    lines = frozenset().union(*slots) if slots else frozenset(part.lines.of(state))
    target, reduction = part.target, part.constant
    limit = part.cap.max_discount
    if most is not None:
        limit = most if limit is None else min(limit, most)
    value = getattr(part.effect, "off", None)
    simple = not target.slots and not target.min_units and not target.skip_units and not target.same_line
    by_selection = isinstance(value, Tiers | Steps) and value.of in {"selection.amount", "selection.quantity"}
    if part.effect.kind == "amount" and part.allocation == "across" and simple and target.whole_lines:
        if reduction is not None or by_selection:
            return Sum(state, part, reduction or Reduction("amount", 0), lines, limit)
    elif reduction is not None and simple and not _together(part, reduction):
        if target.group_size is None:
            return Each(state, part, reduction, lines, limit)
        if _in_order(part, limit):
            return Places(state, part, reduction, lines, limit)
    if reduction is not None and (sets := _sets(part, reduction, slots, lines, limit)) is not None:
        return Sets(state, part, reduction, sets, limit)
    return Whole(state, part, reduction or Reduction("amount", 0), lines, limit)


def _together(part: Part, reduction: Reduction) -> bool:
    return reduction.kind in {"amount", "price"} and part.allocation != "unit"


def _in_order(part: Part, limit: int | None) -> bool:
    """Whether its groups are cut from the dearest to the cheapest, or from the cheapest to the dearest without rest."""
    target = part.target
    if target.max_units is not None or target.max_units_per_line is not None or limit is not None:
        return False
    return target.order == "dearest" or (target.order == "cheapest" and target.complete) or not target.positions


def _sets(
    part: Part, reduction: Reduction, slots: Sequence[frozenset[int]], lines: frozenset[int], limit: int | None
) -> list[Place] | None:
    """The slots of sets whose gain does not depend on other sets; None where it may."""
    target = part.target
    counted = target.min_units or target.skip_units or target.max_units or target.max_units_per_line
    if counted or limit is not None or target.same_line or (part.allocation == "line" and _together(part, reduction)):
        return None
    if not slots:
        size = target.group_size
        if size is None or target.order not in {"dearest", "cheapest"} or not target.complete:
            return None
        places = {place - 1 for place in target.positions} or set(range(size))
        if target.order == "cheapest":
            places = {size - 1 - place for place in places}
        return [Place(lines, size, frozenset(places))]
    if sum(map(len, slots)) > len(lines) or any(slot.order != "dearest" for slot in target.slots):
        return None
    return [
        Place(mine, slot.quantity, frozenset(range(slot.quantity)) if slot.discounted else frozenset())
        for mine, slot in zip(slots, target.slots, strict=True)
    ]


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
    search = _Search(goods, contenders)
    quick, _ = search.run(-1, _BEAM, 1 << 60)
    best, proved = search.run(quick[0], None, node_budget)
    gain, choices = best if best[0] > quick[0] else quick
    units = tuple(
        (one, mine)
        for place, one in enumerate(contenders)
        if (mine := tuple(good.unit for good, choice in zip(goods, choices, strict=True) if choice == place))
    )
    return Assignment(units, gain, proved)


class _Search:
    """Everything about the units and contenders that does not change while searching."""

    def __init__(self, goods: Sequence[Good], contenders: Sequence[Contender]) -> None:
        for one in contenders:
            one.see(goods)
        self._goods = goods
        self._kept = [place for place, one in enumerate(contenders) if not one.free and any(one.rate)]
        self._stateful = [contenders[place] for place in self._kept]
        self._joins = [
            [number for number, one in enumerate(self._stateful) if good.unit[0] in one.lines] for good in goods
        ]
        self._alone = [_alone(good, contenders) for good in goods]
        rates = [[one.rate[k] for one in self._stateful] for k in range(len(goods))]
        self._lumps = _lumps(self._stateful, rates, [gain for gain, _ in self._alone])
        self._after = [0.0] * (len(goods) + 1)
        for k in range(len(goods) - 1, -1, -1):
            others = [rate for number, rate in enumerate(rates[k]) if number not in self._lumps]
            self._after[k] = self._after[k + 1] + max([*others, self._alone[k][0]])

    def run(self, known: int, beam: int | None, budget: int) -> tuple[tuple[int, tuple[int, ...]], bool]:
        """The best gain above `known` with the choice per unit, and whether nothing was cut off unseen."""
        contenders = self._stateful
        states: _States = {tuple(one.start for one in contenders): (0, None)}
        seen, proved = 0, True
        for k, good in enumerate(self._goods):
            seen += len(states) * (1 + len(self._joins[k]))
            states = self._followed(states, k, good)
            bounds = self._pruned(states, k + 1, known)
            width = beam if beam is not None else _BEAM if seen > budget else None
            if width is not None and len(bounds) > width:
                proved = False
                bounds = dict(sorted(bounds.items(), key=lambda entry: -entry[1])[:width])
            states = {key: states[key] for key in bounds}
        best, past = known, None
        for key, (value, way) in states.items():
            total = value + sum([one.finish(own) for one, own in zip(contenders, key, strict=True)])
            if total > best:
                best, past = total, way
        return (best, _unrolled(past, len(self._goods))), proved

    def _followed(self, states: _States, k: int, good: Good) -> _States:
        """Every state with the unit given to nobody (or to who needs no state), and to each that may have it."""
        found: _States = {}
        contenders, kept = self._stateful, self._kept
        alone, taker = self._alone[k]
        for key, (value, past) in states.items():
            reached = found.get(key)
            if reached is None or reached[0] < value + alone:
                found[key] = (value + alone, (taker, past))
            for number in self._joins[k]:
                step = contenders[number].step(key[number], good, k)
                if step is None:
                    continue
                moved = (*key[:number], step[0], *key[number + 1 :])
                reached = found.get(moved)
                if reached is None or reached[0] < value + step[1]:
                    found[moved] = (value + step[1], (kept[number], past))
        return found

    def _pruned(self, states: _States, k: int, known: int) -> dict[tuple[Progress, ...], float]:
        """Bounds of the states that may still beat what is known by a minor unit."""
        enough = known + 1 - self._after[k] - 1e-6  # bounds are sums of fractions
        found = {}
        starts = [one.start for one in self._stateful]
        opens = [one.open for one in self._stateful]
        cache: list[dict[Progress, float]] = [
            {} if number in self._lumps else {start: 0.0} for number, start in enumerate(starts)
        ]
        for key, (value, _) in states.items():
            bound = float(value)
            for own, known_, open_ in zip(key, cache, opens, strict=True):
                if own not in known_:
                    known_[own] = open_(own, k)
                bound += known_[own]
            if bound >= enough:
                found[key] = bound
        return found


def _alone(good: Good, contenders: Sequence[Contender]) -> tuple[int, int]:
    """The most that a unit gains from one that needs no state, and whose it is; 0 and -1 where nobody is."""
    best = (0, -1)
    for place, one in enumerate(contenders):
        if one.free and good.unit[0] in one.lines and one.gain(good) > best[0]:
            best = (one.gain(good), place)
    return best


def _lumps(contenders: Sequence[Contender], rates: Sequence[Sequence[float]], alone: Sequence[int]) -> set[int]:
    """Sums that are bounded by what they may give altogether, as that is less than by what each unit adds."""
    found: set[int] = set()
    for number, one in enumerate(contenders):
        if not isinstance(one, Sum):
            continue
        extra = 0.0
        for k, row in enumerate(rates):
            others = max([alone[k], *[rate for other, rate in enumerate(row) if other not in found | {number}]])
            extra += max(0.0, row[number] - others)
        one.lump = False
        if one.open_all() < extra:
            one.lump = True
            found.add(number)
    return found


def _unrolled(past: "_Past | None", count: int) -> tuple[int, ...]:
    choices: list[int] = []
    while past is not None:
        choices.append(past[0])
        past = past[1]
    choices.reverse()
    return tuple(choices) if len(choices) == count else (-1,) * count
