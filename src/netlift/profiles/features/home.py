"""Where a customer lives, and whether they may be written to."""

from typing import ClassVar

import narwhals as nw

from netlift.engines import Frame
from netlift.profiles.as_of import Past
from netlift.profiles.features.base import Column, Family


class Home(Family):
    """What CUSTOMERS says and an offer may rest on; age, gender and occupation are not read."""

    kind = "home"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("region", "string", "where the customer lives, as it stands now; null: unknown"),
        Column("accepts_marketing", "bool", "consent to be contacted, as it stands now; null: unknown"),
    )

    def frame(self, shop: Past) -> Frame:
        """The columns as they are; should a customer be described twice, the last region, and consent only if both."""
        consent = nw.when(nw.col("accepts_marketing")).then(nw.lit(1)).otherwise(nw.lit(0))
        asked = nw.when(~nw.col("accepts_marketing").is_null()).then(consent)
        found = (
            shop.table("customers")
            .with_columns(consent=asked)
            .group_by("customer_id")
            .agg(region=nw.col("region").max(), consent=nw.col("consent").min())
        )
        return found.with_columns(accepts_marketing=nw.col("consent") == 1)
