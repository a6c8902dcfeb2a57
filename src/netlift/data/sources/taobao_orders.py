"""Taobao and Tmall exports of the seller's workbench (千牛), in GBK: the order list, and the list of its items.

Alone, the order list lets the order's title stand for its goods. With the item list in the same folder the items are
the lines, and take buyer, province and the coupons and points of the order from the order list.
"""

from netlift.data.rules import counted, dated, identified, priced, zone_of
from netlift.data.shares import share
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.errors import Reason

_LIST = ("订单编号", "买家应付货款", "总金额", "订单状态", "订单创建时间")
_ITEMS = ("子订单编号", "主订单编号", "购买数量", "订单状态")
_OLD_ITEMS = ("订单编号", "标题", "价格", "购买数量", "订单状态")
_USUAL = ("买家应付邮费", "宝贝种类", "宝贝总数量", "运送方式", "物流单号", "收货地址")
_ORDER = {
    "order_text": ("订单编号",),
    "buyer": ("买家会员名", "买家昵称"),
    "goods_text": ("买家应付货款",),
    "postage": ("买家应付邮费",),
    "paid": ("买家实际支付金额", "买家实付金额"),
    "coupon": ("天猫卡券抵扣", "卡券抵扣"),
    "points": ("集分宝抵扣", "积分抵扣"),
    "refund": ("退款金额",),
    "status": ("订单状态",),
    "created": ("订单创建时间",),
    "payment": ("订单付款时间",),
    "title": ("宝贝标题", "商品标题"),
    "units": ("宝贝总数量",),
    "mobile": ("是否手机订单", "手机订单"),
    "address": ("收货地址",),
}
_ITEM = {
    "order_text": ("主订单编号", "订单编号"),
    "item_text": ("子订单编号",),
    "title": ("商品标题", "标题"),
    "price_text": ("商品价格", "价格"),
    "quantity_text": ("购买数量",),
    "shop_code": ("商家编码",),
    "foreign_code": ("外部系统编号",),
    "goods_id": ("商品ID", "商品id"),
    "properties": ("商品属性",),
    "status": ("订单状态",),
    "due": ("买家应付货款",),
    "paid": ("买家实付金额", "买家实际支付金额"),
    "refund_status": ("退款状态",),
    "refund": ("退款金额",),
    "created": ("订单创建时间", "创建时间"),
}
_UNUSED = (
    *(
        "买家支付宝账号",
        "收货人姓名",
        "联系电话",
        "联系手机",
        "买家留言",
        "发票抬头",
        "订单备注",
        "商家备注",
        "备注标签",
    ),
    *(
        "修改后的收货地址",
        "开票信息",
        "支付单号",
        "支付交易号",
        "物流单号",
        "物流公司",
        "运送方式",
        "店铺Id",
        "店铺名称",
    ),
    *(
        "买家支付积分",
        "返点积分",
        "买家实际支付积分",
        "卖家服务费",
        "买家服务费",
        "宝贝种类",
        "分阶段订单信息",
        "定金排名",
    ),
    *(
        "修改后的sku",
        "异常信息",
        "是否是O2O交易",
        "商品属性SKU",
        "发货时间",
        "总金额",
        "订单关闭原因",
        "套餐信息",
        "备注",
    ),
    *("联系方式备注", "订单付款时间"),
)

# Order numbers come as ="123" or '123 to keep spreadsheets from rounding them. Of the address only the province stays.
# Coupons and points are taken off what was asked for goods and postage; the goods' part is the discount.
_ORDER_ROWS = """
WITH field AS (SELECT {row}, {fields} FROM {source}),
typed AS (
    SELECT *, nullif(regexp_replace(order_text, '[^0-9A-Za-z_-]', '', 'g'), '') AS order_id, 'CNY' AS currency,
        person(buyer) AS customer_id, payment IS NOT NULL AS was_paid, moment(created, {zone}) AS ordered_at,
        string_split_regex(address, '[ ,，]+')[1] AS region, number(units) AS unit_count,
        CASE WHEN mobile IN ('手机订单', '是', 'true') THEN 'app' END AS channel,
        money(goods_text, 'CNY') AS goods_minor,
        coalesce(money(postage, 'CNY'), 0) AS postage_minor, coalesce(money(paid, 'CNY'), 0) AS paid_minor,
        abs(money(coupon, 'CNY')) AS coupon_minor, abs(money(points, 'CNY')) AS points_minor,
        abs(coalesce(money(refund, 'CNY'), 0)) AS refund_minor
    FROM field),
taken AS (
    SELECT *, coalesce(coupon_minor + points_minor, coupon_minor, points_minor,
        CASE WHEN paid_minor > 0 THEN greatest(0, goods_minor + postage_minor - paid_minor) END, 0) AS deducted
    FROM typed)
SELECT * EXCLUDE (order_text, buyer, address, mobile, coupon, points, postage, paid, refund, units),
    least(deducted, goods_minor) AS discount_minor,
    CASE WHEN paid_minor > 0 THEN paid_minor ELSE greatest(0, goods_minor + postage_minor - deducted) END
        AS total_minor,
    CASE WHEN status LIKE '%关闭%' THEN greatest(refund_minor, paid_minor) ELSE refund_minor END AS refunded_minor
FROM taken
"""

