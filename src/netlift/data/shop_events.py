"""Named tables out of a stream of shop events, the same for every tracker that knows views, carts and purchases.

A tracker's adapter brings each of its rows into one shape (`COLUMNS`); the queries here do the rest: an event per
item looked at, and orders with lines from purchases, less the refunds that name them.
"""

from netlift.data.rules import dated, in_currency
from netlift.data.shares import share
from netlift.data.source import Options, Rule
from netlift.engines.sql import text
from netlift.errors import Reason

COLUMNS = (
    "event_id",
    "event",
    "happened_text",
    "happened_at",
    "customer_id",
    "session_id",
    "order_id",
    "promotion_id",
    "channel",
    "currency",
    "value_minor",
    "subtotal_minor",
    "discount_minor",
    "shipping_minor",
    "tax_minor",
    "total_minor",
    "coupon",
    "items",
    "is_cancelled",
    "is_known_order",
    "file_currency",
)
"""What `rows` of an adapter must give. `event` is null where netlift has no use for it; `items` is a list of structs
{product_id, name, brand, category, quantity, price_minor, unit_discount_minor, promotion_id} with the price per unit
after the item's own discount; `discount_minor` is what the order still takes off them; `is_cancelled`: the order was
called off; `is_known_order`: the file holds its purchase; `file_currency`: see `file_currency`."""

_EVENTS = """
WITH part AS (SELECT * EXCLUDE (items), unnest(CASE WHEN len(items) > 0 THEN items ELSE [NULL] END) AS item,
                     generate_subscripts(CASE WHEN len(items) > 0 THEN items ELSE [NULL] END, 1) AS place,
                     len(items) > 0 AS has_items FROM kept)
SELECT CASE WHEN place > 1 THEN event_id || '-' || place ELSE event_id END AS event_id, event, happened_at AS "at",
    customer_id, session_id, item.product_id AS product_id, order_id, item.quantity AS quantity,
    coalesce(item.promotion_id, promotion_id) AS promotion_id,
    CASE WHEN has_items THEN CAST(round(item.price_minor * coalesce(item.quantity, 1)) AS BIGINT) ELSE value_minor END
        AS value_minor,
    currency, channel
FROM part
"""

_REFUND = """
SELECT order_id, sum(value_minor) AS amount, bool_or(len(items) = 0 AND value_minor IS NULL) AS is_whole,
    flatten(list(items)) AS items
FROM kept WHERE event = 'refund' GROUP BY order_id
"""

# Prices that already add up to the subtotal have the order's discount inside; otherwise it is still to be taken off.
_LINES = f"""
WITH item AS (
    SELECT * EXCLUDE (items), unnest(items) AS item, generate_subscripts(items, 1) AS line
    FROM (SELECT * FROM kept WHERE event = 'purchase')),
counted AS (
    SELECT *, item.product_id AS product_id, coalesce(item.quantity, 1) AS quantity,
        CAST(round(item.price_minor * coalesce(item.quantity, 1)) AS BIGINT) AS gross,
        CAST(round(coalesce(item.unit_discount_minor, 0) * coalesce(item.quantity, 1)) AS BIGINT) AS own
    FROM item),
summed AS (
    SELECT *, sum(gross) OVER (PARTITION BY order_id) AS goods,
        coalesce(goods = subtotal_minor AND discount_minor > 0, false) AS is_inside FROM counted),
parted AS (
    SELECT *, CAST(CASE WHEN is_inside THEN discount_minor ELSE least(coalesce(discount_minor, 0), goods) END AS BIGINT)
        AS off FROM summed),
priced AS (
    SELECT *, {share("off", "gross", by="order_id", order="line")} AS part,
        CASE WHEN is_inside THEN gross ELSE gross - part END AS net,
        net + part + own AS list_minor
    FROM parted),
taken AS (
    SELECT order_id, item.product_id AS product_id, sum(coalesce(item.quantity, 1)) AS quantity
    FROM (SELECT order_id, unnest(items) AS item FROM refund) WHERE item.product_id IS NOT NULL GROUP BY ALL),
asked AS (
    SELECT priced.*, sum(net) OVER (PARTITION BY priced.order_id) AS net_goods, is_whole,
        sum(priced.quantity) OVER (PARTITION BY priced.order_id, priced.product_id ORDER BY line
                                   ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS earlier,
        least(priced.quantity, greatest(0, taken.quantity - coalesce(earlier, 0)))
            + CASE WHEN taken.quantity IS NULL THEN NULL ELSE 0 END AS units_back,
        CAST(least(coalesce(amount, CASE WHEN is_whole THEN net_goods ELSE 0 END), net_goods) AS BIGINT) AS back
    FROM priced LEFT JOIN refund USING (order_id) LEFT JOIN taken USING (order_id, product_id)),
named AS (SELECT *, count(units_back) OVER (PARTITION BY order_id) > 0 AS by_item FROM asked)
SELECT *, CASE WHEN by_item THEN CAST(round(net * coalesce(units_back, 0) / quantity) AS BIGINT)
                   ELSE {share("back", "net", by="order_id", order="line")} END AS back_minor,
        CASE WHEN by_item THEN coalesce(units_back, 0) WHEN back = net_goods AND back > 0 THEN quantity ELSE 0 END
            AS back_units
FROM named
"""

