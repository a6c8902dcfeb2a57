"""The best of some candidates under the rules of `recommend.rules`, for one customer at a time.

The same as `recommend.top`, in NumPy: for a few hundred candidates it is as quick, and a web process need neither load
nor compile anything. A test holds the two against each other.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Candidates(NamedTuple):
    """Goods in the order of their ids, shape (candidates,) each."""

    scores: Floats
    """Higher is better."""
    category: Sequence[str | None]
    """None: unknown, which is like no other."""
    margin: Floats
    """Minor units; 0 where it is not known."""
    times: Ints
    """How often each was shown lately without an answer."""


class Knobs(NamedTuple):
    """The rules' numbers."""

    diversity: float = 0.0
    most: int = 0
    """Of one category; 0: no limit."""
    margin: float = 0.0
    fatigue: float = 0.0


def worths(found: Candidates, knobs: Knobs) -> Floats:
    """Scores at 0 to 1, changed by margin and fatigue."""
    scores = found.scores
    if not len(scores):
        return scores
    if knobs.margin or knobs.diversity or knobs.fatigue:
        low, high = float(scores.min()), float(scores.max())
        scores = (scores - low) / (high - low) if high > low else np.ones(len(scores))
        if knobs.margin:
            rank = np.searchsorted(np.sort(found.margin), found.margin, side="left") / max(len(scores) - 1, 1)
            scores = (1 - knobs.margin) * scores + knobs.margin * rank
        scores = scores * (1 - knobs.fatigue) ** found.times
    return scores


def best(
    found: Candidates, knobs: Knobs, n: int, before: Sequence[str | None] = (), *, relax: bool = True
) -> Ints:  # fmt: skip
    """Places of the best, best first; of equals the first.

    Args:
        found: candidates.
        knobs: the rules.
        n: as many at most.
        before: categories of what the list has already.
        relax: whether the limit of a category gives way where the list would not be full.
    """
    worth = worths(found, knobs)
    order = np.argsort(-worth, kind="stable")
    if not knobs.diversity and not knobs.most:
        return order[:n]
    return _varied(order, worth[order], [found.category[at] for at in order.tolist()], knobs, (n, before, relax))


def _varied(
    order: Ints, worth: Floats, category: list[str | None], knobs: Knobs, asked: tuple[int, Sequence[str | None], bool]
) -> Ints:
    """Maximal marginal relevance; what a category's limit struck out comes back where the list would not be full."""
    n, before, relax = asked
    names = sorted({name for name in category if name is not None})
    code = {name: at for at, name in enumerate(names)}
    kind = np.array([-1 if name is None else code[name] for name in category], np.int64)
    count = np.zeros(len(names) + 1, np.int64)
    for name in before:
        if name is not None and name in code:
            count[code[name]] += 1
    free = np.ones(len(order), np.bool_)
    taken: list[int] = []
    for limit in (knobs.most, 0) if relax else (knobs.most,):
        may = free.copy()
        while len(taken) < n and may.any():
            alike = (kind >= 0) & (count[kind] > 0)
            value = np.where(may, (1 - knobs.diversity) * worth - knobs.diversity * alike, -np.inf)
            at = int(np.argmax(value))
            if limit and kind[at] >= 0 and count[kind[at]] >= limit:
                may[kind == kind[at]] = False  # none of them can be taken any more
                continue
            may[at] = False
            free[at] = False
            taken.append(at)
            if kind[at] >= 0:
                count[kind[at]] += 1
    return order[np.array(taken, np.int64)]
