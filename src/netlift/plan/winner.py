"""The winner's curse: what is chosen because it looked good looks better than it is, and by how much.

Two choices are made at once, and each has its curse. *Among offers*: the averages of measured offers are shrunk to
their common mean, as the normal model with unknown mean and spread says (Rubin 1981, doi:10.3102/10769986006004377;
the spread between offers has a flat prior and is integrated out, Gelman 2006, doi:10.1214/06-BA117A). Where it is
known what customers leave anyway, mean and spread are of the size that is plausible beside it, and offers whose checks
failed err by more than their standard error (`response.pooled`). Where that is not known, nothing can be said with
fewer than three measured offers, and nothing is corrected.

*Among customers*: where a log that tells customers apart was judged out of fold, the plan's own rule (its prices, and
the best offer at these prices) is put to predictions made without the customer, and what these promise of the
customers whom the rule picks is held against their doubly robust scores: valued on other folds than it was chosen on,
as far as the scores tell more than noise. Folds are compared at the same mean: a fold's prediction holds the average
of the other folds, which is high where its own is low.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from netlift.plan.errors import Errors
from netlift.plan.pool import Bools, Floats, Ints, Pool
from netlift.response.pooled import Found, bias_of, doubted, plausible, posterior
from netlift.response.results import Judged, Learned, Source

FEWEST = 3
"""Measured offers from which on a common mean says something."""
WIDEST, STEPS = 4.0, 200
"""Spreads between offers that are looked at: up to so many times that of their estimates or their error, in steps."""
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
    common: Floats
    """Of `error`, what is the same error for all offers: that of their common mean, minor units."""

    @property
    def method(self) -> str:
        """cross_fit, shrinkage or none: what corrected at least one offer."""
        if self.judged.any():
            return "cross_fit"
        return "shrinkage" if (self.shift != 0).any() else "none"


def shrinkage(pool: Pool) -> Correction:
    """From the averages of the measured offers alone."""
    offers = len(pool.candidates)
    shift, error, common = np.zeros(offers), np.full(offers, np.nan), np.zeros(offers)
    measured: dict[str, Found] = {}
    known_ones = [one for one in pool.learned if one is not None]
    wide, bias = plausible(known_ones), bias_of(known_ones)
    logs = [_log(pool, number) for number in range(offers)]
    for log, known in zip(logs, pool.learned, strict=True):
        if log is not None and known is not None:  # several candidates may repeat one past offer: it counts once
            measured.setdefault(log, doubted(known, bias))
    if len(measured) >= (FEWEST if np.isinf(wide) else 1):
        names = sorted(measured)
        estimates, errors = (np.array(column) for column in zip(*(measured[name] for name in names), strict=True))
        posterior, spread, mean = shrunk(estimates, errors, wide)
        for number, log in enumerate(logs):
            if log is not None:
                at = names.index(log)
                shift[number], error[number], common[number] = posterior[at] - estimates[at], spread[at], mean[at]
    return Correction(shift, error, np.zeros(offers, np.bool_), common)


def _log(pool: Pool, number: int) -> str | None:
    """What the figures of an offer were measured on; None: they were not measured."""
    known = pool.learned[number]
    if known is None or known.source not in (Source.EXPERIMENT, Source.LOG) or not known.net.se > 0:
        return None
    return pool.candidates[number].past or known.offer.offer_id


def shrunk(estimates: Floats, errors: Floats, wide: float = np.inf) -> tuple[Floats, Floats, Floats]:
    """Posterior means and standard deviations of several normal means, and the part that the common mean has in them.

    `wide` is the standard deviation that the common mean, and the means around it, are known to have before.

    >>> means, _, _ = shrunk(np.array([1.0, 2.0, 9.0]), np.array([1.0, 1.0, 1.0]))
    >>> bool(means[2] < 9 and means[0] > 1)
    True
    """
    grid = np.linspace(0.0, WIDEST * max(float(estimates.std()), float(np.median(errors))), STEPS)[:, None]
    weights = 1 / (errors**2 + grid**2)
    total = weights.sum(axis=1) + 1 / wide**2
    centre = ((weights * estimates).sum(axis=1) / total)[:, None]
    apart = (weights * (estimates - centre) ** 2).sum(axis=1) + ((centre / wide) ** 2 + (grid / wide) ** 2)[:, 0]
    like = 0.5 * (np.log(weights).sum(axis=1) - np.log(total) - apart)
    chance = np.exp(like - like.max())[:, None]
    chance /= chance.sum()
    back = errors**2 * weights
    each = estimates - back * (estimates - centre)
    of_centre = back**2 / total[:, None]
    mean: Floats = (chance * each).sum(axis=0)
    variance = (chance * (errors**2 * (1 - back) + of_centre + (each - mean) ** 2)).sum(axis=0)
    return mean, np.sqrt(variance), np.sqrt((chance * of_centre).sum(axis=0))


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
        missed, noise = _missed(np.asarray(found.score, np.float64) - predicted, predicted, picked)
        before = error[number] if np.isfinite(error[number]) else known.net.se
        shift[number] += missed
        error[number] = np.hypot(before, noise)
        decided[number] = True
    return Correction(shift, error, decided, begin.common)


def _missed(terms: Floats, predicted: Floats, picked: Bools) -> Found:
    """What those whom the rule picks are found to earn beyond what is promised of them, and how sure that is.

    Scores of some hundreds of customers are as noisy as their orders; but to pick them is promised to earn only so
    much more than to pick anybody. That advantage may be nothing or twice as much: so wide is the normal prior, with
    which the scores are put together.
    """
    advantage = predicted[picked].mean() - predicted.mean()
    noise = terms[picked].var(ddof=1) * max(0.0, 1 / int(picked.sum()) - 1 / len(terms))  # the average is known
    return posterior(Found(0.0, abs(float(advantage))), Found(float(terms[picked].mean()), math.sqrt(noise)))


def _found(pool: Pool, number: int, known: Learned | None, judged: Mapping[str, Judged]) -> Judged | None:
    """The judged customers of an offer, or of the past offer that it repeats."""
    past = None if _log(pool, number) is None else pool.candidates[number].past
    names = (pool.offers[number], past, known.offer.offer_id if known else None)
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
