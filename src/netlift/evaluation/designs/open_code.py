"""A code that anybody could type: limits from what its users did, and a point only from the shop as a whole.

Users chose themselves, mostly when they were about to buy, so comparing them with those who did not use the code
says nothing. What can be said:

- *lower limit*: every user would have bought the same anyway; net lift is minus the discount that the shop bore;
- *upper limit*: all profit of the users from the start to the end of the wash-out less what their own past predicts.
  People redeem when they were about to buy, so their past understates them and the limit is too high, never too low;
- *point*, only where the code ran for a limited time: the shop's daily profit against the forecast from the days
  without (`counterfactual.py`), its error learned from placebo windows and cut off at the two limits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from netlift.errors import Reason
from netlift.evaluation.designs.contrast import Contrast
from netlift.evaluation.designs.counterfactual import BLOCK, Bools, DayIndex, Layout, Placebos, Series, placebos, season
from netlift.evaluation.designs.masked import (
    METHOD,
    Unit,
    before_check,
    calibration,
    coverage_check,
    days_check,
    forecast,
    money_parts,
    observed_check,
)
from netlift.evaluation.designs.panels import RECOVERY_DAYS
from netlift.evaluation.price_cuts import columns_table
from netlift.evaluation.results import Naive
from netlift.history.columns import MEASURES, profit
from netlift.history.shop import Shop, day_number
from netlift.types import Check, Effect, Grade, Window

if TYPE_CHECKING:
    import duckdb

LIMITED_SHARE = 0.25
"""A code that ran for at most this share of the data leaves days to compare with ..."""
LIMITED_WEEKS = 8
"""... of which so many weeks must lie outside."""
HISTORY_DAYS = 182
"""How far back a user's own past is read."""
MIN_HISTORY_DAYS = 28
"""A user known for fewer days is taken to have been known for so many."""
BUSY = 0.02
"""Days on which other codes make more than this share of orders do not speak for the baseline."""


@dataclass(frozen=True, slots=True)
class OpenCode:
    """A code as found; it may have been announced or only seen on orders."""

    promotion_id: str
    code: str
    window: Window


@dataclass(frozen=True, slots=True)
class OpenCodeEstimate:
    """Limits, and where there is one, the point between them."""

    lower_minor: int
    """Net lift if every user would have bought the same anyway."""
    upper_minor: int
    """Net lift if users differ from their past only through the code, at the upper end of its sampling error."""
    net_lift: Effect
    """Graded `bound`: from limit to limit, its estimate their middle and its se NaN. With a point: its interval inside
    the limits, and as estimate and se the mean and spread of its error distribution cut off at them."""
    contrast: Contrast | None
    """Of the point, over `columns.COLUMNS` (all of it in scope `offer`); None: only limits."""
    checks: tuple[Check, ...]
    grade: Grade
    """Before the checks."""
    washout_days: int
    discount_minor: int
    """Discount on orders with the code, all parties' shares."""
    funded_minor: int
    list_minor: int
    customers: int
    redemptions: int
    naive: Naive
    spread: float
    """Standard deviation of the shop's weekly profit around the forecast; NaN without a point."""


class _Given(NamedTuple):
    """What orders with the code held; money in minor units."""

    redemptions: int = 0
    customers: int = 0
    list_value: int = 0
    discount: int = 0
    funded: int = 0
    revenue: int = 0
    guests: int = 0
    """Profit of orders by nobody known."""


class _Past(NamedTuple):
    """Users of a code against their own past, summed; profit in minor units."""

    users: int = 0
    profit: float = 0.0
    """From the start (always-on codes: from each user's first redemption) to the end of the wash-out."""
    past: float = 0.0
    """In the half year before that."""
    predicted: float = 0.0
    """For the days of `profit`, at each user's past rate."""
    profit2: float = 0.0
    predicted2: float = 0.0
    both: float = 0.0
    """Sums of squares and products over users."""
    in_window: float = 0.0
    before: float = 0.0
    """In the window, and in as many days before it."""


