"""A block of customers through the whole calendar: the days one after another, worlds side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from netlift.simulate.checkout import DayLog, shop_day
from netlift.simulate.draws import Floats32, Keys, under
from netlift.simulate.offers import Offer
from netlift.simulate.people import People, settle
from netlift.simulate.rows import Rows, branch, converged, first_rows
from netlift.simulate.targeting import HALF_LIFE, Assignment, assign
from netlift.simulate.visits import Setting
from netlift.simulate.world import World


@dataclass(frozen=True)
class Diary:
    """All that a block did; orders and lines as columns, in order of day."""

    people: People
    assignments: dict[int, Assignment]
    cust: NDArray[np.int64]
    """Customer of each order, position in the block."""
    world: NDArray[np.int64]
    day: NDArray[np.int64]
    bits: NDArray[np.uint64]
    points: NDArray[np.int64]
    order: NDArray[np.int64]
    """Order of each line, position in the columns above."""
    category: NDArray[np.int64]
    product: NDArray[np.int64]
    quantity: NDArray[np.int64]
    code: NDArray[np.int64]
    dropped: dict[int, NDArray[np.int64]]
    """For each promotion taken away: by customer the day from which the two worlds are the same; -1: never apart."""
    looked: tuple[NDArray[np.int64], NDArray[np.int64]]
    """Customer and day of the visits of world 0 without a purchase."""


@dataclass
class _Past:
    """What whoever targets a campaign remembers of world 0."""

    spend: Floats32
    seen: Floats32
    """Day of the last order."""

    def at(self, day: int) -> tuple[Floats32, Floats32]:
        """Recent spend, halved every 60 days, and days since the last order."""
        return self.spend * np.float32(2.0 ** (-day / HALF_LIFE)), day - self.seen

    def add(self, log: DayLog, day: int, basket_minor: float) -> None:
        """Remember a day's orders; spend is kept in units of the first day's worth so that it need not be aged."""
        spend = np.bincount(log.basket.visit, log.basket.net, len(log.cust))
        mine = log.world == 0
        self.spend[log.cust[mine]] += (spend[mine] / basket_minor * 2.0 ** (day / HALF_LIFE)).astype(np.float32)
        self.seen[log.cust[mine]] = day


@dataclass
class Run:
    """A block of customers on its way through the calendar."""

    setting: Setting
    rows: Rows
    past: _Past
    logs: list[DayLog] = field(default_factory=list)
    dropped: dict[int, NDArray[np.int64]] = field(default_factory=dict)


def live_through(world: World, first: int, count: int) -> Diary:
    """Run customers `first` .. `first + count - 1` from the first day to the last."""
    run = live_until(world, first, count, world.config.days)
    _mark(run, run.rows, world.config.days)
    return diary_of(run.setting, run.logs, dropped=run.dropped)


def live_until(world: World, first: int, count: int, end: int) -> Run:
    """The same customers up to the morning of day `end`; promotions that start on it have not begun."""
    people = settle(world.config, world.goods, first, count)
    past = _Past(np.zeros(count, np.float32), np.full(count, -30, np.float32))
    run = Run(Setting(world, people, {}), first_rows(world, people), past)
    remember = any(o.spec.contacts for o in world.offers)
    for day in range(end):
        for offer in world.offers:
            if offer.start == day:
                _begin(run, offer)
        if day % 7 == 0 and len(run.rows.cust) > count:
            _drop(run, day)
        log = shop_day(run.setting, run.rows, day, day_keys(people.keys, day))
        if remember:
            past.add(log, day, world.basket_minor)
        run.logs.append(log)
    return run


def day_keys(keys: Keys, day: int) -> Keys:
    """The randomness of each customer on a day."""
    return under(keys, 1_000_000 + day)


def _begin(run: Run, offer: Offer) -> None:
    """Decide who has an offer, and set the world without it going."""
    world, people = run.setting.world, run.setting.people
    mine = assign(people, offer, world.norm, run.past.at(offer.start))
    run.setting.assignments[offer.number] = mine
    if not (world.config.with_truth and offer.live):
        return
    who = mine.holds.copy()
    if world.config.all_potentials and offer.spec.contacts:
        who |= mine.listed | (people.joins < offer.start)
    run.rows = branch(world, run.rows, offer.number, who)
    run.dropped[offer.number] = np.full(people.count, -1, np.int64)


def _drop(run: Run, day: int) -> None:
    """Let go of rows that are the same as their original again, once nothing can part them any more."""
    offers = run.setting.world.offers
    ready = np.zeros(len(offers) + 1, bool)
    for offer in offers:
        tires = [o for o in offers if offer.number in run.setting.world.tiring.get(o.number, ())]
        ready[offer.number + 1] = day >= max([offer.end, *(o.end for o in tires)])
    gone = converged(run.rows, day, ready)
    if gone.any():
        _mark(run, run.rows.take(gone), day)
        run.rows = run.rows.take(~gone)


def _mark(run: Run, rows: Rows, day: int) -> None:
    for number, dropped in run.dropped.items():
        dropped[rows.cust[rows.world == number + 1]] = day


def diary_of(
    setting: Setting,
    logs: Sequence[DayLog],
    *,
    first_day: int = 0,
    people: People | None = None,
    dropped: dict[int, NDArray[np.int64]] | None = None,
) -> Diary:
    """The days of a block as columns.

    Args:
        setting: of the block.
        logs: what each day left behind, one after another.
        first_day: day of the first log.
        people: whose randomness returns and reports follow; None: the setting's own.
        dropped: as in `Diary`; None: nothing was taken away.
    """
    sizes = np.array([len(log.cust) for log in logs])
    start = np.cumsum(sizes) - sizes
    lines = [log.basket for log in logs]
    return Diary(
        people=setting.people if people is None else people,
        assignments=setting.assignments,
        cust=np.concatenate([log.cust for log in logs]),
        world=np.concatenate([log.world for log in logs]),
        day=np.repeat(first_day + np.arange(len(logs)), sizes),
        bits=np.concatenate([log.bits for log in logs]),
        points=np.concatenate([log.points for log in logs]),
        order=np.concatenate([b.visit + s for b, s in zip(lines, start, strict=True)]),
        category=np.concatenate([b.category for b in lines]),
        product=np.concatenate([b.product for b in lines]),
        quantity=np.concatenate([b.quantity for b in lines]),
        code=np.concatenate([b.code for b in lines]),
        dropped={} if dropped is None else dropped,
        looked=(
            np.concatenate([log.looked for log in logs]),
            np.repeat(first_day + np.arange(len(logs)), [len(x.looked) for x in logs]),
        ),
    )
