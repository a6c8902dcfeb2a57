"""A rule beside the simple answers, on one log, by paired differences: personalisation has to earn its name.

The simple answers are: no offer; the best single arm to everybody; the best single offer to as many customers as the
rule gives offers, by rank of predicted response (what targeting by P(buy) does); the rule's mix of arms to customers
at random. All are valued by the same doubly robust scores, so a difference is a mean of one term per customer with
error sd / sqrt(n).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import EstimationError
from netlift.uplift import checks
from netlift.uplift.checks import Floats, Ints
from netlift.uplift.estimate import Estimate, mean_of
from netlift.uplift.policy import Log, policy_matrix

NO_OFFER, BEST_ARM, RESPONSE, RANDOM = "no offer", "best single arm", "ranking by response", "random"


class Comparison(NamedTuple):
    """Value of a policy beside those of simple ones."""

    policy: Estimate
    """Outcome per customer under the policy, in its unit."""
    baselines: Mapping[str, Estimate]
    """The same under each simple answer, by name."""
    differences: Mapping[str, Estimate]
    """Policy less each simple answer, paired."""
    best_arm: int
    """The single arm of highest estimated value over the whole log."""

    @property
    def not_shown_to_beat(self) -> tuple[str, ...]:
        """The simple answers whose difference from the policy has an interval that reaches down to 0."""
        return tuple(name for name, difference in self.differences.items() if difference.lower <= 0)


def compare(
    log: Log,
    policy: ArrayLike,
    *,
    response: ArrayLike | None = None,
    folds: int = 5,
    level: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Value of a policy and its paired differences from the simple answers, all by doubly robust scores.

    Best arms and offers are chosen for each fold of the log on the other folds, so that choosing does not flatter
    them.

    Args:
        log: what was given and what came of it; arm 0 is no offer.
        policy: arm for each unit, shape (n,), or its probabilities, shape (n, arms); made without these outcomes.
        response: predicted outcome or chance of buying, shape (n,); None: the outcome that the log's predictions
            expect under the log's own rule, `sum_k e_k mu_k`, which is what a model of response learns.
        folds: for choosing the best arm, at least 2.
        level: confidence level.
        seed: of the folds.

    Raises:
        EstimationError: a policy or response that does not fit, or too few units for the folds.

    >>> log = Log.of([1.0, 3.0] * 20, [0, 1] * 20, [0.5, 0.5], np.tile([1.0, 3.0], (40, 1)))
    >>> found = compare(log, [1] * 40)
    >>> found.differences["no offer"].estimate, found.not_shown_to_beat
    (2.0, ('best single arm', 'ranking by response', 'random'))
    """
    n, scores, chances = len(log.outcome), log.scores, policy_matrix(policy, log)
    expected = (log.propensity * log.prediction).sum(axis=1) if response is None else response
    reached = _highest(checks.column(expected, "response", rows=n), float(chances[:, 1:].sum()))
    own, fold = (chances * scores).sum(axis=1), _folds(n, folds, seed)
    terms = {
        NO_OFFER: scores[:, 0],
        BEST_ARM: _best(scores, fold),
        RESPONSE: (1 - reached) * scores[:, 0] + reached * _best(scores[:, 1:], fold),
        RANDOM: scores @ chances.mean(axis=0),
    }
    return Comparison(
        mean_of(own, level=level, method="dr"),
        {name: mean_of(term, level=level, method="dr") for name, term in terms.items()},
        {name: mean_of(own - term, level=level, method="dr, paired") for name, term in terms.items()},
        int(scores.mean(axis=0).argmax()),
    )


def _folds(n: int, folds: int, seed: int) -> Ints:
    if not 2 <= folds <= n // 2:
        raise EstimationError(f"choosing the best arm needs 2 to {n // 2} folds on {n} units, got {folds}")
    return np.random.default_rng(seed).permutation(n) % folds


def _best(scores: Floats, fold: Ints) -> Floats:
    """Score of each unit under the arm that was best on the other folds."""
    chosen = np.empty(len(scores))
    for part in np.unique(fold):
        held = fold == part
        chosen[held] = scores[held, int(scores[~held].mean(axis=0).argmax())]
    return chosen


def _highest(response: Floats, number: float) -> Floats:
    """1 for the given number of highest responses, else 0; a tie at the limit shares what is left."""
    _, member, sizes = np.unique(-response, return_inverse=True, return_counts=True)
    reached: Floats = np.clip((number - (np.cumsum(sizes) - sizes)) / sizes, 0.0, 1.0)[member]
    return reached
