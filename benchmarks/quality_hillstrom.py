"""Do the learners know whom an e-mail moves? All of them on one public experiment of 64,000 customers (Hillstrom 2008).

Each learns on a random half and is judged on the other, five times over; the halves are of the same customers, so the
five answers hang together, and what is shown is the mean of the five estimates and the means of their interval ends.
Two questions: the women's e-mail against none (visits; per-capita Qini and calibration slope), and what a rule of
three arms earns beyond the best e-mail to all (visits and spend; doubly robust values, paired). No setting was chosen
on these data; all learners of boosted trees have 60 trees of 8 leaves. Left out where the file is not there.
"""

import csv
import dataclasses
import gzip
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.uplift.calibration import calibration
from netlift.uplift.compare import BEST_ARM, compare
from netlift.uplift.learners.base import LEARNERS, Learner
from netlift.uplift.learners.t import T
from netlift.uplift.nuisance import Boosted, Features
from netlift.uplift.policy import Log
from netlift.uplift.ranking import qini
from netlift.uplift.scores import contrasts, doubly_robust

QUICK = {"halves": 1, "kinds": ("s", "tree")}
FILE = Path(__file__).parents[2] / "shared" / "data" / "hillstrom" / "hillstrom.csv.gz"
BASE = Boosted(trees=60, leaves=8, threads=1)
ARMS = {"No E-Mail": 0, "Mens E-Mail": 1, "Womens E-Mail": 2}
LEVELS = (("zip_code", "Urban"), ("zip_code", "Rural"), ("channel", "Web"), ("channel", "Phone"))
RESPONSE = "ranking by response"
NAMES = ("recency_months", "bought_mens", "bought_womens", "newbie", "history", "urban", "rural", "web", "phone")

Floats = NDArray[np.float64]


class Mailing(NamedTuple):
    """The experiment."""

    X: Floats
    """Columns as in `NAMES`, shape (n, 9)."""
    arm: NDArray[np.int64]
    """0 none, 1 men's, 2 women's e-mail."""
    visit: Floats
    spend: Floats
    """Dollars."""


class Two(NamedTuple):
    """A learner on one half: per-capita Qini with its interval, calibration slope, and effects of the other half."""

    qini: float
    lower: float
    upper: float
    slope: float
    slope_se: float


def mailing(file: Path = FILE) -> Mailing | None:
    """The experiment; None where the file is not there."""
    if not file.is_file():
        return None
    with gzip.open(file, "rt", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    numbers = [[float(row[name]) for row in rows] for name in ("recency", "mens", "womens", "newbie", "history")]
    levels = [[float(row[name] == value) for row in rows] for name, value in LEVELS]
    outcomes = [np.array([float(row[name]) for row in rows]) for name in ("visit", "spend")]
    return Mailing(np.array(numbers + levels).T, np.array([ARMS[row["segment"]] for row in rows]), *outcomes)


def learner(kind: str) -> Learner:
    """A learner of the registry with the trees of this benchmark."""
    made = LEARNERS[kind]()
    fields = {field.name for field in dataclasses.fields(made)}  # type: ignore[arg-type]
    return dataclasses.replace(made, base=BASE) if "base" in fields else made  # type: ignore[type-var]


def half(seed: int, n: int) -> NDArray[np.bool_]:
    """Who is learned from."""
    return np.random.default_rng(seed).random(n) < 0.5


def women(data: Mailing, seed: int, kinds: Sequence[str]) -> dict[str, Two]:
    """The women's e-mail against none, visits; learned on one half and judged on the other."""
    keep = data.arm != 1
    X, arm, visit = data.X[keep], data.arm[keep] // 2, data.visit[keep]
    learn = half(seed, len(arm))
    held, known = ~learn, [0.5, 0.5]
    mu = T(BASE).fit(X[learn], arm[learn], visit[learn], seed=seed).outcomes(X[held])
    scores = contrasts(doubly_robust(visit[held], arm[held], known, mu))[:, 0]
    effects = {
        kind: learner(kind).fit(X[learn], arm[learn], visit[learn], propensity=known, seed=seed).effects(X[held])[:, 0]
        for kind in kinds
    }
    effects[RESPONSE] = BASE.regress(Features(X[learn]), visit[learn], seed=seed).predict(X[held])
    found = {}
    for kind, effect in effects.items():
        area = qini(visit[held], arm[held], effect, replicates=100).excess
        slope = calibration(scores, effect).slope
        found[kind] = Two(area.estimate, area.lower, area.upper, slope.estimate, slope.se)
    return found


def three(data: Mailing, seed: int, kinds: Sequence[str], outcome: str = "visit") -> dict[str, dict[str, float]]:
    """The rule "the arm of greatest predicted effect, if above 0" beside the best single arm to all, paired."""
    y = getattr(data, outcome)
    learn = half(seed, len(data.arm))
    held, known = ~learn, [1 / 3, 1 / 3, 1 / 3]
    mu = T(BASE).fit(data.X[learn], data.arm[learn], y[learn], seed=seed).outcomes(data.X[held])
    log = Log.of(y[held], data.arm[held], known, mu)
    found = {}
    for kind in kinds:
        fitted = learner(kind).fit(data.X[learn], data.arm[learn], y[learn], propensity=known, seed=seed)
        effects = fitted.effects(data.X[held])
        rule = np.where(effects.max(axis=1) > 0, effects.argmax(axis=1) + 1, 0)
        answer = compare(log, rule)
        difference = answer.differences[BEST_ARM]
        found[kind] = {
            "value": answer.policy.estimate, "best_arm": float(answer.best_arm),
            "best_arm_value": answer.baselines[BEST_ARM].estimate,
            "difference": difference.estimate, "lower": difference.lower, "upper": difference.upper,
        }  # fmt: skip
    return found


def run(halves: int = 5, kinds: Sequence[str] = ()) -> dict[str, Any]:
    """Both questions for all learners of the registry, or for some.

    Args:
        halves: random halves, seeds from 0 on.
        kinds: learners; none: all.
    """
    data = mailing()
    if data is None:
        return {"skipped": "the Hillstrom data may not be shipped and are not here"}
    asked = tuple(kinds) or tuple(LEARNERS)
    pairs = [women(data, seed, asked) for seed in range(halves)]
    result: dict[str, Any] = {"customers": len(data.arm), "halves": halves}
    result["womens_visit"] = {
        kind: dict(zip(Two._fields, np.mean([pair[kind] for pair in pairs], axis=0).tolist(), strict=True))
        | {"least_qini": min(pair[kind].qini for pair in pairs), "most_qini": max(pair[kind].qini for pair in pairs)}
        | {"above_0": sum(pair[kind].lower > 0 for pair in pairs)}
        for kind in (*asked, RESPONSE)
    }
    for outcome in ("visit", "spend"):
        trios = [three(data, seed, asked, outcome) for seed in range(halves)]
        result[f"three_arms_{outcome}"] = {
            kind: {name: float(np.mean([trio[kind][name] for trio in trios])) for name in trios[0][kind]}
            | {"shown_better": sum(trio[kind]["lower"] > 0 for trio in trios)}
            | {"shown_worse": sum(trio[kind]["upper"] < 0 for trio in trios)}
            for kind in asked
        }
    return result
