"""What a panel of regions would have looked like without the promotion: imputed from its clean cells.

Regions differ in size, so outcomes are divided by each region's level s_u before units and periods are given
their own effects, and noise falls with size, so regions weigh by the inverse of their noise:

    y_ut / s_u = alpha_u + lambda_t + e_ut,    var e_ut = h(s_u),    fitted on clean cells only,

    total = sum over affected cells of  y_ut - s_u (alpha_u + lambda_t)

(Borusyak, Jaravel & Spiess 2024, doi:10.1093/restud/rdae007). The total is a weighted sum of outcomes with weights
that no outcome column can change. A treated region's own noise inside its affected cells cannot be told from its
effect; it is borrowed from regions never treated, which carry the same pattern of weights, scaled to the treated
region's noise (Conley & Taber 2011, doi:10.1162/REST_a_00049; Ferman & Pinto 2019, doi:10.1162/rest_a_00759).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MIN_DONORS = 4
"""Untreated regions needed to borrow noise from."""
_QUIET = 1e-12
"""Least variance of a scaled error: a panel without noise must not divide by zero."""
_SEEN = 0.6
"""Share of a treated region's weight under which a lender must be clean."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Outcomes by region and period, which cells are clean, and which cells are to be summed."""

    outcomes: Floats
    """Shape (U, T, k)."""
    clean: Bools
    """Cells that no promotion touches, shape (U, T)."""
    targets: Bools
    """Groups of cells whose effects are summed, disjoint from each other and from `clean`, shape (G, U, T)."""
    profit: Floats
    """Coefficients (k,) of the outcome that sets levels and noise."""

    @property
    def touched(self) -> Bools:
        """Cells that belong to any group, shape (U, T)."""
        return np.asarray(self.targets.any(axis=0), dtype=np.bool_)

    @property
    def treated(self) -> Bools:
        """Regions with at least one target cell, shape (U,)."""
        return np.asarray(self.targets.any(axis=(0, 2)), dtype=np.bool_)

    @property
    def donors(self) -> Bools:
        """Regions that are clean throughout, shape (U,)."""
        return np.asarray(~self.treated & self.clean.all(axis=1), dtype=np.bool_)


class Total(NamedTuple):
    """Effects summed over each group of target cells."""

    total: Floats
    """Shape (G * k,), group by group."""
    influence: Floats
    """Independent contributions to the error, shape (m, G * k)."""
    dof: float


class Levels(NamedTuple):
    """Size and noise of each region."""

    scale: Floats
    """Level s_u in the outcome's unit, shape (U,)."""
    noise: Floats
    """Variance of the scaled error, shape (U,)."""
    weight: Floats
    """Weight in the regression, shape (U,)."""


class Periods(NamedTuple):
    """Normal equations of the period effects, the regions' own effects taken out."""

    normal: Floats
    """Shape (T, T), singular by a constant."""

    def solve(self, right: Floats) -> Floats:
        """Period effects for right-hand sides (T, m), up to the constant that the regions' effects take up."""
        ridge = 1e-11 * max(float(self.normal.diagonal().mean()), 1e-300)
        return np.asarray(np.linalg.solve(self.normal + ridge * np.eye(len(self.normal)), right), dtype=np.float64)


def impute(panel: Panel) -> Total:
    """Sum the effects of `panel.targets`.

    Raises:
        EstimationError: a target cell's region or period has no clean cells, or fewer than two regions are clean.
    """
    levels = region_levels(panel)
    scaled = panel.outcomes / levels.scale[:, None, None]
    periods = _two_way(panel.clean, levels.weight)
    own, cells = target_weights(panel, levels, periods)
    gap = scaled - _fitted(scaled, panel.clean, levels.weight, periods)
    whole = np.where(panel.targets[..., None], levels.scale[None, :, None, None] * gap[None], 0.0)
    total = whole.sum(axis=(1, 2)).ravel()
    pattern = own - cells
    lending = _lending(panel, pattern)
    if lending.sum(axis=1).min() >= MIN_DONORS:
        influence, dof = _borrowed(panel, levels, gap, pattern, lending)
    else:
        influence, dof = _left_out(panel, levels, gap, pattern)
    return Total(total, influence, dof)


def region_levels(panel: Panel) -> Levels:
    """Levels by proportional fitting on clean cells; noise as a + b / level, moved towards each region's own."""
    scale = _scale(panel.outcomes @ panel.profit, panel.clean)
    scaled = panel.outcomes @ panel.profit / scale[:, None]
    weight = np.ones(len(scale))
    for _ in range(2):  # the noise model needs residuals, the residuals need weights
        gap = scaled - _fitted(scaled[..., None], panel.clean, weight, _two_way(panel.clean, weight))[..., 0]
        count = panel.clean.sum(axis=1)
        own = np.maximum(np.sum(np.where(panel.clean, gap**2, 0.0), axis=1) / np.maximum(count - 1, 1), _QUIET)
        modelled = _noise_by_size(own, scale, count)
        weight = modelled.mean() / modelled
    return Levels(scale, _towards_own(own, modelled, count - 1.0), weight)


