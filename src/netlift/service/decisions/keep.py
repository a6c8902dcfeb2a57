"""Answers that may be asked for again: the same request with the same content has the same answer."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from django.db import connection, transaction

from netlift.service.core.refusals import Conflict
from netlift.service.decisions.models import Answer


class Request(NamedTuple):
    """Who asks what, under which name."""

    by: str
    """Caller.name."""
    kind: str
    request_id: str
    digest: str
    """Of what is asked."""

    @property
    def name(self) -> str:
        """Unique among all requests."""
        return f"{self.by}/{self.request_id}"


class Reply(NamedTuple):
    """An answer as it is sent."""

    body: str
    """JSON."""
    replayed: bool = False


def request(by: str, kind: str, request_id: str, asked: str) -> Request:
    """A request, told by its content.

    Args:
        by: who asks.
        kind: what is asked.
        request_id: the caller's name of the question.
        asked: the whole question in one form, such as the JSON of what was understood.
    """
    return Request(by, kind, request_id, sha256(asked.encode("utf-8", "surrogatepass")).hexdigest())


_TABLE = Answer._meta.db_table
_READ = f"SELECT digest, body FROM {_TABLE} WHERE by = %s AND kind = %s AND request_id = %s"
_KEEP = (
    f"INSERT INTO {_TABLE} (by, kind, request_id, digest, customer, body, at) VALUES (%s, %s, %s, %s, %s, %s, %s)"
    " ON CONFLICT (by, kind, request_id) DO NOTHING RETURNING "
)
_LIGHTLY = {"postgresql": "set_config('synchronous_commit', 'off', true)"}
"""PostgreSQL answers before the disk has the transaction: a fall of its machine costs at most the last half second, and
never a part of a transaction. SQLite's `synchronous=NORMAL` is the same. No money is written in these transactions."""


def answered(asked: Request) -> Reply | None:
    """The answer that this request had; None for one that was not asked yet.

    Raises:
        Conflict: the same name was used for another question.
    """
    with connection.cursor() as cursor:
        cursor.execute(_READ, asked[:3])
        row = cursor.fetchone()
    return None if row is None else same(asked, *row)


def same(asked: Request, digest: str, body: str) -> Reply:
    """The answer that is there, if it is one to this question.

    Raises:
        Conflict: it is one to another question.
    """
    if digest != asked.digest:
        raise Conflict(
            f"request {asked.request_id!r} was used for something else: take a new request_id for what is new",
            "request_id_reused",
        )
    return Reply(body, replayed=True)


def keep(asked: Request, body: str, customer: str, now: datetime, also: Callable[[], None] | None = None) -> Reply:
    """Keep an answer, with what belongs to it, in one transaction; who comes second gets the first one's.

    The customer's page waits for this, so it does not wait for the disk.

    Args:
        asked: the question.
        body: the answer.
        customer: whom it is about; empty: nobody known.
        now: the moment.
        also: what is written with it.
    """
    with nullcontext() if also is None else transaction.atomic():
        with connection.cursor() as cursor:
            moment = connection.ops.adapt_datetimefield_value(now)
            told = _LIGHTLY.get(connection.vendor, "1")
            cursor.execute(_KEEP + told, [*asked, customer, body, moment])
            fresh = cursor.fetchone() is not None
        if fresh and also is not None:
            also()
    return Reply(body) if fresh else answered(asked) or Reply(body)
