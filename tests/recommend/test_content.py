"""Content: what is like what somebody had comes first, also where nobody has bought it yet."""

from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pyarrow as pa
import pytest

from netlift.errors import ConfigError
from netlift.recommend.about import About
from netlift.recommend.ids import Ids
from netlift.recommend.interactions import Interactions
from netlift.recommend.models.content import Content, _words
from netlift.recommend.models.hybrid import Hybrid
from tests.recommend.test_interactions import events

By = Literal["all", "words", "attributes", "vector", "learned"]
KINDS = ("tea", "cup", "pen", "ink", "hat", "bag")


def shop(seed: int = 0, users: int = 120) -> tuple[Interactions, About, dict[str, set[str]]]:
    """Everybody likes two of six kinds; every fifth product is new; words and vectors mostly tell the kind."""
    rng = np.random.default_rng(seed)
    names = [f"{kind}{i:02}" for kind in KINDS for i in range(20)]
    fresh = {name for name in names if int(name[3:]) % 5 == 0}
    rows, liked = [], {}
    for user in range(users):
        liked[f"u{user:03}"] = {str(kind) for kind in rng.choice(KINDS, 2, replace=False)}
        mine = [name for name in names if name[:3] in liked[f"u{user:03}"] and name not in fresh]
        rows += [
            (f"u{user:03}", str(name), int(rng.integers(1, 28)), 1.0) for name in rng.choice(mine, 8, replace=False)
        ]
    told = [name[:3] if rng.random() < 0.9 else str(rng.choice(KINDS)) for name in names]
    vector = np.eye(6)[[KINDS.index(kind) for kind in told]] + rng.normal(0, 0.2, (len(names), 6))
    table = pa.table(
        {
            "product_id": names,
            "category": [kind if rng.random() < 0.9 else None for kind in told],
            "brand": [f"brand{rng.integers(3)}" for _ in names],
            "text": [f"A {kind}, number {rng.integers(9)} of ours" for kind in told],
            "price_minor": rng.integers(100, 900, len(names)),
            "vector": vector.tolist(),
        }
    )
    return Interactions.of(events(*rows), items=Ids(names)), About(items=table), liked


@pytest.mark.parametrize("by", get_args(By))
def test_new_products_are_reached_and_fit_far_better_than_chance(by: By) -> None:
    seen, about, liked = shop()
    model = Content(by=by).fit(seen, about)
    new = [name for name, fresh in zip(seen.items.names.to_pylist(), model.new_, strict=True) if fresh]
    assert len(new) == 24
    scores = model.score(sorted(liked), new)
    best = np.argsort(-scores, axis=1, kind="stable")[:, :4]
    right = [new[item][:3] in liked[user] for user, row in zip(sorted(liked), best, strict=True) for item in row]
    assert np.mean(right) > 0.75  # chance: a third
    rows = model.recommend(None, 10).to_pylist()
    assert len({row["product_id"] for row in rows} & set(new)) >= 12
    shown = [row for row in rows if row["product_id"] in new]
    assert all("new_item" in row["reasons"] for row in shown)
    assert any(row["reasons"][0].startswith("similar_to:") for row in shown)
    assert model.recommend(None, 10).equals(Content(by=by).fit(seen, about).recommend(None, 10))


def test_new_customers_get_what_they_said_they_like() -> None:
    seen, about, _ = shop()
    seen = Interactions(seen.users.with_also(Ids(["zoe"])), seen.items, seen.user, seen.item, seen.at, seen.weight)
    users = pa.table({"customer_id": ["zoe", "who"], "categories": [["ink", "unheard of", None], ["ink"]]})
    model = Content(by="attributes").fit(seen, About(items=about.items, users=users))
    assert about.items is not None
    names, categories = (about.items[name].to_pylist() for name in ("product_id", "category"))
    category = dict(zip(names, categories, strict=True))
    rows = model.recommend(["zoe"], 8).to_pylist()
    assert {category[row["product_id"]] for row in rows} == {"ink"}
    assert all(row["reasons"][0] == "in_your_categories" for row in rows)
    plain = Content().fit(seen, about).recommend(["zoe"], 1).to_pylist()[0]
    assert plain["reasons"] == ["new_customer", "popular"]
    assert model.knows(model.seen_.users.positions(["zoe", "u000"])).tolist() == [True, True]
    unheard = About(items=about.items, users=pa.table({"customer_id": ["zoe"], "categories": [["unheard of"]]}))
    assert Content().fit(seen, unheard).recommend(["zoe"], 1).to_pylist()[0] == plain


