"""What a forecast of purchases or amounts is worth: exact definitions, ties counted together, weights throughout.

With outcome y, forecast p, weights w (1 unless given), rows i:

    log_loss  -mean(y log p + (1 - y) log(1 - p))      roc_auc  P(p_i > p_j) + P(p_i = p_j)/2, i bought, j did not
    brier     mean((p - y)^2)                          pr_auc   sum over thresholds (R_k - R_(k-1)) P_k

Accuracy is high for anybody who says "nobody buys" where purchases are rare: read log_loss and pr_auc beside their
value for the base rate.
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import EstimationError
from netlift.profiles.propensity import checks
from netlift.profiles.propensity.checks import Floats

EDGE = float(np.finfo(np.float64).eps)
"""Probabilities are kept so far from 0 and 1 in logarithms: a sure mistake costs 36, not infinity."""

BINS = 10
"""Groups of equal weight behind `ece`."""

TOP = 0.1
"""Share of the rows behind `lift_top_decile`."""


class Classification(NamedTuple):
    """How well probabilities foretold who bought. Shares and probabilities lie between 0 and 1."""

    n: int
    """Rows judged."""
    base_rate: float
    """Weighted share that bought."""
    roc_auc: float
    """Chance that a buyer ranks above one who did not buy; a tie counts half."""
    pr_auc: float
    """Average precision; the base rate for a forecast that knows nothing."""
    log_loss: float
    """Mean negative log-likelihood, in nats."""
    brier: float
    """Mean squared error of the probability."""
    accuracy: float
    """Share called rightly at the threshold."""
    precision: float
    """Share of buyers among those at or above the threshold; nan if there are none."""
    recall: float
    """Share of the buyers at or above the threshold."""
    f1: float
    """2 TP / (2 TP + FP + FN) at the threshold."""
    lift_top_decile: float
    """Purchase rate of the tenth ranked highest over the base rate; ties at the limit count by fraction."""
    calibration_slope: float
    """b of logit P(y = 1) = a + b logit p: 1 calibrated, below 1 too bold; nan for a constant or perfect p."""
    calibration_intercept: float
    """a of the same fit; 0 calibrated."""
    ece: float
    """Weighted mean of |bought - forecast| over 10 groups of equal weight; above 0 by chance even if calibrated."""


class Regression(NamedTuple):
    """How well amounts were foretold, in the unit of y."""

    n: int
    """Rows judged."""
    mae: float
    """Mean absolute error."""
    rmse: float
    """Root of the mean squared error."""
    wape: float
    """Sum of absolute errors over the sum of |y|; nan if all y are 0."""
    r2: float
    """1 less squared error over that of the mean of y; nan if y is constant."""
    bias: float
    """Mean of forecast less y."""


class Ranked(NamedTuple):
    """Outcomes and forecasts, the highest forecast first."""

    y: Floats
    p: Floats
    starts: NDArray[np.intp]
    """First row of each tie."""
    order: NDArray[np.intp]
    """Row of the caller that each row was."""

    @classmethod
    def of(cls, y: Floats, p: Floats) -> "Ranked":
        """Sort by falling forecast, ties in the order given."""
        order = np.argsort(-p, kind="stable")
        sorted_p = p[order]
        return cls(y[order], sorted_p, np.append(0, np.flatnonzero(np.diff(sorted_p)) + 1), order)

    def tied(self, values: Floats) -> Floats:
        """Sums of the values by tie."""
        sums: Floats = np.add.reduceat(values, self.starts)
        return sums


def classification(
    y: ArrayLike, p: ArrayLike, weights: ArrayLike | None = None, threshold: float = 0.5
) -> Classification:
    """Judge probabilities by what happened.

    Args:
        y: 1 bought, 0 did not, shape (n,).
        p: forecast probability of 1, shape (n,).
        weights: of the rows, shape (n,).
        threshold: a row at or above it is called a buyer (accuracy, precision, recall, f1).

    Raises:
        EstimationError: NaN, probabilities beyond 0 and 1, shapes that do not fit, or only one class.

    >>> found = classification([1, 0, 1, 0], [0.9, 0.8, 0.6, 0.1])
    >>> found.roc_auc, round(found.pr_auc, 4), round(found.brier, 3), found.recall
    (0.75, 0.8333, 0.205, 1.0)
    """
    ranked, w = ranked_of(y, p, weights)
    slope, intercept = _recalibration(ranked, w)
    values = {name: measure(ranked, w) for name, measure in MEASURES.items() if not name.startswith("calibration")}
    return Classification(
        n=len(w), calibration_slope=slope, calibration_intercept=intercept, ece=_ece(ranked, w),
        **values, **_called(ranked, w, threshold),
    )  # fmt: skip


def regression(y: ArrayLike, prediction: ArrayLike, weights: ArrayLike | None = None) -> Regression:
    """Judge forecast amounts by what happened.

    Args:
        y: amounts, shape (n,).
        prediction: forecasts in the same unit, shape (n,).
        weights: of the rows, shape (n,).

    Raises:
        EstimationError: NaN, or shapes that do not fit.

    >>> found = regression([0.0, 10.0], [2.0, 6.0])
    >>> found.mae, found.wape, found.bias
    (3.0, 0.6, -1.0)
    """
    actual, forecast, w = amounts_of(y, prediction, weights)
    return Regression(len(w), **{name: measure(actual, forecast, w) for name, measure in AMOUNT_MEASURES.items()})


def ranked_of(y: ArrayLike, p: ArrayLike, weights: ArrayLike | None) -> tuple[Ranked, Floats]:
    """Checked outcomes and forecasts by rank, and the weights in that order.

    Raises:
        EstimationError: as in `classification`.
    """
    outcome = checks.classes(y)
    forecast = checks.probabilities(p, rows=len(outcome))
    w = checks.weighting(weights, rows=len(outcome))
    if not (w @ outcome > 0 and w @ (1 - outcome) > 0):
        raise EstimationError("all the weight lies on one class: give some to buyers and to others")
    ranked = Ranked.of(outcome, forecast)
    return ranked, w[ranked.order]


def amounts_of(y: ArrayLike, prediction: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats, Floats]:
    """Checked amounts, forecasts and weights.

    Raises:
        EstimationError: as in `regression`.
    """
    actual = checks.column(y, "y")
    forecast = checks.column(prediction, "prediction", rows=len(actual))
    return actual, forecast, checks.weighting(weights, rows=len(actual))


def log_losses(y: Floats, p: Floats) -> Floats:
    """Negative log-likelihood of each row, in nats, shape (n,)."""
    sure = np.clip(p, EDGE, 1 - EDGE)
    return -np.where(y > 0, np.log(sure), np.log1p(-sure))


def logit(p: Floats) -> Floats:
    """Log-odds, finite for 0 and 1 too."""
    sure = np.clip(p, EDGE, 1 - EDGE)
    odds: Floats = np.log(sure) - np.log1p(-sure)
    return odds


def logistic_fit(x: Floats, y: Floats, w: Floats, steps: int = 50) -> tuple[float, float]:
    """Slope b and intercept a of logit P(y = 1) = a + b x, by Newton's method; nan where they have no maximum.

    The gradient of the weighted log-likelihood is X'W(y - s), one number per coefficient, s = 1/(1 + exp(-a - b x)).
    """
    if not np.ptp(x[w > 0]) > 0:
        return math.nan, math.nan
    X = np.column_stack([np.ones(len(x)), x])
    rate = float((w * y).sum() / w.sum())
    theta = np.array([math.log(rate / (1 - rate)), 0.0])
    value = _likelihood(X, y, w, theta)
    for _ in range(steps):
        s = 1 / (1 + np.exp(-np.clip(X @ theta, -500, 500)))
        gradient = (X * (w * (y - s))[:, None]).sum(axis=0)
        hessian = np.einsum("ij,i,ik->jk", X, w * s * (1 - s), X)
        if not np.linalg.cond(hessian) < 1e14:
            return math.nan, math.nan
        step = np.linalg.solve(hessian, gradient)
        if float(gradient @ step) < 1e-12 * w.sum():
            return float(theta[1]), float(theta[0])
        size = 1.0
        while (risen := _likelihood(X, y, w, theta + size * step)) < value and size > 1e-6:
            size /= 2
        theta, value = theta + size * step, risen
    return math.nan, math.nan


def _likelihood(X: Floats, y: Floats, w: Floats, theta: Floats) -> float:
    score = X @ theta
    return float((w * (y * score - np.logaddexp(0, score))).sum())


def _recalibration(data: Ranked, w: Floats) -> tuple[float, float]:
    """Slope and intercept of the outcome on the forecast's log-odds; nan where buyers are told apart perfectly."""
    buyers = w * data.y > 0
    others = w * (1 - data.y) > 0
    if data.p[buyers].min() > data.p[others].max() or data.p[buyers].max() < data.p[others].min():
        return math.nan, math.nan
    return logistic_fit(logit(data.p), data.y, w)


