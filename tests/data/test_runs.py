"""Tables made by position are the tables that grouping and joining make; where they cannot be told so, they are not."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from netlift.data import write
from netlift.data.ingest import Wishes, ingest
from netlift.data.runs import Facts, place
from netlift.data.source import Runs
from netlift.data.workspace import Workspace

_COLUMNS = "order_id customer_id ordered_at product_id quantity unit_price discount code order_discount status".split()
_TABLES = ("orders", "order_lines")


def _rows(orders: int, *, longest: int = 5) -> list[str]:
    """Orders one after the other, with lines that cannot be read, returns, and discounts of the whole order."""
    draw, rows = np.random.default_rng(7), []
    for order in range(orders):
        head = f"C{draw.integers(9)},2024-0{1 + 8 * order // orders}-11 10:00:00"
        tail = f"{draw.choice(['', 'SAVE'])},{draw.choice([0, 5.01])},{draw.choice(['paid', 'paid', 'refunded'])}"
        for line in range(longest if order == 3 else draw.integers(1, 5)):
            units = "x" if draw.random() < 0.05 else draw.integers(1, 4)
            rows.append(f"O{order},{head},P{line},{units},{draw.integers(1, 90)}.5,{draw.choice([0, 0.5])},{tail}")
            if draw.random() < 0.1:
                rows.append(f"R{order}-{line},{head},P{line},-1,9.5,0,,0,paid")
    return rows


def _taken_in(folder: Path, rows: list[str], monkeypatch: pytest.MonkeyPatch, *, by_position: bool) -> list[bool]:
    """Ingest into `folder`; gives whether positions were used, for each file."""
    used: list[bool] = []

    def asked(con: duckdb.DuckDBPyConnection, runs: Runs, facts: Facts | None) -> bool:
        used.append(by_position and place(con, runs, facts))
        return used[-1]

    folder.mkdir()
    file = folder / "orders.csv"
    file.write_text("\n".join([",".join(_COLUMNS), *rows]) + "\n", "utf-8")
    monkeypatch.setattr(write, "place", asked)
    mapping = {"order_lines": {name: name for name in _COLUMNS}}
    ingest([file], Workspace.create(folder / "shop"), Wishes(mapping=mapping, currency="EUR"))
    return used


def _first_again(rows: list[str]) -> list[str]:
    """The first order has a further line at the end of the file."""
    return [*rows, rows[0].replace(",P0,", ",P8,")]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(_rows(60), True, id="follow each other"),
        pytest.param(_rows(60, longest=255), True, id="as long as a byte counts"),
        pytest.param(_rows(60, longest=300), False, id="one is too long"),
        pytest.param(_first_again(_rows(60)), False, id="one goes on further down"),
        pytest.param([*_rows(9), "Z,C1,2025-01-01,P1,1,5,0,,0,paid", "Z,C2,2025-01-01,P2,1,5,0,,0,paid"], False,
                     id="two customers in an order"),
    ],
)  # fmt: skip
def test_positions_make_the_same_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[str], expected: bool
) -> None:
    """Both ways give the same rows of orders and order lines, and positions are used only where they tell all."""
    assert _taken_in(tmp_path / "one", rows, monkeypatch, by_position=True) == [expected]
    assert _taken_in(tmp_path / "two", rows, monkeypatch, by_position=False) == [False]
    for name in _TABLES:
        one, two = (f"(FROM read_parquet('{tmp_path}/{way}/shop/tables/{name}/*.parquet'))" for way in ("one", "two"))
        for left, right in ((one, two), (two, one)):
            assert duckdb.sql(f"{left} EXCEPT ALL {right}").fetchall() == []
        assert duckdb.sql(f"SELECT count(*) FROM {one}").fetchall() != [(0,)]
