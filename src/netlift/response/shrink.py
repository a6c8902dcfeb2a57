"""From what models say of a customer to what may be believed: averages found, deviations shrunk, errors honest.

Two things are said of a customer: what they would bring without the offer (p, the prognostic score), and what the
offer would change (f). Doubly robust scores s of the effect are regressed on p and on what f says beyond p:

    s = a + b1 (p - mean p) + b2 r + e           r = f - mean f - g (p - mean p), which p does not explain
    value = a + k1 (p - mean p) + k2 r
    error = sqrt(z' V z + (b1 - k1)^2 (p - mean p)^2 + (b2' - k2)^2 r^2)       z = (1, p - mean p, r), b2' = b2 or 0

with V the covariance of a, b1, b2 that lets the noise differ between customers (HC1: White 1980). The last terms are
how far a customer may be from what is said of them. A slope b is drawn towards what is known before, k0:

    k = k0 + (b - k0) (1 - (z se_b / (b - k0))^2)+            z: two-sided critical value of the level

the non-negative garrote of one coefficient (Breiman 1995, doi:10.1080/00401706.1995.10484371). A slope that is not
shown to differ from k0 is not believed, one that stands out by many standard errors is hardly touched, and between the
two there is no jump. Of f nothing is known before: k0 = 0, and k2 is kept within 0 and 1. Along p, k0 lies at `BEFORE`
between the same effect for all (0) and one in proportion to what people buy (1). Where all respond alike, a ranking by
p is as good as one by lot; where they respond by a share of what they buy, it is better.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from netlift.uplift.checks import Floats
from netlift.uplift.estimate import Estimate, critical

BEFORE = 0.25
"""Where between the same for all and in proportion to p the slope along p is taken to be as long as nothing else is
shown. Visits of Hillstrom's two mails lie at .34 +- .09 and -.09 +- .15, simulated shops at about .9."""
NEGATIVE = 0.1
"""Where more than this share of the customers is expected to bring less than nothing, the outcome is no amount to which
effects could be in proportion."""
ALIKE = 1e-9
"""Share of its size below which what a prediction varies by is rounding."""


class Term(NamedTuple):
    """A prediction by which customers are told apart."""

    mean: float
    """Over the customers that were learned from."""
    slope: float
    """k above."""
    doubt: float
    """How far the slope found lies from the one used."""
    lowest: float
    """Smallest deviation from the mean among those customers; further ones are drawn in to it."""
    highest: float
    spread: float
    """Standard deviation of those deviations."""

    def apart(self, prediction: Floats) -> Floats:
        """Deviations from the mean."""
        drawn: Floats = np.clip(prediction - self.mean, self.lowest, self.highest)
        return drawn