_CODE_ORDERS = """
CREATE OR REPLACE TEMP TABLE code_orders AS
WITH dated AS (
  SELECT order_id, customer_id, upper(code) AS code, ordered_at,
         CAST(epoch_us(ordered_at) // 86400000000 AS INTEGER) AS day FROM orders)
SELECT k.row, o.order_id, o.customer_id, o.day FROM code_list k JOIN dated o ON o.code = k.code
WHERE o.day >= k.start_day AND o.day < k.end_day
UNION
SELECT k.row, o.order_id, o.customer_id, o.day
FROM code_list k JOIN coupons c ON c.promotion_id = k.promotion_id JOIN dated o ON o.order_id = c.order_id
WHERE o.day >= k.start_day AND o.day < k.end_day
"""

_GIVEN = """
SELECT c.row, count(DISTINCT c.order_id), count(DISTINCT c.customer_id), sum(s.list_revenue)::BIGINT,
       sum(s.discount)::BIGINT, sum(s.funding)::BIGINT, sum(s.list_revenue - s.discount - s.returns)::BIGINT,
       coalesce(sum(s.list_revenue - s.discount + s.funding - s.returns - s.cost_of_goods)
                FILTER (c.customer_id IS NULL), 0)::BIGINT
FROM code_orders c JOIN sold s ON s.order_id = c.order_id GROUP BY 1
"""

_PAST = f"""
WITH users AS (
  SELECT c.row, c.customer_id, any_value(k.start_day) AS start_day, any_value(k.end_day) AS end_day,
         CASE WHEN any_value(k.limited) THEN any_value(k.start_day) ELSE min(c.day) END AS from_day,
         any_value(k.until_day) AS until_day
  FROM code_orders c JOIN code_list k USING (row) WHERE c.customer_id IS NOT NULL GROUP BY 1, 2),
days AS (
  SELECT u.*, d.day, d.profit, min(d.day) OVER (PARTITION BY u.row, u.customer_id) AS first_day
  FROM users u JOIN customer_days d USING (customer_id)),
each AS (
  SELECT row, customer_id,
         coalesce(sum(profit) FILTER (day >= from_day AND day < until_day), 0)::DOUBLE AS profit,
         coalesce(sum(profit) FILTER (day < from_day AND day >= from_day - {HISTORY_DAYS}), 0)::DOUBLE AS past,
         coalesce(sum(profit) FILTER (day < from_day AND day >= from_day - {HISTORY_DAYS} AND day > first_day),
                  0)::DOUBLE AS repeats,
         greatest({MIN_HISTORY_DAYS}, least({HISTORY_DAYS}, any_value(from_day) - any_value(first_day))) AS known,
         any_value(until_day - from_day) AS ahead,
         coalesce(sum(profit) FILTER (day >= start_day AND day < end_day), 0)::DOUBLE AS in_window,
         coalesce(sum(profit) FILTER (day >= 2 * start_day - end_day AND day < start_day), 0)::DOUBLE AS before
  FROM days GROUP BY 1, 2),
rated AS (SELECT *, repeats / known * ahead AS predicted FROM each)
SELECT row, count(*), sum(profit), sum(past), sum(predicted), sum(profit * profit), sum(predicted * predicted),
       sum(profit * predicted), sum(in_window), sum(before)
FROM rated GROUP BY 1
"""
"""A user's first order ever is no part of a rate: everybody in the data has one."""

_SHOP_DAYS = f"SELECT day, {', '.join(f'sum({measure})::DOUBLE' for measure in MEASURES)} FROM sold GROUP BY 1"

_CODE_DAYS = """
SELECT c.row, c.day, count(DISTINCT c.order_id) / any_value(t.orders)::DOUBLE
FROM code_orders c JOIN (SELECT CAST(epoch_us(ordered_at) // 86400000000 AS INTEGER) AS day, count(*) AS orders
                         FROM orders GROUP BY 1) t USING (day)
GROUP BY 1, 2
"""


