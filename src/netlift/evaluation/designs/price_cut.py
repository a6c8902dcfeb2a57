"""A price cut for everybody: what its goods and their category would have sold, from the days without any cut.

Estimand: profit over windows and wash-outs less the profit had the cut not run, in the parts of `columns.COLUMNS`:
goods on offer in the window (gross lift), the same in the wash-out (pulled forward), other goods of the category in
both (cannibalised). Other categories (halo) move by less than the trade of a shop does by itself, so their columns
stay zero, unless the cut is so broad that the shop as a whole is judged.

One set of weights of unpromoted days (`counterfactual.py`) meets all parts, so a waterfall adds up; its error comes
from placebo windows of the same length, in this and all other categories.
"""

from dataclasses import dataclass

import numpy as np

from netlift.errors import Reason
from netlift.evaluation.designs.contrast import Contrast
from netlift.evaluation.designs.counterfactual import BLOCK, Bools, Layout, Placebos, Series, placebos, season
from netlift.evaluation.designs.masked import (
    METHOD,
    TOLERANCE,
    Unit,
    before_after,
    before_check,
    calibration,
    coverage_check,
    days_check,
    forecast,
    money_parts,
    observed_check,
    timing_check,
    unpromoted,
)
from netlift.evaluation.designs.panels import Panels, Usage
from netlift.evaluation.price_cuts import PriceCut
from netlift.evaluation.results import Naive
from netlift.history.columns import MEASURES
from netlift.types import Check, Grade

BROAD = 0.4
"""A cut whose categories make more than this share of the shop leaves no rest to compare with: the shop is judged."""
TRIED = 80
"""Categories, the largest, on which placebo windows are tried."""
SEEN = 0.5
"""Share of its windows that the data must cover."""


@dataclass(frozen=True, slots=True)
class PriceCutEstimate:
    """What a price cut changed, against the forecast from unpromoted days."""

    contrast: Contrast
    """Over `columns.COLUMNS`; scope `elsewhere` is zero unless `halo_estimated`."""
    checks: tuple[Check, ...]
    grade: Grade
    """Before the checks: quasi-experimental; `assemble.graded` lowers it."""
    washout_days: int
    discount_minor: int
    """Discount on the goods inside the windows, all parties' shares."""
    funded_minor: int
    list_minor: int
    """Value at the usual price of the goods sold inside the windows."""
    usage: Usage
    naive: Naive
    halo_estimated: bool
    spread: float
    """Standard deviation of the week's profit around the forecast, minor units; for planning a test."""


