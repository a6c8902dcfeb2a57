"""Ready-made shops do what their names say, and the cases of the source documents stay questions."""

from dataclasses import replace
from itertools import pairwise
from typing import get_args

import pytest

from netlift.errors import ConfigError
from netlift.simulate import presets, simulate
from netlift.simulate.cases import CLAIMS, answers
from netlift.simulate.config import Design


@pytest.mark.parametrize("name", presets.PRESETS)
def test_every_preset_runs(name: str) -> None:
    config = replace(presets.preset(name), customers=80)
    shop = simulate(config)
    assert shop.truth["promotion_id"].to_pylist() == [spec.promotion_id for spec in config.episodes()]


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="confounded"):
        presets.preset("huge")
    with pytest.raises(ConfigError, match="randomized"):
        presets.bench("none", 0)  # type: ignore[arg-type]


@pytest.mark.parametrize("design", get_args(Design))
def test_bench_shops_hold_real_promotions_and_placebos_of_their_design(design: Design) -> None:
    for seed in range(5):
        config = presets.bench(design, seed)
        assert {spec.design for spec in config.promotions} == {design}
        live = [spec for spec in config.promotions if spec.effect]
        assert 1 <= len(live) <= 2
        assert 1 <= len(config.promotions) - len(live) <= 2
        assert config.days >= 364
        assert all(spec.start_day >= 91 for spec in config.promotions), "a quarter of a year of history"
        assert all(spec.start_day + spec.days + spec.washout_days <= config.days for spec in live)
    assert presets.bench(design, 0) == presets.bench(design, 0)
    assert presets.bench(design, 0) != presets.bench(design, 1)


def test_windows_of_a_bench_shop_do_not_touch_each_other() -> None:
    """So that each truth is the effect of one promotion in an ordinary time."""
    for design in get_args(Design):
        for seed in range(10):
            spans = sorted(
                (s.start_day, s.start_day + s.days + s.washout_days) for s in presets.bench(design, seed).promotions
            )
            assert all(a[1] <= b[0] + 28 for a, b in pairwise(spans))


def test_bench_truths_are_far_from_zero_where_they_should_be() -> None:
    """One paying and one wasting experiment; placebos exactly zero."""
    row = {r["promotion_id"]: r["net_lift_minor"] for r in simulate(presets.bench("randomized", 3)).truth.to_pylist()}
    assert row["pays"] > 0 > row["wastes"]
    assert row["placebo"] == 0


def test_resizing_keeps_the_promotions_that_fit() -> None:
    small = presets.resized(presets.easy(), customers=100, categories=9, products=90, days=300)
    assert (small.customers, small.products, small.categories, small.days) == (100, 90, 9, 300)
    assert [spec.promotion_id for spec in small.promotions] == ["welcome-mail"]


def test_each_case_answers_each_of_its_claims() -> None:
    """R178-R180: a claim is compared with a measurement, or said to have no counterpart; it is never repeated."""
    assert len(CLAIMS) == 9
    for case in ("case1", "case2", "case3"):
        shop = simulate(replace(presets.preset(case), customers=600))
        found = answers(case, shop)
        assert [a.claim for a in found] == [c for c in CLAIMS if c.case == case]
        measured = [a for a in found if a.measured is not None]
        assert measured
        for answer in measured:
            assert answer.customers > 0
            if answer.lower is not None:
                assert answer.upper is not None
                assert answer.lower < answer.measured < answer.upper


def test_a_planning_shop_tires_nobody_and_lives_to_see_its_next_offers() -> None:
    """Windows lie 60 days and more apart; the offers of the plan are those of the past, counted to their end."""
    for seed in range(5):
        config = presets.planning(seed, customers=40)
        starts = [spec.start_day for spec in config.promotions]
        assert all(b - a >= 60 for a, b in pairwise([*starts, presets.PLAN_DAY]))
        again = presets.once_more(config)
        assert [replace(new, promotion_id=old.promotion_id, start_day=old.start_day)
                for new, old in zip(again, config.promotions, strict=True)] == list(config.promotions)  # fmt: skip
        assert {spec.start_day for spec in again} == {presets.PLAN_DAY}
        assert max(spec.start_day + spec.days + spec.washout_days for spec in again) == config.days
        assert len({(spec.depth, spec.amount_minor, spec.contact_cost_minor, spec.effect) for spec in again}) == 5
    assert presets.planning(0) != presets.planning(1)
