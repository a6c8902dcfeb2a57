"""Candidates answered: which way each takes, the money of a translated coupon by hand, and whole shops."""

import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from netlift.candidates.candidate import Candidate
from netlift.history.shop import Shop, connect, open_shop
from netlift.history.shop import Terms as ShopTerms
from netlift.response.declared import declared_responses
from netlift.response.demand import Planned, demand, first_uses
from netlift.response.demand_rows import GRID
from netlift.response.from_candidates import declared_of, plain_depth
from netlift.response.noticed import noticed_of
from netlift.response.pooled import COIN, Prior
from netlift.response.prices import price_responses
from netlift.response.respond import respond
from netlift.response.results import Source, Why
from netlift.response.translated import DOUBT
from netlift.response.tried import Tried
from netlift.response.unpriced import BELIEF
from netlift.response.uses import fit_of, uses_of
from netlift.schema import RESPONSE, check
from netlift.simulate import presets, simulate
from netlift.types import Grade
from tests.evaluation.tiny import day, line, orders_of, rows
from tests.response.candidate_worlds import UNTIL, candidate, four_carts
from tests.response.test_prices import LAST, known, off, shop

THRESHOLD = {"spend": 3500, "off": 500}
TRIED = Tried(400, 0, 200, 4000.0, 2000.0, 400.0, 300.0, 900.0, 0.05)
"""Half of the orders qualify, with twice the usual goods; a use is a tenth of them, of which the shop pays three
quarters."""


def column(answer, name: str) -> np.ndarray:  # type: ignore[no-untyped-def, type-arg]
    table = check(pa.Table.from_batches(answer.batches(), schema=RESPONSE), RESPONSE)
    return table[name].to_numpy(zero_copy_only=False)


def coupon(uses: int = 0, contact: int = 0, tried: Tried = TRIED) -> Planned:
    plain = off(None)
    return replace(plain, offer=replace(plain.offer, uses=uses, contact_cost_minor=contact), tried=tried)


def test_only_a_plain_percentage_is_like_a_price() -> None:
    assert plain_depth(candidate("percent_off", {"off": "20"})) == 0.2
    named = {"off": "20", "goods": {"categories": ["tea"]}}
    assert plain_depth(candidate("percent_off", named, categories=("tea",))) == 0.2
    assert plain_depth(candidate("percent_off", named)) is None  # on goods that the candidate does not name
    assert plain_depth(candidate("percent_off", {"off": "20"}, personal=True)) == 0.2
    assert plain_depth(candidate("win_back", {"days": 90, "off": "15"})) == 0.15
    for kind, form in (
        ("percent_off", {"off": "20", "most": 500}),
        ("spend_threshold", THRESHOLD),
        ("happy_hour", {"start": "10:00", "end": "12:00", "off": "20"}),
        ("second_half_price", {}),
    ):
        assert plain_depth(candidate(kind, form)) is None


def test_a_translated_coupon_by_hand() -> None:
    """Half of the visits with twice the goods sell as much as a tenth off everything; a use costs what was tried."""
    rates, found = demand(shop(), LAST), known()
    (answer,) = price_responses(shop(), [coupon()], expected=rates, prices=found)
    (plain,) = price_responses(shop(), [off(0.1)], expected=rates, prices=found)
    (one,) = rates.chunks()
    overall = rates.any_rate.posterior(one.days, one.known)[0] * 14
    share = rates.rates.posterior(one.bought, one.known)[0] / overall[:, None] * 14
    visits = overall * (1 - np.prod(1 - np.minimum(share, 1 - 1e-9), axis=1))
    # margin: half of the visits, with twice the goods, is as much as all of them with the usual goods
    assert column(answer, "incremental_margin") == pytest.approx(column(plain, "incremental_margin"), abs=2 / GRID)
    sold = column(plain, "expected_cost") / 0.1  # what is sold under it, at list price
    before = (rates.rates.posterior(one.bought, one.known)[0] * 14) @ rates.value
    assert column(answer, "expected_cost") == pytest.approx(visits / 2 * 300 * sold / before, abs=2 / GRID)
    assert answer.learned.source is Source.PRICES
    assert answer.learned.grade is Grade.WEAK
    assert answer.learned.reasons == (Why.FOLLOWS_PRICES, Why.TRANSLATED)
    told = next(one for one in answer.learned.checks if one.code == "translated")
    assert (told.passed, told.value, told.numbers["depth"], told.numbers["qualified"]) == (False, 0.5, 0.1, 200.0)
    margin, net = answer.learned.margin, answer.learned.net
    assert margin.se >= DOUBT * abs(margin.estimate)
    assert net.estimate == pytest.approx(margin.estimate - answer.learned.cost.estimate)
    assert net.se == pytest.approx(math.hypot(DOUBT * margin.estimate, 0.05 * net.estimate))  # prices are exact here


