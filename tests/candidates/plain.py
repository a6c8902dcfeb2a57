"""A candidate by hand, of which a test changes what it is about."""

from datetime import UTC, datetime
from typing import Any

from netlift.candidates.candidate import EVERYBODY, Candidate, Goal, Scope
from netlift.candidates.offer import Offer
from netlift.types import Window

MAY = Window(datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 5, 15, tzinfo=UTC))


def candidate(offer_id: str = "one", kind: str = "percent_off", **changes: Any) -> Candidate:
    """Ten per cent off everything for everybody in the first half of May."""
    fields: dict[str, Any] = {
        "offer": Offer(offer_id, "Ten percent off", "price_cut", depth=0.1),
        "kind": kind,
        "form": {"off": "10"},
        "promotions": (),
        "goal": Goal.PROFIT,
        "scope": Scope.SITE,
        "audience": EVERYBODY,
        "window": MAY,
        "numbers": {"cut": 0.1},
    }
    return Candidate(**{**fields, **changes})
