"""How promotions combine: every mode and scope of a group, nesting, priority, exclusiveness, base, sellers."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlift.promotions import (
    All,
    AmountOff,
    Benefit,
    Cart,
    EarnPoints,
    Engine,
    Facts,
    FixedPrice,
    FreeGift,
    Group,
    Limits,
    Line,
    Not,
    Percent,
    Policy,
    Promotion,
    Quote,
    Selector,
    Share,
    Shipping,
    ShippingOff,
    Slot,
    Trigger,
)
from netlift.promotions import Test as Compare
from netlift.promotions.effect import Effect
from tests.promotions.strategies import carts, promotions, without_payments

CART = Cart(
    "EUR",
    (
        Line("a", 1000, 1, category=("tea",), seller="north"),
        Line("b", 2000, 2, category=("cups",), seller="south"),
    ),
    (Shipping("van", 500),),
)
TEA, CUPS = Compare("line.category", "==", "tea"), Compare("line.category", "==", "cups")


def percent(name: str, off: int, where: Compare | None = None, **more: object) -> Promotion:
    return Promotion(name, (Benefit(Percent(Decimal(off)), Selector(where)),), **more)  # type: ignore[arg-type]


def amount(name: str, off: int, **more: object) -> Promotion:
    return Promotion(name, (Benefit(AmountOff(off), allocation="across"),), **more)  # type: ignore[arg-type]


ROOT, NOBODY = Group(), Facts()


def quoted(some: Sequence[Promotion], root: Group = ROOT, cart: Cart = CART, facts: Facts = NOBODY) -> Quote:
    return Engine(some, root).quote(cart, facts)


def offs(quote: Quote) -> dict[str, int]:
    return {name: sum(quote.discounts(name).values()) for name in quote.applied}


THREE = (percent("cups", 30, CUPS), percent("tea", 50, TEA), percent("tenth", 10))
"""Alone on 10.00 of tea and 40.00 of cups: 1200, 500 and 500."""


@pytest.mark.parametrize(
    ("mode", "scope", "given_off"),
    [
        # one after the other by id: 1200 of the cups, 500 of the tea, a tenth of what is left (500 + 2800)
        ("stack", "order", {"cups": 1200, "tea": 500, "tenth": 330}),
        ("stack", "line", {"cups": 1200, "tea": 500, "tenth": 330}),
        ("stack", "unit", {"cups": 1200, "tea": 500}),
        ("first", "order", {"cups": 1200}),
        ("first", "line", {"cups": 1200, "tea": 500}),
        ("first", "unit", {"cups": 1200, "tea": 500}),
        ("best", "order", {"cups": 1200}),
        ("best", "line", {"cups": 1200, "tea": 500}),
        ("best", "unit", {"cups": 1200, "tea": 500}),
        ("lowest_cost", "order", {"tea": 500}),  # as the tenth, and before it by id
        ("lowest_cost", "line", {"tenth": 500}),  # 100 of the tea and 400 of the cups
        ("stack", "shop", {"cups": 1200, "tea": 500, "tenth": 330}),
        ("first", "shop", {"tea": 500, "cups": 1200}),  # north, then south
        ("best", "shop", {"tea": 500, "cups": 1200}),
        ("lowest_cost", "shop", {"tenth": 500}),
    ],
)
def test_modes_and_scopes(mode: str, scope: str, given_off: dict[str, int]) -> None:
    quote = quoted(THREE, Group(mode=mode, scope=scope))  # type: ignore[arg-type]
    assert offs(quote) == given_off
    assert set(quote.refusals) == {"cups", "tea", "tenth"} - set(given_off)


@pytest.mark.parametrize(("mode", "why"), [("first", "excluded"), ("best", "not_best"), ("lowest_cost", "not_best")])
def test_losers_say_by_which_rule_they_lost_and_others_their_own_reason(mode: str, why: str) -> None:
    other = percent("xx", 10, Compare("line.category", "==", "shoes"))
    quote = quoted((*THREE, other), Group(mode=mode))  # type: ignore[arg-type]
    assert [quote.refusals[name] for name in ("tenth", "xx")] == [why, "no_matching_goods"]


def test_best_counts_delivery_and_gifts_too() -> None:
    """Free delivery is worth 500, a mug 700, ten per cent 500."""
    rivals = (
        percent("tenth", 10),
        Promotion("delivery", (Benefit(ShippingOff()),)),
        Promotion("mug", (Benefit(FreeGift("mug", 700)),)),
    )
    quote = quoted(rivals, Group(mode="best"))
    assert quote.applied == ("mug",)
    assert quoted(rivals[:2], Group(mode="best")).applied == ("delivery",)  # equal, so the first by id


def test_higher_priority_comes_first_and_equal_ones_by_id() -> None:
    """50 off, then a tenth of 4950 is 495; a tenth first is 500, then 50."""
    tenth, fifty = percent("tenth", 10), amount("fifty", 50)
    assert offs(quoted((tenth, fifty))) == {"fifty": 50, "tenth": 495}
    assert offs(quoted((replace(tenth, priority=1), fifty))) == {"tenth": 500, "fifty": 50}


@pytest.mark.parametrize(("base", "tenth"), [(None, 380), ("running", 380), ("original", 500)])
def test_base_of_per_cents(base: str | None, tenth: int) -> None:
    """After 1200 off the cups a tenth is of 3800, or of the 5000 at the start of the group."""
    group = Group(base=base)  # type: ignore[arg-type]
    assert offs(quoted((THREE[0], percent("tenth", 10)), group))["tenth"] == tenth


def test_a_child_with_base_original_starts_where_its_parent_got_to() -> None:
    """The root takes 1000 across first (200 and 800); the child's two tenths are each of the 4000 that are left."""
    root = Group(children=(Group("child", base="original", priority=-1),))
    children = (percent("x", 10, group="child"), percent("y", 10, group="child"))
    assert offs(quoted((amount("first", 1000), *children), root)) == {"first": 1000, "x": 400, "y": 400}


