"""The promotion calendar as a question: which public promotion starts in which week, on which shelf.

A line of places per shelf, one place per week, and one more line for promotions that run on several shelves at once.
What a place holds is the promotion that starts there. A calendar is worth what it earns beyond no promotion at all,
under each draw of the elasticities; see `Rules` for how draws are weighed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from netlift.allocation.search.question import Bools, Floats, Ints, Judged, Question
from netlift.allocation.search.shelves import Shelves
from netlift.errors import ConfigError

CHUNK = 128
"""Calendars whose sales are worked out together; more only fill memory."""


@dataclass(frozen=True, slots=True)
class PublicOffer:
    """A promotion that everybody meets who comes to a shelf while it runs."""

    offer_id: str
    depth: float = 0.0
    """Share off the price that buyers answer to, on the whole shelf."""
    given: float | None = None
    """Share off the price that the shop bears; None: as `depth`."""
    lift: float = 0.0
    """Log of what else it draws, e.g. .1 for a place at the front page."""
    weeks: int = 1
    """How long it runs."""
    shelves: tuple[str, ...] = ()
    """Where it can run; empty: everywhere."""
    together: bool = False
    """Whether it runs on all of its shelves at once; else each run is on one of them."""
    fixed_minor: float = 0.0
    """What each run costs beside the discount, minor units."""
    first: int = 0
    """First week in which it may run."""
    last: int | None = None
    """Last week in which it may run; None: the calendar's last."""
    times: int = 0
    """How often it may run; 0: no limit."""
    festival: str | None = None
    """Promotions of one festival need no guard weeks between them."""
    phase: int = 0
    """Place within its festival: nothing of a later phase starts before everything of an earlier one is over."""

    def __post_init__(self) -> None:
        borne = self.depth if self.given is None else self.given
        if not (0 <= self.depth < 1 and 0 <= borne <= 1):
            raise ConfigError(f"offer {self.offer_id!r}: depth is a share from 0 to below 1, given one from 0 to 1")
        if self.weeks < 1 or self.times < 0 or self.first < 0 or not np.isfinite([self.lift, self.fixed_minor]).all():
            raise ConfigError(f"offer {self.offer_id!r}: it needs whole weeks from 0 on, and finite lift and cost")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a calendar must keep, and how it is valued."""

    guard: int = 1
    """Weeks without promotion between two on one shelf, so that the ebb after the first does not fall on the next."""
    at_once: int | None = None
    """Promotions that run in a week at most; one on several shelves counts once."""
    budget_minor: float | None = None
    """Expected discount and fixed costs in all, minor units, at most."""
    quiet: int = 0
    """Weeks in which nothing runs, at least: a shop that always has an offer has no price."""
    aversion: float = 0.0
    """Standard deviations over the draws that are taken off the mean."""
    worst: float | None = None
    """Instead: the mean of this share of the worst draws (conditional value at risk), e.g. .1."""

    def __post_init__(self) -> None:
        if self.guard < 0 or self.quiet < 0 or self.aversion < 0 or (self.at_once is not None and self.at_once < 0):
            raise ConfigError("guard, quiet, aversion and at_once must not be below 0")
        if self.budget_minor is not None and not self.budget_minor >= 0:
            raise ConfigError(f"a budget must not be below 0, got {self.budget_minor}")
        if self.worst is not None and (not 0 < self.worst <= 1 or self.aversion):
            raise ConfigError("worst is a share above 0 and at most 1, and goes without aversion")


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


class _Offers(NamedTuple):
    """Offers as arrays; the first stands for nothing."""

    keep: Floats
    """1 - depth."""
    bear: Floats
    """1 - given."""
    lift: Floats
    fixed: Floats
    weeks: Ints
    reach: Bools
    """Shape (offers + 1, shelves)."""
    together: Bools


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
        _check(shelves, self.offers, self.rules)
        self._of = _arrays(shelves, self.offers)
        self._site = bool(self._of.together.any())
        lines = len(shelves.names) + self._site
        self._table, choices = _table(shelves, self.offers, self._of, (lines, self.rules.guard))
        limits = {"budget": self.rules.budget_minor, "at_once": self.rules.at_once,
                  "promoted_weeks": shelves.weeks - self.rules.quiet if self.rules.quiet else None}  # fmt: skip
        given = {name: float(limit) for name, limit in limits.items() if limit is not None}
        super().__init__(choices, lines=lines, limits=np.array(list(given.values()), dtype=np.float64))
        self.rows = tuple(given)
        self._conflict = _conflicts(self.offers, self.rules.guard)
        self._phases = _phases(self.offers)
        nothing = np.zeros((1, len(shelves.names), shelves.weeks))
        self._nothing = shelves.sales(nothing, nothing, nothing)

    # what a calendar is

    def starts(self, population: Ints) -> Ints:
        """Offer that starts at each place, 1 for the first, 0: none; shape (k, lines, weeks)."""
        return self._table[np.arange(self.places), population].reshape(len(population), self.lines, self.shelves.weeks)

    def _running(self, starts: Ints) -> Ints:
        """Offer that runs on each line in each week; of two that overlap, the later one."""
        found, weeks = np.zeros_like(starts), starts.shape[2]
        for t in range(min(weeks, int(self._of.weeks.max())) - 1, -1, -1):
            going = np.where(self._of.weeks[starts] > t, starts, 0)[..., : weeks - t]
            found[..., t:] = np.where(going > 0, going, found[..., t:])
        return found

    def _courses(self, running: Ints) -> tuple[Floats, Floats, Floats]:
        """Depth, share borne and lift, each of shape (k, shelves, weeks)."""
        n, of = len(self.shelves.names), self._of
        on = running[:, :n]
        keep, bear, lift = of.keep[on], of.bear[on], of.lift[on]
        if self._site:
            site = running[:, n]
            here = of.reach[site].transpose(0, 2, 1)
            keep = keep * np.where(here, of.keep[site][:, None], 1.0)
            bear = bear * np.where(here, of.bear[site][:, None], 1.0)
            lift = lift + np.where(here, of.lift[site][:, None], 0.0)
        return 1 - keep, 1 - bear, lift

    # what it is worth

    def judge(self, population: Ints) -> Judged:
        """See `Question`."""
        starts = self.starts(population)
        running = self._running(starts)
        net, spend = self._money(starts, running)
        use = self._use(running, spend)
        return Judged(self._valued(net), self.penalty(use, self._broken(starts, running)))

    def value(self, population: Ints) -> Floats:
        """See `Question`; minor units."""
        return self.judge(population).value

    def use(self, population: Ints) -> Floats:
        """See `Question`."""
        starts = self.starts(population)
        running = self._running(starts)
        return self._use(running, self._money(starts, running)[1])

    def broken(self, population: Ints) -> Floats:
        """Promotions too near to each other, too often, or out of the order of their festival."""
        starts = self.starts(population)
        return self._broken(starts, self._running(starts))

    def outcome(self, genome: Ints) -> Outcome:
        """What one calendar brings."""
        starts = self.starts(self.check(genome)[None])
        found = self.shelves.sales(*self._courses(self._running(starts)))
        fixed = self._of.fixed[starts].sum()
        spend = found.spend[:, 0] + fixed
        return Outcome(
            (found.profit - self._nothing.profit)[:, 0] - fixed, spend,
            (found.revenue - self._nothing.revenue)[:, 0], (found.units - self._nothing.units)[:, 0],
            self.shelves.stock - found.units[:, 0],
        )  # fmt: skip

    def read(self, genome: Ints) -> tuple[Run, ...]:
        """The promotions of one calendar, by week, then shelf."""
        genome = self.check(genome)
        starts = self.starts(genome[None])[0]
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
            reach = self._of.reach[starts[line, week]] if line == len(self.shelves.names) else np.arange(
                len(self.shelves.names)) == line  # fmt: skip
            names = tuple(name for name, on in zip(self.shelves.names, reach, strict=True) if on)
            runs.append(Run(offer.offer_id, names, week, offer.weeks, more))
        return tuple(runs)

    def _money(self, starts: Ints, running: Ints) -> tuple[Floats, Floats]:
        """Profit against nothing and spend, shape (draws, k)."""
        parts = [
            self.shelves.sales(*self._courses(running[low : low + CHUNK])) for low in range(0, len(running), CHUNK)
        ]
        fixed = self._of.fixed[starts].reshape(len(starts), -1).sum(axis=1)
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

    # what it must keep

    def _use(self, running: Ints, spend: Floats) -> Floats:
        found = {"budget": np.ascontiguousarray(spend.T).mean(axis=1)}
        busy = (running > 0).sum(axis=1)
        found |= {"at_once": busy.max(axis=1, initial=0), "promoted_weeks": (busy > 0).sum(axis=1)}
        return np.stack([found[row] for row in self.rows], axis=1) if self.rows else np.zeros((len(running), 0))

    def _broken(self, starts: Ints, running: Ints) -> Floats:
        found = np.zeros(len(starts))
        for _, hit, _ in self._near(starts):
            found += hit.reshape(len(starts), -1).sum(axis=1)
        for number, offer in enumerate(self.offers, start=1):
            if offer.times:
                often = (starts == number).reshape(len(starts), -1).sum(axis=1)
                found += np.maximum(often - offer.times, 0)
        weeks = np.arange(starts.shape[2])
        for early, late in self._phases:
            over = np.where(early[running].any(axis=1), weeks, -1).max(axis=1, initial=-1)
            begun = np.where(late[starts].any(axis=1), weeks, len(weeks)).min(axis=1, initial=len(weeks))
            found += begun <= over
        return found

    def _near(self, starts: Ints):  # type: ignore[no-untyped-def]
        """Pairs that stand too near: (kind, where, lag) with the earlier one's place; kind 0 on one line, 1 the site's
        first, 2 the site's second."""
        n, weeks = len(self.shelves.names), starts.shape[2]
        for lag in range(1, min(len(self._conflict), weeks)):
            yield 0, self._conflict[lag][starts[..., : weeks - lag], starts[..., lag:]], lag
        if not self._site:
            return
        shelf, site = starts[:, :n], starts[:, n:]
        reach = self._of.reach[starts[:, n]].transpose(0, 2, 1)
        for lag in range(min(len(self._conflict), weeks)):
            end = weeks - lag
            yield 1, self._conflict[lag][site[..., :end], shelf[..., lag:]] & reach[..., :end], lag
            if lag:
                yield 2, self._conflict[lag][shelf[..., :end], site[..., lag:]] & reach[..., lag:], lag

    def mend(self, population: Ints, rng: np.random.Generator) -> Ints:
        """Of two promotions that stand too near one goes, by chance; so do those too often and too many at once."""
        starts = self.starts(population)
        gone = np.zeros(starts.shape, np.bool_)
        n, weeks = len(self.shelves.names), starts.shape[2]
        for kind, hit, lag in self._near(starts):
            if not hit.any():
                continue
            end = weeks - lag
            first = rng.random(hit.shape) < 0.5 if kind == 0 else rng.random((len(hit), 1, 1)) < 0.5
            for goes, low, earlier in ((hit & first, 0, True), (hit & ~first, lag, False)):
                if kind == 0:
                    gone[..., low : low + end] |= goes
                elif (kind == 1) == earlier:
                    gone[:, n, low : low + end] |= goes.any(axis=1)
                else:
                    gone[:, :n, low : low + end] |= goes
        starts = np.where(gone, 0, starts)
        starts = self._less_often(starts, rng)
        if self.rules.at_once is not None or self.rules.quiet:
            starts = self._thinned(starts, rng)
        return np.where(starts.reshape(population.shape) > 0, population, 0)

    def _less_often(self, starts: Ints, rng: np.random.Generator) -> Ints:
        """Runs beyond an offer's times go, by chance."""
        flat = starts.reshape(len(starts), -1)
        for number, offer in enumerate(self.offers, start=1):
            here = flat == number
            if offer.times and (here.sum(axis=1) > offer.times).any():
                order = np.argsort(np.where(here, rng.random(here.shape), 2.0), axis=1)
                kept = np.zeros_like(here)
                np.put_along_axis(kept, order[:, : offer.times], values=True, axis=1)
                flat = np.where(here & ~kept, 0, flat)
        return flat.reshape(starts.shape)

    def _thinned(self, starts: Ints, rng: np.random.Generator) -> Ints:
        """From weeks with too many promotions one goes at a time, by chance; from any while too few are quiet."""
        most = self.lines if self.rules.at_once is None else self.rules.at_once
        flat, longest = starts.reshape(len(starts), -1).copy(), int(self._of.weeks.max())
        for _ in range(flat.shape[1]):
            now = flat.reshape(starts.shape)
            busy = (self._running(now) > 0).sum(axis=1)
            full = busy > most
            loud = (busy > 0).sum(axis=1) > starts.shape[2] - self.rules.quiet
            some = full.any(axis=1) | loud
            if not some.any():
                break
            over = np.pad(full | loud[:, None], ((0, 0), (0, longest)))
            covers = np.zeros(now.shape, np.bool_)
            for t in range(longest):
                covers |= (self._of.weeks[now] > t) & over[:, None, t : t + starts.shape[2]]
            key = np.where(covers.reshape(flat.shape), rng.random(flat.shape), -1.0)
            flat[np.flatnonzero(some), key.argmax(axis=1)[some]] = 0
        return flat.reshape(starts.shape)


