"""Do cross-fitted learners tell the truth? Intervals on known effects, silence where there are none, errors by setting.

coverage  share of samples whose 95 % interval holds the truth: value of the rule that gives everybody the best offer
          by the cross-fitted effects (doubly robust), and Qini of their ranking. The truth of a sample is that of its
          own fitted models, over many fresh customers.
null      the same without any effect: share of samples in which the rule is not said to beat no offer and the best
          arm, and in which RATE, Qini and calibration slope are not said to be above 0, nor to differ from it
pehe      error of the effects beside what causalml and econml wrote down for the same data and models
"""

import json
import math
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._uplift_settings import NAMES, Floats, Setting, pehe, setting

QUICK = {"samples": 4, "seeds": 1, "workers": 1}
GOALS = {"coverage": (0.93, 0.97), "silent": 0.95, "pehe_over_better": 1.03}
UNITS, FRESH, FOLDS = 1_000, 20_000, 3
WORLDS = {"B": "experiment, one offer", "offers": "experiment, three offers", "A": "one offer, propensities estimated"}
FACTS = Path(__file__).parent.parent / "tests" / "uplift" / "oracle" / "learners.json"


@lru_cache
def fresh(name: str, scale: float) -> Setting:
    """Customers over whom the truth about a fitted model is taken."""
    return setting(name, FRESH, 999_983, scale=scale)


def one_sample(task: tuple[str, float, int]) -> dict[str, Any]:
    """Draw a sample, cross-fit a small DR-learner, and set what is said of it beside the truth."""
    from netlift.uplift.cross_fit import cross_fit
    from netlift.uplift.learners.dr import DR
    from netlift.uplift.nuisance import Boosted

    name, scale, seed = task
    data, base = setting(name, UNITS, seed, scale=scale), Boosted(trees=30, leaves=8, threads=1)
    known = None if name == "A" else data.propensity
    found = cross_fit(DR(base, folds=FOLDS), data.X, data.arm, data.outcome, propensity=known, folds=FOLDS, seed=seed)
    rules = [best(models[0].effects(fresh(name, scale).X)) for models in found.models]
    row: dict[str, Any] = {"world": name, "scale": scale, "seed": seed}
    truth = float(np.mean([fresh(name, scale).mean[np.arange(FRESH), rule].mean() for rule in rules]))
    row |= _said(found, truth, scale, seed)
    return row | (_ranked(data, found, scale, seed) if name == "B" else {})


def _ranked(data: Setting, found: Any, scale: float, seed: int) -> dict[str, Any]:
    from netlift.uplift.ranking import qini

    area = qini(data.outcome, data.arm, found.effects[:, 0], seed=seed).excess
    worth = qini_truth(found, data.propensity[:, 1].mean(), scale)
    said: dict[str, Any] = {"qini": held(area, worth), "qini_z": (area.estimate - worth) / area.se}
    return said | _sign("qini", area)


def _said(found: Any, truth: float, scale: float, seed: int) -> dict[str, Any]:
    from netlift.uplift.calibration import calibration
    from netlift.uplift.compare import BEST_ARM, NO_OFFER, compare
    from netlift.uplift.policy import policy_value
    from netlift.uplift.rate import rate
    from netlift.uplift.scores import contrasts

    rule = best(found.effects)
    value = policy_value(found.log, rule).value
    said: dict[str, Any] = {"value": held(value, truth), "value_z": (value.estimate - truth) / value.se}
    if scale == 0:
        beside = compare(found.log, rule, seed=seed).differences
        scores, offer = contrasts(found.scores)[:, 0], found.effects[:, 0]
        for name, difference in (("rule over no offer", beside[NO_OFFER]), ("rule over best arm", beside[BEST_ARM])):
            said |= _sign(name, difference)
        said |= _sign("rate", rate(scores, offer, seed=seed)) | _sign("slope", calibration(scores, offer).slope)
    return said


def best(effects: Floats) -> Any:
    """The offer of greatest effect, or none where all are harmful, shape (n,)."""
    return np.where(effects.max(axis=1) > 0, effects.argmax(axis=1) + 1, 0)


def qini_truth(found: Any, treated: float, scale: float) -> float:
    """`e cov(effect, rank)` over fresh customers, each ranked by all folds' models."""
    from scipy.stats import rankdata

    customers = fresh("B", scale)
    scores = np.concatenate([models[0].effects(customers.X)[:, 0] for models in found.models])
    effects = np.tile(customers.effects[:, 0], len(found.models))
    return float(treated * np.cov(effects, rankdata(scores) / len(scores))[0, 1])


def held(estimate: Any, truth: float) -> bool:
    return bool(estimate.lower <= truth <= estimate.upper)


