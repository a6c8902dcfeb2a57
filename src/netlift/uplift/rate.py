"""Rank-weighted average treatment effect: is the effect larger where the ranking says so?

With TOC(q) = (mean effect of the share q ranked highest) - (mean effect of all), for doubly robust scores s of the
effect (`netlift.uplift.scores.contrasts`):

    AUTOC = (1/n) sum_j TOC(j/n)            looks mostly at the very top
    Qini  = (1/n) sum_j (j/n) TOC(j/n)      weighs everybody alike; equals cov(effect, rank) in the limit

(Yadlowsky, Fleming, Shah, Brunskill & Wager 2021, arXiv:2111.07966). Both are 0 where the ranking knows nothing.
Within a tie every unit counts with the tie's mean score, so the order of rows never matters. Unlike the curves of
`netlift.uplift.ranking` this holds for any propensities that the scores allow for.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import EstimationError
from netlift.uplift import checks
from netlift.uplift.estimate import REPLICATES, Estimate, Floats, half_samples, normal, spread

Weighting = Literal["autoc", "qini"]


def toc(scores: ArrayLike, ranking: ArrayLike) -> Floats:
    """Targeting operator characteristic at j/n, j = 1 .. n, shape (n,), in the unit of the outcome.

    Args:
        scores: doubly robust scores of the effect, shape (n,).
        ranking: higher is treated first; made without these units' outcomes, shape (n,).

    >>> toc([3.0, 1.0, 0.0, 0.0] * 5, [4, 3, 1, 1] * 5)[[4, 9, 19]].tolist()
    [2.0, 1.0, 0.0]
    """
    return _toc(*_sorted(scores, ranking))


def rate(
    scores: ArrayLike, ranking: ArrayLike, *, weighting: Weighting = "autoc",
    level: float = 0.95, replicates: int = REPLICATES, seed: int = 0,
) -> Estimate:  # fmt: skip
    """RATE of a ranking with a half-sample interval, in the unit of the outcome.

    Args:
        scores: doubly robust scores of the effect, shape (n,).
        ranking: higher is treated first; made without these units' outcomes, shape (n,).
        weighting: `autoc` or `qini`.
        level: confidence level.
        replicates: half-samples.
        seed: of the half-samples.

    Raises:
        EstimationError: values that are not finite, shapes that do not fit, fewer than 20 units.

    >>> rate([1.0] * 10 + [0.0] * 10, [2] * 10 + [1] * 10, weighting="qini").estimate.__round__(3)
    0.125
    """
    data = _sorted(scores, ranking)

    def on_half(rows: NDArray[np.intp]) -> Floats:
        return np.array(_weighted(data[0][rows], data[1][rows], weighting))

    n = len(data[0])
    se = float(spread(half_samples(on_half, n, replicates, seed), n))
    return normal(_weighted(*data, weighting), se, n, level=level, method=f"rate {weighting}")


def _sorted(scores: ArrayLike, ranking: ArrayLike) -> tuple[Floats, Floats]:
    values = checks.column(scores, "scores")
    ranked = checks.column(ranking, "ranking", rows=len(values))
    if len(values) < 2 * checks.LEAST_PER_ARM:
        raise EstimationError(
            f"a ranking needs at least {2 * checks.LEAST_PER_ARM} units to be judged, got {len(values)}"
        )
    order = np.argsort(-ranked, kind="stable")
    return values[order], ranked[order]


def _toc(scores: Floats, ranking: Floats) -> Floats:
    starts = np.append(0, np.flatnonzero(np.diff(ranking)) + 1)
    sizes = np.diff(np.append(starts, len(scores)))
    even = np.repeat(np.add.reduceat(scores, starts) / sizes, sizes)
    curve: Floats = np.cumsum(even) / np.arange(1, len(even) + 1) - even.mean()
    return curve


def _weighted(scores: Floats, ranking: Floats, weighting: Weighting) -> float:
    curve = _toc(scores, ranking)
    if weighting == "autoc":
        return float(curve.mean())
    return float((curve * np.arange(1, len(curve) + 1)).mean() / len(curve))
