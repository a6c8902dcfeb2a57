"""Binary offers: what targeting by a score gains, per customer, beside targeting at random.

With the m units of highest score, of which N1 were treated and N0 were not, and their outcome sums Y1 and Y0:

    gain  U(m) = m (Y1/N1 - Y0/N0)        what the m units gain if all of them are treated
    Qini  Q(m) = Y1 - Y0 N1/N0            what those of them gained who were treated (Radcliffe 2007)

Curves are divided by n, so they are in units of outcome per customer; x is m/n. Units of equal score are reached
together: between the ends of a tie the curve is a straight line, so the order of rows never matters. A prefix with
only one of the arms has no estimate and is bridged by a straight line too. Areas are exact for such a curve.

Both assume that chance gave the treatment, with one probability for all (else use netlift.uplift.rate on doubly
robust scores). Q counts treated units only, so it grows with their share; compare Qini values at one share only.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import EstimationError
from netlift.uplift import checks
from netlift.uplift.estimate import REPLICATES, Estimate, Floats, half_samples, normal, spread

Kind = Literal["gain", "qini"]


class Curve(NamedTuple):
    """A curve from (0, 0) on, one point per distinct score."""

    share: Floats
    """Share of the units that are reached, 0 to 1."""
    value: Floats
    """Incremental outcome per customer of the whole sample, in the unit of the outcome."""


class Area(NamedTuple):
    """Area of a curve, and how much of it is due to the ranking."""

    excess: Estimate
    """Area between the curve and the straight line of targeting at random: 0 where the score knows nothing."""
    total: float
    """Area under the curve; for the gain curve this is the per-capita AUUC."""
    random: float
    """Area under the straight line: half of the curve's end."""
    n_treated: int
    n_control: int


class _Sorted(NamedTuple):
    """A sample by descending score."""

    outcome: Floats
    treated: Floats
    """1.0 or 0.0."""
    score: Floats


def curve(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike, *, kind: Kind = "gain") -> Curve:
    """The gain or Qini curve per customer; formulas and ties as the module says.

    Args:
        outcome: finite numbers of any unit, shape (n,).
        treatment: 1 treated, 0 control, shape (n,).
        score: higher is reached first, shape (n,).
        kind: `gain` or `qini`.

    Raises:
        EstimationError: values that are not finite, a constant treatment, fewer than 10 units in an arm.

    >>> y, t = [1, 0, 0, 0] * 10, [1, 0, 1, 0] * 10
    >>> curve(y, t, [2, 2, 1, 1] * 10).value.tolist()
    [0.0, 0.5, 0.5]
    """
    return _curve(_sorted(outcome, treatment, score), kind)


def qini(
    outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike, *,
    level: float = 0.95, replicates: int = REPLICATES, seed: int = 0,
) -> Area:  # fmt: skip
    """Per-capita Qini: area between the Qini curve and its straight line, with a half-sample interval.

    In the limit it is `e cov(effect, rank)`, e the share treated and rank 1 for the highest score, 0 for the lowest.

    Args:
        outcome: finite numbers, shape (n,).
        treatment: 1 treated, 0 control, shape (n,).
        score: higher is reached first, shape (n,).
        level: confidence level.
        replicates: half-samples.
        seed: of the half-samples.

    >>> y, t = [1, 0, 0, 0] * 10, [1, 0, 1, 0] * 10
    >>> qini(y, t, [2, 2, 1, 1] * 10).excess.estimate
    0.0625
    """
    return _area(_sorted(outcome, treatment, score), "qini", level, replicates, seed)


def auuc(
    outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike, *,
    level: float = 0.95, replicates: int = REPLICATES, seed: int = 0,
) -> Area:  # fmt: skip
    """Per-capita area under the gain curve; `excess` is `cov(effect, rank)` in the limit, whatever the share treated.

    Arguments as in `qini`.

    >>> area = auuc([1, 0, 0, 0] * 10, [1, 0, 1, 0] * 10, [2, 2, 1, 1] * 10)
    >>> area.total, area.random, area.excess.estimate
    (0.375, 0.25, 0.125)
    """
    return _area(_sorted(outcome, treatment, score), "gain", level, replicates, seed)