class PriceCutJudge:
    """Judges the price cuts of one shop; what they share (season, placebo windows) is made once.

    Args:
        panels: the series.
        level: confidence level at which the intervals are calibrated.
        fee_rate: payment fees as a share of what customers pay.
    """

    def __init__(self, panels: Panels, *, level: float = 0.9, fee_rate: float = 0.0) -> None:
        self.panels, self.level = panels, level
        self._parts = money_parts(fee_rate)
        self._profit = panels.outcomes @ self._parts
        clean = unpromoted(panels.running, panels.washing, 4 * BLOCK)
        weekday = (panels.first_day + 3 + np.arange(panels.n_days)) % 7
        self._season = season(panels.outcomes[:, :, 0], clean, weekday)
        self._banks: dict[tuple[Layout, bool], Placebos] = {}
        size = panels.outcomes[:, :, 0].sum(axis=1)
        self._tried = size >= np.sort(size)[-min(TRIED, len(size))]

    def estimate(self, cut: PriceCut) -> PriceCutEstimate | Reason:
        """The effect of one cut, or why there is none to be had."""
        spans = self.panels.spans(cut)
        if spans[0][0] < 2 * BLOCK:
            return Reason.STARTS_BEFORE_DATA
        if self.panels.days(cut).sum() < SEEN * sum(end - start for start, end in spans):
            return Reason.ENDS_AFTER_DATA
        unit = self._unit(cut)
        if unit.money[0, unit.window].sum() <= 0:
            return Reason.NO_OUTCOME
        if unit.base.sum() < 4 * BLOCK:
            return Reason.NO_UNPROMOTED_PERIODS
        return self._estimated(cut, unit)

    def _unit(self, cut: PriceCut) -> Unit:
        """The cut's series. Without categories nothing is known of substitutes: only its own goods are judged."""
        panels, known = self.panels, "" not in cut.categories
        rows = panels.rows(cut) if known else np.zeros(len(panels.names), bool)
        own, shop = panels.own[cut.promotion_id], panels.outcomes.sum(axis=0)
        group = panels.outcomes[rows].sum(axis=0) if known else panels.recorded[cut.promotion_id]
        broad = bool(group[:, 0].sum() > BROAD * shop[:, 0].sum())
        nothing = np.zeros_like(own)
        rest = group - panels.recorded[cut.promotion_id] if known else nothing
        run, wash = panels.beside(cut, whole_category=known)
        window, after = panels.days(cut), panels.days(cut, panels.washout_days)
        free = ~(window | panels.days(cut, panels.hidden_days))
        usual = max(TOLERANCE, float(np.median(run[free])) if free.any() else 1.0)
        rows = rows | broad
        return Unit(
            rows=rows,
            broad=broad,
            money=np.stack([own, rest, shop - group if broad else nothing]),
            window=window,
            after=after & (run <= usual),
            base=unpromoted(run[None], wash[None], max(4 * BLOCK, int((~free).sum())), free)[0],
            beside=run,
            index=self._season.leaving(rows),
        )

    def _bank(self, unit: Unit, length: int) -> Placebos:
        """Placebo windows of about that length, in the largest categories.

        A broad cut leaves no rest of the shop to compare with, so only the shop's own past is left.
        """
        weeks = max(1, round(length / BLOCK))
        layout = unit.layout(weeks * BLOCK, self.panels.hidden_days - self.panels.washout_days)
        if (layout, unit.broad) not in self._banks:
            sets = [unit.rows] if unit.broad else [np.arange(len(unit.rows)) == c for c in np.flatnonzero(self._tried)]
            self._banks[layout, unit.broad] = placebos([self._placebo_series(rows) for rows in sets], layout)
        return self._banks[layout, unit.broad]

    def _place(self, unit: Unit) -> int | None:
        """Position of the cut's own series among those on which placebo windows were tried."""
        if unit.broad:
            return 0
        tried = np.flatnonzero(self._tried)
        mine = np.flatnonzero(unit.rows[tried])
        return int(mine[0]) if len(mine) == unit.rows.sum() == 1 else None

    def _placebo_series(self, rows: Bools) -> Series:
        running, washing = self.panels.around(rows)
        base = unpromoted(running[None], washing[None], 4 * BLOCK)[0]
        return Series(self._profit[rows].sum(axis=0), self._season.leaving(rows), base)

    def _estimated(self, cut: PriceCut, unit: Unit) -> PriceCutEstimate:
        panels, spans = self.panels, self.panels.spans(cut)
        length = int(np.median([end - start for start, end in spans])) + panels.washout_days
        bank = self._bank(unit, length)
        found = forecast(unit, spans, panels.washout_days, bank.shape)
        mine = self._place(unit)
        widen, dof = calibration(bank, self.level, mine)
        n_treated, n_control = len(cut.product_ids) * cut.weeks, int(unit.base.sum()) // BLOCK
        given = dict(zip(MEASURES, unit.money[0, unit.window].sum(axis=0), strict=True))
        usage = panels.usage[cut.promotion_id]
        return PriceCutEstimate(
            contrast=Contrast(found.total, found.influence, n_treated, n_control, METHOD, dof, widen),
            checks=self._checks(cut, unit, bank, widen),
            grade=Grade.QUASI,
            washout_days=panels.washout_days,
            discount_minor=round(float(given["discount"])),
            funded_minor=round(float(given["funding"])),
            list_minor=round(float(given["list_revenue"])),
            usage=usage,
            naive=Naive(before_after(unit, spans, self._parts), usage.revenue_minor),
            halo_estimated=unit.broad,
            spread=found.spread(self._parts),
        )

    def _checks(self, cut: PriceCut, unit: Unit, bank: Placebos, widen: float) -> tuple[Check, ...]:
        spans = self.panels.spans(cut)
        empty = self.panels.usage[cut.promotion_id].sold_out
        beside = float(np.mean(unit.beside[unit.window] > TOLERANCE))
        return (
            before_check(unit, self._parts, spans[0], bank.shape, widen),
            coverage_check(bank, self._place(unit), self.level),
            days_check(unit),
            timing_check(unit),
            Check("stock_outs", empty <= 0.1, empty, 0.1),
            Check("beside", beside <= 0.25, beside, 0.25),
            observed_check(spans, self.panels.washout_days, self.panels.n_days),
        )
