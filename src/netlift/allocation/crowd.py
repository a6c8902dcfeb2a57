"""Many customers, wherever they are: what has to be asked of them to solve their problem, and how it is then solved.

Prices come from cutting planes over totals of everybody. A plan then needs only customers who are all but indifferent
at these prices: a window of those whose choice is cheapest to change is brought together and repaired, everybody else
gets the best answer to the prices. The certificate is that of any dual solution: the plan's value against the bound.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from netlift.allocation import cutting, kernel
from netlift.allocation.kernel import Floats, Totals
from netlift.allocation.kernel_narrow import Passes
from netlift.allocation.problem import Ints, Problem, Row
from netlift.allocation.repair import Draft, repair, shuffled

SAMPLE = 20_000
"""Customers from whom the first prices are learned."""
WINDOWS = (10_000, 100_000, 1_000_000, 4_000_000)
"""Customers whose choice is open to change; the next more where those before did not suffice."""
ENOUGH = 2e-5
"""Gap at which no wider window is tried."""
BINS = 1 << 18
"""Margins are counted by their highest bits: 2^7 bins for every doubling."""
_SHIFT = 45

Counter = Callable[[Problem], cutting.Pass]
"""Takes a problem to where its passes are counted."""


class Edge(NamedTuple):
    """Who is in a window: margins below a bin, and of those in it a share by chance."""

    bin: int
    below: int
    """Numbers drawn for customers (see `repair.shuffled`) that are in, of those in the bin."""


class Near(NamedTuple):
    """The customers of a window."""

    number: Ints
    """Which of all customers they are, ascending, shape (n,)."""
    problem: Problem
    """They alone, with everybody's limits."""


class Crowd(ABC):
    """Customers whom one can ask for sums, and of whom a few can be brought here."""

    customers: int
    rows: tuple[Row, ...]
    """Without cells."""

    @property
    def limits(self) -> Ints:
        """Of each row, shape (rows,)."""
        return np.array([row.limit for row in self.rows], np.int64)

    @abstractmethod
    def passes(self) -> cutting.Pass:
        """Totals of everybody's best answer to prices."""

    @abstractmethod
    def margins(self, prices: Floats) -> Ints:
        """How many customers there are by `bins` of what the cheapest change of their choice loses, shape (BINS,)."""

    @abstractmethod
    def window(self, prices: Floats, edge: Edge) -> Near:
        """Those whose cheapest change loses less than the edge."""

    @abstractmethod
    def sample(self, step: int) -> Problem:
        """Every step-th customer, with everybody's limits."""


class Found(NamedTuple):
    """A plan for a crowd: everybody's best answer to the prices, but for a few."""

    prices: cutting.Prices
    near: Near
    chosen: Ints
    """What the customers of `near` get, candidates of its problem, shape (n, width), -1: none."""
    value: int
    """What the whole plan earns, thousandths."""
    use: Ints
    """What it uses of each row, thousandths, shape (rows,)."""
    bound: float
    relaxed: dict[str, int]
    """By how much limits give way, thousandths."""


def solve(crowd: Crowd, begin: Floats | None = None) -> Found:
    """Prices, then a repaired window.

    Args:
        crowd: who is to be served.
        begin: prices to start from, shape (rows,); None: those of a sample.
    """
    part = _small(crowd)
    most = highest_prices(part)
    if begin is None:
        begin = cutting.find_prices(Passes(part), part.limits, most, tolerance=1e-5).prices
    passes, limits = crowd.passes(), crowd.limits
    prices = cutting.find_prices(passes, limits, most, begin=begin, tolerance=1e-6)
    given = gives_way(most, limits, prices)
    if given.any():
        prices = cutting.find_prices(passes, limits + given, most, begin=prices.prices, tolerance=1e-6)
    found = _repaired(crowd, passes(prices.prices), prices, limits + given)
    excess = np.maximum(found.use - (limits + given), 0)
    missed = np.maximum(found.use - limits, 0)
    relaxed = {row.name: int(more) for row, more in zip(crowd.rows, missed, strict=True) if more}
    return found._replace(bound=prices.bound + float(prices.prices @ excess), relaxed=relaxed)


