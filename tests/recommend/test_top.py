"""The compiled choice of the best is held against one in plain words, over random rules, ties and gaps."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from netlift.recommend.about import About
from netlift.recommend.ids import Ids
from netlift.recommend.rank import Shelf
from netlift.recommend.rules import Rules
from netlift.recommend.top import POOL, highest, leading

Array = NDArray[Any]


def plain(scores: Array, n: int, rules: Rules, had: list[int], name: str, about: About) -> list[tuple[int, float]]:
    """Places and worths of one list, step by step."""
    assert about.items is not None
    category, margin = about.items["category"].to_pylist(), about.items["margin_minor"].to_pylist()
    ids = about.items["product_id"].to_pylist()
    left = [i for i in range(len(ids)) if not np.isnan(scores[i]) and ids[i] not in rules.excluded]
    left = [i for i in left if rules.in_stock is None or ids[i] in rules.in_stock]
    left = [i for i in left if ids[i] not in rules.excluded_by_user.get(name, ())]
    if rules.bought == "exclude":
        left = [i for i in left if i not in had or ids[i] in rules.replenishable]
    elif rules.bought == "only":
        left = [i for i in left if i in had]
    worth = {i: float(scores[i]) for i in left}
    if rules.margin_weight or rules.diversity or rules.fatigue:
        low, high = min(worth.values(), default=0.0), max(worth.values(), default=0.0)
        for i in left:
            worth[i] = (worth[i] - low) / (high - low) if high > low else 1.0
            dear = sum(one < margin[i] for one in margin) / max(len(margin) - 1, 1)
            worth[i] = (1 - rules.margin_weight) * worth[i] + rules.margin_weight * float(np.float32(dear))
            worth[i] *= (1 - rules.fatigue) ** rules.shown.get((name, ids[i]), 0)
    left.sort(key=lambda i: (-worth[i], i))
    n, taken, count = min(n, len(left)), list[int](), dict[str, int]()
    for limit in (rules.most_of_category, None):
        free = [i for i in left if i not in taken]
        while free and len(taken) < n:
            pool = free[: POOL * n] if rules.diversity or rules.most_of_category else free
            best = max(pool, key=lambda i: (1 - rules.diversity) * worth[i] - rules.diversity * (category[i] in count))
            free.remove(best)
            kind = category[best]
            if limit is None or kind is None or count.get(kind, 0) < limit:
                taken.append(best)
                if kind is not None:
                    count[kind] = count.get(kind, 0) + 1
    return [(i, worth[i]) for i in taken]


def some_rules(rng: np.random.Generator, ids: list[str], names: list[str]) -> Rules:
    def some() -> list[str]:
        return [name for name in ids if rng.random() < 0.3]

    return Rules(
        in_stock=None if rng.random() < 0.5 else {*some(), *some(), "unheard of"},
        excluded=some() if rng.random() < 0.3 else (),
        excluded_by_user={name: some() for name in names[:2]} if rng.random() < 0.5 else {},
        bought=["allow", "exclude", "only"][rng.integers(3)],  # type: ignore[arg-type]
        replenishable=some(),
        diversity=float(rng.choice([0.0, 0.0, 0.3, 1.0])),
        most_of_category=[None, None, 1, 3][rng.integers(4)],
        margin_weight=float(rng.choice([0.0, 0.0, 0.5, 1.0])),
        shown={(names[0], name): int(rng.integers(1, 4)) for name in some()},
        fatigue=float(rng.choice([0.0, 0.5, 1.0])),
    )


@pytest.mark.parametrize("seed", range(120))
def test_lists_are_those_of_the_plain_way(seed: int) -> None:
    rng = np.random.default_rng(seed)
    items, customers, n = int(rng.choice([1, 7, 60, 300])), int(rng.choice([1, 4, 40])), int(rng.choice([1, 3, 400]))
    ids, names = [f"i{k:03}" for k in range(items)], [f"c{k}" for k in range(customers)] + ["", "x"]
    kinds = rng.choice(np.array([None, *"abc"], object), items, p=[0.1, 0.1, 0.1, 0.7])
    margin = rng.integers(0, 9, items)
    table = {"product_id": ids, "category": pa.array(kinds.tolist(), pa.string()), "margin_minor": margin.tolist()}
    about = About(pa.table(table))
    scores = rng.integers(-4, 4, (customers, items)).astype(np.float32) / np.float32(8)
    scores[rng.random(scores.shape) < 0.05] = np.nan
    had = [
        sorted(rng.choice(items, int(rng.integers(0, items // 2 + 1)), replace=False).tolist())
        for _ in range(customers)
    ]
    users = np.where(rng.random(customers) < 0.2, -1, np.arange(customers))
    starts = np.concatenate([[0], np.cumsum([len(one) for one in had])]).astype(np.int32)
    bought = (starts, np.array([i for one in had for i in one], np.int32))
    rules = some_rules(rng, ids, names)
    shelf = Shelf.of(Ids(ids), about, rules)
    before = scores.copy()
    best, worth = shelf.best(scores, n, names=names[:customers], users=users, bought=bought)
    assert np.array_equal(before, scores, equal_nan=True)
    for row in range(customers):
        mine = had[row] if users[row] >= 0 else []
        expected = plain(scores[row].astype(np.float64), n, rules, mine, names[row], about)
        size = len(expected)
        assert best[row, :size].tolist() == [place for place, _ in expected]
        assert (best[row, size:] == -1).all()
        np.testing.assert_allclose(worth[row, :size], [value for _, value in expected], rtol=1e-5, atol=1e-6)


def test_rows_do_not_depend_on_their_neighbours() -> None:
    rng = np.random.default_rng(0)
    ids = Ids([f"i{k:04}" for k in range(2000)])
    shelf = Shelf.of(ids, About(), Rules(diversity=0.5, excluded_by_user={"c1": ["i0001"]}))
    scores = rng.normal(size=(50, 2000)).astype(np.float32)
    bought = (np.arange(51, dtype=np.int32) * 3, rng.integers(0, 2000, 150, np.int32))
    names = [f"c{k}" for k in range(50)]
    best, worth = shelf.best(scores, 20, names=names, users=np.arange(50), bought=bought)
    for row in (0, 1, 49):
        one = shelf.best(scores[row : row + 1], 20, names=[names[row]], users=np.array([row]), bought=bought)
        assert one[0].tobytes() == best[row].tobytes()
        assert one[1].tobytes() == worth[row].tobytes()


def test_a_crowded_category_gives_way_only_when_nothing_else_is_left() -> None:
    """More of the best must be looked at than at first, and at last what the limit struck out comes back."""
    ids = [f"i{k:04}" for k in range(3000)]
    about = About(pa.table({"product_id": ids, "category": ["a"] * 2995 + ["b"] * 5}))
    shelf = Shelf.of(Ids(ids), about, Rules(most_of_category=2))
    scores = -np.arange(3000, dtype=np.float32)[None]
    best, _ = shelf.best(
        scores, 6, names=[""], users=np.array([-1]), bought=(np.zeros(1, np.int32), np.zeros(0, np.int32))
    )
    assert best[0].tolist() == [0, 1, 2995, 2996, 2, 3]


def test_a_shelf_is_asked_again_with_other_carts() -> None:
    shelf = Shelf.of(Ids(["a", "b", "c"]), About(), Rules(excluded=["a"], fatigue=0.5))
    other = shelf.also({"ann": ["b"]}, {("bob", "b"): 3})
    bought = (np.zeros(1, np.int32), np.zeros(0, np.int32))
    scores = np.array([[1.0, 2.0, 1.5], [1.0, 2.0, 1.5]], np.float32)

    def best(of: Shelf) -> list[list[int]]:
        return of.best(scores, 3, names=["ann", "bob"], users=np.array([-1, -1]), bought=bought)[0].tolist()

    assert best(shelf) == [[1, 2, -1], [1, 2, -1]]
    assert best(other) == [[2, -1, -1], [1, 2, -1]]
    assert best(other.also({})) == [[1, 2, -1], [1, 2, -1]]


def test_the_highest_are_found_among_equals_and_gaps() -> None:
    rng = np.random.default_rng(3)
    for size in (0, 1, 5, 1000):
        values = rng.integers(0, 20, size).astype(np.float32)
        values[rng.random(size) < 0.1] = np.nan
        values[rng.random(size) < 0.1] = -np.inf
        may = rng.random(size) < 0.7
        order = [i for i in np.argsort(-values, kind="stable") if may[i] and not np.isnan(values[i])]
        for n in (0, 1, 7, 2000):
            heap = np.empty(n, np.int64)
            assert heap[: highest(values, may, heap)].tolist() == order[:n]


def test_leading_places_are_those_of_the_sum() -> None:
    rng = np.random.default_rng(5)
    scores, more = (rng.integers(0, 4, (30, 12)).astype(np.float32) for _ in range(2))
    scores[rng.random(scores.shape) < 0.2] = np.nan
    for n in (1, 5, 20):
        wanted = leading(scores + more, n)
        assert np.array_equal(leading(scores, n, more), wanted)
        for row, found in zip(scores + more, wanted, strict=True):
            order = [place for place in np.argsort(-row, kind="stable") if not np.isnan(row[place])][:n]
            assert found.tolist() == order + [-1] * (n - len(order))
    assert leading(np.empty((2, 0), np.float32), 3).tolist() == [[-1] * 3] * 2
    assert leading(np.empty((0, 4), np.float32), 3).shape == (0, 3)
