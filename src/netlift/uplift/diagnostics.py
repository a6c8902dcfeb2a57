"""Can these data answer at all? Treated share along the ranking, overlap, balance and leaks."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import EstimationError
from netlift.uplift import checks
from netlift.uplift.checks import Floats
from netlift.uplift.estimate import Estimate, critical, normal

Bools = NDArray[np.bool_]

IMBALANCE = 0.1
"""Standardised difference above which arms are called unlike (Austin 2009, doi:10.1002/sim.3697)."""

LEAK = 0.05
"""In an experiment even this much, if chance does not explain it, points to a feature measured after treatment."""

LEAK_ALARM = 0.001
"""Chance of calling a leak in an experiment without one, over all features and offers together."""


def treated_share_gap(
    treatment: ArrayLike,
    score: ArrayLike,
    share: float = 0.3,
    *,
    propensity: ArrayLike | None = None,
    level: float = 0.95,
) -> Estimate:
    """Share treated among the units of highest score, less what it should be.

    A score made without the outcomes and the assignment of these units has a gap of 0 but for chance. A gap means
    that the score knows who was treated, or that the propensity is wrong among those whom it selects; weighting by
    the given propensity is then biased just where it matters. Ties at the limit count by fraction.

    Args:
        treatment: 1 treated, 0 control, shape (n,).
        score: higher is reached first, shape (n,).
        share: of the units, above 0 and up to 1.
        propensity: probability of treatment, shape (n,); None: the share treated of all units.
        level: confidence level.

    Returns:
        The gap, a difference of shares; the error is that of drawing the treatment anew (of drawing the units
        without replacement where `propensity` is None).

    Raises:
        EstimationError: input that cannot be used, or a propensity of 0 or 1.

    >>> treated_share_gap([1, 1, 0, 0] * 10, [4, 3, 2, 1] * 10, 0.25).estimate
    0.5
    """
    ranked = checks.column(score, "score")
    n = len(ranked)
    treated = checks.binary(treatment, rows=n).astype(np.float64)
    weight = _top(ranked, checks.share(share))
    m = weight.sum()
    if propensity is None:
        overall = treated.mean()
        found = float(weight @ treated / m - overall)
        variance = overall * (1 - overall) * max((weight @ weight) / m**2 - 1 / n, 0.0) * n / (n - 1)
    else:
        given = checks.column(propensity, "propensity", rows=n)
        e = checks.propensities(np.column_stack([1 - given, given]), rows=n, columns=2)[:, 1]
        found = float(weight @ (treated - e) / m)
        variance = float(weight**2 @ (e * (1 - e))) / m**2
    return normal(found, math.sqrt(variance), n, level=level, method=f"treated share of the top {share:g}")


def _top(score: Floats, share: float) -> Floats:
    """Weight of each unit in the top share: 1, or the fraction of its tie that fits, or 0."""
    _, member, sizes = np.unique(-score, return_inverse=True, return_counts=True)
    before = np.cumsum(sizes) - sizes
    weight: Floats = np.clip((share * len(score) - before) / sizes, 0.0, 1.0)[member]
    return weight


class ArmOverlap(NamedTuple):
    """How well the units of one arm can stand for everybody."""

    arm: int
    n: int
    """Units that were in the arm."""
    least: float
    """Least propensity of the arm, over all units."""
    most: float
    """Greatest propensity of the arm, over all units."""
    below_floor: float
    """Share of all units whose propensity of the arm is below the floor."""
    max_weight: float
    """Greatest inverse propensity among the units of the arm."""
    effective: float
    """Effective sample size of the arm's units weighted by inverse propensity, at most n."""


def overlap(arm: ArrayLike, propensity: ArrayLike, *, floor: float = 0.01) -> list[ArmOverlap]:
    """Propensities, weights and effective sample size, one record per arm.

    Args:
        arm: the arm that each unit was in, 0 .. arms - 1, shape (n,).
        propensity: probability of each arm, shape (n, arms).
        floor: propensity below which a unit hardly ever had the arm.

    Raises:
        EstimationError: an arm without units, or a propensity of 0 or 1.

    >>> overlap([0, 1] * 10, np.full((20, 2), 0.5))[1].effective
    10.0
    """
    rows = np.asarray(arm).shape[0] if np.ndim(arm) else 0
    columns = np.asarray(propensity).shape[-1] if np.ndim(propensity) else 0
    given = checks.arms(arm, columns, rows=rows)
    e = checks.propensities(propensity, rows=rows, columns=columns)
    found = []
    for k in range(columns):
        weights, all_units = 1 / e[given == k, k], e[:, k]
        low, high, rare = float(all_units.min()), float(all_units.max()), float((all_units < floor).mean())
        found.append(ArmOverlap(k, len(weights), low, high, rare, float(weights.max()), effective_size(weights)))
    return found


