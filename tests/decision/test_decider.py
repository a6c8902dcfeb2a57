"""One customer's answer: what is given, withheld and public, what the basket costs, and what is refused."""

import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pytest

from netlift.candidates.candidate import Scope
from netlift.decision.decider import Decider
from netlift.decision.decision import Decision, Status
from netlift.errors import CartError, ConfigError, DataError
from netlift.plan import artefact
from netlift.plan.artefact import Plan
from netlift.promotions import Cart, Engine, Facts, Line, evaluate, explain
from tests.plan import examples

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)
THRESHOLD, TEN, SHELF = "spend_threshold-3f9a1c", "percent_off-a1b2c3", "percent_off-shelf1"
CART = Cart("EUR", (Line("tea", 1500, 2, category=("tea",)), Line("cup", 1200, 1)))
"""42.00, of which 30.00 are tea; with tea at 15 % off, 37.50."""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return examples.plan()


@pytest.fixture(scope="module")
def decider(plan: Plan) -> Decider:
    return Decider(plan)


def statuses(decision: Decision) -> dict[str, tuple[Status, str]]:
    return {one.offer_id: (one.status, one.why[0]) for one in decision.offers}


def with_rows(plan: Plan, *rows: tuple[str, str, str, float]) -> Plan:
    return Plan(plan.head, examples.rows(rows))


# what is offered


def test_a_chosen_customer_is_given_the_offer_with_its_reasons(decider: Decider) -> None:
    found = decider.decide("c1", now=NOW)
    assert statuses(found) == {
        THRESHOLD: (Status.GIVEN, "measured_by_experiment"),
        TEN: (Status.NOT_ADDRESSED, "not_chosen"),
        SHELF: (Status.PUBLIC, "everybody"),
    }
    mine = found.offers[0]
    assert (mine.arm, mine.propensity, mine.net_margin, mine.se, mine.expected_cost) == (
        "treatment",
        0.9,
        120.0,
        30.0,
        80.0,
    )
    assert (mine.grade, mine.channel) == ("randomized", "email")
    assert found.in_plan
    assert found.quote is None


def test_the_hold_out_is_told_apart_from_those_who_were_not_chosen(decider: Decider) -> None:
    found = decider.decide("c3", now=NOW)
    assert statuses(found)[THRESHOLD] == (Status.WITHHELD, "hold_out")
    assert statuses(found)[TEN] == (Status.NOT_ADDRESSED, "not_chosen")
    assert found.given == (SHELF,)
    assert found.offers[0].propensity == 0.1


def test_an_explored_customer_is_given_the_offer(decider: Decider) -> None:
    found = decider.decide("c6", now=NOW)
    assert (found.offers[0].status, found.offers[0].arm) == (Status.GIVEN, "explore")


def test_who_is_compared_with_the_explored_gets_nothing_and_is_logged_beside_them(plan: Plan) -> None:
    """Never beside the hold-out, which was drawn from customers who were chosen."""
    decider = Decider(
        with_rows(plan, ("a", TEN, "explore", 0.5), ("b", TEN, "explore_control", 0.5), ("c", TEN, "control", 0.1))
    )
    given, drawn, held = (decider.decide(name, now=NOW) for name in "abc")
    assert statuses(drawn)[TEN] == (Status.WITHHELD, "explore_control")
    assert drawn.given == (SHELF,)
    logged = [one.exposures()[0] for one in (given, drawn, held)]
    assert [(one.arm, one.propensity) for one in logged] == [("explore", 0.5), ("control", 0.5), ("control", 0.1)]
    assert logged[0].promotion_id == logged[1].promotion_id == f"{logged[2].promotion_id}+explore"


@pytest.mark.parametrize("customer", ["c0", "c11", "zz", "", "客户", "\ud800"])
def test_a_customer_whom_the_plan_does_not_know_gets_what_is_public(decider: Decider, customer: str) -> None:
    """Ids before the first, between two and after the last, and text that is no text."""
    found = decider.decide(customer, now=NOW)
    assert not found.in_plan
    assert found.given == (SHELF,)
    assert statuses(found)[THRESHOLD] == (Status.NOT_ADDRESSED, "not_in_plan")
    assert found.exposures() == ()


def test_a_customer_may_have_several_offers(plan: Plan) -> None:
    many = with_rows(plan, ("c", THRESHOLD, "treatment", 0.9), ("c", TEN, "control", 0.1))
    assert Decider(many).decide("c", now=NOW).given == (THRESHOLD, SHELF)


@pytest.mark.parametrize(
    ("now", "why"),
    [(examples.WINDOW.start - timedelta(microseconds=1), "not_started"), (examples.WINDOW.end, "ended")],
)
def test_outside_the_window_nothing_is_given_and_nothing_is_logged(decider: Decider, now: datetime, why: str) -> None:
    found = decider.decide("c1", CART, now=now)
    assert statuses(found)[THRESHOLD] == statuses(found)[SHELF] == (Status.CLOSED, why)
    assert found.given == found.exposures() == ()
    assert found.quote is not None
    assert found.quote.payable == 4200


