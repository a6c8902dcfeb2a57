"""Example plans: gains shown and not shown, assumed, nothing, public promotions, with all that explains them."""

import math
from dataclasses import replace

from netlift.candidates.candidate import Audience, Candidate, Condition, Goal, Scope
from netlift.plan.artefact import Certificate, Exploration, Head, HoldOut, Part, Plan, Rival, Worth
from netlift.plan.curve import Curve, Point
from netlift.plan.explain import Cut, DryRun, Example, Explained, Law, Rule, Rules, Segment, Step, Stock
from netlift.plan.make import Made
from netlift.promotions.lint import lint
from netlift.schema import PLAN
from netlift.types import Check, Effect, Grade
from tests.plan.examples import candidate, rows

Z = 1.6448536269514722  # normal quantile of .95: half-width of a 90 % interval in standard errors
BUDGET = 500_000

THRESHOLD = candidate(
    "spend_threshold-3f9a1c", audience=Audience("lapsed", (Condition("recency_days", ">=", 60),)), goal=Goal.WIN_BACK,
    why=("silent_for_long",),
)  # fmt: skip
TEN = candidate("percent_off-a1b2c3", "percent_off", {"off": "10", "goods": {"categories": ["coffee", "tea"]}},
                audience=Audience("buyers:coffee"), channel="sms")  # fmt: skip
SHIPPING = candidate("cheap_shipping-77aa01", "cheap_shipping", {"spend": 4900})
SHELF = candidate("percent_off-shelf1", "percent_off", {"off": "15", "goods": {"categories": ["tea"]}},
                  scope=Scope.SHOP, goal=Goal.CLEAR_STOCK, categories=("tea",), phase="burst")  # fmt: skip


def effect(net: float, se: float, grade: Grade = Grade.RANDOMIZED) -> Effect:
    """A normal 90 % interval, minor units."""
    return Effect(net, net - Z * se, net + Z * se, 0.9, se, 4000, 400, "shared errors", grade)


