"""The values that cross folder borders: small, frozen, made of the standard library only."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from netlift.errors import ConfigError


class Grade(StrEnum):
    """How much an estimate may be believed, from the way its comparison group came about."""

    RANDOMIZED = "randomized"
    QUASI = "quasi-experimental"
    OBSERVATIONAL = "observational"
    WEAK = "weak"  # observational, and a check failed
    BOUND = "bound"  # self-selected: only limits can be given
    ASSUMED = "assumed"

    @property
    def rank(self) -> int:
        """0 is the strongest evidence."""
        return list(Grade).index(self)

    def lowered(self) -> "Grade":
        """The next weaker grade of evidence, at most down to weak; a failed check costs one step."""
        return self if self.rank >= Grade.WEAK.rank else list(Grade)[self.rank + 1]


class Verdict(StrEnum):
    """What the evidence advises: repeat, make smaller, end, or measure properly first."""

    KEEP = "keep"
    SHRINK = "shrink"
    STOP = "stop"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Check:
    """One question put to an estimate; a failed one lowers the grade."""

    code: str
    """overlap, balance, placebo_before, placebo_units, placebo_coverage, pre_trend, sample_ratio, sensitivity, ..."""
    passed: bool | None
    """None: it could not be run on these data."""
    value: float
    """What was found; nan if not run."""
    limit: float
    """What it was held against."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """Further figures for the text, e.g. how many were trimmed."""


class Effect(NamedTuple):
    """An estimate against control, with its uncertainty and where it comes from."""

    estimate: float
    """Point estimate, in the unit of the outcome (money: minor units)."""
    lower: float
    """Lower end of the interval."""
    upper: float
    """Upper end of the interval."""
    level: float
    """Confidence level of the interval, e.g. 0.9."""
    se: float
    """Standard error, in the unit of the estimate; nan where the interval is not symmetric-normal."""
    n_treated: int
    """Units (customers, region-weeks, product-weeks) that had the promotion."""
    n_control: int
    """Units that it was compared with."""
    method: str
    """Short name of the estimator, e.g. `cuped`, `aipw`, `did-imputation`, `masked-counterfactual`."""
    grade: Grade
    """Evidence grade after the checks."""

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval leaves no room for "no effect"."""
        return self.lower > 0 or self.upper < 0

    @property
    def p_positive(self) -> float:
        """Probability that the effect is above zero, under a normal posterior with a flat prior."""
        if not self.se > 0:
            return math.nan
        return 0.5 * math.erfc(-self.estimate / self.se / math.sqrt(2))


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time [start, end), both in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ConfigError(f"a window needs time zones, got {self.start} to {self.end}")
        if self.end <= self.start:
            raise ConfigError(f"a window must end after it starts, got {self.start} to {self.end}")

    @property
    def days(self) -> float:
        """Length in days."""
        return (self.end - self.start) / timedelta(days=1)

    def shifted(self, days: float) -> "Window":
        """The same window moved by `days` (negative: into the past)."""
        return Window(self.start + timedelta(days=days), self.end + timedelta(days=days))

    def overlaps(self, other: "Window") -> bool:
        """Whether the two windows share any time."""
        return self.start < other.end and other.start < self.end
