"""A workspace opened for profiles: every batch is read, and what several files describe is merged."""

from pathlib import Path

import pyarrow as pa
import pytest

from netlift.data.workspace import DESCRIBED, Workspace
from netlift.engines import Engine, Settings, engine
from netlift.engines.duckdb import DuckDB, holding
from netlift.profiles.overview import overview
from netlift.profiles.table import open_frames, profiles
from netlift.schema import INTERESTS
from tests.profiles.feature_shops import JUNE, at, by_hand, liked, made, table

SPARK = [pytest.mark.spark, pytest.mark.xdist_group("spark")]


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=SPARK)])
def opened(request: pytest.FixtureRequest) -> Engine:
    if request.param == "spark":
        found: Engine = request.getfixturevalue("spark")
        return found
    return engine("duckdb", Settings(threads=1))


def test_customers_described_in_several_files_are_merged_newest_value_first(opened: Engine, tmp_path: Path) -> None:
    """As the workspace itself merges them: for each column the value of the newest file that has one."""
    shop = Workspace.create(tmp_path / "shop")
    shop.write("orders", by_hand()["orders"], "a")
    old = [{"customer_id": "ann", "region": "old", "accepts_marketing": True}, {"customer_id": "cat", "region": "old"}]
    new = [{"customer_id": "ann", "region": "new", "first_seen": at(5, 1)}, {"customer_id": "eve", "region": "new"}]
    for batch, rows in (("z-old", old), ("a-new", new)):
        shop.write("customers", table("customers", rows), batch)
    frames = open_frames(shop, opened)
    got = opened.collect(frames["customers"]).sort_by("customer_id").select(["customer_id", "region", "first_seen"])
    assert got.to_pylist() == shop.table("customers").sort_by("customer_id").select(got.column_names).to_pylist()
    assert got["region"].to_pylist() == ["new", "old", "new"]
    assert set(frames) == {"customers", "orders"}


def test_batches_of_orders_are_all_read_and_profiles_are_those_of_one_table(tmp_path: Path) -> None:
    shop = Workspace.create(tmp_path / "shop")
    for name, whole in by_hand().items():
        cut = 0 if name in DESCRIBED else whole.num_rows // 2
        for batch, part in (("first", whole.slice(0, cut)), ("second", whole.slice(cut))):
            if part.num_rows:
                shop.write(name, part, batch)
    assert len(shop.files("orders")) == 2
    with engine("duckdb", Settings(threads=1)) as laptop:
        got = laptop.collect(profiles(open_frames(shop, laptop), JUNE).sort("customer_id"))
    assert got.equals(made(by_hand()))


def test_the_overview_counts_stages_quantiles_and_interest() -> None:
    """Four customers of the shop by hand: medians of one or two values, and Bob's interest lies all in A."""
    found = overview(made(by_hand()), liked(by_hand()))
    assert found.customers == 4
    assert {stage: n for stage, n in found.stages.items() if n} == {"prospect": 2, "active": 1, "lost": 1}
    figures = {one.name: one for one in found.figures}
    assert figures["recency_days"][1:] == (2, pytest.approx(39.6), 198.0, pytest.approx(356.4))
    assert figures["gap_mean_days"][1:] == (1, 14.5, 14.5, 14.5)
    assert [(one.category, one.customers) for one in found.interests] == [("A", 2), ("D", 1)]
    assert sum(one.interest for one in found.interests) == pytest.approx(1)


def test_the_overview_of_nobody_is_an_error_and_of_no_interests_is_none() -> None:
    from netlift.errors import DataError

    with pytest.raises(DataError, match="nobody was known"):
        overview(made(by_hand()).slice(0, 0), INTERESTS.empty_table())
    assert overview(made(by_hand()), pa.Table.from_pylist([], INTERESTS)).interests == ()


def test_families_joined_as_tables_give_the_same_profiles_and_leave_no_table_behind(tmp_path: Path) -> None:
    shop = Workspace.create(tmp_path / "shop")
    for name, whole in by_hand().items():
        shop.write(name, whole, "made")
    with DuckDB(Settings(threads=1)) as laptop:
        with holding(laptop.connection) as hold:
            held = laptop.collect(profiles(open_frames(shop, laptop), JUNE, hold=hold).sort("customer_id"))
        assert held.equals(made(by_hand()))
        assert laptop.connection.sql("SHOW TABLES").fetchall() == []
