"""What figures share: a scale from money to pixels, and labels in every language at once."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from netlift.report.amounts import Amounts, percent
from netlift.report.canvas import Label

Writers = Mapping[str, Amounts]
"""Language tag -> how numbers are written in it."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From money to pixels."""

    low: float
    high: float
    left: float
    right: float

    def __call__(self, minor: float) -> float:
        """Place of an amount, held inside the plot."""
        held = min(max(minor, self.low), self.high)
        return self.left + (held - self.low) / (self.high - self.low) * (self.right - self.left)

    def holds(self, minor: float) -> bool:
        """Whether an amount is inside the plot."""
        return self.low <= minor <= self.high

    def ticks(self, most: int = 5) -> list[float]:
        """Round amounts, at most `most` of them, zero among them."""
        span = self.high - self.low
        power = 10.0 ** math.floor(math.log10(span / most))
        gap = next(power * size for size in (1, 2, 5, 10, 20) if span / (power * size) <= most)
        return [gap * i for i in range(math.ceil(self.low / gap), math.floor(self.high / gap) + 1)]


def each(writers: Writers, say: Callable[[Amounts], str]) -> Label:
    """What is said, in every language."""
    return {lang: say(write) for lang, write in writers.items()}


def label_of(writers: Writers, kind: str, code: str) -> Label:
    """The label of a code."""
    return each(writers, lambda write: write.words.label(kind, code))


def unit_of(writers: Writers, level: float | None) -> Label:
    """The currency, and the level of the intervals where there are any."""
    if level is None:
        return each(writers, lambda write: write.unit)
    return each(writers, lambda write: write.words.say("unit_level", currency=write.unit, level=percent(level)))
