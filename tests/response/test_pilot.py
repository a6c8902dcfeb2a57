"""Pilots: sizes beside the textbook, and what there is to plan with."""

import math

import numpy as np
import pytest

from netlift.candidates.offer import Offer
from netlift.experiments.power import power_of
from netlift.history.shop import Terms, connect, day_number, open_shop
from netlift.response.pilot import deciding_effect, pilot, profit_spread, smallest_found
from netlift.response.results import Pilot
from tests.evaluation.tiny import day, line, orders_of, rows

OFFER = Offer("mail", "Mail", "campaign", contact_cost_minor=20)


def plan(sd: float = 1000.0, effect: float = 100.0, **more: float) -> Pilot | None:
    options = {"customers": 5000, "days": 14, "washout_days": 21, "cost_minor": 35.0, **more}
    return pilot(OFFER, sd, effect, **options)  # type: ignore[arg-type]


def test_a_pilot_is_large_enough_and_no_larger() -> None:
    """Its power reaches .8 with that many in each arm, and not with one less."""
    found = plan()
    assert found is not None
    assert power_of(100.0, 1000.0, (found.per_arm, found.per_arm)) >= 0.8
    assert power_of(100.0, 1000.0, (found.per_arm - 1, found.per_arm - 1)) < 0.8
    assert (found.days, found.cost_minor, found.enough) == (35, 35 * found.per_arm, True)


def test_half_the_effect_takes_four_times_the_customers_and_a_past_that_tells_saves_them() -> None:
    whole, half, told = plan(), plan(effect=50.0), plan(explained=0.5)
    assert whole is not None
    assert half is not None
    assert told is not None
    assert half.per_arm == pytest.approx(4 * whole.per_arm, rel=0.01)
    assert told.per_arm == pytest.approx(whole.per_arm / 2, rel=0.01)
    assert not half.enough  # 9,894 of 5,000 customers


def test_a_contact_is_the_least_that_an_offer_costs() -> None:
    found = plan(cost_minor=0.0)
    assert found is not None
    assert found.cost_minor == 20 * found.per_arm


@pytest.mark.parametrize(("sd", "effect"), [(0.0, 1.0), (1.0, 0.0), (math.nan, 1.0), (1.0, math.nan), (math.inf, 1.0)])
def test_nothing_to_plan_with(sd: float, effect: float) -> None:
    assert plan(sd, effect) is None


def test_what_would_change_the_decision() -> None:
    assert deciding_effect(-60.0, 100.0) == 30.0
    assert deciding_effect(-1.0, 100.0) == 25.0
    assert deciding_effect(0.0, 0.0) == 0.0


def test_the_smallest_effect_that_a_shop_can_find() -> None:
    """Two arms of 64 find half a standard deviation at a level of .95 (Cohen 1988, table 2.3.5)."""
    assert smallest_found(1.0, 128, level=0.95) == pytest.approx(0.5, abs=0.002)
    assert smallest_found(1.0, 3) == math.inf


def test_the_spread_of_profit_by_hand() -> None:
    """30 customers, each a line (profit 4.00) on day 0; every third again in the last 10 days, always the same ones."""
    lines = [
        line(f"{i}-{d}", f"c{i:02d}", day(d), "soap") for i in range(30) for d in (0, *((25, 35) if i % 3 == 0 else ()))
    ]
    tables = {"order_lines": rows("order_lines", lines), "orders": rows("orders", orders_of(lines))}
    shop = open_shop(connect(tables), Terms())
    sd, explained = profit_spread(shop, 10, day_number(day(40)))
    assert sd == pytest.approx(np.std([400.0 * (i % 3 == 0) for i in range(30)], ddof=1))
    assert explained == 0.95  # the past tells all; never taken for more than 95 %
    assert math.isnan(profit_spread(shop, 45, day_number(day(40)))[0])
