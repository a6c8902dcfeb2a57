"""What the service answers, as frozen dataclasses; members that a later version adds are left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from netlift.client.errors import AnswerError

T = TypeVar("T")
Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer of the live plan; money in minor units, expected."""

    offer_id: str
    name: str
    status: str
    """given or public; with `explain` also withheld, closed, not_addressed."""
    reasons: tuple[str, ...] = ()
    arm: str | None = None
    propensity: float | None = None
    """With which the arm was drawn."""
    net_margin: float | None = None
    expected_cost: float | None = None
    grade: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Why a promotion gives nothing."""

    why: str
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A complete price; minor units."""

    currency: str
    payable: int
    """Lines and delivery after promotions."""
    total: int
    discount: int
    shipping_discount: int
    net: int
    tax: int
    gross: int
    """What is to be paid, tax included."""
    lines: tuple[Told, ...] = ()
    shipping: tuple[Told, ...] = ()
    adjustments: tuple[Told, ...] = ()
    """By promotion, benefit and line, what is taken off each unit."""
    shipping_adjustments: tuple[Told, ...] = ()
    applied: tuple[str, ...] = ()
    """Promotions that give something."""
    refusals: Mapping[str, Why] = field(default_factory=dict)
    """By promotion."""
    codes: tuple[Told, ...] = ()
    gifts: tuple[Told, ...] = ()
    offered: tuple[Told, ...] = ()
    points: int = 0
    points_burned: int = 0
    credits: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What is offered to a customer now."""

    request_id: str
    decision_id: str
    plan_id: str
    at: datetime
    personalised: bool
    """False without a customer or without consent to personalisation."""
    offers: tuple[Offer, ...]
    exposures: int = 0
    others: tuple[Offer, ...] = ()
    quote: Quote | None = None


@dataclass(frozen=True, slots=True)
class Quoted:
    """The price of a cart; nothing is reserved."""

    request_id: str
    plan_id: str | None
    quote: Quote


@dataclass(frozen=True, slots=True)
class Item:
    """A product on a list."""

    product_id: str
    score: float
    """Higher is better among places of one source; no probability."""
    rank: int = 0
    source: str = ""
    """personal, context, popular or new; empty for what belongs to a product."""
    propensity: float | None = None
    """With which chance it had a place on the list."""
    reasons: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    """The same in words."""


@dataclass(frozen=True, slots=True)
class Recommended:
    """Goods that a customer may want next."""

    request_id: str
    list_id: str | None
    """For `feedback`; None where nothing was logged: for guests, and without consent to measurement."""
    model: str
    made_at: datetime
    """When the recommender had learned."""
    at: datetime
    personalised: bool
    items: tuple[Item, ...]
    short: str | None = None
    """Why there are fewer than were asked for."""


@dataclass(frozen=True, slots=True)
class Related:
    """Goods that belong to a product."""

    product_id: str
    model: str
    made_at: datetime
    goes_with: tuple[Item, ...] = ()
    instead: tuple[Item, ...] = ()
    similar: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of answers to a list."""

    accepted: int
    repeated: int
    """Here before."""


@dataclass(frozen=True, slots=True)
class Refund:
    """What is paid back; minor units."""

    amount: int
    to_cards: int
    """Of it, to gift cards, coupons and wallets."""
    to_money: int
    lines: Mapping[str, int] = field(default_factory=dict)
    shipping: int = 0
    remaining: int = 0


@dataclass(frozen=True, slots=True)
class Redemption:
    """An order's promotions; minor units."""

    redemption_id: str
    request_id: str
    status: str
    """reserved, committed, released, expired or refunded."""
    order: str
    plan_id: str | None
    currency: str
    to_pay: int
    expires_at: datetime
    paid_with: int = 0
    returned: int = 0
    quote: Quote | None = None
    refund: Refund | None = None
    coupons: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class LineError:
    """Something of many that was refused."""

    line: int
    """Its place among what was sent, from 1."""
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of events."""

    accepted: int = 0
    """New, and durable."""
    repeated: int = 0
    """Here before."""
    refused: int = 0
    errors: tuple[LineError, ...] = ()
    """The first of them."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of customers, products, stock or changes of consent."""

    kept: int = 0
    refused: int = 0
    errors: tuple[LineError, ...] = ()
    """The first of them."""


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """A change of mind."""

    purpose: str
    granted: bool
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class Consent:
    """What a customer allows now, and how it came to that."""

    allowed: tuple[str, ...]
    history: tuple[ConsentChange, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a person was erased."""

    receipt_id: str
    pseudonym: str
    erased_at: datetime
    by: str
    counts: Mapping[str, int]
    signature: str
    signed_by: str
    repeated: bool


@dataclass(frozen=True, slots=True)
class Subscription:
    """An address that hears news."""

    subscription_id: str
    url: str
    kinds: tuple[str, ...]
    made_at: datetime
    ended_at: datetime | None = None
    secret: str = field(default="", repr=False)
    """Told once, when the subscription is made."""


def made(kind: type[T], told: object) -> T:
    """A result from JSON values.

    Raises:
        AnswerError: something is missing, or of another form.
    """
    try:
        found: T = _value(kind, told)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise AnswerError(f"the answer is no {kind.__name__} ({error}): client and service differ in version") from None
    return found


def _value(kind: Any, told: Any) -> Any:
    if is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        return kind(**{one.name: _value(hints[one.name], told[one.name]) for one in fields(kind) if one.name in told})
    if kind is datetime:
        return datetime.fromisoformat(told)
    origin, inner = get_origin(kind), get_args(kind)
    if NoneType in inner:
        return None if told is None else _value(next(one for one in inner if one is not NoneType), told)
    if origin is tuple:
        return tuple(_value(inner[0], one) for one in told)
    if origin is not None and inner and is_dataclass(inner[-1]):
        return {name: _value(inner[-1], one) for name, one in told.items()}
    return told


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)
