"""The multi-arm cost curve: by hand, against a brute force, and against known truth."""

import itertools

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.uplift.costs import cost_curve
from netlift.uplift.scores import contrasts, doubly_robust
from tests.uplift.worlds import log

SEEDS = 200


def test_hulls_by_hand():
    """Ten copies of two customers. A: 2 for 1, then 1 more for 1. B: offer 0 is dominated, 2 for 2."""
    tau, cost = np.tile([[2.0, 3.0], [0.5, 2.0]], (10, 1)), np.tile([[1.0, 2.0], [1.0, 2.0]], (10, 1))
    found = cost_curve(tau, cost, tau, spend=[0, 0.5, 1.0, 1.5, 2.0, 5.0])
    # per customer: 0.5 buys A's first step (1.0), then 1.5 buys A's second and B's at slope 1 each
    assert found.gain == pytest.approx([0, 1.0, 1.5, 2.0, 2.5, 2.5])
    assert found.full_spend == 2.0
    # on average offer 0 gains 1.25 for 1, offer 1 2.5 for 2: one step of slope 1.25
    assert found.untargeted == pytest.approx([0, 0.625, 1.25, 1.875, 2.5, 2.5])
    assert found.gain_at(0.25) == pytest.approx(0.5)


def test_what_is_predicted_to_lose_is_not_given():
    tau = np.tile([[1.0], [-1.0]], (10, 1))
    assert cost_curve(tau, [1.0], tau).full_spend == 0.5


@pytest.mark.parametrize("seed", range(5))
def test_at_every_step_no_other_allocation_of_that_spend_gains_more(seed):
    """Twenty customers made of two kinds: brute force over shares of kinds in the linear programme of one budget."""
    from scipy.optimize import linprog

    rng = np.random.default_rng(seed)
    kinds, price = rng.normal(0.5, 1, (2, 3)), rng.uniform(0.5, 3, (2, 3))
    if kinds.max() <= 0:
        kinds += 1
    tau, cost = np.repeat(kinds, 10, axis=0), np.repeat(price, 10, axis=0)
    found = cost_curve(tau, cost, tau)
    for spend, gain in itertools.islice(zip(found.spend, found.gain, strict=True), 0, 101, 10):
        once = np.kron(np.eye(2), np.ones(3))
        best = linprog(-kinds.ravel() / 2, np.vstack([once, price.ravel() / 2]), [1, 1, spend + 1e-12])
        assert gain == pytest.approx(-best.fun, abs=1e-9)


def test_order_of_rows_is_nothing():
    data, mixed = log(1), np.random.default_rng(3).permutation(800)
    scores = contrasts(doubly_robust(data.outcome, data.arm, data.propensity, data.mean))
    tau, cost = np.round(contrasts(data.mean), 1), np.array([1.0, 1.5])
    here, there = cost_curve(tau, cost, scores), cost_curve(tau[mixed], cost, scores[mixed])
    assert here.gain == pytest.approx(there.gain, abs=1e-12)
    assert here.untargeted == pytest.approx(there.untargeted, abs=1e-12)


@pytest.mark.slow
def test_intervals_hold_the_truth_and_targeting_is_shown_to_pay():
    """Two offers, right predictions: truth of the curve at a third of the full spend from a million customers."""
    cost, spend = np.array([1.0, 1.5]), np.array([0.0, 0.15, 0.3])
    big = contrasts(log(99, 1_000_000).mean)
    truth = cost_curve(big, cost, big, spend=spend, replicates=2)
    held, shown = np.zeros(2), 0
    for seed in range(SEEDS):
        data = log(seed, 500)
        scores = contrasts(doubly_robust(data.outcome, data.arm, data.propensity, data.mean))
        found = cost_curve(contrasts(data.mean), cost, scores, spend=spend, replicates=100)
        held[0] += found.lower[2] <= truth.gain[2] <= found.upper[2]
        held[1] += found.excess_lower[2] <= truth.excess[2] <= found.excess_upper[2]
        shown += found.area.lower > 0
    assert (held / SEEDS >= 0.93).all()
    assert (held / SEEDS <= 0.97).all()
    assert shown >= 0.95 * SEEDS


def test_predictions_that_know_nothing_are_not_shown_to_beat_a_random_allocation():
    alarms = 0
    for seed in range(1000, 1000 + SEEDS):
        data = log(seed, 300, effect=0.0)
        scores = contrasts(doubly_robust(data.outcome, data.arm, data.propensity, data.mean))
        guess = np.random.default_rng(seed).normal(1, 0.3, (300, 2))
        alarms += cost_curve(guess, [1.0, 1.5], scores, spend=[0, 0.4, 0.8], replicates=100).area.excludes_zero
    assert 4 <= alarms <= 16  # 5 % of 200 +- two binomial standard errors


@pytest.mark.parametrize(
    ("prediction", "cost", "message"),
    [
        (np.ones((20, 2)), [1.0, 0.0], "cost more than 0"),
        (np.ones((20, 2)), [1.0], "cost needs the shape"),
        (np.ones((20, 3)), [1.0, 1.0, 1.0], "scores needs the shape"),
        (-np.ones((20, 2)), [1.0, 1.0], "no offer is predicted to gain"),
        (np.ones((3, 2)), [1.0, 1.0], "scores needs the shape"),
        (np.full((20, 2), np.inf), [1.0, 1.0], "prediction is NaN or infinite"),
    ],
)
def test_bad_input_is_refused(prediction, cost, message):
    with pytest.raises(EstimationError, match=message):
        cost_curve(prediction, cost, np.ones((20, 2)))
    with pytest.raises(EstimationError, match="rise from 0"):
        cost_curve(np.ones((20, 2)), [1.0, 1.0], np.ones((20, 2)), spend=[0.0, 0.0])
    with pytest.raises(EstimationError, match="at least 20 units"):
        cost_curve(np.ones((3, 2)), [1.0, 1.0], np.ones((3, 2)))
    with pytest.raises(EstimationError, match="knows spends"):
        cost_curve(np.ones((20, 2)), [1.0, 1.0], np.ones((20, 2))).gain_at(99.0)
