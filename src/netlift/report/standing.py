"""What is shown and what is not: the one place where an interval becomes a claim."""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from netlift.evaluation.results import Audit, Finding
from netlift.types import Effect, Grade, Verdict


class Standing(StrEnum):
    """What may be said of a promotion's net lift."""

    POSITIVE = "positive"
    """Shown to have paid: the interval is above zero, also after judging many at once."""
    NEGATIVE = "negative"
    """Shown to have lost."""
    OPEN = "open"
    """The interval holds zero."""
    FDR = "fdr"
    """The interval leaves zero out, but not after the allowance for judging many at once."""
    WEAK = "weak"
    """The interval leaves zero out, but a check failed that the comparison rests on, or the audit asks for a test."""
    BOUND = "bound"
    """Only limits are known, and zero is between them."""
    BOUND_POSITIVE = "bound_positive"
    BOUND_NEGATIVE = "bound_negative"
    ASSUMED = "assumed"
    """Not measured at all."""
    REFUSED = "refused"
    """Could not be judged."""

    @property
    def paid(self) -> bool:
        """Whether it is shown to have paid."""
        return self in {Standing.POSITIVE, Standing.BOUND_POSITIVE}

    @property
    def lost(self) -> bool:
        """Whether it is shown to have lost money."""
        return self in {Standing.NEGATIVE, Standing.BOUND_NEGATIVE}


def standing(finding: Finding) -> Standing:
    """What may be said of a finding's net lift.

    "Shown" needs the whole interval on one side of zero, evidence better than weak, a verdict other than `test` and,
    where the audit gives a q-value (Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x), one of at most
    1 - level.
    """
    effect = finding.net_lift
    if effect is None:
        return Standing.REFUSED
    if effect.grade is Grade.ASSUMED:
        return Standing.ASSUMED
    if effect.grade is Grade.BOUND:
        return _bound(effect) if _survives(finding, effect) else Standing.BOUND
    return _measured(finding, effect)


def _measured(finding: Finding, effect: Effect) -> Standing:
    if not effect.excludes_zero:
        return Standing.OPEN
    if not _survives(finding, effect):
        return Standing.FDR
    if effect.grade is Grade.WEAK or finding.verdict is Verdict.TEST:
        return Standing.WEAK
    return Standing.POSITIVE if effect.lower > 0 else Standing.NEGATIVE


def _bound(effect: Effect) -> Standing:
    if not effect.excludes_zero:
        return Standing.BOUND
    return Standing.BOUND_POSITIVE if effect.lower > 0 else Standing.BOUND_NEGATIVE


def _survives(finding: Finding, effect: Effect) -> bool:
    """Whether it is still shown after judging many promotions at once, and beside others of its kind."""
    if {"fdr", "pooled"} & set(finding.why):
        return False
    return math.isnan(finding.q_value) or finding.q_value <= 1 - effect.level + 1e-12


def reasons(finding: Finding) -> tuple[str, ...]:
    """The finding's `why` codes, held to the interval: nothing is called shown that is only likely."""
    if finding.refused is not None:
        return tuple(code for code in finding.why if code not in {"too_small", "refused"})
    place = standing(finding)
    softer = {
        "shown_positive": "shown_positive" if place.paid else "likely_positive",
        "shown_negative": "shown_negative" if place.lost else "likely_negative",
    }
    codes = [softer.get(code, code) for code in finding.why]
    doubted = {"fdr", "pooled", "placebo_failed", "check_failed"} & set(codes)
    added = {Standing.FDR: ["fdr"], Standing.WEAK: ["check_failed"]}.get(place, [])
    return tuple(dict.fromkeys(codes if doubted else [*codes, *added]))


def counts(audit: Audit) -> tuple[int, int, int]:
    """How many promotions are shown to have paid, shown to have lost, and neither."""
    places = [standing(finding) for finding in audit.findings]
    paid, lost = sum(place.paid for place in places), sum(place.lost for place in places)
    return paid, lost, len(places) - paid - lost


class Subsidy(NamedTuple):
    """Discount on units that would have been sold anyway, summed over promotions; minor units."""

    given: int
    """All discount of the promotions whose subsidy is known."""
    subsidy: float
    lower: float
    upper: float
    bounded: bool
    """Whether all of them gave an interval; if not, the ends mean nothing."""


def subsidised(findings: Sequence[Finding]) -> Subsidy | None:
    """The subsidy of all findings that know theirs, None if none does.

    The ends are the sums of the findings' ends: wider than needed, and safe whatever the errors have in common.
    """
    known = [(finding, part) for finding in findings if (part := subsidy_of(finding)) is not None]
    if not known:
        return None
    effects = [finding.subsidy for finding, _ in known if finding.subsidy is not None]
    return Subsidy(
        given=sum(part.given for _, part in known),
        subsidy=sum(part.subsidy for _, part in known),
        lower=sum(effect.lower for effect in effects),
        upper=sum(effect.upper for effect in effects),
        bounded=len(effects) == len(known),
    )


class Part(NamedTuple):
    """The subsidy in one promotion's discount; minor units."""

    given: int
    subsidy: float


def subsidy_of(finding: Finding) -> Part | None:
    """The subsidy of one promotion, from its decomposition or from the estimate alone; None if unknown."""
    if finding.decomposition is not None:
        return Part(finding.decomposition.discount_given_minor, finding.decomposition.subsidy_minor)
    if finding.subsidy is not None and math.isfinite(finding.subsidy.estimate):
        return Part(finding.discount_minor, finding.subsidy.estimate)
    return None
