"""WooCommerce orders as the common export plug-ins write them: a row per order or a row per item."""

from netlift.data.rules import code_of, dated, identified, in_currency, known_currency, zone_of
from netlift.data.shares import share
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.errors import Reason

_ORDER = ("order_id", "order_number", "Order ID", "Order Number")
_DATE = ("order_date", "date", "date_created", "Order Date")
_STATUS = ("order_status", "status", "Order Status")
_TOTAL = ("order_total", "total", "Order Total Amount", "Order Total")
_QUANTITY = ("item_quantity", "quantity", "qty", "Quantity", "Item Quantity")
_HEAD = {
    "created": _DATE,
    "status": _STATUS,
    "total": _TOTAL,
    "currency": ("order_currency", "currency", "Currency", "Order Currency"),
    "email": ("billing_email", "customer_email", "Email (Billing)", "Customer Email"),
    "user_id": ("customer_id", "customer_user", "user_id", "Customer ID", "Customer User ID"),
    "phone": ("billing_phone", "Phone (Billing)"),
    "shipping": ("shipping_total", "order_shipping", "Order Shipping Amount", "Shipping Total"),
    "tax": ("tax_total", "total_tax", "order_tax", "Order Total Tax Amount", "Tax Total"),
    "discount": ("discount_total", "total_discount", "Cart Discount Amount", "Discount Total"),
    "cart_discount": ("cart_discount",),
    "order_discount": ("order_discount",),
    "refunded": ("refunded_total", "order_refunded", "total_refunded", "Order Refund Amount"),
    "refunds": ("refund_items", "refunds"),
    "coupons": ("coupon_items", "coupons"),
    "codes": ("coupon_code", "coupon_codes", "Coupon Code", "Coupon Codes"),
    "country": ("shipping_country", "Country Code (Shipping)"),
    "state": ("shipping_state", "State Code (Shipping)"),
    "home_country": ("billing_country", "Country Code (Billing)"),
    "home_state": ("billing_state", "State Code (Billing)"),
    "channel": ("created_via",),
}
_ITEM = {
    "name": ("item_name", "product_name", "Item Name", "Product Name"),
    "sku": ("item_sku", "sku", "SKU"),
    "product": ("item_product_id", "product_id", "Product Id", "Product ID"),
    "quantity": _QUANTITY,
    "price": ("item_price", "Item Cost", "Item Price"),
    "subtotal": ("item_subtotal", "line_subtotal", "Order Line Subtotal", "Item Subtotal"),
    "total": ("item_total", "line_total", "Order Line Total", "Item Total"),
    "refunded": ("item_refunded",),
    "refunded_quantity": ("item_refunded_qty", "Quantity (- Refund)"),
}
_PACKED = {
    "name": "name",
    "sku": "sku",
    "product": "product_id",
    "quantity": "quantity",
    "price": "price",
    "subtotal": "sub_?total",
    "total": "total",
    "refunded": "refunded",
    "refunded_quantity": "refunded_qty",
}
_PERSONAL = ("first_name", "last_name", "company", "address_1", "address_2", "postcode", "city", "phone", "full_name")
_UNUSED = (
    *(f"{side}_{what}" for side in ("billing", "shipping") for what in _PERSONAL),
    *("customer_note", "customer_ip_address", "customer_user_agent", "payment_method", "payment_method_title"),
    *(
        "transaction_id",
        "order_key",
        "order_notes",
        "download_permissions",
        "paid_date",
        "shipping_method",
        "wt_import_key",
    ),
    *(
        f"{what} ({side})"
        for side in ("Billing", "Shipping")
        for what in ("First Name", "Last Name", "Company", "City")
    ),
    *(f"{what} ({side})" for side in ("Billing", "Shipping") for what in ("Address 1&2", "Postcode")),
    *(
        "Customer Note",
        "Payment Method Title",
        "Shipping Method Title",
        "Item #",
        "Discount Amount",
        "Discount Amount Tax",
    ),
    *("order_number", "order_subtotal", "Order Subtotal Amount", "shipping_tax_total", "fee_total", "fee_tax_total"),
    *("customer_email", "item_id", "item_meta", "fee_items", "tax_items", "shipping_items", "cart_discount_tax"),
)

