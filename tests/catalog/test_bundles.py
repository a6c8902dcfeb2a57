"""Bundles: they keep their margin whatever the prices, rest on what is significant, and are of goods that are there."""

import numpy as np
import pyarrow as pa
import pytest

from netlift.catalog.baskets import Baskets
from netlift.catalog.bundles import Terms, bundles
from netlift.catalog.rules.mining import frequent_sets
from netlift.catalog.rules.rules import rules
from netlift.errors import ConfigError, DataError


def found(seed: int = 0) -> pa.Table:
    """Six pairs that go together among 30 products, and one triple."""
    rng = np.random.default_rng(seed)
    held = rng.random((5000, 30)) < 0.04
    for first in range(0, 12, 2):
        held[:, first + 1] |= held[:, first] & (rng.random(5000) < 0.5)
    held[:, 14] |= held[:, 12] & held[:, 13]
    both = rng.random(5000) < 0.05
    held[:, 12:15] |= both[:, None] & (rng.random((5000, 3)) < 0.8)
    order, product = np.nonzero(held)
    names = pa.array([f"p{i:02}" for i in range(30)])
    return rules(frequent_sets(Baskets.of(pa.table({"order_id": order, "product_id": names.take(pa.array(product))}))))


def goods(seed: int = 0, **columns: list[object]) -> pa.Table:
    rng = np.random.default_rng(seed)
    price = rng.integers(1, 2000, 30)
    cost = (price * rng.uniform(0.2, 1.1, 30)).astype(int)
    return pa.table({"product_id": [f"p{i:02}" for i in range(30)], "price_minor": price, "cost_minor": cost} | columns)


@pytest.mark.parametrize("seed", range(20))
def test_every_bundle_keeps_its_margin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    terms = Terms(depth=float(rng.uniform(0.05, 0.6)), margin=float(rng.uniform(0, 0.5)), level=1.0)
    table, shelf = found(), goods(seed)
    known = {row["product_id"]: row for row in shelf.to_pylist()}
    for row in bundles(table, shelf, terms).to_pylist():
        listed, cost = (sum(known[one][name] for one in row["products"]) for name in ("price_minor", "cost_minor"))
        assert (row["list_minor"], row["cost_minor"], row["margin_minor"]) == (listed, cost, row["price_minor"] - cost)
        assert row["margin_minor"] >= terms.margin * row["price_minor"] - 1e-6
        assert terms.least_off - 1e-9 <= row["off"] <= terms.depth + 1e-9
        if row["margin_minor"]:
            today, more = 1000, 1000 * (1 + row["break_even"])
            assert more * row["margin_minor"] == pytest.approx(today * (listed - cost))


def test_only_what_belongs_together_is_bundled() -> None:
    shelf = goods().set_column(2, "cost_minor", pa.array([1] * 30)).set_column(1, "price_minor", pa.array([1000] * 30))
    rows = bundles(found(), shelf).to_pylist()
    sets = {tuple(row["products"]) for row in rows}
    planted = {(f"p{i:02}", f"p{i + 1:02}") for i in range(0, 12, 2)}
    triple = {("p12", "p13"), ("p12", "p14"), ("p13", "p14"), ("p12", "p13", "p14")}
    assert planted | triple >= sets >= planted | {("p12", "p13")}
    assert all(row["q_value"] <= 0.05 and row["lift"] > 1 for row in rows)
    worth = [row["margin_minor"] * row["baskets"] for row in rows]
    assert worth == sorted(worth, reverse=True)
    assert bundles(found(), shelf, Terms(most=2)).to_pylist() == rows[:2]


def test_what_is_not_there_is_not_bundled() -> None:
    shelf = goods().set_column(2, "cost_minor", pa.array([0] * 30))
    sold_out = shelf.append_column("available", pa.array([0.0] * 15 + [None] * 15))
    assert bundles(found(), sold_out).num_rows == 0
    unknown = shelf.set_column(2, "cost_minor", pa.array([None] * 30, pa.int64()))
    assert bundles(found(), unknown).num_rows == 0
    assert bundles(found().slice(0, 0), shelf).num_rows == 0
    assert bundles(found(), shelf.slice(0, 0)).num_rows == 0


def test_what_cannot_be_asked_is_refused() -> None:
    for wrong in ({"depth": 0.0}, {"margin": 1.0}, {"least_off": 0.5}, {"level": 2.0}, {"most": 0}):
        with pytest.raises(ConfigError):
            Terms(**wrong)
    with pytest.raises(DataError, match="no column 'cost_minor'"):
        bundles(found(), goods().drop_columns("cost_minor"))
    with pytest.raises(DataError, match="twice"):
        bundles(found(), pa.concat_tables([goods(), goods()]))
