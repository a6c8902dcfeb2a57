"""Judging promotions that ran in some regions or stores: the others, and the time before, show what would have been."""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError, Reason
from netlift.evaluation.assemble import Given, assemble, graded, next_test, numbers, verdict
from netlift.evaluation.customers import Rules
from netlift.evaluation.results import Finding, Naive
from netlift.history.columns import MEASURES, SCOPES, pick, profit
from netlift.history.find import Found
from netlift.history.shop import Shop, day_number
from netlift.types import Check, Grade, Verdict

Floats = NDArray[np.float64]

PERIOD = 7
"""Days per period: whole weeks, so that the day of the week never enters the comparison."""
MIN_CLEAN = 4
"""Periods without the promotion that a region needs."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Weekly money of every region around a roll-out."""

    regions: tuple[str, ...]
    outcomes: Floats
    """Minor units by region, week and scope x measure, shape (U, T, len(SCOPES) * len(MEASURES))."""
    state: NDArray[np.int8]
    """0 clean, 1 on, 2 wash-out, -1 another roll-out was on; shape (U, T)."""


def judge_rollout(shop: Shop, found: Found, others: tuple[Found, ...], rules: Rules) -> Finding:
    """The finding for a regional roll-out; `others` are the roll-outs that may have run beside it."""
    from netlift.evaluation.designs.regions import regions

    washout = rules.washout_days if rules.washout_days is not None else shop.washout_days
    panel = _panel(shop, found, others, washout)
    given = _given(shop, found)
    blank = _blank(shop, found, washout, given)
    refusal = _refusal(panel)
    if refusal is not None:
        return replace(blank, refused=refusal)
    rng = np.random.default_rng([rules.seed, day_number(found.window.start)])
    half = profit(shop.terms.fee_rate)[: panel.outcomes.shape[-1]]
    try:
        contrast, checks = regions(panel.outcomes, panel.state, profit=half, by_state=True, level=rules.level, rng=rng)
    except EstimationError:
        return replace(blank, refused=Reason.NO_UNPROMOTED_PERIODS)
    checks = (*checks, _beside(panel, found))
    grade = graded(Grade.QUASI, checks)
    money = assemble(contrast, given, grade=grade, level=rules.level, fee_rate=shop.terms.fee_rate)
    judged, why = verdict(money, checks)
    affected = int((panel.state > 0).sum())
    spread = contrast.se(pick()) / max(affected, 1) ** 0.5
    return replace(
        blank,
        verdict=judged, why=why, net_lift=money.net_lift, per_coin=money.per_coin, waterfall=money.waterfall,
        decomposition=money.decomposition, subsidy=money.subsidy, checks=checks, naive=_naive(panel),
        next_test=next_test(spread, affected, given, money.net_lift, unit="region-week", days=affected * PERIOD)
        if judged is Verdict.TEST else None,
    )  # fmt: skip


def _panel(shop: Shop, found: Found, others: tuple[Found, ...], washout: int) -> Panel:
    start = min(day_number(moment) for moment in found.regions.values())
    first, last = day_number(shop.span.start), day_number(shop.span.end)
    before, after = (start - first) // PERIOD, (last - start) // PERIOD
    origin = start - before * PERIOD
    names, outcomes = _weekly(shop, found.promotion_id, origin, before + after)
    state = np.zeros(outcomes.shape[:2], dtype=np.int8)
    for other in others:
        _mark(state, names, other, origin, washout, on=-1, off=-1)
    _mark(state, names, found, origin, washout, on=1, off=2)
    return Panel(names, outcomes, state)


def _weekly(shop: Shop, promotion_id: str, origin: int, periods: int) -> tuple[tuple[str, ...], Floats]:
    shop.con.execute(
        "CREATE OR REPLACE TEMP TABLE on_offer AS SELECT DISTINCT product_id FROM promotion_products "
        "WHERE promotion_id = ?",
        [promotion_id],
    )
    named = shop.con.execute("SELECT count(*) FROM on_offer").fetchone()[0]  # type: ignore[index]
    scope = (
        "CASE WHEN product_id IN (SELECT product_id FROM on_offer) THEN 0 WHEN category IN (SELECT category "
        "FROM priced_products SEMI JOIN on_offer USING (product_id) WHERE category <> '') THEN 1 ELSE 2 END"
        if named
        else "0"
    )
    sums = ", ".join(f"sum({measure})::DOUBLE AS {measure}" for measure in MEASURES)
    table = shop.con.execute(
        f"SELECT region, ((day - {origin}) // {PERIOD})::INT AS period, {scope} AS scope, {sums} FROM sold "
        f"WHERE region IS NOT NULL AND day >= {origin} AND day < {origin + periods * PERIOD} GROUP BY ALL"
    ).to_arrow_table()
    names = tuple(sorted(set(table["region"].to_pylist())))
    place = {name: i for i, name in enumerate(names)}
    cube = np.zeros((len(names), periods, len(SCOPES), len(MEASURES)))
    unit = np.array([place[name] for name in table["region"].to_pylist()], dtype=np.int64)
    for j, measure in enumerate(MEASURES):
        cube[unit, table["period"].to_numpy(), table["scope"].to_numpy(), j] = table[measure].to_numpy()
    return names, cube.reshape(len(names), periods, -1)


