"""Effects, outcomes and propensities of customers by models that never saw them, and the log that judges rules by.

Each fold, drawn evenly within the arms, is predicted by a learner fitted on the others. What comes out may be held
against the same customers' outcomes (`netlift.uplift.policy`, `rate`, `calibration`, `costs`) without flattery.
"""

import dataclasses
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.uplift import checks
from netlift.uplift.checks import Floats, Ints
from netlift.uplift.diagnostics import balance
from netlift.uplift.learners.base import Fitted, Learner, Trial
from netlift.uplift.learners.rotation import SHALLOW, areas, folds_of, kept_inside, outside, refuse_separated
from netlift.uplift.learners.s import One, widened
from netlift.uplift.nuisance import BOOSTED, Maker, Matrix, covariates
from netlift.uplift.policy import Log

TOLD_APART = 0.9
"""Area under the ROC curve from which arms are flagged as hardly comparable (from 0.99 on they are refused)."""

LOOKED_AT = 100_000
"""Customers among whom leaks are looked for, at most."""


class Flag(NamedTuple):
    """Something about the data that an answer should be shown with."""

    code: Literal["clipped", "told_apart", "leak"]
    """clipped: estimated propensities beyond [0.01, 0.99] were moved there; told_apart: covariates nearly tell who got
    what; leak: in an experiment a covariate differs between arms by more than chance."""
    value: float
    """Share of customers; area under the ROC curve; standardised difference of means."""
    arm: int | None = None
    """The offer concerned, compared with control; None: all."""
    column: int | None = None
    """The covariate concerned."""


@dataclass(frozen=True, slots=True, eq=False)
class CrossFitted:
    """What `cross_fit` found. Where it was given m outcomes, effects and outcomes have them as their last axis."""

    effects: Floats
    """Effect of each offer against control, shape (n, offers) or (n, offers, m)."""
    outcomes: Floats
    """Outcome under each arm, shape (n, arms) or (n, arms, m)."""
    propensity: Floats
    """Probability of each arm, known or estimated, shape (n, arms)."""
    fold: Ints
    """The part with which each customer was held out, shape (n,)."""
    logs: tuple[Log, ...]
    """What was given and what came of it, one log per outcome."""
    flags: tuple[Flag, ...]
    """What to know before believing any of it."""
    models: tuple[tuple[Fitted, ...], ...]
    """The fitted learners, by fold and outcome."""
    several: bool
    """Whether outcomes are the last axis."""

    @property
    def log(self) -> Log:
        """The log of the first outcome."""
        return self.logs[0]

    @property
    def scores(self) -> Floats:
        """Doubly robust outcome of each customer under each arm, shape (n, arms) or (n, arms, m)."""
        return self._shaped(np.stack([log.scores for log in self.logs], axis=2))

    def predict(self, X: ArrayLike) -> Floats:
        """Effects for customers who were not in the log: the mean over the folds' models.

        Args:
            X: covariates, shape (rows, p).

        Returns:
            Shape (rows, offers) or (rows, offers, m).

        Raises:
            EstimationError: another number of covariates, or infinite values.
        """
        matrix = covariates(X, columns=self.models[0][0].columns)
        found = np.zeros((len(matrix), self.propensity.shape[1] - 1, len(self.logs)))
        for fitted in self.models:
            for place, model in enumerate(fitted):
                found[:, :, place] += model.effects(matrix)
        return self._shaped(found / len(self.models))

    def _shaped(self, found: Floats) -> Floats:
        return found if self.several else found[:, :, 0]


