"""Learning from planted truth: averages, who differs, what is not shown, what is refused."""

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.response.checks import graded, not_run, observed, placebo
from netlift.response.learn import Lesson, Sample, learn
from netlift.response.personal import best_arms, of_cost, of_net
from netlift.response.predictions import COST, USUAL
from netlift.response.results import Why
from netlift.types import Grade
from netlift.uplift.compare import BEST_ARM, NO_OFFER

NAMES = ("spend", "visits", "noise")


def planted(n: int = 3000, *, seed: int = 0, apart: float = 100.0, confounded: float = 0.0, arms: int = 2,
            contact: float = 5.0) -> tuple[Sample, np.ndarray]:  # fmt: skip
    """A sample and its true net effects: on margin 20 + apart x spend for arm 1, 30 for arm 2; cost 10 a head."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 3))
    if confounded:
        chance = 1 / (1 + np.exp(-confounded * X[:, 0]))
        arm, propensity = (rng.random(n) < chance).astype(np.int64), None
    else:
        arm, propensity = rng.integers(0, arms, n), np.full((n, arms), 1 / arms)
    effects = np.column_stack([np.zeros(n), 20 + apart * X[:, 0], np.full(n, 30.0)])[:, :arms]
    cost = np.where(arm > 0, rng.gamma(2.0, 5.0, n), 0.0)
    margin = 300 * X[:, 0] + 100 * X[:, 1] + effects[np.arange(n), arm] + rng.normal(0, 150, n)
    sample = Sample(X, NAMES, arm, propensity, np.column_stack([margin, cost]), np.full(arms - 1, contact))
    return sample, effects[:, 1:] - 10 - contact


@pytest.fixture(scope="module")
def different() -> tuple[Sample, np.ndarray, Lesson]:
    """An experiment with two offers whose first one moves customers very differently."""
    sample, truth = planted(6000, arms=3)
    return sample, truth, learn(sample, level=0.9, seed=0)


def test_averages_hold_the_truth_and_add_up(different: tuple[Sample, np.ndarray, Lesson]) -> None:
    sample, truth, lesson = different
    for k, arm in enumerate(lesson.arms):
        assert abs(arm.net.estimate - truth[:, k].mean()) < 3 * arm.net.se
        assert arm.net.estimate == arm.margin.estimate - arm.cost.estimate
        assert abs(arm.cost.estimate - 15) < 3 * arm.cost.se
        assert (arm.treated, arm.control) == ((sample.arm == k + 1).sum(), (sample.arm == 0).sum())


def test_those_who_differ_are_told_apart(different: tuple[Sample, np.ndarray, Lesson]) -> None:
    sample, truth, lesson = different
    assert lesson.predict is not None
    raw = lesson.predict(sample.X)
    first = lesson.arms[0]
    believed = first.net_rule.value(of_net(raw[:, 0]))
    assert first.slope is not None
    assert first.slope.lower > 0.5
    assert np.corrcoef(believed, truth[:, 0])[0, 1] > 0.9
    assert [round(group.predicted) for group in first.groups] == sorted(round(g.predicted) for g in first.groups)


def test_a_rule_chosen_by_beliefs_is_valued_without_optimism(different: tuple[Sample, np.ndarray, Lesson]) -> None:
    _, truth, lesson = different
    held = lesson.held
    assert held.predicted.shape == held.cost.shape == held.score.shape == truth.shape
    assert held.predicted.dtype == held.score.dtype == np.float32
    for k in range(2):
        chosen = held.predicted[:, k] > 0
        assert chosen.sum() > 100
        scores = held.score[chosen, k].astype(np.float64)
        error = scores.std() / np.sqrt(len(scores))
        assert abs(scores.mean() - truth[chosen, k].mean()) < 3 * error
        assert abs(held.cost[:, k].mean() - 15) < 1
    assert held.score.mean(axis=0) == pytest.approx([arm.net.estimate for arm in lesson.arms], rel=1e-3)
    assert set(held.fold.tolist()) == {0, 1, 2, 3, 4}


def test_without_any_effect_the_chosen_promise_nothing_either() -> None:
    """Beliefs of other folds pick customers by noise; their scores are still around the truth, -15."""
    errors = []
    for seed in range(6):
        sample, truth = planted(1200, apart=0.0, seed=seed)
        held = learn(sample, level=0.9, seed=seed).held
        chosen = held.predicted[:, 0] >= np.median(held.predicted[:, 0])
        scores = held.score[chosen, 0].astype(np.float64)
        errors.append((scores.mean() - truth[chosen, 0].mean()) / (scores.std() / np.sqrt(len(scores))))
    assert abs(np.mean(errors)) < 3 / np.sqrt(6)


def test_personal_offers_beat_the_best_arm_where_customers_differ(
    different: tuple[Sample, np.ndarray, Lesson],
) -> None:
    """Best for each earns about E max(0, 5 + 100 x, 15); the best arm for all 15 alone."""
    _, truth, lesson = different
    assert lesson.comparison is not None
    assert lesson.comparison.not_shown_to_beat == ()
    found = lesson.comparison.differences[NO_OFFER]
    assert found.estimate == pytest.approx(np.maximum(truth.max(axis=1), 0).mean(), abs=4 * found.se)


def test_where_customers_are_alike_nobody_is_told_apart() -> None:
    shown = [learn(planted(1500, apart=0.0, seed=seed)[0], level=0.9, seed=seed) for seed in range(4)]
    assert sum(lesson.arms[0].whose is Why.PERSONAL for lesson in shown) <= 1
    assert all(lesson.comparison and BEST_ARM in lesson.comparison.not_shown_to_beat for lesson in shown)


def buyers(n: int = 2000, *, seed: int = 0, share: float = 0.2) -> tuple[Sample, np.ndarray]:
    """Customers who bring 1000 on average, some far more; the offer adds a share of it, and costs 3 %."""
    rng = np.random.default_rng(seed)
    X, arm = rng.normal(size=(n, 3)), rng.integers(0, 2, n)
    usual = 1000 * np.exp(0.5 * X[:, 0] - 0.125)
    margin = usual * (1 + share * arm) * rng.gamma(1.0, 1.0, n)
    cost = arm * 0.03 * margin
    effects = (share - 0.03 * (1 + share)) * usual - 4
    sample = Sample(X, NAMES, arm, np.full((n, 2), 0.5), np.column_stack([margin, cost]), np.full(1, 4.0))
    return sample, effects


def test_effects_and_costs_follow_what_customers_bring_where_nothing_more_is_shown() -> None:
    sample, truth = buyers()
    lesson = learn(sample, level=0.9, seed=0)
    (arm,) = lesson.arms
    assert lesson.predict is not None
    raw = lesson.predict(sample.X)[:, 0]
    assert np.corrcoef(raw[:, USUAL], truth)[0, 1] > 0.9
    assert arm.whose is Why.OWN_HABITS
    assert np.corrcoef(arm.net_rule.value(of_net(raw)), truth)[0, 1] > 0.9
    assert np.corrcoef(arm.cost_rule.value(of_cost(raw)), truth)[0, 1] > 0.9
    assert np.mean(np.abs(arm.net_rule.value(of_net(raw)) - truth) < 1.645 * arm.net_rule.error(of_net(raw))) > 0.8
    chosen = lesson.held.predicted[:, 0] > np.median(lesson.held.predicted[:, 0])
    assert truth[chosen].mean() > 1.2 * truth.mean()


def test_a_small_log_teaches_averages_only() -> None:
    sample, truth = planted(300)
    lesson = learn(sample, level=0.9, seed=0)
    (arm,) = lesson.arms
    assert lesson.predict is None
    assert lesson.comparison is None
    assert (arm.slope, arm.groups, arm.net_rule.value(np.ones((2, 2))).tolist()) == (None, (), [arm.net.estimate] * 2)
    assert arm.whose is Why.AVERAGE_FOR_ALL
    assert abs(arm.net.estimate - truth.mean()) < 3 * arm.net.se


def test_without_any_feature_there_are_averages_only() -> None:
    sample, truth = planted(2000)
    bare = Sample(np.empty((2000, 0)), (), sample.arm, sample.propensity, sample.outcomes, sample.contact)
    lesson = learn(bare, level=0.9, seed=0)
    assert lesson.predict is None
    assert abs(lesson.arms[0].net.estimate - truth.mean()) < 3 * lesson.arms[0].net.se


@pytest.mark.parametrize("n", [3000, 380])
def test_confounding_that_features_show_is_taken_out(n: int) -> None:
    """Those who spend more were offered more often: a plain difference is far off."""
    sample, truth = planted(n, confounded=1.0, apart=0.0)
    plain = sample.outcomes[sample.arm == 1, 0].mean() - sample.outcomes[sample.arm == 0, 0].mean()
    arm = learn(sample, level=0.9, seed=0).arms[0]
    assert plain - 15 - truth.mean() > 100
    assert abs(arm.net.estimate - truth.mean()) < 4 * arm.net.se + 10


def test_features_that_give_the_arm_away_are_refused() -> None:
    sample, _ = planted(2000)
    told = np.column_stack([sample.X, sample.arm])
    bad = Sample(told, (*NAMES, "used"), sample.arm, None, sample.outcomes, sample.contact)
    with pytest.raises(EstimationError, match="tell who got"):
        learn(bad, level=0.9, seed=0)


def test_a_small_log_without_overlap_is_refused() -> None:
    sample, _ = planted(200)
    told = np.column_stack([sample.X, 50.0 * sample.arm])
    bad = Sample(told, (*NAMES, "used"), sample.arm, None, sample.outcomes, sample.contact)
    with pytest.raises(EstimationError, match="tell who got"):
        learn(bad, level=0.9, seed=0)


def test_a_feature_measured_after_the_draw_lowers_the_grade_of_an_experiment() -> None:
    sample, _ = planted(1000)
    X = np.column_stack([sample.X, sample.arm + np.random.default_rng(1).normal(0, 1, 1000)])
    asked = learn(Sample(X, (*NAMES, "opened"), sample.arm, sample.propensity, sample.outcomes, sample.contact),
                  level=0.9, seed=0).checks  # fmt: skip
    assert {check.code: check.passed for check in asked} == {"sample_ratio": True, "balance": False}
    assert graded(Grade.RANDOMIZED, asked) is Grade.QUASI


def test_a_draw_that_does_not_fit_the_arms_fails() -> None:
    sample, _ = planted(1000)
    wrong = np.tile([0.4, 0.6], (1000, 1))
    asked = learn(Sample(sample.X, NAMES, sample.arm, wrong, sample.outcomes, sample.contact), level=0.9, seed=0).checks
    assert {check.code: check.passed for check in asked}["sample_ratio"] is False


def test_offers_that_cost_nothing_are_learned_too() -> None:
    sample, _ = planted(1000, contact=0.0)
    free = Sample(sample.X, NAMES, sample.arm, sample.propensity, sample.outcomes * [1.0, 0.0], sample.contact)
    lesson = learn(free, level=0.9, seed=0)
    assert lesson.arms[0].cost.estimate == 0
    assert lesson.arms[0].net == lesson.arms[0].net._replace(estimate=lesson.arms[0].margin.estimate)
    assert lesson.predict is not None
    assert (lesson.predict(sample.X[:5])[:, :, COST] == 0).all()


def test_the_same_seed_gives_the_same_lesson() -> None:
    sample, _ = planted(1000)
    one, two = (learn(sample, level=0.9, seed=3) for _ in range(2))
    assert one.arms[0].net == two.arms[0].net
    assert one.predict is not None
    assert two.predict is not None
    assert (one.predict(sample.X) == two.predict(sample.X)).all()


def test_arms_are_chosen_by_what_other_folds_say() -> None:
    """In fold 0 the offer looks good and in fold 1 bad: each fold gets the other's answer."""
    fold = np.repeat([0, 1], 50)
    scores = np.where(fold == 0, 10.0, -10.0)[:, None] + np.random.default_rng(0).normal(size=(100, 1))
    chosen = best_arms(scores, np.zeros((100, 1, 2)), fold, fixed=np.zeros(1), level=0.9)
    assert (chosen == fold).all()


def test_checks_know_what_could_not_be_asked() -> None:
    assert not_run("placebo_before").passed is None
    assert placebo("placebo_before", 3.0, 1.0, 50).passed is False
    assert placebo("placebo_before", 0.0, 0.0, 50).passed is True
    assert (observed(10, 20).passed, observed(20, 20).passed) == (False, True)
    assert graded(Grade.OBSERVATIONAL, [observed(10, 20)]) is Grade.OBSERVATIONAL
