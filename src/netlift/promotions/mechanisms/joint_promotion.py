"""An amount off that several parties pay (联合促销)."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Unpack

from netlift.promotions.cart import Cart, Line
from netlift.promotions.effects.amount import AmountOff
from netlift.promotions.form import EVERYTHING, WHICH, Goods, Words, entry
from netlift.promotions.mechanism import Common, Example, Mechanism
from netlift.promotions.promotion import Benefit, Promotion, Share
from netlift.promotions.reasons import Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """`party` bears `percent` of the discount."""

    party: str = field(metadata=entry("Partner", "合作方", "text"))
    percent: Decimal = field(metadata=entry("Share of the cost", "承担比例", "percent"))


@dataclass(frozen=True, slots=True, kw_only=True)
class JointPromotion(Mechanism):
    """`off` minor units off `goods` that cost at least `spend`; partners bear their shares, the shop the rest."""

    kind: ClassVar[str] = "joint_promotion"
    title: ClassVar[Words] = Words("Joint promotion", "联合促销")
    text: ClassVar[Words] = Words(
        "A spend threshold whose cost is shared with suppliers or the platform; the quote says who pays how much.",
        "与供应商或平台共同承担费用的满减，报价中列明各方承担金额。",
    )

    spend: int = field(metadata=entry("From an amount of", "消费满", "money"))
    off: int = field(metadata=entry("Amount off", "优惠金额", "money"))
    partners: tuple[Partner, ...] = field(metadata=entry("Partners", "合作方", "rows"))
    goods: Goods = field(default=EVERYTHING, metadata=WHICH)

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            title=Words("The brand bears 60 % of 50.00, the shop the rest", "品牌方承担 50.00 的 60%，其余由店铺承担"),
            form={"spend": 20000, "off": 5000, "partners": [{"party": "Alpen", "percent": "60"}]},
            cart=Cart("CNY", (Line("coat", 20000, 1),)),
            discounts={"coat": 5000},
            funding={"Alpen": 3000, "": 2000},
        ),
        Example(
            title=Words("Too little was bought", "消费未满"),
            form={"spend": 20000, "off": 5000, "partners": [{"party": "Alpen", "percent": "60"}]},
            cart=Cart("CNY", (Line("coat", 19999, 1),)),
            refused=Why.BELOW_THRESHOLD,
        ),
    )

    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        """An amount off across the goods, with who pays for it."""
        shares = tuple(Share(partner.party, partner.percent) for partner in self.partners)
        rest = 100 - sum((share.percent for share in shares), Decimal(0))
        common["funding"] = (*shares, Share("", rest)) if rest else shares
        benefit = Benefit(AmountOff(self.off), self.goods.all_units(), self.goods.worth(self.spend), "across")
        return (Promotion(id_, (benefit,), **common),)
