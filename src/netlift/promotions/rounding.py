"""Whole minor units out of exact fractions, and amounts split into parts that add up."""

from collections.abc import Callable, Sequence

from netlift.promotions.policy import Remainder, Rounding

Rounder = Callable[[int, int], int]


def _half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _half_down(numerator: int, denominator: int) -> int:
    return -((denominator - 2 * numerator) // (2 * denominator))


def _half_even(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))


def _down(numerator: int, denominator: int) -> int:
    return numerator // denominator


def _up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


ROUNDERS: dict[Rounding, Rounder] = {
    "half_up": _half_up,
    "half_down": _half_down,
    "half_even": _half_even,
    "down": _down,
    "up": _up,
}
"""Quotient of two integers, the denominator positive, the numerator at least 0, as a whole number."""


def linear(rounding: Rounding, numerator: int, denominator: int) -> tuple[int, int, int] | None:
    """Integers a, b, c such that a fraction of any base is `(base * a + b) // c`, rounded; None for `half_even`."""
    if rounding == "half_even":
        return None
    if rounding in {"down", "up"}:
        return numerator, denominator - 1 if rounding == "up" else 0, denominator
    return 2 * numerator, denominator - (rounding == "half_down"), 2 * denominator


MIRRORED: dict[Rounding, Rounding] = {
    "half_up": "half_down", "half_down": "half_up", "half_even": "half_even", "down": "up", "up": "down",
}  # fmt: skip
"""What rounding the price does to the discount."""


def split(
    amount: int, weights: Sequence[int], *, remainder: Remainder = "largest", rounding: Rounding = "down"
) -> list[int]:
    """Parts of `amount` in proportion to `weights` that add up to it exactly.

    Every part is its exact share rounded by `rounding`; then `remainder` says who gets what is missing or too much,
    a minor unit at a time: the largest fractions (ties to the earlier), the first parts, the last part, or, with
    `carry`, each part what the rounding error up to it amounts to. Where all weights are 0 the first part gets all.
    Negative amounts split as the mirror image.

    >>> split(1000, [1, 1, 1])
    [334, 333, 333]
    >>> split(100, [1, 1, 1], remainder="last")
    [33, 33, 34]
    """
    if amount < 0:
        return [-part for part in split(-amount, weights, remainder=remainder, rounding=rounding)]
    whole = sum(weights)
    if not whole or len(weights) == 1:
        return [amount, *[0] * (len(weights) - 1)] if weights else []
    if remainder == "carry":
        return _carried(amount, weights, whole)
    if rounding == "down" and remainder == "largest":
        return _largest([amount * weight // whole for weight in weights], amount, weights, whole)
    rounder = ROUNDERS[rounding]
    parts = [rounder(amount * weight, whole) for weight in weights]
    if remainder == "largest":
        order = sorted(range(len(parts)), key=lambda place: (parts[place] * whole - amount * weights[place], place))
    else:
        order = [place for place, weight in enumerate(weights) if weight]
        if remainder == "last":
            order.reverse()
    return _corrected(parts, order, amount - sum(parts), remainder)


def _corrected(parts: list[int], order: list[int], missing: int, remainder: Remainder) -> list[int]:
    """Gives out what is missing, or takes back what is too much, in order of who is due."""
    if missing < 0:
        return _taken(parts, order[::-1] if remainder == "largest" else order, -missing, at_once=remainder == "last")
    if remainder == "last":
        parts[order[0]] += missing
        return parts
    for turn in range(missing):
        parts[order[turn % len(order)]] += 1
    return parts


def _taken(parts: list[int], takers: list[int], over: int, *, at_once: bool) -> list[int]:
    """Takes back what rounding up gave too much, in order: a minor unit each, or all at once; none falls below 0."""
    while over:
        for place in takers:
            back = min(over, parts[place], over if at_once else 1)
            parts[place] -= back
            over -= back
    return parts


def _largest(parts: list[int], amount: int, weights: Sequence[int], whole: int) -> list[int]:
    """What rounding down left over, a minor unit each for the largest fractions; the usual case, so the quick way."""
    missing = amount - sum(parts)
    if missing:
        rests = [amount * weight % whole for weight in weights]
        for place in sorted(range(len(parts)), key=rests.__getitem__, reverse=True)[:missing]:
            parts[place] += 1
    return parts


def _carried(amount: int, weights: Sequence[int], whole: int) -> list[int]:
    parts, reached, given = [], 0, 0
    for weight in weights:
        reached += weight
        target = _half_up(amount * reached, whole)
        parts.append(target - given)
        given = target
    return parts


def split_within(
    amount: int,
    weights: Sequence[int],
    caps: Sequence[int],
    *,
    remainder: Remainder = "largest",
    rounding: Rounding = "down",
) -> list[int]:
    """As `split`, no part above its cap: what a cap refuses goes to the others by their weights.

    Where the caps together are less than `amount`, every part is its cap.
    """
    if sum(caps) <= amount:
        return list(caps)
    parts = split(amount, weights, remainder=remainder, rounding=rounding)
    if all(part <= cap for part, cap in zip(parts, caps, strict=True)):
        return parts
    open_ = list(range(len(weights)))
    result = [0] * len(weights)
    rest = amount
    while rest and open_:
        shares = [weights[place] for place in open_]
        if not any(shares):
            shares = [caps[place] for place in open_]
        parts = split(rest, shares, remainder=remainder, rounding=rounding)
        full = [place for place, part in zip(open_, parts, strict=True) if part >= caps[place]]
        if not full:
            for place, part in zip(open_, parts, strict=True):
                result[place] = part
            break
        for place in full:
            result[place] = caps[place]
            rest -= caps[place]
        open_ = [place for place in open_ if place not in set(full)]
    return result
