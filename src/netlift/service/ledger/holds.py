"""What an operation is about: so much of an account, named by its kind, its ref and its unit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from netlift.service.core.refusals import Refused

COUNTERS = ("code_uses", "customer_uses", "promotion_uses")
"""Uses, counted; a hold opens such an account where there is none."""
BALANCES = ("points", "gift_card", "coupon", "wallet")
"""What the shop owes: credit grows by grants, and nothing can be spent that was not granted."""
BUDGET = "budget"
"""Money that may be given away; opened before it is spent, or by a hold that names its limit."""
KINDS = ("code_uses", "customer_uses", *BALANCES, "promotion_uses", BUDGET)
"""All kinds, in the order in which their rows are locked: what everybody shares comes last."""
MOST = 2**53 - 1
"""The largest amount: whole in every program that reads JSON."""
MOST_HOLDS = 100
"""Holds of one reservation."""
REF_LENGTH, UNIT_LENGTH, KEY_LENGTH = 200, 12, 200
"""Characters."""


class Hold(NamedTuple):
    """So much of one account."""

    kind: str
    """One of `KINDS`."""
    ref: str
    """Whose: a promotion's id, `PROMOTION:PSEUDONYM`, a code's hash."""
    amount: int
    """Uses, points, or minor units of money; at least 0."""
    limit: int | None = None
    """What the account may hold and have spent at most, this hold included; besides the account's own credit."""
    unit: str = ""
    """Currency of money; empty for uses."""

    @property
    def name(self) -> str:
        """Kind, ref and unit in one word."""
        return f"{self.kind}/{self.ref}" + (f"/{self.unit}" if self.unit else "")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an operation on a reservation came to; a repeated key gets the same one, marked as replayed."""

    reservation_id: str
    status: str
    """`reserved`, `committed`, `released`, `expired` or `refunded`."""
    expires_at: datetime
    """From this moment on it cannot be committed."""
    holds: tuple[Hold, ...]
    """What this operation moved, one per account, without limits."""
    replayed: bool = False
    """The operation had been done before, under the same key."""


def merged(holds: Iterable[Hold]) -> tuple[Hold, ...]:
    """One hold per account in the order of locking; amounts add up, the smallest limit counts, zeros are left out.

    Raises:
        Refused: an unknown kind, a name or amount out of bounds, or too many holds.

    >>> merged([Hold("budget", "P1", 5, unit="EUR"), Hold("code_uses", "c", 1, 1), Hold("budget", "P1", 2, unit="EUR")])
    ... # doctest: +NORMALIZE_WHITESPACE
    (Hold(kind='code_uses', ref='c', amount=1, limit=1, unit=''),
     Hold(kind='budget', ref='P1', amount=7, limit=None, unit='EUR'))
    """
    found: dict[tuple[int, str, str], Hold] = {}
    for hold in holds:
        checked(hold)
        place = (KINDS.index(hold.kind), hold.ref, hold.unit)
        if (other := found.get(place)) is not None:
            limits = [limit for limit in (hold.limit, other.limit) if limit is not None]
            hold = hold._replace(amount=hold.amount + other.amount, limit=min(limits, default=None))  # noqa: PLW2901
        found[place] = hold
    if len(found) > MOST_HOLDS:
        raise Refused(f"{len(found)} holds: at most {MOST_HOLDS} in one operation", "too_many_holds")
    return tuple(checked(found[place]) for place in sorted(found) if found[place].amount)


def checked(hold: Hold) -> Hold:
    """The same hold.

    Raises:
        Refused: an unknown kind, or a name or amount out of bounds.
    """
    if hold.kind not in KINDS:
        raise Refused(f"there is no account of kind {hold.kind!r}; known: {', '.join(KINDS)}", "unknown_kind")
    if not 0 < len(hold.ref) <= REF_LENGTH or len(hold.unit) > UNIT_LENGTH or not (hold.ref + hold.unit).isprintable():
        raise Refused(
            f"an account's ref has 1 to {REF_LENGTH} printable characters, its unit at most {UNIT_LENGTH}",
            "invalid_account",
        )
    if isinstance(hold.amount, bool) or not 0 <= hold.amount <= MOST:
        raise Refused(f"{hold.name}: the amount {hold.amount} is not between 0 and {MOST}", "invalid_amount")
    if hold.limit is not None and (hold.kind in BALANCES or not 0 <= hold.limit <= MOST):
        raise Refused(f"{hold.name}: a limit is for uses and budgets, and not below 0", "invalid_limit")
    return hold
