"""What would have been sold anyway: a masked counterfactual on daily series, calibrated on placebo windows.

A category's sales follow the rest of the shop (season, weekday, festivals: the day index x_d, leaving the category
out) times a level of its own that drifts slowly. The level is read from the days on which nothing was on offer,
near the promotion more than far from it:

    y_d = x_d (alpha + gamma t_d) + noise,  Var(noise) ~ x_d,  weight of day d: exp(-distance / reach),

so that the baseline of the masked days T is sum_T x_d (alpha + gamma t_d), a fixed weighting w of the unmasked days.
How local, how much of the daily shocks of the index, with or without slope: whatever misses least on *placebo
windows*, windows of the same lengths in which nothing ran. Their misses, in units of the model's own standard error,
also set the width of the intervals (split conformal calibration: Lei, G'Sell, Rinaldo, Tibshirani & Wasserman 2018,
doi:10.1080/01621459.2017.1307116).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netlift.evaluation.designs.contrast import Floats

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

BLOCK = 7
"""Days whose errors may depend on each other; blocks are taken as independent clusters."""


FEAST = 3.5
"""Robust standard deviations from which on a day's shock is a feast, not noise."""
FEW = 60
"""Placebo windows below which each is judged under the shape that the others choose; else choosing flatters them."""
SIDE = 28
"""Unpromoted days on a side of a window from which on that side counts as known."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One way to draw a baseline; the placebo windows choose among `SHAPES`."""

    reach: float
    """Days over which the memory of the level fades by 1/e; infinite: all days count the same."""
    shock: float
    """Share of the index's day-to-day shocks that the category is taken to follow, 0..1."""
    slope: bool
    """Whether the level may drift in a straight line."""


SHAPES = tuple(
    Shape(reach, shock, slope)
    for reach in (14.0, 28.0, 56.0, np.inf)
    for shock in (0.0, 0.5, 1.0)
    for slope in (False, True)
)


@dataclass(frozen=True, slots=True)
class DayIndex:
    """What the rest of the shop says about each day of one series; shapes (n_days,)."""

    smooth: Floats
    """Season, weekday and feasts; 0 on days on which the shop was closed."""
    shock: Floats
    """The day's deviation from it, 1 on an ordinary day."""
    peak: Floats
    """Sales against season and weekday, feasts not taken out: 2 on a day that sells twice as much."""

    def of(self, shape: Shape) -> Floats:
        """The index with the share of its shocks that `shape` asks for."""
        return np.asarray(self.smooth * self.shock**shape.shock)


@dataclass(frozen=True, slots=True)
class Season:
    """Levels of the categories and factors of the days, read from the cells in which nothing was on offer.

    Sales are level times factor (alternating sums: the Poisson maximum likelihood of a two-way table with holes).
    """

    cells: Floats
    """List revenue of clean cells, 0 elsewhere; shape (n_categories, n_days)."""
    clean: Bools
    level: Floats
    """Sales of a category on a mean day, shape (n_categories,)."""
    factor: Floats
    """Factor of each day, about 1 in the mean, shape (n_days,)."""
    pattern: Floats
    """Typical factor of the day's weekday against the week around it, shape (n_days,)."""
    opened: Bools
    """Days with any sales."""
    kernel: Floats
    """Weights of the moving average that tells season from shock, shape (n_days, n_days)."""

    def leaving(self, out: Bools) -> DayIndex:
        """The day index from all categories that are not in `out` (n_categories,), so that none explains itself.

        Where the others are less than a twentieth of the shop, only the series' own clean days are left: the index
        is their weekdays, and the place of the shocks is taken by their season.
        """
        rest = ~out
        alone = self.level[rest].sum() < 0.05 * self.level.sum()
        used = np.ones_like(out) if alone else rest
        bottom = (self.clean[used] * self.level[used][:, None]).sum(axis=0)
        known = (bottom > 0.2 * bottom.max()) & self.opened & (self.pattern > 0)
        raw = np.divide(self.cells[used].sum(axis=0), bottom, out=np.ones_like(bottom), where=known)
        flat = np.divide(raw, self.pattern, out=np.ones_like(raw), where=known)
        weights = bottom * known
        trend = _ratio((flat * weights) @ self.kernel, weights @ self.kernel, 1.0)
        plain = self.pattern * self.opened
        if alone:
            return DayIndex(plain, trend, np.ones_like(plain))
        smooth = trend * plain
        shock = np.divide(raw, smooth, out=np.ones_like(raw), where=known & (smooth > 0)).clip(0.05, 20.0)
        feast = _stands_out(shock, known)
        return DayIndex(np.where(feast, smooth * shock, smooth), np.where(feast, 1.0, shock), shock)


