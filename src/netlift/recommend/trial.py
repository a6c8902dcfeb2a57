"""Several recommenders tried on one shop: the last tenth of its events judges, the tenth before it chooses."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import numpy as np

from netlift.errors import ConfigError, DataError
from netlift.recommend.about import About
from netlift.recommend.evaluate.comparing import Beside, compare
from netlift.recommend.evaluate.judging import judge
from netlift.recommend.evaluate.metrics import Measures
from netlift.recommend.evaluate.splits import Split, by_time, only
from netlift.recommend.interactions import Interactions
from netlift.recommend.recommender import RECOMMENDERS, Recommender

Progress = Callable[[str, int, int], None]
_NEVER = np.iinfo(np.int64).max
LEARNED, CHOSEN = 0.8, 0.9
"""Shares of events before validation and before the test begin."""


class Tried(NamedTuple):
    """One recommender; figures are None where it could not be tried."""

    kind: str
    validation: float | None
    """nDCG; by it is chosen."""
    test: Measures | None
    why: str = ""
    """Why it could not be tried."""


class Trial(NamedTuple):
    """All of them."""

    chosen: str
    """Kind with the best figure in the validation period, of equals the first by name."""
    tried: tuple[Tried, ...]
    """By kind."""
    validation_from: datetime
    test_from: datetime
    customers: int
    """Who are judged in the test."""

    def beside(self, kind: str = "popular") -> Beside | None:
        """The chosen one's nDCG in the test beside another's, of the same customers; None where that was not tried."""
        figures = {one.kind: one.test.ndcg for one in self.tried if one.test is not None}
        return compare(figures[self.chosen], figures[kind]) if kind in figures and kind != self.chosen else None


def trial(
    seen: Interactions,
    about: About | None = None,
    kinds: Sequence[str] | None = None,
    *,
    k: int = 10,
    bought: Literal["allow", "exclude"] = "exclude",
    on_progress: Progress | None = None,
    had: Interactions | None = None,
) -> Trial:
    """Try recommenders as they are set by default, and choose one.

    Args:
        seen: all events.
        about: what else is known.
        kinds: to try; None: all, of which those that cannot run here are left out and say why.
        k: length of lists.
        bought: whether goods that a customer had before are listed.
        on_progress: told the kind that is tried, how many are done, and of how many.
        had: the part of it that counts as bought, of the same users and items; recommenders that need purchases learn
            from this part alone. None: all.

    Raises:
        DataError: too little happened for three periods.
        ConfigError: an unknown kind, or none of them could be tried.
    """
    validation, test = _splits(seen)
    asked = sorted(RECOMMENDERS) if kinds is None else sorted(set(kinds))
    tried = []
    for done, kind in enumerate(asked):
        if on_progress is not None:
            on_progress(kind, done, len(asked))
        try:
            first, later = (_judged(made(kind, bought), split, about, k, bought, had) for split in (validation, test))
        except (ConfigError, ImportError) as error:
            if kinds is not None:
                raise
            tried.append(Tried(kind, None, None, str(error)))
            continue
        tried.append(Tried(kind, first.means()["ndcg"], later))
    able = [one for one in tried if one.validation is not None and not np.isnan(one.validation)]
    if not able:
        raise ConfigError("no recommender could be tried: " + "; ".join(one.why for one in tried if one.why))
    best = max(able, key=lambda one: one.validation or 0.0)
    begin = (_moment(seen, LEARNED), _moment(seen, CHOSEN))
    return Trial(best.kind, tuple(tried), *begin, len(test.judged))


def _judged(
    model: Recommender,
    split: Split,
    about: About | None,
    k: int,
    bought: Literal["allow", "exclude"],
    had: Interactions | None,
) -> Measures:
    """What its lists are worth, as they would be shown."""
    old = None if had is None else only(had, had.at < split.judge.at.min(initial=_NEVER))
    learned = model.fit(split.learn if old is None or not model.purchases else old, about)
    return judge(learned, split, k, bought=bought, as_shown=True, had=old)


def made(kind: str, bought: str = "exclude") -> Recommender:
    """A recommender as it is set by default; one that judges its parts does so with goods bought before, if asked to.

    Raises:
        ConfigError: an unknown kind.
    """
    found = RECOMMENDERS[kind]
    told = any(field.name == "bought" for field in fields(found))
    return found(bought="exclude" if bought == "exclude" else "allow") if told else found()  # type: ignore[call-arg]


def _splits(seen: Interactions) -> tuple[Split, Split]:
    if not len(seen):
        raise DataError("nothing happened yet, so nothing can be judged")
    first, second = _moment(seen, LEARNED), _moment(seen, CHOSEN)
    if not seen.at.min() / 1e6 < first.timestamp() < second.timestamp():
        raise DataError("all events lie too close together to learn from some, choose by others and judge by the rest")
    return by_time(seen, first, second), by_time(seen, second)


def _moment(seen: Interactions, share: float) -> datetime:
    """At which this share of events has happened."""
    at = np.sort(seen.at)
    micros = int(at[min(int(share * len(at)), len(at) - 1)])
    return datetime.fromtimestamp(micros // 1_000_000, UTC)
