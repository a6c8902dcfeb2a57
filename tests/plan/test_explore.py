"""What a plan tells of its experiment is true: in its log, arms are as frequent as their propensities say."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache

import numpy as np
import pyarrow.compute as pc
import pytest

from netlift.decision.decider import Decider
from netlift.plan.artefact import Plan
from netlift.plan.build import Builder, Setting
from netlift.plan.choose import choose
from netlift.plan.errors import errors_of
from netlift.plan.explore import Trial, trial
from netlift.plan.exposures import exposures, promotions
from netlift.plan.limits import Limits
from netlift.plan.rivals import simple_answers
from netlift.plan.rows import Frame
from tests.plan.worlds import Floats, learned, offers, pool_of, rng

SEEDS = 40


def plans_of(net: Floats, limits: Limits, seeds: int, **known: object) -> Iterator[Plan]:
    """The most profitable plan, drawn anew with every seed."""
    pool = pool_of(net, **known)  # type: ignore[arg-type]
    frame, errors = Frame.of(pool, limits), errors_of(pool)
    choice = choose(frame, "most_profit", frame.value)
    answers = simple_answers(frame)
    for seed in range(seeds):
        setting = Setting("shop", "EUR", "2026-03-01", seed=seed)
        yield Builder(frame, errors, setting, {}, answers, ()).plan(choice)[0]


@cache
def made() -> tuple[Plan, ...]:
    """600 customers, four offers by two channels, two to a customer; a budget for two thirds of what pays."""
    net = rng(5).normal(5, 30, (600, 4))
    limits = Limits(budget_minor=30_000, contacts=2, hold_out=0.13, explore=0.2)
    return tuple(plans_of(net, limits, SEEDS, candidates=offers(4, channels=("email", "sms"))))


def logged() -> dict[bool, dict[str, Counter[tuple[str, float]]]]:
    """Rows by whether they explore, offer, and arm with its propensity, over all seeds, as an audit reads them."""
    found: dict[bool, dict[str, Counter[tuple[str, float]]]] = {True: defaultdict(Counter), False: defaultdict(Counter)}
    for plan in made():
        for row in exposures(plan).select(["promotion_id", "arm", "propensity"]).to_pylist():
            name = row["promotion_id"]
            found[name.endswith("+explore")][name[:3]][row["arm"], row["propensity"]] += 1
    return found


def test_arms_are_as_frequent_as_their_propensities_say() -> None:
    """By offer, over 40 draws: within 4 standard errors; the propensities of an experiment's two arms add up to 1."""
    for explores, by_offer in logged().items():
        assert set(by_offer) == {"o00", "o01", "o02", "o03"}
        for counts in by_offer.values():
            chances = dict(counts.keys())
            assert set(chances) == {"explore" if explores else "treatment", "control"}
            assert len(counts) == 2
            assert sum(chances.values()) == pytest.approx(1)
            n, share = counts.total(), chances["control"]
            assert n > 200
            controls = sum(many for (arm, _), many in counts.items() if arm == "control")
            assert abs(controls / n - share) < 4 * math.sqrt(share * (1 - share) / n)


def test_chance_alone_decides_who_is_withheld() -> None:
    """The withheld are expected to earn what the others are, and nobody explores who was chosen."""
    gaps = []
    for plan in made():
        net = {arm: plan.rows.filter(pc.equal(plan.rows["arm"], arm))["net_margin"].to_numpy() for arm in
               ("treatment", "control")}  # fmt: skip
        gaps.append(float(net["control"].mean() - net["treatment"].mean()))
        arms = defaultdict(set)
        for row in plan.rows.select(["customer_id", "arm"]).to_pylist():
            arms[row["customer_id"]].add(row["arm"].startswith("explore"))
        assert all(len(one) == 1 for one in arms.values())
    assert abs(np.mean(gaps)) < 4 * np.std(gaps, ddof=1) / math.sqrt(SEEDS)


def test_what_is_given_keeps_the_budget_whoever_was_drawn() -> None:
    """The hold-out gives back what the exploration uses."""
    for plan in made():
        given = plan.rows.filter(pc.is_in(plan.rows["arm"], value_set=pc.unique(
            plan.rows["arm"].filter(pc.invert(pc.match_substring(plan.rows["arm"], "control")))
        )))  # fmt: skip
        assert pc.sum(given["expected_cost"]).as_py() <= 30_000


def test_another_customer_changes_nobody_elses_draw() -> None:
    """Without limits, the first 300 of 400 get what they get when they are alone."""
    net = rng(6).normal(0, 30, (400, 2))
    limits = Limits(hold_out=0.2, explore=0.2)
    (many,), (few,) = (tuple(plans_of(part, limits, 1, known=())) for part in (net, net[:300]))
    columns = ["customer_id", "offer_id", "arm", "propensity"]
    first = many.rows.filter(pc.less(many.rows["customer_id"], "c000300")).select(columns)
    assert first.num_rows > 150
    assert first.equals(few.rows.select(columns))


def test_an_offer_that_chance_gives_to_nobody_is_still_known() -> None:
    """Twelve offers that may pay, a handful of customers drawn: some meet the control arm only."""
    alone = 0
    for plan in plans_of(np.full((30, 12), -5.0), Limits(explore=0.2), 30):
        named = set(plan.rows["offer_id"].to_pylist())
        given = set(plan.rows.filter(pc.equal(plan.rows["arm"], "explore"))["offer_id"].to_pylist())
        alone += len(named - given)
        assert {part.candidate.offer.offer_id for part in plan.head.parts} == named
        Decider(plan)
        assert len(promotions(plan)) == len(named)
        assert exposures(plan).num_rows == plan.rows.num_rows
    assert alone > 5


def tried(gain: float, *, se: float = 30.0, cost: float = 80.0, people: int = 2000) -> Trial:
    """The trial of two offers of which the second may turn out to earn more, though neither is expected to pay."""
    net = np.column_stack([np.full(people, -60.0), np.full(people, gain)])
    known = [learned("o00", -60.0, se / 3), learned("o01", gain, se / 3)]
    pool = pool_of(net, se=se, cost=cost, known=known)
    return trial(Frame.of(pool, Limits(budget_minor=10**9)), least=0.1)


def test_a_pilot_tries_the_offer_that_may_earn_most_on_as_many_as_show_it() -> None:
    """With so little doubt nothing may be there; the larger the gain that may be there, the fewer take part."""
    little, much = tried(-20.0), tried(60.0)
    assert (little.offer, much.offer) == (1, 1)
    assert 0.1 <= much.share < little.share <= 1.0
    assert much.detectable_minor <= 60 + 1.645 * 30
    nothing = tried(-20.0, se=1.0)
    assert nothing.offer is None
    assert math.isnan(nothing.detectable_minor)


def test_an_offer_that_nobody_would_use_is_not_tried() -> None:
    """2,000 customers of whom 0.04 in a thousand are expected to use it would show nothing."""
    assert tried(60.0, cost=10.02).offer is None
    assert tried(60.0, cost=20.0).offer == 1
