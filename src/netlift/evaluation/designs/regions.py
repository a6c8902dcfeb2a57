"""A promotion that ran in some regions, stores or segments and not in others, or not yet: differences in differences.

The estimate is `imputation`; with fewer than five treated regions `synthetic` stands ready and is taken where it
is the more precise of the two. Before either is believed it must find nothing where nothing was: before the start
(`pre_trend`, with its power: Roth 2022, doi:10.1257/aeri.20210236), at earlier dates (`placebo_dates`), and in
regions where it did not run (`placebo_units`). Placebo dates that miss too often widen the interval.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError
from netlift.evaluation.designs.contrast import Contrast
from netlift.evaluation.designs.imputation import Bools, Floats, Panel, Total, impute
from netlift.evaluation.designs.synthetic import FEW, synthetic
from netlift.experiments.power import chance_to_find
from netlift.types import Check

CLEAN, ON, WASHOUT, UNUSED = 0, 1, 2, -1
"""States of a cell; UNUSED cells (not observed, or touched by something else) take no part."""

MIN_HISTORY = 4
"""Clean periods that must lie before anything that is to be judged."""
MAX_DATES = 8
_TRUST = 8.0
"""Placebo dates that the model's own error is worth when the interval is widened."""


class _Judged(NamedTuple):
    """A total of the profit and what its interval is made of."""

    total: Total
    method: str
    estimate: float
    se: float

    def reach(self, level: float) -> float:
        """Half width of the interval."""
        from scipy.special import stdtrit

        return self.se * float(stdtrit(self.total.dof, (1 + level) / 2))

    @property
    def score(self) -> float:
        """The estimate in standard errors, as a normal with the same tail probability."""
        from scipy.special import ndtri, stdtr

        tail = float(stdtr(self.total.dof, -abs(self.estimate) / self.se)) if self.se > 0 else 0.5
        return math.copysign(-float(ndtri(max(tail, 1e-12))), self.estimate)


def regions(
    outcomes: Floats,
    state: NDArray[np.int8],
    *,
    profit: Floats | None = None,
    by_state: bool = False,
    level: float = 0.9,
    rng: np.random.Generator | None = None,
) -> tuple[Contrast, tuple[Check, ...]]:
    """Total effect over all affected cells (promotion on, or wash-out).

    Args:
        outcomes: money by region, period and part, shape (U, T, k), minor units; periods of equal length, in order.
        state: 0 clean, 1 on, 2 wash-out, -1 not to be used, shape (U, T).
        profit: coefficients (k,) that make the parts a profit; sets levels, weights and checks, not the parts'
            effects. None: the parts are summed.
        by_state: give the effects of on-cells and of wash-out cells apart: 2k columns, on first.
        level: confidence level that the checks work at.
        rng: source of placebo assignments; None: a fixed seed.

    Returns:
        The contrast, and the checks `identified`, `pre_trend`, `placebo_dates`, `placebo_units`.

    Raises:
        EstimationError: shapes do not fit, nothing is affected, or no clean region shows what would have been.

    >>> y = np.random.default_rng(1).poisson(200, (12, 30, 1)).astype(float)
    >>> ran = np.zeros((12, 30), dtype=np.int8)
    >>> ran[:6, 20:24] = 1
    >>> contrast, checks = regions(y, ran)
    >>> bool(abs(contrast.total[0]) < 3 * contrast.se(np.ones(1)))
    True
    """
    rng = np.random.default_rng(0) if rng is None else rng
    part = np.ones(outcomes.shape[-1]) if profit is None else profit
    panel, identified = _panel(outcomes, state, part, by_state)
    judged = _judge(panel, rng)
    money = Panel(panel.outcomes @ part[:, None], panel.clean, panel.targets, np.ones(1))
    dates, widen = _placebo_dates(money, level, rng)
    checks = (
        identified,
        _pre_trend(money, widen * judged.reach(level)),
        dates,
        _placebo_units(money, judged, level, rng),
    )
    affected = panel.targets.any(axis=0)
    compared = panel.clean[:, affected.any(axis=0)] & ~panel.treated[:, None]
    contrast = Contrast(
        judged.total.total, judged.total.influence, int(affected.sum()), int(compared.sum()), judged.method,
        judged.total.dof, widen,
    )  # fmt: skip
    return contrast, checks


