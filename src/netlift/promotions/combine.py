"""How promotions combine: the groups of the tree at work, each by its mode and scope."""

from collections.abc import Callable, Sequence

from netlift.promotions.compete import compete
from netlift.promotions.promotion import Group
from netlift.promotions.reasons import Why
from netlift.promotions.runnable import Entry, Run, Runnable, exclude
from netlift.promotions.state import Mark, Record, State

_MANY_UNITS = 5_000  # beyond them even the quick search takes seconds


class Node:
    """A group of the tree with what belongs to it."""

    __slots__ = ("exclusive", "group", "id", "parent", "rank")

    def __init__(self, group: Group, parent: "Node | None") -> None:
        self.group, self.parent, self.id = group, parent, group.id
        self.rank = 0
        self.exclusive = False

    def give(self, state: State, run: Run) -> bool:
        """Apply what belongs to the group; whether anything gave something."""
        entries = run.entries.get(self, [])
        base = self.group.base or state.policy.base
        outer = state.base_left, state.base_units
        state.base_left, state.base_units = (
            (state.left.copy(), state.units.copy()) if base == "original" else (None, None)
        )
        if self.group.scope == "shop":
            given = _each_seller(state, run, lambda here: self._combine(entries, state, here))
        else:
            given = self._combine(entries, state, run)
        state.base_left, state.base_units = outer
        return given

    def _combine(self, entries: list[Entry], state: State, run: Run) -> bool:
        if self.exclusive:
            first = [entry for entry in entries if isinstance(entry, Runnable) and entry.exclusive]
            for entry in first:
                if entry.give(state, run):
                    exclude([other for other in entries if other is not entry], run, Why.EXCLUDED)
                    return True
            entries = [entry for entry in entries if not (isinstance(entry, Runnable) and entry.exclusive)]
        return _MODES[self.group.mode, self.group.scope](entries, state, run)


Mode = Callable[[list[Entry], State, Run], bool]


def _stack(entries: list[Entry], state: State, run: Run) -> bool:
    given = False
    for entry in entries:
        given |= entry.give(state, run)
    return given


def _stack_claiming(entries: list[Entry], state: State, run: Run) -> bool:
    outer, state.claims = state.claims, {}
    given = _stack(entries, state, run)
    state.claims = outer
    return given


def _first(entries: list[Entry], state: State, run: Run) -> bool:
    for place, entry in enumerate(entries):
        if entry.give(state, run):
            exclude(entries[place + 1 :], run, Why.EXCLUDED)
            return True
    return False


def _first_per_line(entries: list[Entry], state: State, run: Run) -> bool:
    outer, given = state.closed, False
    for entry in entries:
        before = len(state.records)
        gave = entry.give(state, run)
        given |= gave
        won = {record[1] for record in state.records[before:]}
        state.closed = (state.closed or frozenset()) | won
    state.closed = outer
    return given


def _best(entries: list[Entry], state: State, run: Run) -> bool:
    return _one(entries, state, run, lambda gain: gain)


def _lowest_cost(entries: list[Entry], state: State, run: Run) -> bool:
    return _one(entries, state, run, lambda gain: -gain)


def _one(entries: list[Entry], state: State, run: Run, worth: Callable[[int], int]) -> bool:
    mark = state.mark()
    best: Entry | None = None
    most, alone = 0, Run({})
    for entry in entries:
        trial = run.beside()
        if entry.give(state, trial):
            value = worth(state.given_since(mark))
            if best is None or value > most:
                best, most = entry, value
            state.back_to(mark)
        _merge_refusals(run, trial)
        alone.note(trial.proved)
    if best is None:
        return False
    best.give(state, run)
    run.note(alone.proved)
    exclude([entry for entry in entries if entry is not best], run, Why.NOT_BEST)
    return True


def _best_per_line(entries: list[Entry], state: State, run: Run) -> bool:
    return _one_per_line(entries, state, run, 1)


def _lowest_per_line(entries: list[Entry], state: State, run: Run) -> bool:
    return _one_per_line(entries, state, run, -1)


