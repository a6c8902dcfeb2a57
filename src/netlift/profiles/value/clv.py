"""CLV: purchases still to come x spend x margin, discounted; and totals over customers with their intervals."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError
from netlift.profiles.value.gamma_gamma import GammaGamma, spend_groups
from netlift.profiles.value.histories import Histories
from netlift.profiles.value.model import PurchaseModel

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Terms:
    """How future purchases are turned into money today.

    Raises:
        ConfigError: no month, a rate of -1 or less, or a margin that is not a share.

    >>> round(Terms.yearly(0.15).monthly_rate, 5)
    0.01171
    """

    months: int = 12
    """How far ahead purchases count."""
    monthly_rate: float = 0.01
    """Interest for one month; 0: money keeps its worth."""
    margin: float = 1.0
    """Share of the spend that is margin; 1: CLV in spend."""

    def __post_init__(self) -> None:
        if self.months < 1 or not self.monthly_rate > -1 or not 0 <= self.margin <= 1:
            raise ConfigError(f"CLV needs months >= 1, a monthly rate above -1 and a margin of 0 to 1, got {self}")

    @classmethod
    def yearly(cls, rate: float, *, months: int = 12, margin: float = 1.0) -> "Terms":
        """Terms from a rate for a year, compounded monthly."""
        return cls(months, (1 + rate) ** (1 / 12) - 1, margin)


def clv(purchases: PurchaseModel, spend: GammaGamma, histories: Histories, terms: Terms) -> Floats:
    """Discounted margin expected of each customer after the date, in minor units, shape (n,).

    `margin * E[spend per purchase] * sum over months i of (E[Y(i)] - E[Y(i-1)]) / (1 + rate)^i`
    (Fader, Hardie & Lee 2005, doi:10.1509/jmkr.2005.42.4.415). What was bought before the date is not part of it.

    Args:
        purchases: fitted to histories like these.
        spend: fitted to histories like these.
        histories: customers as of the date; those without a repeat purchase get everybody's mean spend.
        terms: horizon, discount and margin.

    >>> from netlift.profiles.value.bg_nbd import BGNBD
    >>> model, amounts = BGNBD.of(r=0.243, alpha=4.414, a=0.793, b=2.426), GammaGamma.of(p=6.25, q=3.74, v=1544.0)
    >>> one = Histories(np.array([2.0]), np.array([30.43]), np.array([38.86]), np.array([2235.0]))
    >>> clv(model, amounts, one, Terms(months=12, monthly_rate=0.01, margin=0.3)).round(0).tolist()
    [1089.0]
    """
    future = purchases.discounted_purchases(histories, months=terms.months, monthly_rate=terms.monthly_rate)
    return terms.margin * spend.expected_spend(histories) * future


class Total(NamedTuple):
    """A sum over customers with its interval."""

    estimate: float
    """Sum of the expected values."""
    lower: float
    upper: float
    level: float
    """Confidence level of the interval."""
    se: float
    """Standard deviation of the draws."""
    draws: int
    """Bootstrap resamples behind the interval."""


def total_purchases(
    purchases: PurchaseModel,
    histories: Histories,
    horizon: float,
    *,
    rng: np.random.Generator,
    draws: int = 199,
    level: float = 0.9,
    outcome: bool = True,
) -> Total:
    """Repeat purchases of all customers within `horizon` after the date.

    Each draw fits the model to a resample of the customers and reads it at the customers themselves.

    Args:
        purchases: fitted to these histories.
        histories: the customers.
        horizon: in units of the histories.
        rng: source of randomness.
        draws: resamples.
        level: confidence level.
        outcome: whether the interval is to hold what will happen, so that each draw plays one future of every
            customer; else it is to hold what is to be expected.
    """
    groups = histories.groups

    def once(counts: Floats) -> float:
        model = purchases.refit(groups, groups.tally(counts))
        if outcome:
            return float(model.draw_purchases(histories, horizon, rng).sum())
        return float(model.expected_purchases(histories, horizon).sum())

    estimate = float(purchases.expected_purchases(histories, horizon).sum())
    return _bootstrap(once, estimate, len(histories), rng=rng, draws=draws, level=level)


def total_clv(
    purchases: PurchaseModel,
    spend: GammaGamma,
    histories: Histories,
    terms: Terms,
    *,
    rng: np.random.Generator,
    draws: int = 199,
    level: float = 0.9,
) -> Total:
    """Expected CLV of all customers together, in minor units, with the uncertainty of both models' parameters.

    Each draw resamples customers with their purchases and amounts together, fits both models and values the
    customers themselves. The interval is that of the expectation; what will happen spreads wider.

    Args:
        purchases: fitted to these histories.
        spend: fitted to these histories.
        histories: the customers.
        terms: horizon, discount and margin.
        rng: source of randomness.
        draws: resamples.
        level: confidence level.

    Raises:
        EstimationError: amounts have no mean (q <= 1), in the fit or in a resample.
    """
    groups, amounts, again = histories.groups, spend_groups(histories), histories.frequency > 0

    def once(counts: Floats) -> float:
        timing = purchases.refit(groups, groups.tally(counts))
        money = spend.refit(amounts, amounts.tally(counts[again]))
        return float(clv(timing, money, histories, terms).sum())

    estimate = float(clv(purchases, spend, histories, terms).sum())
    return _bootstrap(once, estimate, len(histories), rng=rng, draws=draws, level=level)


def _bootstrap(
    once: Callable[[Floats], float], estimate: float, n: int, *, rng: np.random.Generator, draws: int, level: float
) -> Total:
    """Percentile intervals (Efron 1979, doi:10.1214/aos/1176344552) of a statistic of resampled customers."""
    if not 0 < level < 1 or draws < 1:
        raise ConfigError(f"a level lies between 0 and 1 and draws are at least 1, got {level} and {draws}")
    found = np.array([once(rng.multinomial(n, np.full(n, 1 / n)).astype(np.float64)) for _ in range(draws)])
    lower, upper = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return Total(estimate, float(lower), float(upper), level, float(found.std()), draws)
