"""Codes that a shopper typed: those of batches open their promotion as long as they may be used."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from netlift.promotions.gates import as_entered
from netlift.service.access import throttle
from netlift.service.core.refusals import Conflict, Expired, NotFound
from netlift.service.decisions.live import Live
from netlift.service.ledger import codes as batches
from netlift.service.ledger.holds import Hold

WRONG_PER_MINUTE = 20
"""Wrong codes that one customer may try in a minute."""
WRONG_BY_GUESTS = 300
"""Wrong codes that all guests of one program together may try in a minute."""
_BUCKET, UNKNOWN = "wrong code", "unknown_code"


class Entered(NamedTuple):
    """A code of a batch, or none at all."""

    typed: str
    promotion_id: str = ""
    stands_for: frozenset[str] = frozenset()
    """A code of the promotion's own, where it asks for one."""
    holds: tuple[Hold, ...] = ()
    """What a redemption with it holds."""
    why: str = ""
    """Why it opens nothing: unknown_code, code_expired, code_claimed, not_live, used_up; empty: it opens."""


def entered(live: Live, typed: Sequence[str], customer: str, by: str, now: datetime) -> tuple[Entered, ...]:
    """What is known of codes that are not a live promotion's own.

    Args:
        live: what is live.
        typed: as the shopper typed them.
        customer: pseudonym; empty for a guest.
        by: who asks, for whom wrong codes are counted where no customer is named.
        now: the moment.

    Raises:
        Throttled: too many wrong codes in this minute.
    """
    unknown = [code for code in dict.fromkeys(typed) if as_entered(code) not in live.codes]
    if not unknown:
        return ()
    who, most = (customer, WRONG_PER_MINUTE) if customer else (by, WRONG_BY_GUESTS)
    if throttle.tried(_BUCKET, who, now=now) >= most:
        raise throttle.throttled(now)
    found = []
    for code in unknown:
        found.append(_entered(live, code, customer, now))
        if found[-1].why == UNKNOWN:
            throttle.allow(_BUCKET, who, most, now=now)
    return tuple(found)


def _entered(live: Live, typed: str, customer: str, now: datetime) -> Entered:
    try:
        code = batches.find(typed)
        code.usable(now, customer)
    except (NotFound, Expired, Conflict) as error:
        return Entered(typed, why=error.code)
    promotion = live.promotion(code.promotion_id)
    if promotion is None:
        return Entered(typed, code.promotion_id, why="not_live")
    stands_for = frozenset(promotion.trigger.codes[:1])
    return Entered(typed, code.promotion_id, stands_for, code.holds(customer))
