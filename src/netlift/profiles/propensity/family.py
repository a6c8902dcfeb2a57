"""What a family of models is: settings, a search space, and one way to be fitted and asked.

A family is one file in `families/` with one class; nothing to register. The road of a fit: `Family.fit` checks rows
and outcomes, scales the columns if the family needs it, and hands a `Lesson` to the family's `learn`; `Fitted`
checks and scales what it is asked about in the same way. So no family can forget either.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import ClassVar, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import ConfigError, EstimationError
from netlift.profiles.propensity import checks
from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.scaling import Scale
from netlift.registry import Registry

Rows = tuple[ArrayLike, ArrayLike]
"""Columns X, shape (n, p), and outcomes y, shape (n,)."""

Choice = TypeVar("Choice", bound=str | int | float)


class Task(StrEnum):
    """What is foretold."""

    CLASSIFICATION = "classification"  # the probability of a purchase
    REGRESSION = "regression"  # the expected amount


class Cost(IntEnum):
    """What a fit costs, from the cheapest: where two families foretell alike, the cheaper one is preferred."""

    LOW = 1  # one pass or a few over the rows
    MEDIUM = 2  # hundreds of passes over binned or sampled rows
    HIGH = 3  # many models, or a kernel


class Trial(Protocol):
    """Who suggests settings: a trial of Optuna, or anything that answers like one."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """A number from low to high."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:
        """A whole number from low to high."""

    def suggest_categorical(self, name: str, choices: Sequence[Choice]) -> Choice:
        """One of the choices."""


class Contributions(NamedTuple):
    """What each column adds to each row's raw score: what the model says, not what causes a purchase."""

    values: Floats
    """Shape (n, p), in the unit of the raw score."""
    base: float
    """Raw score of a row about which nothing is known; base + sum of a row's values = its raw score."""
    unit: str
    """`log-odds`, `probability`, `amount` or `log-amount`."""

    @property
    def raw(self) -> Floats:
        """Raw scores, shape (n,)."""
        score: Floats = self.base + self.values.sum(axis=1)
        return score


