"""Simple answers beside a plan, under the same limits or at the same spend: what choosing carefully is worth.

nothing              nobody gets anything
best_single_offer    one offer, to those whom it pays, within the limits
by_p_buy             that offer to the likeliest buyers until the plan's spend is reached: how many shops target
random               the plan's offers in the plan's mix to eligible customers drawn by lot, at the same spend
"""

from collections.abc import Callable

import numpy as np

from netlift.plan.artefact import Rival
from netlift.plan.choose import best_single, choose
from netlift.plan.errors import Errors, Loads
from netlift.plan.pool import Floats, Ints, Pool
from netlift.plan.rows import Frame
from netlift.plan.winner import Correction
from netlift.plan.worth import Value, effect_of, value_of
from netlift.types import Grade

Answers = Callable[[Ints], dict[str, tuple[Ints, Floats | None]]]
"""From a plan's pairs to its rivals by code: their pairs, with weights where they are drawn by lot."""


def simple_answers(frame: Frame) -> Answers:
    """The rivals of any plan of a frame; the single offer is chosen once.

    The answer to a plan's pairs: rivals by code, as pairs, and weights of these where they are drawn by lot.
    """
    pool = frame.pool
    number = best_single(frame, frame.value)
    single = np.zeros(0, np.int64)
    if number is not None:
        single = choose(frame, "single", frame.value, only=pool.offer == number).cells

    def answers(cells: Ints) -> dict[str, tuple[Ints, Floats | None]]:
        spend = float(pool.cost[cells].sum())
        found: dict[str, tuple[Ints, Floats | None]] = {"nothing": (np.zeros(0, np.int64), None)}
        if number is not None:
            found["best_single_offer"] = (single, None)
            found["by_p_buy"] = (_likeliest(pool, number, spend), None)
        if len(cells):
            found["random"] = _by_lot(pool, cells, spend)
        return found

    return answers


def rivals_of(
    pool: Pool, cells: Ints, answers: dict[str, tuple[Ints, Floats | None]], errors: Errors, correction: Correction,
    *, level: float = 0.9, grade: Grade = Grade.ASSUMED,
) -> tuple[Rival, ...]:  # fmt: skip
    """Each rival with the plan's lead over it; errors of an offer that both give cancel.

    Args:
        pool: pairs.
        cells: the plan's.
        answers: see `simple_answers`.
        errors: of every pair.
        correction: as for the plan, so that both are corrected alike.
        level: of the intervals.
        grade: of the evidence.
    """
    own = value_of(pool, cells, errors, correction)
    found = []
    for code, (pairs, weights) in answers.items():
        value, cost = _valued(pool, pairs, weights, errors, correction)
        spread = _apart(errors, own, value, cells, pairs, by_lot=weights is not None)
        lead = effect_of(own.total - value.total, spread, len(cells), level=level, grade=grade, method="paired")
        found.append(Rival(code, value.total, cost, lead))
    return tuple(found)


def _valued(
    pool: Pool, pairs: Ints, weights: Floats | None, errors: Errors, correction: Correction
) -> tuple[Value, float]:
    if weights is None:
        return value_of(pool, pairs, errors, correction), float(pool.cost[pairs].sum())
    net = pool.sums(pairs, pool.net[pairs] * weights) + pool.sums(pairs, weights) * correction.shift
    loads = Loads(
        pool.sums(pairs, errors.shared[pairs] * weights), pool.sums(pairs, errors.slope[pairs] * weights),
        float(((errors.own[pairs] * weights) ** 2).sum()), errors.group, pool.sums(pairs, weights) * correction.common,
    )  # fmt: skip
    return Value(net, float(net.sum()), loads), float((pool.cost[pairs] * weights).sum())


def _apart(errors: Errors, own: Value, other: Value, cells: Ints, pairs: Ints, *, by_lot: bool) -> float:
    """Standard error of the difference: of pairs that both give, nobody's own error counts."""
    difference = own.loads.less(other.loads)
    if not by_lot:
        both = np.intersect1d(cells, pairs, assume_unique=True)
        common = 2 * float((errors.own[both] ** 2).sum())
        difference = Loads(
            difference.shared, difference.slope, max(0.0, difference.own - common), errors.group, difference.common
        )
    return float(np.sqrt(difference.variance))


def _likeliest(pool: Pool, number: int, spend: float) -> Ints:
    """The offer's pairs of highest chance of buying, as many as the spend pays."""
    cells = np.flatnonzero((pool.offer == number) & ~np.isnan(pool.p_buy))
    cells = cells[np.lexsort((cells, -pool.p_buy[cells]))]
    cells = cells[: int(np.searchsorted(np.cumsum(pool.cost[cells]), spend * (1 + 1e-12), side="right"))]
    return np.sort(cells)


def _by_lot(pool: Pool, cells: Ints, spend: float) -> tuple[Ints, Floats]:
    """Every eligible pair of the plan's offers, with the chance that it would be drawn."""
    given = pool.sums(cells, np.ones(len(cells)))
    there = np.bincount(pool.offer, minlength=len(pool.candidates))
    chance = np.divide(given, there, out=np.zeros(len(given)), where=there > 0)
    pairs = np.flatnonzero(given[pool.offer] > 0)
    weights = chance[pool.offer[pairs]]
    cost = float((pool.cost[pairs] * weights).sum())
    return pairs, weights * min(1.0 / weights.max(initial=1e-12), spend / cost if cost > 0 else 1.0)
