"""Judging one stretch of days against its forecast: the series, its totals by column, its calibration, its checks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from netlift.evaluation.designs.contrast import Floats
from netlift.evaluation.designs.counterfactual import (
    BLOCK,
    SIDE,
    Bools,
    DayIndex,
    Layout,
    Placebos,
    Series,
    Shape,
    blocks,
    fit,
    noise,
    try_windows,
)
from netlift.evaluation.price_cuts import united
from netlift.history.columns import COLUMNS, MEASURES, PHASES, SCOPES, profit
from netlift.types import Check

METHOD = "masked-counterfactual"
TOLERANCE = 0.05
"""A day counts as unpromoted while less than this share of usual sales is reduced or in wash-out."""
MIN_WEEKS = 8
"""Unpromoted weeks below which the interval is rough."""
PRIOR_WINDOWS = 10
"""Placebo windows of a series' own that count as much as what all others say."""
PEAK = 1.25
"""Sales of the rest of the shop in the window, against the season, above which it was timed on a peak."""
PLACEBO_LIMIT = 2.58
"""A placebo this many standard errors from zero fails; by chance one in a hundred does."""


def money_parts(fee_rate: float) -> Floats:
    """Coefficients (len(MEASURES),) that make the measures of one scope a profit."""
    whole = profit(fee_rate)
    return np.array([whole[COLUMNS.index((PHASES[0], SCOPES[0], measure))] for measure in MEASURES])


def unpromoted(running: Floats, washing: Floats, need: int, free: Bools | bool = True) -> Bools:
    """Days that may speak for the baseline, shape of `running`.

    Strictly those on which next to nothing runs or is washed out; where they are fewer than `need`, those with no
    more running than on a day in the lower half (shops with something on offer every week).
    """
    strict = (running + washing <= TOLERANCE) & free
    usual = np.maximum(TOLERANCE, np.quantile(running, 0.5, axis=1, keepdims=True))
    enough = strict.sum(axis=1, keepdims=True) >= need
    return np.where(enough, strict, (running <= usual) & free)


@dataclass(frozen=True, slots=True)
class Unit:
    """A cut's goods with the rest of their categories: the series that is forecast."""

    rows: Bools
    """Its categories; all of them if it is broad."""
    broad: bool
    """It covers so much of the shop that the whole shop is judged."""
    money: Floats
    """By scope (offer, category, elsewhere), day and measure; unknown or not judged scopes are zero."""
    window: Bools
    after: Bools
    """Days of the wash-out that no other cut covers."""
    base: Bools
    """Unpromoted days."""
    beside: Floats
    """Share of the goods' usual sales that other cuts reduce, by day."""
    index: DayIndex

    def layout(self, length: int, guard: int) -> Layout:
        """What a placebo window must look like to stand for this one: known on the same sides."""
        days = np.flatnonzero(self.window)
        before, after = int(self.base[: days[0]].sum()), int(self.base[days[-1] :].sum())
        if before < SIDE and after < SIDE:
            return Layout(length, guard)
        return Layout(length, guard, before=before >= SIDE, after=after >= SIDE)

    def profit(self, parts: Floats) -> Floats:
        """Profit of all scopes by day, shape (n_days,)."""
        return np.asarray(self.money.sum(axis=0) @ parts)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Sums over all stretches of a cut, one column per `columns.COLUMNS`."""

    total: Floats
    influence: Floats
    weekly: Floats
    """Deviations from the forecast in unpromoted weeks near the cut, shape (n_weeks, n_measures)."""

    def spread(self, parts: Floats) -> float:
        """Standard deviation of a week's profit around the forecast."""
        profits = self.weekly @ parts
        return float(np.sqrt(np.mean(profits[profits != 0] ** 2))) if np.any(profits) else 0.0


