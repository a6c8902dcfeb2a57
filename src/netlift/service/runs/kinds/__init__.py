"""The kinds of jobs: one file each with one class, found by being here."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError

from netlift.service.core.refusals import Refused
from netlift.service.runs.kinds.kind import Kind

__all__ = ["Kind", "kind_of", "kinds"]


@cache
def kinds() -> Mapping[str, type[Kind]]:
    """Every kind by its name.

    >>> sorted(kinds())
    ['audit', 'ingest', 'plan', 'profile', 'recommend', 'respond']
    """
    for found in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{found.name}")
    return {kind.NAME: kind for kind in Kind.__subclasses__() if kind.__module__.startswith(f"{__name__}.")}


def kind_of(name: str, arguments: Mapping[str, Any]) -> Kind:
    """A kind with its arguments, each within its bounds.

    Raises:
        Refused: there is no such kind, or it does not take these arguments.
    """
    found = kinds().get(name)
    if found is None:
        raise Refused(f"there is no kind of job {name[:40]!r}; known: {', '.join(sorted(kinds()))}", "unknown_kind")
    try:
        return found.model_validate(dict(arguments))
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(str(part) for part in first["loc"]) or "arguments"
        raise Refused(f"{name}: {at}: {first['msg']}", "wrong_arguments") from None
