"""Metrics of purchase forecasts: equal to scikit-learn's where it has them, by hand elsewhere."""

import math

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.profiles.propensity import intervals, metrics
from netlift.profiles.propensity.metrics import classification, regression


def forecast(seed, n=400, ties=False):
    rng = np.random.default_rng(seed)
    p = rng.beta(1.0, 6.0, n)
    y = (rng.random(n) < p).astype(float)
    return y, np.round(p, 1) * 0.98 + 0.01 if ties else p, rng.gamma(2.0, 1.0, n)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_values_are_those_of_scikit_learn(ties, weighted):
    """To rounding, with and without ties and weights."""
    from sklearn import metrics as theirs

    y, p, w = forecast(1, ties=ties)
    weights = w if weighted else None
    found = classification(y, p, weights, threshold=0.2)
    called = p >= 0.2
    expected = {
        "roc_auc": theirs.roc_auc_score(y, p, sample_weight=weights),
        "pr_auc": theirs.average_precision_score(y, p, sample_weight=weights),
        "log_loss": theirs.log_loss(y, p, sample_weight=weights),
        "brier": theirs.brier_score_loss(y, p, sample_weight=weights),
        "accuracy": theirs.accuracy_score(y, called, sample_weight=weights),
        "precision": theirs.precision_score(y, called, sample_weight=weights),
        "recall": theirs.recall_score(y, called, sample_weight=weights),
        "f1": theirs.f1_score(y, called, sample_weight=weights),
    }
    assert {name: getattr(found, name) for name in expected} == pytest.approx(expected, rel=1e-12)


def test_amounts_are_those_of_scikit_learn():
    from sklearn import metrics as theirs

    rng = np.random.default_rng(2)
    y, f, w = rng.gamma(2, 50, 300), rng.gamma(2, 50, 300), rng.random(300)
    found = regression(y, f, w)
    assert found.mae == pytest.approx(theirs.mean_absolute_error(y, f, sample_weight=w))
    assert found.rmse == pytest.approx(theirs.root_mean_squared_error(y, f, sample_weight=w))
    assert found.r2 == pytest.approx(theirs.r2_score(y, f, sample_weight=w))
    assert found.wape == pytest.approx(np.sum(w * abs(y - f)) / np.sum(w * y))
    assert found.bias == pytest.approx(np.average(f - y, weights=w))


def test_recalibration_is_an_unpenalised_logistic_regression():
    from sklearn.linear_model import LogisticRegression

    y, p, w = forecast(3)
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(metrics.logit(p)[:, None], y, sample_weight=w)
    found = classification(y, p, w)
    assert found.calibration_slope == pytest.approx(model.coef_[0, 0], abs=1e-5)
    assert found.calibration_intercept == pytest.approx(model.intercept_[0], abs=1e-5)


def test_the_gradient_of_the_likelihood_has_one_number_per_coefficient():
    """X'W(y - s) beside finite differences of the log-likelihood (a scalar would move all coefficients alike)."""
    y, p, w = forecast(4)
    X, theta = np.column_stack([np.ones(len(y)), metrics.logit(p)]), np.array([0.3, 0.7])
    s = 1 / (1 + np.exp(-X @ theta))
    numeric = [
        (metrics._likelihood(X, y, w, theta + step) - metrics._likelihood(X, y, w, theta - step)) / 2e-6
        for step in 1e-6 * np.eye(2)
    ]
    assert np.array(numeric) == pytest.approx(X.T @ (w * (y - s)), rel=1e-5)


def test_a_weight_of_two_is_the_row_twice():
    y, p, _ = forecast(5, n=100, ties=True)
    twice = np.arange(100) % 2 + 1
    weighted = classification(y, p, twice)._asdict()
    repeated = classification(np.repeat(y, twice), np.repeat(p, twice))._asdict()
    assert {**weighted, "n": 0} == pytest.approx({**repeated, "n": 0})


def test_order_of_rows_never_matters():
    y, p, w = forecast(6, ties=True)
    mixed = np.random.default_rng(0).permutation(len(y))
    assert classification(y[mixed], p[mixed], w[mixed]) == pytest.approx(classification(y, p, w), rel=1e-12)


def test_lift_of_the_top_decile_by_hand():
    """Twenty rows, four buyers: the two ranked highest hold one, half of them, where a fifth buy: lift 2.5."""
    p = np.linspace(0.9, 0.1, 20)
    y = np.zeros(20)
    y[[0, 5, 10, 15]] = 1
    assert classification(y, p).lift_top_decile == pytest.approx(2.5)
    assert classification(y, np.full(20, 0.2)).lift_top_decile == pytest.approx(1.0)


