"""The interest vector: the formula by hand and by plain Python, and what does not count."""

import math
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from netlift.errors import ConfigError
from netlift.profiles.interests import WEIGHTS
from netlift.schema import INTERESTS, check
from tests.profiles.feature_shops import (
    JUNE,
    Tables,
    at,
    by_hand,
    event,
    frames_of,
    interested,
    liked,
    line,
    simulated,
    table,
)


@pytest.fixture(scope="module")
def shop() -> Tables:
    return simulated()


def vector(tables: Tables, who: str, **options: Any) -> dict[str, tuple[float, float]]:
    rows = liked(tables, **options).to_pylist()
    return {row["category"]: (row["interest"], row["score"]) for row in rows if row["customer_id"] == who}


def test_interests_worked_out_by_hand() -> None:
    """Ann's goods with a half-life of 10 days.

    Purchases: p1 29 and 19 days ago, p2 (known by its department D) 19 days ago; p3 belongs nowhere.
    Events: p1 viewed and put into the cart 1 and 0 days ago, p2 viewed 1 day ago, p1 viewed 30 days ago.
    """
    half = lambda days: 0.5 ** (days / 10)  # noqa: E731
    a = 10 * half(29) + 10 * half(19) + (1 + 4) * half(1) + (1 + 4) * half(0) + half(30)
    d = 10 * half(19) + half(1)
    found = vector(by_hand(), "ann", half_life_days=10)
    assert list(found) == ["A", "D"]
    assert found["A"] == pytest.approx((a / (a + d), a), abs=1e-5)  # scores are kept in millionths
    assert found["D"] == pytest.approx((d / (a + d), d), abs=1e-5)


def test_interests_are_those_of_plain_python(shop: Tables) -> None:
    goods = {row["product_id"]: row["category"] for row in shop["products"].to_pylist()}
    scores: dict[tuple[str, str], float] = defaultdict(float)
    for rows, time in (("order_lines", "ordered_at"), ("events", "at")):
        for row in shop[rows].to_pylist():
            kind = row.get("event", "purchase")
            if row[time] < JUNE and kind in WEIGHTS and not (rows == "events" and kind == "purchase"):
                age = math.ceil((JUNE - row[time]) / timedelta(days=1)) - 1
                scores[row["customer_id"], goods[row["product_id"]]] += WEIGHTS[kind] * 0.5 ** (age / 60)
    table_ = interested()
    got = {(row["customer_id"], row["category"]): row["score"] for row in table_.to_pylist()}
    assert got == pytest.approx(scores, abs=1e-3)
    assert len(got) > 1000


def test_a_customer_s_interests_sum_to_one_and_fit_the_schema() -> None:
    found = check(interested(), INTERESTS)
    sums: dict[str, float] = defaultdict(float)
    for row in found.to_pylist():
        sums[row["customer_id"]] += row["interest"]
    assert list(sums.values()) == pytest.approx([1.0] * len(sums))


def test_the_score_adds_up_what_the_vector_parts() -> None:
    """interest_i = score_i / sum of scores: the vector and its sum are two things."""
    rows = [row for row in interested().to_pylist() if row["customer_id"] == "C00000000"]
    total = sum(row["score"] for row in rows)
    assert [row["interest"] * total for row in rows] == pytest.approx([row["score"] for row in rows])


def test_a_purchase_counts_once_whether_it_is_an_order_or_an_event() -> None:
    """An event of a known order adds nothing; that of an order nobody knows, or of none, is a purchase."""
    tables = by_hand()
    known = event(90, "ann", at(5, 2, 10), "purchase", product_id="p1", order_id="o1")
    unknown = event(91, "bob", at(5, 31, 12), "purchase", product_id="p2", order_id="elsewhere")
    nowhere = event(92, "bob", at(5, 31, 13), "purchase", product_id="p2")
    with_known = tables | {"events": pa.concat_tables([tables["events"], table("events", [known])])}
    assert liked(with_known).equals(liked(tables))
    more = tables | {"events": pa.concat_tables([tables["events"], table("events", [unknown, nowhere])])}
    assert vector(more, "bob")["D"][1] == pytest.approx(2 * WEIGHTS["purchase"])


def test_what_is_long_gone_leaves_no_row() -> None:
    """Twenty-five half-lives leave less than a millionth."""
    when = JUNE - timedelta(days=25 * 10 + 1)
    goods = table("products", [{"product_id": "p1", "category": "A"}])
    assert (
        liked(
            {"order_lines": table("order_lines", [line("o", "a", when, "p1")]), "products": goods}, half_life_days=10
        ).num_rows
        == 0
    )


def test_what_is_older_than_ninety_years_counts_as_that_old() -> None:
    """A placeholder such as 1900 must not come out young: 0.5^((2^15 - 1) / 100,000) of 10."""
    goods = table("products", [{"product_id": "p1", "category": "A"}])
    lines = table("order_lines", [line("o", "a", at(1, 1, year=1900), "p1")])
    found = vector({"order_lines": lines, "products": goods}, "a", half_life_days=100_000)
    assert found["A"] == pytest.approx((1.0, 10 * 0.5 ** ((2**15 - 1) / 100_000)), abs=1e-5)


@pytest.mark.parametrize("half_life", [0, -1.0, math.nan])
def test_a_half_life_must_be_above_zero(half_life: float) -> None:
    with pytest.raises(ConfigError, match="half_life_days must be above 0"):
        liked(by_hand(), half_life_days=half_life)


def test_interests_of_a_shop_without_products_or_events_are_empty() -> None:
    from netlift.engines import engine
    from netlift.profiles.interests import interests

    with engine("duckdb") as opened:
        frames = frames_of(opened, {"order_lines": by_hand()["order_lines"]})
        assert opened.collect(interests(frames, JUNE)).num_rows == 0
