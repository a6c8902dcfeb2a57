"""Rules: every frequent set is found and no other, chances are exact, and chance alone finds no more than it may."""

from itertools import combinations

import numba
import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from netlift.catalog.baskets import Baskets
from netlift.catalog.rules.chance import at_least, share_false
from netlift.catalog.rules.mining import frequent_sets
from netlift.catalog.rules.rules import pair_rules, rules
from netlift.errors import ConfigError, DataError


def lines(*baskets: str) -> pa.Table:
    """Each letter a product."""
    rows = [(f"o{i:05}", letter) for i, basket in enumerate(baskets) for letter in basket]
    order, product = zip(*rows, strict=True) if rows else ((), ())
    return pa.table({"order_id": pa.array(order, pa.string()), "product_id": pa.array(product, pa.string())})


def shop(seed: int, baskets: int = 200, products: int = 10) -> list[str]:
    rng = np.random.default_rng(seed)
    letters = np.array([chr(ord("a") + i) for i in range(products)])
    shares = rng.uniform(0.02, 0.6, products)
    return ["".join(letters[rng.random(products) < shares]) or "a" for _ in range(baskets)]


def counted(baskets: list[str], least: int, longest: int) -> dict[tuple[str, ...], int]:
    """The same by looking at everything."""
    letters, held = sorted(set("".join(baskets))), [set(basket) for basket in baskets]
    found = {}
    for size in range(1, longest + 1):
        for some in combinations(letters, size):
            often = sum(set(some) <= one for one in held)
            if often >= least:
                found[some] = often
    return found


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("support", "longest"), [(0.01, 2), (0.02, 3), (0.05, 12), (0.3, 12)])
def test_all_frequent_sets_are_found_and_no_other(seed: int, support: float, longest: int) -> None:
    baskets = shop(seed)
    sets = frequent_sets(Baskets.of(lines(*baskets)), support, longest if longest < 12 else None)
    rows = sets.table().to_pylist()
    assert {tuple(row["products"]): row["baskets"] for row in rows} == counted(baskets, sets.least, longest)
    assert [tuple(row["products"]) for row in rows] == sorted(
        (tuple(row["products"]) for row in rows), key=lambda one: (len(one), one)
    )
    assert all(row["support"] == row["baskets"] / 200 for row in rows)


def test_threads_and_the_order_of_lines_change_nothing() -> None:
    table = lines(*shop(7, 500, 15))
    again = pa.concat_tables([table, table]).take(pa.array(np.random.default_rng(0).permutation(2 * len(table))))
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        alone = rules(frequent_sets(Baskets.of(table), 0.02, None))
    finally:
        numba.set_num_threads(before)
    assert rules(frequent_sets(Baskets.of(again), 0.02, None)).equals(alone)


def test_a_rule_says_what_its_baskets_say() -> None:
    baskets = ["ab", "ab", "abc", "ac", "b", "d", "d", "d"]
    rows = pair_rules(Baskets.of(lines(*baskets)), 0.2).to_pylist()
    found = {(row["given"][0], row["then"]): row for row in rows}
    rule = found["a", "b"]
    assert (rule["baskets"], rule["support"], rule["confidence"]) == (3, 3 / 8, 3 / 4)
    assert rule["lift"] == pytest.approx(3 / 4 / (4 / 8))
    assert rule["leverage"] == pytest.approx(3 / 8 - 4 / 8 * 4 / 8)
    assert rule["p_value"] == pytest.approx(stats.fisher_exact(np.array([[3, 1], [1, 3]]), "greater").pvalue)
    assert set(found) == {("a", "b"), ("b", "a"), ("a", "c"), ("c", "a")}
    sure = rules(frequent_sets(Baskets.of(lines(*baskets)), 0.2), confidence=1.0, lift=1.5).to_pylist()
    assert [(row["given"], row["then"]) for row in sure] == [(["c"], "a")]


def test_a_third_product_must_add_something() -> None:
    """What a and c say about b, a says alone; but d follows a and b together."""
    rng = np.random.default_rng(3)
    baskets = []
    for _ in range(6000):
        a, b, c = rng.random() < 0.3, False, rng.random() < 0.4
        b = rng.random() < (0.7 if a else 0.3)
        d = rng.random() < (0.8 if a and b else 0.1)
        baskets.append("".join(name for name, held in zip("abcde", (a, b, c, d, True), strict=True) if held))
    table = rules(frequent_sets(Baskets.of(lines(*baskets)), 0.01)).to_pylist()
    q = {(*row["given"], row["then"]): row["q_value"] for row in table}
    lift = {(*row["given"], row["then"]): row["lift"] for row in table}
    assert q["a", "b"] < 1e-6
    assert lift["a", "c", "b"] > 1.3
    assert q["a", "c", "b"] > 0.05
    assert q["a", "b", "d"] < 1e-6


