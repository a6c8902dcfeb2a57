"""What every way to search is: bounded by a number of evaluations, never by the clock, so that it can be repeated."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from netlift.allocation.search.question import Bools, Floats, Ints, Judged, Question
from netlift.registry import Registry

EVALUATIONS = 20_000
"""Genomes that a search judges unless told otherwise."""


class Found(NamedTuple):
    """The best answer of a search."""

    kind: str
    """The searcher."""
    best: Ints
    """Genome, shape (places,)."""
    value: float
    """What it is worth, in the question's unit."""
    feasible: bool
    """Whether it keeps every limit and rule; False: no answer was met that does, and this one breaks least."""
    evaluations: int
    """Genomes that were judged."""
    trace: tuple[tuple[int, float], ...]
    """After how many evaluations the best feasible value rose, and to what."""
    proved: bool = False
    """Whether nothing better exists."""


class Searcher(ABC):
    """A way to search; the same question, seed and evaluations give the same answer."""

    kind: str
    """Short name, unique."""

    def search(
        self, question: Question, *, seed: int = 0, evaluations: int = EVALUATIONS, begin: Ints | None = None
    ) -> Found:
        """The best answer met.

        Args:
            question: what is asked.
            seed: of all that is left to chance.
            evaluations: genomes judged at most (a last batch is cut short).
            begin: an answer to start from, e.g. last year's; what is found is not worse.

        Raises:
            ConfigError: `begin` is no genome of the question.
            EstimationError: the question is too large for this way.
        """
        meter = Meter(question, evaluations)
        first = np.zeros(question.places, np.int64) if begin is None else question.check(begin)
        meter.judge(first[None])
        proved = self._run(meter, first, np.random.Generator(np.random.Philox(seed)))
        return meter.found(self.kind, proved)

    @abstractmethod
    def _run(self, meter: "Meter", first: Ints, rng: np.random.Generator) -> bool:
        """Search until the meter is spent or nothing is left to try; whether the best is proved."""


class Meter:
    """A question that counts how often it is asked, and remembers the best answer."""

    def __init__(self, question: Question, evaluations: int) -> None:
        self.question, self.left = question, max(1, evaluations)
        self.used = 0
        self.best: Ints | None = None
        self.value, self.penalty = -np.inf, np.inf
        self.trace: list[tuple[int, float]] = []

    def judge(self, population: Ints) -> Judged:
        """Judge genomes; what is no longer paid for is not looked at and comes back as worthless."""
        paid = population[: self.left]
        self.left -= len(paid)
        self.used += len(paid)
        found = self.question.judge(paid) if len(paid) else Judged(np.zeros(0), np.zeros(0))
        if len(paid):
            self._remember(paid, found)
        missing = len(population) - len(paid)
        return Judged(
            np.append(found.value, np.full(missing, -np.inf)), np.append(found.penalty, np.full(missing, np.inf))
        )

    def better(self, value: float, penalty: float) -> bool:
        """Whether an answer is better than the best: it breaks less, or it is worth more at equal breaking."""
        return (-penalty, value) > (-self.penalty, self.value)

    def _remember(self, population: Ints, found: Judged) -> None:
        place = ranked(found)[0]
        value, penalty = float(found.value[place]), float(found.penalty[place])
        if self.best is None or self.better(value, penalty):
            self.best, self.value, self.penalty = population[place].copy(), value, penalty
            if penalty <= 0:
                self.trace.append((self.used, value))

    def found(self, kind: str, proved: bool) -> Found:
        """What the search comes to."""
        best = np.zeros(self.question.places, np.int64) if self.best is None else self.best
        return Found(kind, best, self.value, self.penalty <= 0, self.used, tuple(self.trace), proved)


def ranked(found: Judged) -> Ints:
    """Answers from the best: those that break nothing by value, then the others by what they break (Deb 2000)."""
    return np.lexsort((np.arange(len(found.value)), -found.value, found.penalty))


def beats(one: Judged, other: Judged) -> Bools:
    """Where the first of two answers is better than the second, or as good."""
    return (one.penalty < other.penalty) | ((one.penalty == other.penalty) & (one.value >= other.value))


def scalar(found: Judged, weight: float) -> Floats:
    """One number to compare by: value less `weight` for each unit of penalty."""
    return found.value - weight * np.minimum(found.penalty, 1e6)


SEARCHERS: Registry[Searcher] = Registry("netlift.allocation.search.searchers", Searcher, "netlift.searchers")  # type: ignore[type-abstract]
"""All ways by kind."""
