"""From what is said of customers to what is believed of them: by hand, against planted lines, where nothing is."""

import numpy as np
import pytest

from netlift.response.shrink import BEFORE, Shrink, flat, shrink
from netlift.uplift.estimate import critical, normal

N = 4000
Z = critical(0.9)


def said(seed: int = 0) -> np.ndarray:  # type: ignore[type-arg]
    """Profit without the offer around 1000, and effects that follow it by .2 with something of their own."""
    rng = np.random.default_rng(seed)
    usual = rng.gamma(4.0, 250.0, N)
    return np.column_stack([usual, 50 + 0.2 * usual + rng.normal(0, 100, N)])


def rule_of(along: float, beyond: float, noise: float = 1.0, seed: int = 1) -> tuple[Shrink, np.ndarray]:  # type: ignore[type-arg]
    """The rule for effects 300 + along x (p - mean) + beyond x what f says beyond p, and the true effects."""
    told = said()
    p, f = (told - told.mean(axis=0)).T
    truth = 300 + along * p + beyond * (f - (p @ f) / (p @ p) * p)
    scores = truth + np.random.default_rng(seed).normal(0, noise, N)
    return shrink(scores, told, level=0.9), truth


def by_hand(scores: np.ndarray, told: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Least squares on a constant, p and f, and its HC1 covariance, by the textbook's matrices."""
    z = np.column_stack([np.ones(N), told - told.mean(axis=0)])
    inverse = np.linalg.inv(z.T @ z)
    found = inverse @ z.T @ scores
    rest = scores - z @ found
    return found, inverse @ (z.T * rest**2 @ z) @ inverse * N / (N - 3)


def test_where_both_slopes_are_plain_effects_are_found() -> None:
    rule, truth = rule_of(0.5, 0.8)
    assert rule.value(said()) == pytest.approx(truth, abs=1.0)
    assert rule.varies
    assert rule.error(said()).max() < 1.0


def test_a_rule_is_least_squares_on_p_and_f_where_nothing_is_shrunk() -> None:
    told = said()
    scores = 300 + 2.0 * (told[:, 0] - 1000) + 0.7 * told[:, 1] + np.random.default_rng(2).normal(0, 50, N)
    rule, (found, covariance) = shrink(scores, told, level=0.9), by_hand(scores, told)
    z = np.column_stack([np.ones(N), told - told.mean(axis=0)])
    assert rule.beyond.slope == pytest.approx(found[2], rel=1e-3)
    assert rule.value(told) == pytest.approx(z @ found, abs=0.1)
    plain = np.sqrt(((z @ covariance) * z).sum(axis=1))
    assert (rule.error(told) >= plain * (1 - 1e-9)).all()  # plus what shrinking may have taken away
    assert rule.error(told) == pytest.approx(plain, rel=0.02)


def test_slopes_are_drawn_in_by_the_square_of_how_far_they_stand_out() -> None:
    told = said()
    scores = 0.3 * said(5)[:, 1] + np.random.default_rng(3).normal(0, 400, N)  # f of others: nothing is known of these
    scores += 0.15 * (told[:, 1] - 0.2 * told[:, 0]) + 0.1 * told[:, 0]
    rule, (found, covariance) = shrink(scores, told, level=0.9, fixed=-40.0), by_hand(scores, told)
    reach = Z * np.sqrt(covariance[2, 2])
    assert 1.2 * reach < found[2] < 4 * reach
    assert rule.beyond.slope == pytest.approx(found[2] * (1 - (reach / found[2]) ** 2), rel=1e-3)
    assert rule.beyond.doubt == pytest.approx(found[2] - rule.beyond.slope, rel=1e-3)
    before = BEFORE * (scores.mean() + 40) / told[:, 0].mean()
    p = told[:, 0] - told[:, 0].mean()
    along = float(p @ scores / (p @ p))
    assert min(before, along) < rule.usual.slope < max(before, along)


def test_without_a_word_of_the_data_effects_follow_a_part_of_what_people_bring() -> None:
    """Average 300, of which -100 is the same for all: BEFORE of 400 goes with p, and the doubt is told."""
    rule, _ = rule_of(0.0, 0.0, noise=20_000.0, seed=4)
    assert rule.beyond.slope == 0
    assert rule.usual.slope == pytest.approx(BEFORE * rule.average / said()[:, 0].mean())
    slow = shrink(np.full(N, 300.0), np.column_stack([said()[:, 0], np.zeros(N)]), level=0.9, fixed=-100.0)
    assert slow.average == 300
    assert slow.usual.slope == pytest.approx(0.0, abs=1e-9)  # nothing but 300 was found, without any noise
    assert slow.beyond.slope == 0


def test_where_outcomes_are_no_amounts_nothing_is_known_before() -> None:
    told = said() - [1000.0, 0.0]
    rule = shrink(300 + np.random.default_rng(4).normal(0, 20_000, N), told, level=0.9)
    assert not rule.varies
    assert rule.value(told).tolist() == [rule.average] * N


@pytest.mark.parametrize(("beyond", "used"), [(1.6, 1.0), (-0.8, 0.0)])
def test_what_the_model_says_is_believed_between_nothing_and_all(beyond: float, used: float) -> None:
    rule, _ = rule_of(0.5, beyond)
    assert rule.beyond.slope == used
    assert rule.beyond.doubt == pytest.approx(0.6 if beyond > 0 else 0.0, abs=0.01)


def test_predictions_beyond_those_seen_are_drawn_in_and_strangers_have_the_spread_on_top() -> None:
    rule, _ = rule_of(0.5, 0.8)
    low, high = said()[:, 0].min(), said()[:, 0].max()
    ends = rule.value(np.column_stack([[low, high], 50 + 0.2 * np.array([low, high])]))
    far = rule.value(np.column_stack([[-1e6, 1e6], 50 + 0.2 * np.array([low, high])]))
    assert far == pytest.approx(ends)
    assert rule.error_outside == pytest.approx(np.std(rule.value(said())), rel=0.01)


def test_intervals_of_customers_hold_the_truth_where_effects_differ_a_little() -> None:
    """Effects 100 + .02 (p - mean): 200 logs, noise as of orders; each customer's interval holds the truth."""
    told = said()
    truth = 100 + 0.02 * (told[:, 0] - told[:, 0].mean())
    held = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        rule = shrink(truth + rng.normal(0, 3 * told[:, 0]), told, level=0.9)
        held.append(np.mean(np.abs(rule.value(told) - truth) <= Z * rule.error(told)))
    assert 0.88 < np.mean(held) <= 0.99


def test_without_any_effect_the_rule_promises_what_chance_does() -> None:
    """Those above the median of what is believed gain nothing beyond the average; 300 logs without any effect."""
    told, gained, covered = said(), [], []
    for seed in range(300):
        rule = shrink(np.random.default_rng(seed).normal(0, 3000, N), told, level=0.9)
        gained.append(rule.value(told).mean())
        covered.append(np.mean(np.abs(rule.value(told)) <= Z * rule.error(told)))
    assert abs(np.mean(gained)) < 3 * 3000 / np.sqrt(N * 300)
    assert np.mean(covered) > 0.87


def test_a_constant_a_line_and_a_single_value_are_no_trouble() -> None:
    scores = np.random.default_rng(0).normal(10, 1, N)
    same = np.full(N, 7.0)
    both = shrink(scores, np.column_stack([same, same]), level=0.9)
    assert (both.varies, both.average) == (False, pytest.approx(10, abs=0.1))
    assert both.error(np.array([[7.0, 7.0]])) == pytest.approx([1 / np.sqrt(N)], rel=0.05)
    straight = shrink(scores + said()[:, 0], np.column_stack([said()[:, 0], 3 * said()[:, 0] + 1]), level=0.9)
    assert straight.beyond.slope == 0
    assert straight.usual.slope == pytest.approx(1.0, abs=0.01)
    alone = shrink(scores + said()[:, 1], np.column_stack([same, said()[:, 1]]), level=0.9)
    assert (alone.usual.slope, alone.beyond.slope) == (0.0, pytest.approx(1.0, abs=0.01))


@pytest.mark.parametrize("unit", [1e-6, 1e9])
def test_the_currency_changes_nothing(unit: float) -> None:
    told = said()
    scores = 0.3 * told[:, 0] + 0.5 * told[:, 1] + np.random.default_rng(6).normal(0, 900, N)
    one, other = shrink(scores, told, level=0.9), shrink(unit * scores, unit * told, level=0.9)
    assert other.value(unit * told) == pytest.approx(unit * one.value(told), rel=1e-6)
    assert other.error(unit * told) == pytest.approx(unit * one.error(told), rel=1e-6)


def test_the_same_differences_around_another_average() -> None:
    rule, _ = rule_of(0.5, 0.8)
    moved = rule.moved(-20.0, 5.0)
    assert moved.value(said()) == pytest.approx(rule.value(said()) - 20)
    assert (moved.se, rule.moved(3.0).se) == (pytest.approx(5.0), rule.se)


def test_an_average_alone_is_the_same_for_all() -> None:
    rule = flat(normal(3.0, 1.0, 9, level=0.9, method="m"))
    assert (rule.value(said()) == 3.0).all()
    assert (rule.error(said()) == 1.0).all()
    assert (rule.error_outside, rule.varies) == (1.0, False)
