"""What people call the fields of a shop's tables, in English, Chinese and a few other languages; letters only."""

from collections.abc import Mapping
from types import MappingProxyType

_ORDER_LINES = {
    "order_id": "orderid order ordernumber orderno ordernr ordername invoice invoiceid invoiceno invoicenumber "
    "transactionid transaction receipt receiptid receiptno basketid bonid bestellung bestellnummer "
    "auftragsnummer commande pedido 订单编号 订单号 订单id 订单 单号 交易号 交易编号 小票号",
    "line": "line lineno linenumber lineitemid position pos 行号",
    "customer_id": "customerid customer customernumber customerno customeremail userid user clientid client buyerid "
    "buyer memberid member householdid shopperid email emailaddress kunde kundennummer kundennr cliente "
    "会员id 会员号 会员名 买家会员名 买家 客户id 客户编号 客户 用户id 用户 顾客 邮箱 手机号",
    "ordered_at": "orderedat orderdate ordertime orderdatetime date datetime time timestamp createdat created "
    "purchasedate purchasetime purchasedat invoicedate transactiondate transactiontime "
    "transactiontimestamp paidat saledate day datum bestelldatum fecha 订单创建时间 下单时间 创建时间 "
    "付款时间 订单付款时间 成交时间 购买时间 交易时间 销售时间 日期 时间",
    "product_id": "productid product productcode productsku sku skuid itemid item itemcode itemsku articleid article "
    "articleno stockcode asin variantsku variantid barcode upc ean gtin artikel artikelnummer artikelnr "
    "商品编号 商品id 商品编码 商品 货号 宝贝id 条码 sku编码",
    "quantity": "quantity qty units unitssold count itemquantity itemqty pieces menge anzahl cantidad 数量 购买数量 "
    "件数 销量 宝贝数量 宝贝总数量",
    "unit_price": "unitprice price itemprice sellingprice saleprice pricepaid priceperunit preis einzelpreis precio "
    "单价 价格 售价 成交价 销售单价",
    "amount": "amount linetotal lineamount total totalprice totalamount salesvalue sales revenue subtotal netsales "
    "betrag summe importe 金额 总金额 实付金额 实收金额 销售额 销售金额 买家实际支付金额",
    "list_price": "listprice compareatprice msrp rrp originalprice regularprice fullprice listenpreis 原价 吊牌价 标价 "
    "市场价",
    "discount": "discount discountamount linediscount itemdiscount rebate reduction rabatt descuento 优惠 优惠金额 "
    "折扣 折扣金额",
    "order_discount": "orderdiscount orderdiscountamount cartdiscount basketdiscount 订单优惠 整单优惠",
    "funded": "funded fundedamount vendorfunding supplierfunding supplierdiscount 供应商承担",
    "unit_cost": "unitcost cost cogs costprice costperitem purchaseprice einkaufspreis 成本 成本价 进价",
    "refunded": "refunded refundedamount refund refundamount 退款金额 退款",
    "refunded_quantity": "refundedquantity returnedquantity returnqty 退货数量",
    "code": "code coupon couponcode discountcode promocode promotioncode voucher vouchercode gutscheincode rabattcode "
    "优惠码 优惠券 优惠券码 促销码",
    "status": "status orderstatus financialstatus state 订单状态 状态",
    "channel": "channel saleschannel source platform 渠道 来源",
    "region": "region store storeid shop country city 门店 店铺 地区 省份 城市 国家 land pays provincia",
    "shipping": "shipping shippingcost shippingfee freight postage versand 运费 邮费 买家应付邮费",
    "tax": "tax taxes vat steuer 税 税费",
    "currency": "currency currencycode waehrung währung 币种 货币",
}
_PRODUCTS = {
    "product_id": _ORDER_LINES["product_id"] + " id handle",
    "name": "name title productname producttitle itemname productdescription articlename bezeichnung "
    "商品名称 商品名 宝贝标题 名称 标题",
    "category": "category productcategory categoryname type producttype kategorie categoria 类别 分类 品类 商品类别",
    "department": "department group productgroup maincategory warengruppe 部门 大类 一级类目",
    "brand": "brand brandname vendor manufacturer marke 品牌",
    "price": _ORDER_LINES["unit_price"] + " " + _ORDER_LINES["list_price"],
    "cost": _ORDER_LINES["unit_cost"],
    "currency": _ORDER_LINES["currency"],
    "tags": "tags tag labels 标签",
    "description": "description body details beschreibung 描述 商品描述",
}
_CUSTOMERS = {
    "customer_id": _ORDER_LINES["customer_id"] + " id",
    "first_seen": "firstseen registeredat registrationdate signupdate createdat joined 注册时间 首次购买时间",
    "region": _ORDER_LINES["region"],
    "segment": "segment tier level group 会员等级 等级 分群",
    "age": "age agegroup ageband 年龄",
    "gender": "gender sex 性别",
    "occupation": "occupation job profession 职业",
    "accepts_marketing": "acceptsmarketing acceptsemailmarketing consent optin newsletter subscribed 是否订阅",
}
_EVENTS = {
    "event_id": "eventid messageid uuid 事件id",
    "event": "event eventname eventtype action behavior behaviour behaviortype 行为 行为类型 事件",
    "at": _ORDER_LINES["ordered_at"] + " eventtime eventtimestamp",
    "customer_id": _ORDER_LINES["customer_id"] + " visitorid userpseudoid anonymousid",
    "session_id": "sessionid session visitid 会话id",
    "product_id": _ORDER_LINES["product_id"],
    "order_id": _ORDER_LINES["order_id"],
    "quantity": _ORDER_LINES["quantity"],
    "value": _ORDER_LINES["amount"] + " value",
    "currency": _ORDER_LINES["currency"],
    "channel": _ORDER_LINES["channel"],
}
_PROMOTIONS = {
    "promotion_id": "promotionid promotion campaignid campaign promoid id 促销id 活动id 促销 活动",
    "name": "name title promotionname campaignname 活动名称 促销名称",
    "mechanism": "mechanism type promotiontype 促销类型 活动类型",
    "starts_at": "startsat start startdate starttime from begin validfrom 开始时间 开始日期",
    "ends_at": "endsat end enddate endtime to until validto 结束时间 结束日期",
    "code": _ORDER_LINES["code"],
    "value": "value discountvalue depth 优惠力度",
    "cost": "cost budget mediacost 费用 成本",
}

SYNONYMS: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        table: {field: frozenset(words.split()) for field, words in fields.items()}
        for table, fields in {
            "order_lines": _ORDER_LINES,
            "events": _EVENTS,
            "promotions": _PROMOTIONS,
            "products": _PRODUCTS,
            "customers": _CUSTOMERS,
        }.items()
    }
)
"""Table -> field -> what it is called; small letters without blanks and punctuation."""
