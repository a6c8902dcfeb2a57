"""The interval of a plan holds what the plan truly earns, although it was chosen because it looked good."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from netlift.plan.errors import TOGETHER, errors_of
from netlift.plan.pool import GRADES, Eligible, Pool
from netlift.plan.winner import Correction, judged_correction, shrinkage, shrunk
from netlift.plan.worth import cvar, value_of, worth_of
from netlift.response.results import Judged, Source
from netlift.types import Grade
from tests.plan.worlds import ids, learned, offers, pool_of, rng

Floats = NDArray[np.float64]
WORLDS = 300


class Planted(NamedTuple):
    """A pool, what was chosen from it, and what that truly earns."""

    pool: Pool
    cells: NDArray[np.int64]
    truth: float
    naive_se: float


def planted(seed: int, *, n: int = 200, m: int = 8) -> Planted:
    """Offers of true averages N(20, 15), measured with an error of 12; the best half of the best offers is chosen."""
    draws = rng(seed)
    average, error = draws.normal(20, 15, m), draws.normal(0, 12, m)
    known = draws.normal(0, 5, (n, m))  # how customers are known to differ
    own = draws.normal(0, 8, (n, m))  # how they differ besides
    seen = (average + error + known).ravel()
    candidates = tuple(offers(m))
    said = tuple(learned(one.offer.offer_id, float(average[j] + error[j]), 12.0) for j, one in enumerate(candidates))
    size = n * m
    pool = Pool(
        Eligible(ids(n), {}), candidates, said, np.repeat(np.arange(n, dtype=np.int32), m),
        np.tile(np.arange(m, dtype=np.int16), n), seen, np.full(size, np.hypot(12, 8)), np.full(size, 80.0),
        np.full(size, 510.0), np.full(size, np.nan), np.zeros(size, np.int8), np.zeros(size, np.int32), ((),),
    )  # fmt: skip
    best = np.arange(n) * m + seen.reshape(n, m).argmax(axis=1)
    cells = np.sort(best[np.argsort(-seen[best])[: n // 2]])
    truth = float((average + known + own).ravel()[cells].sum())
    return Planted(pool, cells, truth, float(np.sqrt((pool.se[cells] ** 2).sum())))


def test_coverage_on_planted_worlds() -> None:
    """A 90 % interval holds the truth in 85 to 97 % of 300 worlds; the naive one, of independent errors, does not."""
    held = naive = shared_only = 0
    promised, corrected, truth = [], [], []
    for seed in range(WORLDS):
        one = planted(seed)
        errors, correction = errors_of(one.pool), shrinkage(one.pool)
        value = value_of(one.pool, one.cells, errors, correction)
        plain = errors.loads(one.pool, one.cells)
        held += abs(one.truth - value.total) <= 1.645 * value.se
        naive += abs(one.truth - value.promised) <= 1.645 * one.naive_se
        shared_only += abs(one.truth - value.promised) <= 1.645 * np.sqrt(plain.variance)
        promised.append(value.promised)
        corrected.append(value.total)
        truth.append(one.truth)
    assert 0.85 <= held / WORLDS <= 0.97
    assert naive / WORLDS < 0.5
    assert shared_only / WORLDS < held / WORLDS  # errors shared but the curse left in
    curse = np.mean(promised) - np.mean(truth)
    assert curse > 0
    assert abs(np.mean(corrected) - np.mean(truth)) < 0.4 * curse


def test_shrunk_means_where_the_answer_is_known() -> None:
    """Far apart for their errors, means stay; all alike, they are better known; the worst known of four moves alone."""
    apart, spread, _ = shrunk(np.array([0.0, 1000.0, 2000.0, 3000.0]), np.ones(4))
    assert apart == pytest.approx([0.0, 1000.0, 2000.0, 3000.0], abs=0.1)
    assert spread == pytest.approx(1.0, abs=0.01)
    alike, spread, common = shrunk(np.full(5, 7.0), np.full(5, 2.0))
    assert alike == pytest.approx(7.0)
    assert ((spread > 2 / np.sqrt(5)) & (spread < 2)).all()  # less than each alone, more than if they were one number
    assert (common < spread).all()
    mixed, _, _ = shrunk(np.array([10.0, 25.0, 40.0, 60.0]), np.array([1.0, 1.0, 1.0, 80.0]))
    assert mixed[:3] == pytest.approx([10, 25, 40], abs=0.1)
    assert 25 < mixed[3] < 35


def test_what_is_common_to_all_offers_does_not_average_out() -> None:
    """Two offers of error 5, of which 3 is common: sums of ten customers each vary by sqrt(2 x 40^2 + 60^2)."""
    pool = pool_of(np.full((10, 2), 50.0), se=5.0, known=[learned("o00", 50, 5.0), learned("o01", 50, 5.0)])
    known = Correction(np.zeros(2), np.full(2, 5.0), np.zeros(2, np.bool_), np.full(2, 3.0))
    value = value_of(pool, np.arange(20), errors_of(pool), known)
    assert value.se == pytest.approx(np.sqrt(2 * 40**2 + 60**2))
    drawn = value.loads.draw(rng(0), 40_000)
    assert drawn.std() == pytest.approx(value.se, rel=0.02)


def test_with_few_offers_nothing_is_corrected() -> None:
    """Two offers tell nothing about a common mean, and beliefs are not shrunk."""
    two = pool_of(np.array([[50.0, 10.0]]), known=[learned("o00", 50, 20), learned("o01", 10, 20)])
    assert shrinkage(two).method == "none"
    believed = [learned(f"o0{j}", 50.0 + j, 20, source=Source.ASSUMED) for j in range(4)]
    assert shrinkage(pool_of(np.full((1, 4), 50.0), known=believed)).method == "none"


def test_one_noisy_offer_is_bound_by_what_is_plausible() -> None:
    """Alone: 1,800 +- 700 where a tenth of 2,500 is plausible promises little; its error is that of the belief."""
    noisy = replace(learned("o00", 1800, 700), numbers={"usual_minor": 2500.0})
    found = shrinkage(pool_of(np.full((5, 1), 1800.0), known=[noisy]))
    assert found.method == "shrinkage"
    assert 0 < 1800 + found.shift[0] < 600
    assert found.error[0] < 500
    failed = replace(noisy, source=Source.LOG, grade=Grade.WEAK)
    doubted = shrinkage(pool_of(np.full((5, 1), 1800.0), known=[failed]))
    assert doubted.shift[0] < found.shift[0]
    precise = replace(learned("o00", 180, 10), numbers={"usual_minor": 2500.0})
    assert abs(shrinkage(pool_of(np.full((5, 1), 180.0), known=[precise])).shift[0]) < 3


def test_an_offer_that_is_repeated_counts_once() -> None:
    """Four candidates that repeat two past offers are two measurements: nothing is shrunk."""
    made = [replace(one, past=f"past-{j // 2}") for j, one in enumerate(offers(4))]
    pool = pool_of(np.full((5, 4), 50.0), candidates=made)
    assert shrinkage(pool).method == "none"
    apart = pool_of(np.array([[10.0, 20.0, 30.0, 90.0]] * 5))
    assert shrinkage(apart).method == "shrinkage"


def test_errors_of_one_source_add_up() -> None:
    """Two beliefs: half of their variance is common; of a measured offer the average is shared, the rest is own."""
    believed = [learned(f"o0{j}", 50, 20, source=Source.ASSUMED) for j in range(2)]
    pool = pool_of(np.full((10, 2), 50.0), se=3.0, known=believed)
    loads = errors_of(pool).loads(pool, np.arange(20))
    assert loads.variance == pytest.approx(2 * 30**2 * (1 + TOGETHER))
    measured = pool_of(np.full((10, 1), 50.0), se=5.0, known=[learned("o00", 50, 3.0)])
    parts = errors_of(measured)
    assert parts.loads(measured, np.arange(10)).variance == pytest.approx(30**2 + 10 * 16)


def test_how_customers_differ_errs_together() -> None:
    """Ten customers above their offer's average, and ten below: what is wrong about the difference is wrong for all."""
    net = np.repeat([60.0, 40.0], 10)[:, None]
    pool = pool_of(net, se=5.0, known=[learned("o00", 50, 3.0)])
    parts = errors_of(pool)
    assert parts.loads(pool, np.arange(10)).variance == pytest.approx(30**2 + 40**2)
    assert parts.loads(pool, np.arange(20)).variance == pytest.approx(60**2)


