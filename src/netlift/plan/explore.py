"""Offers given by chance, to go on learning about customers whom the plan leaves out.

A hash draws customers who got nothing and may get something; of those drawn, one half gets an offer that another hash
picks among those open to them, the other half gets nothing and is written down beside them (`explore_control`). So
among those drawn, chance alone decides, with probability one half.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from netlift.experiments.assign import position
from netlift.experiments.power import detectable
from netlift.plan.artefact import Exploration
from netlift.plan.choose import Choice, at_prices
from netlift.plan.hold_out import spread_of
from netlift.plan.pool import Bools, Floats, Ints, Pool
from netlift.plan.rows import Frame, question

HOPE = 1.645
"""Standard errors above its expectation up to which a pair may turn out to pay; others are not worth learning about."""
LEAST_USES = 10
"""Expected uses among an offer's customers below which a pilot of it shows nothing."""
PILOTS = ("pilot", "pilot_2", "pilot_3")
"""Codes of pilots, each of an offer of another mechanism, the most hopeful first."""
_LINE = 2.0**64


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Pairs of the exploration."""

    given: Ints
    """Pairs that get their offer, ascending."""
    control: Ints
    """Pairs drawn beside them that get nothing, ascending."""


def drawn(
    frame: Frame, chosen: Ints, used: Ints, *, share: float, seed: int, code: str, known_offers: bool = False,
    one: int | None = None,
) -> Drawn:  # fmt: skip
    """Who takes part, in order of their hash as long as no limit is broken.

    Args:
        frame: pairs and limits.
        chosen: pairs of the plan, withheld ones included: their customers take no part.
        used: of them, those that are given: what they leave of the limits may be used.
        share: of customers who got nothing and may get something.
        seed: of the draws.
        code: of the plan.
        known_offers: only offers that the plan gives anyway.
        one: the only offer that is given; None: any.
    """
    nobody = Drawn(np.zeros(0, np.int64), np.zeros(0, np.int64))
    if share <= 0 or not len(frame.pool):
        return nobody
    open_ = np.isin(frame.pool.offer, frame.pool.offer[chosen]) if known_offers else np.ones(len(frame.pool), np.bool_)
    open_ = open_ if one is None else open_ & (frame.pool.offer == one)
    cells, places = _candidates(frame, chosen, open_, share, f"{seed}/{code}/explore")
    if not len(cells):
        return nobody
    order = np.argsort(places, kind="stable")
    taken = cells[order][: _room(frame, used, cells[order])]
    arms = _half(frame, taken, f"{seed}/{code}/explore-arm")
    return Drawn(np.sort(taken[arms]), np.sort(taken[~arms]))


class Trial(NamedTuple):
    """The one offer of a pilot, and how many take part."""

    offer: int | None
    """Its number; None: no offer may turn out to pay."""
    share: float
    """Of the customers whom it may turn out to pay, those who take part; one half of them get it."""
    detectable_minor: float
    """Smallest gain per customer that is found with power .8; nan where the spread of outcomes is not known."""


def hopeful(frame: Frame) -> tuple[int, ...]:
    """Offers that may turn out to pay, the one that may earn most first, and the best of each mechanism only.

    What may be there is an offer's expectation and `HOPE` standard errors. An offer that fewer than `LEAST_USES` of
    its customers are expected to use, and that is no mere message, would show nothing.
    """
    pool = frame.pool
    sums = np.where(_used(pool), pool.sums(np.arange(len(pool)), _hope(frame)), 0.0)
    first: dict[str, int] = {}
    for offer in np.argsort(-sums, kind="stable").tolist():
        if sums[offer] > 0:
            first.setdefault(pool.candidates[offer].kind, offer)
    return tuple(first.values())


def trial(frame: Frame, code: str = PILOTS[0], *, least: float, level: float = 0.9) -> Trial:
    """The offer of a pilot, and the smallest share of customers that would show the gain that may be there.

    Args:
        frame: pairs and limits.
        code: of the pilot: its place in `PILOTS` is that of its offer in `hopeful`.
        least: share of customers that takes part at least.
        level: confidence level of the read-out.
    """
    place, offers = PILOTS.index(code), hopeful(frame)
    if place >= len(offers):
        return Trial(None, least, math.nan)
    best, pool, hope = offers[place], frame.pool, _hope(frame)
    open_ = pool.offer == best
    n, gain = int((hope[open_] > 0).sum()), float(hope[open_].sum())
    known = pool.learned[best]
    sd = math.nan if known is None else spread_of(known)
    if math.isnan(sd) or n < 4:
        return Trial(best, least, math.nan)
    for share in (*np.arange(least, 1.0, 0.1).tolist(), 1.0):
        arm = max(2, round(share * n / 2))
        found = detectable(sd, (arm, arm), level=level)
        if found <= gain / n:
            break
    return Trial(best, share, found)


def _hope(frame: Frame) -> Floats:
    """What each pair may turn out to earn, not below 0."""
    return np.maximum(frame.value + HOPE * frame.pool.se, 0.0)


def _used(pool: Pool) -> Bools:
    """Offers that enough customers are expected to use, and mere messages, shape (offers,)."""
    contact = np.array([float(one.offer.contact_cost_minor) for one in pool.candidates])[pool.offer]
    given, most = np.maximum(pool.cost - contact, 0.0), np.maximum(pool.liability - contact, 0.0)
    uses: Floats = np.divide(np.minimum(given, most), most, out=np.zeros(len(pool)), where=most > 0)
    everything = np.arange(len(pool))
    found: Bools = (pool.sums(everything, uses) >= LEAST_USES) | (pool.sums(everything, most) <= 0)
    return found


def exploration_of(frame: Frame, choice: Choice, found: Drawn, share: float) -> Exploration:
    """What exploring costs: what the explored pairs lose at the plan's prices of budget and the other limits."""
    if not len(found.given):
        return Exploration(share, 0, 0.0)
    worth = at_prices(frame, choice, frame.value) if choice.money else frame.value
    return Exploration(share, len(found.given), float(-worth[found.given].sum()))


