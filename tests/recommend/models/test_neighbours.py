"""The most alike of everything, beside what a plain product of matrices says."""

import numba
import numpy as np
import pytest
import scipy.sparse as sp
from numpy.typing import NDArray

from netlift.errors import ConfigError
from netlift.recommend.models import _neighbours
from netlift.recommend.models._neighbours import Sparse, best, nearest, summed, weighted
from netlift.recommend.models.item_knn import ItemKnn
from netlift.recommend.models.user_knn import UserKnn
from tests.recommend.test_contract import shop


def drawn(seed: int, rows: int = 150, columns: int = 40, share: float = 0.1) -> Sparse:
    """Small whole numbers, so that many products are equal and every sum is exact."""
    rng = np.random.default_rng(seed)
    found = rng.integers(1, 4, (rows, columns)) * (rng.random((rows, columns)) < share)
    return sp.csr_array(found.astype(np.float32))


def plainly(product: NDArray[np.float64], count: int, *, own: bool) -> NDArray[np.float64]:
    """Of each row the highest above 0, of equals the first, the rest 0."""
    found = np.zeros_like(product)
    for row, mine in enumerate(product):
        order = [j for j in np.lexsort((np.arange(len(mine)), -mine)) if mine[j] > 0 and not (own and j == row)]
        found[row, order[:count]] = mine[order[:count]]
    return found


@pytest.mark.parametrize("count", [0, 1, 5, 1000])
def test_the_highest_of_each_row_are_kept(count: int) -> None:
    left = drawn(1)
    like = (left @ left.T).toarray().astype(np.float64)
    found = nearest(left, left, count)
    assert np.array_equal(found.toarray(), plainly(like, count, own=True))
    assert found.has_sorted_indices
    assert np.array_equal(nearest(left, left.copy(), count).toarray(), plainly(like, count, own=False))


def test_columns_weigh_and_few_in_common_are_trusted_less() -> None:
    left, right = drawn(2), drawn(3, 40, 60)
    by = np.array([0.5, 1.0, 2.0] * 20, np.float32)
    product = (left @ right).toarray() * by
    assert np.array_equal(best(left, right, 4, own=False, by=by).toarray(), plainly(product, 4, own=False))
    common = ((left > 0).astype(np.float32) @ (left > 0).astype(np.float32).T).toarray()
    shrunk = (left @ left.T).toarray() * (common / (common + np.float32(3)))
    assert np.array_equal(nearest(left, left, 6, shrink=3.0).toarray(), plainly(shrunk, 6, own=True))


def test_blocks_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    left = drawn(4, 300)
    whole = nearest(left, left, 7)
    monkeypatch.setattr(_neighbours, "CELLS", 7 * 90)  # 90 rows at a time
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    parts = nearest(left, left, 7)
    numba.set_num_threads(before)
    for name in ("data", "indices", "indptr"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name))


@pytest.mark.parametrize("users", [[3, 0, 3], list(range(50))])
def test_rows_are_summed_alone_and_together(users: list[int]) -> None:
    left, right = drawn(5), drawn(6, 40, 70)
    assert np.array_equal(summed(left, np.array(users), right), (left[users] @ right).toarray())


def test_nothing_is_like_nothing() -> None:
    empty = sp.csr_array((3, 0), dtype=np.float32)
    assert nearest(empty, empty, 5).shape == (3, 3)
    assert nearest(empty, empty, 5).nnz == 0
    none = sp.csr_array((0, 4), dtype=np.float32)
    assert nearest(none, none, 5).shape == (0, 0)
    assert summed(none, np.empty(0, np.int64), drawn(7, 4, 6)).shape == (0, 6)


def test_only_likeness_above_a_bound_counts() -> None:
    left = weighted(drawn(8), "cosine")
    whole = nearest(left, left, 200).toarray()
    assert np.array_equal(nearest(left, left, 200, least=0.5).toarray(), np.where(whole > 0.5, whole, 0))
    assert (whole > 0.5).any()
    seen = shop()
    for kind in (UserKnn, ItemKnn):
        few, many = (kind(how="cosine", least=least).fit(seen).like_ for least in (0.5, 0.0))
        assert few.nnz < many.nnz
        assert few.nnz == 0 or few.data.min() > 0.5
    for wrong in ({"least": 1.0}, {"least": -0.1}, {"shrink": -1.0}):
        with pytest.raises(ConfigError, match="neighbours need"):
            UserKnn(**wrong).fit(seen)
