"""A made-up grocer whose price cuts are planted line by line, so that their true effect is a sum over rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from netlift.history.shop import Shop, Terms, connect, open_shop

START = datetime(2025, 1, 6, tzinfo=UTC)
"""A Monday."""
PRICE, COST = 1000, 600
"""List price and cost of every unit, minor units."""


@dataclass(frozen=True)
class Cut:
    """A planted price cut on some products of one category."""

    category: int
    products: tuple[int, ...]
    start: int
    days: int
    depth: float = 0.2
    lift: float = 1.0
    """Extra lines per ordinary line inside the window."""
    pull: float = 0.0
    """Share of ordinary lines lost in the 14 days after it."""
    steal: float = 0.0
    """Share of the category's other lines lost inside the window."""


@dataclass
class Lines:
    """Order lines under construction; one line is one order of one unit."""

    day: list[int] = field(default_factory=list)
    product: list[str] = field(default_factory=list)
    discount: list[int] = field(default_factory=list)

    def add(self, day: int, product: str, discount: int = 0) -> None:
        self.day.append(day)
        self.product.append(product)
        self.discount.append(discount)


@dataclass(frozen=True)
class Grocer:
    """An opened shop and the true net lift of each planted cut, minor units."""

    shop: Shop
    truth: tuple[int, ...]


def grocer(
    seed: int = 0, cuts: Sequence[Cut] = (), *, categories: int = 8, products: int = 4, days: int = 280,
    rate: float = 3.0, stated: bool = True, promotions: Sequence[dict[str, object]] = (),
    feast: tuple[int, int, float] | None = None,
) -> Grocer:  # fmt: skip
    """Draw a shop: weekday pattern, mild season, Poisson lines, then the cuts on top.

    Args:
        seed: of all draws.
        cuts: planted cuts.
        categories: number of categories.
        products: products per category.
        days: length.
        rate: lines of one product on a mean day.
        stated: False: the list value is the paid price, and lines carry no discount.
        promotions: rows of PROMOTIONS, each with a further key `products`.
        feast: (first day, days, factor) of a festival that fills the whole shop.
    """
    rng = np.random.default_rng(seed)
    lines, truth = Lines(), [0] * len(cuts)
    week = np.array([0.9, 0.9, 0.9, 1.0, 1.1, 1.3, 0.9])
    for category in range(categories):
        for number in range(products):
            name = f"c{category}p{number}"
            for day in range(days):
                mean = rate * week[day % 7] * (1 + 0.15 * np.sin(2 * np.pi * day / 365))
                if feast and feast[0] <= day < feast[0] + feast[1]:
                    mean *= feast[2]
                _one_day(lines, truth, rng, cuts, name, (category, number, day), int(rng.poisson(mean)))
    return Grocer(_opened(lines, rng, categories, products, stated=stated, promotions=promotions), tuple(truth))


def _one_day(
    lines: Lines, truth: list[int], rng: np.random.Generator, cuts: Sequence[Cut], name: str,
    where: tuple[int, int, int], ordinary: int,
) -> None:  # fmt: skip
    category, number, day = where
    discount, margin = 0, PRICE - COST
    for i, cut in enumerate(cuts):
        if cut.category != category:
            continue
        inside, mine = cut.start <= day < cut.start + cut.days, number in cut.products
        if inside and mine:
            discount = round(PRICE * cut.depth)
            extra = int(rng.poisson(cut.lift * ordinary)) if cut.lift else 0
            truth[i] += extra * (margin - discount) - ordinary * discount
            for _ in range(extra):
                lines.add(day, name, discount)
        lost = cut.steal * (inside and not mine) + cut.pull * (mine and 0 <= day - cut.start - cut.days < 14)
        gone = int(rng.binomial(ordinary, lost))
        truth[i] -= gone * margin
        ordinary -= gone
    for _ in range(ordinary):
        lines.add(day, name, discount)


def _opened(
    lines: Lines, rng: np.random.Generator, categories: int, products: int, *, stated: bool,
    promotions: Sequence[dict[str, object]],
) -> Shop:  # fmt: skip
    n = len(lines.day)
    discount = np.array(lines.discount)
    paid = PRICE - discount
    at = pa.array([START + timedelta(days=day, hours=12) for day in lines.day], pa.timestamp("us", tz="UTC"))
    orders = pa.array([f"o{i}" for i in range(n)])
    customers = pa.array([f"k{c}" for c in rng.integers(0, 400, n)])
    money = {
        "list_minor": pa.array(np.full(n, PRICE) if stated else paid),
        "discount_minor": pa.array(discount if stated else np.zeros(n, np.int64)),
    }
    shared = {"order_id": orders, "customer_id": customers, "ordered_at": at, "currency": pa.array(["EUR"] * n)}
    rest = {
        "line": pa.array(np.ones(n, np.int32)), "product_id": pa.array(lines.product), "quantity": pa.array(np.ones(n)),
        "funded_minor": pa.array(np.zeros(n, np.int64)), "refunded_quantity": pa.array(np.zeros(n)),
        "refunded_minor": pa.array(np.zeros(n, np.int64)), "cost_minor": pa.array(np.full(n, COST)),
    }  # fmt: skip
    tables = {
        "orders": pa.table(shared | money | {"refunded_minor": rest["refunded_minor"]}),
        "order_lines": pa.table(shared | money | rest),
        "products": goods(categories, products),
    }
    return open_shop(connect(tables | announced(promotions)), Terms())


def goods(categories: int, products: int) -> pa.Table:
    """PRODUCTS of the made-up shop: `c0p0`, ... in the categories `C0`, ..."""
    names = [(f"c{c}p{p}", f"C{c}") for c in range(categories) for p in range(products)]
    return pa.table({
        "product_id": [p for p, _ in names], "name": [p.upper() for p, _ in names], "category": [c for _, c in names],
    })  # fmt: skip


def announced(promotions: Sequence[dict[str, object]]) -> dict[str, pa.Table]:
    """PROMOTIONS and PROMOTION_PRODUCTS from rows with a key `products`."""
    if not promotions:
        return {}
    pairs = [(p["promotion_id"], product) for p in promotions for product in p["products"]]  # type: ignore[attr-defined]
    rows = [{key: value for key, value in p.items() if key != "products"} for p in promotions]
    when = pa.timestamp("us", tz="UTC")
    kinds = [("promotion_id", pa.string()), ("name", pa.string()), ("starts_at", when), ("ends_at", when)]
    return {
        "promotions": pa.Table.from_pylist(rows, pa.schema(kinds)),
        "promotion_products": pa.table({"promotion_id": [p for p, _ in pairs], "product_id": [g for _, g in pairs]}),
    }


def moment(day: int) -> datetime:
    """Midnight of a day of the made-up shop."""
    return START + timedelta(days=day)
