"""Treated-share gap, overlap, balance and leaks: by hand and on planted faults."""

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.uplift.diagnostics import balance, effective_size, overlap, treated_share_gap
from tests.uplift.worlds import log, trial

SEEDS = 200


def test_gap_by_hand():
    """Of the top 10 of 40 units 7 were treated, of all 40 twenty: gap .2; drawing 10 of 40 without replacement."""
    treatment = [1] * 7 + [0] * 3 + [1] * 13 + [0] * 17
    found = treated_share_gap(treatment, -np.arange(40.0), 0.25)
    assert found.estimate == pytest.approx(0.2)
    assert found.se == pytest.approx(np.sqrt(0.25 / 10 * 30 / 39))  # hypergeometric
    known = treated_share_gap(treatment, -np.arange(40.0), 0.25, propensity=np.full(40, 0.6))
    assert (known.estimate, known.se) == pytest.approx((0.1, np.sqrt(0.24 / 10)))


def test_an_honest_score_has_no_gap_and_one_that_saw_the_treatment_has():
    alarms = sum(treated_share_gap(data.treatment, data.score).excludes_zero for data in map(trial, range(SEEDS)))
    assert 4 <= alarms <= 16  # 5 % of 200 +- two binomial standard errors
    data = trial(1)
    assert treated_share_gap(data.treatment, data.score + 0.2 * data.treatment).lower > 0


def test_ties_at_the_limit_count_by_fraction():
    found = treated_share_gap([1, 0] * 20, np.zeros(40), 0.1)
    assert found.estimate == pytest.approx(0, abs=1e-12)


def test_overlap_by_hand():
    e = np.array([[0.5, 0.5], [0.5, 0.5], [0.2, 0.8], [0.995, 0.005]] * 10)
    control, offer = overlap([0, 1, 0, 1] * 10, e)
    assert (control.n, offer.n, control.least, offer.most) == (20, 20, 0.2, 0.8)
    assert (control.below_floor, offer.below_floor) == (0.0, 0.25)
    assert (control.max_weight, offer.max_weight) == (5.0, 200.0)
    assert control.effective == pytest.approx(10 * (2 + 5) ** 2 / (4 + 25))
    assert offer.effective == pytest.approx(10 * (2 + 200) ** 2 / (4 + 40_000))
    assert effective_size(np.zeros(3)) == 0.0


def test_differences_by_hand():
    X = np.array([[0.0, 1.0], [2.0, 1.0]] * 10 + [[1.0, 2.0], [3.0, 2.0]] * 10)
    level, constant = balance(X, [0] * 20 + [1] * 20, ["level", "constant"])
    spread = np.sqrt(20 / 19)  # both arms: ten values 1 below and ten 1 above their mean
    assert level.difference == pytest.approx(1 / spread)
    assert level.z == pytest.approx(1 / spread / np.sqrt(2 / 20))
    assert constant.difference == np.inf
    assert constant.leak
    assert constant.unlike


def test_a_feature_measured_after_treatment_is_found_and_honest_ones_are_not():
    """Twenty honest covariates in 100 experiments: no more than one false leak; a shift of .25 s.d. is always found."""
    false, found = 0, 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        arm = rng.integers(0, 3, 6000)
        X = rng.normal(size=(6000, 20))
        false += sum(record.leak for record in balance(X, arm))
        X[:, 4] += 0.25 * (arm == 2)
        found += any(record.leak for record in balance(X, arm) if (record.name, record.arm) == ("x4", 2))
    assert false <= 1
    assert found == 100


def test_weighting_by_the_inverse_propensity_makes_targeted_arms_alike():
    data = log(1, 20_000)
    e = data.propensity[np.arange(20_000), data.arm]
    raw, weighted = balance(data.x, data.arm), balance(data.x, data.arm, weights=1 / e)
    assert max(abs(record.difference) for record in raw) > 0.3
    assert max(abs(record.difference) for record in weighted) < 0.05
    assert any(record.unlike for record in raw)
    assert not any(record.unlike or record.leak for record in weighted)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: treated_share_gap([1] * 40, range(40)), "treatment is constant"),
        (lambda: treated_share_gap([0, 1] * 20, range(40), propensity=[0.0] + [0.5] * 39), "strictly between 0 and 1"),
        (lambda: overlap([1, 2] * 10, np.full((20, 3), 1 / 3)), r"control \(arm 0\) has 0 units"),
        (lambda: balance(np.ones((40, 1)), [0] * 40), "treatment is constant"),
        (lambda: balance(np.ones((40, 1)), [0, 2] * 20), "arm 1 has 0 units"),
        (lambda: balance(np.ones((40, 2)), [0, 1] * 20, ["one"]), "as many names"),
        (lambda: balance(np.ones((40, 1)), [0, 1] * 20, weights=[-1.0] * 40), "must not be negative"),
        (lambda: balance(np.full((40, 1), np.nan), [0, 1] * 20), "X is NaN"),
    ],
)
def test_bad_input_is_refused(action, message):
    with pytest.raises(EstimationError, match=message):
        action()
