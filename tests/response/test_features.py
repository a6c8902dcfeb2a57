"""Profiles as of a moment: from one text of SQL for all days, the same as those made for the day alone."""

from datetime import UTC, datetime, timedelta

import narwhals as nw
import pytest

from netlift.history.shop import Shop, Terms, connect, day_number, open_shop
from netlift.profiles.interests import interests
from netlift.profiles.table import profiles
from netlift.response.features import moment
from netlift.schema import TABLES
from netlift.simulate import presets, simulate


@pytest.fixture(scope="module")
def shop() -> Shop:
    return open_shop(connect(simulate(presets.tiny(1)).tables), Terms())


def test_a_moment_is_what_profiles_are_for_its_day_alone(shop: Shop) -> None:
    day = day_number(shop.span.end) - 57
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)
    frames = {table: nw.from_native(shop.con.table(table)).lazy() for table in TABLES if table != "samples"}
    found = moment(shop, day, "here")
    wanted = profiles(frames, at).to_native().to_arrow_table()
    wanted = wanted.sort_by("customer_id")
    ((mine, _),) = found.parts(interests=False)
    assert mine.num_rows == found.customers == wanted.num_rows > 100
    assert mine["place"].to_pylist() == list(range(mine.num_rows))
    assert mine.select(wanted.column_names).to_pylist() == wanted.to_pylist()
    liked = (
        interests(frames, at)
        .to_native()
        .to_arrow_table()
        .sort_by([(key, "ascending") for key in ("customer_id", "category")])
    )
    assert (
        shop.con.execute("FROM interests_here ORDER BY customer_id, category").to_arrow_table().to_pylist()
        == liked.to_pylist()
    )
    found.drop()
    assert not shop.con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE '%_here'").fetchone()[0]  # type: ignore[index]
