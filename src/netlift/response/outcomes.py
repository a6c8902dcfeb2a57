"""What each customer of a log brought and what the offer cost on each: the numbers that a response is learned from.

For one customer, over the days of window and wash-out, in minor units:

    cost    the shop's share of the offer's own discounts that the customer took (suppliers' money taken off)
    profit  list value - discounts + suppliers' share - returns - cost of goods - payment fees, over all goods
    margin  profit + cost: what the purchases would have left, had the offer's own discount not been taken

so that margin - cost is the profit, customer by customer. A contact's cost is the same for everybody offered and is
added where averages are made.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from netlift.engines.sql import text
from netlift.errors import DataError
from netlift.history.shop import Shop
from netlift.response.logs import CONTROL, Log
from netlift.uplift.checks import Floats, Ints


class CostFrom(StrEnum):
    """How the offer's own discounts were recognised; the first that the data allow."""

    COUPONS = "coupons"
    """Redemptions in COUPONS, with their amounts or the discount on the goods on offer in their orders."""
    CODE = "code"
    """Discount on the goods on offer in orders that carry the promotion's code."""
    GOODS = "goods"
    """All discount on the goods on offer inside the window, of control too: only the difference is the offer's."""
    NOTHING = "nothing"
    """The offer takes nothing off: a message, a display."""


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """One row per customer of a log, sorted by id."""

    customer_id: NDArray[np.object_]
    arm: Ints
    """0 control, k the k-th of the log's arms."""
    propensity: Floats | None
    """Probability of each arm, shape (n, 1 + arms), where chance decided; None: to be estimated."""
    margin: Floats
    cost: Floats
    bought: Floats
    """1 where the customer ordered inside the window, else 0."""
    cost_from: CostFrom

    @property
    def profit(self) -> Floats:
        """Margin less cost, minor units."""
        return self.margin - self.cost


_POPULATION = """
CREATE OR REPLACE TEMP TABLE log_population AS
WITH reached AS (
  SELECT customer_id, min(arm) AS arm, min(propensity) AS propensity FROM exposures
  WHERE promotion_id = ? GROUP BY customer_id HAVING count(DISTINCT arm) = 1)
SELECT customer_id, arm, propensity FROM reached WHERE list_contains(?, arm)
"""
_NOT_REACHED = """
INSERT INTO log_population
SELECT customer_id, 'control', NULL FROM (
  SELECT customer_id FROM customer_days WHERE day < {start}
  UNION SELECT customer_id FROM customers WHERE epoch_us(first_seen) // 86400000000 < {start})
WHERE customer_id NOT IN (SELECT customer_id FROM exposures WHERE promotion_id = ?)
  AND customer_id NOT IN (SELECT customer_id FROM customers WHERE NOT accepts_marketing)
"""
_MONEY = """
WITH spent AS (
  SELECT customer_id, sum(list_revenue - discount + funding - returns - cost_of_goods)::BIGINT AS profit,
         sum(list_revenue - discount - returns)::BIGINT AS paid, bool_or(day < {end}) AS bought
  FROM sold WHERE day >= {start} AND day < {until} GROUP BY customer_id),
own AS (SELECT customer_id, sum(cost)::BIGINT AS cost FROM ({cost}) GROUP BY customer_id)
SELECT p.customer_id, p.arm, p.propensity, coalesce(s.profit, 0) AS profit, coalesce(s.paid, 0) AS paid,
       coalesce(s.bought, false)::INT AS bought, coalesce(own.cost, 0) AS cost
FROM log_population p LEFT JOIN spent s USING (customer_id) LEFT JOIN own USING (customer_id)
ORDER BY p.customer_id
"""
_TOUCHED = """
SELECT order_id, any_value(customer_id) AS customer_id, sum(discount)::BIGINT AS discount,
       sum(funding)::BIGINT AS funding
FROM sold WHERE discount > 0 AND ({goods}) AND day >= {start} AND day < {until} GROUP BY order_id
"""
_GOODS = "NOT EXISTS (SELECT 1 FROM log_goods) OR product_id IN (SELECT product_id FROM log_goods)"
_BY_COUPONS = """
SELECT coalesce(t.customer_id, u.customer_id) AS customer_id,
       greatest(0, coalesce(u.amount, t.discount, 0) - least(coalesce(t.funding, 0), coalesce(u.amount, t.discount, 0)))
       AS cost
FROM (SELECT order_id, any_value(customer_id) AS customer_id, sum(discount_minor)::BIGINT AS amount
      FROM log_used GROUP BY order_id) u LEFT JOIN ({touched}) t USING (order_id)
"""
_BY_CODE = """
SELECT t.customer_id, t.discount - least(t.funding, t.discount) AS cost FROM ({touched}) t
WHERE t.order_id IN (SELECT order_id FROM orders WHERE upper(code) = upper({code}))
"""
_BY_GOODS = """
SELECT customer_id, discount - funding AS cost FROM sold WHERE ({goods}) AND day >= {start} AND day < {end}
"""
_USED = """
CREATE OR REPLACE TEMP TABLE log_used AS
SELECT c.coupon_id, coalesce(c.order_id, o.order_id, 'coupon ' || c.coupon_id) AS order_id, c.customer_id,
       c.discount_minor
FROM coupons c LEFT JOIN (
  SELECT customer_id, day, min(order_id) AS order_id FROM sold GROUP BY customer_id, day) o
ON c.order_id IS NULL AND c.customer_id = o.customer_id AND o.day = epoch_us(c.redeemed_at) // 86400000000
WHERE c.promotion_id = ? AND epoch_us(c.redeemed_at) // 86400000000 >= {start}
  AND epoch_us(c.redeemed_at) // 86400000000 < {until}
"""
_USUAL = "SELECT arm, avg(propensity) FROM exposures WHERE promotion_id = ? GROUP BY arm ORDER BY arm"


