"""Gamma-Gamma: what a customer spends per purchase, between his own mean and everybody's."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError
from netlift.profiles.value.histories import Groups, Histories
from netlift.profiles.value.model import LikelihoodModel

Floats = NDArray[np.float64]


class GammaGamma(LikelihoodModel):
    """The model of Fader & Hardie (2013, "The Gamma-Gamma model of monetary value", brucehardie.com note 025).

    A customer's purchases are Gamma(shape p, rate nu), and nu ~ Gamma(shape q, rate v) across customers, so v is
    money. With x repeat purchases of mean z:

        L = G(px+q) / (G(px) G(q)) v^q x^(px) z^(px-1) / (v + x z)^(px+q)

    It takes spend per purchase to be independent of how often a customer buys; `correlation_` tells how far the data
    agree. Customers who bought once say nothing.

    Learned by `fit`, beside what `LikelihoodModel` names: `correlation_`, of frequency and mean spend among those
    who bought again (nan where either is constant).

    >>> model = GammaGamma.of(p=6.25, q=3.74, v=1544.0)
    >>> one = Histories(np.array([2.0, 0.0]), np.array([9.0, 0.0]), np.array([10.0, 10.0]), np.array([2235.0, np.nan]))
    >>> model.expected_spend(one).round(0).tolist()
    [2466.0, 3522.0]
    """

    names = ("p", "q", "v")
    correlation_: float

    def fit(self, histories: Histories) -> Self:
        """Find the parameters under which these mean amounts are most likely.

        Raises:
            EstimationError: there are no amounts, nobody bought twice, an amount is not above 0, or the likelihood
                has no highest point.
        """
        frequency, spend = _repeaters(histories)
        if not len(spend):
            raise EstimationError(f"all {len(histories)} customers bought once: mean spend has no repeat purchases")
        if not np.all(spend > 0):
            raise EstimationError(
                f"mean spend is missing or not above 0 for {int(np.sum(~(spend > 0)))} customers with repeat "
                "purchases: leave out free orders"
            )
        mean = float(np.average(spend, weights=frequency))
        self._maximise(Groups.of(frequency, spend), [(p, q, (q - 1) / p * mean) for p, q in ((2, 3), (6, 4), (1, 2))])
        varies = np.ptp(frequency) > 0 and np.ptp(spend) > 0
        self.correlation_ = float(np.corrcoef(frequency, spend)[0, 1]) if varies else float("nan")
        return self

    def expected_spend(self, histories: Histories) -> Floats:
        """Mean amount of a future purchase, given the customer's own, in minor units, shape (n,).

        `p (v + x z) / (p x + q - 1)`: a weighted mean of z and of everybody's mean, p v / (q - 1).

        Raises:
            EstimationError: q <= 1, so that amounts have no mean.
            NotFittedError: the model has no parameters.
        """
        p, q, v = self._values()
        if q <= 1:
            raise EstimationError(f"q is {q:.3f}, not above 1: amounts differ so much that they have no mean")
        own = np.zeros(len(histories))
        if histories.spend is not None:
            own = histories.frequency * np.where(histories.frequency > 0, histories.spend, 0.0)
        frequency = np.zeros(len(histories)) if histories.spend is None else histories.frequency
        found: Floats = p * (v + own) / (p * frequency + q - 1)
        return found

    def _density(self, theta: Floats, rows: Floats) -> tuple[Floats, Floats]:
        from scipy.special import gammaln, psi

        p, q, v = np.exp(theta)
        x, z = rows.T
        shape, whole = p * x, v + x * z
        own, shared = np.log(x * z / whole), np.log(v / whole)
        value = gammaln(shape + q) - gammaln(shape) - gammaln(q) + shape * own + q * shared - np.log(z)
        gradient = (
            shape * (psi(shape + q) - psi(shape) + own),
            q * (psi(shape + q) - psi(q) + shared),
            q - (shape + q) * v / whole,
        )
        return value, np.column_stack(gradient)


def spend_groups(histories: Histories) -> Groups:
    """The distinct (frequency, mean spend) of those who bought again; `place` is one of them for each such customer."""
    return Groups.of(*_repeaters(histories))


def _repeaters(histories: Histories) -> tuple[Floats, Floats]:
    if histories.spend is None:
        raise EstimationError("the histories hold no spend: give the mean amount of a repeat purchase")
    again = histories.frequency > 0
    return histories.frequency[again], histories.spend[again]
