"""Which public promotions run when: from what prices were seen to do to a calendar, and from a calendar to a plan's parts.

Public promotions reach everybody, so they are not shared out among customers; `allocation.search` puts them into weeks.
A shelf is a category of the shop; what is beyond the largest and those on offer is one shelf of its own. Demand is that
of the customers who are known, as everywhere in the response; across categories nothing is assumed to move, because
the elasticities tell of goods of one category only.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.allocation.search.calendar import Calendar, Run
from netlift.allocation.search.public import PublicOffer, Rules
from netlift.allocation.search.searcher import SEARCHERS
from netlift.allocation.search.shelves import MEMORY, Shelves
from netlift.candidates.candidate import Candidate, Scope
from netlift.errors import DataError, EstimationError
from netlift.history.shop import Shop
from netlift.plan.artefact import Part
from netlift.plan.limits import Limits
from netlift.response.assumed_file import Declared
from netlift.response.demand import Demand, demand
from netlift.response.elasticity import Elasticities, elasticities
from netlift.response.elasticity_panel import price_panel
from netlift.response.prices_goods import BOUNDS, goods, on_offer
from netlift.response.respond import last_day
from netlift.response.translated import DOUBT, weak_at_most
from netlift.types import Effect
from netlift.uplift.estimate import critical

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WEEKS = 8
"""Weeks that a calendar has, counted from the first public candidate's first day."""
MOST_SHELVES = 12
"""Shelves at most, the one of all other goods included."""
DRAWS = 24
"""Draws of the elasticities while a calendar is searched."""
TOLD = 400
"""Draws that the figures of the one that was found come from."""
EVALUATIONS = 8_000
GUARD = 2
"""Weeks without promotion between two on one shelf."""
OTHER = "*"
"""Name of the shelf of all other goods."""
METHOD = "calendar"
_PHASES = {"save_up": 0, "warm_up": 1, "burst": 2, "encore": 3}
_LEAST_REACH = 0.01
"""Share of a shelf on offer below which a promotion does not count as being there."""


class Figures(NamedTuple):
    """What shelves are made of, by category; arrays of shape (categories,)."""

    names: tuple[str, ...]
    days: Floats
    """Days of purchase per week, of everybody."""
    value: Floats
    """Value at list price of one, minor units."""
    margin: Floats
    """Margin at list price of one, minor units."""
    elasticity: Floats
    alone: Floats
    """Standard error that a category's elasticity has of its own."""
    shared: Floats
    """How far it moves with an error in the shop's mean elasticity."""


def figures_of(rates: Demand, prices: Elasticities) -> Figures:
    """Demand and elasticities by category; one without sold products in the panel is like the shop."""
    days = np.zeros(len(rates.categories))
    for people in rates.chunks():
        days += rates.rates.posterior(people.bought, people.known)[0].sum(axis=0)
    pooled, places = prices.pooled, {name: k for k, name in enumerate(prices.categories)}
    at = np.array([places.get(name, -1) for name in rates.categories], dtype=np.int64)
    seen = at >= 0
    weight = np.where(seen, pooled.category_weight[at], 0.0)
    shared = 1 - weight
    alone = np.maximum(pooled.category_se[at] ** 2 - (shared * pooled.shop_se) ** 2, 0.0)
    return Figures(
        rates.categories, 7 * days, rates.value, rates.margin, np.where(seen, pooled.category[at], pooled.shop),
        np.sqrt(np.where(seen, alone, pooled.between_categories**2)), shared,
    )  # fmt: skip


class Slopes(NamedTuple):
    """Figures of the whole shop, and how sure they are."""

    shop_se: float
    cross: float
    memory: float
    joint: Floats
    """Covariance of `cross` and `memory`, shape (2, 2)."""
    along: tuple[float, float]
    """How far own elasticities fall for each unit of `cross` and of `memory`."""

    @classmethod
    def of(cls, prices: Elasticities) -> "Slopes":
        """Those of a shop."""
        cross, past = prices.cross, prices.past
        along = (cross.along, past.along)
        return cls(prices.pooled.shop_se, cross.estimate, past.estimate, prices.joint, along)


def shelf_of(figures: Figures, wanted: Sequence[str] = (), most: int = MOST_SHELVES) -> Ints:
    """Shelf of each category: those that are wanted first, then the largest margins, the rest together as the last.

    >>> flat = np.ones(3)
    >>> shelf_of(Figures(("a", "b", "c"), flat, flat, np.array([1.0, 2.0, 3.0]), flat, flat, flat), ["a"], most=2).tolist()
    [0, 1, 1]
    """
    first = np.array([name in wanted for name in figures.names])
    order = np.lexsort((-figures.days * figures.margin, ~first))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place if len(order) <= most else np.minimum(place, most - 1)


