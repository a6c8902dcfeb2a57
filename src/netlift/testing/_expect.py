"""What a vector expects, compared with a quote; every key is known or a failure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from netlift.promotions.quote import Quote, QuotedLine
from netlift.promotions.rounding import ROUNDERS
from netlift.testing._fields import Fields, Json, VectorError, listed, money
from netlift.testing._promotions import Deal


@dataclass(frozen=True, slots=True)
class Seen:
    """A quote with what is asked of it."""

    quote: Quote
    deal: Deal
    origin: Mapping[str, str] = field(default_factory=dict)
    """Line of the vector by line of the quote, where lines were taken apart into units."""

    def line(self, id_: str) -> str:
        """The line of the vector that a line of the quote belongs to."""
        return self.origin.get(id_, id_)

    def by_promotion(self) -> dict[str, dict[str, int]]:
        """What every promotion takes off every line of the cart; gifts are not among them."""
        gifts = {line.id for line in self.quote.lines if line.gift_of}
        found: dict[str, dict[str, int]] = {}
        for one in self.quote.adjustments:
            if one.line not in gifts:
                lines, name = found.setdefault(one.promotion, {}), self.line(one.line)
                lines[name] = lines.get(name, 0) + one.amount
        return found

    def by_line(self) -> dict[str, int]:
        """What all promotions take off every line of the cart."""
        return {name: sum(line.discount for line in lines) for name, lines in self.lines().items()}

    def lines(self) -> dict[str, list[QuotedLine]]:
        """The lines of the quote by line of the vector, without gifts."""
        found: dict[str, list[QuotedLine]] = {}
        for line in self.quote.lines:
            if not line.gift_of:
                found.setdefault(self.line(line.id), []).append(line)
        return found

    def by_unit(self, promotion: str | None = None) -> dict[str, list[int]]:
        """What is taken off every unit."""
        offs = {line.id: [0] * line.quantity for line in self.quote.lines if not line.gift_of}
        for one in self.quote.adjustments:
            if one.line in offs and promotion in (None, one.promotion):
                offs[one.line] = [old + new for old, new in zip(offs[one.line], one.units, strict=True)]
        return {name: [off for line in lines for off in offs[line.id]] for name, lines in self.lines().items()}

    def affected(self) -> dict[str, int]:
        """Units that every promotion takes something off."""
        found: dict[str, set[tuple[str, int]]] = {}
        for one in self.quote.adjustments:
            units = found.setdefault(one.promotion, set())
            units.update((one.line, unit) for unit, share in enumerate(one.units) if share)
        return {promotion: len(units) for promotion, units in found.items()}

    def consumed(self) -> int:
        """Units that offers used up: whole sets, or what a condition counts where that is more than is discounted."""
        affected, total = self.affected(), 0
        for promotion, units in affected.items():
            size = self.deal.uses.get(promotion, units)
            discounted = self._discounted_per_set(promotion)
            total += max(units, size if discounted is None else size * -(-units // discounted))
        return total

    def _discounted_per_set(self, promotion: str) -> int | None:
        definition = next(one for one in self.deal.promotions if one.id == promotion)
        for benefit in definition.benefits:
            target = benefit.target
            if target.slots:
                return sum(slot.quantity for slot in target.slots if slot.discounted)
            if target.group_size is not None:
                return len(target.positions) or target.group_size
        return None


Check = Callable[[Seen, Json, str], str | None]
"""Why an expectation is not met; None where it is."""


def unmet(seen: Seen, expect: Json) -> list[str]:
    """Everything expected that is not so."""
    given = Fields(expect, "expect").rest()
    if not given:
        raise VectorError("expect is empty: nothing would be compared")
    found = []
    for name, value in given.items():
        if name not in CHECKS:
            raise VectorError(f"unknown field expect.{name}")
        why = CHECKS[name](seen, value, f"expect.{name}")
        if why is not None:
            found.append(f"{name} {why}")
    return found


def _differs(expected: object, found: object) -> str | None:
    return None if expected == found else f"expected {expected}, got {found}"


def _amount(read: Callable[[Seen], int]) -> Check:
    return lambda seen, value, place: _differs(money(value, place), read(seen))


def _line_discounts(seen: Seen, value: Json, place: str) -> str | None:
    """Per promotion and line, or per line; lines that are not named have none."""
    if all(isinstance(one, int) for one in value.values()) and value:
        return _differs(_without_zeros(value), _without_zeros(seen.by_line()))
    found = seen.by_promotion()
    for promotion, lines in value.items():
        expected = {line: money(amount, f"{place}.{promotion}.{line}") for line, amount in lines.items()}
        took = {**_gifts_named(seen, promotion, expected), **found.get(promotion, {})}
        why = _differs(_without_zeros(expected), _without_zeros(took))
        if why is not None:
            return f"{promotion}: {why}"
    return None


def _gifts_named(seen: Seen, promotion: str, expected: Mapping[str, int]) -> dict[str, int]:
    """What is taken off the gifts of a promotion, of those that the expectation names by their product."""
    found: dict[str, int] = {}
    for given in seen.quote.gifts:
        if given.promotion == promotion and given.gift.product in expected:
            found[given.gift.product] = found.get(given.gift.product, 0) + given.gift.off * given.gift.quantity
    return found


def _without_zeros(amounts: Mapping[str, int]) -> dict[str, int]:
    return {name: amounts[name] for name in sorted(amounts) if amounts[name]}


def _line_sums(seen: Seen, value: Json, place: str) -> str | None:
    if isinstance(value, int):
        return _differs(value, sum(seen.by_line().values()))
    found = seen.by_promotion()
    return _differs(
        {name: money(amount, place) for name, amount in sorted(value.items())},
        {name: sum(found.get(name, {}).values()) for name in sorted(value)},
    )


def _multiset(seen: Seen, value: Json, place: str) -> str | None:
    if isinstance(value, Mapping):
        found = seen.by_promotion()
        return _differs(
            {name: sorted(amounts) for name, amounts in value.items()},
            {name: sorted(found.get(name, {}).values()) for name in value},
        )
    return _differs(sorted(listed(value, place)), sorted(seen.by_line().values()))


def _unit_discounts(seen: Seen, value: Json, place: str) -> str | None:
    if value and all(isinstance(one, Mapping) for one in value.values()):
        for promotion, lines in value.items():
            why = _differs(lines, {line: seen.by_unit(promotion).get(line) for line in lines})
            if why is not None:
                return f"{promotion}: {why}"
        return None
    found = seen.by_unit()
    return _differs(
        {line: listed(units, place) for line, units in value.items()}, {line: found.get(line) for line in value}
    )


def _unit_prices(seen: Seen) -> dict[str, int]:
    """Line total after promotions by its units, half up."""
    half_up = ROUNDERS["half_up"]
    return {
        name: half_up(sum(line.payable for line in lines), sum(line.quantity for line in lines))
        for name, lines in seen.lines().items()
    }


def _unit_price_after(seen: Seen, value: Json, place: str) -> str | None:
    found = _unit_prices(seen)
    if isinstance(value, Mapping):
        return _differs(
            {line: money(price, place) for line, price in value.items()}, {line: found.get(line) for line in value}
        )
    return _differs(dict.fromkeys(found, money(value, place)), found)


def _line_totals(seen: Seen, value: Json, place: str) -> str | None:
    found = {name: sum(line.payable for line in lines) for name, lines in seen.lines().items()}
    return _differs(
        {line: money(total, place) for line, total in value.items()}, {line: found.get(line) for line in value}
    )


def _shipping_discounts(seen: Seen, value: Json, place: str) -> str | None:
    found: dict[str, dict[str, int]] = {}
    for one in seen.quote.shipping_adjustments:
        ways = found.setdefault(one.promotion, {})
        ways[one.shipping] = ways.get(one.shipping, 0) + one.amount
    for promotion, ways in value.items():
        expected = {way: money(amount, place) for way, amount in ways.items()}
        why = _differs(_without_zeros(expected), _without_zeros(found.get(promotion, {})))
        if why is not None:
            return f"{promotion}: {why}"
    return None


def _gift_qty(seen: Seen, value: Json, _: str) -> str | None:
    if isinstance(value, Mapping):
        found: dict[str, int] = dict.fromkeys(value, 0)
        for given in seen.quote.gifts:
            found[given.gift.product] = found.get(given.gift.product, 0) + given.gift.quantity
        return _differs(dict(value), found)
    return _differs(value, sum(given.gift.quantity for given in seen.quote.gifts))


def _names(value: Json, place: str) -> list[str]:
    return sorted(str(one) for one in listed(value, place))


def _free_units(seen: Seen) -> int:
    """Units that cost nothing although they had a price."""
    offs = seen.by_unit()
    free = 0
    for name, lines in seen.lines().items():
        price = sum(line.total for line in lines) // sum(line.quantity for line in lines)
        free += sum(off >= price > 0 for off in offs[name])
    return free


CHECKS: Mapping[str, Check] = {
    "discount": _amount(lambda seen: seen.quote.discount + seen.quote.shipping_discount),
    "items_discount": _amount(lambda seen: seen.quote.discount),
    "shipping_discount": _amount(lambda seen: seen.quote.shipping_discount),
    "total": _amount(lambda seen: seen.quote.payable),
    "paid": _amount(lambda seen: seen.quote.gross),
    "net": _amount(lambda seen: seen.quote.net),
    "gross": _amount(lambda seen: seen.quote.gross),
    "tax": _amount(lambda seen: seen.quote.tax),
    "item_total": _amount(lambda seen: sum(line.total for line in seen.quote.lines)),
    "items_total": _amount(lambda seen: sum(line.payable for line in seen.quote.lines)),
    "shipping_total": _amount(lambda seen: sum(way.price - way.discount for way in seen.quote.shipping)),
    "line_discounts": _line_discounts,
    "line_discounts_sum": _line_sums,
    "line_discounts_multiset": _multiset,
    "line_totals": _line_totals,
    "unit_discounts": _unit_discounts,
    "unit_price_after": _unit_price_after,
    "shipping_discounts": _shipping_discounts,
    "applied": lambda seen, value, place: _differs(_names(value, place), sorted(seen.quote.applied)),
    "not_applied": lambda seen, value, place: _differs(
        [], [name for name in _names(value, place) if name in seen.quote.applied]
    ),
    "gift_qty": _gift_qty,
    "free_units": lambda seen, value, _: _differs(value, _free_units(seen)),
    "affected_units": lambda seen, value, _: _differs(value, sum(seen.affected().values())),
    "consumed_units": lambda seen, value, _: _differs(value, seen.consumed()),
}
"""By the name of the expectation."""
