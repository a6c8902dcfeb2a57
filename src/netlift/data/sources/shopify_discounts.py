"""Shopify's discount export: one row per discount code or automatic discount."""

from netlift.data.rules import code_of, identified, zone_of
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.errors import Reason

_FIELDS = {
    "name": ("Name",),
    "value_text": ("Value",),
    "value_type": ("Value Type",),
    "type": ("Type",),
    "class": ("Discount Class",),
    "minimum": ("Minimum Purchase Requirements",),
    "start_text": ("Start",),
    "end_text": ("End",),
    "used": ("Times Used In Total",),
    "status": ("Status",),
    "once": ("Applies Once Per Customer",),
    "usage_limit": ("Usage Limit Per Code",),
    "selection": ("Customer Selection",),
}

_ROWS = """
WITH field AS (SELECT _row, {fields} FROM raw)
SELECT _row, name AS promotion_id, value_text, abs(number(value_text)) AS size,
    abs(money(value_text, {code})) AS size_minor,
    lower(value_type) AS value_type, lower(type) AS type, lower(class) AS class, minimum, lower(status) AS status, once,
    usage_limit, selection, CAST(number(used) AS BIGINT) AS used, nullif({code}, 'XXX') AS currency,
    start_text, moment(start_text, {zone}) AS starts_at, end_text, moment(end_text, {zone}) AS ends_at
FROM field
"""

# Value is written as a deduction: -10.0 with Value Type "percentage" is ten percent.
_PROMOTIONS = """
SELECT promotion_id, promotion_id AS name,
    CASE WHEN class LIKE '%shipping%' OR type LIKE '%shipping%' THEN 'shipping'
         WHEN type LIKE '%buy%' OR type LIKE '%bxgy%' THEN 'bundle'
         WHEN regexp_matches(minimum, '[1-9]') THEN 'threshold'
         WHEN type LIKE '%automatic%' THEN 'price_cut' ELSE 'code' END AS mechanism,
    starts_at, ends_at, CASE WHEN type LIKE '%automatic%' THEN NULL ELSE promotion_id END AS code,
    CASE WHEN value_type LIKE '%percent%' THEN size / 100 ELSE size_minor END AS value,
    CASE WHEN value_type LIKE '%percent%' THEN 'percent' WHEN value_type LIKE '%amount%' THEN 'amount' ELSE 'other' END
        AS value_type,
    currency, used AS participants,
    CAST(json_object('class', class, 'type', type, 'minimum', minimum, 'status', status, 'once_per_customer', once,
                     'usage_limit', usage_limit, 'customers', selection) AS VARCHAR) AS attributes
FROM kept
"""


class ShopifyDiscounts(Source):
    """Discounts, Export in the Shopify admin."""

    kind = "shopify_discounts"
    title = "Shopify discounts (CSV)"
    telling = ("Name", "Value", "Value Type", "Discount Class", "Start")

    def recognises(self, peek: Peek) -> float:
        """Sure when a name has a value, a value type, a class and a start."""
        return 0.95 if peek.has(*self.telling) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Discounts as promotions; the code is the promotion's id, as on the orders."""
        return Reading(
            rows=_ROWS.format(fields=peek.fields(_FIELDS), code=code_of(options), zone=zone_of(options)),
            tables={"promotions": _PROMOTIONS},
            refuse=(
                *identified("promotion_id"),
                Rule(
                    Reason.BAD_TIME,
                    "start_text IS NOT NULL AND starts_at IS NULL OR end_text IS NOT NULL AND ends_at IS NULL",
                ),
                Rule(Reason.BAD_AMOUNT, "value_text IS NOT NULL AND size IS NULL"),
            ),
            identity=("promotion_id",),
            unused=peek.known(
                *(f"Combines with {what} Discounts" for what in ("Order", "Product", "Shipping")), "Context"
            ),
            notes=() if options.currency else ("no_currency",),
        )
