"""Logs: one JSON object a line, of what happened, never of whom or of what was sent.

Our own lines are an event's name and a few fields. Of other packages' lines only the constant part is written, not the
values put into it; of an exception its class and the places it went through, not its text.
"""

import json
import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from netlift.errors import ConfigError

Field = str | int | float | bool | None

REQUEST: ContextVar[str] = ContextVar("netlift_request", default="")
"""Id of the request that is being answered."""
OWN = "netlift.service"
LEVELS = ("debug", "info", "warning", "error")
_HARMLESS = ("granian", "_granian")
"""Packages whose texts hold addresses of processes and ports only."""
_FRAMES = 25

_log = logging.getLogger(OWN)


def say(event: str, level: int = logging.INFO, *, error: BaseException | None = None, **fields: Field) -> None:
    """Write a line.

    Args:
        event: what happened: a constant, such as `request`.
        level: of `logging`.
        error: the exception to tell of.
        **fields: numbers, codes, our own ids; never personal data, never a secret.
    """
    _log.log(level, event, exc_info=error, extra={"told": fields})


class Lines(logging.Formatter):
    """Log records as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "event": _event(record)}
        if REQUEST.get():
            line["request"] = REQUEST.get()
        line |= getattr(record, "told", {})
        if record.exc_info and record.exc_info[1] is not None:
            line |= _failure(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=lambda value: type(value).__name__)


def _event(record: logging.LogRecord) -> str:
    if record.name == OWN:
        return str(record.msg)
    if record.name.startswith(_HARMLESS):
        return f"{record.name}: {record.getMessage()}"
    where = f"{record.name}:{record.funcName}:{record.lineno}"
    return f"{where}: {record.msg}" if record.args and isinstance(record.msg, str) else where


def _failure(error: BaseException) -> dict[str, Any]:
    """Class and way of an exception, and of what led to it."""
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    told: dict[str, Any] = {
        "error": f"{type(error).__module__}.{type(error).__qualname__}",
        "frames": frames[-_FRAMES:],
    }
    cause = error.__cause__ or error.__context__
    return told | ({"cause": f"{type(cause).__module__}.{type(cause).__qualname__}"} if cause else {})


def configured(level: str) -> dict[str, Any]:
    """Python's logging configuration: everything as lines on standard error.

    Raises:
        ConfigError: no such level.
    """
    if level not in LEVELS:
        raise ConfigError(f"NETLIFT_LOG is {level!r}: write {', '.join(LEVELS)}")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": Lines}},
        "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["lines"], "level": "WARNING"},
        "loggers": {
            OWN: {"level": level.upper()},
            "django": {"handlers": [], "level": "WARNING"},
            "django.request": {"level": "ERROR"},  # refusals are lines of ours
            "axes": {"level": "CRITICAL"},
        },
    }
