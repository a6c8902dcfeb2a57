"""A cart while it is being priced: what is left to pay per line and unit, and who took off what.

Lines whose units all cost the same (within a minor unit) are kept as one number; the split into units is then the
even one, in which earlier units carry the odd minor units of the discount. Only lines of which a promotion took some
units are kept unit by unit. Both are exact.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from netlift.promotions.cart import Cart, Facts, Line
from netlift.promotions.effect import Grant
from netlift.promotions.policy import Policy
from netlift.promotions.rounding import ROUNDERS, split, split_within

if TYPE_CHECKING:
    from netlift.promotions.part import Part

Key = tuple[str, object]


Record: TypeAlias = "tuple[Part, int, int, int, tuple[int, ...] | None]"
"""A part took an amount off a line of which so much was left before; by unit, or evenly (None). A bare tuple, as
hundreds are made for a quote."""


class Mark(NamedTuple):
    """What must be put back to undo everything since."""

    left: list[int]
    room: list[int]
    units: list[list[int] | None]
    records: int
    claims: dict[int, list[bool]] | None
    shipping: dict[str, int]
    shipping_records: int
    grants: int
    joined: int


class State:
    """The running prices of one evaluation. Line facts are read by a line's place, cart facts by several places."""

    __slots__ = (
        "_shelf_sum", "all_lines", "base_left", "base_units", "claims", "closed", "currency", "facts", "floor",
        "grants", "joined", "left", "lines", "lines_given", "lookup", "policy", "price", "quantity", "records", "room",
        "scoped", "shelf",
        "shipping_left", "shipping_price", "shipping_records", "total", "units",
    )  # fmt: skip

    def __init__(self, cart: Cart, facts: Facts, policy: Policy, attributes: Sequence[str] = ()) -> None:
        given = [line for line in cart.lines if not line.gift_of]
        if policy.ties == "id":
            given.sort(key=_line_id)
        self.lines_given: list[Line] = given
        self.facts = facts
        self.policy = policy
        self.currency = cart.currency
        self.quantity = [line.quantity for line in given]
        self.price = [line.unit_price for line in given]
        self.total = [line.unit_price * line.quantity if line.total is None else line.total for line in given]
        self.left = self.total.copy()
        self.shelf = self.total
        """Line totals after the promotions of level `catalog`."""
        self._shelf_sum = sum(self.total)
        if policy.respect_floors and any(line.floor for line in given):
            self.floor = [line.floor for line in given]
            self.room = [
                max(0, total - line.floor * line.quantity) for total, line in zip(self.total, given, strict=True)
            ]
        else:
            self.floor = [0] * len(given)
            self.room = self.total.copy()
        self.units: list[list[int] | None] = [None] * len(given)
        self.all_lines = tuple(range(len(given)))
        self.lines = self.all_lines
        """Places of the lines that the evaluation is about: all, or those of one seller."""
        self.scoped: frozenset[int] | None = None
        self.closed: frozenset[int] | None = None
        """Lines that another promotion of the group has won."""
        self.records: list[Record] = []
        self.claims: dict[int, list[bool]] | None = None
        """Units that a promotion of the group has used up; None outside groups of scope `unit`."""
        self.joined: list[tuple[str, int]] = []
        """Groups of scope `unit` and lines of which a promotion of theirs used units."""
        self.base_left: list[int] | None = None
        self.base_units: list[list[int] | None] | None = None
        self.shipping_price = sum(shipping.price for shipping in cart.shipping)
        self.shipping_left = {shipping.id: shipping.price for shipping in cart.shipping}
        self.shipping_records: list[tuple[Part, str, int]] = []
        self.grants: list[tuple[Part, Grant]] = []
        self.lookup = self._index(attributes)

    def _index(self, attributes: Sequence[str]) -> dict[Key, tuple[int, ...]]:
        found: dict[Key, list[int]] = {}
        for place, line in enumerate(self.lines_given):
            keys: list[Key] = [("line.product", line.product or line.id), ("line.id", line.id)]
            keys += [("line.category", category) for category in line.category]
            keys.append(("line.brand", line.brand))
            if line.tags:
                keys += [("line.tags", tag) for tag in line.tags]
            keys.append(("line.seller", line.seller))
            for name in attributes:
                value = line.attributes.get(name)
                if value is not None:
                    values = value if isinstance(value, tuple) else (value,)
                    keys += [("line.attributes." + name, one) for one in values]
            for key in keys:
                if key in found:
                    if found[key][-1] != place:
                        found[key].append(place)
                else:
                    found[key] = [place]
        return {key: tuple(places) for key, places in found.items()}

    # What facts read

    def list_price(self, i: int) -> int:
        """Unit price before price-list reductions."""
        line = self.lines_given[i]
        return line.unit_price if line.list_price is None else line.list_price

    def on_sale(self, i: int) -> bool:
        """Whether the price is below the list price, or a catalogue promotion took something off."""
        return self.list_price(i) > self.price[i] or self.shelf[i] < self.total[i]

    def touched(self, i: int) -> bool:
        """Whether a promotion took something off the line."""
        return self.left[i] < self.total[i]

    def groups_of(self, i: int) -> frozenset[str]:
        """Groups whose promotions took something off the line, or claimed some of its units."""
        took = [record[0].group for record in self.records if record[1] == i]
        return frozenset(took + [group for group, line in self.joined if line == i])

    def subtotal_of(self, lines: Sequence[int]) -> int:
        """Lines at shelf prices."""
        if lines is self.all_lines:
            return self._shelf_sum
        shelf = self.shelf
        return sum([shelf[i] for i in lines])

    def running_of(self, lines: Sequence[int]) -> int:
        """Lines after the promotions so far."""
        left = self.left
        return sum(left) if lines is self.all_lines else sum([left[i] for i in lines])

    def total_of(self, lines: Sequence[int]) -> int:
        """Lines at unit prices, before any promotion."""
        return sum([self.total[i] for i in lines])

    def list_subtotal_of(self, lines: Sequence[int]) -> int:
        """Lines at list prices, or at unit prices where those are higher."""
        return sum([max(self.total[i], self.list_price(i) * self.quantity[i]) for i in lines])

    def net_of(self, lines: Sequence[int]) -> int:
        """Lines at shelf prices, without tax."""
        if not self.policy.prices_include_tax:
            return self.subtotal_of(lines)
        rounder = ROUNDERS[self.policy.tax_rounding]
        net = 0
        for i in lines:
            numerator, denominator = self.lines_given[i].tax_rate.as_integer_ratio()
            net += rounder(self.shelf[i] * 100 * denominator, 100 * denominator + numerator)
        return net

    def quantity_of(self, lines: Sequence[int]) -> int:
        """Units of the lines."""
        quantity = self.quantity
        return sum([quantity[i] for i in lines])

    def products_of(self, lines: Sequence[int]) -> int:
        """Different products in the lines."""
        return len({self.lines_given[i].product or self.lines_given[i].id for i in lines})

    def largest_of(self, lines: Sequence[int]) -> int:
        """Units of the largest of the lines."""
        return max((self.quantity[i] for i in lines), default=0)

    # Units

    def unit_lefts(self, i: int) -> list[int]:
        """What is left of every unit of a line; from here on the line is kept unit by unit."""
        units = self.units[i]
        if units is None:
            units = self.units[i] = even_units(self.left[i], self.quantity[i])
        return units

    def unit_bases(self, i: int) -> list[int]:
        """What per cents are of, by unit: what is left, or what was left when the group began."""
        if self.base_left is None:
            return self.unit_lefts(i)
        units = None if self.base_units is None else self.base_units[i]
        return even_units(self.base_left[i], self.quantity[i]) if units is None else units

    def shelf_unit(self, i: int, u: int) -> int:
        """The shelf price of one unit."""
        whole, rest = divmod(self.shelf[i], self.quantity[i])
        return whole + (u >= self.quantity[i] - rest)

    # Taking off

    def take(self, part: "Part", i: int, amount: int) -> None:
        """Take `amount` (at most `room[i]`) off the whole line, evenly by what its units have left."""
        before = self.left[i]
        units = self.units[i]
        shares = None
        if units is not None:
            floor = self.floor[i]
            rooms = [max(0, unit - floor) for unit in units]
            parts = split_within(amount, units, rooms)
            shares = tuple(parts)
            self.units[i] = [unit - share for unit, share in zip(units, parts, strict=True)]
        self.left[i] = before - amount
        self.room[i] -= amount
        self.records.append((part, i, amount, before, shares))

    def take_units(self, part: "Part", i: int, shares: Sequence[int]) -> None:
        """Take `shares` off the units of a line, none more than the unit's room."""
        units = self.unit_lefts(i)
        amount = sum(shares)
        before = self.left[i]
        self.units[i] = [unit - share for unit, share in zip(units, shares, strict=True)]
        self.left[i] = before - amount
        self.room[i] -= amount
        self.records.append((part, i, amount, before, tuple(shares)))

    def settle_shelf(self) -> None:
        """What is left now is the shelf price: the promotions of level `catalog` are through."""
        self.shelf = self.left.copy()
        self._shelf_sum = sum(self.shelf)

    # Trying out

    def mark(self) -> Mark:
        """A place to come back to."""
        return Mark(
            self.left.copy(),
            self.room.copy(),
            self.units.copy(),
            len(self.records),
            None if self.claims is None else {i: claimed.copy() for i, claimed in self.claims.items()},
            self.shipping_left.copy(),
            len(self.shipping_records),
            len(self.grants),
            len(self.joined),
        )

    def back_to(self, mark: Mark) -> None:
        """Undo everything since the mark; the mark stays good."""
        self.left, self.room, self.units = mark.left.copy(), mark.room.copy(), mark.units.copy()
        self.claims = None if mark.claims is None else {i: claimed.copy() for i, claimed in mark.claims.items()}
        self.shipping_left = mark.shipping.copy()
        del self.records[mark.records :]
        del self.shipping_records[mark.shipping_records :]
        del self.grants[mark.grants :]
        del self.joined[mark.joined :]

    def given_since(self, mark: Mark) -> int:
        """Discount on goods, delivery and gifts since the mark, in minor units."""
        goods = sum([record[2] for record in self.records[mark.records :]])
        delivery = sum([record[2] for record in self.shipping_records[mark.shipping_records :]])
        gifts = sum([gift.off * gift.quantity for _, grant in self.grants[mark.grants :] for gift in grant.gifts])
        return goods + delivery + gifts