def _one_per_line(entries: list[Entry], state: State, run: Run, sign: int) -> bool:
    """Every line takes the entry that gives it most (or least, but something), as found for the whole cart.

    Where any entry gave something, something stays: its prices win a line or lose it to others, the rest is kept.
    """
    mark, given = state.mark(), False
    won: dict[int, tuple[int, int, list[Record]]] = {}
    promotions: dict[str, None] = {}
    for place, entry in enumerate(entries):
        trial = run.beside()
        if entry.give(state, trial):
            given = True
            promotions.update(trial.applied)
            for i, records in _by_line(state.records[mark.records :]).items():
                value = sign * sum([record[2] for record in records])
                if i not in won or value > won[i][0]:
                    won[i] = (value, place, records)
            mark = _keep_grants(state, mark, run)
        _merge_refusals(run, trial)
        run.note(trial.proved)
    for i in sorted(won, key=lambda i: (won[i][1], i)):
        for part, line, off, _, units in won[i][2]:
            if units is None:
                state.take(part, line, off)
            else:
                state.take_units(part, line, units)
            run.apply(part.promotion)
    for promotion in promotions:
        run.refuse(promotion, Why.NOT_BEST)
    return given


def _by_line(records: Sequence[Record]) -> dict[int, list[Record]]:
    found: dict[int, list[Record]] = {}
    for record in records:
        found.setdefault(record[1], []).append(record)
    return found


def _keep_grants(state: State, mark: Mark, run: Run) -> Mark:
    """Undo the trial's prices, but not its gifts and delivery: what is no price of a line competes with nothing."""
    grants, shipping = state.grants[mark.grants :], state.shipping_records[mark.shipping_records :]
    state.back_to(mark)
    state.grants += grants
    state.shipping_records += shipping
    for _, name, off in shipping:
        state.shipping_left[name] -= off
    for part in [part for part, grant in grants if not grant.only_offers] + [part for part, _, _ in shipping]:
        run.apply(part.promotion)
    return mark._replace(
        grants=len(state.grants), shipping_records=len(state.shipping_records), shipping=state.shipping_left.copy()
    )


def _best_per_unit(entries: list[Entry], state: State, run: Run) -> bool:
    """Promotions compete for units; in a cart of very many they take them in turn, and nothing is proved."""
    if state.quantity_of(state.lines) > _MANY_UNITS:
        run.note(proved=False)
        return _stack_claiming(entries, state, run)
    return compete(entries, state, run)


def _merge_refusals(run: Run, part: Run) -> None:
    for promotion, why in part.refusals.items():
        run.refuse(promotion, why)


def _each_seller(state: State, run: Run, combine: Callable[[Run], bool]) -> bool:
    """Once for the goods of every seller, as if they were alone in the cart; what one refused binds no other."""
    lines, scoped = state.lines, state.scoped
    sellers: dict[str, list[int]] = {}
    for i in lines:
        sellers.setdefault(state.lines_given[i].seller, []).append(i)
    given = False
    for seller in sorted(sellers):
        state.lines, state.scoped = tuple(sellers[seller]), frozenset(sellers[seller])
        here = run.beside()
        given |= combine(here)
        for promotion in here.applied:
            run.apply(promotion)
        _merge_refusals(run, here)
        run.note(here.proved)
    state.lines, state.scoped = lines, scoped
    return given


_MODES: dict[tuple[str, str], Mode] = {
    ("stack", "order"): _stack,
    ("stack", "shop"): _stack,
    ("stack", "line"): _stack,
    ("stack", "unit"): _stack_claiming,
    ("first", "order"): _first,
    ("first", "shop"): _first,
    ("first", "line"): _first_per_line,
    ("first", "unit"): _stack_claiming,
    ("best", "order"): _best,
    ("best", "shop"): _best,
    ("best", "line"): _best_per_line,
    ("best", "unit"): _best_per_unit,
    ("lowest_cost", "order"): _lowest_cost,
    ("lowest_cost", "shop"): _lowest_cost,
    ("lowest_cost", "line"): _lowest_per_line,
}
"""Modes by scope. To apply all while each unit counts once is the same as the first that gets it."""