class OpenCodeJudge:
    """Judges the open codes of one shop; a few passes over its orders, whatever the number of codes.

    Args:
        shop: an opened shop (with `customer_days`).
        codes: all codes found.
        washout_days: wash-out after each window; the shop's own by default.
        level: confidence level.
    """

    def __init__(
        self, shop: Shop, codes: Sequence[OpenCode], *, washout_days: int | None = None, level: float = 0.9
    ) -> None:
        self.level, self.fee_rate = level, shop.terms.fee_rate
        self.washout_days = shop.washout_days if washout_days is None else washout_days
        self.hidden_days = max(self.washout_days, RECOVERY_DAYS)
        self.first_day, end = day_number(shop.span.start), day_number(shop.span.end)
        self.n_days = end - self.first_day
        self._row = {code.promotion_id: i for i, code in enumerate(codes)}
        self._read(shop.con, codes)
        self._season = self._calm_season()
        self._banks: dict[Layout, Placebos] = {}

    def span(self, window: Window) -> tuple[int, int]:
        """Column numbers of a window, cut to the data."""
        start, end = day_number(window.start) - self.first_day, -int(-window.end.timestamp() // 86_400) - self.first_day
        return max(0, start), min(end, self.n_days)

    def limited(self, window: Window) -> bool:
        """Whether the code ran for so short a time that days without it can speak for it."""
        start, end = self.span(window)
        outside = self.n_days - (end - start) - self.washout_days
        return end - start <= LIMITED_SHARE * self.n_days and outside >= LIMITED_WEEKS * BLOCK

    def estimate(self, code: OpenCode) -> OpenCodeEstimate | Reason:
        """Limits of what the code earned, and the point where the days without it allow one."""
        given = self._given.get(self._row[code.promotion_id], _Given())
        if not given.redemptions:
            return Reason.NO_OUTCOME
        lower, upper = self._limits(code, given)
        estimate = self._bounded(code, given, lower, upper)
        return self._pointed(code, estimate) if self.limited(code.window) else estimate

    def _read(self, con: "duckdb.DuckDBPyConnection", codes: Sequence[OpenCode]) -> None:
        import pyarrow as pa

        kinds = {
            "row": pa.int64(), "promotion_id": pa.string(), "code": pa.string(), "start_day": pa.int64(),
            "end_day": pa.int64(), "until_day": pa.int64(), "limited": pa.bool_(),
        }  # fmt: skip
        rows = [self._listed(i, code) for i, code in enumerate(codes)]
        con.register("code_list", columns_table(rows, **kinds))
        con.execute(_CODE_ORDERS)
        self._given = {row[0]: _Given(*row[1:]) for row in con.execute(_GIVEN).fetchall()}
        self._past = {row[0]: _Past(*row[1:]) for row in con.execute(_PAST).fetchall()}
        self._money = np.zeros((self.n_days, len(MEASURES)))
        for day, *values in con.execute(_SHOP_DAYS).fetchall():
            self._money[day - self.first_day] = values
        self._used = np.zeros((len(codes), self.n_days))
        for row, day, share in con.execute(_CODE_DAYS).fetchall():
            self._used[row, day - self.first_day] = share
        con.unregister("code_list")

    def _listed(self, row: int, code: OpenCode) -> tuple[object, ...]:
        start, end = (day + self.first_day for day in self.span(code.window))
        limited = self.limited(code.window)
        until = min(end + self.washout_days, self.first_day + self.n_days)
        return row, code.promotion_id, code.code.upper(), start, end, until, limited

    def _calm_season(self) -> DayIndex:
        weekday = (self.first_day + 3 + np.arange(self.n_days)) % 7
        everything = np.ones(1, dtype=bool)
        return season(self._money[:, 0][None], self._calm(None)[None], weekday).leaving(everything)

    def _calm(self, mine: int | None) -> Bools:
        """Days that no code (but `mine`) fills, now or shortly before."""
        others = np.delete(self._used, mine, axis=0) if mine is not None else self._used
        busy = others.sum(axis=0) > BUSY
        hidden = busy.copy()
        for day in np.flatnonzero(busy):
            hidden[day : day + self.hidden_days] = True
        return ~hidden if (~hidden).mean() > 0.3 else ~busy

    def _limits(self, code: OpenCode, given: _Given) -> tuple[float, float]:
        from scipy.stats import norm

        past = self._past.get(self._row[code.promotion_id], _Past())
        pace = self._pace(code, past)
        gain = past.profit - pace * past.predicted + given.guests
        square = past.profit2 - 2 * pace * past.both + pace**2 * past.predicted2
        n = max(past.users, 1)
        spread = float(np.sqrt(max(square - (past.profit - pace * past.predicted) ** 2 / n, 0.0)))
        lower = -float(given.discount - given.funded)
        return lower, max(lower, gain + float(norm.ppf(self.level)) * spread)

    def _pace(self, code: OpenCode, past: _Past) -> float:
        """How the shop's other customers moved from the past to the window, where they slowed down; else 1."""
        start, end = self.span(code.window)
        until, since = min(end + self.washout_days, self.n_days), max(0, start - HISTORY_DAYS)
        if not self.limited(code.window) or start - since < BLOCK:
            return 1.0
        profits = self._money @ money_parts(0.0)
        now = (profits[start:until].sum() - past.profit) / (until - start)
        then = (profits[since:start].sum() - past.past) / (start - since)
        return float(np.clip(now / then, 0.5, 1.0)) if then > 0 else 1.0

    def _bounded(self, code: OpenCode, given: _Given, lower: float, upper: float) -> OpenCodeEstimate:
        past = self._past.get(self._row[code.promotion_id], _Past())
        start, end = self.span(code.window)
        effect = Effect(
            (lower + upper) / 2, lower, upper, self.level, math.nan, given.customers, 0, "bound", Grade.BOUND
        )
        return OpenCodeEstimate(
            lower_minor=round(lower), upper_minor=round(upper), net_lift=effect, contrast=None, checks=(),
            grade=Grade.BOUND, washout_days=self.washout_days, discount_minor=given.discount,
            funded_minor=given.funded, list_minor=given.list_value, customers=given.customers,
            redemptions=given.redemptions, spread=math.nan,
            naive=Naive(round(past.in_window - past.before) if 2 * start >= end else None, given.revenue),
        )  # fmt: skip

    def _pointed(self, code: OpenCode, bounds: OpenCodeEstimate) -> OpenCodeEstimate:
        unit, span = self._unit(code), self.span(code.window)
        if unit.base.sum() < LIMITED_WEEKS * BLOCK:
            return bounds
        parts = money_parts(self.fee_rate)
        length = span[1] - span[0] + self.washout_days
        bank = self._bank(unit.layout(length, self.hidden_days - self.washout_days))
        found = forecast(unit, [span], self.washout_days, bank.shape)
        widen, dof = calibration(bank, self.level)
        weeks = int(unit.base.sum()) // BLOCK
        contrast = Contrast(found.total, found.influence, bounds.customers, weeks, METHOD, dof, widen)
        raw = contrast.effect(profit(self.fee_rate), level=self.level, grade=Grade.OBSERVATIONAL)
        effect = _between(raw, bounds, dof)
        checks = (
            before_check(unit, parts, span, bank.shape, widen),
            coverage_check(bank, 0, self.level),
            days_check(unit),
            observed_check([span], self.washout_days, self.n_days),
        )
        return replace(
            bounds, net_lift=effect, contrast=contrast, checks=checks, grade=Grade.OBSERVATIONAL,
            spread=found.spread(parts),
        )  # fmt: skip

    def _unit(self, code: OpenCode) -> Unit:
        start, end = self.span(code.window)
        days = np.arange(self.n_days)
        window, after = (days >= start) & (days < end), (days >= end) & (days < end + self.washout_days)
        hidden = (days >= start) & (days < end + self.hidden_days)
        calm = self._calm(self._row[code.promotion_id])
        money = np.stack([self._money, np.zeros_like(self._money), np.zeros_like(self._money)])
        return Unit(
            rows=np.ones(1, dtype=bool), broad=True, money=money, window=window, after=after, base=calm & ~hidden,
            beside=np.zeros(self.n_days), index=self._season,
        )  # fmt: skip

    def _bank(self, layout: Layout) -> Placebos:
        if layout not in self._banks:
            one = Series(self._money @ money_parts(self.fee_rate), self._season, self._calm(None))
            self._banks[layout] = placebos([one], layout)
        return self._banks[layout]


def _between(effect: Effect, bounds: OpenCodeEstimate, dof: float) -> Effect:
    """The effect between the limits: its interval where they overlap, its mean under the error cut off at them."""
    from scipy.stats import norm, t

    low, high = float(bounds.lower_minor), float(bounds.upper_minor)
    error = norm(effect.estimate, effect.se) if math.isinf(dof) else t(dof, effect.estimate, effect.se)
    below, inside = float(error.cdf(low)), float(error.cdf(high) - error.cdf(low))
    if effect.upper <= low or effect.lower >= high or inside < 1e-6:
        return bounds.net_lift
    lower, upper = max(effect.lower, low), min(effect.upper, high)
    at = error.ppf(below + inside * (np.arange(2000) + 0.5) / 2000)
    estimate = min(max(float(at.mean()), lower), upper)
    return effect._replace(estimate=estimate, lower=lower, upper=upper, se=float(at.std()))
