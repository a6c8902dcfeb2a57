"""Several offers with costs: how much gain for how much spend, beside the same offers without targeting.

The multi-armed Qini curve (Sverdrup, Wu, Athey & Wager 2023, arXiv:2306.11979). Every customer starts without an
offer and climbs the upper concave hull of (cost, predicted gain) over the offers; all steps of all customers are
taken by falling predicted gain per cost as long as they gain. So at every spend B the allocation is the best one for
the predictions. It is *valued* by doubly robust scores, never by the predictions. Steps of equal slope are taken
together (a straight line between), so the order of rows never matters and identical predictions for all customers
draw the curve of a random allocation.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import EstimationError
from netlift.uplift import checks
from netlift.uplift.estimate import REPLICATES, Estimate, Floats, critical, half_samples, normal, spread

POINTS = 101


class CostCurve(NamedTuple):
    """Gain against spend, both per customer of the whole sample."""

    spend: Floats
    """Spend per customer, in the unit of the costs, shape (points,)."""
    gain: Floats
    """Incremental outcome per customer at that spend, in the unit of the scores."""
    lower: Floats
    upper: Floats
    level: float
    untargeted: Floats
    """The same for the same spend given by average predictions and costs, to customers at random."""
    excess: Floats
    """gain - untargeted."""
    excess_lower: Floats
    excess_upper: Floats
    area: Estimate
    """Mean of `excess` over the spends: what targeting adds, 0 where the predictions know nothing."""
    full_spend: float
    """Spend per customer beyond which the predictions would give no more."""

    def gain_at(self, spend: float) -> float:
        """Gain per customer at a spend per customer within the curve, by straight lines between its points."""
        if not 0 <= spend <= self.spend[-1]:
            raise EstimationError(f"the curve knows spends from 0 to {self.spend[-1]:g} per customer, got {spend:g}")
        return float(np.interp(spend, self.spend, self.gain))


class _Steps(NamedTuple):
    """Steps along the hulls by falling slope."""

    unit: NDArray[np.intp]
    slope: Floats
    cost: Floats
    """Extra cost of the step."""
    gain: Floats
    """Extra score of the step."""

    def take(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> "_Steps":
        """The steps at these places, or where a mask is true."""
        return _Steps(self.unit[which], self.slope[which], self.cost[which], self.gain[which])


def cost_curve(
    prediction: ArrayLike, cost: ArrayLike, scores: ArrayLike, *, spend: ArrayLike | None = None,
    level: float = 0.95, replicates: int = REPLICATES, seed: int = 0,
) -> CostCurve:  # fmt: skip
    """Gain-against-spend curve of predicted effects with half-sample intervals.

    Args:
        prediction: predicted effect of each offer against no offer, by models that never saw these units, shape
            (n, offers) or (n,).
        cost: expected cost of giving each offer, above 0, shape (n, offers), or (offers,) alike for all units.
        scores: doubly robust scores of the effects (`scores.contrasts`), shape as `prediction`.
        spend: spends per customer at which to read the curve, rising from 0; None: 101 even steps.
        level: confidence level, for each point by itself.
        replicates: half-samples.
        seed: of the half-samples.

    Raises:
        EstimationError: shapes that do not fit, values that are not finite, a cost that is not above 0, fewer than
            20 units, or no offer that is predicted to gain.

    >>> effects = np.tile([[2.0], [1.0]], (10, 1))
    >>> found = cost_curve(effects, [1.0], effects, spend=[0.0, 0.5, 1.0])
    >>> found.gain.tolist(), found.untargeted.tolist()
    ([0.0, 1.0, 1.5], [0.0, 0.75, 1.5])
    """
    tau, price, value = _checked(prediction, cost, scores)
    n = len(tau)
    targeted = _steps(tau, price, value)
    even = [np.broadcast_to(part.mean(axis=0), part.shape) for part in (tau, price)]
    random = _steps(even[0], even[1], value)
    full = float(targeted.cost.sum() / n)
    if not full > 0:
        raise EstimationError("no offer is predicted to gain for anybody, so there is nothing to spend on")
    at = _grid(spend, full)

    def on_half(rows: NDArray[np.intp]) -> Floats:
        kept = np.zeros(n, dtype=bool)
        kept[rows] = True
        return np.stack([_read(part.take(kept[part.unit]), len(rows), at) for part in (targeted, random)])

    halves = half_samples(on_half, n, replicates, seed)
    gain, untargeted = _read(targeted, n, at), _read(random, n, at)
    difference, excess = halves[:, 0] - halves[:, 1], gain - untargeted
    reach, apart = (_reach(part, n, level) for part in (halves[:, 0], difference))
    area_error = float(spread(_mean_height(difference, at), n))
    area = normal(float(_mean_height(excess, at)), area_error, n, level=level, method="gain over untargeted spend")
    return CostCurve(
        at, gain, gain - reach, gain + reach, level, untargeted, excess, excess - apart, excess + apart, area, full
    )


def _checked(prediction: ArrayLike, cost: ArrayLike, scores: ArrayLike) -> tuple[Floats, Floats, Floats]:
    rows = len(np.atleast_1d(np.asarray(prediction)))
    tau = checks.matrix(prediction, "prediction", rows=rows)
    value = checks.matrix(scores, "scores", rows=rows, columns=tau.shape[1])
    flat = np.asarray(cost, dtype=np.float64)
    wide = np.tile(flat, (rows, 1)) if flat.shape == (tau.shape[1],) else flat
    price = checks.matrix(wide, "cost", rows=rows, columns=tau.shape[1])
    if rows < 2 * checks.LEAST_PER_ARM:
        raise EstimationError(f"a cost curve needs at least {2 * checks.LEAST_PER_ARM} units, got {rows}")
    if price.min() <= 0:
        raise EstimationError(f"every offer must cost more than 0, the least cost is {price.min():g}")
    return tau, price, value


def _grid(spend: ArrayLike | None, full: float) -> Floats:
    if spend is None:
        return np.linspace(0.0, full, POINTS)
    at = checks.column(spend, "spend")
    if len(at) < 2 or at[0] != 0 or (np.diff(at) <= 0).any():
        raise EstimationError("spends must rise from 0, at least two of them")
    return at


def _steps(tau: Floats, price: Floats, value: Floats) -> _Steps:
    """Climb all hulls at once: one turn of the loop takes the next hull point of every unit."""
    n, offers = tau.shape
    here, paid, scored, units = np.zeros(n), np.zeros(n), np.zeros(n), np.arange(n)
    parts: list[_Steps] = []
    for _ in range(offers):
        dearer = price > paid[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = np.where(dearer, (tau - here[:, None]) / (price - paid[:, None]), -np.inf)
        steepest = slope.max(axis=1)
        best = np.where(slope == steepest[:, None], price, -np.inf).argmax(axis=1)  # of equal slopes the longest step
        go = steepest > 0
        taken, arm = units[go], best[go]
        parts.append(_Steps(taken, steepest[go], price[taken, arm] - paid[go], value[taken, arm] - scored[go]))
        here[go], paid[go], scored[go] = tau[taken, arm], price[taken, arm], value[taken, arm]
    joined = _Steps(
        np.concatenate([part.unit for part in parts]),
        np.concatenate([part.slope for part in parts]),
        np.concatenate([part.cost for part in parts]),
        np.concatenate([part.gain for part in parts]),
    )
    return joined.take(np.argsort(-joined.slope, kind="stable"))


def _read(steps: _Steps, n: int, at: Floats) -> Floats:
    """Gain per customer at each spend; flat beyond the last step."""
    if not len(steps.unit):
        return np.zeros(len(at))
    ends = np.append(np.flatnonzero(np.diff(steps.slope)), len(steps.slope) - 1)
    spent = np.append(0.0, np.cumsum(steps.cost)[ends]) / n
    read: Floats = np.interp(at, spent, np.append(0.0, np.cumsum(steps.gain)[ends]) / n)
    return read


def _reach(halves: Floats, n: int, level: float) -> Floats:
    reach: Floats = critical(level) * spread(halves, n)
    return reach


def _mean_height(values: Floats, at: Floats) -> Floats:
    height: Floats = np.trapezoid(values, at, axis=-1) / at[-1]
    return height
