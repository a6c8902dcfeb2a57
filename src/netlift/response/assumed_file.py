"""The file in which offers are declared: what they give, and what somebody expects of them.

    [[offer]]
    id = "mail-10"
    name = "10 % off by mail"
    mechanism = "campaign"
    depth = 0.10                 # or face_minor = 500; with both, face_minor is the most that one use takes off
    contact_cost_minor = 20
    categories = ["coffee"]      # and / or products; neither: everything
    days = 14
    uses = 1                     # 0: without limit
    extra_orders = { low = 0.01, likely = 0.02, high = 0.04 }   # per customer offered, over window and wash-out
    redemption = 0.3             # uses per customer offered; a number, or low, likely, high

Instead of `extra_orders`, `order_uplift` declares a share of the orders that the customer places anyway. With neither,
the offer is one for `prices`; then `noticed` may say at which share of their purchases customers think of it (1).
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from netlift.candidates.offer import Offer
from netlift.errors import ConfigError
from netlift.response.demand import Planned
from netlift.response.pooled import Prior
from netlift.types import Check


class Believed(NamedTuple):
    """A triangular belief."""

    low: float
    likely: float
    high: float

    @property
    def mean(self) -> float:
        """Expected value.

        >>> round(Believed(0.0, 0.03, 0.06).mean, 6)
        0.03
        """
        return (self.low + self.likely + self.high) / 3

    @property
    def se(self) -> float:
        """Standard deviation.

        >>> round(Believed(0.0, 0.5, 1.0).se ** 2 * 24, 6)
        1.0
        """
        below, above = self.likely - self.low, self.high - self.likely
        return math.sqrt((below**2 + below * above + above**2) / 18)


@dataclass(frozen=True, slots=True)
class Declared:
    """An offer with what is expected of it."""

    planned: Planned
    orders: Believed | None = None
    """Extra orders per customer offered, over window and wash-out."""
    uplift: Believed | None = None
    """Extra orders as a share of those placed anyway while it runs; instead of `orders`."""
    redemption: Believed | None = None
    """Uses per customer offered; None: everybody who buys uses it."""
    past: str | None = None
    """Id of an offer of the past that this repeats: where that has a log, its measured response holds."""
    prior: Prior | None = None
    """What past offers of its kind say, where somebody knows; None: what the shop's own logs say."""
    anyhow: bool = False
    """Whether it is to be answered where prices tell nothing too; see `unpriced`."""
    checks: tuple[Check, ...] = ()
    """Asked of the offer before it was answered."""

    @property
    def assumed(self) -> bool:
        """Whether there is a belief; otherwise prices have to tell."""
        return self.orders is not None or self.uplift is not None


_TEXTS = ("id", "name", "mechanism")
_LISTS = ("categories", "products")
_WHOLE = {"face_minor": 1, "contact_cost_minor": 0, "days": 1, "uses": 0}
_BELIEFS = {"extra_orders": (-10.0, 10.0), "order_uplift": (-1.0, 10.0), "redemption": (0.0, 100.0)}
_FIELDS = (*_TEXTS, "depth", "noticed", *_WHOLE, *_LISTS, *_BELIEFS)


def read_assumptions(path: Path) -> tuple[Declared, ...]:
    """Read declared offers from a TOML file.

    Raises:
        ConfigError: it cannot be read, or says something that is not allowed; the text names the offer and the field.
    """
    try:
        parsed = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"assumptions {path} cannot be opened: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"assumptions {path} are not TOML: {error}") from error
    try:
        return parse_assumptions(parsed)
    except ConfigError as error:
        raise ConfigError(f"assumptions {path}: {error}") from error


def parse_assumptions(parsed: Mapping[str, object]) -> tuple[Declared, ...]:
    """Check declared offers.

    Raises:
        ConfigError: as in `read_assumptions`.

    >>> (one,) = parse_assumptions({"offer": [{"id": "m", "depth": 0.1, "extra_orders": 0.02}]})
    >>> one.planned.offer.depth, one.orders
    (0.1, Believed(low=0.02, likely=0.02, high=0.02))
    """
    for name in parsed:
        if name != "offer":
            raise ConfigError(f"unknown setting {name!r}: a file of assumptions holds [[offer]] tables only")
    offers = parsed.get("offer")
    if not isinstance(offers, list) or not offers:
        raise ConfigError("no offer is declared: write [[offer]] and its fields below")
    found = tuple(_declared(entry, number) for number, entry in enumerate(offers, 1))
    ids = [one.planned.offer.offer_id for one in found]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise ConfigError(f"offer id {twice[0]!r} is used {ids.count(twice[0])} times: every offer needs its own")
    return found