def test_an_exclusive_promotion_shuts_the_others_of_its_group_only() -> None:
    root = Group(children=(Group("items"), Group("order")))
    some = (
        percent("cups", 30, CUPS, group="items"),
        percent("half", 50, group="items", exclusive=True),
        amount("ten", 10, group="order"),
    )
    quote = quoted(some, root)
    assert (quote.applied, dict(quote.refusals)) == (("half", "ten"), {"cups": "excluded"})


def test_an_exclusive_promotion_that_gives_nothing_shuts_nobody_out() -> None:
    coded = percent("half", 50, Compare("line.category", "==", "shoes"), exclusive=True)
    quote = quoted((coded, percent("tenth", 10)))
    assert (quote.applied, dict(quote.refusals)) == (("tenth",), {"half": "no_matching_goods"})


def test_layers_follow_each_other_item_shop_platform() -> None:
    """Half the tea: 5000 -> 4500; 300 off every 2000 in a shop: only the cups have it; 10 % off the platform's 4200."""
    layers = Group(children=(Group("item"), Group("shop", scope="shop", mode="best"), Group("platform")))
    when = Compare("cart.running_subtotal", ">=", 2000)
    some = (
        percent("half", 50, TEA, group="item"),
        Promotion("full", (Benefit(AmountOff(300), when=when, allocation="across"),), group="shop"),
        percent("tenth", 10, group="platform"),
    )
    quote = quoted(some, layers)
    assert offs(quote) == {"half": 500, "full": 300, "tenth": 420}
    assert quote.discounts("full") == {"b": 300}


def test_groups_go_in_the_order_of_the_tree_unless_their_priority_says_otherwise() -> None:
    some = (percent("p", 10, group="one"), amount("q", 500, group="two"))
    tree = Group(children=(Group("one"), Group("two")))
    assert offs(quoted(some, tree)) == {"p": 500, "q": 500}
    turned = Group(children=(Group("one"), Group("two", priority=1)))
    assert offs(quoted(some, turned)) == {"q": 500, "p": 450}