def even_units(total: int, quantity: int) -> list[int]:
    """A line's total by unit, the later units a minor unit more where it does not divide."""
    whole, rest = divmod(total, quantity)
    return [whole] * (quantity - rest) + [whole + 1] * rest


def even_shares(before: int, amount: int, quantity: int) -> tuple[int, ...]:
    """By unit, what `amount` takes off a line of which `before` was left, evenly spread before and after."""
    if quantity == 1:
        return (amount,)
    each, rest = divmod(amount, quantity)
    if not rest:
        return (each,) * quantity
    old, new = before % quantity, (before - amount) % quantity  # how many of the last units cost a minor unit more
    if old > new:
        return (each,) * (quantity - old) + (each + 1,) * (old - new) + (each,) * new
    return (each + 1,) * (quantity - new) + (each,) * (new - old) + (each + 1,) * old


def _line_id(line: Line) -> str:
    return line.id


def share_out(amount: int, weights: Sequence[int], caps: Sequence[int], policy: Policy) -> list[int]:
    """`amount` by weights and within caps, as the policy rounds and gives out the remainder."""
    remainder, rounding = policy.remainder, policy.share_rounding
    if amount <= min(caps, default=0):
        return split(amount, weights, remainder=remainder, rounding=rounding)
    return split_within(amount, weights, caps, remainder=remainder, rounding=rounding)
