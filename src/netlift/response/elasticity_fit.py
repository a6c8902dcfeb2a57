"""Poisson regressions with fixed effects, and log-log least squares: how quantities follow prices.

    E[q_it] = exp( level_i + week_t + e p_it + c P_it + m M_it )

p is the product's own log price, P that of the others of its category, M the mean of its past prices. Pseudo maximum
likelihood needs the mean to be right, not the distribution (Gourieroux, Monfort & Trognon 1984, doi:10.2307/1913471;
Santos Silva & Tenreyro 2006, doi:10.1162/rest.88.4.641), and weeks without sales stay in.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import EstimationError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BOUND = 20.0
"""Slopes beyond this are not believed: the data hardly hold them."""


class Slopes(NamedTuple):
    """Common slopes with a clustered covariance."""

    estimate: Floats
    """Shape (n_slopes,)."""
    covariance: Floats
    """Shape (n_slopes, n_slopes)."""
    clusters: int
    """Clusters in which the first regressor varies."""
    week: Floats
    """Log of each week's level, shape (n_weeks,)."""
    mean: Floats
    """Fitted quantities, shape (n_rows,)."""

    def se(self, which: int = 0) -> float:
        """Standard error of one slope."""
        return math.sqrt(float(self.covariance[which, which]))


def poisson(
    quantity: Floats, x: Floats, level: Ints, week: Ints | None, cluster: Ints, *, offset: Floats | None = None
) -> Slopes:
    """Common slopes of a Poisson model with levels and, unless `week` is None, week effects.

    Newton's method on the slopes; for given slopes the effects have closed forms that are iterated. Errors are
    clustered.

    Raises:
        EstimationError: a regressor does not vary within levels and weeks, or the likelihood has no highest point.
    """
    slope = np.zeros(x.shape[1])
    shift = np.zeros(len(quantity)) if offset is None else offset
    effects = _Effects(level, week)
    for _ in range(60):
        mean = effects.fitted(quantity, np.exp(np.clip(shift + x @ slope, -30, 30)))
        within = effects.within(x, mean)
        curvature = (within * mean[:, None]).T @ within
        if not np.all(np.linalg.eigvalsh(curvature) > 1e-9 * max(1.0, float(mean.sum()))):
            raise EstimationError("prices do not move within products and weeks, so nothing can follow them")
        step = np.linalg.solve(curvature, within.T @ (quantity - mean))
        slope = slope + step * min(1.0, 2.0 / float(np.abs(step).max()))
        if float(np.abs(step).max()) < 1e-8:
            break
    if float(np.abs(slope).max()) > BOUND:
        raise EstimationError("the quantities follow the prices without limit: too few sales at one of the prices")
    covariance, moved = _jackknife(within, mean, quantity - mean, cluster)
    return Slopes(slope, covariance, moved, effects.logs(), mean)


def _jackknife(within: Floats, mean: Floats, residual: Floats, cluster: Ints) -> tuple[Floats, int]:
    """Covariance from leaving out one cluster at a time, by one Newton step each (the linearised CV3).

    Where the prices move in a few clusters only, the usual sandwich is far too small and this is not (MacKinnon,
    Nielsen & Webb 2023, "Fast and reliable jackknife and bootstrap methods for cluster-robust inference"). It is
    widened so that normal intervals are as wide as Student's. Second: in how many clusters the first regressor moves.
    """
    width = within.shape[1]
    scores = np.column_stack([_sum(cluster, residual * column) for column in within.T])
    parts = np.stack(
        [_sum(cluster, mean * within[:, i] * within[:, j]) for i in range(width) for j in range(width)], axis=1
    ).reshape(-1, width, width)
    whole = parts.sum(axis=0)
    there = np.bincount(cluster) > 0
    rest = whole[None] - parts[there] + 1e-9 * np.trace(whole) * np.eye(width)
    moves = -np.linalg.solve(rest, scores[there][:, :, None])[:, :, 0]
    groups = len(moves)
    moved = int(np.sum(parts[there][:, 0, 0] > 1e-3 * whole[0, 0]))
    return _student(moved) ** 2 * (groups - 1) / groups * (moves.T @ moves), moved


def _student(groups: int) -> float:
    """Factor that makes a normal 90 % interval as wide as Student's with `groups` - 1 degrees of freedom."""
    from scipy.special import ndtri, stdtrit

    return float(stdtrit(max(groups - 1, 1), 0.95) / ndtri(0.95))


class _Effects:
    """Levels and week effects as factors that make the fitted sums those that were seen."""

    def __init__(self, level: Ints, week: Ints | None) -> None:
        self._level, self._week = level, week
        self._week_factor = np.ones(1 if week is None else int(week.max()) + 1)

    def fitted(self, quantity: Floats, base: Floats) -> Floats:
        """Fitted quantities for given exp(offset + slopes)."""
        level_sum = _sum(self._level, quantity)
        if self._week is None:
            return base * _ratio(level_sum, _sum(self._level, base))[self._level]
        week_sum = _sum(self._week, quantity)
        mean = base
        for _ in range(200):
            inner = base * self._week_factor[self._week]
            mean = inner * _ratio(level_sum, _sum(self._level, inner))[self._level]
            change = _ratio(week_sum, _sum(self._week, mean), 1.0)
            self._week_factor = self._week_factor * np.where(change > 0, change, 1e-9)
            if float(np.abs(change - 1).max()) < 1e-9:
                break
        return mean

    def within(self, x: Floats, weight: Floats) -> Floats:
        """Regressors less what levels and weeks explain of them, weighted."""
        found = x.copy()
        for _ in range(200):
            before = found
            found = found - _means(found, weight, self._level)[self._level]
            if self._week is None:
                return found
            found = found - _means(found, weight, self._week)[self._week]
            if float(np.abs(found - before).max()) < 1e-10:
                break
        return found

    def logs(self) -> Floats:
        return np.log(np.maximum(self._week_factor, 1e-9))


