"""Whatever is asked for gets an answer with its reason, and never fewer places than could be filled."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlift.recommend.ids import Ids
from netlift.recommend.interactions import Interactions
from netlift.recommend.models.bpr import Bpr
from netlift.recommend.models.ease import Ease
from netlift.recommend.models.ials import Ials
from netlift.recommend.models.item_knn import ItemKnn
from netlift.recommend.models.popular import Popular
from netlift.recommend.models.rp3beta import Rp3Beta
from netlift.recommend.models.user_knn import UserKnn
from netlift.recommend.recommender import Recommender
from netlift.recommend.rules import Rules
from tests.recommend.test_interactions import events

MADE: dict[str, Recommender] = {
    "bpr": Bpr(factors=2, passes=2),
    "ease": Ease(),
    "ials": Ials(factors=2, sweeps=2),
    "item_knn": ItemKnn(neighbours=2),
    "popular": Popular(),
    "rp3beta": Rp3Beta(neighbours=2),
    "user_knn": UserKnn(neighbours=2),
}
NAMES = ["ann", "", "茶", "a b", "0"]
ASKED = [*NAMES, "nobody", "\ud800", "ann\ud800"]
GOODS = ["tea", "", "茶", "x:y", "1", "2"]
WORDS = [*GOODS, "not in the catalogue", "\udfff"]
KEEP = settings(max_examples=40, deadline=None, derandomize=True)


def some(of: list[str]) -> Any:
    return st.lists(st.sampled_from(of), max_size=6)


ROWS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(GOODS), st.integers(1, 28), st.sampled_from([1e-6, 1.0, 1e6])),
    max_size=25,
)
RULES = st.builds(
    Rules,
    in_stock=st.none() | some(WORDS),
    excluded=some(WORDS),
    excluded_by_user=st.dictionaries(st.sampled_from(ASKED), some(WORDS), max_size=3),
    bought=st.sampled_from(["allow", "exclude", "only"]),
    replenishable=some(WORDS),
    diversity=st.sampled_from([0.0, 0.5, 1.0]),
    most_of_category=st.none() | st.integers(1, 2),
    margin_weight=st.sampled_from([0.0, 1.0]),
    shown=st.dictionaries(st.tuples(st.sampled_from(ASKED), st.sampled_from(WORDS)), st.integers(0, 3), max_size=4),
    fatigue=st.sampled_from([0.0, 1.0]),
)


def open_to(rules: Rules, name: str, had: set[str], catalogue: list[str]) -> set[str]:
    """Goods that the rules let this customer be shown."""
    found = set(catalogue) - set(rules.excluded) - set(rules.excluded_by_user.get(name, ()))
    if rules.in_stock is not None:
        found &= set(rules.in_stock)
    if rules.bought == "exclude":
        found -= had - set(rules.replenishable)
    return found & had if rules.bought == "only" else found


@pytest.mark.parametrize("kind", sorted(MADE))
@KEEP
@given(rows=ROWS, extra=some(GOODS), asked=some(ASKED), n=st.sampled_from([1, 2, 50]), rules=RULES)
def test_there_is_always_an_answer(
    kind: str, rows: list[tuple[str, str, int, float]], extra: list[str], asked: list[str], n: int, rules: Rules
) -> None:
    seen = Interactions.of(events(*rows), items=Ids(extra))
    catalogue = seen.items.names.to_pylist()
    model = MADE[kind].fit(seen)
    asked = list(dict.fromkeys(asked))
    table = model.recommend(asked, n, rules).to_pylist()
    for name in asked:
        written = name.replace("\ud800", "\ufffd")
        mine = [row for row in table if row["customer_id"] == written]
        had = {item for who, item, *_ in rows if who == name}
        allowed = open_to(rules, name, had, catalogue)
        assert len(mine) == min(n, len(allowed))
        assert {row["product_id"] for row in mine} <= allowed
        assert len({row["product_id"] for row in mine}) == len(mine)
        assert [row["rank"] for row in mine] == list(range(1, len(mine) + 1))
        assert all(row["reasons"] and np.isfinite(row["score"]) for row in mine)
        if name not in seen.users:
            assert all(row["reasons"][0] == "new_customer" for row in mine)
    scores = model.score(asked, WORDS)
    known = np.ix_(seen.users.positions(asked) >= 0, seen.items.positions(WORDS) >= 0)
    assert np.isfinite(scores[known]).all()
    assert np.isfinite(scores).sum() == scores[known].size
