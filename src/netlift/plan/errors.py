"""How the errors of a response hang together: what is wrong about an offer is wrong for all who get it.

The error of a customer's net margin has three parts: of the offer's average, the same for everybody; of how much
customers differ, which grows with the distance from the average and has its sign; and the customer's own. Figures read
from prices or declared are wrong for everybody in proportion, so all of their error is shared. Offers of one log, of
prices and of beliefs are wrong together: `TOGETHER` of the variance of their averages is common.
"""

from dataclasses import dataclass

import numpy as np

from netlift.plan.pool import Floats, Ints, Pool
from netlift.response.results import Learned, Source

TOGETHER = 0.5
"""Correlation of the errors of two offers that were learned from the same log, the same prices, or only believed."""
_MEASURED = (Source.EXPERIMENT, Source.LOG)


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Standard errors of every pair by part, minor units, and how offers hang together."""

    shared: Floats
    """Of the offer, shape (pairs,)."""
    slope: Floats
    """Of how customers differ, signed, shape (pairs,)."""
    own: Floats
    """The customer's own, shape (pairs,)."""
    group: Ints
    """Offers of the same number are wrong together, shape (offers,)."""

    def loads(self, pool: Pool, cells: Ints) -> "Loads":
        """What the errors of chosen pairs add up to."""
        return Loads(
            pool.sums(cells, self.shared[cells]), pool.sums(cells, self.slope[cells]),
            float((self.own[cells] ** 2).sum()), self.group, np.zeros(len(self.group)),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Loads:
    """Standard deviations of a sum over pairs, minor units."""

    shared: Floats
    """By offer, signed where it is a difference of two sums, shape (offers,)."""
    slope: Floats
    own: float
    """Variance of everybody's own errors."""
    group: Ints
    common: Floats
    """Of `shared`, what is the same error for all offers, such as that of the mean to which they were shrunk."""

    @property
    def variance(self) -> float:
        """Of the sum."""
        rest = self._rest
        groups = np.bincount(self.group, rest) if len(self.group) else np.zeros(0)
        apart = (rest**2).sum() * (1 - TOGETHER) + TOGETHER * (groups**2).sum()
        return float(self.common.sum() ** 2 + apart + (self.slope**2).sum() + self.own)

    @property
    def _rest(self) -> Floats:
        """Of `shared`, what is not common to all."""
        rest: Floats = np.sign(self.shared) * np.sqrt(np.maximum(self.shared**2 - self.common**2, 0.0))
        return rest

    def less(self, other: "Loads") -> "Loads":
        """Of the difference of two sums whose own errors are independent."""
        return Loads(
            self.shared - other.shared, self.slope - other.slope, self.own + other.own, self.group,
            self.common - other.common,
        )  # fmt: skip

    def scaled(self, ratio: Floats, common: Floats) -> "Loads":
        """With the shared errors of each offer multiplied, and a part of them common, shape (offers,) each."""
        return Loads(self.shared * ratio, self.slope, self.own, self.group, common)

    def draw(self, rng: np.random.Generator, draws: int) -> Floats:
        """Errors of the sum, shape (draws,); sums run in a fixed order on any number of threads."""
        offers = len(self.group)
        groups = int(self.group.max(initial=-1)) + 1
        common, apart, slopes = (rng.standard_normal((draws, n)) for n in (groups, offers, offers))
        everywhere = self.common.sum() * rng.standard_normal(draws)
        each = np.sqrt(TOGETHER) * common[:, self.group] + np.sqrt(1 - TOGETHER) * apart
        found: Floats = (each * self._rest).sum(axis=1) + (slopes * self.slope).sum(axis=1)
        return found + everywhere + np.sqrt(self.own) * rng.standard_normal(draws)


def errors_of(pool: Pool) -> Errors:
    """The parts of every pair's error, from the standard error of its row and of its offer's average."""
    average, of_all = np.zeros(len(pool.candidates)), np.zeros(len(pool.candidates))
    all_shared = np.ones(len(pool.candidates), np.bool_)
    for number, known in enumerate(pool.learned):
        if known is not None and known.source in _MEASURED and known.net.se >= 0:
            average[number], of_all[number] = known.net.se, known.net.estimate
            all_shared[number] = False
    shared = np.where(all_shared[pool.offer], pool.se, np.minimum(pool.se, average[pool.offer]))
    rest = np.sqrt(np.maximum(pool.se**2 - shared**2, 0.0))
    sign = np.where(all_shared[pool.offer], 0.0, np.sign(pool.net - of_all[pool.offer]))
    return Errors(shared, rest * sign, np.where(sign == 0, rest, 0.0), _groups(pool))


def _groups(pool: Pool) -> Ints:
    names: list[str] = []
    for number, known in enumerate(pool.learned):
        names.append(_group(known, number))
    order = sorted(set(names))
    return np.array([order.index(name) for name in names], np.int64)


def _group(known: Learned | None, number: int) -> str:
    if known is None:
        return "unknown"
    if known.source not in _MEASURED:
        return str(known.source)
    return f"log:{known.offer.promotion_id or known.offer.offer_id or number}"