def _check(shelves: Shelves, offers: tuple[PublicOffer, ...], rules: Rules) -> None:
    names = [offer.offer_id for offer in offers]
    if len(set(names)) < len(names):
        raise ConfigError(f"two offers of one name: {next(n for n in names if names.count(n) > 1)!r}")
    for offer in offers:
        if unknown := set(offer.shelves) - set(shelves.names):
            raise ConfigError(
                f"offer {offer.offer_id!r}: no shelf {min(unknown)!r}; there are {', '.join(shelves.names)}"
            )
    if rules.quiet > shelves.weeks:
        raise ConfigError(f"{rules.quiet} quiet weeks are more than the calendar's {shelves.weeks}")


def _arrays(shelves: Shelves, offers: tuple[PublicOffer, ...]) -> _Offers:
    def column(values: list[float]) -> Floats:
        return np.array(values, dtype=np.float64)

    reach = [[not o.shelves or name in o.shelves for name in shelves.names] for o in offers]
    return _Offers(
        column([1.0, *(1 - o.depth for o in offers)]),
        column([1.0, *(1 - (o.depth if o.given is None else o.given) for o in offers)]),
        column([0.0, *(o.lift for o in offers)]), column([0.0, *(o.fixed_minor for o in offers)]),
        np.array([0, *(o.weeks for o in offers)], dtype=np.int64),
        np.array([[False] * len(shelves.names), *reach], dtype=np.bool_),
        np.array([False, *(o.together for o in offers)], dtype=np.bool_),
    )  # fmt: skip


