"""Goods rest after a promotion; those on it stay below their lowest price of late; people rest too."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from netlift.candidates.asked import Asked
from netlift.candidates.catalogue import Goods, Ints
from netlift.candidates.generate import proposals
from netlift.candidates.ground import Choice, Ground
from netlift.candidates.guard import Guard
from netlift.candidates.past import Past
from netlift.candidates.sources import Sources
from netlift.history.shop import day_number
from tests.candidates.shops import END, asked, sources

TODAY = day_number(END)


def past(products: tuple[str, ...] = (), *, end: int = TODAY, personal: bool = False, reach: float = 1.0) -> Past:
    return Past(
        "old", "old", "Old", "campaign", personal, end - 14, end, 0.1, None, None, False, None, frozenset(products), 0,
        None, 50 if personal else 0, reach,
    )  # fmt: skip


def with_past(*found: Past, lowest: dict[str, int] | None = None) -> Sources:
    goods = sources().catalogue.goods
    prices = np.array([(lowest or {}).get(str(p), int(x)) for p, x in zip(goods.product_id, goods.lowest, strict=True)])
    changed: Goods = replace(goods, lowest=prices)
    return replace(sources(), past=found, catalogue=replace(sources().catalogue, goods=changed))


def ground(known: Sources, **changes: object) -> Ground:
    return Ground(known, asked(start=END, **changes))


def tea(known: Ground) -> Ints:
    return known.on_shelf("tea")


def picked(known: Ground, rows: Ints, depth: float = 0.1, **more: Any) -> Choice:
    choice = known.pick(rows, depth, **more)
    assert choice is not None
    return choice


def test_goods_of_a_public_promotion_rest_for_the_guard_days() -> None:
    """One of the five teas ended yesterday: the other four are named, at once."""
    (first, *others) = [str(p) for p in sources().catalogue.goods.product_id[tea(ground(sources()))]]
    known = ground(with_past(past((first,), end=TODAY - 1)))
    choice = picked(known, tea(known), category="tea")
    assert choice.products == tuple(others)
    assert choice.categories == ()
    assert choice.waits == 0
    rested = ground(with_past(past((first,), end=TODAY - 14)))
    assert picked(rested, tea(rested), category="tea").categories == ("tea",)


def test_where_everything_rests_the_start_waits() -> None:
    """Ended yesterday, 14 days of rest: 13 days later, and the 7 last of the 20 days are left."""
    known = ground(with_past(past(end=TODAY - 1)))
    choice = picked(known, known.everything)
    assert (choice.waits, choice.window.days, choice.goods) == (13, 7.0, {})


def test_where_too_few_days_are_left_nothing_is_proposed() -> None:
    assert not proposals(with_past(past(end=TODAY)), asked(start=END, days=14))
    assert proposals(with_past(past(end=TODAY)), asked(start=END, days=14, guard_days=0))


def test_no_candidate_stands_on_goods_that_had_a_promotion_within_the_guard_days() -> None:
    """Some goods on a public promotion that ended three days ago: none of them is on any candidate in time."""
    goods = sources().catalogue.goods
    guarded = tuple(str(p) for p in goods.product_id[::7])
    end = TODAY - 3
    found = proposals(with_past(past(guarded, end=end)), asked(start=END))
    assert len(found) > 10
    on = np.isin(goods.product_id.astype(str), guarded)
    for one in found:
        if (one.goods & on).any():
            assert day_number(one.candidate.window.start) >= end + 14, one.candidate.offer


def test_a_personal_promotion_guards_the_people_whom_it_reached() -> None:
    """Few were reached: the shelf is free; personal offers name the promotion, others do not."""
    few = ground(with_past(past(end=TODAY - 1, personal=True, reach=0.1)))
    assert picked(few, few.everything, personal=True).resting == ("old",)
    assert picked(few, few.everything).resting == ()
    assert picked(few, few.everything).waits == 0
    long_ago = ground(with_past(past(end=TODAY - 14, personal=True, reach=0.1)))
    assert picked(long_ago, long_ago.everything, personal=True).resting == ()


def test_a_personal_promotion_that_reached_many_guards_the_shelf_too() -> None:
    many = ground(with_past(past(end=TODAY - 1, personal=True, reach=0.5)))
    assert picked(many, many.everything).waits == 13
    assert picked(many, many.everything, personal=True).waits == 0


def test_a_price_cut_stays_below_the_lowest_price_of_late() -> None:
    """A tea that was 12 % cheaper is no reduction at 10 % off, but one at 20 %; a threshold announces no price."""
    goods = sources().catalogue.goods
    row = int(tea(ground(sources()))[0])
    product, listed = str(goods.product_id[row]), int(goods.price[row])
    known = ground(with_past(lowest={product: round(listed * 0.88)}))
    assert product not in picked(known, tea(known), category="tea").products
    assert picked(known, tea(known), 0.2, category="tea").categories == ("tea",)
    assert picked(known, tea(known), category="tea", cut=False).categories == ("tea",)
    assert picked(known, tea(known), category="tea", personal=True).categories == ("tea",)


def test_goods_without_the_margin_are_left_out() -> None:
    """At 33 % off two teas would be sold below cost; the list of the others is told to be a part."""
    known = ground(sources())
    goods, rows = known.goods, tea(known)
    depth = float(np.sort(goods.margin[rows])[1]) + 1e-3
    choice = known.pick(rows, depth, category="tea", least=0.1)
    assert choice is not None
    assert len(choice.rows) == 3
    assert choice.kept < 1
    assert (goods.price[choice.rows] * (1 - depth) >= goods.cost[choice.rows] - 1).all()
    cleared = known.pick(rows, depth, category="tea", clear=True)
    assert cleared is not None
    assert len(cleared.rows) == 5
    assert 0 < cleared.below_cost < 1


def test_the_start_keeps_its_time_of_day() -> None:
    start = END + timedelta(hours=9, minutes=30)
    known = Ground(with_past(past(end=TODAY - 1)), Asked(start=start, days=30))
    assert picked(known, known.everything).window.start == datetime(2024, 7, 14, 9, 30, tzinfo=UTC)


def test_no_past_no_guard() -> None:
    goods = sources().catalogue.goods
    guard = Guard(goods, (), 14)
    assert not guard.free_from(personal=False).any()
    assert guard.resting(np.arange(goods.size), TODAY) == ()


@pytest.mark.parametrize(
    "wrong", [{"days": 0}, {"guard_days": -1}, {"most": 0}, {"goals": ()}, {"least_distance": 1.0}]
)
def test_wishes_that_make_no_sense(wrong: dict[str, object]) -> None:
    from netlift.errors import ConfigError

    with pytest.raises(ConfigError):
        Asked(**wrong)  # type: ignore[arg-type]
