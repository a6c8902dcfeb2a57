"""Shopify products, customers, discounts and inventory."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.data.sources.conftest import Shop

Take = Callable[..., Shop]


def test_old_products_give_variants_with_cost_and_list_price(take_in: Take) -> None:
    """The compare-at price is the list price; a row of pictures, a price in words and a second OOL-50 are refused."""
    shop = take_in("shopify_products_old.csv", currency="EUR")
    assert shop.refused == {"bad_amount": 1, "duplicate": 1, "not_a_product": 1}
    large = shop.row("products", product_id="OOL-100")
    assert (large["price_minor"], large["cost_minor"], large["currency"]) == (2400, 790, "EUR")
    assert json.loads(large["attributes"])["sale_price_minor"] == 2100
    assert (large["name"], large["brand"], large["category"]) == ("Oolong - 100g", "Tea & Co", "Tea")
    assert large["department"] == "Food, Beverages & Tobacco"
    assert large["description"] == 'Spring harvest, "hand rolled"'


def test_a_variant_without_a_number_is_named_as_on_the_orders(take_in: Take) -> None:
    shop = take_in("shopify_products_old.csv")
    assert {"Cup - Red / Low", "Kettle"} <= set(shop.column("products", "product_id"))
    assert shop.row("inventory", product_id="OOL-100")["available"] == -2
    assert "no_currency" in shop.receipt.notes


def test_new_products_are_read_by_their_new_names(take_in: Take) -> None:
    """Chinese text, a price with a decimal comma, a negative price, and a column nobody knows."""
    shop = take_in("shopify_products_new.csv")
    assert shop.refused == {"negative_price": 1}
    small, large = shop.rows("products")
    assert (small["name"], small["cost_minor"], small["tags"]) == ("茶壶 Teapot - Small", 3150, "紫砂,礼品")
    assert (large["product_id"], large["price_minor"]) == ("POT-L", 15000)
    assert shop.receipt.unknown == ("Colour metafield",)


def test_customers_have_the_pseudonym_of_their_orders(take_in: Take) -> None:
    """Ann, Bob and the one with only a telephone number are the same people in both files."""
    assert take_in("shopify_customers.csv").refused == {"duplicate": 1, "missing_id": 1}
    both = take_in("shopify_orders.csv", "shopify_customers.csv")
    people = {row["customer_id"]: row for row in both.rows("customers")}
    assert len(people) == 5  # as many as in the orders alone
    in_both = {both.row("orders", order_id=number)["customer_id"] for number in ("#1001", "#1002", "#1004")}
    assert {number for number, row in people.items() if row["attributes"]} == in_both
    bob = people[both.row("orders", order_id="#1002")["customer_id"]]
    assert (bob["accepts_marketing"], bob["region"]) == (False, "US-NY")


@pytest.mark.parametrize(
    ("code", "mechanism", "value", "value_type"),
    [
        ("SPRING", "code", 1000, "amount"),
        ("TEA10", "threshold", 0.1, "percent"),
        ("FREESHIP", "shipping", None, "other"),
    ],
)
def test_discounts_become_promotions(
    take_in: Take, code: str, mechanism: str, value: float | None, value_type: str
) -> None:
    """Values are written as deductions: -10.0 is ten euros or ten percent."""
    promotion = take_in("shopify_discounts.csv", currency="EUR").row("promotions", promotion_id=code)
    assert (promotion["mechanism"], promotion["value"], promotion["value_type"]) == (mechanism, value, value_type)
    assert promotion["starts_at"] == datetime(2024, 4, 30, 22, tzinfo=UTC)


def test_discounts_that_cannot_be_read_are_refused(take_in: Take) -> None:
    assert take_in("shopify_discounts.csv").refused == {"bad_amount": 1, "bad_time": 1, "missing_id": 1}


def test_inventory_counts_units_by_location(take_in: Take) -> None:
    """A location that does not stock the variant is refused; fewer than none can be promised."""
    shop = take_in("shopify_inventory.csv")
    assert shop.refused == {"bad_quantity": 1}
    tea, cup = sorted(shop.rows("inventory"), key=lambda row: -row["on_hand"])
    assert (tea["product_id"], tea["location"]) == ("OOL-50", "Berlin")
    assert [tea[name] for name in ("on_hand", "available", "committed", "incoming")] == [40, 38, 2, 20]
    assert (cup["product_id"], cup["available"]) == ("Cup - Red / Low", -2)