def _mark(
    state: NDArray[np.int8], names: tuple[str, ...], found: Found, origin: int, washout: int, *, on: int, off: int
) -> None:
    """Write a roll-out's weeks into `state`: on, then wash-out, region by region."""
    end = day_number(found.window.end - timedelta(microseconds=1)) + 1
    for i, name in enumerate(names):
        if name in found.regions:
            begin = (day_number(found.regions[name]) - origin) // PERIOD
            until = -((origin - end) // PERIOD)
            gone = -((origin - end - washout) // PERIOD)
            state[i, max(until, 0) : max(gone, 0)] = off
            state[i, max(begin, 0) : max(until, 0)] = on


def _refusal(panel: Panel) -> Reason | None:
    on = (panel.state == 1).any(axis=1)
    if not on.any():
        return Reason.NO_OUTCOME
    if (~on).sum() < 2:
        return Reason.TOO_FEW_CONTROLS
    clean_before = (panel.state == 0)[on][:, : np.argmax((panel.state == 1).any(axis=0))].sum(axis=1)
    return Reason.STARTS_BEFORE_DATA if clean_before.max() < MIN_CLEAN else None


def _beside(panel: Panel, found: Found) -> Check:
    """Share of the treated regions' weeks that other roll-outs took out of the comparison."""
    ran = [i for i, name in enumerate(panel.regions) if name in found.regions]
    share = float((panel.state[ran] == -1).mean()) if ran else 0.0
    return Check("beside", share <= 0.5, share, 0.5, numbers(n=(panel.state[ran] == -1).sum()))


def _in_place(found: Found) -> tuple[str, list[object]]:
    marks = ", ".join("?" for _ in found.regions)
    return f"s.region IN ({marks}) AND s.ordered_at >= ? AND s.ordered_at < ?", [
        *found.regions, found.window.start, found.window.end,
    ]  # fmt: skip


def _given(shop: Shop, found: Found) -> Given:
    """Discounts on the goods on offer in the regions and the window; all goods where none are named."""
    place, values = _in_place(found)
    row = shop.con.execute(
        "SELECT coalesce(sum(s.list_revenue), 0), coalesce(sum(s.discount), 0), coalesce(sum(s.funding), 0) "
        f"FROM sold s WHERE s.discount > 0 AND {place} AND (NOT EXISTS (SELECT 1 FROM on_offer) "
        "OR s.product_id IN (SELECT product_id FROM on_offer))",
        values,
    ).fetchone()
    list_value, discount, funding = row if row else (0, 0, 0)
    return Given(int(discount), int(min(funding, discount)), int(list_value), 0, found.fixed_cost_minor)


def _blank(shop: Shop, found: Found, washout: int, given: Given) -> Finding:
    place, values = _in_place(found)
    row = shop.con.execute(
        "SELECT count(DISTINCT s.customer_id), count(DISTINCT s.order_id) FILTER (s.discount > 0) "
        f"FROM sold s WHERE {place}",
        values,
    ).fetchone()
    customers, redemptions = row if row else (0, 0)
    return Finding(
        promotion_id=found.promotion_id, name=found.name, mechanism="rollout", design=found.design,
        window=found.window, washout_days=washout, customers=int(customers), redemptions=int(redemptions),
        discount_minor=given.discount, spend_minor=given.spend, verdict=Verdict.TEST, why=(),
    )  # fmt: skip


def _naive(panel: Panel) -> Naive:
    """Profit of the treated regions while it was on, less as many weeks just before."""
    weekly = panel.outcomes @ pick()[: len(SCOPES) * len(MEASURES)]
    claimed = 0.0
    for row, state in zip(weekly, panel.state, strict=True):
        on = np.flatnonzero(state == 1)
        if len(on):
            before = row[max(0, on[0] - len(on)) : on[0]]
            claimed += row[on].sum() - before.sum() * len(on) / max(len(before), 1)
    return Naive(round(claimed), None)
