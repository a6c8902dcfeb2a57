"""Does reading in order find what comes next? Films, and a world whose order is known; full ranking, 10 places.

films   MovieLens 100k: of everybody the last event judges (of several at one time one is drawn), all before it teaches;
        settings are chosen on the last event but one, see `film_models` and `CHOSEN`
order   planted worlds: customers go from each good to one of its `SUCCESSORS`, or, now and then, anywhere; all goods
        are equally popular. `counted` counts what came after the last thing, `truth` knows the successors: only luck
        does better. In the second world two such walks take turns: what comes next follows from the last thing but one
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks._recommend_data import ratings
from netlift.recommend.evaluate.choosing import choose
from netlift.recommend.evaluate.comparing import compare
from netlift.recommend.evaluate.judging import judge
from netlift.recommend.evaluate.metrics import Measures
from netlift.recommend.evaluate.splits import Split, only
from netlift.recommend.ids import Ids, Ints
from netlift.recommend.interactions import Interactions
from netlift.recommend.recommender import RECOMMENDERS, Recommender, Scores

QUICK: Mapping[str, Any] = {"most_passes": 2, "people": 200, "judged": 250}
K = 10
GOODS, SUCCESSORS, STEPS, FOLLOWS = 300, 4, 30, 0.8
HOUR = 3_600_000_000
CHOSEN: Mapping[str, Any] = {"factors": 64, "blocks": 2, "dropout": 0.2, "rate": 0.003, "lines": 32}
"""Of the network for films, on the last event but one; a dropout of .4, and that with 32 factors, found a little less
in ten passes."""


def made(kind: str, **settings: Any) -> Recommender:
    return RECOMMENDERS[kind](**settings)


def film_models() -> dict[str, list[Recommender]]:
    """Settings to choose from."""
    return {
        "popular": [made("popular", half_life_days=days) for days in (None, 30.0, 7.0)],
        "item_knn": [made("item_knn", how=how, neighbours=n) for how in ("cosine", "bm25") for n in (50, 200)],
        "ials": [
            made("ials", factors=factors, ridge=ridge, unobserved=weight)
            for factors in (32, 64) for ridge in (0.003, 0.01, 0.03) for weight in (0.1, 0.3)
        ],
        "ease": [made("ease", ridge=ridge) for ridge in (30.0, 100.0, 300.0, 1_000.0)],
    }  # fmt: skip


@dataclass(kw_only=True)
class Counted(Recommender):
    """How often each good came right after the last thing of the customer; of equals what is popular comes first."""

    kind = "counted"

    def _fit(self) -> None:
        seen = self.seen_
        goods = len(seen.items)
        same = seen.user[1:] == seen.user[:-1]
        steps = (seen.item[:-1][same], seen.item[1:][same])
        popular = np.bincount(seen.item, minlength=goods) / (len(seen) + 1)
        self.next_ = sp.csr_array((np.ones(same.sum()), steps), shape=(goods, goods)).toarray() + popular

    def _score(self, users: Ints) -> Scores:
        scores: Scores = self.next_[self.seen_.item[self.seen_.starts[users + 1] - 1]].astype(np.float32)
        return scores


@dataclass(kw_only=True)
class Truth(Recommender):
    """The chance of each good after the thing of the customer from which the next one follows."""

    kind = "truth"
    successors: Any = ()
    back: int = 1

    def _fit(self) -> None:
        """It knows."""

    def _score(self, users: Ints) -> Scores:
        last = self.seen_.item[self.seen_.starts[users + 1] - self.back]
        scores = np.full((len(users), len(self.seen_.items)), (1 - FOLLOWS) / GOODS, np.float32)
        np.add.at(scores, (np.arange(len(users))[:, None], self.successors[last]), FOLLOWS / SUCCESSORS)
        return scores


def without_last(seen: Interactions, seed: int) -> Split:
    """The last event of everybody who has two judges; of several at one time one is drawn."""
    order = np.lexsort((np.random.default_rng(seed).random(len(seen)), seen.at, seen.user))
    last = np.zeros(len(seen), np.bool_)
    last[order[seen.starts[1:][np.diff(seen.starts) > 1] - 1]] = True
    return Split(only(seen, ~last), only(seen, last))


def world(people: int, back: int, seed: int = 0) -> tuple[Interactions, Ints]:
    """What customers did, each thing after the one so many steps back; the successors, shape (goods, successors)."""
    rng = np.random.default_rng(seed)
    successors = np.stack([rng.permutation(GOODS) for _ in range(SUCCESSORS)], axis=1)  # each is as popular
    item = np.empty((people, STEPS), np.int32)
    item[:, :back] = rng.integers(0, GOODS, (people, back))
    for step in range(back, STEPS):
        ways = successors[item[:, step - back], rng.integers(0, SUCCESSORS, people)]
        item[:, step] = np.where(rng.random(people) < FOLLOWS, ways, rng.integers(0, GOODS, people))
    who = np.repeat(np.arange(people, dtype=np.int32), STEPS)
    at = np.tile(np.arange(STEPS, dtype=np.int64) * HOUR, people)
    names = (Ids([f"u{k:05}" for k in range(people)]), Ids([f"i{k:03}" for k in range(GOODS)]))
    return Interactions(*names, who, item.ravel(), at, np.ones(len(who), np.float32)), successors


def films(most_passes: int, judged: int | None) -> dict[str, Any]:
    """Figures by model, and the network beside each."""
    split = without_last(ratings()[0], 0)
    inner = without_last(split.learn, 1)
    chosen: dict[str, Any] = {name: choose(models, inner, K).model for name, models in film_models().items()}
    models = {name: replace(model) for name, model in chosen.items()} | {
        "counted": Counted(), "sequence": made("sequence", **CHOSEN, passes=most_passes, threads=2),
    }  # fmt: skip
    return _told(models, Split(split.learn, _first(split.judge, judged)), bought="exclude")


def order(people: int, back: int, most_passes: int) -> dict[str, Any]:
    """The same of a planted world, where goods may come again."""
    seen, successors = world(people, back)
    split = without_last(seen, 0)
    models = {
        "popular": made("popular", half_life_days=None),
        "item_knn": made("item_knn"),
        "ials": made("ials", factors=32),
        "ease": made("ease", ridge=100.0),
        "counted": Counted(),
        "truth": Truth(successors=successors, back=back),
        "sequence": made("sequence", factors=32, blocks=1, passes=most_passes, threads=2),
    }
    return _told(models, split, bought="allow")


def _first(judge_by: Interactions, most: int | None) -> Interactions:
    return judge_by if most is None else only(judge_by, np.arange(len(judge_by)) < most)


def _told(models: Mapping[str, Recommender], split: Split, bought: Any) -> dict[str, Any]:
    found = {name: judge(model.fit(split.learn), split, K, bought=bought) for name, model in models.items()}
    learned: Any = getattr(models["sequence"], "learned_", None)
    keys = ("recall", "ndcg", "coverage")
    return {
        "figures": {name: {key: one.means()[key] for key in keys} for name, one in found.items()},
        "beside": {name: beside(found["sequence"], one) for name, one in found.items() if name != "sequence"},
        "passes": learned.passes,
        "judged passes": list(learned.figures),
    }  # fmt: skip


def beside(ours: Measures, theirs: Measures) -> dict[str, float]:
    recall, ndcg = compare(ours.recall, theirs.recall), compare(ours.ndcg, theirs.ndcg)
    return {
        "recall more": recall.difference, "from": recall.lower, "to": recall.upper,
        "ndcg more": ndcg.difference, "ndcg from": ndcg.lower, "ndcg to": ndcg.upper, "customers": recall.customers,
    }  # fmt: skip


def run(most_passes: int = 40, people: int = 1_500, judged: int | None = None) -> dict[str, Any]:
    """So many passes of learning at most; so many customers of a planted world; all, or the first so many, judged."""
    os.environ["OMP_NUM_THREADS"] = "1"
    parts = {"films": films(most_passes, judged)}
    parts |= {name: order(people, back, most_passes) for name, back in (("order", 1), ("taking turns", 2))}
    told = {f"{name}: {key}": value for name, found in parts.items() for key, value in found.items()}
    return {"PyTorch": version("torch")} | told
