"""Coordinate ascent: the baseline that the other searchers are held against."""

import numpy as np

from netlift.allocation.search.climb import climb
from netlift.allocation.search.moves import drawn
from netlift.allocation.search.question import Ints
from netlift.allocation.search.searcher import Meter, Searcher


class Greedy(Searcher):
    """Climb from where it begins, and, if told to, again and again from elsewhere until the evaluations are spent."""

    kind = "greedy"

    def __init__(self, *, restarts: bool = False) -> None:
        self.restarts = restarts
        """Whether it starts again, from genomes by chance and with the places in another order."""

    def _run(self, meter: Meter, first: Ints, rng: np.random.Generator) -> bool:
        climb(meter, first)
        while self.restarts and meter.left > 0 and meter.question.places:
            start = meter.question.mend(drawn(meter.question, 1, rng), rng)[0]
            climb(meter, start, rng.permutation(meter.question.places))
        return False
