"""Shopify's customer export: who may be contacted, under the same pseudonym as in the orders."""

from netlift.data.rules import identified
from netlift.data.source import Options, Peek, Reading, Source

_UNUSED = (
    *("Customer ID", "First Name", "Last Name", "Note", "Tax Exempt", "Company", "Address1", "Address2", "City", "Zip"),
    *(f"Default Address {what}" for what in ("Company", "Address1", "Address2", "City", "Zip")),
    *("Province", "Country"),
)

_FIELDS = {
    "email": ("Email",),
    "own_phone": ("Phone",),
    "home_phone": ("Default Address Phone",),
    "country": ("Default Address Country Code", "Country Code"),
    "province": ("Default Address Province Code", "Province Code"),
    "marketing": ("Accepts Email Marketing", "Accepts Marketing"),
    "sms": ("Accepts SMS Marketing",),
    "spent": ("Total Spent",),
    "orders": ("Total Orders",),
    "tags": ("Tags",),
}

_ROWS = """
WITH field AS (SELECT _row, {fields} FROM raw),
named AS (
    SELECT *, nullif(regexp_replace(coalesce(own_phone, home_phone), '[^0-9]', '', 'g'), '') AS digits FROM field)
SELECT _row, coalesce(person(email), person(digits)) AS customer_id,
    nullif(concat_ws('-', country, province), '') AS region,
    CASE WHEN lower(marketing) IN ('yes', 'true') THEN true WHEN lower(marketing) IN ('no', 'false') THEN false END
        AS accepts_marketing,
    number(spent) AS spent, number(orders) AS orders, tags, lower(sms) AS sms
FROM named
"""

_CUSTOMERS = """
SELECT customer_id, region, accepts_marketing,
    CAST(json_object('total_spent', spent, 'total_orders', orders, 'tags', tags, 'accepts_sms', sms) AS VARCHAR)
        AS attributes
FROM kept
"""


class ShopifyCustomers(Source):
    """Customers, Export in the Shopify admin."""

    kind = "shopify_customers"
    title = "Shopify customers (CSV)"
    telling = ("First Name", "Last Name", "Email", "Total Spent", "Total Orders")

    def recognises(self, peek: Peek) -> float:
        """Sure when a person has totals of spending and orders."""
        return 0.95 if peek.has(*self.telling) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:  # noqa: ARG002
        """Customers with region, consent and what Shopify adds up about them."""
        return Reading(
            rows=_ROWS.format(fields=peek.fields(_FIELDS)),
            tables={"customers": _CUSTOMERS},
            refuse=identified("customer_id"),
            identity=("customer_id",),
            unused=peek.known(*_UNUSED),
        )
