"""Uplift trees: splits against brute force, honesty over many samples, rules in words, and what is refused."""

import time

import numpy as np
import pytest

from netlift.errors import ConfigError, EstimationError
from netlift.uplift.learners._tree_bins import BINS, Bins
from netlift.uplift.learners.base import LEARNERS, Trial
from netlift.uplift.learners.tree import Forest, Tree
from netlift.uplift.nuisance import Boosted
from tests.uplift import worlds

HALF = [0.5, 0.5]
CRITERIA = ["effect", "kl", "ed", "chi"]


def shop(seed, n=4000, *, effect=0.3):
    """Buying rate .2, and `effect` more with the offer for those who came in the last 30 days and ordered 3 times."""
    rng = np.random.default_rng(seed)
    recency, orders = rng.integers(0, 60, n), rng.integers(0, 8, n)
    x = np.column_stack([recency, orders, rng.normal(size=n)]).astype(np.float64)
    arm = rng.integers(0, 2, n)
    moved = (recency < 30) & (orders >= 3)
    bought = (rng.random(n) < 0.2 + effect * moved * arm).astype(np.float64)
    return x, arm, bought, moved


def score(y, arm, criterion):
    """Score of one part, written anew from the formulas, for one offer and equal propensities."""
    n, p, q = len(y), y[arm == 1], y[arm == 0]
    if criterion == "effect":
        return n * ((p.mean() - q.mean()) ** 2 - 2 * (p.var() / len(p) + q.var() / len(q)))
    a, b = (p.sum() + 1) / (len(p) + 2), (q.sum() + 1) / (len(q) + 2)
    divergence = {
        "kl": sum(u * np.log(u / v) for u, v in ((a, b), (1 - a, 1 - b))),
        "ed": (a - b) ** 2 + (b - a) ** 2,
        "chi": (a - b) ** 2 / b + (a - b) ** 2 / (1 - b),
    }
    return n * divergence[criterion]


def brute_force(x, arm, y, honest, least, criterion):
    """The best first split over all values of all covariates: (gain, column, threshold)."""
    best = (0.0, -1, np.nan)
    for column in range(x.shape[1]):
        for threshold in np.unique(x[:, column])[1:]:
            left = x[:, column] < threshold
            parts = [side & half for side in (left, ~left) for half in (honest, ~honest)]
            if min((part & (arm == k)).sum() for part in parts for k in (0, 1)) < least:
                continue
            found, whole = ~honest, score(y[~honest], arm[~honest], criterion)
            sides = [score(y[found & side], arm[found & side], criterion) for side in (left, ~left)]
            if (gain := sum(sides) - whole) > best[0] + 1e-9:
                best = (gain, column, threshold)
    return best


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("seed", range(4))
def test_the_first_split_is_the_best_of_all(criterion, seed):
    """Histograms of all covariates at once choose what trying every split one by one chooses."""
    from netlift.uplift.learners.rotation import folds_of

    x, arm, y, _ = shop(seed, 300)
    x = np.round(x)
    tree = Tree(depth=1, least=5, alpha=1.0, criterion=criterion).fit(x, arm, y, propensity=HALF, seed=seed)
    honest = folds_of(arm, 2, seed) == 1
    _, column, threshold = brute_force(x, arm, y, honest, 5, criterion)
    assert int(tree.shape.column[0]) == column
    assert column == -1 or tree.shape.threshold[0] == threshold


@pytest.mark.parametrize("criterion", CRITERIA)
def test_a_planted_rule_is_found(criterion):
    x, arm, y, moved = shop(1, 8000)
    fitted = Tree(criterion=criterion).fit(x, arm, y, propensity=HALF)
    best = fitted.rules(["recency_days", "orders", "noise"])[0]
    assert {condition.name for condition in best.conditions} == {"recency_days", "orders"}
    assert best.effects[0].lower < 0.3 < best.effects[0].upper
    found = fitted.effects(x)[:, 0]
    assert np.sqrt(((found - 0.3 * moved) ** 2).mean()) < 0.1


def test_rules_in_words():
    x, arm, y, _ = shop(1, 8000)
    fitted = Tree().fit(x, arm, y, propensity=HALF)
    names = ["recency_days", "orders", "noise"]
    best, *rest = fitted.rules(names)
    one = best.effects[0]
    half = one.upper - one.estimate
    by_name = {condition.name: condition for condition in best.conditions}
    assert by_name["orders"].low == 3
    assert by_name["recency_days"].high in (29, 30, 31)
    said = f"orders >= 3 and recency_days < {by_name['recency_days'].high:.0f}"
    assert best.text == f"{said}: {one.estimate:+.3f} ± {half:.3f} (95 % interval, n = {one.n:,})"
    assert [rule.effects[0].estimate for rule in rest] == sorted((r.effects[0].estimate for r in rest), reverse=True)
    chinese = fitted.rules(names, language="zh-CN", level=0.9)[0].text
    assert chinese.startswith(said.replace(" and ", " 且 ") + "：")
    assert chinese.endswith(f"（90 % 区间，n = {one.n:,}）")
    assert sum(rule.effects[0].n for rule in (best, *rest)) == 4000  # the honest half


