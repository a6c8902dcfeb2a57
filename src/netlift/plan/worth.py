"""What a plan is expected to earn, corrected for its having been chosen, and how sure that is.

Errors are drawn per offer, not per customer: a response that is wrong is wrong for everybody who gets the offer, and
no number of customers averages that out. Spend varies besides because some use the offer and some do not: a pair of
expected cost c and liability L costs L with chance c / L.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator, Philox

from netlift.plan.artefact import Part, Worth
from netlift.plan.errors import Errors, Loads
from netlift.plan.pool import Floats, Ints, Pool
from netlift.plan.winner import Correction, scaled
from netlift.types import Effect, Grade
from netlift.uplift.estimate import critical

DRAWS = 2_000
WORTH = 0x776F727468
"""Which of the seed's streams of draws this is."""


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """What some pairs are expected to earn after correction."""

    net: Floats
    """By offer, minor units, shape (offers,)."""
    promised: float
    """The sum before correction."""
    loads: Loads

    @property
    def total(self) -> float:
        """The sum after correction."""
        return float(self.net.sum())

    @property
    def se(self) -> float:
        """Standard error of the sum."""
        return float(np.sqrt(self.loads.variance))


def value_of(pool: Pool, cells: Ints, errors: Errors, correction: Correction) -> Value:
    """The value of some pairs."""
    promised = pool.sums(cells, pool.net[cells])
    given = pool.sums(cells, np.ones(len(cells)))
    ratio = scaled(errors, pool, cells, correction)
    loads = errors.loads(pool, cells).scaled(ratio, given * correction.common)
    slope = np.where(correction.judged, 0.0, loads.slope)  # what was judged holds the error of the slope as well
    believed = Loads(loads.shared, slope, loads.own, loads.group, loads.common)
    return Value(promised + given * correction.shift, float(promised.sum()), believed)


def effect_of(estimate: float, se: float, n: int, *, level: float, grade: Grade, method: str = "plan") -> Effect:
    """A normal interval."""
    reach = critical(level) * se
    return Effect(estimate, estimate - reach, estimate + reach, level, se, n, 0, method, grade)


def worth_of(
    pool: Pool, cells: Ints, errors: Errors, correction: Correction, *, public: Sequence[Part] = (),
    level: float = 0.9, seed: int = 0, grade: Grade = Grade.ASSUMED, draws: int = DRAWS,
) -> Worth:  # fmt: skip
    """What giving these pairs (and the public promotions) is expected to earn, with its risks.

    Args:
        pool: pairs.
        cells: those that are given.
        errors: of every pair.
        correction: for having been chosen.
        public: promotions that everybody meets; their errors are independent of the others.
        level: of the interval.
        seed: of the draws.
        grade: of the evidence.
        draws: how many.
    """
    value = value_of(pool, cells, errors, correction)
    beside = sum(part.net.estimate for part in public)
    spread = np.sqrt(sum(part.net.se**2 for part in public if part.net.se >= 0))
    cost = float(pool.cost[cells].sum()) + sum(part.cost_minor for part in public)
    rng = Generator(Philox(key=[seed, WORTH]))
    error = value.loads.draw(rng, draws) + spread * rng.standard_normal(draws)
    chance = _chance(pool, cells) * rng.standard_normal(draws)
    profit = value.total + beside + error - chance
    spend = cost + chance + (_spend(pool, cells) * rng.standard_normal((draws, len(pool.candidates)))).sum(axis=1)
    net = effect_of(
        value.total + beside, float(np.hypot(value.se, spread)), len(cells), level=level, grade=grade,
        method=correction.method,
    )  # fmt: skip
    low, high = np.quantile(np.maximum(spend, 0.0), [0.05, 0.95])
    return Worth(
        net, float(low), float(high), float(np.quantile(profit, 0.05)), float((profit < 0).mean()),
        value.promised - value.total,
    )  # fmt: skip


def cvar(
    pool: Pool, cells: Ints, errors: Errors, *, value: Floats | None = None, seed: int, share: float = 0.1
) -> float:
    """Mean of the worst share of outcomes of the shared errors, minor units.

    Args:
        pool: pairs.
        cells: those that are given.
        errors: of every pair.
        value: what every pair is believed to earn, minor units, shape (pairs,); None: its net margin.
        seed: of the draws.
        share: which part of the outcomes counts as the worst.
    """
    believed = pool.net if value is None else value
    loads = errors.loads(pool, cells)
    drawn = np.sort(loads.draw(Generator(Philox(key=[seed, WORTH])), DRAWS))
    return float(believed[cells].sum() + drawn[: max(1, int(share * DRAWS))].mean())


def _chance(pool: Pool, cells: Ints) -> float:
    """Standard deviation of spend because some use the offer and some do not, minor units."""
    contact = np.array([float(one.offer.contact_cost_minor) for one in pool.candidates])[pool.offer[cells]]
    spent = np.maximum(pool.cost[cells] - contact, 0.0)
    return float(np.sqrt((spent * np.maximum(pool.liability[cells] - pool.cost[cells], 0.0)).sum()))


def _spend(pool: Pool, cells: Ints) -> Floats:
    """Shared error of each offer's spend, minor units, shape (offers,)."""
    relative = np.array([
        known.cost.se / known.cost.estimate if known and known.cost.estimate > 0 and known.cost.se > 0 else 0.0
        for known in pool.learned
    ])  # fmt: skip
    return pool.sums(cells, pool.cost[cells]) * np.minimum(relative, 1.0)