_STATUS = """CASE WHEN {pending} THEN 'pending' WHEN {back} >= {net} AND {back} > 0 THEN 'refunded'
    WHEN {back} > 0 THEN 'partially_refunded' ELSE 'paid' END"""

_ORDERS = f"""
SELECT order_id, customer_id, ordered_at, currency, channel, region,
    {_STATUS.format(pending="status LIKE '%等待买家付款%'", back="refunded_minor", net="total_minor")} AS status,
    goods_minor AS list_minor, discount_minor, postage_minor AS shipping_minor, total_minor, refunded_minor
FROM alone
"""

_ORDER_LINES = """
SELECT order_id, CAST(1 AS INTEGER) AS line, title AS product_id, customer_id, ordered_at, currency, region,
    unit_count AS quantity, goods_minor AS list_minor, discount_minor, 0 AS funded_minor,
    CASE WHEN refunded_minor >= total_minor AND refunded_minor > 0 THEN unit_count ELSE 0 END AS refunded_quantity,
    least(refunded_minor, goods_minor - discount_minor) AS refunded_minor
FROM alone WHERE unit_count > 0 AND title IS NOT NULL
"""

_CUSTOMERS = """
SELECT customer_id, min(ordered_at) AS first_seen, arg_max(region, (ordered_at, _row)) AS region
FROM kept WHERE customer_id IS NOT NULL GROUP BY customer_id
"""

_PRODUCTS = "SELECT DISTINCT title AS product_id, title AS name FROM alone WHERE unit_count > 0 AND title IS NOT NULL"


class TaobaoOrders(Source):
    """Sold items, batch export of orders."""

    kind = "taobao_orders"
    title = "Taobao / Tmall orders (ExportOrderList, CSV)"
    telling = _LIST

    def recognises(self, peek: Peek) -> float:
        """Sure when the order's own Chinese columns are there, surer with each usual one."""
        return 0.6 + 0.4 * peek.share(_USUAL) if peek.has(*_LIST) and "子订单编号" not in peek.columns else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Orders, except for those whose items lie beside: they come with the items."""
        items = _companion(peek, _ITEMS, _OLD_ITEMS)
        known = f"WHERE order_id NOT IN ({_item_numbers(items)})" if items else ""
        return Reading(
            rows=_ORDER_ROWS.format(
                row="_row", fields=peek.fields(_ORDER), source="raw", zone=zone_of(options, "Asia/Shanghai")
            ),
            stages={"alone": f"SELECT * FROM kept {known}"},
            tables={"orders": _ORDERS, "order_lines": _ORDER_LINES, "customers": _CUSTOMERS, "products": _PRODUCTS},
            refuse=(
                *identified("order_id"),
                Rule(Reason.CANCELLED, "status LIKE '%关闭%' AND (paid_minor = 0 OR NOT was_paid)"),
                *dated("created", "ordered_at", options),
                *priced("goods_text", "goods_minor"),
            ),
            identity=("order_id",),
            currency="currency",
            unused=peek.known(*_UNUSED),
            notes=_notes(peek),
        )


# The price is the list price of one; 买家应付货款 is what is due for the item after the shop's own discounts.
_ITEM_ROWS = """
WITH field AS (SELECT _row, {fields} FROM raw),
numbered AS (
    SELECT *, nullif(regexp_replace(order_text, '[^0-9A-Za-z_-]', '', 'g'), '') AS order_id,
        nullif(regexp_replace(item_text, '[^0-9A-Za-z_-]', '', 'g'), '') AS item_id FROM field),
listed AS (
    SELECT order_id, created AS order_created, ordered_at AS order_at, customer_id, region, channel, postage_minor,
        total_minor, refunded_minor AS order_back, discount_minor AS on_order
    FROM ({orders}) QUALIFY row_number() OVER (PARTITION BY order_id) = 1)
SELECT _row, order_id, coalesce(item_id, 'row ' || _row) AS item_id, title, status, 'CNY' AS currency,
    coalesce(shop_code, foreign_code, goods_id || coalesce(' ' || properties, ''),
             title || coalesce(' ' || properties, '')) AS product_id,
    coalesce(created, order_created) AS created, coalesce(moment(created, {zone}), order_at) AS ordered_at,
    quantity_text, number(quantity_text) AS quantity, price_text, money(price_text, 'CNY') AS price_minor,
    money(due, 'CNY') AS due_minor, coalesce(money(paid, 'CNY'), 0) AS paid_minor,
    CASE WHEN coalesce(refund_status, '退款成功') LIKE '%成功%' THEN abs(coalesce(money(refund, 'CNY'), 0)) ELSE 0 END
        AS back_minor,
    customer_id, region, channel, postage_minor, total_minor, order_back, coalesce(on_order, 0) AS on_order
