"""A candidate: an offer that could be made, with whom it is for, when it runs, and what carries it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from netlift.candidates.offer import Offer
from netlift.errors import ConfigError
from netlift.promotions.promotion import Promotion
from netlift.types import Window


class Goal(StrEnum):
    """What a merchant wants of a promotion; profit is always counted, a goal says what else matters."""

    PROFIT = "profit"
    REVENUE = "revenue"
    NEW_BUYERS = "new_buyers"
    """People who never ordered, or once."""
    STICKINESS = "stickiness"
    """Customers who buy more often, and stay."""
    CLEAR_STOCK = "clear_stock"
    WIN_BACK = "win_back"
    """Customers who have gone quiet."""


class Scope(StrEnum):
    """Who meets an offer."""

    SITE = "site"
    """Everybody, on everything."""
    SHOP = "shop"
    """Everybody, on some goods: a shelf."""
    PERSONAL = "personal"
    """Those who are given it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A comparison on one column of PROFILES or INTERESTS; a customer without the value does not meet it."""

    column: str
    """Of PROFILES; `interest:CATEGORY` for the share of interest in a category."""
    op: str
    """==, !=, <, <=, >, >=, or in."""
    value: float | str | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audience:
    """Customers who meet every condition; without conditions, everybody."""

    audience_id: str
    """Unique, e.g. `lapsed` or `buyers:coffee`."""
    conditions: tuple[Condition, ...] = ()


EVERYBODY = Audience("everybody")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An offer that could be made."""

    offer: Offer
    kind: str
    """Mechanism of `promotions.mechanisms` that carries it out."""
    form: Mapping[str, object]
    """JSON values of the mechanism's form."""
    promotions: tuple[Promotion, ...]
    """What would run; the first is named by the offer's id."""
    goal: Goal
    scope: Scope
    audience: Audience
    window: Window
    channel: str | None = None
    """How those who are given it are told; None: nobody is written to."""
    categories: tuple[str, ...] = ()
    """Categories on offer, beside `offer.products`; both empty: everything."""
    phase: str | None = None
    """Of a festival: warm_up, save_up, burst, encore; None: no festival."""
    past: str | None = None
    """Offer of the past that this repeats: its measured response holds, if there is one."""
    resting: tuple[str, ...] = ()
    """Past personal promotions on the same goods that ended so lately that whom they reached is left out."""
    why: tuple[str, ...] = ()
    """Codes of the reasons why it is proposed."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """Figures for the texts of these reasons, e.g. units in stock and weeks that they last."""

    def __post_init__(self) -> None:
        if (self.scope is Scope.PERSONAL) != (self.channel is not None):
            raise ConfigError(f"offer {self.offer.offer_id!r}: a personal offer needs a channel, others have none")

    @property
    def days(self) -> int:
        """Length of the window in whole days, at least 1."""
        return max(1, round(self.window.days))
