"""How a report of responses writes numbers, per customer, and what it may say of an offer."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from netlift.money import exponent
from netlift.report.amounts import Amounts, Shown
from netlift.report.plain import plain_effect
from netlift.report.words import words
from netlift.response.results import Learned, Responses
from netlift.types import Effect, Grade, Verdict
from netlift.uplift.estimate import Estimate

SURE = 0.9
"""Level of the interval by which a customer counts as moved or harmed, whatever the level of the averages."""


class Outlook(StrEnum):
    """What may be said of an offer's net margin."""

    PAYS = "pays"
    LOSES = "loses"
    OPEN = "open"
    """Zero is inside the interval, or inside it once many offers are judged together."""
    WEAK = "weak"
    """The interval excludes zero, but a check failed."""
    ASSUMED = "assumed"
    UNKNOWN = "unknown"
    """No interval could be computed."""

    @property
    def verdict(self) -> Verdict:
        """Colour and shape: keep for shown to pay, stop for shown to lose, test for all else."""
        return {Outlook.PAYS: Verdict.KEEP, Outlook.LOSES: Verdict.STOP}.get(self, Verdict.TEST)


@dataclass(frozen=True, slots=True)
class Values:
    """Numbers per customer: money in major units, or the outcome's own unit."""

    write: Amounts
    money: bool
    """Whether the outcome is money in minor units; plain experiments keep their column's unit."""

    @property
    def factor(self) -> float:
        """From the unit of the results to the unit that is read."""
        return 10.0 ** -exponent(self.write.currency) if self.money else 1.0

    def shown(self, found: Effect | Estimate, *, sign: bool = True) -> Shown:
        """An estimate with its ends, to the digits that the interval supports; what is not finite is empty."""
        effect = as_effect(found, self.factor)
        if effect.grade is Grade.BOUND:
            effect = effect._replace(estimate=math.nan)
        if not effect.upper > effect.lower:  # known exactly, or not at all: no width to round by
            return Shown(*(_exact(end, sign=sign) for end in (effect.estimate, effect.lower, effect.upper)))
        return self.write.ratio(effect, sign=sign)

    def said(self, found: Effect | Estimate, *, sign: bool = True, each: bool = False) -> str:
        """Estimate, unit and interval in one phrase: `+1.2 EUR (90% interval 0.3 to 2.1)`.

        Args:
            found: what is told.
            sign: whether gains carry a plus.
            each: whether to add that it is per customer.
        """
        shown, interval = self.shown(found, sign=sign), self.interval(found, sign=sign)
        if not shown.estimate:
            return interval
        estimate = self.write.named(shown.estimate) if self.money else shown.estimate
        if each:
            estimate = self.write.words.say("per_customer", unit=estimate)
        return self.write.words.say("with_interval", estimate=estimate, interval=interval)

    def interval(self, found: Effect | Estimate, *, sign: bool = True) -> str:
        """The interval with its level, or that there is none."""
        shown = self.shown(found, sign=sign)
        if not (shown.lower or shown.upper):
            return self.write.words.say("no_interval")
        return self.write.interval(as_effect(found), shown)

    def estimate(self, found: Effect | Estimate, *, sign: bool = True) -> str:
        """The estimate alone, or in a word why there is none."""
        bound = isinstance(found, Effect) and found.grade is Grade.BOUND
        return self.shown(found, sign=sign).estimate or self.write.words.page("limits" if bound else "unknown")

    def range(self, found: Effect | Estimate, *, sign: bool = True) -> str:
        """The interval without its level, for a column whose heading names it."""
        shown = self.shown(found, sign=sign)
        return self.write.range(shown) if shown.lower or shown.upper else self.write.words.say("no_interval")

    def slope(self, found: Estimate) -> str:
        """A slope, a plain number, with its interval but without its level; empty where there is none."""
        if not math.isfinite(found.estimate):
            return ""
        plain = Values(self.write, money=False)
        shown, ends = plain.shown(found, sign=False), plain.range(found, sign=False)
        return self.write.words.say("with_interval", estimate=shown.estimate, interval=ends)

    def tick(self, value: float) -> str:
        """A short form for an axis."""
        return self.write.compact(value) if self.money else f"{value:g}".replace("-", "\N{MINUS SIGN}")

    @property
    def unit(self) -> str:
        """What one customer's number counts."""
        return self.write.words.say("unit_each", unit=self.write.unit) if self.money else ""


def values(responses: Responses, lang: str) -> Values:
    """How the numbers of responses are written in a language; without a currency they are plain."""
    return Values(Amounts(words(lang), responses.currency), bool(responses.currency))


def as_effect(found: Effect | Estimate, factor: float = 1.0) -> Effect:
    """An estimate as an effect, its numbers multiplied."""
    grade = found.grade if isinstance(found, Effect) else Grade.RANDOMIZED
    return plain_effect(found.estimate, found.lower, found.upper, found.level, factor=factor)._replace(grade=grade)


def outlooks(learned: Sequence[Learned]) -> tuple[Outlook, ...]:
    """What may be said of each offer; "shown" survives the allowance for judging all of them at once.

    The allowance is the false-discovery rate (Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x) at
    one less the level of the intervals, over the offers that were measured.
    """
    from netlift.experiments.multiplicity import benjamini_hochberg

    measured = [i for i, one in enumerate(learned) if one.grade is not Grade.ASSUMED and one.net.se > 0]
    p = [2 * min(learned[i].net.p_positive, 1 - learned[i].net.p_positive) for i in measured]
    q = dict(zip(measured, benjamini_hochberg(p), strict=True)) if measured else {}
    return tuple(_outlook(one, float(q.get(i, math.nan))) for i, one in enumerate(learned))


def _outlook(one: Learned, q: float) -> Outlook:
    if one.grade is Grade.ASSUMED:
        return Outlook.ASSUMED
    if not math.isfinite(one.net.lower + one.net.upper):
        return Outlook.UNKNOWN
    if not one.net.excludes_zero or q > 1 - one.net.level + 1e-12:
        return Outlook.OPEN
    if one.grade is Grade.WEAK:
        return Outlook.WEAK
    return Outlook.PAYS if one.net.lower > 0 else Outlook.LOSES


def names(learned: Sequence[Learned]) -> tuple[str, ...]:
    """What offers are called; those that share a name are told apart by their identifier."""
    plain = [one.offer.name or one.offer.offer_id for one in learned]
    shared = {name for name, times in Counter(plain).items() if times > 1}
    return tuple(
        f"{name} · {one.offer.offer_id}" if name in shared else name for name, one in zip(plain, learned, strict=True)
    )


def outlook_label(outlook: Outlook, value: Values) -> str:
    """An outlook in a word or two: `pays`; of a plain outcome `more`."""
    return value.write.words.label("outlook" if value.money else "outlook_plain", outlook.value)


def _exact(number: float, *, sign: bool) -> str:
    if not math.isfinite(number):
        return ""
    text = f"{abs(number):,.4g}"
    return text if number == 0 else ("\N{MINUS SIGN}" if number < 0 else "+" if sign else "") + text