def _scale(y: Floats, clean: Bools) -> Floats:
    """s_u with y_ut about s_u g_t on clean cells; a region near or below zero gets a hundredth of the median level."""
    kept = np.where(clean, y, 0.0)
    scale = kept.sum(axis=1) / np.maximum(clean.sum(axis=1), 1)
    floor = 0.01 * float(np.median(scale[scale > 0])) if np.any(scale > 0) else 0.0
    if floor <= 0:
        return np.ones(len(y))
    for _ in range(200):
        season = kept.sum(axis=0) / np.maximum(np.maximum(scale, floor) @ clean, 1e-300)
        season = np.maximum(np.where(clean.any(axis=0), season, 1.0), 0.05)
        before, scale = scale, kept.sum(axis=1) / np.maximum(clean @ season, 1e-300)
        if np.max(np.abs(scale - before)) < 1e-8 * floor:
            break
    return np.asarray(np.maximum(scale, floor), dtype=np.float64)


def _noise_by_size(own: Floats, scale: Floats, count: NDArray[np.int64]) -> Floats:
    """Fit variance = a + b / level with a, b >= 0, by least squares on relative errors."""
    from scipy.optimize import nnls

    inverse, used = np.median(scale) / scale, count > 2
    fitted = np.full(len(own), own[used].mean() if used.any() else 1.0)
    for _ in range(5):
        design = np.column_stack([np.ones(len(own)), inverse]) / fitted[:, None]
        (a, b), _ = nnls(design[used] * np.sqrt(count[used])[:, None], (own / fitted * np.sqrt(count))[used])
        fitted = np.maximum(a + b * inverse, _QUIET)
    return fitted


def _towards_own(own: Floats, modelled: Floats, free: Floats) -> Floats:
    """Move the modelled noise towards a region's own as far as regions differ more than chance explains.

    A region's own variance has `free` degrees of freedom, so its logarithm has variance 2 / free.
    """
    used = free > 1
    if used.sum() < 3:
        return modelled
    ratio, chance = np.log(own[used] / modelled[used]), 2 / free[used]
    between = max(0.0, float(np.var(ratio) - chance.mean()))
    moved = modelled.copy()
    moved[used] *= np.exp(ratio * between / (between + chance))
    return moved


def _two_way(clean: Bools, weight: Floats) -> Periods:
    """Normal equations of the periods after the regions' own effects are taken out."""
    present = clean * weight[:, None]
    count = np.maximum(clean.sum(axis=1), 1)
    normal = np.diag(present.sum(axis=0)) - present.T @ (clean / count[:, None])
    return Periods(normal)


def _fitted(scaled: Floats, clean: Bools, weight: Floats, periods: Periods) -> Floats:
    """alpha_u + lambda_t for every cell and column, shape (U, T, k)."""
    count = np.maximum(clean.sum(axis=1), 1)[:, None]
    kept = np.where(clean[..., None], scaled, 0.0)
    centred = np.where(clean[..., None], scaled - (kept.sum(axis=1) / count)[:, None], 0.0)
    season = periods.solve(np.einsum("u,utk->tk", weight, centred))
    level = (kept.sum(axis=1) - clean @ season) / count
    fitted: Floats = level[:, None] + season[None]
    return fitted


def target_weights(panel: Panel, levels: Levels, periods: Periods) -> tuple[Floats, Floats]:
    """Weights of scaled outcomes in the totals: of the target cells, and of the clean cells to be subtracted.

    Both have shape (G, U, T); per region and group they sum to the same number.
    """
    own = panel.targets * levels.scale[None, :, None]
    count = panel.clean.sum(axis=1)
    if np.any(panel.treated & (count == 0)):
        raise EstimationError("a region has no period without the promotion: its own level cannot be known")
    share = panel.clean / np.maximum(count, 1)[:, None]
    asked = own.sum(axis=1) - np.einsum("gu,ut->gt", own.sum(axis=2), share)
    shadow = periods.solve(asked.T).T
    if np.max(np.abs(shadow @ periods.normal - asked), initial=0.0) > 1e-6 * max(1.0, float(np.abs(asked).max())):
        raise EstimationError("the promotion ran in every region at once: no clean region shows what a period was like")
    level = own.sum(axis=2)[:, :, None] * share[None]
    season = shadow[:, None, :] - np.einsum("gt,ut->gu", shadow, share)[..., None]
    cells = level + levels.weight[None, :, None] * np.where(panel.clean[None], season, 0.0)
    return own, cells


