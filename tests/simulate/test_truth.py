"""The simulated shop's truth is what running it twice says, and adds up to the cent."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netlift.evaluation.results import Decomposition
from netlift.simulate import PromotionSpec, Shop, ShopConfig, presets, simulate, value_of
from netlift.simulate.truth import TRUTH

KINDS = ("experiment", "campaign", "rollout", "code", "open", "member")
BENEFITS = ("percent", "amount", "bundle", "nth", "gift", "points", "shipping", "none")

CROWDED = (
    PromotionSpec(promotion_id="a", kind="experiment", start_day=40, days=14, visit_boost=0.4, uses=2),
    PromotionSpec(
        promotion_id="b", kind="experiment", start_day=50, days=21, visit_boost=0.4, categories=(1, 2),
        benefit="amount", amount_minor=300, min_basket_minor=1000,
    ),
    PromotionSpec(promotion_id="c", kind="price_cut", start_day=45, days=14, categories=(1,), product_share=0.5),
    PromotionSpec(promotion_id="d", kind="rollout", start_day=55, days=30, categories=(1, 3), depth=0.3, waves=2),
    PromotionSpec(promotion_id="e", kind="code", start_day=48, days=30, depth=0.1),
    PromotionSpec(promotion_id="f", kind="open", benefit="points", start_day=48, days=30, depth=0.1),
    PromotionSpec(promotion_id="g", kind="experiment", start_day=90, days=21, visit_boost=0.4, benefit="none"),
)  # fmt: skip
"""Seven promotions on top of each other, none of them targeted by the past."""


def one(kind: str, benefit: str) -> PromotionSpec:
    """A promotion with every clause in use."""
    conditional = benefit in {"amount", "gift"}
    return PromotionSpec(
        promotion_id="p", kind=kind, benefit=benefit, start_day=60, days=21, depth=0.25, amount_minor=400,
        min_basket_minor=2500 if conditional else 0, categories=None if benefit == "amount" else (0, 2, 5),
        product_share=0.5, visit_boost=0.2, targeting=0.7, waves=2, wave_days=7, contact_cost_minor=3,
        fixed_cost_minor=100, funding=0.3, display=0.3 if benefit == "none" else 0.0, uses=0,
    )  # fmt: skip


def check_adds_up(row: dict[str, int]) -> None:
    """All identities of a truth row, in whole minor units."""
    assert row["net_lift_minor"] == (
        row["incremental_minor"] + row["halo_minor"] - row["extra_discount_minor"] + row["extra_funded_minor"]
        - row["extra_refunds_minor"] + row["shipping_minor"] - row["contact_cost_minor"] - row["fixed_cost_minor"]
    )  # fmt: skip
    names = [name for name in TRUTH.names if f"{name.removesuffix('_minor')}_minor" == name]
    parts = {name: row[name] for name in names if name in Decomposition.__dataclass_fields__}
    assert len(parts) == len(Decomposition.__dataclass_fields__)
    Decomposition(**parts)  # raises if lift or discount do not add up


@pytest.mark.parametrize(("kind", "benefit"), [*product(KINDS, BENEFITS), ("price_cut", "percent")])
def test_truth_equals_running_the_shop_again_without_the_promotion(
    empty_tiny: ShopConfig, kind: str, benefit: str
) -> None:
    """Every way of running a promotion with every benefit, with returns, postage and rings."""
    config = replace(
        empty_tiny,
        customers=120,
        sharing_rings=0.1,
        shipping_fee_minor=300,
        shipping_cost_minor=400,
        return_rate=0.05,
        promotions=(one(kind, benefit),),
    )
    shop = simulate(config)
    (row,) = shop.truth.to_pylist()
    assert row["net_lift_total_minor"] == value_of(config) - value_of(config, ())
    assert shop.profit_minor == value_of(config)
    check_adds_up(row)
    assert (row["n_redemptions"] > 0) == (benefit != "none")


@pytest.mark.parametrize("number", range(len(CROWDED)))
def test_truth_of_overlapping_promotions_equals_taking_one_away(empty_tiny: ShopConfig, number: int) -> None:
    """Fatigue, vouchers that crowd each other out, points and two prices on one shelf are all taken back exactly."""
    config = replace(empty_tiny, promotions=CROWDED)
    rest = CROWDED[:number] + CROWDED[number + 1 :]
    truth = simulate(config).truth["net_lift_total_minor"][number].as_py()
    assert truth == value_of(config) - value_of(config, rest)
    assert truth != 0


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["experiment", "campaign", "price_cut", "rollout", "code", "open"]),
    start=st.integers(0, 60),
    days=st.integers(1, 30),
    depth=st.floats(0, 0.6),
    share=st.floats(0.1, 1),
    washout=st.integers(0, 60),
    seed=st.integers(0, 2**40),
)
def test_truth_holds_for_any_window_and_depth(kind, start, days, depth, share, washout, seed) -> None:
    spec = PromotionSpec(
        promotion_id="p", kind=kind, start_day=start, days=days, depth=depth, product_share=share,
        washout_days=washout, visit_boost=0.3, categories=(0, 3),
    )  # fmt: skip
    config = ShopConfig(customers=40, products=24, categories=6, regions=4, days=91, seed=seed, promotions=(spec,))
    (row,) = simulate(config).truth.to_pylist()
    assert row["net_lift_total_minor"] == value_of(config) - value_of(config, ())
    check_adds_up(row)


def test_potential_outcomes_of_the_reached_sum_to_net_lift(tiny_shop: Shop) -> None:
    """With less without, over the contacted, is the promotion's net lift: nobody else is touched."""
    truth = {row["promotion_id"]: row for row in tiny_shop.truth.to_pylist()}
    for key, table in tiny_shop.potential.items():
        difference = sum(table["profit_with_minor"].to_pylist()) - sum(table["profit_without_minor"].to_pylist())
        assert difference == truth[key]["net_lift_minor"] + truth[key]["fixed_cost_minor"]
        assert table.num_rows == truth[key]["n_treated"]


