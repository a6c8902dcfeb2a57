"""An allocation problem asked as a question, so that searchers can be held against its proved bound.

It is there to measure the searchers, and for problems whose value somebody makes non-linear; for a plain one, prices
(`optimisers.dual`) are faster and prove what they find.
"""

import numpy as np

from netlift.allocation.problem import UNIT, Problem
from netlift.allocation.result import Result
from netlift.allocation.search.question import Bools, Floats, Ints, Question
from netlift.errors import DataError

_WEIGHTLESS = 1e-12
ROUNDS = 16
"""Candidates that are passed over for not fitting before everything after the next one is."""


class PlainQuestion(Question):
    """One place per customer and slot; values in minor units.

    >>> from netlift.allocation.problem import cells_row
    >>> problem = Problem.of([[3.0, 1.0], [2.0, 5.0]], rows=[cells_row("budget", [[2.0, 1.0], [1.0, 4.0]], 5.0)])
    >>> question = PlainQuestion(problem)
    >>> question.choices.tolist(), question.value(np.array([[1, 2], [2, 2]])).tolist()
    ([3, 3], [8.0, 6.0])
    >>> question.feasible(np.array([[1, 2], [2, 2]])).tolist()
    [False, True]
    """

    def __init__(self, problem: Problem) -> None:
        slots = int(problem.slot.max(initial=0)) + 1
        group = problem.owner.astype(np.int64) * slots + problem.slot[problem.offer]
        order = np.argsort(group, kind="stable")
        keys, first, count = np.unique(group[order], return_index=True, return_counts=True)
        table = np.full((len(keys), int(count.max(initial=0)) + 1), -1, np.int64)
        place = np.repeat(np.arange(len(keys)), count)
        table[place, 1 + np.arange(len(order)) - first[place]] = order
        super().__init__(1 + count, limits=problem.limits / UNIT)
        self.problem = problem
        self.table = table
        """Candidate of each place and number, -1: none, shape (places, numbers)."""
        self.owner = keys // slots
        """Customer of each place, ascending."""
        self.rows = tuple(row.name for row in problem.rows)
        every = np.arange(problem.candidates)
        uses = [problem.use(r, every) for r in range(len(self.rows))]
        stacked = np.stack(uses) if uses else np.zeros((0, problem.candidates), np.int64)
        self._uses = np.concatenate([stacked, np.zeros((len(uses), 1), np.int64)], axis=1)
        self._values = np.append(problem.value.astype(np.int64), 0)
        scale = np.maximum(1.0, np.abs(problem.limits.astype(np.float64)))[:, None]
        weight = (np.maximum(self._uses, 0) / scale).sum(axis=0)
        self._density = self._values / (weight + _WEIGHTLESS)
        self._density[-1] = -np.inf
        self._plain = np.flatnonzero((stacked >= 0).all(axis=1)) if uses else np.zeros(0, np.int64)

    def candidates(self, population: Ints) -> Ints:
        """Candidate that each place holds, -1: none, shape (k, places)."""
        return self.table[np.arange(self.places), population]

    def value(self, population: Ints) -> Floats:
        """See `Question`; counted in whole thousandths."""
        return self._values[self.candidates(population)].sum(axis=1) / UNIT

    def use(self, population: Ints) -> Floats:
        """See `Question`."""
        held = self.candidates(population)
        return np.stack([row[held].sum(axis=1) / UNIT for row in self._uses], axis=1).reshape(len(population), -1) \
            if self.rows else np.zeros((len(population), 0))  # fmt: skip

    def broken(self, population: Ints) -> Floats:
        """Customers with more offers than they may get."""
        if self.problem.simple:
            return np.zeros(len(population))
        return (self._contacts(population > 0) > self.problem.contacts).sum(axis=1).astype(np.float64)

    def _contacts(self, held: Bools) -> Ints:
        """Offers of each customer, shape (k, customers)."""
        starts = np.flatnonzero(np.diff(self.owner, prepend=-1))
        return np.add.reduceat(held.astype(np.int64), starts, axis=1) if len(starts) else np.zeros((len(held), 0), int)

    def mend(self, population: Ints, rng: np.random.Generator) -> Ints:
        """Little value per use goes, by chance but sooner than much, until no limit is exceeded; minimums and rows of
        mixed sign are left as they are.
        """  # noqa: D205
        if not self.places:
            return population
        held = self.candidates(population)
        density = self._density[held]
        found = population.copy()
        if not self.problem.simple:
            found[self._surplus(density)] = 0
            held = self.candidates(found)
            density = self._density[held]
        luck = np.exp(0.3 * rng.standard_normal(density.shape))
        order = np.argsort(-np.maximum(density, 0.0) * luck, axis=1, kind="stable")
        kept = np.zeros(held.shape, np.bool_)
        np.put_along_axis(kept, order, self._fitting(np.take_along_axis(held, order, axis=1)), axis=1)
        return np.where(kept, found, 0)

    def _fitting(self, held: Ints) -> Bools:
        """Which candidates stay, taken from the left: each that does not fit goes, and after `ROUNDS` of them all."""
        uses = [self._uses[r][held] for r in self._plain]
        limits = self.problem.limits[self._plain]
        fits = np.ones(held.shape, np.bool_)
        for _ in range(ROUNDS):
            over = np.zeros(held.shape, np.bool_)
            for use, limit in zip(uses, limits, strict=True):
                over |= np.cumsum(np.where(fits, use, 0), axis=1) > limit
            wrong = over.any(axis=1)
            if not wrong.any():
                return fits
            fits[np.flatnonzero(wrong), over.argmax(axis=1)[wrong]] = False
        return fits & ~np.logical_or.accumulate(over, axis=1)

    def _surplus(self, density: Floats) -> Bools:
        """Places beyond the contacts of their customer, the least dense, shape (k, places)."""
        order = np.lexsort((-density, np.broadcast_to(self.owner, density.shape)), axis=1)
        starts = np.flatnonzero(np.diff(self.owner, prepend=-1))
        nth = np.arange(self.places) - np.repeat(starts, np.diff(np.append(starts, self.places)))
        surplus = np.zeros(density.shape, np.bool_)
        np.put_along_axis(surplus, order, np.broadcast_to(nth >= self.problem.contacts, density.shape), axis=1)
        return surplus

    def packed(self) -> Ints:
        """The genome that takes the most value per use first, as long as it fits; what loses is left out."""
        density = np.where(self._values > 0, self._density, -np.inf)[self.table]
        number = np.where(np.isfinite(density.max(axis=1)), density.argmax(axis=1), 0)
        start = number[None]
        held = self.candidates(start)
        if not self.problem.simple:
            start = np.where(self._surplus(self._density[held]), 0, start)
            held = self.candidates(start)
        order = np.argsort(-self._density[held], axis=1, kind="stable")
        kept = np.zeros(held.shape, np.bool_)
        np.put_along_axis(kept, order, self._fitting(np.take_along_axis(held, order, axis=1)), axis=1)
        return np.where(kept, start, 0)[0]

    def genome(self, chosen: Ints) -> Ints:
        """The genome of a plan.

        Args:
            chosen: candidates, as in `Result.chosen`.

        Raises:
            DataError: two of them share a customer and slot.
        """
        number = np.zeros(self.problem.candidates, np.int64)
        place = np.zeros(self.problem.candidates, np.int64)
        at, nth = np.nonzero(self.table >= 0)
        number[self.table[at, nth]], place[self.table[at, nth]] = nth, at
        if len(np.unique(place[chosen])) < len(chosen):
            raise DataError("two candidates of one customer and slot are no plan")
        found = np.zeros(self.places, np.int64)
        found[place[chosen]] = number[chosen]
        return found

    def result(self, kind: str, genome: Ints) -> Result:
        """The plan of a genome; a limit that it breaks is listed as relaxed."""
        from netlift.allocation.optimiser import result

        held = self.candidates(genome[None])[0]
        found = result(kind, self.problem, held)
        missed = {
            row.name: found.use[row.name] - row.limit for row in self.problem.rows if found.use[row.name] > row.limit
        }
        return result(kind, self.problem, held, relaxed=missed, passes=1)