def _lending(panel: Panel, pattern: Floats) -> Bools:
    """Which untreated region can stand in for which treated one, shape (n_treated, n_untreated).

    It must be clean under most of the treated region's weight, inside the affected periods and outside.
    """
    weight = np.abs(pattern.sum(axis=0))[panel.treated]
    clean = panel.clean[~panel.treated]
    able = np.ones((len(weight), len(clean)), dtype=np.bool_)
    for cells in (panel.touched[panel.treated], panel.clean[panel.treated]):
        part = np.where(cells, weight, 0.0)
        able &= part @ clean.T >= _SEEN * part.sum(axis=1, keepdims=True)
    return able


def _borrowed(panel: Panel, levels: Levels, gap: Floats, pattern: Floats, lending: Bools) -> tuple[Floats, float]:
    """Error contributions: controls by their own residuals, treated regions by the lenders' under their pattern."""
    share = levels.weight[:, None] / np.maximum(levels.weight @ panel.clean, 1e-300)[None]
    # leaving a region out of the season that it is compared with undoes 1 - share; its variance needs half of that
    clear = np.where(panel.clean[..., None], gap / np.sqrt(1 - np.minimum(share, 0.9))[..., None], 0.0)
    untreated = ~panel.treated
    rows = np.einsum("gut,utk->ugk", pattern[:, untreated], clear[untreated]).reshape(int(untreated.sum()), -1)
    standard = clear[untreated] / np.sqrt(levels.noise[untreated])[:, None, None]
    size = np.sum(pattern.sum(axis=0) ** 2, axis=1) * levels.noise
    each, lent = size[untreated].copy(), []
    for i, unit in enumerate(np.flatnonzero(panel.treated)):  # one pass per treated region
        lenders = lending[i]
        weights = _fitting(pattern[:, unit], panel.touched[unit], panel.clean[untreated][lenders])
        scale = np.sqrt(levels.noise[unit] / lenders.sum())
        lent.append(scale * np.einsum("cgt,ctk->cgk", weights, standard[lenders]).reshape(int(lenders.sum()), -1))
        each[lenders] += size[unit] / lenders.sum()
    dof = max(1.0, each.sum() ** 2 / np.sum(each**2) - 1)
    return np.concatenate([rows, _condensed(np.concatenate(lent))]), float(dof)


def _fitting(pattern: Floats, touched: Bools, clean: Bools) -> Floats:
    """A treated region's pattern (G, T) on the clean cells of lenders (n, T): each part keeps its weight, (n, G, T)."""
    worn = pattern[None] * clean[:, None]
    for cells in (touched, ~touched):
        full, left = np.abs(pattern[:, cells]).sum(axis=1), np.abs(worn[..., cells]).sum(axis=2)
        worn[..., cells] *= np.where(left > 0, full / np.maximum(left, 1e-300), 0.0)[..., None]
    return worn


def _left_out(panel: Panel, levels: Levels, gap: Floats, pattern: Floats) -> tuple[Floats, float]:
    """Without donors: residuals around the other regions' mean relative effect (conservative, leave-one-out)."""
    touched, treated = panel.touched, panel.treated
    if treated.sum() < 2:
        raise EstimationError(f"one treated region needs {MIN_DONORS} regions that are clean throughout")
    cells = touched.sum(axis=1)
    effect = np.where(touched[..., None], levels.scale[:, None, None] * gap, 0.0).sum(axis=1)
    size = levels.scale * cells
    others = (effect[treated].sum(axis=0) - effect) / np.maximum(size.sum() - size, 1e-300)[:, None]
    rest = np.where(touched[..., None], gap - others[:, None], gap)
    share = levels.weight[:, None] / np.maximum(levels.weight @ panel.clean, 1e-300)[None]
    rest = np.where(panel.clean[..., None], rest / np.sqrt(1 - np.minimum(share, 0.9))[..., None], rest)
    rows = np.einsum("gut,utk->ugk", pattern, rest).reshape(len(treated), -1)
    each = np.sum(pattern.sum(axis=0) ** 2, axis=1) * levels.noise
    return rows, float(max(1.0, each.sum() ** 2 / np.sum(each**2) - 1))


def _condensed(rows: Floats) -> Floats:
    """At most as many rows as columns with the same sum of squares and products."""
    if len(rows) <= rows.shape[1]:
        return rows
    values, vectors = np.linalg.eigh(rows.T @ rows)
    return np.asarray(np.sqrt(np.maximum(values, 0.0))[:, None] * vectors.T, dtype=np.float64)
