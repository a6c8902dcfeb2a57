"""The regions design on planted panels: right on average, honest about its error, linear, and alert."""

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.evaluation.designs.imputation import Panel, impute
from netlift.evaluation.designs.regions import regions
from netlift.evaluation.designs.synthetic import synthetic
from netlift.types import Grade

ONE = np.ones(1)


def planted(
    seed: int,
    *,
    units: int = 18,
    periods: int = 40,
    treated: int = 8,
    effect: float = 0.12,
    waves: int = 2,
    shock: float = 0.03,
    start: int = 24,
    loading: float = 0.0,
):
    """Weekly profit of regions of very different size.

    A common season and trend multiply a region's level; regions have autocorrelated shocks of their own (sd `shock`)
    and order noise whose variance grows with size; the promotion adds `effect` for six weeks and takes a third of it
    back in four weeks of wash-out. `loading` makes regions follow a second common wave to different degrees.
    """
    rng = np.random.default_rng(seed)
    size, week = np.exp(0.6 * rng.normal(size=units)), np.arange(periods)
    season = 0.15 * np.cos(2 * np.pi * week / 52) + 0.002 * week + rng.normal(0, 0.03, periods)
    own = np.zeros((units, periods))
    for t in range(1, periods):
        own[:, t] = 0.6 * own[:, t - 1] + 0.8 * shock * rng.normal(size=units)
    wave = loading * rng.normal(size=units)[:, None] * np.sin(week / 4)[None]
    mean = 1e5 * size[:, None] * np.exp(season[None] + own + wave)
    without = mean + np.sqrt(mean * 2e3) * rng.normal(size=mean.shape)
    state = np.zeros((units, periods), dtype=np.int8)
    for rank, unit in enumerate(rng.permutation(units)[:treated]):
        first = start + 2 * (rank % waves)
        state[unit, first : first + 6], state[unit, first + 6 : first + 10] = 1, 2
    lift = np.where(state == 1, effect, np.where(state == 2, -effect / 2, 0.0)) * (
        1 + 0.4 * rng.normal(size=(units, 1))
    )
    return without + lift * mean, state, (lift * mean)[state == 1].sum(), (lift * mean)[state == 2].sum()


def effect_of(y, state, **options):
    contrast, checks = regions(y[..., None], state, **options)
    return contrast.effect(ONE, level=0.9, grade=Grade.QUASI), contrast, {check.code: check for check in checks}


def covered(n: int, **options) -> tuple[float, float]:
    """Share of 90 % intervals of the imputation that hold the truth, and its mean error in standard errors."""
    from scipy.stats import t

    inside, misses = 0, []
    for seed in range(n):
        y, state, on, after = planted(seed, **options)
        found = impute(Panel(y[..., None], state == 0, (state > 0)[None], ONE))
        miss, se = found.total[0] - on - after, np.sqrt(np.sum(found.influence**2))
        inside += abs(miss) <= t.ppf(0.95, found.dof) * se
        misses.append(miss)
    return inside / n, float(np.mean(misses) / np.std(misses) * np.sqrt(n))


@pytest.mark.parametrize(
    "options", [{}, {"effect": 0.0}, {"treated": 2}, {"units": 40, "treated": 20}, {"shock": 0.08}, {"start": 10}]
)
def test_intervals_hold_the_planted_total(options):
    """200 panels at 90 %: the share is .9 within 4 standard errors (.021), the mean error within 3 of its own."""
    share, bias = covered(200, **options)
    assert 0.815 <= share <= 0.985
    assert abs(bias) < 3


def test_everybody_treated_in_the_end_is_judged_by_the_not_yet_treated():
    """No region stays clean: leave-out residuals, five waves; conservative is allowed, too short is not."""
    share, bias = covered(100, units=20, treated=20, waves=7, start=14)
    assert share >= 0.82
    assert abs(bias) < 3


