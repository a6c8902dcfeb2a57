"""Prices of the rows, by cutting planes on the Lagrangian dual kept calm by the proximal level method.

The planes are those of Kelley (1960), the level method is that of Lemarechal, Nemirovskii & Nesterov (1995) and
Kiwiel (1995).

For prices `lambda >= 0` everybody's best answer gives an upper bound on every plan,

    D(lambda) = lambda . limit + sum_i max over i's choices of (value - lambda . use),

and each answer (value v_k, use u_k) gives a plane below D everywhere: `D(lambda) >= v_k + lambda . (limit - u_k)`. The
least point of the planes bounds min D from below; D itself bounds it from above. Both meet at the optimum of the
linear relaxation, and the multipliers of the planes mix the answers into a solution of it.
"""

from typing import NamedTuple, Protocol

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

NEAR = 0.25
"""How far from prices to begin with the search goes at first, as a share of them."""
NOTHING = 0.02
"""And how far from a price of nothing, as a share of a typical price."""
OFTEN = 6
"""Passes after which the walls around the best prices are drawn anew."""


class Prices(NamedTuple):
    """The best prices found, and what they prove."""

    prices: Floats
    """Thousandths of value per thousandth of a row, shape (rows,)."""
    bound: float
    """D at these prices: no plan is worth more; thousandths."""
    floor: float
    """The planes' least value: no prices near these prove less."""
    passes: int
    mixed_use: Floats
    """Use of each row in the mixed solution, shape (rows,)."""


class _Planes:
    """The planes so far, in prices that are scaled so that all rows look alike."""

    def __init__(self, limits: Floats, scale: Floats, most: Floats) -> None:
        self.limits, self.scale, self.most = limits, scale, most
        self.low, self.high = np.zeros(len(limits)), most.copy()
        self.heights: list[float] = [0.0]  # nobody gets anything
        self.slopes: list[Floats] = [limits * scale]

    def add(self, found: Totals) -> None:
        self.heights.append(float(found.value))
        self.slopes.append((self.limits - found.use) * self.scale)

    def least(self) -> tuple[Floats, float, Floats]:
        """Least point of the planes in the box, its height, and the multipliers of the planes."""
        from scipy.optimize import linprog

        rows = len(self.limits)
        slopes, heights, unit = self._scaled()
        found = linprog(
            np.append(np.zeros(rows), 1.0), A_ub=np.column_stack([slopes, -np.ones(len(heights))]), b_ub=-heights,
            bounds=[*zip(self.low, self.high, strict=True), (None, None)], method="highs-ds",
        )  # fmt: skip
        if found.x is None:
            raise EstimationError(f"the prices' linear programme was not solved: {found.message}")
        return found.x[:rows], float(found.x[rows]) * unit, -found.ineqlin.marginals

    def box(self, level: float) -> tuple[Floats, Floats]:
        """The least box that holds every point of the box at which no plane is above `level`."""
        from scipy.optimize import linprog

        slopes, heights, unit = self._scaled()
        room = level / unit - heights + 1e-12 * np.abs(heights)
        low, high = self.low.copy(), self.high.copy()
        for r in range(len(low)):
            aim = np.zeros(len(low))
            for sign, side in ((1.0, low), (-1.0, high)):
                aim[r] = sign
                found = linprog(
                    aim, A_ub=slopes, b_ub=room, bounds=list(zip(self.low, self.high, strict=True)), method="highs-ds"
                )
                if found.x is not None:
                    side[r] = found.x[r]
        wide = 1e-6 * (high - low) + 1e-12 * high
        return np.maximum(low - wide, self.low), np.minimum(high + wide, self.high)

    def _scaled(self) -> tuple[Floats, Floats, float]:
        unit = max(1.0, *(abs(h) for h in self.heights))
        return np.array(self.slopes) / unit, np.array(self.heights) / unit, unit

    def nearest(self, centre: Floats, level: float) -> Floats | None:
        """The point nearest to `centre` at which no plane is above `level`; None: numbers too close to tell.

        Least distance programming by non-negative least squares (Lawson & Hanson 1974, chapter 23).
        """
        from scipy.optimize import nnls

        rows = len(self.limits)
        slopes, heights, unit = self._scaled()
        norms = np.linalg.norm(slopes, axis=1)
        kept = norms > 0
        G = np.vstack([-slopes[kept] / norms[kept, None], np.eye(rows), -np.eye(rows)])
        h = np.concatenate([
            (heights[kept] + slopes[kept] @ centre - level / unit) / norms[kept], self.low - centre, centre - self.high
        ])  # fmt: skip
        try:
            weights, distance = nnls(np.vstack([G.T, h]), np.append(np.zeros(rows), 1.0), maxiter=50 * len(h))
        except RuntimeError:
            return None
        rest = np.vstack([G.T, h]) @ weights - np.append(np.zeros(rows), 1.0)
        if not distance > 1e-12 or rest[-1] == 0:
            return None
        return np.clip(centre - rest[:-1] / rest[-1], self.low, self.high)


