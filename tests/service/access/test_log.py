"""The audit log: appended in order, refused otherwise, and telling when it was tampered with."""

import pytest
from django.db import DatabaseError, connection, transaction

from netlift.service.access.log import record, verify
from netlift.service.access.models import AuditEntry

pytestmark = pytest.mark.usefixtures("store")


def test_entries_follow_from_one_another() -> None:
    before = verify()
    record("user:1", "plan.approved", "plan_1", version=3, note="fine", left=None, first=True)
    record("key:k", "key.revoked", "key_2")
    found = verify()
    assert (found.length, found.broken) == (before.length + 2, None)
    entry = AuditEntry.objects.get(number=before.length + 1)
    assert entry.details == {"version": 3, "note": "fine", "left": None, "first": True}
    assert found.last == AuditEntry.objects.get(number=found.length).digest


@pytest.mark.parametrize("statement", ["UPDATE access_auditentry SET action = 'x'", "DELETE FROM access_auditentry"])
def test_the_store_refuses_to_change_or_delete(statement: str) -> None:
    record("user:1", "plan.approved", "plan_1")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert verify().broken is None


def test_a_chain_tells_where_it_was_tampered_with() -> None:
    for number in range(4):
        record("user:1", "plan.approved", f"plan_{number}")
    chain = list(AuditEntry.objects.order_by("number"))
    first, changed = len(chain) - 3, len(chain) - 2
    chain[changed - 1].details = {"note": "forged"}
    assert verify(chain).broken == changed
    assert verify(entry for entry in chain if entry.number != first).broken == first
    chain[changed - 1].details = {}
    assert verify(chain).broken is None


def test_what_is_too_long_or_has_a_nul_is_cut_not_refused() -> None:
    record("user:1", "a" * 99, "s" * 999, note="n\0" * 600)
    entry = AuditEntry.objects.order_by("-number")[0]
    assert (len(entry.action), len(entry.subject), len(entry.details["note"])) == (80, 200, 500)
    assert verify().broken is None
