"""What is known of customers before a campaign, and what they bring after it."""

import numpy as np
import pytest

from netlift.history.columns import COLUMNS, profit
from netlift.history.people import People, Span, people
from netlift.history.shop import Shop, Terms, connect, day_number, open_shop
from tests.evaluation.tiny import day, line, orders_of, rows

CAMPAIGN = Span(day_number(day(40)), day_number(day(50)), day_number(day(57)))


def shop_with(*extra: dict[str, object]) -> Shop:
    """Ann buys soap before, in and after the window; Bob buys bread before it; Cat only comes later."""
    lines = [
        line("a1", "ann", day(5), "soap"),
        line("a2", "ann", day(35), "soap", discount_minor=100),
        line("a3", "ann", day(45), "soap", discount_minor=300, funded_minor=100),
        line("a4", "ann", day(52), "soda", refunded_minor=1000, refunded_quantity=1.0),
        line("b1", "bob", day(10), "bread"),
        line("b2", "bob", day(46), "gel", list_minor=500, cost_minor=None),
        line("c1", "cat", day(60), "bread"),
        *extra,
    ]
    tables = {
        "order_lines": rows("order_lines", lines),
        "orders": rows("orders", orders_of(lines)),
        "products": rows(
            "products",
            [
                {"product_id": "soap", "category": "wash"},
                {"product_id": "gel", "category": "wash"},
                {"product_id": "bread", "category": "food"},
                {"product_id": "soda", "category": "food"},
            ],
        ),
        "promotions": rows("promotions", [{"promotion_id": "p", "starts_at": day(40), "ends_at": day(50)}]),
        "promotion_products": rows("promotion_products", [{"promotion_id": "p", "product_id": "soap"}]),
        "exposures": rows(
            "exposures",
            [
                {"promotion_id": "p", "customer_id": "ann", "arm": "coupon", "exposed_at": day(40)},
                {"promotion_id": "old", "customer_id": "bob", "arm": "mail", "exposed_at": day(20)},
            ],
        ),
    }
    return open_shop(connect(tables), Terms(margin=0.5))


def group(shop: Shop) -> People:
    return people(shop, "p", CAMPAIGN, only_exposed=False)


def cell(found: People, who: str, column: tuple[str, str, str]) -> float:
    return float(found.outcomes[list(found.customer_id).index(who), COLUMNS.index(column)])


def test_population_is_everybody_seen_before_or_exposed():
    """Cat's first order comes after the start and she was not reached: she is no control."""
    assert list(group(shop_with()).customer_id) == ["ann", "bob"]


def test_habits_by_hand():
    """Ann before day 40: 10.00 on day 5 and on day 35 (1.00 off); 28 days back reach day 12."""
    found = group(shop_with())
    ann = dict(zip(found.names, found.features[0], strict=True))
    assert (ann["list_revenue_28"], ann["list_revenue_91"], ann["list_revenue_10000"]) == (1000, 2000, 2000)
    assert (ann["discount_28"], ann["profit_28"], ann["orders_91"]) == (100, 300, 2)
    assert (ann["recency"], ann["tenure"]) == (5, 35)
    assert ann["offer_ever"] == 2000
    bob = dict(zip(found.names, found.features[1], strict=True))
    assert (bob["contacts_before"], bob["offer_ever"]) == (1, 0)


def test_outcomes_by_phase_and_scope_by_hand():
    """Soap is on offer, gel shares its category, soda is elsewhere and comes back with its cost."""
    found = group(shop_with())
    assert cell(found, "ann", ("window", "offer", "list_revenue")) == 1000
    assert cell(found, "ann", ("window", "offer", "discount")) == 300
    assert cell(found, "ann", ("window", "offer", "funding")) == 100
    assert cell(found, "ann", ("washout", "elsewhere", "returns")) == 1000
    assert cell(found, "ann", ("washout", "elsewhere", "cost_of_goods")) == 0
    assert cell(found, "bob", ("window", "category", "cost_of_goods")) == 250  # margin .5 of 5.00
    # ann: 1000 - 300 + 100 - 600 in the window, 1000 - 1000 in the wash-out
    assert found.outcomes[0] @ profit() == pytest.approx(200)


def test_the_future_cannot_reach_the_features():
    """Poisoning every day from the start on changes outcomes and not a single feature."""
    clean = group(shop_with())
    poison = [line(f"x{n}", "bob", day(40 + n), "soap", list_minor=999_999) for n in range(20)]
    poisoned = group(shop_with(*poison))
    assert (clean.features == poisoned.features).all()
    assert clean.names == poisoned.names
    assert not np.array_equal(clean.outcomes, poisoned.outcomes)