def _declared(entry: object, number: int) -> Declared:
    if not isinstance(entry, Mapping):
        raise ConfigError(f"offer {number} is not a table: write [[offer]] and its fields below")
    identity = entry.get("id")
    place = f"offer {number} ({identity})" if isinstance(identity, str) and identity else f"offer {number}"
    for name in entry:
        if name not in _FIELDS:
            near = get_close_matches(str(name), _FIELDS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(_FIELDS)}"
            raise ConfigError(f"{place}: unknown field {name!r}; {hint}")
    offer = _offer(entry, place)
    orders, uplift, redemption = (_belief(entry, name, place) for name in _BELIEFS)
    _fit(offer, orders, uplift, redemption, place)
    noticed = _share(entry, "noticed", place, below=math.nextafter(1.0, 2.0))
    if noticed is not None and (orders is not None or uplift is not None):
        raise ConfigError(f"{place}: noticed is for offers that prices answer: extra orders and uses say it already")
    days, goods = _number(entry, "days", place) or 14, _names(entry, "categories", place)
    planned = Planned(offer, days, goods, noticed or 1.0)
    return Declared(planned, orders, uplift, redemption)


def _fit(
    offer: Offer, orders: Believed | None, uplift: Believed | None, redemption: Believed | None, place: str
) -> None:
    """What must not stand together."""
    if orders is not None and uplift is not None:
        raise ConfigError(f"{place}: extra_orders and order_uplift say the same thing: keep one")
    if orders is None and uplift is None:
        if offer.depth is None or offer.face_minor is not None:
            raise ConfigError(f"{place}: prices can only tell what a plain depth changes: declare extra_orders")
        if redemption is not None:
            raise ConfigError(f"{place}: redemption needs extra_orders or order_uplift beside it")
    if redemption is not None and 0 < offer.uses < redemption.high:
        raise ConfigError(
            f"{place}: redemption of {redemption.high:g} a customer, but it can be used {offer.uses} times"
        )
    if orders is not None and redemption is not None and orders.mean > redemption.mean:
        raise ConfigError(
            f"{place}: {orders.mean:g} extra orders per customer, but only {redemption.mean:g} uses: "
            "an order that the offer brings is a use of it"
        )


def _offer(entry: Mapping[str, object], place: str) -> Offer:
    texts = {name: _text(entry, name, place) for name in _TEXTS}
    if not texts["id"]:
        raise ConfigError(f'{place}: it has no id: write id = "..."')
    depth = _share(entry, "depth", place, below=1.0)
    uses = _number(entry, "uses", place)
    return Offer(
        texts["id"], texts["name"] or texts["id"], texts["mechanism"] or "campaign", None, None,
        depth, _number(entry, "face_minor", place),
        _number(entry, "contact_cost_minor", place) or 0, _names(entry, "products", place), 1 if uses is None else uses,
    )  # fmt: skip


def _share(entry: Mapping[str, object], name: str, place: str, *, below: float) -> float | None:
    """A share above 0 and below `below`."""
    value = entry.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < below:
        raise ConfigError(f"{place}: {name} is a share above 0 and below 1 (0.1 for 10 %), got {value!r}")
    return float(value)


def _text(entry: Mapping[str, object], name: str, place: str) -> str:
    value = entry.get(name, "")
    if not isinstance(value, str):
        raise ConfigError(f"{place}: {name} is text in quotes, got {name} = {value!r}")
    return value


def _names(entry: Mapping[str, object], name: str, place: str) -> tuple[str, ...]:
    value = entry.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ConfigError(f'{place}: {name} is a list of texts, such as ["a", "b"], got {value!r}')
    return tuple(value)


def _number(entry: Mapping[str, object], name: str, place: str) -> int | None:
    value = entry.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < _WHOLE[name]:
        unit = " of minor units (cents)," if name.endswith("_minor") else ""
        raise ConfigError(f"{place}: {name} is a whole number{unit} at least {_WHOLE[name]}, got {value!r}")
    return value


def _belief(entry: Mapping[str, object], name: str, place: str) -> Believed | None:
    value = entry.get(name)
    if value is None:
        return None
    parts = value if isinstance(value, Mapping) else dict.fromkeys(Believed._fields, value)
    if set(parts) != set(Believed._fields):
        raise ConfigError(
            f"{place}: {name} is a number or {{ low = .., likely = .., high = .. }}, got {', '.join(map(str, parts))}"
        )
    given = [parts[part] for part in Believed._fields]
    numbers = [float(x) for x in given if isinstance(x, int | float) and not isinstance(x, bool) and math.isfinite(x)]
    if len(numbers) < len(given):
        raise ConfigError(f"{place}: {name} holds numbers, got {given!r}")
    found = Believed(*numbers)
    least, most = _BELIEFS[name]
    if not least <= found.low <= found.likely <= found.high <= most:
        raise ConfigError(
            f"{place}: {name} needs {least:g} <= low <= likely <= high <= {most:g}, got "
            f"{found.low:g}, {found.likely:g}, {found.high:g}"
        )
    return found
