"""One step of a version: one conditional statement, a line in the log and news, all or nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import F, Model, Q, QuerySet

from netlift.service.access import log
from netlift.service.access.caller import Caller
from netlift.service.access.keys import SHELL
from netlift.service.catalog.models import Version
from netlift.service.catalog.states import MOVES
from netlift.service.core.refusals import Conflict, Forbidden, NotFound
from netlift.service.hooks.outbox import tell

V = TypeVar("V", bound=Version)


class Subject(NamedTuple):
    """What is moved, as the log and the news name it."""

    kind: str
    """promotion or plan."""
    name: str
    facts: Mapping[str, str | int]
    """What the news says of it besides its state."""


def move(rows: QuerySet[V], subject: Subject, step: str, by: Caller, *, expected: int | None, **changes: object) -> V:
    """Take one step, tell of it, and give the version as it is then; arguments and errors are those of `take`."""
    found = take(rows, subject, step, by, expected=expected, **changes)
    record_and_tell(subject, MOVES[step].done, by, found.revision, reason=found.reason if step == "reject" else "")
    return found


def take(rows: QuerySet[V], subject: Subject, step: str, by: Caller, *, expected: int | None, **changes: object) -> V:
    """Take one step and tell nobody yet; to be called inside a transaction.

    Whoever takes several steps takes all of them before telling of any: the log lets one transaction in at a time, and
    one that waits for a row in there could wait for another that waits to be let in.

    Args:
        rows: the one row that is meant.
        subject: how it is called.
        step: one of `states.MOVES`.
        by: who asks.
        expected: the revision that they saw; None: any.
        **changes: further columns to set.

    Raises:
        NotFound: there is no such row.
        Forbidden: an approver who wrote or submitted it.
        Conflict: it is in another state, or somebody was quicker.
    """
    way = MOVES[step]
    allowed = rows.filter(state__in=way.before)
    if expected is not None:
        allowed = allowed.filter(revision=expected)
    if step == "approve":
        allowed = allowed.exclude(Q(author=acting(by)) | Q(submitted_by=acting(by)))
    if not allowed.update(state=way.after, revision=F("revision") + 1, **changes):
        raise _refusal(rows.first(), subject, step, by, expected)
    return rows.get()


def acting(by: Caller) -> str:
    """Who counts as author, submitter or approver: of a key, the person who made it in the console.

    Keys made on the shell stand for themselves: whoever has the shell has the store, and needs no key to get round us.
    """
    return by.name if by.behind == SHELL else by.behind


@contextmanager
def one_at_a_time(what: str) -> Iterator[None]:
    """A transaction in which somebody else may have been quicker: the store's constraint says so, as a Conflict."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise Conflict(f"{what} meanwhile: look at it again", "changed_meanwhile") from error


def record_and_tell(subject: Subject, done: str, by: Caller, revision: int, *, reason: str = "") -> None:
    """The same fact for the log and for who listens."""
    details: dict[str, str | int | bool | None] = {**subject.facts, "revision": revision}
    if reason:
        details["reason"] = reason
    log.record(by.name, f"{subject.kind}.{done}", subject.name, **details)
    tell(f"{subject.kind}.{done}", subject.name, details)


def _refusal(found: Version | None, subject: Subject, step: str, by: Caller, expected: int | None) -> Exception:
    if found is None or not isinstance(found, Model):
        return NotFound(f"there is no {subject.kind} {subject.name}")
    way = MOVES[step]
    now = {"state": found.state, "revision": found.revision}
    if found.state not in way.before:
        return Conflict(
            f"{subject.kind} {subject.name} is {found.state}: to be {way.done} it must be {' or '.join(way.before)}",
            "wrong_state", **now,
        )  # fmt: skip
    if expected is not None and found.revision != expected:
        return Conflict(
            f"{subject.kind} {subject.name} is at revision {found.revision}, not {expected}: look at it again",
            "changed_meanwhile", **now,
        )  # fmt: skip
    if step == "approve" and acting(by) in {found.author, found.submitted_by}:
        return Forbidden(
            f"who wrote or submitted {subject.kind} {subject.name} cannot approve it: ask a second person",
            "second_person_needed",
        )
    return Conflict(f"{subject.kind} {subject.name} was moved meanwhile: look at it again", "changed_meanwhile", **now)
