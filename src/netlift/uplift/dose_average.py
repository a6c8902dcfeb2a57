"""What a log says of doses on average: effects in shape, how far predictions hold, what contradicts the shape."""

from typing import Literal, NamedTuple

import numpy as np

from netlift.errors import EstimationError
from netlift.uplift import dose_shape
from netlift.uplift.checks import Floats
from netlift.uplift.estimate import Estimate, mean_of, normal

Shape = Literal["rising", "concave"]


class Group(NamedTuple):
    """Customers of similar predicted answer, from the weakest to the strongest: predictions beside what was found."""

    predicted: Floats
    """Mean curve that the customers were given, out of fold, at each dose, shape (k,)."""
    found: tuple[Estimate, ...]
    """Mean effect by doubly robust scores at each dose above 0, as it came."""
    rising: Floats
    """The same made rising from 0, shape (k,)."""


def in_shape(found: tuple[Estimate, ...], doses: Floats, shape: Shape) -> tuple[Estimate, ...]:
    """Means and their interval ends in shape."""
    spread = np.array([one.se for one in found])
    weights = 1 / np.maximum(spread, max(float(spread.max()), 1e-300) * 1e-6) ** 2
    rows = np.array([[getattr(one, end) for one in found] for end in ("lower", "estimate", "upper")])
    lower, middle, upper = np.maximum(dose_shape.rising(rows, weights), 0.0)
    if shape == "concave":
        values, firm = np.append(0.0, rows[1]), np.append(1.0, weights)
        middle = dose_shape.concave(values, doses, firm)[1:]
        lower, upper = np.minimum(lower, middle), np.maximum(upper, middle)
    return tuple(
        one._replace(estimate=float(m), lower=float(lo), upper=float(hi), method=f"dr, {shape}")
        for one, lo, m, hi in zip(found, lower, middle, upper, strict=True)
    )


def slope_of(c: Floats, g: Floats, level: float) -> Estimate:
    """Slope of the contrasts on their predictions within doses, errors clustered by customer."""
    x, y = g - g.mean(axis=0), c - c.mean(axis=0)
    spread, n = float((x * x).sum()), len(x)
    if spread <= 0:
        return normal(0.0, float("inf"), n, level=level, method="best linear predictor")
    slope = float((x * y).sum()) / spread
    error = np.sqrt(n / (n - 2) * float(((x * (y - slope * x)).sum(axis=1) ** 2).sum())) / spread
    return normal(slope, float(error), n, level=level, method="best linear predictor")


def contradictions_of(c: Floats, doses: Floats, level: float) -> tuple[tuple[float, float], ...]:
    """Pairs of neighbouring doses whose larger one is shown to earn less, the pair of 0 and the first included."""
    steps = np.diff(np.hstack([np.zeros((len(c), 1)), c]), axis=1)
    strict = 1 - (1 - level) / steps.shape[1]
    shown = [mean_of(steps[:, k], level=strict, method="dr").upper < 0 for k in range(steps.shape[1])]
    return tuple((float(doses[k]), float(doses[k + 1])) for k, bad in enumerate(shown) if bad)


def groups_of(c: Floats, curves: Floats, strength: Floats, count: int, level: float) -> tuple[Group, ...]:
    """Customers by predicted strength, in groups of about equal size of 20 or more.

    Args:
        c: scores of each dose above 0 less those of none, shape (n, k - 1).
        curves: predicted curves from 0, out of fold, shape (n, k).
        strength: what to order customers by, made without their outcomes, shape (n,).
        count: groups, at least 1.
        level: confidence level.

    Raises:
        EstimationError: fewer than one group.
    """
    if count < 1:
        raise EstimationError(f"groups must be at least 1, got {count}")
    parts = max(1, min(count, len(c) // 20))
    cuts = np.unique(np.quantile(strength, np.arange(1, parts) / parts))
    member = np.searchsorted(cuts, strength, side="right")
    made = []
    for part in np.unique(member):
        inside = member == part
        found = means(c[inside], level)
        values = np.maximum(dose_shape.rising(np.array([[one.estimate for one in found]])), 0.0)[0]
        made.append(Group(curves[inside].mean(axis=0), found, np.append(0.0, values)))
    return tuple(made)


def means(c: Floats, level: float) -> tuple[Estimate, ...]:
    """Mean of each column of scores."""
    return tuple(mean_of(c[:, k], level=level, method="dr") for k in range(c.shape[1]))
