"""Which units a selector takes: ordered, cut into groups or matched to slots; each unit at most once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from netlift.promotions.selector import Order, Selector

if TYPE_CHECKING:
    from netlift.promotions.conditions import Lines
    from netlift.promotions.state import State

Unit = tuple[int, int]
"""A line's place in the cart, and a unit's place in its line."""


class Picked(NamedTuple):
    """One group or set: the units that the effect falls on, and those that only had to be there."""

    discounted: list[Unit]
    needed: list[Unit]


def pick(state: "State", target: Selector, lines: Sequence[int], slots: "Sequence[Lines]") -> list[Picked]:
    """The groups of units that a selector takes from the lines that its filter left."""
    if target.slots:
        return _sets(state, target, slots)
    units = _ordered(state, lines, target.order)
    if len(units) < target.min_units:
        return []
    if target.skip_units or target.max_units_per_line is not None or (target.same_line and target.group_size):
        return _by_line(target, units)
    if target.max_units is not None:
        units = units[: target.max_units]
    return _groups(target, units)


def _ordered(state: "State", lines: Sequence[int], order: Order) -> list[Unit]:
    """Units that are not claimed yet, in the order wanted; of equal ones first those that cost most now."""
    entries = []
    for i in lines:
        quantity = state.quantity[i]
        price = state.shelf[i] // quantity
        rank = -price if order == "dearest" else price if order == "cheapest" else 0
        if order == "largest_line":
            rank = -quantity
        units = state.units[i]
        claimed = None if state.claims is None else state.claims.get(i)
        if units is None:
            left = -(state.left[i] // quantity) if rank and order != "largest_line" else 0
            entries += [(rank, left, i, u) for u in range(quantity) if claimed is None or not claimed[u]]
        else:
            entries += [
                (rank, -left if order in {"dearest", "cheapest"} else 0, i, u)
                for u, left in enumerate(units)
                if claimed is None or not claimed[u]
            ]
    if order != "given":
        entries.sort()
    return [(i, u) for _, _, i, u in entries]


def _by_line(target: Selector, units: list[Unit]) -> list[Picked]:
    """Selectors that count within a line: units skipped or at most so many of each, groups of one line."""
    lines: dict[int, list[Unit]] = {}
    if target.skip_units and not target.same_line:
        units = units[target.skip_units :]
    for unit in units:
        lines.setdefault(unit[0], []).append(unit)
    skipped = target.skip_units if target.same_line else 0
    kept = [mine[skipped:][: target.max_units_per_line] for mine in lines.values()]
    if target.same_line and target.group_size:
        kept = _first(kept, target.max_units)
        found = [group for mine in kept for group in _groups(target, mine)]
        return found if target.max_groups is None else found[: target.max_groups]
    taken = {unit for mine in kept for unit in mine}
    rest = [unit for unit in units if unit in taken]
    return _groups(target, rest if target.max_units is None else rest[: target.max_units])


def _first(lists: list[list[Unit]], count: int | None) -> list[list[Unit]]:
    """The first so many units of all lists together."""
    if count is None:
        return lists
    found = []
    for units in lists:
        found.append(units[:count])
        count -= len(found[-1])
    return found


def _groups(target: Selector, units: list[Unit]) -> list[Picked]:
    size = target.group_size
    if size is None:
        return [Picked(units, [])] if units else []
    groups = [units[start : start + size] for start in range(0, len(units), size)]
    if groups and target.complete and len(groups[-1]) < size:
        groups.pop()
    if target.max_groups is not None:
        groups = groups[: target.max_groups]
    if not target.positions:
        return [Picked(group, []) for group in groups]
    places = {position - 1 for position in target.positions}
    found = []
    for group in groups:
        discounted = [unit for place, unit in enumerate(group) if place in places]
        if discounted:
            found.append(Picked(discounted, [unit for place, unit in enumerate(group) if place not in places]))
    return found


def _sets(state: "State", target: Selector, slots: "Sequence[Lines]") -> list[Picked]:
    """Fills all slots again and again until one cannot be filled; slots that are only needed choose first."""
    queues = [_ordered(state, lines.of(state), slot.order) for slot, lines in zip(target.slots, slots, strict=True)]
    if state.closed is not None:
        closed = state.closed
        queues = [[unit for unit in queue if unit[0] not in closed] for queue in queues]
    # what is needed chooses first, then the slot that has fewest goods to choose from
    turns = sorted(range(len(queues)), key=lambda place: (target.slots[place].discounted, len(queues[place]), place))
    starts = [0] * len(queues)
    taken: set[Unit] = set()
    found: list[Picked] = []
    while target.max_groups is None or len(found) < target.max_groups:
        discounted: list[Unit] = []
        needed: list[Unit] = []
        for place in turns:
            slot, queue = target.slots[place], queues[place]
            mine: list[Unit] = []
            while len(mine) < slot.quantity and starts[place] < len(queue):
                unit = queue[starts[place]]
                starts[place] += 1
                if unit not in taken:
                    taken.add(unit)
                    mine.append(unit)
            if len(mine) < slot.quantity:
                return found
            (discounted if slot.discounted else needed).extend(mine)
        found.append(Picked(discounted, needed))
    return found
