"""Fits one learner of one package on made-up customers and says what it cost; needs NumPy, LightGBM and that package.

python _uplift_fit.py '{"package": "netlift", "learner": "t", "customers": 100000, ...}'
"""

import json
import resource
import sys
import time
from importlib.metadata import version
from typing import Any

import numpy as np

ARMS = 5
"""Control and four offers, drawn with equal chances."""


def customers(n: int, columns: int, seed: int = 1) -> tuple[Any, Any, Any, Any]:
    """Covariates in 32 bits, arm, outcome and true effects; made in parts to stay small."""
    rng = np.random.default_rng(seed)
    X, arm = np.empty((n, columns), dtype=np.float32), rng.integers(0, ARMS, n)
    for start in range(0, n, 50_000):
        X[start : start + 50_000] = rng.normal(size=(min(50_000, n - start), columns))
    effects = np.column_stack([0.5 * X[:, k] + 0.1 * k for k in range(ARMS - 1)]).astype(np.float64)
    outcome = X[:, 5] + np.sin(X[:, 6]) + rng.normal(size=n)
    given = arm > 0
    outcome[given] += effects[given, arm[given] - 1]
    return X, arm, outcome, effects


def ours(asked: dict[str, Any], X: Any, arm: Any, y: Any) -> Any:
    from netlift.uplift.learners.dr import DR
    from netlift.uplift.learners.t import T
    from netlift.uplift.nuisance import Boosted

    base = Boosted(asked["trees"], asked["leaves"], 0.1, asked["least"], asked["threads"])
    learner = {"t": lambda: T(base), "dr": lambda: DR(base, folds=3)}[asked["learner"]]()
    return learner.fit(X, arm, y, propensity=[1 / ARMS] * ARMS).effects


def theirs(asked: dict[str, Any], X: Any, arm: Any, y: Any) -> Any:
    import lightgbm
    from causalml.inference import meta  # type: ignore[import-not-found]

    base = lightgbm.LGBMRegressor(
        n_estimators=asked["trees"], num_leaves=asked["leaves"], learning_rate=0.1, verbosity=-1, deterministic=True,
        min_child_samples=asked["least"], n_jobs=asked["threads"], force_row_wise=True,
    )  # fmt: skip
    half = {k: np.full(len(X), 0.5) for k in range(1, ARMS)}
    made = {"t": meta.BaseTRegressor, "dr": meta.BaseDRRegressor}[asked["learner"]](learner=base)
    made.fit(X, arm, y, **({"p": half, "seed": 1} if asked["learner"] == "dr" else {}))
    return made.predict


def main(asked: dict[str, Any]) -> dict[str, Any]:
    """Seconds and CPU seconds of fit and predict, peak memory, and the error of the effects."""
    X, arm, y, effects = customers(asked["customers"], asked["columns"])
    fit = {"netlift": ours, "causalml": theirs}[asked["package"]]
    few = customers(2_000, asked["columns"])
    fit(asked, *few[:3])(few[0][:10])  # imports and warms up
    before, clocks = resident(), [(time.perf_counter(), time.process_time())]
    predict = fit(asked, X, arm, y)
    clocks.append((time.perf_counter(), time.process_time()))
    found = predict(X)
    clocks.append((time.perf_counter(), time.process_time()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "version": version(asked["package"]),
        "fit s": clocks[1][0] - clocks[0][0],
        "predict s": clocks[2][0] - clocks[1][0],
        "cpu s": clocks[2][1] - clocks[0][1],
        "peak MB": peak,
        "above data MB": peak - before,
        "pehe": float(np.sqrt(((found - effects) ** 2).mean())),
    }


def resident() -> float:
    """Memory in use now, in MB."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  it runs where only NumPy is sure
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
