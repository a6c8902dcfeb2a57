"""Answers that may be asked for again: the same request with the same content has the same answer."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

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


def request(by: str, kind: str, request_id: str, asked: Mapping[str, Any]) -> Request:
    """A request, told by its content; the order of keys does not matter."""
    text = json.dumps(asked, sort_keys=True, ensure_ascii=False, default=str)
    return Request(by, kind, request_id, sha256(text.encode("utf-8", "surrogatepass")).hexdigest())


def answered(asked: Request) -> Reply | None:
    """The answer that this request had; None for one that was not asked yet.

    Raises:
        Conflict: the same name was used for another question.
    """
    found = Answer.objects.filter(by=asked.by, kind=asked.kind, request_id=asked.request_id)
    row = found.values_list("digest", "body").first()
    if row is None:
        return None
    return same(asked, *row)


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


def keep(asked: Request, body: str, customer: str, now: datetime, also: Callable[[], None] = lambda: None) -> Reply:
    """Keep an answer, with what belongs to it, in one transaction; who comes second gets the first one's.

    Args:
        asked: the question.
        body: the answer.
        customer: whom it is about; empty: nobody known.
        now: the moment.
        also: what is written with it.
    """
    try:
        with transaction.atomic():
            Answer.objects.create(**asked._asdict(), customer=customer, body=body, at=now)
            also()
    except IntegrityError:
        found = answered(asked)
        if found is None:
            raise
        return found
    return Reply(body)
