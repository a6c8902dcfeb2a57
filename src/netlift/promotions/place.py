"""Where in a definition or a cart something is wrong, said the way one would write it: `promotions[3].benefits[0]`."""

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from netlift.errors import DefinitionError, NetliftError

LONGEST_NAME = 100
"""Longer ones are no slip of the pen, and comparing them would take long."""
SHOWN, MANY_STEPS = 40, 24
"""Characters of a value and steps of a place that a message quotes."""


@dataclass(frozen=True, slots=True)
class Place:
    """A step below another place; the outermost has no step. Rendered only when something is wrong.

    >>> print(Place() / "promotions" / 3 / "when" / "all" / 1)
    promotions[3].when.all[1]
    """

    step: str | int = ""
    above: "Place | None" = None
    error: type[NetliftError] = DefinitionError

    def __truediv__(self, step: str | int) -> "Place":
        return Place(step, self, self.error)

    def __str__(self) -> str:
        steps = []
        place: Place | None = self
        while place is not None and place.above is not None:
            steps.append(_written(place.step))
            place = place.above
        if len(steps) > MANY_STEPS:
            steps[MANY_STEPS // 2 : -MANY_STEPS // 2] = [" ... "]
        return "".join(reversed(steps)).removeprefix(".")

    def wrong(self, message: str) -> NetliftError:
        """The error to raise here."""
        where = str(self)
        return self.error(f"{where}: {message}" if where else message)


def shown(value: object) -> str:
    """A value as it would stand in JSON, cut to a readable length; safe to print whatever it holds."""
    try:
        text = json.dumps(value, ensure_ascii=False)
        text.encode()
    except (TypeError, ValueError, RecursionError):
        text = ascii(value) if isinstance(value, str) else f"a value of type {type(value).__name__}"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name: the closest known one, or all where they are few."""
    names = sorted(known)
    if len(given) > LONGEST_NAME:
        return ""
    if close := difflib.get_close_matches(given, names, 1, 0.6):
        return f'; did you mean "{close[0]}"?'
    return f"; known: {', '.join(names)}" if 0 < len(names) <= 12 else ""


def _written(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if step.replace("_", "a").isalnum() and step.isascii() else f"[{shown(step)}]"
