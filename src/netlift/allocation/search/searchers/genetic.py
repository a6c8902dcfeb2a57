"""A genetic algorithm: answers compete, mix and change (Holland 1975; constraints as in Deb 2000).

Parents win tournaments; children take places, weeks or shelves from either (`moves.crossed`), a few neighbours' steps
change them, and they are mended before they are judged. The best survive; a population that has stopped getting better
is drawn anew around its best. Deb: doi:10.1016/S0045-7825(99)00389-8.
"""

import numpy as np

from netlift.allocation.search.climb import climb
from netlift.allocation.search.moves import crossed, drawn, neighbours
from netlift.allocation.search.question import Ints, Judged
from netlift.allocation.search.searcher import Meter, Searcher, ranked

KEPT = 0.05
"""Share of the evaluations that is kept for climbing at the end."""


class Genetic(Searcher):
    """Tournaments, crossover by place, week and shelf, mutation, an elite, restarts, and a climb at each end."""

    kind = "genetic"

    def __init__(self, *, population: int = 60, elite: int = 6, rounds: int = 3, patience: int = 40) -> None:
        self.population = population
        """Answers alive at a time."""
        self.elite = elite
        """The best, which live on."""
        self.rounds = rounds
        """Answers that meet in a tournament."""
        self.patience = patience
        """Generations without a better answer after which the population is drawn anew."""

    def _run(self, meter: Meter, first: Ints, rng: np.random.Generator) -> bool:
        question = meter.question
        if not question.places or question.size <= 1:
            return False
        people, found = self._begin(meter, first, rng)
        stale, kept = 0, int(meter.left * KEPT)
        while meter.left > kept:
            best = (meter.penalty, meter.value)
            people, found = self._next(meter, people, found, rng)
            stale = 0 if (meter.penalty, meter.value) != best else stale + 1
            if stale > self.patience and meter.left > 0:
                top = climb(meter, people[0])
                people, found = self._begin(meter, top if rng.random() < 0.5 else first, rng)
                stale = 0
        if meter.best is not None:
            climb(meter, meter.best)
        return False

    def _begin(self, meter: Meter, first: Ints, rng: np.random.Generator) -> tuple[Ints, Judged]:
        """What it starts from, neighbours of that, and others by chance, from nearly empty to half full."""
        question, part = meter.question, self.population // 4
        near = np.tile(first, (part, 1))
        for _ in range(3):
            near = neighbours(question, near, rng)
        filled = rng.random((self.population - part - 1, 1)) * 0.6
        others = np.where(
            rng.random((len(filled), question.places)) < filled, drawn(question, len(filled), rng, 1.0), 0
        )
        people = question.mend(np.concatenate([first[None], near, others]), rng)
        return _ordered(people, meter.judge(people))

    def _next(self, meter: Meter, people: Ints, found: Judged, rng: np.random.Generator) -> tuple[Ints, Judged]:
        question, count = meter.question, len(people) - self.elite
        mothers, fathers = (people[self._winners(len(people), count, rng)] for _ in range(2))
        children = np.where(rng.random((count, 1)) < 0.8, crossed(question, mothers, fathers, rng), mothers)
        for chance in (0.8, 0.4, 0.2):
            children = np.where(rng.random((count, 1)) < chance, neighbours(question, children, rng), children)
        children = question.mend(children, rng)
        judged = meter.judge(children)
        both = np.concatenate([people, children])
        order = _ordered(both, Judged(*(np.concatenate(pair) for pair in zip(found, judged, strict=True))))
        return self._survivors(*order)

    def _winners(self, alive: int, count: int, rng: np.random.Generator) -> Ints:
        """The best of some drawn by chance; the population is in order, so it is the lowest number."""
        return rng.integers(0, alive, (count, self.rounds)).min(axis=1)

    def _survivors(self, people: Ints, found: Judged) -> tuple[Ints, Judged]:
        """The best, each only once as long as there are others."""
        _, first = np.unique(people, axis=0, return_index=True)
        twice = np.ones(len(people), np.bool_)
        twice[first] = False
        kept = np.lexsort((np.arange(len(people)), twice))[: self.population]
        kept = np.sort(kept)
        return people[kept], Judged(found.value[kept], found.penalty[kept])


def _ordered(people: Ints, found: Judged) -> tuple[Ints, Judged]:
    order = ranked(found)
    return people[order], Judged(found.value[order], found.penalty[order])
