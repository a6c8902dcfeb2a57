"""Consent: who allowed what, since when; every change is kept, and the last one counts at once."""

import os
from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple, get_args

from django.db import connection, transaction
from django.utils import timezone

from netlift.errors import ConfigError
from netlift.service.core.refusals import Refused
from netlift.service.privacy.models import Consent, Erasure
from netlift.service.privacy.pseudonyms import pseudonym
from netlift.service.privacy.registry import withdrawn

Purpose = Literal["personalisation", "marketing", "measurement"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
"""What a customer may allow: offers of one's own, messages, and counting in experiments and audits."""


_LATEST = f"SELECT purpose, granted FROM {Consent._meta.db_table} WHERE pseudonym = %s ORDER BY at DESC, granted"


class Change(NamedTuple):
    """One change of mind."""

    purpose: str
    granted: bool
    at: datetime
    source: str
    """Where it was given, such as `checkout` or `mail preferences 3`."""


def set_consent(
    customer_id: str, purpose: str, granted: bool, at: datetime | None = None, source: str = "",
    *, now: datetime | None = None,
) -> None:  # fmt: skip
    """Note what a customer allows or withdraws; saying the same again changes nothing.

    Args:
        customer_id: the shop's id of the customer.
        purpose: one of `PURPOSES`.
        granted: whether it is allowed from then on.
        at: when it was said; a change that arrives late does not undo a later one. None, or a time to come: now.
        source: where it was said.
        now: the present.

    Raises:
        Refused: there is no such purpose.
    """
    set_consents([(customer_id, Change(purpose, granted, at or now or timezone.now(), source))], now=now)


def set_consents(said: Iterable[tuple[str, Change]], *, now: datetime | None = None) -> None:
    """The same for changes of many customers: all of them or none.

    Raises:
        Refused: one of them has an unknown purpose, or an empty customer's id.
    """
    now = now or timezone.now()
    rows = [
        Consent(
            pseudonym=pseudonym(customer_id), purpose=_known(one.purpose), granted=one.granted, at=min(one.at, now),
            source=one.source,
        )
        for customer_id, one in said
    ]  # fmt: skip
    with transaction.atomic():
        Consent.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        if refused := sorted({row.pseudonym for row in rows if not row.granted}):
            withdrawn(refused)


def allows(who: str, purpose: str) -> bool:
    """Whether the customer of a pseudonym allows this now; one indexed query."""
    return _known(purpose) in allowed(who)


def allowed(who: str) -> frozenset[str]:
    """Everything that the customer of a pseudonym allows now.

    Of two changes of the same moment the withdrawal counts. Where nothing was ever said, `NETLIFT_CONSENT` decides:
    `asked` (as without it): nothing is allowed; `assumed`: personalisation and measurement are, until withdrawn. An
    erased customer allows nothing until asked again.
    """
    with connection.cursor() as cursor:  # every decision asks this: composing the statement would take longer than it
        cursor.execute(_LATEST, [who])
        said: dict[str, bool] = {}
        for purpose, granted in cursor.fetchall():
            said.setdefault(purpose, bool(granted))
    assumed = _assumed() if len(said) < len(PURPOSES) else ()
    if any(purpose not in said for purpose in assumed) and not Erasure.objects.filter(pseudonym=who).exists():
        said = dict.fromkeys(assumed, True) | said
    return frozenset(purpose for purpose, granted in said.items() if granted)


def history(who: str) -> tuple[Change, ...]:
    """Every change of a customer, the first first."""
    rows: Iterable[tuple[str, bool, datetime, str]] = (
        Consent.objects.filter(pseudonym=who).order_by("at", "pk").values_list("purpose", "granted", "at", "source")
    )
    return tuple(Change(*row) for row in rows)


def _known(purpose: str) -> str:
    if purpose not in PURPOSES:
        raise Refused(f"there is no purpose {purpose!r}; known: {', '.join(PURPOSES)}", "unknown_purpose")
    return purpose


def _assumed() -> tuple[Purpose, ...]:
    """What customers who never said anything are taken to allow."""
    rule = os.environ.get("NETLIFT_CONSENT", "asked")
    if rule not in {"asked", "assumed"}:
        raise ConfigError(f"NETLIFT_CONSENT is {rule!r}: write asked, or assumed where the law lets you")
    return ("personalisation", "measurement") if rule == "assumed" else ()
