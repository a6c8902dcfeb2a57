"""Long lists, page by page: a cursor says where the last page ended, so that no row is missed or told twice."""

import base64
import binascii
import json
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from ninja import Schema

from netlift.service.core.refusals import Refused

M = TypeVar("M", bound=Model)
T = TypeVar("T")

MOST = 500
"""Rows of the longest page."""
_LONGEST_CURSOR = 1_000


class Page(Schema, Generic[T]):
    """Some rows, and how to ask for those that follow."""

    items: list[T]
    next: str | None = None
    """Cursor of the next page; null on the last one."""


def page(rows: QuerySet[M], by: str, cursor: str | None, limit: int) -> tuple[list[M], str | None]:
    """The rows after a cursor, in ascending order, and the cursor of the page that follows.

    Args:
        rows: what is listed.
        by: a column in which every row is another value.
        cursor: what the page before told; None: from the start.
        limit: 1 to `MOST`.

    Raises:
        Refused: the cursor is none of ours, or the limit is out of bounds.
    """
    if not 1 <= limit <= MOST:
        raise Refused(f"limit is {limit}: ask for 1 to {MOST} rows", "limit_out_of_bounds")
    if cursor is not None:
        rows = rows.filter(**{f"{by}__gt": _after(rows, by, cursor)})
    found = list(rows.order_by(by)[: limit + 1])
    return found[:limit], _cursor(getattr(found[limit - 1], by)) if len(found) > limit else None


def _cursor(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, default=str).encode()).decode().rstrip("=")


def _after(rows: QuerySet[M], by: str, cursor: str) -> object:
    try:
        if len(cursor) > _LONGEST_CURSOR:
            raise ValueError(cursor)
        told = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(told, int | str) or isinstance(told, bool) or (isinstance(told, str) and "\0" in told):
            raise ValueError(told)
        told_of = rows.model._meta
        column: Any = told_of.pk if by == "pk" else told_of.get_field(by)
        value = column.to_python(told)
        if isinstance(value, int) and not -(2**63) <= value < 2**63:
            raise ValueError(value)
    except (ValueError, binascii.Error, ValidationError, OverflowError, RecursionError):
        raise Refused("the cursor is none that this list gave: take `next` of the page before", "bad_cursor") from None
    return value
