"""What an offer would earn with each customer: one future is the one that `simulate` shows, the mean is no noise."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from netlift.errors import ConfigError
from netlift.simulate import PromotionSpec, ShopConfig, simulate
from netlift.simulate.prospects import PROSPECTS, known_before, prospects

DAY = 84
PAST = (
    PromotionSpec(promotion_id="test", kind="experiment", start_day=40, days=14, visit_boost=0.4, depth=0.2),
    PromotionSpec(promotion_id="cut", kind="price_cut", start_day=80, days=10, categories=(1,), product_share=0.5),
)
MAIL = PromotionSpec(
    promotion_id="mail", kind="experiment", start_day=DAY, days=14, depth=0.15, visit_boost=0.5, uses=0, funding=0.3,
    contact_cost_minor=7, washout_days=14,
)  # fmt: skip
STEP = replace(
    MAIL, promotion_id="step", kind="campaign", benefit="amount", amount_minor=400, min_basket_minor=2000, days=7
)
SILENT = replace(MAIL, promotion_id="silent", effect=0.0)
OFFERS = (MAIL, STEP, SILENT)


@pytest.fixture(scope="module")
def shop() -> ShopConfig:
    return ShopConfig(
        customers=150, products=40, categories=8, regions=4, days=126, seed=9, promotions=PAST, return_rate=0.05,
        shipping_fee_minor=300, shipping_cost_minor=400, free_shipping_from_minor=3000,
    )  # fmt: skip


def column(table: pa.Table, offer: str, name: str) -> np.ndarray:
    return table.filter(pc.equal(table["offer_id"], offer))[name].to_numpy()


@pytest.mark.parametrize("offer", OFFERS, ids=lambda spec: spec.promotion_id)
def test_the_first_future_is_the_one_that_simulate_shows(shop: ShopConfig, offer: PromotionSpec) -> None:
    """To the cent, for the reached and for those who were not."""
    seen = simulate(replace(shop, promotions=(*PAST, offer), all_potentials=True)).potential[offer.promotion_id]
    found = prospects(shop, OFFERS, futures=1)
    mine = found.filter(pc.equal(found["offer_id"], offer.promotion_id))
    gain = dict(
        zip(
            seen["customer_id"].to_pylist(),
            pc.subtract(seen["profit_with_minor"], seen["profit_without_minor"]).to_pylist(),
            strict=True,
        )
    )
    told = dict(zip(mine["customer_id"].to_pylist(), mine["net_minor"].to_pylist(), strict=True))
    assert told
    shared = told.keys() & gain.keys()
    assert shared == told.keys() if offer.effect else len(shared) > len(told) / 4
    assert {who: told[who] for who in shared} == {who: gain[who] for who in shared}
    assert (offer.effect > 0) == any(told.values())


def test_costs_are_what_the_books_of_a_real_campaign_say(shop: ShopConfig) -> None:
    """Discounts of window and beyond, the supplier's share taken off, and the contact."""
    run = simulate(replace(shop, promotions=(*PAST, MAIL)))
    (truth,) = (row for row in run.truth.to_pylist() if row["promotion_id"] == "mail")
    reached = run.potential["mail"]
    told = prospects(shop, [MAIL], futures=1)
    who = pc.is_in(told["customer_id"], reached["customer_id"].filter(reached["reached"]))
    spent = pc.sum(told.filter(who)["cost_minor"]).as_py()
    expected = 0.7 * truth["discount_given_minor"] + truth["contact_cost_minor"]
    assert spent == pytest.approx(expected, abs=pc.sum(who).as_py())  # rounded line by line
    assert spent > truth["contact_cost_minor"] > 0


