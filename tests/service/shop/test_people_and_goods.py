"""Customers without what names them, and products as they are told last."""

from datetime import UTC, date, datetime

import pytest

from netlift.service.privacy import people
from netlift.service.privacy.pseudonyms import pseudonym
from netlift.service.shop import customers, products
from netlift.service.shop.models import Customer, Product
from netlift.service.shop.selectors import products as known

pytestmark = pytest.mark.usefixtures("store")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
MAIL = "ann@example.com"


def test_what_names_a_customer_is_sealed_elsewhere() -> None:
    told = customers.Told(MAIL, ("vip", "early", "vip"), "gold", date(2024, 1, 2), {"email": MAIL})
    assert customers.keep_customers([told], now=NOW) == []
    row = Customer.objects.values().get()
    assert MAIL not in str(row)
    assert "ann" not in str(row)
    assert (row["pseudonym"], row["segments"], row["level"]) == (pseudonym(MAIL), ["early", "vip"], "gold")
    assert people.read(MAIL) == {"email": MAIL}


def test_the_last_word_counts() -> None:
    customers.keep_customers([customers.Told("a", level="silver"), customers.Told("A ", level="gold")], now=NOW)
    assert Customer.objects.get().level == "gold"  # case and blanks make no other customer
    customers.keep_customers([customers.Told("a")], now=NOW)
    assert Customer.objects.get().level == ""
    assert customers.keep_customers([], now=NOW) == []


def test_one_that_is_refused_leaves_the_others() -> None:
    ((place, error),) = customers.keep_customers([
        customers.Told("a"), customers.Told("  "), customers.Told("b"),
    ])  # fmt: skip
    assert (place, error.code) == (1, "empty_customer")
    assert Customer.objects.count() == 2


def test_an_erasure_reaches_the_shop_and_an_export_tells_of_it() -> None:
    customers.keep_customers([customers.Told(MAIL, ("vip",), personal={"email": MAIL})])
    assert people.export(MAIL)["held_by"]["shop"] == [{"segments": ["vip"], "level": "", "since": None}]
    people.erase(MAIL, "user:dpo")
    assert not Customer.objects.exists()
    ((place, error),) = customers.keep_customers([customers.Told("b"), customers.Told(MAIL, ("vip",))])
    assert (place, error.status) == (1, 409)
    assert [one.pseudonym for one in Customer.objects.all()] == [pseudonym("b")]


def test_products_are_kept_as_told_last() -> None:
    shoe = products.Told("shoe", "EUR", 5000, name="Shoe", attributes={"colour": "red", "sizes": 3, "new": True})
    assert products.keep_products([shoe], now=NOW) == 1
    products.keep_products([products.Told("shoe", "EUR", 4500), products.Told("hat", "EUR", 900, cost_minor=300)])
    row = Product.objects.get(product_id="shoe")
    assert (row.list_price_minor, row.name, row.attributes, row.made_at) == (4500, "", {}, NOW)
    assert {name: one.cost_minor for name, one in known(["hat", "shoe", "none"]).items()} == {"hat": 300, "shoe": None}
