"""Simulated annealing: steps to neighbours, worse ones too as long as it is warm (Kirkpatrick et al. 1983).

A few chains walk side by side, because four answers are judged nearly as quickly as one. The first temperature is read
from sampled differences: half of the small losses (their lowest tenth) are taken. Each reheat begins at half of the
last first temperature, from the best answers so far. doi:10.1126/science.220.4598.671.
"""

import math

import numpy as np

from netlift.allocation.search.climb import climb
from netlift.allocation.search.moves import drawn, neighbours
from netlift.allocation.search.question import Bools, Floats, Ints, Judged
from netlift.allocation.search.searcher import Meter, Searcher, ranked, scalar

COOL = 0.03
"""Last temperature of a round over its first."""
SAMPLED = 48
"""Steps whose differences are read."""
KEPT = 0.1
"""Share of the evaluations that is kept for climbing at the end."""


class Annealing(Searcher):
    """Chains that change, clear, shift, swap and trade, cool down, and are reheated."""

    kind = "annealing"

    def __init__(self, *, chains: int = 4, reheats: int = 3) -> None:
        self.chains = chains
        """Walks side by side."""
        self.reheats = reheats
        """Rounds of cooling after the first."""

    def _run(self, meter: Meter, first: Ints, rng: np.random.Generator) -> bool:
        question = meter.question
        if not question.places or question.size <= 1:
            return False
        here = np.concatenate([first[None], question.mend(drawn(question, self.chains - 1, rng), rng)])
        heat, weight = self._heat(meter, here, rng)
        steps = max(1, int(meter.left * (1 - KEPT) / self.chains / (self.reheats + 1)) - 1)
        for again in range(self.reheats + 1):
            here = self._cool(meter, here, (heat * 0.5**again, weight), steps, rng)
        for genome in here:
            if meter.left <= 0:
                break
            climb(meter, genome, rng.permutation(question.places))
        return False

    def _heat(self, meter: Meter, here: Ints, rng: np.random.Generator) -> tuple[float, float]:
        """First temperature, and what a unit of penalty costs: more than any step that was seen brings."""
        here = np.tile(here, (-(-SAMPLED // len(here)), 1))
        nearby = meter.question.mend(neighbours(meter.question, here, rng), rng)
        before, after = meter.judge(here), meter.judge(nearby)
        seen = np.isfinite(before.value) & np.isfinite(after.value)
        steps = np.abs(after.value[seen] - before.value[seen])
        steps = steps[steps > 0]
        small = float(np.quantile(steps, 0.1)) if len(steps) else 1.0
        return small / math.log(2), 10 * (float(steps.max()) if len(steps) else 1.0)

    def _cool(self, meter: Meter, here: Ints, scale: tuple[float, float], steps: int, rng: np.random.Generator) -> Ints:
        """One round of cooling; the best answer of each chain, the best half of them twice."""
        heat, weight = scale
        now = scalar(meter.judge(here), weight)
        best, top = here.copy(), now.copy()
        for step in range(steps):
            if meter.left <= 0:
                break
            warm = heat * COOL ** (step / max(1, steps - 1))
            tried = meter.question.mend(neighbours(meter.question, here, rng), rng)
            then = scalar(meter.judge(tried), weight)
            goes = _goes(then, now, warm, rng)
            here = np.where(goes[:, None], tried, here)
            now = np.where(goes, then, now)
            better = now > top
            best[better], top[better] = here[better], now[better]
        order = ranked(Judged(top, np.zeros(len(top))))
        return best[np.concatenate([order[: (len(order) + 1) // 2], order[: len(order) // 2]])]


def _goes(then: Floats, now: Floats, warm: float, rng: np.random.Generator) -> Bools:
    """Which steps are taken: all that gain, others by chance exp(gain / temperature)."""
    loss = np.where(
        then >= now, 0.0, np.where(np.isfinite(then), now, 0.0) - np.where(np.isfinite(then), then, -np.inf)
    )
    return rng.random(len(then)) < np.exp(-loss / warm)