def test_uses_that_are_limited_cost_no_more_than_so_often() -> None:
    rates, found = demand(shop(), LAST), known()
    unlimited, once = price_responses(shop(), [coupon(), coupon(1, contact=7)], expected=rates, prices=found)
    ann, _ = column(once, "expected_cost") - 7
    free, _ = column(unlimited, "expected_cost")
    grown = free / (free_uses := unlimited_uses(rates)) / 300
    assert ann == pytest.approx(first_uses(np.array([free_uses]), 1)[0] * 300 * grown, abs=2 / GRID)
    assert column(once, "liability").tolist() == [907.0, 907.0]
    assert (column(unlimited, "liability") >= 900).all()


def unlimited_uses(rates) -> float:  # type: ignore[no-untyped-def]
    """Ann's expected uses of a coupon on everything in 14 days."""
    (one,) = rates.chunks()
    overall = rates.any_rate.posterior(one.days, one.known)[0]
    share = np.minimum(rates.rates.posterior(one.bought, one.known)[0] / overall[:, None], 1 - 1e-9)
    return float((overall * 14 * (1 - np.prod(1 - share, axis=1)))[0] / 2)


def test_who_fills_larger_baskets_reaches_a_threshold_more_often() -> None:
    """Ann's baskets are larger than Bob's; over all visits as many qualify as were tried."""
    rates, everything = demand(shop(), LAST), np.ones(2)
    planned = coupon(tried=TRIED._replace(from_minor=1600.0, qualified=100))
    (people,) = rates.chunks()
    ann, bob = rates.own_basket(people)[0]
    assert ann > bob
    days = rates.any_rate.posterior(people.days, people.known)[0]
    found = uses_of(rates, people, planned, everything, fit_of(rates, planned, everything))
    share = found.used / uses_of(rates, people, off(0.1), everything).used
    assert share[0] > share[1]
    assert days @ share / days.sum() == pytest.approx(0.25)
    goods = (found.rates * found.part) @ rates.value  # what is bought where it is used
    assert goods == pytest.approx(found.used * planned.tried.goods_minor)  # type: ignore[union-attr]
    some = np.array([1.0, 0.5])  # not everything is on offer: baskets do not tell
    assert fit_of(rates, planned, some) == 1.0
    shares = uses_of(rates, people, planned, some).used / uses_of(rates, people, off(0.1), some).used
    assert shares == pytest.approx([0.25, 0.25])


def test_a_prior_draws_the_average_and_leaves_differences() -> None:
    """Own net -a with standard error s, prior 50 with spread p: the posterior by precision."""
    rates, found = demand(shop(), LAST), known()
    prior = Prior("campaign", "customer", 50.0, 3.0, 4.0, 12)
    (own,) = price_responses(shop(), [coupon()], expected=rates, prices=found)
    (both,) = price_responses(shop(), [coupon()], expected=rates, prices=found, priors={"o": prior})
    s, p = own.learned.net.se, prior.spread
    weight = p**2 / (p**2 + s**2)
    assert both.learned.net.estimate == pytest.approx(weight * own.learned.net.estimate + (1 - weight) * 50)
    assert both.learned.net.se == pytest.approx(math.sqrt(weight) * s)
    shift = both.learned.net.estimate - own.learned.net.estimate
    assert column(both, "net_margin") == pytest.approx(column(own, "net_margin") + shift, abs=2 / GRID)
    assert column(both, "net_margin").mean() == pytest.approx(both.learned.net.estimate, abs=2 / GRID)
    assert (column(both, "incremental_margin") - column(both, "expected_cost") == column(both, "net_margin")).all()
    assert both.learned.numbers["kind_weight"] == pytest.approx(1 - weight)
    assert both.learned.model_id != own.learned.model_id


