"""What promotions would have done to one past order, with the limits that earlier orders had used up by then."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from netlift.errors import CartError
from netlift.history.carts import PastOrder, Terms, past_orders
from netlift.promotions.effects.gift import FreeGift
from netlift.promotions.engine import Engine
from netlift.promotions.policy import Policy
from netlift.promotions.promotion import Group, Promotion, Share
from netlift.promotions.quote import Quote
from netlift.promotions.reasons import Why
from netlift.promotions.rounding import split

if TYPE_CHECKING:
    import pyarrow as pa

OWN = ("", "shop")
"""Names by which a promotion's funding calls the shop itself."""


class Given(NamedTuple):
    """What one promotion would have given to one order; money in minor units."""

    promotion: str
    units: int
    """Units of the order's goods that it discounted."""
    goods: int
    shipping: int
    gift_units: int
    gifts: int
    """What the gifts cost in the shop otherwise."""
    gift_cost: int
    """What they cost the shop."""
    credits: int
    """Face value of coupons for the next order."""
    funded: int
    """What other parties pay of discounts and gifts."""

    @property
    def spent(self) -> int:
        """What counts against the promotion's budget."""
        return self.goods + self.shipping + self.gifts

    @property
    def margin(self) -> int:
        """Gross margin given up, if the customer had bought the same either way."""
        return self.goods + self.shipping + self.gift_cost - self.funded


class Outcome(NamedTuple):
    """One past order, as it was and as it would have been."""

    id: str
    at: datetime
    customer: str | None
    listed: int
    """Goods before any discount, in minor units."""
    shipping: int
    really_given: int
    """Discount on goods that was really given."""
    really_funded: int
    cost: int | None
    """Of the goods; None where that of a line is not known."""
    given: tuple[Given, ...]
    refusals: Mapping[str, Why]
    floor_lines: int
    """Lines that the promotions brought down to their floor."""
    below_cost: int
    """Lines that the promotions brought below their cost."""
    points: int
    measured: int
    proved: bool
    problem: str = ""
    """Why the order could not be quoted at all; empty where it was."""

    @property
    def goods(self) -> int:
        """Discount on goods under the promotions."""
        return sum(one.goods for one in self.given)

    @property
    def free(self) -> bool:
        """Whether nothing would have been paid for the goods."""
        return 0 < self.listed == self.goods

    @property
    def margin_listed(self) -> int | None:
        """Gross margin before any discount; None where a cost is not known."""
        return None if self.cost is None else self.listed - self.cost

    @property
    def margin_then(self) -> int | None:
        """Gross margin with the discounts that were really given."""
        return None if self.cost is None else self.listed - self.really_given + self.really_funded - self.cost

    @property
    def margin_now(self) -> int | None:
        """Gross margin under the promotions."""
        return None if self.cost is None else self.listed - self.cost - sum(one.margin for one in self.given)


@dataclass(slots=True)
class Counters:
    """What was redeemed so far, of promotions that have a limit."""

    uses: dict[str, int] = field(default_factory=dict)
    by_customer: dict[str, dict[str, int]] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)

    def of(self, customers: set[str]) -> "Counters":
        """A copy that knows only these customers."""
        mine = {name: dict(self.by_customer[name]) for name in customers if name in self.by_customer}
        return Counters(dict(self.uses), mine, dict(self.spent))

    def uses_of(self, customer: str | None) -> Mapping[str, int]:
        """Redemptions by a customer; none are known of guests."""
        return self.by_customer.get(customer, {}) if customer is not None else {}


