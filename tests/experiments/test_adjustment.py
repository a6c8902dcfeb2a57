"""CUPED and Lin's regression: equal to the textbook algebra, narrower than raw, right under the null."""

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.experiments.adjustment import cuped, fit_at, lin, variance_explained
from netlift.experiments.aggregates import Aggregates
from netlift.experiments.means import welch


def shop(rng: np.random.Generator, n: int = 600, effect: float = 0.0):
    """Spend before explains about 3/4 of spend after; the effect grows with spend before."""
    x = rng.gamma(2.0, 10.0, (n, 2))
    treated = rng.permutation(n) < n // 3
    y = x @ [0.8, 0.3] + rng.normal(0, 8, n) + treated * effect * x[:, 0] / 20
    return y, treated, x


def test_lin_equals_the_interacted_regression_written_out():
    """OLS on (1, T, x, T x) with a sandwich of e^2 / (1 - h), entry for entry."""
    y, treated, x = shop(np.random.default_rng(1), effect=3.0)
    centred, t = x - x.mean(axis=0), treated.astype(float)
    design = np.column_stack([np.ones(len(y)), t, centred, centred * t[:, None]])
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ y
    hat = np.einsum("ij,jk,ik->i", design, inverse, design)
    meat = (design * ((y - design @ beta) ** 2 / (1 - hat))[:, None]).T @ design
    found = lin(y, treated, x)
    assert found.estimate == pytest.approx(beta[1], rel=1e-10)
    assert found.se == pytest.approx(np.sqrt((inverse @ meat @ inverse)[1, 1]), rel=1e-10)


def test_cuped_with_one_covariate_is_the_published_formula():
    y, treated, x = shop(np.random.default_rng(2), effect=3.0)
    arms = [Aggregates.of({"y": y[s], "x": x[s, 0]}) for s in (~treated, treated)]
    n0, n1 = arms[0].count, arms[1].count
    pooled = [sum((a.count - 1) * a.cov(*pair) for a in arms) for pair in (("x", "y"), ("x", "x"))]
    theta = pooled[0] / pooled[1]
    adjusted = y - theta * (x[:, 0] - x[:, 0].mean())
    found = cuped(*arms, "y", ["x"])
    assert found.estimate == pytest.approx(adjusted[treated].mean() - adjusted[~treated].mean(), rel=1e-10)
    by_hand = np.sqrt(adjusted[treated].var(ddof=1) / n1 + adjusted[~treated].var(ddof=1) / n0)
    assert found.se == pytest.approx(by_hand, rel=1e-10)


def test_both_are_narrower_by_what_the_covariates_explain():
    y, treated, x = shop(np.random.default_rng(3))
    arms = [Aggregates.of({"y": y[s], "a": x[s, 0], "b": x[s, 1]}) for s in (~treated, treated)]
    raw, share = welch(*arms, "y"), variance_explained(*arms, "y", ["a", "b"])
    for narrower in (cuped(*arms, "y", ["a", "b"]), lin(y, treated, x)):
        assert narrower.se == pytest.approx(raw.se * np.sqrt(1 - share), rel=0.06)  # arms differ in size and spread


@pytest.mark.parametrize("method", ["cuped", "lin"])
def test_adjusted_intervals_hold_the_truth_at_their_level(method):
    """400 tests of 150 units whose effect depends on the covariate; the truth is the effect on those units."""
    rng, inside = np.random.default_rng(4), 0
    for _ in range(400):
        y, treated, x = shop(rng, n=150, effect=4.0)
        truth = np.mean(4.0 * x[:, 0] / 20)
        if method == "lin":
            found = lin(y, treated, x)
        else:
            arms = [Aggregates.of({"y": y[s], "a": x[s, 0], "b": x[s, 1]}) for s in (~treated, treated)]
            found = cuped(*arms, "y", ["a", "b"])
        inside += found.lower <= truth <= found.upper
    assert 0.855 <= inside / 400 <= 0.955  # 90 %, 3 binomial standard errors below, a little more above


def test_constant_and_repeated_covariates_change_nothing():
    y, treated, x = shop(np.random.default_rng(5))
    more = np.column_stack([x, np.ones(len(y)), x[:, 0]])
    assert lin(y, treated, more).estimate == pytest.approx(lin(y, treated, x).estimate, rel=1e-8)
    assert lin(y, treated, more).se == pytest.approx(lin(y, treated, x).se, rel=1e-6)


def test_a_covariate_seen_in_one_arm_only_cannot_shift_the_answer():
    """A rare category that no treated unit has is left to the intercept there, not extrapolated."""
    y, treated, x = shop(np.random.default_rng(6))
    rare = np.zeros(len(y))
    rare[np.flatnonzero(~treated)[:3]] = 1.0
    with_rare = lin(y, treated, np.column_stack([x, rare]))
    assert with_rare.estimate == pytest.approx(lin(y, treated, x).estimate, abs=0.1)


def test_weighted_fit_equals_repeating_units():
    rng = np.random.default_rng(7)
    x, y, copies = rng.normal(size=(30, 1)), rng.normal(size=30), rng.integers(1, 4, 30)
    point = np.array([0.5])
    weighted = fit_at(x, point, weights=copies.astype(float)).weights @ y
    repeated = fit_at(np.repeat(x, copies, axis=0), point).weights @ np.repeat(y, copies)
    assert weighted == pytest.approx(repeated, rel=1e-10)


def test_too_few_units_and_no_covariates_are_refused():
    rng = np.random.default_rng(8)
    with pytest.raises(EstimationError, match="cannot carry 5 covariates"):
        lin(rng.normal(size=12), np.arange(12) < 6, rng.normal(size=(12, 5)))
    arm = Aggregates.of({"y": [1.0, 2.0]})
    with pytest.raises(EstimationError, match="at least one"):
        cuped(arm, arm, "y", [])
