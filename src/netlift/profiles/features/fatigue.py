"""How often a customer was written to, and what came of it."""

from typing import ClassVar

import narwhals as nw

from netlift.engines import Frame
from netlift.profiles.as_of import DAY_SECONDS, Past
from netlift.profiles.features._sums import count_if, share
from netlift.profiles.features.base import NEVER_DAYS, Column, Family

WINDOWS = (7, 30, 90)
ANSWER_DAYS = 7
"""An order within this many days of a contact counts as following it (not: as caused by it)."""
_NONE = -1
"""No order; a null would stay null in a running maximum."""


class Fatigue(Family):
    """Contacts are exposures to an offer; those of a control group reached nobody and are not counted."""

    kind = "fatigue"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("contacts", "int64", "contacts, all time", fill=0),
        *(Column(f"contacts_{days}", "int64", f"contacts, last {days} days", fill=0) for days in WINDOWS),
        Column("contact_recency_days", "int64", "whole days since the last contact; null: none", unknown=NEVER_DAYS),
        Column(
            "contacts_answered", "float64",
            "share of contacts at least 7 days ago that were followed by an order within 7 days; null: none so old",
        ),
        Column("contacts_since_order", "int64", "contacts after the last order, or all if there is none", fill=0),
    )  # fmt: skip

    def frame(self, shop: Past) -> Frame:
        """Contacts with the next order after each, then counts."""
        contacts = _answered(shop)
        ago, old = nw.col("ago"), nw.col("seconds_ago") >= ANSWER_DAYS * DAY_SECONDS
        soon = nw.col("seconds_ago") - nw.col("ordered_ago") < ANSWER_DAYS * DAY_SECONDS
        followed = (nw.col("ordered_ago") != _NONE) & soon
        found = contacts.group_by("customer_id").agg(
            contacts=nw.len(),
            **{f"contacts_{days}": count_if(ago < days) for days in WINDOWS},
            contact_recency_days=ago.min(),
            old=count_if(old),
            answered=count_if(old & followed),
            contacts_since_order=count_if(nw.col("ordered_ago") == _NONE),
        )
        return found.with_columns(contacts_answered=share(nw.col("answered"), nw.col("old")))


def _answered(shop: Past) -> Frame:
    """Contacts with `ordered_ago`: how long before `as_of` the first order at or after the contact was; -1: none."""
    orders = shop.of_customers("orders").select(
        "customer_id", "ago", "seconds_ago", ordered_ago=nw.col("seconds_ago"), is_contact=nw.lit(0)
    )
    contacts = (
        shop.table("exposures")
        .filter(nw.col("arm") != "control")
        .select("customer_id", "ago", "seconds_ago", ordered_ago=nw.lit(_NONE).cast(nw.Int64), is_contact=nw.lit(1))
    )
    # from the latest to the earliest moment, the largest `ordered_ago` so far is the next order
    following = nw.col("ordered_ago").cum_max().over("customer_id", order_by=["seconds_ago", "is_contact"])
    both = nw.concat([orders, contacts]).with_columns(ordered_ago=following)
    return both.filter(nw.col("is_contact") == 1)