def test_best_of_two_groups_takes_all_of_the_better_one() -> None:
    """The left group gives 1200 + 500, the right one 20 % = 1000."""
    root = Group(mode="best", children=(Group("left"), Group("right")))
    some = (*[replace(one, group="left") for one in THREE[:2]], percent("fifth", 20, group="right"))
    quote = quoted(some, root)
    assert (offs(quote), dict(quote.refusals)) == ({"cups": 1200, "tea": 500}, {"fifth": "not_best"})


def test_a_promotion_of_a_seller_sees_that_sellers_goods_only() -> None:
    """From 30.00 on: the 40.00 of south reach it, the 10.00 of north do not."""
    when = Compare("cart.subtotal", ">=", 3000)
    of = {
        name: Promotion(name, (Benefit(Percent(Decimal(10)), when=when),), seller=name) for name in ("north", "south")
    }
    quote = quoted(tuple(of.values()))
    assert (offs(quote), dict(quote.refusals)) == ({"south": 400}, {"north": "below_threshold"})


def test_a_budget_holds_for_all_sellers_together() -> None:
    """A group per shop asks the promotion twice; 250 are left of its budget and 300 would be given."""
    promotion = amount("p", 150, limits=Limits(budget=250))
    quote = quoted((promotion,), Group(scope="shop"))
    assert offs(quote) == {"p": 250}
    whole = amount("p", 150, limits=Limits(budget=250, budget_partial=False))
    assert offs(quoted((whole,), Group(scope="shop"))) == {"p": 150}


@pytest.mark.parametrize("other", ["0", "z"])
def test_a_shop_without_its_goods_does_not_hide_why_a_best_deal_gave_nothing(other: str) -> None:
    """The tea costs nothing, so nothing is left to take off; the stall of another seller stands before it or after."""
    tea, stall = Line("a", 0, 1, category=("tea",)), Line(other, 0, 2, category=("garden",), seller="elsewhere")
    engine = Engine((percent("tenth", 10, TEA),), Group(mode="best", scope="shop"))
    assert dict(engine.quote(Cart("EUR", (tea,))).refusals) == {"tenth": "nothing_left"}
    assert dict(engine.quote(Cart("EUR", (tea, stall))).refusals) == {"tenth": "nothing_left"}


@pytest.mark.parametrize("other", ["0", "z"])
def test_a_shop_without_its_goods_does_not_hide_which_promotion_excluded_another(other: str) -> None:
    """An exclusive tenth off tea shuts out the fifth; the stall of another seller stands before it or after."""
    tea, stall = Line("a", 100, 1, category=("tea",)), Line(other, 0, 2, category=("garden",), seller="elsewhere")
    tenth = replace(percent("tenth", 10, TEA), exclusive=True)
    for mode in ("best", "stack", "first"):
        engine = Engine((tenth, percent("fifth", 20, TEA)), Group(mode=mode, scope="shop"))
        assert dict(engine.quote(Cart("EUR", (tea,))).refusals) == {"fifth": "excluded"}
        assert dict(engine.quote(Cart("EUR", (tea, stall))).refusals) == {"fifth": "excluded"}


@pytest.mark.parametrize("other", ["0", "z"])
@pytest.mark.parametrize("mode", ["best", "stack", "first"])
def test_a_shop_that_a_promotion_is_not_about_has_no_say_in_why_it_gave_nothing(mode: str, other: str) -> None:
    """Sets of slots have no goods of their own to look for, and conditions may fail at any stall, or hold there."""
    tea, stall = Line("a", 0, 1, category=("tea",)), Line(other, 0, 2, category=("garden",), seller="elsewhere")
    sets = Promotion(
        "p", (Benefit(FixedPrice(price_list="member"), Selector(TEA, slots=(Slot(1, discounted=False),))),)
    )
    many = Compare("cart.quantity", ">=", 2, where=TEA)
    dear = percent(
        "p", 10, TEA, audience=All((Compare("cart.subtotal", "<", 0), Compare("extra.weather", "==", "rain")))
    )
    for one, why in (
        (sets, "no_matching_goods"),
        (dear, "condition_not_met"),
        (percent("p", 10, TEA), "nothing_left"),
        (percent("p", 10, TEA, audience=Not(Not(many))), "condition_not_met"),
    ):
        engine = Engine((one,), Group(mode=mode, scope="shop"))  # type: ignore[arg-type]
        for lines in ((tea,), (tea, stall)):
            assert dict(engine.quote(Cart("EUR", lines)).refusals) == {"p": why}


