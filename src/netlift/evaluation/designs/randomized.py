"""A promotion that chance decided on: the treated against the control, adjusted for what was known before.

The control's regression on pre-period covariates, read at the treated customers' mean, says what the treated would
have done (Lin 2013, doi:10.1214/12-AOAS583, with the interactions centred at the treated):

    total = sum of treated - n_treated (a0 + b0' mean x of treated)

It is linear in the outcome. It is the effect on the very customers who had the promotion, so all that can be wrong
in it is what they would have done without: n (mean e of treated - mean e of controls), e the control's residual. Both
parts take their variance from the controls, who show it; the treated show only what the promotion made of it (Sekhon
& Shem-Tov 2021, doi:10.1080/01621459.2020.1730854). Residuals are divided by 1 - leverage (HC3, MacKinnon & White
1985, doi:10.1016/0304-4076(85)90158-7). Where the chance of treatment differed between customers, controls weigh by
(1 - p) / p, p their chance of being control, so that they look like the treated (Hirano, Imbens & Ridder 2003,
doi:10.1111/1468-0262.00442).
"""

import math

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError
from netlift.evaluation.designs.contrast import Contrast
from netlift.experiments.adjustment import fit_at
from netlift.experiments.srm import ALARM, sample_ratio
from netlift.types import Check

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Labels = NDArray[np.int64]

_UNITS_PER_COVARIATE = 5
"""Fewer controls than this for each covariate carry none."""


def randomized(
    outcomes: Floats,
    treated: Bools,
    *,
    covariates: Floats | None = None,
    propensity: Floats | None = None,
    clusters: Labels | None = None,
    profit: Floats | None = None,
    observed: Bools | None = None,
) -> tuple[Contrast, tuple[Check, ...]]:
    """Total effect on the treated of a randomised promotion.

    Args:
        outcomes: money by customer and part, shape (n, k), minor units; what `observed` leaves out is not read.
        treated: who was assigned to the promotion (not: who used it), shape (n,).
        covariates: measured before assignment, shape (n, p), no NaN.
        propensity: chance of the arm that the customer *is in*, as EXPOSURES log it, shape (n,); nan where
            unknown. None: all equal and unknown.
        clusters: unit of assignment of each customer (household, store), shape (n,); None: the customer.
        profit: coefficients (k,) of the profit, for the degrees of freedom; None: the parts are summed.
        observed: whose outcomes are known, shape (n,); None: everybody's.

    Returns:
        The contrast, and the checks `sample_ratio`, `placebo_before` (covariates) and `attrition` (observed).

    Raises:
        EstimationError: an arm is too small, or a chance is not inside (0, 1).

    >>> rng = np.random.default_rng(1)
    >>> before, coupon = rng.gamma(2.0, 500.0, (400, 1)), rng.random(400) < 0.5
    >>> after = before + rng.normal(0, 300, (400, 1)) + 200.0 * coupon[:, None]
    >>> contrast, checks = randomized(after, coupon, covariates=before)
    >>> bool(abs(contrast.total[0] / coupon.sum() - 200) < 100)
    True
    """
    _refuse(outcomes, treated, propensity)
    x = np.zeros((len(treated), 0)) if covariates is None else covariates
    seen = np.ones(len(treated), dtype=np.bool_) if observed is None else observed
    weights = np.ones(len(treated)) if propensity is None else _weights(treated, propensity)
    names = np.arange(len(treated)) if clusters is None else clusters
    unit = np.unique(names, return_index=True)[1]
    checks = [_sample_ratio(treated[unit], None if propensity is None else propensity[unit])]
    if x.shape[1]:
        checks.append(_placebo_before(x, treated, weights, names))
    if observed is not None:
        checks.append(_attrition(observed, treated))
    contrast = _contrast(
        outcomes[seen], treated[seen], x[seen], weights[seen], names[seen],
        np.ones(outcomes.shape[1]) if profit is None else profit,
    )  # fmt: skip
    return contrast, tuple(checks)


def _refuse(outcomes: Floats, treated: Bools, propensity: Floats | None) -> None:
    if outcomes.ndim != 2 or treated.shape != (len(outcomes),):
        raise EstimationError(f"outcomes {outcomes.shape} and treated {treated.shape} do not fit")
    if min(int(treated.sum()), int((~treated).sum())) < 2:
        raise EstimationError(f"an arm needs at least 2 customers, got {treated.sum()} and {(~treated).sum()}")
    known = np.array([]) if propensity is None else propensity[~np.isnan(propensity)]
    if np.any((known <= 0) | (known >= 1)):
        raise EstimationError("the chance of an arm lies inside (0, 1)")


def _contrast(
    outcomes: Floats, treated: Bools, x: Floats, weights: Floats, clusters: Labels, profit: Floats
) -> Contrast:
    n, n0 = int(treated.sum()), int((~treated).sum())
    x = _usable(x, treated)
    fit = fit_at(x[~treated], x[treated].mean(axis=0), weights=weights[~treated])
    total = outcomes[treated].sum(axis=0) - n * (fit.weights @ outcomes[~treated])
    left = fit.residuals(outcomes[~treated]) / (1 - fit.leverage)[:, None]
    alike = n * weights[~treated] / weights[~treated].sum()  # how many treated customers a control stands for
    names, where = np.unique(clusters[~treated], return_inverse=True)
    stand_in = _summed(left, where) * np.sqrt(np.bincount(where, alike) / np.bincount(where))[:, None]
    compared = -n * _summed(left * fit.weights[:, None], where)
    free = len(names) - fit.design.shape[1]
    dof = min(float(free), _free(np.sum((np.stack([stand_in, compared]) @ profit) ** 2, axis=0)))
    influence = np.concatenate([stand_in, compared])
    return Contrast(total, influence, n, n0, "lin" if x.shape[1] else "difference-in-means", max(1.0, dof))


