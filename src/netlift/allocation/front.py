"""Several goals at once: the plans of which none is better in one goal without being worse in another.

Goals are sums over who gets what (profit, revenue, extra orders, discount on what people buy anyway, contacts as a
negative number), and, if asked for, fairness: the share of its customers that the least reached segment gets. Plans are
found as the best of weighted sums, and, where the front is hollow, as the best of one goal while the others reach a
level (Haimes, Lasdon & Wismer 1971). In small problems each is then pushed on as far as no goal loses (Benson 1978,
doi:10.1007/BF00933152): what cannot be pushed stands on the front.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.allocation.optimiser import result
from netlift.allocation.optimisers.dual import Dual, prices_of
from netlift.allocation.optimisers.milp import Milp
from netlift.allocation.problem import UNIT, Cells, Ints, Problem, Row, whole
from netlift.allocation.result import Result
from netlift.errors import DataError, EstimationError

Floats = NDArray[np.float64]

FAIRNESS = "fairness"
"""Name of the goal that comes with segments."""
_LARGE = 1e6
"""Largest value of a candidate in a mixture of goals; keeps nine digits in whole thousandths."""
EXACT = 60
"""Candidates up to which integer programmes solve, and push a plan on to the front; above, prices do, the other goals
count a ten-thousandth in every mixture, and a plan stands on the front up to its gap."""
BISECTIONS = 7
"""Levels that are tried for the fairest plan."""
_FLOOR = "front:"
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19)


class Point(NamedTuple):
    """A plan on the front."""

    result: Result
    """Who gets what; `value` and `use` are those of the problem."""
    values: Mapping[str, float]
    """What it reaches of every goal; sums in the goal's unit, fairness as a share."""
    gap: float
    """How much more its mixture of goals could reach, as a share, at the most."""


@dataclass(frozen=True, slots=True, eq=False)
class Front:
    """Plans of which none is dominated by another, from the most of the first goal to the least."""

    goals: tuple[str, ...]
    points: tuple[Point, ...]
    best: Mapping[str, float]
    """The most that was reached of each goal."""
    worst: Mapping[str, float]
    """The least that a plan reaches that is best in another goal."""

    @property
    def values(self) -> Floats:
        """Goals of all points, shape (points, goals)."""
        return np.array([[point.values[goal] for goal in self.goals] for point in self.points]).reshape(
            -1, len(self.goals)
        )

    @property
    def hypervolume(self) -> float:
        """Share of the box between `worst` and `best` that some plan reaches in all goals; goals that never differ
        are left out, and with fewer than two that do it is 1."""  # noqa: D205, D209
        low, high = (np.array([side[goal] for goal in self.goals]) for side in (self.worst, self.best))
        told = high > low
        if told.sum() < 2:
            return 1.0
        return hypervolume((self.values[:, told] - low[told]) / (high - low)[told], np.zeros(int(told.sum())))


def front(
    problem: Problem, objectives: Mapping[str, ArrayLike], *, points: int = 20, segments: ArrayLike | None = None
) -> Front:
    """The front of several goals, all of which more is better of.

    Args:
        problem: who could get what, under which limits; its own values count only if they are given as a goal, e.g.
            `{"profit": problem.value / UNIT, ...}`.
        objectives: what each candidate adds to each goal, in order of candidates.
        points: mixtures and levels that are tried beside the best of each goal; fewer plans may come of them.
        segments: number of each customer's segment, shape (customers,); adds the goal `fairness`.

    Raises:
        DataError: no goal, cells of another length, or numbers that are not finite.

    >>> problem = Problem.of([[3.0, 1.0], [2.0, 2.5]])
    >>> found = front(problem, {"profit": problem.value / UNIT, "orders": [0.0, 1.0, 0.0, 0.1]})
    >>> [tuple(point.values.values()) for point in found.points]
    [(5.5, 0.1), (3.5, 1.1)]
    """
    search = _Search(problem, objectives, None if segments is None else np.asarray(segments, dtype=np.int64))
    search.extremes()
    if len(search.goals) > 1:
        half = points // 2
        for weights in _simplex(half, len(search.cells)) if len(search.cells) > 1 else ():
            search.weighted(weights)
        for levels in _halton(points - half, len(search.goals) - 1):
            search.levelled(levels)
    return search.front()


class _Try(NamedTuple):
    """A plan met on the way."""

    chosen: Ints
    totals: tuple[int, ...]
    """Of each goal, thousandths; fairness last, in billionths."""
    gap: float
    relaxed: Mapping[str, int]


