"""Which public promotions run when, and what that makes of them in a plan.

Public promotions reach everybody, so they are not shared out among customers; `allocation.search` puts them into weeks,
on the shelves of `plan.shelves`. Each is one promotion: it runs on all of its goods at once, and once at most.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from netlift.allocation.search.calendar import Calendar, Run
from netlift.allocation.search.public import PublicOffer, Rules
from netlift.allocation.search.searcher import SEARCHERS
from netlift.allocation.search.shelves import Shelves
from netlift.candidates.candidate import Candidate, Scope
from netlift.errors import ConfigError, DataError, EstimationError
from netlift.history.shop import Shop
from netlift.plan.artefact import Part
from netlift.plan.limits import Limits
from netlift.plan.shelves import (
    DRAWS,
    WEEKS,
    Floats,
    Ints,
    Slopes,
    depths_before,
    figures_of,
    season,
    shelf_of,
    shelves_of,
)
from netlift.response.assumed_file import Declared
from netlift.response.demand import Demand, demand
from netlift.response.elasticity import Elasticities, elasticities
from netlift.response.elasticity_panel import price_panel
from netlift.response.prices_goods import goods, on_offer
from netlift.response.respond import last_day
from netlift.response.translated import DOUBT, weak_at_most
from netlift.types import Effect
from netlift.uplift.estimate import critical

TOLD = 400
"""Draws that the figures of the one that was found come from."""
EVALUATIONS = 8_000
GUARD = 2
"""Weeks without promotion between two on one shelf."""
METHOD = "calendar"
_PHASES = {"save_up": 0, "warm_up": 1, "burst": 2, "encore": 3}
_LEAST_REACH = 0.01
"""Share of a shelf on offer below which a promotion does not count as being there."""


def offer_of(
    candidate: Candidate, declared: Declared, on: Floats, names: Sequence[str], start: datetime
) -> PublicOffer:
    """A candidate as an offer of the calendar, once at most.

    Args:
        candidate: a public one.
        declared: what a dry run says of it, if one was made.
        on: share of each shelf's value that it is on, shape (shelves,).
        names: of the shelves.
        start: first day of the calendar.
    """
    here = on >= _LEAST_REACH
    tried, depth = declared.planned.tried, declared.planned.depth or 0.0
    share = float(on[here].mean()) if here.any() else 0.0
    share *= 1.0 if tried is None else min(1.0, tried.share * tried.size)
    week = max(0, (candidate.window.start - start) // timedelta(days=7))
    weeks = math.ceil(candidate.days / 7)
    share *= candidate.days / (7 * weeks)
    feast = None if candidate.phase is None else f"festival {candidate.numbers.get('day', 0.0):g}"
    return PublicOffer(
        candidate.offer.offer_id, depth=1 - (1 - depth) ** share,
        given=min(1.0, depth * share * (1.0 if tried is None else tried.paid)), weeks=weeks,
        shelves=tuple(name for name, is_on in zip(names, here, strict=True) if is_on), together=int(here.sum()) > 1,
        first=week, last=None if candidate.phase is None else week + weeks - 1, times=1,
        festival=feast, phase=_PHASES.get(candidate.phase or "", 0),
    )  # fmt: skip


def public_parts(
    shop: Shop,
    candidates: Sequence[Candidate],
    declared: Sequence[Declared],
    limits: Limits | None = None,
    *,
    as_of: datetime | None = None,
    seed: int = 0,
    rules: Rules | None = None,
    level: float = 0.9,
) -> tuple[Part, ...]:
    """The public promotions of the best calendar that is found, in the order in which they start.

    Each is moved to the week that it was given; what it earns is what it adds to those before it, so that the parts
    add up to the calendar.

    Args:
        shop: opened by `history.shop.open_shop`.
        candidates: personal ones are left out.
        declared: of the candidates, in their order; see `response.from_candidates.declared_of`.
        limits: the budget counts.
        as_of: nothing of this day or later is read; None: the day after the last order.
        seed: of the draws and the search.
        rules: of the calendar; None: `GUARD` weeks between promotions, a quarter of the weeks without any, the budget.
        level: of the intervals.

    Returns:
        Empty where nothing pays, no candidate is public, or prices never moved.

    Raises:
        DataError: candidates and declarations that do not go together.
    """
    if [one.offer.offer_id for one in candidates] != [one.planned.offer.offer_id for one in declared]:
        raise DataError("each candidate of a calendar needs its own declaration, in the same order")
    pairs = [
        (one, said) for one, said in zip(candidates, declared, strict=True)
        if one.scope is not Scope.PERSONAL and (said.planned.depth or 0.0) > 0
    ]  # fmt: skip
    if not pairs:
        return ()
    until = last_day(shop, as_of)
    try:
        rates, prices = demand(shop, until), elasticities(price_panel(shop, until=until))
    except (DataError, EstimationError):
        return ()
    found = _Found(shop, rates, prices, pairs, rules or _usual(limits or Limits()))
    return found.parts(found.best(seed), seed=seed, level=level)


def _usual(limits: Limits) -> Rules:
    return Rules(guard=GUARD, quiet=WEEKS // 4, budget_minor=limits.budget_minor)


class _Found:
    """The calendar of a shop's public candidates."""

    def __init__(
        self, shop: Shop, rates: Demand, prices: Elasticities, pairs: Sequence[tuple[Candidate, Declared]], rules: Rules
    ) -> None:
        self.pairs, self.prices, self.rules, self.customers = pairs, prices, rules, rates.customers
        self.start = min(candidate.window.start for candidate, _ in pairs)
        self.figures, self.slopes = figures_of(rates, prices), Slopes.of(prices)
        sold = goods(rates)
        reach = []
        for _, said in pairs:
            try:
                offered = on_offer(said.planned, sold, rates)
            except ConfigError:  # nothing of it was sold lately: nothing is known of its demand
                offered = np.zeros(len(sold.kind), np.bool_)
            reach.append(np.bincount(sold.kind, sold.value * offered, len(rates.categories)))
        wanted = {name for x in reach for name, r in zip(rates.categories, x, strict=True) if r > 0 and (x == 0).any()}
        self.shelf = shelf_of(self.figures, sorted(wanted))
        self.season = season(shop, rates.as_of, rates.look_back, self.start)
        self.before = depths_before(shop, rates)
        worth = self.figures.days * self.figures.value
        total = np.maximum(np.bincount(self.shelf, worth), 1e-12)
        names = self._shelves(1, 0).names
        self.offers = [
            offer_of(candidate, said, np.bincount(self.shelf, worth * x) / total, names, self.start)
            for (candidate, said), x in zip(pairs, reach, strict=True)
        ]
        self.offers = [one for one in self.offers if one.shelves]

    def _shelves(self, draws: int, seed: int) -> Shelves:
        return shelves_of(
            self.figures, self.slopes, self.shelf, season=self.season, before=self.before, draws=draws, seed=seed
        )

    def best(self, seed: int) -> Ints:
        """Genome of the best calendar found."""
        question = Calendar(self._shelves(DRAWS, seed), self.offers, self.rules)
        found = SEARCHERS["annealing"]().search(question, seed=seed, evaluations=EVALUATIONS)
        return found.best if found.feasible and found.value > 0 else np.zeros(question.places, np.int64)

    def parts(self, genome: Ints, *, seed: int, level: float) -> tuple[Part, ...]:
        """The promotions of a calendar as parts of a plan; on draws that it was not chosen on."""
        told = Calendar(self._shelves(TOLD, seed + 1), self.offers, self.rules)
        genome = _worthwhile(told, genome)
        runs, so_far = told.read(genome), np.zeros(told.places, np.int64)
        net, spend, made = np.zeros(TOLD), np.zeros(TOLD), []
        for run, place in zip(runs, _places(told, genome), strict=True):
            so_far[place] = genome[place]
            outcome = told.outcome(so_far)
            made.append(self._part(run, outcome.net - net, outcome.spend - spend, level))
            net, spend = outcome.net, outcome.spend
        return tuple(made)

    def _part(self, run: Run, net: Floats, spend: Floats, level: float) -> Part:
        """One promotion; as nobody is asked to use it, its liability is the spend that 5 % of draws exceed."""
        candidate, said = next(pair for pair in self.pairs if pair[0].offer.offer_id == run.offer_id)
        grade, doubt = self.prices.grade, 0.0
        if (said.planned.depth or 0.0) > self.prices.deepest + 0.01:
            grade = grade.lowered()
        if said.planned.tried is not None:
            grade, doubt = weak_at_most(grade), DOUBT * float(net.mean() + spend.mean())
        mean, se = float(net.mean()), math.hypot(float(net.std()), doubt)
        reach = critical(level) * se
        effect = Effect(
            mean, mean - reach, mean + reach, level, se, self.prices.lowered, self.prices.usual, METHOD, grade
        )
        first = next(one.first for one in self.offers if one.offer_id == run.offer_id)
        later = timedelta(days=7 * (run.week - first))
        return Part(
            moved(candidate, later), grade, self.customers, 0, effect, float(spend.mean()),
            float(np.quantile(spend, 0.95)),
        )  # fmt: skip


def _worthwhile(question: Calendar, genome: Ints) -> Ints:
    """The calendar without what does not add to it on these draws, the worst first."""
    while True:
        worth = [run.worth for run in question.read(genome)]
        if not worth or min(worth) > 0:
            return genome
        genome = genome.copy()
        genome[_places(question, genome)[int(np.argmin(worth))]] = 0


def _places(question: Calendar, genome: Ints) -> list[int]:
    """Places that hold something, in the order of `Calendar.read`."""
    held = np.flatnonzero(genome)
    weeks = question.shelves.weeks
    return [int(p) for p in held[np.lexsort((held // weeks, held % weeks))]]


def moved(candidate: Candidate, later: timedelta) -> Candidate:
    """A candidate whose window, and that of its promotions, begins so much later."""
    if not later:
        return candidate
    promotions = []
    for one in candidate.promotions:
        begin, end = (None if at is None else at + later for at in (one.window.start, one.window.end))
        promotions.append(replace(one, window=replace(one.window, start=begin, end=end)))
    days = later / timedelta(days=1)
    return replace(candidate, window=candidate.window.shifted(days), promotions=tuple(promotions))
