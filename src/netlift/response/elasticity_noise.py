"""How wild weekly quantities are beside the model, pooled over products: what the error of a slope is made of.

A product whose price moved in one week has, by itself, next to nothing to tell its error from: residuals of that week
are nearly 0 by construction. So the spread is read from all weeks of all products:

    Var(q_it) = k_i (f m_it + g_0 m_it^2)        Cov(q_it, q_is) = k_i g_|t-s| m_it m_is
    Cov(q_it, q_js) = sqrt(k_i k_j) c_|t-s| m_it m_js      for other products j of the category

m: fitted quantity; f: Poisson part; g: relative shocks of a product that last weeks; c: those that a category shares;
k_i: how much wilder product i is than others, drawn towards 1.
"""

from dataclasses import dataclass

import numpy as np

from netlift.response.elasticity_fit import Floats, Ints
from netlift.response.elasticity_panel import Panel

LAGS = 6
"""Weeks over which shocks are followed; their weight falls linearly to 0 (Newey & West 1987, doi:10.2307/1913610)."""
PRIOR_WEEKS = 12
"""Weeks of its own that count as much as what other products say of a product's wildness."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Parameters of the covariance."""

    counts: float
    """f: variance per unit of mean; 1 for Poisson."""
    shocks: Floats
    """g by weeks apart, shape (LAGS + 1,)."""
    shared: Floats
    """c by weeks apart, shape (LAGS + 1,)."""
    wild: Floats
    """k of each unit, shape (n_units,)."""

    def covariance(self, panel: Panel, hat: Floats, mean: Floats, category: int) -> tuple[Ints, Floats]:
        """Covariance of the slopes of a category's products.

        Args:
            panel: the panel.
            hat: slope's change per unit of quantity, by row.
            mean: fitted quantities, by row.
            category: number of the category.

        Returns:
            Product numbers, and the matrix in their order.
        """
        rows = np.flatnonzero(panel.category[panel.product] == category)
        units, unit = np.unique(panel.unit[rows], return_inverse=True)
        products, product = np.unique(panel.product[rows], return_inverse=True)
        scale = np.sqrt(self.wild[units])
        lever = np.zeros((len(units), int(panel.week.max()) + 1))
        lever[unit, panel.week[rows]] = hat[rows] * mean[rows] * scale[unit]
        found = lever @ _banded(self.shared, lever.shape[1]) @ lever.T
        own = np.einsum("ut,ts,us->u", lever, _banded(self.shocks, lever.shape[1]), lever, optimize=True)
        own += self.counts * np.bincount(unit, self.wild[units][unit] * hat[rows] ** 2 * mean[rows])
        found[np.diag_indices(len(units))] = own
        of_unit = np.zeros(len(units), dtype=np.int64)
        of_unit[unit] = product
        member = (of_unit[None, :] == np.arange(len(products))[:, None]).astype(np.float64)
        return products, member @ found @ member.T


def _banded(values: Floats, size: int) -> Floats:
    apart = np.abs(np.arange(size)[:, None] - np.arange(size)[None, :])
    return np.where(apart < len(values), values[np.minimum(apart, len(values) - 1)], 0.0)


def noise(panel: Panel, mean: Floats) -> Noise:
    """Read the parameters from residuals of quantities, by moments.

    Args:
        panel: the panel.
        mean: fitted quantities, shape (n_rows,).
    """
    rows = len(mean)
    lost = len(np.unique(panel.level)) + len(panel.products)
    residual = (panel.quantity - mean) * np.sqrt(rows / max(rows - lost, 0.2 * rows))
    mean = np.maximum(mean, 1e-6)
    counts, size = _variance(residual, mean)
    spread = np.sqrt(counts * mean + size * mean**2)
    standard, share = residual / spread, mean / spread
    taper = 1 - np.arange(LAGS + 1) / (LAGS + 1)
    alone = np.array([size, *(_ratio(*_paired(panel, standard, share, lag)) for lag in range(1, LAGS + 1))])
    span = rows / len(np.unique(panel.level))
    shocks = _restored(alone, span, known=1) * taper
    wild = np.bincount(panel.unit, standard**2) + PRIOR_WEEKS
    return Noise(
        counts,
        np.minimum(shocks, shocks[0]),
        _restored(_shared(panel, standard, share), span, known=0) * taper,
        wild / (np.bincount(panel.unit) + PRIOR_WEEKS),
    )


def _restored(found: Floats, span: float, *, known: int) -> Floats:
    """Covariances with what fitting levels over `span` weeks took from them, at least 0.

    A level that follows a series of long-run variance V leaves residuals whose covariances are V / span too low; the
    variance itself (`known` = 1) has been corrected for what is independent already.
    """
    kept = np.maximum(found, 0.0)
    long = kept[0] + 2 * float(kept[1:].sum())
    lost = np.full(len(found), long / span)
    lost[0] -= known * kept[0] / span
    return np.maximum(found + lost, 0.0)


def _variance(residual: Floats, mean: Floats) -> tuple[float, float]:
    """Weighted least squares of squared residuals on mean and squared mean, both parts at least 0."""
    counts, size = 1.0, 0.0
    for _ in range(10):
        weight = 1 / (counts * mean + size * mean**2) ** 2
        a, b, c = (float(np.sum(weight * mean**power)) for power in (2, 3, 4))
        u, v = float(np.sum(weight * mean * residual**2)), float(np.sum(weight * mean**2 * residual**2))
        bottom = a * c - b * b
        counts, size = ((c * u - b * v) / bottom, (a * v - b * u) / bottom) if bottom > 1e-12 * a * c else (u / a, 0.0)
        if size < 0:
            counts, size = u / a, 0.0
        if counts < 0.05:
            counts, size = 0.05, max(0.0, (v - 0.05 * b) / c)
    return counts, size


def _paired(panel: Panel, standard: Floats, share: Floats, lag: int) -> tuple[float, float]:
    same = (panel.unit[lag:] == panel.unit[:-lag]) & (panel.week[lag:] - panel.week[:-lag] == lag)
    return float(np.sum((standard[lag:] * standard[:-lag])[same])), float(np.sum((share[lag:] * share[:-lag])[same]))


def _shared(panel: Panel, standard: Floats, share: Floats) -> Floats:
    """Products of residuals of different units of a category, by weeks apart."""
    weeks = int(panel.week.max()) + 1
    cell = panel.category[panel.product] * weeks + panel.week
    size = len(panel.categories) * weeks
    sums = [np.bincount(cell, x, size).reshape(-1, weeks) for x in (standard, share)]
    found = []
    for lag in range(LAGS + 1):
        pairs = [float(np.sum(total[:, lag:] * total[:, : weeks - lag])) for total in sums]
        same = _paired(panel, standard, share, lag) if lag else (float(standard @ standard), float(share @ share))
        found.append(_ratio(pairs[0] - same[0], pairs[1] - same[1]))
    return np.array(found)


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0 else 0.0
