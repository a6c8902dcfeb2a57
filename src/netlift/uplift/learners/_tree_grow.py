"""An uplift tree, grown level by level: histograms of all nodes of a level at once, by `bincount`.

Half of the units find the splits, the other half only has to leave enough units of each arm on both sides; its
outcomes are not read here, so the effects that it gives the leaves are honest.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.uplift.checks import Floats, Ints
from netlift.uplift.learners._tree_bins import BINS, Bins, Codes
from netlift.uplift.learners._tree_scores import SCORES, Criterion, Parts

Bools = NDArray[np.bool_]
WIDTH = BINS + 1

LEAST_GAIN = 1e-9
"""Gain per unit below which a split is only rounding."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a tree may grow."""

    depth: int
    least: int
    """Units of each arm in each half of each leaf, at least."""
    alpha: float
    """Chance of splitting a node whose parts do not differ, over all splits tried (Bonferroni); 1: do not ask."""
    share: float
    """Of the covariates that a node may use, drawn anew for each node."""
    criterion: Criterion


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """What a tree is grown on."""

    codes: Codes
    """Shape (p, n)."""
    arm: Ints
    arms: int
    outcome: Floats
    """0 and 1, or in standard deviations, shape (n,)."""
    weight: Floats
    """Inverse propensities, shape (n,)."""
    honest: Bools
    """Which units estimate leaves; the others find splits."""


class Shape(NamedTuple):
    """A grown tree: one entry per node, the root first; a leaf has the column -1."""

    column: Ints
    threshold: Floats
    """Left if `x < threshold` or x is unknown."""
    left: Ints
    right: Ints

    def leaf(self, X: NDArray[np.floating]) -> Ints:
        """The leaf of each unit, shape (n,)."""
        node, rows = np.zeros(len(X), dtype=np.int64), np.arange(len(X))
        while (inner := self.column[node] >= 0).any():
            at = node[inner]
            value = X[rows[inner], self.column[at]]
            node[inner] = np.where(np.isnan(value) | (value < self.threshold[at]), self.left[at], self.right[at])
        return node


class _Best(NamedTuple):
    """The best split of each node in question; shape (nodes,) each."""

    gain: Floats
    column: Ints
    code: Ints
    z2: Floats
    """Largest squared difference of effects of both sides in standard errors, over the offers."""
    tried: Ints
    """Splits that were possible, over all covariates."""


def grow(units: Units, bins: Bins, limits: Limits, rng: np.random.Generator) -> Shape:
    """Grow a tree until nothing is gained, nothing is shown, or a limit is reached."""
    column, threshold, left, right = [-1], [np.nan], [-1], [-1]
    node = np.zeros(len(units.arm), dtype=np.int64)
    active = np.array([0])
    for _ in range(limits.depth):
        best = _best(units, _places(node, active, len(column)), len(active), limits, rng)
        split = np.flatnonzero((best.gain > LEAST_GAIN * len(node)) & _shown(best, limits.alpha, units.arms - 1))
        if not len(split):
            break
        fresh = []
        for one in split:
            parent, at, code = int(active[one]), int(best.column[one]), int(best.code[one])
            column[parent], threshold[parent] = at, bins.threshold(at, code)
            left[parent], right[parent] = len(column), len(column) + 1
            inside = np.flatnonzero(node == parent)
            node[inside] = np.where(units.codes[at, inside] <= code, left[parent], right[parent])
            fresh += [left[parent], right[parent]]
            for record, value in ((column, -1), (left, -1), (right, -1)):
                record += [value, value]
            threshold += [np.nan, np.nan]
        active = np.array(fresh)
    return Shape(np.array(column), np.array(threshold), np.array(left), np.array(right))


def _places(node: Ints, active: Ints, nodes: int) -> Ints:
    """Where the node of each unit stands among the active ones, -1 if it does not."""
    place = np.full(nodes, -1)
    place[active] = np.arange(len(active))
    return place[node]