def test_equal_regions_give_the_textbook_difference_in_differences():
    """Two dates, equal sizes, no noise in sizes: the total is n (after - before) of treated less that of controls."""
    rng = np.random.default_rng(1)
    level = 1000 + np.zeros((10, 1))
    y = level + rng.normal(0, 1e-3, (10, 2)) + np.array([[0.0, 50.0]])
    state = np.zeros((10, 2), dtype=np.int8)
    state[:5, 1] = 1
    y[:5, 1] += 30
    panel = Panel(y[..., None], state == 0, (state > 0)[None], ONE)
    expected = 5 * ((y[:5, 1] - y[:5, 0]).mean() - (y[5:, 1] - y[5:, 0]).mean())
    assert impute(panel).total[0] == pytest.approx(expected, rel=1e-3)


def test_a_noiseless_multiplicative_panel_is_recovered_exactly():
    """Regions of sizes 1 to 50 that share one season: the planted 10 % comes back to a millionth."""
    size, season = np.linspace(1, 50, 12)[:, None], 1 + 0.5 * np.sin(np.arange(30))[None]
    mean = 1e4 * size * season
    state = np.zeros(mean.shape, dtype=np.int8)
    state[::2, 20:25] = 1
    y = np.where(state > 0, 1.1 * mean, mean)
    found = impute(Panel(y[..., None], state == 0, (state > 0)[None], ONE))
    assert found.total[0] == pytest.approx(0.1 * mean[state > 0].sum(), rel=1e-6)


def test_parts_add_up_and_phases_stand_apart():
    """Four columns that sum to the profit, promotion and wash-out apart: every sum is the total's."""
    y, state, on, after = planted(3)
    rng = np.random.default_rng(0)
    parts = np.stack([0.5 * y, 0.8 * y, -0.3 * y, rng.normal(size=y.shape)], axis=2)
    coefficients = np.array([1.0, 1.0, 1.0, 0.0])
    split, _ = regions(parts, state, profit=coefficients, by_state=True)
    whole, _ = regions(y[..., None], state)
    assert split.total.shape == (8,)
    assert split.total.reshape(2, 4).sum(axis=0) @ coefficients == pytest.approx(whole.total[0], rel=1e-9)
    assert split.se(np.tile(coefficients, 2)) == pytest.approx(whole.se(ONE), rel=1e-9)
    assert split.total[:3].sum() == pytest.approx(on, abs=3 * split.se(np.r_[coefficients, 0, 0, 0, 0]))
    assert split.total[4:7].sum() == pytest.approx(after, abs=3 * split.se(np.r_[0, 0, 0, 0, coefficients]))


def test_a_quiet_panel_passes_its_checks():
    y, state, _, _ = planted(4)
    _, contrast, checks = effect_of(y, state)
    assert set(checks) == {"identified", "pre_trend", "placebo_dates", "placebo_units"}
    assert all(check.passed for check in checks.values())
    assert contrast.method == "did-imputation"
    assert contrast.n_treated == (state > 0).sum()


def test_a_drift_before_the_start_is_noticed():
    """Treated regions grow 2 % a week against the others: in most of 10 panels the pre-trend test fails."""
    failed, power = 0, []
    for seed in range(10):
        y, state, _, _ = planted(seed, effect=0.0)
        treated = (state > 0).any(axis=1)
        y = y * np.where(treated[:, None], 1 + 0.02 * np.arange(y.shape[1])[None], 1.0)
        check = effect_of(y, state)[2]["pre_trend"]
        failed += check.passed is False
        power.append(check.numbers["power"])
    assert failed >= 8
    assert all(0.05 <= value <= 1 for value in power)


def test_a_shared_shock_of_the_treated_widens_the_interval():
    """The treated regions rise and fall together for weeks: placebo dates see it and ask for more room."""
    widened = []
    for seed in range(8):
        y, state, _, _ = planted(seed, effect=0.0, start=30, periods=44)
        treated = (state > 0).any(axis=1)
        wave = 0.25 * np.sin(np.arange(y.shape[1]) / 2.5 + seed)
        widened.append(regions((y * np.where(treated[:, None], 1 + wave, 1.0))[..., None], state)[0].widen)
    assert np.mean(widened) > 1.3


