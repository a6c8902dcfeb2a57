"""People: roles as groups, and every change in the audit log."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User

from netlift.service.access.models import AuditEntry
from netlift.service.access.people import give_role, new_password, set_person
from netlift.service.access.roles import ROLES

pytestmark = pytest.mark.usefixtures("store")


def test_every_role_becomes_a_group() -> None:
    Group.objects.all().delete()
    import_module("netlift.service.access.migrations.0002_guards").name_roles(apps, None)
    assert set(ROLES) == set(Group.objects.values_list("name", flat=True))


def test_a_person_has_one_role_at_a_time_and_the_log_knows_since_when() -> None:
    user, _ = set_person("ann", "shell", role="admin")
    assert user.is_superuser
    give_role(user, "analyst", "user:7")
    user = User.objects.get(pk=user.pk)
    assert not user.is_superuser
    assert [group.name for group in user.groups.all()] == ["analyst"]
    found = AuditEntry.objects.filter(subject=f"user:{user.pk}").order_by("number")
    assert [(entry.by, entry.action, entry.details) for entry in found][-3:] == [
        ("shell", "person.made", {}),
        ("shell", "person.role", {"role": "admin"}),
        ("user:7", "person.role", {"role": "analyst"}),
    ]


def test_the_log_has_no_names() -> None:
    set_person("ann.smith", "shell")
    assert "ann.smith" not in str(list(AuditEntry.objects.values()))


def test_passwords_differ() -> None:
    assert len({new_password() for _ in range(100)}) == 100
