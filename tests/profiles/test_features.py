"""Features by hand and by plain Python: what each column says, that it knows nothing of the future, and edges."""

import math
import random
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from statistics import median, stdev
from typing import Any

import pyarrow as pa
import pytest

from netlift.engines import engine
from netlift.errors import ConfigError, DataError, EngineError
from netlift.profiles.as_of import HAPPENED, LATER, Past
from netlift.profiles.features import FAMILIES
from netlift.profiles.table import columns, profiles
from netlift.schema import PROFILES, TABLES, check
from tests.profiles.feature_shops import (
    JUNE,
    Tables,
    at,
    by_hand,
    frames_of,
    interested,
    liked,
    line,
    made,
    order,
    poisoned,
    profiled,
    simulated,
    table,
)

Row = dict[str, Any]

ANN: Row = {
    "orders": 3, "orders_30": 3, "orders_90": 3, "orders_365": 3,
    "spend_minor": 3700, "spend_30_minor": 3700, "spend_90_minor": 3700, "spend_365_minor": 3700,
    "active_days": 3, "active_days_365": 3, "items": 5.5, "tenure_days": 29, "recency_days": 0,
    "gap_mean_days": 14.5, "gap_sd_days": math.sqrt(40.5),  # gaps of 10 and 19 days
    "basket_minor": 3700 / 3, "basket_items": 5.5 / 3, "products": 3, "categories": 2,
    "weekend_share": 1 / 3, "evening_share": 2 / 3, "channels": 2, "channel": "web",
    "views_30": 3, "clicks_30": 0, "searches_30": 0, "carts_30": 2,
    "views_90": 4, "clicks_90": 0, "searches_90": 1, "carts_90": 2,
    "visits_30": 2, "visits_90": 3, "visit_recency_days": 0, "view_to_cart": 0.5, "carts_left_90": 1,
    "coupon_orders": 2, "coupon_share": 2 / 3, "coupon_recency_days": 19,
    "contacts": 3, "contacts_7": 1, "contacts_30": 3, "contacts_90": 3, "contact_recency_days": 0,
    "contacts_answered": 0.5, "contacts_since_order": 0,
    "region": "north", "accepts_marketing": True,
    "typical_gap_days": 10.0, "silence": 0.0, "lifecycle": "active",
    "deal_share": 0.25, "discount_share": 100 / 3800, "price_level": 3500 / 3800,
    "cheap_share": 1 / 3.8, "price_sensitivity": 0.4 / 3.8,
    "recency_score": 3, "frequency_score": 3, "monetary_score": 3,
}  # fmt: skip
"""Worked out on paper from `by_hand`. Cheap: one unit of p1 at 9.00 where 10.00 is usual, of goods worth 38.00; a fifth
of category A (1 of 5 units) was bought cheap by all, so 6.00 of her 30.00 there were to be expected."""


@pytest.fixture(scope="module")
def hand() -> dict[str, Row]:
    return {row["customer_id"]: row for row in made(by_hand()).to_pylist()}


@pytest.fixture(scope="module")
def shop() -> Tables:
    return simulated()


@pytest.fixture(scope="module")
def known() -> pa.Table:
    return profiled()


# ---- what the columns say


def test_every_feature_of_a_customer_worked_out_by_hand(hand: dict[str, Row]) -> None:
    assert set(ANN) == {column.name for column in columns()}
    assert (hand["ann"]["customer_id"], hand["ann"]["as_of"]) == ("ann", JUNE)
    assert {name: hand["ann"][name] for name in ANN} == pytest.approx(ANN, rel=1e-12)


def test_who_is_known_and_who_is_not(hand: dict[str, Row]) -> None:
    """Dan's row carries no date, so nobody can say whether he was known; guests are nobody."""
    assert sorted(hand) == ["ann", "bob", "cat", "eve"]


