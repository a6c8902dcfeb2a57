"""What a rule of who gets what would have earned per customer, from a log of what was given by another rule.

With w = policy(arm | x) / e(arm | x), mu the predicted outcome under each arm, and m(x) = sum_k policy(k | x) mu_k(x):

    dm         mean m                                as good as the predictions; its interval is blind to their bias
    ips        mean w y                              unbiased with known propensities, noisy (Horvitz & Thompson 1952)
    snips      sum w y / sum w                       less noisy (Swaminathan & Joachims 2015)
    dr         mean (m + w (y - mu))                 right if either is (Dudik, Langford & Li 2011, arXiv:1103.4601)
    switch-dr  mean (m + w 1{w <= t} (y - mu))       predictions alone where weights are large (Wang, Agarwal & Dudik
                                                     2017, arXiv:1612.01205)
    dros       mean (m + c w / (w^2 + c) (y - mu))   weights shrunk (Su, Dimakopoulou, Krishnamurthy & Dudik 2020,
                                                     arXiv:1907.09623)

Each is a mean of one influence term per customer, so errors are sd / sqrt(n) and two policies on one log are
compared by the differences of their terms. t and c are those of the least estimated squared error,
`var / n + bias^2`, with the bias bounded by the mean of |w - shrunk w| |y - mu|, or what the caller gives.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import EstimationError
from netlift.uplift import checks
from netlift.uplift.checks import Floats, Ints
from netlift.uplift.diagnostics import effective_size
from netlift.uplift.estimate import Estimate, normal
from netlift.uplift.scores import doubly_robust

Method = Literal["dm", "ips", "snips", "dr", "switch-dr", "dros"]
METHODS: tuple[Method, ...] = get_args(Method)

_GRID = np.array([0.5, 0.75, 0.9, 0.95, 0.99, 1.0])
"""Quantiles of the weights among which a threshold is chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """What was given to whom, with what chance, and what came of it. Build it with `Log.of`."""

    outcome: Floats
    """Shape (n,), e.g. profit in minor units."""
    arm: Ints
    """Arm given, 0 = no offer, shape (n,)."""
    propensity: Floats
    """Chance of each arm, shape (n, arms)."""
    prediction: Floats
    """Predicted outcome under each arm by models that never saw the unit, shape (n, arms)."""

    @classmethod
    def of(
        cls,
        outcome: ArrayLike,
        arm: ArrayLike,
        propensity: ArrayLike,
        prediction: ArrayLike,
        *,
        customers: ArrayLike | None = None,
    ) -> "Log":
        """A checked log.

        Args:
            outcome: as the field says.
            arm: as the field says.
            propensity: as the field says, or one row (arms,) for everybody.
            prediction: as the field says.
            customers: who the units are, shape (n,); None: known to be different customers.

        Raises:
            EstimationError: shapes that do not fit, values that are not finite, an arm with fewer than 10 units,
                propensities of 0 or 1 or that do not sum to 1, a customer twice.
        """
        y = checks.column(outcome, "outcome")
        if customers is not None:
            checks.distinct(customers, rows=len(y))
        mu = checks.matrix(prediction, "prediction", rows=len(y))
        if mu.shape[1] < 2:
            raise EstimationError("a log needs a prediction for no offer and for each offer, shape (n, arms)")
        given = checks.arms(arm, mu.shape[1], rows=len(y))
        return cls(y, given, checks.propensities(propensity, rows=len(y), columns=mu.shape[1]), mu)

    @property
    def arms(self) -> int:
        """Arms, no offer included."""
        return self.prediction.shape[1]

    @property
    def scores(self) -> Floats:
        """Doubly robust outcome of each unit under each arm, shape (n, arms)."""
        return doubly_robust(self.outcome, self.arm, self.propensity, self.prediction)


class PolicyValue(NamedTuple):
    """Estimated value of a policy."""

    value: Estimate
    """Outcome per customer, in its unit."""
    effective: float
    """Effective sample size of the weights w, at most n."""
    max_weight: float
    """Greatest weight w."""
    threshold: float
    """t of switch-dr or c of dros; nan for the others."""


def policy_matrix(policy: ArrayLike, log: Log) -> Floats:
    """A policy as probabilities of each arm, shape (n, arms), from such a matrix or from one arm per unit, shape (n,).

    Raises:
        EstimationError: another shape, arms that do not exist, or probabilities that are negative or do not sum to 1.
    """
    given, n = np.asarray(policy), len(log.outcome)
    if given.ndim == 1:
        numbers = checks.column(given, "policy", rows=n)
        if not np.isin(numbers, np.arange(log.arms)).all():
            raise EstimationError(f"a policy gives each unit an arm from 0 to {log.arms - 1}")
        chosen: Floats = np.eye(log.arms)[numbers.astype(np.int64)]
        return chosen
    chances = checks.matrix(given, "policy", rows=n, columns=log.arms)
    if chances.min() < 0 or not np.allclose(chances.sum(axis=1), 1.0, atol=1e-6):
        raise EstimationError("the probabilities of a policy must not be negative and must sum to 1 for each unit")
    return chances


