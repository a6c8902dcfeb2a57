"""The figures of the plan and response benchmarks: an oracle is never flattered, and limits hold for everybody."""

import numpy as np
import pytest
from benchmarks import quality_plan, quality_response
from benchmarks._plan_shops import Known, Truth, share_out, shop_of, total, truth


def noisy(seed: int, *, signal: float, noise: float, customers: int = 120) -> Truth:
    """Four lots of futures of two offers, true effects of standard deviation `signal`, each lot off by `noise`."""
    rng = np.random.default_rng(seed)
    real = signal * rng.standard_normal((customers, 2))
    net = real + noise * rng.standard_normal((4, customers, 2))
    ids = [f"C{i:03d}" for i in range(customers)]
    return Truth(ids, ("a", "b"), net, np.ones_like(net), np.full_like(net, noise))


@pytest.mark.slow  # the first solve of a process compiles
def test_an_oracle_earns_nothing_from_noise() -> None:
    """Offers that do nothing: choosing on some futures and looking at the same ones would promise half the noise."""
    flat = np.zeros((120, 2))
    found = [quality_plan.oracle(noisy(s, signal=0.0, noise=10.0), flat, budget=60.0) for s in range(3)]
    apart = [one["oracle_judged_apart"] for one in found]
    assert abs(np.mean(apart)) < 60
    flattered = noisy(0, signal=0.0, noise=10.0).net.mean(axis=0)
    assert total(share_out(flattered, np.ones_like(flattered), 60.0), flattered) > 200


@pytest.mark.slow  # the first solve of a process compiles
def test_an_oracle_of_true_effects_finds_them() -> None:
    world = noisy(3, signal=10.0, noise=0.0)
    real = world.net[0]
    best = total(share_out(real, np.ones_like(real), 40.0), real)
    told = quality_plan.oracle(world, np.zeros_like(real), budget=40.0)
    assert told["oracle_endless"] == pytest.approx(best)
    assert told["oracle_judged_apart"] == pytest.approx(best)


def test_customers_are_served_in_order_until_the_budget_is_spent() -> None:
    cost = np.array([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]])
    chosen = quality_plan.in_order(np.array([0.2, 0.9, 0.5]), np.array([0, 1, 1]), cost, budget=4.0)
    assert chosen.tolist() == [-1, 1, 1]
    assert quality_plan.in_order(np.array([0.2, 0.9, 0.5]), np.array([0, 1, 1]), cost, budget=0.5).tolist() == [-1] * 3


def test_simple_answers_keep_the_budget_and_give_nothing_that_is_not_believed_to_pay() -> None:
    net = np.full((10, 2), 5.0)
    pays = Known(np.tile([2.0, 1.0], (10, 1)), np.full((10, 2), 1.0), net, np.tile([[0.1, 0.2]], (10, 1)), None, None)
    told = quality_plan.simple(net, pays, budget=4.0)
    assert told == {"best_single": pytest.approx(20.0), "likely_buyers": 20.0, "by_p_buy": 20.0}
    loses = pays._replace(net=-pays.net)
    assert quality_plan.simple(net, loses, budget=4.0)["best_single"] == 0
    assert quality_plan.simple(net, loses, budget=4.0)["likely_buyers"] == 0


def test_error_of_one_offer_is_shared_and_of_two_is_not() -> None:
    se = np.full((4, 2), 3.0)
    assert quality_plan.shared_error(np.array([0, 0, 0, -1]), se) == pytest.approx(9.0)
    assert quality_plan.shared_error(np.array([0, 0, 1, 1]), se) == pytest.approx(np.hypot(6.0, 6.0))


def test_records_that_tell_are_found_by_models_of_other_customers() -> None:
    rng = np.random.default_rng(1)
    features = rng.standard_normal((400, 3))
    net = np.stack([50 * features[:, :2] + rng.standard_normal((400, 2)) for _ in range(4)])
    told = Truth([str(i) for i in range(400)], ("a", "b"), net, np.ones_like(net), np.ones_like(net))
    found = quality_plan.from_records(told, features)
    assert np.corrcoef(found[:, 0], net.mean(axis=0)[:, 0])[0, 1] > 0.9
    shuffled = quality_plan.from_records(told, rng.standard_normal((400, 3)))
    assert abs(np.corrcoef(shuffled[:, 0], net.mean(axis=0)[:, 0])[0, 1]) < 0.25


def test_truth_of_a_shop_comes_in_lots_that_differ() -> None:
    config = shop_of(1_000, 60, ("letter", "silent"))
    told = truth(config, 8)
    assert told.offers == ("letter", "silent")
    assert told.net.shape == (4, len(told.customer_id), 2)
    assert not told.net[:, :, 1].any()
    assert not np.array_equal(told.net[0], told.net[1])
    assert (told.cost[:, :, 0] == config.promotions[0].contact_cost_minor).all()


def test_what_an_offer_did_is_nothing_for_a_placebo() -> None:
    told = quality_response.realised(shop_of(1_000, 200, ("letter", "silent")))
    assert told["silent"] == 0
    assert told["letter"] != 0


def test_fifths_and_calls_set_predictions_beside_the_truth() -> None:
    predicted = np.arange(10.0)
    told = quality_response.by_fifth(predicted, 2 * predicted)
    assert told["fifths_predicted"] == [0.5, 2.5, 4.5, 6.5, 8.5]
    assert told["fifths_true"] == [1.0, 5.0, 9.0, 13.0, 17.0]
    assert told["slope"] == pytest.approx(2.0)
    assert quality_response.by_fifth(np.ones(10), predicted)["slope"] is None
    called = quality_response.calls(np.array([3.0, -3.0, 1.0]), np.ones(3), np.array([5.0, -7.0, 0.0]))
    assert (called["moved"], called["harmed"], called["moved_true"], called["harmed_true"]) == (1, 1, 5.0, -7.0)
