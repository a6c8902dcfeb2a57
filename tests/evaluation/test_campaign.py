"""The doubly robust campaign design, on planted effects."""

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.evaluation.designs.campaign import campaign
from netlift.types import Grade

ONES = np.ones(2)


def planted(seed: int, effect: float = 1.0, n: int = 2000):
    """Customers reached more often the more they bought; the effect grows with how active they are."""
    rng = np.random.default_rng(seed)
    activity = rng.gamma(2, 1, n)
    features = np.column_stack(
        [rng.poisson(activity * 4), rng.poisson(activity * 40), rng.normal(size=n), rng.exponential(1 / activity)]
    ).astype(float)
    reached = rng.random(n) < 1 / (1 + np.exp(2.5 - 0.7 * np.log1p(features[:, 1])))
    without = activity * 10 * rng.lognormal(0, 0.4, n) * (rng.random(n) < 0.8)
    gain = effect * (1 + activity)
    outcome = without + reached * gain
    return np.column_stack([0.6 * outcome, 0.4 * outcome]), reached, features, float((reached * gain).sum())


def estimate(seed: int, effect: float = 1.0):
    outcomes, reached, features, truth = planted(seed, effect)
    found = campaign(outcomes, reached, features, profit=ONES, rng=np.random.default_rng(seed), folds=3)
    return found, truth


def test_holds_the_planted_effect_where_the_naive_difference_does_not():
    """12 seeds at 90 %: fewer than 8 intervals with the truth has probability .004 (binomial)."""
    held, naive_held = 0, 0
    for seed in range(12):
        found, truth = estimate(seed)
        effect = found.contrast.effect(ONES, level=0.9, grade=Grade.OBSERVATIONAL)
        held += effect.lower <= truth <= effect.upper
        outcomes, reached, _, _ = planted(seed)
        total = outcomes.sum(axis=1)
        gap = (total[reached].mean() - total[~reached].mean()) * reached.sum()
        naive_held += abs(gap - truth) <= 1.645 * effect.se
    assert held >= 8
    assert naive_held <= 2


def test_null_campaign_shows_nothing():
    """Without an effect, the mean of 12 standardised estimates is a normal with sd .29: |mean| < 3 sd."""
    scores = []
    for seed in range(12):
        found, _ = estimate(seed, effect=0.0)
        effect = found.contrast.effect(ONES, level=0.9, grade=Grade.OBSERVATIONAL)
        scores.append(effect.estimate / effect.se)
    assert abs(np.mean(scores)) < 3 / np.sqrt(12)


def test_every_part_gets_the_same_weights():
    """Linearity: the effect on the sum is the sum of the effects, and weights reproduce both."""
    outcomes, _, _, _ = planted(1)
    found, _ = estimate(1)
    assert found.contrast.total == pytest.approx(found.weights @ outcomes, rel=1e-9)
    assert found.contrast.total[0] / found.contrast.total[1] == pytest.approx(1.5, rel=1e-9)  # 0.6 / 0.4


def test_same_seed_same_answer():
    """The random generator only assigns folds and seeds the boosters."""
    first, second = estimate(3)[0], estimate(3)[0]
    assert (first.contrast.total == second.contrast.total).all()


def test_weighted_controls_match_the_treated():
    """The calibrated weights close the gap in every feature that raw controls show."""
    found, _ = estimate(5)
    balance = next(check for check in found.checks if check.code == "balance")
    assert balance.passed
    assert balance.value < 0.1 < balance.numbers["before"]


def test_too_few_treated_is_refused():
    """A campaign to five people cannot be compared."""
    outcomes, _, features, _ = planted(1, n=200)
    reached = np.arange(200) < 5
    with pytest.raises(EstimationError, match="5 treated"):
        campaign(outcomes, reached, features, profit=ONES, rng=np.random.default_rng(0))


def test_everybody_like_the_treated_was_treated():
    """Without overlap there is no answer rather than an extrapolation."""
    outcomes, _, features, _ = planted(2)
    reached = features[:, 0] > 8
    features = np.column_stack([features, reached * 50.0])
    with pytest.raises(EstimationError, match="overlap"):
        campaign(outcomes, reached, features, profit=ONES, rng=np.random.default_rng(0), folds=3)
