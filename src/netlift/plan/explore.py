"""Offers given by chance, to go on learning about customers whom the plan leaves out.

A hash draws customers who got nothing and may get something; of those drawn, one half gets an offer that another hash
picks among those open to them, the other half gets nothing and is written down beside them (`explore_control`). So
among those drawn, chance alone decides, with probability one half.
"""

from dataclasses import dataclass

import numpy as np

from netlift.experiments.assign import position
from netlift.plan.artefact import Exploration
from netlift.plan.choose import Choice, at_prices
from netlift.plan.pool import Bools, Ints
from netlift.plan.rows import Frame, question

HOPE = 1.645
"""Standard errors above its expectation up to which a pair may turn out to pay; others are not worth learning about."""
_LINE = 2.0**64


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Pairs of the exploration."""

    given: Ints
    """Pairs that get their offer, ascending."""
    control: Ints
    """Pairs drawn beside them that get nothing, ascending."""


def drawn(
    frame: Frame, chosen: Ints, used: Ints, *, share: float, seed: int, code: str, known_offers: bool = False
) -> Drawn:
    """Who takes part, in order of their hash as long as no limit is broken.

    Args:
        frame: pairs and limits.
        chosen: pairs of the plan, withheld ones included: their customers take no part.
        used: of them, those that are given: what they leave of the limits may be used.
        share: of customers who got nothing and may get something.
        seed: of the draws.
        code: of the plan.
        known_offers: only offers that the plan gives anyway.
    """
    nobody = Drawn(np.zeros(0, np.int64), np.zeros(0, np.int64))
    if share <= 0 or not len(frame.pool):
        return nobody
    open_ = np.isin(frame.pool.offer, frame.pool.offer[chosen]) if known_offers else np.ones(len(frame.pool), np.bool_)
    cells, places = _candidates(frame, chosen, open_, share, f"{seed}/{code}/explore")
    if not len(cells):
        return nobody
    order = np.argsort(places, kind="stable")
    taken = cells[order][: _room(frame, used, cells[order])]
    arms = _half(frame, taken, f"{seed}/{code}/explore-arm")
    return Drawn(np.sort(taken[arms]), np.sort(taken[~arms]))


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
