"""What a return pays back: everything for everything, in one go or in parts, and each unit what was paid for it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlift.errors import CartError
from netlift.promotions import (
    AmountOff,
    Benefit,
    BurnPoints,
    Cart,
    EarnPoints,
    Engine,
    Facts,
    FreeGift,
    Line,
    Percent,
    Policy,
    Promotion,
    Quote,
    Selector,
    Shipping,
    Steps,
)
from netlift.promotions import Test as Compare
from netlift.promotions.refund import Refund, refund
from tests.promotions.strategies import World, worlds

CART = Cart("EUR", (Line("a", 1000, 3), Line("b", 500, 1)), (Shipping("van", 390),))
OVER_30 = Compare("cart.subtotal", ">=", 3000)
FIVE_OFF = Promotion("five", (Benefit(AmountOff(500), when=OVER_30, allocation="across"),))
"""5.00 off 35.00, split 429 to the 30.00 of a (143 each) and 71 to b."""
NOBODY, NETLIFT, RECLAIM = Facts(), Policy(), Policy(reclaim_on_return=True)


def back(
    returned: Mapping[str, int | tuple[int, ...]],
    *promotions: Promotion,
    policy: Policy = NETLIFT,
    facts: Facts = NOBODY,
    already: tuple[Mapping[str, int | tuple[int, ...]], ...] = (),
) -> Refund:
    return refund(CART, facts, promotions or (FIVE_OFF,), returned, policy, already=already)


def quoted(world: World) -> Quote:
    return Engine(world.promotions, world.root, world.policy).quote(world.cart, world.facts)


def everything(quote: Quote) -> dict[str, int]:
    """All units of an order that were paid for: the goods, and add-ons that cost something."""
    return {line.id: line.quantity for line in quote.lines if not line.gift_of or line.payable > 0}


def of_world(
    world: World, returned: Mapping[str, int | tuple[int, ...]], already: tuple[Mapping[str, int], ...] = ()
) -> Refund:
    return refund(world.cart, world.facts, world.promotions, returned, world.policy, root=world.root, already=already)


@settings(max_examples=100)
@given(worlds())
def test_a_refund_of_everything_is_everything_that_was_paid_for_goods_and_delivery(world: World) -> None:
    quote = quoted(world)
    found = of_world(world, everything(quote))
    assert (found.amount, found.remaining) == (quote.gross, 0)
    assert (found.points, found.points_returned) == (quote.points, quote.points_burned)
    free = {(one.promotion, one.gift.product) for one in quote.gifts if one.gift.off == one.gift.unit_price}
    assert free <= {(one.promotion, one.gift.product) for one in found.gifts}
    assert Counter(found.credits) == Counter(quote.credits)
    assert found.credits_instead == ()


@settings(max_examples=80)
@given(worlds(), st.data())
def test_returns_in_parts_add_up_to_the_refund_of_everything(world: World, data: st.DataObject) -> None:
    goods = everything(quoted(world))
    first = {name: data.draw(st.integers(0, quantity)) for name, quantity in goods.items()}
    rest = {name: quantity - first[name] for name, quantity in goods.items()}
    whole = of_world(world, goods)
    one = of_world(world, first)
    other = of_world(world, rest, (first,))
    assert one.amount >= 0
    assert other.amount >= 0
    assert one.amount + other.amount == whole.amount
    assert other.remaining == whole.remaining


@settings(max_examples=100)
@given(worlds(), st.data())
def test_without_reclaiming_every_unit_pays_back_its_own_share_whatever_else_comes_back(
    world: World, data: st.DataObject
) -> None:
    world = world._replace(policy=replace(world.policy, reclaim_on_return=False), promotions=world.promotions[:2])
    line = data.draw(st.sampled_from(world.cart.lines))
    unit = data.draw(st.integers(0, line.quantity - 1))
    alone = of_world(world, {line.id: (unit,)}).lines[line.id]
    together = of_world(world, {one.id: tuple(range(one.quantity)) for one in world.cart.lines}).lines[line.id]
    others = tuple(place for place in range(line.quantity) if place != unit)
    assert alone == together - (of_world(world, {line.id: others}).lines[line.id] if others else 0)


def test_a_unit_pays_back_its_price_less_its_share_of_the_discount() -> None:
    """10.00 less 143 of the 429 that its line got."""
    assert back({"a": 1}).amount == 857
    assert back({"a": (0, 2)}).amount == 1714
    assert back({"b": 1}).amount == 429


def test_a_threshold_that_is_no_longer_reached_holds_the_discount_of_the_kept_goods_back_where_policy_says_so() -> None:
    """Without one of a 25.00 stay, which no longer earn the 5.00: their 357 are held back of the 857."""
    found = back({"a": 1}, policy=RECLAIM)
    assert (found.lines, found.reclaimed, found.amount) == ({"a": 857}, 357, 500)
    still = back({"b": 1}, policy=RECLAIM)  # 30.00 of a stay and still earn the 5.00
    assert (still.reclaimed, still.amount) == (0, 429)


def test_what_was_held_back_is_paid_when_the_rest_comes_back_too() -> None:
    everything = back({"a": 3, "b": 1}, policy=RECLAIM).amount
    assert everything == 3500 - 500 + 390
    later = back({"a": 2, "b": 1}, policy=RECLAIM, already=({"a": 1},))
    assert later.amount == everything - 500
    assert later.reclaimed == -357


def test_a_return_never_costs_the_customer_money() -> None:
    """20.00 off from 35.00 on: without b (worth 214 of what was paid) 17.14 would be held back."""
    most = Compare("cart.subtotal", ">=", 3500)
    large = Promotion("large", (Benefit(AmountOff(2000), when=most, allocation="across"),))
    found = back({"b": 1}, large, policy=RECLAIM)
    assert (found.amount, found.reclaimed) == (0, 214)


def test_delivery_is_paid_back_with_the_last_goods() -> None:
    assert back({"a": 3}).shipping == 0
    assert back({"a": 3, "b": 1}).shipping == 390
    assert back({"b": 1}, already=({"a": 3},)).shipping == 390


def test_gifts_come_back_when_the_goods_kept_do_not_earn_them() -> None:
    mug = Promotion("mug", (Benefit(FreeGift("mug", 700), when=OVER_30),))
    assert back({"b": 1}, mug).gifts == ()
    (lost,) = back({"a": 1}, mug).gifts
    assert (lost.promotion, lost.gift.product, lost.gift.quantity) == ("mug", "mug", 1)
    assert back({"a": 1}, mug, already=({"a": 1},)).gifts == ()  # gone with the first return


def test_what_needs_no_goods_comes_back_with_the_last_of_them() -> None:
    """A mug and ten points for any order at all: an order that is sent back whole earned neither."""
    mug = Promotion("mug", (Benefit(FreeGift("mug", 700)), Benefit(EarnPoints(10))))
    assert (back({"a": 3}, mug).gifts, back({"a": 3}, mug).points) == ((), 0)
    found = back({"a": 3, "b": 1}, mug)
    assert ([one.gift.product for one in found.gifts], found.points) == (["mug"], 10)


def test_points_earned_are_taken_back_and_points_spent_given_back() -> None:
    """A point for every full euro of 35.00; 500 points pay 5.00."""
    earn = Promotion("earn", (Benefit(EarnPoints(Steps(100, 1))),))
    assert back({"a": 1}, earn).points == 10
    burn = Promotion("burn", (Benefit(BurnPoints(100, 100)),))
    shopper = Facts(points=500)
    everything = back({"a": 3, "b": 1}, burn, facts=shopper)
    assert (everything.points_returned, everything.amount) == (500, 3000 + 390)


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        ({"x": 1}, "no line 'x'"),
        ({"a": 4}, "a"),
        ({"a": -1}, "a"),
        ({"a": True}, "a"),
        ({"a": (0, 0)}, "a"),
        ({"a": (3,)}, "a"),
        ({"a": 1.5}, "a"),
        ({"a": "1"}, "a"),
    ],
)
def test_what_was_not_ordered_cannot_come_back(returned: Mapping[str, int], says: str) -> None:
    with pytest.raises(CartError, match=f"returned.*{says}"):
        back(returned)


def test_what_came_back_already_cannot_come_back_again() -> None:
    with pytest.raises(CartError, match="returned"):
        back({"a": 1}, already=({"a": 3},))
    with pytest.raises(CartError, match=r"already\[1\]"):
        back({"b": 1}, already=({"a": 2}, {"a": 2}))
    with pytest.raises(CartError, match="returned"):
        back({"a": (1,)}, already=({"a": (1,)},))


def test_second_at_half_price_pays_back_the_half_price_first() -> None:
    """Three of a at 10.00, the second at half: a number of units takes those that cost least."""
    half = Promotion("half", (Benefit(Percent(Decimal(50)), Selector(order="dearest", group_size=2, positions=(2,))),))
    found = refund(Cart("EUR", (Line("a", 1000, 3),)), Facts(), (half,), {"a": 1})
    assert found.amount == 500
    assert sum(len(units) for units in found.kept.values()) == 2