def test_both_outcomes_of_everybody_show_an_experiment_to_be_fair() -> None:
    """Treated and control have the same mean effect up to chance; for the control arm it is the effect they missed."""
    spec = PromotionSpec(promotion_id="x", kind="experiment", start_day=60, days=21, visit_boost=0.6, depth=0.1)
    config = ShopConfig(
        customers=2000, products=64, categories=8, days=120, promotions=(spec,), all_potentials=True, newcomers=0.0
    )
    shop = simulate(config)
    table = shop.potential["x"]
    effect = np.array(table["profit_with_minor"]) - np.array(table["profit_without_minor"])
    reached = np.array(table["reached"])
    assert table.num_rows == 2000
    assert effect[reached].sum() == shop.truth["net_lift_minor"][0].as_py()
    listed = np.isin(np.array(table["customer_id"]), shop.tables["exposures"]["customer_id"].to_pylist()) & ~reached
    a, b = effect[reached], effect[listed]
    assert abs(a.mean() - b.mean()) < 4 * np.hypot(a.std() / len(a) ** 0.5, b.std() / len(b) ** 0.5)
    assert np.count_nonzero(b) > 0.2 * len(b)


def test_switched_off_promotions_have_no_truth_and_leave_no_trace() -> None:
    """In `null` every figure of money is zero, and customers buy what they buy in a shop that announces nothing."""
    config = replace(presets.null(), customers=400)
    shop = simulate(config)
    money = [name for name in TRUTH.names if name.endswith("_minor") and name != "before_after_minor"]
    assert [[row[name] for name in money] for row in shop.truth.to_pylist()] == [[0] * len(money)] * 4
    assert shop.truth["placebo"].to_pylist() == [True] * 4
    silent = simulate(replace(config, promotions=()))
    assert shop.tables["order_lines"].equals(silent.tables["order_lines"])
    assert shop.tables["exposures"].num_rows > 0 < shop.tables["promotions"].num_rows
    assert shop.tables["coupons"].num_rows == 0


def test_a_placebo_beside_real_promotions_changes_nothing(empty_tiny: ShopConfig) -> None:
    placebo = replace(CROWDED[0], promotion_id="placebo", effect=0.0)
    with_it = simulate(replace(empty_tiny, promotions=(*CROWDED, placebo)))
    without = simulate(replace(empty_tiny, promotions=CROWDED))
    assert with_it.tables["order_lines"].equals(without.tables["order_lines"])
    assert with_it.truth.slice(0, len(CROWDED)).equals(without.truth)
    assert with_it.truth["net_lift_total_minor"][-1].as_py() == 0


