"""Calendars by hand: the demand model, every rule, planted truth, and draws."""

import itertools
import math

import numpy as np
import pytest

from netlift.allocation.search.calendar import Calendar
from netlift.allocation.search.public import PublicOffer, Rules
from netlift.allocation.search.searcher import SEARCHERS
from netlift.allocation.search.shelves import MEMORY, Shelves
from netlift.errors import ConfigError, DataError
from tests.allocation.search.worlds import large, small

CUT = PublicOffer("cut", depth=0.2)


def one_shelf(weeks: int = 4, **more):
    arguments = {"price": 500.0, "margin": 0.5, "own": -4.0} | more
    return Shelves.of(["tea"], np.full((1, weeks + MEMORY), 100.0), **arguments)


def value(question: Calendar, *genome: int) -> float:
    return float(question.value(np.array([genome]))[0])


def test_a_week_of_a_cut_by_hand():
    """100 units at 5.00 with half margin; a fifth off sells 0.8^-4 of them at 1.50 margin instead of 2.50."""
    sold = 100 * 0.8**-4
    expected = sold * (250 - 100) - 100 * 250
    assert value(Calendar(one_shelf(), [CUT]), 0, 1, 0, 0) == pytest.approx(expected)


def test_people_stock_up_and_are_missing_in_the_four_weeks_after():
    """Memory 1: with a quarter of log 0.8 as the mean of the past prices, each of four weeks sells 0.8^(1/4)."""
    now = 100 * 0.8**-4 * 150 - 100 * 250
    later = 4 * 100 * (0.8**0.25 - 1) * 250
    question = Calendar(one_shelf(memory=1.0), [CUT])
    assert value(question, 1, 0, 0, 0) == pytest.approx(now + later)
    assert value(question, 0, 0, 0, 1) == pytest.approx(now + later)  # the echo after the last week counts too


def test_what_ran_just_before_lowers_the_first_weeks_and_keeps_them_closed():
    before = [[0.0, 0.0, 0.2, 0.0]]  # two weeks ago
    shelves = one_shelf(memory=1.0, before=before)
    assert Calendar(shelves, [CUT], Rules(guard=1)).choices.tolist() == [2, 2, 2, 2]
    assert Calendar(shelves, [CUT], Rules(guard=2)).choices.tolist() == [1, 2, 2, 2]
    assert Calendar(shelves, [CUT], Rules(guard=3)).choices.tolist() == [1, 1, 2, 2]
    free = Calendar(one_shelf(memory=1.0), [CUT])
    assert value(Calendar(shelves, [CUT]), 1, 0, 0, 0) < value(free, 1, 0, 0, 0)


def test_neighbours_lose_what_the_cut_shelf_takes_from_them():
    shelves = Shelves.of(
        ["tea", "coffee"], np.full((2, 5), 100.0), price=500, margin=0.5, own=-4.0, cross=[[0.0, 0.0], [0.5, 0.0]]
    )  # coffee answers to the price of tea
    alone = 100 * 0.8**-4 * 150 - 100 * 250
    lost = 100 * (0.8**0.5 - 1) * 250
    question = Calendar(shelves, [CUT])
    assert value(question, 1, 0) == pytest.approx(alone + lost)
    assert value(question, 0, 1) == pytest.approx(alone)


def test_sales_end_with_the_stock_and_what_is_left_loses():
    """One week and its echo sell 500 units; a stock of 520 leaves 20 without a cut, none with one."""
    sold = 100 * 0.8**-4  # 244
    question = Calendar(one_shelf(1, stock=520.0, left=300.0), [CUT])
    # the cut's units come first, then the echo sells what is left: all 520 are sold either way
    expected = sold * 150 + (520 - sold) * 250 - (500 * 250 - 20 * 300)
    assert value(question, 1) == pytest.approx(expected)
    assert question.outcome(np.array([1])).left[0, 0] == pytest.approx(0)
    assert question.outcome(np.array([0])).left[0, 0] == pytest.approx(20)


def test_stock_that_would_rot_makes_a_cut_pay_that_else_does_not():
    tame = {"own": -1.0, "stock": 600.0}
    assert value(Calendar(one_shelf(1, **tame), [CUT]), 1) < 0
    assert value(Calendar(one_shelf(1, left=600.0, **tame), [CUT]), 1) > 0


