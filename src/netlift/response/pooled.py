"""What past offers of one mechanism did on average, and how much they differed: a prior for the next one.

Effects x_j with standard errors s_j lie around true effects that differ by tau between offers. For each tau the mean
is the weighted one, w_j = 1 / (s_j^2 + tau^2); tau itself is averaged over its posterior under a half-Cauchy prior as
wide as the effects are apart (Gelman 2006, doi:10.1214/06-BA117A). A single moment estimate of it is 0 too often and
then promises too much. A new offer lies around the mean with variance tau^2 + se^2; as few offers tell of tau, the
interval takes Student's t with one degree of freedom less than there are offers.

Two things are known before any log is read. *What is plausible*: hardly any offer changes by more than a part what
customers leave in its time anyway; their mean effect and their spread are of the size of `PLAUSIBLE` of that. *What
failed checks say*: a comparison whose checks failed is off by more than its standard error. How much more is read from
the placebos of such logs, comparisons of the same kind where there was nothing to find: their estimates vary by
se^2 + bias^2, and bias is averaged over its posterior under a half-normal prior `BIASED` times as wide as what
is plausible.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from netlift.response.results import Learned, Source
from netlift.types import Grade

LEAST_OFFERS = 3
"""Offers of a mechanism from which something is learned about another one."""
CUSTOMER, COIN = "customer", "coin"
"""Units: net margin per customer offered, minor units; or per minor unit spent."""
GRID = 200
"""Values of tau that are averaged over."""
PLAUSIBLE = 0.05
"""Standard deviation of what offers change, as a share of the profit that customers leave in their time anyway: a
judgement, as `unpriced.UNSURE` is. One offer in twenty changes more than twice as much."""
BIASED = 2.0
"""A comparison whose checks failed may be off by so many times what is plausible of an offer: also a judgement."""
PLACEBOS = frozenset({"placebo_before"})
"""Checks that compare profits where there was nothing to find."""
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
    paid: float = math.nan
    """What the shop spent on these offers per customer reached, on average, minor units; nan: not known."""

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


def plausible(learned: Sequence[Learned]) -> float:
    """Standard deviation of what an offer changes before anything is read, minor units per customer; inf: not known."""
    usual = {one.model_id: one.numbers["usual_minor"] for one in learned if one.numbers.get("usual_minor", 0.0) > 0}
    return PLAUSIBLE * math.fsum(usual.values()) / len(usual) if usual else math.inf


def bias_of(learned: Sequence[Learned]) -> float:
    """Root mean square of how far comparisons whose checks failed are off, beyond their standard errors, minor units.

    Without a placebo it is `BIASED` times what is plausible; where that is not known either, 0.
    """
    wide = BIASED * plausible(learned)
    asked = {one.model_id: check.numbers for one in learned if doubtful(one)
             for check in one.checks if check.code in PLACEBOS and check.numbers.get("se", 0.0) > 0}  # fmt: skip
    if not math.isfinite(wide) or not asked:
        return wide if math.isfinite(wide) else 0.0
    estimate, se = (np.array([asked[name][of] for name in sorted(asked)]) for of in ("estimate", "se"))
    bias = np.linspace(0.0, 5 * max(wide, float(np.abs(estimate).max())), GRID)
    variance = se**2 + bias[:, None] ** 2
    fit = -0.5 * (np.log(variance) + estimate**2 / variance).sum(axis=1) - 0.5 * (bias / wide) ** 2
    likely = np.exp(fit - fit.max())
    return math.sqrt(float((likely / likely.sum()) @ bias**2))


def doubtful(one: Learned) -> bool:
    """Whether it was measured by a comparison whose checks failed."""
    return one.source is Source.LOG and one.grade.rank >= Grade.WEAK.rank


def doubted(one: Learned, bias: float) -> Found:
    """Net margin of a past offer, with all of its error."""
    return Found(one.net.estimate, math.hypot(one.net.se, bias) if doubtful(one) else one.net.se)


def pool(mechanism: str, found: Sequence[Found], unit: str = CUSTOMER, *, wide: float = math.inf) -> Prior | None:
    """Pool effects of one mechanism; None for fewer than two with a standard error.

    Args:
        mechanism: of the offers.
        found: their effects.
        unit: of the effects.
        wide: standard deviation that the mean effect, and the offers around it, are known to have before; see
            `plausible`.

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
    variance = 1 / (w.sum(axis=1) + 1 / wide**2)
    centre = variance * (w @ x)
    apart = (w * (x - centre[:, None]) ** 2).sum(axis=1) + (centre / wide) ** 2 + (tau / wide) ** 2
    fit = 0.5 * (np.log(variance) + np.log(w).sum(axis=1) - apart)
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
    found, wide, bias = {}, plausible(learned), bias_of(learned)
    for mechanism, group in measured(learned).items():
        prior = pool(mechanism, [doubted(one, bias) for one in group], wide=wide)
        if prior is not None and prior.promotions >= LEAST_OFFERS:
            found[mechanism] = replace(prior, paid=math.fsum(one.cost.estimate for one in group) / len(group))
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
