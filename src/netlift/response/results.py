"""What a response says: one `Learned` per offer, and who is moved by it; `schema.RESPONSE` holds the customers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.candidates.offer import Offer
from netlift.errors import Reason
from netlift.types import Check, Effect, Grade
from netlift.uplift.calibration import Group
from netlift.uplift.compare import Comparison
from netlift.uplift.estimate import Estimate

SURE = 0.9
"""Confidence with which a customer is called moved, or harmed, whatever the level of the intervals."""


class Source(StrEnum):
    """Where a response comes from; the first that the data allow is taken."""

    EXPERIMENT = "experiment"
    """Chance decided who got the offer."""
    LOG = "log"
    """Somebody decided; compared with customers who were alike."""
    PRICES = "prices"
    """No log of offers; how demand moved when prices did."""
    POOLED = "pooled"
    """Never tried here, and prices tell nothing: what past offers of the same kind earned."""
    ASSUMED = "assumed"
    """Declared by the user, with the pilot that would measure it."""


class Why(StrEnum):
    """Why a row of the response table says what it says: a closed list, at most four to a row."""

    # where the figure comes from
    MEASURED_BY_EXPERIMENT = "measured_by_experiment"
    """Chance decided who got the offer."""
    COMPARED_WITH_ALIKE = "compared_with_alike"
    """The shop decided who got it; compared with customers who were alike in all that the data show."""
    FOLLOWS_PRICES = "follows_prices"
    """No log of offers: how sales followed the price on the shelf, applied to what the customer buys."""
    TRANSLATED = "translated"
    """The offer is no percentage: read as a cut in price of the same worth, after a dry run on recent carts."""
    LIKE_ITS_KIND = "like_its_kind"
    """Drawn towards what past offers of the same mechanism earned."""
    ASSUMED = "assumed"
    """Declared by the user, not measured."""
    # whose figure it is
    AVERAGE_FOR_ALL = "average_for_all"
    """Customers are not shown to differ, so everybody gets the average."""
    PERSONAL = "personal"
    """The customer's own prediction, shrunk by how well predictions were borne out."""
    OWN_HABITS = "own_habits"
    """The same kind of response for everybody, following what the customer buys anyway."""
    # what it says
    MOVED_BY_OFFER = "moved_by_offer"
    """Net margin is above zero with 90 % confidence."""
    LOSES_MONEY = "loses_money"
    """Net margin is below zero with 90 % confidence."""
    EFFECT_NOT_SHOWN = "effect_not_shown"
    """The interval of net margin holds zero."""
    # what to beware of
    LIKELY_TO_BUY_ANYWAY = "likely_to_buy_anyway"
    """Most customers like this one bought without the offer too."""
    OUTSIDE_LEARNED_RANGE = "outside_learned_range"
    """Unlike the customers that the model learned from: the average, with a wider interval."""
    EXTRAPOLATED_AUDIENCE = "extrapolated_audience"
    """The offer went to another kind of audience than this customer belongs to."""
    FEW_PRICE_MOVES = "few_price_moves"
    """Prices of these goods hardly moved: their response is mostly that of other goods."""
    FEW_ALIKE = "few_alike"
    """Too few customers had the offer to tell them apart."""
    CHECK_FAILED = "check_failed"
    """A check of the comparison failed; its grade says so too."""


class Driver(NamedTuple):
    """A feature by which the model tells customers apart."""

    feature: str
    share: float
    """Share of the model's total absolute contribution, 0..1."""
    direction: float
    """Correlation of the feature with its contribution, -1..1: above 0 where more of it means a larger effect."""


