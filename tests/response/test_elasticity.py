"""Elasticities: known answers of a public data set, planted truths, and honest words where nothing can be known."""

import csv
import gzip
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.history.shop import Shop, Terms, connect, open_shop
from netlift.response.elasticity import Elasticities, elasticities
from netlift.response.elasticity_fit import log_log, poisson
from netlift.response.elasticity_panel import Panel, price_panel
from netlift.response.elasticity_pool import Found, pool
from netlift.types import Grade
from tests.evaluation.tiny import day, line, orders_of, rows
from tests.response.price_worlds import World, world


def orange_juice(repository: Path) -> Iterator[dict[str, str]]:
    path = repository.parent / "shared" / "data" / "orange_juice" / "oj_prices.csv.gz"
    if not path.is_file():
        pytest.skip("the orange juice prices may not be committed and are not here")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def test_orange_juice_to_the_digits_that_others_found(repository: Path) -> None:
    """Taddy's analysis of Dominick's prices: -1.6013 without brands, -3.1387 with them, and each brand alone."""
    juice = list(orange_juice(repository))
    sales, price = (np.array([float(row[name]) for row in juice]) for name in ("sales", "price"))
    brand = np.array([row["brand"] for row in juice])
    assert round(log_log(sales, price).elasticity, 4) == -1.6013
    assert round(log_log(sales, price, level=brand).elasticity, 4) == -3.1387
    alone = {name: log_log(sales[brand == name], price[brand == name]).elasticity for name in sorted(set(brand))}
    assert {name: round(found, 4) for name, found in alone.items()} == {
        "dominicks": -3.3775,
        "minute.maid": -3.3207,
        "tropicana": -2.7118,
    }


def test_log_log_clusters_are_wider_where_errors_go_together() -> None:
    """Every row doubled: the slope stays, HC1 halves its variance, clusters of the twins do not."""
    rng = np.random.default_rng(3)
    price = rng.uniform(1, 2, 100)
    sales = np.exp(-2 * np.log(price) + 0.3 * rng.normal(size=100))
    once = log_log(sales, price, cluster=np.arange(100))
    twice = log_log(np.tile(sales, 2), np.tile(price, 2), cluster=np.tile(np.arange(100), 2))
    naive = log_log(np.tile(sales, 2), np.tile(price, 2))
    assert twice.elasticity == pytest.approx(once.elasticity)
    assert twice.se == pytest.approx(once.se)
    assert naive.se == pytest.approx(once.se / math.sqrt(2), rel=0.01)


@pytest.mark.parametrize(
    ("sales", "price", "text"),
    [
        ([1.0, 0.0, 1.0], [1.0, 2.0, 3.0], "above 0"),
        ([1.0, 2.0], [1.0, 2.0], "at least 3"),
        ([1.0, 2.0, 3.0], [2.0, 2.0, 2.0], "does not move"),
        ([1.0, 2.0, 3.0], [1.0, math.nan, 2.0], "above 0"),
    ],
)
def test_log_log_says_what_is_wrong(sales: list[float], price: list[float], text: str) -> None:
    with pytest.raises(EstimationError, match=text):
        log_log(sales, price)


def test_poisson_by_hand() -> None:
    """One level, 10 units at price 1 and 40 at price 1/2: the slope is log 4 / log 1/2 = -2."""
    x = np.log(np.array([[1.0], [0.5], [1.0], [0.5]]))
    quantity, level = np.array([9.0, 38.0, 11.0, 42.0]), np.zeros(4, dtype=np.int64)
    assert poisson(quantity, x, level, None, np.array([0, 0, 1, 1])).estimate[0] == pytest.approx(-2.0)


def test_poisson_survives_weeks_without_sales_and_shared_weeks() -> None:
    """Week effects of any size do not move a slope that is exact in expectation."""
    price = np.array([0.0, 0.0, 0.0, -0.2, 0.0, 0.0, -0.2, 0.0])
    week, level = np.tile(np.arange(4), 2), np.repeat([0, 1], 4)
    quantity = np.exp(-3.0 * price + np.array([0.0, 2.0, -1.0, 1.0])[week]) * np.array([5.0, 50.0])[level]
    found = poisson(quantity, price[:, None], level, week, level)
    assert found.estimate[0] == pytest.approx(-3.0, abs=1e-6)


