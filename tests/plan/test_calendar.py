"""From elasticities to a calendar, and from a calendar to parts; figures by hand, and one simulated shop."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from netlift.allocation.search.calendar import Calendar
from netlift.allocation.search.public import PublicOffer, Rules
from netlift.allocation.search.shelves import MEMORY
from netlift.candidates.candidate import Scope
from netlift.errors import DataError
from netlift.history.shop import Shop, Terms, connect, open_shop
from netlift.plan import calendar
from netlift.plan.calendar import _worthwhile, moved, offer_of, public_parts
from netlift.plan.limits import Limits
from netlift.plan.shelves import OTHER, WEEKS, Figures, Slopes, season, shelf_of, shelves_of
from netlift.promotions.promotion import Window as Running
from netlift.response.assumed_file import Declared
from netlift.response.demand import Planned
from netlift.response.tried import Tried
from netlift.simulate import PromotionSpec, ShopConfig, simulate
from netlift.types import Window
from tests.plan.examples import WINDOW, candidate

START = WINDOW.start
FLAT = np.ones(WEEKS + MEMORY)


def figures(**changes) -> Figures:
    made = Figures(
        ("tea", "coffee", "mugs"), np.array([70.0, 140, 35]), np.array([500.0, 800, 1200]),
        np.array([200.0, 400, 300]), np.array([-3.0, -2.0, -4.0]), np.array([0.4, 0.1, 0.0]), np.array([0.5, 0.2, 1.0]),
    )  # fmt: skip
    return made._replace(**changes)


SLOPES = Slopes(0.3, 0.8, 0.5, np.diag([0.04, 0.01]), (0.6, 0.2))


def shelves(most: int = 12, draws: int = 1, wanted: tuple[str, ...] = ()):
    found = figures()
    shelf = shelf_of(found, wanted, most)
    return shelves_of(found, SLOPES, shelf, season=FLAT, before=np.zeros((3, MEMORY)), draws=draws, seed=3)


def test_a_category_on_offer_answers_with_own_and_cross_elasticity_together():
    made = shelves()
    place = {name: i for i, name in enumerate(made.names)}
    assert made.own[0][[place["tea"], place["coffee"], place["mugs"]]] == pytest.approx([-2.2, -1.2, -3.2])
    assert made.memory[0] == pytest.approx([0.5] * 3)
    assert made.base[place["tea"], 0] == 70.0
    assert made.margin[place["coffee"]] == pytest.approx(0.5)


def test_small_categories_become_one_shelf():
    made = shelves(most=2, wanted=("mugs",))
    assert made.names == ("mugs", OTHER)
    worth = np.array([70 * 500.0, 140 * 800.0])
    assert made.own[0, 1] == pytest.approx(np.average([-2.2, -1.2], weights=worth))
    assert made.base[1, 0] == 210.0
    assert made.price[1] == pytest.approx(worth.sum() / 210)
    assert made.margin[1] == pytest.approx((70 * 200 + 140 * 400) / worth.sum())


def test_draws_err_together_where_the_shop_errs_and_alone_where_a_category_does():
    """Variances by hand: own + cross of a category moves by .5 z_shop + own part, and by (1 - .6) with cross."""
    made = shelves(draws=20_000)
    place = {name: i for i, name in enumerate(made.names)}
    for k, (name, alone, shared) in enumerate((("tea", 0.4, 0.5), ("coffee", 0.1, 0.2), ("mugs", 0.0, 1.0))):
        variance = alone**2 + (shared * 0.3) ** 2 + 0.4**2 * 0.04 + 0.2**2 * 0.01
        assert made.own[:, place[name]].std() == pytest.approx(np.sqrt(variance), rel=0.03), k
    assert made.memory.std(axis=0) == pytest.approx([0.1] * 3, rel=0.03)
    assert (made.memory[:, 0] == made.memory[:, 1]).all()


def declared(one, depth: float | None = 0.2, tried: Tried | None = None) -> Declared:
    return Declared(Planned(replace(one.offer, depth=depth, face_minor=None), 14, one.categories, 1.0, tried))


def test_a_candidate_counts_by_the_share_of_the_shelf_that_it_is_on():
    one = candidate("cut-1", "percent_off", {"off": "20"}, scope=Scope.SHOP)
    full = offer_of(one, declared(one), np.array([1.0, 0.0]), ["tea", "coffee"], START)
    assert (full.depth, full.given, full.weeks, full.times) == (pytest.approx(0.2), pytest.approx(0.2), 2, 1)
    assert full.shelves == ("tea",)
    half = offer_of(one, declared(one), np.array([0.5, 0.5]), ["tea", "coffee"], START - timedelta(days=15))
    assert half.depth == pytest.approx(1 - 0.8**0.5)
    assert half.together
    assert half.first == 2  # whole weeks after the calendar's first day


def test_what_few_orders_qualify_for_is_a_small_cut():
    """Half of the orders qualify, they are 1.2 of the usual size, and the shop pays 0.8 of what it is worth."""
    tried = Tried(100, 0, 50, 4800.0, 4000.0, 960.0, 768.0, 960.0, 0.1)
    one = candidate(scope=Scope.SHOP)
    found = offer_of(one, declared(one, None, tried), np.array([1.0]), ["tea"], START)
    assert found.depth == pytest.approx(1 - 0.8**0.6)
    assert found.given == pytest.approx(0.2 * 0.6 * 0.8)


def test_three_days_are_three_sevenths_of_a_week():
    window = Window(START, START + timedelta(days=3))
    one = candidate("cut-1", "percent_off", {"off": "20"}, scope=Scope.SHOP, window=window)
    found = offer_of(one, declared(one), np.array([1.0]), ["tea"], START)
    assert found.weeks == 1
    assert found.depth == pytest.approx(1 - 0.8 ** (3 / 7))


def test_phases_stay_in_their_weeks():
    one = candidate("burst-1", "percent_off", {"off": "20"}, scope=Scope.SITE, phase="burst")
    found = offer_of(one, declared(one), np.array([1.0]), ["tea"], START - timedelta(days=7))
    assert (found.first, found.last, found.phase) == (1, 2, 2)
    other = replace(one, numbers={"day": 1111.0})
    assert offer_of(other, declared(one), np.array([1.0]), ["tea"], START).festival != found.festival


def test_moving_a_candidate_moves_its_promotions():
    one = candidate("cut-1", "percent_off", {"off": "20"}, scope=Scope.SHOP)
    running = Running(WINDOW.start, WINDOW.end, "Asia/Shanghai")
    one = replace(one, promotions=tuple(replace(p, window=running) for p in one.promotions))
    later = moved(one, timedelta(days=14))
    assert later.window.start == WINDOW.start + timedelta(days=14)
    assert later.promotions[0].window == Running(
        WINDOW.start + timedelta(days=14), WINDOW.end + timedelta(days=14), "Asia/Shanghai"
    )
    assert later.offer == one.offer
    assert moved(one, timedelta(0)) is one


def test_what_does_not_add_is_left_out():
    question = Calendar(shelves(), [PublicOffer("good", depth=0.01), PublicOffer("bad", depth=0.6)], Rules(guard=0))
    genome = np.zeros(question.places, np.int64)
    genome[[0, 2, 5]] = [1, 2, 2]
    kept = _worthwhile(question, genome)
    assert kept[[2, 5]].tolist() == [0, 0]
    assert all(run.worth > 0 for run in question.read(kept))


def shop_with_cuts() -> Shop:
    """Forty weeks of a shop with cuts in each category, so that prices tell something."""
    rng = np.random.default_rng(5)
    cuts = tuple(
        PromotionSpec(
            promotion_id=f"cut{c}-{k}", kind="price_cut", start_day=14 + 7 * int(rng.integers(0, 24)), days=7,
            depth=float(rng.choice([0.1, 0.2, 0.3])), categories=(c,), product_share=0.5,
        )
        for c in range(25) for k in range(2)
    )  # fmt: skip
    made = simulate(ShopConfig(seed=11, customers=400, days=210, promotions=cuts))
    con = connect(made.tables)
    con.execute("SET threads = 1")
    return open_shop(con, Terms())


@pytest.fixture(scope="module")
def shop() -> Shop:
    return shop_with_cuts()


def public(shop: Shop):
    names = [row[0] for row in shop.con.execute("SELECT DISTINCT category FROM sold ORDER BY 1").fetchall() if row[0]]
    made = [candidate(f"tenth-{n}", "percent_off", {"off": "5"}, scope=Scope.SHOP, categories=(n,)) for n in names[:4]]
    made.append(candidate("all", "percent_off", {"off": "5"}, scope=Scope.SITE))
    made.append(candidate("unsold", "percent_off", {"off": "5"}, scope=Scope.SHOP, categories=("nowhere",)))
    made.append(candidate("mail", "percent_off", {"off": "5"}))
    cheap = Tried(100, 0, 100, 4000.0, 4000.0, 200.0, 60.0, 200.0, 0.1)  # worth 5 %, costs the shop less than a third
    return made, [declared(one, None, cheap) for one in made]


def test_a_simulated_shop_gets_a_calendar_within_its_budget(shop, monkeypatch):
    monkeypatch.setattr(calendar, "EVALUATIONS", 1_500)
    candidates, said = public(shop)
    parts = public_parts(shop, candidates, said, Limits(), seed=2)
    assert not {"mail", "unsold"} & {part.candidate.offer.offer_id for part in parts}
    assert parts
    begins = [part.candidate.window.start for part in parts]
    assert begins == sorted(begins)
    assert begins[0] >= START
    assert all((begin - START).days % 7 == 0 for begin in begins)
    assert sum(part.net.estimate for part in parts) > 0
    assert all(part.net.se > 0 and part.liability_minor >= part.cost_minor > 0 for part in parts)
    budget = int(sum(part.cost_minor for part in parts) / 3)
    less = public_parts(shop, candidates, said, Limits(budget_minor=budget), seed=2)
    assert sum(part.cost_minor for part in less) <= 1.1 * budget  # told on other draws than it was found on
    again = public_parts(shop, candidates, said, Limits(budget_minor=budget), seed=2)
    assert [(p.candidate.window, p.net) for p in again] == [(p.candidate.window, p.net) for p in less]


def test_cuts_that_do_not_pay_are_not_made(shop, monkeypatch):
    """At full cost these goods would need an elasticity below -3 with all of their category."""
    monkeypatch.setattr(calendar, "EVALUATIONS", 1_500)
    candidates, _ = public(shop)
    assert public_parts(shop, candidates, [declared(one, 0.05) for one in candidates]) == ()


def test_nothing_public_is_no_calendar(shop):
    candidates, said = public(shop)
    assert public_parts(shop, candidates[-1:], said[-1:]) == ()
    assert public_parts(shop, [], []) == ()
    with pytest.raises(DataError, match="its own declaration"):
        public_parts(shop, candidates, said[1:])


def test_seasons_need_a_year_and_a_half(shop):
    day = int(shop.span.end.timestamp() // 86_400)
    assert season(shop, day, 182, datetime(2026, 3, 2, tzinfo=UTC)).tolist() == [1.0] * (WEEKS + MEMORY)