@pytest.mark.parametrize("token", [Trigger("token"), Trigger("code", ("x",))])
@pytest.mark.parametrize("exclusive", [True, False])
@pytest.mark.parametrize("scope", ["shop", "order"])
def test_what_is_refused_for_the_whole_order_says_so_in_every_shop_and_group(
    scope: str, exclusive: bool, token: Trigger
) -> None:
    """The tenth is in one shop or the other; who needs a token is asked before it, after it, or not at all."""
    for where in (TEA, CUPS):
        tenth = percent("tenth", 10, where, exclusive=exclusive, priority=1)
        quote = quoted((tenth, percent("p", 20, trigger=token)), Group(mode="first", scope=scope))  # type: ignore[arg-type]
        assert dict(quote.refusals) == {"p": f"needs_{token.kind}"}


@pytest.mark.parametrize("where", [TEA, CUPS])
def test_of_two_shops_the_one_where_a_promotion_got_further_says_why(where: Compare) -> None:
    """Half is shut out by the tenth in the shop that has goods for it; in the other it wants more goods."""
    tenth = percent("tenth", 10, where, priority=1)
    half = percent("half", 50, audience=Compare("cart.quantity", ">=", 3))
    assert dict(quoted((tenth, half), Group(mode="first", scope="shop")).refusals) == {"half": "excluded"}


def test_a_budget_holds_for_all_benefits_of_a_promotion_in_a_best_deal() -> None:
    """Two benefits of 10 % and 30 % of their goods; 400 are left of the budget."""
    benefits = (Benefit(Percent(Decimal(10)), Selector(TEA)), Benefit(Percent(Decimal(30)), Selector(CUPS)))
    promotion = Promotion("p", benefits, limits=Limits(budget=400))
    assert quoted((promotion,), Group(mode="best", scope="unit")).discount <= 400
    assert quoted((promotion,)).discount == 400


@pytest.mark.parametrize("root", [Group(), Group(mode="best", scope="line"), Group(scope="unit")])
@pytest.mark.parametrize("effect", [Percent(Decimal(50)), AmountOff(50)])
def test_a_gift_above_the_budget_puts_no_price_up(root: Group, effect: Percent | AmountOff) -> None:
    """A mug of 500 and something off one of the cups, of a budget of 100: the promotion is not given in part."""
    benefits = (Benefit(FreeGift("mug", 500)), Benefit(effect, Selector(CUPS, max_units=1)))
    for order in (benefits, benefits[::-1]):
        quote = quoted((Promotion("p", order, limits=Limits(budget=100)),), root)
        assert (quote.adjustments, quote.gifts, dict(quote.refusals)) == ((), (), {"p": "budget_spent"})


@pytest.mark.parametrize("beside", [FreeGift("mug", 700), ShippingOff(), EarnPoints(7)])
def test_what_a_best_deal_per_line_gives_beside_prices_counts_in_the_groups_above(beside: Effect) -> None:
    """No line gets a price, and the gift, delivery or points are given all the same, for which somebody pays."""
    below = Group("below", mode="best", scope="line")
    alone = Promotion("p", (Benefit(beside),), group="below", funding=(Share("brand", Decimal(100)),))
    late = amount("late", 1, priority=-1)
    for mode, applied in (("best", ("p",)), ("first", ("p",)), ("stack", ("p", "late"))):
        small = replace(late, benefits=(Benefit(EarnPoints(0)),)) if mode == "best" else late
        quote = quoted((alone, small), Group(mode=mode, children=(below,)))  # type: ignore[arg-type]
        assert quote.applied == applied
        given = quote.shipping_discount + sum(one.gift.off for one in quote.gifts)
        assert quote.funding.get("brand", 0) == given


