"""Amounts as a merchant would write them: 5.00 off from 40.00, not 4.83 off from 37.42."""

from itertools import pairwise

_FACES = (10, 15, 20, 25, 30, 40, 50, 60, 80)
"""Leading digits of an amount off."""
_STEPS = (10, 20, 50)
"""Leading digits of the steps in which thresholds and prices go."""
PERCENTS = (5, 10, 15, 20, 25, 30, 40, 50)
"""Per cents that shops write on signs."""


def face(amount: float) -> int:
    """The largest round amount that is not above this one, minor units; 0 below 1.

    >>> face(483), face(1234), face(99), face(0.4)
    (400, 1000, 80, 0)
    """
    return _largest(_FACES, amount)


def threshold(amount: float) -> int:
    """The next round amount above this one, minor units.

    >>> threshold(3742), threshold(9900), threshold(4000), threshold(129)
    (4000, 10000, 4500, 140)
    """
    step = max(1, _largest(_STEPS, amount / 5))
    return (int(amount // step) + 1) * step


def price(amount: float) -> int:
    """The next round price that is not above this one, minor units; 0 below 1.

    >>> price(417), price(1999), price(37), price(8250)
    (400, 1950, 37, 8200)
    """
    step = max(1, _largest(_STEPS, amount / 20))
    return int(amount // step) * step


def percent(share: float) -> int:
    """The deepest of the usual per cents that is not above this share of 1; 0 where none is.

    >>> percent(0.3), percent(0.18), percent(0.04)
    (30, 15, 0)
    """
    return max((one for one in PERCENTS if one <= 100 * share + 1e-9), default=0)


def percent_above(share: float) -> int:
    """The lightest of the usual per cents that is above this share of 1; the deepest of them where none is.

    >>> percent_above(0.3), percent_above(0.33), percent_above(0.7)
    (40, 40, 50)
    """
    return min((one for one in PERCENTS if one > 100 * share + 1e-9), default=PERCENTS[-1])


def rising(amounts: list[int]) -> bool:
    """Whether each amount is above the one before."""
    return all(low < high for low, high in pairwise(amounts))


def _largest(digits: tuple[int, ...], amount: float) -> int:
    """The largest whole number with these leading digits, times a power of ten, that is not above the amount."""
    if amount < 1:
        return 0
    found, power = 0, 1
    while power <= amount * 10:
        found = max([found, *(d * power // 10 for d in digits if d * power % 10 == 0 and d * power // 10 <= amount)])
        power *= 10
    return found
