"""How many of those who are given an offer use it when they buy: what past coupons tell of the next ones."""

import math
from collections import defaultdict
from typing import NamedTuple

from netlift.history.shop import Shop
from netlift.types import Check

LEAST_BUYERS = 30
"""Buyers among those offered from whom a share is read."""

_BUYERS = """
WITH couponed AS (
  SELECT DISTINCT promotion_id FROM coupons WHERE redeemed_at IS NOT NULL AND promotion_id IS NOT NULL),
held AS (
  SELECT e.promotion_id, e.customer_id, coalesce(p.mechanism, '') AS mechanism, coalesce(any_value(e.channel), '')
         AS channel, min(epoch_us(coalesce(p.starts_at, e.exposed_at)) // 86400000000) AS first,
         max(epoch_us(coalesce(p.ends_at, e.exposed_at)) // 86400000000) AS last
  FROM exposures e JOIN couponed USING (promotion_id) LEFT JOIN promotions p USING (promotion_id)
  WHERE e.arm <> 'control' GROUP BY ALL),
bought AS (
  SELECT h.promotion_id, h.customer_id, h.mechanism, h.channel,
         EXISTS (SELECT 1 FROM coupons c WHERE c.promotion_id = h.promotion_id AND c.customer_id = h.customer_id
                 AND c.redeemed_at IS NOT NULL) AS used
  FROM held h WHERE h.last < {until} AND EXISTS (
    SELECT 1 FROM customer_days d WHERE d.customer_id = h.customer_id AND d.day >= h.first AND d.day <= h.last))
SELECT mechanism, channel, count(*), count(*) FILTER (used) FROM bought GROUP BY ALL ORDER BY ALL
"""


class Seen(NamedTuple):
    """Customers who were offered and bought, and those of them who used the offer."""

    buyers: int
    used: int


class Noticed:
    """Habits of redemption by mechanism and channel.

    Args:
        seen: by mechanism and channel.
    """

    def __init__(self, seen: dict[tuple[str, str], Seen]) -> None:
        sums: dict[tuple[str | None, str | None], list[int]] = defaultdict(lambda: [0, 0])
        for (mechanism, channel), one in seen.items():
            for key in ((mechanism, channel), (mechanism, None), (None, channel), (None, None)):
                sums[key][0] += one.buyers
                sums[key][1] += one.used
        self._seen = {key: Seen(*both) for key, both in sums.items()}

    def of(self, mechanism: str, channel: str | None) -> tuple[float, tuple[Check, ...]]:
        """Share of purchases at which an offer is thought of, and the check that says where it comes from.

        Like offers come first: of the mechanism on the channel, of the mechanism, on the channel, any. Where nobody
        ever redeemed a coupon, all are taken to notice, and the check was not run.

        >>> habits = Noticed({("coupon", "email"): Seen(200, 50)})
        >>> habits.of("coupon", "sms")[0], habits.of("coupon", "email")[1][0].numbers["buyers"]
        (0.25, 200.0)
        """
        for key in ((mechanism, channel), (mechanism, None), (None, channel), (None, None)):
            one = self._seen.get(key)
            if one is not None and one.buyers >= LEAST_BUYERS and one.used > 0:
                share = one.used / one.buyers
                return share, (Check("noticed", True, share, 0.0, {"buyers": float(one.buyers)}),)
        return 1.0, (Check("noticed", None, math.nan, 0.0),)


def noticed_of(shop: Shop, until: int) -> Noticed:
    """Read habits of redemption.

    Args:
        shop: the past.
        until: day number of the first day that is not known; only offers that were over by then count.
    """
    rows = shop.con.execute(_BUYERS.format(until=int(until))).fetchall()
    return Noticed({(mechanism, channel): Seen(buyers, used) for mechanism, channel, buyers, used in rows})
