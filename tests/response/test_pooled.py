"""Pooling by mechanism on planted truth: predictive intervals hold the next offer, drawn averages err less."""

import math
from dataclasses import replace

import numpy as np
import pytest

from netlift.candidates.offer import Offer
from netlift.response.from_logs import FromLog
from netlift.response.kinds import noisy_ones_drawn, on_scale, towards
from netlift.response.pooled import (
    COIN,
    PLAUSIBLE,
    Found,
    Prior,
    bias_of,
    doubted,
    plausible,
    pool,
    posterior,
    priors_of,
)
from netlift.response.results import Learned, Source, Why
from netlift.response.score import Model
from netlift.response.shrink import flat
from netlift.types import Check, Effect, Grade
from netlift.uplift.estimate import critical, normal
from tests.response.test_score import arm

REACH = critical(0.9)


def effect(value: float, se: float) -> Effect:
    return Effect(value, value - REACH * se, value + REACH * se, 0.9, se, 100, 100, "m", Grade.RANDOMIZED)


def offer(name: str, net: float, se: float, mechanism: str = "mail", source: Source = Source.EXPERIMENT) -> Learned:
    return Learned(
        Offer(name, name, mechanism), source, Grade.RANDOMIZED, effect(net + 10, se), effect(10, 0.0), effect(net, se),
        None, (), (), (), 0, 0, 0, "f00d",
    )  # fmt: skip


def log(*offers: Learned, personal: bool = False) -> FromLog:
    rules = [flat(normal(one.net.estimate, one.net.se, 100, level=0.9, method="m")) for one in offers]
    model = Model(
        tuple(one.offer for one in offers), tuple(arm(rule, rule) for rule in rules), Grade.RANDOMIZED, "f00d",
        Why.MEASURED_BY_EXPERIMENT, (lambda X: X) if personal else None, lambda X: X, np.zeros(0), np.zeros(0),
        np.zeros(len(offers)), None,
    )  # fmt: skip
    return FromLog(model, None, offers, None, {})  # type: ignore[arg-type]


