"""The same models give the same effects as in causalml and econml; regressions on contrasts are no worse."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks._uplift_settings import NAMES, pehe, setting

from netlift.uplift.learners.base import Fitted, Learner
from netlift.uplift.learners.dr import DR
from netlift.uplift.learners.s import S
from netlift.uplift.learners.t import T
from netlift.uplift.learners.x import X
from netlift.uplift.nuisance import Base
from tests.uplift import make_learner_oracle as oracle

FACTS: dict[str, Any] = json.loads((Path(__file__).parent / "oracle" / "learners.json").read_text(encoding="utf-8"))


def named(case: dict[str, Any]) -> str:
    return "-".join(case[key] for key in ("learner", "setting", "base", "package"))


@pytest.fixture(scope="module")
def fits() -> dict[tuple[str, str, str, bool], Fitted]:
    """Each of our fits, made once for the packages that it is compared with."""
    return {}


def ours(case: dict[str, Any], fits: dict[tuple[str, str, str, bool], Fitted]) -> Fitted:
    """Our fit of a case; econml estimates propensities where causalml is given them."""
    known = case["package"] == "causalml" and case["learner"] == "x"
    key = (case["learner"], case["setting"], case["base"], known)
    if key not in fits:
        data = setting(case["setting"], oracle.TRAINED, oracle.SEED)
        base = Base(oracle.BASES[case["base"]], oracle.logistic)
        learner: Learner = {"s": S(base), "t": T(base), "x": X(base, base)}[case["learner"]]
        fits[key] = learner.fit(data.X, data.arm, data.outcome, propensity=data.propensity if known else None)
    return fits[key]


@pytest.mark.parametrize("case", FACTS["equal"], ids=named)
def test_the_same_models_give_the_same_effects(
    case: dict[str, Any], fits: dict[tuple[str, str, str, bool], Fitted]
) -> None:
    """To 1e-6, as the facts of `make_learner_oracle.py` were computed with the same versions of the models."""
    new = setting(case["setting"], oracle.TESTED, oracle.SEED + 1)
    found = ours(case, fits).effects(new.X)
    np.testing.assert_allclose(pehe(found, new.effects), case["pehe"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found[: oracle.SHOWN], case["effects"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_regressions_on_contrasts_are_within_three_per_cent_of_the_better_package(name: str) -> None:
    """Mean PEHE over three seeds and the offers, with causalml's known propensities and the same models.

    All ten seeds are in `benchmarks/quality_uplift.py`.
    """
    seeds = oracle.DR_SEEDS[:3]
    theirs = {
        package: np.mean([
            case["pehe"]
            for case in FACTS["dr"]
            if (case["setting"], case["package"]) == (name, package) and case["seed"] in seeds
        ])
        for package in ("causalml", "econml")
    }  # fmt: skip
    errors = []
    for seed in seeds:
        data, new = (setting(name, size, s) for size, s in ((oracle.DR_TRAINED, seed), (oracle.DR_TESTED, seed + 100)))
        fitted = DR(Base(oracle.boosted)).fit(data.X, data.arm, data.outcome, propensity=data.propensity, seed=seed)
        errors.append(pehe(fitted.effects(new.X), new.effects))
    assert np.mean(errors) <= 1.03 * min(theirs.values())
