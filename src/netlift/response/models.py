"""The models behind responses: lines and trees together, because what an offer changes is faint beside the noise.

Money per customer is so noisy that trees alone find mostly noise, and follow it boldly; a line over logarithms finds
the broad tendencies. Their mean errs less than either (forecast combination: Bates & Granger 1969,
doi:10.1057/jors.1969.103).
"""

from dataclasses import dataclass

import numpy as np

from netlift.uplift.checks import Floats, Ints
from netlift.uplift.nuisance import Boosted, Classes, Features, Matrix, Model

SIZES = ((200_000, Boosted(trees=200, leaves=16, rate=0.1, least=500, threads=2)),
         (20_000, Boosted(trees=100, leaves=8, rate=0.05, least=200, threads=1)),
         (0, Boosted(trees=40, leaves=4, rate=0.05, least=100, threads=1)))  # fmt: skip
"""Trees for logs with at least so many customers in the smallest arm."""
PENALTIES = np.logspace(0, 5, 16)
"""Of which ridge regression takes the one with the least cross-validated error."""
FAR = 4.0
"""Standard deviations from the mean to which a feature is drawn in."""


def squeezed(X: Matrix) -> Floats:
    """Signed logarithms: money and counts have long tails, which a line would follow."""
    values = np.asarray(X, dtype=np.float64)
    found: Floats = np.sign(values) * np.log1p(np.abs(values))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    centre: Floats
    scale: Floats
    level: float
    slope: Floats

    def predict(self, X: Matrix) -> Floats:
        z = np.clip((squeezed(X) - self.centre) / self.scale, -FAR, FAR)
        found: Floats = self.level + z @ self.slope
        return found


def line(X: Matrix, target: Floats, weight: Floats | None = None) -> Model:
    """Ridge regression on standardised logarithms, its penalty by generalised cross-validation.

    Of all penalties the one with the least `mean residual^2 / (1 - trace(hat) / n)^2` (Golub, Heath & Wahba 1979,
    doi:10.1080/00401706.1979.10489751); the intercept is free.

    Args:
        X: features, shape (n, p).
        target: shape (n,).
        weight: of the rows, shape (n,); None: equal.
    """
    w = np.ones(len(target)) if weight is None else weight / weight.mean()
    logs = squeezed(X)
    centre, level = np.average(logs, axis=0, weights=w), float(np.average(target, weights=w))
    scale = np.sqrt(np.average((logs - centre) ** 2, axis=0, weights=w))
    scale = np.where(scale > 1e-9, scale, 1.0)
    root = np.sqrt(w)
    z, y = root[:, None] * np.clip((logs - centre) / scale, -FAR, FAR), root * (target - level)
    values, vectors = np.linalg.eigh(z.T @ z)
    values, along = np.clip(values, 0.0, None), vectors.T @ (z.T @ y)
    total, n = float(y @ y), len(y)

    def error(penalty: float) -> float:
        shrunk = along / (values + penalty)
        left = total - 2 * float(shrunk @ along) + float(shrunk**2 @ values)
        free = 1 - (1 + float(np.sum(values / (values + penalty)))) / n
        return left / free**2 if free > 0 else np.inf

    best = min(PENALTIES * n / 100, key=error)
    return _Line(centre, scale, level, vectors @ (along / (values + best)))


@dataclass(frozen=True, slots=True)
class _Mean:
    first: Model
    second: Model

    def predict(self, X: Matrix) -> Floats:
        return 0.5 * (self.first.predict(X) + self.second.predict(X))


@dataclass(frozen=True)
class Blend:
    """A `nuisance.Maker`: regressions are the mean of a line and of trees, class probabilities are trees'."""

    trees: Boosted

    def regress(self, features: Features, target: Floats, *, weight: Floats | None = None, seed: int = 0) -> Model:
        """As in `Maker`."""
        return _Mean(
            line(features.values, target, weight), self.trees.regress(features, target, weight=weight, seed=seed)
        )

    def classify(self, features: Features, label: Ints, classes: int, *, seed: int = 0) -> Classes:
        """As in `Maker`."""
        return self.trees.classify(features, label, classes, seed=seed)


def models_for(smallest: int) -> Blend:
    """Lines and trees for a log whose smallest arm has so many customers.

    >>> models_for(900).trees.leaves, models_for(50_000).trees.leaves
    (4, 8)
    """
    return Blend(next(trees for least, trees in SIZES if smallest >= least))
