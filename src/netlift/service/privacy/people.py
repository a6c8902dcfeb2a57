"""People: what is personal is sealed with a key of the person's own, and goes for good when that key goes."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
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
    for _, refusal in keep_many([(customer_id, fields)], now=now):
        raise refusal


def keep_many(
    told: Sequence[tuple[str, Mapping[str, str]]], *, now: datetime | None = None
) -> list[tuple[int, Refused]]:
    """The same for many customers in a few statements, in one transaction; of one told twice, the later texts count.

    Returns:
        The places of those that are refused, with why; of a customer who is refused nothing is kept.
    """
    now, refused = now or timezone.now(), dict[int, Refused]()
    wanted: dict[str, dict[str, str]] = {}
    places: dict[str, list[int]] = {}
    for place, (customer_id, fields) in enumerate(told):
        try:
            _check(fields)
            who = pseudonym(customer_id)
        except Refused as error:
            refused[place] = error
            continue
        wanted.setdefault(who, {}).update(fields)
        places.setdefault(who, []).append(place)
    if wanted:
        with transaction.atomic():
            persons = {person.pseudonym: (person, made) for person, made in _locked(list(wanted), now)}
            for who, refusal in _kept(wanted, {who: person for who, (person, _) in persons.items()}, now):
                refused |= dict.fromkeys(places[who], refusal)
                if persons[who][1]:
                    persons[who][0].delete()
    return sorted(refused.items())


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
        ((person, made),) = _locked([who], now)
        counts = {"consent": Consent.objects.filter(pseudonym=who).delete()[0]}
        counts |= {name: holder.erase(who) for name, holder in holders()}
        counts["privacy"] = person.fields.count() + (not made)
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


def erased() -> set[str]:
    """The pseudonyms of all who were erased and have allowed nothing since."""
    gone = Erasure.objects.values_list("pseudonym", flat=True)
    return set(gone) - set(Consent.objects.filter(pseudonym__in=gone, granted=True).values_list("pseudonym", flat=True))


def receipts(customer_id: str) -> tuple[Receipt, ...]:
    """Every receipt of a customer, the first first."""
    return tuple(receipt_of(one) for one in Erasure.objects.filter(pseudonym=pseudonym(customer_id)).order_by("pk"))


def _read(who: str) -> dict[str, str]:
    person = Person.objects.filter(pseudonym=who).first()
    if person is None:
        return {}
    key = unwrap(person)
    return {one.name: open_text(key, bytes(one.value), who, one.name) for one in person.fields.order_by("name")}


def _kept(
    wanted: Mapping[str, Mapping[str, str]], persons: Mapping[str, Person], now: datetime
) -> list[tuple[str, Refused]]:
    """Seal fields of people whose rows are ours; who is refused, and why."""
    refused = dict[str, Refused]({who: _erased() for who in _gone(list(persons))})
    names: dict[str, set[str]] = {who: set() for who in persons}
    for who, name in Sealed.objects.filter(person__in=list(persons.values())).values_list("person__pseudonym", "name"):
        names[who].add(name)
    sealed, gone = list[Sealed](), list[Q]()
    for who, person in persons.items():
        fields = wanted[who]
        empty = {name for name, text in fields.items() if not text}
        if len((names[who] | set(fields)) - empty) > MOST_FIELDS:
            refused.setdefault(who, Refused(f"a customer has at most {MOST_FIELDS} personal fields", "too_many_fields"))
        if who in refused:
            continue
        key = unwrap(person)
        gone += [Q(person=person, name__in=sorted(empty & names[who]))] if empty & names[who] else []
        sealed += [
            Sealed(person=person, name=name, value=seal_text(key, text, who, name), kept_at=now)
            for name, text in sorted(fields.items())
            if text
        ]
    for one in gone:
        Sealed.objects.filter(one).delete()
    Sealed.objects.bulk_create(
        sealed, batch_size=500,
        update_conflicts=True, unique_fields=["person", "name"], update_fields=["value", "kept_at"],
    )  # fmt: skip
    return list(refused.items())


def _locked(names: Sequence[str], now: datetime) -> list[tuple[Person, bool]]:
    """People's rows, nobody else's until the end of the transaction, and whether each was made for it.

    Keeping and erasing both begin here, so one of them is first, and keeping what was just erased is noticed. All take
    rows in one order, so that nobody waits in a circle.
    """
    missing, found, fresh = sorted(set(names)), list[tuple[Person, bool]](), dict[str, bytes]()
    while missing:  # again only for those who are erased between the two statements
        known = set(Person.objects.filter(pseudonym__in=missing).values_list("pseudonym", flat=True))
        rows = [_fresh(who, now) for who in missing if who not in known]
        fresh |= {row.pseudonym: bytes(row.wrapped) for row in rows}
        Person.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        mine = Person.objects.select_for_update().filter(pseudonym__in=missing).order_by("pseudonym")
        found += [(person, bytes(person.wrapped) == fresh.get(person.pseudonym)) for person in mine]
        missing = sorted(set(missing) - {person.pseudonym for person, _ in found})
    return found


def _fresh(who: str, now: datetime) -> Person:
    """A row with a new key, which is in no store yet."""
    person = Person(pseudonym=who, made_at=now)
    person.seal, person.wrapped = wrap(new_key(), person.bound)
    return person


def _gone(names: Sequence[str]) -> set[str]:
    """Who of them was erased, and has allowed nothing since."""
    gone = set(Erasure.objects.filter(pseudonym__in=names).values_list("pseudonym", flat=True))
    back = Consent.objects.filter(pseudonym__in=gone, granted=True).values_list("pseudonym", flat=True) if gone else ()
    return gone - set(back)


def _erased() -> Conflict:
    return Conflict(
        "this customer was erased: nothing personal is kept before the customer allows something anew", "erased"
    )


def _check(fields: Mapping[str, str]) -> None:
    for name, text in fields.items():
        if not _NAME.fullmatch(name):
            raise Refused(f"{name[:60]!r} is no name of a field: small letters, digits and _", "bad_field")
        if len(text) > LONGEST:
            raise Refused(f"{name} has {len(text)} characters; at most {LONGEST} are kept", "too_long")