def _sum(group: Ints, weight: Floats, size: int = 0) -> Floats:
    """Sums of `weight` by group."""
    return np.asarray(np.bincount(group, weight, size), dtype=np.float64)


def _ratio(top: Floats, bottom: Floats, empty: float = 0.0) -> Floats:
    return np.divide(top, bottom, out=np.full_like(top, empty), where=bottom > 0)


def _means(x: Floats, weight: Floats, group: Ints) -> Floats:
    bottom = _sum(group, weight)
    return np.column_stack([_ratio(_sum(group, weight * column), bottom) for column in x.T])


class Own(NamedTuple):
    """A slope for each product, everything else given."""

    estimate: Floats
    """Shape (n_products,); nan where the product's price does not move or the likelihood has no highest point."""
    mean: Floats
    """Fitted quantities, shape (n_rows,)."""
    hat: Floats
    """Change of the product's slope per unit of quantity more in this row, at the reference slope, shape (n_rows,)."""
    reference: Floats
    """Fitted quantities at the reference slope, shape (n_rows,)."""
    skew: Floats
    """sum m p^3 / sum m p^2 of each product, p less its mean in the level: half of it times the variance is how far
    too high the slope comes out on average where few sales decide (Cox & Snell 1968), shape (n_products,)."""


def own_slopes(quantity: Floats, price: Floats, offset: Floats, product: Ints, level: Ints, *, reference: float) -> Own:
    """Poisson slope of each product on its own price with levels; `hat` is taken at one slope for all.

    Weights at the product's own slope would favour products that look more elastic by chance.
    """
    count = int(product.max()) + 1
    slope = np.full(count, reference)
    for _ in range(50):
        mean, centred = _profiled(quantity, price, offset + slope[product] * price, level)
        bottom = _sum(product, mean * centred**2, count)
        step = _ratio(_sum(product, (quantity - mean) * centred, count), bottom)
        slope = np.clip(slope + np.clip(step, -2.0, 2.0), -BOUND, BOUND)
        if float(np.abs(step).max(initial=0.0)) < 1e-9:
            break
    mean, _ = _profiled(quantity, price, offset + slope[product] * price, level)
    at, centred = _profiled(quantity, price, offset + reference * price, level)
    bottom = _sum(product, at * centred**2, count)
    moves = bottom > np.maximum(1e-3, 1e-4 * _sum(product, at, count))
    estimate = np.where(moves & (np.abs(slope) < BOUND), slope, np.nan)
    hat = centred * _ratio(np.ones(count), np.where(moves, bottom, 0.0))[product]
    skew = _ratio(_sum(product, at * centred**3, count), np.where(moves, bottom, 0.0))
    return Own(estimate, mean, hat, at, skew)


def _profiled(quantity: Floats, price: Floats, eta: Floats, level: Ints) -> tuple[Floats, Floats]:
    """Fitted quantities at the best levels, and prices less their fitted mean in each level."""
    base = np.exp(np.clip(eta, -30, 30))
    mean = base * _ratio(_sum(level, quantity), _sum(level, base))[level]
    return mean, price - _means(price[:, None], mean, level)[level, 0]


class Line(NamedTuple):
    """A slope by least squares on logs."""

    elasticity: float
    se: float
    """Clustered where clusters were given, else HC1."""
    rows: int


def log_log(
    quantity: ArrayLike, price: ArrayLike, *, level: ArrayLike | None = None, cluster: ArrayLike | None = None
) -> Line:
    """Elasticity by least squares of log quantity on log price, with a level for each value of `level`.

    Args:
        quantity: units, above 0, shape (n,).
        price: price of a unit, above 0, shape (n,).
        level: what has a level of its own, shape (n,); None: one level.
        cluster: rows whose errors go together, shape (n,); None: each its own.

    Raises:
        EstimationError: values not above 0, lengths that differ, fewer than 3 rows, or a price that never moves.

    >>> log_log([8.0, 2.0, 1.0], [1.0, 2.0, 8**0.5]).elasticity.__round__(6)
    -2.0
    """
    q, p = (np.asarray(values, dtype=np.float64) for values in (quantity, price))
    if q.ndim != 1 or q.shape != p.shape or len(q) < 3 or not (np.all(q > 0) and np.all(p > 0)):
        raise EstimationError("log-log needs at least 3 quantities and as many prices, all above 0")
    group = np.zeros(len(q), dtype=np.int64) if level is None else _numbered(level, len(q))
    y, x = np.log(q), np.log(p)
    y, x = (v - (_sum(group, v) / np.maximum(np.bincount(group), 1))[group] for v in (y, x))
    spread = float(x @ x)
    if not spread > 1e-12 * len(x):
        raise EstimationError("the price does not move within levels, so quantities cannot follow it")
    slope = float(x @ y) / spread
    together = np.arange(len(q)) if cluster is None else _numbered(cluster, len(q))
    scores = _sum(together, x * (y - slope * x))
    groups = len(scores)
    return Line(slope, math.sqrt(groups / max(groups - 1, 1) * float(scores @ scores)) / spread, len(q))


def _numbered(values: ArrayLike, rows: int) -> Ints:
    codes = np.unique(np.asarray(values), return_inverse=True)[1].astype(np.int64)
    if codes.shape != (rows,):
        raise EstimationError(f"expected {rows} labels, got {codes.shape}")
    return codes