def _repaired(crowd: Crowd, totals: Totals, prices: cutting.Prices, limits: Ints) -> Found:
    """The plan of the first window that suffices; of wider ones only while they better it by a tenth of the gap."""
    counts, tried = crowd.margins(prices.prices), list[tuple[float, Found]]()
    for size in WINDOWS:
        near = crowd.window(prices.prices, edge(counts, size))
        part = near.problem.with_limits(limits)
        _, chosen = kernel.answer(part, prices.prices)
        draft = Draft(chosen, totals.use.copy(), totals.value)
        order = shuffled(near.number)
        repair(part, prices.prices, draft, order=order)
        if (draft.use > limits).any():  # what is broken gives way, the rest can still be filled
            repair(part.with_limits(np.maximum(limits, draft.use)), prices.prices, draft, order=order)
        found = Found(prices, near, draft.chosen, draft.value, draft.use, prices.bound, {})
        gap, old = _gap(found, limits), tried[-1][0] if tried else np.inf
        tried.append((gap, found))
        if size >= crowd.customers or gap <= ENOUGH * abs(prices.bound) or 0.9 * old <= gap < np.inf:
            break
    return min(reversed(tried), key=lambda one: one[0])[1]


def _gap(found: Found, limits: Ints) -> float:
    """What the plan lacks of its bound, thousandths; infinite where it breaks a limit."""
    return found.bound - found.value if (found.use <= limits).all() else np.inf


def edge(counts: Ints, size: int) -> Edge:
    """Where to draw the line so that about `size` customers are within it.

    >>> counts = np.zeros(BINS, np.int64)
    >>> counts[[0, 7, 9]] = 10, 30, 60
    >>> edge(counts, 25), edge(counts, 100)
    (Edge(bin=7, below=4611686018427387904), Edge(bin=262144, below=0))
    """
    total = np.cumsum(counts)
    if total[-1] <= size:
        return Edge(BINS, 0)
    at = int(np.searchsorted(total, size, side="right"))
    before = int(total[at] - counts[at])
    return Edge(at, int(((size - before) << 63) // int(counts[at])))


def within(margin: Floats, number: Ints, line: Edge) -> Ints:
    """Which of some customers, whose margins and numbers these are, are within the edge."""
    found = bins(margin)
    return np.flatnonzero((found < line.bin) | ((found == line.bin) & (shuffled(number) < line.below)))


def bins(margin: Floats) -> Ints:
    """The bin of each margin."""
    return (np.maximum(margin, 0.0) + 0.0).view(np.int64) >> _SHIFT  # adding makes -0 a 0


def highest_prices(problem: Problem) -> Floats:
    """A price of each row above which only those use it who use next to nothing of it, shape (rows,).

    It is what breaking a limit costs where no plan can keep it; so a limit gives way only where it has to.
    """
    top = 4.0 * max(1, int(np.abs(problem.value).max(initial=0))) * problem.contacts
    found = np.empty(len(problem.rows))
    for r, row in enumerate(problem.rows):
        amounts = np.abs(row.cells if row.cells is not None else np.asarray(row.offers))
        taken = amounts[amounts > 0]
        found[r] = top / max(
            1.0, float(np.quantile(taken[:: max(1, len(taken) // 100_000)], 0.01)) if len(taken) else 1.0
        )
    return found


def gives_way(most: Floats, limits: Ints, found: cutting.Prices) -> Ints:
    """By how much each limit must give way, thousandths, shape (rows,); only rows whose price reached the top do."""
    excess = found.mixed_use - limits
    given = (found.prices >= most * (1 - 1e-6)) & (excess > 0.5)
    return np.where(given, np.ceil(excess), 0).astype(np.int64)


def _small(crowd: Crowd) -> Problem:
    """Every k-th customer, with every limit divided by k."""
    part = crowd.sample(max(1, -(-crowd.customers // SAMPLE)))
    share = part.customers / max(1, crowd.customers)
    return part.with_limits(np.array([int(limit * share) for limit in crowd.limits.tolist()], np.int64))


class InMemory(Crowd):
    """A problem whose customers are all here; passes may be counted elsewhere."""

    def __init__(self, problem: Problem, passes: Counter = Passes) -> None:
        self.problem, self.customers, self.rows = problem, problem.customers, problem.rows
        self.counter = passes

    def passes(self) -> cutting.Pass:
        """See `Crowd`."""
        return self.counter(self.problem)

    def margins(self, prices: Floats) -> Ints:
        """See `Crowd`."""
        return np.bincount(bins(kernel.margins(self.problem, prices)), minlength=BINS)

    def window(self, prices: Floats, edge: Edge) -> Near:
        """See `Crowd`."""
        who = within(kernel.margins(self.problem, prices), np.arange(self.customers), edge)
        return Near(who, self.problem.only(who))

    def sample(self, step: int) -> Problem:
        """See `Crowd`."""
        return self.problem.only(np.arange(0, self.customers, step))
