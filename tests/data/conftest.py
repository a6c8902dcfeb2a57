"""What the tests of reading and cleaning share: a small file of order lines, written and taken in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netlift.data.ingest import Wishes, ingest
from netlift.data.workspace import Settings, Workspace
from tests.data.sources.conftest import NOW, Shop

HEAD = "order_id,ordered_at,product_id,quantity,unit_price,currency\n"
"""The plain names of order lines, which are recognised without a mapping."""


def line(order: object, product: str = "tea", **other: str) -> str:
    """One order line: two units at 3.50 EUR on 2 January 2025, but for what is said."""
    values = {"at": "2025-01-02 10:00:00", "quantity": "2", "price": "3.50", "currency": "EUR"} | other
    return f"{order},{values['at']},{product},{values['quantity']},{values['price']},{values['currency']}\n"


def balanced(shop: Shop) -> Shop:
    """The shop, if every row of every file was kept or refused."""
    for receipt in shop.receipts:
        assert receipt.rows_in == receipt.rows_kept + sum(refusal.rows for refusal in receipt.refused)
        assert receipt.rows_refused == sum(refusal.rows for refusal in receipt.refused)
        assert all(0 < row <= receipt.rows_in for refusal in receipt.refused for row in refusal.examples)
    return shop


@pytest.fixture
def shop_folder(tmp_path: Path) -> Path:
    """Where the workspace of a test lies."""
    return tmp_path / "shop"


@pytest.fixture
def take(tmp_path: Path, shop_folder: Path) -> Callable[..., Shop]:
    """Writes a text or bytes to a file and takes it in; other words are wishes, `settings` those of the workspace."""

    def taken(content: str | bytes, name: str = "orders.csv", settings: Settings | None = None, **wishes: Any) -> Shop:
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        workspace = Workspace.create(shop_folder, settings)
        return balanced(Shop(workspace, ingest([file], workspace, Wishes(**wishes), now=NOW)))

    return taken