class _Search:
    """Plans found so far."""

    def __init__(self, problem: Problem, objectives: Mapping[str, ArrayLike], segments: Ints | None) -> None:
        self.problem, self.segments = problem, segments
        self.cells = [whole(np.ravel(np.asarray(cells, dtype=np.float64))) for cells in objectives.values()]
        self.goals = (*objectives, *(() if segments is None else (FAIRNESS,)))
        _check(problem, self.cells, self.goals, segments)
        self.sizes = np.zeros(0, np.int64) if segments is None else np.bincount(segments)
        self.tried: list[_Try] = []
        self.ends = 0
        """How many of them are best in one goal."""
        self.prices: dict[str, float] = {}
        self.scale = np.array([max(1.0, float(np.abs(c).max(initial=0))) for c in self.cells])

    def extremes(self) -> None:
        """The best of each goal, and among those the best of the others; then the scales of the goals are known."""
        for goal in range(len(self.cells)):
            self._solve(np.eye(len(self.cells))[goal], {})
        if self.segments is not None:
            self._fairest()
        self.ends = len(self.tried)
        if not self.tried:
            return
        totals = np.array([t.totals for t in self.tried], dtype=np.float64)[:, : len(self.cells)]
        spread = totals.max(axis=0) - totals.min(axis=0)
        self.scale = np.where(spread > 0, spread, np.maximum(np.abs(totals).max(axis=0), 1.0))

    def _fairest(self) -> None:
        """The highest level that every segment can be brought to: all, or else by bisection."""
        low, high, level = 0.0, 1.0, 1.0
        for _ in range(BISECTIONS):
            reached = self._solve(np.ones(len(self.cells)), {len(self.cells): int(level * 1e9)})
            if reached and self.tried[-1].totals[-1] >= 0.98e9 * level:
                low = level
            else:
                high = level
            if low == high:
                return
            level = (low + high) / 2

    def weighted(self, weights: Floats) -> None:
        """The best of a weighted sum."""
        self._solve(weights, {})

    def levelled(self, levels: Floats) -> None:
        """The best of the first goal while each other reaches a level between its worst (0) and its best (1)."""
        totals = np.array([t.totals for t in self.tried], dtype=np.float64).reshape(-1, len(self.goals))
        if not len(totals):
            return
        low, high = totals.min(axis=0)[1:], totals.max(axis=0)[1:]
        floors = {j + 1: int(np.floor(low[j] + levels[j] * (high[j] - low[j]))) for j in range(len(levels))}
        self._solve(np.eye(len(self.cells))[0], floors)

    def _solve(self, weights: Floats, floors: Mapping[int, int]) -> bool:
        """Solve, push the plan on to the front, and keep it; False where no plan reaches the floors."""
        small = self.problem.candidates <= EXACT
        found = self._best(weights if small else weights + 1e-4, floors)
        if found is None:
            return False
        if small and found.totals not in {known.totals for known in self.tried}:
            pushed = self._best(np.ones(len(self.cells)), dict(enumerate(found.totals)))
            if pushed is not None and all(p >= f for p, f in zip(pushed.totals, found.totals, strict=True)):
                found = pushed._replace(gap=max(found.gap, pushed.gap))
        self.tried.append(found)
        return True

    def _best(self, weights: Floats, floors: Mapping[int, int]) -> _Try | None:
        mixed = sum(w / s * c.astype(np.float64) for w, s, c in zip(weights, self.scale, self.cells, strict=True))
        rows = [row for goal, floor in floors.items() for row in self._floor(goal, floor)]
        found = self._exactly(np.asarray(mixed), rows) if 0 < self.problem.candidates <= EXACT else self._priced(
            np.asarray(mixed), rows
        )  # fmt: skip
        if found is None:
            return None
        return _Try(found.chosen, self._totals(found.chosen), found.gap or 0.0, found.relaxed)

    def _exactly(self, mixed: Floats, rows: list[Row]) -> Result | None:
        """By an integer programme; None: no plan keeps the levels."""
        try:
            return Milp().solve(self._asked(mixed, rows))
        except EstimationError:
            return None if rows else self._priced(mixed, rows)  # a limit of the problem's own: prices say which gives

    def _priced(self, mixed: Floats, rows: list[Row]) -> Result:
        """By prices, from those of the plan before. Levels are kept by what they cost: as with thousands of customers
        the front has no dents to speak of, the prices of the levels are the weights of the goals, up to the gap.
        """  # noqa: D205
        if rows:
            asked = self._asked(mixed, rows)
            begin = np.array([self.prices.get(row.name, 0.0) for row in asked.rows])
            prices = prices_of(asked, begin if begin.any() else None).prices
            self.prices |= {row.name: float(price) for row, price in zip(asked.rows, prices, strict=True)}
            bonus = [-price * row.cells for row, price in zip(rows, prices[len(self.problem.rows) :], strict=True)]
            mixed = asked.value + np.sum(bonus, axis=0)
        begin = np.array([self.prices.get(row.name, 0.0) for row in self.problem.rows])
        found = Dual(begin=begin if begin.any() else None).solve(self._asked(mixed, []))
        self.prices |= found.prices
        return found

    def _asked(self, mixed: Floats, rows: list[Row]) -> Problem:
        """The problem with a mixture of goals as its value, and with levels."""
        top = float(np.abs(mixed).max(initial=0.0)) or 1.0
        return replace(self.problem, value=whole(mixed / top * _LARGE), rows=(*self.problem.rows, *rows))

    def _floor(self, goal: int, floor: int) -> list[Row]:
        """Rows that hold a goal at a level."""
        if goal < len(self.cells):
            name = f"{_FLOOR}{self.goals[goal]}"
            return [Row(name, -floor, -self.cells[goal].astype(np.int64), None, "goal", minimum=True)]
        of = self.segments[self.problem.owner]  # type: ignore[index]
        need = -(-self.sizes * floor // 10**9) * UNIT
        return [
            Row(f"{_FLOOR}{FAIRNESS}:{g}", -int(n), np.where(of == g, -UNIT, 0), None, "customers", minimum=True)
            for g, n in enumerate(need) if n > 0
        ]  # fmt: skip

    def _totals(self, chosen: Ints) -> tuple[int, ...]:
        sums = [int(cells[chosen].sum(dtype=np.int64)) for cells in self.cells]
        if self.segments is None:
            return tuple(sums)
        reached = np.bincount(self.segments[np.unique(self.problem.owner[chosen])], minlength=len(self.sizes))
        there = np.flatnonzero(self.sizes)
        least = min((int(reached[g]) * 10**9 // int(self.sizes[g]) for g in there), default=0)
        return (*sums, least)

    def front(self) -> Front:
        """What stands on the front."""
        totals = np.array([t.totals for t in self.tried], dtype=np.int64).reshape(-1, len(self.goals))
        units = np.array([UNIT] * len(self.cells) + [10**9] * (len(self.goals) - len(self.cells)), dtype=np.float64)
        kept = np.flatnonzero(non_dominated(totals))
        _, first = np.unique(totals[kept], axis=0, return_index=True)
        kept = kept[np.sort(first)]
        order = kept[np.lexsort(tuple(-totals[kept].T[::-1]))]
        points = []
        for i in order:
            one = self.tried[i]
            plan = result("dual", self.problem, one.chosen, relaxed=dict(one.relaxed))
            points.append(Point(plan, dict(zip(self.goals, (totals[i] / units).tolist(), strict=True)), one.gap))
        ends = np.concatenate([totals[: self.ends], totals[order]])
        sides = (
            dict(zip(self.goals, (side / units).tolist(), strict=True)) for side in (ends.max(axis=0), ends.min(axis=0))
        )
        return Front(self.goals, tuple(points), *sides)


def _check(problem: Problem, cells: Sequence[Cells], goals: tuple[str, ...], segments: Ints | None) -> None:
    if not cells:
        raise DataError("a front needs at least one goal")
    if len(set(goals)) < len(goals):
        raise DataError(f"{FAIRNESS!r} is the name of the goal that comes with segments: name yours otherwise")
    for goal, amounts in zip(goals, cells, strict=False):
        if len(amounts) != problem.candidates:
            raise DataError(f"goal {goal!r} needs one number per candidate ({problem.candidates}), got {len(amounts)}")
    if segments is not None and (len(segments) != problem.customers or (segments < 0).any()):
        raise DataError(f"segments need a number from 0 on per customer ({problem.customers}), got {len(segments)}")


def non_dominated(values: ArrayLike) -> NDArray[np.bool_]:
    """Which rows no other row is at least as good as in every column and better in one; more is better.

    >>> non_dominated([[3, 1], [2, 2], [2, 1], [2, 2]]).tolist()
    [True, True, False, True]
    """
    given = np.asarray(values)
    kept = np.ones(len(given), np.bool_)
    for i, row in enumerate(given):
        kept[i] = not ((given >= row).all(axis=1) & (given > row).any(axis=1)).any()
    return kept


def hypervolume(values: ArrayLike, reference: ArrayLike) -> float:
    """Volume of all that some row is at least as good as, above a reference point; more is better.

    By slices along the last column (Knowles 2002), which is exact and fast enough for tens of rows and five columns.

    >>> hypervolume([[2.0, 1.0], [1.0, 3.0]], [0.0, 0.0])
    4.0
    """
    base = np.asarray(reference, dtype=np.float64)
    given = np.asarray(values, dtype=np.float64).reshape(-1, len(base))
    given = given[(given > base).all(axis=1)]
    return _volume(given[non_dominated(given)] - base)


def _volume(above: Floats) -> float:
    if not len(above):
        return 0.0
    if above.shape[1] == 1:
        return float(above.max())
    above = above[np.argsort(-above[:, -1], kind="stable")]
    below = np.append(above[1:, -1], 0.0)
    total = 0.0
    for i, (top, bottom) in enumerate(zip(above[:, -1], below, strict=True)):
        if top > bottom:
            slice_ = above[: i + 1, :-1]
            total += float(top - bottom) * _volume(slice_[non_dominated(slice_)])
    return total


def _halton(count: int, dimensions: int) -> Floats:
    """Evenly spread points of the unit cube (Halton 1960), shape (count, dimensions)."""
    found = np.zeros((count, dimensions))
    for d in range(dimensions):
        for i in range(count):
            left, step = i + 1, 1.0
            while left:
                step /= _PRIMES[d]
                left, digit = divmod(left, _PRIMES[d])
                found[i, d] += digit * step
    return found


def _simplex(count: int, dimensions: int) -> Floats:
    """Evenly spread weights that sum to 1, shape (count, dimensions)."""
    cuts = np.sort(_halton(count, dimensions - 1), axis=1)
    return np.diff(np.column_stack([np.zeros(count), cuts, np.ones(count)]), axis=1)
