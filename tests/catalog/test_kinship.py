"""Kinship: planted complements and substitutes are found, and chance and large baskets make none."""

import numpy as np
import pyarrow as pa
import pytest

from netlift.catalog.baskets import Baskets
from netlift.catalog.kinship import Kin, kinship
from netlift.errors import ConfigError


def table(held: np.ndarray) -> Baskets:
    order, product = np.nonzero(held)
    names = pa.array([f"p{i:03}" for i in range(held.shape[1])])
    return Baskets.of(pa.table({"order_id": order, "product_id": names.take(pa.array(product))}))


def dinners(seed: int, baskets: int = 8000, dishes: int = 8) -> Baskets:
    """Each dish takes three sides, which go together, and one of two brands of the main thing; 40 other products."""
    rng = np.random.default_rng(seed)
    held = np.zeros((baskets, dishes * 5 + 40), bool)
    held[:, dishes * 5 :] = rng.random((baskets, 40)) < 0.06
    cooked = rng.random((baskets, dishes)) < 0.1
    for dish in range(dishes):
        first = rng.random(baskets) < 0.5
        held[:, dish * 5] = cooked[:, dish] & first
        held[:, dish * 5 + 1] = cooked[:, dish] & ~first
        for side in (2, 3, 4):
            held[:, dish * 5 + side] = (cooked[:, dish] & (rng.random(baskets) < 0.8)) | (rng.random(baskets) < 0.01)
    return table(held)


@pytest.mark.parametrize("seed", range(3))
def test_planted_kin_is_found_and_little_else(seed: int) -> None:
    rows = kinship(dinners(seed)).to_pylist()
    pairs = {
        kin: {(int(row["one"][1:]), int(row["other"][1:])) for row in rows if row["kin"] == kin}
        for kin in ("complement", "substitute")
    }
    brands = {(5 * dish, 5 * dish + 1) for dish in range(8)}
    sides = {(5 * dish + a, 5 * dish + b) for dish in range(8) for a in range(5) for b in range(max(a + 1, 2), 5)}
    assert pairs["substitute"] == brands
    assert sides <= pairs["complement"]
    assert len(pairs["complement"] - sides) <= 0.1 * len(sides)
    assert not brands & pairs["complement"]


def test_large_baskets_alone_make_no_kin() -> None:
    """Products have nothing to do with each other, but some people buy much: by shares everything would go together."""
    rng = np.random.default_rng(4)
    much = rng.choice([0.3, 1.0, 3.0], 4000)
    held = rng.random((4000, 60)) < np.minimum(much[:, None] * rng.uniform(0.02, 0.08, 60), 1)
    assert kinship(table(held)).num_rows <= 2


def test_numbers_are_those_of_the_baskets() -> None:
    held = np.zeros((600, 4), bool)
    held[:100, :2] = True
    held[100:300, 2] = True
    held[300:, 3] = True
    row = kinship(table(held)).to_pylist()[0]
    assert (row["one"], row["other"], row["kin"], row["baskets"]) == ("p000", "p001", "complement", 100)
    assert row["expected"] == pytest.approx(100 * 100 * (100 * 2) / 700**2)
    assert row["p_value"] < 1e-10


def test_nothing_and_too_much() -> None:
    empty = Baskets.of(pa.table({"order_id": pa.array([], pa.string()), "product_id": pa.array([], pa.string())}))
    assert kinship(empty).num_rows == 0
    assert kinship(table(np.ones((1, 1), bool))).num_rows == 0
    assert kinship(table(np.ones((5, 2), bool))).column_names == kinship(empty).column_names
    for wrong in ({"products": 1}, {"products": 100_000}, {"level": 2.0}, {"company": -1.0}):
        with pytest.raises(ConfigError):
            Kin(**wrong)