def one_price_shop() -> Shop:
    """Customers buy soap every week or every other one, 30.00 or 60.00 at a time; nothing was ever cheaper."""
    lines = [
        line(f"{who}-{week}", f"c{who:02}", day(7 * week + who % 7), "soap", quantity=3.0 if (who + week) % 2 else 6.0,
             list_minor=3000 if (who + week) % 2 else 6000, cost_minor=1800)
        for who in range(24)
        for week in range(20)
        if who < 12 or week % 2
    ]  # fmt: skip
    products = rows("products", [{"product_id": "soap", "category": "wash"}])
    tables = {
        "order_lines": rows("order_lines", lines),
        "orders": rows("orders", orders_of(lines)),
        "products": products,
    }
    return open_shop(connect(tables), ShopTerms())


def test_where_prices_never_moved_no_effect_is_assumed_and_the_test_named() -> None:
    quiet = one_price_shop()
    asked = declared_of(
        quiet, [candidate("spend_threshold", {"spend": 5000, "off": 500}, personal=True, contact_cost_minor=4)]
    )
    (answer,), unknown = declared_responses(quiet, asked)
    assert unknown == ()
    found = answer.learned
    assert (found.source, found.grade, found.margin.estimate) == (Source.ASSUMED, Grade.ASSUMED, 0.0)
    assert found.net.lower < 0 < found.net.upper
    assert found.pilot is not None
    assert (found.numbers["likely"], found.numbers["high"]) == (0.0, BELIEF.high)
    assert [one.code for one in found.checks] == ["translated", "noticed"]
    (tried,) = [one.planned.tried for one in asked]
    assert tried is not None
    assert (tried.share, tried.goods_minor, tried.cost_minor) == (pytest.approx(0.5, abs=0.05), 6000, 500)
    cost = column(answer, "expected_cost")
    assert (cost > 4).all()
    assert (column(answer, "net_margin") == -cost).all()  # nobody is thought to buy more


def test_where_prices_never_moved_past_offers_of_the_kind_answer() -> None:
    quiet, asked = one_price_shop(), candidate("spend_threshold", {"spend": 5000, "off": 500}, offer_id="t")
    each = Prior("spend_threshold", "customer", 12.0, 3.0, 4.0, 12)
    (answer,), _ = declared_responses(quiet, declared_of(quiet, [asked], pooled=[each]))
    assert (answer.learned.source, answer.learned.grade) == (Source.POOLED, Grade.WEAK)
    assert answer.learned.net.estimate == pytest.approx(12.0, abs=1 / GRID)
    assert answer.learned.net.se == pytest.approx(each.spread)
    assert column(answer, "net_margin") == pytest.approx(12.0, abs=2 / GRID)
    assert {tuple(one[:2]) for one in column(answer, "reasons")} == {(Why.LIKE_ITS_KIND, Why.AVERAGE_FOR_ALL)}
    coin = Prior("spend_threshold", COIN, 0.5, 0.1, 0.0, 12)
    (answer,), _ = declared_responses(quiet, declared_of(quiet, [asked], pooled=[coin]))
    assert answer.learned.net.estimate == pytest.approx(0.5 * answer.learned.cost.estimate, abs=1e-3)


def test_goods_that_nobody_bought_are_unknown_and_stop_nothing_else() -> None:
    quiet = one_price_shop()
    gone = candidate("percent_off", {"off": "20"}, offer_id="gone", categories=("none such",))
    answers, unknown = declared_responses(quiet, declared_of(quiet, [gone, candidate("percent_off", {"off": "5"})]))
    assert [one.learned.offer.offer_id for one in answers] == ["o"]
    assert [one.offer.offer_id for one in unknown] == ["gone"]
    assert "none such" in unknown[0].detail


