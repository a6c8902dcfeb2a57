"""Prices: what was valid when, the lowest before a cut, and what is refused."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from netlift.catalog.prices import PriceHistory
from netlift.errors import ConfigError, DataError
from netlift.schema import PRICES

START = datetime(2026, 1, 1, tzinfo=UTC)


def day(number: float) -> datetime:
    return START + timedelta(days=number)


def history(*rows: tuple[str, float, float | None, int | None, str | None]) -> PriceHistory:
    names = ("product_id", "starts_at", "ends_at", "price_minor", "region")
    told = [
        dict(zip(names, (product, day(start), None if end is None else day(end), price, region), strict=True))
        for product, start, end, price, region in rows
    ]
    return PriceHistory.of(pa.Table.from_pylist(told, schema=PRICES))


def test_the_lowest_of_thirty_and_of_seven_days() -> None:
    prices = history(("tea", 0, 60, 500, None), ("tea", 60, 65, 350, None), ("tea", 65, None, 480, None))
    assert prices.lowest_before("tea", day(60)) == 500
    assert prices.lowest_before("tea", day(80)) == 350
    assert prices.lowest_before("tea", day(80), 7) == 480
    assert prices.lowest_before("tea", day(95)) == 480  # the cheap days ended 30 days before to the moment
    assert prices.lowest_before("tea", day(94.999)) == 350
    assert (prices.at("tea", day(64.9)), prices.at("tea", day(65)), prices.at("tea", day(-1))) == (350, 480, None)
    assert prices.lowest_before("tea", day(0)) is None
    twice = history(("tea", 0, None, 500, None), ("tea", 0, None, 400, None), ("tea", 9, None, 450, None))
    assert (twice.at("tea", day(8)), twice.lowest_before("tea", day(40))) == (400, 450)
    assert prices.lowest_before("cup", day(9)) is None


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_lowest_of_the_prices_hour_by_hour(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, start = [], 0
    while start < 60 * 24:
        end = start + int(rng.integers(1, 300))
        rows.append(("tea", start / 24, end / 24, int(rng.integers(100, 900)), None))
        start = end + int(rng.integers(0, 2)) * int(rng.integers(0, 100))  # some days without a price
    prices = history(*(rows[i] for i in rng.permutation(len(rows))))
    for _ in range(20):
        hour, days = int(rng.integers(0, 70 * 24)), int(rng.integers(1, 40))
        hourly = [prices.at("tea", day(one / 24)) for one in range(hour - days * 24, hour)]
        assert prices.lowest_before("tea", day(hour / 24), days) == min(
            (price for price in hourly if price is not None), default=None
        )


def test_regions_have_prices_of_their_own() -> None:
    prices = history(("tea", 0, None, 500, None), ("tea", 10, 20, 400, "north"), ("tea", 30, None, 450, None))
    assert prices.at("tea", day(15), "north") == 400
    assert prices.at("tea", day(15), "south") == prices.at("tea", day(15)) == 500
    assert prices.lowest_before("tea", day(30), 30, "north") == 400
    assert prices.lowest_before("tea", day(30), 30) == 500
    assert prices.at("tea", day(31), "north") == 450


def test_a_cut_from_a_price_that_was_raised_before_is_none() -> None:
    rows = [
        ("tea", 0, 50, 400, None),
        ("tea", 50, 60, 600, None),
        ("tea", 60, 70, 420, None),
        ("tea", 70, 80, 300, None),
    ]
    table = history(*rows, ("tea", 200, 210, 100, None)).cuts().to_pylist()
    assert [(row["before_minor"], row["price_minor"], row["lowest_minor"]) for row in table] == [
        (600, 420, 400),
        (420, 300, 400),
    ]
    assert table[0]["off"] == pytest.approx(-0.05)
    assert table[1]["off"] == pytest.approx(0.25)
    assert table[1]["starts_at"] == day(70)


def test_nothing_and_rows_without_a_price() -> None:
    assert history().cuts().num_rows == 0
    assert history(("tea", 0, None, None, None)).at("tea", day(1)) is None
    free = history(("tea", 0, 10, 0, None), ("tea", 10, None, 0, None))
    assert (free.at("tea", day(1)), free.cuts().num_rows) == (0, 0)


def test_what_is_no_price_is_refused() -> None:
    with pytest.raises(DataError, match="ends before it begins"):
        history(("tea", 5, 5, 100, None))
    with pytest.raises(DataError, match="below 0"):
        history(("tea", 5, 6, -1, None))
    with pytest.raises(DataError, match="no column 'starts_at'"):
        PriceHistory.of(pa.table({"product_id": ["tea"]}))
    prices = history(("tea", 0, None, 100, None))
    with pytest.raises(ConfigError, match="0 days"):
        prices.lowest_before("tea", day(1), 0)
    with pytest.raises(ConfigError, match="time zone"):
        prices.at("tea", datetime(2026, 1, 1))  # noqa: DTZ001
