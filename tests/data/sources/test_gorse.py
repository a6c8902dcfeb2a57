"""Users, items and feedback of gorse: one shop out of three files."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netlift.data.detect import adapter_for
from netlift.data.source import SOURCES, Options
from netlift.recommend.interactions import Interactions
from netlift.recommend.shop import sold_out
from tests.data.sources.conftest import FIXTURES, NOW, Shop
from tests.data.sources.test_detection import SURE, peek_at

PARTS = ("users", "items", "feedback")


@pytest.fixture
def shop(take_in: Callable[..., Shop]) -> Shop:
    return take_in(*(f"gorse_{part}.jsonl" for part in PARTS))


@pytest.mark.parametrize("part", PARTS)
def test_a_file_is_recognised_by_one_adapter_alone(part: str, tmp_path: Path) -> None:
    peek = peek_at(FIXTURES / f"gorse_{part}.jsonl", tmp_path)
    scores = {kind: SOURCES[kind]().recognises(peek) for kind in SOURCES if peek.form in SOURCES[kind].forms}
    assert [kind for kind, score in scores.items() if score > SURE] == [f"gorse_{part}"]
    assert adapter_for(peek, Options(now=NOW)).kind == f"gorse_{part}"


def test_users_are_customers_under_pseudonyms(shop: Shop) -> None:
    rows = shop.rows("customers")
    assert len(rows) == 2
    assert not any("@" in str(value) for row in rows for value in row.values())
    assert [json.loads(row["attributes"]) for row in rows if row["attributes"]] == [{"labels": {"region": "north"}}]
    ann, bob = shop.row("events", event="purchase")["customer_id"], shop.row("events", event="share")["customer_id"]
    assert {ann, bob} == {row["customer_id"] for row in rows}


def test_items_are_products_and_hidden_ones_are_not_shown(shop: Shop) -> None:
    tea, pot = shop.row("products", product_id="tea"), shop.row("products", product_id="pot")
    assert (tea["name"], tea["category"], tea["tags"]) == ("Green tea", "drinks", "drinks,hot")
    assert json.loads(tea["attributes"]) == {"labels": {"leaf": ["green"]}}
    assert (pot["category"], pot["tags"], json.loads(pot["attributes"])) == (None, None, {"labels": ["new"]})
    assert shop.row("products", product_id="cup")["attributes"] is None
    assert sold_out(shop.workspace) == ("cup",)


def test_feedback_is_events_and_ratings(shop: Shop) -> None:
    events = {(row["event"], row["product_id"]): row for row in shop.rows("events")}
    assert sorted(events) == [("favourite", "pot"), ("purchase", "tea"), ("share", "pot"), ("view", "tea")]
    bought = events["purchase", "tea"]
    assert (bought["at"], bought["quantity"]) == (datetime(2025, 3, 2, 8, tzinfo=UTC), 2.0)
    assert [(row["product_id"], row["rating"]) for row in shop.rows("feedback")] == [("tea", 4.5)]
    refused: Counter[str] = Counter()
    for one in (one for receipt in shop.receipts for one in receipt.refused):
        refused[str(one.reason)] += one.rows
    assert refused == {"missing_id": 2, "bad_amount": 1, "future_time": 1, "bad_time": 1, "duplicate": 2}


def test_a_recommender_learns_from_it(shop: Shop) -> None:
    seen = Interactions.of_workspace(shop.workspace)
    assert seen.items.names.to_pylist() == ["cup", "pot", "tea"]
    assert len(seen) == 3  # the view, the purchase and the rating; shops say themselves what a share is worth
