"""A panel with very few treated regions: synthetic difference in differences, judged by placebo assignments.

For each cohort of treated regions (same dates), weights on never-treated regions make a double whose path before
the promotion is parallel to theirs, and weights on clean periods find the time that resembles the affected one:

    tau = (treated after - sum_t l_t treated_t) - sum_c w_c (control_c after - sum_t l_t control_ct),

with w and l non-negative and summing to one, w kept even by a ridge (Arkhangelsky, Athey, Hirshberg, Imbens & Wager
2021, doi:10.1257/aer.20190159). Outcomes are divided by each region's level first. The weights come from the profit
alone and then serve every outcome column. The error is that of the same procedure on regions never treated.
"""

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError
from netlift.evaluation.designs.imputation import Bools, Floats, Levels, Panel, Total, region_levels

FEW = 5
"""Below this many treated regions the design is synthetic difference in differences."""


def synthetic(panel: Panel, *, rng: np.random.Generator, draws: int = 60) -> Total:
    """Sum the effects of `panel.targets` for a handful of treated regions.

    Args:
        panel: as for `imputation.impute`.
        rng: source of the placebo assignments.
        draws: number of placebo assignments behind the error.

    Raises:
        EstimationError: fewer than two never-treated regions beyond the number treated.
    """
    donors, treated = np.flatnonzero(panel.donors), np.flatnonzero(panel.treated)
    if len(donors) < len(treated) + 2:
        raise EstimationError(f"{len(treated)} treated regions need {len(treated) + 2} that are clean throughout")
    levels = region_levels(panel)
    scaled = panel.outcomes / levels.scale[:, None, None]
    total = _sum_of_cohorts(panel, scaled, scaled[treated], donors, levels.scale[treated])
    placebos = [
        _placebo(panel, scaled, levels, treated, rng.permutation(donors)) for _ in range(min(draws, 20 * len(donors)))
    ]
    return Total(total, np.stack(placebos) / np.sqrt(len(placebos)), float(max(1, len(donors) - 1)))


def _placebo(
    panel: Panel, scaled: Floats, levels: Levels, treated: NDArray[np.intp], order: NDArray[np.intp]
) -> Floats:
    """The total when the first of `order` play the treated, with the treated regions' size and noise."""
    players, rest = order[: len(treated)], order[len(treated) :]
    louder = np.sqrt(levels.noise[treated] / levels.noise[players])
    return _sum_of_cohorts(panel, scaled, scaled[players], rest, levels.scale[treated] * louder)


def _sum_of_cohorts(panel: Panel, scaled: Floats, played: Floats, donors: NDArray[np.intp], size: Floats) -> Floats:
    """Total (G * k,) over cohorts; `played` holds the paths of the treated (or their players), shape (n, T, k)."""
    treated = np.flatnonzero(panel.treated)
    dates = panel.targets[:, treated] * 2 + panel.clean[None, treated]
    total = np.zeros((len(panel.targets), panel.outcomes.shape[2]))
    for first in range(len(treated)):  # one pass per cohort, of which there are at most FEW
        mates = np.flatnonzero(np.all(dates == dates[:, [first]], axis=(0, 2)))
        if mates[0] == first:
            path = np.einsum("u,utk->tk", size[mates] / size[mates].sum(), played[mates])
            which = panel.targets[:, treated[first]]
            clean, after = panel.clean[treated[first]], np.asarray(which.any(axis=0), dtype=np.bool_)
            unit, period = _weights(path @ panel.profit, scaled[donors] @ panel.profit, clean, after, mates)
            gap = path - np.einsum("c,ctk->tk", unit, scaled[donors])
            effect = which @ gap - which.sum(axis=1)[:, None] * (period @ gap[clean])
            total += size[mates].sum() * effect
    return total.ravel()


def _weights(y: Floats, y0: Floats, clean: Bools, after: Bools, mates: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Weights of control regions and of clean periods, from the profit of a cohort (T,) and of the controls (n, T)."""
    if clean.sum() < 2:
        raise EstimationError("a treated region needs at least two periods without the promotion")
    step = float(np.diff(y0[:, clean], axis=1).var())
    ridge = np.sqrt(len(mates) * after.sum()) * step  # zeta squared of the paper
    unit = _simplex(y0[:, clean].T, y[clean], ridge * clean.sum())
    return unit, _simplex(y0[:, clean], y0[:, after].mean(axis=1), 1e-6 * step * len(y0))


def _simplex(A: Floats, b: Floats, ridge: float) -> Floats:
    """Minimise |c + A w - b|^2 + ridge |w|^2 over w >= 0 with sum 1 and a free constant c."""
    from scipy.optimize import nnls

    A, b = A - A.mean(axis=0), b - b.mean()
    n = A.shape[1]
    heavy = 1e3 * max(float(np.abs(A).max()), np.sqrt(ridge), 1e-9)  # holds the sum at 1 to about 1e-6
    rows = np.concatenate([A, np.sqrt(ridge) * np.eye(n), np.full((1, n), heavy)])
    weights, _ = nnls(rows, np.concatenate([b, np.zeros(n), [heavy]]), maxiter=50 * n)
    return np.asarray(weights / weights.sum(), dtype=np.float64)
