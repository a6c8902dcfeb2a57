"""Segment track calls, one JSON object a line, with the event names of its e-commerce specification (version 2)."""

from netlift.data.rules import known_currency, zone_of
from netlift.data.shop_events import CURRENCY, STAGES, TABLES, file_currency, rules
from netlift.data.source import Options, Peek, Reading, Source

_NAMES = {
    "Products Searched": "search",
    "Product List Viewed": "list_view",
    "Product List Filtered": "list_view",
    "Promotion Viewed": "promo_view",
    "Promotion Clicked": "promo_click",
    "Product Clicked": "click",
    "Product Viewed": "view",
    "Product Added": "cart",
    "Product Removed": "uncart",
    "Cart Viewed": "cart_view",
    "Checkout Started": "checkout",
    "Checkout Step Viewed": "checkout_step",
    "Checkout Step Completed": "checkout_step",
    "Payment Info Entered": "checkout_step",
    "Order Completed": "purchase",
    "Order Refunded": "refund",
    "Order Cancelled": "cancel",
    "Coupon Entered": "coupon_entered",
    "Coupon Applied": "coupon_applied",
    "Coupon Denied": "coupon_denied",
    "Coupon Removed": "coupon_removed",
    "Product Added to Wishlist": "wish",
    "Product Reviewed": "review",
}
_FIELDS = {
    "type": ("type",),
    "title": ("event",),
    "message": ("messageId", "message_id"),
    "happened": ("timestamp",),
    "told": ("originalTimestamp", "sentAt"),
    "user_id": ("userId", "user_id"),
    "device_id": ("anonymousId", "anonymous_id"),
    "properties": ("properties",),
    "context": ("context",),
}
_ORDER = ("order_id", "currency", "value", "revenue", "subtotal", "total", "discount", "shipping", "tax", "coupon")
_PROMOTION = ("promotion_id", "coupon_id")
_ITEM = ("product_id", "sku", "name", "brand", "category", "price", "quantity")

# A call about one product carries its fields itself, a call about several has a list `products`.
_ROWS = """
WITH field AS (SELECT _row, {fields} FROM raw),
property AS (
    SELECT *, {order}, struct_pack({item}) AS single,
        from_json(json_extract(properties, '$.products'), '[{{{items}}}]') AS several FROM field),
named AS (
    SELECT *, coalesce(happened, told) AS happened_text, coalesce(user_id, device_id) AS user_text,
        CASE WHEN coalesce(type, 'track') = 'track' THEN map {{{names}}}[title] END AS event,
        CASE WHEN len(several) > 0 THEN several WHEN coalesce(single.sku, single.product_id) IS NOT NULL THEN [single]
             ELSE [] END AS listed,
        CASE WHEN title = 'Order Refunded' THEN coalesce(total, value, revenue)
             ELSE coalesce(value, revenue, subtotal) END AS value_text,
        coalesce(subtotal, revenue) AS subtotal_text FROM property),
priced AS (SELECT * REPLACE ({currency} AS currency) FROM named)
SELECT _row, coalesce(message, md5(concat_ws('|', user_text, title, happened_text, properties))) AS event_id, event,
    happened_text, moment(happened_text, {zone}) AS happened_at, person(user_text) AS customer_id, NULL AS session_id,
    order_id, coalesce(promotion_id, coupon_id) AS promotion_id,
    CASE WHEN regexp_matches(json_extract_string(context, '$.library.name'), 'ios|android|kotlin|swift') THEN 'app'
         ELSE 'web' END AS channel,
    currency, money(value_text, currency) AS value_minor, money(subtotal_text, currency) AS subtotal_minor,
    abs(money(discount, currency)) AS discount_minor, money(shipping, currency) AS shipping_minor,
    money(tax, currency) AS tax_minor, money(total, currency) AS total_minor, coupon,
    [{{'product_id': coalesce(blank(x.sku), blank(x.product_id)), 'name': x.name, 'brand': x.brand,
       'category': x.category, 'quantity': number(x.quantity), 'price_minor': money(x.price, currency),
       'unit_discount_minor': 0::BIGINT, 'promotion_id': NULL::VARCHAR}} FOR x IN listed] AS items,
    order_id IS NOT NULL AND bool_or(title = 'Order Cancelled') OVER (PARTITION BY order_id) AS is_cancelled,
    bool_or(title = 'Order Completed') OVER (PARTITION BY order_id) AS is_known_order,
    CASE WHEN event = 'purchase' AND order_id IS NOT NULL THEN 'purchase ' || order_id ELSE event_id END AS same,
    {file_currency} AS file_currency
FROM priced
"""


class SegmentEvents(Source):
    """Track calls of Segment, RudderStack and others with the same names (NDJSON)."""

    kind = "segment_events"
    title = "Segment e-commerce events (NDJSON)"
    forms = ("ndjson",)
    telling = ("event", "properties")

    def recognises(self, peek: Peek) -> float:
        """Track calls: an event with properties, and who did it or the number of the message."""
        told = any(name in peek.columns for name in ("messageId", "anonymousId", "userId"))
        return 0.95 if told and peek.has(*self.telling) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Events; orders from `Order Completed`, less the `Order Refunded` events that name them."""
        return Reading(
            rows=_ROWS.format(
                fields=peek.fields(_FIELDS),
                order=", ".join(f"{_property(name)} AS {name}" for name in (*_ORDER, *_PROMOTION)),
                item=", ".join(f"{name} := {_property(name)}" for name in _ITEM),
                items=", ".join(f'"{name}": "VARCHAR"' for name in _ITEM),
                names=", ".join(f"'{theirs}': '{ours}'" for theirs, ours in _NAMES.items()),
                currency=known_currency("currency", options),
                zone=zone_of(options),
                file_currency=file_currency("priced", options),
            ),
            stages=STAGES,
            tables=TABLES,
            refuse=rules(options),
            identity=("same",),
            currency=CURRENCY,
            unused=peek.known("integrations", "traits", "receivedAt"),
            notes=("no_cost",),
        )


def _property(name: str) -> str:
    """SQL for one property of a call."""
    return f"json_extract_string(properties, '$.{name}')"
