"""How promotions combine: the groups of the tree at work, each by its mode and scope."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import NamedTuple

from netlift.promotions.act import act, claim
from netlift.promotions.best import Assignment, best_deal, contender
from netlift.promotions.conditions import Gate
from netlift.promotions.contenders import Contender
from netlift.promotions.part import Part
from netlift.promotions.pick import Unit
from netlift.promotions.promotion import Group, Limits
from netlift.promotions.reasons import Why
from netlift.promotions.rounding import split
from netlift.promotions.state import Mark, Record, State


class Run:
    """What one evaluation has found so far beside the prices."""

    __slots__ = ("applied", "entries", "proved", "refusals")

    def __init__(self, refusals: dict[str, Why]) -> None:
        self.refusals = refusals
        self.applied: dict[str, None] = {}
        self.entries: Mapping[Node, list[Runnable | Node]] = {}
        self.proved = True


class Runnable:
    """A promotion made ready to run: what must hold for it at all, and its benefits."""

    __slots__ = ("budget", "budget_partial", "exclusive", "gates", "id", "node", "parts", "rank", "seller", "version")

    exclusive: bool

    def __init__(
        self, id_: str, version: int, gates: list[Gate], parts: list[Part], limits: Limits, seller: str | None
    ) -> None:
        self.id, self.version, self.gates, self.parts = id_, version, gates, parts
        self.budget, self.budget_partial, self.seller = limits.budget, limits.budget_partial, seller
        self.exclusive = False
        self.rank = 0
        self.node: Node

    def give(self, state: State, run: Run) -> bool:
        """Apply the benefits; whether any gave something."""
        why = self._give(state) if self.seller is None else self.within(state, self._give)
        if why is None:
            run.applied[self.id] = None
            run.refusals.pop(self.id, None)
            return True
        # asked once per seller, what was said of the goods of one stands against "none of its goods" of the next
        if self.id not in run.applied and (why is not Why.NO_MATCHING_GOODS or self.id not in run.refusals):
            run.refusals[self.id] = why
        return False

    def within(self, state: State, give: Callable[[State], Why | None]) -> Why | None:
        """Do something with the cart as the promotion sees it: all of it, or the goods of its seller."""
        return give(state) if self.seller is None else _within_seller(state, self.seller, give)

    def refused(self, state: State) -> Why | None:
        """Why it gives nothing to anybody here, whatever the goods; None where it may."""
        for gate in self.gates:
            why = gate(state)
            if why is not None:
                return why
        return None

    def left(self, state: State) -> int | None:
        """What its budget leaves, in minor units, also after what this order had of it already."""
        if self.budget is None:
            return None
        goods = sum([record[2] for record in state.records if record[0].promotion == self.id])
        delivery = sum([off for part, _, off in state.shipping_records if part.promotion == self.id])
        gifts = sum(
            [
                gift.off * gift.quantity
                for part, grant in state.grants
                if part.promotion == self.id
                for gift in grant.gifts
            ]
        )
        return self.budget - state.facts.spent.get(self.id, 0) - goods - delivery - gifts

    def _give(self, state: State) -> Why | None:
        why = self.refused(state) if self.gates else None
        if why is not None:
            return why
        if self.budget is not None:
            return self._within_budget(state)
        parts = self.parts
        if len(parts) == 1:
            return act(state, parts[0])
        first, given = None, False
        for part in parts:
            why = act(state, part)
            given |= why is None
            first = first or why
        return None if given else first or Why.NOTHING_LEFT

    def _within_budget(self, state: State) -> Why | None:
        rest = self.left(state) or 0
        if rest <= 0:
            return Why.BUDGET_SPENT
        first, mark, given = None, state.mark(), False
        for part in self.parts:
            room = rest - state.given_since(mark)
            why = act(state, part, room if self.budget_partial else None)
            given |= why is None
            first = first or why
        if state.given_since(mark) > rest:  # gifts and delivery are not given in part
            state.back_to(mark)
            return Why.BUDGET_SPENT
        return None if given else first or Why.NOTHING_LEFT


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
            given = _each_seller(state, lambda: self._combine(entries, state, run))
        else:
            given = self._combine(entries, state, run)
        state.base_left, state.base_units = outer
        return given

    def _combine(self, entries: "list[Runnable | Node]", state: State, run: Run) -> bool:
        if self.exclusive:
            first = [entry for entry in entries if isinstance(entry, Runnable) and entry.exclusive]
            for entry in first:
                if entry.give(state, run):
                    _exclude([other for other in entries if other is not entry], run, Why.EXCLUDED)
                    return True
            entries = [entry for entry in entries if not (isinstance(entry, Runnable) and entry.exclusive)]
        return _MODES[self.group.mode, self.group.scope](entries, state, run)


Mode = Callable[["list[Runnable | Node]", State, Run], bool]


def _stack(entries: "list[Runnable | Node]", state: State, run: Run) -> bool:
    given = False
    for entry in entries:
        given |= entry.give(state, run)
    return given


def _stack_claiming(entries: "list[Runnable | Node]", state: State, run: Run) -> bool:
    outer, state.claims = state.claims, {}
    given = _stack(entries, state, run)
    state.claims = outer
    return given


def _first(entries: "list[Runnable | Node]", state: State, run: Run) -> bool:
    for place, entry in enumerate(entries):
        if entry.give(state, run):
            _exclude(entries[place + 1 :], run, Why.EXCLUDED)
            return True
    return False


def _first_per_line(entries: "list[Runnable | Node]", state: State, run: Run) -> bool:
    outer, given = state.closed, False
    for entry in entries:
        before = len(state.records)
        gave = entry.give(state, run)
        given |= gave
        won = {record[1] for record in state.records[before:]}
        state.closed = (state.closed or frozenset()) | won
    state.closed = outer
    return given


def _best(entries: "list[Runnable | Node]", state: State, run: Run) -> bool:
    return _one(entries, state, run, lambda gain: gain)


def _lowest_cost(entries: "list[Runnable | Node]", state: State, run: Run) -> bool:
    return _one(entries, state, run, lambda gain: -gain)


def _one(entries: "list[Runnable | Node]", state: State, run: Run, worth: Callable[[int], int]) -> bool:
    mark = state.mark()
    best: Runnable | Node | None = None
    most, alone = 0, Run({})
    for entry in entries:
        trial = _trial(run)
        if entry.give(state, trial):
            value = worth(state.given_since(mark))
            if best is None or value > most:
                best, most = entry, value
            state.back_to(mark)
        _merge_refusals(run, trial)
        alone.proved &= trial.proved
    if best is None:
        return False
    best.give(state, run)
    run.proved &= alone.proved
    _exclude([entry for entry in entries if entry is not best], run, Why.NOT_BEST)
    return True


def _best_per_line(entries: "list[Runnable | Node]", state: State, run: Run) -> bool:
    return _one_per_line(entries, state, run, 1)


def _lowest_per_line(entries: "list[Runnable | Node]", state: State, run: Run) -> bool:
    return _one_per_line(entries, state, run, -1)


def _one_per_line(entries: "list[Runnable | Node]", state: State, run: Run, sign: int) -> bool:
    """Every line takes the entry that gives it most (or least, but something), as found for the whole cart."""
    mark = state.mark()
    won: dict[int, tuple[int, int, list[Record]]] = {}
    promotions: dict[str, None] = {}
    for place, entry in enumerate(entries):
        trial = _trial(run)
        if entry.give(state, trial):
            promotions.update(trial.applied)
            for i, records in _by_line(state.records[mark.records :]).items():
                value = sign * sum([record[2] for record in records])
                if i not in won or value > won[i][0]:
                    won[i] = (value, place, records)
            mark = _keep_grants(state, mark, run)
        _merge_refusals(run, trial)
        run.proved &= trial.proved
    for i in sorted(won, key=lambda i: (won[i][1], i)):
        for part, line, off, _, units in won[i][2]:
            if units is None:
                state.take(part, line, off)
            else:
                state.take_units(part, line, units)
            run.applied[part.promotion] = None
    for promotion in promotions:
        if promotion in run.applied:
            run.refusals.pop(promotion, None)
        else:
            run.refusals[promotion] = Why.NOT_BEST
    return bool(won)


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
    run.applied.update({part.promotion: None for part, _ in grants})
    run.applied.update({part.promotion: None for part, _, _ in shipping})
    return mark._replace(
        grants=len(state.grants), shipping_records=len(state.shipping_records), shipping=state.shipping_left.copy()
    )


def _best_per_unit(entries: "list[Runnable | Node]", state: State, run: Run) -> bool:
    """Promotions compete for units; what is no price of goods is given beside.

    Of a group below, which is `best` of scope `order`, one promotion takes part: every choice of one of each is tried.
    """
    outer, state.claims = state.claims, state.claims or {}
    best: tuple[int, list[_Entrant], Assignment] | None = None
    for chosen in _alternatives(entries, run):
        entrants, deal = _affordable(chosen, state, run)
        if best is None or deal.gain > best[0]:
            best = deal.gain, entrants, deal
    if best is None:
        return False
    gave = _take_deal(state, run, best[1], best[2])
    state.claims = outer
    for one in best[1]:
        if one.contender is None:
            why = one.rule.within(state, partial(_beside, rule=one.rule, part=one.part))
            gave |= why is None
            _settle(run, one.rule, why)
    _exclude(entries, run, Why.NOT_BEST)
    return gave


class _Entrant(NamedTuple):
    """A benefit whose conditions hold; as a contender for units, where it cuts prices of goods."""

    rule: Runnable
    part: Part
    contender: Contender | None


def _affordable(rules: Sequence[Runnable], state: State, run: Run) -> "tuple[list[_Entrant], Assignment]":
    """The best deal in which nobody gets more than a budget leaves that is given whole or not at all."""
    left = list(rules)
    while True:
        entrants = _entrants(left, state, run)
        deal = best_deal(state, [one.contender for one in entrants if one.contender], state.policy.node_budget)
        run.proved &= deal.proved
        units = {id(one): mine for one, mine in deal.units}
        given = dict.fromkeys(left, 0)
        for one in entrants:
            mine = units.get(id(one.contender), ())
            if one.contender is not None and mine:
                given[one.rule] += sum(one.contender.shares(mine)[0].values())
        over = [
            rule
            for rule, sum_ in given.items()
            if not rule.budget_partial and (rest := rule.left(state)) is not None and sum_ > rest
        ]
        if not over:
            return entrants, deal
        for rule in over:
            run.refusals[rule.id] = Why.BUDGET_SPENT
        left = [rule for rule in left if rule not in over]


def _beside(state: State, rule: Runnable, part: Part) -> Why | None:
    """Give what is no price of goods, unless it is more than the budget leaves."""
    rest, mark = rule.left(state), state.mark()
    why = act(state, part, rest if rule.budget_partial else None)
    if rest is not None and state.given_since(mark) > rest:
        state.back_to(mark)
        return Why.BUDGET_SPENT
    return why


def _alternatives(entries: "list[Runnable | Node]", run: Run) -> Iterator[list[Runnable]]:
    rules = [entry for entry in entries if isinstance(entry, Runnable)]
    choices = [
        [below for below in run.entries.get(entry, []) if isinstance(below, Runnable)]
        for entry in entries
        if isinstance(entry, Node)
    ]
    for chosen in product(*choices):
        yield sorted([*rules, *chosen], key=lambda rule: rule.rank)


def _entrants(rules: Sequence[Runnable], state: State, run: Run) -> list[_Entrant]:
    found: list[_Entrant] = []
    for rule in rules:
        why = rule.within(state, partial(_enter, rule=rule, found=found))
        if why is not None:
            run.refusals[rule.id] = why
    return found


def _enter(state: State, rule: Runnable, found: "list[_Entrant]") -> Why | None:
    """Enter the benefits of a promotion whose conditions hold; the reason of the first that does not."""
    why = rule.refused(state)
    rest = rule.left(state)
    if why is None and rest is not None and rest <= 0:
        why = Why.BUDGET_SPENT
    if why is not None:
        return why
    for part in rule.parts:
        reason = None if part.gate is None else part.gate(state)
        entrant = None if reason is not None else contender(state, part, rest if rule.budget_partial else None)
        if reason is None and entrant is not None and not entrant.lines:
            reason = Why.NO_MATCHING_GOODS
        if reason is None:
            found.append(_Entrant(rule, part, entrant))
        why = why or reason
    return why


def _settle(run: Run, rule: Runnable, why: Why | None) -> None:
    """Book a rule as applied, or as refused where none of its benefits gave anything."""
    if why is None:
        run.applied[rule.id] = None
        run.refusals.pop(rule.id, None)
    elif rule.id not in run.applied:
        run.refusals.setdefault(rule.id, why)


def _take_deal(state: State, run: Run, entrants: "Sequence[_Entrant]", deal: Assignment) -> bool:
    units = {id(one): mine for one, mine in deal.units}
    gave = False
    for rule, part, found in entrants:
        mine = units.get(id(found), ())
        shares, used = found.shares(mine) if found is not None and mine else ({}, [])
        rest = rule.left(state)
        if rest is not None and sum(shares.values()) > rest:  # another benefit of the promotion drew on its budget
            shares = _within(shares, max(0, rest), rule.budget_partial)
            run.proved = False
        by_line: dict[int, list[int]] = {}
        for (i, u), share in shares.items():
            if share:
                by_line.setdefault(i, [0] * state.quantity[i])[u] = share
        for i in sorted(by_line):
            state.take_units(part, i, by_line[i])
        if by_line:
            claim(state, part, used)
            gave = True
        if found is not None:
            _settle(run, rule, None if by_line else Why.NOT_BEST)
    return gave


def _within(shares: dict[Unit, int], rest: int, partial: bool) -> dict[Unit, int]:
    """Shares cut down to what a budget leaves; none where it is not given in part."""
    weights = list(shares.values())
    return dict(zip(shares, split(rest, weights), strict=True)) if partial else {}


def _trial(run: Run) -> Run:
    trial = Run({})
    trial.entries = run.entries
    return trial


def _merge_refusals(run: Run, trial: Run) -> None:
    for promotion, why in trial.refusals.items():
        if promotion not in run.applied:
            run.refusals[promotion] = why


def _exclude(entries: "list[Runnable | Node]", run: Run, why: Why) -> None:
    """Say why entries gave nothing that might have; those that were refused on their own keep their reason."""
    for entry in entries:
        if isinstance(entry, Node):
            _exclude(run.entries.get(entry, []), run, why)
        elif entry.id not in run.applied and entry.id not in run.refusals:
            run.refusals[entry.id] = why


def _within_seller(state: State, seller: str, give: Callable[[State], Why | None]) -> Why | None:
    mine = state.lookup.get(("line.seller", seller), ())
    lines, scoped = state.lines, state.scoped
    if scoped is not None:
        mine = tuple([i for i in mine if i in scoped])
    if not mine:
        return Why.NO_MATCHING_GOODS
    state.lines, state.scoped = mine, frozenset(mine)
    why = give(state)
    state.lines, state.scoped = lines, scoped
    return why


def _each_seller(state: State, combine: Callable[[], bool]) -> bool:
    """Once for the goods of every seller, as if they were alone in the cart."""
    lines, scoped = state.lines, state.scoped
    sellers: dict[str, list[int]] = {}
    for i in lines:
        sellers.setdefault(state.lines_given[i].seller, []).append(i)
    given = False
    for seller in sorted(sellers):
        state.lines, state.scoped = tuple(sellers[seller]), frozenset(sellers[seller])
        given |= combine()
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
