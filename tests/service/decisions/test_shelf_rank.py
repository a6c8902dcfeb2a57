"""One customer's ranking is the library's, candidate for candidate."""

import numpy as np
import pytest

from netlift.recommend import top
from netlift.service.decisions.shelf_rank import Candidates, Knobs, best

KNOBS = [
    Knobs(), Knobs(margin=0.4), Knobs(fatigue=0.5), Knobs(diversity=0.5), Knobs(most=2),
    Knobs(diversity=0.3, most=1, margin=0.2, fatigue=0.3), Knobs(diversity=1.0),
]  # fmt: skip


def library(found: Candidates, knobs: Knobs, n: int) -> list[int]:
    """What `recommend.top` takes of the same goods; margins by rank, as `recommend.rank` gives them."""
    size = len(found.scores)
    names = sorted({name for name in found.category if name is not None})
    kind = np.array([-1 if name is None else names.index(name) for name in found.category], np.int64)
    margin = np.searchsorted(np.sort(found.margin), found.margin, side="left") / max(size - 1, 1)
    goods = top.Goods(np.ones(size, np.bool_), np.zeros(size, np.bool_), kind, margin.astype(np.float32))
    none = np.zeros(2, np.int64)
    tired = np.flatnonzero(found.times)
    own = top.Own(
        none.astype(np.int32), np.empty(0, np.int32), np.zeros(1, np.int64), none, np.empty(0, np.int64),
        np.array([0, len(tired)]), tired, (1 - knobs.fatigue) ** found.times[tired],
    )  # fmt: skip
    scaled = bool(knobs.margin or knobs.diversity or knobs.fatigue)
    told = top.Knobs(top.ALLOW, knobs.diversity, knobs.most, knobs.margin, scaled)
    places = top.rank(found.scores.astype(np.float32)[None], goods, own, told, n)[0][0]
    return [int(at) for at in places if at >= 0]


@pytest.mark.parametrize("knobs", KNOBS)
def test_the_best_are_those_of_the_library(knobs: Knobs) -> None:
    rng = np.random.default_rng(5)
    for size in (1, 2, 7, 40):
        for n in (1, 5, 10):
            scores = rng.integers(0, 6, size).astype(np.float64)  # with ties
            category = [None if draw == 0 else f"c{draw}" for draw in rng.integers(0, 4, size).tolist()]
            times = rng.integers(0, 3, size) if knobs.fatigue else np.zeros(size, np.int64)
            margin = np.round(rng.permutation(size) * 4.0)
            found = Candidates(scores, category, margin, times)
            assert best(found, knobs, n).tolist() == library(found, knobs, n), (size, n)


def test_nothing_gives_nothing() -> None:
    nothing = Candidates(np.empty(0), [], np.empty(0), np.empty(0, np.int64))
    for knobs in KNOBS:
        assert best(nothing, knobs, 3).tolist() == []


def test_what_the_list_has_already_counts_for_variety() -> None:
    found = Candidates(np.array([3.0, 2.0]), ["tea", "cup"], np.zeros(2), np.zeros(2, np.int64))
    assert best(found, Knobs(most=1), 1, ["tea"]).tolist() == [1]
    assert best(found, Knobs(most=1), 2, ["tea"]).tolist() == [1, 0]
    assert best(found, Knobs(most=1), 2, ["tea"], relax=False).tolist() == [1]