def test_calibration_error_by_hand():
    """Two ties of ten rows: 3 of 10 bought at .1, 6 of 10 at .8, so .2 each."""
    p = np.repeat([0.1, 0.8], 10)
    y = np.array([1.0] * 3 + [0.0] * 7 + [1.0] * 6 + [0.0] * 4)
    assert classification(y, p).ece == pytest.approx(0.2)


def test_who_says_nobody_buys_is_accurate_and_useless():
    """E19, E21: 99 % accurate, and yet no ranking, no recall, and the log-loss of the base rate."""
    y = np.zeros(1000)
    y[:10] = 1
    found = classification(y, np.full(1000, 0.01))
    assert found.accuracy == pytest.approx(0.99)
    assert (found.roc_auc, found.recall, found.lift_top_decile) == pytest.approx((0.5, 0.0, 1.0))
    assert found.pr_auc == pytest.approx(found.base_rate)
    assert math.isnan(found.precision)
    assert math.isnan(found.calibration_slope)


def test_a_perfect_forecast_has_no_finite_slope():
    found = classification([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9])
    assert found.roc_auc == 1.0
    assert math.isnan(found.calibration_slope)


def test_a_sure_mistake_is_dear_and_finite():
    assert 15 < classification([1, 0], [0.0, 0.0]).log_loss < 20


@pytest.mark.parametrize(
    ("y", "p", "said"),
    [
        ([1, 1, 1], [0.1, 0.2, 0.3], "y is 1 in all 3 rows"),
        ([1, 0], [0.1, math.nan], "p is NaN or infinite in 1 rows, first in row 1"),
        ([1, 0], [0.1, 1.2], "probabilities from 0 to 1"),
        ([1, 0, 2], [0.1, 0.2, 0.3], "1 \\(bought\\) or 0"),
        ([1, 0], [0.1], "one value per row"),
        ([], [], "y has no rows"),
        (["a"], [0.1], "must hold numbers"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_what_to_do(y, p, said):
    with pytest.raises(EstimationError, match=said):
        classification(y, p)


def test_weights_that_leave_out_a_class_are_refused():
    with pytest.raises(EstimationError, match="one class"):
        classification([1, 0], [0.5, 0.5], [1.0, 0.0])
    with pytest.raises(EstimationError, match="negative"):
        regression([1, 0], [0.5, 0.5], [1.0, -1.0])


@pytest.mark.parametrize("name", ["roc_auc", "pr_auc", "log_loss", "brier", "lift_top_decile", "calibration_slope"])
def test_intervals_hold_the_truth(name):
    """P and y from one law: 95 % intervals of 60 samples hold the value of a very large sample in 50 to 60 cases.

    50 of 60 or fewer has a chance below .0005 under 95 %.
    """
    y, p, _ = forecast(7, n=400_000)
    truth = metrics.MEASURES[name](*metrics.ranked_of(y, p, None))
    held = 0
    for seed in range(60):
        y, p, _ = forecast(100 + seed, n=800)
        found = intervals.classification_intervals(y, p, names=[name], replicates=60)[name]
        held += found.lower <= truth <= found.upper
    assert held > 50


def test_a_paired_difference_is_surer_than_two_intervals():
    """Forecasts that nearly agree differ by less than either is unsure; and the better one is shown to be better."""
    y, p, _ = forecast(8, n=3000)
    worse = 0.5 * p + 0.5 * p.mean()
    found = intervals.difference(y, p, worse, "log_loss")
    assert found.upper < 0
    assert found.se < intervals.classification_intervals(y, p, names=["log_loss"])["log_loss"].se
    assert found == intervals.difference(y, p, worse, "log_loss")


def test_intervals_of_amounts_hold_the_point():
    rng = np.random.default_rng(9)
    y = rng.gamma(2, 50, 500)
    found = intervals.regression_intervals(y, np.full(500, 100.0))
    assert set(found) == {"mae", "rmse", "wape", "r2", "bias"}
    assert found["bias"].se == pytest.approx(y.std() / math.sqrt(500), rel=0.2)
    assert found["bias"].lower < 0 < found["bias"].upper


def test_few_buyers_have_no_interval():
    with pytest.raises(EstimationError, match="at least 10 buyers"):
        intervals.classification_intervals([1, 0] * 5, [0.5, 0.4] * 5)
    with pytest.raises(EstimationError, match="no interval for f1"):
        intervals.classification_intervals([1, 0] * 20, [0.5, 0.4] * 20, names=["f1"])
