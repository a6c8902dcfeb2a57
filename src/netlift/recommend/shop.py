"""What a workspace tells recommenders of goods and customers: attributes, stock, and the goods of each offer."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from netlift.recommend.about import About

if TYPE_CHECKING:
    import pyarrow as pa

    from netlift.data.workspace import Workspace

_ITEMS = """
    SELECT product_id, coalesce(category, department) AS category, brand, tags,
        nullif(concat_ws(' ', name, description), '') AS text,
        price_minor, price_minor - cost_minor AS margin_minor
    FROM products ORDER BY product_id"""
_SOLD_OUT = """
    SELECT product_id FROM (
        SELECT product_id, arg_max(coalesce(available, on_hand), coalesce("at", '-infinity'::TIMESTAMPTZ)) AS left_over
        FROM inventory WHERE coalesce(available, on_hand) IS NOT NULL GROUP BY product_id, location)
    GROUP BY product_id HAVING sum(greatest(left_over, 0)) <= 0 ORDER BY product_id"""


def about(workspace: "Workspace") -> About:
    """What its tables of products and customers say."""
    items = _asked(workspace, _ITEMS, "products") if workspace.has("products") else None
    users = "SELECT customer_id, segment, region FROM customers ORDER BY customer_id"
    return About(items, _asked(workspace, users, "customers") if workspace.has("customers") else None)


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


def _asked(workspace: "Workspace", query: str, name: str) -> "pa.Table":
    from netlift.engines.duckdb import connect

    with connect() as con:
        workspace.relation(con, name).create_view(name)
        found: pa.Table = con.execute(query).to_arrow_table()
    return found
