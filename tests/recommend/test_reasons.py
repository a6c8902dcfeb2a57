"""What speaks for a product: held against matrices small enough to look at whole."""

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

from netlift.recommend.ids import Ids
from netlift.recommend.models.ease import Ease
from netlift.recommend.models.ials import Ials
from netlift.recommend.models.item_knn import ItemKnn
from netlift.recommend.models.rp3beta import Rp3Beta
from netlift.recommend.reasons import Shown, linked, nearest, told, weightiest
from tests.recommend.test_contract import shop


def lists(rng: np.random.Generator, users: int, items: int) -> Shown:
    sizes = rng.integers(0, 4, users)
    places = rng.integers(0, items, sizes.sum())
    return Shown(rng.permutation(users), places, np.concatenate([[0], np.cumsum(sizes)]))


def expected(shown: Shown, had: Any, speaks: Any, least: float) -> list[int]:
    """The first of what was had that speaks most, above `least`."""
    found = []
    for row, user in enumerate(shown.users):
        places = np.flatnonzero(had[user])
        for item in shown.items[shown.starts[row] : shown.starts[row + 1]]:
            value = speaks(user, places, item)
            found.append(int(places[value.argmax()]) if len(places) and value.max() > least else -1)
    return found


@pytest.mark.parametrize("seed", range(5))
def test_what_speaks_most_is_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    users, items = 30, 20
    had = (rng.integers(1, 5, (users, items)) * (rng.random((users, items)) < 0.2)).astype(np.float32)
    links = (rng.integers(1, 9, (items, items)) * (rng.random((items, items)) < 0.3)).astype(np.float32)
    points = rng.integers(-3, 4, (items, 5)).astype(np.float32)
    shown, sparse = lists(rng, users, items), sp.csr_array(had)
    assert linked(shown, sparse, sp.csr_array(links), amounts=False).tolist() == expected(
        shown, had, lambda _, places, item: links[places, item], 0.0
    )
    assert linked(shown, sparse, sp.csr_array(links), amounts=True).tolist() == expected(
        shown, had, lambda user, places, item: links[places, item] * had[user, places], 0.0
    )
    assert nearest(shown, sparse, points).tolist() == expected(
        shown, had, lambda _, places, item: points[places] @ points[item], -np.inf
    )
    assert nearest(shown, sparse, points, 0.0).tolist() == expected(
        shown, had, lambda _, places, item: points[places] @ points[item], 0.0
    )
    weights = links - 4
    assert weightiest(shown, sparse, weights).tolist() == expected(
        shown, had, lambda _, places, item: weights[places, item], 0.0
    )


def test_reasons_are_told_by_name() -> None:
    found = told(Ids(["cup", "tea"]), np.array([1, -1]), "similar_to")
    assert found.to_pylist() == [["similar_to:tea"], ["popular"]]
    assert told(Ids([]), np.array([], np.int64), "similar_to").to_pylist() == []


@pytest.mark.parametrize("model", [Ease(), Ials(), ItemKnn(), Rp3Beta()], ids=lambda model: str(model.kind))
def test_a_reason_is_something_that_the_customer_had(model: Any) -> None:
    seen = shop()
    model.fit(seen)
    had = {f"u{row:02}": set(seen.items.names_of(seen.matrix[[row]].indices.tolist())) for row in range(60)}
    rows = model.recommend(None, 4).to_pylist()
    for row in rows:
        if row["customer_id"] == "visitor":
            assert row["reasons"] == ["new_customer", "popular"]
        else:
            assert row["reasons"][0].partition(":")[2] in had[row["customer_id"]]
    assert model.reasons(3, np.array([0, 1])) == [
        tuple(why) for why in model.reason_lists(np.array([3]), np.array([0, 1]), np.array([0, 2])).to_pylist()
    ]
