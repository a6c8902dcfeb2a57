"""What a promotion would do to a sample cart, and what the lint finds: shown while the form is filled in."""

from collections.abc import Sequence
from dataclasses import dataclass

from netlift.promotions.cart import Cart, Facts
from netlift.promotions.explain import explain
from netlift.promotions.lint import lint
from netlift.promotions.promotion import Group, Promotion
from netlift.promotions.quote import Quote
from netlift.promotions.texts import Language, amount


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line or a way of delivery, in texts of major units."""

    name: str
    quantity: int
    before: str
    off: str
    """Empty where nothing is taken off."""
    after: str
    gift: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """A priced sample cart."""

    currency: str
    lines: tuple[PricedLine, ...]
    total: str
    discount: str
    payable: str
    refusals: tuple[str, ...]
    """Why promotions give nothing, with how near they came."""
    offered: tuple[str, ...]
    """Goods that the shopper may choose."""
    points: int
    points_burned: int
    coupons: tuple[str, ...]
    findings: tuple[tuple[str, str], ...]
    """Severity and text."""

    @property
    def gives(self) -> bool:
        """Whether anything is given."""
        return not self.refusals


def preview(cart: Cart, facts: Facts, promotions: Sequence[Promotion], root: Group, language: Language) -> Preview:
    """Price the cart under the promotions alone.

    Raises:
        DefinitionError: a promotion is wrong, or does not fit the tree.
        CartError: the cart is wrong.
    """
    trace = explain(cart, facts, promotions, root=root)
    quote, currency = trace.quote, cart.currency
    found = lint(promotions, root, typical_carts=(cart,), currency=currency)
    return Preview(
        currency=currency,
        lines=_lines(quote),
        total=amount(quote.total, currency),
        discount=amount(quote.discount + quote.shipping_discount, currency),
        payable=amount(quote.payable, currency),
        refusals=tuple(one.text(currency, language) for one in trace.verdicts if one.why is not None),
        offered=tuple(one.gift.product for one in quote.offered),
        points=quote.points,
        points_burned=quote.points_burned,
        coupons=tuple(amount(one.amount, currency) for one in quote.credits),
        findings=tuple((one.severity, one.text(language)) for one in found),
    )


def _lines(quote: Quote) -> tuple[PricedLine, ...]:
    currency = quote.currency
    goods = [
        PricedLine(
            line.product or line.id, line.quantity, amount(line.total, currency),
            amount(line.discount, currency) if line.discount else "", amount(line.payable, currency),
            bool(line.gift_of),
        )
        for line in quote.lines
    ]  # fmt: skip
    ways = [
        PricedLine(
            way.id, 0, amount(way.price, currency), amount(way.discount, currency) if way.discount else "",
            amount(way.price - way.discount, currency),
        )
        for way in quote.shipping
    ]  # fmt: skip
    return (*goods, *ways)
