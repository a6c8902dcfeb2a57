"""The randomised design: linear, right on planted effects, and alert to broken experiments."""

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.evaluation.designs.randomized import randomized
from netlift.types import Grade

ONE = np.ones(1)


def planted(seed: int, *, n: int = 300, share: float = 0.4, effect: float = 60.0):
    """Profit in cents: half of it follows the profit before, the effect grows with it, some customers spend a lot."""
    rng = np.random.default_rng(seed)
    before = rng.gamma(1.5, 400.0, (n, 2))
    treated = rng.random(n) < share
    gain = effect * (0.5 + before[:, 0] / 1200)
    profit = before @ [0.5, 0.2] + rng.gamma(1.0, 200.0, n)
    return profit + treated * gain, treated, before, float(gain[treated].sum())


def check_of(checks, code):
    return next(check for check in checks if check.code == code)


def test_without_covariates_it_is_the_difference_in_means_times_the_treated():
    y, treated, _, _ = planted(1)
    contrast, checks = randomized(y[:, None], treated)
    a, b = y[~treated], y[treated]
    assert contrast.method == "difference-in-means"
    assert contrast.total[0] == pytest.approx(len(b) * (b.mean() - a.mean()), rel=1e-12)
    # the treated's missing outcomes and the controls' mean, both with the controls' spread: n s^2 + n^2 s^2 / n0,
    # where HC3 makes s^2 = sum e^2 n0 / (n0 - 1)^2
    spread = np.sum((a - a.mean()) ** 2) * len(a) / (len(a) - 1) ** 2
    by_hand = np.sqrt(len(b) * spread + len(b) ** 2 * spread / len(a))
    assert contrast.se(ONE) == pytest.approx(by_hand, rel=1e-10)
    assert (contrast.n_treated, contrast.n_control) == (len(b), len(a))
    assert check_of(checks, "sample_ratio").passed is None


def test_parts_of_the_profit_add_up_exactly():
    """Columns that sum to the profit get effects that sum to its effect, and errors that combine to its error."""
    y, treated, before, _ = planted(2)
    parts = np.column_stack([0.7 * y, 0.3 * y - 50, before[:, 0], 50 - before[:, 0]])
    whole, _ = randomized(y[:, None], treated, covariates=before)
    split, _ = randomized(parts, treated, covariates=before)
    assert split.total.sum() == pytest.approx(whole.total[0], rel=1e-9)
    assert split.se(np.ones(4)) == pytest.approx(whole.se(ONE), rel=1e-9)