class Pass(Protocol):
    """Totals of everybody's best answer to prices, shape (rows,); where they are counted is its own affair."""

    costly: bool
    """Whether it is worth while to tell it where the prices will lie."""

    def __call__(self, prices: Floats, /) -> Totals:
        """What everybody's best answer adds up to."""

    def narrow(self, low: Floats, high: Floats, /) -> None:
        """A hint: from now on prices will mostly lie between these."""


def find_prices(
    pass_over: Pass,
    limits: NDArray[np.int64],
    most: Floats,
    *,
    begin: Floats | None = None,
    tolerance: float = TOLERANCE,
    passes: int = PASSES,
) -> Prices:
    """The prices of least bound.

    Args:
        pass_over: where customers answer prices.
        limits: of the rows, shape (rows,).
        most: prices above which nobody would use a row; where even they do not suffice, no plan keeps the row.
        begin: prices to start from, e.g. of a sample or of yesterday; the search stays near them while it can.
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
    centre, best, done, asked = np.zeros(rows), float(first.value), 1, 0
    near = begin is not None and bool(begin.any())
    if begin is not None and near:
        centre, best, done = _begin(pass_over, planes, np.minimum(begin, most))
    while done < passes:
        lowest, floor, _ = planes.least()
        if best - floor <= tolerance * max(1.0, abs(best)):
            if not (near and _wider(planes, lowest)):
                break
            pass_over.narrow(planes.low * scale, planes.high * scale)
            continue
        if pass_over.costly and done - asked >= OFTEN:
            low, high = planes.box(best)
            pass_over.narrow(low * scale, high * scale)
            asked = done
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


def _begin(pass_over: Pass, planes: _Planes, begin: Floats) -> tuple[Floats, float, int]:
    """Stay near prices that are nearly right: within a quarter, or within a little of nothing."""
    centre = begin / planes.scale
    planes.low = np.where(centre > NOTHING, centre * (1 - NEAR), 0.0)
    planes.high = np.minimum(planes.most, centre * (1 + NEAR) + NOTHING)
    pass_over.narrow(planes.low * planes.scale, planes.high * planes.scale)
    found = pass_over(begin)
    planes.add(found)
    return centre, _bound(found, planes.limits, begin), 2


def _wider(planes: _Planes, lowest: Floats) -> bool:
    """Open the box where the least point stands at a wall that is not a real one; whether there was such a wall."""
    down = (planes.low > 0) & (lowest <= planes.low * (1 + 1e-9))
    up = (planes.high < planes.most) & (lowest >= planes.high * (1 - 1e-9))
    planes.low = np.where(down, np.where(planes.low > 0.02, planes.low / 4, 0.0), planes.low)
    planes.high = np.where(up, np.minimum(planes.most, planes.high * 4), planes.high)
    return bool(down.any() or up.any())


def _bound(found: Totals, limits: Floats, prices: Floats) -> float:
    """D at these prices."""
    return float(found.value) + float(prices @ (limits - found.use))


def _scale(first: Totals, most: Floats) -> Floats:
    """About what a unit of each row earns when nothing is limited; where nothing uses it, part of the highest price."""
    used = np.abs(first.use).astype(np.float64)
    typical = np.divide(abs(first.value), used, out=np.zeros(len(used)), where=used > 0)
    scale: Floats = np.where((typical > 0) & (typical < most), typical, most * 0.01)
    return np.where(scale > 0, scale, 1.0)
