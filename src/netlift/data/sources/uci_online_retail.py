"""The UCI Online Retail invoices of a British wholesaler of gifts, first and second edition."""

from netlift.data.rules import counted, dated, identified, priced, zone_of
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.errors import Reason

_FIELDS = {
    "invoice": ("InvoiceNo", "Invoice"),
    "stock_code": ("StockCode",),
    "description": ("Description",),
    "customer": ("CustomerID", "Customer ID"),
    "region": ("Country",),
    "when_text": ("InvoiceDate",),
    "quantity_text": ("Quantity",),
    "price_text": ("UnitPrice", "Price"),
}
_FIRST = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
_SECOND = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country")

# Goods are numbered (85123A) or start with DCGS or PADS; POST, DOT and C2 are carriage; the rest (D discount, M manual,
# bank charges, fees, vouchers, samples) is no product. An invoice C... takes back what was sold: a stack per customer,
# product and price, each return taking from the latest sale that still holds units. With x the running sum of sold
# less returned, the stack's height is x - min(0, lowest x so far); of a sale there remains what lies below the lowest
# height after it.
_ROWS = """
WITH field AS (SELECT _row, {fields} FROM raw),
typed AS (
    SELECT * EXCLUDE (customer) REPLACE (upper(stock_code) AS stock_code),
        customer(regexp_replace(customer, '[.]0$', '')) AS customer_id,
        'GBP' AS currency,
        CASE WHEN when_text LIKE '%/%' THEN timezone('UTC', timezone({zone},
             try_strptime(when_text, ['%m/%d/%Y %H:%M', '%m/%d/%Y %H:%M:%S', '%m/%d/%y %H:%M'])))
             ELSE moment(when_text, {zone}) END AS ordered_at,
        number(quantity_text) AS quantity, money(price_text, 'GBP') AS price_minor, invoice LIKE 'C%' AS is_return,
        coalesce(regexp_matches(upper(stock_code), '^([0-9]{{5}}|DCGS|PADS)'), false) AS is_goods,
        coalesce(upper(stock_code) IN ('POST', 'DOT', 'C2'), false) AS is_carriage
    FROM field),
whole AS (SELECT *, bool_or(is_goods AND quantity > 0) OVER (PARTITION BY invoice) AS has_goods FROM typed),
touched AS (
    SELECT _row, customer_id, stock_code, price_minor, ordered_at, quantity AS step FROM typed
    WHERE is_goods AND is_return = (quantity < 0) AND (customer_id, stock_code, price_minor) IN (
        SELECT (customer_id, stock_code, price_minor) FROM typed
        WHERE is_return AND is_goods AND customer_id IS NOT NULL)),
walked AS (SELECT *, sum(step) OVER stack AS x FROM touched WINDOW stack AS ({stack} ROWS UNBOUNDED PRECEDING)),
stacked AS (SELECT *, x - least(0, min(x) OVER stack) AS height
            FROM walked WINDOW stack AS ({stack} ROWS UNBOUNDED PRECEDING)),
matched AS (
    SELECT _row, step, height, coalesce(lag(height) OVER stack, 0) AS below,
        coalesce(min(height) OVER (stack ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING), height) AS lowest_later
    FROM stacked WINDOW stack AS ({stack}))
SELECT whole.*, CASE WHEN step > 0 THEN greatest(0, height - greatest(below, lowest_later)) ELSE 0 END AS returned,
    CASE WHEN step < 0 THEN below - height ELSE 0 END AS taken_back
FROM whole LEFT JOIN matched USING (_row)
"""

_SOLD = """
SELECT *, CAST(row_number() OVER (PARTITION BY invoice ORDER BY _row) AS INTEGER) AS line,
    min(ordered_at) OVER (PARTITION BY invoice) AS opened_at,
    CAST(round(quantity * price_minor) AS BIGINT) AS list_minor,
    CAST(round(returned * price_minor) AS BIGINT) AS back
FROM kept WHERE is_goods AND NOT is_return
"""

_ORDERS = """
WITH carried AS (
    SELECT invoice, CAST(sum(round(quantity * price_minor)) AS BIGINT) AS shipping_minor
    FROM kept WHERE is_carriage GROUP BY invoice)
SELECT invoice AS order_id, any_value(customer_id) AS customer_id, min(opened_at) AS ordered_at, 'GBP' AS currency,
    CASE WHEN sum(back) = 0 THEN 'paid' WHEN sum(back) >= sum(list_minor) THEN 'refunded' ELSE 'partially_refunded' END
        AS status,
    any_value(region) AS region, CAST(sum(list_minor) AS BIGINT) AS list_minor, 0 AS discount_minor,
    coalesce(any_value(shipping_minor), 0) AS shipping_minor,
    CAST(sum(list_minor) + coalesce(any_value(shipping_minor), 0) AS BIGINT) AS total_minor,
    CAST(sum(back) AS BIGINT) AS refunded_minor
FROM sold LEFT JOIN carried USING (invoice) GROUP BY invoice
"""

_ORDER_LINES = """
SELECT invoice AS order_id, line, stock_code AS product_id, customer_id, opened_at AS ordered_at, currency, region,
    quantity,
    list_minor, 0 AS discount_minor, 0 AS funded_minor, returned AS refunded_quantity, back AS refunded_minor
FROM sold
"""

_CUSTOMERS = """
SELECT customer_id, min(ordered_at) AS first_seen, arg_min(region, (ordered_at, _row)) AS region
FROM kept WHERE customer_id IS NOT NULL AND NOT is_return GROUP BY customer_id
"""

_PRODUCTS = """
SELECT stock_code AS product_id, arg_max(description, (times, description)) AS name, 'GBP' AS currency
FROM (SELECT stock_code, description, count(*) AS times
      FROM kept WHERE is_goods AND NOT is_return GROUP BY ALL)
GROUP BY stock_code
"""


class UciOnlineRetail(Source):
    """Online Retail and Online Retail II (UCI 352 and 502), as CSV or Parquet."""

    kind = "uci_online_retail"
    title = "UCI Online Retail"
    telling = _FIRST
    forms = ("csv", "parquet")

    def recognises(self, peek: Peek) -> float:
        """Sure when all eight columns of either edition are there."""
        return 0.95 if peek.has(*_FIRST) or peek.has(*_SECOND) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Invoices with returns netted against the sales before them; price paid is the list price."""
        return Reading(
            rows=_ROWS.format(
                fields=peek.fields(_FIELDS),
                stack="PARTITION BY customer_id, stock_code, price_minor ORDER BY ordered_at, _row",
                zone=zone_of(options, "Europe/London"),
            ),
            stages={"sold": _SOLD},
            tables={"orders": _ORDERS, "order_lines": _ORDER_LINES, "customers": _CUSTOMERS, "products": _PRODUCTS},
            refuse=(
                *identified("invoice"),
                *identified("stock_code"),
                *dated("when_text", "ordered_at", options),
                Rule(Reason.NOT_A_PRODUCT, "NOT is_goods AND NOT (is_carriage AND has_goods AND NOT is_return)"),
                Rule(Reason.UNMATCHED_REFUND, "is_return AND taken_back = 0"),
                *(rule for rule in counted("quantity") if rule.reason is Reason.BAD_QUANTITY),
                Rule(Reason.NEGATIVE_QUANTITY, "quantity < 0 AND NOT is_return"),
                *priced("price_text", "price_minor"),
                Rule(Reason.NOT_A_PRODUCT, "price_minor = 0 AND customer_id IS NULL"),
            ),
            currency="currency",
            notes=("no_cost", "no_list_price", "no_category"),
        )