@pytest.fixture(scope="module")
def planted() -> list[tuple[World, Elasticities]]:
    worlds = [world(seed) for seed in range(12)]
    return [(one, elasticities(one.panel)) for one in worlds]


def test_planted_elasticities_are_found_without_bias(planted: list[tuple[World, Elasticities]]) -> None:
    """Twelve shops of 120 products; the mean error of each figure is within 3 of its own standard errors."""
    for read, truth in (
        (lambda found: found.own.estimate, -2.2),
        (lambda found: found.cross.estimate, 0.6),
        (lambda found: found.past.estimate, 0.5),
    ):
        errors = np.array([read(found) - truth for _, found in planted])
        assert abs(errors.mean()) < 3 * errors.std(ddof=1) / math.sqrt(len(errors))


def test_intervals_of_products_hold_what_they_promise(planted: list[tuple[World, Elasticities]]) -> None:
    """90 % intervals of 1,440 pooled products; pooling halves the error of the products' own figures at least."""
    held, raw, shrunk = [], [], []
    for one, found in planted:
        error = found.pooled.product - one.slope
        held.append(np.abs(error) < 1.645 * np.hypot(found.pooled.product_se, found.carried))
        told = np.isfinite(found.raw)
        raw.append(((found.raw - one.slope)[told] ** 2).mean())
        shrunk.append((error**2).mean())
    assert 0.85 < np.mean(held) < 0.95
    assert math.sqrt(np.mean(shrunk)) < 0.5 * math.sqrt(np.mean(raw))


def test_where_prices_do_nothing_nothing_is_found() -> None:
    """Ten shops whose quantities ignore prices: 90 % intervals of the shop's elasticity leave zero at most thrice."""
    quiet = [elasticities(world(seed, slope=0.0, spread=0.0, cross=0.0, past=0.0).panel).own for seed in range(10)]
    assert sum(abs(one.estimate) > 1.645 * one.se for one in quiet) <= 3
    assert max(abs(one.estimate) for one in quiet) < 0.4


def test_the_placebo_notices_cuts_that_follow_good_weeks() -> None:
    """Prices lowered in the week after unusual demand: next week's price seems to matter, and the grade falls."""
    found = [elasticities(world(seed, planner="after_peaks").panel) for seed in range(4)]
    assert [one.grade for one in found] == [Grade.WEAK] * 4
    assert all(one.checks[0].passed is False for one in found)


def test_a_clean_panel_is_quasi_experimental(planted: list[tuple[World, Elasticities]]) -> None:
    assert sum(found.grade is Grade.QUASI for _, found in planted) >= 10


def test_products_that_sell_more_when_dearer_stay_so_and_are_named() -> None:
    """One product's true elasticity is +3 among 29 of -2: pooled towards them, kept positive, and listed."""
    rng = np.random.default_rng(5)
    product, week = np.repeat(np.arange(30), 60), np.tile(np.arange(60), 30)
    price = np.where(rng.random(1800) < 0.3, 0.8, 1.0)
    slope = np.where(product == 7, 3.0, -2.0)
    found = elasticities(Panel.of(product, week, rng.poisson(400 * price**slope), price))
    odd = found.products.index("7")
    assert found.upside_down.tolist() == [odd]
    assert 0 < found.pooled.product[odd] < found.raw[odd]
    assert found.table().to_pylist()[odd]["upside_down"] is True


def test_a_product_whose_price_never_moves_gets_its_category(planted: list[tuple[World, Elasticities]]) -> None:
    found = planted[0][1]
    still = np.flatnonzero(np.isnan(found.raw))
    assert len(still)
    assert found.pooled.product_weight[still].max() == 0
    assert found.pooled.product[still] == pytest.approx(found.pooled.category[found.category[still]])