class Learned(ABC):
    """What a family keeps of a lesson; it is asked with rows on the lesson's scale."""

    @abstractmethod
    def predict(self, Z: Floats) -> Floats:
        """Probabilities, or amounts in the lesson's unit, shape (n,)."""

    def contributions(self, Z: Floats) -> Contributions | None:  # noqa: ARG002 - families without them ignore the rows
        """Exact contributions, or None where the family has none."""
        return None


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a family learns from: checked, and on one scale if the family asked for it."""

    Z: Floats
    """Columns, shape (n, p)."""
    y: Floats
    """0/1, or amounts (standardised if the family scales), shape (n,)."""
    validation: tuple[Floats, Floats] | None
    """Later rows by which to stop early, in the same form; None: there are none."""
    seed: int
    on_round: Callable[[int, float], None]
    """To be told the round and the validation loss (mean log-loss, or mean squared error), by who learns in rounds."""

    def held_back(self, share: float) -> "Lesson":
        """This lesson with a validation part: its own, or else a random share of its rows, taken out of them."""
        if self.validation is not None:
            return self
        n = len(self.y)
        mixed = np.random.default_rng(self.seed).permutation(n)
        cut = max(1, round(share * n))
        held, kept = np.sort(mixed[:cut]), np.sort(mixed[cut:])
        if len(np.unique(self.y[kept])) < min(len(np.unique(self.y)), 2):
            held, kept = np.arange(n), np.arange(n)  # too few rows to hold any back
        return Lesson(self.Z[kept], self.y[kept], (self.Z[held], self.y[held]), self.seed, self.on_round)


@dataclass(frozen=True, kw_only=True)
class Family(ABC):
    """Settings of one kind of model. Subclasses are frozen dataclasses whose fields are what may be tuned.

    Args:
        task: probability of a purchase, or expected amount.
    """

    kind: ClassVar[str]
    """Short name, unique among families."""
    tasks: ClassVar[frozenset[Task]] = frozenset(Task)
    """What it can foretell."""
    cost: ClassVar[Cost]
    scales: ClassVar[bool]
    """Whether its columns (and amounts) must be on one scale."""

    task: Task = Task.CLASSIFICATION

    def __post_init__(self) -> None:
        if self.task not in self.tasks:
            able = ", ".join(sorted(self.tasks))
            raise ConfigError(f"family {self.kind!r} cannot do {self.task}; it does {able}")

    @classmethod
    @abstractmethod
    def space(cls, trial: Trial) -> Mapping[str, float | int | str]:
        """Settings to try, by field name, as the trial suggests them."""

    @abstractmethod
    def learn(self, lesson: Lesson) -> Learned:
        """Fit to a checked lesson."""

    def fit(
        self, X: ArrayLike, y: ArrayLike, *, validation: Rows | None = None, seed: int = 0,
        on_round: Callable[[int, float], None] | None = None,
    ) -> "Fitted":  # fmt: skip
        """Learn from rows.

        Args:
            X: columns known before the outcome, shape (n, p).
            y: 1 bought, 0 did not; or amounts; shape (n,).
            validation: rows of a later date by which to stop early, as (X, y).
            seed: of everything drawn by chance; the same seed gives the same model.
            on_round: told the round and the validation loss by families that learn in rounds; what it raises ends
                the fit.

        Raises:
            EstimationError: NaN or infinite values, shapes that do not fit, or only one class.
        """
        rows = checks.matrix(X)
        outcome = self._outcome(y, len(rows))
        scale = Scale.of(rows) if self.scales else None
        unit = Scale.of(outcome[:, None]) if self.scales and self.task is Task.REGRESSION else _IDENTITY
        lesson = Lesson(
            rows if scale is None else scale.apply(rows),
            unit.apply(outcome[:, None])[:, 0],
            None if validation is None else self._validation(validation, rows.shape[1], scale, unit),
            seed,
            _reporting(on_round, float(unit.spread[0]) ** 2),
        )
        return Fitted(self, rows.shape[1], scale, unit, self.learn(lesson))

    def _outcome(self, y: ArrayLike, rows: int) -> Floats:
        classified = self.task is Task.CLASSIFICATION
        return checks.classes(y, rows=rows) if classified else checks.column(y, "y", rows=rows)

    def _validation(self, given: Rows, columns: int, scale: Scale | None, unit: Scale) -> tuple[Floats, Floats]:
        rows = checks.matrix(given[0], "X of validation", columns=columns)
        outcome = self._outcome(given[1], len(rows))
        return rows if scale is None else scale.apply(rows), unit.apply(outcome[:, None])[:, 0]


def _reporting(on_round: Callable[[int, float], None] | None, unit: float) -> Callable[[int, float], None]:
    """Losses in the caller's unit, to whoever wants them."""

    def report(step: int, loss: float) -> None:
        if on_round is not None:
            on_round(step, loss * unit)

    return report


_IDENTITY = Scale(np.zeros(1), np.ones(1))


@dataclass(frozen=True, slots=True)
class Fitted:
    """A family that has learned."""

    family: Family
    columns: int
    """How many columns it was fitted to."""
    scale: Scale | None = field(repr=False)
    unit: Scale = field(repr=False)
    """Of the amounts."""
    learned: Learned = field(repr=False)

    def predict(self, X: ArrayLike) -> Floats:
        """Probability of a purchase, or expected amount, shape (n,).

        Raises:
            EstimationError: NaN or infinite values, or another number of columns.
        """
        found = self.learned.predict(self._scaled(X)) * self.unit.spread[0] + self.unit.centre[0]
        if not np.isfinite(found).all():
            raise EstimationError(
                f"family {self.family.kind!r} answered with NaN or infinite values; scale its columns"
            )
        return np.clip(found, 0.0, 1.0) if self.family.task is Task.CLASSIFICATION else found

    def contributions(self, X: ArrayLike) -> Contributions | None:
        """What each column adds to each row's raw score, exactly; None where the family knows no exact answer.

        Raises:
            EstimationError: as in `predict`.
        """
        found = self.learned.contributions(self._scaled(X))
        if found is None:
            return None
        centre, spread = float(self.unit.centre[0]), float(self.unit.spread[0])
        return Contributions(found.values * spread, found.base * spread + centre, found.unit)

    def _scaled(self, X: ArrayLike) -> Floats:
        rows = checks.matrix(X, columns=self.columns)
        return rows if self.scale is None else self.scale.apply(rows)


FAMILIES: Registry[Family] = Registry("netlift.profiles.propensity.families", Family, "netlift.propensity")  # type: ignore[type-abstract]
