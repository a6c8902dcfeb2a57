"""What is learned from, and what is judged by: events before and after, of the same users and items."""

from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError
from netlift.recommend.ids import Ints
from netlift.recommend.interactions import Interactions


class Split(NamedTuple):
    """Two parts of events over the same users and items."""

    learn: Interactions
    judge: Interactions

    @property
    def judged(self) -> Ints:
        """Places of the users who have something in the part that judges."""
        return np.flatnonzero(np.diff(self.judge.starts) > 0)


def by_time(seen: Interactions, moment: datetime, until: datetime | None = None) -> Split:
    """What happened before a moment, and since then: nobody learns from what comes later.

    Args:
        seen: events.
        moment: at which the second part begins.
        until: before which it ends; None: with the last event.

    Raises:
        ConfigError: a moment without time zone, or an end before the beginning.
    """
    if until is not None and until <= moment:
        raise ConfigError(f"judging begins at {moment} and ends before that, at {until}")
    later = seen.since(moment)
    return Split(seen.before(moment), later if until is None else later.before(until))


def next_baskets(seen: Interactions, moment: datetime, until: datetime | None = None) -> Split:
    """What happened before a moment, and each user's first basket since then: all they did at that one time.

    Raises:
        ConfigError: as `by_time`.
    """
    learn, later = by_time(seen, moment, until)
    first = np.full(len(seen.users), np.iinfo(np.int64).max)
    np.minimum.at(first, later.user, later.at)
    return Split(learn, only(later, later.at == first[later.user]))


def at_random(seen: Interactions, share: float = 0.25, seed: int = 0) -> Split:
    """That share of each user's events at random, to stand beside published figures; shops are judged `by_time`.

    Args:
        seen: events.
        share: of the part that judges, rounded for each user, above 0 and below 1.
        seed: of the draw.

    Raises:
        ConfigError: a share out of its range.
    """
    if not 0 < share < 1:
        raise ConfigError(f"the share that judges lies between 0 and 1, got {share}")
    order = np.lexsort((np.random.default_rng(seed).random(len(seen)), seen.user))
    place = np.empty(len(seen), np.int64)
    place[order] = np.arange(len(seen)) - seen.starts[seen.user[order]]
    judged = place < np.rint(share * np.diff(seen.starts))[seen.user]
    return Split(only(seen, ~judged), only(seen, judged))


def only(seen: Interactions, kept: NDArray[np.bool_]) -> Interactions:
    """Some events, of the same users and items; `kept` has shape (events,)."""
    columns: Any = (getattr(seen, name)[kept] for name in ("user", "item", "at", "weight"))
    return Interactions(seen.users, seen.items, *columns)
