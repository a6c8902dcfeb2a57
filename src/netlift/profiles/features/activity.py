"""When, how often, how much and how many different things a customer buys."""

from typing import ClassVar

import narwhals as nw

from netlift.engines import Frame
from netlift.profiles.as_of import Past
from netlift.profiles.features._shop import categories, order_days
from netlift.profiles.features._sums import count_if, share, sum_if, total, whole
from netlift.profiles.features.base import NEVER_DAYS, Column, Family

WINDOWS = (30, 90, 365)
"""Days back from `as_of` over which habits are counted besides all time."""
EVENING = 18
"""First hour of the evening, which ends at midnight."""


def _windowed(name: str, meaning: str) -> tuple[Column, ...]:
    return tuple(Column(name.format(f"_{days}"), "int64", f"{meaning}, last {days} days", fill=0) for days in WINDOWS)


class Activity(Family):
    """Sums over orders and their lines; money is what goods cost after discounts, before refunds."""

    kind = "activity"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("orders", "int64", "orders, all time", fill=0),
        *_windowed("orders{}", "orders"),
        Column("spend_minor", "int64", "list price less discounts of all orders, refunds not taken off", fill=0),
        *_windowed("spend{}_minor", "list price less discounts"),
        Column("active_days", "int64", "different days with an order", fill=0),
        Column("active_days_365", "int64", "different days with an order, last 365 days", fill=0),
        Column("items", "float64", "units bought, exact to a thousandth", fill=0.0),
        Column("tenure_days", "int64", "whole days since the first order; null: never ordered"),
        Column("recency_days", "int64", "whole days since the last order; null: never ordered", unknown=NEVER_DAYS),
        Column("gap_mean_days", "float64", "mean of days between days with an order; null: fewer than two such days"),
        Column("gap_sd_days", "float64", "standard deviation of these gaps; null: fewer than three such days"),
        Column("basket_minor", "float64", "mean spend per order; null: never ordered"),
        Column("basket_items", "float64", "mean units per order; null: never ordered, or no lines"),
        Column("products", "int64", "different products bought", fill=0),
        Column("categories", "int64", "different categories bought (departments where there is no category)", fill=0),
        Column("weekend_share", "float64", "share of orders on Saturdays and Sundays; null: never ordered"),
        Column("evening_share", "float64", "share of orders from 18:00 to 24:00; null: never ordered"),
        Column("channels", "int64", "different channels of orders", fill=0),
        Column("channel", "string", "channel of most orders; of equal ones the first by name"),
    )

    def frame(self, shop: Past) -> Frame:
        """Orders, gaps between their days, goods and channels."""
        orders = shop.of_customers("orders")
        parts = (_gaps(orders), _goods(shop), _channels(orders))
        found = _sums(shop, orders)
        for part in parts:
            found = found.join(part, on="customer_id", how="left")
        return found.with_columns(basket_items=nw.col("items") / nw.col("orders"))


def _sums(shop: Past, orders: Frame) -> Frame:
    spend, ago = nw.col("list_minor") - nw.col("discount_minor"), nw.col("ago")
    sums = (
        orders.with_columns(spend=spend, weekday=shop.weekday(), hour=shop.hour())
        .group_by("customer_id")
        .agg(
            orders=nw.len().cast(nw.Int64),
            spend_minor=total(nw.col("spend")),
            **{f"orders_{days}": count_if(ago < days) for days in WINDOWS},
            **{f"spend_{days}_minor": sum_if(nw.col("spend"), ago < days) for days in WINDOWS},
            tenure_days=ago.max(),
            recency_days=ago.min(),
            weekend=count_if(nw.col("weekday") >= 5),
            evening=count_if(nw.col("hour") >= EVENING),
        )
    )
    return sums.with_columns(
        basket_minor=share(nw.col("spend_minor"), nw.col("orders")),
        weekend_share=share(nw.col("weekend"), nw.col("orders")),
        evening_share=share(nw.col("evening"), nw.col("orders")),
    )


def _gaps(orders: Frame) -> Frame:
    """Days with an order, and mean and standard deviation of the gaps between them, from whole numbers."""
    days = order_days(orders)
    sums = days.group_by("customer_id").agg(
        active_days=nw.len().cast(nw.Int64),
        active_days_365=count_if(nw.col("ago") < 365),
        gaps=nw.col("gap").count().cast(nw.Int64),
        gap_sum=total(nw.col("gap")),
        gap_squares=total(nw.col("gap") * nw.col("gap")),
    )
    n, first, second = nw.col("gaps"), nw.col("gap_sum"), nw.col("gap_squares")
    variance = share(n * second - first * first, n * (n - 1))
    spread = nw.when(n > 1).then(variance).sqrt()
    return sums.with_columns(gap_mean_days=share(first, n), gap_sd_days=spread).drop("gaps", "gap_sum", "gap_squares")


def _goods(shop: Past) -> Frame:
    lines = shop.of_customers("order_lines").join(categories(shop), on="product_id", how="left")
    # one row per product first: the distinct counts then see far fewer rows
    pairs = (
        lines.with_columns(thousandths=whole(1000 * nw.col("quantity")))
        .group_by("customer_id", "product_id")
        .agg(category=nw.col("category").max(), thousandths=total(nw.col("thousandths")))
    )
    null = nw.when(nw.col("category").is_null()).then(nw.lit(1)).otherwise(nw.lit(0))
    return (
        pairs.with_columns(unnamed=null)
        .group_by("customer_id")
        .agg(
            products=nw.len().cast(nw.Int64),
            categories=(nw.col("category").n_unique() - nw.col("unnamed").max()).cast(nw.Int64),
            thousandths=total(nw.col("thousandths")),
        )
        .with_columns(items=share(nw.col("thousandths"), nw.lit(1000)))
        .drop("thousandths")
    )


def _channels(orders: Frame) -> Frame:
    counts = (
        orders.filter(~nw.col("channel").is_null()).group_by("customer_id", "channel").agg(n=nw.len().cast(nw.Int64))
    )
    most = counts.group_by("customer_id").agg(most=nw.col("n").max(), channels=nw.len().cast(nw.Int64))
    return (
        counts.join(most, on="customer_id", how="inner")
        .filter(nw.col("n") == nw.col("most"))
        .group_by("customer_id")
        .agg(channel=nw.col("channel").min(), channels=nw.col("channels").max())
    )
