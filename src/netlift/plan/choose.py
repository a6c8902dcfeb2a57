"""One choice: which pairs, under which rows, with what certificate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from netlift.allocation.problem import UNIT, Problem
from netlift.allocation.result import Result
from netlift.plan.artefact import Certificate
from netlift.plan.limits import Limits
from netlift.plan.pool import Bools, Floats, Ints, Pool
from netlift.plan.rows import Extra, Frame, Question, question

if TYPE_CHECKING:
    from netlift.allocation.crowd import Counter
    from netlift.allocation.kernel import Floats as Prices

ENOUGH = 2e-4
"""Gap below which nothing more is tried: far below what the responses know."""


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Pairs that a plan would give, held-out customers included."""

    code: str
    cells: Ints
    """Pairs of the pool, ascending."""
    result: Result | None = None
    question: Question | None = None
    extra: tuple[Extra, ...] = ()
    value: Floats | None = None
    """What was made as large as possible, per pair, shape (pairs,); None: nothing was."""
    money: bool = True
    """Whether that is money; else prices are no money either."""
    notes: tuple[str, ...] = ()
    numbers: Mapping[str, float] | None = None

    @property
    def prices(self) -> Mapping[str, float]:
        """What one more unit of each limit would earn."""
        return {} if self.result is None else self.result.prices

    @property
    def certificate(self) -> Certificate | None:
        """How near it is to the best."""
        if self.result is None or self.question is None or self.result.bound is None:
            return None
        rows = self.question.problem.rows
        signs = {row.name: -1.0 if row.minimum else 1.0 for row in rows}
        return Certificate(
            self.result.earned, self.result.bound / UNIT, self.result.gap or 0.0, dict(self.result.prices),
            {name: signs[name] * use / UNIT + 0.0 for name, use in self.result.use.items()},
            {row.name: signs[row.name] * row.limit / UNIT + 0.0 for row in rows},
            {name: amount / UNIT for name, amount in self.result.relaxed.items()},
        )  # fmt: skip

    def noted(self, *notes: str, **numbers: float) -> "Choice":
        """The same with more to know about it."""
        return replace(self, notes=(*self.notes, *notes), numbers={**(self.numbers or {}), **numbers})


def choose(
    frame: Frame,
    code: str,
    value: Floats,
    *,
    only: Bools | None = None,
    needed: Bools | None = None,
    extra: Sequence[Extra] = (),
    limits: Limits | None = None,
    begin: Mapping[str, float] | None = None,
) -> Choice:
    """The best choice within the limits, by the exact dual.

    Args:
        frame: pairs and limits.
        code: of the plan.
        value: see `rows.question`; so are `only`, `needed`, `extra` and `limits`.
        only: pairs that may be chosen at all.
        needed: pairs that may be chosen at a loss.
        extra: further rows.
        limits: instead of the frame's.
        begin: prices to start from, by row, e.g. of a problem that is nearly the same.
    """
    asked = question(frame, value, only=only, needed=needed, extra=extra, limits=limits)
    prices: Prices | None = None
    if begin:
        prices = np.array([begin.get(row.name, 0.0) for row in asked.problem.rows])
    found = _solve(asked.problem, prices, frame.passes)
    return Choice(code, asked.cells[found.chosen], found, asked, tuple(extra), value)


def _solve(problem: Problem, begin: "Prices | None", passes: "Counter | None") -> Result:
    """By prices and repair alone where that is near enough; else by all that the dual optimiser can do."""
    from netlift.allocation.kernel import answer
    from netlift.allocation.kernel_narrow import Passes
    from netlift.allocation.optimiser import result
    from netlift.allocation.optimisers.dual import LARGE, Dual, prices_of
    from netlift.allocation.repair import Draft, repair

    passes = passes or Passes
    if problem.customers <= LARGE:
        found = prices_of(problem, begin, passes=passes)
        totals, chosen = answer(problem, found.prices)
        draft = repair(problem, found.prices, Draft(chosen, totals.use.copy(), totals.value))
        kept = not len(problem.rows) or bool((draft.use <= problem.limits).all())
        if kept and found.bound - draft.value <= max(ENOUGH * abs(found.bound), UNIT / 1000):
            return result(
                Dual.kind, problem, draft.chosen.ravel(), bound=max(found.bound, float(draft.value)),
                prices=found.prices, passes=found.passes,
            )  # fmt: skip
    return Dual(begin=begin, passes=passes).solve(problem)


