"""A stream of events, read line by line: memory for some hundred of them at a time, whatever the stream's length."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol, TypeVar

from django.http import HttpRequest
from pydantic import BaseModel, ValidationError

from netlift.service.api.lines import MOST_TOLD, LineError
from netlift.service.core.bodies import parsed
from netlift.service.core.refusals import Refused
from netlift.service.events.intake import MOST, Happened, take

LONGEST = 256 * 1024
"""Bytes of a line."""
PIECE = 64 * 1024
"""Bytes that are read at once."""


class _Event(Protocol):
    def happened(self) -> Happened: ...


class Outcome(NamedTuple):
    """What became of a stream."""

    accepted: int
    repeated: int
    refused: int
    errors: list[LineError]


S = TypeVar("S", bound=BaseModel)


def read(request: HttpRequest, schema: type[S]) -> Outcome:
    """Keep what is sound in a stream, in its order.

    Every 500 events are committed together before the next are read; where the store fails, whoever sends the stream
    again loses and doubles nothing.

    Args:
        request: whose body has not been read.
        schema: of a line; it has `happened()`.
    """
    accepted = repeated = refused = 0
    errors: list[LineError] = []
    waiting: list[tuple[int, Happened]] = []

    def refuse(number: int, code: str, detail: str) -> None:
        nonlocal refused
        refused += 1
        if len(errors) < MOST_TOLD:
            errors.append(LineError(line=number, code=code, detail=detail))

    def keep() -> None:
        nonlocal accepted, repeated
        taken = take([one for _, one in waiting])
        accepted, repeated = accepted + taken.accepted, repeated + taken.repeated - len(taken.differing)
        for place in taken.differing:
            refuse(waiting[place][0], "event_differs", "this event_id was sent before with other content")
        waiting.clear()

    for number, text in _lines(request):
        try:
            waiting.append((number, _event(text, schema)))
        except ValidationError as error:
            refuse(number, "invalid", _first(error))
        except Refused as error:
            refuse(number, error.code, error.detail)
        if len(waiting) == MOST:
            keep()
    if waiting:
        keep()
    return Outcome(accepted, repeated, refused, sorted(errors, key=lambda one: one.line))


def _event(text: bytes, schema: type[S]) -> Happened:
    if len(text) > LONGEST:
        raise Refused(f"the line is longer than {LONGEST} bytes", "too_long")
    found: _Event = schema.model_validate(parsed(text))  # type: ignore[assignment]  # the schema says so
    return found.happened()


def _lines(request: HttpRequest) -> Iterator[tuple[int, bytes]]:
    """Numbers from 1 and texts of lines that are not empty; of one that is too long, its beginning.

    Only `read` is asked of the stream: not every server's `readline` keeps what follows the line.
    """
    number, rest, cut = 1, b"", False
    while piece := request.read(PIECE):
        *whole, rest = (rest + piece).split(b"\n")
        for text in whole:
            if text.strip() and not cut:
                yield number, text
            number, cut = number + 1, False
        if len(rest) > LONGEST:
            if not cut:
                yield number, rest
            rest, cut = b"", True
    if rest.strip() and not cut:
        yield number, rest


def _first(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    at = ".".join(str(part) for part in first["loc"])
    return f"{at}: {first['msg']}" if at else str(first["msg"])
