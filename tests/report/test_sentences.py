"""One promotion in sentences, and receipts of any form."""

import json
import math
from dataclasses import replace

import pytest

from netlift.data.receipt import Receipt
from netlift.data.stage import Refusal
from netlift.errors import Reason
from netlift.evaluation.results import Assumption, Finding, Naive
from netlift.report import sentences
from netlift.report.amounts import amounts
from netlift.report.receipts import receipt
from netlift.types import Check, Grade
from tests.report.examples import RECEIPT, SKETCHES, bound, english, finding

EN, ZH = (amounts(english(), lang) for lang in ("en", "zh"))
LOST, PAID, OPEN = (finding(SKETCHES[i]) for i in (0, 1, 2))


def graded(one: Finding, grade: Grade) -> Finding:
    assert one.net_lift is not None
    return replace(one, net_lift=one.net_lift._replace(grade=grade))


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (LOST, "Shown to have lost money: net lift is about −9,200 EUR (90% interval −14,200 to −4,100)."),
        (PAID, "Shown to have paid: net lift is about +6,800 EUR (90% interval +4,500 to +9,200), profit that"),
        (OPEN, "Not shown to have paid or lost: net lift is about +1,200 EUR, but zero is inside the 90% interval −3"),
        (replace(PAID, q_value=0.3), "Not shown once all promotions are judged together: net lift is about +6,800 EUR"),
        (bound(SKETCHES[5]), "Only limits can be given: net lift is −8,200 to +4,600 EUR (90% sure)."),
        (graded(PAID, Grade.ASSUMED), "Assumed, not measured: net lift +6,800 EUR (90% interval +4,500 to +9,200)."),
        (graded(LOST, Grade.BOUND), "Only limits can be given, but even the upper one is a loss: net lift is −14,200"),
    ],
)
def test_the_verdict_claims_no_more_than_the_interval(one: Finding, said: str) -> None:
    assert sentences.verdict(one, EN).startswith(said)


def test_a_check_is_a_question_with_an_answer() -> None:
    line = sentences.check(Check("overlap", False, 0.25, 0.1, {"trimmed": 250, "treated": 1000}), EN)
    assert line.outcome == "failed"
    assert line.asks.endswith("?")
    assert line.found == (
        "25% without a counterpart, limit 10% · 250 of 1,000 customers without a counterpart were left out."
    )


def test_p_values_and_scores_are_told_apart() -> None:
    """The same check is held against a p-value in experiments, against standard errors elsewhere."""
    assert sentences.check(Check("placebo_before", True, 0.41, 0.01), EN).found == "p = 0.410, limit 0.01"
    assert (
        sentences.check(Check("placebo_before", True, 0.7, 2.58), EN).found
        == "0.7 standard errors from zero, limit 2.6"
    )


def test_an_unknown_check_is_still_shown() -> None:
    line = sentences.check(Check("moon_phase", True, 0.123456, 0.5), EN)
    assert (line.label, line.outcome, line.found) == ("moon phase", "passed", "found 0.123, limit 0.5")


def test_a_check_that_was_not_run_shows_no_number() -> None:
    line = sentences.check(Check("placebo_before", None, math.nan, 1.96), ZH)
    assert (line.outcome, line.says, line.found) == ("not_run", "这些数据做不了这项检验。", "")


def test_the_usual_answers_stand_beside_ours() -> None:
    claims = sentences.naive(replace(LOST, naive=Naive(1_000_00, None)), EN)
    assert [claim.code for claim in claims] == ["before_after", "net_lift"]
    assert claims[0].amount == "+1,000"
    assert claims[0].difference == "+10,150"  # 1,000 less -9,150
    assert claims[1].amount == "−9,200 (90% interval −14,200 to −4,100)"
    assert sentences.naive(replace(LOST, naive=Naive(None, None)), EN) == ()


def test_the_comparison_counts_both_sides() -> None:
    assert sentences.compared(OPEN, EN).startswith("6,204 customers who were reached, against 31,020 customers")
    assert sentences.compared(LOST, ZH).startswith("降价期间的 48 个商品·周")


def test_an_assumption_says_how_it_matters() -> None:
    value, matters = sentences.assumption(Assumption("margin", 0.355, given=False), EN)
    assert value == "35.5%"
    assert matters.startswith("Goods cost 64% of their list price.")
    assert sentences.assumption(Assumption("contact_cost", 5.0, given=True), EN)[0] == "0.05 EUR"
    assert sentences.assumption(Assumption("timezone", "Asia/Tokyo", given=True), EN)[0] == "Asia/Tokyo"


def test_a_test_that_is_too_large_for_the_shop_says_so() -> None:
    assert sentences.next_test(OPEN, 4_800, EN).endswith("with 80% probability.")
    assert sentences.next_test(OPEN, 900, EN).endswith(
        "The shop has only 900 customers: an effect of this size cannot be found by such a test here."
    )
    assert sentences.next_test(PAID, 900, EN) == ""


def test_breakeven_is_said_only_where_it_is_possible() -> None:
    assert sentences.breakeven(LOST, 0.38, EN) == "It breaks even at a gross margin of 47%; 38% was used."
    assert sentences.breakeven(replace(LOST, breakeven_margin=1.4), 0.38, EN).startswith("No gross margin")
    assert sentences.breakeven(replace(LOST, breakeven_margin=None), 0.38, EN) == ""


def test_a_receipt_shows_counts_reasons_columns_and_what_is_missing() -> None:
    view = receipt(RECEIPT, EN)
    assert view.title == "orders_export.csv"
    assert ("rows in the file", "41,210") in view.facts
    assert ("rows refused", "288") in view.facts
    assert view.notes[0][0] == "no cost of goods"
    refused = view.grids[0]
    assert refused.rows[0] == ("cancelled", "201", "The order was cancelled or never paid.")
    columns = next(grid for grid in view.grids if grid.heading == "columns")
    assert columns.rows[1] == ("Discount Code", "✓", "31.0%", "100.0%")


def test_the_receipt_of_an_ingested_file_is_read_by_its_names() -> None:
    """The form that `netlift.data.receipt` keeps: reasons in words, the file's name without its folder."""
    kept = Receipt(
        source="exports/orders.csv", kind="shopify_orders", title="Shopify orders (CSV)", rows_in=10, rows_kept=8,
        refused=(Refusal(Reason.DUPLICATE, 2, (4, 7)),), tables={"orders": 5}, notes=("no_cost",),
    )  # fmt: skip
    view = receipt(json.loads(kept.to_json()), EN)
    assert view.title == "orders.csv"
    assert not any("exports" in value for _, value in view.facts)
    assert view.grids[0].columns == ("reason", "rows", "for example rows", "Meaning")
    assert view.grids[0].rows == (("duplicate", "2", "4, 7", "The same row was there before."),)
    assert view.notes[0][0] == "no cost of goods"


def test_a_receipt_of_another_form_is_shown_as_it_is() -> None:
    """Nothing of it is dropped, whatever its keys."""
    view = receipt({"odd": {"deep": {"a": 1}}, "many": [1, 2], "ratio": 2.5, "gone": None, "empty": {}}, EN)
    assert ("many", "1, 2") in view.facts
    assert ("ratio", "2.5") in view.facts
    assert view.grids[0].rows == (("deep", "a: 1"),)
    assert view.title == "File"