def shelves_of(
    figures: Figures, slopes: Slopes, shelf: Ints, *, season: Floats, before: Floats, draws: int = DRAWS, seed: int = 0
) -> Shelves:
    """Shelves of a calendar. A unit is a day's purchase in the category; a whole shelf on offer answers with own and
    cross elasticity together, as its goods take from each other.

    Args:
        figures: by category.
        slopes: of the shop.
        shelf: of each category.
        season: factor on the usual demand in each week, the echo included.
        before: depth in the `MEMORY` weeks before, by category, shape (categories, MEMORY).
        draws: possible worlds; 1: the estimates alone.
        seed: of the draws.
    """  # noqa: D205
    count = int(shelf.max()) + 1
    worth = figures.days * figures.value

    def mean(values: Floats) -> Floats:
        return np.asarray(
            np.bincount(shelf, worth * values, count) / np.maximum(np.bincount(shelf, worth, count), 1e-12), np.float64
        )

    rng = np.random.Generator(np.random.Philox(seed))
    luck = rng.standard_normal((draws, 2)) @ np.linalg.cholesky(slopes.joint + 1e-12 * np.eye(2)).T
    shop = slopes.shop_se * rng.standard_normal((draws, 1))
    alone = figures.alone * rng.standard_normal((draws, len(worth)))
    if draws == 1:
        luck, shop, alone = np.zeros((1, 2)), np.zeros((1, 1)), np.zeros((1, len(worth)))
    named = np.array([bool(name) for name in figures.names])
    own = figures.elasticity + figures.shared * shop + alone - (luck @ np.array(slopes.along))[:, None]
    power = np.clip(own + named * (slopes.cross + luck[:, :1]), *BOUNDS)
    days = np.bincount(shelf, figures.days, count)
    value = np.bincount(shelf, worth, count) / np.maximum(days, 1e-12)
    margin = np.bincount(shelf, figures.days * figures.margin, count) / np.maximum(days * value, 1e-12)
    names = [
        figures.names[int(np.flatnonzero(shelf == s)[0])] if (shelf == s).sum() == 1 else OTHER for s in range(count)
    ]
    return Shelves.of(
        names, days[:, None] * season, price=value, margin=margin, own=np.stack([mean(p) for p in power]),
        memory=np.repeat(np.clip(slopes.memory + luck[:, 1:], *(-BOUNDS[1], -BOUNDS[0])), count, axis=1),
        before=np.stack([mean(b) for b in before.T], axis=1),
    )  # fmt: skip


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
    weeks = max(1, round(candidate.days / 7))
    return PublicOffer(
        candidate.offer.offer_id, depth=1 - (1 - depth) ** share,
        given=min(1.0, depth * share * (1.0 if tried is None else tried.paid)), weeks=weeks,
        shelves=tuple(name for name, is_on in zip(names, here, strict=True) if is_on), together=int(here.sum()) > 1,
        first=week, last=None if candidate.phase is None else week + weeks - 1, times=1,
        festival=None if candidate.phase is None else "festival", phase=_PHASES.get(candidate.phase or "", 0),
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
            offered = on_offer(said.planned, sold, rates)
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
        runs, so_far = told.read(genome), np.zeros(told.places, np.int64)
        net, spend, made = np.zeros(TOLD), np.zeros(TOLD), []
        for run, place in zip(runs, _places(told, genome), strict=True):
            so_far[place] = genome[place]
            outcome = told.outcome(so_far)
            made.append(self._part(run, outcome.net - net, outcome.spend - spend, level))
            net, spend = outcome.net, outcome.spend
        return tuple(made)

    def _part(self, run: Run, net: Floats, spend: Floats, level: float) -> Part:
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
        begins = self.start + timedelta(days=7 * run.week)
        return Part(
            moved(candidate, begins - candidate.window.start), grade, self.customers, 0, effect, float(spend.mean()),
            float(np.quantile(spend, 0.95)),
        )  # fmt: skip


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


_WEEKLY = """
SELECT CAST(floor((day - {from_day}) / 7) AS INTEGER) AS week, sum(list_revenue)::DOUBLE AS list FROM sold
WHERE day >= {from_day} AND day < {until} GROUP BY 1 ORDER BY 1
"""


def season(shop: Shop, as_of: int, look_back: int, start: datetime) -> Floats:
    """Demand of each week of the calendar against that of the look-back, as a year before, shape (WEEKS + MEMORY,).

    Weeks are smoothed with their neighbours; ones where the data do not reach back far enough.
    """
    count = WEEKS + MEMORY
    first = int(start.timestamp() // 86_400) - 364
    earlier = as_of - 364 - look_back
    if earlier < int(shop.span.start.timestamp() // 86_400) or first + 7 * (count + 1) > as_of:
        return np.ones(count)
    weeks = _weekly(shop, first - 7, count + 2)
    usual = _weekly(shop, earlier, look_back // 7).mean()
    if not usual > 0:
        return np.ones(count)
    found: Floats = np.convolve(weeks, np.ones(3) / 3, mode="valid") / usual
    return np.clip(found, 0.2, 5.0)


def _weekly(shop: Shop, from_day: int, weeks: int) -> Floats:
    rows = shop.con.execute(_WEEKLY.format(from_day=from_day, until=from_day + 7 * weeks)).fetchnumpy()
    found = np.zeros(weeks)
    found[np.asarray(rows["week"], dtype=np.int64)] = rows["list"]
    return found


_DEPTHS = """
SELECT k.kind, CAST(floor((s.day - {from_day}) / 7) AS INTEGER) AS week,
       sum(s.discount)::DOUBLE / greatest(sum(s.list_revenue), 1)::DOUBLE AS depth
FROM sold s JOIN demand_kinds k USING (category)
WHERE s.day >= {from_day} AND s.day < {until} GROUP BY ALL ORDER BY k.kind, week
"""


def depths_before(shop: Shop, rates: Demand) -> Floats:
    """How much more than usual was taken off each category in the last weeks, shape (categories, MEMORY)."""
    weeks = rates.look_back // 7
    rows = shop.con.execute(_DEPTHS.format(from_day=rates.as_of - 7 * weeks, until=rates.as_of)).fetchnumpy()
    found = np.zeros((len(rates.categories), weeks))
    found[np.asarray(rows["kind"], dtype=np.int64), np.asarray(rows["week"], dtype=np.int64)] = rows["depth"]
    more = found[:, -MEMORY:] - np.median(found, axis=1, keepdims=True)
    return np.where(more >= 0.03, np.minimum(more, 0.9), 0.0)
