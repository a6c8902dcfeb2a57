"""The data receipt: what came in, what was kept, what was refused and why, how complete it is, and what is missing."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from netlift.data.stage import Refusal
from netlift.data.workspace import Workspace
from netlift.errors import DataError, Reason


@dataclass(frozen=True, slots=True)
class ColumnQuality:
    """How complete and plausible one column of a table is."""

    table: str
    column: str
    filled: float
    """Share of rows that have a value."""
    least: str | None
    """Smallest value, of numbers and times."""
    greatest: str | None
    suspicions: tuple[str, ...] = ()
    """Codes, e.g. `mostly_empty`, `always_the_same`, `before_2000`, `cost_above_price`."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one file; rows in = rows kept + rows refused, exactly."""

    source: str
    """The file as it was given."""
    kind: str = ""
    title: str = ""
    """Format in words."""
    form: str = ""
    encoding: str = ""
    delimiter: str | None = None
    rows_in: int = 0
    rows_kept: int = 0
    rows_refused: int = 0
    refused: tuple[Refusal, ...] = ()
    """By reason, with the numbers of the first rows."""
    orders: int | None = None
    customers: int | None = None
    """Different customers that are known."""
    products: int | None = None
    first: str | None = None
    """Earliest and latest time, ISO 8601 in UTC."""
    last: str | None = None
    currency: str | None = None
    tables: Mapping[str, int] = field(default_factory=dict)
    """Rows written, by table."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """What cleaning did: `outlier_price`, `outlier_quantity`, `refunded_lines`, `winsorised`, `replaced_orders`, ..."""
    columns: tuple[ColumnQuality, ...] = ()
    unknown: tuple[str, ...] = ()
    """Columns of the file that nobody knows."""
    unused: tuple[str, ...] = ()
    """Columns that were left out on purpose."""
    notes: tuple[str, ...] = ()
    """Codes of what is missing and costs something, e.g. `no_cost`."""
    problem: str | None = None
    """Why a file of a folder was passed over."""

    @classmethod
    def passed_over(cls, path: Path, problem: str) -> "Receipt":
        """The receipt of a file in a folder that was not taken in."""
        return cls(source=str(path), problem=problem)

    def to_json(self) -> str:
        """As JSON text; `from_json` reads it back."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Receipt":
        """Read what `to_json` wrote.

        Raises:
            DataError: it is something else.
        """
        try:
            found = json.loads(text)
            found["refused"] = tuple(_refusal(one) for one in found["refused"])
            found["columns"] = tuple(_quality(one) for one in found["columns"])
            plain: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in found.items()}
            return cls(**plain)
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"not a data receipt: {error}") from error

    def save(self, workspace: Workspace, batch: str) -> None:
        """Keep it in the workspace."""
        with workspace.writing(workspace.path / "receipts" / f"{batch}.json") as temporary:
            temporary.write_text(self.to_json() + "\n", "utf-8")


def receipts_of(workspace: Workspace) -> tuple[Receipt, ...]:
    """The receipts of all files in a workspace, by name."""
    files = sorted((workspace.path / "receipts").glob("*.json"))
    return tuple(Receipt.from_json(file.read_text("utf-8")) for file in files)


def _refusal(one: Mapping[str, object]) -> Refusal:
    rows, examples = one["rows"], one["examples"]
    if not isinstance(rows, int) or not isinstance(examples, list):
        raise TypeError(f"not a refusal: {one}")
    return Refusal(Reason(str(one["reason"])), rows, tuple(examples))


def _quality(one: Mapping[str, object]) -> ColumnQuality:
    suspicions = one.get("suspicions")
    plain = {name: value for name, value in one.items() if name != "suspicions"}
    return ColumnQuality(**plain, suspicions=tuple(suspicions) if isinstance(suspicions, list) else ())  # type: ignore[arg-type]
