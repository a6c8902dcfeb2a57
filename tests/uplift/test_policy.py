"""Policy values: by hand, on known truth, and beside the simple answers."""

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.uplift.compare import BEST_ARM, NO_OFFER, RANDOM, RESPONSE, compare
from netlift.uplift.policy import METHODS, Log, influence, policy_value, policy_values
from netlift.uplift.scores import cross_fit_linear
from tests.uplift import worlds

SEEDS = 200


def a_log(seed, n=800, *, effect=1.0, folds=2):
    data = worlds.log(seed, n, effect=effect)
    mu = cross_fit_linear(data.x, data.outcome, data.arm, 3, folds=folds)
    return Log.of(data.outcome, data.arm, data.propensity, mu), data


def personal(data):
    """Arm 1 where x0 is above .3, else arm 2: the best rule of `worlds.log`."""
    return np.where(data.x[:, 0] > 0.3, 1, 2)


TRUTH = 0.3 * 0.6179114 + 0.3813878
"""E of the larger of x0 and .3 for a standard normal x0: .3 Phi(.3) + phi(.3); offers add nothing else on average."""


def test_every_estimator_by_hand():
    """Four kinds of units, ten of each, arm 1 to all; e = (.75, .25) for the first two kinds, else half."""
    y, arm = np.array([1.0, 3.0, 0.0, 2.0] * 10), [0, 1, 0, 1] * 10
    e, mu = np.array([[0.75, 0.25]] * 2 + [[0.5, 0.5]] * 2), np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 1.0], [0.0, 1.0]])
    log = Log.of(y, arm, np.tile(e, (10, 1)), np.tile(mu, (10, 1)))
    by_hand = {  # w = 0, 4, 0, 2; rest of the weighted units = 1, 1; m = 2, 2, 1, 1
        "dm": 1.5,
        "ips": (4 * 3 + 2 * 2) / 4,
        "snips": (4 * 3 + 2 * 2) / 6,
        "dr": (6 + 4 + 2) / 4,
        "switch-dr": (6 + 2) / 4,
        "dros": (6 + 4 * 8 / (16 + 8) + 2 * 8 / (4 + 8)) / 4,
    }
    limits = {"switch-dr": 3.0, "dros": 8.0}
    found = {m: policy_value(log, [1] * 40, m, threshold=limits.get(m)) for m in METHODS}
    assert {m: v.value.estimate for m, v in found.items()} == pytest.approx(by_hand)
    assert {v.effective for v in found.values()} == {10 * 6**2 / (16 + 4)}
    assert {v.max_weight for v in found.values()} == {4.0}
    assert found["dr"].value.se == pytest.approx(np.std([2, 6, 1, 3] * 10, ddof=1) / np.sqrt(40))


def test_limits_of_the_shrunken_estimators():
    """Without a limit Switch-DR and DRos are DR; with the strictest they are DM."""
    log, data = a_log(1)
    wide = {m: influence(log, personal(data), m, threshold=1e12) for m in ("switch-dr", "dros")}
    tight = {m: influence(log, personal(data), m, threshold=1e-12) for m in ("switch-dr", "dros")}
    for m in ("switch-dr", "dros"):
        assert wide[m] == pytest.approx(influence(log, personal(data), "dr"), abs=1e-8)
        assert tight[m] == pytest.approx(influence(log, personal(data), "dm"), abs=1e-8)


def test_terms_of_a_single_arm_are_its_scores():
    log, _ = a_log(2)
    assert influence(log, [2] * 800) == pytest.approx(log.scores[:, 2])


def test_intervals_hold_the_truth():
    """95 % intervals over 1,000 logs of 500, outcome models learned on them: 93 to 97 % is 3 binomial standard errors.

    DM is not asked: its interval does not know the bias of the predictions.
    """
    held = dict.fromkeys(["ips", "snips", "dr", "switch-dr", "dros"], 0)
    for seed in range(1000):
        log, data = a_log(seed, 500)
        for method in held:
            value = policy_value(log, personal(data), method).value
            held[method] += value.lower <= TRUTH <= value.upper
    assert all(0.93 <= count / 1000 <= 0.97 for count in held.values()), held


def test_dr_is_more_precise_than_weighting_where_outcomes_can_be_predicted():
    log, data = a_log(3)
    found = policy_values(log, personal(data))
    assert found["dr"].value.se < 0.8 * found["ips"].value.se
    assert tuple(found) == METHODS


