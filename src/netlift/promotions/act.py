"""One benefit at work on a cart: what it takes off every line or unit, split exactly and within its bounds."""

import math
from collections.abc import Sequence

from netlift.promotions.effect import Grant, Reduction
from netlift.promotions.part import Part, Sight
from netlift.promotions.pick import Picked, Unit, pick
from netlift.promotions.policy import Granularity
from netlift.promotions.reasons import Why
from netlift.promotions.state import State, share_out


def act(state: State, part: Part, budget: int | None = None) -> Why | None:
    """Give what the benefit gives; None where it gave something, else why not.

    Args:
        state: the cart while it is priced; changed.
        part: the benefit.
        budget: most discount on goods in minor units that the promotion's budget leaves.
    """
    if part.gate is not None:
        why = part.gate(state)
        if why is not None:
            return why
    lines = part.lines.of(state)
    if state.closed is not None and lines:
        closed = state.closed
        lines = tuple([i for i in lines if i not in closed])
        if not lines and part.needs_goods:
            return Why.EXCLUDED
    if part.needs_goods and not lines and not part.slots:
        return Why.NO_MATCHING_GOODS
    if part.plain is not None and budget is None and state.claims is None and state.base_left is None:
        return _take_percent(state, part, lines, part.plain)
    return _give(state, part, lines, budget)


def _give(state: State, part: Part, lines: Sequence[int], budget: int | None) -> Why | None:
    reduction = part.constant
    picked: list[Picked] | None = None
    if not part.whole or state.claims is not None:
        picked = pick(state, part.target, lines, part.slots)
        if not picked and part.needs_goods:
            return _why_no_units(state, part, lines)
    most = part.cap.max_discount if budget is None else budget
    if budget is not None and part.cap.max_discount is not None:
        most = min(budget, part.cap.max_discount)
    if reduction is not None:
        return reduce(state, part, reduction, lines, picked, most)
    found = part.effect.resolve(Sight(state, part, tuple(lines), picked, most))
    if isinstance(found, Why):
        return found
    reduction, grant = found
    why = None if reduction is None else reduce(state, part, reduction, lines, picked, most)
    return why if grant is None or why is not None else _grant(state, part, grant, most)


def _why_no_units(state: State, part: Part, lines: Sequence[int]) -> Why:
    """Whether the units that are missing are with another promotion of the group, or are not there."""
    claims, state.claims = state.claims, {}
    there = bool(claims) and bool(pick(state, part.target, lines, part.slots))
    state.claims = claims
    return Why.EXCLUDED if there else Why.TOO_FEW_UNITS


def reduce(
    state: State,
    part: Part,
    reduction: Reduction,
    lines: Sequence[int],
    picked: list[Picked] | None,
    most: int | None,
) -> Why | None:
    """Take a reduction off whole lines, or off the picked units; at most so much."""
    if reduction.kind == "price_list" and all(price is None for price in _prices(state, reduction, lines)):
        return Why.NO_MATCHING_GOODS
    if picked is None and _by_total(state, reduction, part, lines):
        offs = _line_offs(state, part, reduction, lines)
        given = sum(offs)
        if given <= 0:
            return _why_nothing(state, lines)
        if most is not None and given > most:
            offs = share_out(most, offs, offs, part.policy)
        _take_lines(state, part, lines, offs)
        return None if most != 0 else Why.BUDGET_SPENT
    if picked is None:
        picked = [Picked([(i, u) for i in lines for u in range(state.quantity[i])], [])]
    return _take_picked(state, part, reduction, picked, most)


def _take_percent(state: State, part: Part, lines: Sequence[int], form: tuple[int, int, int]) -> Why | None:
    """A per cent of the running price of whole lines: most benefits of most shops, so in one loop without calls."""
    left, room, units, records = state.left, state.room, state.units, state.records
    factor, extra, divisor = form
    count = len(records)
    for i in lines:
        before = left[i]
        off = (before * factor + extra) // divisor
        off = min(off, room[i])
        if off <= 0:
            continue
        if units[i] is None:
            left[i] = before - off
            room[i] -= off
            records.append((part, i, off, before, None))
        else:
            state.take(part, i, off)
    return None if len(records) > count else _why_nothing(state, lines)


def _by_total(state: State, reduction: Reduction, part: Part, lines: Sequence[int]) -> bool:
    """Whether whole lines can be reduced by their totals, without looking at their units."""
    if reduction.kind == "percent":
        return part.granularity != "unit" or _uniform(state, lines)
    if part.allocation == "unit" and not reduction.across:
        return _uniform(state, lines)
    return True


def _uniform(state: State, lines: Sequence[int]) -> bool:
    return all(state.units[i] is None for i in lines)