@dataclass(frozen=True, slots=True)
class Pilot:
    """The experiment that would measure what is only assumed, or not yet known well enough."""

    per_arm: int
    """Customers in each of offer and control."""
    days: int
    """From the first offer to the read-out, wash-out included."""
    effect_minor: float
    """Smallest difference of net margin per customer that it would find, minor units."""
    power: float
    level: float
    cost_minor: int
    """Expected spend on the offered customers."""
    enough: bool
    """Whether the shop has that many customers to ask."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What is known of one offer, over the customers that it was learned from (averages) and scored for (shares)."""

    offer: Offer
    source: Source
    grade: Grade
    margin: Effect
    """Incremental margin per customer offered, before the offer's cost, minor units."""
    cost: Effect
    """What the shop spent per customer offered, minor units."""
    net: Effect
    """Margin less cost, minor units."""
    slope: Estimate | None
    """Calibration slope of predicted on found effects, out of sample; None: everybody gets the average."""
    groups: tuple[Group, ...]
    """Predicted beside found net margin, in groups by prediction; empty where everybody gets the average."""
    checks: tuple[Check, ...]
    drivers: tuple[Driver, ...]
    scored: int
    """Customers in the response table."""
    moved: int
    """Of them, those whose net margin is above zero with 90 % confidence."""
    harmed: int
    """Of them, those whose net margin is below zero with 90 % confidence."""
    model_id: str
    reasons: tuple[str, ...] = ()
    """Codes that hold for all its rows."""
    pilot: Pilot | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    """Further figures for the text, e.g. an elasticity and its shrinkage."""

    @property
    def personal(self) -> bool:
        """Whether customers are shown to differ in how the offer moves them."""
        return self.slope is not None and self.slope.lower > 0


@dataclass(frozen=True, slots=True)
class Unknown:
    """An offer of the past from which nothing can be learned, and why."""

    offer: Offer
    refused: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Test:
    """Arms of one log beside the simple answers: personalisation has to earn its name."""

    promotion_id: str
    name: str
    arms: tuple[str, ...]
    """Names of the arms, no offer first, in the order of `comparison`'s numbers."""
    comparison: Comparison
    """Value per customer of giving each the arm that the model says is best, in minor units (or the outcome's unit)."""
    customers: int


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Customers of one offer's log, believed and found apart: a rule chosen by the one is valued by the other.

    What is believed of a customer comes from models and calibration of the other folds only. So a rule that looks at
    `predicted` and `cost` alone (give it where predicted - price x cost > 0) earns, on average over those whom it
    picks, the mean of their `score`: no optimism is left in it. Arrays are in the order of customer_id.
    """

    customer_id: NDArray[Any]
    """Text, shape (n,)."""
    predicted: NDArray[np.float32]
    """Net margin believed, as in `net_margin` of the response table, minor units, shape (n,)."""
    score: NDArray[np.float32]
    """Doubly robust score of net margin, minor units, shape (n,): unbiased for the effect, and as noisy as orders."""
    cost: NDArray[np.float32]
    """Cost believed, contact included, minor units, shape (n,)."""
    fold: NDArray[np.int8]
    """On whose other folds the beliefs rest, shape (n,)."""
    every: int = 1
    """Of the customers of the log each so-many-th is here, for want of memory."""


@dataclass(frozen=True, slots=True)
class Responses:
    """Everything that `netlift respond` found, but for the customers themselves."""

    name: str
    """Shop, or file."""
    currency: str
    outcome: str
    """What was compared: `profit` for a shop; a column's name for a plain experiment."""
    as_of: str
    """ISO date up to which customers are known."""
    customers: int
    """Customers scored."""
    learned: tuple[Learned, ...]
    """Best evidence first, then by net margin."""
    unknown: tuple[Unknown, ...]
    tests: tuple[Test, ...]
    assumptions: tuple[str, ...] = ()
    """Codes of what was assumed for want of data, e.g. `margin`."""
    facts: Mapping[str, object] = field(default_factory=dict)
    """JSON-ready, for the footer: versions, seed, seconds."""
    judged: Mapping[str, Judged] = field(default_factory=dict, repr=False, compare=False)
    """By offer id, of the offers with a log; not part of the JSON."""
