"""From a price to a reservation: what an order's promotions take up is held whole, or not at all."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils import timezone

from netlift.promotions import codec
from netlift.promotions.cart import Cart
from netlift.promotions.reasons import Why
from netlift.promotions.texts import Language
from netlift.service.core.ids import new_id
from netlift.service.core.refusals import Conflict, Exhausted, Refused
from netlift.service.decisions.decide import quote_json
from netlift.service.decisions.earned import usable
from netlift.service.decisions.keep import Reply, Request, same
from netlift.service.decisions.limits import Take, discounts
from netlift.service.decisions.live import Live, live
from netlift.service.decisions.models import Redemption, Terms
from netlift.service.decisions.price import Priced, known, priced
from netlift.service.decisions.shopper import Shopper
from netlift.service.ledger.holds import Hold
from netlift.service.ledger.reservations import reserve
from netlift.service.privacy.consent import allowed

_TRIES = 10
"""How often an order is priced anew when others took the last of something meanwhile."""
_WHY: Mapping[str, Why] = {
    "promotion_uses": Why.LIMIT_REACHED, "code_uses": Why.LIMIT_REACHED, "customer_uses": Why.CUSTOMER_LIMIT_REACHED,
    "budget": Why.BUDGET_SPENT,
}  # fmt: skip

PAYING = ("gift_card", "coupon", "wallet")
"""Kinds of accounts that pay a part of an order."""


class Order(NamedTuple):
    """What is to be bought at the price that holds now."""

    shopper: Shopper
    cart: Cart
    order: str = ""
    """The order's number, if it has one."""
    ttl: timedelta = timedelta(minutes=15)
    to_pay: int | None = None
    """What the shopper was shown; the order is refused at any other price. None: at whatever it costs."""
    pay_with: tuple[Hold, ...] = ()
    """Gift cards, coupons and wallets that pay a part."""
    language: Language = "en"


def redeem(asked: Request, order: Order, *, now: datetime | None = None) -> Reply:
    """Price an order and reserve all that its promotions take up, in one transaction.

    Where others took something between price and reservation, the order is priced again with what is left.

    Args:
        asked: the request; sent again, it has the same answer and reserves nothing more.
        order: what is bought.
        now: the moment.

    Raises:
        Conflict: the price is another than the shopper was shown (`price_changed`), or the request's id was used for
            something else.
        Exhausted: a gift card, a coupon, a wallet or the points have too little left.
        CartError: the cart is wrong.
    """
    now = now or timezone.now()
    if (before := _before(asked)) is not None:
        return before
    state = live()
    consent = allowed(order.shopper.customer) if order.shopper.customer else frozenset()
    closed: dict[str, Why] = {}
    missed: set[tuple[object, object]] = set()
    for last in (*(False,) * (_TRIES - 1), True):
        found = known(state, order.shopper, consent, order.cart.currency, by=asked.by, now=now)
        price = priced(state, order.cart, found, closed)
        _agreed(order, price)
        try:
            return _reserved(asked, order, state, price, now)
        except Exhausted as error:
            account = (error.more.get("kind"), error.more.get("ref"))
            more = _shut(error, price) if account in missed else {}
            if last or account[0] in PAYING or (account in missed and not more):
                raise
            closed |= more  # the first time the price may only have been older than what is left
            missed.add(account)
        except (IntegrityError, Conflict):  # the same request was quicker elsewhere
            if (before := _before(asked)) is None:
                raise
            return before
    raise AssertionError


def _before(asked: Request) -> Reply | None:
    found = Redemption.objects.filter(by=asked.by, request_id=asked.request_id).values_list("digest", "body").first()
    return None if found is None else same(asked, *found)


def _agreed(order: Order, price: Priced) -> None:
    """Refuse what the shopper has not agreed to."""
    quote = price.quote
    if order.to_pay is not None and quote.gross != order.to_pay:
        raise Conflict(
            f"the price is {quote.gross} now, not {order.to_pay}: show it to the shopper again",
            "price_changed", to_pay=quote.gross, quote=quote_json(price, order.language),
        )  # fmt: skip
    deposits = sum(one.hold.amount for one in price.takes if one.hold.kind in PAYING)
    if (paid := deposits + sum(hold.amount for hold in order.pay_with)) > quote.gross:
        raise Refused(f"{paid} are to be paid by cards, but the order costs {quote.gross}", "paid_too_much")
    for hold in order.pay_with:
        if hold.kind == "coupon":
            usable(hold.ref, order.shopper.customer, quote.gross)


def _shut(error: Exhausted, price: Priced) -> dict[str, Why]:
    """What cannot be had because of an account that has too little left; nothing if it is a balance.

    Of several promotions on one account it is the one that takes most: the others may still have room.
    """
    kind, ref = error.more.get("kind"), error.more.get("ref")
    given = discounts(price.quote)
    for one in price.takes:
        if (one.hold.kind, one.hold.ref) == (kind, ref) and one.hold.kind in _WHY and one.promotions:
            return {max(one.promotions, key=lambda name: (given.get(name, 0), name)): _WHY[one.hold.kind]}
    return {}


def _reserved(asked: Request, order: Order, state: Live, price: Priced, now: datetime) -> Reply:
    redemption_id, shopper = new_id("rdm"), order.shopper
    takes = (*price.takes, *(Take(hold) for hold in order.pay_with))
    with transaction.atomic():
        reservation, expires = "", now + order.ttl
        if holds := [one.hold for one in takes if one.hold.amount]:
            key = f"redemption:{sha256(asked.name.encode()).hexdigest()}"
            receipt = reserve(key, holds, ttl=order.ttl, customer=shopper.customer, order=order.order, now=now)
            reservation, expires = receipt.reservation_id, receipt.expires_at
        terms = state.terms(*price.asked)
        Terms.objects.bulk_create([Terms(**terms._asdict())], ignore_conflicts=True)
        made = Redemption(
            redemption_id=redemption_id, by=asked.by, request_id=asked.request_id, digest=asked.digest,
            reservation_id=reservation, customer=shopper.customer, order=order.order, status="reserved",
            plan_id=state.plan_id, currency=order.cart.currency, payable_minor=price.quote.gross,
            terms=terms.digest, held=[_take(one) for one in takes], at=now, expires_at=expires,
            asked={"cart": codec.write(order.cart), "facts": codec.write(price.facts)},
        )  # fmt: skip
        made.body = json.dumps(told(made) | {"quote": quote_json(price, order.language)}, ensure_ascii=False)
        made.save(force_insert=True)
    return Reply(made.body)


def _take(one: Take) -> dict[str, Any]:
    hold = one.hold
    return {
        "kind": hold.kind, "ref": hold.ref, "unit": hold.unit, "amount": hold.amount,
        "promotions": list(one.promotions),
    }  # fmt: skip


def told(row: Redemption, now: datetime | None = None) -> dict[str, Any]:
    """A redemption as programs read it; one whose time is over says so, whether or not it was swept."""
    status = row.status
    if status == "reserved" and now is not None and now >= row.expires_at:
        status = "expired"
    paid = sum(one["amount"] for one in row.held if one["kind"] in PAYING and not one["promotions"])
    return {
        "redemption_id": row.redemption_id, "request_id": row.request_id, "status": status, "order": row.order,
        "reservation_id": row.reservation_id or None, "plan_id": row.plan_id or None, "currency": row.currency,
        "to_pay": row.payable_minor, "paid_with": paid, "returned": row.returned_minor,
        "expires_at": row.expires_at.isoformat(),
    }  # fmt: skip
