"""Does a forecast of 20 % come true one time in five? A curve learned on a later date than training, and a table."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import EstimationError
from netlift.profiles.propensity import checks
from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.metrics import logistic_fit, logit

ISOTONIC_FROM = 1000
"""Buyers, and others, from which a free rising curve is worth its noise (Niculescu-Mizil & Caruana 2005)."""


class Curve(ABC):
    """Forecast in, calibrated forecast out; never falling."""

    name: str

    @abstractmethod
    def __call__(self, p: Floats) -> Floats:
        """Calibrated probabilities, shape (n,)."""


@dataclass(frozen=True, slots=True)
class Platt(Curve):
    """logit q = a + b logit p (Platt 1999, on log-odds); b is never below 0."""

    slope: float
    intercept: float
    name = "platt"

    def __call__(self, p: Floats) -> Floats:
        """Of each forecast."""
        from scipy.special import expit

        return np.asarray(expit(self.intercept + self.slope * logit(p)))


@dataclass(frozen=True, slots=True)
class Isotonic(Curve):
    """The rising steps nearest to what happened (Zadrozny & Elkan 2002), straight lines between them."""

    p: Floats
    q: Floats
    """From 1/(n + 2) to 1 - 1/(n + 2), so that no step is sure of itself."""
    name = "isotonic"

    def __call__(self, p: Floats) -> Floats:
        """Of each forecast; beyond the steps, that of the nearest one."""
        return np.interp(p, self.p, self.q)


def calibrate(y: ArrayLike, p: ArrayLike) -> Curve:
    """The curve that the number of rows affords: isotonic from 1,000 buyers and 1,000 others on, Platt's below.

    Args:
        y: 1 bought, 0 did not, of a later date than the forecast learned from, shape (n,).
        p: forecast probabilities, shape (n,).

    Raises:
        EstimationError: as in `metrics.classification`.

    >>> curve = calibrate([1, 0, 0, 0, 0] * 20, [0.5] * 100)
    >>> curve.name, curve(np.array([0.5])).round(3).tolist()
    ('platt', [0.2])
    """
    happened = checks.classes(y)
    forecast = checks.probabilities(p, rows=len(happened))
    rarer = min(happened.sum(), (1 - happened).sum())
    return _isotonic(happened, forecast) if rarer >= ISOTONIC_FROM else Platt(*rising_curve(logit(forecast), happened))


def rising_curve(score: Floats, y: Floats) -> tuple[float, float]:
    """Slope and intercept of the log-odds on a score; the slope is never below 0.

    Outcomes are drawn in by one row of each kind, as Platt does, so that a perfect score keeps a finite curve. A
    ranking that is worse than none gets slope 0 and the base rate for everybody.
    """
    buyers, others = y.sum(), (1 - y).sum()
    soft = np.where(y > 0, (buyers + 1) / (buyers + 2), 1 / (others + 2))
    slope, intercept = logistic_fit(score, soft, np.ones(len(y)))
    if slope > 0:
        return slope, intercept
    rate = np.clip(y.mean(), 1 / (len(y) + 2), 1 - 1 / (len(y) + 2))
    return 0.0, float(np.log(rate / (1 - rate)))


def _isotonic(y: Floats, p: Floats) -> Isotonic:
    from sklearn.isotonic import IsotonicRegression

    edge = 1 / (len(y) + 2)
    found = IsotonicRegression(y_min=edge, y_max=1 - edge).fit(p, y)
    return Isotonic(found.X_thresholds_, found.y_thresholds_)


class Bin(NamedTuple):
    """Rows of similar forecast."""

    n: int
    forecast: float
    """Mean forecast."""
    bought: float
    """Share that bought."""
    lower: float
    """Of the interval of `bought` (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    upper: float

    @property
    def agrees(self) -> bool:
        """Whether the interval holds the forecast."""
        return self.lower <= self.forecast <= self.upper


def reliability(y: ArrayLike, p: ArrayLike, bins: int = 10, *, level: float = 0.95) -> list[Bin]:
    """Forecast beside what happened, in groups of about equal size from the lowest forecast to the highest.

    Equal forecasts stay in one group, so there may be fewer groups than asked for.

    Args:
        y: 1 bought, 0 did not, shape (n,).
        p: forecast probabilities, shape (n,).
        bins: groups, at least 1.
        level: confidence level of each group's interval.

    Raises:
        EstimationError: as in `metrics.classification`, or more groups than rows.

    >>> [(b.n, round(b.forecast, 2), b.bought) for b in reliability([0, 0, 0, 1, 0, 1, 1, 1], [0.2] * 4 + [0.7] * 4, 2)]
    [(4, 0.2, 0.25), (4, 0.7, 0.75)]
    """
    from scipy.special import ndtri

    happened = checks.classes(y)
    forecast = checks.probabilities(p, rows=len(happened))
    if not 1 <= bins <= len(happened):
        raise EstimationError(f"{len(happened)} rows make 1 to {len(happened)} groups, got {bins}")
    z = float(ndtri((1 + checks.level(level)) / 2))
    cuts = np.unique(np.quantile(forecast, np.arange(1, bins) / bins, method="higher"))
    member = np.searchsorted(cuts, forecast, side="right")
    found = []
    for part in np.unique(member):
        inside = member == part
        n, share = int(inside.sum()), float(happened[inside].mean())
        middle, reach = _wilson(n, share, z)
        found.append(Bin(n, float(forecast[inside].mean()), share, middle - reach, middle + reach))
    return found


def _wilson(n: int, share: float, z: float) -> tuple[float, float]:
    """Middle and half-width of the interval of a share."""
    weight = n + z**2
    return (n * share + z**2 / 2) / weight, z / weight * math.sqrt(n * share * (1 - share) + z**2 / 4)