def test_the_first_moment_of_the_window_is_in_it(decider: Decider) -> None:
    assert decider.decide("c1", now=examples.WINDOW.start).given == (THRESHOLD, SHELF)


def test_an_offer_is_closed_once_it_was_used_as_often_as_it_may_be(decider: Decider) -> None:
    used = decider.decide("c1", now=NOW, facts=Facts(customer_uses={THRESHOLD: 1}))
    assert statuses(used)[THRESHOLD] == (Status.CLOSED, "used_up")


# what the basket costs


def test_the_basket_is_priced_with_what_is_given_and_what_is_public(decider: Decider) -> None:
    """Tea at 15 % off: 42.00 less 4.50; 5.00 more off for c1, whose goods cost 40.00 and more; 10 % of 37.50 for c4."""
    payable = {name: decider.decide(name, CART, now=NOW).quote.payable for name in ("c1", "c3", "c4", "c6", "nobody")}  # type: ignore[union-attr]
    assert payable == {"c1": 3250, "c3": 3750, "c4": 3375, "c6": 3250, "nobody": 3750}


def test_the_quote_is_the_engines_own(decider: Decider, plan: Plan) -> None:
    personal, public = plan.head.parts[0].candidate, plan.head.public[0].candidate
    facts = Facts(now=NOW, customer="c1", tokens=frozenset({THRESHOLD}))
    assert decider.decide("c1", CART, now=NOW).quote == evaluate(
        CART, facts, [*personal.promotions, *public.promotions]
    )


def test_a_near_miss_is_told(decider: Decider) -> None:
    """30.00 of tea are 10.00 short of 40.00."""
    found = decider.decide("c1", Cart("EUR", CART.lines[:1]), now=NOW)
    (miss,) = found.near_misses
    assert (miss.promotion, miss.missing, miss.kind) == (THRESHOLD, 1000, "money")
    assert decider.decide("c1", Cart("EUR", CART.lines[:1]), now=NOW, trace=False).near_misses == ()
    assert decider.decide("c1", CART, now=NOW).trace is None


def test_refusals_name_no_offer_that_others_got(decider: Decider) -> None:
    found = decider.decide("nobody", Cart("EUR", CART.lines[1:]), now=NOW)
    assert found.quote is not None
    assert set(found.quote.refusals) == {SHELF}


def test_a_coupon_that_is_held_by_token_opens_for_whom_it_was_given_only(plan: Plan) -> None:
    coupon = examples.candidate("red_packet-1", "red_packet", {"off": 300})
    assert coupon.promotions[0].trigger.kind == "token"
    part = replace(plan.head.parts[0], candidate=coupon)
    rows = examples.rows([("a", "red_packet-1", "treatment", 0.5), ("b", "red_packet-1", "control", 0.5)])
    decider = Decider(Plan(replace(plan.head, parts=(part,), public=()), rows))
    assert decider.decide("a", CART, now=NOW).quote.payable == 3900  # type: ignore[union-attr]
    assert decider.decide("b", CART, now=NOW).quote.payable == 4200  # type: ignore[union-attr]


def test_a_code_must_still_be_typed_and_helps_nobody_else(plan: Plan) -> None:
    code = examples.candidate("coupon_code-1", "coupon_code", {"codes": ["TEN"], "off": "10"})
    part = replace(plan.head.parts[0], candidate=code)
    decider = Decider(
        Plan(
            replace(plan.head, parts=(part,), public=()),
            examples.rows([(name, "coupon_code-1", "treatment", 1.0) for name in ("a", "c")]),
        )
    )
    typed = Facts(codes=frozenset({"ten"}))
    found = [
        decider.decide(name, CART, now=NOW, facts=facts).quote
        for name, facts in (("a", typed), ("a", None), ("b", typed))
    ]
    assert [quote.payable for quote in found if quote is not None] == [3780, 4200, 4200]


# what can be relied on


def test_the_same_question_has_the_same_answer_and_id(plan: Plan, decider: Decider, tmp_path: Path) -> None:
    again = Decider(artefact.read(artefact.keep(plan, tmp_path)))
    assert again.decide("c1", CART, now=NOW) == decider.decide("c1", CART, now=NOW)


def test_every_part_of_a_question_is_in_its_id(decider: Decider) -> None:
    questions = [
        decider.decide("c1", CART, now=NOW), decider.decide("c2", CART, now=NOW), decider.decide("c1", now=NOW),
        decider.decide("c1", CART, now=NOW + timedelta(seconds=1)),
        decider.decide("c1", CART, now=NOW.astimezone(timezone(timedelta(hours=8)))),  # elsewhere it is another hour
        decider.decide("c1", CART, now=NOW, facts=Facts(codes=frozenset({"X"}))),
        decider.decide("c1", Cart("EUR", CART.lines[:1]), now=NOW),
    ]  # fmt: skip
    assert len({one.decision_id for one in questions}) == len(questions)


