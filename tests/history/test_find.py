"""Which promotions ran, and the comparison that their traces allow."""

from datetime import timedelta

import pytest

from netlift.history.find import Found, find
from netlift.history.shop import Shop, Terms, connect, open_shop
from tests.evaluation.tiny import day, line, orders_of, rows


def shop(promotions: list[dict[str, object]], exposures: list[dict[str, object]] | None = None, **more) -> Shop:
    lines = [line(f"o{n}", f"c{n % 5}", day(n), "soap") for n in range(60)]
    tables = {
        "order_lines": rows("order_lines", lines),
        "orders": rows("orders", orders_of(lines, code=more.pop("code", None))),
        "promotions": rows("promotions", promotions),
        "exposures": rows("exposures", exposures or []),
        **{name: rows(name, records) for name, records in more.items()},
    }
    return open_shop(connect(tables), Terms())


def exposure(who: str, arm: str, propensity: float | None) -> dict[str, object]:
    return {"promotion_id": "p", "customer_id": who, "arm": arm, "exposed_at": day(20), "propensity": propensity}


def only(found: tuple[Found, ...]) -> Found:
    assert len(found) == 1
    return found[0]


DATED: dict[str, object] = {"promotion_id": "p", "name": "Spring", "starts_at": day(20), "ends_at": day(30)}


def test_known_propensity_and_controls_make_an_experiment():
    """Chance decided and the controls are logged: the strongest comparison."""
    found = only(find(shop([DATED], [exposure("c1", "mail", 0.5), exposure("c2", "control", 0.5)])))
    assert (found.design, found.arm, found.name) == ("randomized", "mail", "Spring")


def test_every_arm_of_an_experiment_is_judged_by_itself():
    """Two treatments against one control are two promotions with the arm in the name."""
    found = find(
        shop([DATED], [exposure("c1", "mail", 0.3), exposure("c2", "app", 0.3), exposure("c3", "control", 0.4)])
    )
    assert [(one.arm, one.name) for one in found] == [("app", "Spring · app"), ("mail", "Spring · mail")]


def test_exposures_without_propensity_are_a_campaign():
    """Somebody chose the customers: observational, whatever the arm is called."""
    assert only(find(shop([DATED], [exposure("c1", "coupon", None)]))).design == "campaign"


def test_regions_make_a_rollout_with_its_own_start_in_each():
    """`region_starts` staggers; a region that it does not name starts with the promotion."""
    found = only(
        find(
            shop([DATED | {"regions": ["north", "south"], "attributes": '{"region_starts": {"south": "2026-01-25"}}'}])
        )
    )
    assert found.design == "regions"
    assert found.regions["north"] == day(20)
    assert found.regions["south"] == day(24) - timedelta(hours=12)


def test_codes_on_orders_are_found_without_a_list_of_promotions():
    """A code seen on orders is a promotion from its first to its last use."""
    found = only(find(shop([], code="save10")))
    assert (found.promotion_id, found.design, found.code) == ("code:SAVE10", "open_code", "SAVE10")
    assert (found.window.start, found.window.end) == (day(0), day(59) + timedelta(seconds=1))


def test_a_declared_code_is_not_found_twice():
    """The list of promotions knows the code, in whatever case; its dates come from the orders."""
    found = only(find(shop([{"promotion_id": "p", "code": "SAVE10"}], code="save10")))
    assert (found.promotion_id, found.window.start) == ("p", day(0))


def test_goods_on_offer_to_everybody_are_a_price_cut():
    """Dates and goods, but no customers, regions or code."""
    goods = [{"promotion_id": "p", "product_id": "soap"}]
    assert only(find(shop([DATED], promotion_products=goods))).design == "price_cut"


@pytest.mark.parametrize("promotion", [{"promotion_id": "p"}, {"promotion_id": "p", "starts_at": day(3)}])
def test_a_promotion_without_any_trace_is_not_made_up(promotion: dict[str, object]):
    """A name in a list proves nothing about who got what."""
    assert find(shop([promotion])) == ()
