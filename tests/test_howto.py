"""The how-to for a new data source is run as it is printed: its adapter, on its file, through `ingest`."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from netlift.data.ingest import Wishes, ingest
from netlift.data.receipt import Receipt
from netlift.data.source import SOURCES, Source
from netlift.data.workspace import Workspace
from netlift.errors import Reason

NOW = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def page(repository: Path) -> str:
    return (repository / "docs" / "howto" / "new-data-source.md").read_text(encoding="utf-8")


@pytest.fixture
def till(page: str, monkeypatch: pytest.MonkeyPatch) -> type[Source]:
    """The adapter that the page prints, known to the program as if it lay in the folder."""
    found = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(compile(found[1], "new-data-source.md", "exec"), names)  # noqa: S102 - our own page
    adapter: type[Source] = names["ExampleTill"]
    monkeypatch.setitem(SOURCES._load(), adapter.kind, adapter)
    return adapter


@pytest.fixture
def file(page: str, tmp_path: Path) -> Path:
    """The file that the page shows."""
    lines = [line.strip() for line in page.splitlines() if line.startswith("    R") and ";" in line]
    path = tmp_path / "monday.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def taken(till: type[Source], file: Path, tmp_path: Path) -> tuple[Receipt, Workspace]:
    workspace = Workspace.create(tmp_path / "shop")
    (receipt,) = ingest([file], workspace, Wishes(currency="EUR"), now=NOW)
    return receipt, workspace


def rows(workspace: Workspace, table: str) -> list[dict[str, Any]]:
    (part,) = workspace.files(table)
    return list(pq.read_table(part).to_pylist())


def test_the_example_is_recognised_among_all_formats(taken: tuple[Receipt, Workspace], till: type[Source]) -> None:
    assert taken[0].kind == till.kind


def test_the_example_is_read_as_the_page_says(taken: tuple[Receipt, Workspace]) -> None:
    """By hand: two teas at 4.50 less 0.90 and a cup at 7.00 make 16.00 less 0.90; the return is refused."""
    receipt, workspace = taken
    assert (receipt.rows_in, receipt.rows_kept) == (3, 2)
    assert [(refusal.reason, refusal.rows) for refusal in receipt.refused] == [(Reason.NEGATIVE_QUANTITY, 1)]
    (order,) = rows(workspace, "orders")
    assert (order["order_id"], order["list_minor"], order["discount_minor"]) == ("R1", 1600, 90)
    assert order["ordered_at"] == datetime(2024, 5, 3, 9, 15, tzinfo=UTC)
    assert order["customer_id"] not in {None, "C-77"}
    assert [(line["line"], line["product_id"], line["quantity"]) for line in rows(workspace, "order_lines")] == [
        (1, "4006", 2),
        (2, "1200", 1),
    ]
    assert {row["name"] for row in rows(workspace, "products")} == {"Tea", "Cup"}
