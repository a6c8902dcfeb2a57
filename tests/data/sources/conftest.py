"""What the tests of all formats share: take a fixture into a fresh workspace and look at what came out."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from netlift.data.ingest import Wishes, ingest
from netlift.data.receipt import Receipt
from netlift.data.workspace import Workspace
from netlift.schema import KEYS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIXTURES = Path(__file__).parent.parent / "fixtures"
SHARED = Path(__file__).parents[4] / "shared" / "data"


@dataclass(frozen=True)
class Shop:
    """A workspace with what was taken in, and the receipts."""

    workspace: Workspace
    receipts: tuple[Receipt, ...]

    @property
    def receipt(self) -> Receipt:
        (only,) = self.receipts
        return only

    @property
    def refused(self) -> dict[str, int]:
        return {str(refusal.reason): refusal.rows for refusal in self.receipt.refused}

    def rows(self, name: str) -> list[dict[str, Any]]:
        """A table's rows, sorted by its key."""
        return sorted(self.workspace.table(name).to_pylist(), key=lambda row: [str(row[key]) for key in KEYS[name]])

    def row(self, name: str, **known: object) -> dict[str, Any]:
        """The one row with these values."""
        (found,) = [row for row in self.rows(name) if all(row[column] == value for column, value in known.items())]
        return found

    def column(self, name: str, column: str, **known: object) -> list[Any]:
        """A column of the rows with these values, in the order of the key."""
        return [row[column] for row in self.rows(name) if all(row[other] == value for other, value in known.items())]

    def total(self, name: str, column: str) -> int:
        return sum(value or 0 for value in self.workspace.table(name)[column].to_pylist())


@pytest.fixture(scope="session")
def take_in(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Shop]:
    """Takes fixtures (names) or any paths into a workspace; the same fixtures are taken in once."""
    known: dict[object, Shop] = {}

    def taken(*files: str | Path, **wishes: Any) -> Shop:
        asked = (files, tuple(sorted(wishes.items())))
        if asked not in known:
            workspace = Workspace.create(tmp_path_factory.mktemp("shop"))
            paths = [FIXTURES / file for file in files]  # an absolute path stays what it is
            known[asked] = Shop(workspace, ingest(paths, workspace, Wishes(**wishes), now=NOW))
        return known[asked]

    return taken