def test_personalisation_that_pays_is_shown_to_beat_every_simple_answer():
    """True gains of the rule per customer: over nothing .57, over arm 2 to all .27, over its mix at random .38."""
    log, data = a_log(4, 3000)
    found = compare(log, personal(data))
    assert found.not_shown_to_beat == ()
    assert found.best_arm == 2
    assert found.differences[NO_OFFER].estimate == pytest.approx(TRUTH, abs=0.15)
    assert found.differences[BEST_ARM].estimate == pytest.approx(TRUTH - 0.3, abs=0.15)
    assert found.differences[RANDOM].estimate == pytest.approx(TRUTH - 0.6179 * 0.3, abs=0.2)  # arm 1 alone gains 0
    for name, baseline in found.baselines.items():
        difference = found.policy.estimate - baseline.estimate
        assert found.differences[name].estimate == pytest.approx(difference, abs=1e-12)


def test_pairing_makes_differences_of_like_policies_precise():
    log, data = a_log(5)
    close = personal(data)
    close[:20] = 0
    found = compare(log, np.where(close == 0, 2, 2))  # arm 2 to all is the best single arm
    assert found.differences[BEST_ARM].se < 0.1 * found.policy.se


def test_ranking_by_response_gives_as_many_offers_to_the_highest_responses():
    log, data = a_log(6)
    policy = np.where(data.x[:, 0] > 0.3, 1, 0)
    best = np.argsort(-data.x[:, 1])[: policy.sum()]
    expected = log.scores[:, 0].copy()
    expected[best] = log.scores[best, 2]  # arm 2 is the best single offer in every part of this log
    found = compare(log, policy, response=data.x[:, 1])
    assert found.baselines[RESPONSE].estimate == pytest.approx(expected.mean())
    tied = compare(log, policy, response=np.zeros(800)).baselines[RESPONSE].estimate
    share = policy.mean()
    assert tied == pytest.approx((1 - share) * log.scores[:, 0].mean() + share * log.scores[:, 2].mean())


@pytest.mark.parametrize("name", [BEST_ARM, NO_OFFER, RANDOM])
def test_where_offers_do_nothing_nothing_is_shown(name):
    """Effect 0: 95 % of 200 paired intervals hold 0, give or take two binomial standard errors."""
    alarms = 0
    for seed in range(1000, 1000 + SEEDS):
        log, data = a_log(seed, 600, effect=0.0)
        alarms += compare(log, personal(data), folds=2).differences[name].excludes_zero
    assert 4 <= alarms <= 16


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": [np.inf] + [0.0] * 39}, "outcome is NaN or infinite"),
        ({"arm": [1] * 40}, "treatment is constant"),
        ({"arm": [1, 2] * 20, "propensity": [0.3, 0.3, 0.4], "prediction": np.zeros((40, 3))}, "control .* has 0"),
        ({"propensity": [0.0, 1.0]}, "strictly between 0 and 1"),
        ({"propensity": [0.4, 0.4]}, "must sum to 1"),
        ({"propensity": np.full((40, 3), 1 / 3)}, "propensity needs the shape"),
        ({"prediction": np.zeros(40)}, "for no offer and for each offer"),
        ({"customers": ["a", "b"] * 20}, "2 customers stand in several rows, such as a in 20"),
        ({"customers": range(39)}, "one value per unit"),
        ({"outcome": [0.0] * 3, "arm": [0, 1, 0], "prediction": np.zeros((3, 2))}, "at least 10"),
    ],
)  # fmt: skip
def test_logs_that_cannot_answer_are_refused(change, message):
    good = {"outcome": [0.0] * 40, "arm": [0, 1] * 20, "propensity": [0.5, 0.5], "prediction": np.zeros((40, 2))}
    with pytest.raises(EstimationError, match=message):
        Log.of(**{**good, **change})


def test_policies_that_do_not_fit_are_refused():
    log, _ = a_log(7)
    for policy, message in [
        ([3] * 800, "arm from 0 to 2"),
        (np.full((800, 3), 0.5), "must sum to 1"),
        ([1] * 799, "one value per unit"),
        ((log.arm + 1) % 3, "gives nobody the arm"),
    ]:
        with pytest.raises(EstimationError, match=message):
            policy_value(log, policy)
    with pytest.raises(EstimationError, match="unknown method"):
        policy_value(log, [1] * 800, "magic")  # type: ignore[arg-type]
    with pytest.raises(EstimationError, match="threshold above 0"):
        policy_value(log, [1] * 800, "dros", threshold=0.0)
    with pytest.raises(EstimationError, match="folds"):
        compare(log, [1] * 800, folds=1)