def cross_fit(
    learner: Learner,
    X: ArrayLike,
    arm: ArrayLike,
    outcome: ArrayLike,
    *,
    propensity: ArrayLike | None = None,
    customers: ArrayLike | None = None,
    folds: int = 5,
    seed: int = 0,
    base: Maker = BOOSTED,
    propensity_base: Maker = SHALLOW,
) -> CrossFitted:
    """Fit a learner once per fold on the other folds, and predict the fold.

    Args:
        learner: how effects are learned.
        X: covariates known before treatment, shape (n, p); NaN stands for unknown where the models take it.
        arm: 0 for control, 1 .. K for the offers, shape (n,).
        outcome: finite numbers, shape (n,); or several such as margin and cost, shape (n, m), which share folds and
            propensities.
        propensity: known probability of each arm, shape (arms,) or (n, arms); None: estimated.
        customers: who the units are, shape (n,); None: known to be different customers.
        folds: at least 2.
        seed: of folds and models.
        base: what predicts outcomes where the learner knows effects only.
        propensity_base: what estimates propensities.

    Raises:
        EstimationError: input that cannot be used, a customer twice, or covariates that tell who got what.

    >>> rng = np.random.default_rng(0)
    >>> from netlift.uplift.learners.t import T
    >>> X, arm = rng.random((400, 2)), rng.integers(0, 2, 400)
    >>> found = cross_fit(T(), X, arm, 3.0 * arm, propensity=[0.5, 0.5])
    >>> found.effects.shape, found.predict(X[:1]).round(6).tolist(), found.flags
    ((400, 1), [[3.0]], ())
    """
    columns, flat = _columns(np.asarray(outcome)), np.ndim(outcome) < 2
    trial = Trial.of(X, arm, columns[:, 0], propensity)
    if customers is not None:
        checks.distinct(customers, rows=len(trial))
    fold = folds_of(trial.arm, folds, seed)
    n, arms, m = len(trial), trial.arms, columns.shape[1]
    effects, outcomes, chances = np.empty((n, arms - 1, m)), np.empty((n, arms, m)), np.empty((n, arms))
    fitted: list[tuple[Fitted, ...]] = []
    for part in range(folds):
        held = fold == part
        learned, new = trial.part(~held), trial.features.part(held).values
        trials = [dataclasses.replace(learned, outcome=columns[~held, place]) for place in range(m)]
        fitted.append(tuple(learner.learn(one, seed) for one in trials))
        for place, model in enumerate(fitted[-1]):
            effects[held, :, place] = model.effects(new)
            outcomes[held, :, place] = _outcomes(model, trials[place], new, base, seed)
        if trial.propensity is None:
            chances[held] = propensity_base.classify(learned.features, learned.arm, arms, seed=seed).predict(new)
    e, flags = _judged(trial, chances, seed)
    return _put_together(trial, columns, effects, outcomes, e, fold=fold, flags=flags, fitted=fitted, flat=flat)


def _put_together(
    trial: Trial, columns: Floats, effects: Floats, outcomes: Floats, e: Floats, *,
    fold: Ints, flags: tuple[Flag, ...], fitted: list[tuple[Fitted, ...]], flat: bool,
) -> CrossFitted:  # fmt: skip
    """The answer, without the axis of outcomes where there is one only."""
    logs = tuple(Log.of(columns[:, k], trial.arm, e, outcomes[:, :, k]) for k in range(columns.shape[1]))
    return CrossFitted(
        effects[:, :, 0] if flat else effects, outcomes[:, :, 0] if flat else outcomes,
        e, fold, logs, flags, tuple(fitted), not flat,
    )  # fmt: skip


def _columns(outcome: NDArray[np.generic]) -> Floats:
    """One column per outcome, all finite."""
    if outcome.ndim == 2:
        return checks.matrix(outcome, "outcome", rows=len(outcome))
    return checks.column(outcome, "outcome")[:, None]


def _outcomes(model: Fitted, trial: Trial, new: Matrix, base: Maker, seed: int) -> Floats:
    """The learner's own predictions of the outcome, or those of one model of all arms."""
    found = model.outcomes(new)
    if found is not None:
        return found
    return One(trial.columns, trial.arms, base.regress(widened(trial), trial.outcome, seed=seed)).predicted(new)


def _judged(trial: Trial, estimated: Floats, seed: int) -> tuple[Floats, tuple[Flag, ...]]:
    """Propensities to go on with, and what to say of them."""
    if trial.propensity is not None:
        return np.array(trial.propensity), tuple(_leaks(trial, trial.propensity, seed))
    refuse_separated(estimated, trial.arm)
    found = [
        Flag("told_apart", float(area), k)
        for k, area in enumerate(areas(estimated, trial.arm), start=1)
        if area > TOLD_APART
    ]
    moved = outside(estimated)
    return kept_inside(estimated), (*found, *([Flag("clipped", moved)] if moved else []))


def _leaks(trial: Trial, propensity: Floats, seed: int) -> list[Flag]:
    """Covariates, or their being unknown, that differ between arms although chance drew the arms alike for all."""
    if not (propensity == propensity[0]).all():
        return []
    rows = np.arange(len(trial))
    if len(rows) > LOOKED_AT:
        rows = np.sort(np.random.default_rng(seed).choice(rows, LOOKED_AT, replace=False))
    X = trial.features.matrix[rows].astype(np.float64)
    unknown = np.isnan(X)
    lost = np.flatnonzero(unknown.any(axis=0))
    usual = np.nansum(X, axis=0) / np.maximum((~unknown).sum(axis=0), 1)
    filled = np.column_stack([np.where(unknown, usual, X), unknown[:, lost]])
    columns = [*range(trial.columns), *lost.tolist()]
    found = balance(filled, trial.arm[rows], [str(column) for column in columns])
    flags = {(one.arm, int(one.name)): one.difference for one in found if one.leak}
    return [Flag("leak", difference, k, column) for (k, column), difference in flags.items()]
