"""Sample size, power and detectable effect agree with each other, with tables and with simulation."""

import numpy as np
import pytest
from scipy import stats

from netlift.errors import EstimationError
from netlift.experiments.power import days_needed, detectable, power_of, sample_size


def test_textbook_sizes():
    """Cohen (1988), table 2.4.1, two-sided alpha .05, power .80: d = .2, .5, .8 need 393 (exactly 393.4), 64, 26."""
    assert [sample_size(d, 1.0, power=0.8, level=0.95).control for d in (0.2, 0.5, 0.8)] == [394, 64, 26]


def test_power_equals_the_noncentral_t():
    shift, dof = 0.4 / (1.3 * np.sqrt(1 / 50 + 1 / 80)), 128
    critical = stats.t.ppf(0.95, dof)
    expected = stats.nct.sf(critical, dof, shift) + stats.nct.cdf(-critical, dof, shift)
    assert power_of(0.4, 1.3, (50, 80)) == pytest.approx(expected, rel=1e-8)


def test_power_of_no_effect_is_the_error_rate():
    assert power_of(0.0, 1.0, (40, 40), level=0.9) == pytest.approx(0.1, abs=1e-9)
    assert power_of(0.0, 1.0, (40_000, 40_000), level=0.9) == pytest.approx(0.1, abs=1e-4)


def test_simulated_power_matches_with_unequal_arms_and_a_covariate():
    """R^2 = .6, 30 % treated: 500 simulated regressions find the effect about as often as promised."""
    plan = sample_size(1.0, 2.0, power=0.8, level=0.9, treated_share=0.3, explained=0.6)
    rng, found = np.random.default_rng(1), 0
    treated = np.arange(plan.total) < plan.treatment
    for _ in range(500):
        x = rng.normal(0, 2 * np.sqrt(0.6), plan.total)
        y = x + rng.normal(0, 2 * np.sqrt(0.4), plan.total) + treated
        rest = y - x
        found += stats.ttest_ind(rest[treated], rest[~treated]).pvalue < 0.1
    assert 0.746 <= found / 500 <= 0.854  # .8 +- 3 binomial standard errors
    assert plan.treatment / plan.total == pytest.approx(0.3, abs=1 / plan.total)


def test_detectable_inverts_power():
    found = detectable(3.0, (200, 500), power=0.9, level=0.95, explained=0.3)
    assert power_of(found, 3.0, (200, 500), level=0.95, explained=0.3) == pytest.approx(0.9, abs=1e-9)


def test_a_covariate_saves_its_share_of_the_units():
    plain, adjusted = sample_size(0.1, 1.0), sample_size(0.1, 1.0, explained=0.5)
    assert adjusted.total == pytest.approx(plain.total / 2, rel=0.002)


def test_days():
    assert days_needed(1001, 500) == 3
    with pytest.raises(EstimationError, match="come in"):
        days_needed(10, 0)


@pytest.mark.parametrize(
    ("effect", "sd", "options"),
    [(0.0, 1.0, {}), (1.0, 0.0, {}), (1.0, 1.0, {"level": 1.0}), (1.0, 1.0, {"treated_share": 0.0}),
     (1.0, 1.0, {"explained": 1.0}), (1.0, 1.0, {"power": 1.0})],
)  # fmt: skip
def test_arguments_out_of_range_are_refused(effect, sd, options):
    with pytest.raises(EstimationError):
        sample_size(effect, sd, **options)
