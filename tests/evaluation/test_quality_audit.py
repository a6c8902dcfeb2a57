"""The benchmark of the audit: what it counts, and how sure its own figures are."""

import numpy as np
import pytest
from benchmarks.quality_audit import binomial_range, markdown, one_shop, report

from netlift.evaluation.designs.randomized import randomized
from netlift.history.columns import profit
from netlift.history.people import Span, people
from netlift.history.shop import Terms, connect, day_number, open_shop
from netlift.simulate import presets, simulate
from netlift.types import Grade


def row(seed: int, *, placebo: bool, estimate: float, truth: float = 0.0) -> dict[str, object]:
    """A finding with an interval of plus and minus 10."""
    return {
        "design": "randomized", "seed": seed, "promotion": "p", "truth": truth, "placebo": placebo,
        "estimate": estimate, "lower": estimate - 10, "upper": estimate + 10, "se": 6.0,
        "before_after": None, "redeemer_revenue": None, "refused": None,
    }  # fmt: skip


def test_shops_beyond_the_asked_ones_count_for_placebos_only():
    rows = [row(0, placebo=False, estimate=105, truth=100), row(0, placebo=True, estimate=11)]
    alone = report(rows, 1)["designs"]["randomized"]
    more = report([*rows, *(row(seed, placebo=True, estimate=9) for seed in (1, 2, 3))], 1)["designs"]["randomized"]
    assert (alone["placebos"], alone["placebo_no_effect"]) == (1, 0)
    assert (more["placebos"], more["placebo_no_effect"]) == (4, 0.75)
    changed = {"placebos", "placebo_no_effect", "placebo_low", "placebo_high"}
    assert {key for key in more if more[key] != alone[key]} <= changed
    assert (more["judged"], more["coverage"], more["bias"]) == (2, 0.5, 0.05)


def test_the_table_says_of_how_many_placebos_and_how_sure():
    rows = [row(seed, placebo=True, estimate=9) for seed in range(9)] + [row(9, placebo=True, estimate=11)]
    low, high = binomial_range(9, 10)
    assert f"| 0.90 of 10 ({low:.2f}–{high:.2f}) |" in markdown(report(rows, 10))
    rows = [row(0, placebo=False, estimate=105, truth=100)]
    assert "| – | 5% | – | – |" in markdown(report(rows, 1))


@pytest.mark.parametrize(("n", "share"), [(40, 0.9), (200, 0.9), (40, 0.5)])
def test_the_range_holds_the_share_nine_times_in_ten(n: int, share: float):
    """Exactly, over all outcomes of a binomial; discrete, so .84 to .96."""
    from scipy.stats import binom

    held = 0.0
    for hits in range(n + 1):
        low, high = binomial_range(hits, n)
        assert 0 <= low <= hits / n <= high <= 1
        held += float(binom.pmf(hits, n, share)) * (low <= share <= high)
    assert 0.84 <= held <= 0.96
    assert binomial_range(0, 0) == (0.0, 1.0)


def test_an_experiment_drawn_anew_finds_nothing_nine_times_in_ten():
    """400 draws of the lot over what a simulated shop's customers spent anyway: .9, give or take 3 standard errors."""
    shop = open_shop(connect(simulate(presets.bench("randomized", 1001)).tables), Terms())
    start = day_number(shop.span.start) + 300
    group = people(shop, "placebo", Span(start, start + 21, start + 49), only_exposed=True)
    before = group.features[:, [group.names.index(name) for name in ("profit_28", "profit_91", "profit_10000")]]
    spent, rng, held = (group.outcomes @ profit())[:, None], np.random.default_rng(1), 0
    for _ in range(400):
        drawn = rng.random(len(spent)) < 0.5
        effect = randomized(spent, drawn, covariates=before)[0].effect(np.ones(1), level=0.9, grade=Grade.RANDOMIZED)
        held += effect.lower <= 0 <= effect.upper
    assert abs(held / 400 - 0.9) <= 3 * np.sqrt(0.9 * 0.1 / 400)


def test_a_shop_is_audited_beside_its_truth():
    rows = one_shop(("randomized", 1001))
    assert {found["promotion"] for found in rows} == {"pays", "wastes", "placebo"}
    placebo = next(found for found in rows if found["placebo"])
    assert placebo["truth"] == 0
    assert placebo["lower"] < placebo["estimate"] < placebo["upper"]
