"""The winner's curse: what is chosen because it looked good looks better than it is, and by how much.

Two choices are made at once, and each has its curse. *Among offers*: the averages of measured offers are shrunk to
their common mean, as the normal model with unknown means says
(empirical Bayes: Efron & Morris 1973, doi:10.1080/01621459.1973.10481350; between-offer variance by DerSimonian & Laird
1986, doi:10.1016/0197-2456(86)90046-2; its uncertainty as in Morris 1983, doi:10.1080/01621459.1983.10477920). With
fewer than three measured offers nothing can be said, and nothing is corrected.

*Among customers*: where a log that tells customers apart was judged out of fold, the plan's own rule (its prices, and
the best offer at these prices) is put to predictions made without the customer, and what these promise of the
customers whom the rule picks is held against their doubly robust scores: valued on other folds than it was chosen on.
Folds are compared at the same mean: a fold's prediction holds the average of the other folds, which is high where its
own is low.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from netlift.plan.errors import Errors
from netlift.plan.pool import Bools, Floats, Ints, Pool
from netlift.response.results import Judged, Learned, Source

FEWEST = 3
"""Measured offers from which on a common mean says something."""
ENOUGH = 100
"""Judged customers whom the plan's rule picks, from which on they decide."""
SAME = 1e-5
"""Relative difference below which predictions of four bytes are the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """What is taken off a promise, by offer, shape (offers,) each."""

    shift: Floats
    """Added to the net margin of every customer who gets it, minor units; mostly below 0."""
    error: Floats
    """Shared standard error of a customer's net margin after the correction, minor units; NaN: as it was."""
    judged: Bools
    """Whether customers of other folds decided."""

    @property
    def method(self) -> str:
        """cross_fit, shrinkage or none: what corrected at least one offer."""
        if self.judged.any():
            return "cross_fit"
        return "shrinkage" if (self.shift != 0).any() else "none"


def shrinkage(pool: Pool) -> Correction:
    """From the averages of the measured offers alone."""
    offers = len(pool.candidates)
    shift, error = np.zeros(offers), np.full(offers, np.nan)
    measured: dict[str, tuple[float, float]] = {}
    logs = [_log(pool, number) for number in range(offers)]
    for log, known in zip(logs, pool.learned, strict=True):
        if log is not None and known is not None:  # several candidates may repeat one past offer: it counts once
            measured.setdefault(log, (known.net.estimate, known.net.se))
    if len(measured) >= FEWEST:
        names = sorted(measured)
        estimates, errors = (np.array(column) for column in zip(*(measured[name] for name in names), strict=True))
        posterior, spread = shrunk(estimates, errors)
        for number, log in enumerate(logs):
            if log is not None:
                at = names.index(log)
                shift[number], error[number] = posterior[at] - estimates[at], spread[at]
    return Correction(shift, error, np.zeros(offers, np.bool_))


def _log(pool: Pool, number: int) -> str | None:
    """What the figures of an offer were measured on; None: they were not measured."""
    known = pool.learned[number]
    if known is None or known.source not in (Source.EXPERIMENT, Source.LOG) or not known.net.se > 0:
        return None
    return pool.candidates[number].past or known.offer.offer_id


def shrunk(estimates: Floats, errors: Floats) -> tuple[Floats, Floats]:
    """Posterior means and standard deviations of several normal means, at least three.

    >>> means, _ = shrunk(np.array([1.0, 2.0, 9.0]), np.array([1.0, 1.0, 1.0]))
    >>> bool(means[2] < 9 and means[0] > 1)
    True
    """
    k, weights = len(estimates), errors**-2.0
    centre = (weights * estimates).sum() / weights.sum()
    excess = (weights * (estimates - centre) ** 2).sum() - (k - 1)
    between = max(0.0, float(excess / (weights.sum() - (weights**2).sum() / weights.sum())))
    total = errors**2 + between
    mean, mean_error = (estimates / total).sum() / (1 / total).sum(), 1 / (1 / total).sum()
    back = errors**2 / total
    unsure = 2 * back**2 / max(k - 2, 1) * (estimates - mean) ** 2
    variance = errors**2 * (1 - back) + back**2 * mean_error + unsure
    return estimates - back * (estimates - mean), np.sqrt(variance)


