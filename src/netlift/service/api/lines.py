"""Bodies of one JSON object per line (NDJSON): every line is taken or refused by itself, and refusals say which."""

from collections.abc import Iterable
from typing import Any, Generic, NamedTuple, TypeVar

from django.conf import settings
from django.http import HttpRequest
from ninja import Schema
from pydantic import BaseModel, ValidationError

from netlift.service.core.bodies import UnsupportedKind, parsed
from netlift.service.core.refusals import Refused, TooLarge

KIND = "application/x-ndjson"
MOST_LINES = 5_000
MOST_TOLD = 100
"""Refused lines that an answer lists."""

S = TypeVar("S", bound=BaseModel)


class LineError(Schema):
    """A line that was refused."""

    line: int
    """From 1."""
    code: str
    detail: str


class Taken(Schema):
    """What became of the lines."""

    kept: int
    refused: int
    errors: list[LineError]
    """The first 100 of them."""


class Read(NamedTuple, Generic[S]):
    """Lines as they were understood."""

    items: list[S]
    lines: list[int]
    """The line of each."""
    errors: list[LineError]


def read_lines(request: HttpRequest, schema: type[S], most: int = MOST_LINES) -> Read[S]:
    """The lines of a request.

    Args:
        request: with the kind `application/x-ndjson`.
        schema: what each line must be.
        most: lines that are taken at once; empty ones do not count.

    Raises:
        UnsupportedKind: a body of another kind.
        TooLarge: more lines.
    """
    if request.content_type != KIND:
        raise UnsupportedKind(f"send one JSON object per line, with the header Content-Type: {KIND}")
    found: Read[S] = Read([], [], [])
    for number, text in enumerate(request.body.split(b"\n"), 1):
        if not text.strip():
            continue
        if len(found.items) + len(found.errors) >= most:
            raise TooLarge(f"more than {most} lines: send them in parts", most=most)
        try:
            item = schema.model_validate(parsed(text))
        except ValidationError as error:
            found.errors.append(_invalid(number, error))
        except Refused as error:
            found.errors.append(LineError(line=number, code=error.code, detail=error.detail))
        else:
            found.items.append(item)
            found.lines.append(number)
    return found


def taken(read: Read[Any], refused: Iterable[tuple[int, Refused]] = ()) -> Taken:
    """The answer: what was kept, and why the rest was not.

    Args:
        read: as `read_lines` gave it.
        refused: places among its items that were refused later, with why.
    """
    later = [LineError(line=read.lines[place], code=error.code, detail=error.detail) for place, error in refused]
    errors = sorted([*read.errors, *later], key=lambda one: one.line)
    return Taken(kept=len(read.items) - len(later), refused=len(errors), errors=errors[:MOST_TOLD])


def body_of_lines(schema: type[BaseModel]) -> dict[str, Any]:
    """For the OpenAPI document: a body of such lines."""
    line = schema.model_json_schema(ref_template="#/components/schemas/{model}")
    line.pop("$defs", None)
    told = f"One JSON object per line, at most {MOST_LINES} lines and {settings.MOST_BYTES} bytes. Each line: "
    return {
        "requestBody": {
            "required": True,
            "content": {KIND: {"schema": {"type": "string", "description": told + ", ".join(line["properties"])}}},
        }
    }


def _invalid(number: int, error: ValidationError) -> LineError:
    first = error.errors(include_input=False, include_url=False)[0]
    at = ".".join(str(part) for part in first["loc"])
    return LineError(line=number, code="invalid", detail=f"{at}: {first['msg']}" if at else first["msg"])
