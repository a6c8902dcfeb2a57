"""Judging promotions that reached known customers: experiments and targeted campaigns."""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError, Reason
from netlift.evaluation.assemble import Given, assemble, graded, next_test, numbers, verdict
from netlift.evaluation.columns import pick, profit
from netlift.evaluation.designs.campaign import MIN_TREATED, campaign
from netlift.evaluation.designs.contrast import Contrast, Floats
from netlift.evaluation.find import Found
from netlift.evaluation.people import People, Span, people
from netlift.evaluation.results import Check, Finding, Naive
from netlift.evaluation.shop import Shop, day_number
from netlift.types import Grade, Verdict

MIN_HISTORY = 28
"""Days of orders before the start that a comparison of known customers needs."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One run of a design: the contrast, its checks, and the spread of what it left unexplained."""

    contrast: Contrast
    checks: tuple[Check, ...]
    spread: float
    """Residual standard deviation of profit per customer, minor units."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How an audit judges; the same for all promotions."""

    level: float = 0.9
    washout_days: int | None = None
    """None: two typical purchase cycles of the shop."""
    seed: int = 0


def judge_customers(shop: Shop, found: Found, rules: Rules) -> Finding:
    """The finding for an experiment or a campaign; what cannot be judged says why."""
    washout = rules.washout_days if rules.washout_days is not None else shop.washout_days
    span = _observed(shop, found, washout)
    given, redemptions = _given(shop, found)
    blank = _blank(found, washout, given, redemptions, _reached(shop, found))
    refusal = _refusal(shop, found, span, blank.customers)
    if refusal is not None:
        return replace(blank, refused=refusal, why=("too_small",) if refusal is Reason.TOO_FEW_TREATED else ())
    given = replace(given, contact_cost=found.contact_cost_minor * blank.customers)
    try:
        compared = _compare(shop, found, span, np.random.default_rng([rules.seed, day_number(found.window.start)]))
    except EstimationError:
        return replace(blank, refused=Reason.NO_OVERLAP)
    checks = (*compared.checks, *_placebo(shop, found, span, rules), _observed_share(shop, found, washout))
    grade = graded(Grade.RANDOMIZED if found.design == "randomized" else Grade.OBSERVATIONAL, checks)
    money = assemble(compared.contrast, given, grade=grade, level=rules.level, fee_rate=shop.terms.fee_rate)
    judged, why = verdict(money, checks)
    return replace(
        blank,
        spend_minor=given.spend, verdict=judged, why=why, net_lift=money.net_lift, per_coin=money.per_coin,
        waterfall=money.waterfall, decomposition=money.decomposition, subsidy=money.subsidy, checks=checks,
        naive=_naive(shop, found, span),
        next_test=next_test(compared.spread, blank.customers, given, money.net_lift, unit="customer",
                            days=span.until - span.start) if judged is Verdict.TEST else None,
    )  # fmt: skip


def _observed(shop: Shop, found: Found, washout: int) -> Span:
    """Days that the data cover; window and wash-out are cut at the last order."""
    start, end = day_number(found.window.start), day_number(found.window.end - timedelta(microseconds=1)) + 1
    last = day_number(shop.span.end)
    return Span(start, min(end, last), min(end + washout, last))


def _observed_share(shop: Shop, found: Found, washout: int) -> Check:
    span = _observed(shop, found, washout)
    asked = day_number(found.window.end - timedelta(microseconds=1)) + 1 + washout - span.start
    share = (span.until - span.start) / asked
    return Check("window_observed", share > 0.99, share, 0.99, numbers(days=span.until - span.start, asked=asked))


def _refusal(shop: Shop, found: Found, span: Span, treated: int) -> Reason | None:
    if span.start - day_number(shop.span.start) < (0 if found.design == "randomized" else MIN_HISTORY):
        return Reason.STARTS_BEFORE_DATA
    length = day_number(found.window.end) - span.start
    if span.end - span.start < 0.5 * length:
        return Reason.ENDS_AFTER_DATA
    return Reason.TOO_FEW_TREATED if treated < MIN_TREATED else None


def _compare(shop: Shop, found: Found, span: Span, rng: np.random.Generator) -> Comparison:
    group = people(shop, found.promotion_id, span, only_exposed=found.design == "randomized")
    if found.design == "randomized":
        return _randomized(group, found, shop.terms.fee_rate)
    treated = np.array([arm is not None and arm != "control" for arm in group.arm])
    estimate = campaign(group.outcomes, treated, group.features, profit=profit(shop.terms.fee_rate), rng=rng)
    beside = group.features[treated, group.names.index("contacts_beside")] > 0
    overlap = Check("beside", bool(beside.mean() <= 0.5), float(beside.mean()), 0.5, numbers(n=beside.sum()))
    return Comparison(
        estimate.contrast, (*estimate.checks, overlap), _spread(estimate.contrast, ~treated, estimate.weights)
    )


def _spread(contrast: Contrast, control: NDArray[np.bool_], weights: Floats) -> float:
    """Standard deviation per control that would give the controls' part of the variance."""
    used = weights != 0
    part = contrast.influence[control[used]] @ pick()
    return float(np.sqrt(np.sum(part**2) / np.sum(weights[control & used] ** 2)))


def _randomized(group: People, found: Found, fee_rate: float) -> Comparison:
    from netlift.evaluation.designs.randomized import randomized

    mine = (group.arm == found.arm) | (group.arm == "control")
    treated = group.arm[mine] == found.arm
    outcomes = group.outcomes[mine]
    contrast, checks = randomized(
        outcomes, treated, covariates=_before(group)[mine], propensity=group.propensity[mine],
    )  # fmt: skip
    spread = float(np.std(outcomes[~treated] @ profit(fee_rate)))
    return Comparison(contrast, checks, spread)


