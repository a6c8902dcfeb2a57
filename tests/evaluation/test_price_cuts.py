"""Finding price cuts in order lines."""

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from netlift.evaluation.price_cuts import PriceCut, SearchConfig, declared_price_cut, find_price_cuts
from netlift.history.shop import Shop, Terms, connect, open_shop
from netlift.types import Window
from tests.evaluation.shelves import PRICE, START, Cut, grocer, moment


def days(cut: PriceCut) -> tuple[tuple[int, int], ...]:
    """Windows as day numbers of the made-up shop."""
    return tuple(((w.start - START).days, (w.end - START).days) for w in cut.windows)


@pytest.mark.parametrize("stated", [True, False])
def test_a_planted_cut_is_found_with_its_goods_days_and_depth(stated: bool):
    """Monday to the Sunday after next at 20 %, stated as a discount or only visible as a lower price."""
    found = find_price_cuts(grocer(1, [Cut(2, (0, 1), 105, 14)], stated=stated).shop)
    (cut,) = found.cuts
    assert (cut.categories, cut.product_ids, days(cut)) == (("C2",), ("c2p0", "c2p1"), ((105, 119),))
    assert cut.depth == pytest.approx(0.2)
    assert cut.weeks == 2
    assert found.left_out == {}
    assert cut.markup == (() if stated else pytest.approx((1.25, 1.25)))  # 1000 / 800


def test_lines_that_state_their_discounts_need_no_inferred_price():
    """Two deep cuts make .4 % of list value a stated discount; without them on the lines there is nothing stated."""
    planted = [Cut(c, (0, 1, 2), 105, 14, depth=0.4) for c in (1, 2)]
    assert find_price_cuts(grocer(1, planted).shop).stated
    assert not find_price_cuts(grocer(1, planted, stated=False).shop).stated


def test_a_start_in_mid_week_is_found_to_the_day():
    """Thursday (day 108) to Wednesday: weeks show the cut, days show its edges."""
    (cut,) = find_price_cuts(grocer(2, [Cut(2, (0, 1, 2), 108, 14)]).shop).cuts
    assert days(cut) == ((108, 122),)


def test_the_money_of_a_cut_is_the_discount_on_its_lines():
    """Every line of the two products in the window has 200 off 1000."""
    shop = grocer(3, [Cut(0, (0, 1), 105, 14)]).shop
    (cut,) = find_price_cuts(shop).cuts
    sold = shop.con.execute("SELECT sum(discount), sum(list_revenue) FILTER (discount > 0) FROM sold").fetchone()
    assert (cut.discount_minor, cut.usual_minor) == sold


def test_a_price_that_does_not_come_back_is_no_cut():
    """From day 140 to the end (20 weeks) everything of a product costs 20 % less: a new price, not a promotion."""
    found = find_price_cuts(grocer(4, [Cut(1, (0,), 140, 140, lift=0.0)], stated=False).shop)
    assert found.cuts == ()


def test_a_stated_reduction_without_an_end_is_counted_and_not_listed():
    """The same as a discount on the line: the data end before it does."""
    found = find_price_cuts(grocer(4, [Cut(1, (0,), 140, 140, lift=0.0)]).shop)
    assert found.cuts == ()
    assert found.left_out == {"no_unpromoted_periods": 1}


def test_a_cut_at_the_end_of_the_data_is_counted_and_not_listed():
    """The last 14 of 280 days: no usual price is seen after it."""
    found = find_price_cuts(grocer(5, [Cut(1, (0,), 266, 14)]).shop)
    assert (found.cuts, found.left_out) == ((), {"ends_after_data": 1})


def test_same_days_and_depth_in_two_categories_are_one_decision():
    """Two categories at 20 % on the same days are one row; a third at 30 % is another."""
    planted = [Cut(1, (0, 1), 105, 14), Cut(2, (0, 1), 105, 14), Cut(5, (0, 1), 105, 14, depth=0.3)]
    found = find_price_cuts(grocer(6, planted).shop)
    assert {cut.categories for cut in found.cuts} == {("C1", "C2"), ("C5",)}
    assert len({cut.promotion_id for cut in found.cuts}) == 2


def test_small_events_of_a_category_become_one_programme():
    """Three weeks of 5 % on one product beside a large cut: each below a tenth of the money, together one row."""
    weeks = [Cut(3, (0,), start, 7, depth=0.06, lift=0.0) for start in (42, 105, 168)]
    shop = grocer(7, [Cut(0, (0, 1, 2), 105, 21, depth=0.4), *weeks]).shop
    found = find_price_cuts(shop, SearchConfig(single_share=0.1))
    assert [(cut.categories, days(cut)) for cut in found.cuts] == [
        (("C0",), ((105, 126),)),
        (("C3",), ((42, 49), (105, 112), (168, 175))),
    ]
    assert found.cuts[1].promotion_id == "cut:c3p0"