def test_a_price_cut_steals_from_neighbours_and_from_the_weeks_after(cut_shop: Shop) -> None:
    """The signs of methods.md section 4: cannibalisation, pull-forward and subsidy arise by themselves."""
    (row,) = cut_shop.truth.to_pylist()
    assert row["gross_lift_minor"] > row["incremental_minor"] > 0
    assert row["cannibalised_minor"] > 0
    assert row["pulled_forward_minor"] > 0
    assert 0 < row["subsidy_minor"] < row["discount_given_minor"]


def test_a_price_cut_has_the_size_seen_in_shops(cut_shop: Shop) -> None:
    """20 % off lifts the promoted goods 1.5 to 3 times, at the cost of neighbours and of the weeks after.

    The limits are the calibration goals of docs/line/simulator.md, not facts about any one shop.
    """
    (row,) = cut_shop.truth.to_pylist()
    lines = cut_shop.tables["order_lines"].to_pandas()
    promoted = lines[lines.product_id.isin(cut_shop.goods["cut"])]
    window = promoted[(promoted.ordered_at >= row["starts_at"]) & (promoted.ordered_at < row["ends_at"])]
    margin = (window.list_minor - window.cost_minor).sum()
    assert 1.5 < margin / (margin - row["gross_lift_minor"]) < 3
    assert 0.2 < row["cannibalised_minor"] / row["gross_lift_minor"] < 0.5
    assert 0.1 < row["pulled_forward_minor"] / row["gross_lift_minor"] < 0.35


def test_the_shop_has_the_size_of_a_grocery_shop(cut_shop: Shop) -> None:
    """Half a visit to a whole one a week, three to six lines, about 35 % margin."""
    orders, lines = cut_shop.tables["orders"], cut_shop.tables["order_lines"]
    assert 0.5 < orders.num_rows / 2000 / 26 < 1
    assert 3 < lines.num_rows / orders.num_rows < 6
    listed, cost = sum(lines["list_minor"].to_pylist()), sum(lines["cost_minor"].to_pylist())
    assert 0.3 < 1 - cost / listed < 0.4


def test_fatigue_takes_from_the_second_contact(empty_tiny: ShopConfig) -> None:
    """The same mail earns less in visits where another one came shortly before."""
    mail = PromotionSpec(promotion_id="two", kind="experiment", benefit="none", start_day=80, days=14, visit_boost=0.8)
    before = replace(mail, promotion_id="one", start_day=60)
    config = replace(empty_tiny, customers=1500, days=130, fatigue=1.5)
    fresh = simulate(replace(config, promotions=(mail,))).truth["gross_lift_minor"][0].as_py()
    tired = simulate(replace(config, promotions=(before, mail))).truth["gross_lift_minor"][1].as_py()
    assert 0 < tired < fresh


def test_targeting_looks_at_the_new_past_when_a_policy_changes() -> None:
    """`value_of` runs the whole shop again, truth holds fixed who was chosen: one mail moves the next one's targets."""
    first = PromotionSpec(promotion_id="a", kind="experiment", start_day=30, days=21, visit_boost=0.8, depth=0.3)
    second = PromotionSpec(promotion_id="b", kind="campaign", start_day=60, days=14, depth=0.3, targeting=2.0)
    config = ShopConfig(customers=600, products=40, categories=8, days=120, promotions=(first, second))
    truth = simulate(config).truth["net_lift_total_minor"][0].as_py()
    assert truth != value_of(config) - value_of(config, (second,))


def test_without_truth_there_is_no_row_that_could_be_mistaken_for_one(empty_tiny: ShopConfig) -> None:
    shop = simulate(replace(empty_tiny, promotions=CROWDED, with_truth=False))
    assert shop.truth.num_rows == 0
    assert shop.truth.schema.equals(TRUTH)
    assert shop.potential == {}
    assert shop.profit_minor == simulate(replace(empty_tiny, promotions=CROWDED)).profit_minor
