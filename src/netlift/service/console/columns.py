"""Columns of the rooms' tables and the words in them, for people; one word for one name, wherever it stands."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

from netlift.money import Money

COLUMNS: Mapping[str, Any] = MappingProxyType({
    "id": _("number"), "name": _("name"), "number": _("number"), "at": _("when"), "by": _("who"),
    "action": _("deed"), "subject": _("about"), "details": _("details"), "previous": _("hash before"),
    "digest": _("hash"), "state": _("state"), "status": _("state"), "version": _("version"),
    "promotion_id": _("promotion"), "plan_id": _("plan"), "as_of": _("made for"), "customers": _("customers"),
    "offers": _("offers"), "made_at": _("made"), "published_at": _("published"), "approved_at": _("approved"),
    "submitted_at": _("submitted"), "ended_at": _("ended"), "kind": _("kind"), "unit": _("unit"), "ref": _("of"),
    "opened_at": _("opened"), "order": _("order"), "expires_at": _("expires"), "settled_at": _("settled"),
    "customer": _("customer"), "count": _("codes"), "made": _("of these made"), "uses": _("uses"),
    "per_customer": _("uses by one customer"), "word": _("word"), "prefix": _("prefix"), "length": _("length"),
    "product_id": _("product"), "category": _("category"), "brand": _("brand"), "seller": _("seller"),
    "currency": _("currency"), "list_price_minor": _("list price, minor units"),
    "cost_minor": _("cost, minor units"), "floor_minor": _("lowest price, minor units"),
    "price_minor": _("price, minor units"), "attributes": _("attributes"), "active": _("on sale"),
    "changed_at": _("changed"), "place": _("place"), "units": _("units"), "counted_at": _("counted"),
    "outlet": _("outlet"), "pseudonym": _("pseudonym"), "segments": _("segments"), "level": _("level"),
    "since": _("since"), "event": _("event"), "source": _("source"), "event_id": _("event’s id"),
    "taken_at": _("taken in"), "batch": _("file"), "told": _("content"), "rows": _("rows"),
    "handed_at": _("handed over"), "notes": _("notes"), "redemption_id": _("redemption"),
    "reservation_id": _("reservation"), "held": _("held"), "asked": _("asked"), "arm": _("arm"),
    "propensity": _("propensity"), "channel": _("channel"), "exposed_at": _("reached"), "logged_at": _("logged"),
    "url": _("address"), "kinds": _("kinds"), "made_by": _("made by"), "why": _("why"), "tries": _("tries"),
    "fault": _("what went wrong"), "next_at": _("next try"), "subscription_id": _("subscription"),
    "purpose": _("purpose"), "granted": _("allowed"), "noted_at": _("noted"), "receipt_id": _("receipt"),
    "erased_at": _("erased"), "counts": _("rows erased"), "signature": _("signature"), "days": _("days kept"),
    "cleared_at": _("last cleared"), "reason": _("reason"),
})  # fmt: skip
"""Name of a column: what it is called."""
VALUES: Mapping[str, Any] = MappingProxyType({
    "draft": _("draft"), "submitted": _("waits for approval"), "approved": _("approved"), "live": _("live"),
    "paused": _("paused"), "ended": _("ended"),
    "queued": _("waits"), "running": _("runs"), "done": _("done"), "failed": _("failed"), "cancelled": _("stopped"),
    "reserved": _("reserved"), "committed": _("committed"), "released": _("released"), "expired": _("expired"),
    "refunded": _("refunded"), "waiting": _("waits"), "delivered": _("delivered"), "dead": _("given up"),
    "promotion_uses": _("uses of a promotion"), "customer_uses": _("uses by a customer"),
    "code_uses": _("uses of a code"), "budget": _("budget"), "points": _("points"), "gift_card": _("gift card"),
    "coupon": _("coupon"), "wallet": _("wallet"),
    "issued": _("issued"), "free": _("free"), "held": _("held"), "spent": _("spent"),
    "personalisation": _("offers of one’s own"), "marketing": _("messages"),
    "measurement": _("being counted in experiments"),
    "reserve": _("reserve"), "commit": _("commit"), "release": _("release"), "expire": _("expire"),
    "reverse": _("give back"), "grant": _("grant"), "withdraw": _("withdraw"), "lapse": _("lapse"),
    "limit": _("set the limit"),
})  # fmt: skip
"""Words that a column may hold, by the word in the store."""
COLOURS: Mapping[str, str] = MappingProxyType(dict.fromkeys(VALUES, "default") | {
    "live": "success", "submitted": "warning", "paused": "warning", "approved": "info", "committed": "success",
    "delivered": "success", "running": "info", "failed": "danger", "dead": "danger", "reserved": "info",
})  # fmt: skip
"""Colour of a word's label, as Unfold names them; most are grey."""


def said(word: str) -> str:
    """A word of the store for people."""
    return str(VALUES.get(word, word))


def counted(number: int, unit: str) -> str:
    """Minor units in decimals with their currency; a count where there is no currency.

    >>> counted(123456, "EUR"), counted(5200, "")
    ('1,234.56 EUR', '5,200')
    """
    return str(Money(number, unit)) if unit else f"{number:,}"
