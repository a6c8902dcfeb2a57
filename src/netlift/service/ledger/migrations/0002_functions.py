"""What PostgreSQL does in one round trip: the statements of `portable`, as functions beside the tables."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

RESERVE = """
CREATE OR REPLACE FUNCTION ledger_reserve(
    a_key text, a_digest text, a_name text, a_customer text, an_order text, a_now timestamptz, an_end timestamptz,
    holds text  -- kind, ref, unit, amount, limit or nothing, 1 if it opens its account; by unit and record separators
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    made bigint;
    done bigint;
    place bigint;
    one text[];
    wanted text[] := string_to_array(holds, chr(30));
    an_amount bigint;
    a_limit bigint;
    outcome integer;  -- -1: the key was used before; else the number of the hold that is short
    a_second bigint := floor(extract(epoch FROM a_now));
BEGIN
    BEGIN  -- what follows is undone where it cannot be done whole
        INSERT INTO ledger_reservation (name, status, customer, order_ref, made_at, expires_at)
            VALUES (a_name, 'reserved', a_customer, an_order, a_now, an_end) RETURNING id INTO made;
        INSERT INTO ledger_operation (key, digest, verb, status, reservation_id, reason, made_at)
            VALUES (a_key, a_digest, 'reserve', 'reserved', made, '', a_now)
            ON CONFLICT (key) DO NOTHING RETURNING id INTO done;
        IF done IS NULL THEN
            outcome := -1;
            RAISE EXCEPTION USING ERRCODE = 'NL001';
        END IF;
        FOR i IN 1 .. cardinality(wanted) LOOP
            one := string_to_array(wanted[i], chr(31));
            an_amount := one[4];
            a_limit := nullif(one[5], '');
            FOR attempt IN 1 .. 3 LOOP  -- hold; or open; or hold what another opened at the same moment
                IF attempt <> 2 THEN
                    UPDATE ledger_account SET held = held + an_amount, ceiling = a_limit
                    WHERE kind = one[1] AND ref = one[2] AND unit = one[3]
                        AND held + spent + an_amount <= coalesce(credit, 9007199254740991)
                        AND (a_limit IS NULL OR held + spent + an_amount <= a_limit)
                        AND (pace_from IS NULL OR credit IS NULL OR (
                            pace_from <= a_second AND held + spent + an_amount <=
                                credit / pace_steps * least((a_second - pace_from) / pace_step + 1, pace_steps)
                                + credit % pace_steps * least((a_second - pace_from) / pace_step + 1, pace_steps)
                                / pace_steps))
                    RETURNING id INTO place;
                ELSE
                    INSERT INTO ledger_account (kind, ref, unit, ceiling, held, spent, pace_step, pace_steps, opened_at)
                    VALUES (one[1], one[2], one[3], a_limit, an_amount, 0, 1, 1, a_now)
                    ON CONFLICT (kind, ref, unit) DO NOTHING RETURNING id INTO place;
                END IF;
                EXIT WHEN place IS NOT NULL OR one[6] <> '1';
            END LOOP;
            IF place IS NULL THEN
                outcome := i;
                RAISE EXCEPTION USING ERRCODE = 'NL001';
            END IF;
            INSERT INTO ledger_heldamount (reservation_id, account_id, amount, returned)
                VALUES (made, place, an_amount, 0);
            INSERT INTO ledger_entry (operation_id, account_id, source, target, amount)
                VALUES (done, place, 'free', 'held', an_amount);
        END LOOP;
    EXCEPTION WHEN SQLSTATE 'NL001' THEN
        RETURN outcome;
    END;
    RETURN 0;
END $$;
"""
SETTLE = """
CREATE OR REPLACE FUNCTION ledger_settle(
    a_key text, a_digest text, a_name text, a_verb text, a_status text, an_order text, a_now timestamptz,
    OUT until timestamptz, OUT holds text
) LANGUAGE plpgsql AS $$
DECLARE
    which bigint;
    ends timestamptz;
    done bigint;
    one record;
    told text;
BEGIN
    UPDATE ledger_reservation
    SET status = a_status, settled_at = a_now, order_ref = CASE WHEN an_order = '' THEN order_ref ELSE an_order END
    WHERE name = a_name AND status || '' = 'reserved'  -- or the index of what is reserved is read instead of the name's
        AND (a_verb <> 'commit' OR expires_at > a_now)
        AND (a_verb <> 'expire' OR expires_at <= a_now)
        AND NOT EXISTS (SELECT FROM ledger_operation o WHERE o.key = a_key)
    RETURNING id, expires_at INTO which, ends;
    IF which IS NULL THEN
        RETURN;
    END IF;
    INSERT INTO ledger_operation (key, digest, verb, status, reservation_id, reason, made_at)
        VALUES (a_key, a_digest, a_verb, a_status, which, '', a_now) RETURNING id INTO done;
    FOR one IN
        SELECT account_id, amount FROM ledger_heldamount WHERE reservation_id = which ORDER BY id
    LOOP
        UPDATE ledger_account
        SET held = held - one.amount, spent = spent + CASE WHEN a_verb = 'commit' THEN one.amount ELSE 0 END
        WHERE id = one.account_id
        RETURNING concat_ws(chr(31), kind, ref, unit, one.amount) INTO told;
        INSERT INTO ledger_entry (operation_id, account_id, source, target, amount) VALUES (
            done, one.account_id, 'held', CASE WHEN a_verb = 'commit' THEN 'spent' ELSE 'free' END, one.amount);
        holds := concat_ws(chr(30), holds, told);
    END LOOP;
    until := ends;
END $$;
"""
"""A key that two write at the same moment for different reservations fails on its unique constraint, as it must."""


def make(_: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(RESERVE, params=None)
        schema_editor.execute(SETTLE, params=None)


def drop(_: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS ledger_reserve, ledger_settle")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [migrations.RunPython(make, drop, elidable=False)]
