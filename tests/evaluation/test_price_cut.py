"""Judging price cuts against a forecast from unpromoted days."""

import numpy as np
import pytest

from netlift.errors import Reason
from netlift.evaluation.designs import counterfactual
from netlift.evaluation.designs.counterfactual import (
    BLOCK,
    DayIndex,
    Layout,
    Placebos,
    Series,
    Shape,
    fit,
    placebos,
    season,
    try_windows,
)
from netlift.evaluation.designs.masked import PRIOR_WINDOWS, calibration, coverage_check, money_parts, unpromoted
from netlift.evaluation.designs.panels import Panels, goods_washout_days, price_cut_panels
from netlift.evaluation.designs.price_cut import PriceCutEstimate, PriceCutJudge
from netlift.evaluation.price_cuts import PriceCut, declared_price_cut, find_price_cuts
from netlift.history.columns import COLUMNS, SIGNS, list_margin, pick, profit
from netlift.types import Effect, Grade, Window
from tests.evaluation.shelves import Cut, Grocer, grocer, moment

WASHOUT = 14
"""Days after a window in which the planted cuts pull sales forward."""


def judged(planted: Grocer, *, washout: int = WASHOUT) -> list[tuple[PriceCut, PriceCutEstimate | Reason]]:
    """Every cut that is found, with its estimate."""
    found = find_price_cuts(planted.shop)
    judge = PriceCutJudge(price_cut_panels(planted.shop, found.cuts, beside=found.small, washout_days=washout))
    return [(cut, judge.estimate(cut)) for cut in found.cuts]


def only(planted: Grocer) -> PriceCutEstimate:
    ((_, estimate),) = judged(planted)
    assert isinstance(estimate, PriceCutEstimate)
    return estimate


def net(estimate: PriceCutEstimate) -> Effect:
    return estimate.contrast.effect(profit(), level=0.9, grade=estimate.grade)


def checks(estimate: PriceCutEstimate) -> dict[str, bool | None]:
    return {check.code: check.passed for check in estimate.checks}


# the whole road, on planted cuts


@pytest.mark.slow
def test_intervals_hold_planted_effects_and_the_sum_is_unbiased():
    """Ten shops, cuts that earn, lose, pull forward and steal: about nine of ten 90 % intervals hold the truth.

    Ten draws of a 90 % interval hold fewer than 7 once in a hundred times (binomial); the seeds are fixed.
    """
    kinds = [Cut(2, (0, 1), 112, 14, lift=2.0), Cut(2, (0, 1), 112, 14, lift=0.5, pull=0.3, steal=0.2)]
    held, error, size, variance = 0, 0.0, 0, 0.0
    for seed in range(10):
        planted = grocer(100 + seed, [kinds[seed % 2]])
        effect = net(only(planted))
        held += effect.lower <= planted.truth[0] <= effect.upper
        error += effect.estimate - planted.truth[0]
        variance += effect.se**2
        size += abs(planted.truth[0])
    assert held >= 7
    assert abs(error) < 2 * variance**0.5
    assert variance**0.5 < 0.5 * size


def test_the_parts_of_a_planted_effect_have_their_signs_and_sizes():
    """Two of four products at 20 % off, sales doubled, a third of the next fortnight gone, a fifth of the others gone.

    Gross lift is one ordinary line more for each ordinary line of the window, at 400 margin; the rest in proportion.
    """
    planted = grocer(200, [Cut(2, (0, 1), 112, 14, lift=1.0, pull=0.33, steal=0.2)], rate=12.0)
    total = only(planted).contrast.total
    ordinary = 12 * 2 * 14 * 400 * 1.14  # rate x products x days x margin x season (.15 sin(2 pi 119/365) = .13)
    assert total @ list_margin(["window"], ["offer"]) == pytest.approx(ordinary, rel=0.15)
    assert total @ list_margin(["washout"], ["offer"]) == pytest.approx(-0.33 * ordinary, rel=0.4)
    assert total @ list_margin(["window"], ["category"]) == pytest.approx(-0.2 * ordinary, rel=0.4)
    assert np.all(total[[column[1] == "elsewhere" for column in COLUMNS]] == 0)


