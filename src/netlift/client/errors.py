"""What can go wrong between a program and the service.

ClientError
├── UnreachableError      no answer, after all tries
├── AnswerError           an answer that this client does not understand
└── ProblemError          the service says no: status, code, detail, and what is special to it
    ├── ForbiddenError    401, 403: the key is unknown or has ended, or lacks a scope
    ├── NotFoundError     404
    ├── ConflictError     409: a limit, a budget or a balance has too little left, or another use of the same id
    ├── ThrottledError    429, after all tries
    └── UnavailableError  5xx, after all tries
"""

from collections.abc import Mapping
from typing import Any

from netlift.errors import NetliftError


class ClientError(NetliftError):
    """Base of what this client raises."""


class UnreachableError(ClientError):
    """No answer came; whether the request was carried out is not known: send it again with the same id."""


class AnswerError(ClientError):
    """An answer that this client does not understand: it is of another version, or not the service's."""


class ProblemError(ClientError):
    """The service refused.

    Args:
        status: HTTP status.
        told: the members of the problem (RFC 9457).
    """

    def __init__(self, status: int, told: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(told.get("code", status))
        """Stable name of the refusal, such as `exhausted`."""
        self.detail = str(told.get("detail", told.get("title", "no reason was given")))
        self.more = {name: value for name, value in told.items() if name not in _KNOWN}
        """What is special to it, such as `available` or `retry_after`."""
        super().__init__(f"{self.detail} ({status} {self.code})")


class ForbiddenError(ProblemError):
    """The key is unknown, has ended, or lacks a scope."""


class NotFoundError(ProblemError):
    """What was named is not there."""


class ConflictError(ProblemError):
    """Too little is left, or it clashes with what is there."""


class ThrottledError(ProblemError):
    """Too many requests."""


class UnavailableError(ProblemError):
    """The service cannot answer now."""


_KNOWN = frozenset({"type", "title", "status", "detail", "code"})
_KINDS = {401: ForbiddenError, 403: ForbiddenError, 404: NotFoundError, 409: ConflictError, 429: ThrottledError}


def problem(status: int, told: Mapping[str, Any]) -> ProblemError:
    """The error of an answer.

    >>> problem(409, {"code": "exhausted", "detail": "nothing is left", "available": 0})
    ConflictError('nothing is left (409 exhausted)')
    """
    return _KINDS.get(status, UnavailableError if status >= 500 else ProblemError)(status, told)
