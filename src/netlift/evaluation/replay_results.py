"""What a replay found: cost per promotion, against what was really given, conflicts, floors, and limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from netlift.promotions.reasons import Why


class PromotionReplay(NamedTuple):
    """One promotion over all orders; money in minor units."""

    promotion: str
    name: str
    orders: int
    """Orders that it gives something."""
    share: float
    """Of all replayed orders, 0..1."""
    units: int
    """Units of the orders' goods that it discounts."""
    discount: int
    """Off goods."""
    shipping: int
    """Off delivery."""
    gift_units: int
    gifts: int
    """Gifts at their price."""
    credits: int
    """Face value of coupons for the next order."""
    funded: int
    """What other parties pay of it."""
    margin: int
    """Gross margin given up: discounts and the cost of gifts, less what others pay."""
    refused: Mapping[Why, int]
    """Orders that it gives nothing, by reason."""


class Conflict(NamedTuple):
    """A promotion that gave nothing because another of its group did."""

    winner: str
    loser: str
    why: Why
    """`excluded` or `not_best`."""
    orders: int
    examples: tuple[str, ...]


class LimitUse(NamedTuple):
    """How far a limit is used up at the end of the replay."""

    promotion: str
    limit: str
    """`total`, `per_customer` or `budget`."""
    allowed: int
    """Redemptions, redemptions of each customer, or minor units."""
    used: int
    """Redemptions, customers who reached theirs, or minor units."""
    reached_at: datetime | None
    """When it was first used up; None: it was not."""
    refused: int
    """Orders that were refused for it."""


class Floored(NamedTuple):
    """Orders that something should be looked at for."""

    what: str
    """`at_floor`, `below_cost`, `negative_margin`, `free_order`, `best_found`, or `unquotable`, which no sum counts."""
    orders: int
    lines: int
    """Lines concerned, where it is about lines; else 0."""
    examples: tuple[str, ...]
    """Ids of the first such orders."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Past orders under a set of promotions. It shows cost, not effect: customers are taken to buy the same."""

    shop: str
    currency: str
    time_zone: str
    """Of the shop; its days are those of the replay."""
    orders: int
    customers: int
    """Known ones."""
    first: datetime | None
    last: datetime | None
    listed: int
    """Goods before any discount, in minor units."""
    really_given: int
    """Discount on goods that was really given."""
    really_given_orders: int
    really_funded: int
    given: int
    """Discount on goods under the promotions."""
    given_orders: int
    """Orders that some promotion gives something."""
    shipping: int
    """Off delivery under the promotions."""
    margin: int
    """Gross margin that the promotions give up together."""
    points: int
    """Loyalty points earned."""
    more: int
    """Orders whose goods would have cost less than they really did."""
    less: int
    """Orders whose goods would have cost more."""
    costs_known: int
    """Orders whose cost of goods is known; only they can fall below it."""
    negative_then: int
    """Orders of them that really were sold below cost."""
    negative_now: int
    """Orders of them that would have been."""
    promotions: tuple[PromotionReplay, ...]
    conflicts: tuple[Conflict, ...]
    floors: tuple[Floored, ...]
    limits: tuple[LimitUse, ...]
    left_out: Mapping[str, int]
    """Orders that were not replayed, by why."""
    measured: int
    """Lines taken as one unit, because they were weighed or measured."""
