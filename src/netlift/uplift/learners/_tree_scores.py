"""What makes a split of an uplift tree good: the score of its parts less the score of the whole.

With N units in a part, of which n_k had arm k with mean outcome m_k and variance v_k; tau_k = m_k - m_0:

    effect  sum over offers of N (tau_k^2 - 2 (v_k/n_k + v_0/n_0))     what an honest tree gains in squared error of
            its effects, with as many units to estimate leaves as to find splits (Athey & Imbens 2016,
            doi:10.1073/pnas.1510489113)
    kl      sum over offers of N sum_y p_k log(p_k / p_0)              p_k: share of outcome y = 0 and 1 in arm k
    ed      sum over offers of N sum_y (p_k - p_0)^2
    chi     sum over offers of N sum_y (p_k - p_0)^2 / p_0             (Rzepakowski & Jaroszewicz 2012,
            doi:10.1007/s10115-011-0434-0, without their correction for uneven splits)

Shares are drawn towards a half by one unit of each outcome, so that none is 0.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from netlift.uplift.checks import Floats

Criterion = Literal["effect", "kl", "ed", "chi"]


class Parts(NamedTuple):
    """Units of parts of the sample by arm; each of shape (..., arms)."""

    n: Floats
    mean: Floats
    """0 where there is no unit."""
    variance: Floats

    @classmethod
    def of(cls, n: Floats, weight: Floats, total: Floats, squares: Floats) -> "Parts":
        """From counts and weighted sums of ones, outcomes and squared outcomes."""
        some = np.where(weight > 0, weight, 1.0)
        mean = total / some
        return cls(n, mean, np.maximum(squares / some - mean**2, 0.0))

    @property
    def effect(self) -> Floats:
        """Of each offer against control, shape (..., arms - 1)."""
        return np.asarray(self.mean[..., 1:] - self.mean[..., :1])

    @property
    def noise(self) -> Floats:
        """Squared standard error of the effects, shape (..., arms - 1)."""
        of_mean = self.variance / np.maximum(self.n, 1.0)
        return np.asarray(of_mean[..., 1:] + of_mean[..., :1])


Score: TypeAlias = Callable[[Parts], Floats]


def _effect(parts: Parts) -> Floats:
    return np.asarray(parts.n.sum(axis=-1) * (parts.effect**2 - 2 * parts.noise).sum(axis=-1))


def _shares(parts: Parts) -> tuple[Floats, Floats]:
    p = (parts.n * parts.mean + 1) / (parts.n + 2)
    return p[..., 1:], p[..., :1]


def _kl(parts: Parts) -> Floats:
    p, q = _shares(parts)
    apart = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
    return np.asarray(parts.n.sum(axis=-1) * apart.sum(axis=-1))


def _ed(parts: Parts) -> Floats:
    p, q = _shares(parts)
    return np.asarray(parts.n.sum(axis=-1) * (2 * (p - q) ** 2).sum(axis=-1))


def _chi(parts: Parts) -> Floats:
    p, q = _shares(parts)
    return np.asarray(parts.n.sum(axis=-1) * ((p - q) ** 2 / (q * (1 - q))).sum(axis=-1))


SCORES: Mapping[Criterion, Score] = MappingProxyType({"effect": _effect, "kl": _kl, "ed": _ed, "chi": _chi})
"""Score of parts, shape (...)."""