def _panel(outcomes: Floats, state: NDArray[np.int8], profit: Floats, by_state: bool) -> tuple[Panel, Check]:
    """The panel without cells that nothing clean can be compared with, and how much that left."""
    if outcomes.ndim != 3 or state.shape != outcomes.shape[:2] or profit.shape != outcomes.shape[2:]:
        raise EstimationError(f"outcomes {outcomes.shape}, state {state.shape} and profit {profit.shape} do not fit")
    seen = (state != UNUSED) & np.isfinite(outcomes).all(axis=2)
    clean, affected = seen & (state == CLEAN), seen & ((state == ON) | (state == WASHOUT))
    if not affected.any():
        raise EstimationError("the promotion ran in no region of the panel")
    usable = affected & (clean.sum(axis=0) >= 2)[None] & (clean.sum(axis=1) >= 2)[:, None]
    if not usable.any():
        raise EstimationError("the promotion ran in every region at once: no clean region shows what a period was like")
    wanted = (ON, WASHOUT) if by_state else (None,)
    targets = np.stack([usable if one is None else usable & (state == one) for one in wanted])
    share = float(usable.sum() / affected.sum())
    cells, kept = int(affected.sum()), int(usable.sum())
    left = {"cells": float(cells), "left_out": float(cells - kept), "regions": float(usable.any(axis=1).sum())}
    panel = Panel(np.where(seen[..., None], outcomes, 0.0), clean, targets, profit)
    return panel, Check("identified", share >= 0.99, share, 0.99, left)


def _judge(panel: Panel, rng: np.random.Generator, *, allow_synthetic: bool = True) -> _Judged:
    """The design's answer on a panel: the more precise of its two estimators where both apply."""
    treated, donors = int(panel.treated.sum()), int(panel.donors.sum())
    few = allow_synthetic and treated < FEW and donors >= treated + 2
    estimators: dict[str, Callable[[Panel], Total]] = {"did-imputation": impute}
    if few:
        estimators["synthetic-did"] = partial(synthetic, rng=rng)
    answers: list[_Judged] = []
    refusal: EstimationError | None = None
    for method, estimator in estimators.items():
        try:
            answers.append(_profit(panel, estimator(panel), method))
        except EstimationError as error:
            refusal = refusal or error
    if not answers and refusal is not None:
        raise refusal
    return min(answers, key=lambda answer: answer.reach(0.9))


def _profit(panel: Panel, total: Total, method: str) -> _Judged:
    columns = np.tile(panel.profit, len(panel.targets))
    se = float(np.sqrt(np.sum((total.influence @ columns) ** 2)))
    return _Judged(total, method, float(total.total @ columns), se)


def _pre_trend(panel: Panel, reach: float) -> Check:
    """Test for a drift over the time before the start, and its power against one that would matter.

    Leads are the effects found in four blocks of time before the start; they are summed in the proportions of a
    steady drift, the shape that would carry on into the affected periods. Power is the probability of p < .05 if the
    treated regions drifted so fast that the drift alone would move the answer by the half width `reach`.
    """
    from scipy.special import stdtr

    leads, drifted = _lead_cells(panel, 4), _with_drift(panel)
    unknown = Check("pre_trend", None, math.nan, 0.05)
    if leads is None:
        return unknown
    try:
        bias = float(impute(drifted).total.reshape(-1, 2)[:, 1].sum())
        found = impute(Panel(drifted.outcomes, panel.clean & ~leads.any(axis=0), leads, drifted.profit))
    except EstimationError:
        return unknown
    lead, steady = found.total.reshape(-1, 2).T
    rows = found.influence.reshape(-1, len(leads), 2)[..., 0]
    se = float(np.sqrt(np.sum((rows @ steady) ** 2)))
    if se == 0 or bias == 0:
        return unknown
    p_value = float(2 * stdtr(found.dof, -abs(float(lead @ steady)) / se))
    hidden = abs(reach / bias) * float(steady @ steady) / se
    power = chance_to_find(hidden, found.dof, level=0.95)
    told = {f"lead_{len(leads) - i}": float(value) for i, value in enumerate(lead)}
    return Check("pre_trend", p_value >= 0.05, p_value, 0.05, {"power": power, **told})


