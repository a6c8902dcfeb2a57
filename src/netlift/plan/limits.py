"""What a merchant allows a plan to do, as TOML and as JSON.

budget_minor = 500_000             # expected spend
liability_minor = 900_000          # what it costs if everybody uses it
contacts = 1                       # offers per customer, at most one per channel
loss_minor = 20_000                # what customers who are expected to lose money may lose together
roi = 0.5                          # net earned per coin spent, at least
churn = 0.2                        # share of yesterday's customers whose offer may change
most_offers = 3                    # different offers
goals = ["win_back"]
global_hold_out = 0.02             # share of all customers who get nothing from any plan

[channels]
email = 20_000                     # customers
[stock]
"SKU-1" = 300                      # units
[offers."coupon-3f9a1c"]
most = 500                         # customers
least = 100
[[share]]
of = "lapsed"                      # an audience, offer, mechanism or goal
least = 0.2                        # of all that is given

What is not named is not limited.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType

from netlift.candidates.candidate import Goal
from netlift.errors import ConfigError
from netlift.plan import codec

_NONE: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Between:
    """Customers who may get one offer."""

    least: int = 0
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A part of all that is given which must go to some customers, or be some offers."""

    of: str
    """An audience, an offer, a mechanism or a goal."""
    least: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What a plan may do; money in minor units. What is not given is not limited."""

    budget_minor: int | None = None
    """Expected spend."""
    liability_minor: int | None = None
    """What it costs if everybody who gets an offer uses it."""
    contacts: int = 1
    """Offers that one customer may get, at most one per channel."""
    loss_minor: int | None = None
    """What rows that are expected to lose money (a minimum may need them) may lose together."""
    roi: float | None = None
    """Net earned per coin spent, at least."""
    churn: float | None = None
    """Share of the customers of yesterday's plan whose offer may change."""
    most_offers: int | None = None
    goals: tuple[str, ...] = ()
    """Goals that get a plan of their own."""
    global_hold_out: float = 0.0
    """Share of all customers who get nothing from any plan."""
    hold_out: float | None = None
    """Share of each offer's customers from whom it is withheld; None: as few as prove what is expected, 5 to 30 %."""
    explore: float = 0.01
    """Share of eligible customers who take part in learning by chance; half of them get an offer."""
    channels: Mapping[str, float] = field(default_factory=lambda: _NONE)
    """Customers that each channel can reach."""
    stock: Mapping[str, float] = field(default_factory=lambda: _NONE)
    """Units of products that the offers which name them may use up."""
    offers: Mapping[str, Between] = field(default_factory=lambda: MappingProxyType({}))
    share: tuple[Share, ...] = ()

    def __post_init__(self) -> None:
        if problem := _problem(self):
            raise ConfigError(problem)


_WHOLE = {"budget_minor": 0, "liability_minor": 0, "loss_minor": 0, "contacts": 1, "most_offers": 1}
_SHARES = {"churn": 1.0, "global_hold_out": 0.5, "hold_out": 0.5, "explore": 0.2}
_FIELDS = (*_WHOLE, *_SHARES, "roi", "goals", "channels", "stock", "offers", "share")
_PARTS = {"offers": ("least", "most"), "share": ("of", "least")}


def read_limits(path: Path) -> Limits:
    """Read limits from a TOML file.

    Raises:
        ConfigError: it cannot be read or says something that is not allowed; the text names the line.
    """
    try:
        text = path.read_text("utf-8-sig")
        parsed = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"limits {path} cannot be opened: {error.strerror}") from error
    except RecursionError as error:
        raise ConfigError(f"limits {path} are not TOML that can be read: lists in lists without end") from error
    except ValueError as error:  # no TOML, no UTF-8, or a number of thousands of digits
        raise ConfigError(f"limits {path} are not TOML: {error}") from error
    try:
        return parse_limits(parsed)
    except ConfigError as error:
        raise ConfigError(f"limits {path}{_line(text, str(error))}: {error}") from error


def parse_limits(parsed: Mapping[str, object]) -> Limits:
    """Check limits.

    Raises:
        ConfigError: an unknown name, with the nearest known one, or a value that is not allowed.

    >>> parse_limits({"budget_minor": 500, "channels": {"email": 20}}).channels["email"]
    20
    >>> parse_limits({"budjet_minor": 500})
    Traceback (most recent call last):
    netlift.errors.ConfigError: unknown limit 'budjet_minor'; did you mean 'budget_minor'?
    """
    for name in parsed:
        if name not in _FIELDS:
            raise ConfigError(f"unknown limit {name!r}; {_near(name, _FIELDS)}")
    found: dict[str, object] = {name: value for name, value in parsed.items() if name not in (*_PARTS, "goals")}
    for name in ("channels", "stock"):
        if name in parsed:
            found[name] = MappingProxyType(dict(_table(parsed[name], name)))
    if "goals" in parsed:
        found["goals"] = _texts(parsed["goals"], "goals")
    if "offers" in parsed:
        offers = _table(parsed["offers"], "offers")
        found["offers"] = MappingProxyType({one: _between(offers[one], one) for one in offers})
    if "share" in parsed:
        shares = parsed["share"]
        if not isinstance(shares, list | tuple):
            raise ConfigError("'share' is a list of tables: write [[share]] and its fields below")
        found["share"] = tuple(_share(one, number) for number, one in enumerate(shares, 1))
    return Limits(**found)  # type: ignore[arg-type]


