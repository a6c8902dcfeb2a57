"""What is asked of a store: to make a reservation, or to end one."""

from datetime import datetime
from typing import NamedTuple

from netlift.service.ledger.holds import BUDGET, COUNTERS, Hold


class Reserve(NamedTuple):
    """A reservation to be made."""

    key: str
    digest: str
    reservation_id: str
    customer: str
    order: str
    now: datetime
    expires_at: datetime
    holds: tuple[Hold, ...]


class Settle(NamedTuple):
    """A reservation to be ended: by a verb, with the status that it leads to."""

    key: str
    digest: str
    reservation_id: str
    verb: str
    status: str
    order: str
    now: datetime


class Settled(NamedTuple):
    """What the end of a reservation moved."""

    expires_at: datetime
    holds: tuple[Hold, ...]


class Short(Exception):  # noqa: N818 - it becomes a refusal
    """There is too little left for a hold."""

    def __init__(self, hold: Hold) -> None:
        super().__init__(hold)
        self.hold = hold


def opens(hold: Hold) -> bool:
    """Whether a hold opens its account where there is none."""
    within = hold.limit is None or hold.amount <= hold.limit
    return within and (hold.kind in COUNTERS or (hold.kind == BUDGET and hold.limit is not None))