def test_ranges_and_the_unknown_in_words():
    """An effect only in the middle, and another for those of whom nothing is known."""
    rng = np.random.default_rng(2)
    x, arm = rng.integers(0, 50, (20_000, 1)).astype(np.float64), rng.integers(0, 2, 20_000)
    x[rng.random(20_000) < 0.3] = np.nan
    middle = (x[:, 0] >= 15) & (x[:, 0] < 40)
    y = (middle + 2.0 * np.isnan(x[:, 0])) * arm + rng.normal(size=20_000)
    texts = [rule.text.split(":")[0] for rule in Tree().fit(x, arm, y, propensity=HALF).rules(["age"])]
    assert texts[0] == "age unknown"
    assert "15 <= age < 40" in texts
    assert "age >= 40" in texts
    known = Tree(depth=1).fit(x, arm, y, propensity=HALF)
    assert {rule.text.split(":")[0] for rule in known.rules(["age"])} == {"age unknown", "age known"}
    chinese = {rule.text.split("：")[0] for rule in known.rules(["age"], language="zh-CN")}
    assert chinese == {"age 未知", "age 已知"}
    assert known.effects([[np.nan], [3.0]])[0, 0] == pytest.approx(2.0, abs=0.2)


def test_an_unknown_that_goes_with_the_low_is_said_so():
    rng = np.random.default_rng(3)
    x, arm = rng.integers(0, 50, (8000, 1)).astype(np.float64), rng.integers(0, 2, 8000)
    x[rng.random(8000) < 0.2] = np.nan
    y = 2.0 * ~(x[:, 0] >= 20) * arm + rng.normal(size=8000)
    assert Tree(depth=1).fit(x, arm, y, propensity=HALF).rules(["age"])[0].text.startswith("age < 20 or unknown: ")


def test_a_tree_without_an_effect_stays_whole():
    """Of 200 samples in which nobody reacts, at most 5 % may split; 19 is three binomial standard errors above."""
    split = 0
    for seed in range(200):
        x, arm, y, _ = shop(seed, 1000, effect=0.0)
        fitted = Tree(least=20).fit(x, arm, y, propensity=HALF, seed=seed)
        split += len(fitted.shape.column) > 1
        if len(fitted.shape.column) == 1:
            assert fitted.rules()[0].text.startswith("everybody: ")
    assert split <= 19


def test_leaves_are_honest():
    """A tree that splits on noise: a leaf drawn by chance is unbiased, and its interval holds 0 as often as it says.

    95 %, give or take three binomial standard errors.
    """
    drawn = []
    for seed in range(300):
        x, arm, y, _ = shop(seed, 800, effect=0.0)
        fitted = Tree(alpha=1.0, least=15).fit(x, arm, y, propensity=HALF, seed=seed)
        leaves = fitted.rules()
        if len(leaves) > 1:
            drawn.append(leaves[int(np.random.default_rng(seed).integers(len(leaves)))].effects[0])
    n = len(drawn)
    assert n > 200
    held = np.mean([one.lower <= 0 <= one.upper for one in drawn])
    assert abs(held - 0.95) < 3 * np.sqrt(0.95 * 0.05 / n)
    assert abs(np.mean([one.estimate for one in drawn])) < 3 * np.mean([one.se for one in drawn]) / np.sqrt(n)


@pytest.mark.parametrize("known", [True, False], ids=["known", "estimated"])
def test_several_offers_given_by_covariates(known):
    """Effects x0 and .3, the chance of an offer depends on x: propensities undo it, means alone would not."""
    data = worlds.log(3, 12_000)
    e = data.propensity if known else None
    base = Boosted(trees=20, leaves=8, threads=1)
    fitted = Forest(trees=20, propensity_base=base).fit(data.x, data.arm, data.outcome, propensity=e)
    found = fitted.effects(data.x)
    assert found.mean(axis=0) == pytest.approx([0.0, 0.3], abs=0.1)
    assert np.corrcoef(found[:, 0], data.x[:, 0])[0, 1] > 0.9
    naive = data.outcome[data.arm == 2].mean() - data.outcome[data.arm == 0].mean()
    assert abs(naive - 0.3) > 0.15
    outcomes = fitted.outcomes(data.x)
    assert outcomes.shape == (12_000, 3)
    assert outcomes[:, 1:] - outcomes[:, :1] == pytest.approx(found)
    text = (
        Tree(propensity_base=base)
        .fit(data.x, data.arm, data.outcome, propensity=e)
        .rules(offers=["mail", "call"])[0]
        .text
    )
    assert "mail +" in text
    assert ", call " in text


