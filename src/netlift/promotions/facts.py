"""The facts that conditions may name, with their type, where they are allowed, and how they are read.

A condition on a name that is not listed here is a definition error; a listed fact that the evaluation was not told
makes the promotion refuse with `fact_unknown`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from netlift.promotions.cart import FactValue
from netlift.promotions.reasons import Why

if TYPE_CHECKING:
    from netlift.promotions.state import State

FactType = Literal["money", "integer", "decimal", "text", "set", "boolean", "date", "any"]
LineRead = Callable[["State", int], FactValue | frozenset[str]]
CartRead = Callable[["State", "tuple[int, ...]"], FactValue | frozenset[str]]


@dataclass(frozen=True, slots=True)
class Fact:
    """A name that conditions may use."""

    name: str
    type: FactType
    text: str
    why: Why = Why.CONDITION_NOT_MET
    """Reason of a refusal when a condition on it fails."""
    line: LineRead | None = None
    """Reads it from a line; such facts belong into selectors and `where`."""
    cart: CartRead | None = None
    """Reads it for the lines of the evaluation (or those that `where` picks)."""
    takes_where: bool = False


def _line(name: str, type_: FactType, text: str, read: LineRead) -> Fact:
    return Fact(name, type_, text, Why.NO_MATCHING_GOODS, line=read)


def _sum(name: str, type_: FactType, text: str, read: CartRead) -> Fact:
    return Fact(name, type_, text, Why.BELOW_THRESHOLD, cart=read, takes_where=True)


def _known(name: str, type_: FactType, text: str, why: Why, read: Callable[["State"], FactValue]) -> Fact:
    return Fact(name, type_, text, why, cart=lambda state, _: read(state))


def _days_to_birthday(state: "State") -> int | None:
    birthday, now = state.facts.birthday, state.facts.now
    if birthday is None or now is None:
        return None
    today = now.date()
    for year in (today.year, min(today.year + 1, date.max.year)):
        day = _in_year(birthday, year)
        if day >= today:
            return (day - today).days
    return None


def _in_year(birthday: date, year: int) -> date:
    try:
        return birthday.replace(year=year)
    except ValueError:  # 29 February in a common year is kept on the 28th
        return birthday.replace(year=year, day=28)


def _is_birthday(state: "State") -> bool | None:
    days = _days_to_birthday(state)
    return None if days is None else days == 0


def _birthday_month(state: "State") -> bool | None:
    birthday, now = state.facts.birthday, state.facts.now
    return None if birthday is None or now is None else birthday.month == now.month


def _order_number(state: "State") -> int | None:
    placed = state.facts.orders_placed
    return None if placed is None else placed + 1


def _weekday(state: "State") -> int | None:
    return None if state.facts.now is None else state.facts.now.isoweekday()


def _hour(state: "State") -> int | None:
    return None if state.facts.now is None else state.facts.now.hour


_ALL = (
    _line("line.id", "text", "id of the line", lambda s, i: s.lines_given[i].id),
    _line("line.product", "text", "product id", lambda s, i: s.lines_given[i].product or s.lines_given[i].id),
    _line("line.category", "set", "categories of the goods", lambda s, i: s.lines_given[i].category),
    _line("line.brand", "text", "brand", lambda s, i: s.lines_given[i].brand),
    _line("line.tags", "set", "tags of the goods", lambda s, i: s.lines_given[i].tags),
    _line("line.seller", "text", "shop that sells the goods", lambda s, i: s.lines_given[i].seller),
    _line("line.price", "money", "unit price before promotions", lambda s, i: s.price[i]),
    _line("line.list_price", "money", "unit price before price-list reductions", lambda s, i: s.list_price(i)),
    _line("line.quantity", "integer", "units of the line", lambda s, i: s.quantity[i]),
    _line("line.total", "money", "line total before promotions", lambda s, i: s.total[i]),
    _line("line.running_total", "money", "line total after earlier promotions", lambda s, i: s.left[i]),
    _line("line.on_sale", "boolean", "whether the price is below the list price", lambda s, i: s.on_sale(i)),
    _line("line.discounted", "boolean", "whether an earlier promotion took something off", lambda s, i: s.touched(i)),
    _line("line.groups", "set", "groups that took something off the line", lambda s, i: s.groups_of(i)),
    _sum("cart.subtotal", "money", "goods at shelf prices, before cart promotions", lambda s, i: s.subtotal_of(i)),
    _sum("cart.running_subtotal", "money", "goods after earlier promotions", lambda s, i: s.running_of(i)),
    _sum("cart.list_subtotal", "money", "goods at list prices", lambda s, i: s.list_subtotal_of(i)),
    _sum("cart.priced_subtotal", "money", "goods at unit prices, before any promotion", lambda s, i: s.total_of(i)),
    _sum("cart.subtotal_net", "money", "goods without tax, before cart promotions", lambda s, i: s.net_of(i)),
    _sum("cart.quantity", "integer", "units", lambda s, i: s.quantity_of(i)),
    _sum("cart.lines", "integer", "lines", lambda _, i: len(i)),
    _sum("cart.products", "integer", "different products", lambda s, i: s.products_of(i)),
    _sum("cart.max_line_quantity", "integer", "units of the largest line", lambda s, i: s.largest_of(i)),
    _sum("cart.total", "money", "goods at shelf prices and delivery", lambda s, i: s.subtotal_of(i) + s.shipping_price),
    _known("cart.currency", "text", "currency of the cart", Why.OTHER_CURRENCY, lambda s: s.currency),
    _known("customer.id", "text", "the customer", Why.WRONG_CUSTOMER, lambda s: s.facts.customer),
    Fact(
        "customer.segments", "set", "segments of the customer", Why.WRONG_CUSTOMER, cart=lambda s, _: s.facts.segments
    ),
    _known("customer.order_number", "integer", "1 for the first order", Why.WRONG_CUSTOMER, _order_number),
    _known(
        "customer.days_since_order",
        "integer",
        "days since the last order",
        Why.WRONG_CUSTOMER,
        lambda s: s.facts.days_since_order,
    ),
    _known("customer.is_birthday", "boolean", "whether today is the birthday", Why.WRONG_CUSTOMER, _is_birthday),
    _known("customer.is_birthday_month", "boolean", "whether it is in this month", Why.WRONG_CUSTOMER, _birthday_month),
    _known("customer.days_to_birthday", "integer", "0 on the day", Why.WRONG_CUSTOMER, _days_to_birthday),
    _known("context.channel", "text", "sales channel", Why.WRONG_CHANNEL, lambda s: s.facts.channel),
    _known("context.region", "text", "region or country", Why.WRONG_REGION, lambda s: s.facts.region),
    _known("context.payment", "text", "way of payment", Why.CONDITION_NOT_MET, lambda s: s.facts.payment),
    _known("context.weekday", "integer", "1 is Monday, in the zone of `now`", Why.OUTSIDE_HOURS, _weekday),
    _known("context.hour", "integer", "0 to 23, in the zone of `now`", Why.OUTSIDE_HOURS, _hour),
    _known(
        "context.date",
        "date",
        "day of `now`",
        Why.OUTSIDE_HOURS,
        lambda s: None if s.facts.now is None else s.facts.now.date(),
    ),
)
FACTS = {fact.name: fact for fact in _ALL}
ATTRIBUTE, EXTRA = "line.attributes.", "extra."


def fact_named(name: str) -> Fact | None:
    """The declared fact of that name, also `line.attributes.NAME` and `extra.NAME`; None for an unknown one."""
    if name in FACTS:
        return FACTS[name]
    if name.startswith(ATTRIBUTE) and len(name) > len(ATTRIBUTE):
        key = name.removeprefix(ATTRIBUTE)
        return _line(name, "any", f"attribute {key}", lambda s, i: s.lines_given[i].attributes.get(key))
    if name.startswith(EXTRA) and len(name) > len(EXTRA):
        own = name.removeprefix(EXTRA)
        return _known(name, "any", f"fact {own}", Why.CONDITION_NOT_MET, lambda s: s.facts.extra.get(own))
    return None
