"""`product_data.csv`: what the shop sells (R28)."""

from netlift.data.fields import NO_CURRENCY
from netlift.data.rules import identified
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.engines.sql import text
from netlift.errors import Reason

_NAMES = {
    "product": ("item_id", "商品ID", "商品id"),
    "name": ("name", "title", "item_name", "商品名称", "名称"),
    "category": ("category", "类别", "分类", "品类"),
    "price_text": ("price", "价格"),
    "cost_text": ("cost", "成本", "成本价"),
    "brand": ("brand", "品牌"),
    "stock_text": ("inventory", "stock", "库存"),
    "image": ("image", "image_url", "image_features", "图片"),
    "description": ("description", "描述", "商品描述"),
    "tags": ("tags", "标签"),
}
_ROWS = """
SELECT _row, product, name, category, brand, image, description, tags,
    price_text, money(price_text, {currency}) AS price_minor,
    cost_text, money(cost_text, {currency}) AS cost_minor,
    stock_text, number(stock_text) AS stock
FROM (SELECT _row, {fields} FROM raw)
"""
_PRODUCTS = """
SELECT product AS product_id, name, category, brand, price_minor, cost_minor,
    nullif({currency}, 'XXX') AS currency, tags, description, image AS image_url
FROM kept
"""
_INVENTORY = "SELECT product AS product_id, stock AS on_hand, stock AS available FROM kept WHERE stock IS NOT NULL"


class ProductData(Source):
    """One row per item with category, price and brand; stock, picture, description and tags where they are."""

    kind = "product_data"
    title = "products (product_data.csv)"
    telling = ("item_id", "category", "price", "brand")

    def recognises(self, peek: Peek) -> float:
        """Sure with an item that has a category or brand and a price, and nobody who buys it."""
        has = {name: bool(peek.known(*_NAMES[name])) for name in _NAMES}
        described = has["category"] or has["brand"]
        if not (has["product"] and has["price_text"] and described) or peek.known("user_id", "order_id"):
            return 0.0
        return 0.6 + 0.3 * peek.share(self.telling)

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Products, and their stock where it is told."""
        currency = text(options.currency or NO_CURRENCY)
        tables = {"products": _PRODUCTS.format(currency=currency)}
        if peek.known(*_NAMES["stock_text"]):
            tables["inventory"] = _INVENTORY
        return Reading(
            rows=_ROWS.format(currency=currency, fields=peek.fields(_NAMES)),
            tables=tables,
            refuse=(
                *identified("product"),
                Rule(Reason.BAD_AMOUNT, "price_text IS NOT NULL AND price_minor IS NULL"),
                Rule(Reason.BAD_AMOUNT, "cost_text IS NOT NULL AND cost_minor IS NULL"),
                Rule(Reason.NEGATIVE_PRICE, "price_minor < 0 OR cost_minor < 0"),
                Rule(Reason.BAD_QUANTITY, "stock_text IS NOT NULL AND stock IS NULL"),
            ),
            identity=("product",),
            notes=(
                *(() if peek.known(*_NAMES["cost_text"]) else ("no_cost",)),
                *(() if options.currency else ("no_currency",)),
            ),
        )