def test_a_hybrid_knows_whom_a_part_of_it_knows() -> None:
    seen, about, _ = shop()
    seen = Interactions.of(events(), users=Ids(["zoe", "yan"]), items=seen.items)
    users = pa.table({"customer_id": ["zoe"], "categories": [["ink"]]})
    model = Hybrid(parts=("popular", "item_knn", Content(by="attributes"))).fit(seen, About(about.items, users))
    told = model.recommend(["zoe", "yan"], 3)["reasons"].to_pylist()
    assert told == [["in_your_categories", "new_item"]] * 3 + [["new_customer", "nothing_known"]] * 3
    assert not Hybrid(parts=("popular", "item_knn")).fit(seen, About(about.items, users)).knows(np.arange(2)).any()


def test_held_out_films_are_ranked_above_chance(repository: Path) -> None:
    """MovieLens-100k: of every fifth film nothing is known but its genres and year; who saw it ranks it high."""
    folder = repository.parent / "shared" / "data" / "movielens"
    if not folder.is_dir():
        pytest.skip("MovieLens is not beside this repository")
    films = [line.split("\t") for line in (folder / "ml-100k.item").read_text().splitlines()[1:]]
    about = pa.table({"product_id": [film[0] for film in films], "tags": [film[3].split() for film in films]})
    fresh = {film[0] for i, film in enumerate(films) if i % 5 == 0}
    seen = [line.split("\t") for line in (folder / "ml-100k.inter").read_text().splitlines()[1:]]
    kept = [(user, film, 1, 1.0) for user, film, *_ in seen if film not in fresh]
    hidden = [(user, film) for user, film, *_ in seen if film in fresh]
    model = Content(by="learned").fit(Interactions.of(events(*kept), items=Ids(fresh)), About(items=about))
    names = sorted(fresh)
    users = sorted({user for user, _ in hidden})
    at = [{name: i for i, name in enumerate(some)} for some in (users, names)]
    place = np.argsort(np.argsort(-model.score(users, names), axis=1, kind="stable"), axis=1)
    where = np.array([place[at[0][user], at[1][film]] for user, film in hidden]) / (len(names) - 1)
    assert where.mean() < 0.45  # chance: .5, with a standard error below .003


def test_nothing_known_of_products_is_no_error() -> None:
    seen, _, _ = shop()
    for about in (None, About(items=pa.table({"product_id": ["unheard of"]}))):
        for by in get_args(By):
            model = Content(by=by).fit(seen, about)
            assert model.recommend(["u000"], 3).to_pylist()[0]["reasons"] == ["popular"]
    empty = Interactions.of(events(), items=Ids(["tea00"]), users=Ids(["ann"]))
    about = shop()[1]
    for by in get_args(By):
        assert Content(by=by).fit(empty, about).recommend(["ann"], 3)["reasons"].to_pylist() == [
            ["new_customer", "nothing_known"]
        ]


def test_words_are_found_in_both_scripts() -> None:
    assert _words("Grüner TEE, 250 g") == ["grüner", "tee", "250", "g"]
    assert _words("绿茶杯 green") == ["绿茶", "茶杯", "green"]
    assert _words("") == []


def test_what_cannot_be_compared_is_refused() -> None:
    seen, _, _ = shop()
    uneven = About(items=pa.table({"product_id": ["tea00", "tea01"], "vector": [[1.0], [1.0, 2.0]]}))
    with pytest.raises(ConfigError, match="different lengths"):
        Content().fit(seen, uneven)
    with pytest.raises(ConfigError, match="ridge above 0"):
        Content(ridge=0).fit(seen)
