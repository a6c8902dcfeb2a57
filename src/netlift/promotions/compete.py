"""Promotions of a group that compete for units: who enters, what each may spend, and what the best deal gives them."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from typing import NamedTuple

from netlift.promotions.act import act, claim
from netlift.promotions.best import Assignment, best_deal, contender
from netlift.promotions.contenders import Contender
from netlift.promotions.part import Part
from netlift.promotions.pick import Unit
from netlift.promotions.reasons import Why
from netlift.promotions.rounding import split
from netlift.promotions.runnable import Entry, Run, Runnable, exclude
from netlift.promotions.state import State


def compete(entries: Sequence[Entry], state: State, run: Run) -> bool:
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
        state.claims = outer
        return False
    gave = _take_deal(state, run, best[1], best[2])
    state.claims = outer
    for one in best[1]:
        if one.contender is None:
            why = one.rule.within(state, partial(_beside, rule=one.rule, part=one.part))
            gave |= why is None
            _settle(run, one.rule, why)
    exclude(entries, run, Why.NOT_BEST)
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
        run.note(deal.proved)
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
        run.note(proved=False)  # fewer units might have been within its budget
        for rule in over:
            run.refuse(rule.id, Why.BUDGET_SPENT)
        left = [rule for rule in left if rule not in over]


def _beside(state: State, rule: Runnable, part: Part) -> Why | None:
    """Give what is no price of goods, unless it is more than the budget leaves."""
    rest, mark = rule.left(state), state.mark()
    why = act(state, part, rest if rule.budget_partial else None)
    if rest is not None and state.given_since(mark) > rest:
        state.back_to(mark)
        return Why.BUDGET_SPENT
    return why


def _alternatives(entries: Sequence[Entry], run: Run) -> Iterator[list[Runnable]]:
    rules = [entry for entry in entries if isinstance(entry, Runnable)]
    choices = [
        [below for below in run.entries.get(entry, []) if isinstance(below, Runnable)]
        for entry in entries
        if not isinstance(entry, Runnable)
    ]
    for chosen in product(*choices):
        yield sorted([*rules, *chosen], key=lambda rule: rule.rank)


def _entrants(rules: Sequence[Runnable], state: State, run: Run) -> list[_Entrant]:
    found: list[_Entrant] = []
    for rule in rules:
        why = rule.within(state, partial(_enter, rule=rule, found=found))
        if why is not None:
            run.refuse(rule.id, why)
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
        run.apply(rule.id)
    else:
        run.refuse(rule.id, why)


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
