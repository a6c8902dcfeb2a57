"""Customers as the shop tells them: what names them is sealed in the room privacy, the rest is kept by pseudonym."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.utils import timezone

from netlift.service.core.refusals import Refused
from netlift.service.privacy import people
from netlift.service.privacy.pseudonyms import pseudonym
from netlift.service.shop.models import Customer
from netlift.service.shop.portions import portions

AT_ONCE = 250
"""Customers that are sealed in one transaction."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is told of a customer."""

    customer_id: str
    """The shop's id; it is not kept."""
    segments: tuple[str, ...] = ()
    level: str = ""
    since: date | None = None
    personal: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What names them, such as email; sealed, and shredded when they are erased."""


def keep_customers(customers: Sequence[Told], *, now: datetime | None = None) -> list[tuple[int, Refused]]:
    """Keep customers; of the same customer told twice the last counts.

    Args:
        customers: what is told.
        now: the moment; default: this one.

    Returns:
        the places of those that were refused, with why; all others are kept.
    """
    now = now or timezone.now()
    return [(start + place, error) for start, some in portions(customers, AT_ONCE) for place, error in _kept(some, now)]


def _kept(customers: Sequence[Told], now: datetime) -> list[tuple[int, Refused]]:
    """One portion; who was erased and has allowed nothing since is refused, as the room privacy says."""
    rows: dict[str, Customer] = {}
    with transaction.atomic():
        refused = people.keep_many([(one.customer_id, one.personal) for one in customers], now=now)
        for one in _without(customers, {place for place, _ in refused}):
            who = pseudonym(one.customer_id)
            rows[who] = Customer(
                pseudonym=who, segments=sorted(set(one.segments)), level=one.level, since=one.since, made_at=now,
                changed_at=now,
            )  # fmt: skip
        Customer.objects.bulk_create(
            [rows[who] for who in sorted(rows)], update_conflicts=True, unique_fields=["pseudonym"],
            update_fields=["segments", "level", "since", "changed_at"],
        )  # fmt: skip
    return refused


def _without(customers: Sequence[Told], places: set[int]) -> list[Told]:
    return [one for place, one in enumerate(customers) if place not in places]


def held(who: str) -> list[dict[str, Any]]:
    """For the export of a person: what this room keeps of a pseudonym."""
    return [
        {"segments": one.segments, "level": one.level, "since": one.since.isoformat() if one.since else None}
        for one in Customer.objects.filter(pseudonym=who)
    ]


def forget(who: str) -> int:
    """For the erasure of a person: drop what this room keeps of a pseudonym; how many rows."""
    return Customer.objects.filter(pseudonym=who).delete()[0]
