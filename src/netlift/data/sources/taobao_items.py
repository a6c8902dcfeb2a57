"""Taobao and Tmall item lists (ExportOrderDetailList): one row per item of an order, to go with the order list."""

from netlift.data.rules import counted, dated, identified, priced, zone_of
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.errors import Reason

_FIELDS = {
    "order_text": ("主订单编号", "订单编号"),
    "item_text": ("子订单编号",),
    "title": ("商品标题", "标题"),
    "price_text": ("商品价格", "价格"),
    "quantity_text": ("购买数量",),
    "code": ("商家编码", "外部系统编号"),
    "goods_id": ("商品ID", "商品id"),
    "properties": ("商品属性",),
    "status": ("订单状态",),
    "due": ("买家应付货款",),
    "paid": ("买家实付金额", "买家实际支付金额"),
    "refund_status": ("退款状态",),
    "refund": ("退款金额",),
    "created": ("订单创建时间", "创建时间"),
}
_ORDER_LIST = ("订单编号", "买家应付货款", "总金额", "订单创建时间")
_UNUSED = ("套餐信息", "备注", "支付单号", "发货时间", "订单付款时间", "联系方式备注", "商家备注")

_ROWS = """
WITH field AS (SELECT _row, {fields} FROM raw),
named AS (
    SELECT *, nullif(regexp_replace(order_text, '[^0-9A-Za-z_-]', '', 'g'), '') AS order_id,
        nullif(regexp_replace(item_text, '[^0-9A-Za-z_-]', '', 'g'), '') AS item_id FROM field)
SELECT _row, order_id, coalesce(item_id, 'row ' || _row) AS item_id, title, status, 'CNY' AS currency,
    coalesce(code, goods_id || coalesce(' ' || properties, ''), title || coalesce(' ' || properties, '')) AS product_id,
    created, moment(created, {zone}) AS ordered_at, quantity_text, number(quantity_text) AS quantity,
    price_text, money(price_text, 'CNY') AS price_minor, money(due, 'CNY') AS due_minor,
    coalesce(money(paid, 'CNY'), 0) AS paid_minor,
    CASE WHEN coalesce(refund_status, '退款成功') LIKE '%成功%' THEN abs(coalesce(money(refund, 'CNY'), 0)) ELSE 0 END
        AS back_minor
FROM named
"""

# The price is the list price of one; 买家应付货款 is what is due for the item after the shop's own discounts.
_ITEMS = """
WITH item AS (
    SELECT *, CAST(row_number() OVER (PARTITION BY order_id ORDER BY _row) AS INTEGER) AS line,
        CAST(round(price_minor * quantity) AS BIGINT) AS listed, coalesce(due_minor, listed) AS net,
        greatest(listed, net) AS list_minor, least(back_minor, net) AS refunded_minor
    FROM kept)
"""

_ORDER_LINES = (
    _ITEMS
    + """
SELECT order_id, line, product_id, ordered_at, currency, quantity, list_minor, list_minor - net AS discount_minor,
    0 AS funded_minor, refunded_minor,
    CASE WHEN refunded_minor > 0 AND refunded_minor = net THEN quantity ELSE 0 END AS refunded_quantity
FROM item
"""
)

_ORDERS = (
    _ITEMS
    + """
SELECT order_id, min(ordered_at) AS ordered_at, 'CNY' AS currency,
    CASE WHEN bool_or(status LIKE '%等待买家付款%') THEN 'pending' WHEN sum(refunded_minor) = 0 THEN 'paid'
         WHEN sum(refunded_minor) >= sum(net) THEN 'refunded' ELSE 'partially_refunded' END AS status,
    CAST(sum(list_minor) AS BIGINT) AS list_minor, CAST(sum(list_minor - net) AS BIGINT) AS discount_minor,
    CAST(sum(net) AS BIGINT) AS total_minor, CAST(sum(refunded_minor) AS BIGINT) AS refunded_minor
FROM item GROUP BY order_id
"""
)

_PRODUCTS = """
SELECT product_id, arg_max(title, (ordered_at, _row)) AS name, arg_max(price_minor, (ordered_at, _row)) AS price_minor,
    'CNY' AS currency
FROM kept GROUP BY product_id
"""


class TaobaoItems(Source):
    """Sold items, batch export of order details, in the seller's workbench (千牛)."""

    kind = "taobao_items"
    title = "Taobao / Tmall order items (ExportOrderDetailList, CSV)"

    def recognises(self, peek: Peek) -> float:
        """Sure when items have a number of units bought and a state of their order."""
        old = peek.has("订单编号", "标题", "价格", "购买数量", "订单状态")
        return 0.95 if old or peek.has("子订单编号", "主订单编号", "购买数量", "订单状态") else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Lines; orders too, unless the order list, which knows more about them, lies beside."""
        tables = {"order_lines": _ORDER_LINES, "products": _PRODUCTS}
        return Reading(
            rows=_ROWS.format(fields=peek.fields(_FIELDS), zone=zone_of(options, "Asia/Shanghai")),
            tables=tables if peek.companion(*_ORDER_LIST) else {"orders": _ORDERS, **tables},
            refuse=(
                *identified("order_id"),
                Rule(Reason.CANCELLED, "status LIKE '%关闭%' AND paid_minor = 0 AND back_minor = 0"),
                *dated("created", "ordered_at", options),
                *identified("product_id"),
                *counted("quantity"),
                *priced("price_text", "price_minor"),
            ),
            identity=("order_id", "item_id"),
            currency="currency",
            unused=peek.known(*_UNUSED),
            notes=("no_cost", "no_customer"),
        )
