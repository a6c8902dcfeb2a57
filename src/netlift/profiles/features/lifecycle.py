"""How far along a customer is: silence measured in the customer's own typical gap between purchases."""

from typing import ClassVar

import narwhals as nw

from netlift.engines import Frame
from netlift.profiles.as_of import Past
from netlift.profiles.features._shop import order_days
from netlift.profiles.features._sums import share
from netlift.profiles.features.base import NEVER_DAYS, Column, Family

STAGES = ("prospect", "new", "active", "loyal", "at_risk", "lapsed", "lost")
"""From first contact to loss."""
OWN_GAPS = 3
"""Gaps that make a customer's own median worth more than the shop's."""
LATE, LAPSED, LOST = 2, 4, 8
"""Silence in typical gaps from which a customer is at risk, lapsed, lost. If purchases came at random with this median
gap, a customer who is still there would be silent that long with probability 1/4, 1/16 and 1/256."""


class Lifecycle(Family):
    """Stage from silence = days since the last order / typical gap of the customer."""

    kind = "lifecycle"
    columns: ClassVar[tuple[Column, ...]] = (
        Column(
            "typical_gap_days", "float64",
            "median days between days with an order: own from 3 gaps on, else the shop's; null: never ordered",
            unknown=NEVER_DAYS,
        ),
        Column(
            "silence", "float64", "days since the last order in typical gaps; null: never ordered", unknown=NEVER_DAYS
        ),
        Column(
            "lifecycle", "string",
            "prospect (never ordered), new (one day with orders), active, loyal, at_risk, lapsed or lost",
            fill="prospect", levels=STAGES,
        ),
    )  # fmt: skip

    def frame(self, shop: Past) -> Frame:
        """Own and shop's median gap, silence, stage."""
        days = order_days(shop.of_customers("orders"))
        own = days.group_by("customer_id").agg(
            days=nw.len(), gaps=nw.col("gap").count(), own=nw.col("gap").median(), recency=nw.col("ago").min()
        )
        known = own.with_columns(one=nw.lit(1)).join(_shop_gap(days), on="one", how="left")
        shops = nw.coalesce(nw.col("shop_gap"), nw.lit(30)).cast(nw.Float64)  # nobody ever came back: a month
        typical = nw.when(nw.col("gaps") >= OWN_GAPS).then(nw.col("own").cast(nw.Float64)).otherwise(shops)
        judged = known.with_columns(shop_gap=shops, typical_gap_days=typical)
        judged = judged.with_columns(silence=share(nw.col("recency"), nw.col("typical_gap_days")))
        return judged.with_columns(lifecycle=_stage())


def _stage() -> nw.Expr:
    silence, own = nw.col("silence"), nw.col("gaps") >= OWN_GAPS
    often = own & (nw.col("typical_gap_days") <= nw.col("shop_gap"))
    on_time = (
        nw.when(nw.col("days") == 1)
        .then(nw.lit("new"))
        .otherwise(nw.when(often).then(nw.lit("loyal")).otherwise(nw.lit("active")))
    )
    late = nw.when(silence <= LAPSED).then(nw.lit("at_risk")).otherwise(_gone())
    return nw.when(silence <= LATE).then(on_time).otherwise(late)


def _gone() -> nw.Expr:
    return nw.when(nw.col("silence") <= LOST).then(nw.lit("lapsed")).otherwise(nw.lit("lost"))


def _shop_gap(days: Frame) -> Frame:
    """The median of all customers' gaps (of two middle ones the smaller), counted so that it needs no sorting."""
    counts = (
        days.filter(~nw.col("gap").is_null()).group_by("gap").agg(n=nw.len().cast(nw.Int64)).with_columns(one=nw.lit(1))
    )
    upto = nw.col("n").cum_sum().over("one", order_by="gap").cast(nw.Int64)
    everything = nw.col("n").sum().over("one").cast(nw.Int64)
    halves = counts.with_columns(upto=upto, everything=everything).filter(2 * nw.col("upto") >= nw.col("everything"))
    return halves.group_by("one").agg(shop_gap=nw.col("gap").min())
