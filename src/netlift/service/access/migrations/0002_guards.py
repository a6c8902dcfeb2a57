"""What models cannot say: the audit log is only ever appended to, and every role is a group."""

from django.db import migrations

from netlift.service.access.roles import ROLES

REFUSE = """
CREATE FUNCTION access_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'restrict_violation'; END $$
"""
ROWS = """
CREATE TRIGGER access_auditentry_kept BEFORE UPDATE OR DELETE ON access_auditentry
FOR EACH ROW EXECUTE FUNCTION access_append_only()
"""
WHOLE = """
CREATE TRIGGER access_auditentry_not_emptied BEFORE TRUNCATE ON access_auditentry
FOR EACH STATEMENT EXECUTE FUNCTION access_append_only()
"""
SQLITE = """
CREATE TRIGGER access_auditentry_no_{0} BEFORE {0} ON access_auditentry
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
"""


def guard(_apps, editor):  # type: ignore[no-untyped-def]
    on_sqlite = [SQLITE.format(verb) for verb in ("UPDATE", "DELETE")]
    for statement in (REFUSE, ROWS, WHOLE) if editor.connection.vendor == "postgresql" else on_sqlite:
        editor.execute(statement)


def name_roles(apps, _editor):  # type: ignore[no-untyped-def]
    groups = apps.get_model("auth", "Group")
    for role in ROLES:
        groups.objects.get_or_create(name=role)


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.AlterModelOptions("AuditEntry", {"verbose_name_plural": "audit entries", "managed": False}),
        migrations.RunPython(guard, migrations.RunPython.noop),
        migrations.RunPython(name_roles, migrations.RunPython.noop),
    ]
