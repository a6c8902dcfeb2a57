"""The one call of R64: these goods for this customer, sorted."""

import pytest

from netlift.errors import ConfigError, NotFittedError
from netlift.recommend.ids import Ids
from netlift.recommend.interactions import Interactions
from netlift.recommend.lists import generate_recommendation_list, with_items
from netlift.recommend.models.item_knn import ItemKnn
from netlift.recommend.models.popular import Popular
from netlift.recommend.recommender import RECOMMENDERS
from tests.recommend.test_contract import made, shop
from tests.recommend.test_interactions import events

GOODS = [f"i{item:02}" for item in range(30)]


@pytest.mark.parametrize("kind", sorted(RECOMMENDERS))
def test_every_product_has_a_place_by_any_algorithm(kind: str) -> None:
    made(kind)  # an algorithm whose extra is missing is skipped
    for user in ("u00", "nobody"):
        found = generate_recommendation_list(user, [*reversed(GOODS), "i03", "unheard"], kind, seen=shop())
        assert sorted(one.product_id for one in found) == [*GOODS, "unheard"]
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
        assert all(one.reasons for one in found)


@pytest.mark.parametrize("kind", sorted(RECOMMENDERS))
def test_who_has_no_history_is_a_newcomer_known_or_not(kind: str) -> None:
    made(kind)
    found = generate_recommendation_list("visitor", GOODS, kind, seen=shop())
    assert found == generate_recommendation_list("nobody", GOODS, kind, seen=shop())
    assert found[0].reasons[0] == "new_customer"


def test_the_most_relevant_comes_first_and_the_call_may_be_short() -> None:
    """Even customers like the first fifteen goods."""
    found = generate_recommendation_list("u00", GOODS, "item_knn", seen=shop())
    assert {one.product_id for one in found[:15]} == set(GOODS[:15])
    assert generate_recommendation_list("u00", GOODS, "item_knn", seen=shop(), n=4) == found[:4]


def test_a_fitted_recommender_answers_without_learning_again() -> None:
    model = ItemKnn().fit(shop())
    found = generate_recommendation_list("u00", ["zebra", "i01", "aster", "i02"], model)
    assert [one.product_id for one in found[2:]] == ["aster", "zebra"]
    assert {one.reasons for one in found[2:]} == {("nothing_known",)}
    assert found[3].score == found[1].score
    assert [one.product_id for one in found[:2]] == [
        one.product_id for one in generate_recommendation_list("u00", ["i01", "i02"], "item_knn", seen=shop())
    ]


def test_nothing_is_answered_too() -> None:
    assert generate_recommendation_list("ann", [], "popular") == []
    assert generate_recommendation_list("ann", [], "popular", seen=shop()) == []
    alone = generate_recommendation_list("ann", ["tea", "cup"], Popular().fit(Interactions.of(events())))
    assert [(one.product_id, one.score, one.reasons) for one in alone] == [
        ("cup", 0.0, ("nothing_known",)), ("tea", 0.0, ("nothing_known",)),
    ]  # fmt: skip


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown Recommender 'best'"):
        generate_recommendation_list("ann", ["tea"], "best", seen=shop())
    with pytest.raises(ConfigError, match="n = 0"):
        generate_recommendation_list("ann", ["tea"], "popular", seen=shop(), n=0)
    with pytest.raises(NotFittedError):
        generate_recommendation_list("ann", ["tea"], Popular())


def test_a_larger_catalogue_keeps_the_events() -> None:
    seen = shop()
    larger = with_items(seen, Ids(["aa", "i015", "zz"]))
    assert len(larger.items) == len(seen.items) + 3
    assert larger.items.names_of(larger.item) == seen.items.names_of(seen.item)
    assert larger.matrix.sum() == seen.matrix.sum()
