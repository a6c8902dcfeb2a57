"""Prices of the rows, by cutting planes on the Lagrangian dual kept calm by the proximal level method.

The planes are those of Kelley (1960), the level method is that of Lemarechal, Nemirovskii & Nesterov (1995) and
Kiwiel (1995).

For prices `lambda >= 0` everybody's best answer gives an upper bound on every plan,

    D(lambda) = lambda . limit + sum_i max over i's choices of (value - lambda . use),

and each answer (value v_k, use u_k) gives a plane below D everywhere: `D(lambda) >= v_k + lambda . (limit - u_k)`. The
least point of the planes bounds min D from below; D itself bounds it from above. Both meet at the optimum of the
linear relaxation, and the multipliers of the planes mix the answers into a solution of it.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.allocation.kernel import Totals
from netlift.errors import EstimationError

Floats = NDArray[np.float64]

TOLERANCE = 1e-7
"""Relative distance between the two bounds at which the prices are called found."""
LEVEL = 0.3
"""How far between the floor and the best bound the next prices are sought; nearer the floor is bolder."""
PASSES = 400
"""Passes after which the search ends with what it has; the bound is valid all the same."""


class Prices(NamedTuple):
    """The best prices found, and what they prove."""

    prices: Floats
    """Thousandths of value per thousandth of a row, shape (rows,)."""
    bound: float
    """D at these prices: no plan is worth more; thousandths."""
    floor: float
    """The planes' least value: no prices prove less than this."""
    passes: int
    mixed_use: Floats
    """Use of each row in the mixed solution, shape (rows,)."""


class _Planes:
    """The planes so far, in prices that are scaled so that all rows look alike."""

    def __init__(self, limits: Floats, scale: Floats, most: Floats) -> None:
        self.limits, self.scale, self.most = limits, scale, most
        self.heights: list[float] = [0.0]  # nobody gets anything
        self.slopes: list[Floats] = [limits * scale]

    def add(self, found: Totals) -> None:
        self.heights.append(float(found.value))
        self.slopes.append((self.limits - found.use) * self.scale)

    def least(self) -> tuple[Floats, float, Floats]:
        """Least point of the planes, its height, and the multipliers of the planes."""
        from scipy.optimize import linprog

        rows = len(self.limits)
        unit = max(1.0, *(abs(h) for h in self.heights))
        slopes, heights = np.array(self.slopes) / unit, np.array(self.heights) / unit
        found = linprog(
            np.append(np.zeros(rows), 1.0), A_ub=np.column_stack([slopes, -np.ones(len(heights))]), b_ub=-heights,
            bounds=[*((0.0, most) for most in self.most), (None, None)], method="highs-ds",
        )  # fmt: skip
        if found.x is None:
            raise EstimationError(f"the prices' linear programme was not solved: {found.message}")
        return found.x[:rows], float(found.x[rows]) * unit, -found.ineqlin.marginals

    def nearest(self, centre: Floats, level: float) -> Floats | None:
        """The point nearest to `centre` at which no plane is above `level`; None: numbers too close to tell.

        Least distance programming by non-negative least squares (Lawson & Hanson 1974, chapter 23).
        """
        from scipy.optimize import nnls

        rows, unit = len(self.limits), max(1.0, *(abs(h) for h in self.heights))
        slopes, heights = np.array(self.slopes) / unit, np.array(self.heights) / unit
        norms = np.linalg.norm(slopes, axis=1)
        kept = norms > 0
        G = np.vstack([-slopes[kept] / norms[kept, None], np.eye(rows), -np.eye(rows)])
        h = np.concatenate([
            (heights[kept] + slopes[kept] @ centre - level / unit) / norms[kept], -centre, centre - self.most
        ])  # fmt: skip
        try:
            weights, distance = nnls(np.vstack([G.T, h]), np.append(np.zeros(rows), 1.0), maxiter=50 * len(h))
        except RuntimeError:
            return None
        rest = np.vstack([G.T, h]) @ weights - np.append(np.zeros(rows), 1.0)
        if not distance > 1e-12 or rest[-1] == 0:
            return None
        return np.clip(centre - rest[:-1] / rest[-1], 0.0, self.most)


def find_prices(
    pass_over: Callable[[Floats], Totals],
    limits: NDArray[np.int64],
    most: Floats,
    *,
    begin: Floats | None = None,
    tolerance: float = TOLERANCE,
    passes: int = PASSES,
) -> Prices:
    """The prices of least bound.

    Args:
        pass_over: totals of everybody's best answer to prices, shape (rows,); where it runs is its own affair.
        limits: of the rows, shape (rows,).
        most: prices above which nobody would use a row; where even they do not suffice, no plan keeps the row.
        begin: prices to start from, e.g. of a sample or of yesterday.
        tolerance: relative distance of the bounds.
        passes: at most.
    """
    bounds = limits.astype(np.float64)
    rows = len(bounds)
    first = pass_over(np.zeros(rows))
    if not rows:
        return Prices(np.zeros(0), float(first.value), float(first.value), 1, np.zeros(0))
    scale = _scale(first, most)
    planes = _Planes(bounds, scale, most / scale)
    planes.add(first)
    centre, best, done = np.zeros(rows), float(first.value), 1
    if begin is not None and begin.any():
        centre, best, done = _try(pass_over, planes, begin, centre, best, done)
    while done < passes:
        lowest, floor, _ = planes.least()
        if best - floor <= tolerance * max(1.0, abs(best)):
            break
        point = planes.nearest(centre, floor + LEVEL * (best - floor))
        if point is None:
            point = lowest
        found = pass_over(point * scale)
        planes.add(found)
        done += 1
        value = _bound(found, bounds, point * scale)
        if value < best:
            centre, best = point, value
    _, floor, mix = planes.least()
    uses = bounds - np.array(planes.slopes) / scale
    return Prices(centre * scale, best, floor, done, mix @ uses)


def _try(
    pass_over: Callable[[Floats], Totals], planes: _Planes, begin: Floats, centre: Floats, best: float, done: int
) -> tuple[Floats, float, int]:
    found = pass_over(begin)
    planes.add(found)
    value = _bound(found, planes.limits, begin)
    return (begin / planes.scale, value, done + 1) if value < best else (centre, best, done + 1)


def _bound(found: Totals, limits: Floats, prices: Floats) -> float:
    """D at these prices."""
    return float(found.value) + float(prices @ (limits - found.use))


def _scale(first: Totals, most: Floats) -> Floats:
    """About what a unit of each row earns when nothing is limited; where nothing uses it, part of the highest price."""
    used = np.abs(first.use).astype(np.float64)
    typical = np.divide(abs(first.value), used, out=np.zeros(len(used)), where=used > 0)
    scale: Floats = np.where((typical > 0) & (typical < most), typical, most * 0.01)
    return np.where(scale > 0, scale, 1.0)
