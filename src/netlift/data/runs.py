"""Orders whose lines follow each other: their sums and places by position in NumPy, not by a GROUP BY and joins.

Exports are nearly always written order by order. Then the first line of an order is where its number changes, and
nothing has to be looked up by a text. That it is so is checked on every row; else the usual queries run.
"""

from collections.abc import Iterator
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


@dataclass(slots=True)
class Facts:
    """What is known of the sound rows of a file, in its order, to compare them without their texts."""

    rows: int
    """All rows of the file."""
    at: "np.ndarray"
    """(sound,) int64: where each stands in the file, from 0."""
    key: "np.ndarray"
    """(sound,) uint64: hash of the group."""
    same: "np.ndarray"
    """(sound,) uint32: hash of the columns that should not differ inside a group.

    32 bits are enough: one difference that is seen is enough to give up, so a file is misjudged only if all its
    differences are missed.
    """
    rest: "np.ndarray"
    """(sound,) uint32: hash of the other columns that tell duplicates apart."""
    counts: "np.ndarray"
    """(sound,) bool: whether the row belongs into the tables."""
    whole: bool
    """Whether all rows of a group follow each other."""

    def leave_out(self, rows: "np.ndarray") -> None:
        """Take rows out of what counts; `rows`: their numbers, from 1."""
        import numpy as np

        gone = np.zeros(self.rows + 1, bool)
        gone[rows] = True
        self.counts &= ~gone[1:][self.at]


@dataclass(frozen=True, slots=True)
class _Placed:
    """Groups by position."""

    places: "np.ndarray"
    """(rows,) uint8: each row's place in its group, from 1; 0: not kept."""
    firsts: "np.ndarray"
    """(groups,) int64: the number of each group's first row, from 1."""
    sums: "dict[str, np.ndarray]"
    """(groups,) int64 each: what was added up."""


def facts_of(con: "duckdb.DuckDBPyConnection", runs: Runs, identity: tuple[str, ...]) -> Facts | None:
    """Look at the rows of `typed` that are not in `refused` once; None where positions cannot help.

    Texts are compared by their 64-bit hashes: two neighbours of different groups are taken for one with a
    probability of 2^-64.
    """
    import numpy as np

    rows = _streamed_rows(con)
    if not 0 < rows <= _MOST or runs.key not in identity:
        return None
    rest = [identifier(name) for name in identity if name not in {runs.key, *runs.same}] or ["0"]
    values = (
        f"hash({identifier(runs.key)})",
        f"(hash({', '.join(map(identifier, runs.same))}) >> 32)::UINTEGER",
        f"(hash({', '.join(rest)}) >> 32)::UINTEGER",
        f"coalesce({runs.where}, false)",
    )
    kinds = (np.uint64, np.uint32, np.uint32, np.bool_)
    sound, columns = _by_row(con, values, kinds, "typed", rows)
    refused = con.execute("SELECT _row - 1 AS at FROM refused").to_arrow_table()
    sound[refused.column(0).to_numpy()] = False
    if not sound.all():
        columns = [column[sound] for column in columns]
    key, same, other, counts = columns
    return Facts(rows, np.flatnonzero(sound), key, same, other, counts, _follow(key))


def _streamed_rows(con: "duckdb.DuckDBPyConnection") -> int:
    """Rows of the table that was made while the file was read; 0 where there is none."""
    if con.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'netlift_stream'").fetchone() is None:
        return 0
    counted = con.execute("SELECT count(*) FROM netlift_stream").fetchone()
    return int(counted[0]) if counted else 0


