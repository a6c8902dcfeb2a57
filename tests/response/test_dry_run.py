"""Dry runs of candidates on four carts of 10.00, 30.00, 40.00 and 60.00, worked out by hand."""

import math

import pytest

from netlift.history.shop import Shop
from netlift.response.dry_run import COUPON_USE, dry_run, dry_runs, recent_orders
from netlift.response.tried import Tried
from tests.response.candidate_worlds import UNTIL, candidate, four_carts


@pytest.fixture(scope="module")
def shop() -> Shop:
    return four_carts()


def tried(shop: Shop, kind: str, form: dict[str, object], **more: object) -> Tried:
    return dry_run(candidate(kind, form, **more), recent_orders(shop, UNTIL))  # type: ignore[arg-type]


def test_a_threshold_coupon_by_hand(shop: Shop) -> None:
    """5.00 off from 35.00: the carts of 40.00 and 60.00 qualify; 5.00 of 50.00 on average is a tenth."""
    found = tried(shop, "spend_threshold", {"spend": 3500, "off": 500}, personal=True)
    assert (found.orders, found.kept_out, found.qualified, found.share) == (4, 0, 2, 0.5)
    assert (found.goods_minor, found.usual_minor, found.size) == (5000, 3500, pytest.approx(10 / 7))
    assert (found.worth_minor, found.cost_minor, found.most_minor) == (500, 500, 500)
    assert (found.depth, found.paid) == (0.1, 1.0)
    assert found.from_minor == 4000  # carts from 40.00 on, and no others
    assert found.error == pytest.approx(0.5)  # costs 0, 0, 500, 500: standard error 125 of a mean of 250
    assert not found.tells  # two carts are too few to say what it changes


def test_discounts_really_given_then_do_not_count(shop: Shop) -> None:
    """A fifth off 60.00 at list price is 12.00, whatever the order had then."""
    found = tried(shop, "percent_off", {"off": "20", "goods": {"categories": ["hair"]}}, categories=("hair",))
    assert (found.orders, found.qualified) == (3, 3)
    assert found.goods_minor == 4000
    assert (found.worth_minor, found.most_minor, found.depth) == (800, 1200, 0.2)
    assert found.from_minor == 0  # every cart with such goods qualifies


def test_a_gift_costs_what_the_goods_cost(shop: Shop) -> None:
    (found,) = dry_runs(
        shop, [candidate("gift_with_spend", {"spend": 4000, "product": "soap", "value": 1000})], until=UNTIL
    ).values()
    assert (found.qualified, found.worth_minor, found.cost_minor, found.paid) == (2, 1000, 600, 0.6)


def test_a_coupon_for_the_next_order_counts_as_far_as_it_is_used(shop: Shop) -> None:
    found = tried(shop, "next_order_coupon", {"spend": 3500, "amount": 1000})
    assert (found.qualified, found.worth_minor) == (2, 1000 * COUPON_USE)
    assert found.cost_minor == found.worth_minor


def test_points_cost_less_than_they_are_worth(shop: Shop) -> None:
    """A point for each 1.00: 140 points at half a cent's use, spent on goods of which 40 % is margin."""
    found = tried(shop, "earn_points", {"points": 1, "per": 100})
    assert (found.orders, found.qualified) == (4, 4)
    assert (found.worth_minor, found.cost_minor) == (17.5, pytest.approx(10.5))


def test_whom_an_offer_is_not_for_is_left_out(shop: Shop) -> None:
    """Of four orders one is a second one, of Ann's."""
    found = tried(shop, "nth_order", {"number": 2, "off": "10"})
    assert (found.orders, found.qualified, found.kept_out) == (1, 1, 3)


def test_what_no_order_gets_says_nothing(shop: Shop) -> None:
    found = tried(shop, "spend_threshold", {"spend": 99_000, "off": 500})
    assert (found.orders, found.qualified, found.share, found.depth, found.cost_minor) == (4, 0, 0.0, 0.0, 0.0)
    assert (found.error, found.size, found.paid, found.tells) == (0.0, 0.0, 0.0, False)
    nowhere = tried(shop, "spend_threshold", {"spend": 10, "off": 5}, categories=("none such",))
    assert (nowhere.orders, nowhere.share, nowhere.depth) == (0, 0.0, 0.0)
    assert all(math.isfinite(value) for value in nowhere)


def test_the_draw_is_bounded_seeded_and_blind_to_what_follows(shop: Shop) -> None:
    assert len(recent_orders(shop, UNTIL, most=2).orders) == 2
    draws = {tuple(order.id for order in recent_orders(shop, UNTIL, seed=seed, most=2).orders) for seed in range(12)}
    assert len(draws) > 1
    assert draws == {
        tuple(order.id for order in recent_orders(shop, UNTIL, seed=seed, most=2).orders) for seed in range(12)
    }
    assert [order.id for order in recent_orders(shop, UNTIL - 8).orders] == ["a", "b"]
    assert [order.id for order in recent_orders(shop, UNTIL, days=8).orders] == ["c", "d"]
    assert recent_orders(shop, UNTIL - 40).orders == ()
