"""Promotions that everybody meets, and the rules that a calendar of them keeps."""

import math
from dataclasses import dataclass

from netlift.errors import ConfigError


@dataclass(frozen=True, slots=True)
class PublicOffer:
    """A promotion that everybody meets who comes to a shelf while it runs."""

    offer_id: str
    depth: float = 0.0
    """Share off the price that buyers answer to, on the whole shelf."""
    given: float | None = None
    """Share off the price that the shop bears; None: as `depth`."""
    lift: float = 0.0
    """Log of what else it draws, e.g. .1 for a place at the front page."""
    weeks: int = 1
    """How long it runs."""
    shelves: tuple[str, ...] = ()
    """Where it can run; empty: everywhere."""
    together: bool = False
    """Whether it runs on all of its shelves at once; else each run is on one of them."""
    fixed_minor: float = 0.0
    """What each run costs beside the discount, minor units."""
    first: int = 0
    """First week in which it may run."""
    last: int | None = None
    """Last week in which it may run; None: the calendar's last."""
    times: int = 0
    """How often it may run; 0: no limit."""
    festival: str | None = None
    """Promotions of one festival need no guard weeks between them."""
    phase: int = 0
    """Place within its festival: nothing of a later phase starts before everything of an earlier one is over."""

    def __post_init__(self) -> None:
        borne = self.depth if self.given is None else self.given
        if not (0 <= self.depth < 1 and 0 <= borne <= 1):
            raise ConfigError(f"offer {self.offer_id!r}: depth is a share from 0 to below 1, given one from 0 to 1")
        if self.weeks < 1 or self.times < 0 or self.first < 0 or not math.isfinite(self.lift + self.fixed_minor):
            raise ConfigError(f"offer {self.offer_id!r}: it needs whole weeks from 0 on, and finite lift and cost")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a calendar must keep, and how it is valued."""

    guard: int = 1
    """Weeks without promotion between two on one shelf, so that the ebb after the first does not fall on the next."""
    at_once: int | None = None
    """Promotions that run in a week at most; one on several shelves counts once."""
    budget_minor: float | None = None
    """Expected discount and fixed costs in all, minor units, at most."""
    quiet: int = 0
    """Weeks in which nothing runs, at least: a shop that always has an offer has no price."""
    aversion: float = 0.0
    """Standard deviations over the draws that are taken off the mean."""
    worst: float | None = None
    """Instead: the mean of this share of the worst draws (conditional value at risk), e.g. .1."""

    def __post_init__(self) -> None:
        if self.guard < 0 or self.quiet < 0 or self.aversion < 0 or (self.at_once is not None and self.at_once < 0):
            raise ConfigError("guard, quiet, aversion and at_once must not be below 0")
        if self.budget_minor is not None and not self.budget_minor >= 0:
            raise ConfigError(f"a budget must not be below 0, got {self.budget_minor}")
        if self.worst is not None and (not 0 < self.worst <= 1 or self.aversion):
            raise ConfigError("worst is a share above 0 and at most 1, and goes without aversion")
