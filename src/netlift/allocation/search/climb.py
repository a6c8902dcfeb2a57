"""Coordinate ascent: place by place the best that it may hold, until no place can be bettered alone."""

import numpy as np

from netlift.allocation.search.question import Ints, Judged
from netlift.allocation.search.searcher import Meter, ranked

BATCH = 512
"""Genomes that are judged together at most."""


def climb(meter: Meter, genome: Ints, order: Ints | None = None) -> Ints:
    """Climb from a genome until a whole round changes nothing or the meter is spent.

    Args:
        meter: what is asked, and how often it may be.
        genome: where to start, shape (places,).
        order: of the places; None: as they stand.
    """
    question = meter.question
    here = genome.copy()
    now = meter.judge(here[None])
    places = np.arange(question.places) if order is None else order
    quiet = 0
    for place in np.tile(places, 1000):
        if quiet >= question.places or meter.left <= 0:
            break
        here, better, now = _best_at(meter, here, now, int(place))
        quiet = 0 if better else quiet + 1
    return here


def _best_at(meter: Meter, here: Ints, now: Judged, place: int) -> tuple[Ints, bool, Judged]:
    """The best that one place may hold; ties stay as they are."""
    others = np.delete(np.arange(meter.question.choices[place]), here[place])
    if not len(others):
        return here, False, now
    tried = np.tile(here, (len(others), 1))
    tried[:, place] = others
    found = meter.judge(tried)
    top = ranked(found)[0]
    if (-found.penalty[top], found.value[top]) <= (-now.penalty[0], now.value[0]):
        return here, False, now
    return tried[top], True, Judged(found.value[[top]], found.penalty[[top]])