def season(sales: Floats, clean: Bools, weekday: Ints, *, sd_days: float = 10.0) -> Season:
    """Read season, weekdays and shocks of a shop.

    Args:
        sales: list revenue, shape (n_categories, n_days).
        clean: cells in which nothing ran and nothing was being washed out, same shape.
        weekday: 0..6 of each day, shape (n_days,).
        sd_days: standard deviation of the Gaussian that separates season from shock.
    """
    cells = np.where(clean, sales, 0.0)
    level, factor = _two_way(cells, clean)
    opened = sales.sum(axis=0) > 0
    days = np.arange(sales.shape[1])
    kernel = np.exp(-0.5 * ((days[:, None] - days[None, :]) / sd_days) ** 2)
    return Season(cells, clean, level, factor, _weekdays(factor, opened, weekday), opened, kernel)


def _stands_out(shock: Floats, known: Bools) -> Bools:
    """Days too far from the season to be chance (feasts, closing early): they are part of the calendar."""
    size = np.abs(np.log(shock))
    usual = 1.4826 * float(np.median(size[known])) if known.any() else 0.0
    return np.asarray(known & (size > max(FEAST * usual, 0.05)))


def _two_way(cells: Floats, clean: Bools) -> tuple[Floats, Floats]:
    """Levels of the categories (mean sales per day) and factors of the days (mean about 1)."""
    factor = np.ones(cells.shape[1])
    level = np.zeros(cells.shape[0])
    for _ in range(15):
        level = _ratio(cells.sum(axis=1), (clean * factor).sum(axis=1))
        factor = _ratio(cells.sum(axis=0), (clean * level[:, None]).sum(axis=0), 1.0)
    return level, factor


def _ratio(top: Floats, bottom: Floats, empty: float = 0.0) -> Floats:
    return np.divide(top, bottom, out=np.full_like(top, empty), where=bottom > 0)


