"""Customers folded into a fitted model: what fitting would have said of them, without fitting."""

import numpy as np
import pytest

from netlift.errors import ConfigError, NotFittedError
from netlift.recommend.folding import fold_in
from netlift.recommend.ids import Ids
from netlift.recommend.interactions import Interactions
from netlift.recommend.models.ease import Ease
from netlift.recommend.models.ials import Ials
from netlift.recommend.models.item_knn import ItemKnn
from netlift.recommend.models.popular import Popular
from netlift.recommend.models.rp3beta import Rp3Beta
from netlift.recommend.recommender import Recommender
from tests.recommend.test_contract import shop
from tests.recommend.test_interactions import events

LINEAR = [Ease(), Ease(binary=False), ItemKnn(), Rp3Beta()]


def history(seen: Interactions, name: str) -> Interactions:
    mine = seen.user == seen.users.position(name)
    place = np.zeros(mine.sum(), np.int32)
    return Interactions(Ids([name]), seen.items, place, seen.item[mine], seen.at[mine], seen.weight[mine])


@pytest.mark.parametrize("model", LINEAR, ids=lambda model: model.kind)
def test_the_same_history_has_the_same_scores(model: Recommender) -> None:
    fitted = model.fit(shop())
    folded = fold_in(fitted, history(shop(), "u03"))
    assert np.array_equal(folded.score(["u03"]), fitted.score(["u03"]))
    assert folded.recommend(["u03"], 5).equals(fitted.recommend(["u03"], 5))
    # the fitted model is as it was, and a newcomer is shown what everybody wants
    assert fitted.recommend(["u03", "u05"], 5).num_rows == 10
    assert folded.recommend(["who"], 5).equals(fitted.recommend(["who"], 5))


def test_factors_are_the_least_squares_that_sweeps_approach() -> None:
    fitted = Ials(factors=8, confidence=0.5).fit(shop())
    folded = fold_in(fitted, history(shop(), "u03"))
    mine, goods = history(shop(), "u03").matrix.toarray()[0].astype(float), fitted.items_.astype(float)
    done = mine > 0
    weight = np.where(done, 1 + 0.5 * mine, 0.0)
    ridge = fitted.ridge * (done.sum() + fitted.unobserved * len(goods))
    left = goods.T @ (weight[:, None] * goods) + fitted.unobserved * goods.T @ goods + ridge * np.eye(8)
    assert np.allclose(folded.users_[0], np.linalg.solve(left, goods.T @ weight), rtol=1e-5, atol=1e-6)
    assert np.allclose(folded.users_[0], fitted.users_[fitted.seen_.users.position("u03")], atol=0.02)


@pytest.mark.parametrize("model", [*LINEAR, Ials(factors=8)], ids=lambda model: model.kind)
def test_a_newcomer_s_taste_shows_at_once(model: Recommender) -> None:
    """Even customers of the shop like the first fifteen goods; goods that the model has not met are passed over."""
    fitted = model.fit(shop(users=200))
    mine = Interactions.of(events(("dora", "i01", 1, 1.0), ("dora", "i04", 1, 1.0), ("dora", "unheard", 2, 1.0)))
    rows = fold_in(fitted, mine).recommend(["dora"], 6).to_pylist()
    assert len(rows) == 6
    assert all(int(row["product_id"][1:]) < 15 for row in rows)
    assert not {"i01", "i04"} & {row["product_id"] for row in rows}
    empty = Interactions.of(events(), users=Ids(["dora"]))
    assert fold_in(fitted, empty).recommend(["dora"], 3).num_rows == 3


def test_models_that_keep_more_of_a_customer_are_refused() -> None:
    with pytest.raises(ConfigError, match="'popular' keeps more"):
        fold_in(Popular().fit(shop()), shop())  # type: ignore[type-var]
    with pytest.raises(NotFittedError):
        fold_in(Ease(), shop())