def gather(shop: Shop, log: Log) -> Records:
    """The customers of a log; leaves their ids in the table `log_population` of the connection.

    Customers with rows in several arms are left out. Where control was not logged it is everybody who was known
    before the start, not reached, and did not refuse to be contacted.

    Raises:
        DataError: nobody is left.
    """
    days = {"start": log.span.start, "end": log.span.end, "until": log.span.until}
    shop.con.execute(_POPULATION, [log.promotion_id, [CONTROL, *log.arms]])
    if not log.controls_logged:
        shop.con.execute(_NOT_REACHED.format(**days), [log.promotion_id])
    source, cost = _cost(shop, log, days)
    table = shop.con.execute(_MONEY.format(**days, cost=cost)).to_arrow_table()
    if not table.num_rows:
        raise DataError(f"promotion {log.promotion_id!r}: every customer stands in several arms")
    column = {name: table[name].to_numpy(zero_copy_only=False) for name in table.column_names}
    own = column["cost"].astype(np.float64)
    profit = column["profit"].astype(np.float64) - shop.terms.fee_rate * column["paid"].astype(np.float64)
    numbers = {name: k for k, name in enumerate((CONTROL, *log.arms))}
    arm = np.array([numbers[name] for name in column["arm"]], dtype=np.int64)
    return Records(
        column["customer_id"], arm, _propensity(shop, log, arm, column["propensity"].astype(np.float64)),
        profit + own, own, column["bought"].astype(np.float64), source,
    )  # fmt: skip


def _cost(shop: Shop, log: Log, days: dict[str, int]) -> tuple[CostFrom, str]:
    """Which traces the offer's discounts left, and the query that sums them by customer."""
    con = shop.con
    con.execute(
        "CREATE OR REPLACE TEMP TABLE log_goods AS SELECT DISTINCT product_id FROM promotion_products "
        "WHERE promotion_id = ?",
        [log.promotion_id],
    )
    con.execute(_USED.format(**days), [log.promotion_id])
    touched = _TOUCHED.format(**days, goods=_GOODS)
    if _any(shop, "SELECT count(*) FROM log_used"):
        return CostFrom.COUPONS, _BY_COUPONS.format(touched=touched)
    if log.code is not None:
        return CostFrom.CODE, _BY_CODE.format(touched=touched, code=text(log.code))
    worth = any(offer.depth or offer.face_minor or offer.products for offer in log.offers)
    if not worth:
        return CostFrom.NOTHING, "SELECT NULL::VARCHAR AS customer_id, 0 AS cost WHERE false"
    return CostFrom.GOODS, _BY_GOODS.format(**days, goods=_GOODS)


def _any(shop: Shop, query: str) -> bool:
    row = shop.con.execute(query).fetchone()
    return bool(row and row[0])


def _propensity(shop: Shop, log: Log, arm: Ints, own: Floats) -> Floats | None:
    """Chance of every arm for every customer, from the chance of the arm that each was in.

    With one treatment the rest is control's. With several, the rest is shared as the arms' average chances are, which
    is exact where the chances are the same for everybody. Arms that are left out are taken as never drawn.
    """
    if not log.randomized or not np.isfinite(own).all() or ((own <= 0) | (own >= 1)).any():
        return None
    usual = dict(shop.con.execute(_USUAL, [log.promotion_id]).fetchall())
    mean = np.array([usual[name] for name in (CONTROL, *log.arms)])
    rows, left_out = np.arange(len(arm)), sum(usual.values()) - mean.sum()
    rest = np.tile(mean, (len(arm), 1))
    rest[rows, arm] = 0.0
    chances: Floats = rest * ((1 - own) / (rest.sum(axis=1) + left_out))[:, None]
    chances[rows, arm] = own
    return chances / chances.sum(axis=1, keepdims=True)
