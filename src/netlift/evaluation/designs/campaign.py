"""A campaign to known customers that chance did not choose: doubly robust, cross-fitted, kept linear.

Estimand: the effect on the treated, summed. With propensity e(x), outcome model mu0(x) fitted on controls and
odds weights w(x) = e / (1 - e) normalised to the number of treated,

    total = sum_treated (Y - mu0(X)) - sum_controls w(X) (Y - mu0(X)),

which is right if either model is (Robins, Rotnitzky & Zhao 1994, doi:10.1080/01621459.1994.10476818; cross-fitting:
Chernozhukov et al. 2018, doi:10.1111/ectj.12097). mu0 is a ridge regression on the features *and* a cross-fitted
boosted prognostic score, so mu0 and with it the whole estimate is linear in Y: every part of the profit gets the
same weights (augmented balancing weights: Bruns-Smith, Dukes, Feller & Ogburn 2025).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError
from netlift.evaluation.designs.contrast import Contrast, Floats
from netlift.types import Check

Bools = NDArray[np.bool_]

MIN_TREATED = 20
"""Below this many treated customers a propensity model has nothing to learn from."""
TRIM = 0.95
"""Treated customers with a propensity above it have no comparable control and are left out."""
MAX_TRAINING = 25_000
"""Customers that a nuisance model is trained on at most; predictions are made for all."""


@dataclass(frozen=True, slots=True)
class Nuisance:
    """Cross-fitted predictions for every customer."""

    propensity: Floats
    """Probability of being reached, shape (n,)."""
    prognosis: Floats
    """Expected profit without the campaign, shape (n,)."""


@dataclass(frozen=True, slots=True)
class CampaignEstimate:
    """The comparison, and how well its two sides match."""

    contrast: Contrast
    checks: tuple[Check, ...]
    weights: Floats
    """Weight of each customer's outcome in the total: 1 treated, negative control, 0 left out; shape (n,)."""
    propensity: Floats
    """Cross-fitted probability of being reached, shape (n,)."""


def campaign(
    outcomes: Floats, treated: Bools, features: Floats, *, profit: Floats, rng: np.random.Generator, folds: int = 5
) -> CampaignEstimate:
    """Total effect of a campaign on those it reached.

    Args:
        outcomes: money over window and wash-out by part, shape (n_customers, k), minor units.
        treated: whether the campaign reached the customer, shape (n,).
        features: what was known before the campaign started, shape (n, p), no NaN.
        profit: coefficients (k,) that make the parts a profit; only guides the prognostic score.
        rng: source of the fold assignment.
        folds: number of cross-fitting folds, at least 3.

    Raises:
        EstimationError: fewer than `MIN_TREATED` treated, fewer controls than treated folds need, or no overlap.
    """
    _refuse_small(treated)
    X = _scaled(features)
    nuisance = _cross_fit(X, outcomes @ profit, treated, rng=rng, folds=folds)
    kept = ~treated | (nuisance.propensity <= TRIM)
    if (treated & kept).sum() < MIN_TREATED:
        raise EstimationError("no overlap: nearly every customer like the treated was treated too")
    Z = _design_matrix(X, nuisance)
    weights, residual, leverage = _balance(Z, outcomes, treated, kept, nuisance.propensity)
    contrast = _contrast(weights, outcomes, residual, leverage, treated & kept)
    checks = (
        _overlap(treated, kept, weights),
        _balanced(X, weights, treated & kept),
        _sensitivity(Z, X, outcomes @ profit, treated),
    )
    return CampaignEstimate(contrast, checks, weights, nuisance.propensity)


def targeting_elsewhere(features: Floats, treated: Bools, elsewhere: Floats) -> Floats:
    """Probability that the same targeting rule would have reached the customers of another time, shape (m,).

    A logistic regression learns the rule where the campaign ran; `elsewhere` holds the same feature columns, known
    before the other time. Drawing by it makes a placebo campaign whose true effect is zero.
    """
    from sklearn.linear_model import LogisticRegression

    both = _scaled(np.vstack([features, elsewhere]))
    rule = LogisticRegression(C=0.1, solver="newton-cholesky").fit(both[: len(features)], treated)
    return np.asarray(rule.predict_proba(both[len(features) :])[:, 1], dtype=np.float64)


def _refuse_small(treated: Bools) -> None:
    reached, others = int(treated.sum()), int((~treated).sum())
    if reached < MIN_TREATED or others < 2 * MIN_TREATED:
        raise EstimationError(f"{reached} treated and {others} controls are too few to compare (>= {MIN_TREATED})")


def _scaled(features: Floats) -> Floats:
    """Signed logarithms of winsorised columns, standardised; constant columns are dropped."""
    low, high = np.quantile(features, [0.005, 0.995], axis=0)
    clipped = np.clip(features, low, high)
    squeezed = np.sign(clipped) * np.log1p(np.abs(clipped))
    spread = squeezed.std(axis=0)
    varied = spread > 1e-9
    return (squeezed[:, varied] - squeezed[:, varied].mean(axis=0)) / spread[varied]