def test_points_are_given_beside_the_best_price() -> None:
    points = Promotion("points", (Benefit(EarnPoints(7)),))
    quote = quoted((*THREE, points), Group(mode="best", scope="unit"))
    assert (quote.points, quote.discount) == (7, 1700)


rivals = st.lists(promotions("p"), min_size=2, max_size=4).map(
    lambda some: [
        replace(without_payments(one), id=f"p{place}", exclusive=False, level="cart") for place, one in enumerate(some)
    ]
)
SHOPPER = Facts(codes=frozenset({"save"}), segments=frozenset({"gold"}), points=300, orders_placed=0)


def worth(quote: Quote) -> int:
    return quote.discount + quote.shipping_discount


@settings(max_examples=80)
@given(carts(), rivals)
def test_best_is_the_best_and_lowest_cost_the_least_of_each_alone(cart: Cart, some: list[Promotion]) -> None:
    alone = [Engine([one]).quote(cart, SHOPPER) for one in some]
    giving = [worth(quote) for quote in alone if quote.applied]
    best = quoted(some, Group(mode="best"), cart, SHOPPER)
    least = quoted(some, Group(mode="lowest_cost"), cart, SHOPPER)
    assert worth(best) == max(giving, default=0)
    assert worth(least) == min(giving, default=0)
    assert len(best.applied) == len(least.applied) == bool(giving)


@settings(max_examples=80)
@given(carts(), rivals)
def test_first_is_the_first_that_gives_anything_alone(cart: Cart, some: list[Promotion]) -> None:
    ranked = sorted(some, key=lambda one: (-one.priority, one.id))
    giving = [one.id for one in ranked if Engine([one]).quote(cart, SHOPPER).applied]
    assert quoted(some, Group(mode="first"), cart, SHOPPER).applied == tuple(giving[:1])


@settings(max_examples=80)
@given(carts(), rivals)
def test_best_per_line_gives_every_line_the_most_that_one_promotion_gives_it(cart: Cart, some: list[Promotion]) -> None:
    alone = [Engine([one]).quote(cart, SHOPPER) for one in some]
    quote = quoted(some, Group(mode="best", scope="line"), cart, SHOPPER)
    for line in cart.lines:
        most = max(sum(one.amount for one in other.adjustments if one.line == line.id) for other in alone)
        assert sum(one.amount for one in quote.adjustments if one.line == line.id) == most
        assert len({one.promotion for one in quote.adjustments if one.line == line.id}) <= 1


@settings(max_examples=80)
@given(carts(), rivals)
def test_claimed_units_are_discounted_once(cart: Cart, some: list[Promotion]) -> None:
    quote = quoted(some, Group(mode="stack", scope="unit"), cart, SHOPPER)
    by_unit: dict[tuple[str, int], set[str]] = {}
    for one in quote.adjustments:
        for place, off in enumerate(one.units):
            if off and not one.line.startswith("gift:"):
                by_unit.setdefault((one.line, place), set()).add(one.promotion)
    assert all(len(names) == 1 for names in by_unit.values())


@settings(max_examples=100)
@given(carts(), rivals)
def test_stacking_in_one_group_is_stacking_in_groups_one_after_the_other(cart: Cart, some: list[Promotion]) -> None:
    """Each promotion in a group of its own, the groups in the order of priority: the same quote."""
    policy = Policy()
    ranked = sorted(some, key=lambda one: (-one.priority, one.id))
    ids = {one.id: f"g{place}" for place, one in enumerate(ranked)}
    tree = Group(children=tuple(Group(name) for name in ids.values()))
    apart = Engine([replace(one, group=ids[one.id]) for one in some], tree, policy).quote(cart, SHOPPER)
    flat = Engine([without_groups(one) for one in some], policy=policy).quote(cart, SHOPPER)
    if any(looks_at_groups(one) for one in some):
        return
    assert (apart.adjustments, apart.applied, apart.gross) == (flat.adjustments, flat.applied, flat.gross)


def without_groups(one: Promotion) -> Promotion:
    return replace(one, group="")


def looks_at_groups(one: Promotion) -> bool:
    return "line.groups" in repr(one)
