"""The graph of products and its groups: planted ties are found, and the same ones however the data came."""

import numpy as np
import pyarrow as pa
import pytest
import scipy.sparse as sp

from netlift.catalog.baskets import Baskets
from netlift.catalog.communities import communities, modularity
from netlift.catalog.graph import product_graph
from netlift.errors import ConfigError, DataError

NAMES = pa.array([f"p{i:02}" for i in range(40)])


def bought(seed: int = 0, baskets: int = 3000) -> pa.Table:
    """Four tastes of ten products each; a basket is mostly of one taste."""
    rng = np.random.default_rng(seed)
    taste = rng.integers(0, 4, baskets)
    held = rng.random((baskets, 40)) < np.where(np.arange(40) // 10 == taste[:, None], 0.3, 0.03)
    order, product = np.nonzero(held)
    return pa.table({"order_id": order, "product_id": NAMES.take(pa.array(product))})


def test_products_are_tied_where_people_tie_them() -> None:
    graph = product_graph(NAMES, bought=Baskets.of(bought()))
    rows = graph.table().to_pylist()
    within = [int(row["one"][1:]) // 10 == int(row["other"][1:]) // 10 for row in rows]
    assert sum(within) == 4 * 45
    assert len(rows) - sum(within) <= 10  # chance: one in twenty of the discoveries
    assert all(0 < row["weight"] <= 1 and row["one"] < row["other"] for row in rows)
    near = graph.related("p13", 5)
    assert [name[:2] for name, _ in near] == ["p1"] * 5
    assert [weight for _, weight in near] == sorted((weight for _, weight in near), reverse=True)
    assert graph.related("unheard of") == []


def test_never_without_each_other_weighs_one() -> None:
    table = pa.table({"order_id": [1, 1, 2, 2, 3, 4, 5, 6], "product_id": [*"abab", *"cdef"]})
    graph = product_graph(pa.array([*"abc"]), bought=Baskets.of(table), support=0.1, level=1.0)
    assert graph.table().to_pylist() == [{"kind": "bought", "one": "a", "other": "b", "weight": pytest.approx(1.0)}]


def test_kinds_of_ties_are_weighed_against_each_other() -> None:
    rng = np.random.default_rng(1)
    vectors = np.repeat(np.eye(4), 10, axis=0)[rng.permutation(40)]
    graph = product_graph(NAMES, viewed=Baskets.of(bought(2)), vectors=vectors, neighbours=3)
    assert set(graph.ties) == {"viewed", "alike"}
    only = graph.matrix({"alike": 2.0})
    assert (only != only.T).nnz == 0
    assert only.diagonal().sum() == 0
    assert set(only.data) == {2.0}
    row, column = only.nonzero()
    assert (vectors[row] == vectors[column]).all()
    assert (only.sum(axis=1) >= 6).all()
    both = graph.matrix()
    assert both.sum() == pytest.approx(only.sum() / 2 + graph.matrix({"viewed": 1}).sum())


def test_groups_are_those_that_were_planted() -> None:
    graph = product_graph(NAMES, bought=Baskets.of(bought())).matrix()
    assert communities(graph).tolist() == [i // 10 for i in range(40)]


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_better_than_drawn_ones_and_their_modularity_is_right(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dense = np.triu(rng.random((30, 30)) * (rng.random((30, 30)) < 0.2), 1)
    ties = sp.csr_array(dense + dense.T)
    group = communities(ties)
    best = modularity(ties, group)
    assert best > 0.2
    assert best > modularity(ties, rng.permutation(group))
    assert (communities(ties, 3.0).max()) > communities(ties, 0.3).max()
    assert communities(ties).tolist() == group.tolist()
    expected = sum(
        ties[i, j] / dense.sum() / 2 - (dense + dense.T)[i].sum() * (dense + dense.T)[j].sum() / (2 * dense.sum()) ** 2
        for i in range(30) for j in range(30) if group[i] == group[j]
    )  # fmt: skip
    assert best == pytest.approx(expected)


def test_no_ties_and_no_products() -> None:
    assert communities(sp.csr_array((3, 3))).tolist() == [0, 1, 2]
    assert communities(sp.csr_array((0, 0))).tolist() == []
    assert modularity(sp.csr_array((3, 3)), np.arange(3)) == 0
    empty = product_graph(pa.array([], pa.string()), bought=Baskets.of(bought().slice(0, 0)), vectors=np.zeros((0, 2)))
    assert empty.table().num_rows == 0
    alone = product_graph(NAMES[:1], bought=Baskets.of(bought()), vectors=np.ones((1, 2)))
    assert alone.matrix().nnz == 0
    blank = product_graph(NAMES, vectors=np.full((40, 2), np.nan))
    assert blank.matrix().nnz == 0


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(DataError, match="order of their bytes"):
        product_graph(pa.array(["b", "a"]))
    with pytest.raises(DataError, match="shape"):
        product_graph(NAMES, vectors=np.ones((3, 2)))
    with pytest.raises(ConfigError, match="neighbour"):
        product_graph(NAMES, neighbours=0)
    with pytest.raises(ConfigError, match="weights of ties"):
        product_graph(NAMES, vectors=np.ones((40, 1))).matrix({"bought": 1.0})
    with pytest.raises(ConfigError, match="resolution"):
        communities(sp.csr_array((3, 3)), 0.0)
