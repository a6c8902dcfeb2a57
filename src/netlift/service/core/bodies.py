"""What is refused before it is read, and how JSON is read: nothing too long, too deep, packed or unspeakable."""

import json
import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from netlift.service.core.refusals import Refused, TooLarge

DEEPEST = 32
"""Levels of lists and objects within each other."""
_BESIDE_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*"|[^][{}"]+', re.DOTALL)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class LengthRequired(Refused):
    """A body whose length nobody tells."""

    status, code, title = 411, "length_required", "How long is it?"


class UnsupportedKind(Refused):
    """A body of a kind that is not understood here."""

    status, code, title = 415, "unsupported_kind", "Not this kind of content"


def check(request: HttpRequest) -> None:
    """Refuse by what the headers and the address tell, before a byte of the body is read.

    Raises:
        TooLarge: more bytes than `settings.MOST_BYTES`, or as a form with files than `settings.MOST_FORM_BYTES`.
        UnsupportedKind: a packed body, which could unfold into anything.
        LengthRequired: a body in pieces without its length.
        Refused: an address with a character that no store keeps.
    """
    if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
        raise Refused("the address holds a NUL character: leave it out")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedKind("packed bodies are not taken: send it without Content-Encoding")
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length and request.headers.get("Transfer-Encoding"):
        raise LengthRequired("tell the body's length in Content-Length; bodies in pieces are not taken")
    most = settings.MOST_FORM_BYTES if request.content_type == "multipart/form-data" else settings.MOST_BYTES
    if length.isdecimal() and int(length[:20]) > most:
        raise TooLarge(f"the body is longer than {most} bytes: send it in parts", most=most)


def parsed(body: bytes) -> Any:
    """The value of a JSON text.

    Raises:
        Refused: it is not JSON (RFC 8259), deeper than `DEEPEST`, or has text that is no Unicode or holds NUL.

    >>> parsed(b'{"a": [1, "x"]}')
    {'a': [1, 'x']}
    """
    if body.count(b"[") + body.count(b"{") > DEEPEST and _too_deep(body):
        raise Refused(f"the JSON is deeper than {DEEPEST} levels", "too_deep")
    try:
        value = json.loads(body, parse_constant=_no_number)
        if _SURROGATE.search(body):
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Refused(f"the body is not JSON: {_why(error)}", "not_json") from None
    if _NUL.search(body):
        raise Refused("a text in the body holds a NUL character: leave it out")
    return value


def _too_deep(body: bytes) -> bool:
    """Whether brackets are left when the innermost pairs were taken away `DEEPEST` times."""
    brackets = _BESIDE_BRACKETS.sub(b"", body)
    for _ in range(DEEPEST):
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    return bool(brackets)


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _why(error: Exception) -> str:
    """Where it stops being JSON, without what stands there."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    if isinstance(error, UnicodeError):
        return "its text is not Unicode in UTF-8"
    return "a number is too long or none" if isinstance(error, ValueError) else "too deep"
