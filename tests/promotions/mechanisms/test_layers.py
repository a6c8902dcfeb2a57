"""The marketplace's layers together: one order through item price, shop, coupons, platform, red packet and points."""

from typing import get_args

from netlift.promotions import Cart, Facts, Line, Promotion, Shipping, evaluate
from netlift.promotions.check import check_groups
from netlift.promotions.mechanism import MECHANISMS, Layer
from netlift.promotions.mechanisms import marketplace

CART = Cart("CNY", (Line("coat", 60000, 1, seller="A"), Line("shoes", 40000, 1, seller="B")))


def built(kind: str, **form: object) -> tuple[Promotion, ...]:
    """A mechanism in its own layer."""
    mechanism = MECHANISMS[kind]
    return mechanism.read(form).build(kind, group=mechanism.layer)


def test_the_tree_is_sound_and_has_every_layer_in_order() -> None:
    check_groups(marketplace())
    assert tuple(layer.id for layer in marketplace().children) == get_args(Layer)


def test_each_layer_sees_the_prices_that_the_one_before_left() -> None:
    """Worked out by hand, in 分.

    Coupon of shop A: 10000 off 60000. Cross-shop, 5000 for every 30000 of the shelf price of 100000: three times, by
    what is left, 50000 : 40000 = 8333 : 6667. Red packet: 1000 by 41667 : 33333 = 556 : 444. Points: 10 per cent of
    the 74000 that are left, by 41111 : 32889 = 4111 : 3289.
    """
    promotions = (
        *built("shop_coupon", seller="A", spend=50000, off=10000),
        *built("cross_shop", step=30000, off=5000),
        *built("red_packet", off=1000),
        *built("burn_points", most="10"),
    )
    facts = Facts(tokens=frozenset({"shop_coupon", "red_packet"}), points=1_000_000)
    quote = evaluate(CART, facts, promotions, root=marketplace())
    assert quote.applied == ("shop_coupon", "cross_shop", "red_packet", "burn_points")
    assert quote.discounts("shop_coupon") == {"coat": 10000}
    assert quote.discounts("cross_shop") == {"coat": 8333, "shoes": 6667}
    assert quote.discounts("red_packet") == {"coat": 556, "shoes": 444}
    assert quote.discounts("burn_points") == {"coat": 4111, "shoes": 3289}
    assert (quote.points_burned, quote.payable) == (7400, 100000 - 10000 - 15000 - 1000 - 7400)


def test_the_best_coupon_of_a_shop_counts_and_each_shop_has_its_own() -> None:
    coupons = [
        MECHANISMS["shop_coupon"].read({"seller": seller, "spend": 0, "off": off}).build(name, group="shop_coupon")[0]
        for name, seller, off in (("A5", "A", 500), ("A8", "A", 800), ("B3", "B", 300))
    ]
    quote = evaluate(CART, Facts(tokens=frozenset({"A5", "A8", "B3"})), coupons, root=marketplace())
    assert set(quote.applied) == {"A8", "B3"}
    assert quote.discount == 1100


def test_red_packets_add_up() -> None:
    packets = [
        MECHANISMS["red_packet"].read({"off": off}).build(f"p{off}", group="red_packet")[0] for off in (100, 200)
    ]
    quote = evaluate(CART, Facts(tokens=frozenset({"p100", "p200"})), packets, root=marketplace())
    assert quote.discount == 300


def test_the_lowest_item_price_of_each_line_counts_and_thresholds_see_it() -> None:
    """Flash 90.00 beats member 95.00 for the tea; shelf prices 90 + 190 = 280 miss 300, so the shop gives nothing."""
    goods = (
        Line("kettle", 20000, 1, seller="A", price_lists={"member": 19000}),
        Line("tea", 10000, 1, seller="A", price_lists={"member": 9500}),
    )
    promotions = (
        *built("price_list"),
        *built("personal_price", price=9000, goods={"products": ["tea"]}),
        *built("spend_threshold", spend=30000, off=3000),
    )
    facts = Facts(segments=frozenset({"member"}), tokens=frozenset({"personal_price"}))
    quote = evaluate(Cart("CNY", goods), facts, promotions, root=marketplace())
    assert (quote.discounts("price_list"), quote.discounts("personal_price")) == ({"kettle": 1000}, {"tea": 1000})
    assert quote.refusals["spend_threshold"] == "below_threshold"


def test_what_comes_beside_the_price_does_not_compete_with_discounts() -> None:
    """A shop's 满减, its gift, free delivery, and a point for every 1.00 of the 270.00 that are paid."""
    promotions = (
        *built("spend_threshold", spend=30000, off=3000),
        *built("gift_with_spend", spend=30000, product="mug", value=2500),
        *built("cheap_shipping", spend=20000),
        *built("earn_points"),
    )
    cart = Cart("CNY", (Line("kettle", 30000, 1, seller="A"),), (Shipping("standard", 800),))
    quote = evaluate(cart, Facts(), promotions, root=marketplace())
    assert quote.discounts("spend_threshold") == {"kettle": 3000}
    assert (len(quote.gifts), quote.shipping_discount, quote.points) == (1, 800, 270)
