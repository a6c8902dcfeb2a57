"""A choice without a formula to solve it by: places, what each of them may hold, and what it all is worth together.

A *genome* is one answer: a whole number per place, 0 for nothing. Answers are judged many at a time, so a question is
written in arrays of shape (answers, places).
"""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Judged(NamedTuple):
    """What answers are worth, and by how much they break what is asked of them."""

    value: Floats
    """More is better, in the question's own unit, shape (k,)."""
    penalty: Floats
    """0: every limit and rule is kept; else each broken rule counts 1, and each limit by its excess over it; (k,)."""

    @property
    def feasible(self) -> Bools:
        """Which answers keep everything."""
        return self.penalty <= 0


class Question(ABC):
    """Something to be chosen. The same genome has the same value, alone or among others.

    Raises:
        ConfigError: a place that may hold less than nothing.
    """

    rows: tuple[str, ...] = ()
    """Names of the limits."""

    def __init__(self, choices: Ints, *, lines: int = 1, limits: Floats | None = None) -> None:
        self.choices = np.asarray(choices, dtype=np.int64)
        """What each place may hold: 0 (nothing) up to one less than this, shape (places,)."""
        self.lines = lines
        """Places are laid out in so many lines of equal length, one after another, e.g. a shelf's weeks; 1: no order
        that means anything."""
        self.limits = np.zeros(0) if limits is None else np.asarray(limits, dtype=np.float64)
        """Of each row, shape (rows,)."""
        if (self.choices < 1).any() or lines < 1 or len(self.choices) % lines:
            raise ConfigError("a question needs places in lines of equal length that may hold nothing at least")

    @property
    def places(self) -> int:
        """Length of a genome."""
        return len(self.choices)

    @property
    def size(self) -> float:
        """How many genomes there are."""
        return float(np.prod(self.choices.astype(np.float64)))

    @abstractmethod
    def value(self, population: Ints) -> Floats:
        """What answers are worth, kept limits or not, shape (k,).

        Args:
            population: genomes, shape (k, places).
        """

    def use(self, population: Ints) -> Floats:
        """What answers use of each limit, shape (k, rows); at most `limits` is allowed."""
        return np.zeros((len(population), 0))

    def broken(self, population: Ints) -> Floats:
        """How many rules without an amount are broken, shape (k,)."""
        return np.zeros(len(population))

    def mend(self, population: Ints, _rng: np.random.Generator) -> Ints:
        """Answers nearby that keep more of the rules, where that is cheap to find; these same ones otherwise."""
        return population

    def judge(self, population: Ints) -> Judged:
        """Value and penalty; override it where both come from the same sums."""
        return Judged(self.value(population), self.penalty(self.use(population), self.broken(population)))

    def penalty(self, use: Floats, broken: Floats) -> Floats:
        """One number from what is used and what is broken, shape (k,)."""
        excess = np.maximum(use - self.limits, 0.0) / np.maximum(np.abs(self.limits), 1.0)
        return np.asarray(broken + excess.sum(axis=1), dtype=np.float64)

    def feasible(self, population: Ints) -> Bools:
        """Which answers keep every limit and rule, shape (k,)."""
        return self.judge(population).feasible

    def check(self, genome: Ints) -> Ints:
        """A genome as an array of the right length and range.

        Raises:
            ConfigError: it is not one of this question.
        """
        found = np.asarray(genome, dtype=np.int64).ravel()
        if found.shape != self.choices.shape or (found < 0).any() or (found >= self.choices).any():
            raise ConfigError(f"a genome needs {self.places} whole numbers, each from 0 to what its place may hold")
        return found
