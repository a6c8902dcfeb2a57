"""What was done in a workspace, as recommenders learn from it; answers to lists count by the chance of the list."""

from pathlib import Path
from typing import TYPE_CHECKING

from netlift.recommend.deeds import KINDS, deeds
from netlift.recommend.feedback import WEIGHTS, heard
from netlift.recommend.ids import Ids
from netlift.recommend.interactions import Interactions

if TYPE_CHECKING:
    import pyarrow as pa

    from netlift.data.workspace import Workspace

ANSWERS = "answers.parquet"
_LIKED = "liked"
"""A grade that `deeds` has found good: it counts whole."""
_PAIR = ["customer_id", "product_id"]


def shown_folder(workspace: Path) -> Path:
    """Where the service tells what it showed: `lists-*.parquet`, and `answers.parquet` with grades."""
    return workspace / "derived" / "shown"


def shown_schema() -> "pa.Schema":
    """Of `lists-*.parquet`: a row for each product of each list."""
    import pyarrow as pa

    return pa.schema([*_who(), ("propensity", pa.float64())])


def answers_schema() -> "pa.Schema":
    """Of `answers.parquet`: grades, and what was hidden."""
    import pyarrow as pa

    return pa.schema([*_who(), ("kind", pa.string()), ("value", pa.float64())])


def interactions(workspace: "Workspace") -> Interactions:
    """Everything that was done, of all customers and products that the workspace knows.

    An answer to a list counts by the inverse of the chance with which the product was shown; a grade counts by how good
    it is. Other events count as `netlift recommend` counts them.
    """
    import pyarrow as pa

    from netlift.engines.duckdb import connect

    lists, grades = _read(workspace.path)
    if not lists.num_rows and not grades.num_rows:
        return Interactions.of_workspace(workspace)
    with connect() as con:
        known = [
            Ids(workspace.relation(con, name).project(column).to_arrow_table()[column])
            for name, column in (("customers", "customer_id"), ("products", "product_id"))
        ]
    told = _told(workspace)
    pairs = lists.select(_PAIR).group_by(_PAIR).aggregate([])
    answers = told.join(pairs, _PAIR, join_type="left semi").select([*_PAIR, "at", "kind"])
    rest = told.join(pairs, _PAIR, join_type="left anti")
    answers = pa.concat_tables([answers, grades], promote_options="default")
    asked = answers.select(_PAIR).group_by(_PAIR).aggregate([])
    back = heard(lists.join(asked, _PAIR, join_type="left semi"), answers, weights={**WEIGHTS, **_weights()})
    told = pa.concat_tables([part.select([*_PAIR, "at", "weight"]) for part in (rest, back.events)])
    return Interactions.of(told, users=known[0], items=known[1])


def purchases(workspace: "Workspace", seen: Interactions) -> Interactions:
    """What was bought, with the same places as in what was done."""
    import pyarrow.compute as pc

    told = deeds(workspace, {"purchase": 1.0})
    told = told.filter(pc.is_in(told["customer_id"], value_set=seen.users.names))
    told = told.filter(pc.is_in(told["product_id"], value_set=seen.items.names))
    return Interactions.of(told, users=seen.users, items=seen.items)


def _weights() -> dict[str, float]:
    return {kind: weight for kind, weight in KINDS.items() if kind != "rating"} | {_LIKED: KINDS["rating"]}


def _told(workspace: "Workspace") -> "pa.Table":
    """Events of the tables with their kinds; one kind at a time, because `deeds` does not tell it."""
    import pyarrow as pa

    parts = []
    for kind, weight in KINDS.items():
        found = deeds(workspace, {kind: weight})
        name = _LIKED if kind == "rating" else kind
        parts.append(found.append_column("kind", pa.array([name] * found.num_rows, pa.string())))
    at = pa.timestamp("us", tz="UTC")
    whole = pa.concat_tables(parts)
    return whole.set_column(whole.column_names.index("at"), "at", whole["at"].cast(at))


def _read(workspace: Path) -> tuple["pa.Table", "pa.Table"]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = shown_folder(workspace)
    lists = [pq.read_table(path, schema=shown_schema()) for path in sorted(folder.glob("lists-*.parquet"))]
    grades = folder / ANSWERS
    return (
        pa.concat_tables([shown_schema().empty_table(), *lists]),
        pq.read_table(grades, schema=answers_schema()) if grades.is_file() else answers_schema().empty_table(),
    )


def _who() -> list[tuple[str, "pa.DataType"]]:
    import pyarrow as pa

    return [("customer_id", pa.string()), ("product_id", pa.string()), ("at", pa.timestamp("us", tz="UTC"))]