def test_rules_by_hand():
    long = PublicOffer("long", depth=0.1, weeks=2, times=1)
    question = Calendar(one_shelf(6), [CUT, long], Rules(guard=1, quiet=2))
    kept = {
        (1, 0, 1, 0, 0, 0): True, (1, 1, 0, 0, 0, 0): False,  # a week between
        (2, 0, 0, 1, 0, 0): True, (2, 0, 1, 0, 0, 0): False, (2, 1, 0, 0, 0, 0): False,  # two weeks, and one after
        (2, 0, 0, 2, 0, 0): False,  # once only
        (1, 0, 2, 0, 0, 1): True, (2, 0, 0, 1, 0, 1): True,
    }  # fmt: skip
    for genome, allowed in kept.items():
        assert bool(question.feasible(np.array([genome]))[0]) is allowed, genome
    assert question.choices.tolist() == [3, 3, 3, 3, 3, 2]  # nothing long starts in the last week
    assert not Calendar(one_shelf(6), [CUT], Rules(guard=1, quiet=4)).feasible(np.array([[1, 0, 1, 0, 1, 0]]))[0]


def test_at_once_and_the_budget():
    shelves = Shelves.of(["tea", "coffee"], np.full((2, 5), 100.0), price=500, margin=0.5, own=-4.0)
    both = np.array([[1, 1]])
    assert Calendar(shelves, [CUT], Rules(at_once=2)).feasible(both)[0]
    assert not Calendar(shelves, [CUT], Rules(at_once=1)).feasible(both)[0]
    spend = 100 * 0.8**-4 * 100
    dear = PublicOffer("cut", depth=0.2, fixed_minor=700.0)
    question = Calendar(shelves, [dear], Rules(budget_minor=2 * spend + 1399))
    assert question.use(both)[0, 0] == pytest.approx(2 * spend + 1400)
    assert question.feasible(np.array([[1, 1], [1, 0]])).tolist() == [False, True]
    nothing = Calendar(shelves, [dear], Rules(budget_minor=0.0))
    assert SEARCHERS["genetic"]().search(nothing, evaluations=200).best.tolist() == [0, 0]


def test_the_phases_of_a_festival_come_in_order_and_need_no_guard():
    phases = [
        PublicOffer(name, depth=0.1, festival="feast", phase=rank)
        for rank, name in enumerate(("warm", "burst", "encore"))
    ]
    question = Calendar(one_shelf(4), [*phases, CUT], Rules(guard=2))
    kept = {
        (1, 2, 3, 0): True, (1, 0, 2, 3): True, (2, 1, 0, 0): False, (1, 3, 2, 0): False, (2, 0, 0, 3): True,
        (1, 4, 0, 0): False, (1, 0, 0, 4): True,
    }  # fmt: skip
    for genome, allowed in kept.items():
        assert bool(question.feasible(np.array([genome]))[0]) is allowed, genome


def test_an_order_of_phases_holds_across_shelves():
    shelves = Shelves.of(["tea", "coffee"], np.full((2, 7), 100.0), price=500, margin=0.5, own=-4.0)
    phases = [PublicOffer(n, depth=0.1, festival="feast", phase=r) for r, n in enumerate(("warm", "burst"))]
    question = Calendar(shelves, phases)
    assert question.feasible(np.array([[1, 2, 0, 1, 2, 0]]))[0]
    assert not question.feasible(np.array([[1, 2, 0, 0, 1, 0]]))[0]  # coffee warms up while tea bursts


def test_one_promotion_on_everything_is_one_line():
    shelves = Shelves.of(["tea", "coffee", "mugs"], np.full((3, 7), 100.0), price=500, margin=0.5, own=-4.0)
    drinks = PublicOffer("drinks", depth=0.2, together=True, shelves=("tea", "coffee"), fixed_minor=900.0)
    question = Calendar(shelves, [CUT, drinks], Rules(guard=1, at_once=1))
    alone = 100 * 0.8**-4 * 150 - 100 * 250
    assert question.lines == 4
    assert value(question, *[0] * 9, 0, 1, 0) == pytest.approx(2 * alone - 900)
    run = question.read(np.array([*[0] * 9, 0, 1, 0]))
    assert [(r.offer_id, r.shelves, r.week) for r in run] == [("drinks", ("tea", "coffee"), 1)]
    tea, mugs = [1, *[0] * 8], [*[0] * 6, 1, 0, 0]
    site = Calendar(shelves, [CUT, drinks], Rules(guard=1))
    assert not site.feasible(np.array([[*tea, 1, 0, 0]]))[0]  # tea would be in two at once
    assert not site.feasible(np.array([[*tea, 0, 1, 0]]))[0]
    assert not site.feasible(np.array([[0, 1, *[0] * 7, 1, 0, 0]]))[0]
    assert site.feasible(np.array([[*tea, 0, 0, 1]]))[0]
    assert site.feasible(np.array([[*mugs, 1, 0, 0]]))[0]  # mugs are not among the drinks
    assert not question.feasible(np.array([[*mugs, 1, 0, 0]]))[0]  # but two run at once


