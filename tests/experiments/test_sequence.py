"""The confidence sequence survives daily peeking, and its price is known."""

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.experiments.sequence import anytime, tuning


def test_false_alarms_under_daily_peeking_stay_at_the_error_rate():
    """400 A/A tests looked at 60 times: the usual interval alarms far too often, the sequence does not."""
    rng, looks = np.random.default_rng(1), np.arange(100, 6001, 100)
    usual = sequence = 0
    for _ in range(400):
        gap = np.cumsum(rng.exponential(1, 3000) - rng.exponential(1, 3000))
        half = looks // 2
        estimates, errors = gap[half - 1] / half, np.sqrt(2 / half)
        usual += bool(np.any(np.abs(estimates) > 1.645 * errors))
        sequence += any(
            anytime(e, s, int(n), planned=6000).excludes_zero for e, s, n in zip(estimates, errors, looks, strict=True)
        )
    assert usual / 400 > 0.3
    assert sequence / 400 <= 0.12


def test_tuning_makes_the_sequence_narrowest_at_the_planned_size():
    """No other r gives a smaller half width at 5,000 units (grid of r around the answer)."""

    def width(r: float, n: int, alpha: float) -> float:
        g = n * r * r
        return np.sqrt(2 * (g + 1) / (n * g) * np.log(np.sqrt(g + 1) / alpha))

    best = tuning(5000, 0.1)
    grid = best * np.linspace(0.2, 5, 400)
    assert width(best, 5000, 0.1) <= min(width(r, 5000, 0.1) for r in grid) + 1e-12


def test_half_width_is_the_published_formula():
    """Waudby-Smith et al. (2024), theorem 2.2, with s = 3 at t = 400."""
    r, s, t, alpha = tuning(1000, 0.05), 3.0, 400, 0.05
    expected = s * np.sqrt(2 * (t * r**2 + 1) / (t**2 * r**2) * np.log(np.sqrt(t * r**2 + 1) / alpha))
    found = anytime(1.0, s / np.sqrt(t), t, planned=1000, level=0.95)
    assert found.upper - found.estimate == pytest.approx(expected, rel=1e-12)
    assert found.widening == pytest.approx(expected / (s / np.sqrt(t)) / 1.959964, rel=1e-6)


def test_a_real_effect_is_found_before_the_planned_end():
    """Effect of .2 standard deviations: found at some look before 6,000 units in most of 100 tests."""
    rng, looks, found = np.random.default_rng(2), np.arange(200, 6001, 200), 0
    for _ in range(100):
        gap = np.cumsum(rng.normal(0.2, np.sqrt(2), 3000))
        half = looks // 2
        found += any(
            anytime(gap[h - 1] / h, float(np.sqrt(2 / h)), int(2 * h), planned=6000).lower > 0 for h in half.tolist()
        )
    assert found >= 90


@pytest.mark.parametrize("bad", [{"n": 0}, {"planned": 0}, {"se": -1.0}, {"level": 1.0}])
def test_arguments_out_of_range_are_refused(bad):
    with pytest.raises(EstimationError):
        anytime(**({"estimate": 0.0, "se": 1.0, "n": 10, "planned": 10} | bad))
