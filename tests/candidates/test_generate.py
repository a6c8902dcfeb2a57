"""Candidates of a whole shop: the same for the same input, without what is missing, and on real data."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from netlift.candidates.asked import Asked, Channel, Means
from netlift.candidates.audiences import Crowd
from netlift.candidates.candidate import Goal, Scope
from netlift.candidates.eligible import masks
from netlift.candidates.generate import generate
from netlift.candidates.sources import Sources, gather
from netlift.history.shop import Terms, open_shop
from netlift.schema import PROFILES, TABLES
from tests.candidates.shops import END, asked, opened, profiled, rich, sources


def test_the_same_input_in_another_order_gives_the_same_candidates() -> None:
    """All rows of all tables, of profiles and interests are shuffled."""
    rng = np.random.default_rng(3)

    def mixed(table: pa.Table) -> pa.Table:
        return table.take(rng.permutation(table.num_rows))

    made = rich()
    tables = {name: mixed(table) for name, table in made.tables.items()}
    again = gather(opened(tables), mixed(made.profiles), mixed(made.interests))
    assert generate(again, asked()) == generate(sources(), asked())


def test_ids_are_made_of_the_content() -> None:
    found = generate(sources(), asked())
    assert len({one.offer.offer_id for one in found}) == len(found) == 30
    assert all(one.offer.offer_id.startswith(f"{one.kind}-") for one in found)
    assert all(one.promotions[0].id == one.offer.offer_id for one in found)
    later = asked(start=datetime(2024, 10, 31, tzinfo=UTC), festivals=())
    sooner = asked(festivals=())
    thresholds = [
        {one.offer.offer_id for one in generate(sources(), wishes) if one.kind == "spend_threshold"}
        for wishes in (later, sooner)
    ]
    assert thresholds[0] == thresholds[1]  # a day later the same offer has the same name


def test_every_goal_that_is_asked_for_is_served() -> None:
    assert {one.goal for one in generate(sources(), asked(most=12))} == set(Goal)


def test_fewer_are_given_where_fewer_are_asked_for() -> None:
    assert len(generate(sources(), asked(most=1))) == 1


def test_nobody_is_told_without_a_channel() -> None:
    found = generate(sources(), asked(channels=()))
    assert found
    assert all(one.scope is not Scope.PERSONAL and one.channel is None for one in found)


def test_personal_offers_carry_the_cost_of_their_channel() -> None:
    """e-mail costs 3, the app 1."""
    found = [one for one in generate(sources(), asked()) if one.scope is Scope.PERSONAL]
    assert {(one.channel, one.offer.contact_cost_minor) for one in found} == {("e-mail", 3), ("app", 1)}


def test_without_tokens_what_is_personal_needs_a_code() -> None:
    found = generate(sources(), asked(means=Means(tokens=False)))
    assert {one.kind for one in found if one.scope is Scope.PERSONAL} == {"coupon_code"}


def test_who_refused_is_in_no_personal_audience() -> None:
    crowd = Crowd(sources().profiles, sources().interests)
    refused = crowd.numbers("accepts_marketing") == 0
    found = [one for one in generate(sources(), asked()) if one.scope is Scope.PERSONAL]
    assert refused.any()
    assert not any((mask & refused).any() for mask in masks(found, crowd, reached=sources().reached).values())


def test_windows_lie_within_the_days_asked_about_and_phases_within_the_festival() -> None:
    wishes = asked()
    window = wishes.window(END)
    found = generate(sources(), wishes)
    assert all(window.start <= one.window.start < one.window.end <= window.end for one in found)
    burst = [one for one in found if one.phase == "burst"]
    for one in burst:
        assert one.window.start >= datetime(2024, 11, 10, tzinfo=UTC)
    assert {one.phase for one in found} >= {None, "burst"}


def without(*names: str) -> Sources:
    made = rich()
    tables = {name: table for name, table in made.tables.items() if name not in names}
    return gather(opened(tables), made.profiles, None if "interests" in names else made.interests)


@pytest.mark.parametrize("name", ["inventory", "prices", "promotions", "customers", "products", "coupons", "interests"])
def test_a_missing_table_only_leaves_ideas_out(name: str) -> None:
    found = generate(without(name), asked())
    assert len(found) >= 15
    reasons = {code for one in found for code in one.why}
    assert name != "inventory" or "lasts_for_months" not in reasons
    if name == "promotions":  # a code is seen on the orders that used it
        assert {one.past for one in found} <= {None, "code:CODE"}


def test_orders_alone_are_enough() -> None:
    """No cost and no category: costs are said to be assumed, and nothing stands on a shelf."""
    others = [name for name in TABLES if name not in {"orders", "order_lines"}]
    made = rich()
    lines = made.tables["order_lines"]
    tables = {"orders": made.tables["orders"], "order_lines": lines.drop_columns(["cost_minor"])}
    assert set(others) & set(made.tables)
    found = generate(gather(opened(tables), made.profiles), asked())
    assert len(found) >= 10
    assert all("margin_assumed" in one.why for one in found)
    assert not any(one.categories for one in found)


def test_profiles_with_the_customers_only() -> None:
    made = rich()
    bare = made.profiles.select(["customer_id"])
    found = generate(gather(opened(made.tables), bare), asked())
    assert found
    assert {one.audience.audience_id for one in found} == {"everybody"}


def test_a_shop_that_has_sold_nothing_of_late_gets_no_candidates() -> None:
    made = rich()
    shop = opened({"orders": made.tables["orders"], "order_lines": made.tables["order_lines"]})
    early = gather(shop, PROFILES.empty_table(), as_of=datetime(2020, 1, 1, tzinfo=UTC))
    assert early.baskets is None
    assert generate(early, Asked()) == ()


def test_goods_that_nobody_buys_any_more_leave_nobody_to_write_to() -> None:
    """Nobody has a profile: only what is public is left."""
    made = rich()
    found = generate(gather(opened(made.tables), made.profiles.slice(0, 0), made.interests.slice(0, 0)), asked())
    assert found
    assert all(one.scope is not Scope.PERSONAL for one in found)


def test_a_shop_without_margin_gives_nothing_away() -> None:
    """Two per cent of margin: no per cents, no thresholds, no gifts; only price lists that it keeps, and its past."""
    made = rich()
    products, lines = made.tables["products"], made.tables["order_lines"]
    tables = dict(made.tables) | {
        "products": products.set_column(
            products.column_names.index("cost_minor"), "cost_minor", _most_of(products["price_minor"])
        ),
        "order_lines": lines.drop_columns(["cost_minor"]),
    }
    found = generate(gather(opened(tables), made.profiles, made.interests), asked(goals=(Goal.PROFIT,)))
    assert {one.kind for one in found} <= {"price_list"}


def _most_of(price: pa.ChunkedArray) -> pa.Array:
    """98 % of each price, whole minor units."""
    return pa.array([round(0.98 * one) for one in price.to_pylist()], pa.int64())


def test_in_june_a_chinese_shop_prepares_for_618() -> None:
    found = generate(replace(sources(), currency="CNY"), asked(start=datetime(2025, 6, 8, tzinfo=UTC), festivals=None))
    assert {one.phase for one in found} >= {None, "warm_up", "burst"}


def test_one_order_of_one_product() -> None:
    made = rich()
    lines = made.tables["order_lines"].slice(0, 1)
    orders = made.tables["orders"].filter(pc.equal(made.tables["orders"]["order_id"], lines["order_id"][0]))
    one = gather(opened({"orders": orders, "order_lines": lines}), made.profiles.slice(0, 1))
    assert all(c.offer.offer_id for c in generate(one, Asked(goals=tuple(Goal))))


def test_nothing_of_the_day_or_later_is_read() -> None:
    """Sources as of 1 May are the same from a shop that knows nothing later."""
    day = datetime(2024, 5, 1, tzinfo=UTC)
    made = rich()
    cut = {
        "orders": "ordered_at", "order_lines": "ordered_at", "exposures": "exposed_at", "coupons": "redeemed_at",
    }  # fmt: skip
    tables = dict(made.tables) | {
        name: made.tables[name].filter(pc.less(made.tables[name][column], pa.scalar(day)))
        for name, column in cut.items()
    }
    promotions = made.tables["promotions"]
    tables["promotions"] = promotions.filter(pc.less(promotions["starts_at"], pa.scalar(day)))
    known, cut_off = (gather(opened(t), made.profiles, made.interests, as_of=day) for t in (made.tables, tables))
    assert known.baskets == cut_off.baskets
    assert known.pairs == cut_off.pairs
    assert known.past == cut_off.past
    assert known.catalogue.shelves == cut_off.catalogue.shelves
    assert known.gap_days > 0
    assert [one.promotion_id for one in known.past] == ["code", "test", "mail"]
    for name in ("price", "cost", "revenue", "weekly", "lowest"):
        assert np.array_equal(getattr(known.catalogue.goods, name), getattr(cut_off.catalogue.goods, name)), name


def test_amounts_have_the_digits_of_the_currency() -> None:
    """In yen the smallest coin is the unit: points are earned for every yen, not for every hundred."""
    yen = replace(sources(), currency="JPY")
    points = next(one for one in generate(yen, asked(most=80, per_mechanism=9)) if one.kind == "earn_points")
    assert points.form == {"per": 20}  # one point, worth a yen, for every 20: a light discount of 5 %
    assert all(promotion.currency == "JPY" for one in generate(yen, asked()) for promotion in one.promotions)


@pytest.mark.slow
def test_on_real_data_at_least_twelve_mechanisms_are_proposed(tmp_path: Path) -> None:
    """The sample of a real grocer that ships with the package: no costs, no stock, no consent, 27 campaigns."""
    import duckdb

    from netlift.data.ingest import ingest
    from netlift.data.sample import FOLDER
    from netlift.data.workspace import Settings, Workspace

    workspace = Workspace.create(tmp_path / "shop", Settings(currency="USD", timezone="America/New_York"))
    ingest([FOLDER], workspace)
    con = duckdb.connect()
    con.execute("SET threads = 1")
    for name in TABLES:
        workspace.relation(con, name).create_view(name)
    shop = open_shop(con, Terms(margin=0.3, margin_given=True))
    known = gather(shop, *profiled(shop, shop.span.end))
    found = generate(known, Asked(goals=(Goal.PROFIT, Goal.WIN_BACK), channels=(Channel("mail", 50),)))
    assert len(found) == 30
    assert len({one.kind for one in found}) >= 12
    assert sum(one.past is not None for one in found) >= 5
    assert {one.goal for one in found} >= {Goal.PROFIT, Goal.WIN_BACK}
