"""What past offers of one mechanism did on average, and how much they differed: a prior for the next one.

Effects x_j with standard errors s_j, around effects that differ with variance t2 between offers (random effects,
DerSimonian & Laird 1986, doi:10.1016/0197-2456(86)90046-2):

    w_j = 1 / s_j^2,  Q = sum w_j (x_j - weighted mean)^2,  t2 = max(0, (Q - (m - 1)) / (sum w - sum w^2 / sum w))
    mean = sum v_j x_j / sum v_j with v_j = 1 / (s_j^2 + t2), standard error 1 / sqrt(sum v)

A new offer lies around the mean with variance t2 + se^2; as t2 comes from few offers, the interval uses Student's t
with m - 2 degrees of freedom (Higgins, Thompson & Spiegelhalter 2009, doi:10.1111/j.1467-985X.2008.00552.x).
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from netlift.response.results import Learned, Source

LEAST_OFFERS = 3
"""Offers of a mechanism from which something is learned about another one."""
CUSTOMER, COIN = "customer", "coin"
"""Units: net margin per customer offered, minor units; or per minor unit spent."""
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
        5.51
        """
        from scipy.stats import norm, t

        at = (1 + _LEVEL) / 2
        return float(math.hypot(self.se, self.between) * t.ppf(at, max(self.promotions - 2, 1)) / norm.ppf(at))


NO_PRIORS: Mapping[str, Prior] = MappingProxyType({})


class Found(NamedTuple):
    """An effect of the past."""

    effect: float
    se: float


def pool(mechanism: str, found: Sequence[Found], unit: str = CUSTOMER) -> Prior | None:
    """Pool effects of one mechanism; None for fewer than two with a standard error.

    >>> one = pool("mail", [Found(10.0, 1.0), Found(12.0, 1.0), Found(14.0, 1.0)])
    >>> one.mean, round(one.between, 3), round(one.se, 3), one.promotions
    (12.0, 1.732, 1.155, 3)
    """
    kept = [one for one in found if math.isfinite(one.effect) and 0 < one.se < math.inf]
    if len(kept) < 2:
        return None
    w = [1 / one.se**2 for one in kept]
    fixed = sum(wi * one.effect for wi, one in zip(w, kept, strict=True)) / sum(w)
    q = sum(wi * (one.effect - fixed) ** 2 for wi, one in zip(w, kept, strict=True))
    between = max(0.0, (q - (len(kept) - 1)) / (sum(w) - sum(wi**2 for wi in w) / sum(w)))
    v = [1 / (one.se**2 + between) for one in kept]
    mean = sum(vi * one.effect for vi, one in zip(v, kept, strict=True)) / sum(v)
    return Prior(mechanism, unit, mean, 1 / math.sqrt(sum(v)), math.sqrt(between), len(kept))


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