def uplift_at(
    outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike, share: float = 0.3, *,
    level: float = 0.95, replicates: int = REPLICATES, seed: int = 0,
) -> Estimate:  # fmt: skip
    """Effect per unit among the given share of highest score: `U(m) / m` at m = share n.

    Where the limit falls into a tie, the tied units count with the fraction that still fits.

    Args:
        outcome: finite numbers, shape (n,).
        treatment: 1 treated, 0 control, shape (n,).
        score: higher is reached first, shape (n,).
        share: of the units, above 0 and up to 1.
        level: confidence level.
        replicates: half-samples.
        seed: of the half-samples.

    Raises:
        EstimationError: as in `curve`, or one of the arms is missing in that share.

    >>> uplift_at([1, 0, 0, 0] * 10, [1, 0, 1, 0] * 10, [2, 2, 1, 1] * 10, 0.5).estimate
    1.0
    """
    data, checked = _sorted(outcome, treatment, score), checks.share(share)
    point = _uplift(data, checked)
    if np.isnan(point):
        raise EstimationError(
            f"the top {checked:.0%} by score hold only one of the arms, so their uplift is unknown: take a larger share"
        )
    method, statistic = f"uplift at {checked:g}", partial(_uplift, share=checked)
    return _estimate(data, statistic, point, level=level, replicates=replicates, seed=seed, method=method)


def _sorted(outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike) -> _Sorted:
    y = checks.column(outcome, "outcome")
    treated = checks.binary(treatment, rows=len(y)).astype(np.float64)
    ranked = checks.column(score, "score", rows=len(y))
    order = np.argsort(-ranked, kind="stable")
    return _Sorted(y[order], treated[order], ranked[order])


def _area(data: _Sorted, kind: Kind, level: float, replicates: int, seed: int) -> Area:
    points = _curve(data, kind)
    method = f"{kind} per capita"
    statistic = partial(_excess, kind=kind)
    excess = _estimate(data, statistic, statistic(data), level=level, replicates=replicates, seed=seed, method=method)
    treated = int(data.treated.sum())
    total, random = float(np.trapezoid(points.value, points.share)), float(points.value[-1] / 2)
    return Area(excess, total, random, treated, len(data.score) - treated)


def _estimate(
    data: _Sorted,
    statistic: Callable[[_Sorted], float],
    point: float,
    *,
    level: float,
    replicates: int,
    seed: int,
    method: str,
) -> Estimate:
    n = len(data.score)

    def on_half(rows: NDArray[np.intp]) -> Floats:
        return np.array(statistic(_Sorted(data.outcome[rows], data.treated[rows], data.score[rows])))

    halves = half_samples(on_half, n, replicates, seed)
    known = halves[np.isfinite(halves)]
    return normal(point, float(spread(known, n)), n, level=level, method=method)


def _excess(data: _Sorted, kind: Kind) -> float:
    points = _curve(data, kind)
    return float(np.trapezoid(points.value, points.share) - points.value[-1] / 2)


def _sums(data: _Sorted) -> tuple[Floats, Floats, Floats, Floats]:
    """N1, N0, Y1, Y0 of the units down to the end of each tie."""
    ends = np.append(np.flatnonzero(np.diff(data.score)), len(data.score) - 1)
    n1, y1 = np.cumsum(data.treated)[ends], np.cumsum(data.outcome * data.treated)[ends]
    return n1, ends + 1.0 - n1, y1, np.cumsum(data.outcome)[ends] - y1


def _curve(data: _Sorted, kind: Kind) -> Curve:
    n1, n0, y1, y0 = _sums(data)
    both = (n1 > 0) & (n0 > 0)
    n1, n0, y1, y0 = n1[both], n0[both], y1[both], y0[both]
    if not len(n1):  # a half-sample that lost an arm says nothing
        return Curve(np.array([0.0, 1.0]), np.zeros(2))
    effect, n = y1 / n1 - y0 / n0, len(data.score)
    reached = (n1 + n0) if kind == "gain" else n1
    return Curve(np.append(0.0, (n1 + n0) / n), np.append(0.0, effect * reached / n))


def _uplift(data: _Sorted, share: float) -> float:
    """Difference of means among the first share of the units, ties counted by fraction; nan without both arms."""
    m = share * len(data.score)
    ends = np.append(0.0, np.append(np.flatnonzero(np.diff(data.score)) + 1.0, len(data.score)))
    sums = [np.interp(m, ends, np.append(0.0, part)) for part in _sums(data)]
    n1, n0, y1, y0 = sums
    return float(y1 / n1 - y0 / n0) if n1 > 0 and n0 > 0 else float("nan")
