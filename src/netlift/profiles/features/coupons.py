"""How a customer uses codes and coupons."""

from typing import ClassVar

import narwhals as nw

from netlift.engines import Frame
from netlift.profiles.as_of import Past
from netlift.profiles.features._sums import count_if, share
from netlift.profiles.features.base import NEVER_DAYS, Column, Family


class Coupons(Family):
    """Orders with a code of their own, or to which COUPONS has a redemption before `as_of`."""

    kind = "coupons"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("coupon_orders", "int64", "orders with a code or a redeemed coupon, all time", fill=0),
        Column("coupon_share", "float64", "such orders as a share of all; null: never ordered"),
        Column("coupon_recency_days", "int64", "whole days since the last such order; null: none", unknown=NEVER_DAYS),
    )

    def frame(self, shop: Past) -> Frame:
        """Orders, marked and counted."""
        redeemed = shop.table("coupons").filter(~nw.col("order_id").is_null()).select("order_id").unique(["order_id"])
        marked = shop.of_customers("orders").join(redeemed.with_columns(redeemed=nw.lit(1)), on="order_id", how="left")
        used = ~nw.col("code").is_null() | ~nw.col("redeemed").is_null()
        counts = marked.group_by("customer_id").agg(
            orders=nw.len(), coupon_orders=count_if(used), coupon_recency_days=nw.when(used).then(nw.col("ago")).min()
        )
        return counts.with_columns(coupon_share=share(nw.col("coupon_orders"), nw.col("orders")))
