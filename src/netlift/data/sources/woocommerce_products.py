"""WooCommerce's own product export (Products, Export): products, variations, sale prices with dates."""

from netlift.data.rules import code_of, identified, zone_of
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.errors import Reason

_USUAL = ("Published", "Sale price", "Categories", "Visibility in catalog", "Parent", "Stock")
_FIELDS = {
    "id": ("ID",),
    "type": ("Type",),
    "sku": ("SKU",),
    "name": ("Name",),
    "parent": ("Parent",),
    "categories": ("Categories",),
    "tags": ("Tags",),
    "brand": ("Brands", "Brand"),
    "description": ("Short description", "Description"),
    "images": ("Images",),
    "regular_text": ("Regular price",),
    "sale_text": ("Sale price",),
    "cost_text": ("Cost of goods", "Cost of goods sold", "Cost"),
    "sale_start_text": ("Date sale price starts",),
    "sale_end_text": ("Date sale price ends",),
    "stock_text": ("Stock",),
}
_UNUSED = (
    *("GTIN, UPC, EAN, or ISBN", "Published", "Is featured?", "Visibility in catalog", "Tax status", "Tax class"),
    *("In stock?", "Low stock amount", "Backorders allowed?", "Sold individually?", "Weight (kg)", "Length (cm)"),
    *("Width (cm)", "Height (cm)", "Allow customer reviews?", "Purchase note", "Shipping class", "Download limit"),
    *("Download expiry days", "Grouped products", "Upsells", "Cross-sells", "External URL", "Button text", "Position"),
    *(f"Attribute {n} {what}" for n in range(1, 21) for what in ("name", "value(s)", "visible", "global", "default")),
    "Description",
)

# A variation names its parent by SKU or as "id:12" and leaves out what it inherits.
_ROWS = """
WITH field AS (SELECT _row, {fields} FROM raw),
parent AS (
    SELECT _row, unnest([sku, 'id:' || id]) AS reference, categories, tags, brand, images
    FROM field WHERE parent IS NULL),
inherited AS (
    SELECT reference, min_by(categories, _row) AS categories, min_by(tags, _row) AS tags, min_by(brand, _row) AS brand,
        min_by(images, _row) AS images FROM parent WHERE reference IS NOT NULL GROUP BY reference)
SELECT field._row, coalesce(sku, id) AS product_id, id, type, name, description,
    trim(string_split(coalesce(field.categories, inherited.categories), ',')[1]) AS category,
    coalesce(field.tags, inherited.tags) AS tags, coalesce(field.brand, inherited.brand) AS brand,
    trim(string_split(coalesce(field.images, inherited.images), ',')[1]) AS image_url,
    nullif({code}, 'XXX') AS currency, regular_text, money(regular_text, {code}) AS regular_minor,
    sale_text, money(sale_text, {code}) AS sale_minor, money(cost_text, {code}) AS cost_minor,
    sale_start_text, moment(sale_start_text, {zone}) AS sale_starts_at,
    sale_end_text, moment(sale_end_text, {zone}) AS sale_ends_at, number(stock_text) AS stock
FROM field LEFT JOIN inherited ON field.parent = inherited.reference
"""

_PRODUCTS = """
SELECT product_id, name, trim(string_split(category, '>')[-1]) AS category,
    trim(string_split(category, '>')[1]) AS department, brand, regular_minor AS price_minor, cost_minor, currency, tags,
    blank(regexp_replace(description, '<[^>]*>|&nbsp;', ' ', 'g')) AS description, image_url,
    CAST(json_object('id', id, 'type', type, 'sale_price_minor', sale_minor) AS VARCHAR) AS attributes
FROM kept
"""

# The last day of a sale belongs to it: WooCommerce writes the day, or its last second.
_PRICES = """
SELECT product_id, sale_starts_at AS starts_at,
    CASE WHEN length(sale_end_text) <= 10 THEN sale_ends_at + INTERVAL 1 DAY
         WHEN sale_end_text LIKE '%23:59:59%' THEN sale_ends_at + INTERVAL 1 SECOND ELSE sale_ends_at END AS ends_at,
    sale_minor AS price_minor, regular_minor AS list_minor, currency
FROM kept WHERE sale_minor IS NOT NULL AND sale_starts_at IS NOT NULL
"""

_INVENTORY = "SELECT product_id, NULL AS location, stock AS available FROM kept WHERE stock IS NOT NULL"


class WooCommerceProducts(Source):
    """Products, Export in the WordPress admin."""

    kind = "woocommerce_products"
    title = "WooCommerce products (CSV)"
    telling = ("ID", "Type", "SKU", "Name", "Regular price")

    def recognises(self, peek: Peek) -> float:
        """Sure when id, type, SKU and regular price are there, surer with each usual column."""
        return 0.6 + 0.4 * peek.share(_USUAL) if peek.has(*self.telling) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:
        """Products with list price, dated sale prices and stock."""
        has_cost = any(name in peek.columns for name in _FIELDS["cost_text"])
        return Reading(
            rows=_ROWS.format(fields=peek.fields(_FIELDS), code=code_of(options), zone=zone_of(options)),
            tables={"products": _PRODUCTS, "prices": _PRICES, "inventory": _INVENTORY},
            refuse=(
                *identified("product_id"),
                Rule(Reason.BAD_AMOUNT, "regular_text IS NOT NULL AND regular_minor IS NULL"),
                Rule(Reason.BAD_AMOUNT, "sale_text IS NOT NULL AND sale_minor IS NULL"),
                Rule(Reason.NEGATIVE_PRICE, "least(regular_minor, sale_minor) < 0"),
                Rule(Reason.BAD_TIME, "sale_start_text IS NOT NULL AND sale_starts_at IS NULL"),
                Rule(Reason.BAD_TIME, "sale_end_text IS NOT NULL AND sale_ends_at IS NULL"),
            ),
            identity=("product_id",),
            unused=peek.known(*_UNUSED),
            notes=(*(() if has_cost else ("no_cost",)), *(() if options.currency else ("no_currency",))),
        )