def test_risks_of_a_plan() -> None:
    """A sure plan never loses; a badly known one of no worth loses half of the time; spend varies around its mean."""
    sure = pool_of(np.full((50, 1), 100.0), se=0.1, known=[learned("o00", 100, 0.1)])
    bad = pool_of(np.full((50, 1), 1.0), se=90.0, known=[learned("o00", 1.0, 90.0)])
    cells = np.arange(50)
    none = shrinkage(sure)
    one, other = (worth_of(pool, cells, errors_of(pool), none, grade=Grade.RANDOMIZED) for pool in (sure, bad))
    assert one.p_loss == 0
    assert 0.45 < other.p_loss < 0.55
    assert other.profit_low < other.net.lower
    assert one.spend_low < 50 * 80 < one.spend_high
    assert one.optimism == 0


def test_spend_varies_as_its_uses_do() -> None:
    """Each of 100 uses costs 500 with chance .14 beside a contact of 10: deviation sqrt(100 x 500^2 x .14 x .86)."""
    pool = pool_of(np.full((100, 1), 100.0), known=[])
    worth = worth_of(pool, np.arange(100), errors_of(pool), shrinkage(pool))
    assert (worth.spend_high - worth.spend_low) / (2 * 1.645) == pytest.approx(
        np.sqrt(100 * 500**2 * 0.14 * 0.86), rel=0.1
    )


