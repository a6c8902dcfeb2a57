"""Recency, frequency and monetary value as scores from 1 to 5, the classic grid of direct mail (Hughes 1994)."""

from typing import ClassVar

import narwhals as nw

from netlift.engines import Frame
from netlift.profiles.as_of import Past
from netlift.profiles.features._sums import count_if, sum_if
from netlift.profiles.features.base import Column, Family

_YEAR = 365


class Rfm(Family):
    """Scores among everybody who ever ordered; 0 for those who never did.

    score = 1 + floor(5 x share of customers who are strictly worse). Customers with equal values get equal scores,
    and if all are equal all get 1; so a score of 5 says "better than at least four in five".
    """

    kind = "rfm"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("recency_score", "int64", "1 to 5: how lately they ordered; 0: never", fill=0),
        Column("frequency_score", "int64", "1 to 5: orders of the last 365 days; 0: never ordered", fill=0),
        Column("monetary_score", "int64", "1 to 5: spend of the last 365 days; 0: never ordered", fill=0),
    )

    def frame(self, shop: Past) -> Frame:
        """Three measures of each customer, each scored by its rank."""
        recent, spend = nw.col("ago") < _YEAR, nw.col("list_minor") - nw.col("discount_minor")
        measures = (
            shop.of_customers("orders")
            .with_columns(spend=spend)
            .group_by("customer_id")
            .agg(
                recency=-nw.col("ago").min(),  # the later, the better
                frequency=count_if(recent),
                monetary=sum_if(nw.col("spend"), recent),
            )
        )
        scored = measures
        for name in ("recency", "frequency", "monetary"):
            scored = scored.join(_scores(measures, name), on=name, how="left")
        return scored


def _scores(measures: Frame, name: str) -> Frame:
    """The score of each value that occurs: values are ranked, not customers, which are many more."""
    counts = measures.group_by(name).agg(n=nw.len().cast(nw.Int64)).with_columns(one=nw.lit(1))
    upto = nw.col("n").cum_sum().over("one", order_by=name).cast(nw.Int64)
    everybody = nw.col("n").sum().over("one").cast(nw.Int64)
    return counts.select(name, "n", upto=upto, everybody=everybody).select(
        name, **{f"{name}_score": 1 + 5 * (nw.col("upto") - nw.col("n")) // nw.col("everybody")}
    )
