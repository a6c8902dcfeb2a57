"""From a contrast to money that adds up."""

import numpy as np
import pytest
from hypothesis import given as draw
from hypothesis import strategies as st

from netlift.evaluation.assemble import Given, assemble, breakeven, graded, next_test, verdict, whole
from netlift.evaluation.designs.contrast import Contrast
from netlift.history.columns import COLUMNS, profit
from netlift.types import Check, Grade, Verdict


def contrast(total: dict[tuple[str, str, str], float], se: float = 1.0) -> Contrast:
    values = np.array([total.get(column, 0.0) for column in COLUMNS])
    influence = np.zeros((1, len(COLUMNS)))
    influence[0, COLUMNS.index(("window", "offer", "list_revenue"))] = se
    return Contrast(values, influence, 100, 100, "test")


BUMP = {
    ("window", "offer", "list_revenue"): 10_000.0,
    ("window", "offer", "cost_of_goods"): 6_000.0,
    ("window", "offer", "discount"): 3_000.0,
    ("washout", "offer", "list_revenue"): -2_000.0,
    ("washout", "offer", "cost_of_goods"): -1_200.0,
    ("window", "category", "list_revenue"): -1_000.0,
    ("window", "category", "cost_of_goods"): -600.0,
    ("window", "elsewhere", "list_revenue"): 500.0,
    ("window", "elsewhere", "cost_of_goods"): 300.0,
}


def test_money_of_a_worked_example():
    """By hand: margin 4000 gross, -800 pulled, -400 stolen, +200 halo, discount 3000: net lift 0."""
    money = assemble(contrast(BUMP), Given(3_000, 0, 15_000), grade=Grade.OBSERVATIONAL, level=0.9, fee_rate=0.0)
    parts = money.decomposition
    assert (parts.gross_lift_minor, parts.pulled_forward_minor, parts.cannibalised_minor) == (4_000, 800, 400)
    assert (parts.incremental_minor, parts.halo_minor) == (2_800, 200)
    assert money.net_lift.estimate == pytest.approx(2_800 + 200 - 3_000)
    assert money.waterfall.total_minor == 0
    # depth 3000 / 15000 = .2 of 10,000 incremental list revenue
    assert (parts.discount_on_incremental_minor, parts.subsidy_minor) == (2_000, 1_000)


def test_costs_outside_the_comparison_are_taken_off():
    """Contacts and fixed cost are known, not estimated: they move the interval without widening it."""
    free = assemble(contrast(BUMP), Given(3_000, 0, 15_000), grade=Grade.QUASI, level=0.9, fee_rate=0.01)
    paid = assemble(contrast(BUMP), Given(3_000, 0, 15_000, 40, 60), grade=Grade.QUASI, level=0.9, fee_rate=0.01)
    assert paid.net_lift.estimate == pytest.approx(free.net_lift.estimate - 100)
    assert paid.net_lift.se == free.net_lift.se
    assert sum(step.amount_minor for step in paid.waterfall.steps) == round(paid.net_lift.estimate)


@draw(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=8))
def test_whole_numbers_sum_to_the_rounded_total(parts: list[float]):
    """Rounding never loses a cent, and no part moves by a whole unit or more beyond the shared rest."""
    total = round(sum(parts))
    amounts = whole(parts, total)
    assert sum(amounts) == total
    assert all(abs(amount - part) <= 2 for amount, part in zip(amounts, parts, strict=True))


@pytest.mark.parametrize(
    ("net", "depth_discount", "expected"),
    [(100.0, 10.0, Verdict.KEEP), (-100.0, 10.0, Verdict.STOP), (0.5, 0.4, Verdict.TEST), (3.0, 90.0, Verdict.SHRINK)],
)
def test_verdicts(net: float, depth_discount: float, expected: Verdict):
    """Standard error 1: 3 is far above 0 but 3 - 90 is far below: the depth loses though the promotion wins."""
    given = Given(discount=100, funded=0, list_value=1_000)
    list_revenue = depth_discount / given.depth
    found = contrast(
        {
            ("window", "offer", "list_revenue"): list_revenue,
            ("window", "offer", "cost_of_goods"): list_revenue - net,
        }
    )
    money = assemble(found, given, grade=Grade.QUASI, level=0.9, fee_rate=0.0)
    assert verdict(money, ())[0] is expected


def test_a_failed_placebo_asks_for_a_test_and_lowers_the_grade():
    """However clear the estimate, a design that finds an effect where there is none is not believed."""
    money = assemble(contrast(BUMP), Given(10, 0, 100), grade=Grade.QUASI, level=0.9, fee_rate=0.0)
    failed = (Check("placebo_before", False, 3.0, 1.96),)
    assert verdict(money, failed) == (Verdict.TEST, ("placebo_failed",))
    assert graded(Grade.QUASI, failed) is Grade.OBSERVATIONAL
    assert graded(Grade.QUASI, (Check("sensitivity", False, 0.5, 1.0),)) is Grade.QUASI


def test_breakeven_margin_by_hand():
    """List 1000 at margin .4 costs 600; discount 500: net -100; at margin .5 cost is 500 and net 0."""
    found = contrast(
        {
            ("window", "offer", "list_revenue"): 1_000.0,
            ("window", "offer", "cost_of_goods"): 600.0,
            ("window", "offer", "discount"): 500.0,
        }
    )
    assert float(found.total @ profit()) == pytest.approx(-100)
    assert breakeven(found, Given(500, 0, 2_000), 0.4) == pytest.approx(0.5)


def test_next_test_size_by_hand():
    """Spread 10, effect worth finding 1 per customer: 2 x (1.6449 + .8416)^2 x 100 = 1236.6, rounded up."""
    money = assemble(contrast(BUMP), Given(400, 0, 15_000), grade=Grade.QUASI, level=0.9, fee_rate=0.0)
    still = money.net_lift._replace(estimate=0.0)
    size = next_test(10.0, 100, Given(400, 0, 15_000), still, unit="customer", days=21)
    assert size is not None
    assert (size.units_per_arm, size.detectable_minor) == (1237, 100)
