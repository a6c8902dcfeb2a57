"""Judging promotions that reached known customers: experiments and targeted campaigns."""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError, Reason
from netlift.evaluation.assemble import Given, assemble, graded, next_test, numbers, verdict
from netlift.evaluation.designs.campaign import MIN_TREATED, CampaignEstimate, campaign, targeting_elsewhere
from netlift.evaluation.designs.contrast import Contrast, Floats
from netlift.evaluation.results import Finding, Naive
from netlift.history.columns import pick, profit
from netlift.history.find import Found
from netlift.history.people import People, Span, people
from netlift.history.shop import Shop, day_number
from netlift.types import Check, Grade, Verdict

MIN_HISTORY = 28
"""Days of orders before the start that a comparison of known customers needs."""
PLACEBO_LIMIT = 2.58
"""A placebo this many standard errors from zero fails; by chance one in a hundred does."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One run of a design: the contrast, its checks, and the spread of what it left unexplained."""

    contrast: Contrast
    checks: tuple[Check, ...]
    spread: float
    """Residual standard deviation of profit per customer, minor units."""
    campaign: CampaignEstimate | None = None
    people: People | None = None


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
    checks = (*compared.checks, *_placebos(shop, found, span, compared, rules), _observed_share(shop, found, washout))
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
    treated = _is_reached(group)
    estimate = campaign(group.outcomes, treated, group.features, profit=profit(shop.terms.fee_rate), rng=rng)
    beside = group.features[treated, group.names.index("contacts_beside")] > 0
    overlap = Check("beside", bool(beside.mean() <= 0.5), float(beside.mean()), 0.5, numbers(n=beside.sum()))
    spread = _spread(estimate.contrast, ~treated, estimate.weights)
    return Comparison(estimate.contrast, (*estimate.checks, overlap), spread, estimate, group)


def _is_reached(group: People) -> NDArray[np.bool_]:
    return np.array([arm is not None and arm != "control" for arm in group.arm])


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
        profit=profit(fee_rate),
    )  # fmt: skip
    spread = float(np.std(outcomes[~treated] @ profit(fee_rate)))
    return Comparison(contrast, checks, spread)


def _before(group: People) -> Floats:
    """Pre-period covariates of an experiment: profit and orders over several spans, at their own scale."""
    wanted = ("profit_28", "profit_91", "profit_10000", "orders_91", "list_revenue_fading_14", "list_revenue_fading_60")
    return group.features[:, [group.names.index(name) for name in wanted]]


def _placebos(shop: Shop, found: Found, span: Span, run: Comparison, rules: Rules) -> tuple[Check, ...]:
    """The same targeting where the campaign cannot have done anything: an earlier time, customers it did not reach.

    Placebo customers are drawn by the learned targeting rule, so that the comparison faces the same confounding.
    """
    if found.design == "randomized" or run.campaign is None or run.people is None:
        return ()
    rng = np.random.default_rng([rules.seed, span.start, 1])
    return (_moved_in_time(shop, found, span, run, rng), _moved_to_others(shop, run, rng))


def _moved_in_time(shop: Shop, found: Found, span: Span, run: Comparison, rng: np.random.Generator) -> Check:
    length = min(span.until - span.start, (span.start - day_number(shop.span.start)) // 2)
    if length < 14 or run.people is None:
        return _not_run("placebo_before")
    before = people(shop, found.promotion_id, Span(span.start - length, span.start, span.start), only_exposed=False)
    shared = [name for name in run.people.names if name in before.names]
    now, then = ([group.names.index(name) for name in shared] for group in (run.people, before))
    chance = targeting_elsewhere(run.people.features[:, now], _is_reached(run.people), before.features[:, then])
    drawn = rng.random(len(chance)) < chance
    return _placebo_check("placebo_before", shop, before.outcomes, drawn, before.features, rng)


def _moved_to_others(shop: Shop, run: Comparison, rng: np.random.Generator) -> Check:
    if run.people is None or run.campaign is None:
        return _not_run("placebo_units")
    others = ~_is_reached(run.people)
    drawn = rng.random(int(others.sum())) < run.campaign.propensity[others]
    group = run.people
    return _placebo_check("placebo_units", shop, group.outcomes[others], drawn, group.features[others], rng)


def _placebo_check(
    code: str, shop: Shop, outcomes: Floats, drawn: NDArray[np.bool_], features: Floats, rng: np.random.Generator
) -> Check:
    coefficients = profit(shop.terms.fee_rate)
    try:
        placebo = campaign(outcomes, drawn, features, profit=coefficients, rng=rng, folds=3)
    except EstimationError:
        return _not_run(code)
    effect = placebo.contrast.effect(coefficients, level=0.9, grade=Grade.OBSERVATIONAL)
    z = abs(effect.estimate) / effect.se if effect.se > 0 else 0.0
    return Check(code, z <= PLACEBO_LIMIT, z, PLACEBO_LIMIT, numbers(
        estimate=effect.estimate, lower=effect.lower, upper=effect.upper, n=drawn.sum()))  # fmt: skip


def _not_run(code: str) -> Check:
    return Check(code, None, float("nan"), PLACEBO_LIMIT, {})


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
hit AS (
  SELECT order_id FROM keys WHERE order_id IS NOT NULL
  UNION SELECT s.order_id FROM sold s JOIN keys k USING (customer_id, day) WHERE k.order_id IS NULL),
touched AS (
  SELECT s.list_revenue, s.discount, s.funding FROM sold s SEMI JOIN hit USING (order_id)
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


_REDEEMERS = """
WITH used AS (SELECT DISTINCT customer_id, order_id, CAST(epoch_us(redeemed_at) // 86400000000 AS INTEGER) AS day
              FROM coupons WHERE promotion_id = ? AND redeemed_at IS NOT NULL),
hit AS (SELECT order_id FROM used WHERE order_id IS NOT NULL
        UNION SELECT s.order_id FROM sold s JOIN used u USING (customer_id, day) WHERE u.order_id IS NULL)
SELECT sum(list_revenue - discount - returns) FROM sold SEMI JOIN hit USING (order_id)
"""


def _naive(shop: Shop, found: Found, span: Span) -> Naive:
    length = span.end - span.start
    row = shop.con.execute(
        f"SELECT sum(profit) FILTER (day >= {span.start}), sum(profit) FILTER (day < {span.start}) "
        f"FROM customer_days WHERE day >= {span.start - length} AND day < {span.end} AND customer_id IN "
        "(SELECT customer_id FROM exposures WHERE promotion_id = ? AND arm <> 'control')",
        [found.promotion_id],
    ).fetchone()
    revenue = shop.con.execute(_REDEEMERS, [found.promotion_id]).fetchone()
    inside, before = row if row else (None, None)
    claimed = None if inside is None and before is None else int((inside or 0) - (before or 0))
    return Naive(claimed, None if not revenue or revenue[0] is None else int(revenue[0]))