class Quoter:
    """Promotions made ready to be applied to past orders.

    Args:
        promotions: definitions.
        root: the tree of groups that they name.
        policy: the switches of the arithmetic.
        currency: of the orders.
        terms: what the replay takes for granted.
    """

    def __init__(
        self, promotions: Sequence[Promotion], root: Group, policy: Policy, *, currency: str, terms: Terms
    ) -> None:
        self.engine = Engine(promotions, root, policy)
        self.currency, self.terms = currency, terms
        self.limited = tuple(one for one in self.engine.promotions.values() if _has_limits(one))
        """Promotions with a limit, which make one order depend on those before it."""
        self._gift_worth = {one.id: _gift_worth(one) for one in self.limited}

    def outcomes(self, batch: "pa.RecordBatch", counters: Counters) -> Iterator[Outcome]:
        """Every order of a batch; what they redeem is counted in `counters` on the way."""
        for order in past_orders(batch, self.currency, self.terms):
            outcome = self.outcome(order, counters)
            self.count(outcome, counters)
            yield outcome

    def outcome(self, order: PastOrder, counters: Counters) -> Outcome:
        """One order."""
        facts = order.facts
        if self.limited:
            of_customer = counters.uses_of(order.customer)
            facts = replace(facts, uses=counters.uses, customer_uses=of_customer, spent=counters.spent)
        try:
            quote = self.engine.quote(order.cart, facts)
        except CartError as error:
            return _outcome(order, (), {}, problem=str(error))
        floors = {line.id: line.floor * line.quantity for line in order.cart.lines if line.floor}
        costs = {line.id: cost for line, cost in zip(order.cart.lines, order.costs, strict=True) if cost is not None}
        sold = [line for line in quote.lines if line.discount and not line.gift_of]
        return _outcome(
            order,
            self._given(quote),
            quote.refusals,
            floor_lines=sum(line.payable <= floors.get(line.id, -1) for line in sold),
            below_cost=sum(line.payable < costs.get(line.id, 0) <= line.total for line in sold),
            points=quote.points,
            proved=quote.optimality == "proved optimal",
        )

    def count(self, outcome: Outcome, counters: Counters) -> None:
        """Count what an order redeems against the limits."""
        if not self.limited:
            return
        given = {one.promotion: one for one in outcome.given}
        for promotion in self.limited:
            found = given.get(promotion.id)
            if found is None:
                continue
            name = promotion.id
            counters.uses[name] = counters.uses.get(name, 0) + 1
            counters.spent[name] = counters.spent.get(name, 0) + found.spent
            if promotion.limits.per_customer is not None and outcome.customer is not None:
                mine = counters.by_customer.setdefault(outcome.customer, {})
                mine[name] = mine.get(name, 0) + 1

    def same(self, outcome: Outcome, one: Counters, other: Counters) -> bool:
        """Whether an order's quote cannot tell two states of the counters apart."""
        if not self.limited or outcome.problem:
            return True
        first, second = one.uses_of(outcome.customer), other.uses_of(outcome.customer)
        for promotion in self.limited:
            name, limits = promotion.id, promotion.limits
            for limit, left, right in ((limits.total, one.uses, other.uses), (limits.per_customer, first, second)):
                if limit is not None and (left.get(name, 0) < limit) != (right.get(name, 0) < limit):
                    return False
            if limits.budget is not None:
                rests = [limits.budget - counters.spent.get(name, 0) for counters in (one, other)]
                if not self._same_rest(name, rests, outcome.listed + outcome.shipping):
                    return False
        return True

    def _same_rest(self, promotion: str, rests: Sequence[int], whole: int) -> bool:
        """Equal, both nothing, or both more than the promotion could give to this order."""
        if rests[0] == rests[1] or max(rests) <= 0:
            return True
        gifts = self._gift_worth[promotion]
        return gifts is not None and min(rests) >= whole + gifts

    def _given(self, quote: Quote) -> tuple[Given, ...]:
        if not quote.applied:
            return ()
        gift_lines = {line.id for line in quote.lines if line.gift_of}
        goods: dict[str, int] = {}
        units: dict[tuple[str, str], list[int]] = {}
        for one in quote.adjustments:
            if one.line in gift_lines:
                continue
            goods[one.promotion] = goods.get(one.promotion, 0) + one.amount
            before = units.get((one.promotion, one.line))
            units[one.promotion, one.line] = (
                list(one.units) if before is None else [a + b for a, b in zip(before, one.units, strict=True)]
            )
        touched: dict[str, int] = {}
        for (promotion, _), shares in units.items():
            touched[promotion] = touched.get(promotion, 0) + sum(share > 0 for share in shares)
        return tuple(self._of(name, quote, touched.get(name, 0), goods.get(name, 0)) for name in quote.applied)

    def _of(self, name: str, quote: Quote, units: int, goods: int) -> Given:
        gifts = [one.gift for one in quote.gifts if one.promotion == name]
        worth = sum(gift.off * gift.quantity for gift in gifts)
        shipping = sum(one.amount for one in quote.shipping_adjustments if one.promotion == name)
        return Given(
            name,
            units,
            goods,
            shipping,
            sum(gift.quantity for gift in gifts),
            worth,
            sum(
                self._cost(gift.product, gift.unit_price, gift.unit_price - gift.off) * gift.quantity for gift in gifts
            ),
            sum(credit.amount for credit in quote.credits if credit.promotion == name),
            funded(goods + shipping + worth, self.engine.promotions[name].funding),
        )

    def _cost(self, product: str, price: int, paid: int) -> int:
        """What a gift costs the shop beyond what is paid for it: by its cost, by the margin, or at its price."""
        margin = self.terms.margin or 0.0
        return max(0, self.terms.gift_costs.get(product, round(price * (1 - margin))) - paid)


def funded(total: int, shares: Sequence[Share]) -> int:
    """What parties other than the shop pay of a promotion's cost.

    >>> from decimal import Decimal
    >>> funded(999, (Share("supplier", Decimal(50)), Share("shop", Decimal(50))))
    500
    """
    if not shares:
        return 0
    scale = max(share.percent.as_integer_ratio()[1] for share in shares)
    parts = split(total, [int(share.percent * scale * 100) for share in shares])
    return sum(part for part, share in zip(parts, shares, strict=True) if share.party not in OWN)


def gift_products(promotions: Sequence[Promotion]) -> tuple[str, ...]:
    """Products that promotions give away or offer cheaper."""
    found = (getattr(benefit.effect, "product", None) for one in promotions for benefit in one.benefits)
    return tuple(dict.fromkeys(name for name in found if isinstance(name, str)))


def _outcome(
    order: PastOrder,
    given: tuple[Given, ...],
    refusals: Mapping[str, Why],
    *,
    floor_lines: int = 0,
    below_cost: int = 0,
    points: int = 0,
    proved: bool = True,
    problem: str = "",
) -> Outcome:
    lines = order.cart.lines
    return Outcome(
        order.id,
        order.at,
        order.customer,
        sum(line.unit_price * line.quantity if line.total is None else line.total for line in lines),
        sum(one.price for one in order.cart.shipping),
        order.given,
        order.funded,
        None if None in order.costs else sum(cost or 0 for cost in order.costs),
        given,
        refusals,
        floor_lines,
        below_cost,
        points,
        order.measured,
        proved,
        problem,
    )


def _has_limits(promotion: Promotion) -> bool:
    limits = promotion.limits
    return limits.total is not None or limits.per_customer is not None or limits.budget is not None


def _gift_worth(promotion: Promotion) -> int | None:
    """The most that a promotion's gifts can be worth in one order; None where that depends on the order."""
    worth = 0
    for benefit in promotion.benefits:
        quantity = getattr(benefit.effect, "quantity", 1)
        if isinstance(benefit.effect, FreeGift) and not isinstance(quantity, int):
            return None
        worth += getattr(benefit.effect, "unit_price", 0) * (quantity if isinstance(quantity, int) else 1)
    return worth