def _line_offs(state: State, part: Part, reduction: Reduction, lines: Sequence[int]) -> list[int]:
    if reduction.kind == "percent":
        return _percent_offs(state, part, reduction.numerator, reduction.denominator, lines)
    left, room, value = state.left, state.room, reduction.numerator
    if _across(part, reduction):
        if reduction.kind == "price":
            value = sum([left[i] for i in lines]) - value
        rooms = [room[i] for i in lines]
        base = left if state.base_left is None else state.base_left
        return share_out(max(0, min(value, sum(rooms))), _weights(state, lines, base), rooms, part.policy)
    by_unit = part.allocation != "line" or reduction.kind == "price_list"
    times = [state.quantity[i] for i in lines] if by_unit else [1] * len(lines)
    if reduction.kind == "amount":
        return [min(value * count, room[i]) for i, count in zip(lines, times, strict=True)]
    return [
        0 if price is None else max(0, min(left[i] - price * count, room[i]))
        for i, count, price in zip(lines, times, _prices(state, reduction, lines), strict=True)
    ]


def _weights(state: State, lines: Sequence[int], base: Sequence[int]) -> list[int]:
    """What a sum for several lines is split by."""
    policy = state.policy
    if policy.weights == "price" or policy.prices_include_tax:
        return [base[i] for i in lines]
    rates = [state.lines_given[i].tax_rate.as_integer_ratio() for i in lines]
    common = math.lcm(*[denominator for _, denominator in rates])
    return [
        base[i] * (100 * common + numerator * (common // denominator))
        for i, (numerator, denominator) in zip(lines, rates, strict=True)
    ]


def _across(part: Part, reduction: Reduction) -> bool:
    """Whether an amount or a price is of all selected goods together."""
    return reduction.across or (part.allocation == "across" and reduction.kind in {"amount", "price"})


def _prices(state: State, reduction: Reduction, lines: Sequence[int]) -> list[int | None]:
    if reduction.kind == "price":
        return [reduction.numerator] * len(lines)
    return [state.lines_given[i].price_lists.get(reduction.price_list) for i in lines]


def _percent_offs(state: State, part: Part, numerator: int, denominator: int, lines: Sequence[int]) -> list[int]:
    room = state.room
    base = state.left if state.base_left is None else state.base_left
    if part.granularity == "line":
        offs = [part.off(base[i], numerator, denominator) for i in lines]
    elif part.granularity == "order":
        bases = [base[i] for i in lines]
        rooms = [room[i] for i in lines]
        off = min(part.off(sum(bases), numerator, denominator), sum(rooms))
        return share_out(off, _weights(state, lines, base), rooms, part.policy)
    else:
        offs = []
        for i in lines:
            quantity = state.quantity[i]
            whole, rest = divmod(base[i], quantity)
            off = (quantity - rest) * part.off(whole, numerator, denominator)
            offs.append(off + rest * part.off(whole + 1, numerator, denominator) if rest else off)
    return [off if off <= room[i] else room[i] for i, off in zip(lines, offs, strict=True)]


def _take_lines(state: State, part: Part, lines: Sequence[int], offs: Sequence[int]) -> None:
    left, room, units, records = state.left, state.room, state.units, state.records
    for i, off in zip(lines, offs, strict=True):
        if off <= 0:
            continue
        if units[i] is None:
            before = left[i]
            left[i] = before - off
            room[i] -= off
            records.append((part, i, off, before, None))
        else:
            state.take(part, i, off)


def _take_picked(state: State, part: Part, reduction: Reduction, picked: list[Picked], most: int | None) -> Why | None:
    shares = unit_offs(state, part, reduction, picked)
    given = sum(shares.values())
    units = [unit for unit, share in shares.items() if share]
    if given <= 0:
        return _why_nothing(state, sorted({i for group in picked for i, _ in group.discounted}))
    if most is not None and given > most:
        if most == 0:
            return Why.BUDGET_SPENT
        offs = [shares[unit] for unit in units]
        shares = dict(zip(units, share_out(most, offs, offs, part.policy), strict=True))
    by_line: dict[int, list[int]] = {}
    for (i, u), share in shares.items():
        if share:
            by_line.setdefault(i, [0] * state.quantity[i])[u] = share
    for i in sorted(by_line):
        state.take_units(part, i, by_line[i])
    if state.claims is not None:
        claim(state, part, [unit for group in picked for unit in (*group.discounted, *group.needed)])
    return None


def claim(state: State, part: Part, units: Sequence[Unit]) -> None:
    """Close units to the other promotions of the group."""
    claims = state.claims
    if claims is None:
        return
    state.joined += [(part.group, i) for i in {i for i, _ in units}]
    for i, u in units:
        if i not in claims:
            claims[i] = [False] * state.quantity[i]
        claims[i][u] = True


def unit_offs(
    state: State, part: Part, reduction: Reduction, picked: list[Picked], *, by_unit: bool = False
) -> dict[Unit, int]:
    """What the reduction takes off every discounted unit; none more than the unit's room.

    `by_unit` rounds per cents per unit, whatever the benefit's granularity.
    """
    rooms: dict[Unit, int] = {}
    for group in picked:
        for i, u in group.discounted:
            rooms[i, u] = max(0, state.unit_lefts(i)[u] - state.floor[i])
    if _across(part, reduction):
        return _across_groups(state, part, reduction, picked, rooms)
    if reduction.kind == "percent":
        return _percent_units(state, part, reduction, rooms, "unit" if by_unit else part.granularity)
    if part.allocation == "line" and reduction.kind != "price_list":
        return _per_line(state, part, reduction, rooms)
    if reduction.kind == "amount":
        return {unit: min(reduction.numerator, room) for unit, room in rooms.items()}
    prices = _prices(state, reduction, [i for i, _ in rooms])
    return {
        (i, u): 0 if price is None else max(0, min(state.unit_lefts(i)[u] - price, room))
        for ((i, u), room), price in zip(rooms.items(), prices, strict=True)
    }


def _across_groups(
    state: State, part: Part, reduction: Reduction, picked: list[Picked], rooms: dict[Unit, int]
) -> dict[Unit, int]:
    """An amount off, or a price for, every group or set as a whole."""
    found: dict[Unit, int] = {}
    for group in picked:
        units = group.discounted
        lefts = [state.unit_lefts(i)[u] for i, u in units]
        caps = [rooms[unit] for unit in units]
        value = reduction.numerator if reduction.kind == "amount" else sum(lefts) - reduction.numerator
        weights = [state.unit_bases(i)[u] for i, u in units]
        parts = share_out(max(0, min(value, sum(caps))), weights, caps, part.policy)
        found.update(zip(units, parts, strict=True))
    return found


def _per_line(state: State, part: Part, reduction: Reduction, rooms: dict[Unit, int]) -> dict[Unit, int]:
    """An amount once, or a price, for the picked units of every line together."""
    found: dict[Unit, int] = {}
    for units in _lines_of(rooms):
        caps = [rooms[unit] for unit in units]
        lefts = [state.unit_lefts(i)[u] for i, u in units]
        value = reduction.numerator if reduction.kind == "amount" else sum(lefts) - reduction.numerator
        found.update(zip(units, share_out(max(0, min(value, sum(caps))), lefts, caps, part.policy), strict=True))
    return found


def _percent_units(
    state: State, part: Part, reduction: Reduction, rooms: dict[Unit, int], granularity: Granularity
) -> dict[Unit, int]:
    numerator, denominator = reduction.numerator, reduction.denominator
    if granularity == "unit":
        return {
            (i, u): min(part.off(state.unit_bases(i)[u], numerator, denominator), room)
            for (i, u), room in rooms.items()
        }
    bunches = [list(rooms)] if granularity == "order" else _lines_of(rooms)
    found: dict[Unit, int] = {}
    for units in bunches:
        bases = [state.unit_bases(i)[u] for i, u in units]
        base = sum(bases)
        if part.policy.partial_base == "line" and granularity == "line":
            i = units[0][0]
            whole = state.price[i] * len(units) - (state.total[i] - state.left[i])
            base = max(0, whole)
        caps = [rooms[unit] for unit in units]
        off = min(part.off(base, numerator, denominator), sum(caps))
        found.update(zip(units, share_out(off, bases, caps, part.policy), strict=True))
    return found


def _lines_of(rooms: dict[Unit, int]) -> list[list[Unit]]:
    lines: dict[int, list[Unit]] = {}
    for unit in rooms:
        lines.setdefault(unit[0], []).append(unit)
    return [lines[i] for i in sorted(lines)]


def _why_nothing(state: State, lines: Sequence[int]) -> Why:
    """Goods were there, but nothing could be taken off them."""
    if any(state.left[i] > 0 for i in lines) and all(state.room[i] == 0 for i in lines):
        return Why.AT_FLOOR
    return Why.NOTHING_LEFT


def _grant(state: State, part: Part, grant: Grant, most: int | None) -> Why | None:
    """Book what is given beside a reduction of goods; delivery is reduced at once, and once for all sellers."""
    if grant.shipping is None:
        state.grants.append((part, grant))
        return Why.NOT_CHOSEN if grant.only_offers else None
    if any(record[0] is part for record in state.shipping_records):
        return Why.NOTHING_LEFT
    cut = grant.shipping
    lefts = {
        name: left
        for name, left in state.shipping_left.items()
        if left and (not grant.shipping_methods or name in grant.shipping_methods)
    }
    if cut.kind == "percent":
        offs = [part.off(left, cut.numerator, cut.denominator) for left in lefts.values()]
    elif cut.across:
        whole = sum(lefts.values())
        off = cut.numerator if cut.kind == "amount" else whole - cut.numerator
        caps = list(lefts.values())
        offs = share_out(max(0, min(off, whole)), caps, caps, part.policy)
    elif cut.kind == "amount":
        offs = [cut.numerator] * len(lefts)
    else:
        offs = [left - cut.numerator for left in lefts.values()]
    offs = [max(0, min(off, left)) for off, left in zip(offs, lefts.values(), strict=True)]
    if most is not None and sum(offs) > most:
        offs = share_out(most, offs, offs, part.policy)
    given = False
    for (name, left), taken in zip(lefts.items(), offs, strict=True):
        if taken:
            state.shipping_left[name] = left - taken
            state.shipping_records.append((part, name, taken))
            given = True
    return None if given else Why.NOTHING_LEFT
