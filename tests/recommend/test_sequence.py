"""What comes next: against formulas worked out by hand, in a world whose order is known, and with nothing to read."""

import ast
import os
import pickle
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from netlift.errors import ConfigError, NotFittedError
from netlift.recommend.deep import training
from netlift.recommend.deep.framework import steady
from netlift.recommend.deep.lines import Lines, cut
from netlift.recommend.deep.network import Network, Shape, beginning
from netlift.recommend.deep.training import Settings
from netlift.recommend.evaluate.judging import judge
from netlift.recommend.evaluate.splits import Split, only
from netlift.recommend.ids import Ids, Ints
from netlift.recommend.interactions import Interactions
from netlift.recommend.models.item_knn import ItemKnn
from netlift.recommend.models.popular import Popular
from netlift.recommend.models.sequence import SequenceModel
from tests.recommend.test_contract import shop
from tests.recommend.test_interactions import events

SMALL: dict[str, Any] = {"factors": 16, "blocks": 1, "rate": 0.01, "passes": 12}
HOUR = 3_600_000_000


@pytest.fixture(scope="module")
def torch() -> Any:
    return pytest.importorskip("torch", reason="PyTorch comes with the extra netlift[deep]")


def walks(people: int, steps: int, goods: int, follows: float = 0.9, seed: int = 0) -> tuple[Interactions, Ints]:
    """Customers go from each thing to its one successor, or, now and then, anywhere; and the successors."""
    rng = np.random.default_rng(seed)
    after = np.roll(rng.permutation(goods), 1)
    item = np.empty((people, steps), np.int64)
    item[:, 0] = rng.integers(0, goods, people)
    for step in range(1, steps):
        strays = rng.random(people) >= follows
        item[:, step] = np.where(strays, rng.integers(0, goods, people), after[item[:, step - 1]])
    names = Ids([f"i{k:03}" for k in range(goods)])
    at = np.tile(np.arange(steps) * HOUR, people) + np.repeat(rng.integers(0, HOUR, people), steps)
    who = np.repeat(np.arange(people), steps).astype(np.int32)
    weight = np.ones(people * steps, np.float32)
    return Interactions(
        Ids([f"u{k:03}" for k in range(people)]), names, who, item.ravel().astype(np.int32), at, weight
    ), after  # fmt: skip


def without_last(seen: Interactions) -> Split:
    last = np.zeros(len(seen), np.bool_)
    last[seen.starts[1:] - 1] = True
    return Split(only(seen, ~last), only(seen, last))


def test_pytorch_is_imported_in_one_place(repository: Path) -> None:
    found = set()
    for path in sorted((repository / "src").rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "torch" in text else ():
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.partition(".")[0] == "torch" for name in names):
                found.add(path.relative_to(repository / "src" / "netlift").as_posix())
    assert found == {"recommend/deep/framework.py"}


def test_without_pytorch_fitting_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ConfigError, match=r'pip install "netlift\[deep\]"'):
        SequenceModel().fit(shop())


@pytest.mark.parametrize("length", [1, 2, 5, 50])
def test_every_next_thing_is_asked_for_once_in_lines_that_fit(length: int) -> None:
    rng = np.random.default_rng(length)
    starts = np.concatenate([[0], np.cumsum(rng.integers(0, 30, 40))])
    cuts = cut(starts, length, rng)
    assert cuts.size.min() >= 1
    assert cuts.size.max() <= length
    read = np.concatenate([np.arange(low, low + size) for low, size in zip(*cuts, strict=True)])
    has_next = [place for low, high in pairwise(starts) for place in range(low, high - 1)]
    assert read.tolist() == has_next
    for nothing in ([0], [0, 0], [0, 1, 1, 2]):
        assert len(cut(np.array(nothing), length, rng).first) == 0


def test_long_histories_are_cut_at_different_places_and_short_ones_not_at_all() -> None:
    starts = np.array([0, 6, 30])
    found = {tuple(cut(starts, 5, np.random.default_rng(seed)).first.tolist()) for seed in range(20)}
    assert len(found) == 5
    assert {firsts[:2] for firsts in found} == {(0, 6)}