NOTHING = Term(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""Where a prediction tells nobody apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Shrink:
    """How predictions of one effect become values."""

    average: float
    """Average effect found, in the unit of the outcome."""
    usual: Term
    """By what customers would bring without the offer."""
    beyond: Term
    """By what the model says of the effect beyond that."""
    along: float
    """g above."""
    covariance: Floats
    """V above, shape (3, 3)."""

    @property
    def se(self) -> float:
        """Standard error of the average."""
        return math.sqrt(self.covariance[0, 0])

    @property
    def varies(self) -> bool:
        """Whether customers get different values."""
        return self.usual.slope != 0 or self.beyond.slope != 0

    def value(self, said: Floats) -> Floats:
        """Effects to believe in, shape (n,), from what is said: p and f, shape (n, 2)."""
        p, r = self._apart(said)
        return self.average + self.usual.slope * p + self.beyond.slope * r

    def error(self, said: Floats) -> Floats:
        """Their standard errors, shape (n,)."""
        p, r = self._apart(said)
        z = np.column_stack([np.ones(len(p)), p, r])
        variance = ((z @ self.covariance) * z).sum(axis=1) + (self.usual.doubt * p) ** 2 + (self.beyond.doubt * r) ** 2
        error: Floats = np.sqrt(np.maximum(variance, 0.0))
        return error

    @property
    def error_outside(self) -> float:
        """Standard error for a customer of whom the predictions know nothing: the spread of effects comes on top."""
        terms = zip((self.usual, self.beyond), self.covariance.diagonal()[1:], strict=True)
        apart = sum(term.spread**2 * (term.slope**2 + term.doubt**2 + variance) for term, variance in terms)
        return math.sqrt(self.covariance[0, 0] + apart)

    def moved(self, by: float, se: float | None = None) -> "Shrink":
        """The same differences around another average, whose standard error may be another one."""
        if se is None or not self.se > 0:
            return replace(self, average=self.average + by)
        scale = np.array([se / self.se, 1.0, 1.0])
        return replace(self, average=self.average + by, covariance=self.covariance * np.outer(scale, scale))

    def _apart(self, said: Floats) -> tuple[Floats, Floats]:
        p = self.usual.apart(said[:, 0])
        return p, self.beyond.apart(said[:, 1] - self.along * p)


def shrink(scores: Floats, said: Floats, *, level: float, fixed: float = 0.0) -> Shrink:
    """The rule that doubly robust scores imply.

    Args:
        scores: of the effect, shape (n,).
        said: p and f by models that never saw the customer, shape (n, 2).
        level: at which a slope must be shown to differ from what is known before.
        fixed: the part of the effect that is the same for everybody for sure, such as a contact's cost.
    """
    n, average = len(scores), float(scores.mean())
    p, along, r = _apart(said)
    z = np.column_stack([np.ones(n), p, r])
    sizes = (z**2).sum(axis=0)  # the columns are uncorrelated, so each slope stands alone
    inverse = np.divide(1.0, sizes, out=np.zeros(3), where=sizes > 0)
    found = inverse * (z.T @ scores)
    rest = scores - z @ found
    noise = (z * rest[:, None] ** 2).T @ z * (n / (n - np.count_nonzero(sizes)))
    covariance: Floats = inverse[:, None] * noise * inverse
    reach = critical(level) * np.sqrt(covariance.diagonal())
    usual = _soft(float(found[1]), float(reach[1]), _before(said[:, 0], average - fixed))
    known = max(float(found[2]), 0.0)
    beyond = min(_soft(known, float(reach[2]), 0.0), 1.0)
    return Shrink(
        average, _term(said[:, 0], p, usual, float(found[1])),
        _term(said[:, 1], r, beyond, known), along, covariance,
    )  # fmt: skip


def flat(average: Estimate) -> Shrink:
    """The rule where there is no prediction: everybody gets the average.

    >>> from netlift.uplift.estimate import normal
    >>> flat(normal(3.0, 1.0, 50, level=0.9, method="example")).value(np.array([[7.0, 2.0]])).tolist()
    [3.0]
    """
    covariance = np.zeros((3, 3))
    covariance[0, 0] = average.se**2
    return Shrink(average.estimate, NOTHING, NOTHING, 0.0, covariance)


def _apart(said: Floats) -> tuple[Floats, float, Floats]:
    """Deviations of p, the slope g of f along p, and what f says beyond p; exact zeros where only rounding is left."""
    p, f = _centred(said[:, 0]), _centred(said[:, 1])
    if not p.any():
        return p, 0.0, f
    along = float(p @ f / (p @ p))
    r = f - along * p
    return p, along, r if r.std() > ALIKE * f.std() else np.zeros_like(r)


def _centred(values: Floats) -> Floats:
    mean = values.mean()
    apart: Floats = values - mean
    return apart if apart.std() > ALIKE * abs(mean) else np.zeros_like(apart)


def _before(usual: Floats, average: float) -> float:
    """k0 of what customers bring without the offer."""
    mean = float(usual.mean())
    if not mean > 0 or float(np.mean(usual < 0)) > NEGATIVE:
        return 0.0
    return BEFORE * average / mean


def _soft(found: float, reach: float, before: float) -> float:
    """A slope drawn towards what is known before; `reach` is half the length of its interval.

    >>> _soft(4.0, 2.0, 0.0), _soft(1.0, 2.0, 0.5), _soft(0.5, 0.0, 0.5)
    (3.0, 0.5, 0.5)
    """
    apart = found - before
    return before if abs(apart) <= reach else before + apart * (1 - (reach / apart) ** 2)


def _term(prediction: Floats, apart: Floats, used: float, found: float) -> Term:
    if not apart.any():
        return NOTHING
    return Term(
        float(prediction.mean()), used, abs(found - used), float(apart.min()), float(apart.max()), float(apart.std())
    )
