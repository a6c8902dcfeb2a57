"""Did it pay? Every past promotion of a shop, found, compared with control, and judged."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from netlift import __version__
from netlift.evaluation.codes import judge_codes
from netlift.evaluation.customers import Rules, judge_customers
from netlift.evaluation.cuts import judge_price_cuts
from netlift.evaluation.pooling import pool, with_false_discovery_control, with_partial_pooling
from netlift.evaluation.results import Assumption, Audit, Finding
from netlift.evaluation.rollouts import judge_rollout
from netlift.history.find import Found, find
from netlift.history.shop import Shop

Progress = Callable[[str, int, int], None]
"""Called with (what is being judged, how many are done, how many there are)."""


def audit(
    shop: Shop,
    rules: Rules,
    *,
    name: str,
    now: datetime,
    receipts: Sequence[Mapping[str, object]] = (),
    assumptions: Sequence[Assumption] = (),
    on_progress: Progress | None = None,
) -> Audit:
    """Find the past promotions of a shop and judge each by the best design that its traces allow."""
    tell = on_progress or (lambda *_: None)
    found = find(shop)
    single = [promotion for promotion in found if promotion.design not in {"price_cut", "open_code"}]
    findings = _one_by_one(shop, single, found, rules, tell)
    tell("codes and price cuts", len(single), len(single) + 1)
    findings += judge_codes(shop, [one for one in found if one.design == "open_code"], rules)
    cuts, left_out = judge_price_cuts(shop, [one for one in found if one.design == "price_cut"], rules)
    judged = with_partial_pooling(with_false_discovery_control([*findings, *cuts]))
    return Audit(
        shop=name, currency=shop.currency, span=shop.span, orders=shop.orders, customers=shop.customers,
        revenue_minor=shop.revenue_minor, discount_minor=shop.discount_minor,
        findings=tuple(sorted(judged, key=_stake, reverse=True)),
        assumptions=(*assumptions, *_assumed(shop, rules)), level=rules.level, seed=rules.seed,
        version=__version__, created=now, receipts=tuple(receipts), left_out=left_out,
        pooled=pool(judged, rules.level),
    )  # fmt: skip


def _one_by_one(
    shop: Shop, single: Sequence[Found], found: Sequence[Found], rules: Rules, tell: Progress
) -> list[Finding]:
    """In order, on one connection: DuckDB cursors beside LightGBM in threads of one process crash now and then."""
    findings: list[Finding] = []
    for promotion in single:
        tell(promotion.name, len(findings), len(single) + 1)
        findings.append(_judge(shop, promotion, found, rules))
    return findings


def _judge(shop: Shop, promotion: Found, found: Sequence[Found], rules: Rules) -> Finding:
    if promotion.design in {"randomized", "campaign"}:
        return judge_customers(shop, promotion, rules)
    if promotion.design == "regions":
        others = tuple(other for other in found if other.design == "regions" and other is not promotion)
        return judge_rollout(shop, promotion, others, rules)
    raise AssertionError(promotion.design)


def _stake(finding: Finding) -> tuple[bool, bool, int]:
    """Judged ones first, promotions with a name of their own before price cuts, then by the money handed out."""
    named = finding.design != "price_cut"
    return finding.net_lift is not None, named, max(finding.spend_minor, finding.discount_minor)


def _assumed(shop: Shop, rules: Rules) -> list[Assumption]:
    washout = rules.washout_days if rules.washout_days is not None else shop.washout_days
    rows = [Assumption("washout", float(washout), given=rules.washout_days is not None)]
    if shop.cost_known < 0.99:
        rows.append(Assumption("margin", shop.terms.margin, given=shop.terms.margin_given))
    if shop.terms.fee_rate:
        rows.append(Assumption("fee_rate", shop.terms.fee_rate, given=True))
    return rows
