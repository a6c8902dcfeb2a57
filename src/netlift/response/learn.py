"""Learning what offers change from one log: averages, who differs, and how far predictions may be believed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from netlift.errors import EstimationError
from netlift.response.checks import LEAST_LEFT, TRIM, Bools, of_comparison, of_experiment
from netlift.response.held import Held, held
from netlift.response.personal import of_cost, of_net, personal, rule_of
from netlift.response.predictions import COST, ENOUGH, MARGIN, Predictions, cross_fitted, linear
from netlift.response.results import Why
from netlift.response.shrink import Shrink, flat
from netlift.types import Check
from netlift.uplift.calibration import Group, calibration, groups
from netlift.uplift.checks import Floats, Ints
from netlift.uplift.compare import Comparison
from netlift.uplift.estimate import Estimate, mean_of, normal
from netlift.uplift.policy import Log
from netlift.uplift.scores import contrasts, doubly_robust

METHOD = "dr, cross-fitted"
GROUPS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One log as arrays; rows are customers."""

    X: Floats
    """Features known before the start, shape (n, p), no NaN."""
    names: tuple[str, ...]
    arm: Ints
    """0 is control, shape (n,)."""
    propensity: Floats | None
    """Of every arm, shape (n, arms), where chance decided; None: to be estimated."""
    outcomes: Floats
    """Margin and cost, shape (n, 2); margin less cost is what counts."""
    contact: Floats
    """Cost of a contact in each treatment arm, shape (arms - 1,)."""

    @property
    def arms(self) -> int:
        """Control included."""
        return len(self.contact) + 1

    def part(self, inside: Bools) -> "Sample":
        """The customers that a mask keeps."""
        known = None if self.propensity is None else self.propensity[inside]
        return Sample(self.X[inside], self.names, self.arm[inside], known, self.outcomes[inside], self.contact)


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """What is known of one offer."""

    margin: Estimate
    """Average effects per customer offered; the contact's cost is part of the cost."""
    cost: Estimate
    net: Estimate
    slope: Estimate | None
    groups: tuple[Group, ...]
    net_rule: Shrink
    cost_rule: Shrink
    treated: int
    control: int

    @property
    def whose(self) -> Why:
        """Whose figure a customer gets."""
        if not self.net_rule.varies:
            return Why.AVERAGE_FOR_ALL
        shown = self.net_rule.beyond.slope > 0 or (self.slope is not None and self.slope.lower > 0)
        return Why.PERSONAL if shown else Why.OWN_HABITS


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What one log taught."""

    arms: tuple[Arm, ...]
    """One for each treatment arm."""
    predict: Callable[[Floats], Floats] | None
    """What is said of features (m, p), shape (m, offers, 3), see `predictions`; None: averages only."""
    comparison: Comparison | None
    """Personalised beside the simple answers; None: averages only."""
    checks: tuple[Check, ...]
    kept: Bools
    """Which rows of the sample were compared, shape (n,)."""
    propensity: Floats
    """Of every arm for all rows, known or estimated out of fold, shape (n, arms)."""
    held: Held
    """Beliefs about the rows that were compared, from folds that they are not in."""


def learn(sample: Sample, *, level: float, seed: int) -> Lesson:
    """Averages and personal effects of every offer of a log.

    With fewer than `ENOUGH` customers in an arm: averages only, everybody gets them.

    Args:
        sample: the log.
        level: of all intervals, and at which customers must be shown to differ.
        seed: of folds and models.

    Raises:
        EstimationError: too few customers in an arm, nobody to compare with, values that are not finite.
    """
    enough = np.bincount(sample.arm, minlength=sample.arms).min() >= ENOUGH and bool(sample.names)
    found = (cross_fitted if enough else linear)(
        sample.X, sample.arm, sample.outcomes, propensity=sample.propensity, seed=seed
    )
    kept = _comparable(sample, found.propensity)
    part, seen = sample.part(kept), found.part(kept)
    scores = np.stack([_scores(part, seen, place) for place in (MARGIN, COST)], axis=2)
    raw, contact = seen.said, part.contact
    earned, paid = scores[:, :, MARGIN] - scores[:, :, COST] - contact, scores[:, :, COST] + contact
    arms = tuple(
        _arm(part, scores, k, None if raw is None else raw[:, k], level=level) for k in range(len(sample.contact))
    )
    comparison = None
    if raw is not None:
        comparison = personal(_log(part, seen), of_net(raw), seen.fold, fixed=-contact, level=level, seed=seed)
    asked = _checks(sample, found.propensity, kept)
    known = held(earned, paid, raw, seen.fold, contact=contact, level=level)
    return Lesson(arms, found.predict, comparison, asked, kept, found.propensity, known)


def _checks(sample: Sample, propensity: Floats, kept: Bools) -> tuple[Check, ...]:
    if sample.propensity is not None:
        return of_experiment(sample.X, sample.arm, propensity, sample.names)
    return of_comparison(sample.X, sample.arm, propensity, kept, sample.names)


def _comparable(sample: Sample, propensity: Floats) -> Bools:
    """Customers who could have had every arm; in an experiment everybody.

    Raises:
        EstimationError: fewer than 20 of an arm are left.
    """
    if sample.propensity is not None:
        return np.ones(len(sample.arm), dtype=np.bool_)
    kept: Bools = propensity.min(axis=1) >= TRIM
    left = int(np.bincount(sample.arm[kept], minlength=sample.arms).min())
    if left < LEAST_LEFT:
        raise EstimationError(
            f"no overlap: only {left} customers of an arm are like customers of the other arms, so that nobody is "
            "left to compare with"
        )
    return kept


def _log(part: Sample, seen: Predictions) -> Log:
    """The log in money: outcomes with everything paid."""
    paid = np.concatenate([[0.0], part.contact])
    profit = part.outcomes[:, MARGIN] - part.outcomes[:, COST] - paid[part.arm]
    expected = seen.outcomes[:, :, MARGIN] - seen.outcomes[:, :, COST] - paid
    return Log.of(profit, part.arm, seen.propensity, expected)


def _scores(part: Sample, seen: Predictions, place: int) -> Floats:
    """Doubly robust scores of each offer's effect on one outcome, shape (n, offers)."""
    return contrasts(doubly_robust(part.outcomes[:, place], part.arm, seen.propensity, seen.outcomes[:, :, place]))


