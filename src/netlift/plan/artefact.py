"""A plan: immutable, complete, and the same bytes for the same input.

A plan is a folder of two files: `plan.json`, its head (what is offered, to how many, under which limits, expected to
earn what, proved how), and `rows.parquet`, one row per customer and offer (`schema.PLAN`). Its id is a hash of both.
Neither holds the time at which it was made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netlift.candidates.candidate import Candidate
from netlift.types import Effect, Grade

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Part:
    """One offer of a plan."""

    candidate: Candidate
    grade: Grade
    """Evidence of its response."""
    given: int
    """Customers who get it, the explored included; of a public offer, everybody who may meet it."""
    held: int
    """Customers from whom it is withheld, to prove what it earned."""
    net: Effect
    """Expected to earn in all, over those who get it, minor units."""
    cost_minor: float
    """Expected spend, minor units."""
    liability_minor: float
    """The most that it can cost if everybody uses it, minor units."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What a plan is expected to earn, corrected for its having been chosen because it looked good; minor units."""

    net: Effect
    spend_low: float
    """5 % of outcomes spend less."""
    spend_high: float
    """5 % of outcomes spend more."""
    profit_low: float
    """5 % of outcomes earn less."""
    p_loss: float
    """Probability that it earns less than nothing."""
    optimism: float
    """By how much the figures it was chosen by promised more, minor units."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """How near the choice is to the best that the limits allow, given the responses; minor units."""

    value: float
    bound: float
    """No plan within the limits earns more."""
    gap: float
    """(bound - value) / bound."""
    prices: Mapping[str, float]
    """What one more unit of each limit would earn."""
    use: Mapping[str, float]
    """What is used of each limit."""
    limits: Mapping[str, float]
    relaxed: Mapping[str, float] = field(default_factory=dict)
    """Limits that no plan can keep, and the least by which they had to give way."""


@dataclass(frozen=True, slots=True)
class Rival:
    """A simple answer beside the plan, under the same limits."""

    code: str
    """nothing, best_single_offer, by_p_buy, random."""
    net: float
    """Expected to earn, minor units."""
    cost: float
    difference: Effect
    """Plan less rival; "not shown to beat" where its interval holds 0."""


@dataclass(frozen=True, slots=True)
class HoldOut:
    """The experiment that proves what the plan earned."""

    share: float
    """Of each offer's customers, from whom it is withheld."""
    customers: int
    detectable_minor: float
    """Smallest net lift per customer that the read-out finds with power .8, minor units."""
    read_out: str
    """ISO date: window and wash-out are over."""
    price_minor: float
    """What withholding is expected to cost, minor units."""
    enough: bool
    """Whether what is expected would be found."""
    global_share: float = 0.0
    """Of all customers, who get nothing from any plan, to measure long effects."""


@dataclass(frozen=True, slots=True)
class Exploration:
    """Offers given by chance, to go on learning."""

    share: float
    customers: int
    price_minor: float
    """What it is expected to cost against the best choice, minor units."""


@dataclass(frozen=True, slots=True)
class Head:
    """All of a plan but its rows."""

    code: str
    """What makes it different, e.g. nothing, most_profit, safest, fewest_offers, win_back, shelves."""
    shop: str
    currency: str
    as_of: str
    """ISO date: nothing of this day or later was known."""
    goal: str
    seed: int
    versions: Mapping[str, str]
    inputs: Mapping[str, str]
    """Hash of each table that it was made from."""
    budget_minor: int
    limits: Mapping[str, object]
    """As declared, JSON."""
    parts: tuple[Part, ...]
    public: tuple[Part, ...]
    """Promotions that everybody meets; they have no rows."""
    worth: Worth
    certificate: Certificate | None
    """None: a plan that was not optimised, such as doing nothing."""
    rivals: tuple[Rival, ...]
    hold_out: HoldOut | None
    exploration: Exploration | None
    grade: Grade
    """The weakest evidence that a tenth of its profit rests on."""
    notes: tuple[str, ...] = ()
    """Codes of what to know before choosing it."""
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A plan."""

    head: Head
    rows: "pa.Table"
    """`schema.PLAN`, ordered by customer, then offer."""