def test_threads_answer_as_one_does(plan: Plan) -> None:
    alone = Decider(plan)
    asked = [(f"c{i % 8}", CART if i % 2 else None) for i in range(400)]
    expected = [alone.decide(name, cart, now=NOW).to_json() for name, cart in asked]
    shared = Decider(plan)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda one: shared.decide(one[0], one[1], now=NOW).to_json(), asked))
    assert found == expected


def test_the_json_says_it_all(decider: Decider) -> None:
    found = json.loads(json.dumps(decider.decide("c1", Cart("EUR", CART.lines[:1]), now=NOW).to_json()))
    assert found["payable"] == 2550
    assert [one["status"] for one in found["offers"]] == ["given", "not_addressed", "public"]
    assert found["offers"][1].keys() == {"offer_id", "name", "status", "why"}
    assert {one["promotion"] for one in found["trace"]} == {THRESHOLD, SHELF}


def test_a_decision_can_be_sent_to_another_process(decider: Decider) -> None:
    found = decider.decide("c1", CART, now=NOW)
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301


def test_nothing_of_the_plans_table_is_needed_afterwards(plan: Plan) -> None:
    """Rows of several chunks, as a file has them, and of one."""
    rows = pa.concat_tables([plan.rows.slice(0, 2), plan.rows.slice(2)])
    assert rows["customer_id"].num_chunks == 2
    decider = Decider(Plan(plan.head, rows))
    assert [decider.decide(f"c{i}", now=NOW).offers[0].arm for i in (1, 2, 3, 6)] == [
        "treatment", "treatment", "control", "explore",
    ]  # fmt: skip


def test_a_plan_of_nothing_gives_nothing(plan: Plan) -> None:
    nothing = Decider(Plan(replace(plan.head, parts=(), public=()), examples.rows([])))
    found = nothing.decide("c1", CART, now=NOW)
    assert found.offers == ()
    assert found.quote is not None
    assert found.quote.payable == 4200


def test_a_basket_is_priced_once_and_traced_as_it_was_priced(decider: Decider, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was missed is read off the quote that there is; it says just what a new one would."""
    asked, short = [], Cart("EUR", CART.lines[:1])
    quote = Engine.quote
    monkeypatch.setattr(Engine, "quote", lambda self, *given: asked.append(self) or quote(self, *given))
    found = decider.decide("c1", short, now=NOW)
    assert len(asked) == 1
    assert found.near_misses
    facts = Facts(customer="c1", now=NOW, tokens=frozenset({THRESHOLD}))
    assert found.trace == explain(short, facts, list(asked[0].promotions.values()))


# what is refused


def test_a_basket_in_another_currency_is_refused(decider: Decider) -> None:
    with pytest.raises(CartError, match=r"cart\.currency: 'USD', but the plan is in EUR"):
        decider.decide("c1", Cart("USD", CART.lines), now=NOW)


def test_a_wrong_basket_names_its_place(decider: Decider) -> None:
    with pytest.raises(CartError, match=r"cart\.lines\[0\]\.quantity"):
        decider.decide("c1", Cart("EUR", (Line("a", 100, 0),)), now=NOW)


@pytest.mark.parametrize(
    ("now", "facts", "what"),
    [
        (NOW.replace(tzinfo=None), None, "no time zone"),
        (NOW, Facts(customer="c2"), "facts are of customer 'c2'"),
        (NOW, Facts(now=NOW + timedelta(days=1)), "leave one out"),
    ],
)
def test_a_question_that_contradicts_itself_is_refused(
    decider: Decider, now: datetime, facts: Facts | None, what: str
) -> None:
    with pytest.raises(ConfigError, match=what):
        decider.decide("c1", now=now, facts=facts)


def test_rows_of_another_plan_are_refused(plan: Plan) -> None:
    with pytest.raises(DataError, match="offer 'gift-9', which is none of its 2 offers"):
        Decider(with_rows(plan, ("c1", "gift-9", "treatment", 1.0), ("c2", TEN, "treatment", 1.0)))


def test_an_offer_is_personal_or_public(plan: Plan) -> None:
    public = replace(
        plan.head.parts[0], candidate=replace(plan.head.parts[0].candidate, scope=Scope.SITE, channel=None)
    )
    with pytest.raises(DataError, match="is personal and public"):
        Decider(Plan(replace(plan.head, public=(public,)), plan.rows))


def test_two_promotions_of_one_name_are_told_before_a_customer_asks(plan: Plan) -> None:
    twin = replace(plan.head.public[0].candidate, promotions=plan.head.parts[0].candidate.promotions)
    head = replace(plan.head, public=(replace(plan.head.public[0], candidate=twin),))
    with pytest.raises(ConfigError, match=THRESHOLD):
        Decider(Plan(head, plan.rows))
