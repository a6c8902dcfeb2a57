"""Do recommenders find what people take next? Beside published figures, personal counts, popularity and a peer.

films    MovieLens 100k, 75/25 at random within each user, first 10 places, as in the recommenders project's table;
         settings are chosen on a split inside the part that teaches; implicit's ALS likewise, in an environment of
         its own whose Python NETLIFT_RECSYS_PYTHON names (left out where that is not set)
baskets  the next basket of grocery and gift shops after each of three moments, 10 places over all products; settings
         are chosen on the 30 days before each, those of `next_basket` are its defaults, which were chosen on baskets
         before all of them; `personal` is how often the customer had something, ties by id; `personal, then popular`
         is the same with ties by popularity, which a prior of one purchase does; `both` is a hybrid of the last two
cold     a tenth of the products, drawn at random, lose everything that was done with them; of these alone each customer
         is shown 10 by what is known of products, beside 10 at random; what is compared is chosen on another tenth.
         `reached` is how many of them stand in the usual lists of 10 over all products
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from benchmarks._recommend_data import Shop, gifts, groceries, grocery_goods, ratings
from netlift.recommend.about import About
from netlift.recommend.evaluate.choosing import choose
from netlift.recommend.evaluate.comparing import compare
from netlift.recommend.evaluate.judging import best_places, judge, top
from netlift.recommend.evaluate.metrics import Measures, measure
from netlift.recommend.evaluate.splits import Split, at_random, next_baskets, only
from netlift.recommend.interactions import Interactions
from netlift.recommend.recommender import RECOMMENDERS, Recommender

QUICK = {"seeds": 1, "households": 250, "customers": 800, "judged": 250, "periods": 1}
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
        chosen: dict[str, Any] = {name: choose(models, inner, K).model for name, models in film_models().items()}
        parts = tuple(replace(chosen[name]) for name in ("ease", "ials", "user_knn"))
        for name, model in (chosen | {"hybrid": made("hybrid", parts=parts)}).items():
            told.setdefault(name, []).append(judge(model.fit(split.learn), split, K).means())
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
        had = sp.csr_matrix(learn.matrix, copy=True)
        had.data[:] = 1.0
        sp.save_npz(Path(folder) / "matrix.npz", had)
        asked = json.dumps({"settings": list(settings), "k": K})
        (Path(folder) / "settings.json").write_text(asked, encoding="utf-8")
        script = str(Path(__file__).parent / "_recommend_peer.py")
        quiet = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        subprocess.run([python, script, folder], check=True, env=quiet, capture_output=True)
        return np.load(Path(folder) / "lists.npy")


def shown(lists: Any, split: Split) -> Measures:
    users = split.judged
    return measure(lists[users], split.judge.matrix[users], split.learn.matrix[users])


def best_repeat(split: Split) -> Any:
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


def baskets(shop: Shop, periods: int) -> dict[str, Any]:
    """Figures by model and period, and how models compare over all periods, each customer's mean counting once."""
    found: dict[str, dict[str, Measures]] = {}
    chosen, who = {}, {}
    for back in range(periods, 0, -1):
        moment = shop.until - back * MONTH
        day = moment.date().isoformat()
        inside = next_baskets(shop.seen, moment - MONTH, moment)
        split = next_baskets(shop.seen, moment, moment + MONTH)
        models = basket_models(inside)
        chosen[day] = {key: getattr(models["repeat"], key) for key in REPEAT}
        found[day] = {name: judge(model.fit(split.learn), split, K, bought="allow") for name, model in models.items()}
        who[day] = split.judged
    days = list(found)
    last = found[days[-1]]
    recall = {name: _by_customer([found[day][name].recall for day in days], list(who.values())) for name in last}
    keys = ("recall", "ndcg", "precision", "repeat_recall", "explore_recall", "coverage")
    return {
        "chosen": chosen,
        "recall": {name: {day: found[day][name].means()["recall"] for day in days} for name in last},
        "figures": {
            name: {key: float(np.mean([found[day][name].means()[key] for day in days])) for key in keys}
            for name in last
        },
        "next_basket beside": {
            name: _apart(recall["next_basket"], recall[name]) for name in last if name != "next_basket"
        },
        "repeat beside": {name: _apart(recall["repeat"], recall[name]) for name in ("popular", *PERSONAL)},
        "next_basket beside personal": {
            day: _beside(found[day]["next_basket"], found[day]["personal"]) for day in days
        },
    }


MONTH = timedelta(days=30)
PERSONAL = ("personal", "personal, then popular")


