"""What each customer is interested in: a vector over categories, in which what was done long ago weighs less."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import narwhals as nw

from netlift.engines import Frame
from netlift.errors import ConfigError
from netlift.profiles.as_of import Past
from netlift.profiles.features._shop import categories
from netlift.profiles.features._sums import share, total, whole

WEIGHTS: Mapping[str, int] = MappingProxyType({"view": 1, "click": 2, "cart": 4, "purchase": 10})
"""What one interaction is worth when it happens: a convention, not an estimate. Nothing else counts."""
HALF_LIFE_DAYS = 60.0
"""Days after which an interaction weighs half."""
_UNIT = 1_000_000
"""Scores are summed in whole millionths, so that the order of rows does not matter."""
_BITS = 15
"""Ages up to 2^15 days (90 years) are told apart; what is older counts as that old."""


def interests(frames: Mapping[str, Frame], as_of: datetime, half_life_days: float = HALF_LIFE_DAYS) -> Frame:
    """The interest vector of each customer, one row per category with any interest.

        score(customer, category) = sum over interactions j of weight(kind j) x 0.5^(age_j / half_life)
        interest = score / sum of the customer's scores

    The customer's total is one number, the vector says where it lies. `age` is in whole days before `as_of`.
    Purchases are order lines; a purchase event counts only if its order is not among the orders. Goods without a
    category count for their department, and goods without either for nothing.

    Args:
        frames: named tables of one engine (see `table.open_frames`).
        as_of: moment with a time zone; nothing at or after it is read.
        half_life_days: above 0.

    Returns:
        `customer_id`, `as_of`, `category`, `interest` (sums to 1 per customer) and `score`, as in `schema.INTERESTS`.

    Raises:
        ConfigError: the half-life is not above 0, or `as_of` has no time zone.
    """
    if not half_life_days > 0:
        raise ConfigError(f"half_life_days must be above 0, got {half_life_days}")
    shop = Past(frames, as_of)
    done = _interactions(shop).join(categories(shop), on="product_id", how="inner")
    weighed = done.filter(~nw.col("category").is_null()).with_columns(
        points=whole(_UNIT * nw.col("weight") * _faded(half_life_days))
    )
    scores = weighed.group_by("customer_id", "category").agg(points=total(nw.col("points")))
    positive = scores.filter(nw.col("points") > 0)  # older than 20 half-lives: nothing is left
    whole_of = positive.group_by("customer_id").agg(everything=total(nw.col("points")))
    return positive.join(whole_of, on="customer_id", how="inner").select(
        "customer_id",
        nw.lit(shop.as_of).alias("as_of"),
        "category",
        interest=share(nw.col("points"), nw.col("everything")),
        score=share(nw.col("points"), nw.lit(_UNIT)),
    )


def _interactions(shop: Past) -> Frame:
    """Everything that shows interest: `customer_id`, `product_id`, `ago`, `weight`."""
    bought = shop.of_customers("order_lines").select(
        "customer_id", "product_id", "ago", weight=nw.lit(WEIGHTS["purchase"])
    )
    events = shop.of_customers("events").filter(~nw.col("product_id").is_null())
    known = shop.table("orders").select("order_id").unique(["order_id"])
    unknown = events.filter(nw.col("event") == "purchase").join(known, on="order_id", how="anti")
    parts = [bought, unknown.select("customer_id", "product_id", "ago", weight=nw.lit(WEIGHTS["purchase"]))]
    for kind, weight in WEIGHTS.items():
        if kind != "purchase":
            parts.append(
                events.filter(nw.col("event") == kind).select("customer_id", "product_id", "ago", weight=nw.lit(weight))
            )
    return nw.concat(parts)


def _faded(half_life_days: float) -> nw.Expr:
    """0.5^(ago / half-life) as a product over the binary digits of `ago`: engines' own powers differ in last digits."""
    factor, ago = nw.lit(1.0), nw.col("ago").clip(upper_bound=2**_BITS - 1)
    for bit in range(_BITS):
        on = ago // 2**bit % 2 == 1
        factor = factor * nw.when(on).then(nw.lit(0.5 ** (2**bit / half_life_days))).otherwise(nw.lit(1.0))
    return factor