def _before(group: People) -> Floats:
    """Pre-period covariates of an experiment: profit and orders over several spans, at their own scale."""
    wanted = [name for name in ("profit_28", "profit_91", "profit_10000", "orders_91") if name in group.names]
    return group.features[:, [group.names.index(name) for name in wanted]]


def _placebo(shop: Shop, found: Found, span: Span, rules: Rules) -> tuple[Check, ...]:
    """The same comparison on the time just before the start, when the campaign cannot have done anything."""
    if found.design == "randomized":
        return ()
    length = min(span.until - span.start, (span.start - day_number(shop.span.start)) // 2)
    before = Span(span.start - length, span.start, span.start)
    if length < 14:
        return (Check("placebo_before", None, float("nan"), 1.96, {}),)
    rng = np.random.default_rng([rules.seed, before.start])
    try:
        effect = _compare(shop, found, before, rng).contrast.effect(
            profit(shop.terms.fee_rate), level=rules.level, grade=Grade.OBSERVATIONAL
        )
    except EstimationError:
        return (Check("placebo_before", None, float("nan"), 1.96, {}),)
    z = effect.estimate / effect.se if effect.se > 0 else 0.0
    return (
        Check("placebo_before", abs(z) <= 1.96, abs(z), 1.96,
              numbers(estimate=effect.estimate, lower=effect.lower, upper=effect.upper, days=length)),
    )  # fmt: skip


def _reached(shop: Shop, found: Found) -> int:
    row = shop.con.execute(
        "SELECT count(DISTINCT customer_id) FROM exposures WHERE promotion_id = ? AND arm <> 'control' "
        "AND (arm = ? OR ? IS NULL)",
        [found.promotion_id, found.arm, found.arm],
    ).fetchone()
    return int(row[0]) if row else 0


_GIVEN = """
WITH used AS (
  SELECT coupon_id, customer_id, order_id, discount_minor,
         CAST(epoch_us(redeemed_at) // 86400000000 AS INTEGER) AS day
  FROM coupons WHERE promotion_id = ? AND redeemed_at IS NOT NULL AND redeemed_at >= ? AND redeemed_at < ?),
keys AS (SELECT DISTINCT customer_id, order_id, day FROM used),
touched AS (
  SELECT DISTINCT s.order_id, s.line, s.list_revenue, s.discount, s.funding FROM sold s JOIN keys k
    ON (k.order_id IS NOT NULL AND s.order_id = k.order_id)
    OR (k.order_id IS NULL AND s.customer_id = k.customer_id AND s.day = k.day)
  WHERE s.discount > 0 AND (NOT EXISTS (SELECT 1 FROM goods) OR s.product_id IN (SELECT product_id FROM goods)))
SELECT (SELECT count(*) FROM used), (SELECT sum(discount_minor) FROM used),
       coalesce(sum(list_revenue), 0), coalesce(sum(discount), 0), coalesce(sum(funding), 0) FROM touched
"""


def _given(shop: Shop, found: Found) -> tuple[Given, int]:
    """Recorded discount of the redeemed coupons, and how many there were.

    Where coupons carry no amount, it is the discount on the goods on offer in the orders that redeemed one.
    """
    shop.con.execute(
        "CREATE OR REPLACE TEMP TABLE goods AS SELECT product_id FROM promotion_products WHERE promotion_id = ?",
        [found.promotion_id],
    )
    row = shop.con.execute(_GIVEN, [found.promotion_id, found.window.start, found.window.end]).fetchone()
    count, recorded, list_value, discount, funding = row if row else (0, None, 0, 0, 0)
    amount = int(recorded if recorded is not None else discount)
    funded = min(int(funding), amount)
    return Given(amount, funded, max(int(list_value), amount), 0, found.fixed_cost_minor), int(count)


def _blank(found: Found, washout: int, given: Given, redemptions: int, reached: int) -> Finding:
    return Finding(
        promotion_id=found.promotion_id, name=found.name, mechanism=found.mechanism, design=found.design,
        window=found.window, washout_days=washout, customers=reached, redemptions=redemptions,
        discount_minor=given.discount, spend_minor=given.spend, verdict=Verdict.TEST, why=(),
    )  # fmt: skip


def _naive(shop: Shop, found: Found, span: Span) -> Naive:
    length = span.end - span.start
    row = shop.con.execute(
        f"SELECT sum(profit) FILTER (day >= {span.start}), sum(profit) FILTER (day < {span.start}) "
        f"FROM customer_days WHERE day >= {span.start - length} AND day < {span.end} AND customer_id IN "
        "(SELECT customer_id FROM exposures WHERE promotion_id = ? AND arm <> 'control')",
        [found.promotion_id],
    ).fetchone()
    revenue = shop.con.execute(
        "WITH keys AS (SELECT DISTINCT customer_id, order_id, CAST(epoch_us(redeemed_at) // 86400000000 AS INTEGER) "
        "AS day FROM coupons WHERE promotion_id = ? AND redeemed_at IS NOT NULL) "
        "SELECT sum(list_revenue - discount - returns) FROM sold s WHERE EXISTS (SELECT 1 FROM keys k WHERE "
        "k.order_id = s.order_id OR (k.order_id IS NULL AND k.customer_id = s.customer_id AND k.day = s.day))",
        [found.promotion_id],
    ).fetchone()
    inside, before = row if row else (None, None)
    claimed = None if inside is None and before is None else int((inside or 0) - (before or 0))
    return Naive(claimed, None if not revenue or revenue[0] is None else int(revenue[0]))
