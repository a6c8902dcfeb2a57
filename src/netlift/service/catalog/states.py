"""The way of a promotion or a plan: draft, submitted, approved by a second person, live, paused, ended."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

DRAFT, SUBMITTED, APPROVED, LIVE, PAUSED, ENDED = "draft", "submitted", "approved", "live", "paused", "ended"
STATES = (DRAFT, SUBMITTED, APPROVED, LIVE, PAUSED, ENDED)
AFTER_APPROVAL = (APPROVED, LIVE, PAUSED, ENDED)
"""States that nothing reaches without a second person."""


class Move(NamedTuple):
    """A step from some states to another."""

    before: tuple[str, ...]
    after: str
    done: str
    """How the log and the news call it."""


MOVES: Mapping[str, Move] = MappingProxyType({
    "submit": Move((DRAFT,), SUBMITTED, "submitted"),
    "approve": Move((SUBMITTED,), APPROVED, "approved"),
    "reject": Move((SUBMITTED, APPROVED), DRAFT, "rejected"),
    "publish": Move((APPROVED, PAUSED), LIVE, "published"),
    "pause": Move((LIVE,), PAUSED, "paused"),
    "end": Move((APPROVED, LIVE, PAUSED), ENDED, "ended"),
})  # fmt: skip
"""Every step there is."""