def test_what_was_done_at_one_time_comes_by_chance_and_nothing_else_does() -> None:
    rows = [("ann", f"i{k}", 1 + k // 4, 1.0) for k in range(8)] + [("bob", "i3", 1, 2.0)]
    seen = Interactions.of(events(*rows))
    met = np.unique(seen.item).astype(np.int64)
    drawn = {tuple(Lines.of(seen, met, np.random.default_rng(seed)).item.tolist()) for seed in range(30)}
    assert len(drawn) > 10
    assert all({*line[:4]} == {0, 1, 2, 3} and {*line[4:8]} == {4, 5, 6, 7} for line in drawn)
    lines = Lines.of(seen, met)
    assert lines.item.tolist() == [*range(8), 3]
    assert [part.tolist() for part in lines.last(3)] == [[5, 8], [3, 1]]


def even(x: NDArray[np.float64], scale: NDArray[Any], shift: NDArray[Any]) -> NDArray[np.float64]:
    away = x - x.mean(axis=-1, keepdims=True)
    return away / np.sqrt((away**2).mean(axis=-1, keepdims=True) + 1e-5) * scale + shift


def by_hand(w: dict[str, NDArray[Any]], line: list[int], heads: int) -> NDArray[np.float64]:
    """States of one line of a network of one block, place by place."""
    d = w["items"].shape[1]
    x = w["items"][line].astype(np.float64) * np.sqrt(d) + w["places"][: len(line)]
    heard = even(x, w["heard 0 scale"], w["heard 0 shift"]) @ w["ask 0"]
    out = np.zeros_like(x)
    for head in range(heads):
        ask, answer, say = (heard[:, part * d + head * d // heads :][:, : d // heads] for part in range(3))
        for now in range(len(line)):
            fits = np.array(
                [ask[now] @ answer[then] / np.sqrt(d / heads) + w["far 0"][head, now - then] for then in range(now + 1)]
            )
            share = np.exp(fits) / np.exp(fits).sum()
            out[now, head * d // heads : (head + 1) * d // heads] = share @ say[: now + 1]
    x = x + out @ w["answer 0"]
    wide = np.maximum(even(x, w["thought 0 scale"], w["thought 0 shift"]) @ w["widen 0"] + w["widen by 0"], 0)
    return even(x + wide @ w["narrow 0"] + w["narrow by 0"], w["end scale"], w["end shift"])


def test_states_and_surprise_are_what_the_formulas_say(torch: Any) -> None:
    rng = np.random.default_rng(4)
    shape = Shape(items=7, length=6, factors=8, blocks=1, heads=2)
    weights = {
        name: one + rng.normal(0, 0.1, one.shape).astype(np.float32) for name, one in beginning(shape, rng).items()
    }
    line = [3, 1, 4, 1, 5]
    expected = by_hand(weights, line, heads=2)
    with steady("cpu", 1, 0) as on:
        network = Network(on, {name: on.tensor(one) for name, one in weights.items()}, shape)
        states = network.states(on.tensor(np.array([[*line, 0], [3, 1, 4, 6, 6, 6]])))
        np.testing.assert_allclose(states[0, :5].numpy(), expected, atol=2e-5)
        # what follows, and what fills up, changes nothing before it
        assert torch.allclose(states[0, :3], states[1, :3], atol=1e-6)
        came = np.array([1, 4, 1, 5, 6])
        scores = expected @ weights["items"].T
        wanted = np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(5), came]
        for others in (None, on.tensor(np.arange(7))):
            surprise = network.surprise(states[0, :5], on.tensor(came), others)
            np.testing.assert_allclose(surprise.numpy(), wanted, atol=5e-5)
        few = np.array([0, 2, 5])
        surprise = network.surprise(states[0, 3:4], on.tensor(came[3:4]), on.tensor(few)).numpy()
        rest = np.exp(scores[3, [0, 2]]).sum() * 6 / 2  # of 6 others 2 were drawn; the third is what came
        np.testing.assert_allclose(surprise, np.log(np.exp(scores[3, 5]) + rest) - scores[3, 5], atol=5e-5)


@pytest.mark.parametrize("negatives", [4_096, 15])
def test_the_order_of_things_is_found_where_there_is_one(torch: Any, negatives: int) -> None:
    """Nine of ten steps go to the one successor, so .9 is about the most that one place can be right."""
    seen, _ = walks(people=150, steps=20, goods=60)
    split = without_last(seen)
    settings = SMALL | {"negatives": negatives}
    found = judge(SequenceModel(**settings).fit(split.learn), split, 1, bought="allow").means()["recall"]
    others = [judge(one.fit(split.learn), split, 1, bought="allow").means()["recall"] for one in (Popular(), ItemKnn())]
    assert found > 0.5
    assert max(others) < 0.3


def test_reasons_name_the_thing_after_which_it_comes(torch: Any) -> None:
    seen, after = walks(people=150, steps=20, goods=60, follows=1.0)
    model = SequenceModel(**SMALL).fit(seen)
    last = seen.item[seen.starts[1:] - 1].astype(np.int64)
    right = after[last]
    why = model.reason_lists(np.arange(150), right, np.arange(151)).to_pylist()
    told = [one == [f"next_after:{name}"] for one, name in zip(why, seen.items.names_of(last), strict=True)]
    assert np.mean(told) > 0.9
    assert model.reasons(3, right[3:4]) == [tuple(why[3])]


LEARN = """
import sys
import numpy as np
from netlift.recommend.models.sequence import SequenceModel
from tests.recommend.test_sequence import SMALL, walks
model = SequenceModel(**SMALL | {"passes": 2}).fit(walks(40, 20, 30)[0])
sys.stdout.buffer.write(model.users_.tobytes() + model.points_.tobytes())
"""


def test_equal_bytes_are_learned_whatever_threads_there_are(torch: Any, repository: Path) -> None:
    given = os.environ | {"OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": "3"}
    done = subprocess.run([sys.executable, "-c", LEARN], cwd=repository, env=given, capture_output=True, check=True)
    model = SequenceModel(**SMALL | {"passes": 2}).fit(walks(40, 20, 30)[0])
    assert done.stdout == model.users_.tobytes() + model.points_.tobytes()
    other = SequenceModel(**SMALL | {"passes": 2, "seed": 1}).fit(walks(40, 20, 30)[0])
    assert other.points_.tobytes() != model.points_.tobytes()


def test_pytorch_is_left_as_it_was(torch: Any) -> None:
    before = (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled())
    drawn = torch.random.get_rng_state()
    SequenceModel(**SMALL | {"passes": 1, "threads": 1}).fit(shop())
    assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before
    assert torch.equal(torch.random.get_rng_state(), drawn)


def test_passes_are_as_many_as_did_best_on_the_latest_events(torch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, _ = walks(people=40, steps=12, goods=30)
    model = SequenceModel(**SMALL | {"patience": 2, "passes": 40}).fit(seen)
    assert model.learned_ is not None
    figures = model.learned_.figures
    assert model.learned_.passes == int(np.argmax(figures)) + 1
    assert len(figures) == min(model.learned_.passes + 2, 40)
    assert all(0 < figure <= 1 for figure in figures)
    monkeypatch.setattr(training, "CELLS", 1)  # one line at a time is judged alike
    again = SequenceModel(**SMALL | {"patience": 2, "passes": 40}).fit(seen)
    assert again.learned_ is not None
    np.testing.assert_allclose(again.learned_.figures, figures, rtol=1e-4)
    blind = SequenceModel(**SMALL | {"latest": 0.0, "passes": 3}).fit(seen)
    assert blind.learned_ is not None
    assert (blind.learned_.passes, blind.learned_.figures) == (3, ())


def test_what_weighs_more_is_followed_more(torch: Any) -> None:
    """After tea come cup and pot, equally often; one of them weighs nine times as much."""
    for heavy, light in (("cup", "pot"), ("pot", "cup")):
        rows = [(f"u{k:02}", "tea", 1, 1.0) for k in range(40)]
        rows += [(f"u{k:02}", *((heavy, 2, 9.0) if k % 2 else (light, 2, 1.0))) for k in range(40)]
        seen = Interactions.of(events(*rows, ("new", "tea", 3, 1.0)))
        model = SequenceModel(**SMALL | {"latest": 0.0}).fit(seen)
        assert model.recommend(["new"], 1)["product_id"].to_pylist() == [heavy]


def test_customers_are_followed_without_learning_again(torch: Any) -> None:
    seen, after = walks(people=150, steps=20, goods=60, follows=1.0)
    model = SequenceModel(**SMALL).fit(seen)
    now = events(("zoe", "i007", 1, 1.0), ("zoe", "unheard", 2, 1.0), ("amy", "unheard", 2, 1.0))
    moved = model.following(Interactions.of(now))
    assert moved.recommend(["zoe"], 1)["product_id"].to_pylist() == [f"i{after[7]:03}"]
    assert moved.recommend(["zoe"], 1)["reasons"].to_pylist() == [["next_after:i007"]]
    popular = model.recommend(["nobody"], 3)["product_id"].to_pylist()
    assert moved.recommend(["amy"], 3)["product_id"].to_pylist() == popular
    assert moved.recommend(["nobody"], 3)["product_id"].to_pylist() == popular
    again = model.following(seen)
    assert again.users_.tobytes() == model.users_.tobytes()
    with pytest.raises(NotFittedError):
        SequenceModel().following(seen)


def test_little_to_read_is_no_error(torch: Any) -> None:
    one_good = Interactions.of(events(*(("ann", "tea", day, 1.0) for day in (1, 2, 3)), ("bob", "tea", 1, 1.0)))
    same_time = Interactions.of(events(*((name, item, 1, 1.0) for name in ("ann", "bob") for item in ("tea", "cup"))))
    heavy = Interactions.of(events(*(("ann", item, day, 1e9) for day, item in enumerate(("tea", "cup", "tea"), 1))))
    singles = Interactions.of(events(("ann", "tea", 1, 1.0), ("bob", "tea", 2, 1.0), ("cat", "cup", 2, 1.0)))
    for seen in (one_good, same_time, heavy, singles):
        for settings in ({}, {"length": 1}, {"negatives": 1}, {"latest": 0.9}, {"latest": 0.01}):
            model = SequenceModel(**SMALL | {"passes": 2} | settings).fit(seen)
            assert np.isfinite(model.score(seen.users.names.to_pylist())).all()
    # where nobody did two things nothing comes after anything: what is popular is all there is to say
    assert model.learned_ is None
    rows = model.recommend(["cat"], 2).to_pylist()
    assert [(row["product_id"], row["reasons"]) for row in rows] == [("tea", ["popular"])]


def test_goods_that_nobody_met_come_last_and_who_did_nothing_gets_what_is_popular(torch: Any) -> None:
    seen = shop()
    model = SequenceModel(**SMALL).fit(seen)
    scores = model.score(["u00", "u31"])
    met = np.isin(np.arange(len(seen.items)), seen.item)
    assert (scores[:, ~met] < scores[:, met].min(axis=1, keepdims=True)).all()
    wanted = Popular().fit(seen).recommend(["visitor"], 5)["product_id"].to_pylist()
    assert model.recommend(["visitor"], 5)["product_id"].to_pylist() == wanted


def test_what_was_learned_needs_no_pytorch(torch: Any) -> None:
    model = SequenceModel(**SMALL | {"passes": 2}).fit(shop())
    kept = pickle.dumps(model)
    assert b"torch" not in kept
    assert pickle.loads(kept).recommend(None, 3).equals(model.recommend(None, 3))  # noqa: S301


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"length": 0}, "length must be at least 1"),
        ({"factors": 10, "heads": 4}, "multiple of heads"),
        ({"dropout": 1.0}, "dropout and latest"),
        ({"latest": -0.1}, "dropout and latest"),
        ({"rate": float("nan")}, "rate above 0"),
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        Settings(**wrong).check()


def test_a_device_that_is_not_there_is_named(torch: Any) -> None:
    with pytest.raises(ConfigError, match="on the device 'toaster' here"):
        SequenceModel(device="toaster").fit(shop())
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="'cuda'"):
            SequenceModel(device="cuda").fit(shop())
