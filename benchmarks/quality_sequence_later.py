"""Does reading in order help when nobody learns from the future, and more than the next thing is asked for?

MovieLens 100k is divided at one moment for everybody, at which seven of ten ratings are given. Judged are those who
rated before and after it: by their first basket since then (`next`: all at one time), and by all that they did later
(`later`). Settings are chosen on the last event before the moment, those of the network as in `quality_sequence`.
"""

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from benchmarks._recommend_data import ratings
from benchmarks.quality_sequence import CHOSEN, Counted, K, beside, film_models, made, without_last
from netlift.recommend.evaluate.choosing import choose
from netlift.recommend.evaluate.judging import judge
from netlift.recommend.evaluate.splits import Split, by_time, next_baskets, only

QUICK: Mapping[str, Any] = {"most_passes": 2}
LEARNED = 0.7
TOLD = ("recall", "ndcg", "coverage")


def run(most_passes: int = 40) -> dict[str, Any]:
    """So many passes of learning at most."""
    os.environ["OMP_NUM_THREADS"] = "1"
    seen, _ = ratings()
    moment = datetime.fromtimestamp(int(np.sort(seen.at)[int(LEARNED * len(seen))]) // 1_000_000, UTC)
    learn = by_time(seen, moment).learn
    old = np.diff(learn.starts) > 0
    inner = without_last(learn, 1)
    models = {name: replace(choose(tried, inner, K).model) for name, tried in film_models().items()}
    models |= {"counted": Counted(), "sequence": made("sequence", **CHOSEN, passes=most_passes, threads=2)}
    for model in models.values():
        model.fit(learn)
    network: Any = models["sequence"]
    told: dict[str, Any] = {"passes": network.learned_.passes}
    for name, since in (("next", next_baskets(seen, moment).judge), ("later", by_time(seen, moment).judge)):
        split = Split(learn, only(since, old[since.user]))
        found = {kind: judge(model, split, K) for kind, model in models.items()}
        told[f"{name}: figures"] = {kind: {key: one.means()[key] for key in TOLD} for kind, one in found.items()}
        told[f"{name}: beside"] = {
            kind: beside(found["sequence"], one) for kind, one in found.items() if kind != "sequence"
        }  # fmt: skip
    return told