_ROWS = """
WITH field AS (SELECT _row, {order} AS order_id, struct_pack({head}) AS own, {items} AS items FROM raw),
filled AS (
    SELECT _row, order_id, items, CASE WHEN own.created IS NOT NULL THEN own ELSE
        min_by(own, _row) FILTER (own.created IS NOT NULL) OVER (PARTITION BY order_id) END AS head FROM field),
opened AS (SELECT _row, order_id, items, unnest(head) FROM filled),
named AS (
    SELECT * REPLACE ({currency} AS currency), nullif(regexp_replace(phone, '[^0-9]', '', 'g'), '') AS digits,
        'woocommerce:' || nullif(user_id, '0') AS account,
        regexp_extract_all(refunds, '(?:^|[|;])amount:-?([0-9.,]+)', 1) AS refund_texts FROM opened)
SELECT _row, order_id, created, moment(created, {zone}) AS ordered_at, currency,
    regexp_replace(replace(lower(status), ' ', '-'), '^wc-', '') AS status, lower(channel) AS channel,
    coalesce(person(email), person(account), person(digits)) AS customer_id,
    nullif(concat_ws('-', coalesce(country, home_country),
                     CASE WHEN country IS NULL THEN home_state ELSE state END), '') AS region,
    total AS total_text, money(total, currency) AS total_minor, money(shipping, currency) AS shipping_minor,
    money(tax, currency) AS tax_minor,
    abs(coalesce(money(discount, currency),
                 coalesce(money(cart_discount, currency), 0) + coalesce(money(order_discount, currency), 0)))
        AS discount_given_minor,
    coalesce(abs(money(refunded, currency)),
             CAST(list_sum([money(amount, currency) FOR amount IN refund_texts]) AS BIGINT), 0) AS refunded_minor,
    list_filter([lower(trim(code)) FOR code IN
        coalesce(string_split(codes, ','), regexp_extract_all(coupons, '(?:^|[|;])code:([^|;]*)', 1))],
        lambda code: code <> '') AS codes,
    [{{'product_id': coalesce(blank(item.sku), blank(item.product), blank(item.name)), 'name': blank(item.name),
       'quantity': number(item.quantity), 'subtotal_minor': money(item.subtotal, currency),
       'price_minor': money(item.price, currency), 'net_minor': money(item.total, currency),
       'refunded_minor': abs(money(item.refunded, currency)),
       'refunded_quantity': abs(number(item.refunded_quantity))}} FOR item IN items] AS lines
FROM named
"""

