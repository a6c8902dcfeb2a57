"""What a workspace tells recommenders of goods and customers: attributes, stock, and the goods of each offer."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from netlift.recommend.about import About
from netlift.recommend.deeds import deeds
from netlift.recommend.interactions import Interactions

if TYPE_CHECKING:
    import pyarrow as pa

    from netlift.data.workspace import Workspace

_ITEMS = """
    SELECT product_id, coalesce(category, department) AS category, brand, tags,
        nullif(concat_ws(' ', name, description), '') AS text,
        price_minor, price_minor - cost_minor AS margin_minor
    FROM products ORDER BY product_id"""
_USERS = """
    SELECT customer_id, segment, region,
        CASE WHEN json_valid(attributes) THEN TRY_CAST(json_extract(attributes, '$.categories') AS VARCHAR[]) END
            AS categories
    FROM customers ORDER BY customer_id"""
_AGAIN = """
    SELECT product_id FROM products
    WHERE list_has_any(list_transform(string_split(lower(tags), ','), lambda tag: trim(tag)), $1) ORDER BY product_id"""
AGAIN = ("replenishable", "可复购")
"""Tags of goods that are bought again and again."""
HAD = {"purchase": 1.0, "rating": 1.0}
"""What counts as had: to look at something is not to have it."""
_SOLD_OUT = """
    SELECT product_id FROM (
        SELECT product_id, arg_max(coalesce(available, on_hand), coalesce("at", '-infinity'::TIMESTAMPTZ)) AS left_over
        FROM inventory WHERE coalesce(available, on_hand) IS NOT NULL GROUP BY product_id, location)
    GROUP BY product_id HAVING sum(greatest(left_over, 0)) <= 0 ORDER BY product_id"""


def about(workspace: "Workspace") -> About:
    """What its tables of products and customers say; `categories` that a customer named stand among `attributes`."""
    items = _asked(workspace, _ITEMS, "products") if workspace.has("products") else None
    return About(items, _asked(workspace, _USERS, "customers") if workspace.has("customers") else None)


def had(workspace: "Workspace", seen: Interactions, kinds: Mapping[str, float] = HAD) -> Interactions:
    """What customers bought or rated well, or did otherwise, with the places of all that was done.

    Args:
        workspace: where it is read.
        seen: all that was done there, which is the answer where it is of these kinds alone.
        kinds: with `purchase`; see `deeds`.
    """
    import pyarrow.compute as pc

    if not workspace.has("events") and ("rating" in kinds or not workspace.has("feedback")):
        return seen  # nothing is read twice
    found = deeds(workspace, kinds)
    for column, ids in (("customer_id", seen.users), ("product_id", seen.items)):
        found = found.filter(pc.is_in(found[column], value_set=ids.names))
    return Interactions.of(found, users=seen.users, items=seen.items)


def replenishable(workspace: "Workspace") -> tuple[str, ...]:
    """Products that the shop has tagged as bought again and again."""
    if not workspace.has("products"):
        return ()
    return tuple(_asked(workspace, _AGAIN, "products", [list(AGAIN)])["product_id"].to_pylist())


def sold_out(workspace: "Workspace") -> tuple[str, ...]:
    """Products of which no place has any left by its last count; what was never counted is taken to be there."""
    if not workspace.has("inventory"):
        return ()
    return tuple(_asked(workspace, _SOLD_OUT, "inventory")["product_id"].to_pylist())


def names(workspace: "Workspace") -> Mapping[str, str]:
    """Names of products by id, of those that have one."""
    if not workspace.has("products"):
        return {}
    table = _asked(workspace, "SELECT product_id, name FROM products WHERE name IS NOT NULL", "products")
    return dict(zip(table["product_id"].to_pylist(), table["name"].to_pylist(), strict=True))


def covers(workspace: "Workspace") -> Mapping[str, tuple[str, ...]]:
    """By promotion the products on offer, of those that name some."""
    if not workspace.has("promotion_products"):
        return {}
    asked = "SELECT promotion_id, product_id FROM promotion_products ORDER BY ALL"
    found: dict[str, list[str]] = {}
    for row in _asked(workspace, asked, "promotion_products").to_pylist():
        found.setdefault(row["promotion_id"], []).append(row["product_id"])
    return {name: tuple(products) for name, products in found.items()}


def _asked(workspace: "Workspace", query: str, name: str, values: Sequence[object] = ()) -> "pa.Table":
    from netlift.engines.duckdb import connect

    with connect() as con:
        workspace.relation(con, name).create_view(name)
        found: pa.Table = con.execute(query, [*values]).to_arrow_table()
    return found
