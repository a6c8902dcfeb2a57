"""People: what is personal is sealed with a key of the person's own, and goes for good when that key goes."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from netlift.service.core.ids import new_id
from netlift.service.core.refusals import Conflict, Refused
from netlift.service.privacy.consent import history
from netlift.service.privacy.journal import note
from netlift.service.privacy.keys import new_key, open_text, seal_text, unwrap, wrap
from netlift.service.privacy.models import Consent, Erasure, Person, Sealed
from netlift.service.privacy.pseudonyms import pseudonym
from netlift.service.privacy.receipts import Receipt, receipt_of, sign, statement
from netlift.service.privacy.registry import holders

MOST_FIELDS = 50
LONGEST = 4_000
"""Characters of a field."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


def keep(customer_id: str, fields: Mapping[str, str], *, now: datetime | None = None) -> None:
    """Seal personal fields of a customer; an empty text takes the field away, others stay as they are.

    Args:
        customer_id: the shop's id of the customer.
        fields: by name, such as `email` or `first_name`.
        now: the present.

    Raises:
        Refused: a name or a text that is not allowed, or too many fields.
        Conflict: the customer was erased and has allowed nothing since.
    """
    _check(fields)
    who, now = pseudonym(customer_id), now or timezone.now()
    with transaction.atomic():
        person, _ = _locked(who, now)
        _not_erased(who)
        key = unwrap(person)
        person.fields.filter(name__in=[name for name, text in fields.items() if not text]).delete()
        Sealed.objects.bulk_create(
            [
                Sealed(person=person, name=name, value=seal_text(key, text, who, name), kept_at=now)
                for name, text in sorted(fields.items())
                if text
            ],
            update_conflicts=True, unique_fields=["person", "name"], update_fields=["value", "kept_at"],
        )  # fmt: skip
        if person.fields.count() > MOST_FIELDS:
            raise Refused(f"a customer has at most {MOST_FIELDS} personal fields", "too_many_fields")


def read(customer_id: str) -> dict[str, str]:
    """The personal fields of a customer, by name; none of one who is not known or was erased."""
    return _read(pseudonym(customer_id))


def export(customer_id: str, *, now: datetime | None = None) -> dict[str, Any]:
    """Everything that is kept of a customer, as JSON values: sealed fields, consent, and what the other rooms hold."""
    who = pseudonym(customer_id)
    return {
        "pseudonym": who,
        "exported_at": (now or timezone.now()).isoformat(),
        "fields": _read(who),
        "consent": [change._asdict() | {"at": change.at.isoformat()} for change in history(who)],
        "held_by": {name: holder.export(who) for name, holder in holders()},
        "erased_at": [one.erased_at.isoformat() for one in Erasure.objects.filter(pseudonym=who).order_by("pk")],
    }


def erase(customer_id: str, by: str, *, now: datetime | None = None) -> Receipt:
    """Forget a customer: the key to what is sealed is destroyed, and every room erases or unlinks what it holds.

    All of it happens or none. Where nothing is left to erase, it is the receipt of the time before, `repeated`.

    Args:
        customer_id: the shop's id of the customer.
        by: `Caller.name` of who asks for it.
        now: the present.
    """
    return erase_pseudonym(pseudonym(customer_id), by, now=now)


def erase_pseudonym(who: str, by: str, *, now: datetime | None = None) -> Receipt:
    """The same for who is known by the pseudonym only."""
    now = (now or timezone.now()).replace(microsecond=0)
    with transaction.atomic():
        person, known = _locked(who, now)
        counts = {"consent": Consent.objects.filter(pseudonym=who).delete()[0]}
        counts |= {name: holder.erase(who) for name, holder in holders()}
        counts["privacy"] = person.fields.count() + known
        person.delete()
        before = Erasure.objects.filter(pseudonym=who).order_by("pk").last()
        if before is not None and not any(counts.values()):
            return receipt_of(before, repeated=True)
        receipt_id = new_id("ers")
        signature = sign(statement(receipt_id, who, now, by, counts))
        receipt = receipt_of(
            Erasure.objects.create(
                receipt_id=receipt_id, pseudonym=who, erased_at=now, by=by, counts=counts, signature=signature
            )
        )
        transaction.on_commit(lambda: note((receipt,)), robust=True)
        return receipt


def erase_again(receipt: Receipt, *, now: datetime | None = None) -> int:
    """Erase who was erased before, from a store that does not remember it; how many rows went."""
    with transaction.atomic():
        Erasure.objects.create(
            receipt_id=receipt.receipt_id, pseudonym=receipt.pseudonym, erased_at=receipt.erased_at, by=receipt.by,
            counts=dict(receipt.counts), signature=receipt.signature,
        )  # fmt: skip
        again = erase_pseudonym(receipt.pseudonym, "journal", now=now)
    return 0 if again.repeated else sum(again.counts.values())


def receipts(customer_id: str) -> tuple[Receipt, ...]:
    """Every receipt of a customer, the first first."""
    return tuple(receipt_of(one) for one in Erasure.objects.filter(pseudonym=pseudonym(customer_id)).order_by("pk"))


def _read(who: str) -> dict[str, str]:
    person = Person.objects.filter(pseudonym=who).first()
    if person is None:
        return {}
    key = unwrap(person)
    return {one.name: open_text(key, bytes(one.value), who, one.name) for one in person.fields.order_by("name")}


def _locked(who: str, now: datetime) -> tuple[Person, bool]:
    """The person's row, nobody else's until the end of the transaction, and whether it was there before.

    Keeping and erasing both begin here, so one of them is first, and keeping what was just erased is noticed.
    """
    while True:
        fresh = Person(pseudonym=who, made_at=now)
        fresh.seal, fresh.wrapped = wrap(new_key(), fresh.bound)
        Person.objects.bulk_create([fresh], ignore_conflicts=True)
        person = Person.objects.select_for_update().filter(pseudonym=who).first()
        if person is not None:  # else it was erased between the two statements
            return person, bytes(person.wrapped) != fresh.wrapped


def _not_erased(who: str) -> None:
    if Erasure.objects.filter(pseudonym=who).exists() and not Consent.objects.filter(pseudonym=who, granted=True):
        raise Conflict(
            "this customer was erased: nothing personal is kept before the customer allows something anew", "erased"
        )


def _check(fields: Mapping[str, str]) -> None:
    for name, text in fields.items():
        if not _NAME.fullmatch(name):
            raise Refused(f"{name[:60]!r} is no name of a field: small letters, digits and _", "bad_field")
        if len(text) > LONGEST:
            raise Refused(f"{name} has {len(text)} characters; at most {LONGEST} are kept", "too_long")
