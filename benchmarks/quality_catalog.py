"""How far can one believe what baskets say of products? Chance, planted kin, and the categories of a real grocer.

Chance: shops whose products have nothing to do with each other; a level of .05 allows a discovery in one of twenty.
Planted: dishes with two brands of one thing, of which people take either, and three sides. Real: the Complete Journey,
where substitutes should be of one category, which is not told; the share among all pairs of the same products, and of
pairs with the same company that do not avoid each other, stand beside it. Intervals are Wilson's, 95 %; they take
pairs for independent, which those that share a product are not.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from netlift.catalog.baskets import Baskets
from netlift.catalog.kinship import Kin, kinship
from netlift.catalog.rules.mining import frequent_sets
from netlift.catalog.rules.rules import rules

QUICK = {"shops": 5, "baskets": 3_000}
LEVEL = 0.05
_FOLDER = Path(__file__).parents[1].parent / "shared/data/complete_journey"


def run(shops: int = 400, baskets: int = 90_000) -> dict[str, Any]:
    """Shares of right and wrong discoveries; `baskets` are those of the grocer with two products or more."""
    told = {"level": LEVEL, "shops": shops, "chance": _chance(shops), "planted": _planted(max(shops // 10, 2))}
    if not (_FOLDER / "transactions.parquet").is_file():
        return told | {"skipped": "the Complete Journey, which is not beside this repository"}
    return told | {"grocer": _grocer(baskets)}


def _chance(shops: int) -> dict[str, Any]:
    """Shops with any discovery, by length of rules; and of pairs if large baskets are drawn."""
    wrong = dict.fromkeys(("pairs", "triples", "kin, baskets of any size"), 0)
    for seed in range(shops):
        rng = np.random.default_rng(seed)
        for name, products, most, longest in (("pairs", 60, 0.15, 2), ("triples", 20, 0.4, 3)):
            held = rng.random((1500, products)) < rng.uniform(0.01, most, products)
            found = rules(frequent_sets(_baskets(held), 0.004, longest), level=LEVEL)
            wrong[name] += found.num_rows > 0
        much = rng.choice([0.3, 1.0, 3.0], 3000)
        held = rng.random((3000, 60)) < much[:, None] * rng.uniform(0.02, 0.08, 60)
        wrong["kin, baskets of any size"] += kinship(_baskets(held)).num_rows > 0
    return {name: _share(number, shops) for name, number in wrong.items()}


def _planted(shops: int, dishes: int = 8) -> dict[str, Any]:
    """Found of what is there, and right of what is found; the brands go with the sides as well."""
    counts = {kin: np.zeros(3, np.int64) for kin in ("complement", "substitute")}
    truth = {
        "substitute": {(5 * dish, 5 * dish + 1) for dish in range(dishes)},
        "complement": {
            (5 * dish + a, 5 * dish + b) for dish in range(dishes) for a in range(5) for b in range(max(a + 1, 2), 5)
        },
    }
    for seed in range(shops):
        rows = kinship(_baskets(_dinners(seed, dishes))).to_pylist()
        for kin, right in truth.items():
            found = {(int(row["one"][1:]), int(row["other"][1:])) for row in rows if row["kin"] == kin}
            counts[kin] += [len(found & right), len(found), len(right)]
    return {
        f"{kin}s {name}": _share(int(both), int(of))
        for kin, (both, found, there) in counts.items()
        for name, of in (("right of those found", found), ("found of those there", there))
    }


def _dinners(seed: int, dishes: int, baskets: int = 4000) -> np.ndarray:
    rng = np.random.default_rng(seed)
    held = rng.random((baskets, dishes * 5 + 40)) < 0.06
    cooked = rng.random((baskets, dishes)) < 0.1
    for dish in range(dishes):
        first = rng.random(baskets) < 0.5
        held[:, dish * 5], held[:, dish * 5 + 1] = cooked[:, dish] & first, cooked[:, dish] & ~first
        sides = (cooked[:, [dish]] & (rng.random((baskets, 3)) < 0.8)) | (rng.random((baskets, 3)) < 0.01)
        held[:, dish * 5 + 2 : dish * 5 + 5] = sides
    return held


def _grocer(most: int) -> dict[str, Any]:
    table = pq.read_table(_FOLDER / "transactions.parquet", columns=["basket_id", "product_id"])
    order, product = (table[name].to_numpy() for name in ("basket_id", "product_id"))
    cell = np.unique(np.column_stack([order, product]), axis=0)
    names, size = np.unique(cell[:, 0], return_counts=True)
    cell = cell[np.isin(cell[:, 0], names[size >= 2][:most])]
    lines = pa.table({"order_id": cell[:, 0], "product_id": pa.array(cell[:, 1]).cast(pa.string())})
    baskets, kin = Baskets.of(lines), Kin()
    goods = pq.read_table(_FOLDER / "products.parquet", columns=["product_id", "product_category"])
    category = dict(
        zip(goods["product_id"].cast(pa.string()).to_pylist(), goods["product_category"].to_pylist(), strict=True)
    )
    found = kinship(baskets, kin).to_pylist()
    everything = kinship(baskets, Kin(level=1.0)).to_pylist()

    def same(rows: list[dict[str, Any]]) -> dict[str, float]:
        return _share(sum(category.get(row["one"]) == category.get(row["other"]) for row in rows), len(rows))

    company = [row for row in everything if row["kin"] == "substitute" and row["q_value"] > 0.5]
    return {
        "substitutes": same([row for row in found if row["kin"] == "substitute"]),
        "same company, not avoiding": same(company),
        "complements": same([row for row in found if row["kin"] == "complement"]),
        "all pairs": same([row for row in everything if row["kin"] == "complement"]),
    }


def _baskets(held: np.ndarray) -> Baskets:
    order, product = np.nonzero(held)
    names = pa.array([f"p{i:03}" for i in range(held.shape[1])])
    return Baskets.of(pa.table({"order_id": order, "product_id": names.take(pa.array(product))}))


def _share(number: int, of: int) -> dict[str, float]:
    """A share with its interval; of nothing there is none."""
    if not of:
        return {"of": 0}
    z, share = 1.96, number / of
    middle = (share + z * z / 2 / of) / (1 + z * z / of)
    wide = z / (1 + z * z / of) * np.sqrt(share * (1 - share) / of + z * z / 4 / of**2)
    return {"share": share, "low": max(float(middle - wide), 0.0), "high": min(float(middle + wide), 1.0), "of": of}