def _cross_fit(X: Floats, y: Floats, treated: Bools, *, rng: np.random.Generator, folds: int) -> Nuisance:
    """Out-of-fold propensity and prognosis, each from the family that predicts better out of fold."""
    fold = _folds(treated, rng, max(3, folds))
    seed = int(rng.integers(2**31))
    low, high = np.quantile(y[~treated], [0.005, 0.995])
    calm = np.clip(y, low, high)  # a few huge baskets must not steer the prognosis
    propensity = _better(
        [_oof_propensity(model, X, treated, fold, seed) for model in ("linear", "boosted")],
        lambda p: -np.mean(np.where(treated, np.log(p), np.log1p(-p))),
    )
    prognosis = _better(
        [_oof_prognosis(model, X, calm, treated, fold, seed) for model in ("linear", "boosted")],
        lambda m: np.mean((calm[~treated] - m[~treated]) ** 2),
    )
    return Nuisance(propensity, prognosis)


def _folds(treated: Bools, rng: np.random.Generator, n: int) -> NDArray[np.int64]:
    """Fold of each customer, balanced within treated and controls."""
    fold = np.empty(len(treated), dtype=np.int64)
    for arm in (treated, ~treated):
        fold[arm] = rng.permutation(np.arange(arm.sum()) % n)
    return fold


def _better(candidates: list[Floats], loss) -> Floats:  # type: ignore[no-untyped-def]
    return min(candidates, key=loss)


def _oof_propensity(model: str, X: Floats, treated: Bools, fold: NDArray[np.int64], seed: int) -> Floats:
    out = np.empty(len(X))
    for k in np.unique(fold):
        train, hold = _sampled(fold != k, seed + k), fold == k
        if model == "linear":
            from sklearn.linear_model import LogisticRegression

            fitted = LogisticRegression(C=0.1, solver="newton-cholesky").fit(X[train], treated[train])
            out[hold] = fitted.predict_proba(X[hold])[:, 1]
        else:
            booster = _boosted("binary", X[train], treated[train].astype(float), seed)
            out[hold] = booster.predict(X[hold])
    return np.clip(out, 1e-4, 1 - 1e-4)


def _oof_prognosis(model: str, X: Floats, y: Floats, treated: Bools, fold: NDArray[np.int64], seed: int) -> Floats:
    """Fitted on controls only; treated customers get the model of the other folds too."""
    out = np.empty(len(X))
    for k in np.unique(fold):
        train, hold = _sampled((fold != k) & ~treated, seed + k), fold == k
        if model == "linear":
            from sklearn.linear_model import Ridge

            out[hold] = Ridge(alpha=10.0).fit(X[train], y[train]).predict(X[hold])
        else:
            out[hold] = _boosted("regression", X[train], y[train], seed).predict(X[hold])
    return out


def _sampled(rows: Bools, seed: int) -> NDArray[np.int64]:
    """Row numbers to train on: all, or as many as a nuisance model can use; keeps time linear in customers."""
    chosen = np.flatnonzero(rows)
    if len(chosen) <= MAX_TRAINING:
        return chosen
    return np.sort(np.random.default_rng(seed).choice(chosen, MAX_TRAINING, replace=False))


