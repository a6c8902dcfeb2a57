"""How redemption and margin answer to face value: curves that start at 0 and never fall, by customer and on average.

From a log in which chance (or a known propensity e) gave each customer a dose d_0 = 0 < d_1 < ... of some offer:

1. mu(x, d): boosted trees that never fall in d, on the other folds; doubly robust scores s_ik of customer i at dose
   d_k (`netlift.uplift.scores`), and c_ik = s_ik - s_i0, which is right on average wherever e is.
2. average: the means of c_ik, made rising (or concave) by `dose_shape`. Interval ends are made rising as well, which
   keeps their order and, where the truth never falls, cannot move them away from it together (Chernozhukov,
   Fernandez-Val & Galichon 2009, doi:10.1093/biomet/asp030).
3. g(x, d): boosted trees on the c of the other folds that never fall in d; b: slope of c on g within doses
   (Chernozhukov et al. 2018, arXiv:1712.04802), kept within 0 and 1.
4. customer: average_k + b (g_ik - mean_i g_ik), put above 0 and made rising; where asked, its concave hull. Both only
   raise, so all curves are multiplied by the one factor <= 1 that brings their mean back to the average. Where b is
   not shown to be above 0, every customer has the average curve.

That a larger dose earns no less is assumed, not found; `contradictions` tells where the data say otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import EstimationError
from netlift.uplift import checks, dose_shape
from netlift.uplift.checks import Floats, Ints
from netlift.uplift.dose_average import Group, Shape, contradictions_of, groups_of, in_shape, means, slope_of
from netlift.uplift.dose_trees import Trees, contrast_models, outcome_predictions, read
from netlift.uplift.estimate import Estimate
from netlift.uplift.learners.base import Trial
from netlift.uplift.learners.rotation import SHALLOW, estimated, folds_of, kept_inside
from netlift.uplift.nuisance import Matrix, covariates
from netlift.uplift.scores import contrasts, doubly_robust

if TYPE_CHECKING:
    from lightgbm import Booster

Beyond = Literal["refuse", "clamp"]
Effect: TypeAlias = Callable[[Matrix], Floats]

MOST_DOSES = 40
"""Distinct doses that are taken for levels; more than these want rounding first."""


class _Form(NamedTuple):
    """From predicted effects to curves in shape: step 4 of the module."""

    doses: Floats
    """Shape (k,)."""
    average: Floats
    """The average from 0, shape (k,)."""
    centre: Floats
    """Mean of g at each dose above 0, shape (k - 1,)."""
    pull: float
    """b, within 0 and 1."""
    shape: Shape
    factor: float = 1.0

    def curves(self, effect: Floats) -> Floats:
        """Curves, shape (n, k), of customers with predicted effects g, shape (n, k - 1)."""
        raw = self.average[1:] + self.pull * (effect - self.centre)
        rising = np.hstack([np.zeros((len(raw), 1)), np.maximum(dose_shape.rising(raw), 0.0)])
        shaped = dose_shape.hull(rising, self.doses) if self.shape == "concave" else rising
        return np.asarray(self.factor * shaped)

    def level(self, effect: Floats) -> "_Form":
        """The form whose curves of these customers have the average for their mean, over all doses together."""
        mean, wanted = float(self.curves(effect).mean()), float(self.average.mean())
        return self._replace(factor=min(1.0, wanted / mean)) if mean > 0 else self


@dataclass(frozen=True, slots=True, eq=False)
class DoseResponse:
    """What a dose adds to an outcome, beyond no offer; learned by `dose_response`."""

    doses: Floats
    """The doses of the log, rising from 0, shape (k,)."""
    average: tuple[Estimate, ...]
    """Mean effect at each dose above 0, in the shape asked for."""
    found: tuple[Estimate, ...]
    """Mean effect at each dose above 0 by doubly robust scores, whatever its shape."""
    slope: Estimate
    """b: effect found per unit of predicted difference between customers."""
    groups: tuple[Group, ...]
    shape: Shape
    contradictions: tuple[tuple[float, float], ...]
    """Neighbouring doses of which the larger is shown to earn less (Bonferroni over all pairs)."""
    _form: _Form
    _effect: Effect

    @property
    def personal(self) -> bool:
        """Whether customers are shown to differ, so that each has a curve of their own."""
        return self.slope.lower > 0

    def beyond(self, doses: ArrayLike) -> NDArray[np.bool_]:
        """Which doses are larger than any in the log, so that nothing is known of them."""
        return np.asarray(np.asarray(doses, dtype=np.float64) > self.doses[-1])

    def curve(self, X: ArrayLike, doses: ArrayLike | None = None, *, beyond: Beyond = "refuse") -> Floats:
        """Expected effect of each dose on each customer, in the unit of the outcome, shape (n, doses).

        Args:
            X: covariates as they were learned from, shape (n, p).
            doses: at least 0, shape (m,); None: those of the log. Between doses of the log a line is drawn.
            beyond: `refuse` doses larger than any in the log, or `clamp` them to the value at the largest.

        Raises:
            EstimationError: other covariates than learned from, a negative dose, or one beyond the log.
        """
        wanted = self.doses if doses is None else checks.column(doses, "doses")
        if wanted.min(initial=0.0) < 0:
            raise EstimationError(f"a dose is at least 0, got {wanted.min():g}")
        if beyond == "refuse" and self.beyond(wanted).any():
            raise EstimationError(
                f"the largest dose in the log is {self.doses[-1]:g}; nothing is known of {wanted.max():g}: "
                "try it in a pilot, or pass beyond='clamp' to take the value at the largest"
            )
        return dose_shape.between(self._form.curves(self._effect(covariates(X))), self.doses, wanted)


def dose_response(
    X: ArrayLike,
    dose: ArrayLike,
    outcome: ArrayLike,
    *,
    propensity: ArrayLike | None = None,
    shape: Shape = "rising",
    folds: int = 5,
    groups: int = 5,
    level: float = 0.95,
    trees: Trees | None = None,
    seed: int = 0,
) -> DoseResponse:
    """Learn what each dose adds to an outcome.

    Args:
        X: covariates known before the offer, shape (n, p); NaN where unknown.
        dose: face value that each customer was given, 0 for no offer, shape (n,); up to 40 distinct values.
        outcome: 1 and 0 for used or not, or money such as margin before the offer's own cost, shape (n,).
        propensity: chance of each dose in rising order, shape (k,) or (n, k); None: estimated from the covariates.
        shape: `rising`, or `concave` where returns are known to fall.
        folds: parts of the sample, at least 2; each is predicted by models of the others.
        groups: for comparing predictions with what was found; fewer where there are fewer than 20 customers for each.
        level: confidence level.
        trees: size of the models.
        seed: of the folds and models.

    Raises:
        EstimationError: no dose of 0, a single dose, more than 40, negative ones, fewer than 10 customers or two per
            fold at one of them, values that are not finite, propensities that do not fit, or covariates that tell
            who got what.

    >>> rng = np.random.default_rng(0)
    >>> dose, x = rng.choice([0, 500, 1000], 3000), rng.normal(size=(3000, 2))
    >>> used = rng.random(3000) < 0.2 * (dose / 1000)
    >>> found = dose_response(x, dose, used, propensity=[1 / 3, 1 / 3, 1 / 3], trees=Trees(rounds=20, threads=1))
    >>> found.average[1].lower < 0.2 < found.average[1].upper
    True
    >>> found.curve(x[:2], [0, 250, 500])[0, 0]
    np.float64(0.0)
    """
    y = checks.column(outcome, "outcome")
    doses, given = _levels(dose, rows=len(y))
    trial = Trial.of(X, given, y, propensity)
    c, g, models = _learned(trial, doses, folds, trees or Trees(), seed)
    found, slope = means(c, level), slope_of(c, g, level)
    average = in_shape(found, doses, shape)
    base = np.append(0.0, [one.estimate for one in average])
    form = _Form(doses, base, g.mean(axis=0), _pull(slope), shape).level(g)
    return DoseResponse(
        doses, average, found, slope, groups_of(c, form.curves(g), g.mean(axis=1), groups, level), shape,
        contradictions_of(c, doses, level), form, lambda x: read(models, x, doses),
    )  # fmt: skip


def _pull(slope: Estimate) -> float:
    """b: how far predicted differences are believed, 0 where they are not shown to hold."""
    return min(slope.estimate, 1.0) if slope.lower > 0 else 0.0


def _learned(
    trial: Trial, doses: Floats, folds: int, trees: Trees, seed: int
) -> tuple[Floats, Floats, "list[Booster]"]:
    """Contrasts c and their predictions g, shape (n, k - 1) each, and the models behind g; steps 1 and 3."""
    X, fold, e = trial.covariates, folds_of(trial.arm, folds, seed), trial.propensity
    if e is None:
        e = kept_inside(estimated(trial, fold, SHALLOW, seed))
    mu = outcome_predictions(X, doses, trial.arm, trial.outcome, fold, trees=trees, seed=seed)
    c = contrasts(doubly_robust(trial.outcome, trial.arm, e, mu))
    models, g = contrast_models(X, doses, c, fold, trees=trees, seed=seed)
    return c, g, models


def _levels(dose: ArrayLike, *, rows: int) -> tuple[Floats, Ints]:
    """The distinct doses and which of them each customer had."""
    values = checks.column(dose, "dose", rows=rows)
    doses, given = np.unique(values, return_inverse=True)
    if not len(doses) or doses[0] != 0:
        least = f"the least is {doses[0]:g}" if len(doses) else "there is nobody"
        raise EstimationError(f"some customers must have had no offer, which is a dose of 0; {least}")
    if len(doses) > MOST_DOSES:
        raise EstimationError(f"{len(doses)} distinct doses, at most {MOST_DOSES} can be compared: round them first")
    return doses, checks.arms(given, max(len(doses), 2), rows=rows)
