"""Candidates that really differ: a distance between two of them, and a choice that keeps them apart.

    distance = 0.25 x mechanism (0 the same, 0.5 of one family, 1 of different ones)
             + 0.25 x people (1 - shared members / joint members)
             + 0.20 x goods (1 - shared revenue / joint revenue)
             + 0.20 x depth (20 points and more apart count 1)
             + 0.05 x scope + 0.05 x window (1 - shared / joint days)

Chosen one after the other: always the candidate that is farthest from those chosen before (from the nearest of them and
from all of them in equal parts), times what speaks for it. That is greedy dispersion (Gonzalez 1985,
doi:10.1016/0304-3975(85)90224-5, for the nearest alone).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.candidates.candidate import Candidate, Goal, Scope
from netlift.candidates.catalogue import Bools, Ints
from netlift.candidates.making import FAMILY
from netlift.types import Window

Floats = NDArray[np.float64]

WEIGHTS: Mapping[str, float] = {
    "mechanism": 0.25, "people": 0.25, "goods": 0.20, "depth": 0.20, "scope": 0.05, "window": 0.05,
}  # fmt: skip
SHARES: Mapping[str, float] = {"past": 0.25, "personal": 0.4, "public": 0.35}
"""Of the places; what was measured before comes first, and what is personal can be given to those whom it pays for."""
FULL_DEPTH = 0.2
"""Depths so far apart count as wholly different."""


class Proposed(NamedTuple):
    """A candidate with what is needed to compare it."""

    candidate: Candidate
    promise: float
    """How much speaks for it, 0 to 1."""
    goods: Bools
    """On which goods of the catalogue it is, shape (n_goods,)."""
    people: Bools
    """Who may be given it, or meets it, shape (n_customers,)."""


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Candidates that were kept, in the order in which they were chosen."""

    candidates: tuple[Candidate, ...]
    distance: Floats
    """Between them, shape (n, n)."""

    @property
    def mean(self) -> float:
        """Mean distance of two of them; nan for fewer than two."""
        n = len(self.candidates)
        return float(self.distance[np.triu_indices(n, 1)].mean()) if n > 1 else float("nan")

    @property
    def least(self) -> float:
        """Smallest distance of two of them; nan for fewer than two."""
        n = len(self.candidates)
        return float(self.distance[np.triu_indices(n, 1)].min()) if n > 1 else float("nan")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a choice keeps to."""

    most: int = 30
    per_mechanism: int = 3
    """Of one mechanism at most; what repeats the past counts apart, up to its share."""
    least_distance: float = 0.12
    goals: tuple[Goal, ...] = ()
    """Each has at least one candidate, if there is one that differs from the others."""

    def places(self, group: str) -> int:
        """Places that are meant for what repeats the past, for what is personal, for what is public.

        A group that cannot fill its places leaves them to the others.
        """
        return ceil(self.most * SHARES[group])


def distances(proposed: Sequence[Proposed], revenue: Ints) -> Floats:
    """Distance of every two candidates, from 0 to 1, shape (n, n).

    Args:
        proposed: candidates.
        revenue: of each of the goods, shape (n_goods,).
    """
    n = len(proposed)
    if not n:
        return np.zeros((0, 0))
    candidates = [one.candidate for one in proposed]
    cut = np.array([one.numbers.get("cut", 0.0) for one in candidates])
    kinds = [one.kind for one in candidates]
    families = [FAMILY.get(kind, kind) for kind in kinds]
    scopes = [str(one.scope) for one in candidates]
    total = WEIGHTS["mechanism"] * (0.5 * _unlike(kinds) + 0.5 * _unlike(families))
    total += WEIGHTS["scope"] * _unlike(scopes)
    total += WEIGHTS["depth"] * np.minimum(np.abs(cut[:, None] - cut) / FULL_DEPTH, 1)
    total += WEIGHTS["goods"] * _apart([one.goods for one in proposed], np.maximum(revenue, 1))
    total += WEIGHTS["people"] * _apart([one.people for one in proposed])
    total += WEIGHTS["window"] * np.array([[_days_apart(a.window, b.window) for b in candidates] for a in candidates])
    np.fill_diagonal(total, 0.0)
    return np.round(total, 9)


def chosen(proposed: Sequence[Proposed], revenue: Ints, rules: Rules) -> Chosen:
    """Keep the candidates that differ most; the same ones whatever the order they come in.

    First one for each goal asked for, then whatever is farthest, within the places of each group. No two nearer than
    `least_distance` are kept, nor more of a mechanism than `per_mechanism`.
    """
    order = sorted(range(len(proposed)), key=lambda i: proposed[i].candidate.offer.offer_id)
    proposed = [proposed[i] for i in order]
    apart = distances(proposed, revenue)
    groups = [_group(one.candidate) for one in proposed]
    kept: list[int] = []
    for goal in dict.fromkeys(rules.goals):
        if len(kept) < rules.most and goal not in {proposed[k].candidate.goal for k in kept}:
            of_goal = [i for i in _open(kept, proposed, apart, rules) if proposed[i].candidate.goal is goal]
            kept += [_best(of_goal, kept, proposed, apart)] if of_goal else []
    while len(kept) < rules.most and (open_ := _open(kept, proposed, apart, rules)):
        held = [groups[k] for k in kept]
        short = [i for i in open_ if held.count(groups[i]) < rules.places(groups[i])]
        kept.append(_best(short or open_, kept, proposed, apart))
    return Chosen(tuple(proposed[i].candidate for i in kept), apart[np.ix_(kept, kept)])


def _best(open_: list[int], kept: list[int], proposed: Sequence[Proposed], apart: Floats) -> int:
    """The candidate that is farthest from what is kept, times what speaks for it; of equal ones the first."""
    promise = np.array([proposed[i].promise for i in open_])
    here = apart[np.ix_(open_, kept)]
    far = (here.min(axis=1) + here.mean(axis=1)) / 2 if kept else np.ones(len(open_))
    return open_[int(np.argmax(np.round(far * (0.7 + 0.3 * promise), 9)))]


def _open(kept: list[int], proposed: Sequence[Proposed], apart: Floats, rules: Rules) -> list[int]:
    return [i for i in range(len(proposed)) if i not in kept and _allowed(i, kept, proposed, apart, rules)]


def _allowed(i: int, kept: list[int], proposed: Sequence[Proposed], apart: Floats, rules: Rules) -> bool:
    if kept and apart[i, kept].min() < rules.least_distance:
        return False
    one = proposed[i].candidate
    if one.past is not None:
        return sum(proposed[k].candidate.past is not None for k in kept) < rules.places("past")
    same = [k for k in kept if proposed[k].candidate.past is None and proposed[k].candidate.kind == one.kind]
    return len(same) < rules.per_mechanism


def _group(one: Candidate) -> str:
    return "past" if one.past is not None else "personal" if one.scope is Scope.PERSONAL else "public"


def _unlike(texts: Sequence[str]) -> Floats:
    found = np.array(texts, dtype=object)
    return (found[:, None] != found).astype(np.float64)


def _apart(masks: Sequence[Bools], weight: Ints | None = None) -> Floats:
    """1 - weighted overlap of every two masks; two empty ones are alike. Sums of whole numbers, so exact."""
    place: dict[bytes, int] = {}
    which = [place.setdefault(mask.tobytes(), len(place)) for mask in masks]
    rows = [masks[which.index(k)] for k in range(len(place))]

    def size(mask: Bools) -> int:
        return int(np.count_nonzero(mask)) if weight is None else int(weight[mask].sum())

    own = [size(row) for row in rows]
    apart = np.zeros((len(rows), len(rows)))
    for i, row in enumerate(rows):  # over pairs of different masks, of which there are few
        for k in range(i):
            both = size(row & rows[k])
            either = own[i] + own[k] - both
            apart[i, k] = apart[k, i] = 1 - both / either if either else 0.0
    return apart[np.ix_(which, which)]


def _days_apart(one: Window, other: Window) -> float:
    none = timedelta(0)
    shared = max(none, min(one.end, other.end) - max(one.start, other.start))
    joint = (one.end - one.start) + (other.end - other.start) - shared
    return 1 - shared / joint