def test_only_the_largest_rows_are_listed_and_the_others_counted():
    """Three cuts, room for one: the deepest is listed, two are too small, all three keep their days known."""
    planted = [Cut(c, (0,), 105 + 7 * c, 14, depth=0.1 * (c + 1)) for c in range(3)]
    found = find_price_cuts(grocer(8, planted).shop, SearchConfig(limit=1))
    assert [cut.categories for cut in found.cuts] == [("C2",)]
    assert len(found.small) == 2
    assert found.left_out == {"too_small": 2}


def test_what_the_shop_declares_itself_is_not_found_twice():
    """A declared offer to everybody is taken from PROMOTIONS, with its own name and exact window."""
    declared = {"promotion_id": "sale", "name": "Sale", "starts_at": moment(105), "ends_at": moment(119)}
    shop = grocer(9, [Cut(2, (0, 1), 105, 14)], promotions=[declared | {"products": ["c2p0", "c2p1"]}]).shop
    assert find_price_cuts(shop).cuts == ()
    cut = declared_price_cut(shop, "sale", "Sale", Window(moment(105), moment(119)))
    assert cut is not None
    assert (cut.categories, cut.product_ids, cut.declared) == (("C2",), ("c2p0", "c2p1"), True)
    assert cut.depth == pytest.approx(0.2)
    assert declared_price_cut(shop, "unknown", "?", Window(moment(1), moment(2))) is None


def test_a_code_on_orders_is_no_price_cut():
    """Half of a fortnight's orders carry a code and 20 % off: the shelf price did not move."""
    shop = grocer(10, [Cut(2, (0, 1), 105, 14)]).shop
    shop.con.execute(
        "CREATE TEMP TABLE heads AS SELECT o.* REPLACE (CASE WHEN l.discount_minor > 0 THEN 'SAVE' END AS code) "
        "FROM orders o JOIN order_lines l USING (order_id)"
    )
    shop.con.unregister("orders").execute("CREATE TEMP VIEW orders AS FROM heads")
    assert find_price_cuts(shop).cuts == ()


def test_a_quantity_discount_is_no_price_cut():
    """Boxes of twelve always cost 15 % less; in one fortnight only boxes are bought: nobody cut a price."""
    found = find_price_cuts(wholesaler(quantity_break=True))
    assert (found.stated, found.cuts) == (False, ())


def test_a_cut_at_every_quantity_is_found_beside_a_quantity_discount():
    """The same shop with 20 % off at both quantities in a fortnight."""
    (cut,) = find_price_cuts(wholesaler(quantity_break=False)).cuts
    assert days(cut) == ((140, 154),)
    assert cut.markup == pytest.approx((1.25,), rel=0.01)


def wholesaler(*, quantity_break: bool) -> Shop:
    """One product, singles at 1000 and dozens at 850 a piece; days 140..153 are either dozens only, or 20 % off."""
    rows = []
    for day in range(280):
        special = 140 <= day < 154
        for i in range(6):
            quantity = 12 if (i < 3 or (special and quantity_break)) else 1
            unit = (850 if quantity == 12 else PRICE) * (0.8 if special and not quantity_break else 1.0)
            rows.append((f"o{day}-{i}", START + timedelta(days=day, hours=9), float(quantity), round(quantity * unit)))
    n = len(rows)
    shared = {
        "order_id": [r[0] for r in rows], "ordered_at": pa.array([r[1] for r in rows], pa.timestamp("us", tz="UTC")),
        "currency": ["GBP"] * n, "list_minor": [r[3] for r in rows],
        "discount_minor": [0] * n, "refunded_minor": [0] * n,
    }  # fmt: skip
    rest = {
        "line": pa.array(np.ones(n, np.int32)), "product_id": ["mug"] * n, "quantity": [r[2] for r in rows],
        "funded_minor": [0] * n, "refunded_quantity": [0.0] * n,
    }  # fmt: skip
    return open_shop(connect({"orders": pa.table(shared), "order_lines": pa.table(shared | rest)}), Terms())


def test_goods_that_join_late_belong_to_the_decision():
    """Out of stock at first, a product of one of the two categories comes a week later, at the same depth."""
    planted = [Cut(1, (0, 1), 105, 21), Cut(2, (0, 1), 105, 21), Cut(2, (2,), 112, 14)]
    (cut,) = find_price_cuts(grocer(11, planted).shop).cuts
    assert cut.product_ids == ("c1p0", "c1p1", "c2p0", "c2p1", "c2p2")
    assert days(cut) == ((105, 126),)