def test_redemption_of_past_coupons_says_how_many_notice() -> None:
    """Of sixty who were written to forty bought, ten of them with the coupon."""
    lines = [line(f"{n}", f"c{n:02}", day(30), "soap") for n in range(40)]
    lines += [line(f"{n}-late", f"c{n:02}", day(60), "soap") for n in range(60)]
    sent = {"promotion_id": "p", "mechanism": "code", "starts_at": day(28), "ends_at": day(35)}
    reached = {"promotion_id": "p", "arm": "mail", "channel": "email", "exposed_at": day(28)}
    used = {"promotion_id": "p", "redeemed_at": day(30)}
    tables = {
        "order_lines": rows("order_lines", lines), "orders": rows("orders", orders_of(lines)),
        "promotions": rows("promotions", [sent]),
        "exposures": rows("exposures", [{**reached, "customer_id": f"c{n:02}"} for n in range(60)]),
        "coupons": rows("coupons", [{**used, "coupon_id": f"k{n}", "customer_id": f"c{n:02}"} for n in range(10)]),
    }  # fmt: skip
    past = open_shop(connect(tables), ShopTerms())
    assert noticed_of(past, UNTIL).of("code", "email")[0] == 0.25
    assert noticed_of(past, UNTIL).of("points", "sms")[0] == 0.25  # better than nothing
    assert noticed_of(past, UNTIL - 6).of("code", "email")[0] == 1.0  # not over yet
    share, (asked,) = noticed_of(four_carts(), UNTIL).of("code", "email")
    assert (share, asked.passed) == (1.0, None)


def tiny_candidates() -> list[Candidate]:
    threshold = {"spend": 3000, "off": 400}
    return [
        candidate("spend_threshold", threshold, offer_id="threshold", personal=True, uses=1, contact_cost_minor=5),
        candidate("percent_off", {"off": "10"}, offer_id="tenth"),
        candidate("percent_off", {"off": "15"}, offer_id="again", personal=True, past="test", contact_cost_minor=9),
        candidate("percent_off", {"off": "10"}, offer_id="lost", personal=True, past="no such log"),
        candidate("platform_coupon", {"spend": 10**8, "off": 10}, offer_id="elsewhere"),
    ]


def test_what_was_guessed_is_not_answered_by_the_past() -> None:
    """Another depth earns and costs another amount; what was declared, or read from redemptions, holds."""
    again = candidate("percent_off", {"off": "15"}, offer_id="again", personal=True, past="test")
    said = ("depth_guessed", "threshold_guessed", "as_before", "depth_estimated", "letter_only")
    asked = declared_of(one_price_shop(), [replace(again, why=("repeats_the_past", code)) for code in said])
    assert [one.past for one in asked] == [None, None, "test", "test", "test"]


@pytest.mark.slow
def test_respond_has_rows_for_every_candidate_and_customer() -> None:
    opened = open_shop(connect(simulate(presets.tiny(3)).tables), ShopTerms())
    kept: list[pa.Table] = []
    asked = declared_of(opened, tiny_candidates())
    found = respond(opened, declared=asked, write=lambda reader: kept.append(reader.read_all()))
    table = check(kept[0], RESPONSE)
    for one in ("threshold", "tenth", "again", "lost", "elsewhere"):
        mine = table.filter(pc.equal(table["offer_id"], one))
        assert mine.num_rows == found.customers == 200
        assert (
            mine["incremental_margin"].to_numpy() - mine["expected_cost"].to_numpy() == mine["net_margin"].to_numpy()
        ).all()
    by_id = {one.offer.offer_id: one for one in found.learned}
    assert by_id["again"].source is Source.EXPERIMENT
    assert by_id["again"].net.estimate == pytest.approx(by_id["test"].net.estimate - 9)  # the test's contact was free
    assert by_id["again"].cost.estimate == pytest.approx(by_id["test"].cost.estimate + 9)
    assert by_id["lost"].source is Source.PRICES
    assert (by_id["elsewhere"].source, by_id["threshold"].grade) == (Source.ASSUMED, Grade.WEAK)
    rows_of = {
        name: table.filter(pc.equal(table["offer_id"], name)).sort_by("customer_id") for name in ("again", "test")
    }
    nets = [rows_of[name]["net_margin"].to_numpy() for name in ("again", "test")]
    assert nets[0] == pytest.approx(nets[1] - 9, abs=2 / GRID)
    assert found.judged["again"].score.mean() == pytest.approx(found.judged["test"].score.mean() - 9, abs=0.01)


def test_threads_change_no_byte() -> None:
    found = []
    for threads in (1, 3):
        quiet = one_price_shop()
        quiet.con.execute(f"SET threads = {threads}")
        asked = declared_of(quiet, [candidate("spend_threshold", {"spend": 5000, "off": 500}, personal=True)])
        (answer,), _ = declared_responses(quiet, asked)
        found.append((asked, answer.learned, pa.Table.from_batches(answer.batches())))
    assert repr(found[0][:2]) == repr(found[1][:2])  # as text, because a nan equals no other
    assert found[0][2].equals(found[1][2])