_ORDER_LINES = """
SELECT order_id, CAST(line AS INTEGER) AS line, product_id, customer_id, happened_at AS ordered_at, currency, quantity,
    list_minor, list_minor - net AS discount_minor, 0 AS funded_minor, back_units AS refunded_quantity,
    back_minor AS refunded_minor
FROM line
"""

_ORDERS = """
WITH sums AS (
    SELECT order_id, sum(list_minor) AS list_minor, sum(net) AS net, sum(back_minor) AS back FROM line GROUP BY ALL)
SELECT order_id, customer_id, happened_at AS ordered_at, currency,
    CASE WHEN coalesce(amount, back, 0) = 0 AND is_whole IS NOT true THEN 'paid'
         WHEN is_whole OR back >= sums.net THEN 'refunded' ELSE 'partially_refunded' END AS status,
    channel, CAST(coalesce(sums.list_minor, value_minor, 0) AS BIGINT) AS list_minor,
    CAST(coalesce(sums.list_minor - sums.net, 0) AS BIGINT) AS discount_minor, shipping_minor, tax_minor,
    CAST(coalesce(total_minor, coalesce(sums.net, value_minor, 0) + coalesce(shipping_minor, 0)
                               + coalesce(tax_minor, 0)) AS BIGINT) AS total_minor,
    CAST(coalesce(amount, CASE WHEN is_whole THEN coalesce(total_minor, sums.net) END, back, 0) AS BIGINT)
        AS refunded_minor,
    coupon AS code
FROM (SELECT * FROM kept WHERE event = 'purchase') LEFT JOIN sums USING (order_id)
    LEFT JOIN (SELECT order_id, amount, is_whole FROM refund) USING (order_id)
"""

_COUPONS = """
SELECT coupon AS coupon_id, coupon AS promotion_id, customer_id, order_id, happened_at AS redeemed_at, discount_minor,
    currency
FROM kept WHERE event = 'purchase' AND coupon IS NOT NULL
"""

_PRODUCTS = """
SELECT item.product_id AS product_id, arg_max(item.name, (happened_at, _row)) AS name,
    arg_max(item.category, (happened_at, _row)) AS category, arg_max(item.brand, (happened_at, _row)) AS brand
FROM (SELECT _row, happened_at, unnest(items) AS item FROM kept) WHERE item.product_id IS NOT NULL GROUP BY ALL
"""

STAGES = {"refund": _REFUND, "line": _LINES}
"""What the queries of `TABLES` share."""

TABLES = {
    "events": _EVENTS,
    "orders": _ORDERS,
    "order_lines": _ORDER_LINES,
    "coupons": _COUPONS,
    "products": _PRODUCTS,
}
"""Queries over `kept` for an adapter whose rows have `COLUMNS`."""


CURRENCY = "CASE WHEN event IN ('purchase', 'refund') THEN currency ELSE file_currency END"
"""SQL over `typed`: orders are held to one currency, other events take part whatever they name."""


def file_currency(rows: str, options: Options) -> str:
    """SQL for the currency of most purchases among `rows` (or the user's, if any is in it); XXX where there is none."""
    bought = f"FROM {rows} WHERE event = 'purchase'"
    asked = text(options.currency.upper()) if options.currency else "NULL"
    wanted = f"(SELECT any_value(currency) {bought} AND currency = {asked})"
    return f"coalesce({wanted}, (SELECT mode(currency) {bought}), 'XXX')"


def rules(options: Options) -> tuple[Rule, ...]:
    """What is refused in a stream of events: unknown ones, orders without number or money, refunds of nothing."""
    is_order = "event IN ('purchase', 'refund')"
    return (
        Rule(Reason.UNKNOWN_EVENT, "event IS NULL"),
        *dated("happened_text", "happened_at", options),
        Rule(Reason.MISSING_ID, f"{is_order} AND order_id IS NULL"),
        Rule(Reason.CANCELLED, "event = 'purchase' AND is_cancelled"),
        Rule(Reason.UNMATCHED_REFUND, "event = 'refund' AND NOT coalesce(is_known_order, false)"),
        *(Rule(rule.reason, f"event = 'purchase' AND ({rule.when})") for rule in in_currency("currency")),
        Rule(
            Reason.MISSING_AMOUNT,
            "event = 'purchase' AND value_minor IS NULL AND total_minor IS NULL AND len(items) = 0",
        ),
        Rule(Reason.MISSING_ID, _bought("x.product_id IS NULL")),
        Rule(Reason.MISSING_AMOUNT, _bought("x.price_minor IS NULL")),
        Rule(Reason.NEGATIVE_PRICE, _bought("x.price_minor < 0")),
        Rule(Reason.BAD_QUANTITY, _bought("x.quantity = 0")),
        Rule(Reason.NEGATIVE_QUANTITY, _bought("x.quantity < 0")),
    )


def _bought(fault: str) -> str:
    """SQL: a purchase holds an item `x` with this fault."""
    return f"event = 'purchase' AND len(list_filter(items, lambda x: {fault})) > 0"
