"""Converters against what scikit-uplift 0.5.1 and causalml 0.18.0 said of the same samples (`make_oracle.py`)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.uplift import dialects, ranking

FOLDER = Path(__file__).parent / "oracle"
SKLIFT, CAUSALML = (json.loads((FOLDER / f"{name}.json").read_text()) for name in ("scikit-uplift", "causalml"))
SAME = {"rel": 1e-9, "abs": 1e-9}


def named(case: dict[str, Any]) -> str:
    return str(case["name"])


def test_the_facts_say_which_versions_they_are_of():
    assert (SKLIFT["versions"]["scikit-uplift"], CAUSALML["versions"]["causalml"]) == ("0.5.1", "0.18.0")
    assert (len(SKLIFT["cases"]), len(CAUSALML["cases"])) == (6, 6)


@pytest.mark.parametrize("case", SKLIFT["cases"], ids=named)
def test_scikit_uplift(case):
    data, values = (case["outcome"], case["score"], case["treatment"]), case["values"]
    assert dialects.sklift_qini_auc_score(*data) == pytest.approx(values["qini_auc_score"], **SAME)
    assert dialects.sklift_uplift_auc_score(*data) == pytest.approx(values["uplift_auc_score"], **SAME)
    for share in (0.1, 0.3, 0.55):
        for strategy in ("overall", "by_group"):
            theirs = values[f"uplift_at_k {strategy} {share}"]
            if np.isfinite(theirs):
                ours = dialects.sklift_uplift_at_k(*data, share, strategy=strategy)
                assert ours == pytest.approx(theirs, **SAME)
            else:
                with pytest.raises(EstimationError, match="only one of the arms"):
                    dialects.sklift_uplift_at_k(*data, share, strategy=strategy)
    if "qini_auc_score no negative" in values:
        ours = dialects.sklift_qini_auc_score(*data, negative_effect=False)
        assert ours == pytest.approx(values["qini_auc_score no negative"], **SAME)
    else:
        with pytest.raises(EstimationError, match="must be positive"):
            dialects.sklift_qini_auc_score(*data, negative_effect=False)


@pytest.mark.parametrize("how", ["raw", "normalised"])
@pytest.mark.parametrize("case", CAUSALML["cases"], ids=named)
def test_causalml(case, how):
    data, values = (case["outcome"], case["score"], case["treatment"]), case["values"]
    scale = {"normalized": how == "normalised"}
    assert dialects.causalml_auuc_score(*data, **scale) == pytest.approx(values[f"auuc_score {how}"], **SAME)
    assert dialects.causalml_qini_score(*data, **scale) == pytest.approx(values[f"qini_score {how}"], **SAME)
    assert dialects.causalml_cumgain(*data, **scale) == pytest.approx(values[f"get_cumgain {how}"], **SAME)
    assert dialects.causalml_qini(*data, **scale) == pytest.approx(values[f"get_qini {how}"], **SAME)


def test_per_capita_qini_is_causalml_s_raw_qini_per_customer_but_for_the_grid():
    """Both are areas of one curve: theirs a mean over n + 1 points, ours a trapezoid over n steps."""
    case = next(case for case in CAUSALML["cases"] if case["name"] == "balanced")
    y, s, t = case["outcome"], case["score"], case["treatment"]
    n = len(y)
    theirs = dialects.causalml_qini_score(y, s, t, normalized=False)
    ours = ranking.qini(y, t, s).excess.estimate
    assert ours == pytest.approx(theirs * (n + 1) / n / n, abs=2e-3 / n)  # the first prefixes are bridged differently


def test_outcomes_that_scikit_uplift_refuses_are_refused():
    with pytest.raises(EstimationError, match="0 and 1 only"):
        dialects.sklift_qini_auc_score([0.5, 1.0], [1, 2], [0, 1])


def test_no_effect_cannot_scale_a_curve():
    with pytest.raises(EstimationError, match="overall effect is 0"):
        dialects.causalml_auuc_score([1, 1, 0, 0], [4, 3, 2, 1], [1, 0, 1, 0])


def test_outcomes_all_alike_leave_the_oracle_nothing():
    with pytest.raises(EstimationError, match="no better than random"):
        dialects.sklift_qini_auc_score([0, 0, 0, 0], [4, 3, 2, 1], [1, 0, 1, 0])