def basket_models(inside: Split) -> dict[str, Any]:
    """Those that are judged; what has settings to choose is chosen on the validation baskets."""
    repeat = best_repeat(inside)
    often = [made("popular", half_life_days=days) for days in (None, 30.0, 14.0, 7.0)]
    return {
        "popular": choose(often, inside, K, by="recall", bought="allow").model,
        "personal": made("repeat", **PLAIN, prior=0.0),
        "personal, then popular": made("repeat", **PLAIN, prior=1.0),
        "repeat": repeat,
        "next_basket": made("next_basket"),
        "both": made("hybrid", parts=("next_basket", replace(repeat)), bought="allow"),
    }


def _by_customer(recall: Sequence[Any], who: Sequence[Any]) -> Any:
    """Mean over the periods in which a customer is judged, shape (customers,)."""
    users, place = np.unique(np.concatenate(who), return_inverse=True)
    return np.bincount(place, np.concatenate(recall), len(users)) / np.bincount(place)


def cold(seen: Interactions, about: pa.Table, most: int) -> dict[str, Any]:
    """Of products that nobody has met: what content finds, beside chance, for at most so many customers."""
    split, new = without(seen, 0)
    inner, inner_new = without(split.learn, 1)
    tried = [
        cold_lists(made("content", by=by).fit(inner.learn, About(items=about)), inner, inner_new, most) for by in BY
    ]
    best = BY[int(np.argmax([one.means()["recall"] for one in tried]))]
    model = made("content", by=best).fit(split.learn, About(items=about))
    found, chance = cold_lists(model, split, new, most), cold_lists(None, split, new, most)
    usual = best_places(model, split.judged[:most], K)
    return {
        "compared by": best,
        "new products": len(new),
        "reached": len(np.intersect1d(usual, new)),
        "figures": {name: {key: one.means()[key] for key in ("recall", "ndcg", "precision")}
                    for name, one in (("content", found), ("random", chance))},
        "beside": {"random": _beside(found, chance)},
    }  # fmt: skip


BY = ("all", "words", "attributes", "learned")


def without(seen: Interactions, seed: int) -> tuple[Split, Any]:
    """All that was done with nine tenths of the products that anybody met, what was done with the others; and these."""
    met = np.unique(seen.item)
    new = np.sort(np.random.default_rng(seed).choice(met, max(len(met) // 10, 1), replace=False))
    judged = np.isin(seen.item, new)
    return Split(only(seen, ~judged), only(seen, judged)), new


def cold_lists(model: Recommender | None, split: Split, new: Any, most: int) -> Measures:
    """First 10 of the new products by a model, or by chance, for those who are known."""
    users = split.judged[np.diff(split.learn.starts)[split.judged] > 0][:most]
    rng, parts = np.random.default_rng(7), []
    for start in range(0, len(users), 200):
        part = users[start : start + 200]
        scores = rng.random((len(part), len(new))) if model is None else model._score(part)[:, new]
        parts.append(np.append(new, -1)[top(scores.astype(np.float32), K)])
    return measure(np.concatenate(parts), split.judge.matrix[users], split.learn.matrix[users])


def _beside(ours: Measures, theirs: Measures) -> dict[str, float]:
    return _apart(ours.recall, theirs.recall)


def _apart(ours: Any, theirs: Any) -> dict[str, float]:
    one = compare(ours, theirs)
    return {
        "recall more": one.difference, "from": one.lower, "to": one.upper,
        "ratio": one.ratio, "ratio from": one.ratio_lower, "ratio to": one.ratio_upper, "customers": one.customers,
    }  # fmt: skip


def run(
    seeds: int = 5,
    households: int | None = None,
    customers: int | None = None,
    judged: int = 2_500,
    periods: int = 3,
) -> dict[str, Any]:
    """Figures of all three.

    Args:
        seeds: splits of the films.
        households: of the groceries, the first so many; None: all.
        customers: of the gifts, likewise.
        judged: customers who are shown new products.
        periods: of next baskets.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    told: dict[str, Any] = {"goals": GOALS, "films": films(seeds)}
    shops: dict[str, Callable[[], Shop]] = {
        "groceries": lambda: groceries(households), "gifts": lambda: gifts(customers),
    }  # fmt: skip
    for name, read in shops.items():
        found = baskets(read(), periods)
        told |= {f"{name}: {key}": value for key, value in found.items()}
    for name, things in (("new films", ratings()), ("new groceries", (groceries(households).seen, grocery_goods()))):
        told |= {f"{name}: {key}": value for key, value in cold(*things, judged).items()}
    return told
