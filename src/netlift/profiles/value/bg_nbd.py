"""BG/NBD: customers buy at rates of their own, and after any purchase may leave for good."""

import numpy as np
from numpy.typing import NDArray

from netlift.profiles.value.model import PurchaseModel
from netlift.profiles.value.quadrature import beta_rule

Floats = NDArray[np.float64]

NODES = 64
"""Of Gauss and Jacobi's rule, at least."""
MOST_NODES = 1024
BLOCK = 512
"""Ages that are taken through all horizons at once."""


class BGNBD(PurchaseModel):
    """The model of Fader, Hardie & Lee (2005, doi:10.1287/mksc.1040.0098).

    While active, a customer buys at rate lambda; after each repeat purchase he leaves with probability p. Across
    customers lambda ~ Gamma(shape r, rate alpha) and p ~ Beta(a, b), independent. With frequency x, recency t and
    age T:

        L = B(a, b+x)/B(a, b) G(r+x) alpha^r / G(r) { (alpha+T)^-(r+x) + [x > 0] a/(b+x-1) (alpha+t)^-(r+x) }

    Whoever has not bought again cannot have left; where many leave right after the first purchase, Pareto/NBD fits
    better.

    >>> from netlift.profiles.value.histories import Histories
    >>> model = BGNBD.of(r=0.243, alpha=4.414, a=0.793, b=2.426)
    >>> one = Histories(np.array([2.0]), np.array([30.43]), np.array([38.86]))
    >>> round(float(model.expected_purchases(one, 39)[0]), 3)
    1.226
    """

    names = ("r", "alpha", "a", "b")

    def _density(self, theta: Floats, rows: Floats) -> tuple[Floats, Floats]:
        from scipy.special import betaln, gammaln, psi

        r, alpha, a, b = np.exp(theta)
        x, recency, age = rows.T
        stayed, left = _fates(np.exp(theta), rows)
        both = np.logaddexp(stayed, left)
        here = np.exp(stayed - both)
        gone = np.exp(left - both)
        value = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b) + both
        last = np.where(x > 0, b + x - 1, 1.0)
        gradient = (
            r * (psi(r + x) - psi(r) + np.log(alpha) - here * np.log(alpha + age) - gone * np.log(alpha + recency)),
            r - alpha * (r + x) * (here / (alpha + age) + gone / (alpha + recency)),
            a * (psi(a + b) - psi(a + b + x)) + gone,
            b * (psi(b + x) - psi(b) + psi(a + b) - psi(a + b + x) - gone / last),
        )
        return value, np.column_stack(gradient)

    def _starts(self, rate: float, age: float) -> list[tuple[float, ...]]:
        # few or many kinds of customers; most stay, or half leave soon
        del age  # no parameter but alpha is a time, and it follows from the rate
        return [(r, r / rate, a, b) for r in (0.3, 2.0) for a, b in ((0.5, 2.0), (2.0, 2.0))]

    def _alive(self, values: Floats, rows: Floats) -> Floats:
        from scipy.special import expit

        stayed, left = _fates(values, rows)
        found: Floats = expit(stayed - left)
        return found

    def _if_alive(self, values: Floats, frequency: Floats, age: Floats, horizons: Floats, weights: Floats) -> Floats:
        """E over p ~ Beta(a, b+x) of [1 - ((alpha+T) / (alpha+T+p h))^(r+x)] / p.

        It is the paper's equation (10) before its integral is written as 2F1, which loses its digits near a = 1 and
        for long horizons.
        """
        r, alpha, a, b = values
        found = np.empty(len(frequency))
        for x in np.unique(frequency):  # a rule for each frequency, of which there are few
            chosen = np.flatnonzero(frequency == x)
            longest = horizons.max() / (alpha + age[chosen].min())
            p, shares = beta_rule(float(a), float(b + x), _nodes(float((r + x) * longest)))
            for block in np.array_split(chosen, len(chosen) // BLOCK + 1):  # to bound memory
                reach = horizons / (alpha + age[block])[:, None]
                found[block] = _share(p, reach.ravel(), float(r + x), shares).reshape(reach.shape) @ weights
        return found

    def _draw(self, values: Floats, frequency: Floats, age: Floats, horizon: float, rng: np.random.Generator) -> Floats:
        r, alpha, a, b = values
        rate = rng.gamma(r + frequency) / (alpha + age)
        p = np.clip(rng.beta(a, b + frequency), 1e-12, 1.0)
        # the purchase after which he leaves is the last one that counts
        return np.minimum(rng.poisson(rate * horizon), rng.geometric(p)).astype(np.float64)


def _fates(values: Floats, rows: Floats) -> tuple[Floats, Floats]:
    """Log weights of having stayed until the date, and of having left after the last purchase, each (g,)."""
    r, alpha, a, b = values
    x, recency, age = rows.T
    stayed = -(r + x) * np.log(alpha + age)
    odds = np.log(a) - np.log(np.where(x > 0, b + x - 1, 1.0)) - (r + x) * np.log(alpha + recency)
    return stayed, np.where(x > 0, odds, -np.inf)


def _nodes(purchases: float) -> int:
    """Nodes that suffice where one who never left would buy so often in the horizon.

    The integrand turns at p = 1 / purchases, and nodes lie near 0 as close as 1 / nodes^2.
    """
    n = NODES
    while n < MOST_NODES and n < 4 * purchases**0.5:
        n *= 2
    return n


def _share(p: Floats, reach: Floats, shape: float, weights: Floats) -> Floats:
    """Weighted mean over p (n,) of [1 - (1 + p reach)^-shape] / p, for each reach (g,)."""
    return np.einsum("ij,j->i", np.expm1(-shape * np.log1p(np.outer(reach, p))), -weights / p)