def test_planted_elasticities_are_answered_by_the_best_calendar_of_all():
    """Every calendar of 3 shelves x 3 weeks is worked out by a loop that shares no code with the model."""
    base = np.array([[90.0, 120, 80], [60, 60, 140], [200, 50, 70]])
    own, memory, cross = [-5.0, -3.5, -4.5], [0.9, 0.2, 0.6], {(0, 1): 0.3, (2, 0): 0.5}
    price, margin, depth = [400.0, 900, 250], [0.5, 0.55, 0.45], 0.2
    matrix = np.zeros((3, 3))
    for (to, by), c in cross.items():
        matrix[to, by] = c
    tail = base.mean(axis=1, keepdims=True) * np.ones((1, MEMORY))
    shelves = Shelves.of(
        ["a", "b", "c"], np.hstack([base, tail]), price=price, margin=margin, own=own, cross=matrix, memory=memory
    )
    question = Calendar(shelves, [PublicOffer("cut", depth=depth, fixed_minor=100.0)], Rules(guard=1, at_once=2))

    def profit(plan):
        total = 0.0
        for s, w in itertools.product(range(3), range(3 + MEMORY)):
            cut = lambda shelf, week: plan[shelf][week] if 0 <= week < 3 else 0  # noqa: E731
            power = own[s] * math.log(1 - depth) * cut(s, w)
            power += memory[s] * sum(math.log(1 - depth) * cut(s, w - lag) for lag in range(1, MEMORY + 1)) / MEMORY
            power += sum(cross.get((s, j), 0.0) * math.log(1 - depth) * cut(j, w) for j in range(3))
            units = shelves.base[s, w] * math.exp(power)
            total += units * price[s] * (margin[s] - depth * cut(s, w)) - 100.0 * cut(s, w)
        return total

    def allowed(plan):
        near = any(plan[s][w] and plan[s][w + 1] for s in range(3) for w in range(2))
        return not near and all(sum(plan[s][w] for s in range(3)) <= 2 for w in range(3))

    plans = [np.reshape(bits, (3, 3)) for bits in itertools.product((0, 1), repeat=9)]
    values = {tuple(p.ravel()): profit(p) - profit(np.zeros((3, 3), int)) for p in plans if allowed(p)}
    best = max(values, key=values.get)
    for genome, worth in values.items():
        assert value(question, *genome) == pytest.approx(worth, rel=1e-9, abs=1e-6)
    assert sum(best) >= 2
    for kind in ("exhaustive", "genetic", "annealing"):
        found = SEARCHERS[kind]().search(question, seed=1, evaluations=1500)
        assert tuple(found.best) == best


def test_memory_makes_adjacent_weeks_worth_less_than_distant_ones():
    question = Calendar(one_shelf(8, memory=1.0), [CUT], Rules(guard=0))
    alone = value(question, 1, *[0] * 7)
    pair = {gap: value(question, *[1 if w in (0, gap) else 0 for w in range(8)]) for gap in (1, 3, 5)}
    assert max(pair[1], pair[3]) < pair[5]  # within four weeks the second falls into the ebb of the first
    assert pair[5] == pytest.approx(2 * alone, rel=1e-9)
    runs = question.read(np.array([1, 1, *[0] * 6]))
    assert runs[1].worth < alone
    free = Calendar(one_shelf(8, memory=0.0), [CUT], Rules(guard=0))
    assert value(free, 1, 1, *[0] * 6) == pytest.approx(2 * value(free, 1, *[0] * 7))


