"""Sets of goods at one price that keeps a margin, of products that people take together and that are there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from netlift.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a bundle must keep.

    Raises:
        ConfigError: a value is out of its range.
    """

    depth: float = 0.1
    """Share off the list prices, if the margin bears it; less is taken off where it does not."""
    margin: float = 0.15
    """Share of a bundle's price that is left over its cost, at least."""
    least_off: float = 0.02
    """Bundles that can bear less off than this are left out."""
    level: float = 0.05
    """`q_value` of the rules that a bundle rests on, at most."""
    stock: float = 1.0
    """Units of each product that are available, at least; products of unknown stock are taken."""
    most: int = 100

    def __post_init__(self) -> None:
        if not (0 < self.depth < 1 and 0 <= self.margin < 1 and 0 < self.least_off <= self.depth):
            raise ConfigError(f"depth and margin are shares, and least_off is above 0 and at most depth, got {self}")
        if not 0 <= self.level <= 1 or not self.stock >= 0 or self.most < 1:
            raise ConfigError(f"level is a share, stock at least 0, and most at least 1, got {self}")


def bundles(found: "pa.Table", goods: "pa.Table", terms: Terms | None = None) -> "pa.Table":
    """Bundles from rules, those first that bring most at once.

    A bundle rests on all rules between its products: each must be a discovery at `level`, with a lift above 1. Who
    would have taken all of it anyway pays less; `break_even` says how many more must be sold for that to be paid.

    Args:
        found: rules, as of `rules.rules.rules`.
        goods: `product_id`, `price_minor`, `cost_minor`, and `available` (units; may be missing or null). Products of
            unknown price or cost are in no bundle.
        terms: what must be kept.

    Returns:
        `products` (ids in order), `list_minor` and `price_minor` (of the whole), `cost_minor`, `margin_minor` (what the
        price leaves over the cost), `off` (share), `baskets`, `lift` and `q_value` (the worst of its rules),
        `break_even` (further sets sold for each that is sold today, from which on the margin grows); by margin times
        baskets, high first, then products.

    Raises:
        DataError: goods have no column that is needed, or a product stands there twice.
    """
    import pyarrow as pa

    terms = terms or Terms()
    known = _goods(goods, terms.stock)
    proposals: list[dict[str, Any]] = []
    for products, (lift, q_value, baskets) in sorted(_sets(found).items()):
        if q_value > terms.level or lift <= 1 or not all(product in known for product in products):
            continue
        listed = sum(known[product][0] for product in products)
        cost = sum(known[product][1] for product in products)
        price = _price(listed, cost, terms)
        if price is None:
            continue
        margin = price - cost
        proposals.append(
            {
                "products": list(products), "list_minor": listed, "price_minor": price, "cost_minor": cost,
                "margin_minor": margin, "off": 1 - price / listed, "baskets": baskets, "lift": lift, "q_value": q_value,
                "break_even": (listed - price) / margin if margin else None,
            }
        )  # fmt: skip
    proposals.sort(key=lambda row: (-row["margin_minor"] * row["baskets"], row["products"]))
    whole = ("list_minor", "price_minor", "cost_minor", "margin_minor")
    schema = pa.schema(
        [("products", pa.list_(pa.string())), *((name, pa.int64()) for name in whole), ("off", pa.float64()),
         ("baskets", pa.int64()), ("lift", pa.float64()), ("q_value", pa.float64()), ("break_even", pa.float64())]
    )  # fmt: skip
    return pa.Table.from_pylist(proposals[: terms.most], schema=schema)


def _goods(goods: "pa.Table", stock: float) -> dict[str, tuple[int, int]]:
    """Price and cost of products that may be in a bundle."""
    missing = [name for name in ("product_id", "price_minor", "cost_minor") if name not in goods.column_names]
    if missing:
        raise DataError(f"goods have no column {missing[0]!r}")
    names = goods["product_id"].to_pylist()
    if len(set(names)) < len(names):
        raise DataError("a product stands twice among the goods: keep one row each")
    available = goods["available"].to_pylist() if "available" in goods.column_names else [None] * len(names)
    rows = zip(names, goods["price_minor"].to_pylist(), goods["cost_minor"].to_pylist(), available, strict=True)
    return {
        name: (price, cost)
        for name, price, cost, there in rows
        if price is not None and cost is not None and price > 0 and (there is None or there >= stock)
    }


def _sets(found: "pa.Table") -> dict[tuple[str, ...], tuple[float, float, int]]:
    """Of each set of products of which all rules are there: the lowest lift, the highest q, and its baskets."""
    told: dict[tuple[str, ...], list[Any]] = {}
    columns = (found[name].to_pylist() for name in ("given", "then", "lift", "q_value", "baskets"))
    for given, then, lift, q_value, baskets in zip(*columns, strict=True):
        told.setdefault(tuple(sorted([*given, then])), []).append((lift, q_value, baskets))
    return {
        products: (min(row[0] for row in rows), max(row[1] for row in rows), rows[0][2])
        for products, rows in told.items()
        if len(rows) == len(products)
    }


def _price(listed: int, cost: int, terms: Terms) -> int | None:
    """The lowest whole price that depth and margin allow; None if it takes too little off."""
    lowest = max(listed * (1 - terms.depth), cost / (1 - terms.margin))
    price = int(np.ceil(lowest - 1e-9))
    while price - cost < terms.margin * price - 1e-9:
        price += 1
    return price if price <= listed * (1 - terms.least_off) + 1e-9 else None
