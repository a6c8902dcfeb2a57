"""Prices through time, and the lowest of the days before a promotion.

The European rule (Directive 98/6/EC, Article 6a, as Directive (EU) 2019/2161 has it): who announces a reduction names
the lowest price of at least the 30 days before it, and a per cent that is announced is of that price (Court of Justice,
C-330/23). The Chinese rule (Provisions on regulating promotion, 2020, Article 21): where no other base is told, it is
the lowest price of the 7 days before, in the same outlet. The price that counts is the one that everybody was asked,
reductions that everybody could see included: tell that one.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from netlift.service.core.refusals import Conflict, Refused
from netlift.service.shop.models import Price
from netlift.service.shop.portions import portions


class Asked(NamedTuple):
    """A price from a moment on."""

    product_id: str
    price_minor: int
    currency: str
    at: datetime
    outlet: str = ""


class Lowest(NamedTuple):
    """The lowest price of some days."""

    price_minor: int
    currency: str
    since: datetime
    """When that price began to be asked, for the last time within the days."""
    known_from: datetime
    """From when on prices are known; after the days began, the days are not all covered."""
    covered: bool
    """Whether a price is known for all of the days."""


def keep_prices(prices: Sequence[Asked]) -> list[tuple[int, Refused]]:
    """Keep prices as they were asked; the same one told twice is kept once, and what is kept never changes.

    Returns:
        the places of those that say another price of a moment that is told already, with why.
    """
    kept: dict[tuple[str, str, str, datetime], int] = {}
    for _, some in portions(prices):
        Price.objects.bulk_create([Price(**one._asdict()) for one in some], ignore_conflicts=True)
        told = Price.objects.filter(product_id__in={one.product_id for one in some}, at__in={one.at for one in some})
        kept |= {(one.product_id, one.outlet, one.currency, one.at): one.price_minor for one in told}
    refusal = Conflict(
        "another price is told of this moment already: prices that were asked do not change", "price_told"
    )
    return [
        (place, refusal)
        for place, one in enumerate(prices)
        if kept[one.product_id, one.outlet, one.currency, one.at] != one.price_minor
    ]


def lowest_price(
    product_id: str, days: int, before: datetime, *, outlet: str = "", currency: str | None = None
) -> Lowest | None:
    """The lowest price that was asked at any moment of the days before a moment; None where no price is known.

    The price that was in force when the days began counts, however long before it was set. The moment itself is not
    among the days: what is asked from then on is the promotion's own price.

    Args:
        product_id: the product.
        days: 30 in Europe, 7 in China.
        before: when the reduction begins.
        outlet: where it is asked.
        currency: of the price; None: the one that was told last before the moment.
    """
    rows = Price.objects.filter(product_id=product_id, outlet=outlet, at__lt=before)
    if currency is None:
        last = rows.order_by("-at", "-pk").first()
        if last is None:
            return None
        currency = last.currency
    rows = rows.filter(currency=currency)
    begin = before - timedelta(days=days)
    later = Price.objects.filter(
        product_id=OuterRef("product_id"), outlet=OuterRef("outlet"), currency=OuterRef("currency"),
        at__gt=OuterRef("at"), at__lte=begin,
    )  # fmt: skip
    inside = rows.filter(~Exists(later)).order_by("price_minor", "-at").first()
    first = rows.order_by("at").first()
    if inside is None or first is None:
        return None
    return Lowest(inside.price_minor, currency, inside.at, first.at, first.at <= begin)
