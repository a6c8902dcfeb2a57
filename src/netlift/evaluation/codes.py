"""Judging codes that anybody could type: limits always, a point where the shop's days without the code allow one."""

from collections.abc import Sequence
from dataclasses import replace

from netlift.errors import Reason
from netlift.evaluation.assemble import Given, assemble, graded, next_test, verdict
from netlift.evaluation.customers import Rules
from netlift.evaluation.designs.open_code import OpenCode, OpenCodeEstimate, OpenCodeJudge
from netlift.evaluation.results import Finding
from netlift.history.find import Found
from netlift.history.shop import Shop
from netlift.types import Effect, Verdict


def judge_codes(shop: Shop, found: Sequence[Found], rules: Rules) -> list[Finding]:
    """One finding per code, in order."""
    codes = [OpenCode(one.promotion_id, one.code, one.window) for one in found if one.code]
    if not codes:
        return []
    judge = OpenCodeJudge(shop, codes, washout_days=rules.washout_days, level=rules.level)
    named = {one.promotion_id: one for one in found}
    return [_finding(shop, named[code.promotion_id], judge.estimate(code), judge.washout_days, rules) for code in codes]


def _finding(shop: Shop, found: Found, estimate: OpenCodeEstimate | Reason, washout: int, rules: Rules) -> Finding:
    blank = Finding(
        promotion_id=found.promotion_id, name=found.name, mechanism="code", design="open_code", window=found.window,
        washout_days=washout, customers=0, redemptions=0, discount_minor=0, spend_minor=0,
        verdict=Verdict.TEST, why=(),
    )  # fmt: skip
    if isinstance(estimate, Reason):
        return replace(blank, refused=estimate)
    given = Given(estimate.discount_minor, estimate.funded_minor, estimate.list_minor, 0, found.fixed_cost_minor)
    known = replace(
        blank,
        customers=estimate.customers, redemptions=estimate.redemptions, discount_minor=given.discount,
        spend_minor=given.spend, naive=estimate.naive, checks=estimate.checks,
    )  # fmt: skip
    return _limits(known, estimate, given) if estimate.contrast is None else _point(shop, known, estimate, given, rules)


def _limits(known: Finding, estimate: OpenCodeEstimate, given: Given) -> Finding:
    """Both limits on one side of zero decide; else only a test can."""
    effect = estimate.net_lift
    judged = Verdict.KEEP if effect.lower > 0 else Verdict.STOP if effect.upper < 0 else Verdict.TEST
    return replace(known, net_lift=effect, per_coin=_per_coin(effect, given), verdict=judged, why=("bound_only",))


def _per_coin(effect: Effect, given: Given) -> Effect | None:
    if given.spend <= 0:
        return None
    return effect._replace(
        estimate=effect.estimate / given.spend, lower=effect.lower / given.spend,
        upper=effect.upper / given.spend, se=effect.se / given.spend,
    )  # fmt: skip


def _point(shop: Shop, known: Finding, estimate: OpenCodeEstimate, given: Given, rules: Rules) -> Finding:
    if estimate.contrast is None:
        return known
    grade = graded(estimate.grade, estimate.checks)
    money = assemble(estimate.contrast, given, grade=grade, level=rules.level, fee_rate=shop.terms.fee_rate)
    judged, why = verdict(money, estimate.checks)
    effect = estimate.net_lift._replace(grade=grade)
    whole = abs(effect.estimate - money.net_lift.estimate) < 1  # not moved to one of the limits
    weeks = max(1, round((known.window.days + known.washout_days) / 7))
    return replace(
        known,
        net_lift=effect, per_coin=_per_coin(effect, given), verdict=judged, why=why, subsidy=money.subsidy,
        waterfall=money.waterfall if whole else None, decomposition=money.decomposition if whole else None,
        next_test=next_test(estimate.spread, weeks, given, effect, unit="region-week", days=7 * weeks)
        if judged is Verdict.TEST else None,
    )  # fmt: skip
