"""Look at everything: the only way here that proves, for small questions."""

import numpy as np

from netlift.allocation.search.question import Ints
from netlift.allocation.search.searcher import Meter, Searcher
from netlift.errors import EstimationError

LARGEST = 2_000_000
"""Genomes that are looked at in at most."""
BATCH = 8_192


class Exhaustive(Searcher):
    """Every genome in turn; it takes as many evaluations as there are genomes, whatever it was allowed."""

    kind = "exhaustive"

    def _run(self, meter: Meter, _first: Ints, _rng: np.random.Generator) -> bool:
        question = meter.question
        if question.size > LARGEST:
            raise EstimationError(
                f"{question.size:.3g} answers are too many to look at all (at most {LARGEST:,}): use annealing"
            )
        count = int(question.size)
        meter.left = count
        steps = np.concatenate([[1], np.cumprod(question.choices)[:-1]]).astype(np.int64)
        for low in range(0, count, BATCH):
            number = np.arange(low, min(low + BATCH, count))
            meter.judge(number[:, None] // steps % question.choices)
        return True