def _boosted(objective: str, X: Floats, y: Floats, seed: int):  # type: ignore[no-untyped-def]
    """A small, strongly regularised LightGBM model; single-threaded so that a seed gives one answer."""
    import lightgbm

    parameters = {
        "objective": objective, "learning_rate": 0.08, "num_leaves": 8, "min_data_in_leaf": max(20, len(y) // 100),
        "lambda_l2": 5.0, "feature_fraction": 0.7, "bagging_fraction": 0.7, "bagging_freq": 1,
        "seed": seed % 2**31, "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1,
    }  # fmt: skip
    return lightgbm.train(parameters, lightgbm.Dataset(X, y, free_raw_data=False), num_boost_round=60)


def _design_matrix(X: Floats, nuisance: Nuisance) -> Floats:
    """Intercept, prognosis and features; the first two are not shrunk."""
    prognosis = nuisance.prognosis
    spread = prognosis.std() or 1.0
    return np.column_stack([np.ones(len(X)), (prognosis - prognosis.mean()) / spread, X])


def _balance(
    Z: Floats, outcomes: Floats, treated: Bools, kept: Bools, propensity: Floats
) -> tuple[Floats, Floats, Floats]:
    """Weights (n,), residuals (n, k) and leverages (n,) of the doubly robust total.

    The odds weights are corrected by a weighted ridge of the controls until the controls' Z sums to the
    treated's: that correction *is* the outcome model, written as weights.
    """
    reached, control = treated & kept, ~treated
    odds = propensity[control] / (1 - propensity[control])
    odds *= reached.sum() / odds.sum()
    Zc = Z[control]
    penalty = np.full(Z.shape[1], 1.0)
    penalty[:2] = 1e-8
    root = np.sqrt(odds)[:, None] * Zc
    gram = root.T @ root + np.diag(penalty)
    hat = np.linalg.solve(gram, (Zc * odds[:, None]).T)  # (p, n_controls): coefficients per unit of outcome
    shortfall = Z[reached].sum(axis=0) - odds @ Zc
    control_weights = odds + shortfall @ hat
    fitted = Z @ (hat @ outcomes[control])
    residual = outcomes - fitted
    leverage = np.zeros(len(Z))
    leverage[control] = np.clip(np.einsum("ij,ji->i", Zc, hat), 0, 0.9)
    weights = np.zeros(len(Z))
    weights[reached] = 1.0
    weights[control] = -control_weights
    return weights, residual, leverage


def _contrast(weights: Floats, outcomes: Floats, residual: Floats, leverage: Floats, reached: Bools) -> Contrast:
    total = weights @ outcomes
    n = int(reached.sum())
    influence = weights[:, None] * residual / (1 - leverage)[:, None]
    influence[reached] = (residual[reached] - residual[reached].mean(axis=0)) * np.sqrt(n / (n - 1))
    used = weights != 0
    controls = int((used & ~reached).sum())
    return Contrast(total, influence[used], n, controls, method="aipw", dof=float(n - 1))


def _overlap(treated: Bools, kept: Bools, weights: Floats) -> Check:
    """Share of the treated without a comparable control, and the controls' effective number."""
    trimmed = int((treated & ~kept).sum())
    control = -weights[~treated]
    effective = float(control.sum() ** 2 / np.sum(control**2))
    share = trimmed / int(treated.sum())
    return Check(
        "overlap", share <= 0.1 and effective >= MIN_TREATED, share, 0.1,
        {"trimmed": float(trimmed), "treated": float(treated.sum()), "effective_controls": effective},
    )  # fmt: skip


def _balanced(X: Floats, weights: Floats, reached: Bools) -> Check:
    """Largest standardised difference of a feature between treated and weighted controls."""
    control = weights < 0
    signed = -weights * ~reached
    centre = signed @ X / signed.sum()
    raw = np.abs(X[reached].mean(axis=0) - X[control].mean(axis=0)) / X[reached].std(axis=0).clip(1e-9)
    gap = np.abs(X[reached].mean(axis=0) - centre) / X.std(axis=0).clip(1e-9)
    worst = float(gap.max())
    return Check("balance", worst <= 0.1, worst, 0.1, {"before": float(raw.max()), "features": float(X.shape[1])})


def _sensitivity(Z: Floats, X: Floats, y: Floats, treated: Bools) -> Check:
    """How strong a hidden confounder must be to erase the effect, in units of the strongest one observed.

    Cinelli & Hazlett 2020, doi:10.1111/rssb.12348: the bias of a confounder with partial R2 of r_y with the outcome
    and r_d with the treatment is se * sqrt(dof) * sqrt(r_y r_d / (1 - r_d)).
    """
    t, dof = _t_value(Z, y, treated)
    strongest = _strongest(X, y, treated)
    f = abs(t) / np.sqrt(dof)
    robustness = 0.5 * (np.sqrt(f**4 + 4 * f**2) - f**2)
    bias = np.sqrt(dof * strongest[0] * strongest[1] / max(1 - strongest[1], 1e-9))
    ratio = float(abs(t) / bias) if bias > 0 else float("inf")
    return Check(
        "sensitivity", ratio > 1, min(ratio, 1e6), 1.0,
        {"robustness_value": float(robustness), "r2_outcome": strongest[0], "r2_treatment": strongest[1]},
    )  # fmt: skip


def _t_value(Z: Floats, y: Floats, treated: Bools) -> tuple[float, int]:
    """The t value of the treatment in a regression of y on Z and treatment."""
    gram = Z.T @ Z + 1e-8 * len(Z) * np.eye(Z.shape[1])
    pair = np.column_stack([treated.astype(np.float64), y])
    D, r = (pair - Z @ np.linalg.solve(gram, Z.T @ pair)).T
    dof = len(y) - Z.shape[1] - 1
    slope = float(D @ r / (D @ D))
    se = np.sqrt(float(np.sum((r - slope * D) ** 2)) / dof / float(D @ D))
    return (slope / se if se > 0 else 0.0), dof


def _strongest(X: Floats, y: Floats, treated: Bools) -> tuple[float, float]:
    """Partial R2 with outcome and treatment of the feature that confounds most (largest product).

    Partial correlations are read off the inverse of the correlation matrix: of the feature with the treatment
    given the other features, and with the outcome given those and the treatment.
    """
    pair = np.column_stack([X, treated, y])
    correlation = np.corrcoef(pair, rowvar=False) + 1e-6 * np.eye(pair.shape[1])
    with_treatment = _partial(correlation[:-1, :-1])
    with_outcome = np.delete(_partial(correlation), X.shape[1])
    j = int(np.argmax(with_treatment * with_outcome))
    return float(with_outcome[j]), float(with_treatment[j])


def _partial(correlation: Floats) -> Floats:
    """Squared partial correlation of every variable with the last one, given all the others."""
    precision = np.linalg.inv(correlation)
    return np.asarray(precision[:-1, -1] ** 2 / (np.diag(precision)[:-1] * precision[-1, -1]))