def worlds(seed: int, offers: int, between: float = 4.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True effects around 10, their standard errors, and what was found of them; one more than `offers`."""
    rng = np.random.default_rng(seed)
    truth, se = 10 + between * rng.normal(size=offers + 1), rng.uniform(1, 6, offers + 1)
    return truth, se, truth + se * rng.normal(size=offers + 1)


def test_three_offers_by_hand() -> None:
    """Equal errors 1: the mean is 12 for every tau, its variance (1 + tau^2) / 3; tau about its moments' sqrt(3)."""
    found = pool("mail", [Found(10, 1), Found(12, 1), Found(14, 1)])
    assert found is not None
    assert (found.mean, found.promotions, found.unit) == (pytest.approx(12.0), 3, "customer")
    assert found.se**2 == pytest.approx((1 + found.between**2) / 3)
    assert 1.7 < found.between < 4
    student = 2.919986 / 1.644854  # t with two degrees of freedom beside the normal, at 90 %
    assert found.spread == pytest.approx(math.hypot(found.se, found.between) * student, rel=1e-5)


def test_alike_offers_and_too_few() -> None:
    alike = pool("mail", [Found(10, 1)] * 12)
    assert alike is not None
    assert alike.between < 0.6
    assert pool("mail", [Found(10, 1)]) is None
    assert pool("mail", [Found(10, 1), Found(3, 0.0), Found(math.nan, 1)]) is None


@pytest.mark.parametrize(("offers", "between"), [(3, 4.0), (5, 4.0), (12, 4.0), (5, 0.0)])
def test_the_next_offer_lies_in_its_interval(offers: int, between: float) -> None:
    """Nominal 90 %; 600 worlds, so three standard errors are .037."""
    held = 0
    for seed in range(600):
        truth, se, found = worlds(seed, offers, between)
        prior = pool("mail", [Found(x, s) for x, s in zip(found[:-1], se[:-1], strict=True)])
        assert prior is not None
        held += abs(truth[-1] - prior.mean) <= REACH * prior.spread
    assert held / 600 >= 0.86
    assert between == 0 or offers < 12 or held / 600 <= 0.96


def test_drawing_errs_less_and_keeps_its_word() -> None:
    """An offer of standard error 6 among seven others, whose effects differ by 4."""
    alone, drawn, held = [], [], 0
    for seed in range(400):
        truth, se, found = worlds(seed, 7)
        prior = pool("mail", [Found(x, s) for x, s in zip(found[:-1], se[:-1], strict=True)])
        assert prior is not None
        after = posterior(on_scale(prior, 0.0), Found(truth[-1] + (found[-1] - truth[-1]) * 6 / se[-1], 6.0))
        alone.append((found[-1] - truth[-1]) * 6 / se[-1])
        drawn.append(after.effect - truth[-1])
        held += abs(drawn[-1]) <= REACH * after.se
    assert np.mean(np.square(drawn)) < 0.6 * np.mean(np.square(alone))
    assert 0.86 <= held / 400 <= 0.97


def test_priors_need_three_offers_with_a_log() -> None:
    two = [offer("a", 10, 1), offer("b", 14, 1)]
    assert priors_of(two) == {}
    assert priors_of([*two, offer("c", 12, 1, source=Source.PRICES)]) == {}
    assert priors_of([*two, offer("c", 12, 1, mechanism="code")]) == {}
    assert priors_of([*two, offer("c", 12, 0.0)]) == {}  # without an error it says nothing of chance
    found = priors_of([offer("c", 12, 1), *two])
    assert found == priors_of([*two, offer("c", 12, 1)])
    assert (found["mail"].mean, found["mail"].promotions) == (pytest.approx(12.0), 3)


def test_a_prior_per_coin_grows_with_the_cost() -> None:
    prior = Prior("code", COIN, 0.5, 0.3, 0.4, 12)
    assert on_scale(prior, 200.0) == (100.0, pytest.approx(200 * prior.spread))
    assert on_scale(prior, -3.0) == (0.0, 0.0)


def test_a_prior_per_customer_shrinks_where_less_is_spent_than_on_those_of_the_past() -> None:
    """An offer that hardly anybody can use moves hardly anybody; one that costs more is not taken to move more."""
    prior = Prior("code", "customer", 30.0, 3.0, 4.0, 12, paid=40.0)
    assert on_scale(prior, 10.0) == (7.5, pytest.approx(prior.spread / 4))
    assert on_scale(prior, 80.0) == (30.0, pytest.approx(prior.spread))
    assert on_scale(prior, 0.0) == (0.0, 0.0)
    unknown = Prior("code", "customer", 30.0, 3.0, 4.0, 12)
    assert on_scale(unknown, 10.0) == (30.0, pytest.approx(unknown.spread))


def test_noisy_offers_are_drawn_towards_the_others_and_precise_ones_are_left() -> None:
    small, large = log(offer("a", 40.0, 10.0), personal=True), log(offer("b", 10.0, 1.0), personal=True)
    rest = log(offer("c", 12.0, 1.0), offer("d", 8.0, 1.0), personal=True)
    drawn, kept, other = noisy_ones_drawn([small, large, rest])
    assert (kept, other) == (large, rest)
    prior = pool("mail", [Found(10, 1), Found(12, 1), Found(8, 1)])
    assert prior is not None
    adjust = towards(prior, small.findings[0].net, 10.0)
    (one,) = drawn.findings
    assert one.net.estimate == pytest.approx(40 + adjust.shift)
    assert 10 < one.net.estimate < 40
    assert one.net.estimate == pytest.approx(one.margin.estimate - one.cost.estimate)
    assert one.net.se < 10
    assert drawn.model.arms[0].net_rule.average == pytest.approx(one.net.estimate)
    assert drawn.model.arms[0].net_rule.se == pytest.approx(one.net.se)
    assert (one.model_id, one.reasons[-1]) == (drawn.model.model_id, Why.LIKE_ITS_KIND)
    assert one.model_id != small.findings[0].model_id
    assert one.numbers["kind_offers"] == 3


def test_nothing_is_drawn_towards_weaker_evidence() -> None:
    trial = offer("a", 40.0, 10.0)
    rest = [replace(offer(name, net, 1.0), grade=Grade.OBSERVATIONAL) for name, net in (("b", 10), ("c", 12), ("d", 8))]
    logs = [log(trial), *(log(one, personal=True) for one in rest)]
    assert noisy_ones_drawn(logs)[0] == logs[0]
    weak = log(replace(trial, grade=Grade.WEAK))
    assert noisy_ones_drawn([weak, *logs[1:]])[0].findings[0].net.estimate < 20


def test_two_offers_of_a_kind_are_left_as_they_are() -> None:
    pair = [log(offer("a", 40.0, 10.0)), log(offer("b", 10.0, 1.0))]
    assert noisy_ones_drawn(pair) == pair
    alone = [log(offer("a", 40.0, 10.0), replace(offer("b", 1.0, 1.0), source=Source.PRICES))]
    assert noisy_ones_drawn(alone) == alone


def failed(name: str, placebo: float, se: float, usual: float = 3000.0) -> Learned:
    """An offer whose comparison failed a check, with what its placebo found."""
    check = Check("placebo_before", True, 0.0, 2.58, {"estimate": placebo, "se": se, "n": 100.0})
    return replace(
        offer(name, 50.0, 10.0, source=Source.LOG), grade=Grade.WEAK, checks=(check,), model_id=name,
        numbers={"usual_minor": usual},
    )  # fmt: skip


def test_what_is_plausible_is_a_part_of_what_customers_leave_anyway() -> None:
    """Logs that say nothing of it leave it open, and each log counts once."""
    one, other = failed("a", 0.0, 1.0, usual=2000.0), failed("b", 0.0, 1.0, usual=4000.0)
    assert plausible([one, one, other]) == pytest.approx(PLAUSIBLE * 3000)
    assert plausible([offer("c", 1.0, 1.0)]) == math.inf


def test_placebos_say_how_far_failed_comparisons_are_off() -> None:
    """Planted bias 200: found within a third from forty precise placebos, hardly any from such that find nothing."""
    rng = np.random.default_rng(3)
    biased = [failed(f"o{k:02d}", value, 20.0) for k, value in enumerate(rng.normal(0, 200, 40))]
    sound = [failed(f"o{k:02d}", value, 20.0) for k, value in enumerate(rng.normal(0, 20, 40))]
    assert bias_of(biased) == pytest.approx(200, rel=0.33)
    assert bias_of(sound) < 20
    assert doubted(biased[0], 30.0) == Found(50.0, math.hypot(10, 30))
    assert doubted(offer("x", 50.0, 10.0), 30.0) == Found(50.0, 10.0)  # its checks did not fail


def test_without_a_placebo_a_failed_comparison_may_be_off_by_all_that_is_plausible() -> None:
    silent = replace(failed("a", 0.0, 1.0), checks=())
    assert bias_of([silent]) == pytest.approx(300)
    assert bias_of([replace(silent, numbers={})]) == 0.0


def test_what_is_plausible_bounds_what_noisy_logs_promise() -> None:
    """Three noisy logs around 900 say little where 100 is plausible, and precise ones are believed all the same."""
    noisy = [Found(value, 800.0) for value in (700.0, 900.0, 1100.0)]
    free, bound = pool("mail", noisy), pool("mail", noisy, wide=100.0)
    assert free is not None
    assert bound is not None
    assert free.mean == pytest.approx(900)
    assert 0 < bound.mean < 100
    assert bound.spread < free.spread / 3
    precise = pool("mail", [Found(value, 2.0) for value in (70.0, 90.0, 110.0)], wide=300.0)
    assert precise is not None
    assert precise.mean == pytest.approx(90, abs=3)
