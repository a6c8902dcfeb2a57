"""Shopify's order export: one row per line item, the fields of the order only on its first row."""

from netlift.data.rules import counted, dated, identified, in_currency, known_currency, priced, zone_of
from netlift.data.shares import share
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.errors import Reason

_USUAL = ("Financial Status", "Currency", "Subtotal", "Total", "Discount Code", "Created at", "Lineitem sku")
_HEAD = {
    "email": ("Email",),
    "phone": ("Phone", "Billing Phone", "Shipping Phone"),
    "created": ("Created at", "Paid at"),
    "currency": ("Currency",),
    "payment": ("Financial Status",),
    "cancelled": ("Cancelled at",),
    "subtotal": ("Subtotal",),
    "shipping": ("Shipping",),
    "taxes": ("Taxes",),
    "total": ("Total",),
    "codes": ("Discount Code",),
    "discount": ("Discount Amount",),
    "refunded": ("Refunded Amount",),
    "channel": ("Source",),
    "country": ("Shipping Country",),
    "province": ("Shipping Province",),
    "home_country": ("Billing Country",),
    "home_province": ("Billing Province",),
    "marketing": ("Accepts Marketing",),
}
_LINE = {
    "order_id": ("Name",),
    "sku": ("Lineitem sku",),
    "title": ("Lineitem name",),
    "quantity_text": ("Lineitem quantity",),
    "price_text": ("Lineitem price",),
    "compare_text": ("Lineitem compare at price",),
    "line_discount_text": ("Lineitem discount",),
    "vendor": ("Vendor",),
}
_PERSONAL = ("Name", "Street", "Address1", "Address2", "Company", "City", "Zip", "Phone", "Province Name")
_UNUSED = (
    *(f"{side} {what}" for side in ("Billing", "Shipping") for what in _PERSONAL),
    *("Notes", "Note Attributes", "Payment Method", "Payment Reference", "Payment References", "Payment ID"),
    *("Employee", "Device ID", "Receipt Number", "Tags", "Id", "Risk Level", "Location", "Outstanding Balance"),
    *("Fulfillment Status", "Fulfilled at", "Fulfillment Date", "Paid at", "Shipping Method", "Duties"),
    *("Lineitem requires shipping", "Lineitem taxable", "Lineitem fulfillment status"),
    *("Payment Terms Name", "Next Payment Due At"),
    *(f"Tax {n} {what}" for n in range(1, 6) for what in ("Name", "Value")),
)

_ROWS = """
WITH line AS (SELECT _row, {line}, struct_pack({head}) AS head FROM raw),
counted AS (
    SELECT *, head.created IS NOT NULL OR head.total IS NOT NULL AS opens,
        count(*) FILTER (opens) OVER (PARTITION BY order_id ORDER BY _row) AS copy FROM line),
first AS (
    SELECT order_id, head FROM counted WHERE opens
    QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY _row) = 1),
opened AS (
    SELECT counted.* EXCLUDE (head, opens, copy), unnest(first.head),
        row_number() OVER (PARTITION BY order_id, copy ORDER BY _row) AS place
    FROM counted LEFT JOIN first USING (order_id)),
named AS (
    SELECT * REPLACE ({currency} AS currency), nullif(regexp_replace(phone, '[^0-9]', '', 'g'), '') AS digits
    FROM opened)
SELECT _row, order_id, place, coalesce(sku, title) AS product_id, title, vendor, currency,
    coalesce(person(email), person(digits)) AS customer_id, created, moment(created, {zone}) AS ordered_at,
    lower(payment) AS payment, cancelled, lower(channel) AS channel,
    nullif(concat_ws('-', coalesce(country, home_country),
                     CASE WHEN country IS NULL THEN home_province ELSE province END), '') AS region,
    lower(marketing) IN ('yes', 'true') AS accepts_marketing,
    list_filter([trim(code) FOR code IN string_split(codes, ',')], lambda code: code <> '') AS codes,
    quantity_text, number(quantity_text) AS quantity, price_text, money(price_text, currency) AS price_minor,
    money(compare_text, currency) AS compare_minor,
    coalesce(money(line_discount_text, currency), 0) AS line_discount_minor,
    coalesce(money(discount, currency), 0) AS discount_given_minor, money(subtotal, currency) AS subtotal_minor,
    money(shipping, currency) AS shipping_minor, money(taxes, currency) AS tax_minor,
    money(total, currency) AS total_minor, coalesce(money(refunded, currency), 0) AS refunded_minor
FROM named
"""