def _lead_cells(panel: Panel, blocks: int) -> Bools | None:
    """Four equal blocks that cover the later half of each treated region's time before its start."""
    first = _first(panel)
    size = (int(first.min()) // 2) // blocks
    if size < 1:
        blocks, size = 1, int(first.min()) // 2
    if size < 1:
        return None
    leads = np.zeros((blocks, *panel.clean.shape), dtype=np.bool_)
    for unit, start in zip(np.flatnonzero(panel.treated), first, strict=True):
        for block in range(blocks):
            begin = start - (blocks - block) * size
            leads[block, unit, begin : begin + size] = panel.clean[unit, begin : begin + size]
    return leads if leads.any(axis=(1, 2)).all() else None


def _with_drift(panel: Panel) -> Panel:
    """The panel with one more column: treated regions growing by one level per period, all others flat."""
    level = np.abs(panel.outcomes @ panel.profit).mean(axis=1) * panel.treated
    drift = level[:, None] * np.arange(panel.clean.shape[1])[None]
    outcomes = np.concatenate([panel.outcomes, drift[..., None]], axis=2)
    return Panel(outcomes, panel.clean, panel.targets, np.append(panel.profit, 0.0))


def _placebo_dates(panel: Panel, level: float, rng: np.random.Generator) -> tuple[Check, float]:
    """The same answer at earlier dates, where it must be nothing; and the factor that its errors ask for.

    With scores z_1 .. z_J the factor is `sqrt((8 + sum z^2) / (8 + J))`, at least 1.
    """
    first = _first(panel)
    length = _span(panel, first)
    length = min(length, (int(first.min()) - MIN_HISTORY) // 2)
    shifts = range(length, int(first.min()) - MIN_HISTORY + 1, length) if length >= 1 else ()
    scores, inside = [], []
    for shift in list(shifts)[:MAX_DATES]:
        earlier = np.zeros_like(panel.clean)
        for unit, start in zip(np.flatnonzero(panel.treated), first, strict=True):
            earlier[unit, start - shift : start - shift + length] = True
        earlier &= panel.clean
        try:
            found = _judge(Panel(panel.outcomes, panel.clean & ~earlier, earlier[None], panel.profit), rng)
        except EstimationError:
            continue
        scores.append(found.score)
        inside.append(abs(found.estimate) <= found.reach(level))
    if not scores:
        return Check("placebo_dates", None, math.nan, 1.0), 1.0
    widen = max(1.0, math.sqrt((_TRUST + sum(z * z for z in scores)) / (_TRUST + len(scores))))
    share, limit = float(np.mean(inside)), _lowest_share(level, len(inside))
    return Check("placebo_dates", share >= limit, share, limit, {"dates": float(len(inside)), "widen": widen}), widen


def _placebo_units(panel: Panel, judged: _Judged, level: float, rng: np.random.Generator, draws: int = 40) -> Check:
    """The treated regions' dates given to regions where it did not run: how often the interval holds nothing."""
    others, treated = np.flatnonzero(~panel.treated), np.flatnonzero(panel.treated)
    players = min(len(treated), len(others) // 2)
    if players < 1 or len(others) < MIN_HISTORY + 2:
        return Check("placebo_units", None, math.nan, level - 0.1)
    scores, inside = [], []
    for _ in range(draws):
        order, roles = rng.permutation(others), rng.permutation(treated)[:players]
        clean, targets = panel.clean[order], np.zeros((1, len(others), panel.clean.shape[1]), dtype=np.bool_)
        targets[0, :players] = panel.touched[roles] & clean[:players]
        try:
            found = _judge(
                Panel(panel.outcomes[order], clean & ~targets[0], targets, panel.profit), rng, allow_synthetic=False
            )
        except EstimationError:
            continue
        scores.append(abs(found.score))
        inside.append(abs(found.estimate) <= found.reach(level))
    if not scores:
        return Check("placebo_units", None, math.nan, level - 0.1)
    p_value = (1 + sum(score >= abs(judged.score) for score in scores)) / (1 + len(scores))
    share = float(np.mean(inside))
    return Check(
        "placebo_units", share >= level - 0.1, share, level - 0.1, {"draws": float(len(scores)), "p_value": p_value}
    )


def _first(panel: Panel) -> NDArray[np.intp]:
    """First affected period of each treated region."""
    return np.asarray(panel.touched[panel.treated].argmax(axis=1), dtype=np.intp)


def _span(panel: Panel, first: NDArray[np.intp]) -> int:
    """Longest run of affected periods from a treated region's start."""
    touched = panel.touched[panel.treated]
    runs = [int(np.argmin(np.append(row[start:], False))) for row, start in zip(touched, first, strict=True)]
    return max(runs)


def _lowest_share(level: float, n: int) -> float:
    """Share of n placebos inside their intervals that honest intervals fall below about once in a hundred times."""
    from scipy.special import bdtr

    lowest = next(hits for hits in range(n + 1) if bdtr(hits, n, level) > 0.01)
    return lowest / n
