"""Money off for a way of payment (支付立减)."""

from dataclasses import dataclass, field
from typing import ClassVar, Unpack

from netlift.errors import ConfigError
from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effects.amount import AmountOff
from netlift.promotions.form import Words, entry
from netlift.promotions.mechanism import Common, Example, Layer, Mechanism
from netlift.promotions.predicate import Test, everything
from netlift.promotions.promotion import Benefit, Promotion
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDiscount(Mechanism):
    """`off` minor units off the order paid by one of `payments`, where at least `spend` is left to pay."""

    kind: ClassVar[str] = "payment_discount"
    title: ClassVar[Words] = Words("Payment discount", "支付立减")
    text: ClassVar[Words] = Words(
        "Takes an amount off when the shopper pays in a certain way.",
        "使用指定支付方式立减。",
    )
    layer: ClassVar[Layer] = "points"

    payments: tuple[str, ...] = field(metadata=entry("Ways of payment", "支付方式", "text"))
    off: int = field(metadata=entry("Amount off", "优惠金额", "money"))
    spend: int = field(default=0, metadata=entry("From an amount of", "消费满", "money"))

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("Paid by the shop's card", "使用店铺联名卡支付"),
            form={"payments": ["shop card"], "off": 500},
            cart=Cart("EUR", (Line("tea", 3000, 1), Line("cup", 1000, 2))),
            facts=Facts(payment="shop card"),
            discounts={"tea": 300, "cup": 200},
        ),
        Example(
            title=Words("Paid in cash", "现金支付"),
            form={"payments": ["shop card"], "off": 500},
            cart=Cart("EUR", (Line("tea", 3000, 1),)),
            facts=Facts(payment="cash"),
            refused=Why.CONDITION_NOT_MET,
        ),
    )

    def __post_init__(self) -> None:
        if not self.payments:
            raise ConfigError("name at least one way of payment")

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """An amount off across all goods, on condition of the payment."""
        paid = Test("context.payment", "in", self.payments)
        spent = Test("cart.running_subtotal", ">=", self.spend) if self.spend else None
        benefit = Benefit(AmountOff(self.off), when=everything(paid, spent), allocation="across")
        return (Promotion(id_, (benefit,), **common),)