def test_the_same_seed_draws_the_same() -> None:
    """And another seed something else."""
    pool = planted(0).pool
    errors, correction, cells = errors_of(pool), shrinkage(pool), np.arange(0, 800, 8)
    one, same, other = (worth_of(pool, cells, errors, correction, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one != other
    assert cvar(pool, cells, errors, seed=1) < pool.net[cells].sum()


def log(names: NDArray[np.object_], predicted: Floats, score: Floats) -> Judged:
    """Customers of a log in five folds, judged out of fold."""
    n = len(names)
    cost, fold = np.full(n, 80.0, np.float32), (np.arange(n) % 5).astype(np.int8)
    return Judged(names, predicted.astype(np.float32), score.astype(np.float32), cost, fold, 1)


def test_what_other_folds_say_corrects_the_promise() -> None:
    """Predictions are 15 too high for those whom the rule picks: the correction finds 15, and what it leaves open."""
    n = 2000
    draws = rng(7)
    net = draws.normal(20, 30, (n, 2))
    pool = pool_of(net, known=[learned("o00", 20, 5), learned("o01", 20, 5)])
    names = np.array(ids(n).to_pylist(), object)
    score = net[:, 0] - 15 + draws.normal(0, 50, n)
    begin = shrinkage(pool)
    found = judged_correction(pool, pool.net, 0.0, {"o00": log(names, net[:, 0], score)}, begin)
    picked = (net[:, 0] > 0) & (net[:, 0] > net[:, 1])
    assert found.method == "cross_fit"
    assert found.shift[0] == pytest.approx(-15, abs=3 * 50 / np.sqrt(picked.sum()))
    assert found.error[0] == pytest.approx(np.hypot(5, 50 * np.sqrt(1 / picked.sum() - 1 / n)), rel=0.1)
    assert found.shift[1] == 0
    short = log(names[:50], net[:50, 0], score[:50])
    assert judged_correction(pool, pool.net, 0.0, {"o00": short}, begin).method == "none"


def test_scores_are_believed_as_far_as_they_tell_more_than_noise() -> None:
    """Picked are promised some 8 more than the average: noise of 100 moves little, and no error is above that 8."""
    n = 2000
    net = rng(2).normal(20, 10, (n, 1))
    pool = pool_of(net, known=[learned("o00", 20, 5)])
    names = np.array(ids(n).to_pylist(), object)
    best = np.where(net[:, 0] > 20, net[:, 0], -1.0)  # at the plan's prices the lower half is not worth it
    advantage = net[net[:, 0] > 20, 0].mean() - net.mean()
    moved = []
    for seed in range(20):
        score = net[:, 0] + rng(100 + seed).normal(0, 5_000, n)
        found = judged_correction(pool, best, 0.0, {"o00": log(names, net[:, 0], score)}, shrinkage(pool))
        moved.append(found.shift[0])
        assert found.error[0] < np.hypot(5, advantage)
    assert np.abs(moved).max() < advantage
    assert np.ptp(moved) > 0


def test_folds_of_one_average_each_pick_nobody() -> None:
    """Where customers are not told apart, a fold's prediction is the others' average: high where its own is low."""
    n = 1000
    score = rng(8).normal(50, 400, n)
    fold = np.arange(n) % 5
    others = np.array([score[fold != part].mean() for part in range(5)])[fold]
    pool = pool_of(np.full((n, 1), score.mean()), known=[learned("o00", float(score.mean()), 13.0)])
    judged = log(np.array(ids(n).to_pylist(), object), others, score)
    at_the_edge = np.zeros(n)  # the budget leaves everybody indifferent
    found = judged_correction(pool, at_the_edge, 0.0, {"o00": judged}, shrinkage(pool))
    assert found.method == "none"
    slightly = log(judged.customer_id, others + rng(9).normal(0, 5, n), score)
    found = judged_correction(pool, at_the_edge, 0.0, {"o00": slightly}, shrinkage(pool))
    assert abs(found.shift[0]) < 3 * 400 * np.sqrt(1 / 500 - 1 / 1000)


def test_customers_who_are_not_in_the_pool_do_not_count() -> None:
    """Judged customers of another shop."""
    pool = pool_of(np.full((10, 1), 50.0), known=[learned("o00", 50, 5)])
    strangers = log(np.array([f"z{i}" for i in range(300)], object), rng(1).normal(50, 9, 300), np.zeros(300))
    assert judged_correction(pool, pool.net, 0.0, {"o00": strangers}, shrinkage(pool)).method == "none"


def test_a_plan_of_nothing_is_worth_nothing() -> None:
    """All figures are 0 and none is NaN."""
    pool = pool_of(np.full((10, 1), 50.0))
    empty = np.zeros(0, np.int64)
    worth = worth_of(
        pool, empty, errors_of(pool), Correction(np.zeros(1), np.full(1, np.nan), np.zeros(1, np.bool_), np.zeros(1))
    )
    assert worth.net[:5] == (0.0, 0.0, 0.0, 0.9, 0.0)
    assert worth.spend_high == worth.spend_low == worth.p_loss == worth.optimism == 0
    assert GRADES[0] is Grade.RANDOMIZED
    assert isinstance(pool.eligible.customer_id, pa.Array)
