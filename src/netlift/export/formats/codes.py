"""Coupon codes as CSV: one for each customer and offer, or one for each offer."""

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from netlift.candidates.candidate import Candidate
from netlift.export.cells import write_csv
from netlift.export.codes import given, key_of, personal_code, personal_codes
from netlift.export.format import Asked, Format, Refused
from netlift.plan.artefact import Plan, plan_id

HEADER = ("code", "customer_id", "offer_id", "offer", "channel", "starts_at", "ends_at", "uses")


class Codes(Format):
    """`codes.csv`: code, for whom, for which offer, from when to when, and how often."""

    kind: ClassVar[str] = "codes"
    title: ClassVar[str] = "Coupon codes (CSV)"

    def write(self, plan: Plan, folder: Path, asked: Asked) -> tuple[Refused, ...]:
        """Customers from whom an offer is withheld get no code."""
        write_csv(folder / "codes.csv", HEADER, _shared(plan, asked) if asked.one_code else _personal(plan, asked))
        return ()


def _personal(plan: Plan, asked: Asked) -> Iterator[tuple[object, ...]]:
    offers = {part.candidate.offer.offer_id: _terms(part.candidate) for part in plan.head.parts}
    made = personal_codes(key_of(asked.key), plan_id(plan), given(plan))
    for (offer_id, customer_id), code in zip(given(plan), made, strict=True):
        yield code, customer_id, offer_id, *offers[offer_id]


def _shared(plan: Plan, asked: Asked) -> Iterator[tuple[object, ...]]:
    key, id_ = key_of(asked.key), plan_id(plan)
    for part in plan.head.parts:
        offer_id = part.candidate.offer.offer_id
        yield personal_code(key, id_, offer_id, ""), "", offer_id, *_terms(part.candidate)


def _terms(candidate: Candidate) -> tuple[object, ...]:
    start, end = candidate.window.start, candidate.window.end
    offer = candidate.offer
    return offer.name, candidate.channel, start.isoformat(), end.isoformat(), offer.uses or None
