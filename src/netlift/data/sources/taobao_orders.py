"""Taobao and Tmall order lists (ExportOrderList): one row per order, as the seller's workbench writes them in GBK."""

from netlift.data.rules import dated, identified, zone_of
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.errors import Reason

_TELLING = ("订单编号", "买家应付货款", "总金额", "订单状态", "订单创建时间")
_USUAL = ("买家应付邮费", "宝贝种类", "宝贝总数量", "运送方式", "物流单号", "收货地址")
_ITEMS = ("主订单编号", "子订单编号", "购买数量")
_FIELDS = {
    "buyer": ("买家会员名", "买家昵称"),
    "goods_text": ("买家应付货款",),
    "postage": ("买家应付邮费",),
    "total": ("总金额",),
    "paid": ("买家实际支付金额", "买家实付金额"),
    "coupon": ("天猫卡券抵扣", "卡券抵扣"),
    "points": ("集分宝抵扣", "积分抵扣"),
    "refund": ("退款金额",),
    "status": ("订单状态",),
    "reason": ("订单关闭原因",),
    "created": ("订单创建时间",),
    "payment": ("订单付款时间",),
    "title": ("宝贝标题", "商品标题"),
    "units": ("宝贝总数量",),
    "mobile": ("是否手机订单", "手机订单"),
    "address": ("收货地址", "修改后的收货地址"),
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
    *("修改后的sku", "异常信息", "是否是O2O交易", "商品属性SKU", "发货时间"),
)

# Order numbers come as ="123" or '123 to keep spreadsheets from rounding them. Of the address only the province stays.
_ROWS = """
WITH field AS (SELECT _row, regexp_replace({order}, '[^0-9A-Za-z_-]', '', 'g') AS order_id, {fields} FROM raw)
SELECT _row, blank(order_id) AS order_id, 'CNY' AS currency, status, reason, title, number(units) AS units,
    person(buyer) AS customer_id, created, moment(created, {zone}) AS ordered_at, payment IS NOT NULL AS was_paid,
    string_split_regex(address, '[ ,，]+')[1] AS region,
    CASE WHEN mobile IN ('手机订单', '是', 'true') THEN 'app' END AS channel,
    goods_text, money(goods_text, 'CNY') AS goods_minor, coalesce(money(postage, 'CNY'), 0) AS postage_minor,
    money(total, 'CNY') AS asked_minor, coalesce(money(paid, 'CNY'), 0) AS paid_minor,
    abs(money(coupon, 'CNY')) AS coupon_minor, abs(money(points, 'CNY')) AS points_minor,
    abs(coalesce(money(refund, 'CNY'), 0)) AS refund_minor
FROM field
"""

# Coupons and points are taken off what was asked for goods and postage; the goods' part is the discount.
_ORDER = """
WITH taken AS (
    SELECT *, coalesce(coupon_minor + points_minor, coupon_minor, points_minor,
        CASE WHEN paid_minor > 0 THEN greatest(0, goods_minor + postage_minor - paid_minor) END, 0) AS deducted
    FROM kept),
priced AS (
    SELECT *, least(deducted, goods_minor) AS discount_minor,
        CASE WHEN paid_minor > 0 THEN paid_minor ELSE greatest(0, goods_minor + postage_minor - deducted) END
            AS total_minor
    FROM taken),
settled AS (
    SELECT *, CASE WHEN status LIKE '%关闭%' THEN greatest(refund_minor, paid_minor) ELSE refund_minor END
        AS refunded_minor
    FROM priced)
"""

_ORDERS = (
    _ORDER
    + """
SELECT order_id, customer_id, ordered_at, currency, channel, region,
    CASE WHEN status LIKE '%等待买家付款%' THEN 'pending'
         WHEN status LIKE '%关闭%' OR refunded_minor >= total_minor AND refunded_minor > 0 THEN 'refunded'
         WHEN refunded_minor > 0 THEN 'partially_refunded' ELSE 'paid' END AS status,
    goods_minor AS list_minor, discount_minor, postage_minor AS shipping_minor, total_minor, refunded_minor
FROM settled
"""
)

_ORDER_LINES = (
    _ORDER
    + """
SELECT order_id, CAST(1 AS INTEGER) AS line, title AS product_id, customer_id, ordered_at, currency, region,
    units AS quantity, goods_minor AS list_minor, discount_minor, 0 AS funded_minor,
    CASE WHEN refunded_minor >= total_minor AND refunded_minor > 0 THEN units ELSE 0 END AS refunded_quantity,
    least(refunded_minor, goods_minor - discount_minor) AS refunded_minor
FROM settled WHERE units > 0 AND title IS NOT NULL
"""
)

_CUSTOMERS = """
SELECT customer_id, min(ordered_at) AS first_seen, arg_max(region, (ordered_at, _row)) AS region
FROM kept WHERE customer_id IS NOT NULL GROUP BY customer_id
"""

_PRODUCTS = "SELECT DISTINCT title AS product_id, title AS name FROM kept WHERE units > 0 AND title IS NOT NULL"


class TaobaoOrders(Source):
    """Sold items, batch export of orders, in the seller's workbench (千牛)."""

    kind = "taobao_orders"
    title = "Taobao / Tmall orders (ExportOrderList, CSV)"

    def recognises(self, peek: Peek) -> float:
        """Sure when the order's own Chinese columns are there, surer with each usual one."""
        return 0.6 + 0.4 * peek.share(_USUAL) if peek.has(*_TELLING) and "子订单编号" not in peek.columns else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Orders; the order's title stands for its goods unless the item list lies beside."""
        tables = {"orders": _ORDERS, "customers": _CUSTOMERS}
        if peek.companion(*_ITEMS) is None:
            tables |= {"order_lines": _ORDER_LINES, "products": _PRODUCTS}
        return Reading(
            rows=_ROWS.format(
                order=peek.text("订单编号"),
                fields=peek.fields(_FIELDS),
                zone=zone_of(options, "Asia/Shanghai"),
            ),
            tables=tables,
            refuse=(
                *identified("order_id"),
                Rule(Reason.CANCELLED, "status LIKE '%关闭%' AND (paid_minor = 0 OR NOT was_paid)"),
                *dated("created", "ordered_at", options),
                Rule(Reason.MISSING_AMOUNT, "goods_text IS NULL"),
                Rule(Reason.BAD_AMOUNT, "goods_minor IS NULL"),
                Rule(Reason.NEGATIVE_PRICE, "goods_minor < 0"),
            ),
            identity=("order_id",),
            currency="currency",
            unused=peek.known(*_UNUSED),
            notes=("no_cost",)
            if any(name in peek.columns for name in _FIELDS["buyer"])
            else ("no_cost", "no_customer"),
        )
