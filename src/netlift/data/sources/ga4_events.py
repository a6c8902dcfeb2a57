"""Google Analytics 4 e-commerce events, one JSON object a line: the BigQuery export, or events with plain `params`."""

from netlift.data.rules import known_currency, zone_of
from netlift.data.shop_events import CURRENCY, STAGES, TABLES, file_currency, rules
from netlift.data.source import Options, Peek, Reading, Source

_NAMES = {
    "page_view": "page",
    "session_start": "visit",
    "view_item_list": "list_view",
    "select_item": "click",
    "view_item": "view",
    "search": "search",
    "view_search_results": "search",
    "add_to_wishlist": "wish",
    "add_to_cart": "cart",
    "remove_from_cart": "uncart",
    "view_cart": "cart_view",
    "begin_checkout": "checkout",
    "add_shipping_info": "checkout_step",
    "add_payment_info": "checkout_step",
    "purchase": "purchase",
    "refund": "refund",
    "view_promotion": "promo_view",
    "select_promotion": "promo_click",
}
_FIELDS = {
    "name": ("event_name", "name"),
    "happened_text": ("event_timestamp", "timestamp_micros", "timestamp", "time"),
    "user_id": ("user_id",),
    "device_id": ("user_pseudo_id", "client_id"),
    "platform": ("platform",),
    "bundle": ("event_bundle_sequence_id",),
    "params": ("params",),
    "event_params": ("event_params",),
    "own_items": ("items",),
    "ecommerce": ("ecommerce",),
}
_PARAMS = ("currency", "value", "transaction_id", "coupon", "shipping", "tax", "promotion_id", "ga_session_id")
_ECOMMERCE = ("transaction_id", "purchase_revenue", "refund_value", "shipping_value", "tax_value")
_ITEM = ("item_id", "item_name", "item_brand", "item_category", "price", "discount", "quantity", "promotion_id")

# An item's `price` is what one unit costs after the item's discount, `discount` what was taken off it (GA4 reference).
_ROWS = """
WITH field AS (SELECT _row, {fields} FROM raw),
paired AS (
    SELECT *, coalesce(user_id, device_id) AS user_text, from_json(coalesce(event_params, '[]'),
        '[{{"key": "VARCHAR", "value": {{"string_value": "VARCHAR", "int_value": "VARCHAR", "float_value": "VARCHAR",
            "double_value": "VARCHAR"}}}}]') AS pairs FROM field),
param AS (SELECT *, struct_pack({param}) AS p, struct_pack({ecommerce}) AS e FROM paired),
named AS (
    SELECT _row, name, happened_text, user_text, platform, p.coupon AS coupon, p.promotion_id AS promotion_id,
        p.ga_session_id AS session, nullif(coalesce(p.transaction_id, e.transaction_id), '(not set)') AS order_id,
        coalesce(p.value, e.purchase_revenue, e.refund_value) AS value_text,
        coalesce(p.shipping, e.shipping_value) AS shipping_text, coalesce(p.tax, e.tax_value) AS tax_text,
        map {{{names}}}[name] AS event, p.currency AS currency,
        md5(concat_ws('|', user_text, name, happened_text, bundle, own_items, params, event_params, ecommerce))
            AS event_id,
        from_json(coalesce(own_items, json_extract(params, '$.items'), json_extract(ecommerce, '$.items')),
                  '[{{{item}}}]') AS listed
    FROM param),
priced AS (SELECT * REPLACE ({currency} AS currency) FROM named)
SELECT _row, event_id, event, happened_text, moment(happened_text, {zone}) AS happened_at,
    person(user_text) AS customer_id,
    CASE WHEN session IS NOT NULL THEN left(md5(concat_ws('|', user_text, session)), 16) END AS session_id,
    order_id, promotion_id, lower(platform) AS channel, currency, money(value_text, currency) AS value_minor,
    NULL::BIGINT AS subtotal_minor, NULL::BIGINT AS discount_minor, NULL::BIGINT AS total_minor,
    money(shipping_text, currency) AS shipping_minor, money(tax_text, currency) AS tax_minor, coupon,
    [{{'product_id': coalesce(nullif(blank(x.item_id), '(not set)'), nullif(blank(x.item_name), '(not set)')),
       'name': x.item_name, 'brand': x.item_brand, 'category': x.item_category, 'quantity': number(x.quantity),
       'price_minor': money(x.price, currency), 'unit_discount_minor': money(x.discount, currency),
       'promotion_id': nullif(x.promotion_id, '(not set)')}} FOR x IN coalesce(listed, [])] AS items,
    false AS is_cancelled, bool_or(event = 'purchase') OVER (PARTITION BY order_id) AS is_known_order,
    CASE WHEN event = 'purchase' AND order_id IS NOT NULL THEN 'purchase ' || order_id ELSE event_id END AS same,
    {file_currency} AS file_currency
FROM priced
"""


class Ga4Events(Source):
    """Events of Google Analytics 4 (NDJSON)."""

    kind = "ga4_events"
    title = "GA4 e-commerce events (NDJSON)"
    forms = ("ndjson",)
    telling = ("event_name", "event_timestamp", "event_params")

    def recognises(self, peek: Peek) -> float:
        """Event names of GA4 beside its parameters, in either shape."""
        exported = peek.has(*self.telling)
        plain = "params" in peek.columns and any(name in peek.columns for name in ("name", "event_name"))
        return 0.95 if exported else 0.8 * plain

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Events; orders from `purchase`, less the `refund` events that name them."""
        return Reading(
            rows=_ROWS.format(
                fields=peek.fields(_FIELDS),
                param=", ".join(f"{name} := {_param(name)}" for name in _PARAMS),
                ecommerce=", ".join(f"{name} := json_extract_string(ecommerce, '$.{name}')" for name in _ECOMMERCE),
                names=", ".join(f"'{theirs}': '{ours}'" for theirs, ours in _NAMES.items()),
                item=", ".join(f'"{name}": "VARCHAR"' for name in _ITEM),
                currency=known_currency("currency", options),
                zone=zone_of(options),
                file_currency=file_currency("priced", options),
            ),
            stages=STAGES,
            tables=TABLES,
            refuse=rules(options),
            identity=("same",),
            currency=CURRENCY,
            unused=peek.known(
                "device", "geo", "user_properties", "app_info", "traffic_source", "event_date", "stream_id"
            ),
            notes=("no_cost",),
        )


def _param(name: str) -> str:
    """SQL for one parameter, from the plain object or from the export's list of keys and values."""
    pair = f"list_filter(pairs, lambda x: x.key = '{name}')[1].value"
    kinds = ", ".join(f"{pair}.{kind}_value" for kind in ("string", "int", "double", "float"))
    return f"coalesce(json_extract_string(params, '$.{name}'), {kinds})"
