"""Pareto/NBD: customers buy at rates of their own, and may leave for good at any time."""

import numpy as np
from numpy.typing import NDArray

from netlift.profiles.value.model import PurchaseModel
from netlift.profiles.value.quadrature import Powers, two_powers

Floats = NDArray[np.float64]

BLOCK = 4096
"""Rows whose integrals are taken at once, so that the nodes stay in the processor's cache."""


class ParetoNBD(PurchaseModel):
    """The model of Schmittlein, Morrison & Colombo (1987, doi:10.1287/mnsc.33.1.1).

    While active, a customer buys at rate lambda, and leaves at rate mu. Across customers lambda ~ Gamma(shape r,
    rate alpha) and mu ~ Gamma(shape s, rate beta), independent. With frequency x, recency t and age T:

        L = G(r+x) alpha^r beta^s / G(r) { (alpha+T)^-(r+x) (beta+T)^-s
                                           + s integral from t to T of (alpha+u)^-(r+x) (beta+u)^-(s+1) du }

    The integral is usually written as a difference of two 2F1, which cancel; here it is computed as it stands.

    >>> from netlift.profiles.value.histories import Histories
    >>> model = ParetoNBD.of(r=0.5533, alpha=10.578, s=0.6062, beta=11.668)
    >>> one = Histories(np.array([2.0]), np.array([30.43]), np.array([38.86]))
    >>> round(float(model.p_alive(one)[0]), 3)
    0.869
    """

    names = ("r", "alpha", "s", "beta")

    def _density(self, theta: Floats, rows: Floats) -> tuple[Floats, Floats]:
        parts = [_density(np.exp(theta), block) for block in _blocks(rows)]
        return np.concatenate([value for value, _ in parts]), np.concatenate([slope for _, slope in parts])

    def _starts(self, rate: float, age: float) -> list[tuple[float, ...]]:
        # few or many kinds of customers; half leave within the mean age, at even or at uneven rates
        return [(r, r / rate, s, s * age) for r in (0.5, 2.0) for s in (0.5, 2.0)]

    def _alive(self, values: Floats, rows: Floats) -> Floats:
        from scipy.special import expit

        fates = [_fates(values, block) for block in _blocks(rows)]
        found: Floats = np.concatenate([expit(stayed - left) for stayed, left, _ in fates])
        return found

    def _if_alive(self, values: Floats, frequency: Floats, age: Floats, horizons: Floats, weights: Floats) -> Floats:
        """(r+x)(beta+T)/(alpha+T) [1 - ((beta+T) / (beta+T+h))^(s-1)] / (s-1), continued through s = 1."""
        from scipy.special import exprel

        r, alpha, s, beta = values
        total = np.zeros(len(age))
        for horizon, weight in zip(horizons, weights, strict=True):
            span = np.log1p(horizon / (beta + age))
            total += weight * span * exprel(-(s - 1) * span)
        found: Floats = (r + frequency) * (beta + age) / (alpha + age) * total
        return found

    def _draw(self, values: Floats, frequency: Floats, age: Floats, horizon: float, rng: np.random.Generator) -> Floats:
        r, alpha, s, beta = values
        rate = rng.gamma(r + frequency) / (alpha + age)
        leaving = rng.gamma(s, size=len(age)) / (beta + age)
        stay = rng.exponential(size=len(age)) / np.maximum(leaving, 1e-300)
        return rng.poisson(rate * np.minimum(stay, horizon)).astype(np.float64)


def _blocks(rows: Floats) -> list[Floats]:
    return [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]


def _fates(values: Floats, rows: Floats) -> tuple[Floats, Floats, Powers]:
    """Log weights of having stayed and of having left, each (g,), and the integral over the time of leaving."""
    r, alpha, s, beta = values
    x, recency, age = rows.T
    stayed = -(r + x) * np.log(alpha + age) - s * np.log(beta + age)
    leaving = two_powers((r + x, float(alpha)), (float(s + 1), float(beta)), recency, age)
    return stayed, np.log(s) + leaving.total, leaving


def _density(values: Floats, rows: Floats) -> tuple[Floats, Floats]:
    from scipy.special import gammaln, psi

    r, alpha, s, beta = values
    x, _, age = rows.T
    stayed, left, leaving = _fates(values, rows)
    both = np.logaddexp(stayed, left)
    here, gone = np.exp(stayed - both), np.exp(left - both)

    def mean(of: Floats) -> Floats:  # over the times at which a customer who left may have done so
        return np.einsum("ij,ij->i", leaving.weights, of)

    first, second = np.log(alpha + age), np.log(beta + age)
    value = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + both
    gradient = (
        r * (psi(r + x) - psi(r) + np.log(alpha) - here * first - gone * mean(leaving.log_first)),
        r - alpha * (r + x) * (here / (alpha + age) + gone * mean(1 / leaving.first)),
        s * (np.log(beta) - here * second - gone * mean(leaving.log_second)) + gone,
        s - beta * (s * here / (beta + age) + (s + 1) * gone * mean(1 / leaving.second)),
    )
    return value, np.column_stack(gradient)