def test_a_cautious_merchant_takes_the_surer_cut():
    """The deep cut earns more on average, but loses in one of four possible worlds."""
    shelves = one_shelf(1, own=np.array([[-2.0], [-5.0], [-5.0], [-5.0]]))
    deep, front = PublicOffer("deep", depth=0.2), PublicOffer("front", lift=0.3)
    nets = {
        name: Calendar(shelves, [deep, front]).outcome(np.array([k])).net for k, name in ((1, "deep"), (2, "front"))
    }
    assert nets["deep"].min() < 0 < nets["front"].min() == pytest.approx(nets["front"].max())
    assert nets["deep"].mean() > nets["front"].mean()
    picks = {}
    for name, rules in (("mean", Rules()), ("sd", Rules(aversion=1.0)), ("worst", Rules(worst=0.25))):
        question = Calendar(shelves, [deep, front], rules)
        picks[name] = int(SEARCHERS["exhaustive"]().search(question).best[0])
    assert picks == {"mean": 1, "sd": 2, "worst": 2}
    cautious = Calendar(shelves, [deep, front], Rules(aversion=1.0))
    assert value(cautious, 1) == pytest.approx(nets["deep"].mean() - nets["deep"].std())
    assert value(Calendar(shelves, [deep, front], Rules(worst=0.25)), 1) == pytest.approx(nets["deep"].min())


def test_a_value_is_its_own_alone_or_in_company():
    question = large(4, count=5, weeks=6, draws=3)
    rng = np.random.default_rng(1)
    population = rng.integers(0, question.choices, (300, question.places))
    together = question.judge(population)
    for i in (0, 127, 128, 299):
        alone = question.judge(population[i : i + 1])
        assert (alone.value[0], alone.penalty[0]) == (together.value[i], together.penalty[i])


@pytest.mark.parametrize("seed", range(6))
def test_mended_calendars_keep_the_rules(seed):
    question = small(seed) if seed % 2 else large(seed, count=5, weeks=8)
    rng = np.random.default_rng(seed)
    mended = question.mend(rng.integers(0, question.choices, (100, question.places)), rng)
    assert (question.broken(mended) == 0).all()
    use = question.use(mended)
    for row, amount, limit in zip(question.rows, use.T, question.limits, strict=True):
        assert (amount <= limit).mean() > (0.5 if row == "budget" else 0.999), row
    assert (question.mend(np.zeros((2, question.places), np.int64), rng) == 0).all()


def test_outcome_and_runs_add_up():
    question = large(1, count=4, weeks=6, draws=4)
    found = SEARCHERS["genetic"]().search(question, evaluations=800)
    outcome = question.outcome(found.best)
    assert outcome.net.mean() == pytest.approx(found.value)
    assert outcome.spend.mean() == pytest.approx(question.use(found.best[None])[0, question.rows.index("budget")])
    runs = question.read(found.best)
    assert len(runs) == (found.best > 0).sum()
    assert [run.week for run in runs] == sorted(run.week for run in runs)
    assert question.read(np.zeros(question.places, np.int64)) == ()


def test_what_does_not_fit_is_said():
    with pytest.raises(ConfigError, match="no shelf 'cofee'"):
        Calendar(one_shelf(), [PublicOffer("cut", shelves=("cofee",))])
    with pytest.raises(ConfigError, match="two offers of one name"):
        Calendar(one_shelf(), [CUT, CUT])
    with pytest.raises(ConfigError, match="quiet weeks"):
        Calendar(one_shelf(), [CUT], Rules(quiet=9))
    with pytest.raises(ConfigError, match="depth is a share"):
        PublicOffer("cut", depth=20.0)
    with pytest.raises(ConfigError, match="without aversion"):
        Rules(worst=0.1, aversion=1.0)
    with pytest.raises(DataError, match="more than 4 weeks"):
        Shelves.of(["tea"], np.ones((1, 4)), price=1, margin=0.5, own=-2)
    with pytest.raises(DataError, match="own must be finite"):
        one_shelf(own=np.nan)
    with pytest.raises(DataError, match="same number of draws"):
        one_shelf(own=-np.ones((3, 1)), memory=np.ones((2, 1)))
    with pytest.raises(DataError, match="do not fit"):
        one_shelf(price=[1.0, 2.0, 3.0])


def test_a_calendar_without_offers_is_empty():
    found = SEARCHERS["annealing"]().search(
        Calendar(one_shelf(), [], Rules(guard=2, budget_minor=10.0)), evaluations=20
    )
    assert (found.value, found.best.tolist()) == (0.0, [0, 0, 0, 0])
