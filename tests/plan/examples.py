"""Plans made by hand, for tests of what reads a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pyarrow as pa

from netlift.candidates.candidate import EVERYBODY, Audience, Candidate, Condition, Goal, Scope
from netlift.candidates.offer import Offer
from netlift.plan.artefact import Certificate, Exploration, Head, HoldOut, Part, Plan, Rival, Worth
from netlift.promotions.mechanism import MECHANISMS
from netlift.schema import PLAN
from netlift.types import Effect, Grade, Window

WINDOW = Window(datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 16, tzinfo=UTC))
LAPSED = Audience("lapsed", (Condition("lifecycle", "in", ("at_risk", "lapsed")), Condition("recency_days", ">=", 90)))


def candidate(
    offer_id: str = "spend_threshold-3f9a1c", kind: str = "spend_threshold", form: Mapping[str, object] | None = None,
    *, scope: Scope = Scope.PERSONAL, goal: Goal = Goal.PROFIT, audience: Audience = EVERYBODY, **changes: object,
) -> Candidate:  # fmt: skip
    """A candidate: by default 5.00 off orders of 40.00 and more, by mail."""
    asked = {"spend": 4000, "off": 500} if form is None else dict(form)
    promotions = MECHANISMS[kind].read(asked).build(offer_id)
    offer = Offer(offer_id, offer_id, kind, face_minor=500, contact_cost_minor=10)
    made = Candidate(
        offer, kind, asked, promotions, goal, scope, audience, WINDOW, "email" if scope is Scope.PERSONAL else None
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def effect(net: float, se: float, n: int = 100, grade: Grade = Grade.RANDOMIZED) -> Effect:
    """A normal 90 % interval."""
    return Effect(net, net - 1.645 * se, net + 1.645 * se, 0.9, se, n, n, "example", grade)


def rows(given: Sequence[tuple[str, str, str, float]]) -> pa.Table:
    """Rows of a plan from (customer, offer, arm, propensity), each expected to earn 120 and to cost 80 minor units."""
    ordered = sorted(given)
    n = len(ordered)
    return pa.table(
        {
            "customer_id": [one[0] for one in ordered], "offer_id": [one[1] for one in ordered],
            "arm": [one[2] for one in ordered], "propensity": [one[3] for one in ordered],
            "net_margin": [120.0] * n, "se": [30.0] * n, "expected_cost": [80.0] * n, "liability": [510.0] * n,
            "grade": ["randomized"] * n, "reasons": [["measured_by_experiment", "average_for_all"]] * n,
        },
        schema=PLAN,
    )  # fmt: skip


def plan(code: str = "most_profit") -> Plan:
    """A plan of two personal offers and a public one for six customers: four get one, one is held out, one explored."""
    threshold = candidate()
    ten = candidate(
        "percent_off-a1b2c3", "percent_off", {"off": "10"}, goal=Goal.WIN_BACK, audience=LAPSED,
        channel="sms", why=("lapsed_customers",), numbers={"customers": 2.0},
    )  # fmt: skip
    shelf = candidate(
        "percent_off-shelf1", "percent_off", {"off": "15", "goods": {"categories": ["tea"]}}, scope=Scope.SHOP,
        goal=Goal.CLEAR_STOCK, categories=("tea",), phase="burst",
    )  # fmt: skip
    parts = (
        Part(threshold, Grade.RANDOMIZED, 3, 1, effect(360.0, 60.0), 240.0, 1530.0),
        Part(ten, Grade.OBSERVATIONAL, 2, 0, effect(240.0, 90.0, grade=Grade.OBSERVATIONAL), 160.0, 1020.0),
    )
    head = Head(
        code, "example shop", "EUR", "2026-03-01", "profit", 7, {"netlift": "0"}, {"response": "0" * 16}, 100_000,
        {"budget_minor": 100_000, "contacts": 1}, parts,
        (Part(shelf, Grade.WEAK, 6, 0, effect(900.0, 500.0, grade=Grade.WEAK), 400.0, 4000.0),),
        Worth(effect(600.0, 110.0), 300.0, 520.0, 390.0, 0.01, 45.0),
        Certificate(600.0, 601.0, 1 / 601, {"budget": 0.0}, {"budget": 400.0}, {"budget": 100_000.0}),
        (Rival("nothing", 0.0, 0.0, effect(600.0, 110.0)), Rival("random", 310.0, 400.0, effect(290.0, 200.0))),
        HoldOut(0.1, 1, 25.0, "2026-04-15", 120.0, False), Exploration(0.01, 1, 12.0), Grade.OBSERVATIONAL,
        ("hold_out_too_small",), {"diversity_cost_minor": 0.0},
    )  # fmt: skip
    return Plan(
        head,
        rows([
            ("c1", "spend_threshold-3f9a1c", "treatment", 0.9), ("c2", "spend_threshold-3f9a1c", "treatment", 0.9),
            ("c3", "spend_threshold-3f9a1c", "control", 0.1), ("c4", "percent_off-a1b2c3", "treatment", 0.9),
            ("c5", "percent_off-a1b2c3", "treatment", 0.9), ("c6", "spend_threshold-3f9a1c", "explore", 0.01),
        ]),
    )  # fmt: skip