def _free(parts: Floats) -> float:
    """Degrees of freedom of a variance that is a sum of independent `parts`: 2 V^2 / var V, var V from their scatter.

    n for normal outcomes, 2 n / (kurtosis - 1) in general: heavy tails leave a variance less certain (O'Neill 2014,
    The American Statistician 68, 282-296).
    """
    scatter = float(np.sum((parts - parts.mean()) ** 2))
    return 2 * float(parts.sum()) ** 2 / scatter if scatter > 0 else math.inf


def _usable(x: Floats, treated: Bools) -> Floats:
    """Covariates that vary among the controls; none where the controls are too few to carry them."""
    varies = np.ptp(x[~treated], axis=0) > 0
    if (~treated).sum() < _UNITS_PER_COVARIATE * (1 + varies.sum()):
        return np.zeros((len(x), 0))
    return x[:, varies]


def _summed(rows: Floats, where: NDArray[np.intp]) -> Floats:
    """Rows added up by cluster."""
    summed = np.zeros((int(where.max()) + 1, rows.shape[1]))
    np.add.at(summed, where, rows)
    return summed


def _weights(treated: Bools, propensity: Floats) -> Floats:
    """1 for the treated, the odds of treatment for controls; customers of unknown chance get their arm's mean."""
    odds = np.where(treated, 1.0, (1 - propensity) / propensity)
    known = odds[~treated & ~np.isnan(odds)]
    return np.where(np.isnan(odds), known.mean() if len(known) else 1.0, odds)


def _sample_ratio(treated: Bools, propensity: Floats | None) -> Check:
    """Arm sizes against the chances: a chi-square where they are equal within arms, else a sum of coin tosses."""
    if propensity is None or np.isnan(propensity).any():
        return Check("sample_ratio", None, math.nan, ALARM)
    mine, other = propensity[treated], propensity[~treated]
    if np.ptp(mine) < 1e-9 and np.ptp(other) < 1e-9:
        counts = {"treated": int(treated.sum()), "control": int((~treated).sum())}
        p_value = sample_ratio(counts, {"treated": float(mine[0]), "control": float(other[0])}).p_value
        expected = len(treated) * mine[0] / (mine[0] + other[0])
    else:
        chance = np.where(treated, propensity, 1 - propensity)
        expected = chance.sum()
        z = (treated.sum() - expected) / math.sqrt(float(np.sum(chance * (1 - chance))))
        p_value = math.erfc(abs(z) / math.sqrt(2))
    told = {"treated": float(treated.sum()), "control": float((~treated).sum()), "expected_treated": float(expected)}
    return Check("sample_ratio", p_value >= ALARM, p_value, ALARM, told)


def _placebo_before(x: Floats, treated: Bools, weights: Floats, clusters: Labels) -> Check:
    """Joint test that the covariates, which lie before the promotion, do not differ between the arms."""
    from scipy.special import fdtrc

    x = x[:, np.ptp(x, axis=0) > 0] / np.sqrt(np.maximum(x.var(axis=0), 1e-300))[np.ptp(x, axis=0) > 0]
    gap, rows = np.zeros(x.shape[1]), np.zeros_like(x)
    for side, sign in ((treated, 1.0), (~treated, -1.0)):
        share = weights[side] / weights[side].sum()
        mean = share @ x[side]
        gap += sign * mean
        rows[side] = sign * share[:, None] * (x[side] - mean)
    rows = _summed(rows, np.unique(clusters, return_inverse=True)[1])
    inverse = np.linalg.pinv(rows.T @ rows, rcond=1e-8, hermitian=True)
    rank = int(np.linalg.matrix_rank(inverse, hermitian=True))
    free = len(rows) - 2
    shrink = (free - rank + 1) / (free * max(rank, 1))  # Hotelling's T squared to F
    p_value = float(fdtrc(rank, free - rank + 1, gap @ inverse @ gap * shrink)) if 0 < rank <= free else 1.0
    told = {"largest_standardised": float(np.max(np.abs(gap), initial=0.0)), "covariates": float(x.shape[1])}
    return Check("placebo_before", p_value >= 0.01, p_value, 0.01, told)


def _attrition(observed: Bools, treated: Bools) -> Check:
    """Whether outcomes are missing more often in one arm."""
    from netlift.experiments.means import proportions

    sides = (~treated, treated)
    hits = (int(observed[sides[0]].sum()), int(observed[sides[1]].sum()))
    found = proportions(hits, (int(sides[0].sum()), int(sides[1].sum())))
    told = {"control": found.control, "treated": found.treatment, "difference": found.estimate}
    return Check("attrition", found.p_value >= 0.01, found.p_value, 0.01, told)
