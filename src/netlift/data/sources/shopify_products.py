"""Shopify's product export, old and new header: one row per variant, the product's own fields on its first row."""

from netlift.data.rules import code_of, identified, priced
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.errors import Reason

_OLD = ("Handle", "Title", "Variant Price", "Variant SKU")
_NEW = ("URL handle", "Title", "Price", "SKU")
_HEAD = {
    "title": ("Title",),
    "body": ("Body (HTML)", "Description"),
    "vendor": ("Vendor",),
    "taxonomy": ("Product Category", "Product category"),
    "type": ("Type",),
    "tags": ("Tags",),
    "image": ("Image Src", "Product image URL"),
    "status": ("Status",),
}
_VARIANT = {
    "handle": ("Handle", "URL handle"),
    "sku": ("Variant SKU", "SKU"),
    "option1": ("Option1 Value", "Option1 value"),
    "option2": ("Option2 Value", "Option2 value"),
    "option3": ("Option3 Value", "Option3 value"),
    "price_text": ("Variant Price", "Price"),
    "compare_text": ("Variant Compare At Price", "Compare-at price"),
    "cost_text": ("Cost per item",),
    "stock_text": ("Variant Inventory Qty", "Inventory quantity"),
    "barcode": ("Variant Barcode", "Barcode"),
    "own_image": ("Variant Image", "Variant image URL"),
}
_UNUSED = (
    *(f"Option{n} {what}" for n in (1, 2, 3) for what in ("Name", "name", "Linked To")),
    *("Published", "Published on online store", "Gift Card", "Gift card", "Variant Grams", "Variant Weight Unit"),
    *("Variant Inventory Tracker", "Variant Inventory Policy", "Variant Fulfillment Service", "Inventory tracker"),
    *("Variant Requires Shipping", "Variant Taxable", "Variant Tax Code", "Continue selling when out of stock"),
    *("Weight value (grams)", "Weight unit for display", "Requires shipping", "Fulfillment service", "Charge tax"),
    *("Tax code", "Image Position", "Image Alt Text", "Image position", "Image alt text", "SEO Title", "SEO title"),
    *("SEO Description", "SEO description", "Unit price total measure", "Unit price total measure unit"),
    *("Unit price base measure", "Unit price base measure unit"),
)

# Without an SKU a variant is named as on the lines of the order export: "Title - Red / M".
_ROWS = """
WITH variant AS (SELECT _row, {variant}, struct_pack({head}) AS head FROM raw),
filled AS (
    SELECT * REPLACE (min_by(head, _row) FILTER (head.title IS NOT NULL) OVER (PARTITION BY handle) AS head)
    FROM variant),
opened AS (
    SELECT * EXCLUDE (head), unnest(head),
        concat_ws(' / ', nullif(option1, 'Default Title'), option2, option3) AS options FROM filled),
named AS (SELECT *, title || CASE WHEN options <> '' THEN ' - ' || options ELSE '' END AS name FROM opened)
SELECT _row, coalesce(sku, name) AS product_id, name, handle, options, barcode, own_image, body, vendor, taxonomy, type,
    tags, image, lower(status) AS status, nullif({code}, 'XXX') AS currency, price_text,
    money(price_text, {code}) AS price_minor, money(compare_text, {code}) AS compare_minor,
    money(cost_text, {code}) AS cost_minor, number(stock_text) AS stock
FROM named
"""

_PRODUCTS = """
SELECT product_id, name, coalesce(type, trim(string_split(taxonomy, '>')[-1])) AS category,
    trim(string_split(taxonomy, '>')[1]) AS department, vendor AS brand,
    greatest(price_minor, coalesce(compare_minor, 0)) AS price_minor, cost_minor, currency, tags,
    blank(regexp_replace(body, '<[^>]*>|&nbsp;', ' ', 'g')) AS description, coalesce(own_image, image) AS image_url,
    CAST(json_object('handle', handle, 'status', status, 'barcode', barcode, 'sale_price_minor',
                     CASE WHEN price_minor < compare_minor THEN price_minor END) AS VARCHAR) AS attributes
FROM kept
"""

_INVENTORY = "SELECT product_id, NULL AS location, stock AS available FROM kept WHERE stock IS NOT NULL"


class ShopifyProducts(Source):
    """Products, Export in the Shopify admin."""

    kind = "shopify_products"
    title = "Shopify products (CSV)"
    telling = _NEW

    def recognises(self, peek: Peek) -> float:
        """Sure when either header is there; the order export shares none of them but `Vendor` and `Tags`."""
        return max(0.9 if peek.has(*header) else 0.0 for header in (_OLD, _NEW))

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Variants as products, with cost, list price and stock where the file has them; rows of pictures are none."""
        return Reading(
            rows=_ROWS.format(
                variant=peek.fields(_VARIANT), head=peek.fields(_HEAD, assign=True), code=code_of(options)
            ),
            tables={"products": _PRODUCTS, "inventory": _INVENTORY},
            refuse=(
                Rule(Reason.NOT_A_PRODUCT, "coalesce(price_text, own_image, barcode, nullif(options, '')) IS NULL"),
                *identified("product_id"),
                *priced("price_text", "price_minor"),
            ),
            identity=("product_id",),
            unused=peek.known(*_UNUSED),
            notes=(
                *(() if peek.has("Cost per item") else ("no_cost",)),
                *(() if options.currency else ("no_currency",)),
            ),
        )
