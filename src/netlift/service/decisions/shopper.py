"""Who is asking for a price, and what is known of them without the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from netlift.promotions.cart import Facts, FactValue


@dataclass(frozen=True, slots=True)
class Shopper:
    """What a shop says of the shopper and the moment; people are pseudonyms."""

    customer: str = ""
    """Pseudonym; empty for a guest."""
    channel: str | None = None
    region: str | None = None
    payment: str | None = None
    segments: frozenset[str] | None = None
    orders_placed: int | None = None
    days_since_order: int | None = None
    codes: tuple[str, ...] = ()
    """As the shopper typed them."""
    points: int = 0
    """That the shopper wants to spend."""
    declined: frozenset[str] = frozenset()
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extra: Mapping[str, FactValue] = field(default_factory=dict)

    def facts(self, now: datetime, allowed: frozenset[str]) -> Facts:
        """The engine's facts, before what the ledger knows.

        Args:
            now: the moment.
            allowed: purposes that the customer consents to. Segments are what profiling made of a customer: without
                consent to personalisation they are not known here.
        """
        return Facts(
            now=now, codes=frozenset(self.codes), channel=self.channel, region=self.region, payment=self.payment,
            customer=self.customer or None, segments=self.segments if "personalisation" in allowed else None,
            orders_placed=self.orders_placed, days_since_order=self.days_since_order, points=self.points,
            declined=self.declined, chosen=self.chosen, extra=self.extra,
        )  # fmt: skip
