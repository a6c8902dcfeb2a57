"""Gain and Qini per capita: by hand, under ties, and against known truth."""

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.uplift.ranking import auuc, curve, qini, uplift_at
from tests.uplift.worlds import trial

SEEDS = 200


def test_curves_by_hand():
    """Ten copies of four units, two ties: the best half gains 1 each, the rest nothing."""
    y, t, s = [1, 0, 0, 0] * 10, [1, 0, 1, 0] * 10, [2, 2, 1, 1] * 10
    gain, q = curve(y, t, s), curve(y, t, s, kind="qini")
    assert gain.share.tolist() == [0, 0.5, 1]
    assert gain.value.tolist() == [0, 0.5, 0.5]  # U = 20 (10/10 - 0) / 40, then 40 (10/20 - 0) / 40
    assert q.value.tolist() == [0, 0.25, 0.25]  # Q = 10 / 40 twice
    area = auuc(y, t, s)
    assert (area.total, area.random, area.excess.estimate) == pytest.approx((0.375, 0.25, 0.125))
    assert qini(y, t, s).excess.estimate == pytest.approx(0.0625)
    assert (area.n_treated, area.n_control) == (20, 20)


def test_a_prefix_with_one_arm_is_bridged():
    """The first units are all treated, so the curve goes straight from (0, 0) to the first control unit."""
    t = np.array([1] * 10 + [0] * 10)
    found = curve(np.ones(20), t, -np.arange(20.0))
    assert found.share[:2].tolist() == [0, 11 / 20]
    assert (found.value == 0).all()


def test_rows_of_equal_score_may_come_in_any_order():
    data = trial(1, 200)
    score, mixed = np.round(data.score, 1), np.random.default_rng(2).permutation(200)
    for measure in (lambda *d: qini(*d).excess.estimate, lambda *d: uplift_at(*d, 0.37).estimate):
        here = measure(data.outcome, data.treatment, score)
        there = measure(data.outcome[mixed], data.treatment[mixed], score[mixed])
        assert here == pytest.approx(there, abs=1e-12)


def test_a_constant_score_is_random():
    data = trial(3, 200)
    area = qini(data.outcome, data.treatment, np.zeros(200))
    assert area.excess.estimate == pytest.approx(0, abs=1e-12)
    everybody = data.outcome[data.treatment == 1].mean() - data.outcome[data.treatment == 0].mean()
    assert uplift_at(data.outcome, data.treatment, np.zeros(200), 0.3).estimate == pytest.approx(everybody)
    assert uplift_at(data.outcome, data.treatment, data.score, 1.0).estimate == pytest.approx(everybody)


def test_turning_the_score_round_turns_the_sign():
    """Without ties or bridges Qini of -score is about minus Qini; truth is +-slope / 24 at half treated."""
    data = trial(4, 20_000)
    forth = qini(data.outcome, data.treatment, data.score, replicates=2).excess.estimate
    back = qini(data.outcome, data.treatment, -data.score, replicates=2).excess.estimate
    assert forth == pytest.approx(1 / 24, abs=0.008)  # 2.5 standard errors of about .003
    assert back == pytest.approx(-forth, abs=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(("treated", "least", "most"), [(0.5, 0.93, 0.97), (0.3, 0.904, 0.996)])
def test_intervals_hold_the_truth(treated, least, most):
    """95 % intervals, 200 trials: Qini e slope / 12, gain area slope / 12, uplift of the top 30 % ate + .35 slope.

    With 30 % treated the band is 95 % +- 3 binomial standard errors.
    """
    held = np.zeros(3)
    for seed in range(SEEDS):
        data = trial(seed, slope=2.0, treated=treated)
        found = [
            qini(*data, replicates=100).excess,
            auuc(*data, replicates=100).excess,
            uplift_at(*data, 0.3, replicates=100),
        ]
        truth = [treated * 2 / 12, 2 / 12, 0.5 + 0.35 * 2]
        held += [e.lower <= value <= e.upper for e, value in zip(found, truth, strict=True)]
    assert (held / SEEDS >= least).all(), held
    assert (held / SEEDS <= most).all(), held


def test_a_score_that_knows_nothing_is_not_shown_to_gain():
    """Effect .5 for everybody: 95 % of 200 Qini intervals hold 0, give or take two binomial standard errors."""
    alarms = sum(qini(*trial(1000 + seed, slope=0.0), replicates=100).excess.excludes_zero for seed in range(SEEDS))
    assert 4 <= alarms <= 16


@pytest.mark.parametrize(
    ("outcome", "treatment", "score", "message"),
    [
        ([np.nan] + [0.0] * 39, [0, 1] * 20, range(40), "outcome is NaN or infinite in 1 rows, first in row 0"),
        ([0.0, np.inf] + [0.0] * 38, [0, 1] * 20, range(40), "outcome is NaN or infinite"),
        ([0.0] * 40, [1] * 40, range(40), "treatment is constant"),
        ([0.0] * 40, [1] * 35 + [0] * 5, range(40), r"control \(arm 0\) has 5 units, at least 10"),
        ([0.0] * 3, [0, 1, 0], range(3), "at least 10 are needed"),
        ([0.0] * 40, [0, 2] * 20, range(40), "treatment must be 0"),
        ([0.0] * 40, [0, 1] * 20, range(39), "one value per unit"),
        (["a"] * 40, [0, 1] * 20, range(40), "must hold numbers"),
        ([], [], [], "has 0 units"),
    ],
)
def test_bad_input_is_refused_with_the_reason(outcome, treatment, score, message):
    with pytest.raises(EstimationError, match=message):
        qini(outcome, treatment, list(score))


def test_options_outside_their_range_are_refused():
    data = trial(5)
    with pytest.raises(EstimationError, match="confidence level"):
        qini(*data, level=95)
    with pytest.raises(EstimationError, match="share of the units"):
        uplift_at(*data, 0.0)
    with pytest.raises(EstimationError, match="2 replicates"):
        qini(*data, replicates=1)
    late = np.where(data.treatment == 1, data.score + 1, data.score)  # a score that leaks the treatment
    with pytest.raises(EstimationError, match="only one of the arms"):
        uplift_at(data.outcome, data.treatment, late, 0.1)
