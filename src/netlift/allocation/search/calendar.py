"""The promotion calendar as a question: which public promotion starts in which week, on which shelf.

A line of places per shelf, one place per week, and one more line for promotions that run on several shelves at once.
What a place holds is the promotion that starts there. A calendar is worth what it earns beyond no promotion at all,
under each draw of the elasticities; see `Rules` for how draws are weighed.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from netlift.allocation.search import mending
from netlift.allocation.search.public import PublicOffer, Rules
from netlift.allocation.search.question import Floats, Ints, Judged, Question
from netlift.allocation.search.shelves import Shelves
from netlift.allocation.search.timetable import Timetable

CHUNK = 3_072
"""Calendars x draws whose sales are worked out together; more only fill memory."""


class Run(NamedTuple):
    """One promotion of a calendar."""

    offer_id: str
    shelves: tuple[str, ...]
    week: int
    """In which it starts, from 0."""
    weeks: int
    worth: float
    """What the calendar is worth more with it than without it, minor units."""


class Outcome(NamedTuple):
    """What a calendar brings under each draw, against no promotion; shape (draws,), money in minor units."""

    net: Floats
    """Profit after discounts and fixed costs."""
    spend: Floats
    """Discounts and fixed costs."""
    revenue: Floats
    units: Floats
    """Sold, shape (draws, shelves)."""
    left: Floats
    """Of the stock at the end, with the calendar, shape (draws, shelves); inf where there is no limit."""


class Calendar(Question):
    """See the module.

    >>> shelves = Shelves.of(["tea"], np.full((1, 8), 100.0), price=500, margin=0.5, own=-4.0)
    >>> question = Calendar(shelves, [PublicOffer("cut", depth=0.2)], Rules(guard=1))
    >>> question.places, question.value(np.array([[0, 0, 0, 0], [1, 0, 0, 0], [1, 1, 0, 0]])).round().tolist()
    (4, [0.0, 11621.0, 23242.0])
    >>> question.feasible(np.array([[1, 0, 1, 0], [1, 1, 0, 0]])).tolist()
    [True, False]
    """

    def __init__(self, shelves: Shelves, offers: Sequence[PublicOffer], rules: Rules | None = None) -> None:
        self.shelves, self.offers, self.rules = shelves, tuple(offers), rules or Rules()
        self.timetable = Timetable(shelves, self.offers, self.rules)
        limits = {"budget": self.rules.budget_minor, "at_once": self.rules.at_once,
                  "promoted_weeks": shelves.weeks - self.rules.quiet if self.rules.quiet else None}  # fmt: skip
        given = {name: float(limit) for name, limit in limits.items() if limit is not None}
        super().__init__(
            self.timetable.choices, lines=self.timetable.lines, limits=np.array(list(given.values()), dtype=np.float64)
        )
        self.rows = tuple(given)
        nothing = np.zeros((1, len(shelves.names), shelves.weeks))
        self._nothing = shelves.sales(nothing, nothing, nothing)

    def _courses(self, running: Ints) -> tuple[Floats, Floats, Floats]:
        """Depth, share borne and lift, each of shape (k, shelves, weeks)."""
        n, of = len(self.shelves.names), self.timetable.of
        on = running[:, :n]
        keep, bear, lift = of.keep[on], of.bear[on], of.lift[on]
        if self.timetable.site:
            site = running[:, n]
            here = of.reach[site].transpose(0, 2, 1)
            keep = keep * np.where(here, of.keep[site][:, None], 1.0)
            bear = bear * np.where(here, of.bear[site][:, None], 1.0)
            lift = lift + np.where(here, of.lift[site][:, None], 0.0)
        return 1 - keep, 1 - bear, lift

    def judge(self, population: Ints) -> Judged:
        """See `Question`."""
        starts = self.timetable.starts(population)
        running = self.timetable.running(starts)
        net, spend = self._money(starts, running)
        use = self._use(running, spend)
        return Judged(self._valued(net), self.penalty(use, self.timetable.broken(starts)))

    def value(self, population: Ints) -> Floats:
        """See `Question`; minor units."""
        return self.judge(population).value

    def use(self, population: Ints) -> Floats:
        """See `Question`."""
        starts = self.timetable.starts(population)
        running = self.timetable.running(starts)
        return self._use(running, self._money(starts, running)[1])

    def broken(self, population: Ints) -> Floats:
        """See `Timetable.broken`."""
        return self.timetable.broken(self.timetable.starts(population))

    def outcome(self, genome: Ints) -> Outcome:
        """What one calendar brings."""
        starts = self.timetable.starts(self.check(genome)[None])
        found = self.shelves.sales(*self._courses(self.timetable.running(starts)))
        fixed = self.timetable.of.fixed[starts].sum()
        spend = found.spend[:, 0] + fixed
        return Outcome(
            (found.profit - self._nothing.profit)[:, 0] - fixed, spend,
            (found.revenue - self._nothing.revenue)[:, 0], (found.units - self._nothing.units)[:, 0],
            self.shelves.stock - found.units[:, 0],
        )  # fmt: skip

    def read(self, genome: Ints) -> tuple[Run, ...]:
        """The promotions of one calendar, by week, then shelf."""
        genome = self.check(genome)
        starts = self.timetable.starts(genome[None])[0]
        places = np.argwhere(starts)
        places = places[np.lexsort((places[:, 0], places[:, 1]))]
        if not len(places):
            return ()
        without = np.tile(genome, (len(places), 1))
        without[np.arange(len(places)), places[:, 0] * self.shelves.weeks + places[:, 1]] = 0
        worth = self.value(genome[None])[0] - self.value(without)
        runs = []
        for (line, week), more in zip(places.tolist(), worth.tolist(), strict=True):
            offer = self.offers[starts[line, week] - 1]
            names = offer.shelves or self.shelves.names if offer.together else (self.shelves.names[line],)
            runs.append(Run(offer.offer_id, names, week, offer.weeks, more))
        return tuple(runs)

    def _money(self, starts: Ints, running: Ints) -> tuple[Floats, Floats]:
        """Profit against nothing and spend, shape (draws, k)."""
        size = max(1, CHUNK // self.shelves.draws)
        parts = [self.shelves.sales(*self._courses(running[low : low + size])) for low in range(0, len(running), size)]
        fixed = self.timetable.of.fixed[starts].reshape(len(starts), -1).sum(axis=1)
        if not parts:
            return np.zeros((self.shelves.draws, 0)), np.zeros((self.shelves.draws, 0))
        profit = np.concatenate([part.profit for part in parts], axis=1)
        spend = np.concatenate([part.spend for part in parts], axis=1)
        return profit - self._nothing.profit - fixed, spend + fixed

    def _valued(self, net: Floats) -> Floats:
        """From the draws to one number."""
        if self.rules.worst is not None:
            count = max(1, round(self.rules.worst * len(net)))
            return np.ascontiguousarray(np.sort(net, axis=0)[:count].T).mean(axis=1)
        by_answer = np.ascontiguousarray(net.T)
        mean = by_answer.mean(axis=1)
        return mean - self.rules.aversion * by_answer.std(axis=1) if self.rules.aversion else mean

    def _use(self, running: Ints, spend: Floats) -> Floats:
        found = {"budget": np.ascontiguousarray(spend.T).mean(axis=1)}
        busy = (running > 0).sum(axis=1)
        found |= {"at_once": busy.max(axis=1, initial=0), "promoted_weeks": (busy > 0).sum(axis=1)}
        return np.stack([found[row] for row in self.rows], axis=1) if self.rows else np.zeros((len(running), 0))

    def mend(self, population: Ints, rng: np.random.Generator) -> Ints:
        """See `Question`; promotions are taken out until the rules are kept, and the budget nearly."""
        at, rules = self.timetable, self.rules
        starts = mending.ordered(at, mending.apart(at, at.starts(population), rng), rng)
        starts = mending.less_often(at, starts, rng)
        if rules.at_once is not None or rules.quiet:
            most = self.lines if rules.at_once is None else rules.at_once
            starts = mending.thinned(at, starts, most, self.shelves.weeks - rules.quiet, rng)
        if rules.budget_minor is not None:
            starts = mending.cheaper(starts, self._alone, rules.budget_minor, rng)
        return np.where(starts.reshape(population.shape) > 0, population, 0)

    @cached_property
    def _alone(self) -> tuple[Floats, Floats]:
        """Spend of each offer alone, and a weight that rises with what it earns for it; (places, offers + 1)."""
        place, number = np.nonzero(self.timetable.table)
        single = np.zeros((len(place), self.places), np.int64)
        single[np.arange(len(place)), place] = number
        starts = self.timetable.starts(single)
        net, spend = (x.mean(axis=0) for x in self._money(starts, self.timetable.running(starts)))
        found = np.zeros((2, self.places, len(self.offers) + 1))
        where = place, self.timetable.table[place, number]
        found[0][where] = spend
        rate = np.maximum(net, 0.0) / np.maximum(spend, 1.0)
        found[1][where] = 0.1 + rate / max(float(rate.max(initial=0.0)), 1e-9)
        return found[0], found[1]
