"""The promotion language and the exact engine: pure, no files, no clock, no chance.

`evaluate(cart, facts, promotions, policy)` prices a cart; `Engine` does it for many.
"""

from netlift.promotions.cart import Cart, Facts, Line, Shipping
from netlift.promotions.effects.add_on import AddOn
from netlift.promotions.effects.amount import AmountOff
from netlift.promotions.effects.burn import BurnPoints
from netlift.promotions.effects.credit import NextOrderCoupon
from netlift.promotions.effects.deposit import Deposit
from netlift.promotions.effects.gift import FreeGift
from netlift.promotions.effects.percent import Percent
from netlift.promotions.effects.points import EarnPoints
from netlift.promotions.effects.price import FixedPrice
from netlift.promotions.effects.shipping import ShippingOff
from netlift.promotions.engine import Engine, evaluate
from netlift.promotions.explain import Trace, explain
from netlift.promotions.policy import Policy
from netlift.promotions.predicate import All, Any, Not, Predicate, Test
from netlift.promotions.promotion import (
    Benefit,
    Caps,
    Group,
    Hours,
    Limits,
    Promotion,
    Share,
    Trigger,
    Window,
)
from netlift.promotions.quote import Adjustment, Quote, QuotedLine
from netlift.promotions.reasons import Why
from netlift.promotions.refund import Refund, refund
from netlift.promotions.selector import Selector, Slot
from netlift.promotions.value import Steps, Tier, Tiers

__all__ = [
    "AddOn",
    "Adjustment",
    "All",
    "AmountOff",
    "Any",
    "Benefit",
    "BurnPoints",
    "Caps",
    "Cart",
    "Deposit",
    "EarnPoints",
    "Engine",
    "Facts",
    "FixedPrice",
    "FreeGift",
    "Group",
    "Hours",
    "Limits",
    "Line",
    "NextOrderCoupon",
    "Not",
    "Percent",
    "Policy",
    "Predicate",
    "Promotion",
    "Quote",
    "QuotedLine",
    "Refund",
    "Selector",
    "Share",
    "Shipping",
    "ShippingOff",
    "Slot",
    "Steps",
    "Test",
    "Tier",
    "Tiers",
    "Trace",
    "Trigger",
    "Why",
    "Window",
    "evaluate",
    "explain",
    "refund",
]