def _by_row(
    con: "duckdb.DuckDBPyConnection", values: tuple[str, ...], kinds: tuple[type, ...], source: str, rows: int
) -> "tuple[np.ndarray, list[np.ndarray]]":
    """By row of the file: whether it is in `source`, and its values there.

    A projection comes in the order of the file, a join does not: then rows say where they belong.
    """
    import numpy as np

    there = np.zeros(rows, bool)
    columns: list[np.ndarray] = [np.zeros(rows, kind) for kind in kinds]
    named = ", ".join(f"{value} AS v{number}" for number, value in enumerate(values))
    query = f"SELECT CAST(_row - 1 AS INTEGER) AS at, {named} FROM {source}"
    for batch in con.execute(query).to_arrow_reader(_BATCH):
        at = batch.column(0).to_numpy()
        where: slice | np.ndarray = at
        if len(at) and bool((at[1:] - at[:-1] == 1).all()):
            where = slice(int(at[0]), int(at[-1]) + 1)
        there[where] = True
        for whole, part in zip(columns, batch.columns[1:], strict=True):
            whole[where] = part.to_numpy(zero_copy_only=False)
    return there, columns


def _follow(key: "np.ndarray") -> bool:
    """Whether equal keys stand together."""
    import numpy as np

    names = np.sort(key[_starts(key)])
    return not bool((names[1:] == names[:-1]).any())


def _starts(key: "np.ndarray") -> "np.ndarray":
    """Where a key differs from the one before."""
    import numpy as np

    return np.append(0, np.flatnonzero(key[1:] != key[:-1]) + 1) if len(key) else np.zeros(0, np.int64)


def twins(facts: Facts) -> "np.ndarray":
    """Numbers (from 1) of the rows that may be duplicates, first ones included: they agree in all hashes."""
    import numpy as np

    same = np.zeros(len(facts.key), bool)
    lengths = np.diff(_starts(facts.key), append=len(facts.key))
    if facts.whole and lengths.max(initial=0) <= _LONGEST:  # only rows of a group can be equal
        for gap in range(1, int(lengths.max(initial=1))):
            for at in _pairs(facts, gap):
                same[at] = same[at + gap] = True
    else:
        mixed = (facts.key >> np.uint64(32)).astype(np.uint32) ^ facts.rest ^ (facts.same << np.uint32(1))
        ordered = np.sort(mixed)
        same = np.isin(mixed, np.unique(ordered[1:][ordered[1:] == ordered[:-1]]))
    return facts.at[same] + 1


def _pairs(facts: Facts, gap: int) -> "Iterator[np.ndarray]":
    """Positions of rows that agree with the row `gap` further on."""
    import numpy as np

    at = np.flatnonzero(facts.rest[gap:] == facts.rest[:-gap])
    at = at[(facts.key[at + gap] == facts.key[at]) & (facts.same[at + gap] == facts.same[at])]
    if len(at):
        yield at


def place(con: "duckdb.DuckDBPyConnection", runs: Runs, facts: Facts | None) -> bool:
    """Make the views `placed` and `placed_heads`; false where groups cannot be told by position.

    That is where rows of a group do not follow each other, or differ in `runs.same`.
    """
    placed = _placed(con, runs, facts) if facts else None
    if placed is None:
        return False
    _make_views(con, placed)
    return True


def _placed(con: "duckdb.DuckDBPyConnection", runs: Runs, facts: Facts) -> "_Placed | None":
    """What is known of the groups; None where they cannot be told by position."""
    import numpy as np

    some = not facts.counts.all()
    at, key, same = (facts.at, facts.key, facts.same)
    if some:
        at, key, same = at[facts.counts], key[facts.counts], same[facts.counts]
    starts = _starts(key)
    lengths = np.diff(starts, append=len(at))
    if not len(at) or lengths.max() > _LONGEST or not (facts.whole or _follow(key)):
        return None
    if bool(((same[1:] != same[:-1]) & (key[1:] == key[:-1])).any()):
        return None
    steps = np.ones(len(at), np.uint8)
    steps[starts[1:]] -= lengths[:-1].astype(np.uint8)  # back to 1, modulo 256
    places = np.zeros(facts.rows, np.uint8)
    places[at] = np.cumsum(steps, dtype=np.uint8)
    queries = tuple(f"CAST({query} AS BIGINT)" for query in runs.sums.values())
    _, values = _by_row(con, queries, (np.int64,) * len(queries), runs.source, facts.rows)
    whole = len(at) == facts.rows
    added = {
        name: np.add.reduceat(column if whole else column[at], starts)
        for name, column in zip(runs.sums, values, strict=True)
    }
    return _Placed(places, at[starts] + 1, added)


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
