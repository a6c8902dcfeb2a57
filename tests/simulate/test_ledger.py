"""Money in the simulated shop: split exactly, never below zero, the same in every table."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlift.money import allocate
from netlift.simulate import PromotionSpec, Shop, ShopConfig, presets, simulate
from netlift.simulate.ledger import shared_out

groups = st.lists(
    st.tuples(st.integers(0, 3000), st.lists(st.integers(0, 2000), min_size=1, max_size=6)), min_size=1, max_size=5
)


@given(groups)
def test_shared_out_is_the_largest_remainder_split_of_every_group(orders: list[tuple[int, list[int]]]) -> None:
    """The same parts as `money.allocate`, order by order, and never more than the lines can bear."""
    group = np.repeat(np.arange(len(orders)), [len(lines) for _, lines in orders])
    weight = np.array([w for _, lines in orders for w in lines], dtype=np.int64)
    part = shared_out(group, weight, np.array([total for total, _ in orders], dtype=np.int64))
    expected = [
        share
        for total, lines in orders
        for share in allocate(min(total, sum(lines)), lines if sum(lines) else [1] * len(lines))
    ]
    assert part.tolist() == expected
    assert (part <= weight).all()


@pytest.fixture(scope="module")
def fair() -> Shop:
    """A shop with every benefit at once."""
    give = [
        PromotionSpec(promotion_id="threshold", kind="open", benefit="amount", start_day=20, days=20, amount_minor=500,
                      min_basket_minor=3000, tiers=((6000, 1500),)),
        PromotionSpec(promotion_id="each", kind="open", benefit="amount", start_day=45, days=20, amount_minor=300,
                      min_basket_minor=2000, every_threshold=True),
        PromotionSpec(promotion_id="gift", kind="open", benefit="gift", start_day=30, days=20, min_basket_minor=2500),
        PromotionSpec(promotion_id="second", kind="member", benefit="nth", start_day=20, days=40, depth=0.5),
        PromotionSpec(promotion_id="set", kind="open", benefit="bundle", start_day=50, days=20, categories=(0, 1)),
        PromotionSpec(promotion_id="points", kind="open", benefit="points", start_day=20, days=30, depth=0.05),
        PromotionSpec(promotion_id="code", kind="code", start_day=25, days=30, depth=0.33, uses=2, funding=0.5),
        PromotionSpec(promotion_id="cut", kind="price_cut", start_day=30, days=14, depth=0.15, categories=(2, 3)),
    ]  # fmt: skip
    config = replace(presets.tiny(2), customers=800, days=100, promotions=tuple(give), return_rate=0.05)
    return simulate(config)


def total(column: pa.ChunkedArray) -> int:
    return int(pc.sum(column).as_py() or 0)


def test_orders_are_the_sums_of_their_lines(fair: Shop) -> None:
    lines, orders = fair.tables["order_lines"], fair.tables["orders"]
    columns = ["list_minor", "discount_minor", "refunded_minor"]
    summed = lines.group_by("order_id").aggregate([(name, "sum") for name in columns]).sort_by("order_id")
    told = orders.sort_by("order_id")
    assert summed["order_id"].to_pylist() == told["order_id"].to_pylist()
    for name in columns:
        assert summed[f"{name}_sum"].to_pylist() == told[name].to_pylist()
    paid = pc.subtract(told["list_minor"], told["discount_minor"])
    assert pc.add(paid, told["shipping_minor"]).to_pylist() == told["total_minor"].to_pylist()


def test_no_discount_or_refund_exceeds_what_it_is_taken_from(fair: Shop) -> None:
    lines = fair.tables["order_lines"].to_pandas()
    assert (lines.discount_minor >= 0).all()
    assert (lines.discount_minor <= lines.list_minor).all()
    assert (lines.funded_minor <= lines.discount_minor).all()
    assert (lines.refunded_minor <= lines.list_minor - lines.discount_minor).all()
    assert ((lines.refunded_minor > 0) <= (lines.refunded_quantity > 0)).all()
    assert (lines.quantity > 0).all()
    assert (lines.groupby("order_id").line.max() == lines.groupby("order_id").size()).all()


def test_the_discounts_of_all_promotions_are_the_discounts_of_all_lines(fair: Shop) -> None:
    given_ = total(fair.truth["discount_given_minor"])
    assert given_ == total(fair.tables["order_lines"]["discount_minor"]) > 0
    assert min(fair.truth["discount_given_minor"].to_pylist()) > 0


def test_coupons_tell_of_every_redemption_with_its_money(fair: Shop) -> None:
    coupons = fair.tables["coupons"]
    row = next(row for row in fair.truth.to_pylist() if row["promotion_id"] == "code")
    assert set(coupons["promotion_id"].to_pylist()) == {"code"}
    assert coupons.num_rows == row["n_redemptions"]
    assert total(coupons["discount_minor"]) == row["discount_given_minor"]
    with_code = fair.tables["orders"].filter(pc.equal(fair.tables["orders"]["code"], "CODE"))
    assert sorted(with_code["order_id"].to_pylist()) == sorted(coupons["order_id"].to_pylist())
    uses = pc.value_counts(coupons["customer_id"]).field("counts")
    assert max(uses.to_pylist()) == 2


def test_a_gift_is_a_line_of_the_cheapest_product_given_away(fair: Shop) -> None:
    lines = fair.tables["order_lines"].to_pandas()
    given_away = lines[(lines.discount_minor == lines.list_minor) & (lines.quantity == 1)]
    row = next(row for row in fair.truth.to_pylist() if row["promotion_id"] == "gift")
    products = fair.tables["products"].to_pandas()
    cheapest = products.price_minor.min()
    assert len(given_away[given_away.list_minor == cheapest]) >= row["n_redemptions"] > 0


def test_threshold_discounts_take_the_highest_step_reached() -> None:
    """500 off 3,000 and 1,500 off 6,000: nothing else is ever taken off an order."""
    steps = PromotionSpec(
        promotion_id="t", kind="open", benefit="amount", start_day=20, days=60, amount_minor=500, min_basket_minor=3000,
        tiers=((6000, 1500),), attention=1.0,
    )  # fmt: skip
    orders = simulate(replace(presets.tiny(2), promotions=(steps,), with_truth=False)).tables["orders"].to_pandas()
    off = orders[orders.discount_minor > 0]
    assert set(off.discount_minor) == {500, 1500}
    assert off[off.discount_minor == 500].list_minor.between(3000, 5999).all()
    assert (off[off.discount_minor == 1500].list_minor >= 6000).all()


def test_some_shoppers_top_up_to_a_threshold() -> None:
    """More orders just above the threshold than in the same shop without top-up, and fewer just below."""
    step = PromotionSpec(
        promotion_id="t", kind="open", benefit="amount", start_day=10, days=160, amount_minor=300,
        min_basket_minor=3000, attention=1.0,
    )  # fmt: skip
    config = ShopConfig(customers=1000, products=40, categories=8, days=182, promotions=(step,), with_truth=False)
    counts = []
    for willing in (0.8, 0.0):
        listed = np.array(simulate(replace(config, top_up=willing)).tables["orders"]["list_minor"])
        counts.append((((listed >= 2100) & (listed < 3000)).sum(), ((listed >= 3000) & (listed < 3600)).sum()))
    (below, above), (below_without, above_without) = counts
    assert below < 0.9 * below_without
    assert above > 1.1 * above_without