def test_one_old_purchase_is_a_lost_customer(hand: dict[str, Row]) -> None:
    """396 days of silence against the shop's gap of 10 (of 10 and 19, the smaller); no gap and no window of his own."""
    said = {"orders": 1, "orders_365": 0, "recency_days": 396, "silence": 39.6, "lifecycle": "lost", "recency_score": 1}
    said |= {"gap_mean_days": None, "gap_sd_days": None, "spend_365_minor": 0, "price_sensitivity": -0.2}
    assert {name: hand["bob"][name] for name in said} == pytest.approx(said, rel=1e-12)


def test_those_who_never_bought_get_the_declared_fills(hand: dict[str, Row]) -> None:
    for who in ("cat", "eve"):
        row = hand[who]
        assert row["lifecycle"] == "prospect"
        assert (row["orders"], row["spend_minor"], row["items"], row["recency_score"]) == (0, 0, 0.0, 0)
        assert row["recency_days"] is row["basket_minor"] is row["price_level"] is row["channel"] is None
    assert (hand["cat"]["accepts_marketing"], hand["eve"]["accepts_marketing"]) == (False, None)
    assert (hand["eve"]["contacts"], hand["eve"]["contacts_answered"], hand["eve"]["contacts_since_order"]) == (1, 0, 1)


def test_the_clock_of_as_of_tells_weekdays_and_hours() -> None:
    """In Auckland (+12) Ann's Sunday evening is Monday morning, and her Friday before midnight is Saturday noon."""
    there = JUNE.astimezone(timezone(timedelta(hours=12)))
    row = made(by_hand(), there, families=["activity"]).to_pylist()[0]
    assert (row["weekend_share"], row["evening_share"]) == pytest.approx((1 / 3, 1 / 3))  # o3 is Saturday; o1 is 22:00


