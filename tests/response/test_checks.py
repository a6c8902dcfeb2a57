"""Balance after weighting: chance is forgiven, a log that weights cannot mend is not."""

import numpy as np
import pytest

from netlift.response.checks import failed, of_comparison

NAMES = tuple(f"x{k}" for k in range(40))


def balance_of(seed: int, n: int, shift: float):  # type: ignore[no-untyped-def]
    """A log drawn by lot, in which `shift` is then added to one feature of those offered."""
    rng = np.random.default_rng(seed)
    X, arm = rng.normal(size=(n, 40)), rng.integers(0, 2, n)
    X[arm == 1, 7] += shift
    asked = of_comparison(X, arm, np.full((n, 2), 0.5), np.ones(n, dtype=np.bool_), NAMES)
    return {check.code: check for check in asked}


@pytest.mark.parametrize("n", [100, 400, 5000])
def test_chance_does_not_fail_a_small_log_of_many_features(n: int) -> None:
    found = [balance_of(seed, n, 0.0)["balance"] for seed in range(60)]
    assert sum(not check.passed for check in found) <= 3  # one in a hundred is allowed for
    if n <= 400:
        assert np.mean([check.value for check in found]) > 0.1  # by the plain limit nearly all would have failed


@pytest.mark.parametrize(("n", "shift"), [(400, 1.0), (5000, 0.25)])
def test_what_is_really_unlike_fails_and_is_counted(n: int, shift: float) -> None:
    for seed in range(20):
        asked = balance_of(seed, n, shift)
        assert not asked["balance"].passed
        assert asked["balance"].numbers["unlike"] >= 1
        assert failed(tuple(asked.values()))


def test_a_small_difference_in_a_large_log_is_no_failure() -> None:
    """Shown beyond chance, but below a tenth of a standard deviation."""
    check = balance_of(3, 40_000, 0.05)["balance"]
    assert check.passed
    assert 0.03 < check.value < 0.1


def test_features_that_never_vary_cannot_be_asked() -> None:
    arm = np.arange(100) % 2
    asked = of_comparison(np.ones((100, 2)), arm, np.full((100, 2), 0.5), np.ones(100, dtype=np.bool_), ["a", "b"])
    (check,) = [one for one in asked if one.code == "balance"]
    assert check.passed is None
