"""Pricing a cart under what is live, with what the ledger knows: the same for a quote, a decision and a redemption."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from netlift.decision.decision import Decision, Status
from netlift.promotions.cart import Cart, Facts
from netlift.promotions.engine import Engine
from netlift.promotions.explain import Trace, traced
from netlift.promotions.quote import Quote
from netlift.promotions.reasons import Why
from netlift.service.decisions import codes, limits
from netlift.service.decisions.codes import Entered
from netlift.service.decisions.limits import Account, Balance, Take
from netlift.service.decisions.live import Limited, Live
from netlift.service.decisions.shopper import Shopper

NOBODY = ""
"""Whom the plan does not know, and so answers with what everybody may have."""


class Known(NamedTuple):
    """What is known before anything is priced."""

    facts: Facts
    entered: tuple[Entered, ...]
    """Codes of batches."""
    limits: tuple[Limited, ...]
    plan: Account | None
    balances: Mapping[Account, Balance]
    decision: Decision | None
    """Of the live plan, without a basket; None where no plan is live."""


class Priced(NamedTuple):
    """A price, and all that it rests on."""

    quote: Quote
    refusals: Mapping[str, Why]
    """The quote's, and why what is closed was not asked."""
    facts: Facts
    engine: Engine
    asked: tuple[tuple[str, ...], frozenset[str]]
    """Offers of the plan and closed promotions that the engine was made with."""
    entered: tuple[Entered, ...]
    """Codes that are no live promotion's own."""
    takes: tuple[Take, ...]

    def trace(self, cart: Cart) -> Trace:
        """What every promotion needed, and what was there."""
        return traced(self.engine, cart, self.facts, self.quote)


def known(live: Live, shopper: Shopper, allowed: frozenset[str], currency: str, *, by: str, now: datetime) -> Known:
    """What ledger and plan know of a shopper: one query, and some more where codes of batches were entered.

    Args:
        live: what is live.
        shopper: who wants to buy.
        allowed: purposes that they consent to; without personalisation the plan's personal offers are left out.
        currency: of the prices.
        by: who asks for them.
        now: the moment.

    Raises:
        Throttled: too many wrong codes in this minute.
    """
    entered = codes.entered(live, shopper.codes, shopper.customer, by, now)
    limited = live.limited(currency)
    plan = limits.plan_account(live)
    wanted = limits.accounts(live, limited, shopper, plan, currency)
    wanted += [(hold.kind, hold.ref, hold.unit) for one in entered for hold in one.holds]
    found = limits.balances(wanted, now)
    entered = tuple(_with_uses(one, found) for one in entered)
    facts = limits.with_uses(shopper.facts(now, allowed), limited, shopper, found)
    decision = None
    if live.decider is not None:
        customer = shopper.customer if "personalisation" in allowed else NOBODY
        asked = replace(facts, customer=None)
        decision = _less(live.decider.decide(customer, now=now, facts=asked), limits.used_up(live, facts, plan, found))
    opening = [one for one in entered if not one.why]
    facts = replace(
        facts, tokens=frozenset(one.promotion_id for one in opening),
        codes=facts.codes.union(*(one.stands_for for one in opening)),
    )  # fmt: skip
    return Known(facts, entered, limited, plan, found, decision)


def _with_uses(one: Entered, found: Mapping[Account, Balance]) -> Entered:
    """The code, refused where it was used as often as it may be."""
    for hold in one.holds:
        balance = found.get((hold.kind, hold.ref, hold.unit))
        if balance is not None and hold.limit is not None and balance.used >= hold.limit:
            return one._replace(why="used_up")
    return one


def priced(live: Live, cart: Cart, found: Known, closed: Mapping[str, Why] | None = None) -> Priced:
    """The price of a cart.

    Args:
        live: what is live.
        cart: what is bought.
        found: what is known of who buys it.
        closed: promotions that are not to be asked, and why.

    Raises:
        CartError: the cart is wrong.
    """
    shut = closed or {}
    offers = _open(live, found.decision, cart.currency)
    mine = [one.id for offer in offers if offer in live.personal for one in live.offers[offer]]
    facts = replace(found.facts, tokens=found.facts.tokens.union(mine))
    engine = live.engine(offers, frozenset(shut))
    quote = engine.quote(cart, facts)
    there = {one.id for offer in offers for one in live.offers[offer]} | live.catalogue.keys()
    refusals = dict(quote.refusals) | {name: why for name, why in shut.items() if name in there}
    opened = {one.promotion_id: one for one in reversed(found.entered) if not one.why}  # one code is enough for each
    used = [one for name, one in opened.items() if name in quote.applied]
    taken = limits.takes(live, quote, found.limits, facts, found.plan)
    taken += tuple(Take(hold, (one.promotion_id,)) for one in used for hold in one.holds)
    return Priced(quote, refusals, facts, engine, (offers, frozenset(shut)), found.entered, taken)


def _open(live: Live, decision: Decision | None, currency: str) -> tuple[str, ...]:
    """Offers of the plan that count in the cart's currency."""
    if decision is None or live.head is None or live.head.currency != currency:
        return ()
    return decision.given


def _less(decision: Decision, gone: Mapping[str, str]) -> Decision:
    """The decision without offers that nobody can use any more, in every arm alike."""
    if not gone:
        return decision
    offers = [
        replace(one, status=Status.CLOSED, why=(gone[one.offer_id],)) if one.offer_id in gone else one
        for one in decision.offers
    ]
    return replace(decision, offers=tuple(offers))
