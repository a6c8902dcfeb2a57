"""What a customer is offered now, and what their cart costs; who was shown what is logged once per request."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from netlift.decision.decision import Answer as OfferAnswer
from netlift.decision.decision import Decision, Status
from netlift.promotions.cart import Cart
from netlift.promotions.documents import to_json
from netlift.promotions.quote import QuotedLine
from netlift.promotions.reasons import Why
from netlift.promotions.texts import Language, reason
from netlift.service.core.refusals import Unavailable
from netlift.service.decisions.exposures import log
from netlift.service.decisions.keep import Reply, Request, answered, keep
from netlift.service.decisions.live import live
from netlift.service.decisions.price import Priced, known, priced
from netlift.service.decisions.shopper import Shopper
from netlift.service.privacy.consent import allowed

_OPEN = (Status.GIVEN, Status.PUBLIC)


class Question(NamedTuple):
    """What is asked of a decision or a quote."""

    shopper: Shopper
    cart: Cart | None = None
    shown: bool = True
    """Whether the answer reaches the customer, so that it counts as an exposure."""
    explain: bool = False
    """Whether to tell every offer of the plan, and what every promotion needed."""
    language: Language = "en"


def decide(asked: Request, question: Question, *, repeated: bool = True, now: datetime | None = None) -> Reply:
    """The offers of the live plan for a customer, and the price of their cart under all that is live.

    Without consent to personalisation only public offers are given, without consent to measurement nothing is logged:
    both as consent stands when this is called.

    Args:
        asked: the request; sent again, it has the same answer and is logged once.
        question: what is asked.
        repeated: whether it may have been sent before.
        now: the moment.

    Raises:
        Unavailable: no plan is live.
        Conflict: the request's id was used for something else.
        CartError: the cart is wrong.
    """
    now = now or timezone.now()
    if repeated and (before := answered(asked)) is not None:
        return before
    shopper, state = question.shopper, live()
    consent = allowed(shopper.customer) if shopper.customer else frozenset()
    currency = question.cart.currency if question.cart is not None else state.head.currency if state.head else ""
    found = known(state, shopper, consent, currency, by=asked.by, now=now)
    if found.decision is None:
        raise Unavailable("no plan is live: publish one, and customers get offers", "no_plan")
    price = None if question.cart is None else priced(state, question.cart, found)
    exposed = found.decision.exposures() if question.shown and "measurement" in consent else ()
    told = _decision(asked, question, found.decision, consent) | {"exposures": len(exposed)}
    if price is not None and question.cart is not None:
        told["quote"] = quote_json(price, question.language)
        if question.explain:
            told["trace"] = to_json(price.trace(question.cart))["verdicts"]
    body = json.dumps(told, ensure_ascii=False)
    also = (lambda: log(asked, exposed, now)) if exposed else None
    return keep(asked, body, shopper.customer, now, also)


def quote(asked: Request, question: Question, *, repeated: bool = True, now: datetime | None = None) -> Reply:
    """The price of a cart under the live promotions and what the plan gives its shopper; nothing is reserved.

    Args:
        asked: the request.
        question: what is asked, with a cart.
        repeated: whether it may be sent again, and is then to have the same answer; else nothing is kept.
        now: the moment.

    Raises:
        Conflict: the request's id was used for something else.
        CartError: the cart is wrong.
    """
    now = now or timezone.now()
    if repeated and (before := answered(asked)) is not None:
        return before
    shopper, state, cart = question.shopper, live(), question.cart
    assert cart is not None  # noqa: S101  told mypy; the schema asks for it
    consent = allowed(shopper.customer) if shopper.customer else frozenset()
    found = known(state, shopper, consent, cart.currency, by=asked.by, now=now)
    price = priced(state, cart, found)
    told: dict[str, Any] = {"request_id": asked.request_id, "plan_id": state.plan_id or None}
    told["quote"] = quote_json(price, question.language)
    if question.explain:
        told["trace"] = to_json(price.trace(cart))["verdicts"]
    body = json.dumps(told, ensure_ascii=False)
    return keep(asked, body, shopper.customer, now) if repeated else Reply(body)


def quote_json(price: Priced, language: Language) -> dict[str, Any]:
    """A quote as `netlift quote` writes it, with what is to be paid, and its refusals in words."""
    quote = price.quote
    rest = replace(quote, adjustments=(), lines=(), refusals={})  # the long parts are written by hand, which is quicker
    return to_json(rest) | {
        "adjustments": [one._asdict() for one in quote.adjustments],
        "lines": [_line(one) for one in quote.lines],
        "payable": quote.payable,
        "refusals": {name: _why(why, language) for name, why in price.refusals.items()},
        "codes": [
            {"code": one.typed, "promotion_id": one.promotion_id or None, "why": one.why or None}
            for one in price.entered
        ],
    }


def _line(line: QuotedLine) -> dict[str, Any]:
    told = line._asdict()
    if not line.gift_of:
        del told["gift_of"]
    return told


def _why(why: Why, language: Language) -> Mapping[str, str]:
    return {"why": str(why), "text": reason(why, language)}


def _decision(asked: Request, question: Question, found: Decision, consent: frozenset[str]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "request_id": asked.request_id,
        "decision_id": found.decision_id,
        "plan_id": found.plan_id,
        "at": found.now.isoformat(),
        "personalised": bool(question.shopper.customer) and "personalisation" in consent,
        "offers": [_offer(one) for one in found.offers if one.status in _OPEN],
    }
    if question.explain:
        told["others"] = [_offer(one) for one in found.offers if one.status not in _OPEN]
    return told


def _offer(one: OfferAnswer) -> dict[str, Any]:
    told = {"offer_id": one.offer_id, "name": one.name, "status": str(one.status), "reasons": list(one.why)}
    more = {
        name: getattr(one, name) for name in ("arm", "propensity", "net_margin", "expected_cost", "grade", "channel")
    }
    return told | {name: value for name, value in more.items() if value is not None}
