"""Do recommenders find what people take next? Beside published figures, personal counts, popularity and a peer.

films    MovieLens 100k, 75/25 at random within each user, first 10 places, as in the recommenders project's table;
         settings are chosen on a split inside the part that teaches; implicit's ALS likewise, in an environment of
         its own whose Python NETLIFT_RECSYS_PYTHON names (left out where that is not set)
baskets  the next basket of grocery and gift shops after a moment, 10 places over all products; settings are chosen on
         the 30 days before; `personal` is how often the customer had something, ties by id; `personal, then popular`
         is the same with ties by popularity
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks._recommend_data import Shop, gifts, groceries, ratings
from netlift.recommend.evaluate.choosing import choose
from netlift.recommend.evaluate.comparing import compare
from netlift.recommend.evaluate.judging import judge
from netlift.recommend.evaluate.metrics import Measures, measure
from netlift.recommend.evaluate.splits import Split, at_random, next_baskets
from netlift.recommend.interactions import Interactions
from netlift.recommend.recommender import RECOMMENDERS, Recommender

QUICK = {"seeds": 1, "households": 250, "customers": 800}
GOALS = {"films ndcg": 0.475, "films precision": 0.41, "baskets over personal": 1.15, "baskets over popular": 1.0}
K = 10
TOLD = ("map", "ndcg", "precision", "recall", "coverage", "novelty")
PEER = [
    {"factors": factors, "alpha": alpha, "regularization": 0.01, "iterations": 15}
    for factors in (32, 64)
    for alpha in (1.0, 5.0, 20.0)
]


def made(kind: str, **settings: Any) -> Recommender:
    return RECOMMENDERS[kind](**settings)


def film_models() -> dict[str, list[Recommender]]:
    """Settings to choose from."""
    return {
        "popular": [made("popular", half_life_days=None)],
        "item_knn": [made("item_knn", how=how, neighbours=n) for how in ("cosine", "bm25") for n in (50, 200)],
        "user_knn": [made("user_knn", how=how, neighbours=n) for how in ("cosine", "tfidf") for n in (50, 100)],
        "rp3beta": [made("rp3beta", beta=beta) for beta in (0.2, 0.4, 0.6)],
        "ials": [made("ials", factors=32, ridge=r, unobserved=u) for r in (0.003, 0.01) for u in (0.1, 0.3)],
        "ease": [made("ease", ridge=ridge) for ridge in (100.0, 200.0, 300.0, 500.0)],
    }


def films(seeds: int) -> dict[str, dict[str, Any]]:
    """Mean figures over splits by model; the spread of nDCG between splits."""
    seen, _ = ratings()
    told: dict[str, list[Mapping[str, float]]] = {}
    for seed in range(seeds):
        split = at_random(seen, 0.25, seed)
        inner = at_random(split.learn, 0.25, 1_000 + seed)
        for name, models in film_models().items():
            best = choose(models, inner, K).model if len(models) > 1 else models[0]
            told.setdefault(name, []).append(judge(best.fit(split.learn), split, K).means())
        peer = peer_figures(split, inner)
        if peer is not None:
            told.setdefault("implicit ALS", []).append(peer.means())
    table = {}
    for name, rows in told.items():
        table[name] = {key: float(np.mean([row[key] for row in rows])) for key in TOLD}
        table[name]["ndcg spread"] = float(np.std([row["ndcg"] for row in rows]))
    return table


def peer_figures(split: Split, inner: Split) -> Measures | None:
    """Of implicit's ALS with the settings that do best inside; None where it is not there."""
    python = os.environ.get("NETLIFT_RECSYS_PYTHON")
    if not python:
        return None
    tried = [shown(lists, inner).means()["ndcg"] for lists in peer_lists(python, inner.learn, PEER)]
    return shown(peer_lists(python, split.learn, [PEER[int(np.argmax(tried))]])[0], split)