def to_json(limits: Limits) -> dict[str, object]:
    """What is limited, as JSON's types; `parse_limits` reads it.

    >>> limits = Limits(budget_minor=5, share=(Share("lapsed", 0.2),))
    >>> parse_limits(to_json(limits)) == limits
    True
    """
    plain = codec.write(limits)
    nothing = codec.write(Limits())
    found = {name: value for name, value in plain.items() if value != nothing[name] or name == "contacts"}
    if "offers" in found:
        found["offers"] = {
            offer: {name: value for name, value in one.items() if value is not None}
            for offer, one in found["offers"].items()
        }
    return found


def _problem(limits: Limits) -> str | None:
    for name, least in _WHOLE.items():
        value = getattr(limits, name)
        if value is not None and not (_number(value) and isinstance(value, int) and value >= least):
            unit = " of minor units (cents)" if name.endswith("_minor") else ""
            return f"'{name}' is a whole number{unit} of at least {least} and below 1e15, got {value!r:.60}"
    for name, most in _SHARES.items():
        value = getattr(limits, name)
        if value is not None and not (_number(value) and 0 <= value <= most):
            return f"'{name}' is a share from 0 to {most:g} (0.1 for 10 %), got {value!r}"
    if limits.roi is not None and not (_number(limits.roi) and 0 <= limits.roi <= 1000):
        return f"'roi' is what a coin spent earns, net, from 0 on, got {limits.roi!r}"
    for goal in limits.goals:
        if goal not in tuple(Goal):
            return f"unknown goal {goal!r} in 'goals'; {_near(goal, tuple(Goal))}"
    for name in ("channels", "stock"):
        for key, value in getattr(limits, name).items():
            if not (_number(value) and value >= 0):
                return f"{key!r} in '{name}' is a number of at least 0, got {value!r}"
    parts: list[Share | tuple[str, Between]] = [*limits.offers.items(), *limits.share]
    return next(filter(None, map(_part_problem, parts)), None)


def _part_problem(one: "Share | tuple[str, Between]") -> str | None:
    if isinstance(one, Share):
        good = _number(one.least) and 0 < one.least <= 1
        return None if good else f"'least' of the share {one.of!r} lies above 0 and is at most 1, got {one.least!r}"
    offer, between = one
    numbers = [between.least, *([] if between.most is None else [between.most])]
    if any(not _number(n) or not isinstance(n, int) or n < 0 for n in numbers):
        return f"'least' and 'most' of the offer {offer!r} are whole numbers of customers, below 1e15"
    if between.most is not None and between.most < between.least:
        return f"the offer {offer!r} cannot go to at least {between.least} and at most {between.most} customers"
    return None


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _between(data: object, offer: str) -> Between:
    fields = _known(_table(data, offer), "offers", f"the offer {offer!r}")
    return Between(**fields)  # type: ignore[arg-type]


def _share(data: object, number: int) -> Share:
    fields = _known(_table(data, f"share {number}"), "share", f"share {number}")
    if missing := [name for name in _PARTS["share"] if name not in fields]:
        raise ConfigError(f"share {number} has no {missing[0]!r}")
    if not isinstance(fields["of"], str):
        raise ConfigError(f"'of' of share {number} is the name of an audience, offer, mechanism or goal")
    return Share(fields["of"], fields["least"])  # type: ignore[arg-type]


def _known(fields: Mapping[str, object], kind: str, place: str) -> Mapping[str, object]:
    for name in fields:
        if name not in _PARTS[kind]:
            raise ConfigError(f"unknown field {name!r} of {place}; {_near(name, _PARTS[kind])}")
    return fields


def _table(data: object, name: str) -> Mapping[str, object]:
    if not isinstance(data, Mapping):
        raise ConfigError(f"{name!r} is a table of names and numbers, got {data!r}")
    return data


def _texts(data: object, name: str) -> tuple[str, ...]:
    if not isinstance(data, list | tuple) or not all(isinstance(one, str) for one in data):
        raise ConfigError(f"{name!r} is a list of texts, got {data!r}")
    return tuple(data)


def _near(name: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"did you mean {str(near[0])!r}?" if near else f"known: {', '.join(known)}"


def _line(text: str, message: str) -> str:
    """`, line 3`: where the first name that the message quotes stands alone as a key or value."""
    for quoted in re.findall("'([^']+)'", message):
        pattern = re.compile(rf"(?<![\w-]){re.escape(quoted)}(?![\w-])")
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.search(line.partition("#")[0]):
                return f", line {number}"
    return ""