def test_placebo_units_tell_a_real_effect_from_luck():
    y, state, _, _ = planted(5, effect=0.4)
    real = effect_of(y, state)[2]["placebo_units"].numbers["p_value"]
    y, state, _, _ = planted(5, effect=0.0)
    assert real < 0.05 < effect_of(y, state)[2]["placebo_units"].numbers["p_value"]


def test_regions_that_follow_another_wave_get_a_synthetic_double():
    """One treated region, a strong second wave with region-specific loadings: the double is the more precise one."""
    rng, plain, double = np.random.default_rng(0), [], []
    for seed in range(12):
        y, state, on, after = planted(seed, units=25, treated=1, loading=0.3, shock=0.005)
        panel = Panel(y[..., None], state == 0, (state > 0)[None], ONE)
        plain.append(impute(panel).total[0] - on - after)
        double.append(synthetic(panel, rng=rng).total[0] - on - after)
    assert np.std(double) < 0.6 * np.std(plain)
    assert regions(y[..., None], state)[0].method == "synthetic-did"


def test_the_synthetic_double_covers():
    """60 panels with two treated regions at 90 %, placebo errors: at least .8 of the intervals hold the truth."""
    from scipy.stats import t

    rng, inside = np.random.default_rng(0), 0
    for seed in range(60):
        y, state, on, after = planted(seed, units=20, treated=2, loading=0.2)
        found = synthetic(Panel(y[..., None], state == 0, (state > 0)[None], ONE), rng=rng, draws=40)
        se = np.sqrt(np.sum(found.influence**2))
        inside += abs(found.total[0] - on - after) <= t.ppf(0.95, found.dof) * se
    assert 0.8 <= inside / 60 <= 0.99


def test_cells_of_another_promotion_and_holes_are_left_out():
    """A tenth of the cells is not to be used: the answer moves by less than its error, absurd values do not matter."""
    y, state, _, _ = planted(6)
    full = regions(y[..., None], state)[0]
    rng = np.random.default_rng(1)
    holes = (rng.random(state.shape) < 0.1) & (state == 0)
    spoiled = np.where(holes, 1e12, y)
    part = regions(spoiled[..., None], np.where(holes, -1, state).astype(np.int8))[0]
    assert part.total[0] == pytest.approx(full.total[0], abs=full.se(ONE))
    missing = np.where(holes, np.nan, y)
    assert regions(missing[..., None], state)[0].total[0] == pytest.approx(part.total[0], rel=1e-9)


def test_periods_without_any_clean_region_are_named():
    """All regions run in the last two weeks: those cells are left out, and `identified` says so."""
    y, state, _, _ = planted(7)
    state[:, -2:] = 1
    _, _, checks = effect_of(y, state)
    assert checks["identified"].passed is False
    assert checks["identified"].numbers["left_out"] == 2 * len(state)


@pytest.mark.parametrize(
    ("state", "message"),
    [(np.zeros((6, 10)), "in no region"), (np.tile(np.r_[np.zeros(5), np.ones(5)], (6, 1)), "in every region"),
     (np.zeros((6, 9)), "do not fit")],
)  # fmt: skip
def test_panels_without_a_comparison_are_refused(state, message):
    y = np.random.default_rng(1).normal(100, 1, (6, 10, 1))
    with pytest.raises(EstimationError, match=message):
        regions(y, state.astype(np.int8))


def test_one_region_against_two_is_refused():
    y = np.random.default_rng(1).normal(100, 1, (3, 20, 1))
    state = np.zeros((3, 20), dtype=np.int8)
    state[0, 15:] = 1
    with pytest.raises(EstimationError, match="needs"):
        regions(y, state)


def test_levels_at_or_below_zero_do_not_break_it():
    """A region that loses money and a whole shop that does: finite answers."""
    y, state, _, _ = planted(8)
    y[0] -= 2 * y[0].mean()
    assert np.isfinite(regions(y[..., None], state)[0].se(ONE))
    assert np.isfinite(regions(-y[..., None], state)[0].se(ONE))
