"""The purchase models and Gamma-Gamma: their algebra, their limits, and whether they find what was planted."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import hyp2f1

from netlift.errors import ConfigError, EstimationError, NotFittedError
from netlift.profiles.value.bg_nbd import BGNBD
from netlift.profiles.value.gamma_gamma import GammaGamma
from netlift.profiles.value.histories import Groups, Histories
from netlift.profiles.value.model import LikelihoodModel, PurchaseModel
from netlift.profiles.value.pareto_nbd import ParetoNBD, _fates
from netlift.profiles.value.quadrature import beta_rule

from .value_worlds import Floats, simulated

TRUTH = {"bg_nbd": (0.5, 4.0, 1.0, 3.0), "pareto_nbd": (0.55, 8.0, 0.6, 12.0)}
MODELS: dict[str, type[PurchaseModel]] = {"bg_nbd": BGNBD, "pareto_nbd": ParetoNBD}


def known(name: str) -> PurchaseModel:
    """The model with the planted parameters."""
    return MODELS[name].of(**dict(zip(MODELS[name].names, TRUTH[name], strict=True)))


def some(rng: np.random.Generator, n: int = 40) -> Histories:
    """Histories of every kind, of heavy buyers and of customers seen on one day only too."""
    age = rng.uniform(0, 80, n)
    frequency = np.floor(np.exp(rng.uniform(0, 5, n))) - 1
    recency = np.where(frequency > 0, age * rng.uniform(0.01, 1, n), 0.0)
    return Histories(frequency, recency, age, np.where(frequency > 0, rng.gamma(3, 500, n), np.nan))


@pytest.mark.parametrize(
    ("model", "parameters"),
    [
        (BGNBD, (0.3, 5.0, 0.7, 2.0)),
        (ParetoNBD, (0.6, 10.0, 0.6, 12.0)),
        (ParetoNBD, (2.0, 40.0, 1.5, 3.0)),
        (GammaGamma, (5.0, 3.0, 900.0)),
    ],
)
def test_gradients_are_those_of_the_densities(model: type[LikelihoodModel], parameters: tuple[float, ...]) -> None:
    """Central differences of every row's log density."""
    given = some(np.random.default_rng(2))
    rows = given.groups.rows
    if model is GammaGamma:
        again = given.frequency > 0
        assert given.spend is not None
        rows = np.column_stack([given.frequency[again], given.spend[again]])
    theta, density = np.log(parameters), model()._density
    slope = density(theta, rows)[1]
    for place, unit in enumerate(np.eye(len(theta))):
        ends = [density(theta + side * 1e-5 * unit, rows)[0] for side in (1, -1)]
        np.testing.assert_allclose(slope[:, place], (ends[0] - ends[1]) / 2e-5, rtol=2e-6, atol=2e-6)


def by_adaptive_quadrature(values: Floats, row: Floats) -> float:
    """Log of the integral by QUADPACK; t = recency + (c + recency)(e^v - 1) spreads the narrow part near its start."""
    r, alpha, s, beta = values
    x, recency, age = row
    scale = min(alpha, beta) + recency

    def log_height(t: float) -> float:
        return float(-(r + x) * np.log(alpha + t) - (s + 1) * np.log(beta + t))

    def integrand(v: float) -> float:
        return float(np.exp(log_height(recency + scale * np.expm1(v)) - log_height(recency) + v) * scale)

    end = np.log1p((age - recency) / scale)
    cuts = end * np.geomspace(1e-3, 0.5, 6)
    found, _ = quad(integrand, 0, end, points=cuts, epsabs=0, epsrel=1e-11, limit=400)
    return float(np.log(s) + log_height(recency) + np.log(found))


@pytest.mark.parametrize("seed", range(6))
def test_the_integral_of_pareto_nbd_keeps_its_digits(seed: int) -> None:
    """On shapes from 0.05 to 20, rates from 0.02 to 1000 and frequencies up to 700."""
    rng = np.random.default_rng(seed)
    for _ in range(20):
        r, s = np.exp(rng.uniform(-3, 3, 2))
        alpha, beta = np.exp(rng.uniform(-4, 7, 2))
        age, x = np.exp(rng.uniform(-1, 6)), np.floor(np.exp(rng.uniform(0, 6.5))) - 1
        values, row = np.array([r, alpha, s, beta]), np.array([x, age * rng.uniform(0.01, 1) if x else 0.0, age])
        assert _fates(values, row[None])[1][0] == pytest.approx(by_adaptive_quadrature(values, row), abs=1e-9)