def _arm(part: Sample, scores: Floats, k: int, raw: Floats | None, *, level: float) -> Arm:
    """One offer from all scores (n, offers, 2) and what is said of it, shape (n, 3)."""
    contact = float(part.contact[k])
    margin, cost, net = _money(scores[:, k], contact, level=level)
    treated, control = int((part.arm == k + 1).sum()), int((part.arm == 0).sum())
    if raw is None:
        return Arm(margin, cost, net, None, (), flat(net), flat(cost), treated, control)
    earned, paid = scores[:, k, MARGIN] - scores[:, k, COST] - contact, scores[:, k, COST] + contact
    predicted, slope, found = raw[:, MARGIN] - raw[:, COST] - contact, None, tuple[Group, ...]()
    if np.ptp(predicted) > 0:
        slope = calibration(earned, predicted, level=level).slope
        found = tuple(groups(earned, predicted, GROUPS, level=level))
    return Arm(
        margin, cost, net, slope, found, rule_of(earned, of_net(raw), level=level, fixed=-contact),
        rule_of(paid, of_cost(raw), level=level, fixed=contact), treated, control,
    )  # fmt: skip


def _money(scores: Floats, contact: float, *, level: float) -> tuple[Estimate, Estimate, Estimate]:
    """Average margin, cost and net margin; the last is the difference of the first two to the last bit."""
    margin = mean_of(scores[:, MARGIN], level=level, method=METHOD)
    cost = mean_of(scores[:, COST] + contact, level=level, method=METHOD)
    error = mean_of(scores[:, MARGIN] - scores[:, COST], level=level, method=METHOD).se
    net = normal(margin.estimate - cost.estimate, error, margin.n, level=level, method=METHOD)
    return margin, cost, net
