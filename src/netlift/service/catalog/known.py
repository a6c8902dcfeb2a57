"""How many of a plan's customers are known here, by the names under which decisions look them up."""

from django.conf import settings

from netlift.engines.base import Settings
from netlift.engines.sql import text
from netlift.plan.artefact import Plan
from netlift.plan.diff import GIVEN
from netlift.schema import TABLES
from netlift.service.core.logs import say
from netlift.service.shop.models import Customer

MEMORY_MB = 1024
"""What counting may use before it spills."""
_WHO = "customer_id"
_TABLES = tuple(name for name, schema in TABLES.items() if _WHO in schema.names)


def known(plan: Plan) -> int | None:
    """Customers to whom a plan gives something and of whom the workspace or the shop has told; None: it cannot be said.

    A plan that was made elsewhere, with another key or none, may have the same customers under other names: then nobody
    is known, and `decide` will offer them nothing of their own.
    """
    import duckdb
    import pyarrow as pa
    import pyarrow.compute as pc

    from netlift.engines.duckdb import connect

    given = plan.rows.filter(pc.is_in(plan.rows["arm"], value_set=pa.array(GIVEN)))
    customers = pa.table({_WHO: given[_WHO].unique()})
    told = pa.table({_WHO: pa.array(Customer.objects.values_list("pseudonym", flat=True).iterator(), pa.string())})
    folder = settings.FOLDER.workspace / "tables"
    files = [str(path) for name in _TABLES for path in sorted((folder / name).glob("*.parquet"))]
    named = "SELECT * FROM told"
    if files:
        named += f" UNION ALL SELECT {_WHO} FROM read_parquet([{', '.join(map(text, files))}], union_by_name = true)"
    with connect(Settings(memory_mb=MEMORY_MB)) as con:
        con.register("asked", customers)
        con.register("told", told)
        try:
            found = con.execute(f"SELECT count(*) FROM asked SEMI JOIN ({named}) USING ({_WHO})").fetchone()
        except duckdb.Error as error:  # a job replaces files meanwhile
            say("plan_customers_not_counted", error=error)
            return None
    return int(found[0]) if found else None
