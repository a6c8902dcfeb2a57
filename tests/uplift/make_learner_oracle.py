"""Writes `oracle/learners.json`: what causalml and econml find on settings whose truth is known, with their versions.

Run it in the repository's root with the Python of an environment that holds both packages:

    python -m tests.uplift.make_learner_oracle
"""

import json
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._uplift_settings import NAMES, Setting, pehe, setting

TARGET = Path(__file__).parent / "oracle" / "learners.json"
TRAINED, TESTED, SEED = 1_500, 500, 11
DR_TRAINED, DR_TESTED, DR_SEEDS = 3_000, 3_000, tuple(range(21, 31))
SHOWN = 5
"""Customers whose effects are written down beside the error over all."""


def boosted() -> Any:
    """The model that all packages use."""
    import lightgbm

    return lightgbm.LGBMRegressor(
        n_estimators=60, num_leaves=15, n_jobs=1, verbosity=-1, deterministic=True, force_row_wise=True, random_state=0
    )


def linear() -> Any:
    from sklearn.linear_model import Ridge

    return Ridge(alpha=1.0)


def logistic() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1000, tol=1e-10)


def shallow() -> Any:
    import lightgbm

    return lightgbm.LGBMClassifier(n_estimators=40, num_leaves=8, n_jobs=1, verbosity=-1, random_state=0)


BASES: dict[str, Callable[[], Any]] = {"boosted": boosted, "linear": linear}


def pairs(data: Setting) -> dict[int, Any]:
    """Probability of each offer among its units and control's."""
    e = data.propensity
    return {k: e[:, k] / (e[:, 0] + e[:, k]) for k in range(1, e.shape[1])}


def causalml(learner: str, model: Any, data: Setting, new: Setting) -> Any:
    from causalml.inference import meta  # type: ignore[import-not-found]

    made = {"s": meta.BaseSRegressor, "t": meta.BaseTRegressor, "x": meta.BaseXRegressor}[learner](learner=model)
    chances = {"p": pairs(data)} if learner == "x" else {}
    made.fit(data.X, data.arm, data.outcome, **chances)
    return made.predict(new.X, **({"p": pairs(new)} if learner == "x" else {}))


def econml(learner: str, model: Any, data: Setting, new: Setting) -> Any:
    from econml import metalearners  # type: ignore[import-not-found]

    made = {
        "s": lambda: metalearners.SLearner(overall_model=model),
        "t": lambda: metalearners.TLearner(models=model),
        "x": lambda: metalearners.XLearner(models=model, propensity_model=logistic()),
    }[learner]()
    return made.fit(data.outcome, data.arm, X=data.X).const_marginal_effect(new.X)


def asked(learner: str, name: str, base: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Which package is asked.

    causalml's S-learner has a model per offer, and one column where econml and we have one per arm, which a penalty
    tells apart; its X-learner is given propensities, econml's estimates them among the two arms.
    """
    alike = {"s": name != "offers" and base == "boosted", "t": True, "x": name in ("B", "offers")}
    if alike[learner]:
        yield "causalml", causalml
    if learner != "x" or name != "offers":
        yield "econml", econml


def equal_cases() -> Iterator[dict[str, Any]]:
    """The learners that have nothing to choose: the same models must give the same effects."""
    for name in NAMES:
        data, new = setting(name, TRAINED, SEED), setting(name, TESTED, SEED + 1)
        for learner in ("s", "t", "x"):
            for base, make in BASES.items():
                for package, ask in asked(learner, name, base):
                    found = ask(learner, make(), data, new)
                    yield {
                        "setting": name, "learner": learner, "base": base, "package": package,
                        "pehe": pehe(found, new.effects), "effects": found[:SHOWN],
                    }  # fmt: skip


def dr_cases() -> Iterator[dict[str, Any]]:
    """The learners of doubly robust contrasts, which differ in how they rotate: their error only."""
    from causalml.inference.meta import BaseDRRegressor
    from econml.dr import DRLearner  # type: ignore[import-not-found]
    from sklearn.dummy import DummyClassifier

    for name in NAMES:
        chances = DummyClassifier(strategy="prior") if name in ("B", "offers") else shallow()
        for seed in DR_SEEDS:
            data, new = setting(name, DR_TRAINED, seed), setting(name, DR_TESTED, seed + 100)
            theirs = BaseDRRegressor(learner=boosted())
            theirs.fit(data.X, data.arm, data.outcome, p=pairs(data), seed=seed)
            other = DRLearner(
                model_propensity=chances, model_regression=boosted(), model_final=boosted(), cv=3, random_state=seed,
                min_propensity=0.01,
            )  # fmt: skip
            other.fit(data.outcome, data.arm, X=data.X)
            for package, found in (
                ("causalml", theirs.predict(new.X)), ("econml", other.const_marginal_effect(new.X)),
            ):  # fmt: skip
                yield {"setting": name, "seed": seed, "package": package, "pehe": pehe(found, new.effects)}


def plain(value: object) -> object:
    """NumPy's numbers as JSON's."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


if __name__ == "__main__":
    packages = ("causalml", "econml", "lightgbm", "scikit-learn", "numpy")
    facts = {
        "versions": {package: version(package) for package in packages},
        "equal": list(equal_cases()),
        "dr": list(dr_cases()),
    }
    TARGET.write_text(json.dumps(facts, default=plain) + "\n", encoding="utf-8")