# An order that is in the file twice opens twice: its second copy has the same lines at the same places.
# Goods at price less what is taken off single lines must come down to Subtotal; the gap is the order's discount on
# goods. A code for free shipping leaves no gap; where Subtotal does not add up, Discount Amount is believed.
_LINES = f"""
WITH priced AS (
    SELECT *, CAST(row_number() OVER (PARTITION BY order_id ORDER BY _row) AS INTEGER) AS line,
        CAST(round(quantity * price_minor) AS BIGINT) AS gross,
        CAST(round(quantity * greatest(price_minor, coalesce(compare_minor, 0))) AS BIGINT) AS list_minor
    FROM kept),
reduced AS (SELECT *, greatest(0, least(line_discount_minor, gross)) AS own, gross - own AS due FROM priced),
summed AS (SELECT *, sum(due) OVER (PARTITION BY order_id) AS goods FROM reduced),
ordered AS (
    SELECT *, CAST(CASE WHEN goods - subtotal_minor BETWEEN 0 AND discount_given_minor THEN goods - subtotal_minor
                        ELSE least(discount_given_minor, goods) END AS BIGINT) AS on_goods FROM summed),
allocated AS (SELECT *, {share("on_goods", "due", by="order_id")} AS part, due - part AS net FROM ordered),
charged AS (
    SELECT *, goods - on_goods AS net_goods,
        CASE WHEN total_minor < goods - on_goods + shipping_minor
             THEN greatest(0, shipping_minor - (discount_given_minor - on_goods))
             ELSE shipping_minor END AS shipped_minor,
        CASE WHEN total_minor = goods - on_goods + shipped_minor + tax_minor THEN tax_minor END AS tax_on_top
    FROM allocated),
returned AS (
    SELECT *, CAST(least(net_goods, CASE WHEN net_goods > 0 THEN
        (refunded_minor * net_goods) // (net_goods + coalesce(tax_on_top, 0)) ELSE 0 END) AS BIGINT) AS back
    FROM charged)
SELECT *, {share("back", "net", by="order_id")} AS back_part FROM returned
"""

_ORDERS = """
SELECT order_id, any_value(customer_id) AS customer_id, any_value(ordered_at) AS ordered_at,
    any_value(currency) AS currency,
    CASE WHEN any_value(payment) IN ('pending', 'authorized', 'partially_paid', 'expired', 'unpaid') THEN 'pending'
         WHEN any_value(payment) = 'refunded' OR any_value(refunded_minor) >= any_value(total_minor)
              AND any_value(refunded_minor) > 0 THEN 'refunded'
         WHEN any_value(payment) = 'partially_refunded' OR any_value(refunded_minor) > 0 THEN 'partially_refunded'
         ELSE 'paid' END AS status,
    any_value(channel) AS channel, any_value(region) AS region,
    CAST(sum(list_minor) AS BIGINT) AS list_minor, CAST(sum(list_minor - net) AS BIGINT) AS discount_minor,
    any_value(shipped_minor) AS shipping_minor, any_value(tax_on_top) AS tax_minor,
    any_value(total_minor) AS total_minor, any_value(refunded_minor) AS refunded_minor,
    any_value(codes)[1] AS code
FROM line GROUP BY order_id
"""

_ORDER_LINES = """
SELECT order_id, line, product_id, customer_id, ordered_at, currency, region, quantity, list_minor,
    list_minor - net AS discount_minor, 0 AS funded_minor,
    CASE WHEN back = net_goods AND back > 0 OR payment = 'refunded' THEN quantity ELSE 0 END AS refunded_quantity,
    back_part AS refunded_minor
FROM line
"""

_COUPONS = """
SELECT DISTINCT code AS coupon_id, code AS promotion_id, customer_id, order_id, ordered_at AS redeemed_at,
    CASE WHEN len(codes) = 1 THEN discount_given_minor END AS discount_minor, currency
FROM (SELECT *, unnest(codes) AS code FROM kept)
"""

_CUSTOMERS = """
SELECT customer_id, min(ordered_at) AS first_seen, arg_max(region, (ordered_at, _row)) AS region,
    arg_max(accepts_marketing, (ordered_at, _row)) AS accepts_marketing
FROM kept WHERE customer_id IS NOT NULL GROUP BY customer_id
"""

_PRODUCTS = """
SELECT product_id, arg_max(title, (ordered_at, _row)) AS name, arg_max(vendor, (ordered_at, _row)) AS brand,
    arg_max(greatest(price_minor, coalesce(compare_minor, 0)), (ordered_at, _row)) AS price_minor,
    any_value(currency) AS currency
FROM kept GROUP BY product_id
"""


class ShopifyOrders(Source):
    """Orders, Export in the Shopify admin; old and new column sets."""

    kind = "shopify_orders"
    title = "Shopify orders (CSV)"
    telling = ("Name", "Lineitem quantity", "Lineitem name", "Lineitem price")

    def recognises(self, peek: Peek) -> float:
        """Sure when the line item columns are there, surer with each usual column of the order."""
        return 0.6 + 0.4 * peek.share(_USUAL) if peek.has(*self.telling) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Orders with exact line amounts, their customers, codes and products."""
        rows = _ROWS.format(
            line=peek.fields(_LINE),
            head=peek.fields(_HEAD, assign=True),
            currency=known_currency("currency", options),
            zone=zone_of(options),
        )
        return Reading(
            rows=rows,
            stages={"line": _LINES},
            tables={
                "orders": _ORDERS,
                "order_lines": _ORDER_LINES,
                "coupons": _COUPONS,
                "customers": _CUSTOMERS,
                "products": _PRODUCTS,
            },
            refuse=(
                *identified("order_id"),
                Rule(Reason.CANCELLED, "cancelled IS NOT NULL OR payment = 'voided'"),
                *dated("created", "ordered_at", options),
                *in_currency("currency"),
                *identified("product_id"),
                *counted("quantity"),
                *priced("price_text", "price_minor"),
            ),
            identity=("order_id", "place", "product_id", "quantity", "price_minor"),
            currency="currency",
            unused=peek.known(*_UNUSED),
            notes=("no_cost",),
        )
