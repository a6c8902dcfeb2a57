"""Offers answered from prices: by hand on a shop of three products, and beside the truth of simulated shops."""

import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from netlift.candidates.offer import Offer
from netlift.errors import ConfigError, DataError, EstimationError
from netlift.history.shop import Shop, Terms, connect, day_number, open_shop
from netlift.response.demand import Demand, Planned, Rates, demand, first_uses
from netlift.response.elasticity import Elasticities, Slope
from netlift.response.elasticity_pool import Pooled
from netlift.response.prices import price_responses
from netlift.response.prices_goods import changes, goods
from netlift.response.results import Source, Why
from netlift.schema import RESPONSE
from netlift.simulate import PromotionSpec, ShopConfig, simulate
from netlift.types import Check, Grade
from tests.evaluation.tiny import day, line, orders_of, rows

LAST = day_number(day(180))


def shop(fee_rate: float = 0.0) -> Shop:
    """Ann buys soap (10.00, cost 6.00) every 10 days and gel (20.00, cost 6.00) every 20; Bob bought bread once."""
    lines = [line(f"s{n}", "ann", day(10 * n), "soap") for n in range(18)]
    lines += [line(f"g{n}", "ann", day(20 * n + 5), "gel", list_minor=2000) for n in range(9)]
    lines += [line("b0", "bob", day(30), "bread")]
    tables = {
        "order_lines": rows("order_lines", lines),
        "orders": rows("orders", orders_of(lines)),
        "products": rows(
            "products",
            [
                {"product_id": "soap", "category": "wash"},
                {"product_id": "gel", "category": "wash"},
                {"product_id": "bread", "category": "food"},
            ],
        ),
    }
    return open_shop(connect(tables), Terms(fee_rate=fee_rate))


def known(*, cross: float = 0.0, past: float = 0.0, se: float = 0.0, joint: float = 0.0) -> Elasticities:
    """Soap -2, gel -3, nothing known of bread; the shop's mean is -2.5."""
    pooled = Pooled(
        np.array([-3.0, -2.0]), np.array([se, se]), np.array([1.0, 1.0]), np.array([-2.5]), np.array([se]),
        np.array([1.0]), -2.5, se, 0.0, 0.0,
    )  # fmt: skip
    return Elasticities(
        ("gel", "soap"), ("wash",), np.array([0, 0]), np.array([-3.0, -2.0]), np.array([se, se]), pooled,
        Slope(cross, math.sqrt(joint)), Slope(past, math.sqrt(joint)), None, 0.0,
        (Check("placebo_ahead", True, 0.0, 2.58), Check("price_moves", True, 9, 5)), Grade.QUASI,
        np.eye(2) * joint, 0.3, 10, 90,
    )  # fmt: skip


def off(depth: float | None = 0.2, *products: str, **more: object) -> Planned:
    return Planned(Offer("o", "Offer", "campaign", depth=depth, products=products, uses=0), **more)  # type: ignore[arg-type]


def rates_by_hand() -> Demand:
    return demand(shop(), LAST)


def test_purchases_by_hand() -> None:
    """Ann bought wash on 26 days after her first; Bob has no second purchase; values are means of days."""
    found = rates_by_hand()
    (people,) = found.chunks()
    assert people.customer_id.tolist() == ["ann", "bob"]
    assert found.categories == ("food", "wash")
    assert people.bought.tolist() == [[0, 26], [0, 0]]
    assert people.days.tolist() == [26, 0]
    assert people.baskets.tolist() == [27, 1]
    assert people.known.tolist() == [179, 149]
    assert found.value.tolist() == [1000, pytest.approx((18 * 1000 + 9 * 2000) / 27)]
    assert found.margin.tolist() == [400, pytest.approx((18 * 400 + 9 * 1400) / 27)]


def test_the_day_asked_about_is_not_read() -> None:
    """Poisoning everything from that day on changes nothing."""
    before = demand(shop(), day_number(day(90)))
    poisoned = shop()
    poisoned.con.execute(f"UPDATE order_lines SET list_minor = 9999999 WHERE ordered_at >= '{day(89.5)}'")
    poisoned = open_shop(poisoned.con, Terms())
    after = demand(poisoned, day_number(day(90)))
    for name in ("value", "margin", "basket", "basket_sd"):
        assert np.array_equal(getattr(before, name), getattr(after, name))
    with pytest.raises(DataError, match="no known customer bought"):
        demand(shop(), day_number(day(0)))


def test_rates_lie_between_ones_own_and_everybodys() -> None:
    """2 days in 100 count for everybody: nobody's past gives .02 a day, 200 days with 20 purchases give 22 / 300."""
    rates = Rates(np.array([2.0]), np.array([100.0]), np.array([0.5]))
    mean, variance = rates.posterior(np.array([0.0, 20.0]), np.array([0.0, 200.0]))
    assert mean.tolist() == [0.02, pytest.approx(22 / 300)]
    assert variance[1] == pytest.approx(0.5 * 22 / 300**2)


