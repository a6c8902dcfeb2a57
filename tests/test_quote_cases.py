"""The benchmark of quotes compares like with like: a deal alone gives the same in the plain loop and in the engine."""

import json
from pathlib import Path

import pytest
from benchmarks import _quote_cases as cases
from benchmarks.__main__ import RESULTS
from benchmarks._oscar_shop import terms
from benchmarks._quote_naive import applying, total_discount
from benchmarks.bench_quote import case_of, markdown

from netlift.promotions import Engine


@pytest.mark.parametrize("mix", [cases.SMALL, cases.LARGE], ids=["small", "large"])
def test_a_case_has_the_deals_and_the_applying_ones_that_it_says(mix: cases.Mix) -> None:
    """50 and 1,000 deals, of which 20 to 35 and 15 to 30 apply: what the goals are about."""
    case = case_of(mix, 3, cases.chance(5))
    assert len(case.deals) == mix.deals == {10: 50, 50: 1_000}[mix.lines]
    engine = Engine(cases.promotions_of(case.deals))
    for cart, facts in case.carts:
        quote = engine.quote(cart, facts)
        assert len(cart.lines) == mix.lines
        assert mix.applying[0] <= len(quote.applied) <= mix.applying[1]
        assert len(applying(cart, facts, case.deals)) >= len(quote.applied)  # earlier promotions may leave too little
        assert len(quote.applied) + len(quote.refusals) == mix.deals


def test_every_deal_alone_gives_the_same_in_the_loop_and_in_the_engine() -> None:
    """But for the rounding: the engine rounds per cents per line, half a minor unit each; the loop once."""
    case = case_of(cases.SMALL, 4, cases.chance(6))
    for deal in case.deals:
        engine = Engine([cases.promotion(deal)])
        for cart, facts in case.carts:
            given = engine.quote(cart, facts).discount
            rounding = (len(cart.lines) + 1) / 2 if deal.kind == "percent" else 0
            assert abs(given - total_discount(cart, facts, [deal])) <= rounding, deal


def test_fillers_cannot_give_anything_to_a_cart_of_the_mix() -> None:
    case = case_of(cases.SMALL, 4, cases.chance(7))
    filler = cases.filler(cases.SMALL, 200, cases.chance(8))
    for cart, facts in case.carts:
        assert applying(cart, facts, filler) == []
        assert Engine(cases.promotions_of(filler)).quote(cart, facts).discount == 0


def test_a_contest_has_15_promotions_and_8_to_15_units() -> None:
    for seed in range(20):
        promotions, cart = cases.contest(cases.chance(seed))
        assert len({promotion.id for promotion in promotions}) == 15
        assert 8 <= sum(line.quantity for line in cart.lines) <= 15


def test_oscar_is_told_the_same_terms_of_a_deal() -> None:
    """Its own words for 10 %, the third for nothing, and 5.00 off from 40.00 on."""
    told = {"start": 0, "value": 10, "tiers": ()}
    assert terms({**told, "kind": "percent"}) == ({"type": "Count", "value": 1}, {"type": "Percentage", "value": 10}, 1)
    assert terms({**told, "kind": "third_free"}) == ({"type": "Count", "value": 3}, {"type": "Multibuy"}, None)
    assert terms({**told, "kind": "order", "start": 4_000, "value": 500}) == (
        {"type": "Value", "value": 40},
        {"type": "Absolute", "value": 5},
        1,
    )


def test_the_page_shows_the_kept_result(repository: Path) -> None:
    """What the documentation claims is what the benchmark printed."""
    result = json.loads((RESULTS / "bench_quote.json").read_text(encoding="utf-8"))["result"]
    assert markdown(result) in (repository / "docs" / "reference" / "engine-speed.md").read_text(encoding="utf-8")
