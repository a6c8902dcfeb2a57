"""Lists under rules: who gets what, in which order, why, and that a place is never left empty without need."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pytest

from netlift.errors import ConfigError, NotFittedError
from netlift.recommend.about import About
from netlift.recommend.ids import Ids
from netlift.recommend.interactions import Interactions
from netlift.recommend.models.popular import Popular
from netlift.recommend.rules import Rules
from tests.recommend.test_interactions import events

GOODS = ("cake", "cup", "pot", "tea")
ABOUT = About(
    pa.table(
        {
            "product_id": ["tea", "cake", "cup", "pot"],
            "category": ["food", "food", "ware", "ware"],
            "margin_minor": [100, 900, 300, 200],
        }
    )
)


def fitted() -> Popular:
    """Tea was bought four times, cake three times, cups twice, pots once."""
    rows = [(f"c{i}", item, 1, 1.0) for item, n in (("tea", 4), ("cake", 3), ("cup", 2), ("pot", 1)) for i in range(n)]
    return Popular().fit(Interactions.of(events(*rows), users=Ids(["new"])), ABOUT)


def listed(table: pa.Table, name: str) -> list[str]:
    return [row["product_id"] for row in table.to_pylist() if row["customer_id"] == name]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (Rules(), ["tea", "cake", "cup", "pot"]),
        (Rules(in_stock={"pot", "cup", "unheard of"}), ["cup", "pot"]),
        (Rules(excluded={"tea"}), ["cake", "cup", "pot"]),
        (Rules(excluded_by_user={"new": {"cake"}, "c0": {"tea"}}), ["tea", "cup", "pot"]),
        (Rules(bought="only"), []),
        (Rules(diversity=0.9), ["tea", "cup", "cake", "pot"]),
        (Rules(most_of_category=1), ["tea", "cup", "cake", "pot"]),
        (Rules(margin_weight=1.0), ["cake", "cup", "pot", "tea"]),
        (Rules(shown={("new", "tea"): 3}, fatigue=0.5), ["cake", "cup", "tea", "pot"]),
    ],
)
def test_rules_change_a_list_of_a_newcomer(rules: Rules, expected: list[str]) -> None:
    assert listed(fitted().recommend(["new"], 4, rules), "new") == expected


def test_what_was_bought_is_left_out_unless_it_is_bought_again_and_again() -> None:
    model = fitted()
    assert listed(model.recommend(["c3"], 4), "c3") == ["cake", "cup", "pot"]
    assert listed(model.recommend(["c3"], 4, Rules(replenishable={"tea"})), "c3") == ["tea", "cake", "cup", "pot"]
    assert listed(model.recommend(["c3"], 4, Rules(bought="allow")), "c3") == ["tea", "cake", "cup", "pot"]
    assert listed(model.recommend(["c3"], 4, Rules(bought="only")), "c3") == ["tea"]


@pytest.mark.parametrize("n", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("rules", [Rules(), Rules(diversity=1.0), Rules(most_of_category=1), Rules(margin_weight=0.5)])
def test_no_place_is_left_empty_while_goods_are_left(n: int, rules: Rules) -> None:
    table = fitted().recommend(["new", "c3", "unknown"], n, rules)
    assert len(listed(table, "new")) == len(listed(table, "unknown")) == min(n, 4)
    assert len(listed(table, "c3")) == min(n, 3)
    assert [row["rank"] for row in table.to_pylist() if row["customer_id"] == "new"] == [*range(1, min(n, 4) + 1)]


def test_a_customer_who_never_did_anything_is_told_to_be_new() -> None:
    rows = fitted().recommend(["who", "new"], 1).to_pylist()
    assert rows[0]["reasons"] == ["new_customer", "popular"]
    assert rows[1] == rows[0] | {"customer_id": "new"}
    assert {row["source"] for row in rows} == {"popular"}


def test_where_nothing_was_ever_done_goods_come_by_their_ids() -> None:
    empty = Popular().fit(Interactions.of(events(), users=Ids(["ann"]), items=Ids(GOODS)))
    assert listed(empty.recommend(["ann"], 9), "ann") == sorted(GOODS)
    assert empty.recommend(["who"], 1).to_pylist()[0]["reasons"] == ["new_customer", "nothing_known"]
    assert Popular().fit(Interactions.of(events())).recommend(["who"], 3).num_rows == 0
    assert Popular().fit(Interactions.of(events())).recommend(None, 3).num_rows == 0


def test_scores_are_asked_for_by_name() -> None:
    scores = fitted().score(["c0", "who"], ["tea", "unheard of", "pot"])
    assert scores[0, 0] > scores[0, 2] > 0
    assert np.isnan(scores[0, 1])
    assert np.isnan(scores[1]).all()


def test_segments_have_their_own_favourites_once_they_are_large_enough() -> None:
    rows = [(f"a{i}", "tea", 1, 1.0) for i in range(30)] + [(f"b{i}", "cup", 1, 1.0) for i in range(20)]
    who = [row[0] for row in rows] + ["newcomer"]
    about = About(users=pa.table({"customer_id": who, "segment": [name[0] for name in who[:-1]] + ["b"]}))
    seen = Interactions.of(events(*rows))

    def first(least: int, name: str) -> list[str]:
        return listed(Popular(least=least).fit(seen, about).recommend([name], 1, Rules(bought="allow")), name)

    assert (first(10, "a0"), first(10, "b0"), first(10, "newcomer")) == (["tea"], ["cup"], ["cup"])
    assert (first(1000, "b0"), first(1000, "newcomer")) == (["tea"], ["tea"])


@pytest.mark.parametrize("block", [1, 2, 1000])
def test_blocks_change_nothing(block: int) -> None:
    users: Sequence[str] = ["c1", "who", "c0", "c3"]
    assert fitted().recommend(users, 2, block=block).equals(fitted().recommend(users, 2))


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(NotFittedError, match="call fit"):
        Popular().recommend(["ann"])
    with pytest.raises(ConfigError, match="n = 0"):
        fitted().recommend(["new"], 0)
    for wrong in ({"bought": "never"}, {"diversity": 2.0}, {"most_of_category": 0}):
        with pytest.raises(ConfigError):
            Rules(**wrong)  # type: ignore[arg-type]