def _weekdays(factor: Floats, opened: Bools, weekday: Ints) -> Floats:
    """Typical factor of each day's weekday, against the week around it."""
    window = np.ones(7)
    around = _ratio(np.convolve(factor * opened, window, "same"), np.convolve(opened * 1.0, window, "same"), 1.0)
    typical = np.array([
        factor[pick].sum() / max(around[pick].sum(), 1e-12) if (pick := (weekday == day) & opened).any() else 0.0
        for day in range(7)
    ])  # fmt: skip
    return np.asarray(typical[weekday], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Fit:
    """Baselines of one or several windows of a series, linear in the outcomes.

    The level at day d is `(h0 + h1 t_d) @ y`; shapes (n_windows, n_days).
    """

    x: Floats
    """Day index, shape (n_days,)."""
    t: Floats
    """Time from the window's middle, in reaches."""
    base: Floats
    """1 on days that speak for the baseline."""
    near: Floats
    """Weight of each such day for the size of the noise: the nearest month or two."""
    h0: Floats
    h1: Floats

    def weights(self, target: Floats) -> Floats:
        """Weights of the baseline days that predict the sum over `target`; shapes (n_windows, n_days)."""
        g0 = (target * self.x).sum(axis=1, keepdims=True)
        g1 = (target * self.x * self.t).sum(axis=1, keepdims=True)
        return g0 * self.h0 + g1 * self.h1

    def residual(self, y: Floats, row: int) -> Floats:
        """Deviation of each day from the line of one window; `y` and result have shape (n_days, k)."""
        level = (self.h0[row] @ y)[None, :] + self.t[row][:, None] * (self.h1[row] @ y)[None, :]
        return (y - self.x[:, None] * level) * self.base[row][:, None]


def fit(x: Floats, base: Floats, starts: Ints, ends: Ints, shape: Shape) -> Fit:
    """Fit the level around windows [start, end) from the days in `base`.

    Args:
        x: day index, shape (n_days,).
        base: 1 on days that may speak for the baseline of a window, shape (n_windows, n_days).
        starts: first day of each window.
        ends: first day after it.
        shape: how local, and whether with a slope.
    """
    days = np.arange(len(x))[None, :]
    distance = np.maximum(0, np.maximum(starts[:, None] - days, days - ends[:, None] + 1))
    memory = base * np.exp(-distance / shape.reach)
    scale = min(shape.reach, len(x) / 2)
    t = (days - (starts + ends - 1)[:, None] / 2) / scale
    strength = memory * x / np.maximum(x, 0.05 * x.mean())
    s0, s1, s2 = ((strength * x * t**power).sum(axis=1, keepdims=True) for power in range(3))
    left = (strength * x * (t < 0)).sum(axis=1, keepdims=True)
    two_sided = np.minimum(left, s0 - left) > 0.15 * s0
    bends = two_sided & (s0 * s2 - s1**2 > 1e-9 * s0 * s2) & shape.slope
    s1 = np.where(bends, s1, 0.0)
    s2 = np.where(bends, s2, 1.0)
    bottom = np.maximum(s0 * s2 - s1**2, 1e-300)
    h0 = strength * (s2 - s1 * t) / bottom
    h1 = np.where(bends, strength * (s0 * t - s1) / bottom, 0.0)
    return Fit(x, t, base, base * np.exp(-distance / min(shape.reach, 28.0)), h0, h1)


def blocks(n_days: int) -> Floats:
    """Membership of days in blocks of a week, shape (n_days, n_blocks)."""
    index = np.arange(n_days) // BLOCK
    return np.asarray(index[:, None] == np.arange(index[-1] + 1)[None, :], dtype=np.float64)


def noise(model: Fit, y: Floats, weights: Floats, target: Floats, row: int) -> tuple[Floats, Floats]:
    """Contributions of blocks to the error of one window: of the baseline days, and of the masked days' own noise.

    The masked days' noise cannot be seen; it is taken from the residuals of the days around, scaled to the length
    of the target.

    Args:
        model: the fit.
        y: outcomes, shape (n_days, k).
        weights: of the baseline days, shape (n_days,).
        target: 1 on masked days, shape (n_days,).
        row: which window of the fit.

    Returns:
        Two arrays of shape (n_blocks, k).
    """
    member = blocks(len(y))
    residual = model.residual(y, row)
    base = member.T @ (weights[:, None] * residual)
    near = member.T @ model.near[row]
    size = member.T @ (model.base[row] * model.x)
    amount = float((target * model.x).sum()) * near / max(float((near * size).sum()), 1e-300)
    return base, np.sqrt(amount)[:, None] * (member.T @ residual)


@dataclass(frozen=True, slots=True)
class Placebos:
    """Windows in which nothing ran, and how far the baseline missed them."""

    shape: Shape
    """The one that missed least."""
    miss: Floats
    """Outcome less baseline in units of the model's standard error, shape (n_placebos,)."""
    series: Ints
    """Which series each was tried on."""
    start: Ints
    """First day of each."""

    def reach(self, level: float) -> float:
        """The ceil((n + 1) level)-th smallest miss in the model's standard errors, or the largest."""
        n = len(self.miss)
        if not n:
            return np.nan
        return float(np.sort(np.abs(self.miss))[min(n, int(np.ceil((n + 1) * level - 1e-9))) - 1])

    def widen(self, level: float) -> float:
        """Factor on the model's standard error that makes the interval at `level` hold that share of placebos."""
        from scipy.stats import norm

        return self.reach(level) / float(norm.ppf((1 + level) / 2))


@dataclass(frozen=True, slots=True)
class Series:
    """One series on which placebo windows are tried."""

    profit: Floats
    """Shape (n_days,)."""
    index: DayIndex
    base: Bools
    """Days on which nothing ran."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A window with its wash-out, and which days around it speak for its baseline."""

    length: int
    """Days of window and wash-out."""
    guard: int = 0
    """Days after them that do not speak."""
    before: bool = True
    """Whether days before the window speak."""
    after: bool = True
    """Whether days after the guard speak."""

    def hidden(self, since: Ints) -> Bools:
        """Days that do not speak, by days since the window's start."""
        inside = (since >= 0) & (since < self.length + self.guard)
        return np.asarray(inside | ((since < 0) & (not self.before)) | ((since >= self.length) & (not self.after)))


def placebos(series: Sequence[Series], layout: Layout, *, most: int = 600) -> Placebos:
    """Slide windows of the same layout over the days on which nothing ran.

    Returns:
        The shape that misses least (mean squared miss, each series in its own unit), with its misses in standard
        errors.
    """
    spots = _spots(np.array([one.base for one in series]), layout, most)
    owner = np.concatenate([np.full(len(starts), c) for c, starts in spots] or [np.empty(0, dtype=np.int64)])
    first = np.concatenate([starts for _, starts in spots] or [np.empty(0, dtype=np.int64)])
    if not spots:
        return Placebos(Shape(56.0, 0.0, slope=False), np.empty(0), owner, first)
    missed = np.array([_tried(series, spots, layout, shape, standardised=False) for shape in SHAPES])
    best = _least(missed, owner)
    if len(owner) >= FEW:
        return Placebos(SHAPES[best], _tried(series, spots, layout, SHAPES[best], standardised=True), owner, first)
    scaled = np.array([_tried(series, spots, layout, shape, standardised=True) for shape in SHAPES])
    others = ~np.eye(len(owner), dtype=bool)
    honest = [_least(missed[:, keep], owner[keep]) if keep.any() else best for keep in others]
    return Placebos(SHAPES[best], scaled[honest, np.arange(len(owner))], owner, first)


def _tried(
    series: Sequence[Series], spots: Sequence[tuple[int, Ints]], layout: Layout, shape: Shape, *, standardised: bool
) -> Floats:
    """Misses of all placebo windows under one shape, in money or in standard errors."""
    trials = [try_windows(series[c], starts, layout, shape) for c, starts in spots]
    return np.concatenate([trial.standardised() if standardised else trial.missed for trial in trials])


def _spots(base: Bools, layout: Layout, most: int) -> list[tuple[int, Ints]]:
    """First days of placebo windows by series: at least 80 % of the window unpromoted, and enough days beside it."""
    length, n_days = layout.length, base.shape[1]
    if n_days <= length:
        return []
    total = np.concatenate([np.zeros((len(base), 1)), np.cumsum(base, axis=1)], axis=1)
    start = np.arange(n_days - length + 1)
    before = total[:, start]
    after = total[:, -1:] - total[:, np.minimum(start + length + layout.guard, n_days)]
    fits = total[:, start + length] - before >= 0.8 * length
    fits &= (before >= SIDE) | (not layout.before)
    fits &= (after >= SIDE) | (not layout.after)
    step = max(1, length // 2)
    while (fits[:, ::step]).sum() > most:
        step += 1
    spots = [(c, np.flatnonzero(fits[c, ::step]) * step) for c in range(len(base))]
    return [(c, starts) for c, starts in spots if len(starts)]


@dataclass(frozen=True, slots=True)
class Trial:
    """Windows of one series, judged under one shape."""

    series: Series
    model: Fit
    target: Floats
    weights: Floats

    @property
    def missed(self) -> Floats:
        """Outcome less baseline, shape (n_windows,)."""
        return np.asarray((self.target - self.weights) @ self.series.profit)

    def standardised(self) -> Floats:
        """The misses in the model's standard errors."""
        y = self.series.profit[:, None]
        parts = [noise(self.model, y, self.weights[row], self.target[row], row) for row in range(len(self.target))]
        variance = np.array([np.sum(base**2) + np.sum(own**2) for base, own in parts])
        return self.missed / np.sqrt(np.maximum(variance, 1e-300))


def try_windows(one: Series, starts: Ints, layout: Layout, shape: Shape) -> Trial:
    """Forecast windows from each start, from the unpromoted days that the layout lets speak."""
    since = np.arange(len(one.profit))[None, :] - starts[:, None]
    target = ((since >= 0) & (since < layout.length) & one.base).astype(float)
    base = (~layout.hidden(since) & one.base).astype(float)
    model = fit(one.index.of(shape), base, starts, starts + layout.length, shape)
    return Trial(one, model, target, model.weights(target))


def _least(missed: Floats, owner: Ints) -> int:
    """Row with the smallest mean squared miss, after each series is brought to its own typical miss."""
    scaled = np.empty_like(missed)
    for c in np.unique(owner):
        mine = owner == c
        scaled[:, mine] = missed[:, mine] / max(float(np.median(np.abs(missed[:, mine]))), 1e-300)
    return int(np.argmin(np.mean(np.minimum(scaled**2, 25.0), axis=1)))