FROM numbered LEFT JOIN listed USING (order_id)
"""
_NO_ORDERS = """SELECT NULL::VARCHAR AS order_id, NULL::VARCHAR AS created, NULL::TIMESTAMP AS ordered_at,
    NULL::VARCHAR AS customer_id, NULL::VARCHAR AS region, NULL::VARCHAR AS channel, NULL::BIGINT AS postage_minor,
    NULL::BIGINT AS total_minor, NULL::BIGINT AS refunded_minor, NULL::BIGINT AS discount_minor"""

_ITEM_LINES = f"""
WITH listed AS (
    SELECT *, CAST(row_number() OVER (PARTITION BY order_id ORDER BY _row) AS INTEGER) AS line,
        CAST(round(price_minor * quantity) AS BIGINT) AS gross, coalesce(due_minor, gross) AS due,
        greatest(gross, due) AS list_minor, sum(due) OVER (PARTITION BY order_id) AS goods FROM kept),
parted AS (SELECT *, CAST(least(on_order, goods) AS BIGINT) AS off FROM listed)
SELECT *, due - {share("off", "due", by="order_id", order="line")} AS net, least(back_minor, net) AS back FROM parted
"""

_ITEMS_LINES = """
SELECT order_id, line, product_id, customer_id, ordered_at, currency, region, quantity, list_minor,
    list_minor - net AS discount_minor, 0 AS funded_minor, back AS refunded_minor,
    CASE WHEN back > 0 AND back = net THEN quantity ELSE 0 END AS refunded_quantity
FROM item
"""

_ITEMS_ORDERS = f"""
SELECT order_id, any_value(customer_id) AS customer_id, min(ordered_at) AS ordered_at, 'CNY' AS currency,
    {_STATUS.format(pending="bool_or(status LIKE '%等待买家付款%')", back="sum(back)", net="sum(net)")} AS status,
    any_value(channel) AS channel, any_value(region) AS region, CAST(sum(list_minor) AS BIGINT) AS list_minor,
    CAST(sum(list_minor - net) AS BIGINT) AS discount_minor, any_value(postage_minor) AS shipping_minor,
    CAST(coalesce(any_value(total_minor), sum(net)) AS BIGINT) AS total_minor,
    CAST(greatest(sum(back), coalesce(any_value(order_back), 0)) AS BIGINT) AS refunded_minor
FROM item GROUP BY order_id
"""

_ITEMS_PRODUCTS = """
SELECT product_id, arg_max(title, (ordered_at, _row)) AS name, arg_max(price_minor, (ordered_at, _row)) AS price_minor,
    'CNY' AS currency
FROM kept GROUP BY product_id
"""


class TaobaoItems(Source):
    """Sold items, batch export of order details."""

    kind = "taobao_items"
    title = "Taobao / Tmall order items (ExportOrderDetailList, CSV)"
    telling = _ITEMS

    def recognises(self, peek: Peek) -> float:
        """Sure when items have a number of units bought and a state of their order."""
        return 0.95 if peek.has(*_ITEMS) or peek.has(*_OLD_ITEMS) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Lines and orders; buyer, province, coupons and (old files) the time come from the order list beside."""
        beside, zone = _companion(peek, _LIST), zone_of(options, "Asia/Shanghai")
        orders = (
            _ORDER_ROWS.format(row="1", fields=beside.fields(_ORDER), source=beside.relation(), zone=zone)
            if beside
            else _NO_ORDERS
        )
        return Reading(
            rows=_ITEM_ROWS.format(fields=peek.fields(_ITEM), zone=zone, orders=orders),
            stages={"item": _ITEM_LINES},
            tables={"orders": _ITEMS_ORDERS, "order_lines": _ITEMS_LINES, "products": _ITEMS_PRODUCTS},
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
            notes=_notes(beside or peek),
        )


def _companion(peek: Peek, *headers: tuple[str, ...]) -> Peek | None:
    """The file beside with one of these headers."""
    return next((found for header in headers if (found := peek.companion(*header))), None)


def _item_numbers(items: Peek) -> str:
    """SQL for the order numbers in the item list."""
    number = items.text(*_ITEM["order_text"])
    return (
        f"SELECT regexp_replace({number}, '[^0-9A-Za-z_-]', '', 'g') FROM {items.relation()} WHERE {number} IS NOT NULL"
    )


def _notes(orders: Peek) -> tuple[str, ...]:
    named = any(name in orders.columns for name in _ORDER["buyer"])
    return ("no_cost",) if named else ("no_cost", "no_customer")
