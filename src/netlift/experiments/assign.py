"""Who is in which arm: a salted hash of the unit's name, the same on every machine and on every day."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from hashlib import sha256
from itertools import accumulate
from typing import NamedTuple

from netlift.errors import ConfigError

_RANGE = 2**64


class Assignment(NamedTuple):
    """An arm and the chance that the unit had of getting it, which must be logged with every exposure."""

    arm: str
    propensity: float


def position(unit: str, salt: str) -> int:
    """Where a unit stands on the line from 0 to 2**64 - 1: the first eight bytes of SHA-256(salt 0x1F unit).

    Different salts shuffle independently, so a unit's place in one test says nothing about its place in another.
    """
    return int.from_bytes(sha256(f"{salt}\x1f{unit}".encode()).digest()[:8], "big")


def assign(unit: str, salt: str, arms: Mapping[str, int]) -> Assignment:
    """The arm of a unit.

    Args:
        unit: name of the customer, region or other unit of assignment.
        salt: name of the experiment.
        arms: whole-number weight of each arm, in a fixed order; changing them moves units between arms.

    Raises:
        ConfigError: no arm, or a weight that is not a positive whole number.

    >>> assign("customer-7", "spring", {"control": 1, "coupon": 1})
    Assignment(arm='control', propensity=0.5)
    """
    if not arms or any(isinstance(w, bool) or not isinstance(w, int) or w < 1 for w in arms.values()):
        raise ConfigError(f"arms need positive whole weights, got {dict(arms)}")
    ends = list(accumulate(arms.values()))
    arm = list(arms)[bisect_right(ends, position(unit, salt) * ends[-1] // _RANGE)]
    return Assignment(arm, arms[arm] / ends[-1])


def assign_all(units: Iterable[str], salt: str, arms: Mapping[str, int]) -> list[Assignment]:
    """The arms of many units, in their order."""
    return [assign(unit, salt, arms) for unit in units]


def held_out(unit: str, salt: str, per_mille: int) -> bool:
    """Whether a unit belongs to the hold-out of `per_mille` thousandths.

    A larger hold-out of the same salt contains every smaller one, so it can grow but never reshuffles.

    >>> sum(held_out(str(i), "global-2026", 100) for i in range(1000))
    100
    """
    if not 0 <= per_mille <= 1000:
        raise ConfigError(f"a hold-out is 0 to 1000 thousandths, got {per_mille}")
    return position(unit, salt) * 1000 < per_mille * _RANGE
