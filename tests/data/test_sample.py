"""The data that ship with the package: small, whole households, and made by the script that ships with them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from netlift.data.ingest import ingest
from netlift.data.sample import FOLDER
from netlift.data.sample.make import HOUSEHOLDS, draw, sample
from netlift.data.workspace import Workspace

WHOLE = Path(__file__).parents[3] / "shared" / "data" / "complete_journey"
needs_the_year = pytest.mark.skipif(
    not WHOLE.exists(), reason="needs ../shared/data/complete_journey (84.51°, CC0 as R package completejourney)"
)


def read(name: str) -> pa.Table:
    return pq.read_table(FOLDER / f"{name}.parquet")


def test_it_is_small_and_says_where_it_comes_from() -> None:
    """At most 6 MB; origin, terms and the table of its files stand beside it."""
    assert sum(file.stat().st_size for file in FOLDER.iterdir() if file.is_file()) <= 6_000_000
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(word in readme for word in ("84.51°", "CC0", "MIT", "Complete Journey 2.0"))
    for file in FOLDER.glob("*.parquet"):
        assert f"| `{file.name}` | {pq.read_metadata(file).num_rows:,} |" in readme


def test_its_files_belong_together() -> None:
    """Everybody in a campaign or redemption bought something; coupons and descriptions are of those campaigns."""
    bought = set(read("transactions")["household_id"].to_pylist())
    assert len(bought) == HOUSEHOLDS == 900
    for name in ("campaigns", "coupon_redemptions", "demographics"):
        assert set(read(name)["household_id"].to_pylist()) <= bought
    campaigns = set(read("campaigns")["campaign_id"].to_pylist())
    assert set(read("campaign_descriptions")["campaign_id"].to_pylist()) == campaigns
    assert set(read("coupons")["campaign_id"].to_pylist()) <= campaigns


def test_the_draw_depends_on_nothing_but_the_numbers() -> None:
    """The same households whatever the order in which they come."""
    numbers = list(range(1, 200))
    assert draw(numbers, 20) == draw(numbers[::-1], 20)
    assert len(set(draw(numbers, 20))) == 20


@needs_the_year
def test_the_script_makes_what_ships() -> None:
    """Whole households: every row of theirs is there, in the order of the full data."""
    made = sample(WHOLE)
    assert set(made) == {file.stem for file in FOLDER.glob("*.parquet")}
    for name, table in made.items():
        assert read(name).equals(table.replace_schema_metadata(None)), name


@pytest.mark.slow
def test_the_sample_becomes_a_workspace(tmp_path: Path) -> None:
    """537,296 rows: 2,123 have no quantity, 1,760 are no product; the money of the rest as the file has it."""
    import duckdb

    workspace = Workspace.create(tmp_path)
    receipts = {receipt.kind: receipt for receipt in ingest([FOLDER], workspace)}
    sales = receipts["complete_journey_transactions"]
    assert sales.rows_in == 537_296
    found = duckdb.sql(
        "SELECT sum(CAST(sales_value * 100 AS DECIMAL(18, 0))), count(*) FROM "
        f"'{FOLDER}/transactions.parquet' LEFT JOIN '{FOLDER}/products.parquet' USING (product_id) "
        "WHERE quantity > 0 AND NOT coalesce(department = 'COUPON' OR product_type LIKE '%GIFT CARD%' "
        "OR product_type LIKE 'MISC SALES TRAN%', false)"
    ).fetchone()
    lines = workspace.table("order_lines")
    received = sum(
        row["list_minor"] - row["discount_minor"] + row["funded_minor"]
        for row in lines.select(["list_minor", "discount_minor", "funded_minor"]).to_pylist()
    )
    assert (received, sales.rows_kept) == found
    assert set(workspace.names) >= {"orders", "exposures", "promotions", "promotion_products", "coupons"}
