"""Making plans end to end: the same bytes every time and on any number of threads, every part in its place."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from netlift.candidates.candidate import Goal
from netlift.errors import DataError
from netlift.plan.artefact import Plan, plan_id, read, write
from netlift.plan.diff import diff
from netlift.plan.limits import Limits
from netlift.plan.make import Eligible, Known, Made, Setting, make_plans
from netlift.plan.told import Law
from netlift.promotions.cart import Cart, Line
from netlift.types import Check
from tests.plan.worlds import ids, learned, offers, response, rng

N, M = 240, 3
LIMITS = Limits(budget_minor=6000, hold_out=0.2, explore=0.2)


def known(n: int = N, m: int = M, **changes: object) -> Known:
    """Customers who differ by what their profile shows: the recent gain by the first offer, the others by others."""
    draws = rng(1)
    recency = draws.integers(1, 200, n)
    net = draws.normal(0, 15, (n, m))
    net[:, 0] += np.where(recency < 60, 60, -40)
    net[:, 1:] += np.where(recency >= 60, 30, -40)[:, None]
    made = offers(m, goals={1: Goal.WIN_BACK})
    profiles = pa.table({
        "customer_id": ids(n), "recency_days": recency, "orders_365": draws.poisson(3, n),
        "lifecycle": np.where(recency < 60, "active", "lapsed").tolist(), "accepts_marketing": [True] * n,
    })  # fmt: skip
    said = [learned(one.offer.offer_id, float(net[:, j].mean()), 4.0) for j, one in enumerate(made)]
    rows = response(net, se=6.0, cost=draws.uniform(40, 160, (n, m)), p_buy=draws.uniform(0, 1, (n, m)))
    carts = tuple(Cart("EUR", (Line("a", int(price), 1),)) for price in (1000, 4000, 9000))
    law = Law("o00", Check("price_floor", True, 0.0, 0.0))
    parts: dict[str, object] = {
        "candidates": made, "learned": said, "rows": rows, "eligible": Eligible(ids(n), {}), "profiles": profiles,
        "stock": {"SKU-0": 5.0}, "carts": carts, "laws": (law,),
    }  # fmt: skip
    return Known(**{**parts, **changes})  # type: ignore[arg-type]


def setting(seed: int = 0) -> Setting:
    """A shop."""
    return Setting("shop", "EUR", "2026-03-01", seed=seed, inputs={"response": "0"}, versions={"netlift": "0"})


@cache
def made() -> Made:
    """Made once for all tests here."""
    return make_plans(known(), LIMITS, setting())


def named(code: str) -> Plan:
    """A plan by its code."""
    return next(one for one in made().plans if one.head.code == code)


def arms(plan: Plan) -> Mapping[str, pa.Table]:
    """Rows by arm."""
    return {arm: plan.rows.filter(pc.equal(plan.rows["arm"], arm)) for arm in pc.unique(plan.rows["arm"]).to_pylist()}


def test_there_are_plans_that_differ() -> None:
    """Doing nothing among them, with overlaps of at most one half."""
    codes = [one.head.code for one in made().plans]
    assert codes[:2] == ["nothing", "most_profit"]
    assert len(codes) >= 4
    assert made().mean_overlap <= 0.5
    assert set(made().explained) == set(codes)
    assert made().curve is not None


def test_every_plan_is_written_and_read(tmp_path: Path) -> None:
    """Their rows are in order, their ids differ."""
    for plan in made().plans:
        folder = tmp_path / plan.head.code
        write(plan, folder)
        assert read(folder).head == plan.head
    assert len({plan_id(one) for one in made().plans}) == len(made().plans)


def test_parts_add_up() -> None:
    """Customers, spend and expectation of the parts are those of the rows."""
    head, by_arm = named("most_profit").head, arms(named("most_profit"))
    given = pa.concat_tables([by_arm["treatment"], by_arm["explore"]])
    assert sum(part.given for part in head.parts) == given.num_rows
    assert sum(part.held for part in head.parts) == by_arm["control"].num_rows
    assert sum(part.cost_minor for part in head.parts) == pytest.approx(pc.sum(given["expected_cost"]).as_py())
    assert sum(part.net.estimate for part in head.parts) == pytest.approx(head.worth.net.estimate)
    promised = pc.sum(given["net_margin"]).as_py()
    assert promised - head.worth.optimism == pytest.approx(head.worth.net.estimate)
    assert sum(part.cost_minor for part in head.parts) <= LIMITS.budget_minor  # type: ignore[operator]


def test_the_hold_out_is_a_fair_experiment() -> None:
    """Chances are written down, sum to one per pair, and the withheld are about their share."""
    plan = named("most_profit")
    by_arm = arms(plan)
    assert set(by_arm["treatment"]["propensity"].to_pylist()) == {0.8}
    assert set(by_arm["control"]["propensity"].to_pylist()) == {0.2}
    chosen = by_arm["treatment"].num_rows + by_arm["control"].num_rows
    assert by_arm["control"].num_rows == pytest.approx(0.2 * chosen, abs=3 * np.sqrt(0.16 * chosen))
    assert plan.head.hold_out is not None
    assert plan.head.hold_out.price_minor == pytest.approx(pc.sum(by_arm["control"]["net_margin"]).as_py())
    assert plan.head.hold_out.read_out == "2026-04-13"  # window to 16 March and 28 days of wash-out


def test_exploration_is_a_fair_experiment_apart() -> None:
    """Its customers got nothing else, one half of those drawn gets an offer, and it has a price."""
    plan = named("most_profit")
    by_arm = arms(plan)
    chosen = {*by_arm["treatment"]["customer_id"].to_pylist(), *by_arm["control"]["customer_id"].to_pylist()}
    drawn = [*by_arm["explore"]["customer_id"].to_pylist(), *by_arm["explore_control"]["customer_id"].to_pylist()]
    assert not chosen & set(drawn)
    assert len(set(drawn)) == len(drawn)
    assert set(by_arm["explore"]["propensity"].to_pylist()) == {0.5}
    assert plan.head.exploration is not None
    assert plan.head.exploration.customers == by_arm["explore"].num_rows
    assert plan.head.exploration.price_minor >= 0


def test_another_customer_changes_nobody_elses_draw() -> None:
    """Hashes, not a running generator."""
    from netlift.plan.hold_out import withheld
    from tests.plan.worlds import pool_of

    small, large = pool_of(np.ones((50, 2))), pool_of(np.ones((60, 2)))
    one = withheld(small, np.arange(100), 0.3, seed=1, code="x")
    other = withheld(large, np.arange(120), 0.3, seed=1, code="x")
    assert np.array_equal(one, other[:100])
    assert 10 < one.sum() < 50


def test_rivals_stand_beside() -> None:
    """The plan beats lot and nothing here, and is not said to beat what its interval does not show."""
    rivals = {one.code: one for one in named("most_profit").head.rivals}
    assert set(rivals) == {"nothing", "best_single_offer", "by_p_buy", "random"}
    assert rivals["nothing"].net == 0
    assert rivals["random"].difference.lower > 0
    assert rivals["by_p_buy"].difference.lower > 0
    plan_cost = sum(named("most_profit").rows["expected_cost"].to_pylist())
    assert rivals["random"].cost <= plan_cost + 1
    simple = {one.code: one for one in named("simple").head.rivals} if "simple" in made().explained else {}
    assert not simple or simple["best_single_offer"].difference.lower <= 0


def test_rules_read_the_plan() -> None:
    """The tree finds what the offers hang on."""
    rules = made().explained["most_profit"].rules
    assert rules is not None
    assert any(cut.feature == "recency_days" for rule in rules.rules for cut in rule.conditions)
    assert {rule.offer_id for rule in rules.rules} >= {"o00"}
    assert sum(rule.customers for rule in rules.rules) == N
    assert rules.agreement > 0.5


def test_the_waterfall_ends_at_the_worth() -> None:
    """And segments, examples, stock, dry run and law checks are there."""
    for plan in made().plans:
        told = made().explained[plan.head.code]
        assert sum(one.amount_minor for one in told.steps) == pytest.approx(plan.head.worth.net.estimate, abs=1e-6)
    told = made().explained["most_profit"]
    assert {one.kind for one in told.examples} == {"typical", "largest_gain", "left_out"}
    assert sum(one.customers for one in told.segments) == N
    assert {one.check.code for one in told.laws} >= {"price_floor", "contacts", "consent"}
    assert all(one.check.passed for one in told.laws)
    assert told.dry_run is not None
    assert told.dry_run.by_promotion["o00"] == (2, 1000.0)  # 5.00 off from 40.00: of 10.00, 40.00 and 90.00 two
    assert [one.name for one in told.stock] == ["SKU-0"]


def test_a_global_hold_out_gets_nothing_from_any_plan() -> None:
    """The same customers in every plan."""
    one = make_plans(known(60, 2), replace(LIMITS, global_hold_out=0.3, budget_minor=1000), setting())
    reached = {who for plan in one.plans for who in plan.rows["customer_id"].to_pylist()}
    from netlift.plan.hold_out import global_hold_out

    left_out = global_hold_out(ids(60).to_pylist(), 0.3, seed=0)
    assert 8 < left_out.sum() < 30
    assert not reached & {who for who, out in zip(ids(60).to_pylist(), left_out, strict=True) if out}


def test_a_diff_counts_customers() -> None:
    """From doing nothing to a plan, everybody who gets something gains."""
    found = diff(named("nothing"), named("most_profit"))
    given = arms(named("most_profit"))
    assert found.gained == given["treatment"].num_rows + given["explore"].num_rows
    assert (found.same, found.changed, found.lost, found.churn) == (0, 0, 0, 1.0)
    back = diff(named("most_profit"), named("nothing"))
    assert back.lost == found.gained
    assert back.net == -found.net
    assert diff(named("most_profit"), named("most_profit")).churn == 0


def test_nobody_to_plan_for() -> None:
    """An empty shop is told so; customers without any pair get nothing and a note."""
    with pytest.raises(DataError, match="no customers"):
        make_plans(known(eligible=Eligible(pa.array([], pa.string()), {})), LIMITS, setting())
    nobody = known(20, 2, eligible=Eligible(ids(20), {f"o0{j}": np.zeros(20, np.bool_) for j in range(2)}))
    found = make_plans(nobody, LIMITS, setting())
    assert [one.head.code for one in found.plans] == ["nothing"]
    assert found.curve is None


SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from netlift.plan.artefact import plan_id
from netlift.plan.make import make_plans
from tests.plan.test_make import LIMITS, known, setting
from dataclasses import replace
print([plan_id(one) for one in make_plans(known(120, 2), replace(LIMITS, budget_minor=3000), setting()).plans])
"""


@pytest.mark.slow
def test_the_same_bytes_on_any_number_of_threads(repository: Path) -> None:
    """In fresh processes with one and with two threads."""
    answers = []
    for threads in ("1", "2"):
        names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "MKL_NUM_THREADS")
        found = subprocess.run(
            [sys.executable, "-c", SCRIPT.format(root=str(repository))],
            env={**os.environ, **dict.fromkeys(names, threads)}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        answers.append(found.stdout)
    assert answers[0] == answers[1]
    assert len(answers[0]) > 200