def test_offers_of_the_future_leave_the_past_as_it_was(shop: ShopConfig) -> None:
    """The estimator's records are the same whatever is asked about the days after them."""
    morning = shop.moment(DAY)
    alone = known_before(simulate(shop).tables, morning)
    asked = known_before(simulate(replace(shop, promotions=(*PAST, *OFFERS))).tables, morning)
    assert alone.keys() == asked.keys()
    assert [name for name in alone if not alone[name].equals(asked[name])] == []
    assert alone["orders"].num_rows > 100
    assert alone["promotions"]["promotion_id"].to_pylist() == ["test"]
    assert pc.max(alone["order_lines"]["ordered_at"]).as_py() < morning


def test_records_hold_nothing_of_later_days(shop: ShopConfig) -> None:
    tables = simulate(replace(shop, promotions=(*PAST, *OFFERS), with_events=True)).tables
    known = known_before(tables, shop.moment(50))
    assert known["products"].equals(tables["products"])
    assert known["exposures"]["promotion_id"].unique().to_pylist() == ["test"]
    assert set(known["promotion_products"]["promotion_id"].to_pylist()) <= {"test"}
    for name, time in (("customers", "first_seen"), ("events", "at"), ("coupons", "redeemed_at"), ("inventory", "at")):
        assert pc.max(known[name][time]).as_py() < shop.moment(50)
        assert 0 < known[name].num_rows < tables[name].num_rows


def test_futures_differ_by_chance_alone_and_their_mean_settles(shop: ShopConfig) -> None:
    """Two halves agree on the total within their standard errors, but not customer by customer."""
    halves = [prospects(shop, OFFERS, futures=12, first=first) for first in (0, 12)]
    both = prospects(shop, OFFERS, futures=24)
    for offer in ("mail", "step"):
        a, b = (column(half, offer, "net_minor") for half in halves)
        errors = np.hypot(*(column(half, offer, "net_se_minor") for half in halves))
        assert np.allclose((a + b) / 2, column(both, offer, "net_minor"))
        assert not np.allclose(a, b)
        assert abs((a - b).sum()) < 4 * np.sqrt((errors**2).sum())
        assert 0.5 < np.mean((a - b) ** 2) / np.mean(errors**2) < 2
        assert (column(both, offer, "cost_minor") >= 7).all()
    for name in ("net_minor", "cost_minor", "net_se_minor"):
        assert not column(both, "silent", name).any()


def test_blocks_of_any_size_give_the_same_prospects(shop: ShopConfig) -> None:
    whole, cut = (prospects(shop, OFFERS, futures=2, first=3, block=size) for size in (8192, 52))
    assert whole.schema == PROSPECTS
    assert whole.equals(cut)
    assert whole.num_rows == 3 * len(whole["customer_id"].unique())


def test_one_future_has_no_standard_error(shop: ShopConfig) -> None:
    assert prospects(shop, [MAIL], futures=1)["net_se_minor"].null_count == len(
        prospects(shop, [MAIL], futures=1)["customer_id"]
    )


def test_only_those_who_may_be_written_to_have_prospects(shop: ShopConfig) -> None:
    customers = known_before(simulate(shop).tables, shop.moment(DAY))["customers"]
    may = customers.filter(customers["accepts_marketing"])["customer_id"].to_pylist()
    assert prospects(shop, [MAIL], futures=1)["customer_id"].to_pylist() == may
    assert len(may) < customers.num_rows < shop.customers


@pytest.mark.parametrize(
    ("offers", "change", "message"),
    [
        ([], {}, "at least one offer"),
        ([MAIL, replace(MAIL, promotion_id="late", start_day=DAY + 1)], {}, "on one day"),
        ([replace(MAIL, kind="open")], {}, "nobody in particular"),
        ([replace(MAIL, benefit="points")], {}, "points"),
        ([replace(MAIL, washout_days=60)], {}, "day 158, after the shop's last day 126"),
        ([replace(MAIL, episodes=2, every_days=14, days=7)], {}, "repeated"),
        ([MAIL], {"sharing_rings": 0.1}, "passed on"),
        ([replace(MAIL, promotion_id="test")], {}, "unique"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    shop: ShopConfig, offers: list[PromotionSpec], change: dict[str, float], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        prospects(replace(shop, **change), offers)