def sketch(
    frame: Frame,
    value: Floats,
    *,
    only: Bools | None = None,
    needed: Bools | None = None,
    extra: Sequence[Extra] = (),
    limits: Limits | None = None,
) -> Ints:
    """Pairs of everybody's best answer to the best prices: nearly the choice, at a small part of its time.

    It may break limits by a few customers; for looking ahead, not for a plan. Arguments as of `choose`.
    """
    from netlift.allocation.kernel import answer
    from netlift.allocation.optimisers.dual import prices_of

    asked = question(frame, value, only=only, needed=needed, extra=extra, limits=limits)
    chosen = answer(asked.problem, prices_of(asked.problem).prices)[1].ravel()
    return np.sort(asked.cells[chosen[chosen >= 0]])


def few_offers(frame: Frame, value: Floats, most: int) -> Bools:
    """Pairs of the offers that remain when the one that is missed least goes, again and again; shape (pairs,).

    What is missed is counted at the prices at which the whole choice was made, where a customer's next best offer
    stands in for the one that goes.
    """
    pool = frame.pool
    begin = choose(frame, "all", value)
    left = np.bincount(pool.offer[begin.cells], minlength=len(pool.candidates)) > 0
    if left.sum() > most:
        left = _dropped(pool, at_prices(frame, begin, value), left, most)
    found: Bools = left[pool.offer]
    return found


def at_prices(frame: Frame, choice: Choice, value: Floats) -> Floats:
    """What every pair is worth at the prices of a choice, minor units, shape (pairs,)."""
    from netlift.allocation.kernel import reduced

    if choice.question is None:
        return value
    everything = np.ones(len(frame.pool), np.bool_)
    whole = question(frame, value, needed=everything, extra=choice.extra).problem
    return reduced(whole, np.array([choice.prices.get(row.name, 0.0) for row in whole.rows])) / UNIT


def _dropped(pool: Pool, worth: Floats, left: Bools, most: int) -> Bools:
    left = left.copy()
    matrix = np.zeros((pool.customers, int(left.sum())))  # only offers that were chosen
    column = np.cumsum(left) - 1
    here = left[pool.offer]
    matrix[pool.owner[here], column[pool.offer[here]]] = np.maximum(worth[here], 0.0)
    numbers = np.flatnonzero(left)
    while left.sum() > most:
        kept = column[np.flatnonzero(left)]
        part = np.sort(matrix[:, kept], axis=1)
        best = matrix[:, kept].argmax(axis=1)
        second = part[:, -2] if part.shape[1] > 1 else np.zeros(len(part))
        missed = np.bincount(best, part[:, -1] - second, len(kept))
        left[numbers[kept[int(missed.argmin())]]] = False
    return left


def best_single(frame: Frame, value: Floats) -> int | None:
    """The one offer that would earn most, see `by_worth`; None: none earns anything."""
    return next(iter(by_worth(frame, value)), None)


def by_worth(frame: Frame, value: Floats) -> tuple[int, ...]:
    """Offers that earn something within budget, liability and their own caps, the one that earns most first.

    Pairs by value per coin until a limit is reached: exact up to the last customer where one limit binds.
    """
    pool, limits = frame.pool, frame.limits
    earned = []
    for number, one in enumerate(pool.candidates):
        cells = np.flatnonzero((pool.offer == number) & (value > 0))
        cells = cells[np.lexsort((cells, -value[cells] / np.maximum(pool.cost[cells], 1e-9)))]
        between = limits.offers.get(one.offer.offer_id)
        caps = [limits.channels.get(str(one.channel)), None if between is None else between.most]
        for cap in (int(cap) for cap in caps if cap is not None):
            cells = cells[:cap]
        for amounts, limit in ((pool.cost, limits.budget_minor), (pool.liability, limits.liability_minor)):
            if limit is not None:
                cells = cells[: int(np.searchsorted(np.cumsum(amounts[cells]), limit, side="right"))]
        earned.append(float(value[cells].sum()))
    order = np.argsort(-np.array(earned), kind="stable").tolist()
    return tuple(number for number in order if earned[number] > 0)


def jaccard(a: Ints, b: Ints) -> float:
    """Pairs in both of the pairs in either; 0 where there are none.

    >>> jaccard(np.array([1, 2, 3]), np.array([2, 3, 4]))
    0.5
    """
    both = len(np.intersect1d(a, b, assume_unique=True))
    either = len(a) + len(b) - both
    return both / either if either else 0.0