def test_rows_in_any_order_give_the_same_answer() -> None:
    rng = np.random.default_rng(8)
    product, week = np.repeat(np.arange(25), 40), np.tile(np.arange(40), 25)
    price = np.where(rng.random(1000) < 0.2, 0.9, 1.0)
    quantity = rng.poisson(20 * price**-2)
    order = rng.permutation(1000)
    one = elasticities(Panel.of(product, week, quantity, price))
    other = elasticities(Panel.of(product[order], week[order], quantity[order], price[order]))
    assert one.table().equals(other.table())


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (([], [], [], []), "needs rows"),
        ((["a"], [0], [1, 2], [1.0]), "one length"),
        ((["a"], [0], [-1], [1.0]), "at least 0"),
        ((["a"], [0], [1], [0.0]), "above 0"),
        ((["a", "a"], [0, 0], [1, 1], [1.0, 1.0]), "same product, region and week"),
    ],
)
def test_a_bad_panel_is_refused(columns: tuple[list[object], ...], text: str) -> None:
    with pytest.raises(EstimationError, match=text):
        Panel.of(*columns)


@pytest.mark.parametrize("price", [[1.0] * 30, [1.0] * 29 + [0.5]])
def test_prices_that_never_move_or_only_with_nothing_sold(price: list[float]) -> None:
    """Nothing is sold at the only lower price: no finite slope would be believed."""
    quantity = [5] * 29 + [0 if price[-1] < 1 else 5]
    if price[-1] == 1:
        with pytest.raises(EstimationError, match="do not move"):
            elasticities(Panel.of(["a"] * 30, range(30), quantity, price))
    else:
        with pytest.raises(EstimationError):
            elasticities(Panel.of(["a"] * 30, range(30), quantity, price))


def test_pooling_by_hand() -> None:
    """Two exact groups: no spread within, so every product is its category; the shop lies between the categories."""
    exact = np.eye(3) * 0.01
    found = [Found(0, np.arange(3), np.full(3, -1.0), exact), Found(1, np.arange(3, 6), np.full(3, -3.0), exact)]
    pooled = pool(found, 7, np.array([0, 0, 0, 1, 1, 1, 1]), 2)
    assert pooled.between_products == 0
    assert pooled.product[6] == pytest.approx(pooled.category[1])  # it has no figure of its own
    assert -3 <= pooled.category[1] < pooled.shop < pooled.category[0] <= -1
    assert pooled.shop == pytest.approx(-2.0)
    with pytest.raises(EstimationError, match="nothing to pool"):
        pool([], 1, np.array([0]), 1)


def shop(*lines: dict[str, object], code: str | None = None) -> Shop:
    tables = {
        "order_lines": rows("order_lines", lines),
        "orders": rows("orders", orders_of(lines, code)),
        "products": rows("products", [{"product_id": "soap", "category": "wash"}]),
    }
    return open_shop(connect(tables), Terms())


def test_a_panel_from_a_shop_by_hand() -> None:
    """Weeks begin on Monday (5 January 2026 is day 4); the week without sales has the usual price and quantity 0."""
    found = price_panel(
        shop(
            line("a", "ann", day(4), "soap", quantity=2.0, list_minor=2000),
            line("b", "bob", day(5), "soap", discount_minor=200),
            line("c", "cat", day(18), "soap"),
            line("d", "dan", day(19), "soap", list_minor=1000, discount_minor=1000),
            line("e", "eve", day(19), "soap", quantity=1e-9, list_minor=10**12),
        ),
        least_weeks=2,
        least_units=1,
    )
    assert found.quantity.tolist() == [3, 0, 1]  # nothing given away, and no dust
    assert found.week.tolist() == [0, 1, 2]
    assert np.exp(found.price - found.price[2]).round(3).tolist() == [0.9, 0.9, 1.0]
    assert found.filled == pytest.approx(1 / 3)
    assert found.past[2] == pytest.approx(found.price[:2].sum() / 4)


def test_coded_orders_and_days_that_are_not_known_yet_stay_out() -> None:
    lines = [line(f"o{n}", "ann", day(7 * n), "soap") for n in range(6)]
    assert price_panel(shop(*lines), least_weeks=2, least_units=1).rows == 6
    until = int(day(20).timestamp() // 86_400)
    assert price_panel(shop(*lines), until=until, least_weeks=2, least_units=1).rows == 3
    from netlift.errors import DataError

    with pytest.raises(DataError, match="no product was sold"):
        price_panel(shop(*lines, code="SAVE"), least_weeks=2, least_units=1)