def test_covariates_answer_the_interacted_regression_read_at_the_treated():
    """Control slopes extrapolate to the treated: n (mean of treated - prediction of an OLS on controls)."""
    y, treated, before, _ = planted(3)
    design = np.column_stack([np.ones((~treated).sum()), before[~treated]])
    beta = np.linalg.lstsq(design, y[~treated], rcond=None)[0]
    expected = float(np.sum(y[treated] - beta[0] - before[treated] @ beta[1:]))
    contrast, _ = randomized(y[:, None], treated, covariates=before)
    assert contrast.method == "lin"
    assert contrast.total[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("share", [0.5, 0.15])
def test_intervals_hold_the_planted_total(share):
    """200 experiments at 90 %: between .84 and .96 of the intervals (3 binomial standard errors), bias under 5 %."""
    inside, misses, truths = 0, [], []
    for seed in range(200):
        y, treated, before, truth = planted(seed, share=share)
        contrast, _ = randomized(y[:, None], treated, covariates=before)
        effect = contrast.effect(ONE, level=0.9, grade=Grade.RANDOMIZED)
        inside += effect.lower <= truth <= effect.upper
        misses.append(effect.estimate - truth)
        truths.append(truth)
    assert 0.84 <= inside / 200 <= 0.96
    assert abs(np.mean(misses)) < 0.05 * np.mean(truths)


@pytest.mark.parametrize("keeps", [0.3, 3.0])
def test_a_promotion_that_changes_the_spread_does_not_change_the_coverage(keeps):
    """Treated profit is 0.3 or 3 times what it would have been: the error is in what it would have been, nothing else.

    300 experiments at 90 %; errors taken from the treated's own spread would cover about .79 and .97.
    """
    inside = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        without, treated = rng.gamma(2.0, 100.0, 400), rng.random(400) < 0.5
        y = np.where(treated, keeps * without, without)
        effect = randomized(y[:, None], treated)[0].effect(ONE, level=0.9, grade=Grade.RANDOMIZED)
        inside += effect.lower <= float(np.sum((y - without)[treated])) <= effect.upper
    assert 0.848 <= inside / 300 <= 0.952  # .9 +- 3 binomial standard errors


def test_covariates_narrow_the_interval():
    y, treated, before, _ = planted(4)
    with_them, _ = randomized(y[:, None], treated, covariates=before)
    without, _ = randomized(y[:, None], treated)
    assert with_them.se(ONE) < 0.8 * without.se(ONE)


def test_known_unequal_chances_are_undone():
    """Better customers were drawn more often: the plain difference is far off, the weighted one is not."""
    plain_miss, miss, size = 0.0, 0.0, 0.0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        before = rng.gamma(1.5, 400.0, (800, 1))
        chance = np.clip(before[:, 0] / 1500, 0.1, 0.9)
        treated = rng.random(800) < chance
        y = before[:, 0] + rng.normal(0, 100, 800) + 50.0 * treated
        own = np.where(treated, chance, 1 - chance)
        _, checks = randomized(y[:, None], treated, covariates=before, propensity=own)
        plain_miss += randomized(y[:, None], treated)[0].total[0] - 50 * treated.sum()
        miss += randomized(y[:, None], treated, propensity=own)[0].total[0] - 50 * treated.sum()
        size += 50 * treated.sum()
        assert check_of(checks, "sample_ratio").passed
    assert plain_miss > 2 * size
    assert abs(miss) < 0.1 * size


def test_households_drawn_together_count_as_one():
    """Four customers share a draw and a shock: intervals that ignore it are too short by about half."""
    inside = naive = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        home = np.arange(240) // 4
        treated = (rng.random(60) < 0.5)[home]
        y = 100 + rng.normal(0, 30, 60)[home] + rng.normal(0, 15, 240)
        own, _ = randomized(y[:, None], treated, clusters=home)
        one, _ = randomized(y[:, None], treated)
        for contrast, is_own in ((own, True), (one, False)):
            effect = contrast.effect(ONE, level=0.9, grade=Grade.RANDOMIZED)
            hit = effect.lower <= 0 <= effect.upper
            inside, naive = inside + (hit and is_own), naive + (hit and not is_own)
    assert 0.83 <= inside / 200 <= 0.97
    assert naive / 200 < 0.75


def test_lost_customers_and_unlike_arms_are_noticed():
    y, treated, before, _ = planted(5, n=4000)
    kept = ~treated | (np.random.default_rng(1).random(4000) < 0.8)
    own = np.where(treated, 0.4, 0.6)
    _, checks = randomized(y[kept, None], treated[kept], covariates=before[kept], propensity=own[kept])
    assert check_of(checks, "sample_ratio").passed is False
    shifted = before + 100 * treated[:, None]
    _, checks = randomized(y[:, None], treated, covariates=shifted, propensity=own)
    assert check_of(checks, "placebo_before").passed is False
    assert check_of(checks, "sample_ratio").passed is True
    _, checks = randomized(y[:, None], treated, observed=kept)
    assert check_of(checks, "attrition").passed is False


def test_placebo_before_is_rarely_wrong():
    """300 honest experiments: the check at 1 % fails in at most 3 % of them."""
    failed = 0
    for seed in range(300):
        y, treated, before, _ = planted(seed, n=120)
        failed += check_of(randomized(y[:, None], treated, covariates=before)[1], "placebo_before").passed is False
    assert failed <= 9


def test_tiny_arms_drop_covariates_rather_than_invent_slopes():
    y, treated, before, _ = planted(6, n=12, share=0.5)
    assert randomized(y[:, None], treated, covariates=before)[0].method == "difference-in-means"


def test_unknown_outcomes_are_left_out():
    y, treated, _, _ = planted(7)
    seen = np.ones(len(y), dtype=bool)
    seen[:10] = False
    gone, _ = randomized(np.where(seen, y, 1e9)[:, None], treated, observed=seen)
    assert gone.total[0] == pytest.approx(randomized(y[seen, None], treated[seen])[0].total[0])


@pytest.mark.parametrize(
    ("treated", "propensity", "message"),
    [([True, False, False], None, "at least 2"), ([True, True, False], None, "at least 2"),
     ([True, False], None, "do not fit"), ([True, True, False, False], [0.5, 0.5, 1.0, 0.5], "inside")],
)  # fmt: skip
def test_impossible_experiments_are_refused(treated, propensity, message):
    outcomes = np.ones((max(3, len(treated)), 1))
    chances = None if propensity is None else np.array(propensity)
    with pytest.raises(EstimationError, match=message):
        randomized(outcomes, np.array(treated), propensity=chances)
