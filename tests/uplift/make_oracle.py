"""Writes the facts of `oracle/`: what scikit-uplift and causalml say of small samples, with their versions.

Run it with the Python of an environment that holds one of the two packages; it writes that package's file:

    python make_oracle.py scikit-uplift
    python make_oracle.py causalml
"""

import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "oracle"
SHARES = (0.1, 0.3, 0.55)


def sample(name: str, n: int, seed: int, *, treated: float = 0.5, money: bool = False) -> dict[str, Any]:
    """A randomised sample in which the effect grows with the score."""
    rng = np.random.default_rng(seed)
    score = np.round(rng.normal(size=n), 6)
    treatment = (rng.random(n) < treated).astype(int)
    chance = np.clip(0.3 + 0.15 * score * treatment, 0, 1)
    outcome = np.round(rng.gamma(2.0, 5.0, n) * (0.2 + chance), 2) if money else (rng.random(n) < chance).astype(int)
    return {"name": name, "outcome": outcome, "treatment": treatment, "score": score}


def samples() -> list[dict[str, Any]]:
    """The samples that both packages are asked about."""
    late = sample("treated first", 60, 3)
    late["treatment"] = np.where(np.argsort(np.argsort(-late["score"])) < 6, 1, late["treatment"])
    early = sample("control first", 60, 4)
    early["treatment"] = np.where(np.argsort(np.argsort(-early["score"])) < 6, 0, early["treatment"])
    worse = sample("ranked the wrong way", 80, 6)
    worse["score"] = -worse["score"]
    return [sample("balanced", 80, 1), sample("85 % treated", 120, 2, treated=0.85), late, early, worse]


def tied() -> dict[str, Any]:
    """Scores that are shared by several units."""
    data = sample("ties", 90, 5)
    data["score"] = np.round(data["score"])
    return data


def scikit_uplift() -> dict[str, Any]:
    """Facts of scikit-uplift, which takes outcomes of 0 and 1 only."""
    from sklift import metrics  # type: ignore[import-not-found]

    cases = []
    for data in [*samples(), tied()]:
        y, s, t = data["outcome"], data["score"], data["treatment"]
        values = {
            "qini_auc_score": metrics.qini_auc_score(y, s, t),
            "uplift_auc_score": metrics.uplift_auc_score(y, s, t),
        }
        if np.mean(y[t == 1]) > np.mean(y[t == 0]):  # else scikit-uplift has no optimum without harm
            values["qini_auc_score no negative"] = metrics.qini_auc_score(y, s, t, negative_effect=False)
        for share in SHARES:
            for strategy in ("overall", "by_group"):
                values[f"uplift_at_k {strategy} {share}"] = metrics.uplift_at_k(y, s, t, strategy, k=share)
        cases.append({**data, "values": values})
    return {"versions": versions("scikit-uplift"), "cases": cases}


def causalml() -> dict[str, Any]:
    """Facts of causalml; samples without ties, whose order it leaves to pandas' unstable sort."""
    import pandas as pd
    from causalml import metrics  # type: ignore[import-not-found]

    cases = []
    for data in [*samples(), sample("money", 100, 7, money=True)]:
        frame = pd.DataFrame({"y": data["outcome"], "w": data["treatment"], "model": data["score"]})
        values: dict[str, Any] = {}
        for normalize in (False, True):
            how = "normalised" if normalize else "raw"
            values[f"auuc_score {how}"] = metrics.auuc_score(frame, normalize=normalize)["model"]
            values[f"qini_score {how}"] = metrics.qini_score(frame, normalize=normalize)["model"]
            values[f"get_cumgain {how}"] = metrics.get_cumgain(frame, normalize=normalize)["model"].to_numpy()
            values[f"get_qini {how}"] = metrics.get_qini(frame, normalize=normalize)["model"].to_numpy()
        cases.append({**data, "values": values})
    return {"versions": versions("causalml", "pandas"), "cases": cases}


def versions(*packages: str) -> dict[str, str]:
    return {package: version(package) for package in (*packages, "numpy")}


def plain(value: object) -> object:
    """NumPy's numbers as JSON's."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


MAKERS: dict[str, Callable[[], dict[str, Any]]] = {"scikit-uplift": scikit_uplift, "causalml": causalml}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    target = FOLDER / f"{sys.argv[1]}.json"
    target.write_text(json.dumps(MAKERS[sys.argv[1]](), default=plain) + "\n", encoding="utf-8")
