"""A promotion: when it runs, for whom, how it is triggered, what it gives, and who pays for it."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal

from netlift.promotions.effect import Effect
from netlift.promotions.policy import Granularity
from netlift.promotions.predicate import Predicate
from netlift.promotions.selector import Selector

LANGUAGE = 1
"""Version of the promotion language; definitions carry it, older ones are upgraded when they are read."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A part of a day, the end excluded; one that ends before it starts runs past midnight."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Window:
    """When a promotion runs: from `start` to before `end`, and within it on certain days and hours.

    All recurrences are read in `time_zone`; those that are empty do not restrict.
    """

    start: datetime | None = None
    end: datetime | None = None
    time_zone: str = "UTC"
    """IANA name, such as `Asia/Shanghai`."""
    weekdays: tuple[int, ...] = ()
    """ISO weekdays: 1 is Monday, 7 is Sunday."""
    days_of_month: tuple[int, ...] = ()
    dates: tuple[date, ...] = ()
    hours: tuple[Hours, ...] = ()


@dataclass(frozen=True, slots=True)
class Trigger:
    """What sets a promotion off: nothing (`auto`), one of `codes` entered, or a token that names the promotion."""

    kind: Literal["auto", "code", "token"] = "auto"
    codes: tuple[str, ...] = ()
    """For `code`: any of these; letter case does not matter."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How often a promotion may be redeemed; None is without limit."""

    total: int | None = None
    per_customer: int | None = None
    budget: int | None = None
    """Discount in minor units that it may give altogether."""
    budget_partial: bool = True
    """Whether an order may take what is left of the budget; else it gets the whole discount or none."""


@dataclass(frozen=True, slots=True)
class Caps:
    """Bounds of one benefit in one order."""

    max_discount: int | None = None
    """Minor units; what was found is scaled down to it."""
    all_or_nothing: bool = False
    """With `max_discount` in a group `best` of scope `unit`: units are left out rather than discounted in part."""


@dataclass(frozen=True, slots=True)
class Benefit:
    """Where `when` holds, `effect` on the units of `target`.

    `allocation` says what an amount or a price is of: each unit, each line, or all selected units (of each group or
    set) together. Per cents do not depend on it.
    """

    effect: Effect
    target: Selector = field(default_factory=Selector)
    when: Predicate | None = None
    allocation: Literal["unit", "line", "across"] = "unit"
    caps: Caps = field(default_factory=Caps)
    granularity: Granularity | None = None
    """Where its per cents are rounded; as the policy says where None."""


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a promotion's cost that a party bears, in per cent."""

    party: str
    percent: Decimal


@dataclass(frozen=True, slots=True)
class Promotion:
    """A definition; immutable per `version`, so that an order can name what it was priced with."""

    id: str
    benefits: tuple[Benefit, ...]
    version: int = 1
    name: str = ""
    window: Window = Window()
    audience: Predicate | None = None
    """On facts of the customer and the moment; who may have it at all."""
    trigger: Trigger = Trigger()
    limits: Limits = Limits()
    group: str = ""
    """Group of the tree that it belongs to; the root where empty."""
    priority: int = 0
    """Higher comes first within a group; equal ones by id."""
    exclusive: bool = False
    """Whether nothing else applies in its group once it does; it is asked before all that are not."""
    seller: str | None = None
    """Only goods of this seller, and thresholds over them."""
    currency: str | None = None
    """Currency of its amounts; carts in another one are refused. None where it has no amounts."""
    funding: tuple[Share, ...] = ()
    """Who pays, in per cent that sum to 100; the shop where empty."""
    tags: tuple[str, ...] = ()
    level: Literal["cart", "catalog"] = "cart"
    """`catalog` promotions make the shelf price: thresholds on the original price are tested after them."""


Mode = Literal["stack", "first", "best", "lowest_cost"]
Scope = Literal["unit", "line", "order", "shop"]


@dataclass(frozen=True, slots=True)
class Group:
    """How promotions combine: a node of a tree whose leaves are the promotions that name it.

    Modes: `stack` applies all; `first` the first that gives anything; `best` what is best for the customer;
    `lowest_cost` the one that gives least money, but gives something.
    Scopes: what is won once. `order`: one promotion of the group for the whole cart. `line`: one for each line.
    `unit`: each unit counts for one promotion of the group, as a good bought or as one discounted. `shop`: as
    `order`, for the goods of each seller apart.
    In a group `best` of scope `unit`, the best assignment of units is searched for; groups below it must be `best`
    of scope `order` and hold promotions only: of each of them one takes part.
    """

    id: str = ""
    mode: Mode = "stack"
    scope: Scope = "order"
    base: Literal["running", "original"] | None = None
    """Whether per cents are of the running price or of the price at the start of this group."""
    children: "tuple[Group, ...]" = ()
    """Applied in this order, before or after the group's own promotions as `priority` says."""
    priority: int = 0
    """Place among the children and promotions of its parent."""
