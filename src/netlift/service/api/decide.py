"""Offers for one customer, now."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from netlift.service.api.baskets import CartIn, Language, Name, ShopperIn
from netlift.service.api.frame import caller_of, needs
from netlift.service.api.quotes import QuoteOut, sent
from netlift.service.core.ids import new_id
from netlift.service.decisions import decide as decisions
from netlift.service.decisions.decide import Question
from netlift.service.decisions.keep import request as named

router = Router(tags=["decisions"])


class DecideIn(ShopperIn):
    """Whom the question is about."""

    request_id: Name | None = None
    """The caller's own name of the question: sent again, it has the same answer and is logged once."""
    cart: CartIn | None = None
    shown: bool = True
    """Whether the answer reaches the customer; only then is it logged as an exposure."""
    explain: bool = False
    language: Language = "en"


class OfferOut(Schema):
    """One offer of the plan; money in minor units, expected."""

    offer_id: str
    name: str
    status: str
    """given or public; with `explain` also withheld, closed, not_addressed."""
    reasons: list[str]
    arm: str | None = None
    propensity: float | None = None
    net_margin: float | None = None
    expected_cost: float | None = None
    grade: str | None = None
    channel: str | None = None


class DecisionOut(Schema):
    """What is offered."""

    request_id: str
    decision_id: str
    plan_id: str
    at: str
    personalised: bool
    """False without a customer or without consent to personalisation: then all offers are public."""
    offers: list[OfferOut]
    exposures: int
    """Rows that this request has in the log of exposures; 0 without consent to measurement."""
    others: list[OfferOut] = Field(default_factory=list)
    quote: QuoteOut | None = None
    trace: list[dict[str, Any]] = Field(default_factory=list)


@router.post("", auth=needs("decide"), response=DecisionOut)
def decide(request: HttpRequest, data: DecideIn) -> HttpResponse:
    """Offers of the live plan for a customer, with reasons; with a cart, its price under all that is live."""
    asked = named(caller_of(request).name, "decide", data.request_id or new_id("req"), data.model_dump_json())
    cart = None if data.cart is None else data.cart.cart()
    question = Question(data.shopper(), cart, data.shown, data.explain, data.language)
    return sent(decisions.decide(asked, question, repeated=data.request_id is not None))