def peer_lists(python: str, learn: Interactions, settings: Sequence[Mapping[str, Any]]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        sp.save_npz(Path(folder) / "matrix.npz", sp.csr_matrix((np.ones_like(learn.matrix.data), *_where(learn))))
        asked = json.dumps({"settings": list(settings), "k": K})
        (Path(folder) / "settings.json").write_text(asked, encoding="utf-8")
        script = str(Path(__file__).parent / "_recommend_peer.py")
        quiet = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        subprocess.run([python, script, folder], check=True, env=quiet, capture_output=True)
        return np.load(Path(folder) / "lists.npy")


def _where(learn: Interactions) -> tuple[Any, Any]:
    return (learn.matrix.indices, learn.matrix.indptr), learn.matrix.shape


def shown(lists: Any, split: Split) -> Measures:
    users = split.judged
    return measure(lists[users], split.judge.matrix[users], split.learn.matrix[users])


def best_repeat(split: Split) -> Recommender:
    """One setting after the other, by recall on the validation baskets; what is already chosen stays."""
    model: Any = made("repeat")
    for name, values in REPEAT.items():
        tried = [replace(model, **{name: value}) for value in values]
        model = choose(tried, split, K, by="recall", bought="allow").model
    return replace(model)


REPEAT: dict[str, tuple[float | None, ...]] = {
    "half_life_days": (None, 200.0, 100.0, 60.0, 30.0),
    "half_life_baskets": (None, 40.0, 20.0, 10.0, 5.0),
    "prior": (0.1, 0.3, 1.0, 3.0, 10.0),
    "popular_half_life_days": (None, 60.0, 30.0, 14.0, 7.0),
}
PLAIN = {"half_life_days": None, "half_life_baskets": None, "popular_half_life_days": None}


def baskets(shop: Shop) -> dict[str, Any]:
    """Figures by model, and how the chosen one compares."""
    inside = next_baskets(shop.seen, shop.validate, shop.test)
    split = next_baskets(shop.seen, shop.test, shop.until)
    chosen = best_repeat(inside)
    models = {
        "popular": choose([made("popular", half_life_days=d) for d in (None, 30.0, 14.0, 7.0)], inside, K, by="recall",
                          bought="allow").model,
        "personal": made("repeat", **PLAIN, prior=0.0),
        "personal, then popular": made("repeat", **PLAIN, prior=1e-6),
        "item_knn": made("item_knn"),
        "repeat": chosen,
    }  # fmt: skip
    found = {name: judge(model.fit(split.learn), split, K, bought="allow") for name, model in models.items()}
    keys = ("recall", "ndcg", "precision", "repeat_recall", "explore_recall", "coverage")
    table = {name: {key: one.means()[key] for key in keys} for name, one in found.items()}
    return {
        "chosen": {key: getattr(chosen, key) for key in REPEAT},
        "figures": table,
        "beside": {name: _beside(found["repeat"], found[name]) for name in models if name != "repeat"},
    }


def _beside(ours: Measures, theirs: Measures) -> dict[str, float]:
    one = compare(ours.recall, theirs.recall)
    return {
        "recall more": one.difference, "from": one.lower, "to": one.upper,
        "ratio": one.ratio, "ratio from": one.ratio_lower, "ratio to": one.ratio_upper, "customers": one.customers,
    }  # fmt: skip


def run(seeds: int = 5, households: int | None = None, customers: int | None = None) -> dict[str, Any]:
    """`seeds` splits of the films; all households and customers, or the first so many."""
    os.environ["OMP_NUM_THREADS"] = "1"
    told: dict[str, Any] = {"goals": GOALS, "films": films(seeds)}
    shops: dict[str, Callable[[], Shop]] = {
        "groceries": lambda: groceries(households), "gifts": lambda: gifts(customers),
    }  # fmt: skip
    for name, read in shops.items():
        found = baskets(read())
        told |= {f"{name}: {key}": value for key, value in found.items()}
    return told