def plain(shop: Tables) -> dict[str, list[Row]]:
    """Orders of each customer before `JUNE`, in order of time, by plain Python."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(shop["orders"].to_pylist(), key=lambda row: row["ordered_at"]):
        if row["ordered_at"] < JUNE:
            found[row["customer_id"]].append(row)
    return found


def days_ago(moment: datetime) -> int:
    return math.ceil((JUNE - moment) / timedelta(days=1)) - 1


def test_sums_and_gaps_are_those_of_plain_python(shop: Tables, known: pa.Table) -> None:
    orders = plain(shop)
    for row in known.to_pylist():
        own = orders.get(row["customer_id"], [])
        spend = [one["list_minor"] - one["discount_minor"] for one in own]
        ages = [days_ago(one["ordered_at"]) for one in own]
        days = sorted(set(ages))
        gaps = [later - earlier for earlier, later in pairwise(days)]
        assert row["orders"] == len(own)
        assert row["spend_90_minor"] == sum(money for money, age in zip(spend, ages, strict=True) if age < 90)
        assert row["active_days"] == len(days)
        assert row["recency_days"] == (min(ages) if ages else None)
        assert row["gap_mean_days"] == pytest.approx(sum(gaps) / len(gaps) if gaps else None)
        assert row["gap_sd_days"] == pytest.approx(stdev(gaps) if len(gaps) > 1 else None)
        if len(gaps) >= 3:
            assert row["typical_gap_days"] == median(gaps)


def test_scores_say_what_share_of_customers_is_worse(known: pa.Table) -> None:
    """Also: equal values have equal scores, and the order of scores is that of values."""
    rows = [row for row in known.to_pylist() if row["orders"]]
    assert len(rows) > 150
    for score, worth in (
        ("recency_score", lambda row: -row["recency_days"]),
        ("frequency_score", lambda row: row["orders_365"]),
        ("monetary_score", lambda row: row["spend_365_minor"]),
    ):
        values = [worth(row) for row in rows]
        for row in rows:
            worse = sum(value < worth(row) for value in values)
            assert row[score] == 1 + 5 * worse // len(rows)
        assert {row[score] for row in rows} == {1, 2, 3, 4, 5}


def test_equal_customers_all_score_one() -> None:
    orders = [order(f"o{i}", f"c{i}", at(5, 1), list_minor=100) for i in range(7)]
    rows = made({"orders": table("orders", orders)}, families=["rfm"]).to_pylist()
    assert {tuple(row.values())[2:] for row in rows} == {(1, 1, 1)}


def test_answers_to_contacts_are_those_of_plain_python(shop: Tables, known: pa.Table) -> None:
    orders, week = plain(shop), timedelta(days=7)
    answered: dict[str, list[bool]] = defaultdict(list)
    for row in shop["exposures"].to_pylist():
        if row["arm"] != "control" and row["exposed_at"] <= JUNE - week:
            own = [one["ordered_at"] for one in orders.get(row["customer_id"], [])]
            start = row["exposed_at"]
            answered[row["customer_id"]].append(any(start <= moment < start + week for moment in own))
    got = {row["customer_id"]: row["contacts_answered"] for row in known.to_pylist()}
    assert {who for who, share in got.items() if share is not None} == set(answered)
    assert 0 < sum(map(any, answered.values())) < len(answered)
    for who, ones in answered.items():
        assert got[who] == pytest.approx(sum(ones) / len(ones))


def test_sensitivity_to_prices_is_zero_on_the_whole_and_found_where_it_was_planted() -> None:
    """20 customers buy the same goods; two of them only in the weeks when these are a fifth cheaper."""
    lines = []
    for who in range(20):
        for i in range(10):
            cheap = i % 5 == 0 or who < 2
            lines.append(
                line(
                    f"o{who}-{i}", f"c{who:02}", at(5, 1 + i), f"p{i % 2}", list_minor=1000, discount_minor=200 * cheap
                )
            )
    goods = [{"product_id": f"p{i}", "category": "A"} for i in range(2)]
    rows = made(
        {"order_lines": table("order_lines", lines), "products": table("products", goods)}, families=["price"]
    ).to_pylist()
    shares = [row["price_sensitivity"] for row in rows]
    assert sum(shares) == pytest.approx(0, abs=1e-9)  # all spent the same, so observed equals expected in sum
    assert shares[:2] == pytest.approx([1 - 56 / 200] * 2)  # 2 x 10 + 18 x 2 of 200 lines were cheap
    assert shares[2:] == pytest.approx([0.2 - 56 / 200] * 18)


@pytest.mark.parametrize(
    ("gaps", "silence", "stage"),
    [
        ([], 0, "new"),
        ([10, 10], 20, "active"),  # two gaps are too few for a median of one's own
        ([5, 5, 5], 10, "loyal"),  # twice the own gap is still on time
        ([5, 5, 5], 11, "at_risk"),
        ([5, 5, 5], 20, "at_risk"),
        ([5, 5, 5], 21, "lapsed"),
        ([5, 5, 5], 40, "lapsed"),
        ([5, 5, 5], 41, "lost"),
        ([20, 20, 20], 40, "active"),  # on time, but rarer than is usual in the shop
    ],
)
def test_stages_change_at_two_four_and_eight_gaps(gaps: list[int], silence: int, stage: str) -> None:
    """The shop's gap is 10 days: ten others buy every ten days."""
    orders = [order(f"o{who}-{i}", f"o{who}", JUNE - timedelta(days=10 * i + 1)) for who in range(10) for i in range(9)]
    when = [silence]
    for gap in gaps:
        when.append(when[-1] + gap)
    orders += [order(f"x{i}", "x", JUNE - timedelta(days=days + 1)) for i, days in enumerate(when)]
    rows = made({"orders": table("orders", orders)}, families=["lifecycle"]).to_pylist()
    (row,) = (row for row in rows if row["customer_id"] == "x")
    assert row["lifecycle"] == stage


# ---- nothing of the future


@pytest.mark.parametrize("shop_of", [by_hand, simulated])
def test_what_happens_later_changes_not_a_byte(shop_of: Callable[[], dict[str, pa.Table]]) -> None:
    """Absurd orders, visits, mails, coupons and newcomers at and after it; refunds and ages written into the past."""
    tables = shop_of()
    bad = poisoned(tables, JUNE)
    assert bad["orders"].num_rows > tables["orders"].num_rows
    assert made(bad).equals(profiled() if shop_of is simulated else made(tables))
    assert liked(bad).equals(interested() if shop_of is simulated else liked(tables))


