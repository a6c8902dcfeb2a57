"""Doubly robust scores: what each unit would have done under each arm, unbiased if one of two models is right.

    s_ik = mu_k(x_i) + 1{arm_i = k} (y_i - mu_k(x_i)) / e_k(x_i)        (Robins, Rotnitzky & Zhao 1994)

with mu_k the predicted outcome under arm k and e_k the probability of arm k. The mean of column k estimates the
mean outcome if everybody got arm k; with known e_k (an experiment) it is unbiased whatever mu is.
"""

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import EstimationError
from netlift.uplift import checks
from netlift.uplift.checks import Floats


def doubly_robust(outcome: ArrayLike, arm: ArrayLike, propensity: ArrayLike, prediction: ArrayLike) -> Floats:
    """Scores s, shape (n, arms), in the unit of the outcome.

    Args:
        outcome: finite numbers, shape (n,).
        arm: the arm that each unit was in, 0 .. arms - 1, shape (n,).
        propensity: probability of each arm, shape (n, arms) or (arms,).
        prediction: mu, predicted outcome under each arm by models that never saw the unit, shape (n, arms).

    Raises:
        EstimationError: shapes that do not fit, values that are not finite, propensities of 0 or 1.

    >>> s = doubly_robust([1.0] * 20, [0, 1] * 10, [0.5, 0.5], np.zeros((20, 2)))
    >>> s[:2].tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """
    y = checks.column(outcome, "outcome")
    mu = checks.matrix(prediction, "prediction", rows=len(y))
    given = checks.arms(arm, mu.shape[1], rows=len(y))
    e = checks.propensities(propensity, rows=len(y), columns=mu.shape[1])
    rows, scores = np.arange(len(y)), mu.copy()
    scores[rows, given] += (y - mu[rows, given]) / e[rows, given]
    return scores


def contrasts(scores: Floats) -> Floats:
    """Scores of each offer less those of control (column 0), shape (n, arms - 1)."""
    difference: Floats = scores[:, 1:] - scores[:, :1]
    return difference


def cross_fit_linear(
    X: ArrayLike, outcome: ArrayLike, arm: ArrayLike, arms: int, *, folds: int = 5, penalty: float = 1.0, seed: int = 0
) -> Floats:
    """Predicted outcome under each arm by ridge regressions that never saw the unit, shape (n, arms).

    One regression per arm and fold on standardised covariates, the intercept free:
    `b = (Z'Z + penalty I)^-1 Z'(y - mean y)`. A plain nuisance model, enough to make scores less noisy.

    Args:
        X: covariates known before treatment, shape (n, p).
        outcome: shape (n,).
        arm: shape (n,).
        arms: how many arms there are, control included.
        folds: parts of the sample, at least 2; units are put into them by chance within their arm.
        penalty: of the squared coefficients, at least 0.
        seed: of the folds.

    Raises:
        EstimationError: input that cannot be used, or fewer than 2 units of an arm outside a fold.
    """
    y = checks.column(outcome, "outcome")
    covariates = checks.matrix(X, "X", rows=len(y))
    given = checks.arms(arm, arms, rows=len(y))
    if not 2 <= folds <= np.bincount(given).min() // 2 or penalty < 0:
        raise EstimationError(
            f"cross-fitting needs 2 folds or more, two units of each arm per fold and penalty >= 0; got folds={folds}, "
            f"penalty={penalty}, smallest arm {np.bincount(given).min()}"
        )
    fold, predicted = _folds(given, folds, seed), np.empty((len(y), arms))
    for part in range(folds):
        held = fold == part
        for k in range(arms):
            learned = ~held & (given == k)
            predicted[held, k] = _ridge(covariates[learned], y[learned], covariates[held], penalty)
    return predicted


def _folds(given: checks.Ints, folds: int, seed: int) -> checks.Ints:
    """A fold for each unit, by chance and evenly within each arm."""
    mixed = np.random.default_rng(seed).permutation(len(given))
    by_arm = mixed[np.argsort(given[mixed], kind="stable")]
    fold = np.empty(len(given), dtype=np.int64)
    fold[by_arm] = np.arange(len(given)) % folds
    return fold


def _ridge(X: Floats, y: Floats, wanted: Floats, penalty: float) -> Floats:
    centre, scale = X.mean(axis=0), X.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    z, level = (X - centre) / scale, y.mean()
    slope = np.linalg.lstsq(
        np.vstack([z, np.sqrt(penalty) * np.eye(X.shape[1])]), np.append(y - level, np.zeros(X.shape[1])), rcond=None
    )[0]
    fitted: Floats = level + (wanted - centre) / scale @ slope
    return fitted
