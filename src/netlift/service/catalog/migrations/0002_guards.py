"""What models cannot say: what a version says never changes, and a tree that was set stays in the history."""

from django.db import migrations

FIXED = {
    "catalog_promotionversion": ("promotion_id", "version", "definition", "digest", "author"),
    "catalog_planversion": ("plan_id", "author"),
    "catalog_tree": ("groups", "author"),
}
FUNCTION = """
CREATE FUNCTION catalog_never_changes() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'what a version says never changes' USING ERRCODE = 'restrict_violation'; END $$
"""
POSTGRES = """
CREATE TRIGGER {table}_fixed BEFORE UPDATE ON {table} FOR EACH ROW
WHEN ({changed}) EXECUTE FUNCTION catalog_never_changes()
"""
SQLITE = """
CREATE TRIGGER {table}_fixed BEFORE UPDATE ON {table} FOR EACH ROW
WHEN {changed} BEGIN SELECT RAISE(ABORT, 'what a version says never changes'); END
"""


def guard(_apps, editor):  # type: ignore[no-untyped-def]
    postgres = editor.connection.vendor == "postgresql"
    unlike = "IS DISTINCT FROM" if postgres else "IS NOT"
    if postgres:
        editor.execute(FUNCTION)
    for table, columns in FIXED.items():
        changed = " OR ".join(f"OLD.{column} {unlike} NEW.{column}" for column in columns)
        editor.execute((POSTGRES if postgres else SQLITE).format(table=table, changed=changed))


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [migrations.RunPython(guard, migrations.RunPython.noop)]
