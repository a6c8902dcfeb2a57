"""The tree of highest mean score: which few questions about a customer choose the arm best.

Among trees with up to two questions on each path the best one is found exactly: over all pairs of features and cuts,
from sums of scores in a table of the two features' bins (policy learning on doubly robust scores: Athey & Wager 2021,
doi:10.3982/ECTA15732; exact search: Zhou, Athey & Wager 2023, doi:10.1287/opre.2022.2271). A pair of questions that
helps only together is therefore found, as no search of one question at a time could. Deeper trees take the first
question of the best tree of two and go on below it, which need not be the best of all.

With n customers, p features, A arms and 16 bins this takes some p^2 A n steps for each level.
"""

from typing import NamedTuple

import numpy as np

from netlift.profiles.segments.inputs import Floats, Ints
from netlift.profiles.strategies import tree
from netlift.profiles.strategies.cuts import codes_of, cuts_of
from netlift.profiles.strategies.tree import Leaf, Node, Split

GAIN = 1e-9
"""Rise of the score, relative to its size, below which a question is not asked: rounding errors are no gain."""


class Binned(NamedTuple):
    """Customers by the cuts that each of their features reaches."""

    codes: Ints
    """Shape (n, p)."""
    cuts: tuple[Floats, ...]
    """Of each feature."""
    sums: Floats
    """Scores by arm, and 1 in the last column, which counts customers; shape (n, arms + 1)."""

    def some(self, which: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> "Binned":
        """Part of the customers."""
        return Binned(self.codes[which], self.cuts, self.sums[which])


class _Found(NamedTuple):
    value: float
    """Sum of scores under the best arms."""
    feature: int
    cut: int
    """Place among the feature's cuts."""


def binned(X: Floats, scores: Floats) -> Binned:
    """Customers ready for the search.

    Args:
        X: features, shape (n, p).
        scores: of each arm, shape (n, arms).
    """
    cuts = tuple(cuts_of(column) for column in X.T)
    codes = np.column_stack([codes_of(column, at) for column, at in zip(X.T, cuts, strict=True)])
    return Binned(codes, cuts, np.column_stack([scores, np.ones(len(scores))]))


def grow(data: Binned, *, depth: int, least: int) -> Node:
    """The tree of highest mean score; its leaves answer with the best arm, the first of equals.

    Args:
        data: customers and scores.
        depth: questions on a path, at most.
        least: customers in a leaf, at least.
    """
    return tree.pruned(_grow(data, depth, least))


def _grow(data: Binned, depth: int, least: int) -> Node:
    totals = data.sums.sum(axis=0)
    leaf = Leaf(int(totals[:-1].argmax()))
    if depth == 0 or totals[-1] < 2 * least:
        return leaf
    found = _stump(data, least) if depth == 1 else _pair(data, least)
    scale = float(np.abs(data.sums[:, :-1]).max()) * float(totals[-1])
    if found is None or found.value <= totals[:-1].max() + GAIN * scale:
        return leaf
    above = data.codes[:, found.feature] > found.cut
    cut = float(data.cuts[found.feature][found.cut])
    below_it, above_it = _grow(data.some(~above), depth - 1, least), _grow(data.some(above), depth - 1, least)
    return Split(found.feature, cut, below_it, above_it)


def _stump(data: Binned, least: int) -> _Found | None:
    """The best single question."""
    best: _Found | None = None
    for j, cuts in enumerate(data.cuts):
        if len(cuts):
            below = np.cumsum(_table(data, data.codes[:, j], len(cuts) + 1), axis=0)
            values = _parted(below[:-1], below[-1:], least)
            best = _better(best, values, j)
    return best


def _pair(data: Binned, least: int) -> _Found | None:
    """The first question of the best tree with up to two on a path."""
    p = len(data.cuts)
    sides: dict[int, Floats] = {}
    for j in range(p):  # p^2 small tables; the work over customers is inside numpy
        for k in range(j, p):
            sizes = len(data.cuts[j]) + 1, len(data.cuts[k]) + 1
            joint = _table(data, data.codes[:, j] * sizes[1] + data.codes[:, k], sizes[0] * sizes[1])
            joint = joint.reshape(*sizes, -1)
            _improve(sides, j, _below_and_above(joint, least))
            if j != k:
                _improve(sides, k, _below_and_above(joint.transpose(1, 0, 2), least))
    best: _Found | None = None
    for j, values in sorted(sides.items()):
        best = _better(best, values.sum(axis=0), j) if values.size else best
    return best


def _table(data: Binned, codes: Ints, size: int) -> Floats:
    """Sums of scores and counts by code, shape (size, arms + 1)."""
    return np.column_stack([np.bincount(codes, column, size) for column in data.sums.T])


def _below_and_above(joint: Floats, least: int) -> Floats:
    """For each cut of the first feature, the best score of each side if asked about the second, shape (2, cuts)."""
    below = np.cumsum(joint, axis=0)
    return np.stack([_second(side, least) for side in (below[:-1], below[-1:] - below[:-1])])


def _second(side: Floats, least: int) -> Floats:
    """The best score of each side with one more question, or with none; -inf where it has too few customers."""
    left = np.cumsum(side, axis=1)
    asked = _parted(left[:, :-1], left[:, -1:], least).max(axis=1, initial=-np.inf)
    whole = left[:, -1]
    return np.where(whole[:, -1] >= least, np.maximum(asked, whole[:, :-1].max(axis=1)), -np.inf)


def _parted(below: Floats, whole: Floats, least: int) -> Floats:
    """Sum of the best scores of both sides of each cut; -inf where a side has too few customers."""
    above = whole - below
    enough = np.minimum(below[..., -1], above[..., -1]) >= least
    return np.where(enough, below[..., :-1].max(axis=-1) + above[..., :-1].max(axis=-1), -np.inf)


def _improve(sides: dict[int, Floats], feature: int, values: Floats) -> None:
    """Either side may be asked about another second feature, so each keeps its own best."""
    sides[feature] = np.maximum(sides[feature], values) if feature in sides else values


def _better(best: _Found | None, values: Floats, feature: int) -> _Found | None:
    """The better of two, the first where they are equal."""
    cut = int(values.argmax())
    if not np.isfinite(values[cut]) or (best is not None and values[cut] <= best.value):
        return best
    return _Found(float(values[cut]), feature, cut)
