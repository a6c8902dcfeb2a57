"""How a customer treats discounts and prices: what share is bought reduced, and whether more than the goods explain."""

from typing import ClassVar

import narwhals as nw

from netlift.engines import Frame
from netlift.profiles.as_of import Past
from netlift.profiles.features._shop import categories
from netlift.profiles.features._sums import share, total, whole
from netlift.profiles.features.base import Column, Family

CHEAP_PERCENT = 95
"""A line is cheap if its unit price is at most this percentage of the product's usual one."""
LEAST_UNITS = 0.0005
"""Lines of fewer units than rounds to a thousandth say nothing of a unit's price."""
_ADDED = ("lines", "deals", "list", "discount", "units", "value", "cheap_value")
"""Whole numbers of a customer and category: units in thousandths, money in minor units, values in thousandths."""


class Price(Family):
    """Shares of lines, money and orders, and two comparisons with what the same goods cost everybody.

    A product's *usual* price is the median of what was paid for a unit over all its lines (of two middle ones the
    smaller). `price_level` is the customer's list value over what the same units cost at their category's mean list
    price. `price_sensitivity` is observed less expected share: the share of the customer's goods (at usual prices)
    that was bought cheap, less the share that all buyers of the same categories bought cheap. It is indirect
    standardisation, as for mortality rates (Breslow & Day 1987): no demand curve, no slope, no cause is claimed.
    """

    kind = "price"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("deal_share", "float64", "share of lines with a discount; null: no lines"),
        Column("discount_share", "float64", "discounts as a share of list value; null: no list value"),
        Column(
            "price_level", "float64", "list value against the category's mean price; 1 is average; null: no category",
            unknown=1.0,
        ),
        Column("cheap_share", "float64", "share of goods bought at least 5 % below their usual price; null: no lines"),
        Column(
            "price_sensitivity", "float64",
            "cheap_share less that of all buyers of these categories, -1 to 1; null: no lines",
        ),
    )  # fmt: skip

    def frame(self, shop: Past) -> Frame:
        """Lines to sums by customer and category, held against the sums of everybody."""
        own = _by_category(shop)
        everybody = (
            own.group_by("category")
            .agg(**{name: total(nw.col(name)) for name in _ADDED})
            .select(
                "category",
                unit_list=share(nw.col("list"), nw.col("units")),
                cheap_rate=share(nw.col("cheap_value"), nw.col("value")),
            )
        )
        named, known = nw.col("category") != "", ~nw.col("customer_id").is_null()
        compared = (
            own.filter(known)
            .join(everybody, on="category", how="left")
            .with_columns(
                named_list=nw.when(named).then(nw.col("list")).otherwise(nw.lit(0)),
                mean_list=nw.when(named).then(whole(1000 * nw.col("units") * nw.col("unit_list"))).otherwise(nw.lit(0)),
                expected=whole(nw.col("value") * nw.col("cheap_rate").fill_null(0.0)),
            )
        )
        sums = compared.group_by("customer_id").agg(
            **{name: total(nw.col(name)) for name in (*_ADDED, "named_list", "mean_list", "expected")}
        )
        return sums.select(
            "customer_id",
            deal_share=share(nw.col("deals"), nw.col("lines")),
            discount_share=share(nw.col("discount"), nw.col("list")),
            price_level=share(1000 * nw.col("named_list"), nw.col("mean_list")),
            cheap_share=share(nw.col("cheap_value"), nw.col("value")),
            price_sensitivity=share(nw.col("cheap_value") - nw.col("expected"), nw.col("value")),
        )


def _by_category(shop: Past) -> Frame:
    """Sums of each customer (guests are one without a name) in each category ('' where it is unknown)."""
    paid = whole(1000 * (nw.col("list_minor") - nw.col("discount_minor")).cast(nw.Float64) / nw.col("quantity"))
    lines = shop.table("order_lines").filter(nw.col("quantity") >= LEAST_UNITS).with_columns(paid=paid)
    goods = _usual(lines).join(categories(shop), on="product_id", how="left")
    value = whole(nw.col("usual_unit") * nw.col("quantity"))
    cheap = 100.0 * nw.col("paid") <= CHEAP_PERCENT * nw.col("usual_unit").cast(nw.Float64)
    priced = lines.join(goods, on="product_id", how="inner").select(
        "customer_id",
        category=nw.col("category").fill_null(""),
        lines=nw.lit(1),
        deals=nw.when(nw.col("discount_minor") > 0).then(nw.lit(1)).otherwise(nw.lit(0)),
        list=nw.col("list_minor"),
        discount=nw.col("discount_minor"),
        units=whole(1000 * nw.col("quantity")),
        value=value,
        cheap_value=nw.when(cheap).then(value).otherwise(nw.lit(0)),
    )
    return priced.group_by("customer_id", "category").agg(**{name: total(nw.col(name)) for name in _ADDED})


def _usual(lines: Frame) -> Frame:
    """The median unit price of each product in thousandths, counted so that equal prices are met once."""
    counts = lines.group_by("product_id", "paid").agg(n=nw.len().cast(nw.Int64))
    upto = nw.col("n").cum_sum().over("product_id", order_by="paid").cast(nw.Int64)
    everything = nw.col("n").sum().over("product_id").cast(nw.Int64)
    upper = counts.with_columns(upto=upto, everything=everything).filter(2 * nw.col("upto") >= nw.col("everything"))
    return upper.group_by("product_id").agg(usual_unit=nw.col("paid").min())
