"""From a cart to a paid order: price and reserve, then commit or release, and refund what comes back."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router, Schema
from pydantic import Field

from netlift.service.api.baskets import MOST_LINES, Amount, CartIn, Language, Name, Sent, ShopperIn, Text
from netlift.service.api.frame import caller_of, needs
from netlift.service.api.quotes import QuoteOut, sent
from netlift.service.core.refusals import Refused
from netlift.service.decisions import redeem, settle
from netlift.service.decisions.keep import request as named
from netlift.service.ledger.holds import Hold

router = Router(tags=["redemptions"])

Id = Annotated[str, Path(max_length=40)]
Places = Annotated[list[Annotated[int, Field(ge=0, lt=100_000, strict=True)]], Field(max_length=10_000)]
Units = Annotated[int, Field(ge=0, le=100_000, strict=True)]


class PaymentIn(Sent):
    """A balance of the ledger that pays a part of the order."""

    kind: Literal["gift_card", "coupon", "wallet"]
    ref: Annotated[str, Field(max_length=200)] = ""
    """Of the account; empty for the customer's own wallet."""
    amount: Annotated[Amount, Field(ge=1)]


class RedemptionIn(ShopperIn):
    """The order."""

    request_id: Name
    """The caller's own name of the order: sent again, it reserves nothing more and has the same answer."""
    cart: CartIn
    order: Text = ""
    ttl_seconds: Annotated[int, Field(ge=1, le=30 * 86_400, strict=True)] = 900
    to_pay: Amount | None = None
    """What the shopper was shown, tax included; at any other price the order is refused."""
    pay_with: Annotated[list[PaymentIn], Field(max_length=10)] = Field(default_factory=list)
    language: Language = "en"


class CommitIn(Sent):
    """What is known when the order is paid."""

    order: Text = ""


class GoodsBackIn(Sent):
    """What comes back."""

    request_id: Name
    units: Annotated[dict[Name, Units | Places], Field(min_length=1, max_length=MOST_LINES)]
    """By line, how many units (those that cost least first) or which of them, from 0."""


class RefundOut(Schema):
    """What is paid back; minor units."""

    amount: int
    to_cards: int
    """Of it, to the gift cards, coupons and wallets that paid a part."""
    to_money: int
    lines: dict[str, int] = Field(default_factory=dict)
    shipping: int = 0
    reclaimed: int = 0
    gifts: list[dict[str, Any]] = Field(default_factory=list)
    points: int = 0
    points_returned: int = 0
    credits: list[dict[str, Any]] = Field(default_factory=list)
    credits_instead: list[dict[str, Any]] = Field(default_factory=list)
    remaining: int = 0
    kept: dict[str, list[int]] = Field(default_factory=dict)


class RedemptionOut(Schema):
    """An order's promotions; money in minor units."""

    redemption_id: str
    request_id: str
    status: Literal["reserved", "committed", "released", "expired", "refunded"]
    order: str
    reservation_id: str | None
    """The ledger's; null where nothing had to be held."""
    plan_id: str | None
    currency: str
    to_pay: int
    paid_with: int
    """Of it, by gift cards, coupons and wallets."""
    returned: int
    expires_at: datetime
    quote: QuoteOut | None = None
    refund: RefundOut | None = None
    coupons: list[dict[str, Any]] = Field(default_factory=list)
    """For the next order, once it is paid."""


@router.post("", auth=needs("redeem"), response={201: RedemptionOut})
def reserve(request: HttpRequest, data: RedemptionIn) -> HttpResponse:
    """Price an order and hold all that its promotions take up, or nothing at all."""
    asked = named(caller_of(request).name, "redeem", data.request_id, data.model_dump_json())
    shopper = data.shopper()
    paying = tuple(_payment(one, shopper.customer, data.cart.currency) for one in data.pay_with)
    ttl = timedelta(seconds=data.ttl_seconds)
    order = redeem.Order(shopper, data.cart.cart(), data.order, ttl, data.to_pay, paying, data.language)
    return sent(redeem.redeem(asked, order), 201)


@router.get("/{redemption_id}", auth=needs("redeem"), response=RedemptionOut)
def read(request: HttpRequest, redemption_id: Id) -> HttpResponse:
    """A redemption as it stands."""
    return sent(settle.found(redemption_id))


@router.post("/{redemption_id}/commit", auth=needs("redeem"), response=RedemptionOut)
def commit(request: HttpRequest, redemption_id: Id, data: CommitIn) -> HttpResponse:
    """The order is paid; again, it has the same answer."""
    return sent(settle.commit(redemption_id, order=data.order))


@router.post("/{redemption_id}/release", auth=needs("redeem"), response=RedemptionOut)
def release(request: HttpRequest, redemption_id: Id) -> HttpResponse:
    """The order is given up; again, it has the same answer."""
    return sent(settle.release(redemption_id))


@router.post("/{redemption_id}/refund", auth=needs("redeem"), response=RedemptionOut)
def refund(request: HttpRequest, redemption_id: Id, data: GoodsBackIn) -> HttpResponse:
    """Goods come back: what is paid back for them; sent again, it has the same answer."""
    asked = named(caller_of(request).name, "refund", data.request_id, data.model_dump_json())
    return sent(settle.give_back(asked, redemption_id, data.units))


def _payment(one: PaymentIn, customer: str, currency: str) -> Hold:
    ref = one.ref or (customer if one.kind == "wallet" else "")
    if not ref:
        raise Refused(f"a {one.kind} needs its ref, a wallet its customer", "no_ref")
    return Hold(one.kind, ref, one.amount, unit=currency)
