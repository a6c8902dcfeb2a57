"""Models against the formulas of their papers, written out on small dense matrices."""

from typing import Any

import numba
import numpy as np
import pytest
from numpy.typing import NDArray

from netlift.errors import ConfigError
from netlift.recommend.ids import Ids
from netlift.recommend.interactions import Interactions
from netlift.recommend.models.bpr import Bpr
from netlift.recommend.models.ease import MOST, Ease
from netlift.recommend.models.ials import Ials
from netlift.recommend.models.item_knn import ItemKnn
from netlift.recommend.models.rp3beta import Rp3Beta
from netlift.recommend.models.user_knn import UserKnn
from tests.recommend.test_contract import shop
from tests.recommend.test_interactions import events

Array = NDArray[Any]


def dense(seen: Interactions) -> Array:
    return seen.matrix.toarray().astype(np.float64)


@pytest.mark.parametrize("binary", [True, False])
def test_ease_is_the_inverse_of_the_gram_matrix(binary: bool) -> None:
    seen = shop()
    had = dense(seen) > 0 if binary else dense(seen)
    inverse = np.linalg.inv(had.T.astype(float) @ had + 20 * np.eye(had.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    model = Ease(ridge=20.0, binary=binary).fit(seen)
    np.testing.assert_allclose(model.score(["u03", "visitor"]), (had @ weights)[[3, 60]], rtol=1e-4, atol=1e-6)


def test_ease_holds_no_more_than_it_can() -> None:
    with pytest.raises(ConfigError, match="use ials or rp3beta"):
        Ease().fit(Interactions.of(events(), items=Ids(f"{k}" for k in range(MOST + 1))))
    with pytest.raises(ConfigError, match="ridge must be above 0"):
        Ease(ridge=0.0).fit(shop())


def likeness(rows: Array, how: str, shrink: float) -> Array:
    """Of all rows to all others, 0 to themselves."""
    long = (rows > 0).sum(axis=1)
    rare = np.log1p(len(rows) / np.maximum((rows > 0).sum(axis=0), 1))
    if how == "bm25":
        rows = rows * 2.2 / (rows + 1.2 * (0.25 + 0.75 * long / long.mean())[:, None]) * rare
    elif how == "tfidf":
        rows = rows * rare
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    common = ((rows > 0).astype(float)) @ (rows > 0).T
    like = unit @ unit.T * (common / np.maximum(common + shrink, 1e-12))
    np.fill_diagonal(like, 0)
    return np.asarray(like)


def kept(like: Array, count: int) -> Array:
    found = np.zeros_like(like)
    for row, values in enumerate(like):
        best = np.argsort(-values.astype(np.float32), kind="stable")[:count]
        found[row, best] = values[best]
    return found


@pytest.mark.parametrize("how", ["cosine", "tfidf", "bm25"])
@pytest.mark.parametrize("shrink", [0.0, 5.0])
def test_neighbours_are_those_of_all_pairs(how: Any, shrink: float) -> None:
    seen = shop(users=80)
    had = dense(seen)
    for count in (40, 100):  # fewer would have to choose between likenesses that are equal but for their last digits
        items = kept(likeness(had.T, how, shrink), count)
        found = ItemKnn(neighbours=count, how=how, shrink=shrink).fit(seen)
        np.testing.assert_allclose(found.score(["u00", "u07"]), (had @ items.T)[[0, 7]], rtol=1e-4, atol=1e-5)
    found_users = UserKnn(neighbours=100, how=how, shrink=shrink).fit(seen)
    like = likeness(had, how, shrink)
    np.testing.assert_allclose(found_users.like_.toarray(), like, rtol=1e-4, atol=1e-5)
    few = UserKnn(neighbours=3, how=how, shrink=shrink).fit(seen).like_.toarray()
    assert ((few > 0).sum(axis=1) <= 3).all()
    worst = np.where(few > 0, few, np.inf).min(axis=1)
    assert ((like > worst[:, None] + 1e-5).sum(axis=1) < 3).all()


def test_walks_are_products_of_chances() -> None:
    seen = shop()
    had = (dense(seen) > 0).astype(float)
    to_items = had / np.maximum(had.sum(axis=1, keepdims=True), 1)
    to_users = had.T / np.maximum(had.sum(axis=0)[:, None], 1)
    walks = to_users**0.7 @ to_items**0.7 / np.maximum(had.sum(axis=0), 1) ** 0.4
    np.fill_diagonal(walks, 0)
    model = Rp3Beta(alpha=0.7, beta=0.4, neighbours=100).fit(seen)
    np.testing.assert_allclose(model.score(["u00", "u07"]), (had @ walks)[[0, 7]], rtol=1e-4, atol=1e-6)


def test_least_squares_are_solved() -> None:
    """With steps enough each sweep is exact: users answer the items as the normal equations say."""
    seen = shop()
    model = Ials(factors=6, sweeps=3, steps=40, ridge=0.1, power=0.5, unobserved=0.2, confidence=0.5).fit(seen)
    had, y = dense(seen), model.items_.astype(np.float64)
    for user in range(60):
        weight = np.where(had[user] > 0, 1 + 0.5 * had[user], 0.0)
        ridge = 0.1 * ((had[user] > 0).sum() + 0.2 * len(y)) ** 0.5
        left = 0.2 * y.T @ y + (y * weight[:, None]).T @ y + ridge * np.eye(6)
        np.testing.assert_allclose(model.users_[user], np.linalg.solve(left, y.T @ weight), rtol=2e-3, atol=2e-4)
    assert not model.users_[60].any()


def test_scores_are_products_for_few_and_for_many() -> None:
    model = Ials(factors=5, sweeps=2).fit(shop())
    expected = model.users_.astype(np.float64) @ model.items_.T.astype(np.float64)
    for users in (1, 4, 5, 60):
        found = model.score([f"u{k:02}" for k in range(users)])
        np.testing.assert_allclose(found, expected[:users], rtol=1e-4, atol=1e-6)


def test_the_same_factors_come_from_any_number_of_threads() -> None:
    seen = shop(users=600)
    before, found = numba.get_num_threads(), []
    try:
        for threads in (1, before):
            numba.set_num_threads(threads)
            model = Ials(factors=8, sweeps=4).fit(seen)
            found.append((model.users_.tobytes(), model.items_.tobytes(), model.recommend(None, 5)))
    finally:
        numba.set_num_threads(before)
    assert found[0] == found[1]


def test_pairs_are_put_in_order() -> None:
    """What was done scores above what was not for nearly every pair, and better the longer it learns."""
    seen = shop(users=100)
    had = dense(seen)[:100] > 0

    def right(passes: int) -> float:
        scores = Bpr(factors=8, passes=passes).fit(seen).score([f"u{k:02}" for k in range(100)])
        return float(np.mean([(s[h][:, None] > s[~h]).mean() for s, h in zip(scores, had, strict=True)]))

    assert right(1) < right(100)
    assert right(100) > 0.9


@pytest.mark.parametrize("model", [Ials(factors=0), Ials(ridge=0.0), Bpr(passes=0), Bpr(ridge=-1.0)])
def test_settings_that_make_no_sense_are_refused(model: Any) -> None:
    with pytest.raises(ConfigError, match="factors"):
        model.fit(shop())
