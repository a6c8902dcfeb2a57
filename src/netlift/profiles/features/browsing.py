"""What a customer does in the shop without buying: views, clicks, searches, carts and visits."""

from typing import ClassVar

import narwhals as nw

from netlift.engines import Frame
from netlift.profiles.as_of import Past
from netlift.profiles.features._sums import count_if, share
from netlift.profiles.features.base import NEVER_DAYS, Column, Family

WINDOWS = (30, 90)
COUNTED = {"views": "view", "clicks": "click", "searches": "search", "carts": "cart"}
"""Feature -> event of EVENTS."""


class Browsing(Family):
    """Counts of events. A visit is a session; where a source names none, all events of a day (see `as_of`)."""

    kind = "browsing"
    columns: ClassVar[tuple[Column, ...]] = (
        *(
            Column(f"{name}_{days}", "int64", f"{event} events, last {days} days", fill=0)
            for days in WINDOWS
            for name, event in COUNTED.items()
        ),
        *(Column(f"visits_{days}", "int64", f"visits that end in the last {days} days", fill=0) for days in WINDOWS),
        Column("visit_recency_days", "int64", "whole days since the last event; null: none", unknown=NEVER_DAYS),
        Column("view_to_cart", "float64", "cart events per view event, last 90 days; null: no views"),
        Column(
            "carts_left_90", "int64",
            "visits of the last 90 days with a cart event, but neither a purchase event nor an order on their last day",
            fill=0,
        ),
    )  # fmt: skip

    def frame(self, shop: Past) -> Frame:
        """Events to visits, visits to customers."""
        visits = _visits(shop)
        recent = {days: nw.col("ago") < days for days in WINDOWS}
        left = (nw.col("carts_90") > 0) & (nw.col("purchases") == 0) & nw.col("ordered").is_null()
        found = visits.group_by("customer_id").agg(
            **{f"{name}_{days}": nw.col(f"{name}_{days}").sum() for days in WINDOWS for name in COUNTED},
            **{f"visits_{days}": count_if(recent[days]) for days in WINDOWS},
            visit_recency_days=nw.col("ago").min(),
            carts_left_90=count_if(left & recent[90]),
        )
        return found.with_columns(view_to_cart=share(nw.col("carts_90"), nw.col("views_90")))


def _visits(shop: Past) -> Frame:
    """One row per visit with its counts, its last day, and whether there was an order on that day."""
    events = shop.of_customers("events").filter(nw.col("event") != "refund")  # done to the customer, not by them
    day = nw.when(nw.col("session_id").is_null()).then(nw.col("ago")).otherwise(nw.lit(-1))
    kind, ago = nw.col("event"), nw.col("ago")
    visits = (
        events.with_columns(day=day)
        .group_by("customer_id", "session_id", "day")
        .agg(
            **{
                f"{name}_{days}": count_if((kind == event) & (ago < days))
                for days in WINDOWS
                for name, event in COUNTED.items()
            },
            purchases=count_if(kind == "purchase"),
            ago=ago.min(),
        )
    )
    orders = shop.of_customers("orders").select("customer_id", "ago").unique(["customer_id", "ago"])
    return visits.join(orders.with_columns(ordered=nw.lit(1)), on=["customer_id", "ago"], how="left")
