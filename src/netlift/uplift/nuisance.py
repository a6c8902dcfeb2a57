"""Models that an estimator needs but nobody asked about: what makes them, and the matrix that they share.

An estimator asks a `Maker` for regressions and class probabilities on parts of one matrix. `Boosted` (LightGBM) bins
the matrix once, however many arms, folds and outcomes follow; `Base` takes any models that work like scikit-learn's.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import ConfigError, EstimationError
from netlift.uplift.checks import Floats, Ints

Matrix = NDArray[np.float32] | NDArray[np.float64]
Rows = NDArray[np.intp]

LEAST_LEAF = 10
"""Units that a leaf of `Boosted` holds at least, however small the sample."""


def covariates(X: ArrayLike, *, columns: int | None = None) -> Matrix:
    """Covariates of units, shape (n, p); 32-bit numbers stay so, which halves the memory, NaN stands for unknown.

    Raises:
        EstimationError: no numbers, another shape, or infinite values.

    >>> covariates([[1, 2], [3, 4]], columns=2).shape
    (2, 2)
    """
    try:
        array = np.asarray(X)
        matrix: Matrix = array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise EstimationError(f"X must hold numbers: {error}") from error
    if matrix.ndim != 2 or matrix.shape[1] == 0 or columns not in (None, matrix.shape[1]):
        raise EstimationError(f"X needs one row per unit and {columns or 'some'} columns; got shape {matrix.shape}")
    for column in range(matrix.shape[1]):  # one at a time: a mask of a whole large matrix costs its memory
        endless = np.isinf(matrix[:, column])
        if endless.any():
            raise EstimationError(
                f"X is infinite in {int(endless.sum())} rows of column {column}, first in row "
                f"{int(endless.argmax())}: give NaN for what is not known"
            )
    return matrix


class Features:
    """Rows of a matrix of covariates. Parts share the matrix, and what makers have prepared of it.

    Args:
        matrix: shape (n, p); or what makes it whenever it is asked for, so that it need not be kept.
        rows: positions in the matrix, ascending; None: all of it.
        prepared: of the whole matrix, by maker.
        count: rows of a matrix that is made; None: as many as it has.
    """

    def __init__(
        self, matrix: Matrix | Callable[[], Matrix], rows: Rows | None = None,
        prepared: dict[object, Any] | None = None, *, count: int | None = None,
    ) -> None:  # fmt: skip
        self._matrix = matrix
        self.rows = rows
        self.prepared: dict[object, Any] = {} if prepared is None else prepared
        """Shared with all parts."""
        self.own: dict[object, Any] = {}
        """Of these rows alone, by maker."""
        self.count = count if count is not None else len(self.matrix)
        """Rows of the matrix."""

    def __len__(self) -> int:
        return self.count if self.rows is None else len(self.rows)

    @property
    def matrix(self) -> Matrix:
        """The whole of which these rows are, shape (n, p)."""
        return self._matrix() if callable(self._matrix) else self._matrix

    @property
    def values(self) -> Matrix:
        """The covariates of these rows, shape (rows, p)."""
        return self.matrix if self.rows is None else self.matrix[self.rows]

    def at(self, places: Rows) -> Matrix:
        """The covariates of some of these rows, shape (places, p)."""
        return self.matrix[places if self.rows is None else self.rows[places]]

    def part(self, inside: NDArray[np.bool_]) -> "Features":
        """The rows of this part that a mask, shape (rows,), keeps."""
        rows = np.flatnonzero(inside) if self.rows is None else self.rows[inside]
        return Features(self._matrix, rows, self.prepared, count=self.count)


class Model(Protocol):
    """A fitted regression."""

    def predict(self, X: Matrix) -> Floats:
        """Predicted target, shape (n,)."""


class Classes(Protocol):
    """A fitted model of which class a unit belongs to."""

    def predict(self, X: Matrix) -> Floats:
        """Probability of each class, shape (n, classes)."""


class Maker(Protocol):
    """What makes the models of an estimator."""

    def regress(self, features: Features, target: Floats, *, weight: Floats | None = None, seed: int = 0) -> Model:
        """Learn the mean of a target, shape (rows,), weighted where weights are given."""

    def classify(self, features: Features, label: Ints, classes: int, *, seed: int = 0) -> Classes:
        """Learn the probability of each label 0 .. classes - 1, all of which occur."""


@dataclass(frozen=True)
class Boosted:
    """Gradient-boosted trees of LightGBM: few leaves, steps of modest size, no tuning; the same on every run.

    Bins are made once for the whole matrix, so that fits on parts of it copy one byte a cell.
    """

    trees: int = 100
    leaves: int = 15
    """Of a tree, at most."""
    rate: float = 0.1
    """Share of each tree's answer that is added."""
    least: int | None = None
    """Units in a leaf, at least; None: `max(10, sqrt(n) / 2)` of the n units learned from."""
    threads: int = 1
    """More help from some 100,000 units on, where as many cores are free; on busy ones LightGBM waits for itself."""

    def regress(self, features: Features, target: Floats, *, weight: Floats | None = None, seed: int = 0) -> Model:
        """As in `Maker`."""
        return self._trained(features, target, weight, {"objective": "regression", "seed": seed % 2**31})

    def classify(self, features: Features, label: Ints, classes: int, *, seed: int = 0) -> Classes:
        """As in `Maker`, by logistic loss (two classes) or multinomial loss."""
        options: dict[str, object] = {"objective": "binary", "seed": seed % 2**31}
        if classes > 2:
            options |= {"objective": "multiclass", "num_class": classes}
        return _BoostedClasses(self._trained(features, label.astype(np.float64), None, options))

    def _trained(
        self, features: Features, target: Floats, weight: Floats | None, options: dict[str, object]
    ) -> "_Trees":
        import lightgbm

        data = self._binned(features)
        data.set_label(target)
        data.set_field("weight", weight)
        least = max(LEAST_LEAF, round(math.sqrt(len(features)) / 2)) if self.least is None else self.least
        parameters = self._binning | options | {
            "learning_rate": self.rate, "num_leaves": self.leaves, "min_data_in_leaf": least,
            "deterministic": True, "force_row_wise": True,
        }  # fmt: skip
        return _Trees(lightgbm.train(parameters, data, num_boost_round=self.trees), self.threads)

    @property
    def _binning(self) -> dict[str, object]:
        return {"feature_pre_filter": False, "num_threads": self.threads, "verbosity": -1}

    def _binned(self, features: Features) -> Any:
        """LightGBM's data set of these rows; a part copies the bins of the whole."""
        import lightgbm

        key = ("lightgbm", self.threads)
        if key not in features.prepared:
            empty = np.zeros(features.count)
            whole = lightgbm.Dataset(features.matrix, empty, params=self._binning, free_raw_data=True)
            features.prepared[key] = whole.construct()
        if features.rows is None:
            return features.prepared[key]
        if key not in features.own:
            part = lightgbm.Dataset(None, reference=features.prepared[key], params=self._binning)
            part.used_indices = features.rows.astype(np.int32)  # type: ignore[assignment]  # `subset` sorts a list
            features.own[key] = part.construct()
        return features.own[key]


