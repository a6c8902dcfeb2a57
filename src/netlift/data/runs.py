"""Orders whose lines follow each other: their sums and places by position in NumPy, not by a GROUP BY and joins.

Exports are nearly always written order by order. Then the first line of an order is where its number changes, and
nothing has to be looked up by a text. That it is so is checked on every row; else the usual queries run.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netlift.data.source import Runs
from netlift.engines.sql import identifier

if TYPE_CHECKING:
    import duckdb
    import numpy as np

_MOST = 20_000_000  # rows; the arrays of more would take too much memory beside DuckDB's own
_BATCH = 1_000_000
_LONGEST = 255  # rows of a group: places are bytes


@dataclass(frozen=True, slots=True)
class _Placed:
    """Groups by position."""

    places: "np.ndarray"
    """(rows,) uint8: each row's place in its group, from 1; 0: not kept."""
    firsts: "np.ndarray"
    """(groups,) int64: the number of each group's first row, from 1."""
    sums: "dict[str, np.ndarray]"
    """(groups,) int64 each: what was added up."""


def place(con: "duckdb.DuckDBPyConnection", runs: Runs) -> bool:
    """Make the views `placed` and `placed_heads`; false where groups cannot be told by position.

    That is where rows of a group do not follow each other, or differ in `runs.same`.

    Texts are compared by their 64-bit hashes: two neighbours of different groups are taken for one with a
    probability of 2^-64.
    """
    found = con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'netlift_stream'").fetchone()
    if found is None:
        return False
    counted = con.execute("SELECT count(*) FROM netlift_stream").fetchone()
    rows = int(counted[0]) if counted else 0
    if not 0 < rows <= _MOST:
        return False
    placed = _placed(con, runs, rows)
    if placed is None:
        return False
    _make_views(con, placed)
    return True


def _placed(con: "duckdb.DuckDBPyConnection", runs: Runs, rows: int) -> "_Placed | None":
    """What is known of the groups; None where they cannot be told by position."""
    import numpy as np

    there, key, same, sums = _facts(con, runs, rows)
    at = np.flatnonzero(there)
    if not len(at):
        return None
    if len(at) < rows:
        key, same = key[at], same[at]
    change = np.empty(len(at), bool)
    change[:1] = True
    np.not_equal(key[1:], key[:-1], out=change[1:])
    if bool(((same[1:] != same[:-1]) & ~change[1:]).any()):
        return None
    starts = np.flatnonzero(change)
    names = np.sort(key[starts])
    if bool((names[1:] == names[:-1]).any()):
        return None  # a group goes on further down
    lengths = np.diff(starts, append=len(at))
    if lengths.max(initial=0) > _LONGEST:
        return None
    counted = np.arange(1, len(at) + 1)
    counted -= np.repeat(starts, lengths)
    places = np.zeros(rows, np.uint8)
    places[at] = counted
    added = {name: np.add.reduceat(values[at], starts) for name, values in sums.items()}
    return _Placed(places, at[starts] + 1, added)


def _facts(
    con: "duckdb.DuckDBPyConnection", runs: Runs, rows: int
) -> "tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, np.ndarray]]":
    """By row: whether it counts, the hashes of the group and of what must be the same, and what is added up.

    Rows come in any order and say where they belong.
    """
    import numpy as np

    there = np.zeros(rows, bool)
    key, same = np.zeros(rows, np.uint64), np.zeros(rows, np.uint64)
    sums = {name: np.zeros(rows, np.int64) for name in runs.sums}
    columns = ", ".join(identifier(name) for name in runs.same)
    added = "".join(f", CAST({query} AS BIGINT) AS {identifier(name)}" for name, query in runs.sums.items())
    query = f"SELECT _row - 1 AS at, hash({identifier(runs.key)}) AS a, hash({columns}) AS b{added} FROM {runs.source}"
    for batch in con.execute(query).to_arrow_reader(_BATCH):
        at, *values = (column.to_numpy() for column in batch.columns)
        there[at] = True
        for whole, part in zip((key, same, *sums.values()), values, strict=True):
            whole[at] = part
    return there, key, same, sums


def _make_views(con: "duckdb.DuckDBPyConnection", placed: _Placed) -> None:
    """The rows of the file beside what was found out about them.

    The places of 16 rows are the bytes of two numbers: a table so small that looking up in it costs next to nothing.
    """
    import numpy as np
    import pyarrow as pa

    padded = np.zeros(-(-len(placed.places) // 16) * 16, np.uint8)
    padded[: len(placed.places)] = placed.places
    eights = padded.view("<i8").reshape(-1, 2)
    table = {"block": np.arange(len(eights)), "low": eights[:, 0].copy(), "high": eights[:, 1].copy()}
    con.register("netlift_places", pa.table(table))
    con.register("netlift_heads", pa.table({"_row": placed.firsts, **placed.sums}))
    eight = "CASE WHEN (s.rowid & 8) = 0 THEN low ELSE high END"
    con.execute(
        "CREATE OR REPLACE TEMP VIEW placed AS SELECT * FROM (SELECT s.* REPLACE (s.rowid + 1 AS _row), "
        f"CAST((({eight}) >> (8 * (s.rowid & 7))) & 255 AS INTEGER) AS place "
        "FROM netlift_stream s JOIN netlift_places p ON p.block = s.rowid >> 4) WHERE place > 0"
    )
    con.execute("CREATE OR REPLACE TEMP VIEW placed_heads AS SELECT * FROM placed JOIN netlift_heads USING (_row)")
