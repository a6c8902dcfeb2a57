"""Where nothing speaks for goods, the popular ones come first, and reasons say no more than is so."""

import numpy as np
import pyarrow as pa
import pytest

from netlift.errors import ConfigError
from netlift.recommend import popularity
from netlift.recommend.about import About
from netlift.recommend.evaluate.judging import best_places
from netlift.recommend.ids import Ids
from netlift.recommend.interactions import Interactions
from netlift.recommend.popularity import Popularity
from netlift.recommend.recommender import RECOMMENDERS
from netlift.recommend.rules import Rules
from tests.recommend.test_interactions import events

LINKING = ["ease", "item_knn", "rp3beta", "user_knn"]


def lonely() -> Interactions:
    """Ann had what nobody else had; the others like tea best, then pots; nobody ever had what comes first by id."""
    rows = [("ann", "zither", 5, 1.0)]
    for who in range(12):
        rows += [
            (f"u{who:02}", item, 9, 1.0) for item, share in (("tea", 1), ("pot", 2), ("cup", 3)) if who % share == 0
        ]
    return Interactions.of(events(*rows), users=Ids(["visitor"]), items=Ids(["aaa", "bbb"]))


@pytest.mark.parametrize("kind", LINKING)
def test_what_nothing_speaks_for_comes_by_popularity(kind: str) -> None:
    model = RECOMMENDERS[kind]().fit(lonely())
    for rules in (Rules(), Rules(diversity=0.2), Rules(fatigue=0.5, shown={("ann", "bbb"): 1})):
        rows = model.recommend(["u01", "ann"], 9, rules).to_pylist()
        mine = [(row["product_id"], row["reasons"]) for row in rows if row["customer_id"] == "ann"]
        assert [name for name, _ in mine] == ["tea", "pot", "cup", "aaa", "bbb"]
        assert [why for _, why in mine] == [["popular"]] * 3 + [["nothing_known"]] * 2
    rows = model.recommend(["u01"], 9).to_pylist()  # who had tea only
    assert [row["product_id"] for row in rows] == ["pot", "cup", "zither", "aaa", "bbb"]
    assert all(row["score"] > 0 for row in rows[:2])
    assert all(row["score"] == 0 for row in rows[2:])
    assert [row["reasons"] for row in rows[2:]] == [["popular"], ["nothing_known"], ["nothing_known"]]


def test_people_alike_are_named_only_where_they_have_it() -> None:
    model = RECOMMENDERS["user_knn"]().fit(lonely())
    said = {row["product_id"]: row["reasons"] for row in model.recommend(["u01"], 9).to_pylist()}
    assert said["pot"] == said["cup"] == ["like_you"]
    assert ["like_you"] not in [said[name] for name in ("zither", "aaa", "bbb")]


def test_judged_places_are_those_of_lists_for_newcomers_too() -> None:
    for kind in LINKING:
        model = RECOMMENDERS[kind]().fit(lonely())
        names = ["ann", "u01", "visitor"]
        places = best_places(model, model.seen_.users.positions(names), 4, as_shown=True)
        rows = model.recommend(names, 4).to_pylist()
        shown = [[row["product_id"] for row in rows if row["customer_id"] == name] for name in names]
        assert [model.seen_.items.names_of(row) for row in places] == shown
        assert shown[2][0] == "tea"


def test_to_look_at_something_is_not_to_have_it() -> None:
    seen = lonely()
    bought = Interactions.of(events(("u01", "pot", 9, 1.0)), users=seen.users, items=seen.items)
    model = RECOMMENDERS["popular"]().fit(seen)
    assert model.recommend(["u01"], 2)["product_id"].to_pylist() == ["pot", "cup"]
    assert model.recommend(["u01"], 2, had=bought)["product_id"].to_pylist() == ["tea", "cup"]
    nothing = Interactions.of(events(), users=seen.users, items=seen.items)
    assert model.recommend(["u01"], 2, had=nothing)["product_id"].to_pylist() == ["tea", "pot"]
    only = model.recommend(["u01"], 2, Rules(bought="only"), had=bought)
    assert only["product_id"].to_pylist() == ["pot"]
    with pytest.raises(ConfigError, match="users and items"):
        model.recommend(["u01"], 2, had=Interactions.of(events(("u01", "pot", 9, 1.0))))


def test_segments_are_counted_as_far_as_they_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest are; who is in a small one gets what those without a segment like, and all that is as for nobody."""
    seen = lonely()
    names = seen.users.names.to_pylist()
    about = About(users=pa.table({"customer_id": names, "segment": ["alone", *["odd", "even"] * 6, "even"]}))
    whole = Popularity.learned(seen, about)
    assert whole.segments == ["alone", "even", "odd"]
    monkeypatch.setattr(popularity, "CELLS", 2 * len(seen.items))
    few = Popularity.learned(seen, about)
    assert few.segments == ["", "even"]
    assert [few.segments[at] for at in few.of[[0, 1, 2]]] == ["", "", "even"]
    assert np.array_equal(few.everybody, whole.everybody)
    assert np.array_equal(few.newcomer("even"), whole.newcomer("even"))
    assert np.array_equal(few.newcomer("odd"), few.everybody)


def test_a_margin_that_is_no_number_is_no_margin() -> None:
    about = About(pa.table({"product_id": ["tea", "pot", "cup"], "margin_minor": [5.0, np.nan, 9.0]}))
    model = RECOMMENDERS["popular"]().fit(lonely(), about)
    rows = model.recommend(["visitor"], 3, Rules(margin_weight=1.0, in_stock={"tea", "pot", "cup"})).to_pylist()
    assert [row["product_id"] for row in rows] == ["cup", "tea", "pot"]