def judged_correction(
    pool: Pool, reduced: Floats, price: float, judged: Mapping[str, Judged], begin: Correction
) -> Correction:
    """As `begin`, but of offers whose log was judged out of fold by what the plan's rule finds there.

    Args:
        pool: the pairs.
        reduced: what each pair is worth at the plan's prices, minor units, shape (pairs,).
        price: of a coin of budget, net.
        judged: by offer id.
        begin: what holds where nobody was judged.
    """
    shift, error, decided = begin.shift.copy(), begin.error.copy(), begin.judged.copy()
    for number, known in enumerate(pool.learned):
        found = _found(pool, number, known, judged)
        if known is None or found is None:
            continue
        predicted, differ = _level(found)
        picked = _picked(pool, reduced, price, number, found, predicted)
        if not differ or picked.sum() < ENOUGH:
            continue
        terms = np.asarray(found.score, np.float64)[picked] - predicted[picked]
        apart = terms.var(ddof=1) * max(0.0, 1 / len(terms) - 1 / len(predicted))  # what all have in common is known
        before = error[number] if np.isfinite(error[number]) else known.net.se
        shift[number] += terms.mean()
        error[number] = np.sqrt(before**2 + apart)
        decided[number] = True
    return Correction(shift, error, decided)


def _found(pool: Pool, number: int, known: Learned | None, judged: Mapping[str, Judged]) -> Judged | None:
    """The judged customers of an offer, or of the past offer that it repeats."""
    names = (pool.offers[number], pool.candidates[number].past, known.offer.offer_id if known else None)
    return next((judged[name] for name in names if name is not None and name in judged), None)


def _level(judged: Judged) -> tuple[Floats, bool]:
    """Predictions with the same mean in every fold, shape (judged,), and whether they tell customers apart at all."""
    predicted = np.asarray(judged.predicted, np.float64)
    _, fold = np.unique(np.asarray(judged.fold), return_inverse=True)
    means = np.bincount(fold, predicted) / np.bincount(fold)
    inside = predicted - means[fold]
    differ = bool(np.abs(inside).max(initial=0.0) > SAME * max(1.0, float(np.abs(predicted).max(initial=0.0))))
    return inside + predicted.mean() if len(predicted) else predicted, differ


def _picked(pool: Pool, reduced: Floats, price: float, number: int, judged: Judged, predicted: Floats) -> Bools:
    """Judged customers to whom the rule gives the offer, by predictions made without them; shape (judged,)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    here = pool.offer == number
    at = np.full(pool.customers, -1, np.int64)
    at[pool.owner[here]] = np.flatnonzero(here)
    others = np.zeros(pool.customers)
    np.maximum.at(others, pool.owner[~here], reduced[~here])
    who = pc.index_in(pa.array(judged.customer_id, pa.string()), value_set=pool.eligible.customer_id).fill_null(-1)
    place: Ints = who.to_numpy(zero_copy_only=False).astype(np.int64)
    cell = np.where(place >= 0, at[place], -1)
    known = cell >= 0
    change = predicted - pool.net[cell] - price * (np.asarray(judged.cost, np.float64) - pool.cost[cell])
    picked: Bools = known & (reduced[cell] + change > others[place])
    return picked


def scaled(errors: Errors, pool: Pool, cells: Ints, correction: Correction) -> Floats:
    """By what the shared error of each offer's chosen pairs is multiplied, shape (offers,)."""
    before = pool.sums(cells, errors.shared[cells])
    after = correction.error * pool.sums(cells, np.ones(len(cells)))
    known = np.isfinite(correction.error) & (before > 0)
    return np.where(known, np.divide(after, before, out=np.ones(len(before)), where=before > 0), 1.0)
