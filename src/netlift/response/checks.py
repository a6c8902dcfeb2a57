"""Questions put to a log before and after learning from it; failed ones lower the evidence grade."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from netlift.experiments.srm import ALARM, sample_ratio
from netlift.types import Check, Grade
from netlift.uplift.checks import Floats, Ints
from netlift.uplift.diagnostics import IMBALANCE, balance, effective_size
from netlift.uplift.estimate import critical

Bools = NDArray[np.bool_]

TRIM = 0.03
"""Customers who had an arm with less than this probability have nobody to be compared with, and are left out."""
LEAST_LEFT = 20
"""Customers of each arm that must be left to compare."""
MOST_TRIMMED = 0.1
"""Share of the customers left out above which the overlap fails."""
TOLD_APART = 0.98
"""Where the features tell the arms apart this well, one of them was probably measured after the offer."""
CHANCE = 0.01
"""Probability with which chance alone may make a balanced log fail, over all features together."""
PLACEBO_LIMIT = 2.58
"""A placebo this many standard errors from zero fails; by chance one in a hundred does."""
ADVICE = frozenset({"window_observed"})
"""Checks that inform and lower no grade."""


def graded(grade: Grade, checks: Sequence[Check]) -> Grade:
    """The grade, one step weaker if a check failed that bears on the comparison."""
    return grade.lowered() if failed(checks) else grade


def failed(checks: Sequence[Check]) -> bool:
    """Whether a check failed that bears on the comparison."""
    return any(check.passed is False and check.code not in ADVICE for check in checks)


def of_experiment(X: Floats, arm: Ints, propensity: Floats, names: Sequence[str]) -> tuple[Check, ...]:
    """Does the draw fit the arms, and were they alike before the start?

    Args:
        X: features known before the start, shape (n, p).
        arm: 0 is control, shape (n,).
        propensity: of every arm, shape (n, arms).
        names: of the features.
    """
    return (_sample_ratio(arm, propensity), _leak(X, arm, names))


def of_comparison(X: Floats, arm: Ints, propensity: Floats, kept: Bools, names: Sequence[str]) -> tuple[Check, ...]:
    """Is there somebody to compare everybody with, and do weights make the arms alike?

    Args:
        X: features known before the start, shape (n, p), of everybody.
        arm: 0 is control, shape (n,).
        propensity: estimated out of fold, of every arm, shape (n, arms).
        kept: whether a customer was compared, shape (n,).
        names: of the features.
    """
    return (
        _overlap(arm, propensity, kept),
        _balance(X[kept], arm[kept], propensity[kept], names),
        _told_apart(arm, propensity),
    )


def observed(days: int, asked: int) -> Check:
    """Whether window and wash-out lie within the data."""
    share = days / asked
    return Check("window_observed", share > 0.99, share, 0.99, {"days": float(days), "asked": float(asked)})


def placebo(code: str, estimate: float, se: float, n: int) -> Check:
    """A comparison where there was nothing to find."""
    z = abs(estimate) / se if se > 0 else 0.0
    return Check(code, z <= PLACEBO_LIMIT, z, PLACEBO_LIMIT, {"estimate": estimate, "se": se, "n": float(n)})


def not_run(code: str, limit: float = PLACEBO_LIMIT) -> Check:
    """A question that these data cannot be asked."""
    return Check(code, None, math.nan, limit)


def _sample_ratio(arm: Ints, propensity: Floats) -> Check:
    counts = np.bincount(arm, minlength=propensity.shape[1])
    names = [str(k) for k in range(len(counts))]
    expected = propensity.mean(axis=0)
    found = sample_ratio(
        dict(zip(names, counts.tolist(), strict=True)), dict(zip(names, expected.tolist(), strict=True))
    )
    told = {f"arm_{k}": float(count) for k, count in enumerate(counts)}
    return Check("sample_ratio", found.passed, found.p_value, ALARM, told)


def _leak(X: Floats, arm: Ints, names: Sequence[str]) -> Check:
    """Largest standardised difference of a feature; fails where chance does not explain it."""
    varied = np.ptp(X, axis=0) > 0
    if not varied.any():
        return not_run("balance", IMBALANCE)
    found = balance(X[:, varied], arm, [name for name, there in zip(names, varied, strict=True) if there])
    worst = max(found, key=lambda one: abs(one.difference))
    told = {"leaks": float(sum(one.leak for one in found)), "features": float(varied.sum())}
    return Check("balance", not any(one.leak for one in found), abs(worst.difference), IMBALANCE, told)


def _overlap(arm: Ints, propensity: Floats, inside: Bools) -> Check:
    """Share of the customers without a counterpart, and the effective number of the smallest arm."""
    share = float(1 - inside.mean())
    sizes = [
        effective_size(1 / propensity[inside & (arm == k), k]) if (inside & (arm == k)).any() else 0.0
        for k in range(propensity.shape[1])
    ]
    return Check(
        "overlap", share <= MOST_TRIMMED, share, MOST_TRIMMED,
        {"trimmed": float((~inside).sum()), "customers": float(len(arm)), "effective": float(min(sizes))},
    )  # fmt: skip


def _balance(X: Floats, arm: Ints, propensity: Floats, names: Sequence[str]) -> Check:
    """Largest standardised difference after weighting by the inverse propensity, beside that before.

    Fails where a difference is above 0.1 and larger than chance explains among so many features.
    """
    varied = np.ptp(X, axis=0) > 0
    if not varied.any():
        return not_run("balance", IMBALANCE)
    shown = [name for name, there in zip(names, varied, strict=True) if there]
    weights = 1 / propensity[np.arange(len(arm)), arm]
    sizes = [effective_size(weights[arm == k]) for k in range(propensity.shape[1])]
    after = balance(X[:, varied], arm, shown, weights=weights)
    before = balance(X[:, varied], arm, shown)
    chance = critical(1 - CHANCE / len(after))
    unlike = [
        one
        for one in after
        if one.unlike and abs(one.difference) > chance * math.sqrt(1 / sizes[0] + 1 / sizes[one.arm])
    ]
    worst = max(abs(one.difference) for one in after)
    told = {
        "before": max(abs(one.difference) for one in before), "features": float(varied.sum()),
        "unlike": float(len(unlike)),
    }  # fmt: skip
    return Check("balance", not unlike, worst, IMBALANCE, told)


def _told_apart(arm: Ints, propensity: Floats) -> Check:
    """Area under the ROC curve of the estimated propensity: near 1 the features give the arm away."""
    from scipy.stats import rankdata

    offered = arm > 0
    n1, n0 = int(offered.sum()), int((~offered).sum())
    ranks = rankdata(1 - propensity[:, 0])
    area = float((ranks[offered].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))
    return Check("told_apart", area <= TOLD_APART, area, TOLD_APART, {"offered": float(n1), "control": float(n0)})
