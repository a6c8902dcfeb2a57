"""The data receipt: what came in, what was kept, what was refused and why, and what is missing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from netlift.data.source import Peek, Reading, Source
from netlift.data.stage import Refusal
from netlift.data.workspace import Workspace
from netlift.data.write import Written
from netlift.errors import Reason

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class ColumnQuality:
    """How complete and plausible one column of a table is."""

    table: str
    column: str
    filled: float
    """Share of rows that have a value."""
    least: str | None
    greatest: str | None
    suspicions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one file."""

    source: str
    kind: str = ""
    title: str = ""
    form: str = ""
    encoding: str = ""
    delimiter: str | None = None
    rows_in: int = 0
    rows_kept: int = 0
    refused: tuple[Refusal, ...] = ()
    tables: Mapping[str, int] = field(default_factory=dict)
    currency: str | None = None
    first: str | None = None
    last: str | None = None
    columns: tuple[ColumnQuality, ...] = ()
    unknown: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str | None = None

    @classmethod
    def passed_over(cls, path: Path, problem: str) -> "Receipt":
        """The receipt of a file in a folder that was not taken in."""
        return cls(source=str(path), problem=problem)

    def to_json(self) -> str:
        """As JSON text."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2, default=str)

    @classmethod
    def from_json(cls, text: str) -> "Receipt":
        """Read what `to_json` wrote."""
        found = json.loads(text)
        found["refused"] = tuple(
            Refusal(Reason(r["reason"]), r["rows"], tuple(r["examples"])) for r in found["refused"]
        )
        found["columns"] = tuple(ColumnQuality(**{**c, "suspicions": tuple(c["suspicions"])}) for c in found["columns"])
        return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in found.items()})

    def save(self, workspace: Workspace, batch: str) -> None:
        """Keep it in the workspace."""
        with workspace.writing(workspace.path / "receipts" / f"{batch}.json") as temporary:
            temporary.write_text(self.to_json() + "\n", "utf-8")


def receipt_of(
    con: "duckdb.DuckDBPyConnection",
    peek: Peek,
    source: Source,
    reading: Reading,
    used: frozenset[str] | None,
    rows_in: int,
    rows_kept: int,
    refused: Sequence[Refusal],
    currency: str | None,
    written: Mapping[str, Written],
) -> Receipt:
    """Put together what the engine found."""
    known = set(peek.columns) if used is None else used | set(reading.unused)
    return Receipt(
        source=str(peek.path),
        kind=source.kind,
        title=source.title,
        form=peek.form,
        encoding=peek.encoding,
        delimiter=peek.delimiter,
        rows_in=rows_in,
        rows_kept=rows_kept,
        refused=tuple(refused),
        tables={name: table.rows for name, table in written.items()},
        currency=currency,
        unknown=tuple(name for name in peek.columns if name not in known),
        unused=tuple(reading.unused),
        notes=tuple(reading.notes),
    )