def _roc_auc(data: Ranked, w: Floats) -> float:
    buyers, others = data.tied(w * data.y), data.tied(w * (1 - data.y))
    below = others.sum() - np.cumsum(others)
    return float((buyers * (below + others / 2)).sum() / (buyers.sum() * others.sum()))


def _pr_auc(data: Ranked, w: Floats) -> float:
    buyers, reached = data.tied(w * data.y), np.cumsum(data.tied(w))
    precision = np.divide(np.cumsum(buyers), reached, out=np.zeros(len(reached)), where=reached > 0)
    return float((buyers * precision).sum() / buyers.sum())


def _lift(data: Ranked, w: Floats) -> float:
    reached, bought = np.append(0.0, np.cumsum(data.tied(w))), np.append(0.0, np.cumsum(data.tied(w * data.y)))
    return float(np.interp(TOP * reached[-1], reached, bought) / (TOP * bought[-1]))


def _ece(data: Ranked, w: Floats) -> float:
    """Groups end where a tenth more of the weight is reached, a tie staying with the group of its middle."""
    weight, bought, forecast = (data.tied(values) for values in (w, w * data.y, w * data.p))
    middle = (np.cumsum(weight) - weight / 2) / weight.sum()
    group = np.minimum((middle * BINS).astype(np.int64), BINS - 1)
    gaps = np.bincount(group, bought - forecast, minlength=BINS)
    return float(np.abs(gaps).sum() / weight.sum())


