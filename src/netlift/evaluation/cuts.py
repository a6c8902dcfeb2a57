"""Judging offers to everybody: price cuts found in the prices, and declared ones that name their goods."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from netlift.errors import Reason
from netlift.evaluation.assemble import Given, assemble, breakeven, graded, next_test, verdict
from netlift.evaluation.customers import Rules
from netlift.evaluation.designs.panels import price_cut_panels
from netlift.evaluation.designs.price_cut import PriceCutEstimate, PriceCutJudge
from netlift.evaluation.price_cuts import PriceCut, SearchConfig, declared_price_cut, find_price_cuts
from netlift.evaluation.results import Finding
from netlift.history.find import Found
from netlift.history.shop import Shop
from netlift.types import Verdict

LISTED = 30
"""Price cuts that get a row of their own, most money at stake first; the others are counted."""


def judge_price_cuts(shop: Shop, declared: Sequence[Found], rules: Rules) -> tuple[list[Finding], Mapping[str, int]]:
    """Findings for all price cuts, and how many more there were that are too small to list, by reason."""
    search = find_price_cuts(shop, SearchConfig(limit=LISTED))
    named = [declared_price_cut(shop, one.promotion_id, one.name, one.window) for one in declared]
    cuts = [*search.cuts, *(cut for cut in named if cut is not None)]
    if not cuts:
        return [], search.left_out
    panels = price_cut_panels(shop, cuts, beside=search.small, washout_days=rules.washout_days)
    judge = PriceCutJudge(panels, level=rules.level, fee_rate=shop.terms.fee_rate)
    return [_finding(shop, cut, judge, rules) for cut in cuts], search.left_out


def _finding(shop: Shop, cut: PriceCut, judge: PriceCutJudge, rules: Rules) -> Finding:
    usage = judge.panels.usage[cut.promotion_id]
    blank = Finding(
        promotion_id=cut.promotion_id, name=cut.name, mechanism="price_cut", design="price_cut", window=cut.window,
        washout_days=judge.panels.washout_days, customers=usage.customers, redemptions=usage.orders,
        discount_minor=cut.discount_minor, spend_minor=cut.discount_minor, verdict=Verdict.TEST, why=(),
    )  # fmt: skip
    estimate = judge.estimate(cut)
    if isinstance(estimate, Reason):
        return replace(blank, refused=estimate)
    return _judged(shop, blank, estimate, rules)


def _judged(shop: Shop, blank: Finding, estimate: PriceCutEstimate, rules: Rules) -> Finding:
    given = Given(estimate.discount_minor, estimate.funded_minor, estimate.list_minor)
    grade = graded(estimate.grade, estimate.checks)
    money = assemble(estimate.contrast, given, grade=grade, level=rules.level, fee_rate=shop.terms.fee_rate)
    judged, why = verdict(money, estimate.checks)
    weeks = max(1, round((blank.window.days + blank.washout_days) / 7))
    return replace(
        blank,
        discount_minor=given.discount, spend_minor=given.spend, verdict=judged, why=why, net_lift=money.net_lift,
        per_coin=money.per_coin, waterfall=money.waterfall, decomposition=money.decomposition,
        subsidy=money.subsidy, checks=estimate.checks, naive=estimate.naive,
        next_test=next_test(estimate.spread, weeks, given, money.net_lift, unit="product-week", days=7 * weeks)
        if judged is Verdict.TEST else None,
        breakeven_margin=breakeven(estimate.contrast, given, shop.terms.margin) if shop.cost_known < 0.5 else None,
    )  # fmt: skip