def test_an_empty_range_leaves_no_chance_of_having_left() -> None:
    """A purchase on the very date: the customer is there for certain, and the gradient stays finite."""
    now = Histories(np.array([3.0]), np.array([20.0]), np.array([20.0]))
    model = known("pareto_nbd")
    assert model.p_alive(now) == 1.0
    assert np.all(np.isfinite(model._density(np.log(TRUTH["pareto_nbd"]), now.groups.rows)[1]))


def test_pareto_nbd_p_alive_is_the_closed_form() -> None:
    """By an integral in 40 digits (mpmath 1.4), for CDNOW's first customer: 0.86912161686."""
    model = ParetoNBD.of(r=0.5533, alpha=10.578, s=0.6062, beta=11.668)
    one = Histories(np.array([2.0]), np.array([30.43]), np.array([38.86]))
    assert model.p_alive(one)[0] == pytest.approx(0.86912161686, abs=1e-10)


@pytest.mark.parametrize("a", [0.3, 0.8, 2.5])
def test_bg_nbd_expected_purchases_are_equation_10(a: float) -> None:
    """Fader, Hardie & Lee 2005: (a+b+x-1)/(a-1) [1 - (A/(A+h))^(r+x) 2F1(r+x, b+x; a+b+x-1; h/(A+h))] P(alive)."""
    r, alpha, b, horizon = 0.24, 4.4, 2.4, 39.0
    given = some(np.random.default_rng(3))
    x, start = given.frequency, alpha + given.age
    model = BGNBD.of(r=r, alpha=alpha, a=a, b=b)
    series = hyp2f1(r + x, b + x, a + b + x - 1, horizon / (start + horizon))
    wanted = (a + b + x - 1) / (a - 1) * (1 - (start / (start + horizon)) ** (r + x) * series) * model.p_alive(given)
    small = (x < 20) & (given.age > 5)  # where scipy's series keeps its digits
    assert small.sum() > 15
    np.testing.assert_allclose(model.expected_purchases(given, horizon)[small], wanted[small], rtol=1e-7)


def test_bg_nbd_passes_smoothly_through_the_place_where_its_formula_divides_by_zero() -> None:
    given = some(np.random.default_rng(4))
    left, middle, right = (
        BGNBD.of(r=0.3, alpha=5, a=a, b=2).expected_purchases(given, 52) for a in (1 - 1e-5, 1.0, 1 + 1e-5)
    )
    np.testing.assert_allclose(middle, (left + right) / 2, rtol=1e-9)


def test_pareto_nbd_passes_smoothly_through_s_equal_to_1() -> None:
    given = some(np.random.default_rng(4))
    left, middle, right = (
        ParetoNBD.of(r=0.5, alpha=9, s=s, beta=11).expected_purchases(given, 52) for s in (1 - 1e-5, 1.0, 1 + 1e-5)
    )
    np.testing.assert_allclose(middle, (left + right) / 2, rtol=1e-9)


@pytest.mark.parametrize(("first", "second"), [(0.2, 0.8), (1.0, 1.0), (3.0, 500.0), (0.01, 3000.0)])
def test_the_rule_for_beta_gives_its_moments(first: float, second: float) -> None:
    """E p = a/(a+b), E p^2 = a(a+1)/((a+b)(a+b+1)), and weights that sum to 1; a + b = 1 is the awkward case."""
    p, weights = beta_rule(first, second, 64)
    whole = first + second
    assert weights.sum() == pytest.approx(1, rel=1e-12)
    assert weights @ p == pytest.approx(first / whole, rel=1e-8)
    assert weights @ p**2 == pytest.approx(first * (first + 1) / (whole * (whole + 1)), rel=1e-8)