def effective_size(weights: ArrayLike) -> float:
    """Kish's effective sample size `(sum w)^2 / sum w^2`: how many unweighted units would be as precise.

    >>> effective_size([1, 1, 1, 1]), effective_size([4, 0, 0, 0])
    (4.0, 1.0)
    """
    w = checks.column(weights, "weights")
    squares = float(w @ w)
    return float(w.sum()) ** 2 / squares if squares > 0 else 0.0


class Balance(NamedTuple):
    """How unlike an offer's units and control are in one covariate."""

    name: str
    arm: int
    """The offer that is compared with control (arm 0)."""
    difference: float
    """Standardised difference of means, in standard deviations; infinite where constants differ."""
    z: float
    """The same in standard errors of an experiment with equal propensities."""
    unlike: bool
    """|difference| is above 0.1."""
    leak: bool
    """In an experiment: larger than chance explains and above 0.05, so probably measured after treatment."""


def balance(
    X: ArrayLike, arm: ArrayLike, names: Sequence[str] | None = None, *, weights: ArrayLike | None = None
) -> list[Balance]:
    """Standardised differences of every covariate between each offer and control.

    `d = (m1 - m0) / sqrt((v1 + v0) / 2)`, with the unweighted variances below, so that weighting cannot hide a
    difference. In an experiment (no weights) a covariate is called a leak if |d| is above 0.05 and its z-value beyond
    the limit that one unleaked experiment in 1,000 would pass anywhere (Bonferroni).

    Args:
        X: covariates, shape (n, p).
        arm: 0 is control, shape (n,).
        names: of the covariates; None: `x0`, `x1`, ...
        weights: of the units, such as inverse propensities; with weights nothing is called a leak.

    Raises:
        EstimationError: input that cannot be used, or an arm with fewer than 10 units.

    >>> balance([0.0, 1.0, 2.0, 3.0] * 10, [0, 0, 1, 1] * 10, ["visits after"])[0].leak
    True
    """
    rows = np.asarray(arm).shape[0] if np.ndim(arm) else 0
    covariates = checks.matrix(X, "X", rows=rows)
    count = int(checks.column(arm, "treatment", rows=rows).max(initial=0)) + 1
    given = checks.arms(arm, max(count, 2), rows=rows)
    called = [f"x{i}" for i in range(covariates.shape[1])] if names is None else list(names)
    if len(called) != covariates.shape[1]:
        raise EstimationError(f"{covariates.shape[1]} covariates need as many names, got {len(called)}")
    w = np.ones(rows) if weights is None else checks.column(weights, "weights", rows=rows)
    if w.min(initial=0) < 0 or min(w[given == k].sum() for k in range(count)) <= 0:
        raise EstimationError("weights must not be negative, and each arm needs some weight")
    limit = critical(1 - LEAK_ALARM / (len(called) * (count - 1))) if weights is None else math.inf
    return [
        Balance(name, k, d, z, abs(d) > IMBALANCE, abs(d) > LEAK and abs(z) > limit)
        for k in range(1, count)
        for name, d, z in zip(called, *_differences(covariates, given == k, given == 0, w), strict=True)
    ]


def _differences(X: Floats, there: Bools, control: Bools, w: Floats) -> tuple[list[float], list[float]]:
    """Standardised differences of all covariates and their z-values."""
    means = [np.average(X[side], axis=0, weights=w[side]) for side in (there, control)]
    spread = np.sqrt((X[there].var(axis=0, ddof=1) + X[control].var(axis=0, ddof=1)) / 2)
    apart = means[0] - means[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        d = np.where(apart == 0, 0.0, apart / spread)
    return d.tolist(), (d / math.sqrt(1 / there.sum() + 1 / control.sum())).tolist()