def test_a_forest_knows_more_than_a_tree():
    x, arm, y, _ = shop(5, 8000)
    rng = np.random.default_rng(5)
    effect = 0.4 / (1 + np.exp(-(x[:, 0] - 30) / 8))
    y = (rng.random(8000) < 0.2 + effect * arm).astype(np.float64)
    error = {
        learner.kind: np.sqrt(((learner.fit(x, arm, y, propensity=HALF).effects(x)[:, 0] - effect) ** 2).mean())
        for learner in (Tree(), Forest(trees=30))
    }
    assert error["forest"] < 0.8 * error["tree"]


@pytest.mark.parametrize("learner", [Tree(), Forest(trees=3)], ids=["tree", "forest"])
def test_the_same_seed_gives_the_same_bytes(learner):
    assert LEARNERS[learner.kind] is type(learner)
    x, arm, y, _ = shop(6, 1000)
    first, second = (learner.fit(x, arm, y, propensity=HALF, seed=4).effects(x) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert learner.fit(x.astype(np.float32), arm, y, propensity=HALF, seed=4).effects(x).shape == (1000, 1)


@pytest.mark.parametrize("learner", [Tree(least=2, alpha=1.0), Forest(trees=3, least=2)], ids=["tree", "forest"])
def test_edges(learner):
    """Constant columns, unknown columns, a constant outcome, an outcome far from 0, few units, no rows to predict."""
    rng = np.random.default_rng(7)
    arm = np.array([0, 1] * 20)
    x = np.column_stack([np.ones(40), np.full(40, np.nan), rng.normal(size=40)])
    flat = learner.fit(x, arm, np.full(40, 5.0), propensity=HALF)
    assert (flat.effects(x) == 0).all()
    assert (flat.outcomes(x) == 5.0).all()
    y = rng.normal(size=40)
    near, far = (learner.fit(x, arm, y + level, propensity=HALF).effects(x) for level in (0.0, 1e7))
    assert near == pytest.approx(far, abs=1e-6)
    assert flat.effects(x[:0]).shape == (0, 1)
    assert flat.effects(x[:1]).shape == (1, 1)


def test_bins_are_values_that_occur():
    rng = np.random.default_rng(8)
    x = np.column_stack([rng.normal(size=5000), rng.integers(0, 10, 5000), np.zeros(5000)])
    bins = Bins.of(x)
    assert len(bins.cuts[0]) == BINS - 1
    assert set(bins.cuts[0]) <= set(x[:, 0])
    assert bins.cuts[1].tolist() == list(range(1, 10))
    assert not len(bins.cuts[2])
    codes = bins.codes(x)
    assert codes.min() == 1
    assert np.bincount(codes[0]).max() < 2 * 5000 / BINS
    for code in (1, 5):
        assert ((x[:, 0] < bins.threshold(0, code)) == (codes[0] <= code)).all()


@pytest.mark.parametrize(
    ("learner", "error", "message"),
    [
        (Tree(depth=-1), ConfigError, "depth >= 0"),
        (Tree(least=1), ConfigError, "least >= 2"),
        (Tree(alpha=0.0), ConfigError, "alpha"),
        (Forest(share=0.0), ConfigError, "share"),
        (Forest(trees=0), ConfigError, "at least one tree"),
        (Tree(criterion="gini"), ConfigError, "use one of effect, kl, ed, chi"),  # type: ignore[arg-type]
        (Tree(criterion="kl"), EstimationError, "use 'effect'"),
    ],
)  # fmt: skip
def test_what_cannot_be_grown_is_refused(learner, error, message):
    with pytest.raises(error, match=message):
        learner.fit(np.zeros((40, 1)), [0, 1] * 20, np.arange(40.0), propensity=HALF)


def test_names_must_fit():
    fitted = Tree().learn(Trial.of(np.zeros((40, 2)), [0, 1] * 20, np.arange(40.0), HALF), 0)
    for names, offers in ((["a"], None), (["a", "a"], None), (["a", "b"], ["x", "y"])):
        with pytest.raises(EstimationError, match="2 covariates and 1 offers"):
            fitted.rules(names, offers=offers)


def test_a_hundred_thousand_customers_take_seconds():
    """Twenty covariates; about half a second of processor time for the tree, a tenth of that for each of a forest."""
    rng = np.random.default_rng(9)
    x, arm = rng.normal(size=(100_000, 20)), rng.integers(0, 2, 100_000)
    y = 0.3 * (x[:, 0] > 0) * arm + rng.normal(size=100_000)
    start = time.process_time()
    fitted = Tree().fit(x, arm, y, propensity=HALF)
    assert time.process_time() - start < 5
    assert fitted.effects(x)[:, 0].mean() == pytest.approx(0.15, abs=0.03)
