"""Integrals of positive functions, where closed forms with 2F1 subtract large numbers and lose their digits."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TAIL = 45.0
"""Beyond exp(-45) of its height, an integrand adds nothing to a double."""


@lru_cache(maxsize=8)
def legendre(n: int) -> tuple[Floats, Floats]:
    """Nodes in (0, 1) and weights of Gauss and Legendre's rule, each of shape (n,)."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return (nodes + 1) / 2, weights / 2


@lru_cache(maxsize=4096)
def beta_rule(first: float, second: float, n: int) -> tuple[Floats, Floats]:
    """Gauss's rule for the mean of a function of p ~ Beta(first, second): nodes in (0, 1) and weights that sum to 1.

    From the recurrence of Jacobi's polynomials (Golub & Welsch 1969, doi:10.1090/S0025-5718-69-99647-1), whose
    weights are squares and sum to 1 for any shape; the ready-made rule of scipy overflows at large ones.
    """
    from scipy.linalg import eigh_tridiagonal

    low, high = first - 1, second - 1  # exponents of p and of 1 - p
    k = np.arange(1.0, n)
    whole = 2 * k + low + high
    centre = np.empty(n)
    centre[0] = (low - high) / (low + high + 2)
    centre[1:] = (low - high) * (low + high) / (whole * (whole + 2))
    # at k = 1 two factors cancel, and would be 0 / 0 at first + second = 1
    pair = np.ones(n - 1)
    pair[1:] = (k[1:] + low + high) / (whole[1:] - 1)
    beside = 4 * k * (k + low) * (k + high) * pair / (whole**2 * (whole + 1))
    nodes, vectors = eigh_tridiagonal(centre, np.sqrt(beside))
    return np.clip((1 + nodes) / 2, 1e-18, 1.0), vectors[0] ** 2


def two_powers(
    near: tuple[Floats, float], far: tuple[float, float], start: Floats, end: Floats, n: int
) -> tuple[Floats, Floats, Floats]:
    """Nodes for the integral of (alpha + t)^-k (beta + t)^-m over t from start to end, for each row.

    With the smaller of alpha and beta as c, the variable is u = log((c + t) / (c + start)). In it the integrand is
    log-concave and free of poles within pi of the axis, so that few nodes give all digits; where it falls from its
    start, the range ends where nothing is left.

    Args:
        near: exponents k, shape (g,), and alpha.
        far: exponent m and beta.
        start: lower limits, shape (g,), >= 0.
        end: upper limits, shape (g,), >= start.
        n: number of nodes.

    Returns:
        t at the nodes, the logarithm of each node's share of the integral, both (g, n), and the logarithm of the
        integral (g,), -inf where the range is empty.
    """
    from scipy.special import logsumexp

    (k, alpha), (m, beta) = near, far
    smaller = min(alpha, beta)
    base = smaller + start
    reach = np.log1p((end - start) / base)
    fall = k * base / (alpha + start) + m * base / (beta + start) - 1
    reach = np.where(fall > 0, np.minimum(reach, TAIL / np.where(fall > 0, fall, 1.0)), reach)
    nodes, weights = legendre(n)
    u = reach[:, None] * nodes
    t = start[:, None] + base[:, None] * np.expm1(u)
    with np.errstate(divide="ignore"):
        measure = np.log(base * reach)[:, None] + np.log(weights) + u
    terms = measure - k[:, None] * np.log(alpha + t) - m * np.log(beta + t)
    total: Floats = logsumexp(terms, axis=1)
    shares = terms - np.where(np.isfinite(total), total, 0.0)[:, None]
    return t, shares, total