def policy_value(
    log: Log, policy: ArrayLike, method: Method = "dr", *, threshold: float | None = None, level: float = 0.95
) -> PolicyValue:
    """Value per customer of giving arms by `policy`, with an influence-function interval.

    Args:
        log: what was given and what came of it.
        policy: arm for each unit, shape (n,), or its probabilities, shape (n, arms); made without these outcomes.
        method: see the module.
        threshold: t of `switch-dr` or c of `dros`, above 0; None: chosen by least estimated squared error.
        level: confidence level.

    Raises:
        EstimationError: a policy or method that does not fit, or a policy that gave nobody what the log gave.

    >>> log = Log.of([1.0, 3.0] * 20, [0, 1] * 20, [0.5, 0.5], np.zeros((40, 2)))
    >>> found = policy_value(log, [1] * 40)
    >>> found.value.estimate, found.effective, found.max_weight
    (3.0, 20.0, 2.0)
    """
    if method not in METHODS:
        raise EstimationError(f"unknown method {method!r}: use one of {', '.join(METHODS)}")
    chances = policy_matrix(policy, log)
    weights = _weights(log, chances)
    if method != "dm" and not weights.any():
        raise EstimationError(
            "the policy gives nobody the arm that the log gave, so its value is not in these data; "
            "only `dm` can guess it"
        )
    if method in ("switch-dr", "dros"):
        limit = _threshold(log, weights, method) if threshold is None else threshold
    else:
        limit = math.nan
    terms = influence(log, chances, method, threshold=limit)
    se = float(terms.std(ddof=1)) / math.sqrt(len(terms))
    value = normal(float(terms.mean()), se, len(terms), level=level, method=method)
    return PolicyValue(value, effective_size(weights), float(weights.max()), limit)


def policy_values(
    log: Log, policy: ArrayLike, methods: Sequence[Method] = METHODS, *, level: float = 0.95
) -> dict[Method, PolicyValue]:
    """The value by several estimators, side by side: where they disagree, look at the effective sample size first."""
    return {method: policy_value(log, policy, method, level=level) for method in methods}


def influence(log: Log, policy: ArrayLike, method: Method = "dr", *, threshold: float = math.nan) -> Floats:
    """One term per unit whose mean is the value and whose spread its error, shape (n,).

    Args:
        log: what was given and what came of it.
        policy: arm or probabilities for each unit.
        method: see the module.
        threshold: t of `switch-dr` or c of `dros`.

    Raises:
        EstimationError: a policy that does not fit, or no threshold where the method needs one.
    """
    if method in ("switch-dr", "dros") and not threshold > 0:
        raise EstimationError(f"{method} needs a threshold above 0, got {threshold}")
    chances = policy_matrix(policy, log)
    w, y = _weights(log, chances), log.outcome
    predicted: Floats = (chances * log.prediction).sum(axis=1)
    rest = y - log.prediction[np.arange(len(y)), log.arm]
    if method == "dm":
        return predicted
    if method == "ips":
        return np.asarray(w * y)
    if method == "snips":
        value = float(w @ y / w.sum())
        return np.asarray(value + w * (y - value) / w.mean())
    return np.asarray(predicted + (w if method == "dr" else _shrunk(w, method, threshold)) * rest)


def _weights(log: Log, chances: Floats) -> Floats:
    rows = np.arange(len(log.outcome))
    weights: Floats = chances[rows, log.arm] / log.propensity[rows, log.arm]
    return weights


def _shrunk(w: Floats, method: Method, threshold: float) -> Floats:
    shrunk: Floats = np.where(w <= threshold, w, 0.0) if method == "switch-dr" else threshold * w / (w**2 + threshold)
    return shrunk


def _threshold(log: Log, w: Floats, method: Method) -> float:
    """The threshold of least estimated squared error among quantiles of the weights and "no limit"."""
    quantiles = np.unique(np.quantile(w[w > 0], _GRID, method="higher"))
    grid = quantiles if method == "switch-dr" else np.append(quantiles**2, 100.0 * quantiles[-1] ** 2)
    rest = log.outcome - log.prediction[np.arange(len(w)), log.arm]
    errors = []
    for limit in grid:
        kept = _shrunk(w, method, float(limit))
        bias = float(np.mean((w - kept) * np.abs(rest)))
        errors.append(float((kept * rest).var()) / len(w) + bias**2)
    return float(grid[int(np.argmin(errors))])
