"""CLV and totals: the sum over months written out, and intervals that hold what they promise."""

import numpy as np
import pytest
from scipy.special import hyp2f1

from netlift.errors import ConfigError
from netlift.profiles.value.bg_nbd import BGNBD
from netlift.profiles.value.clv import Terms, clv, total_clv, total_purchases
from netlift.profiles.value.gamma_gamma import GammaGamma, spend_groups
from netlift.profiles.value.histories import Histories
from netlift.profiles.value.model import PurchaseModel
from netlift.profiles.value.pareto_nbd import ParetoNBD

from .value_worlds import simulated

BG = (0.5, 4.0, 1.2, 3.0)
PARETO = (0.55, 8.0, 0.6, 12.0)
AMOUNTS = GammaGamma.of(p=6, q=4, v=1500)
TERMS = Terms(months=12, monthly_rate=0.01, margin=0.3)


def planted(name: str) -> PurchaseModel:
    model, values = (BGNBD, BG) if name == "bg_nbd" else (ParetoNBD, PARETO)
    return model.of(**dict(zip(model.names, values, strict=True)))


def test_clv_is_the_sum_over_months_written_out() -> None:
    """One customer, by hand: equation 10 of Fader, Hardie & Lee 2005 for each month, discounted from its end."""
    x, recency, age, own = 2.0, 30.43, 38.86, 2235.0
    r, alpha, a, b = BG
    start = alpha + age
    alive = 1 / (1 + a / (b + x - 1) * (start / (alpha + recency)) ** (r + x))

    def expected(weeks: float) -> float:
        series = hyp2f1(r + x, b + x, a + b + x - 1, weeks / (start + weeks))
        return float(alive * (a + b + x - 1) / (a - 1) * (1 - (start / (start + weeks)) ** (r + x) * series))

    month = 365.25 / 12 / 7
    purchases = sum((expected(i * month) - expected((i - 1) * month)) / 1.01**i for i in range(1, 13))
    spend = 6 * (1500 + x * own) / (6 * x + 4 - 1)
    one = Histories(np.array([x]), np.array([recency]), np.array([age]), np.array([own]))
    assert clv(planted("bg_nbd"), AMOUNTS, one, TERMS)[0] == pytest.approx(0.3 * spend * purchases, rel=1e-9)


@pytest.mark.parametrize("name", ["bg_nbd", "pareto_nbd"])
def test_without_interest_months_add_up_to_the_horizon(name: str) -> None:
    given, model = simulated(name, BG if name == "bg_nbd" else PARETO, 200, np.random.default_rng(1)), planted(name)
    np.testing.assert_allclose(
        model.discounted_purchases(given, months=24, monthly_rate=0.0),
        model.expected_purchases(given, 24 * given.month),
        rtol=1e-10,
    )


def test_interest_lowers_what_is_far_ahead() -> None:
    given = simulated("bg_nbd", BG, 200, np.random.default_rng(1))
    values = [clv(planted("bg_nbd"), AMOUNTS, given, Terms(24, rate)).sum() for rate in (0.0, 0.01, 0.05)]
    assert values[0] > values[1] > values[2] > 0


def test_a_resample_is_fitted_as_if_it_were_the_data() -> None:
    """`refit` with bootstrap counts lands where `fit` on the repeated customers does."""
    rng = np.random.default_rng(2)
    given = simulated("pareto_nbd", PARETO, 1500, rng)
    chosen = rng.integers(0, len(given), len(given))
    assert given.spend is not None
    again = Histories(given.frequency[chosen], given.recency[chosen], given.age[chosen], given.spend[chosen])
    counts = np.bincount(chosen, minlength=len(given)).astype(float)
    quick = ParetoNBD().fit(given).refit(given.groups, given.groups.tally(counts))
    assert list(quick.parameters_.values()) == pytest.approx(
        list(ParetoNBD().fit(again).parameters_.values()), rel=1e-3
    )
    amounts = spend_groups(given)
    money = GammaGamma().fit(given).refit(amounts, amounts.tally(counts[given.frequency > 0]))
    assert list(money.parameters_.values()) == pytest.approx(
        list(GammaGamma().fit(again).parameters_.values()), rel=1e-3
    )


@pytest.mark.slow
def test_intervals_of_total_clv_hold_the_truth() -> None:
    """40 simulated shops of 800 customers: 90 % intervals hold the total under the planted parameters.

    With 40 shops, 30 hits or fewer have a chance of 0.5 % if the level is kept (binomial).
    """
    inside, truth = 0, planted("bg_nbd")
    for shop in range(40):
        rng = np.random.default_rng(shop)
        given = simulated("bg_nbd", BG, 800, rng)
        total = total_clv(BGNBD().fit(given), GammaGamma().fit(given), given, TERMS, rng=rng, draws=59)
        inside += total.lower <= clv(truth, AMOUNTS, given, TERMS).sum() <= total.upper
    assert 31 <= inside <= 40


@pytest.mark.slow
def test_intervals_of_purchases_hold_what_happens() -> None:
    """60 simulated shops: one real future of each, drawn with the planted parameters, lies in 90 % of the intervals.

    48 of 60 or fewer have a chance of 1.5 % if the level is kept (binomial).
    """
    inside, truth = 0, planted("bg_nbd")
    for shop in range(60):
        rng = np.random.default_rng(1000 + shop)
        given = simulated("bg_nbd", BG, 800, rng)
        actual = truth.draw_purchases(given, 26, rng).sum()
        total = total_purchases(BGNBD().fit(given), given, 26, rng=rng, draws=79)
        inside += total.lower <= actual <= total.upper
    assert 49 <= inside <= 60


def test_what_happens_spreads_wider_than_what_is_expected() -> None:
    given = simulated("bg_nbd", BG, 500, np.random.default_rng(3))
    model = BGNBD().fit(given)
    spread = [
        total_purchases(model, given, 26, rng=np.random.default_rng(4), draws=99, outcome=outcome).se
        for outcome in (False, True)
    ]
    assert 0 < spread[0] < spread[1]


def test_the_same_seed_gives_the_same_interval() -> None:
    given = simulated("bg_nbd", BG, 300, np.random.default_rng(5))
    models = BGNBD().fit(given), GammaGamma().fit(given)
    totals = [total_clv(*models, given, TERMS, rng=np.random.default_rng(6), draws=9) for _ in range(2)]
    assert totals[0] == totals[1]
    assert totals[0].lower < totals[0].upper
    assert totals[0].estimate == pytest.approx(clv(*models, given, TERMS).sum())


@pytest.mark.parametrize("terms", [{"months": 0}, {"monthly_rate": -1.0}, {"margin": 1.2}, {"margin": -0.1}])
def test_terms_that_make_no_sense_are_refused(terms: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="CLV needs"):
        Terms(**terms)  # type: ignore[arg-type]


@pytest.mark.parametrize(("level", "draws"), [(0.0, 9), (1.0, 9), (0.9, 0)])
def test_levels_and_draws_that_make_no_sense_are_refused(level: float, draws: int) -> None:
    given = simulated("bg_nbd", BG, 300, np.random.default_rng(5))
    with pytest.raises(ConfigError, match="level lies between 0 and 1"):
        total_purchases(planted("bg_nbd"), given, 9, rng=np.random.default_rng(1), level=level, draws=draws)