def test_the_poison_works_where_nothing_is_cut(shop: Tables) -> None:
    """A later moment does see it, so the test above can fail."""
    later = JUNE + timedelta(days=1)
    assert not made(poisoned(shop, JUNE), later, families=["activity"]).equals(made(shop, later, families=["activity"]))


def test_a_microsecond_decides() -> None:
    orders = [order("o1", "a", JUNE - timedelta(microseconds=1)), order("o2", "b", JUNE)]
    rows = made({"orders": table("orders", orders)}, families=["activity"]).to_pylist()
    assert [(row["customer_id"], row["recency_days"]) for row in rows] == [("a", 0)]


def test_a_moment_within_a_second_counts_days_alike() -> None:
    """Parts of a second are counted as whole ones, and never as none."""
    moment = JUNE + timedelta(microseconds=500_000)
    orders = [order("o1", "a", JUNE + timedelta(microseconds=1)), order("o2", "b", moment - timedelta(days=1))]
    rows = made({"orders": table("orders", orders)}, moment, families=["activity"]).to_pylist()
    assert [row["recency_days"] for row in rows] == [0, 1]


def test_the_past_hands_out_no_column_that_is_filled_in_later(shop: Tables) -> None:
    with engine("duckdb") as opened:
        past = Past(frames_of(opened, shop), JUNE)
        for name in set(TABLES) - {"samples"}:
            found = set(past.table(name).collect_schema().names())
            assert not found & LATER.get(name, set())
            assert ("ago" in found) == (name in HAPPENED)


def test_a_promotion_that_has_not_begun_is_not_known(shop: Tables) -> None:
    early = at(4, 20)
    with engine("duckdb") as opened:
        past = Past(frames_of(opened, shop), early)
        begun = set(opened.collect(past.table("promotions"))["promotion_id"].to_pylist())
        goods = set(opened.collect(past.table("promotion_products"))["promotion_id"].to_pylist())
    starts = {row["promotion_id"]: row["starts_at"] for row in shop["promotions"].to_pylist()}
    assert begun == {name for name, start in starts.items() if start < early} != set(starts)
    assert goods <= begun


# ---- any shop, any order of rows


def test_neither_the_order_of_rows_nor_threads_change_a_byte(shop: Tables, known: pa.Table) -> None:
    rng = random.Random(7)  # noqa: S311 - no secret
    mixed = {name: whole.take(rng.sample(range(whole.num_rows), whole.num_rows)) for name, whole in shop.items()}
    assert made(mixed, threads=2).equals(known)


@pytest.mark.parametrize("kind", list(FAMILIES))
def test_a_family_keeps_its_contract(kind: str, shop: Tables) -> None:
    """Declared columns in their types, one row per customer, no NaN; the same alone as among all others."""
    got = made(shop, families=[kind])
    declared = columns([kind])
    assert got.column_names == ["customer_id", "as_of", *(column.name for column in declared)]
    assert got.num_rows == len(set(got["customer_id"].to_pylist())) == shop["customers"].num_rows
    for column in declared:
        assert got.schema.field(column.name).type == PROFILES.field(column.name).type
        assert column.fill is None or got[column.name].null_count == 0
        if column.kind == "float64":
            assert all(math.isfinite(value) for value in got[column.name].drop_null().to_pylist())
        if column.levels is not None:
            assert set(got[column.name].to_pylist()) <= set(column.levels)


def test_the_schema_is_what_the_families_declare() -> None:
    """Names, types, which may be null, and meanings: add what is missing to PROFILES in schema.py."""
    kinds = {"int64": pa.int64(), "float64": pa.float64(), "string": pa.string(), "bool": pa.bool_()}
    declared = [(c.name, kinds[c.kind], c.fill is None, c.meaning) for c in columns()]
    stored = [(f.name, f.type, f.nullable, f.metadata[b"meaning"].decode()) for f in PROFILES]
    assert [one[0] for one in stored[:2]] == ["customer_id", "as_of"]
    assert declared == stored[2:]