# item_total is after coupons, item_subtotal and the unit price are before; one is rebuilt from the other.
_LINES = f"""
WITH item AS (SELECT * EXCLUDE (lines), unnest(lines) AS item, generate_subscripts(lines, 1) AS place FROM kept),
numbered AS (
    SELECT *, CAST(row_number() OVER (PARTITION BY order_id ORDER BY _row, place) AS INTEGER) AS line,
        item.product_id AS product_id, item.quantity AS quantity,
        coalesce(item.subtotal_minor, CAST(round(item.price_minor * item.quantity) AS BIGINT)) AS before,
        coalesce(before, item.net_minor) AS listed, coalesce(item.net_minor, before) AS netted
    FROM item),
summed AS (SELECT *, sum(netted) OVER (PARTITION BY order_id) AS goods,
                  sum(greatest(listed - netted, 0)) OVER (PARTITION BY order_id) AS taken FROM numbered),
missing AS (
    SELECT *, CAST(CASE WHEN taken > 0 THEN 0 WHEN item.net_minor IS NULL THEN least(discount_given_minor, goods)
                        ELSE discount_given_minor END AS BIGINT) AS untaken FROM summed),
parted AS (SELECT *, {share("untaken", "netted", by="order_id", order="line")} AS part FROM missing),
priced AS (
    SELECT *, CASE WHEN item.net_minor IS NULL THEN netted - part ELSE netted END AS net,
        CASE WHEN item.net_minor IS NULL OR taken > 0 THEN greatest(listed, netted) ELSE netted + part END AS list_minor
    FROM parted),
whole AS (SELECT *, sum(net) OVER (PARTITION BY order_id) AS net_goods,
                 sum(item.refunded_minor) OVER (PARTITION BY order_id) AS known FROM priced),
returned AS (
    SELECT *, CAST(least(net_goods, CASE WHEN status = 'refunded' AND refunded_minor = 0 THEN net_goods
        WHEN net_goods > 0 THEN (refunded_minor * net_goods) // (net_goods + coalesce(tax_minor, 0))
        ELSE 0 END) AS BIGINT) AS back FROM whole)
SELECT *,
    CASE WHEN known > 0 THEN coalesce(item.refunded_minor, 0)
         ELSE {share("back", "net", by="order_id", order="line")} END AS back_part,
    CASE WHEN item.refunded_quantity > 0 THEN item.refunded_quantity
         WHEN back = net_goods AND back > 0 THEN quantity ELSE 0 END AS back_quantity
FROM returned
"""

_ORDER_LINES = """
SELECT order_id, line, product_id, customer_id, ordered_at, currency, region, quantity, list_minor,
    list_minor - net AS discount_minor, 0 AS funded_minor, back_quantity AS refunded_quantity,
    back_part AS refunded_minor
FROM line
"""

_ORDERS = """
WITH totals AS (SELECT order_id, sum(list_minor) AS list_minor, sum(list_minor - net) AS discount_minor,
                       sum(back_part) AS back FROM line GROUP BY order_id),
first AS (SELECT * FROM kept QUALIFY row_number() OVER (PARTITION BY order_id ORDER BY _row) = 1)
SELECT order_id, customer_id, ordered_at, currency,
    CASE WHEN status IN ('pending', 'on-hold', 'pending-payment') THEN 'pending'
         WHEN status = 'refunded' OR refunded_minor >= total_minor AND refunded_minor > 0 THEN 'refunded'
         WHEN refunded_minor > 0 OR totals.back > 0 THEN 'partially_refunded' ELSE 'paid' END AS status,
    channel, region,
    CAST(coalesce(totals.list_minor, greatest(0, total_minor - coalesce(shipping_minor, 0) - coalesce(tax_minor, 0))
                                     + discount_given_minor) AS BIGINT) AS list_minor,
    CAST(coalesce(totals.discount_minor, discount_given_minor) AS BIGINT) AS discount_minor,
    shipping_minor, tax_minor, total_minor,
    CAST(greatest(refunded_minor, CASE WHEN status = 'refunded' AND refunded_minor = 0 THEN total_minor ELSE 0 END,
                  coalesce(totals.back, 0)) AS BIGINT) AS refunded_minor,
    codes[1] AS code
FROM first LEFT JOIN totals USING (order_id)
"""

_COUPONS = """
SELECT DISTINCT code AS coupon_id, code AS promotion_id, customer_id, order_id, ordered_at AS redeemed_at,
    CASE WHEN len(codes) = 1 THEN discount_given_minor END AS discount_minor, currency
FROM (SELECT *, unnest(codes) AS code FROM kept)
"""

_CUSTOMERS = """
SELECT customer_id, min(ordered_at) AS first_seen, arg_max(region, (ordered_at, _row)) AS region
FROM kept WHERE customer_id IS NOT NULL GROUP BY customer_id
"""

_PRODUCTS = """
SELECT item.product_id AS product_id, arg_max(item.name, (ordered_at, _row)) AS name
FROM (SELECT _row, ordered_at, unnest(lines) AS item FROM kept) GROUP BY ALL
"""


