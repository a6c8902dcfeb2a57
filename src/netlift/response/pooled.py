"""What past offers of one mechanism did on average, and how much they differed: a prior for the next one.

Effects x_j with standard errors s_j lie around true effects that differ by tau between offers. For each tau the mean
is the weighted one, w_j = 1 / (s_j^2 + tau^2); tau itself is averaged over its posterior under a half-Cauchy prior as
wide as the effects are apart (Gelman 2006, doi:10.1214/06-BA117A). A single moment estimate of it is 0 too often and
then promises too much. A new offer lies around the mean with variance tau^2 + se^2; as few offers tell of tau, the
interval takes Student's t with one degree of freedom less than there are offers.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from netlift.response.results import Learned, Source

LEAST_OFFERS = 3
"""Offers of a mechanism from which something is learned about another one."""
CUSTOMER, COIN = "customer", "coin"
"""Units: net margin per customer offered, minor units; or per minor unit spent."""
GRID = 200
"""Values of tau that are averaged over."""
_LEVEL = 0.9


@dataclass(frozen=True)
class Prior:
    """Net margin of past offers of a mechanism."""

    mechanism: str
    unit: str
    """`customer` or `coin`."""
    mean: float
    se: float
    between: float
    """Standard deviation of true effects between offers."""
    promotions: int

    @cached_property
    def spread(self) -> float:
        """Standard deviation of a new offer's effect: a normal 90 % interval of it is that of Student's t.

        >>> round(Prior("mail", "customer", 0.0, 3.0, 4.0, 12).spread, 2)
        5.46
        """
        from scipy.stats import norm, t

        at = (1 + _LEVEL) / 2
        return float(math.hypot(self.se, self.between) * t.ppf(at, max(self.promotions - 1, 1)) / norm.ppf(at))


NO_PRIORS: Mapping[str, Prior] = MappingProxyType({})


class Found(NamedTuple):
    """An effect of the past."""

    effect: float
    se: float


def pool(mechanism: str, found: Sequence[Found], unit: str = CUSTOMER) -> Prior | None:
    """Pool effects of one mechanism; None for fewer than two with a standard error.

    >>> one = pool("mail", [Found(10.0, 1.0), Found(12.0, 1.0), Found(14.0, 1.0)])
    >>> round(one.mean, 9), one.between > 1.7, one.promotions
    (12.0, True, 3)
    """
    kept = [one for one in found if math.isfinite(one.effect) and 0 < one.se < math.inf]
    if len(kept) < 2:
        return None
    x, se = (np.array(column) for column in zip(*kept, strict=True))
    tau = np.linspace(0.0, 5 * max(float(np.ptp(x)), float(se.max())), GRID)
    w = 1 / (se**2 + tau[:, None] ** 2)
    variance = 1 / w.sum(axis=1)
    centre = variance * (w @ x)
    fit = 0.5 * (np.log(variance) + np.log(w).sum(axis=1) - (w * (x - centre[:, None]) ** 2).sum(axis=1))
    likely = np.exp(fit - fit.max()) / (1 + (tau / max(float(x.std(ddof=1)), float(se.mean()))) ** 2)
    likely /= likely.sum()
    mean = float(likely @ centre)
    error = math.sqrt(float(likely @ (variance + (centre - mean) ** 2)))
    return Prior(mechanism, unit, mean, error, math.sqrt(float(likely @ tau**2)), len(kept))


def measured(learned: Sequence[Learned]) -> dict[str, list[Learned]]:
    """Offers with a log by mechanism, in the order of offer ids."""
    groups: dict[str, list[Learned]] = defaultdict(list)
    for one in sorted(learned, key=lambda one: one.offer.offer_id):
        if one.source in {Source.EXPERIMENT, Source.LOG}:
            groups[one.offer.mechanism].append(one)
    return dict(groups)


def priors_of(learned: Sequence[Learned]) -> dict[str, Prior]:
    """A prior for each mechanism of which at least `LEAST_OFFERS` past offers were learned from logs."""
    found = {}
    for mechanism, group in measured(learned).items():
        prior = pool(mechanism, [Found(one.net.estimate, one.net.se) for one in group])
        if prior is not None and prior.promotions >= LEAST_OFFERS:
            found[mechanism] = prior
    return found


def posterior(prior: Found, own: Found) -> Found:
    """Normal prior and own estimate put together by their precision.

    >>> posterior(Found(0.0, 1.0), Found(4.0, 1.0))
    Found(effect=2.0, se=0.7071067811865476)
    """
    if not own.se > 0:
        return own
    if not prior.se > 0:
        return prior
    weight = prior.se**2 / (prior.se**2 + own.se**2)
    return Found(weight * own.effect + (1 - weight) * prior.effect, math.sqrt(weight) * own.se)