def _candidates(frame: Frame, chosen: Ints, open_: Bools, share: float, salt: str) -> tuple[Ints, np.ndarray]:
    """One pair for each customer who is drawn, of those that may turn out to pay, and where their hash lies."""
    import pyarrow as pa

    pool = frame.pool
    taken = np.zeros(pool.customers, np.bool_)
    taken[pool.owner[chosen]] = True
    may = np.flatnonzero(open_ & ~taken[pool.owner] & (frame.value + HOPE * pool.se > 0))
    first = np.flatnonzero(np.diff(pool.owner[may], prepend=-1) != 0)
    number = np.diff(np.append(first, len(may)))
    names = pool.eligible.customer_id.take(pa.array(pool.owner[may[first]])).to_pylist()
    line = np.array([position(name, salt) for name in names], np.float64)  # one hash per customer left out
    inside = line < share * _LINE
    which = [position(names[i], f"{salt}-offer") * int(number[i]) // 2**64 for i in np.flatnonzero(inside)]
    return may[first[inside] + np.array(which, np.int64)], line[inside]


def _half(frame: Frame, cells: Ints, salt: str) -> Bools:
    import pyarrow as pa

    who = frame.pool.eligible.customer_id.take(pa.array(frame.pool.owner[cells])).to_pylist()
    return np.array([position(one, salt) < 2**63 for one in who], np.bool_)


def _room(frame: Frame, used: Ints, cells: Ints) -> int:
    """How many of the customers, in order, can take part before a limit would break if all of them got their offer.

    Counted without a look at who gets it: to stop where the given fill a limit would leave more than half without,
    and the chance of one half that the plan tells would be none.
    """
    everything = np.ones(len(frame.pool), np.bool_)
    problem = question(frame, frame.value, needed=everything).problem
    room = len(cells)
    for r, row in enumerate(problem.rows):
        if row.minimum or row.name.split(":")[0] in ("churn", "roi", "share", "loss"):
            continue
        left = row.limit - int(problem.use(r, used).sum())
        total = np.cumsum(problem.use(r, cells))
        room = min(room, int(np.searchsorted(total, max(left, 0), side="right")))
    return room