def part(one: Candidate, given: int, net: Effect, cost: float) -> Part:
    """An offer of a plan; a tenth of its customers is held out."""
    return Part(one, net.grade, given, given // 10, net, cost, 510.0 * given)


def head(code: str, net: Effect, parts: tuple[Part, ...], public: tuple[Part, ...] = (), **changes: object) -> Head:
    """A plan's head; its certificate, hold-out and rivals follow from what it earns."""
    cost = math.fsum(one.cost_minor for one in (*parts, *public))
    made = Head(
        code, "Corner shop", "EUR", "2026-03-01", "profit", 7, {"netlift": "0.5.0"}, {"response": "0" * 16}, BUDGET,
        {"budget_minor": BUDGET}, parts, public,
        Worth(net, 0.82 * cost, 1.21 * cost, net.estimate - Z * net.se, 0.5 * math.erfc(net.estimate / net.se / 2**0.5),
              0.12 * abs(net.estimate)),
        Certificate(1.12 * net.estimate, 1.1202 * net.estimate, 0.00018, {"budget": 0.37, "channel:sms": 12.0},
                    {"budget": cost, "channel:sms": 900.0}, {"budget": float(BUDGET), "channel:sms": 900.0}),
        (
            Rival("nothing", 0.0, 0.0, net),
            Rival("best_single_offer", 0.8 * net.estimate, 0.9 * cost, effect(0.2 * net.estimate, net.se)),
            Rival("by_p_buy", 0.3 * net.estimate, cost, effect(0.7 * net.estimate, 0.2 * net.se)),
            Rival("random", 0.2 * net.estimate, cost, effect(0.8 * net.estimate, 0.2 * net.se)),
        ),
        HoldOut(0.1, 520, 41.0, "2026-04-15", 21_000.0, True), Exploration(0.01, 60, 1_900.0), net.grade,
        (), {},
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def plan(made: Head, customers: int = 6) -> Plan:
    """A plan with a few rows: the last customer is held out, the one before is explored."""
    if not made.parts:
        return Plan(made, PLAN.empty_table())
    offers = [one.candidate.offer.offer_id for one in made.parts]
    arms = {customers - 1: ("control", 0.1), customers - 2: ("explore", 0.5)}
    return Plan(made, rows([(f"c{i}", offers[i % len(offers)], *arms.get(i, ("treatment", 0.9)))
                            for i in range(customers)]))  # fmt: skip


def nothing() -> Plan:
    """Doing nothing."""
    sure = Effect(0.0, 0.0, 0.0, 0.9, 0.0, 0, 0, "nothing", Grade.RANDOMIZED)
    return plan(replace(
        head("nothing", effect(1.0, 1.0), ()), worth=Worth(sure, 0.0, 0.0, 0.0, 0.0, 0.0), certificate=None,
        rivals=(), hold_out=None, exploration=None, notes=(),
    ))  # fmt: skip


def most_profit() -> Plan:
    """A gain that is shown; not shown to beat the best single offer."""
    parts = (part(THRESHOLD, 3200, effect(161_000.0, 32_000.0), 240_000.0),
             part(TEN, 1900, effect(88_000.0, 41_000.0, Grade.OBSERVATIONAL), 190_000.0))  # fmt: skip
    return plan(head("most_profit", effect(231_000.0, 62_000.0, Grade.OBSERVATIONAL), parts))


def win_back() -> Plan:
    """A gain that is not shown, with a hold-out that is too small and limits that gave way."""
    made = head("win_back", effect(64_000.0, 58_000.0, Grade.OBSERVATIONAL),
                (part(THRESHOLD, 3200, effect(64_000.0, 58_000.0), 240_000.0),),
                notes=("kept_different", "hold_out_too_small"))  # fmt: skip
    assert made.certificate is not None
    return plan(replace(
        made, numbers={"diversity_cost_minor": 4_100.0},
        hold_out=HoldOut(0.1, 320, 88.0, "2026-04-15", 9_000.0, False, 0.02),
        certificate=replace(made.certificate, relaxed={"share:lapsed": 120.0}, prices={"share:lapsed": 55.0},
                            limits={"budget": float(BUDGET), "share:lapsed": 3300.0},
                            use={"budget": 240_000.0, "share:lapsed": 3180.0}),
    ))  # fmt: skip


def shelves() -> Plan:
    """A promotion for everybody that rests on a weak comparison; nobody gets anything of their own."""
    public = (part(SHELF, 8400, effect(120_000.0, 50_000.0, Grade.WEAK), 310_000.0),)
    made = head("shelves", effect(120_000.0, 50_000.0, Grade.WEAK), (), public, notes=("public_only",), hold_out=None,
                exploration=None, rivals=())  # fmt: skip
    return plan(made)


def pilot() -> Plan:
    """An offer that is only assumed."""
    net = effect(12_000.0, 30_000.0, Grade.ASSUMED)
    return plan(head("pilot", net, (part(SHIPPING, 400, net, 36_000.0),), notes=("no_hold_out",), certificate=None))


def explained(made: Plan) -> Explained:
    """Everything that explains a plan."""
    offer = made.head.parts[0].candidate.offer.offer_id
    net, promotions = made.head.worth.net.estimate, made.head.parts
    return Explained(
        steps=(Step("margin", net + 430_000.0), Step("cost", -430_000.0 + 0.12 * net), Step("correction", -0.12 * net)),
        rules=Rules((
            Rule((Cut("recency_days", 60.0, math.inf), Cut("orders_365", 2.0, 6.0)), offer, 2900, 0.93, 150_000.0),
            Rule((Cut("recency_days", -math.inf, 60.0), Cut("deal_share", 0.25, math.inf)), "percent_off-a1b2c3", 2100,
                 0.81, 70_000.0),
            Rule((), None, 7400, 0.97, 0.0),
        ), 0.92),
        segments=(Segment("loyal", 3100, 400, 21_000.0, 40_000.0), Segment("lapsed", 4200, 3000, 160_000.0, 230_000.0)),
        examples=(
            Example("typical", "cust-0412", offer, "treatment", 52.0, 31.0, 80.0,
                    {"recency_days": 74, "orders_365": 4, "spend_365_minor": 31_250, "deal_share": 0.31,
                     "lifecycle": "lapsed", "accepts_marketing": True}, ("measured_by_experiment", "personal")),
            Example("largest_gain", "cust-7731", offer, "control", 412.0, 98.0, 90.0,
                    {"recency_days": 121, "basket_minor": 8_900.4}, ("moved_by_offer",)),
            Example("left_out", "cust-2203", None, None, -35.0, 22.0, 0.0,
                    {"recency_days": 6, "interest=coffee": 0.62, "gap_mean_days": None}, ("likely_to_buy_anyway",)),
        ),
        stock=(Stock("green tea", "percent_off-a1b2c3", 900.0, 610.0, 840.0, True),
               Stock("espresso", "percent_off-a1b2c3", 300.0, 290.0, 377.0, False)),
        conflicts=lint([promotion for one in promotions for promotion in one.candidate.promotions]),
        laws=(Law("percent_off-a1b2c3", Check("below_cost", True, 0.0, 0.0)),
              Law("spend_threshold-3f9a1c", Check("below_cost", True, 0.0, 0.0)),
              Law(None, Check("consent", True, 0.0, 0.0)),
              Law("percent_off-a1b2c3", Check("lowest_30", False, 0.031, 0.0)),
              Law(None, Check("contacts", None, math.nan, 2.0))),
        dry_run=DryRun(1800, 28, 402, 198_000.0, 9_100_000.0, {offer: (402, 198_000.0)}),
    )  # fmt: skip


def curve(one: float | None = 720_000.0) -> Curve:
    """Falling returns; the last coin before `one` earns itself back."""
    top = 800_000.0
    points = [(i * top / 14, 310_000.0 * (1 - math.exp(-3 * i / 14))) for i in range(15)]
    return Curve(
        tuple(Point(at, at, value, 3 * (310_000.0 - value) / top) for at, value in points), one=one,
        half=240_000.0, peak_minor=310_000.0,
    )  # fmt: skip


def made() -> Made:
    """Five plans with their curve; one was left out."""
    plans = (nothing(), most_profit(), win_back(), shelves(), pilot())
    why = {one.head.code: explained(one) for one in plans if one.head.parts}
    return Made(plans, why, curve(), {("most_profit", "win_back"): 0.31}, 0.31, (("safest", "equal_to_another"),), {})


def only_nothing() -> Made:
    """A shop for which no offer is expected to pay, without a curve."""
    return Made((nothing(),), {}, None, {}, math.nan, (("most_profit", "nothing_pays"),), {})


def hostile() -> Made:
    """Names that try to be markup."""
    evil = "<script>alert('x')</script>{}[/red]"
    one = most_profit()
    return Made((plan(replace(one.head, shop=evil)),), {}, curve(None), {}, math.nan, (), {})