BOOSTED = Boosted()
"""What is used where nothing else is said."""


@dataclass(frozen=True)
class _Trees:
    """A forest of LightGBM."""

    booster: Any
    threads: int

    def predict(self, X: Matrix) -> Floats:
        answer: Floats = self.booster.predict(X, num_threads=self.threads)
        return answer


@dataclass(frozen=True)
class _BoostedClasses:
    trees: _Trees

    def predict(self, X: Matrix) -> Floats:
        answer = self.trees.predict(X)
        return answer if answer.ndim == 2 else np.column_stack([1 - answer, answer])


class Regressor(Protocol):
    """A model that works like scikit-learn's regressors."""

    def fit(self, X: Any, y: Any) -> object:
        """Learn; must take `sample_weight` where an estimator weighs units."""

    def predict(self, X: Any) -> Any:
        """Predict, shape (n,)."""


class Classifier(Protocol):
    """A model that works like scikit-learn's classifiers."""

    def fit(self, X: Any, y: Any) -> object:
        """Learn."""

    def predict_proba(self, X: Any) -> Any:
        """Probability of each class in ascending order, shape (n, classes)."""


@dataclass(frozen=True)
class Base:
    """Models from factories, such as `Base(lambda: Ridge(), lambda: LogisticRegression())`; seeds belong in them."""

    regressor: Callable[[], Regressor]
    classifier: Callable[[], Classifier] | None = None
    missing: bool = False
    """Whether the models take NaN."""

    def regress(self, features: Features, target: Floats, *, weight: Floats | None = None, seed: int = 0) -> Model:  # noqa: ARG002
        """As in `Maker`; `seed` is the factory's business."""
        model = self.regressor()
        weights = {} if weight is None else {"sample_weight": weight}
        model.fit(self._values(features), target, **weights)
        return _Regression(model, self.missing)

    def classify(self, features: Features, label: Ints, classes: int, *, seed: int = 0) -> Classes:  # noqa: ARG002
        """As in `Maker`; `seed` is the factory's business.

        Raises:
            ConfigError: there is no factory of classifiers.
        """
        if self.classifier is None:
            raise ConfigError("Base(classifier=...) is needed where probabilities are to be estimated")
        model = self.classifier()
        model.fit(self._values(features), label)
        return _Classification(model, self.missing)

    def _values(self, features: Features) -> Matrix:
        return _known(features.values, self.missing)


@dataclass(frozen=True)
class _Regression:
    model: Regressor
    missing: bool

    def predict(self, X: Matrix) -> Floats:
        return np.asarray(self.model.predict(_known(X, self.missing)), dtype=np.float64)


@dataclass(frozen=True)
class _Classification:
    model: Classifier
    missing: bool

    def predict(self, X: Matrix) -> Floats:
        return np.asarray(self.model.predict_proba(_known(X, self.missing)), dtype=np.float64)


def _known(X: Matrix, missing: bool) -> Matrix:
    if not missing and np.isnan(X).any():
        raise EstimationError(
            f"X has NaN in {int(np.isnan(X).any(axis=1).sum())} rows, which these models do not take: fill them in, "
            "or use Boosted, or say Base(missing=True) if they do"
        )
    return X