def test_a_cut_that_nobody_noticed_costs_its_discount():
    """No line more or less, 20 % off all the same: net lift is minus the discount, to the error of the forecast."""
    planted = grocer(7, [Cut(2, (0, 1), 112, 14, lift=0.0)])
    estimate = only(planted)
    assert planted.truth[0] == -estimate.discount_minor
    assert estimate.contrast.total @ pick(measures=["discount"]) == pytest.approx(-estimate.discount_minor)
    effect = net(estimate)
    assert effect.lower <= planted.truth[0] <= effect.upper


@pytest.mark.slow
def test_placebos_are_called_no_effect():
    """Announced cuts of which nothing came, in four categories at four dates: 90 % of intervals hold zero.

    Of 16 placebos at most 4 may miss (1.6 expected; more than 4 happens once in fifty times; the seed is fixed).
    """
    places = [(c, start) for c in range(4) for start in (56, 98, 140, 182)]
    rows = [
        {"promotion_id": f"p{c}-{start}", "name": "x", "starts_at": moment(start), "ends_at": moment(start + 14),
         "products": [f"c{c}p0", f"c{c}p1"]}
        for c, start in places
    ]  # fmt: skip
    held = 0
    planted = grocer(11, promotions=rows).shop
    for c, start in places:
        cut = declared_price_cut(planted, f"p{c}-{start}", "x", Window(moment(start), moment(start + 14)))
        assert cut is not None
        estimate = PriceCutJudge(price_cut_panels(planted, [cut], washout_days=WASHOUT)).estimate(cut)
        assert isinstance(estimate, PriceCutEstimate)
        effect = net(estimate)
        held += effect.lower <= 0 <= effect.upper
    assert held >= 12


def test_a_festival_that_fills_the_shop_is_not_credited_to_a_cut_inside_it():
    """Everything sells 60 % more from day 112 to 119; a cut on those days that nobody noticed loses its discount."""
    planted = grocer(17, [Cut(2, (0, 1), 112, 7, lift=0.0)], feast=(112, 7, 1.6), rate=6.0)
    estimate = only(planted)
    effect = net(estimate)
    assert effect.lower <= planted.truth[0] <= effect.upper
    naive = estimate.naive.before_after_minor
    assert naive is not None
    assert naive > planted.truth[0] + 3 * effect.se  # before-after takes the feast for an effect
    assert checks(estimate)["timing"] is False


def test_a_price_that_only_shows_as_lower_gives_the_same_net_lift():
    """The same shop with discounts on the lines and with paid prices only: list value and discount are restored."""
    stated, inferred = (only(grocer(13, [Cut(2, (0, 1), 112, 14)], stated=s)) for s in (True, False))
    assert net(inferred).estimate == pytest.approx(net(stated).estimate, rel=1e-6)
    assert inferred.discount_minor == pytest.approx(stated.discount_minor, rel=1e-6)
    for measure in ("list_revenue", "discount", "cost_of_goods"):
        parts = [e.contrast.total @ pick(measures=[measure]) for e in (stated, inferred)]
        assert parts[0] == pytest.approx(parts[1], rel=1e-6)


def test_one_set_of_weights_meets_every_part_of_the_profit():
    """Every unit costs 600 at list price 1000: the effect on costs is .6 of the effect on list value, in every cell."""
    contrast = only(grocer(14, [Cut(2, (0, 1), 112, 14)])).contrast
    cells = contrast.total.reshape(-1, len(SIGNS))
    assert cells[:, 4] == pytest.approx(0.6 * cells[:, 0])
    assert contrast.se(pick(measures=["cost_of_goods"])) == pytest.approx(
        0.6 * contrast.se(pick(measures=["list_revenue"]))
    )