@pytest.mark.parametrize("regular", [1, 4])
def test_rates_are_recovered_from_planted_ones(regular: int) -> None:
    """800 customers with rates Gamma(2, mean 1/20 a day): mean, spread, and how regular their purchases are.

    Waiting times that are sums of 4 exponentials make purchases four times as regular as chance (p about 1/4, and
    more where few purchases fit in the time); a spread read as if they were Poisson would be far too small.
    """
    rng = np.random.default_rng(2)
    lines, planted = [], rng.gamma(2.0, 1 / 40, 800)
    for i, rate in enumerate(planted):
        when = np.cumsum(rng.gamma(regular, 1 / (regular * max(rate, 1e-3)), 200)) - rng.uniform(0, 20)
        days = sorted({0, *(int(t) + 1 for t in when if 0 < t < 199)})
        lines += [line(f"{i}-{d}", f"c{i:04d}", day(d), "soap") for d in days]
    tables = {"order_lines": rows("order_lines", lines), "orders": rows("orders", orders_of(lines))}
    found = demand(open_shop(connect(tables), Terms()), day_number(day(200))).any_rate
    mean = found.a[0] / found.b[0]
    spread = found.wild[0] * mean / found.b[0]
    a_day = 1 - np.exp(-planted)  # two purchases of one day are one
    assert mean == pytest.approx(a_day.mean(), rel=0.08)
    assert spread == pytest.approx(a_day.var(), rel=0.25)
    assert bool(found.wild[0] < 0.6) == (regular == 4)


def test_extra_margin_less_discount_on_everything_by_hand() -> None:
    """20 % off soap (e = -2), half of wash by value: F = .8^-2 = 1.5625; nothing else moves.

    Per day of wash (value 1333.33, margin 733.33): soap has half of the value, 7200 / 19800 of the margin.
    """
    rates = rates_by_hand()
    found = changes(off(0.2, "soap"), goods(rates), rates, known())
    assert found.margin.amount.tolist() == [0, pytest.approx(7200 / 27 * 0.5625)]
    assert found.cost.amount.tolist() == [0, pytest.approx(18000 / 27 * 0.2 * 1.5625)]
    assert found.net.amount[1] == pytest.approx(found.margin.amount[1] - found.cost.amount[1])
    assert found.reach.tolist() == [0, pytest.approx(0.5)]
    assert found.elasticity == -2


def test_goods_beside_the_offer_lose_and_hoards_are_missed_afterwards() -> None:
    """Cross .5: gel sells .8^(.5 x share of soap among the others = 1) of before. Memory .4: soap loses .8^.4 - 1."""
    rates = rates_by_hand()
    found = changes(off(0.2, "soap"), goods(rates), rates, known(cross=0.5, past=0.4))
    soap, gel = 7200 / 27, 12600 / 27
    expected = soap * (0.8**-2 - 1 + 0.8**0.4 - 1) + gel * (0.8**0.5 - 1)
    assert found.margin.amount[1] == pytest.approx(expected)


def test_a_whole_category_on_offer_has_nobody_to_take_from() -> None:
    """All of wash off: each product's power is e + c."""
    rates = rates_by_hand()
    found = changes(off(0.1, categories=("wash",)), goods(rates), rates, known(cross=0.5))
    expected = 7200 / 27 * (0.9**-1.5 - 1) + 12600 / 27 * (0.9**-2.5 - 1)
    assert found.margin.amount[1] == pytest.approx(expected)


@pytest.mark.parametrize("planned", [off(0.2, "soap"), off(0.15), off(0.1, categories=("wash",))])
def test_errors_are_those_of_the_delta_method(planned: Planned) -> None:
    """The stated slopes are numerical derivatives: of the shop's elasticity (own weights 0), cross and memory."""
    rates = rates_by_hand()
    base = known(cross=0.5, past=0.4, se=0.2, joint=0.01)
    free = base.pooled._replace(product_weight=np.zeros(2), category_weight=np.zeros(1))
    base = replace(base, pooled=free)
    found = changes(planned, goods(rates), rates, base)
    h = 1e-5
    moved = (
        replace(base, pooled=free._replace(product=free.product + h, category=free.category + h, shop=free.shop + h)),
        replace(base, cross=base.cross._replace(estimate=0.5 + h)),
        replace(base, past=base.past._replace(estimate=0.4 + h)),
    )
    for k, other in enumerate(moved):
        there = changes(planned, goods(rates), rates, other)
        for name in ("margin", "cost", "net"):
            slope = (getattr(there, name).amount - getattr(found, name).amount) / h
            assert slope == pytest.approx(getattr(found, name).shared[:, k], rel=1e-3, abs=1e-3)


def test_rows_add_up_and_keep_to_the_schema() -> None:
    (answer,) = price_responses(shop(), [off(0.2, "soap")], as_of=LAST, prices=known(se=0.1))
    table = pa.Table.from_batches(answer.batches())
    assert table.schema.equals(RESPONSE)
    rows = table.to_pylist()
    assert [row["customer_id"] for row in rows] == ["ann", "bob"]
    assert all(row["net_margin"] == row["incremental_margin"] - row["expected_cost"] for row in rows)
    assert all(row["liability"] >= row["expected_cost"] for row in rows)
    assert answer.learned.net.estimate == pytest.approx(np.mean([row["net_margin"] for row in rows]))
    assert answer.learned.source is Source.PRICES
    assert not answer.learned.personal
    assert answer.learned.scored == 2
    assert rows[0]["reasons"][:2] == [Why.FOLLOWS_PRICES, Why.OWN_HABITS]
    assert rows[0]["expected_cost"] > rows[1]["expected_cost"]  # she buys more of it
    again = pa.Table.from_batches(answer.batches())
    assert again.equals(table)