def _sign(name: str, estimate: Any) -> dict[str, bool]:
    return {f"{name} up": bool(estimate.lower > 0), f"{name} down": bool(estimate.upper < 0)}


def share(rows: list[dict[str, Any]], key: str) -> dict[str, float]:
    """The share of rows that have it, and its standard error."""
    found = float(np.mean([row[key] for row in rows]))
    return {"share": found, "se": math.sqrt(found * (1 - found) / len(rows)), "samples": len(rows)}


def coverage(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Share of intervals that hold the truth, and mean and spread of the errors in standard errors."""
    told = {}
    for name, title in WORLDS.items():
        mine = [row for row in rows if row["world"] == name and row["scale"] > 0]
        for what in ("value", "qini"):
            if what == "value" or name == "B":
                errors = np.array([row[f"{what}_z"] for row in mine])
                told[f"{what}: {title}"] = share(mine, what) | {
                    "bias in s.e.": float(errors.mean()), "spread in s.e.": float(errors.std()),
                }  # fmt: skip
    return told


def silence(rows: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Share of samples without effects in which none is said: not above 0, not different from 0."""
    told = {}
    for name in ("B", "offers"):
        mine = [row for row in rows if row["world"] == name and row["scale"] == 0]
        for key in [key.removesuffix(" up") for key in mine[0] if key.endswith(" up")]:
            quiet = [{"up": not row[f"{key} up"], "any": not (row[f"{key} up"] or row[f"{key} down"])} for row in mine]
            up, either = share(quiet, "up"), share(quiet, "any")
            told[f"{key}: {WORLDS[name]}"] = {
                "none above 0": up["share"], "none at all": either["share"], "se": either["se"], "samples": len(mine),
            }  # fmt: skip
    return told


def one_fit(task: tuple[str, str, int]) -> tuple[str, str, float]:
    """Mean error of one learner on one sample, with the models that the packages used."""
    from tests.uplift import make_learner_oracle as oracle

    from netlift.uplift.learners.base import LEARNERS
    from netlift.uplift.nuisance import Base

    name, kind, seed = task
    data, new = (setting(name, size, s) for size, s in ((oracle.DR_TRAINED, seed), (oracle.DR_TESTED, seed + 100)))
    learner = LEARNERS[kind](base=Base(oracle.boosted))  # type: ignore[call-arg]
    fitted = learner.fit(data.X, data.arm, data.outcome, propensity=data.propensity, seed=seed)
    return name, kind, float(pehe(fitted.effects(new.X), new.effects).mean())


def errors_of(found: Iterable[tuple[str, str, float]], seeds: Iterable[int]) -> dict[str, dict[str, float]]:
    """Mean error by setting and learner, beside the facts of the two packages' DR-learners on the same samples."""
    rows, facts = list(found), json.loads(FACTS.read_text(encoding="utf-8"))["dr"]
    table: dict[str, dict[str, float]] = {}
    for name in NAMES:
        mine = {kind: float(np.mean([e for n, k, e in rows if (n, k) == (name, kind)])) for kind in KINDS}
        for package in ("causalml", "econml"):
            theirs = [
                f["pehe"] for f in facts if (f["setting"], f["package"]) == (name, package) and f["seed"] in seeds
            ]
            mine[f"{package} dr"] = float(np.mean(theirs))
        mine["dr over better"] = mine["dr"] / min(mine["causalml dr"], mine["econml dr"])
        table[f"setting {name}"] = mine
    return table


KINDS = ("s", "t", "x", "r", "dr")


def run(samples: int = 200, seeds: int = 10, workers: int = 2) -> dict[str, Any]:
    """`samples` per world with and without effects; errors over `seeds` samples per setting."""
    os.environ["OMP_NUM_THREADS"] = "1"
    tasks = [(name, scale, seed) for name in WORLDS for scale in (1.0, 0.0) for seed in range(samples)]
    tasks = [task for task in tasks if task[:2] != ("A", 0.0)]
    drawn = range(21, 21 + seeds)
    with ProcessPoolExecutor(workers) as pool:
        rows = list(pool.map(one_sample, tasks, chunksize=4))
        fits = list(pool.map(one_fit, [(name, kind, seed) for name in NAMES for kind in KINDS for seed in drawn]))
    return {
        "units": UNITS,
        "goals": {"coverage": list(GOALS["coverage"]), "silent": GOALS["silent"], "pehe": GOALS["pehe_over_better"]},  # type: ignore[call-overload]
        "coverage": coverage(rows),
        "null": silence(rows),
        "pehe": errors_of(fits, drawn),
    }
