"""Customers, products, stock and prices over the API: lines that are wrong leave those that are right."""

from typing import Any

import pytest
from django.test import Client

from netlift.service.api import lines
from netlift.service.privacy.pseudonyms import pseudonym
from tests.service.api.test_catalogue import As

SHOE = {"product_id": "shoe", "currency": "EUR", "list_price_minor": 5000}
NOON = "2026-03-01T12:00:00Z"


@pytest.fixture
def operator(client: Client) -> As:
    return As(client, "operator")


@pytest.fixture
def viewer(client: Client) -> As:
    return As(client, "viewer")


def errors(answer: Any) -> list[tuple[int, str]]:
    assert answer.status_code == 200, answer.content
    return [(one["line"], one["code"]) for one in answer.json()["errors"]]


def test_lines_are_kept_or_refused_one_by_one(operator: As, viewer: As) -> None:
    answer = operator.lines(
        "/products/bulk", SHOE, "", "no json", {**SHOE, "list_price_minor": -1}, {**SHOE, "x": 1}, '{"a": NaN}',
        {**SHOE, "product_id": "hat", "attributes": {"colour": "red", "new": True, "size": 3}}, "[" * 40, "[1]",
        {**SHOE, "list_price_minor": 10**16}, {**SHOE, "list_price_minor": 1.5}, {**SHOE, "name": "a\x00b"},
    )  # fmt: skip
    assert errors(answer) == [
        (3, "not_json"), (4, "invalid"), (5, "invalid"), (6, "not_json"), (8, "too_deep"), (9, "invalid"),
        (10, "invalid"), (11, "invalid"), (12, "bad_request"),
    ]  # fmt: skip
    assert (answer.json()["kept"], answer.json()["refused"]) == (2, 9)
    kept = viewer.get("/products").json()["items"]
    assert [one["product_id"] for one in kept] == ["hat", "shoe"]
    assert kept[0]["attributes"] == {"colour": "red", "new": True, "size": 3}
    assert viewer.get("/products/hat").json()["list_price_minor"] == 5000
    assert viewer.get("/products/none").status_code == 404
    assert viewer.lines("/products/bulk", SHOE).status_code == 403


def test_long_lists_come_page_by_page(operator: As, viewer: As) -> None:
    names = [f"p{number}" for number in range(5)]
    operator.lines("/products/bulk", *[{**SHOE, "product_id": name} for name in names])
    operator.lines("/customers/bulk", *[{"customer_id": name} for name in names])
    operator.lines("/stock/counts/bulk", *[{"product_id": name, "units": 1, "at": NOON} for name in names])
    for path in ("/products", "/customers", "/stock"):
        seen, cursor = 0, ""
        while cursor is not None:
            page = viewer.get(f"{path}?limit=2{cursor and '&cursor='}{cursor}").json()
            seen, cursor = seen + len(page["items"]), page["next"]
        assert seen == 5, path


def test_other_kinds_and_too_many_lines_are_refused(operator: As, monkeypatch: pytest.MonkeyPatch) -> None:
    assert operator.post("/products/bulk", SHOE).status_code == 415
    assert operator.lines("/customers/bulk", *["{}"] * 501).status_code == 413
    monkeypatch.setattr(lines, "MOST_TOLD", 2)
    answer = operator.lines("/customers/bulk", *["{}"] * 5).json()
    assert (answer["refused"], len(answer["errors"])) == (5, 2)
    assert operator.lines("/products/bulk", "", "").json() == {"kept": 0, "refused": 0, "errors": []}


def test_customers_are_answered_by_pseudonym_only(operator: As, viewer: As) -> None:
    ann = {"customer_id": "ann@example.com", "segments": ["vip"], "personal": {"email": "ann@example.com"}}
    answer = operator.lines("/customers/bulk", ann, {"customer_id": " "}, {"customer_id": "b", "personal": {"E": "x"}})
    assert errors(answer) == [(2, "empty_customer"), (3, "invalid")]
    told = viewer.get("/customers")
    assert b"example.com" not in told.content
    assert [one["pseudonym"] for one in told.json()["items"]] == [pseudonym("ann@example.com")]


def test_stock_over_the_api(operator: As, viewer: As) -> None:
    counts = [{"product_id": "shoe", "units": 9, "at": NOON}, {"product_id": "hat", "units": 9, "at": "2026-03-01"}]
    assert errors(operator.lines("/stock/counts/bulk", *counts)) == [(2, "invalid")]
    sold = {"key": "o1", "product_id": "shoe", "delta": -2, "at": NOON}
    for _ in range(2):
        assert errors(operator.lines("/stock/movements/bulk", sold, {**sold, "key": "o2", "product_id": "hat"})) == [
            (2, "never_counted")
        ]
    assert errors(operator.lines("/stock/movements/bulk", {**sold, "delta": -3})) == [(1, "key_reused")]
    (level,) = viewer.get("/stock?product_id=shoe").json()["items"]
    assert (level["units"], level["place"]) == (7, "")


def test_prices_over_the_api(operator: As, viewer: As) -> None:
    asked = {"product_id": "shoe", "currency": "EUR", "price_minor": 100, "at": "2026-01-01T00:00:00Z"}
    told = [asked, {**asked, "price_minor": 80, "at": "2026-02-10T00:00:00Z"}, {**asked, "price_minor": 90}]
    assert errors(operator.lines("/prices/bulk", *told)) == [(3, "price_told")]
    assert [one["price_minor"] for one in viewer.get("/prices/shoe").json()["items"]] == [100, 80]
    thirty = viewer.get("/prices/shoe/lowest?before=2026-03-01T00:00:00Z").json()
    assert (thirty["price_minor"], thirty["days"], thirty["covered"]) == (80, 30, True)
    seven = viewer.get("/prices/shoe/lowest?before=2026-02-12T00:00:00Z&days=7").json()
    assert (seven["price_minor"], seven["since"]) == (80, "2026-02-10T00:00:00Z")
    assert viewer.get("/prices/hat/lowest?before=2026-03-01T00:00:00Z").status_code == 404
    assert viewer.get("/prices/shoe/lowest?before=2026-03-01T00:00:00Z&days=0").status_code == 422