@pytest.mark.parametrize("seed", range(3))
def test_chances_are_those_of_the_hypergeometric_distribution(seed: int) -> None:
    rng = np.random.default_rng(seed)
    total = rng.integers(1, 5000, 300)
    one, other = (rng.integers(0, total + 1) for _ in range(2))
    together = rng.integers(np.maximum(0, one + other - total), np.minimum(one, other) + 1)
    expected = stats.hypergeom.sf(together - 1, total, one, other)
    np.testing.assert_allclose(at_least(together, total, one, other), expected, rtol=1e-7, atol=1e-12)


def test_far_tails_keep_their_figures() -> None:
    # all 50 of 50 common: 1 way of choosing 50 among 100,000
    found = at_least(np.array([50]), 100_000, np.array([50]), np.array([50]))[0]
    assert np.log10(found) == pytest.approx(
        -np.log10(np.e) * stats.hypergeom.logpmf(50, 100_000, 50, 50) * -1, rel=1e-8
    )
    assert share_false(np.zeros(0)).shape == (0,)


def test_false_discoveries_are_those_of_scipy() -> None:
    p = np.random.default_rng(0).random(50) ** 3
    np.testing.assert_allclose(share_false(p), stats.false_discovery_control(p))
    assert (share_false(p, 500) >= share_false(p)).all()


@pytest.mark.parametrize(("longest", "products", "most"), [(2, 60, 0.15), (3, 20, 0.4)])
def test_independent_baskets_give_hardly_any_rules(longest: int, products: int, most: float) -> None:
    """Where products have nothing to do with each other, one shop in twenty may have a discovery at a level of .05."""
    wrong, tried = 0, 0
    names = pa.array([f"p{i:02}" for i in range(products)])
    for seed in range(60):
        rng = np.random.default_rng(100 + seed)
        order, product = np.nonzero(rng.random((1500, products)) < rng.uniform(0.01, most, products))
        table = pa.table({"order_id": order, "product_id": names.take(pa.array(product))})
        found = rules(frequent_sets(Baskets.of(table), 0.004, longest))
        tried += found.num_rows
        wrong += (found["q_value"].to_numpy() <= 0.05).any()
    assert tried > 60 * 200
    assert wrong <= 8  # binomial(60, .05) is above 8 three times in 1,000


def test_planted_pairs_are_found_among_independent_ones() -> None:
    rng = np.random.default_rng(5)
    held = rng.random((4000, 80)) < 0.05
    for first in range(0, 20, 2):
        held[:, first + 1] |= held[:, first] & (rng.random(4000) < 0.4)
    order, product = np.nonzero(held)
    names = pa.array([f"p{i:02}" for i in range(80)])
    found = pair_rules(Baskets.of(pa.table({"order_id": order, "product_id": names.take(pa.array(product))})), 0.002,
                       level=0.05)  # fmt: skip
    pairs = {tuple(sorted((row["given"][0], row["then"]))) for row in found.to_pylist()}
    truth = {(f"p{i:02}", f"p{i + 1:02}") for i in range(0, 20, 2)}
    assert truth <= pairs
    assert len(pairs - truth) <= 3


def test_nothing_and_next_to_nothing() -> None:
    assert frequent_sets(Baskets.of(lines())).table().num_rows == 0
    assert pair_rules(Baskets.of(lines())).num_rows == 0
    assert frequent_sets(Baskets.of(lines("a", "b")), 1.0).table().num_rows == 0
    alone = Baskets.of(lines("a"))
    assert frequent_sets(alone, 1.0, None).table().to_pydict()["products"] == [["a"]]
    assert rules(frequent_sets(alone)).column_names == pair_rules(Baskets.of(lines("ab"))).column_names
    assert pair_rules(Baskets.of(lines("ab"))).to_pydict()["p_value"] == [1.0, 1.0]


def test_columns_may_be_coded() -> None:
    table = lines(*shop(1))
    coded = pa.table({name: table[name].dictionary_encode() for name in table.column_names})
    assert pair_rules(Baskets.of(coded)).equals(pair_rules(Baskets.of(table)))


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(DataError, match="no column 'order_id'"):
        Baskets.of(pa.table({"product_id": ["a"]}))
    with pytest.raises(DataError, match="empty in 1 lines"):
        Baskets.of(pa.table({"order_id": ["o"], "product_id": pa.array([None], pa.string())}))
    with pytest.raises(DataError, match="must hold text, not int64"):
        Baskets.of(pa.table({"order_id": ["o"], "product_id": [1]}))
    for support, longest in ((0.0, 2), (1.5, 2), (0.1, 0)):
        with pytest.raises(ConfigError):
            frequent_sets(Baskets.of(lines("ab")), support, longest)
    with pytest.raises(ConfigError, match="shares"):
        rules(frequent_sets(Baskets.of(lines("ab"))), level=2.0)
