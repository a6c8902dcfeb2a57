"""Calendars that break a rule, made to keep it by taking promotions out; which ones is left to chance."""

import numpy as np

from netlift.allocation.search.question import Floats, Ints
from netlift.allocation.search.timetable import LINE, SITE_FIRST, Timetable


def apart(at: Timetable, starts: Ints, rng: np.random.Generator) -> Ints:
    """Of two promotions that stand too near one goes.

    Args:
        at: the timetable.
        starts: offers by place, shape (k, lines, weeks), as everywhere here.
        rng: of what goes.
    """
    gone, n = np.zeros(starts.shape, np.bool_), at.shelves
    for kind, hit, lag in at.near(starts):
        if not hit.any():
            continue
        end = starts.shape[2] - lag
        first = rng.random(hit.shape if kind == LINE else (len(hit), 1, 1)) < 0.5
        for goes, low, earlier in ((hit & first, 0, True), (hit & ~first, lag, False)):
            if kind == LINE:
                gone[..., low : low + end] |= goes
            elif (kind == SITE_FIRST) == earlier:
                gone[:, n, low : low + end] |= goes.any(axis=1)
            else:
                gone[:, :n, low : low + end] |= goes
    return np.where(gone, 0, starts)


def ordered(at: Timetable, starts: Ints, rng: np.random.Generator) -> Ints:
    """Where a festival's phases are out of order, the late ones that come too soon go, or the early ones too late."""
    weeks = np.arange(starts.shape[2])
    for early, late in at.phases:
        over, begun = at.bounds(starts, early, late)
        wrong = begun <= over
        if not wrong.any():
            continue
        soon = rng.random(len(starts)) < 0.5
        ends = weeks + at.of.weeks[starts] - 1
        gone = late[starts] & (wrong & soon)[:, None, None] & (weeks <= over[:, None, None])
        gone |= early[starts] & (wrong & ~soon)[:, None, None] & (ends >= begun[:, None, None])
        starts = np.where(gone, 0, starts)
    return starts


def less_often(at: Timetable, starts: Ints, rng: np.random.Generator) -> Ints:
    """Runs beyond the times that an offer may run go."""
    flat = starts.reshape(len(starts), -1)
    for number, offer in enumerate(at.offers, start=1):
        here = flat == number
        if offer.times and (here.sum(axis=1) > offer.times).any():
            order = np.argsort(np.where(here, rng.random(here.shape), 2.0), axis=1)
            kept = np.zeros_like(here)
            np.put_along_axis(kept, order[:, : offer.times], values=True, axis=1)
            flat = np.where(here & ~kept, 0, flat)
    return flat.reshape(starts.shape)


def thinned(at: Timetable, starts: Ints, most: int, loud: int, rng: np.random.Generator) -> Ints:
    """From weeks with too many promotions one goes at a time; from any week while too few are quiet.

    Args:
        at: the timetable.
        starts: offers by place.
        most: promotions that may run in a week.
        loud: weeks in which something may run.
        rng: of what goes.
    """
    flat, longest, weeks = starts.reshape(len(starts), -1).copy(), int(at.of.weeks.max()), starts.shape[2]
    for _ in range(flat.shape[1]):
        now = flat.reshape(starts.shape)
        busy = (at.running(now) > 0).sum(axis=1)
        full, noisy = busy > most, (busy > 0).sum(axis=1) > loud
        some = full.any(axis=1) | noisy
        if not some.any():
            break
        over = np.pad(full | noisy[:, None], ((0, 0), (0, longest)))
        covers = np.zeros(now.shape, np.bool_)
        for t in range(longest):
            covers |= (at.of.weeks[now] > t) & over[:, None, t : t + weeks]
        key = np.where(covers.reshape(flat.shape), rng.random(flat.shape), -1.0)
        flat[np.flatnonzero(some), key.argmax(axis=1)[some]] = 0
    return flat.reshape(starts.shape)


def cheaper(starts: Ints, alone: tuple[Floats, Floats], budget: float, rng: np.random.Generator) -> Ints:
    """Runs beyond the budget go, as if each cost what it costs alone; those that earn less for it sooner.

    Args:
        starts: offers by place.
        alone: spend of each offer alone, and how dear it is to us, both of shape (places, offers + 1).
        budget: minor units.
        rng: of what goes.
    """
    flat = starts.reshape(len(starts), -1)
    place = np.arange(flat.shape[1])
    spend, dear = alone[0][place, flat], alone[1][place, flat]
    order = np.argsort(-dear * rng.random(flat.shape), axis=1, kind="stable")
    kept = np.zeros(flat.shape, np.bool_)
    np.put_along_axis(kept, order, np.cumsum(np.take_along_axis(spend, order, axis=1), axis=1) <= budget, axis=1)
    return np.where(kept, flat, 0).reshape(starts.shape)