def forecast(unit: Unit, spans: Sequence[tuple[int, int]], washout: int, shape: Shape) -> Forecast:
    """Actual less forecast by column, with its errors; each separate stretch of days gets a local baseline."""
    x, y = unit.index.of(shape), np.concatenate(list(unit.money), axis=1)
    days, n = np.arange(len(x)), y.shape[1]
    total, shared = np.zeros(len(COLUMNS)), np.zeros((-(-len(x) // BLOCK), len(COLUMNS)))
    alone: list[Floats] = []
    for start, end in united((start, end + washout) for start, end in spans):
        model = fit(x, unit.base[None].astype(np.float64), np.array([start]), np.array([end]), shape)
        here = (days >= start) & (days < end)
        for phase, mask in enumerate((unit.window & here, unit.after & here)):
            columns = slice(phase * n, (phase + 1) * n)
            target = mask[None].astype(np.float64)
            weights = model.weights(target)
            total[columns] += (target - weights)[0] @ y
            base, own = noise(model, y, weights[0], target[0], 0)
            shared[:, columns] += base
            alone.append(np.zeros_like(shared))
            alone[-1][:, columns] = own
    weekly = blocks(len(x)).T @ model.residual(y, 0)
    return Forecast(total, np.concatenate([shared, *alone]), weekly.reshape(len(weekly), len(SCOPES), -1).sum(axis=1))


def calibration(bank: Placebos, level: float, mine: int | None = None) -> tuple[float, float]:
    """Factor on the standard error and degrees of freedom, from the placebo windows.

    The width that holds `level` of all placebo windows, times how much wilder series `mine` is than the others
    (its mean squared miss, shrunk towards theirs as if they had shown it in `PRIOR_WINDOWS` windows).
    """
    n = len(bank.miss)
    if n < 20:
        spread = float(np.sqrt(np.mean(bank.miss**2))) if n else 1.0
        return max(spread, 1.0), float(max(n - 1, 1))
    own, usual = bank.miss[bank.series == mine], float(np.mean(bank.miss**2))
    wilder = (PRIOR_WINDOWS * usual + float(np.sum(own**2))) / ((PRIOR_WINDOWS + len(own)) * usual)
    return max(bank.widen(level) * math.sqrt(wilder), 0.5), math.inf


def before_check(unit: Unit, parts: Floats, span: tuple[int, int], shape: Shape, widen: float) -> Check:
    """The stretch right before the first window, judged as if it had been the promotion."""
    length = min(span[1] - span[0], 4 * BLOCK)
    start = span[0] - length
    if start < 0 or unit.base[start : span[0]].mean() < 0.6:
        return Check("placebo_before", None, math.nan, PLACEBO_LIMIT)
    one = Series(unit.profit(parts), unit.index, unit.base)
    trial = try_windows(one, np.array([start]), Layout(length), shape)
    miss = float(abs(trial.standardised()[0])) / widen
    return Check("placebo_before", miss <= PLACEBO_LIMIT, miss, PLACEBO_LIMIT)


def coverage_check(bank: Placebos, mine: int | None, level: float) -> Check:
    """Share of placebo windows inside the interval: of the own category where it has ten, else cross-checked."""
    own = bank.series == mine
    if len(bank.miss) < 10:
        return Check("placebo_coverage", None, math.nan, level, {"windows": float(len(bank.miss))})
    if own.sum() >= 10:
        halves = [(own, ~own)] if (~own).sum() >= 20 else [(own, own)]
    else:
        odd = bank.series % 2 == 1 if len(np.unique(bank.series)) > 1 else np.arange(len(bank.miss)) % 2 == 1
        halves = [(odd, ~odd), (~odd, odd)]
    held = np.concatenate([
        np.abs(bank.miss[test]) <= replace(bank, miss=bank.miss[learn]).reach(level) for test, learn in halves
    ])  # fmt: skip
    n = len(held)
    limit = level - 1.645 * math.sqrt(level * (1 - level) / (n / 2))  # windows overlap by half
    return Check("placebo_coverage", bool(held.mean() >= limit), float(held.mean()), limit, {"windows": float(n)})


def days_check(unit: Unit) -> Check:
    """Enough unpromoted weeks to know the uncertainty."""
    weeks = float(unit.base.sum()) / BLOCK
    return Check("clusters", weeks >= MIN_WEEKS, weeks, MIN_WEEKS)


def timing_check(unit: Unit) -> Check:
    """Whether the rest of the shop peaked in the window: the forecast follows such a peak, but not surely in full."""
    shock = unit.index.peak[unit.window & (unit.index.smooth > 0)]
    peak = float(shock.mean()) if len(shock) else 1.0
    return Check("timing", peak <= PEAK, peak, PEAK)


def observed_check(spans: Sequence[tuple[int, int]], washout: int, n_days: int) -> Check:
    """Whether the data reach to the end of the last wash-out."""
    asked = sum(end - start for start, end in united((start, end + washout) for start, end in spans))
    there = sum(min(end, n_days) - start for start, end in united((start, end + washout) for start, end in spans))
    share = there / asked
    return Check("window_observed", share >= 0.99, share, 1.0, {"days": float(there), "asked": float(asked)})


def before_after(unit: Unit, spans: Sequence[tuple[int, int]], parts: Floats) -> int | None:
    """Profit in the windows less profit in as many days right before each."""
    if any(2 * start - end < 0 for start, end in spans):
        return None
    y = unit.profit(parts)
    return round(sum(float(y[start:end].sum() - y[2 * start - end : start].sum()) for start, end in spans))
