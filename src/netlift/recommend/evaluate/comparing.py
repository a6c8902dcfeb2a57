"""Two recommenders side by side: the same customers, drawn again and again (paired bootstrap, Efron 1979)."""

from dataclasses import dataclass

import numpy as np

from netlift.errors import ConfigError
from netlift.recommend.evaluate.metrics import Floats


@dataclass(frozen=True, slots=True)
class Beside:
    """How much better one is than another, with intervals of the same level."""

    difference: float
    lower: float
    upper: float
    ratio: float
    """Of the means; infinite or NaN where the other's is 0."""
    ratio_lower: float
    ratio_upper: float
    customers: int


def compare(ours: Floats, theirs: Floats, *, level: float = 0.95, draws: int = 2_000, seed: int = 0) -> Beside:
    """Compare a figure, customer by customer.

    Args:
        ours: such as `Measures.recall`, shape (customers,); customers with NaN in either are left out.
        theirs: of the same customers in the same order.
        level: of the intervals, between 0 and 1.
        draws: of the bootstrap, 100 or more.
        seed: of the draws.

    Raises:
        ConfigError: different shapes, nobody to compare, or a setting out of its range.

    >>> round(compare(np.array([0.5, 0.25, 0.75]), np.array([0.25, 0.25, 0.0])).ratio, 9)
    3.0
    """
    if ours.shape != theirs.shape or not 0 < level < 1 or draws < 100:
        raise ConfigError(
            f"comparing needs figures of the same customers, a level within 0..1 and 100 draws or more; "
            f"got {ours.shape} and {theirs.shape}, {level} and {draws}"
        )
    both = ~(np.isnan(ours) | np.isnan(theirs))
    a, b = ours[both], theirs[both]
    if not len(a):
        raise ConfigError("there is no customer with a figure of both")
    rng = np.random.default_rng(seed)
    drawn = np.empty((draws, 2))
    for at in range(draws):
        who = rng.integers(len(a), size=len(a))
        drawn[at] = a[who].mean(), b[who].mean()
    edge = np.array([(1 - level) / 2, (1 + level) / 2])
    lower, upper = np.quantile(drawn[:, 0] - drawn[:, 1], edge)
    ratios = _ratio(drawn[:, 0], drawn[:, 1])
    some = ratios[~np.isnan(ratios)]
    low, high = np.quantile(some, edge, method="nearest") if len(some) else (np.nan, np.nan)
    ratio = _ratio(np.array([a.mean()]), np.array([b.mean()]))[0]
    return Beside(
        float(a.mean() - b.mean()), float(lower), float(upper), float(ratio), float(low), float(high), len(a)
    )  # fmt: skip


def _ratio(a: Floats, b: Floats) -> Floats:
    none = np.where(a > 0, np.inf, np.nan)
    return np.divide(a, b, out=none, where=b > 0)
