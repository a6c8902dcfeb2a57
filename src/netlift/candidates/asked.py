"""What a merchant wants of the next promotions, and what the shop has to make them with."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from netlift.candidates.candidate import Goal
from netlift.errors import ConfigError
from netlift.types import Window


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to tell one customer of an offer."""

    name: str
    """As in EXPOSURES, such as `e-mail`."""
    contact_cost_minor: int = 0
    """What telling one customer costs, minor units."""
    capacity: int | None = None
    """Customers who can be told in the window; None: no limit."""


@dataclass(frozen=True, slots=True)
class Partner:
    """Somebody who would bear a part of a joint promotion."""

    name: str
    percent: int
    """Share of the discount, 1 to 100."""
    categories: tuple[str, ...] = ()
    """Categories that the partner would support; empty: everything."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a shop has beside goods and customers; no table tells of it, and what is not named is not proposed."""

    point_minor: float | None = None
    """Worth of one loyalty point, minor units; None: no points."""
    payments: tuple[str, ...] = ()
    """Ways of payment that are cheaper for the shop."""
    partners: tuple[Partner, ...] = ()
    seller: str | None = None
    """The shop's name on a marketplace."""
    platform: bool = False
    """Whether the shop can make promotions across all shops of a platform."""
    deposits: bool = False
    """Whether pre-sales with a deposit are possible."""
    price_lists: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Kept price lists with the segments that see them, such as `("member", ("member",))`."""
    codes: bool = True
    """Whether shoppers can type a code."""
    tokens: bool = True
    """Whether an offer can be bound to a customer; without, what is personal needs a code."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted."""

    goals: tuple[Goal, ...] = (Goal.PROFIT,)
    start: datetime | None = None
    """First moment of the earliest promotion; None: the moment of which the sources are."""
    days: int = 14
    """Days in which everything asked about happens."""
    channels: tuple[Channel, ...] = (Channel("e-mail"),)
    """None given: nothing personal is proposed."""
    means: Means = field(default_factory=Means)
    festivals: tuple[str, ...] | None = None
    """Names in `festivals.CALENDAR`; None: those that are usual where the shop's currency is used."""
    guard_days: int = 14
    """Days after a promotion in which its goods rest."""
    most: int = 30
    """Candidates at most."""
    per_mechanism: int = 3
    """Candidates of one mechanism at most."""
    least_distance: float = 0.12
    """Candidates nearer to each other than this, between 0 and 1, are taken for the same (see `diverse`)."""
    time_zone: str = "UTC"
    """IANA name of the zone in which windows begin and end."""

    def __post_init__(self) -> None:
        if not self.goals:
            raise ConfigError("name at least one goal, such as profit")
        for name, least in (("days", 1), ("guard_days", 0), ("most", 1), ("per_mechanism", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if not 0 <= self.least_distance < 1:
            raise ConfigError(f"least_distance is at least 0 and below 1, got {self.least_distance:g}")
        names = [channel.name for channel in self.channels]
        if len(set(names)) < len(names):
            raise ConfigError(f"a channel is named twice: {', '.join(names)}")
        if self.start is not None and self.start.tzinfo is None:
            raise ConfigError(f"start needs a time zone, got {self.start}")

    def window(self, as_of: datetime) -> Window:
        """From the first to the last moment asked about."""
        start = self.start or as_of
        return Window(start, start + timedelta(days=self.days))
