"""`sales_data.csv`: a date and what was sold on it, for all goods or for one (R29).

A sum of a day is not an order: it has no customer and no basket, so it does not go into ORDERS, where it would count as
one purchase of a whole day. It becomes an event `sales` with a value, from which forecasts read the series.
"""

from netlift.data.fields import NO_CURRENCY
from netlift.data.rules import dated
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.engines.sql import text
from netlift.errors import Reason

_DATE = ("date", "sale_time", "日期", "销售日期", "销售时间")
_SALES = ("sales", "amount", "销售额", "销售金额")
_PRODUCT = ("product_id", "item_id", "商品ID", "商品id")
_UNITS = ("units", "quantity", "数量", "销量")

_ROWS = """
SELECT _row, moment_text, moment(moment_text, {zone}) AS happened,
    sales_text, money(sales_text, {currency}) AS value_minor,
    units_text, number(units_text) AS units, product
FROM (SELECT _row, {fields} FROM raw)
"""
_EVENTS = """
SELECT concat_ws('-', {name}, strftime(happened, '%Y%m%dT%H%M%S'), product) AS event_id, 'sales' AS event,
    happened AS "at", product AS product_id, units AS quantity, value_minor, nullif({currency}, 'XXX') AS currency
FROM kept
"""


class SalesData(Source):
    """A series of sales; one row per date, or per date and product."""

    kind = "sales_data"
    title = "sales by date (sales_data.csv)"
    telling = ("date", "sales")

    def recognises(self, peek: Peek) -> float:
        """Sure with a date and sales and little else: no orders, no customers."""
        if not (peek.known(*_DATE) and peek.known(*_SALES)):
            return 0.0
        rest = set(peek.columns) - {*_DATE, *_SALES, *_PRODUCT, *_UNITS}
        return (
            0.9 if not rest else 0.6 if len(rest) <= 2 and not peek.known("order_id", "user_id", "customer_id") else 0.0
        )

    def reading(self, peek: Peek, options: Options) -> Reading:
        """One event `sales` per row."""
        currency, name = text(options.currency or NO_CURRENCY), text(peek.path.name.partition(".")[0])
        fields = peek.fields({"moment_text": _DATE, "sales_text": _SALES, "units_text": _UNITS, "product": _PRODUCT})
        return Reading(
            rows=_ROWS.format(zone=text(options.timezone), currency=currency, fields=fields),
            tables={"events": _EVENTS.format(name=name, currency=currency)},
            refuse=(
                *dated("moment_text", "happened", options),
                Rule(Reason.MISSING_AMOUNT, "sales_text IS NULL"),
                Rule(Reason.BAD_AMOUNT, "value_minor IS NULL"),
                Rule(Reason.NEGATIVE_PRICE, "value_minor < 0"),
                Rule(Reason.BAD_QUANTITY, "units_text IS NOT NULL AND units IS NULL"),
            ),
            identity=("happened", "product"),
            notes=("no_lines", "no_customer", *(() if options.currency else ("no_currency",))),
        )
