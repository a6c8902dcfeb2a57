"""The sample-ratio test against scipy, small and large."""

import numpy as np
import pytest
from scipy import stats

from netlift.errors import EstimationError
from netlift.experiments.srm import sample_ratio


def test_large_split_equals_scipys_chi_square():
    found = sample_ratio({"a": 10_120, "b": 9_880, "c": 5_050}, {"a": 2, "b": 2, "c": 1})
    expected = np.array([0.4, 0.4, 0.2]) * 25_050
    assert found.method == "chi-square"
    assert found.p_value == pytest.approx(stats.chisquare([10_120, 9_880, 5_050], expected).pvalue, rel=1e-12)
    assert found.expected == pytest.approx({"a": 10_020, "b": 10_020, "c": 5_010})


def test_small_split_of_two_equals_the_exact_binomial():
    found = sample_ratio({"a": 3, "b": 14}, {"a": 1, "b": 1})
    assert found.method == "exact"
    assert found.p_value == pytest.approx(stats.binomtest(3, 17).pvalue, rel=1e-9)


def test_small_split_of_three_equals_enumeration():
    """Every split of 6 units over three arms, written out."""
    chance = {
        (i, j, 6 - i - j): stats.multinomial.pmf([i, j, 6 - i - j], 6, [0.5, 0.25, 0.25])
        for i in range(7)
        for j in range(7 - i)
    }
    own = chance[1, 1, 4]
    expected = sum(p for p in chance.values() if p <= own * (1 + 1e-9))
    found = sample_ratio({"a": 1, "b": 1, "c": 4}, {"a": 2, "b": 1, "c": 1})
    assert found.p_value == pytest.approx(expected, rel=1e-9)


def test_lost_units_raise_the_alarm_and_chance_does_not():
    assert not sample_ratio({"control": 50_000, "coupon": 48_800}).passed
    assert sample_ratio({"control": 50_000, "coupon": 49_800}).passed


def test_p_values_of_honest_splits_are_uniform():
    """2,000 fair splits: the share below .05 is .05 within 3 binomial standard errors."""
    rng = np.random.default_rng(1)
    low = sum(sample_ratio({"a": k, "b": 5000 - k}).p_value < 0.05 for k in rng.binomial(5000, 0.5, 2000).tolist())
    assert 0.035 <= low / 2000 <= 0.065


@pytest.mark.parametrize(
    ("counts", "expected"),
    [({"a": 5}, None), ({"a": 5, "b": 5}, {"a": 1}), ({"a": 5, "b": 5}, {"a": 1, "b": 0}), ({"a": 0, "b": 0}, None)],
)
def test_impossible_questions_are_refused(counts, expected):
    with pytest.raises(EstimationError, match="cannot compare"):
        sample_ratio(counts, expected)
