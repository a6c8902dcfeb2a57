"""Tables that several families start from."""

import narwhals as nw

from netlift.engines import Frame
from netlift.profiles.as_of import Past


def order_days(orders: Frame) -> Frame:
    """One row per `customer_id` and day with an order (`ago`), with the `gap` to the next such day; null at the last.

    Args:
        orders: rows with `customer_id` and `ago`.
    """
    days = orders.select("customer_id", "ago").unique(["customer_id", "ago"])
    later = nw.col("ago").shift(1).over("customer_id", order_by="ago")
    return days.with_columns(gap=nw.col("ago") - later)


def categories(shop: Past) -> Frame:
    """One row per `product_id` with its `category`: the department where there is none; null where both are unknown."""
    named = nw.coalesce(nw.col("category"), nw.col("department"))
    return (
        shop.table("products")
        .with_columns(category=named)
        .group_by("product_id")
        .agg(category=nw.col("category").max())
    )