@pytest.mark.parametrize("name", MODELS)
def test_planted_parameters_are_found(name: str) -> None:
    """20,000 simulated customers: the likelihood ratio of fit and truth is one that chance explains.

    Twice its logarithm is chi-square with 4 degrees of freedom; 18.47 is exceeded once in 1,000 times. The errors
    are small enough for that to mean something.
    """
    given = simulated(name, TRUTH[name], 20_000, np.random.default_rng(5))
    model = MODELS[name]().fit(given)
    truth = model._density(np.log(TRUTH[name]), given.groups.rows)[0] @ given.groups.counts
    assert 0 <= 2 * (model.log_likelihood_ - truth) < 18.47
    assert all(model.standard_errors_[one] < 0.2 * value for one, value in zip(model.names, TRUTH[name], strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_standard_errors_are_the_spread_of_fits(name: str) -> None:
    """40 simulated shops: the mean of the stated errors and the spread of the estimates differ by chance only.

    The spread of 40 logarithms has a standard error of 11 %; 35 % is three of them.
    """
    rng = np.random.default_rng(6)
    fits = [MODELS[name]().fit(simulated(name, TRUTH[name], 1500, rng)) for _ in range(40)]
    for parameter in fits[0].names[:2]:
        found = np.log([fit.parameters_[parameter] for fit in fits])
        stated = np.mean([fit.standard_errors_[parameter] / fit.parameters_[parameter] for fit in fits])
        assert found.std(ddof=1) / stated == pytest.approx(1, abs=0.35)


@pytest.mark.parametrize("name", MODELS)
def test_futures_that_are_played_have_the_expected_mean(name: str) -> None:
    """400 futures of 500 customers: the mean total within 4 of its standard errors."""
    rng = np.random.default_rng(7)
    given, model = simulated(name, TRUTH[name], 500, rng), known(name)
    totals = np.array([model.draw_purchases(given, 30, rng).sum() for _ in range(400)])
    expected = model.expected_purchases(given, 30).sum()
    assert abs(totals.mean() - expected) < 4 * totals.std() / np.sqrt(len(totals))


@pytest.mark.parametrize("name", MODELS)
def test_p_alive_falls_with_silence(name: str) -> None:
    """Of two customers with the same purchases, the one who has been silent for longer is less likely to be there."""
    silent = Histories(np.full(5, 4.0), np.array([40.0, 30, 20, 10, 5]), np.full(5, 40.0))
    chances = known(name).p_alive(silent)
    assert np.all(np.diff(chances) < 0)
    assert np.all((chances > 0) & (chances <= 1))


@pytest.mark.parametrize("name", MODELS)
def test_days_instead_of_weeks_change_the_times_only(name: str) -> None:
    """Scale parameters are 7 times as large, shapes stay; the density of each purchase time is divided by 7."""
    weeks = simulated(name, TRUTH[name], 3000, np.random.default_rng(8))
    days = Histories(weeks.frequency, weeks.recency * 7, weeks.age * 7, weeks.spend, "day")
    models = [MODELS[name]().fit(given) for given in (weeks, days)]
    ratios = [models[1].parameters_[one] / models[0].parameters_[one] for one in models[0].names]
    assert ratios == pytest.approx([7.0 if one in ("alpha", "beta") else 1.0 for one in models[0].names], rel=1e-4)
    shift = weeks.frequency.sum() * np.log(7)
    assert models[1].log_likelihood_ == pytest.approx(models[0].log_likelihood_ - shift, abs=1e-4)
    yearly = [
        model.discounted_purchases(given, months=12, monthly_rate=0.01)
        for model, given in zip(models, (weeks, days), strict=True)
    ]
    np.testing.assert_allclose(yearly[0], yearly[1], rtol=1e-4)


def test_equal_customers_are_counted_not_repeated() -> None:
    """Every customer ten times: the same parameters, ten times the log-likelihood, errors smaller by root 10."""
    once = simulated("bg_nbd", TRUTH["bg_nbd"], 800, np.random.default_rng(9))
    ten = Histories(*(np.repeat(column, 10) for column in (once.frequency, once.recency, once.age)))
    assert len(ten.groups.rows) == len(once.groups.rows)
    single, many = BGNBD().fit(once), BGNBD().fit(ten)
    assert list(many.parameters_.values()) == pytest.approx(list(single.parameters_.values()), rel=1e-5)
    assert many.log_likelihood_ == pytest.approx(10 * single.log_likelihood_, rel=1e-9)
    assert many.standard_errors_["r"] == pytest.approx(single.standard_errors_["r"] / np.sqrt(10), rel=1e-4)


def test_many_distinct_rows_end_at_the_maximum_of_all_of_them() -> None:
    """12,000 distinct rows, of which 5,000 find the place: from another start on all rows, the same point."""
    given = simulated("bg_nbd", TRUTH["bg_nbd"], 25_000, np.random.default_rng(10))
    assert len(given.groups.rows) > 10_000
    model = BGNBD().fit(given)
    value, slope = model._density(np.log(list(model.parameters_.values())), given.groups.rows)
    counts = given.groups.counts
    assert value @ counts == pytest.approx(model.log_likelihood_, rel=1e-12)
    assert np.abs(counts @ slope / np.sqrt(len(given))).max() < 1e-3  # in units of a standard error, about


def test_groups_lead_back_to_the_customers() -> None:
    rng = np.random.default_rng(11)
    columns = [rng.integers(0, 4, 200).astype(float) for _ in range(3)]
    groups = Groups.of(*columns)
    np.testing.assert_array_equal(groups.rows[groups.place], np.column_stack(columns))
    np.testing.assert_array_equal(groups.tally(np.ones(200)), groups.counts)
    assert len({tuple(row) for row in groups.rows.tolist()}) == len(groups.rows)


@pytest.mark.parametrize("model", [BGNBD, ParetoNBD])
def test_customers_who_all_bought_once_are_refused(model: type[PurchaseModel]) -> None:
    with pytest.raises(EstimationError, match="all 50 customers bought once"):
        model().fit(Histories(np.zeros(50), np.zeros(50), np.full(50, 20.0)))


@pytest.mark.parametrize("model", [BGNBD, ParetoNBD])
def test_customers_who_are_all_alike_have_no_highest_likelihood(model: type[PurchaseModel]) -> None:
    """One rate for everybody and nobody leaves: r and alpha grow together for ever."""
    with pytest.raises(EstimationError, match="does not converge"):
        model().fit(Histories(np.full(50, 5.0), np.full(50, 38.0), np.full(50, 39.0)))


def test_amounts_that_are_all_alike_have_no_highest_likelihood() -> None:
    alike = Histories(np.full(50, 5.0), np.full(50, 38.0), np.full(50, 39.0), np.full(50, 1000.0))
    with pytest.raises(EstimationError, match="does not converge"):
        GammaGamma().fit(alike)


@pytest.mark.parametrize(("amount", "message"), [(0.0, "free orders"), (np.nan, "free orders"), (-5.0, "free orders")])
def test_amounts_that_gamma_gamma_cannot_hold_are_refused(amount: float, message: str) -> None:
    with pytest.raises(EstimationError, match=message):
        GammaGamma().fit(Histories(np.ones(2), np.ones(2), np.full(2, 9.0), np.array([500.0, amount])))


def test_gamma_gamma_needs_amounts_of_repeat_purchases() -> None:
    with pytest.raises(EstimationError, match="hold no spend"):
        GammaGamma().fit(Histories(np.ones(2), np.ones(2), np.full(2, 9.0)))
    with pytest.raises(EstimationError, match="bought once"):
        GammaGamma().fit(Histories(np.zeros(2), np.zeros(2), np.full(2, 9.0), np.full(2, np.nan)))


def test_planted_amounts_are_found() -> None:
    """What was planted: p 6, q 4, v 1500; within 3.5 standard errors from 20,000 customers."""
    model = GammaGamma().fit(simulated("bg_nbd", TRUTH["bg_nbd"], 20_000, np.random.default_rng(12)))
    for parameter, truth in {"p": 6.0, "q": 4.0, "v": 1500.0}.items():
        assert abs(model.parameters_[parameter] - truth) < 3.5 * model.standard_errors_[parameter]
    assert abs(model.correlation_) < 0.05  # amounts were drawn apart from frequencies


def test_expected_spend_moves_from_everybody_s_mean_to_the_customer_s_own() -> None:
    model, own = GammaGamma.of(p=6, q=4, v=1500), 9000.0
    frequency = np.array([0.0, 1, 5, 50, 5000])
    given = Histories(frequency, np.minimum(frequency, 10), np.full(5, 20.0), np.where(frequency > 0, own, np.nan))
    spend = model.expected_spend(given)
    assert spend[0] == pytest.approx(6 * 1500 / 3)
    assert np.all(np.diff(spend) > 0)
    assert spend[-1] == pytest.approx(own, rel=1e-3)


def test_amounts_without_a_mean_are_refused() -> None:
    with pytest.raises(EstimationError, match="no mean"):
        GammaGamma.of(p=6, q=0.9, v=1500).expected_spend(some(np.random.default_rng(1)))


def test_a_model_without_parameters_says_so() -> None:
    with pytest.raises(NotFittedError, match="call fit first"):
        BGNBD().p_alive(some(np.random.default_rng(1)))


def test_known_parameters_must_be_complete_and_positive() -> None:
    with pytest.raises(ConfigError, match="needs r, alpha, a, b"):
        BGNBD.of(r=1, alpha=2, a=3)
    with pytest.raises(ConfigError, match="above 0"):
        BGNBD.of(r=1, alpha=2, a=3, b=0)


@pytest.mark.parametrize("horizon", [-1.0, np.inf, np.nan])
def test_a_horizon_that_is_none_is_refused(horizon: float) -> None:
    with pytest.raises(ConfigError, match="horizon must be finite"):
        known("bg_nbd").expected_purchases(some(np.random.default_rng(1)), horizon)


def test_no_time_means_no_purchases() -> None:
    given: Floats = known("pareto_nbd").expected_purchases(some(np.random.default_rng(1)), 0.0)
    assert np.all(given == 0)