def _mean(values: Floats, w: Floats) -> float:
    return float((w * values).sum() / w.sum())


def _called(data: Ranked, w: Floats, threshold: float) -> dict[str, float]:
    called = (data.p >= threshold).astype(np.float64)
    hits, all_called, buyers = (float((w * v).sum()) for v in (called * data.y, called, data.y))
    return {
        "accuracy": _mean((called == data.y).astype(np.float64), w),
        "precision": hits / all_called if all_called > 0 else math.nan,
        "recall": hits / buyers,
        "f1": 2 * hits / (all_called + buyers),
    }


def _r2(y: Floats, forecast: Floats, w: Floats) -> float:
    around = _mean((y - _mean(y, w)) ** 2, w)
    return 1 - _mean((forecast - y) ** 2, w) / around if around > 0 else math.nan


def _wape(y: Floats, forecast: Floats, w: Floats) -> float:
    size = _mean(np.abs(y), w)
    return _mean(np.abs(forecast - y), w) / size if size > 0 else math.nan


MEASURES: Mapping[str, Callable[[Ranked, Floats], float]] = {
    "base_rate": lambda data, w: _mean(data.y, w),
    "roc_auc": _roc_auc,
    "pr_auc": _pr_auc,
    "log_loss": lambda data, w: _mean(log_losses(data.y, data.p), w),
    "brier": lambda data, w: _mean((data.p - data.y) ** 2, w),
    "lift_top_decile": _lift,
    "calibration_slope": lambda data, w: _recalibration(data, w)[0],
    "calibration_intercept": lambda data, w: _recalibration(data, w)[1],
}
"""Figures of a classification that have intervals, as functions of ranked rows and their weights."""

AMOUNT_MEASURES: Mapping[str, Callable[[Floats, Floats, Floats], float]] = {
    "mae": lambda y, forecast, w: _mean(np.abs(forecast - y), w),
    "rmse": lambda y, forecast, w: math.sqrt(_mean((forecast - y) ** 2, w)),
    "wape": _wape,
    "r2": _r2,
    "bias": lambda y, forecast, w: _mean(forecast - y, w),
}
"""Figures of a regression, as functions of amounts, forecasts and weights."""
