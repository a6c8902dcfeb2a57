"""Rooms that keep something of people say so here, and so an export or an erasure reaches all of it."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from netlift.errors import ConfigError


class Holder(NamedTuple):
    """A room's part in a person."""

    export: Callable[[str], Any]
    """From a pseudonym to JSON values: all that the room keeps of the person."""
    erase: Callable[[str], int]
    """Erases or unlinks the rows of a pseudonym inside the caller's transaction; how many."""


_HOLDERS: dict[str, Holder] = {}


def holds_people(name: str, export: Callable[[str], Any], erase: Callable[[str], int]) -> None:
    """Register a room, in its `AppConfig.ready()`; twice the same is once.

    Args:
        name: as it stands in exports and receipts, such as `events`.
        export: from a pseudonym to JSON values.
        erase: erases or unlinks what belongs to a pseudonym, and says how many rows that were.

    Raises:
        ConfigError: another holder has this name.
    """
    holder = Holder(export, erase)
    if _HOLDERS.setdefault(name, holder) != holder:
        raise ConfigError(f"two rooms hold people under the name {name!r}: name one of them differently")


def holders() -> tuple[tuple[str, Holder], ...]:
    """Every room that holds people, by name."""
    return tuple(sorted(_HOLDERS.items()))


_WITHDRAWN: dict[str, Callable[[Sequence[str]], None]] = {}


def heeds_withdrawals(name: str, forget: Callable[[Sequence[str]], None]) -> None:
    """Register what a room drops when customers withdraw a consent, in its `AppConfig.ready()`; twice the same is once.

    Args:
        name: of the room.
        forget: from pseudonyms, inside the caller's transaction.

    Raises:
        ConfigError: another room has this name.
    """
    if _WITHDRAWN.setdefault(name, forget) != forget:
        raise ConfigError(f"two rooms heed withdrawals under the name {name!r}: name one of them differently")


def withdrawn(customers: Sequence[str]) -> None:
    """Tell every room that the customers of these pseudonyms have withdrawn a consent."""
    for _, forget in sorted(_WITHDRAWN.items()):
        forget(customers)
