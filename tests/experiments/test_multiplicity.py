"""Holm and Benjamini-Hochberg against scipy and against their own promise."""

import numpy as np
import pytest
from scipy import stats

from netlift.errors import EstimationError
from netlift.experiments.multiplicity import benjamini_hochberg, holm


def test_q_values_equal_scipy():
    p = np.random.default_rng(1).random(40) ** 2
    np.testing.assert_allclose(benjamini_hochberg(p), stats.false_discovery_control(p), rtol=1e-12)


def test_holm_steps_down_by_hand():
    """Sorted .01 .02 .03 .5 times 4 3 2 1 is .04 .06 .06 .5; each at least its predecessor."""
    np.testing.assert_allclose(holm([0.5, 0.01, 0.03, 0.02]), [0.5, 0.04, 0.06, 0.06])


def test_unknown_p_values_stay_unknown_and_are_not_counted():
    np.testing.assert_allclose(holm([0.02, np.nan, 0.5]), [0.04, np.nan, 0.5])
    assert benjamini_hochberg([]).shape == (0,)


def test_holm_keeps_the_chance_of_any_false_finding():
    """2,000 families of 10 true nulls: any finding at .1 in about .1 of them."""
    p = np.random.default_rng(2).random((2000, 10))
    assert np.mean([holm(row).min() <= 0.1 for row in p]) == pytest.approx(0.1, abs=0.025)


def test_adjusted_values_are_never_smaller_and_keep_the_order():
    p = np.random.default_rng(3).random(30)
    for adjusted in (holm(p), benjamini_hochberg(p)):
        assert np.all(adjusted >= p)
        assert np.all(np.diff(adjusted[np.argsort(p)]) >= 0)
        assert adjusted.max() <= 1


def test_values_that_are_no_probabilities_are_refused():
    with pytest.raises(EstimationError, match="between 0 and 1"):
        holm([0.5, 1.2])