def test_no_two_families_share_a_column() -> None:
    names = [column.name for column in columns()]
    assert len(set(names)) == len(names)


def test_the_whole_table_fits_its_schema(known: pa.Table) -> None:
    assert check(known, PROFILES).num_rows == 200


def test_tables_that_a_shop_does_not_have_are_empty() -> None:
    """One event is enough for a row; the rest of it is fills."""
    (row,) = made({"events": by_hand()["events"].slice(0, 1)}).to_pylist()
    assert (row["views_30"], row["orders"], row["contacts"], row["lifecycle"]) == (1, 0, 0, "prospect")


def test_empty_tables_give_no_rows() -> None:
    tables = {name: schema.empty_table() for name, schema in TABLES.items() if name != "samples"}
    assert made(tables).num_rows == 0
    assert liked(tables).num_rows == 0


def test_a_table_with_required_columns_only_is_enough() -> None:
    """A file of another writer may lack what may be null."""
    full = by_hand()
    lean = {
        name: whole.select([f.name for f in TABLES[name] if not f.nullable or f.name in {"customer_id", "first_seen"}])
        for name, whole in full.items()
        if name in {"orders", "order_lines", "exposures", "customers"}
    }
    row = made(lean, families=["activity", "home", "price"]).to_pylist()[0]
    assert (row["orders"], row["spend_minor"], row["channel"], row["region"]) == (3, 3700, None, None)


def test_a_shop_with_nothing_but_lines_has_the_orders_that_they_make_up() -> None:
    lines = by_hand()["order_lines"]
    row = made({"order_lines": lines}, families=["activity"]).to_pylist()[0]
    assert (row["orders"], row["spend_minor"], row["gap_mean_days"], row["channel"]) == (3, 3700, 14.5, None)


def test_a_customer_whose_first_day_was_rewritten_later_is_still_known() -> None:
    """A newer file may call a later day the first one; who had ordered before keeps region and consent."""
    rows = [{"customer_id": who, "first_seen": at(7, 1), "region": "north"} for who in ("ann", "later")]
    tables = {"orders": by_hand()["orders"], "customers": table("customers", rows)}
    found = {row["customer_id"]: row["region"] for row in made(tables, families=["home"]).to_pylist()}
    assert found == {"ann": "north", "bob": None}


def test_no_family_gives_the_customers_alone_and_a_repeated_one_counts_once() -> None:
    tables = {"orders": by_hand()["orders"]}
    assert made(tables, families=[]).column_names == ["customer_id", "as_of"]
    assert made(tables, families=["rfm", "rfm"]).num_columns == 5


def test_what_cannot_be_asked_is_refused() -> None:
    with engine("duckdb") as opened:
        frames = frames_of(opened, {"orders": by_hand()["orders"]})
        with pytest.raises(ConfigError, match="as_of needs a time zone"):
            profiles(frames, datetime(2024, 6, 1))  # noqa: DTZ001 - that is the point
        with pytest.raises(ConfigError, match="unknown Family 'mood'; known: activity"):
            profiles(frames, JUNE, families=["mood"])
        with pytest.raises(DataError, match="no table is called 'order'"):
            profiles({"order": frames["orders"]}, JUNE)
        with pytest.raises(DataError, match="no table to make profiles from"):
            profiles({}, JUNE)
        with pytest.raises(DataError, match="no table of the past is called 'samples'"):
            Past(frames, JUNE).table("samples")


def test_a_sum_that_does_not_fit_is_an_error_not_a_wrong_sum() -> None:
    orders = [order(f"o{i}", "a", at(5, 1), list_minor=2**62) for i in range(2)]
    with pytest.raises(EngineError):
        made({"orders": table("orders", orders)}, families=["activity"])