def _table(shelves: Shelves, offers: tuple[PublicOffer, ...], of: _Offers, shape: tuple[int, int]) -> tuple[Ints, Ints]:
    """Offer of each place and number, shape (places, offers + 1), and how many numbers each place has."""
    (lines, guard), n = shape, len(shelves.names)
    open_from = _open_from(shelves, guard)
    held: list[list[int]] = []
    for line in range(lines):
        for week in range(shelves.weeks):
            may = [
                number for number, offer in enumerate(offers, start=1)
                if offer.first <= week
                and week + offer.weeks - 1 <= min(shelves.weeks - 1, shelves.weeks if offer.last is None else offer.last)
                and offer.together == (line == n)
                and (of.reach[number, line] if line < n else True)
                and week >= (open_from[line] if line < n else open_from[of.reach[number]].max(initial=0))
            ]  # fmt: skip
            held.append([0, *may])
    table = np.zeros((len(held), len(offers) + 1), np.int64)
    for place, numbers in enumerate(held):
        table[place, : len(numbers)] = numbers
    return table, np.array([len(numbers) for numbers in held], dtype=np.int64)


def _open_from(shelves: Shelves, guard: int) -> Ints:
    """First week in which something can start on each shelf, for what ran before the calendar."""
    ran = shelves.before > 0
    ago = np.where(ran.any(axis=1), np.argmax(ran[:, ::-1], axis=1), shelves.before.shape[1] + guard)
    return np.maximum(0, guard - ago)


def _conflicts(offers: tuple[PublicOffer, ...], guard: int) -> Bools:
    """Whether b may not start so many weeks after a on one shelf, shape (lags, offers + 1, offers + 1)."""
    longest = max((offer.weeks for offer in offers), default=0)
    found = np.zeros((longest + guard, len(offers) + 1, len(offers) + 1), np.bool_)
    for a, one in enumerate(offers, start=1):
        for b, other in enumerate(offers, start=1):
            kin = one.festival is not None and one.festival == other.festival
            found[: one.weeks + (0 if kin else guard), a, b] = True
    return found


def _phases(offers: tuple[PublicOffer, ...]) -> tuple[tuple[Bools, Bools], ...]:
    """For each festival and two of its phases, which offers are of the earlier and which of the later."""
    found = []
    for festival in sorted({offer.festival for offer in offers if offer.festival is not None}):
        of = [offer.phase if offer.festival == festival else None for offer in offers]
        ranks = sorted({rank for rank in of if rank is not None})
        for early, late in ((a, b) for i, a in enumerate(ranks) for b in ranks[i + 1 :]):
            found.append(tuple(np.array([False, *(rank == which for rank in of)]) for which in (early, late)))
    return tuple((early, late) for early, late in found)
