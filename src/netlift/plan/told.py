"""What a plan's explanation says: figures and codes; words are the report's. Money in minor units."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from netlift.promotions.lint import Finding
from netlift.types import Check


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the waterfall from margin to what the plan earns."""

    code: str
    """margin, discount, contact, public, correction; the sum of all is the plan's net."""
    amount_minor: float


class Cut(NamedTuple):
    """What a rule asks of one feature: `low <= value < high`, infinite where it asks nothing."""

    feature: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Rule:
    """Customers whom a few questions put together, and what they mostly get."""

    conditions: tuple[Cut, ...]
    offer_id: str | None
    """None: no offer."""
    customers: int
    share: float
    """Of them, those whom the plan treats as the rule says."""
    net: float
    """What the plan earns of them."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The plan as a small tree: a picture of it, not the plan itself."""

    rules: tuple[Rule, ...]
    agreement: float
    """Share of all customers whom the tree treats as the plan does."""


@dataclass(frozen=True, slots=True)
class Segment:
    """What a part of the customers gets."""

    code: str
    """A stage of the lifecycle."""
    customers: int
    given: int
    net: float
    cost: float


@dataclass(frozen=True, slots=True)
class Example:
    """One customer."""

    kind: str
    """typical, largest_gain, left_out."""
    customer_id: str
    offer_id: str | None
    """What is given; of who is left out, the best offer there was."""
    arm: str | None
    net: float
    se: float
    cost: float
    facts: Mapping[str, float | str | bool | None]
    """Columns of the profile."""
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stock:
    """Units that the plan is expected to move."""

    name: str
    """The product."""
    offer_id: str
    units: float
    """There are."""
    expected: float
    high: float
    """Exceeded in 5 % of cases."""
    enough: bool


@dataclass(frozen=True, slots=True)
class Law:
    """A check of what the law or good manners ask."""

    offer_id: str | None
    """None: of the whole plan."""
    check: Check
    """price_floor, lowest_30, consent, contacts, below_cost."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What the offers would have done to recent carts, each offer on its own."""

    orders: int
    days: int
    """Days of the carts; 0: not known."""
    given_orders: int
    """Orders to which at least one offer would have applied."""
    discount_minor: float
    """Of all offers together."""
    listed_minor: float
    """List value of all carts."""
    by_promotion: Mapping[str, tuple[int, float]]
    """Offer -> orders to which it applies, and their discount."""


@dataclass(frozen=True, slots=True)
class Explained:
    """Why a plan is what it is."""

    steps: tuple[Step, ...]
    rules: Rules | None
    """None: no profiles were given, or nobody gets anything."""
    segments: tuple[Segment, ...]
    examples: tuple[Example, ...]
    stock: tuple[Stock, ...]
    conflicts: tuple[Finding, ...]
    laws: tuple[Law, ...]
    dry_run: DryRun | None
    """None: no carts were given."""
