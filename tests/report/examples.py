"""Example audits for the report: every design, refusals, limits, gains and losses, three currencies, two languages."""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from netlift.errors import Reason
from netlift.evaluation.results import (
    Assumption,
    Audit,
    Check,
    Decomposition,
    Finding,
    Naive,
    NextTest,
    Pooled,
    Step,
    Waterfall,
)
from netlift.types import Effect, Grade, Verdict, Window

LEVEL = 0.9
Z = 1.6448536269514722  # normal quantile of .95: half-width of a 90 % interval in standard errors
BERLIN, SHANGHAI = "Europe/Berlin", "Asia/Shanghai"
CREATED = datetime(2025, 1, 6, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Sketch:
    """A promotion in round numbers (major units), from which a consistent finding is built."""

    id: str
    name: str
    mechanism: str
    design: str
    start: str
    days: int
    customers: int
    redemptions: int
    discount: int
    lift: int
    se: int
    verdict: Verdict
    why: tuple[str, ...]
    grade: Grade
    method: str
    incremental_share: float = 0.35
    """Share of the discount that fell on extra units."""
    extra_revenue: int = 0
    """Extra revenue at list price."""
    unit: str = "customer"
    checks: tuple[Check, ...] = ()
    q_value: float = math.nan
    test: NextTest | None = None
    breakeven: float | None = None


def window(start: str, days: int, zone: str = BERLIN) -> Window:
    """`days` whole days of a time zone."""
    first = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
    return Window(first.astimezone(UTC), (first + timedelta(days=days)).astimezone(UTC))


def effect(sketch: Sketch, unit: int) -> Effect:
    """Net lift in minor units."""
    middle, se = sketch.lift * unit, sketch.se * unit
    treated = sketch.customers if sketch.unit == "customer" else 48
    return Effect(
        middle, middle - Z * se, middle + Z * se, LEVEL, se, treated, 5 * treated, sketch.method, sketch.grade
    )


def waterfall(sketch: Sketch, unit: int, margin: float) -> Waterfall:
    """Bars that end at the lift; cost of goods takes up the rest."""
    revenue, discount, total = sketch.extra_revenue * unit, sketch.discount * unit, sketch.lift * unit
    funding, returns, fees = round(0.1 * discount), -round(0.04 * revenue), -round(0.02 * (revenue - discount))
    contact = -5 * sketch.customers if sketch.mechanism == "campaign" else 0
    goods = total - revenue + discount - funding - returns - fees - contact
    bars = {"list_revenue": revenue, "discount": -discount, "funding": funding, "returns": returns,
            "cost_of_goods": goods, "fees": fees, "contact_cost": contact}  # fmt: skip
    assert abs(goods + (1 - margin) * revenue) < 10 * abs(revenue) + 10**9
    return Waterfall(tuple(Step(code, amount) for code, amount in bars.items() if amount), total)


def decomposition(sketch: Sketch, unit: int, margin: float) -> Decomposition:
    """A bump, two thefts, a halo, and the discount split."""
    gross, given = round(1.4 * margin * sketch.extra_revenue * unit), sketch.discount * unit
    pulled, stolen = round(0.18 * gross), round(0.11 * gross)
    extra = round(sketch.incremental_share * given)
    return Decomposition(
        gross_lift_minor=gross, incremental_minor=gross - pulled - stolen, pulled_forward_minor=pulled,
        cannibalised_minor=stolen, halo_minor=round(0.06 * gross), discount_given_minor=given,
        discount_on_incremental_minor=extra, subsidy_minor=given - extra,
    )  # fmt: skip


def finding(sketch: Sketch, unit: int = 100, margin: float = 0.38, zone: str = BERLIN) -> Finding:
    """The finding that a sketch stands for; `unit` minor units make one major."""
    lift, parts = effect(sketch, unit), decomposition(sketch, unit, margin)
    spend = round(0.9 * sketch.discount * unit) + (5 * sketch.customers if sketch.mechanism == "campaign" else 0)
    subsidy_se = 0.08 * parts.discount_given_minor
    return Finding(
        promotion_id=sketch.id, name=sketch.name, mechanism=sketch.mechanism, design=sketch.design,
        window=window(sketch.start, sketch.days, zone), washout_days=28, customers=sketch.customers,
        redemptions=sketch.redemptions, discount_minor=sketch.discount * unit, spend_minor=spend,
        verdict=sketch.verdict, why=sketch.why, net_lift=lift,
        per_coin=lift._replace(estimate=lift.estimate / spend, lower=lift.lower / spend, upper=lift.upper / spend,
                               se=lift.se / spend),
        waterfall=waterfall(sketch, unit, margin), decomposition=parts, checks=sketch.checks,
        naive=Naive(round(0.55 * sketch.extra_revenue * unit) + sketch.discount * unit,
                    round(3.1 * sketch.extra_revenue * unit)),
        q_value=sketch.q_value, next_test=sketch.test, breakeven_margin=sketch.breakeven,
        subsidy=lift._replace(estimate=parts.subsidy_minor, lower=parts.subsidy_minor - Z * subsidy_se,
                              upper=min(parts.subsidy_minor + Z * subsidy_se, parts.discount_given_minor),
                              se=subsidy_se),
    )  # fmt: skip


def refused(base: Sketch, reason: Reason, zone: str = BERLIN) -> Finding:
    """The same promotion where nothing could be estimated."""
    return replace(
        finding(base, zone=zone), net_lift=None, per_coin=None, waterfall=None, decomposition=None, checks=(),
        subsidy=None, refused=reason, why=(), verdict=Verdict.TEST,
    )  # fmt: skip


def bound(base: Sketch, zone: str = BERLIN) -> Finding:
    """The same promotion where only limits are known."""
    whole = finding(base, zone=zone)
    assert whole.net_lift is not None
    assert whole.per_coin is not None
    limits, per_coin = (one._replace(estimate=math.nan, se=math.nan) for one in (whole.net_lift, whole.per_coin))
    return replace(whole, net_lift=limits, per_coin=per_coin, waterfall=None, decomposition=None, subsidy=None)


GOOD = (
    Check("overlap", True, 0.03, 0.1, {"trimmed": 92, "treated": 3120, "effective_controls": 4210}),
    Check("balance", True, 0.041, 0.1, {"before": 0.62, "features": 38}),
    Check("placebo_before", True, 0.7, 1.96, {"days": 28}),
    Check("sensitivity", True, 1.8, 1.0, {"robustness_value": 0.11}),
    Check("window_observed", True, 1.0, 0.99, {"days": 42, "asked": 42}),
)
FAIR = (
    *GOOD[:2],
    Check("placebo_before", None, math.nan, 1.96),
    Check("sensitivity", False, 0.6, 1.0, {"robustness_value": 0.02}),
    Check("beside", True, 0.22, 0.5, {"n": 310}),
)
CUTS = (
    Check("placebo_coverage", True, 0.91, 0.85, {"windows": 212}),
    Check("stock_outs", False, 0.14, 0.05),
    Check("window_observed", True, 1.0, 0.99, {"days": 35, "asked": 35}),
)
DRAWN = (
    Check("sample_ratio", True, 0.41, 0.001),
    Check("placebo_before", True, 0.2, 1.96),
    Check("contamination", True, 0.01, 0.05, {"customers": 12}),
)
MOVES = (
    Check("pre_trend", True, 0.31, 0.05),
    Check("power", None, math.nan, 0.8),
    Check("placebo_units", False, 0.02, 0.05),
)

TEST = NextTest(2400, "customer", 28, 610_000)
K, S, X, T = Verdict.KEEP, Verdict.SHRINK, Verdict.STOP, Verdict.TEST
R, Q, OBS, B = Grade.RANDOMIZED, Grade.QUASI, Grade.OBSERVATIONAL, Grade.BOUND

SKETCHES = (
    Sketch("black-friday", "Black Friday 25% off everything", "price_cut", "price_cut", "2024-11-28", 5, 2911, 4310,
           48210, -9150, 3050, X, ("shown_negative",), Q, "masked-counterfactual", 0.22, 61200, "product-week", CUTS,
           0.01, None, 0.47),
    Sketch("winback-q2", "Win-back voucher, 10 off 50", "experiment", "randomized", "2024-04-02", 21, 3120, 502,
           5020, 6840, 1420, K, ("shown_positive",), R, "cuped", 0.71, 31400, "customer", DRAWN, 0.002, None, 0.21),
    Sketch("spring-mail", "Spring newsletter 15% & free gift", "campaign", "campaign", "2024-03-04", 14, 6204, 811,
           9380, 1230, 2610, T, ("not_shown",), OBS, "aipw", 0.34, 24800, "customer", GOOD, 0.55, TEST, 0.35),
    Sketch("vip", "VIP early access", "campaign", "campaign", "2024-09-09", 7, 812, 402, 7215, 2890, 1900, K,
           ("shown_positive",), OBS, "aipw", 0.58, 17300, "customer", FAIR, 0.16, None, 0.30),
    Sketch("north-ship", "Free shipping in the North", "rollout", "regions", "2024-05-13", 28, 1902, 1240, 6110,
           3420, 1390, S, ("marginal_depth_loses", "shown_positive"), Q, "did-imputation", 0.44, 25600,
           "region-week", MOVES, 0.03, None, 0.28),
    Sketch("hello10", "HELLO10", "code", "open_code", "2024-01-08", 300, 2204, 2204, 11840, -1800, 3900, T,
           ("bound_only",), B, "bound", 0.5, 30100, "customer", (), math.nan, NextTest(5100, "customer", 42, 480_000)),
    Sketch("tea-weeks", "Tea weeks: 3 for 2", "price_cut", "price_cut", "2024-12-27", 14, 640, 702, 2140, 800, 700, T,
           ("too_small",), Q, "masked-counterfactual", 0.4, 6100, "product-week", CUTS),
    Sketch("always", "Outlet corner", "price_cut", "price_cut", "2024-01-01", 364, 1804, 2960, 15220, 0, 1, T, (), OBS,
           "masked-counterfactual", 0.4, 6100, "product-week"),
)  # fmt: skip

CHINESE = (
    Sketch("d11", "双11 全场满300减50", "price_cut", "price_cut", "2024-11-01", 11, 18422, 26310, 412300, -61200, 21800,
           X, ("shown_negative",), Q, "masked-counterfactual", 0.24, 702000, "product-week", CUTS, 0.004, None, 0.52),
    Sketch("618", "618 会员专享 8 折券", "campaign", "campaign", "2024-06-10", 9, 9120, 3304, 128700, 46100, 14300, K,
           ("shown_positive",), OBS, "aipw", 0.61, 318000, "customer", GOOD, 0.01, None, 0.29),
    Sketch("wake", "沉睡客唤醒：无门槛 15 元红包", "experiment", "randomized", "2024-03-15", 30, 6400, 918, 13770,
           21400, 6800, K, ("shown_positive",), R, "cuped", 0.66, 92100, "customer", DRAWN, 0.006, None, 0.22),
    Sketch("bday", "生日礼券 ¥20", "campaign", "campaign", "2024-01-01", 360, 5210, 2011, 40220, 4100, 9600, T,
           ("not_shown",), OBS, "aipw", 0.38, 88000, "customer", FAIR, 0.61, NextTest(3800, "customer", 90, 1_900_000)),
    Sketch("huadong", "华东三仓包邮", "rollout", "regions", "2024-08-05", 42, 7704, 9120, 54720, 12900, 6100, S,
           ("marginal_depth_loses", "shown_positive"), Q, "did-imputation", 0.47, 141000, "region-week", MOVES, 0.05),
    Sketch("xhs", "小红书口令「XHS20」", "code", "open_code", "2024-09-01", 120, 3301, 3301, 66020, 9000, 19000, T,
           ("bound_only",), B, "bound", 0.5, 120000, "customer", ()),
    Sketch("snack", "零食直降 第二件半价", "price_cut", "price_cut", "2024-12-20", 20, 902, 1310, 8110, 0, 1, T, (),
           OBS, "masked-counterfactual", 0.4, 9000, "product-week"),
)  # fmt: skip

RECEIPT = {
    "file": "orders_export.csv", "kind": "shopify_orders", "title": "Shopify orders (CSV)", "encoding": "utf-8",
    "delimiter": ",", "rows_in": 41210, "rows_kept": 40922, "rows_refused": 288, "sha256": "9f2c1e",
    "refused": {"cancelled": 201, "duplicate": 64, "bad_time": 23},
    "columns": [
        {"name": "Name", "used": True, "filled": 1.0, "plausible": 1.0},
        {"name": "Discount Code", "used": True, "filled": 0.31, "plausible": 1.0},
        {"name": "Lineitem price", "used": True, "filled": 1.0, "plausible": 0.998},
        {"name": "Phone", "used": False, "filled": 0.44, "plausible": None},
    ],
    "tables": {"orders": 18220, "order_lines": 40922, "customers": 9120},
    "notes": ["no_cost"],
}  # fmt: skip

ASSUMPTIONS = (
    Assumption("margin", 0.38, given=False),
    Assumption("washout", 28.0, given=False),
    Assumption("timezone", BERLIN, given=True),
)


POOLED = (
    Pooled("campaign", 3, "customer", 42.1, -13.0, 97.0, 31.0),
    Pooled("price_cut", 4, "coin", -0.112, -0.31, 0.09, 0.2),
)


def english() -> Audit:
    """A shop in euros: every design, one refusal, one bound."""
    listed = [finding(sketch) for sketch in SKETCHES[:5]]
    listed += [bound(SKETCHES[5]), finding(SKETCHES[6]), refused(SKETCHES[7], Reason.NO_UNPROMOTED_PERIODS)]
    return Audit(
        shop="Teehaus Nord", currency="EUR", span=window("2024-01-01", 366), orders=18220, customers=9120,
        revenue_minor=91_423_310, discount_minor=10_963_500, findings=tuple(listed), assumptions=ASSUMPTIONS,
        level=LEVEL, seed=7, version="0.1.0", created=CREATED, pooled=POOLED, receipts=(RECEIPT,),
        left_out={"too_small": 41},
    )  # fmt: skip


def chinese() -> Audit:
    """A shop in yuan with Chinese names."""
    listed = [finding(sketch, margin=0.42, zone=SHANGHAI) for sketch in CHINESE[:5]]
    listed += [bound(CHINESE[5], zone=SHANGHAI), refused(CHINESE[6], Reason.ENDS_AFTER_DATA, zone=SHANGHAI)]
    given = (Assumption("margin", 0.42, given=True), Assumption("washout", 28.0, given=False),
             Assumption("timezone", SHANGHAI, given=False))  # fmt: skip
    return replace(
        english(), shop="山野零食铺", currency="CNY", span=window("2024-01-01", 366, SHANGHAI), orders=142_310,
        customers=61_204, revenue_minor=1_320_412_055, discount_minor=75_612_340, findings=tuple(listed),
        assumptions=given, left_out={"too_small": 126},
    )  # fmt: skip


def yen() -> Audit:
    """A shop in yen, a currency without decimals."""
    listed = tuple(finding(replace(sketch, discount=150 * sketch.discount, lift=150 * sketch.lift, se=150 * sketch.se,
                                   extra_revenue=150 * sketch.extra_revenue), 1)
                   for sketch in SKETCHES[:5])  # fmt: skip
    return replace(english(), shop="茶の家", currency="JPY", revenue_minor=137_134_965, discount_minor=11_400_000,
                   findings=listed)  # fmt: skip


def undecided() -> Audit:
    """A shop where nothing is shown: two wide intervals and a refusal."""
    wide = (finding(replace(SKETCHES[2], test=None)), finding(SKETCHES[6]))
    return replace(english(), findings=(*wide, refused(SKETCHES[7], Reason.NO_OVERLAP)))


def empty() -> Audit:
    """A shop without promotions."""
    return replace(english(), findings=(), discount_minor=0, receipts=(), left_out={})


def many(n: int = 30) -> Audit:
    """A shop with `n` promotions."""
    listed = [
        finding(replace(SKETCHES[i % 5], id=f"p{i}", name=f"{SKETCHES[i % 5].name} {i}",
                        lift=SKETCHES[i % 5].lift * (30 - i % 30) // 20, start=f"2024-{1 + i % 11:02d}-03"))
        for i in range(n)
    ]  # fmt: skip
    return replace(english(), findings=tuple(listed))


ALL = {"english": english, "chinese": chinese, "yen": yen, "undecided": undecided, "empty": empty}
