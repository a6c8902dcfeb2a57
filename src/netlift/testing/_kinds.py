"""The kinds of vectors: a cart, an allocation of an amount, a sequence of rounded amounts, a refund."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from netlift.promotions.cart import Cart, Facts
from netlift.promotions.engine import evaluate
from netlift.promotions.quote import Quote
from netlift.promotions.refund import refund
from netlift.promotions.rounding import ROUNDERS, split
from netlift.testing._benefits import Setting
from netlift.testing._cart import CURRENCY, by_units, cart_of, facts_of
from netlift.testing._expect import CHECKS, Seen, unmet
from netlift.testing._fields import Fields, Json, VectorError, decimal, listed, money, whole
from netlift.testing._policies import House, described, house_of, house_with
from netlift.testing._promotions import Deal, deals_of

_ABOUT = ("id", "kind", "source", "tags", "note", "canonical_largest_remainder", "agrees_with_largest_remainder")
"""Fields that say where a vector comes from; they are not evaluated."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a vector passed."""

    id: str
    policy: str
    """The policy it was judged under."""
    why: str = ""
    """What was not as expected; empty where it passed."""

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.why


def judged(vector: Json, place: str) -> Verdict:
    """Run one vector."""
    fields = Fields(vector, "")
    about = {name: fields.take(name) for name in _ABOUT}
    id_, kind = str(about["id"] or place), about["kind"] or "cart"
    source = about["source"] if isinstance(about["source"], Mapping) else {}
    house = house_of(str(source.get("engine")))
    try:
        house = house_with(house, fields.take("policy"))
        if kind not in KINDS:
            raise VectorError(f"unknown text {kind!r} of kind; known: {', '.join(KINDS)}")
        found = KINDS[kind](fields, house)
    except VectorError as error:
        return Verdict(id_, described(house), str(error))
    return Verdict(id_, described(house), "; ".join(found))


def _cart(fields: Fields, house: House) -> list[str]:
    promotions = fields.take("promotions", default=[])
    cart, facts, deals, origin = _read(fields, house, promotions, apart="participated_in_layer" in repr(promotions))
    expect = fields.take("expect")
    fields.close()
    quote, deal = _best(cart, facts, deals)
    return unmet(Seen(quote, deal, origin), expect)


def _read(
    fields: Fields, house: House, promotions: Json, *, apart: bool = False
) -> tuple[Cart, Facts, list[Deal], dict[str, str]]:
    """Cart, facts and promotions; lines are taken `apart` into units where a promotion asks for the past of units."""
    currency = fields.take("currency", default=CURRENCY)
    cart, attributes = cart_of(fields.take("cart"), currency=currency)
    cart, origin = by_units(cart) if apart else (cart, {})
    facts = facts_of(fields.take("customer"), fields.take("codes", "coupons"))
    deals = deals_of(promotions, Setting(house, cart, attributes))
    uses = {name: times for deal in deals for name, times in deal.redeemed.items()}
    by_customer = {name: times for deal in deals for name, times in deal.redeemed_by_customer.items()}
    return cart, replace(facts, uses=uses, customer_uses=by_customer), deals, origin


def _best(cart: Cart, facts: Facts, deals: list[Deal]) -> tuple[Quote, Deal]:
    """The quote of the deal that leaves least to pay; there is one deal unless tiers of unlike kinds compete."""
    quotes = [(evaluate(cart, facts, deal.promotions, deal.policy, root=deal.root), deal) for deal in deals]
    return min(quotes, key=lambda one: one[0].payable)


def _allocation(fields: Fields, house: House) -> list[str]:
    weights = [whole(one, "weights") for one in listed(fields.take("weights"), "weights")]
    amount = money(fields.take("amount"), "amount")
    expect = Fields(fields.take("expect"), "expect")
    parts = [money(one, "expect.parts") for one in listed(expect.take("parts"), "expect.parts")]
    expect.close()
    fields.close()
    if not any(weights):  # nothing speaks for any part, so that all are alike
        weights = [1] * len(weights)
    policy = house.policy
    found = split(amount, weights, remainder=policy.remainder, rounding=policy.share_rounding)
    return [] if found == parts else [f"parts expected {parts}, got {found}"]


def _rounding(fields: Fields, house: House) -> list[str]:
    """Amounts rounded one after the other, each with the rounding error of those before it."""
    amounts = [decimal(one, "amounts") for one in listed(fields.take("amounts"), "amounts")]
    expect = Fields(fields.take("expect"), "expect")
    rounded = [money(one, "expect.rounded") for one in listed(expect.take("rounded"), "expect.rounded")]
    expect.close()
    fields.close()
    rounder = ROUNDERS[house.policy.rounding]
    found, exact, given = [], decimal(0, "amounts"), 0
    for amount in amounts:
        exact += amount * 100
        numerator, denominator = abs(exact).as_integer_ratio()
        target = rounder(numerator, denominator) * (1 if exact >= 0 else -1)
        found.append(target - given)
        given = target
    return [] if found == rounded else [f"rounded expected {rounded}, got {found}"]


def _refund(fields: Fields, house: House) -> list[str]:
    cart, facts, deals, _ = _read(fields, house, fields.take("promotions", default=[]))
    returned = {str(line): whole(units, f"returned.{line}") for line, units in fields.take("returned").items()}
    expect = Fields(fields.take("expect"), "expect")
    fields.close()
    quote, deal = _best(cart, facts, deals)

    def paid_back(reclaim: bool | None) -> int:
        policy = deal.policy if reclaim is None else replace(deal.policy, reclaim_on_return=reclaim)
        return refund(cart, facts, deal.promotions, returned, policy, root=deal.root).amount

    kept = refund(cart, facts, deal.promotions, returned, deal.policy, root=deal.root)
    read: dict[str, Callable[[], int]] = {
        "refund": lambda: paid_back(None),
        "refund_if_keep_discount": lambda: paid_back(False),
        "refund_if_reclaim_discount": lambda: paid_back(True),
        "remaining_line_total": lambda: quote.gross - _shipping(quote) - kept.amount,
        "remaining_total": lambda: quote.gross - kept.amount,
    }
    unmet_: list[str] = []
    for name, value in expect.rest().items():
        if name == "refund_by_line":
            expected = {str(line): money(amount, f"expect.{name}") for line, amount in value.items()}
            found = {line: kept.lines.get(line, 0) for line in expected}
            unmet_ += [] if expected == found else [f"{name} expected {expected}, got {found}"]
        elif name in read:
            amount = read[name]()
            unmet_ += [] if amount == money(value, f"expect.{name}") else [f"{name} expected {value}, got {amount}"]
        elif name in CHECKS:
            unmet_ += unmet(Seen(quote, deal), {name: value})
        else:
            raise VectorError(f"unknown field expect.{name}")
    return unmet_


def _shipping(quote: Quote) -> int:
    return sum(way.gross for way in quote.shipping)


KINDS: Mapping[str, Callable[[Fields, House], list[str]]] = {
    "cart": _cart,
    "allocation": _allocation,
    "rounding": _rounding,
    "refund": _refund,
}
"""By `kind`; each answers what was not as expected."""