class WooCommerceOrders(Source):
    """Orders as written by the plug-ins of WebToffee, SkyVerge, AlgolPlus and others with the same names."""

    kind = "woocommerce_orders"
    title = "WooCommerce orders (CSV, export plug-ins)"
    telling = ("order_id", "order_date", "order_status", "order_total", "order_currency")

    def recognises(self, peek: Peek) -> float:
        """An order with date, status and total, and a column that only WooCommerce names so."""
        basics = all(any(name in peek.columns for name in names) for names in (_ORDER, _DATE, _STATUS, _TOTAL))
        telling = ("order_currency", "billing_first_name", "customer_user", "First Name (Billing)", "cart_discount")
        return 0.6 + 0.4 * peek.share(telling) if basics and any(name in peek.columns for name in telling) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Orders; their lines where the file has items; refunds and coupons."""
        per_item = any(name in peek.columns for name in _QUANTITY)
        has_currency = any(name in peek.columns for name in _HEAD["currency"])
        return Reading(
            rows=_ROWS.format(
                order=peek.text(*_ORDER),
                head=peek.fields(_HEAD, assign=True),
                items=_one_item(peek) if per_item else _packed_items(peek),
                currency=known_currency("currency", options) if has_currency else code_of(options),
                zone=zone_of(options),
            ),
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
                Rule(Reason.CANCELLED, "status IN ('cancelled', 'failed', 'trash', 'checkout-draft', 'auto-draft')"),
                *dated("created", "ordered_at", options),
                *in_currency("currency"),
                Rule(Reason.BAD_AMOUNT, "total_text IS NOT NULL AND total_minor IS NULL"),
                Rule(Reason.MISSING_AMOUNT, "total_minor IS NULL AND len(lines) = 0"),
                Rule(Reason.MISSING_ID, _some("x.product_id IS NULL")),
                Rule(Reason.BAD_QUANTITY, _some("coalesce(x.quantity, 0) = 0")),
                Rule(Reason.NEGATIVE_QUANTITY, _some("x.quantity < 0")),
                Rule(Reason.BAD_AMOUNT, _some("coalesce(x.subtotal_minor, x.price_minor, x.net_minor) IS NULL")),
                Rule(Reason.NEGATIVE_PRICE, _some("least(x.subtotal_minor, x.price_minor, x.net_minor) < 0")),
            ),
            identity=("order_id", "lines") if per_item else ("order_id",),
            currency="currency",
            unused=peek.known(*_UNUSED),
            notes=(
                "no_cost",
                *(() if per_item or _packed(peek) else ("no_lines",)),
                *(() if has_currency or options.currency else ("no_currency",)),
            ),
        )


def _some(fault: str) -> str:
    """SQL: some item `x` of the row has this fault."""
    return f"len(list_filter(lines, lambda x: {fault})) > 0"


def _one_item(peek: Peek) -> str:
    """The row's own item as a list of one."""
    fields = ", ".join(f"'{name}': {peek.text(*names)}" for name, names in _ITEM.items())
    return f"[{{{fields}}}]"


def _packed(peek: Peek) -> list[str]:
    """The columns that hold whole items: `line_item_1`, `line_item_2`, ... or `line_items`."""
    numbered = [name for name in peek.columns if name.startswith("line_item_") and name[10:].isdigit()]
    return numbered or [name for name in peek.columns if name == "line_items"]


def _packed_items(peek: Peek) -> str:
    """Items out of texts like `name:Cup|sku:CUP|quantity:2|total:9.00`, several parted by semicolons."""
    texts = [
        f"string_split({peek.text(name)}, ';')" if name == "line_items" else f"[{peek.text(name)}]"
        for name in _packed(peek)
    ]
    whole = f"flatten([{', '.join(texts)}])" if texts else "CAST([] AS VARCHAR[])"
    fields = ", ".join(f"'{name}': regexp_extract(t, '(?:^|\\|){key}:([^|]*)', 1)" for name, key in _PACKED.items())
    return f"[{{{fields}}} FOR t IN {whole} IF t LIKE '%:%']"