def test_another_cut_next_to_it_does_not_speak_for_the_baseline():
    """The same goods are reduced again five weeks later and sell six times as much: that is no ordinary level."""
    planted = grocer(15, [Cut(2, (0, 1), 112, 14), Cut(2, (0, 1), 161, 14, lift=5.0, depth=0.3)], rate=6.0)
    estimates = judged(planted)
    assert len(estimates) == 2
    for truth, (_, estimate) in zip(planted.truth, sorted(estimates, key=lambda e: e[0].window.start), strict=True):
        assert isinstance(estimate, PriceCutEstimate)
        effect = net(estimate)
        assert effect.lower <= truth <= effect.upper


def test_two_cuts_that_overlap_in_one_category_say_so():
    """The second starts in the first one's second week: their effects mix, and the check tells."""
    planted = grocer(16, [Cut(2, (0, 1), 112, 14), Cut(2, (2,), 119, 14, depth=0.4)])
    for _, estimate in judged(planted):
        assert isinstance(estimate, PriceCutEstimate)
        assert checks(estimate)["beside"] is False


def test_goods_that_stop_selling_are_marked():
    """A product that sells nine a day is silent for the last week of its window: it was sold out."""
    shop = grocer(17, [Cut(2, (0, 1), 112, 21)], rate=9.0).shop
    lines = shop.con.execute("SELECT * FROM sold WHERE NOT (product_id = 'c2p0' AND day BETWEEN ? AND ?)", [
        _day(126), _day(132)]).to_arrow_table()  # fmt: skip
    shop.con.execute("DROP VIEW sold").register("sold", lines)
    ((_, estimate),) = judged(Grocer(shop, ()))
    assert isinstance(estimate, PriceCutEstimate)
    assert estimate.usage.sold_out == pytest.approx(7 / 42)  # 7 of 2 x 21 product-days
    assert checks(estimate)["stock_outs"] is False


