"""Did the arms get the share of units that they should have got? If not, nothing else can be believed.

A sample-ratio mismatch means that units were lost or added in one arm, so the arms are no longer alike
(Fabijan et al. 2019, doi:10.1145/3292500.3330722).
"""

from collections.abc import Mapping
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError

ALARM = 0.001
"""Below this p-value the split is called broken; a test looked at often needs such a strict limit."""

_MOST_SPLITS = 200_000


class SampleRatio(NamedTuple):
    """Observed against expected arm sizes."""

    p_value: float
    """Probability of a split at least this odd if assignment worked."""
    passed: bool
    """p_value >= the alarm limit."""
    observed: Mapping[str, int]
    expected: Mapping[str, float]
    method: str
    """`exact` for small tests, else `chi-square`."""


def sample_ratio(
    counts: Mapping[str, int], expected: Mapping[str, float] | None = None, *, alarm: float = ALARM
) -> SampleRatio:
    """Compare arm sizes with the split that was planned.

    Args:
        counts: units seen in each arm.
        expected: planned weight of each arm, in any unit; None: equal.
        alarm: p-value below which the split counts as broken.

    Raises:
        EstimationError: fewer than two arms, different names, or a weight that is not positive.

    >>> sample_ratio({"a": 500, "b": 510}).passed
    True
    """
    weights = dict.fromkeys(counts, 1.0) if expected is None else dict(expected)
    if len(counts) < 2 or set(weights) != set(counts) or min(weights.values()) <= 0 or sum(counts.values()) == 0:
        raise EstimationError(f"cannot compare arms {dict(counts)} with the expected split {weights}")
    seen = np.array(list(counts.values()), dtype=np.int64)
    shares = np.array([weights[name] for name in counts])
    shares = shares / shares.sum()
    small = shares.min() * seen.sum() < 20 and comb(int(seen.sum()) + len(seen) - 1, len(seen) - 1) <= _MOST_SPLITS
    p_value = _exact(seen, shares) if small else _chi_square(seen, shares)
    plan = {name: float(share * seen.sum()) for name, share in zip(counts, shares, strict=True)}
    return SampleRatio(p_value, p_value >= alarm, dict(counts), plan, "exact" if small else "chi-square")


def _chi_square(seen: NDArray[np.int64], shares: NDArray[np.float64]) -> float:
    from scipy.special import chdtrc

    plan = shares * seen.sum()
    return float(chdtrc(len(seen) - 1, np.sum((seen - plan) ** 2 / plan)))


def _exact(seen: NDArray[np.int64], shares: NDArray[np.float64]) -> float:
    """Multinomial test: total probability of all splits that are no likelier than the one seen."""
    from scipy.special import gammaln, xlogy

    splits = _splits(int(seen.sum()), len(seen))
    log_p = gammaln(seen.sum() + 1) + np.sum(xlogy(splits, shares) - gammaln(splits + 1), axis=1)
    own = gammaln(seen.sum() + 1) + np.sum(xlogy(seen, shares) - gammaln(seen + 1))
    return float(min(1.0, np.exp(log_p[log_p <= own + 1e-9]).sum()))


def _splits(total: int, arms: int) -> NDArray[np.int64]:
    """Every way to put `total` units into `arms`, one per row."""
    if arms == 1:
        return np.array([[total]], dtype=np.int64)
    parts = []
    for first in range(total + 1):
        rest = _splits(total - first, arms - 1)
        parts.append(np.column_stack([np.full(len(rest), first, dtype=np.int64), rest]))
    return np.concatenate(parts)
