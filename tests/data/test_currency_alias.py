"""The main currency of a file is found whatever the adapter's columns are called, and huge amounts stop no file."""

from pathlib import Path

import pytest

from netlift.data.ingest import Wishes, ingest
from netlift.data.workspace import Workspace
from netlift.errors import Reason, SourceError

_COLUMNS = "order_id ordered_at product_id quantity unit_price currency code status".split()
_MAPPING = {"order_lines": {name: name for name in _COLUMNS}}


def _file(folder: Path, *rows: str) -> Path:
    file = folder / "orders.csv"
    file.write_text("\n".join([",".join(_COLUMNS), *rows]) + "\n", "utf-8")
    return file


def test_main_currency_beside_a_column_named_code(tmp_path: Path) -> None:
    """Rows are counted by currency, not by coupon code: two EUR rows of two codes outnumber one USD row."""
    file = _file(
        tmp_path,
        "1,2025-01-02,tea,1,3.50,EUR,AAA,paid",
        "2,2025-01-02,tea,1,3.50,EUR,BBB,paid",
        "3,2025-01-02,tea,1,3.50,USD,CCC,paid",
    )
    (receipt,) = ingest([file], Workspace.create(tmp_path / "shop"), Wishes(mapping=_MAPPING))
    assert receipt.currency == "EUR"
    assert [(refusal.reason, refusal.rows) for refusal in receipt.refused] == [(Reason.OTHER_CURRENCY, 1)]


@pytest.mark.parametrize(
    ("amount", "currency"), [("999999999999999", "EUR"), ("9999999999999999.99", "EUR"), ("999999999999999", "KWD")]
)
def test_a_barcode_as_a_price_is_refused_alone(tmp_path: Path, amount: str, currency: str) -> None:
    """More digits than 64-bit minor units hold: that row is a bad amount, the other is kept."""
    file = _file(tmp_path, f"1,2025-01-02,tea,1,3.50,{currency},,paid", f"2,2025-01-02,tea,1,{amount},{currency},,paid")
    (receipt,) = ingest([file], Workspace.create(tmp_path / "shop"), Wishes(mapping=_MAPPING))
    assert receipt.rows_kept == 1
    assert [(refusal.reason, refusal.examples) for refusal in receipt.refused] == [(Reason.BAD_AMOUNT, (2,))]


def test_failed_ingest_leaves_no_workspace(tmp_path: Path) -> None:
    """What `made_for` made is removed when nothing came in; what was there stays."""
    file = _file(tmp_path)
    with pytest.raises(SourceError), Workspace.made_for(tmp_path / "shop") as shop:
        ingest([file], shop)
    assert not (tmp_path / "shop").exists()
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "mine.txt").write_text("x")
    with pytest.raises(SourceError), Workspace.made_for(tmp_path / "old") as shop:
        ingest([file], shop)
    assert [entry.name for entry in (tmp_path / "old").iterdir()] == ["mine.txt"]