def _day(n: int) -> int:
    return int(moment(n).timestamp() // 86_400)


def test_a_cut_of_most_of_the_shop_is_judged_on_the_whole_shop():
    """Six of eight categories at once: there is no rest to compare with, so even the two others are in the sum."""
    planted = grocer(18, [Cut(c, (0, 1, 2), 112, 14, lift=1.0) for c in range(6)], rate=2.0)
    estimate = only(planted)
    assert estimate.halo_estimated
    effect = net(estimate)
    assert effect.lower <= sum(planted.truth) <= effect.upper


def test_a_programme_is_the_sum_of_its_windows():
    """Three fortnights of the same cut: one row, the truth is the sum of three."""
    planted = grocer(19, [Cut(2, (0, 1), start, 14, lift=0.5) for start in (63, 126, 189)], rate=5.0)
    found = find_price_cuts(planted.shop)
    windows = tuple(w for cut in found.cuts for w in cut.windows)
    given, usual = sum(cut.discount_minor for cut in found.cuts), sum(cut.usual_minor for cut in found.cuts)
    ordered = tuple(sorted(windows, key=lambda window: window.start))
    programme = PriceCut("p", "p", found.cuts[0].categories, found.cuts[0].product_ids, ordered, given, usual, 6)
    estimate = PriceCutJudge(price_cut_panels(planted.shop, [programme], washout_days=WASHOUT)).estimate(programme)
    assert isinstance(estimate, PriceCutEstimate)
    effect = net(estimate)
    assert effect.lower <= sum(planted.truth) <= effect.upper


@pytest.mark.parametrize(
    ("window", "reason"),
    [
        ((3, 17), Reason.STARTS_BEFORE_DATA),
        ((274, 302), Reason.ENDS_AFTER_DATA),
        ((20, 278), Reason.NO_UNPROMOTED_PERIODS),
    ],
)
def test_what_cannot_be_judged_says_why(window: tuple[int, int], reason: Reason):
    """No day before it, too few days of it in 280 days of data, or next to no day without it."""
    start, end = (moment(day) for day in window)
    row = {"promotion_id": "x", "name": "x", "starts_at": start, "ends_at": end, "products": ["c1p0"]}
    shop = grocer(20, promotions=[row], rate=1.0).shop
    cut = declared_price_cut(shop, "x", "x", Window(start, end))
    assert cut is not None
    assert PriceCutJudge(price_cut_panels(shop, [cut], washout_days=WASHOUT)).estimate(cut) is reason


def test_a_cut_in_the_last_weeks_is_judged_on_what_is_seen_and_says_so():
    """Days 252 to 266 of 280: half of the wash-out of 28 days is in the data."""
    row = {"promotion_id": "x", "name": "x", "starts_at": moment(252), "ends_at": moment(266), "products": ["c1p0"]}
    shop = grocer(21, promotions=[row]).shop
    cut = declared_price_cut(shop, "x", "x", Window(moment(252), moment(266)))
    assert cut is not None
    estimate = PriceCutJudge(price_cut_panels(shop, [cut], washout_days=28)).estimate(cut)
    assert isinstance(estimate, PriceCutEstimate)
    (seen,) = (check for check in estimate.checks if check.code == "window_observed")
    assert (seen.passed, seen.numbers) == (False, {"days": 28.0, "asked": 42.0})


def test_usage_counts_orders_and_customers_of_the_reduced_goods():
    """Each line is an order of its own, so orders in the window are lines with a discount."""
    shop = grocer(22, [Cut(2, (0, 1), 112, 14)]).shop
    estimate = only(Grocer(shop, ()))
    orders, customers, revenue = shop.con.execute(
        "SELECT count(*), count(DISTINCT customer_id), sum(list_revenue - discount) FROM sold WHERE discount > 0"
    ).fetchall()[0]
    assert (estimate.usage.orders, estimate.usage.customers, estimate.usage.revenue_minor) == (
        orders, customers, revenue,
    )  # fmt: skip
    assert estimate.naive.redeemer_revenue_minor == revenue


def test_the_default_washout_is_two_purchase_cycles_of_the_goods():
    """400 customers buy a category of 12 lines a day every 33 days: the wash-out stops at four weeks."""
    assert goods_washout_days(grocer(23, days=140).shop) == 28


# the parts


def flat(n_days: int = 140, level: float = 10.0) -> Series:
    """A series of weekday pattern times level, without noise."""
    week = np.tile([1.0, 1, 1, 1, 1, 2, 0.5], n_days // 7)
    return Series(level * week, DayIndex(week, np.ones(n_days), np.ones(n_days)), np.ones(n_days, dtype=bool))


@pytest.mark.parametrize("shape", counterfactual.SHAPES)
def test_level_times_index_is_forecast_without_error(shape: Shape):
    """Without noise every shape gives the masked days exactly."""
    trial = try_windows(flat(), np.array([35, 63]), Layout(21, guard=7), shape)
    assert trial.missed == pytest.approx([0.0, 0.0], abs=1e-9)


def test_a_straight_drift_needs_the_slope_and_days_on_both_sides():
    """A level that grows by 1 % of its start a day: the slope follows it; a flat level over all days does not."""
    one = flat()
    drift = Series(one.profit * (1 + 0.01 * np.arange(140)), one.index, one.base)
    sloped, level = (
        try_windows(drift, np.array([98]), Layout(14), Shape(np.inf, 0.0, slope)).missed[0] for slope in (True, False)
    )
    assert sloped == pytest.approx(0.0, abs=1e-6)
    assert level > 10.0  # the window lies 35 days after the middle: .35 x 10 x 15 days of weights, less rounding
    before = (np.arange(140) < 126)[None] * 1.0
    at_the_end = fit(one.index.smooth, before, np.array([126]), np.array([140]), Shape(28.0, 0.0, slope=True))
    assert not at_the_end.h1.any()


def test_weights_forecast_every_column_alike():
    """The baseline of twice the series is twice the baseline: weights do not look at outcomes."""
    one = flat()
    model = fit(one.index.smooth, one.base[None] * 1.0, np.array([70]), np.array([84]), Shape(28.0, 0.0, slope=True))
    weights = model.weights(((np.arange(140) >= 70) & (np.arange(140) < 84))[None] * 1.0)
    assert (weights @ (2 * one.profit)) == pytest.approx(2 * (weights @ one.profit))
    assert (weights @ one.profit)[0] == pytest.approx(one.profit[70:84].sum(), rel=0.05)


def test_the_shape_that_misses_least_is_chosen():
    """Series that follow every shock of the index are forecast best with the whole shock."""
    rng = np.random.default_rng(1)
    shock = np.exp(rng.normal(0, 0.5, 280))
    index = DayIndex(np.ones(280), shock, shock)
    series = [Series(rng.poisson(50 * shock).astype(float), index, np.ones(280, dtype=bool)) for _ in range(6)]
    assert placebos(series, Layout(28)).shape.shock == 1.0


def test_placebo_windows_look_like_the_window_they_stand_for():
    """Known on both sides: no window in the first or last four weeks; known before only: up to the last day."""
    both = placebos([flat(280)], Layout(28, guard=7))
    assert both.start.min() >= 28
    assert both.start.max() + 28 + 7 <= 280 - 28
    assert placebos([flat(280)], Layout(28, after=False)).start.max() == 280 - 28
    assert placebos([flat(280)], Layout(28, before=False)).start.min() == 0


def test_the_width_is_the_split_conformal_quantile():
    """Of 19 misses 1..19 the ceil(20 x .9) = 18th is the 90 % reach; 1.6449 is the normal's."""
    bank = Placebos(Shape(28.0, 0.0, slope=False), np.arange(1.0, 20), np.zeros(19, np.int64), np.arange(19))
    assert bank.reach(0.9) == 18.0
    assert bank.widen(0.9) == pytest.approx(18 / 1.6449, rel=1e-4)


def test_a_wilder_series_gets_a_wider_interval():
    """Ten own windows that miss twice as far as the others' count half: mean square (10 m + 10 x 4 m') / 20 m."""
    miss = np.concatenate([np.tile([1.0, -1.0], 50), np.tile([2.0, -2.0], 5)])
    owner = np.concatenate([np.zeros(100, np.int64), np.ones(10, np.int64)])
    bank = Placebos(Shape(28.0, 0.0, slope=False), miss, owner, np.arange(110))
    usual = (100 + 40) / 110
    expected = np.sqrt((PRIOR_WINDOWS * usual + 40) / (20 * usual))
    assert calibration(bank, 0.9, 1)[0] / bank.widen(0.9) == pytest.approx(expected)
    assert calibration(bank, 0.9)[0] == pytest.approx(bank.widen(0.9))


def test_few_placebo_windows_mean_wide_tails():
    """Eleven windows with root mean square 3: their spread, and Student's t with ten degrees of freedom."""
    few = Placebos(Shape(28.0, 0.0, slope=False), np.full(11, 3.0), np.zeros(11, np.int64), np.arange(11))
    assert calibration(few, 0.9) == (3.0, 10.0)
    none = Placebos(Shape(28.0, 0.0, slope=False), np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64))
    assert calibration(none, 0.9) == (1.0, 1.0)
    assert coverage_check(none, None, 0.9).passed is None


def test_a_series_whose_placebos_miss_too_often_fails_the_coverage_check():
    """The others' misses stay within 1; of its own 12, half are 5."""
    miss = np.concatenate([np.linspace(-1, 1, 100), np.tile([0.1, 5.0], 6)])
    owner = np.concatenate([np.zeros(100, np.int64), np.ones(12, np.int64)])
    bank = Placebos(Shape(28.0, 0.0, slope=False), miss, owner, np.arange(112))
    check = coverage_check(bank, 1, 0.9)
    assert (check.passed, check.value, check.numbers) == (False, 0.5, {"windows": 12.0})
    assert coverage_check(bank, 0, 0.9).passed


def test_the_index_leaves_the_series_itself_out():
    """A category that doubles on one day does not raise its own index, only the others'."""
    sales = np.full((4, 56), 100.0)
    sales[0, 28] = 200.0
    found = season(sales, np.ones((4, 56), dtype=bool), np.arange(56) % 7)
    own, other = (found.leaving(np.arange(4) == c) for c in (0, 1))
    assert own.peak[28] == pytest.approx(1.0, abs=0.05)
    assert other.peak[28] > 1.2
    assert other.of(Shape(28.0, 0.0, slope=False))[28] > 1.2  # so large that no shape takes it for chance


def test_promoted_cells_do_not_shape_the_season():
    """A category reduced in one week sells ten times as much: the day factors do not move."""
    sales = np.full((4, 56), 100.0)
    clean = np.ones((4, 56), dtype=bool)
    sales[0, 21:28], clean[0, 21:28] = 1000.0, False
    found = season(sales, clean, np.arange(56) % 7)
    assert found.factor == pytest.approx(np.ones(56))
    assert found.leaving(np.arange(4) == 1).of(Shape(28.0, 1.0, slope=False)) == pytest.approx(np.ones(56))


def test_a_closed_day_has_no_index():
    """Sundays without sales are forecast as nothing."""
    sales = np.full((3, 70), 100.0)
    sales[:, 6::7] = 0.0
    index = season(sales, np.ones((3, 70), dtype=bool), np.arange(70) % 7).leaving(np.arange(3) == 0)
    assert index.of(Shape(28.0, 1.0, slope=False))[6::7] == pytest.approx(np.zeros(10))


def test_unpromoted_days_are_strict_where_there_are_enough_and_usual_days_where_not():
    """Nothing running on 20 days: enough for a need of 20; for 21 the quieter half of all days has to do."""
    running = np.concatenate([np.zeros(20), np.full(40, 0.3), np.full(20, 0.9)])[None]
    washing = np.zeros_like(running)
    assert unpromoted(running, washing, 20).sum() == 20
    assert unpromoted(running, washing, 21).sum() == 60


def test_fees_enter_the_profit_of_a_scope():
    """2 % of list value less discount and refunds: 1 - .02 of each, costs untouched."""
    assert money_parts(0.02) == pytest.approx([0.98, -0.98, 1.0, -0.98, -1.0])


def test_panels_share_out_what_runs_beside_a_cut():
    """A second cut on one of the two products: half of the first one's usual sales are reduced by it on its days."""
    rows = [
        {
            "promotion_id": name,
            "name": name,
            "starts_at": moment(start),
            "ends_at": moment(start + 7),
            "products": goods,
        }
        for name, start, goods in (("a", 70, ["c1p0", "c1p1"]), ("b", 84, ["c1p1"]))
    ]
    shop = grocer(24, promotions=rows, rate=6.0, days=140).shop
    a, b = (
        declared_price_cut(shop, str(row["promotion_id"]), "x", Window(row["starts_at"], row["ends_at"]))  # type: ignore[arg-type]
        for row in rows
    )
    assert a is not None
    assert b is not None
    panels: Panels = price_cut_panels(shop, [a], beside=[b], washout_days=7)
    run, wash = panels.beside(a, whole_category=False)
    assert run[84:91] == pytest.approx(np.full(7, 0.5), abs=0.05)
    assert run[:84].max() == 0
    assert wash[91 : 91 + 28] == pytest.approx(np.full(28, 0.5), abs=0.05)
    assert panels.running[panels.names.index("C1"), 70] == pytest.approx(0.5, abs=0.05)
    assert panels.outcomes.shape == (8, 140, 5)


def test_goods_without_a_category_are_judged_alone():
    """Without categories substitutes are unknown: the category's columns stay empty, the cut is still judged."""
    planted = grocer(25, [Cut(2, (0, 1), 112, 14, lift=1.0)])
    shop = planted.shop
    shop.con.execute("CREATE OR REPLACE TEMP TABLE priced_products AS SELECT product_id, '' AS category, "
                     "NULL::BIGINT AS cost_minor FROM products")  # fmt: skip
    estimate = only(planted)
    assert np.all(estimate.contrast.total[[column[1] != "offer" for column in COLUMNS]] == 0)
    effect = net(estimate)
    assert effect.lower <= planted.truth[0] <= effect.upper
    assert estimate.grade is Grade.QUASI
    assert estimate.contrast.n_control * BLOCK <= 280