def _best(units: Units, place: Ints, nodes: int, limits: Limits, rng: np.random.Generator) -> _Best:
    inside = place >= 0
    finding, honest = np.flatnonzero(inside & ~units.honest), np.flatnonzero(inside & units.honest)
    stem, other = (_stem(units, place, rows) for rows in (finding, honest))
    w, y = units.weight[finding], units.outcome[finding]
    allowed = _drawn(nodes, len(units.codes), limits.share, rng)
    gain, column, code = np.zeros(nodes), np.full(nodes, -1), np.zeros(nodes, dtype=np.int64)
    z2, tried = np.zeros(nodes), np.zeros(nodes, dtype=np.int64)
    for at in range(len(units.codes)):
        keys, honest_keys = stem + units.codes[at, finding], other + units.codes[at, honest]
        sums = [_left(keys, weight, nodes, units.arms) for weight in (None, w, w * y, w * y * y)]
        enough = _left(honest_keys, None, nodes, units.arms)
        gains, apart = _gains(sums, enough, limits)
        gains[~allowed[:, at]] = -np.inf
        tried += np.isfinite(gains).sum(axis=1)
        cut = gains.argmax(axis=1)
        better = gains[np.arange(nodes), cut] > gain
        gain[better], column[better], code[better] = gains[better, cut[better]], at, cut[better]
        z2[better] = apart[better, cut[better]]
    return _Best(gain, column, code, z2, tried)


def _stem(units: Units, place: Ints, rows: NDArray[np.intp]) -> Ints:
    """The part of a histogram's key that does not depend on the covariate."""
    return (place[rows] * units.arms + units.arm[rows]) * WIDTH


def _left(keys: Ints, weight: Floats | None, nodes: int, arms: int) -> Floats:
    """Sums over the units up to each code, shape (nodes, codes, arms); the last code has them all."""
    sums = np.bincount(keys, weight, minlength=nodes * arms * WIDTH).reshape(nodes, arms, WIDTH)
    return np.cumsum(sums, axis=2, dtype=np.float64).transpose(0, 2, 1)


def _gains(sums: list[Floats], honest: Floats, limits: Limits) -> tuple[Floats, Floats]:
    """Gain of a split after each code but the last, minus infinity where it may not be; and its z2."""
    score = SCORES[limits.criterion]
    whole = Parts.of(*(part[:, -1:] for part in sums))
    low = Parts.of(*(part[:, :-1] for part in sums))
    high = Parts.of(*(part[:, -1:] - part[:, :-1] for part in sums))
    units = (low.n, high.n, honest[:, :-1], honest[:, -1:] - honest[:, :-1])
    possible = np.minimum.reduce([part.min(axis=2) for part in units]) >= limits.least
    gain = np.where(possible, score(low) + score(high) - score(whole), -np.inf)
    noise = np.maximum(low.noise + high.noise, 1e-12)
    return gain, np.asarray(((low.effect - high.effect) ** 2 / noise).max(axis=2))


def _shown(best: _Best, alpha: float, offers: int) -> Bools:
    """Whether the parts differ by more than the best of so many splits of equal parts would, with chance `alpha`."""
    if alpha >= 1:
        return np.ones(len(best.gain), dtype=np.bool_)
    from scipy.special import ndtri

    single = alpha / (np.maximum(best.tried, 1) * offers)
    return np.asarray(best.z2 > ndtri(1 - single / 2) ** 2)


def _drawn(nodes: int, columns: int, share: float, rng: np.random.Generator) -> Bools:
    """Which covariates each node may use, at least one."""
    if share >= 1:
        return np.ones((nodes, columns), dtype=np.bool_)
    wanted = max(1, round(share * columns))
    rank = rng.random((nodes, columns)).argsort(axis=1).argsort(axis=1)
    return np.asarray(rank < wanted)
