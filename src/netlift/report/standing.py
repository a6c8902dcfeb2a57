"""What is shown and what is not: the one place where an interval becomes a claim."""

import math
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from netlift.evaluation.results import Audit, Finding
from netlift.types import Grade


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

    "Shown" needs the whole interval on one side of zero and, where the audit gives a q-value
    (Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x), a q-value of at most 1 - level.
    """
    effect = finding.net_lift
    if effect is None:
        return Standing.REFUSED
    if effect.grade is Grade.ASSUMED:
        return Standing.ASSUMED
    bound = effect.grade is Grade.BOUND
    if not effect.excludes_zero:
        return Standing.BOUND if bound else Standing.OPEN
    if not math.isnan(finding.q_value) and finding.q_value > 1 - effect.level + 1e-12:
        return Standing.BOUND if bound else Standing.FDR
    if bound:
        return Standing.BOUND_POSITIVE if effect.lower > 0 else Standing.BOUND_NEGATIVE
    return Standing.POSITIVE if effect.lower > 0 else Standing.NEGATIVE


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
    return tuple(dict.fromkeys([*codes, "fdr"] if place is Standing.FDR else codes))


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
    known = [(finding.decomposition, finding.subsidy) for finding in findings if finding.decomposition is not None]
    if not known:
        return None
    effects = [effect for _, effect in known if effect is not None]
    return Subsidy(
        given=sum(parts.discount_given_minor for parts, _ in known),
        subsidy=sum(parts.subsidy_minor for parts, _ in known),
        lower=sum(effect.lower for effect in effects),
        upper=sum(effect.upper for effect in effects),
        bounded=len(effects) == len(known),
    )
