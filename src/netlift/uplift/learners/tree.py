"""Uplift trees: customers cut into groups that differ in effect; one tree to read, a forest of them to predict.

Half of the units find the splits, the other half estimates the effects of the leaves, which are therefore honest
(Athey & Imbens 2016, doi:10.1073/pnas.1510489113): the difference of weighted means of a leaf,

    tau_k = m_k - m_0,   m_k = sum w y / sum w over the leaf's units of arm k,   w = 1 / propensity of their arm

with the squared error `sum w^2 (y - m_k)^2 / (sum w)^2 n / (n - 1)` of each mean. Splits maximise one of four criteria
(`_tree_scores`). All covariates are cut at up to 64 quantiles first, and the unknown always go to the left.

A forest averages trees on halves of the units drawn without replacement, each node of which may use some of the
covariates only (Breiman 2001, doi:10.1023/A:1010933404324; Wager & Athey 2018, doi:10.1080/01621459.2017.1319839).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import ConfigError, EstimationError
from netlift.uplift.checks import Floats, Ints
from netlift.uplift.estimate import Estimate, normal
from netlift.uplift.learners._chances import chances
from netlift.uplift.learners._tree_bins import Bins
from netlift.uplift.learners._tree_grow import Bools, Limits, Shape, Units, grow
from netlift.uplift.learners._tree_scores import SCORES, Criterion
from netlift.uplift.learners._tree_words import Language, Rule, rules
from netlift.uplift.learners.base import Fitted, Learner, Trial
from netlift.uplift.learners.rotation import SHALLOW, folds_of
from netlift.uplift.nuisance import Maker, Matrix


class Leaves(NamedTuple):
    """What the honest units say of each node; shape (nodes, arms) each, nothing of nodes that are no leaves."""

    n: Ints
    mean: Floats
    variance: Floats
    """Squared standard error of the mean; nan where there are fewer than two units."""


@dataclass(frozen=True)
class Tree(Learner):
    """One honest tree that can be read; it splits only where parts are shown to differ, so often it does not.

    >>> rng = np.random.default_rng(0)
    >>> X, arm = rng.integers(0, 60, (8000, 1)), rng.integers(0, 2, 8000)
    >>> bought = rng.random(8000) < 0.2 + 0.3 * arm * (X[:, 0] < 30)
    >>> for rule in Tree().fit(X, arm, bought, propensity=[0.5, 0.5]).rules(["recency_days"]):
    ...     print(rule.text)
    recency_days < 30: +0.312 ± 0.039 (95 % interval, n = 2,026)
    recency_days >= 30: +0.013 ± 0.035 (95 % interval, n = 1,974)
    """

    depth: int = 3
    least: int = 50
    """Units of each arm in each half of a leaf, at least."""
    alpha: float = 0.05
    """Chance that a node splits whose parts do not differ (Bonferroni over all splits tried); 1: do not ask."""
    criterion: Criterion = "effect"
    propensity_base: Maker = SHALLOW
    kind: ClassVar[str] = "tree"

    def learn(self, trial: Trial, seed: int) -> "OneTree":
        """As in `Learner`."""
        limits = _limits(trial, Limits(self.depth, self.least, self.alpha, 1.0, self.criterion))
        weight, bins = _weights(trial, self.propensity_base, seed), Bins.of(trial.covariates)
        part, rng = folds_of(trial.arm, 2, seed), np.random.default_rng(seed)
        shape, leaves = _grown(trial, bins, weight, part, limits, rng)
        return OneTree(trial.columns, shape, leaves, np.asarray(np.isnan(trial.covariates).any(axis=0)))

    def fit(
        self, X: ArrayLike, arm: ArrayLike, outcome: ArrayLike, *, propensity: ArrayLike | None = None, seed: int = 0
    ) -> "OneTree":
        """As in `Learner`."""
        return self.learn(Trial.of(X, arm, outcome, propensity), seed)


@dataclass(frozen=True)
class Forest(Learner):
    """Many honest trees on halves of the units, averaged.

    >>> rng = np.random.default_rng(0)
    >>> X, arm = rng.integers(0, 60, (4000, 1)), rng.integers(0, 2, 4000)
    >>> found = Forest(trees=5).fit(X, arm, arm * (X[:, 0] < 30), propensity=[0.5, 0.5])
    >>> found.effects([[10], [80]]).round(3).tolist()
    [[1.0], [0.0]]
    """

    trees: int = 50
    depth: int = 5
    least: int = 25
    """Units of each arm in each half of a leaf, at least."""
    share: float = 0.5
    """Of the covariates that a node may use."""
    criterion: Criterion = "effect"
    propensity_base: Maker = SHALLOW
    kind: ClassVar[str] = "forest"

    def learn(self, trial: Trial, seed: int) -> Fitted:
        """As in `Learner`."""
        if self.trees < 1:
            raise ConfigError(f"a forest needs at least one tree, got {self.trees}")
        limits = _limits(trial, Limits(self.depth, self.least, 1.0, self.share, self.criterion))
        weight, bins = _weights(trial, self.propensity_base, seed), Bins.of(trial.covariates)
        grown = []
        for number in range(self.trees):
            rng = np.random.default_rng([seed, number])
            part = folds_of(trial.arm, 4, int(rng.integers(2**31)))
            grown.append(_grown(trial, bins, weight, part, limits, rng))
        return _Trees(trial.columns, trial.arms, grown)


class OneTree(Fitted):
    """A tree that has been grown."""

    def __init__(self, columns: int, shape: Shape, leaves: Leaves, lacking: Bools) -> None:
        super().__init__(columns, leaves.mean.shape[1])
        self.shape = shape
        self.leaves = leaves
        self.lacking = lacking

    def rules(
        self,
        names: Sequence[str] | None = None,
        *,
        offers: Sequence[str] | None = None,
        language: Language = "en",
        level: float = 0.95,
    ) -> list[Rule]:
        """The leaves in words, those of the largest effect of the first offer first.

        Args:
            names: of the covariates; None: x0, x1, ...
            offers: names of the offers; None: offer 1, offer 2, ...
            language: `en` or `zh-CN`.
            level: confidence level of each interval, taken alone.

        Raises:
            EstimationError: another number of names, or names that are not distinct.
        """
        called = [f"x{i}" for i in range(self.columns)] if names is None else list(names)
        given = [f"offer {k}" for k in range(1, self.arms)] if offers is None else list(offers)
        if len(called) != self.columns or len(set(called)) != len(called) or len(given) != self.arms - 1:
            raise EstimationError(
                f"the tree has {self.columns} covariates and {self.arms - 1} offers: give each a name of its own"
            )
        effects = [self._estimates(node, level) for node in range(len(self.shape.column))]
        return rules(self.shape, effects, called, given, self.lacking, language)

    def _estimates(self, node: int, level: float) -> list[Estimate]:
        n, mean, variance = (part[node] for part in self.leaves)
        errors = np.sqrt(variance[1:] + variance[0])
        return [
            normal(float(mean[k] - mean[0]), float(errors[k - 1]), int(n.sum()), level=level, method="honest leaf")
            for k in range(1, self.arms)
        ]

    def _outcomes(self, X: Matrix) -> Floats:
        return self.leaves.mean[self.shape.leaf(X)]

    def _effects(self, X: Matrix) -> Floats:
        found = self._outcomes(X)
        return found[:, 1:] - found[:, :1]


class _Trees(Fitted):
    """A forest that has been grown."""

    def __init__(self, columns: int, arms: int, trees: Sequence[tuple[Shape, Leaves]]) -> None:
        super().__init__(columns, arms)
        self.trees = trees

    def _outcomes(self, X: Matrix) -> Floats:
        total = np.zeros((len(X), self.arms))
        for shape, leaves in self.trees:
            total += leaves.mean[shape.leaf(X)]
        return total / len(self.trees)

    def _effects(self, X: Matrix) -> Floats:
        found = self._outcomes(X)
        return found[:, 1:] - found[:, :1]


def _limits(trial: Trial, limits: Limits) -> Limits:
    """The limits, if they can be kept on these data."""
    if limits.depth < 0 or limits.least < 2 or not (0 < limits.alpha <= 1 and 0 < limits.share <= 1):
        raise ConfigError(
            f"a tree needs depth >= 0, least >= 2, and alpha and share above 0 and up to 1; got {limits.depth}, "
            f"{limits.least}, {limits.alpha} and {limits.share}"
        )
    if limits.criterion not in SCORES:
        raise ConfigError(f"unknown criterion {limits.criterion!r}: use one of {', '.join(SCORES)}")
    if limits.criterion != "effect" and not np.isin(trial.outcome, (0.0, 1.0)).all():
        raise EstimationError(f"criterion {limits.criterion!r} is for outcomes of 0 and 1: use 'effect'")
    return limits


def _weights(trial: Trial, base: Maker, seed: int) -> Floats:
    """Inverse propensity of the arm that each unit got, shape (n,)."""
    weight: Floats = 1 / chances(trial, base, seed)[np.arange(len(trial)), trial.arm]
    return weight


def _grown(
    trial: Trial, bins: Bins, weight: Floats, part: Ints, limits: Limits, rng: np.random.Generator
) -> tuple[Shape, Leaves]:  # fmt: skip
    """A tree whose splits are found on part 0 and whose leaves are estimated on part 1; other parts are left out."""
    used, X = np.flatnonzero(part < 2), trial.covariates
    inside = X if len(used) == len(X) else X[used]
    arm, y, w, honest = trial.arm[used], trial.outcome[used], weight[used], part[used] == 1
    target = _standard(y, ~honest) if limits.criterion == "effect" else y
    shape = grow(Units(bins.codes(inside), arm, trial.arms, target, w, honest), bins, limits, rng)
    leaf = shape.leaf(inside[honest])
    return shape, _leaves(leaf, arm[honest], y[honest], w[honest], (len(shape.column), trial.arms))


def _standard(y: Floats, finding: Bools) -> Floats:
    """Outcomes in standard deviations from their mean: far from 0 their squares would lose digits."""
    spread = float(y[finding].std())
    return np.asarray((y - y[finding].mean()) / (spread if spread > 0 else 1.0))


def _leaves(leaf: Ints, arm: Ints, y: Floats, w: Floats, size: tuple[int, int]) -> Leaves:
    place, cells = leaf * size[1] + arm, size[0] * size[1]
    n = np.bincount(place, minlength=cells)
    weight = np.bincount(place, w, minlength=cells)
    mean = np.bincount(place, w * y, minlength=cells) / np.where(weight > 0, weight, 1.0)
    apart = np.bincount(place, (w * (y - mean[place])) ** 2, minlength=cells)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(n > 1, apart / weight**2 * n / (n - 1), np.nan)
    return Leaves(n.reshape(size), mean.reshape(size), variance.reshape(size))
