"""Shopify's inventory export: units per variant and location."""

from netlift.data.rules import identified
from netlift.data.source import Options, Peek, Reading, Rule, Source
from netlift.errors import Reason

_FIELDS = {
    "sku": ("SKU",),
    "title": ("Title",),
    "location": ("Location",),
    "option1": ("Option1 Value",),
    "option2": ("Option2 Value",),
    "option3": ("Option3 Value",),
    "incoming": ("Incoming (not editable)", "Incoming"),
    "committed": ("Committed (not editable)", "Committed"),
    "available": ("Available (not editable)", "Available"),
    "on_hand": ("On hand (current)", "On hand"),
}
_UNUSED = (
    *("Handle", "Option1 Name", "Option2 Name", "Option3 Name", "Bin name", "HS Code", "COO", "On hand (new)"),
    *("Unavailable (not editable)", "Unavailable"),
)

_ROWS = """
WITH field AS (SELECT _row, {fields} FROM raw),
named AS (SELECT *, concat_ws(' / ', nullif(option1, 'Default Title'), option2, option3) AS options FROM field)
SELECT _row, coalesce(sku, title || CASE WHEN options <> '' THEN ' - ' || options ELSE '' END) AS product_id, location,
    number(incoming) AS incoming, number(committed) AS committed, number(available) AS available,
    number(on_hand) AS on_hand
FROM named
"""

_INVENTORY = "SELECT product_id, location, on_hand, available, committed, incoming FROM kept"


class ShopifyInventory(Source):
    """Inventory, Export in the Shopify admin."""

    kind = "shopify_inventory"
    title = "Shopify inventory (CSV)"
    telling = ("Handle", "Title", "Location")

    def recognises(self, peek: Peek) -> float:
        """Sure when a titled variant has a location and a count of units there."""
        counted = any(name in peek.columns for name in _FIELDS["available"] + _FIELDS["on_hand"])
        return 0.95 if counted and peek.has(*self.telling) else 0.0

    def reading(self, peek: Peek, options: Options) -> Reading:  # noqa: ARG002
        """Counts at the moment of ingestion; a location that does not stock the variant is left out."""
        return Reading(
            rows=_ROWS.format(fields=peek.fields(_FIELDS)),
            tables={"inventory": _INVENTORY},
            refuse=(
                *identified("product_id"),
                Rule(Reason.BAD_QUANTITY, "on_hand IS NULL AND available IS NULL"),
            ),
            identity=("product_id", "location"),
            unused=peek.known(*_UNUSED),
        )