def test_one_use_costs_less_than_any_number_of_uses() -> None:
    """Ann buys wash every 7 days: of about 8 purchases in 56 days one use covers one at most."""
    endless = off(0.2, days=56)
    once = Planned(replace(endless.offer, uses=1), days=56)
    many, one = price_responses(shop(), [endless, once], as_of=LAST, prices=known())
    first, second = (next(answer.batches()).to_pylist()[0] for answer in (many, one))
    assert 0 < second["expected_cost"] < 0.25 * first["expected_cost"]
    assert first_uses(np.array([8.0]), 1).tolist() == [pytest.approx(1 - math.exp(-8))]
    assert first_uses(np.array([2.0]), 2)[0] == pytest.approx(2 - 2 * math.exp(-2) - 2 * math.exp(-2))


def test_what_half_of_the_purchases_think_of_does_half() -> None:
    whole, half = price_responses(shop(), [off(0.2), off(0.2, noticed=0.5)], as_of=LAST, prices=known(se=0.1))
    for name in ("margin", "cost", "net"):
        one, other = getattr(whole.learned, name), getattr(half.learned, name)
        assert other.estimate == pytest.approx(one.estimate / 2, abs=1e-3)
        assert other.se == pytest.approx(one.se / 2)


def test_fees_are_paid_on_what_comes_more() -> None:
    """Fees of 5 %: margin per day of wash falls by 5 % of its value."""
    with_fees = demand(shop(0.05), LAST)
    assert with_fees.margin[1] == pytest.approx(rates_by_hand().margin[1] - 0.05 * with_fees.value[1])


def test_a_depth_that_was_never_tried_lowers_the_grade() -> None:
    tried, beyond = price_responses(shop(), [off(0.3), off(0.6)], as_of=LAST, prices=known())
    assert tried.learned.grade is Grade.QUASI
    assert beyond.learned.grade is Grade.OBSERVATIONAL
    assert Why.CHECK_FAILED in beyond.learned.reasons


@pytest.mark.parametrize(
    ("planned", "text"),
    [
        (off(None), "takes no percentage off"),
        (off(0.1, "nowhere"), "nothing of nowhere was sold"),
        (off(0.1, categories=("toys",)), "nothing of toys was sold"),
    ],
)
def test_offers_that_prices_cannot_answer(planned: Planned, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        price_responses(shop(), [planned], as_of=LAST, prices=known())


@pytest.mark.parametrize(("depth", "days", "text"), [(1.0, 14, "depth"), (0.0, 14, "depth"), (0.1, 0, "days")])
def test_plans_that_cannot_be(depth: float, days: int, text: str) -> None:
    with pytest.raises(ConfigError, match=text):
        off(depth, days=days)


def test_a_shop_whose_prices_never_moved_says_so() -> None:
    with pytest.raises((EstimationError, DataError), match=r"do not move|no product was sold"):
        price_responses(shop(), [off()], as_of=LAST)


def test_simulated_shop_beside_its_truth() -> None:
    """A percentage that reaches people through their mail, foretold from shelf prices alone.

    The truth of 1,500 customers is known without noise; the prediction lies within 40 % of it, and says that most of
    the discount goes to what would have been bought anyway. (`benchmarks/quality_elasticity.py` has the figures.)
    """
    rng = np.random.default_rng(4)
    cuts = [
        PromotionSpec(
            promotion_id=f"cut{c}-{k}", kind="price_cut", start_day=14 + 7 * int(rng.integers(0, 24)), days=14,
            depth=float(rng.choice([0.1, 0.2, 0.3])), categories=(c,), product_share=0.5,
        )
        for c in range(10) for k in range(2)
    ]  # fmt: skip
    mail = PromotionSpec(
        promotion_id="mail", kind="experiment", start_day=210, days=14, depth=0.15, attention=1.0, uses=0,
    )  # fmt: skip
    made = simulate(ShopConfig(seed=4, customers=1500, products=60, categories=10, days=252, promotions=(*cuts, mail)))
    opened = open_shop(connect(made.tables), Terms())
    planned = Planned(Offer("mail", "Mail", "campaign", depth=0.15, uses=0), days=14)
    (answer,) = price_responses(opened, [planned], as_of=day_number(opened.span.start) + 210)
    truth = next(row for row in made.truth.to_pylist() if row["promotion_id"] == "mail")
    per_head = truth["net_lift_minor"] / truth["n_treated"]
    assert answer.learned.net.estimate == pytest.approx(per_head, rel=0.4)
    assert answer.learned.grade is Grade.QUASI
    assert answer.learned.pilot is not None
