"""RATE by hand and against known truth."""

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.uplift.ranking import auuc
from netlift.uplift.rate import rate, toc
from netlift.uplift.scores import contrasts, doubly_robust
from tests.uplift.worlds import trial

SEEDS = 200


def effect_scores(seed, **options):
    data = trial(seed, **options)
    share = data.treatment.mean()
    mu = np.column_stack([data.score, data.score])  # the outcome without an offer; right for control only
    return contrasts(doubly_robust(data.outcome, data.treatment, [1 - share, share], mu))[:, 0], data


def test_toc_and_rate_by_hand():
    """Five copies of effects 3, 1, 0, 0 in that order; the mean of all is 1."""
    scores, ranking = [3.0, 1.0, 0.0, 0.0] * 5, [4, 3, 1, 1] * 5
    found = toc(scores, ranking)
    by_hand = [3.0] * 5 + [(15 + i) / (5 + i) for i in range(1, 6)] + [20 / j for j in range(11, 21)]
    assert found == pytest.approx(np.array(by_hand) - 1)
    assert rate(scores, ranking).estimate == pytest.approx(found.mean())
    weights = np.arange(1, 21) / 20
    assert rate(scores, ranking, weighting="qini").estimate == pytest.approx((found * weights).mean())


def test_a_constant_ranking_is_random_and_order_of_tied_rows_is_nothing():
    scores, data = effect_scores(1)
    assert rate(scores, np.zeros(len(scores))).estimate == pytest.approx(0, abs=1e-12)
    tied, mixed = np.round(data.score, 1), np.random.default_rng(0).permutation(len(scores))
    assert rate(scores, tied).estimate == pytest.approx(rate(scores[mixed], tied[mixed]).estimate, abs=1e-12)


def test_qini_weighting_and_gain_area_measure_the_same_thing():
    """Both go to cov(effect, rank) = slope / 12 = 1/6; they differ by noise of the two estimators only."""
    scores, data = effect_scores(2, n=20_000, slope=2.0)
    area = auuc(*data, replicates=50).excess
    assert rate(scores, data.score, weighting="qini").estimate == pytest.approx(area.estimate, abs=2 * area.se)


@pytest.mark.slow
def test_intervals_hold_the_truth():
    """Effect ate + slope (r - 1/2): TOC(q) = slope (1 - q) / 2, so AUTOC = slope / 4 and Qini = slope / 12."""
    held = np.zeros(2)
    for seed in range(SEEDS):
        scores, data = effect_scores(seed, slope=2.0)
        for i, (weighting, truth) in enumerate([("autoc", 0.5), ("qini", 1 / 6)]):
            found = rate(scores, data.score, weighting=weighting, replicates=100)
            held[i] += found.lower <= truth <= found.upper
    assert (held / SEEDS >= 0.93).all()
    assert (held / SEEDS <= 0.97).all()


def test_a_ranking_that_knows_nothing_is_not_shown_to_help():
    alarms = 0
    for seed in range(1000, 1000 + SEEDS):
        scores, data = effect_scores(seed, slope=0.0)
        alarms += rate(scores, data.score, replicates=100).excludes_zero
    assert 4 <= alarms <= 16  # 5 % of 200 +- two binomial standard errors


def test_bad_input_is_refused():
    with pytest.raises(EstimationError, match="at least 20 units"):
        rate([1.0, 2.0, 3.0], [1, 2, 3])
    with pytest.raises(EstimationError, match="ranking is NaN"):
        rate([1.0] * 20, [np.nan] * 20)
