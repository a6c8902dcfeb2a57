"""What every recommender keeps to, whatever it has learned."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from netlift.recommend.about import About
from netlift.recommend.ids import Ids
from netlift.recommend.interactions import Interactions
from netlift.recommend.recommender import RECOMMENDERS, Recommender
from netlift.recommend.rules import Rules
from tests.recommend.test_interactions import events


def shop(seed: int = 0, users: int = 60, items: int = 30) -> Interactions:
    """Two tastes: even customers buy goods of the first half, odd ones of the second; two goods nobody has met."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(users):
        liked = rng.choice(items // 2, 6, replace=False) + (user % 2) * (items // 2)
        rows += [(f"u{user:02}", f"i{item:02}", int(rng.integers(1, 28)), float(rng.integers(1, 4))) for item in liked]
    return Interactions.of(events(*rows), users=Ids(["visitor"]), items=Ids(["new1", "new2"]))


@pytest.fixture(params=sorted(RECOMMENDERS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def made(kind: str) -> Recommender:
    if kind == "sequence":
        pytest.importorskip("torch", reason="PyTorch comes with the extra netlift[deep]")
    try:
        return RECOMMENDERS[kind]()
    except ImportError as error:
        pytest.skip(f"{kind} needs an extra that is not installed: {error}")


def test_the_same_is_learned_again_and_from_any_order(kind: str) -> None:
    table = made(kind).fit(shop()).recommend(None, 5)
    assert table.equals(made(kind).fit(shop()).recommend(None, 5))
    assert table.num_rows == 5 * 61


def test_lists_are_full_and_follow_the_scores(kind: str) -> None:
    model = made(kind).fit(shop())
    seen = model.seen_
    for n in (1, 7, 500):
        rows = model.recommend(["u00", "visitor", "unknown"], n).to_pylist()
        for name, had in (("u00", 6), ("visitor", 0), ("unknown", 0)):
            mine = [row for row in rows if row["customer_id"] == name]
            assert len(mine) == min(n, len(seen.items) - had)
            assert [row["rank"] for row in mine] == list(range(1, len(mine) + 1))
            assert len({row["product_id"] for row in mine}) == len(mine)
            assert all(row["reasons"] for row in mine)
            scores = [row["score"] for row in mine]
            assert scores == sorted(scores, reverse=True)
    found = model.score(["u00", "unknown"], ["i03", "nothing", "new1"])
    assert np.isfinite(found[0, [0, 2]]).all()
    assert np.isnan(found[0, 1])
    assert np.isnan(found[1]).all()


def test_who_never_did_anything_is_shown_what_strangers_are(kind: str) -> None:
    """The most wanted first, also where the others in a block are known, and of their segment where that is told."""
    segments = {"customer_id": ["u01", "visitor", "stranger"], "segment": ["odd"] * 3}
    for about in (None, About(users=pa.table(segments))):
        model = made(kind).fit(shop(), about)
        rows = model.recommend(["u00", "visitor", "stranger", "u01"], 6).to_pylist()
        assert [row["customer_id"] for row in rows[::6]] == ["u00", "visitor", "stranger", "u01"]
        for one, other in zip(rows[6:12], rows[12:18], strict=True):
            assert one | {"customer_id": "stranger"} == other
        assert rows[6]["reasons"] == ["new_customer", "popular"]
        best = int(np.argmax(model.popularity().newcomer(None if about is None else "odd")))
        assert rows[6]["product_id"] == model.seen_.items.names_of([best])[0]


def test_rules_hold_and_an_empty_answer_is_an_answer(kind: str) -> None:
    model = made(kind).fit(shop())
    rows = model.recommend(["u00"], 3, Rules(in_stock={"i01", "i02", "new1"}, bought="allow")).to_pylist()
    assert {row["product_id"] for row in rows} == {"i01", "i02", "new1"}
    assert model.recommend(["u00", "unknown"], 3, Rules(in_stock=())).num_rows == 0


def test_nothing_to_learn_from_is_no_error(kind: str) -> None:
    empty = made(kind).fit(Interactions.of(events(), users=Ids(["ann"]), items=Ids(["tea", "cup"])))
    assert [row["product_id"] for row in empty.recommend(["ann"], 5).to_pylist()] == ["cup", "tea"]
    assert made(kind).fit(Interactions.of(events())).recommend(["ann"], 5).num_rows == 0
    alone = made(kind).fit(Interactions.of(events(("ann", "tea", 1, 1.0))))
    assert alone.recommend(["ann", "bob"], 5).to_pydict()["customer_id"] == ["bob"]


def test_what_stands_twice_counts_as_more_and_breaks_nothing(kind: str) -> None:
    rows = [("ann", "tea", 1, 1.0)] * 5 + [("ann", "cup", 2, 1.0), ("bob", "tea", 3, 1.0), ("bob", "pot", 3, 2.0)]
    table = made(kind).fit(Interactions.of(events(*rows))).recommend(["ann"], 5)
    assert table["product_id"].to_pylist() == ["pot"]


PERSONAL = sorted({"ease", "item_knn", "user_knn", "rp3beta", "ials", "bpr"} & set(RECOMMENDERS))


@pytest.mark.parametrize("kind", PERSONAL)
def test_tastes_are_found(kind: str) -> None:
    """Of the goods that a customer has not had, those of their taste come first."""
    model = made(kind).fit(shop(users=200))
    rows = model.recommend(None, 5).to_pylist()
    right = [int(row["product_id"][1:] if row["product_id"][0] == "i" else -1) // 15 == int(row["customer_id"][1:]) % 2
             for row in rows if row["customer_id"] != "visitor"]  # fmt: skip
    assert np.mean(right) > 0.95


def test_every_setting_has_a_default(kind: str) -> None:
    assert all(field.default is not dataclasses.MISSING for field in dataclasses.fields(RECOMMENDERS[kind]))
