"""What may be called shown, and the three sentences on top."""

import math
from dataclasses import replace

import pytest

from netlift.errors import Reason
from netlift.report.headline import headline
from netlift.report.standing import Standing, counts, reasons, standing, subsidised
from netlift.types import Effect, Grade, Verdict
from tests.report.examples import SKETCHES, bound, chinese, empty, english, finding, refused, undecided, window, yen

LOST, PAID, OPEN, LIKELY = (finding(SKETCHES[i]) for i in (0, 1, 2, 3))


def with_lift(lower: float, upper: float, grade: Grade = Grade.OBSERVATIONAL, q: float = math.nan) -> Standing:
    effect = Effect((lower + upper) / 2, lower, upper, 0.9, 1.0, 9, 9, "x", grade)
    return standing(replace(PAID, net_lift=effect, q_value=q))


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (with_lift(1, 2), Standing.POSITIVE),
        (with_lift(-2, -1), Standing.NEGATIVE),
        (with_lift(-1, 2), Standing.OPEN),
        (with_lift(0, 2), Standing.OPEN),
        (with_lift(1, 2, q=0.1), Standing.POSITIVE),
        (with_lift(1, 2, q=0.11), Standing.FDR),
        (with_lift(1, 2, Grade.WEAK), Standing.WEAK),
        (with_lift(-1, 2, Grade.WEAK), Standing.OPEN),
        (with_lift(1, 2, Grade.ASSUMED), Standing.ASSUMED),
        (with_lift(-1, 2, Grade.BOUND), Standing.BOUND),
        (with_lift(1, 2, Grade.BOUND), Standing.BOUND_POSITIVE),
        (with_lift(-2, -1, Grade.BOUND), Standing.BOUND_NEGATIVE),
        (with_lift(1, 2, Grade.BOUND, q=0.3), Standing.BOUND),
        (standing(refused(SKETCHES[7], Reason.NO_OVERLAP)), Standing.REFUSED),
    ],
)
def test_shown_needs_interval_grade_and_correction(said: Standing, wanted: Standing) -> None:
    assert said is wanted


def test_nothing_is_called_shown_that_is_only_likely() -> None:
    """A posterior above .9 with zero inside the 90 % interval is likely, not shown."""
    assert LIKELY.why == ("shown_positive",)
    assert reasons(LIKELY) == ("likely_positive",)
    assert reasons(PAID) == ("shown_positive",)
    assert reasons(replace(PAID, q_value=0.4)) == ("likely_positive", "fdr")
    assert PAID.net_lift is not None
    weak = replace(PAID, net_lift=PAID.net_lift._replace(grade=Grade.WEAK))
    assert reasons(weak) == ("likely_positive", "check_failed")


@pytest.mark.parametrize(
    ("why", "wanted", "told"),
    [
        (("pooled", "shown_positive"), Standing.FDR, ("pooled", "likely_positive")),
        (("fdr", "shown_positive"), Standing.FDR, ("fdr", "likely_positive")),
        (("placebo_failed",), Standing.WEAK, ("placebo_failed",)),
    ],
)
def test_what_the_audit_wants_tested_is_not_called_shown(
    why: tuple[str, ...], wanted: Standing, told: tuple[str, ...]
) -> None:
    """An interval without zero is no proof where the audit itself has found a reason to doubt."""
    doubted = replace(PAID, verdict=Verdict.TEST, why=why)
    assert standing(doubted) is wanted
    assert reasons(doubted) == told


def test_counts_add_up() -> None:
    audit = english()
    assert counts(audit) == (2, 1, 5)
    assert sum(counts(audit)) == len(audit.findings)


def test_the_subsidy_is_the_sum_over_those_that_know_it() -> None:
    audit = english()
    total = subsidised(audit.findings)
    assert total is not None
    known = [one.decomposition for one in audit.findings if one.decomposition]
    assert total.given == sum(parts.discount_given_minor for parts in known)
    assert total.subsidy == sum(parts.subsidy_minor for parts in known)
    assert total.lower < total.subsidy < total.upper
    assert subsidised([bound(SKETCHES[5])]) is None


def test_the_headline_tells_what_the_audit_holds() -> None:
    """109,635.00 given; 78,075.00 of it in promotions with a decomposition (the sum of the sketches' discounts)."""
    given, shown, advice = headline(english())
    assert given == (
        "You gave away 109,635 EUR in discounts; of the 78,075 EUR that could be judged, about 53,000 EUR (68%) went "
        "to purchases that would have happened anyway (90% interval 43,000 to 63,000)."
    )
    assert shown == (
        "2 of 8 promotions are shown to have paid and 1 to have lost money; for the other 5 the data cannot tell."
    )
    assert advice.startswith("What to do next: stop “Black Friday 25% off everything”; make “Free shipping")
    assert advice.endswith("test “Spring newsletter 15% & free gift” with 2,400 customers per group for 28 days.")


def test_the_headline_in_chinese_is_chinese() -> None:
    given, shown, advice = headline(chinese(), "zh-CN")
    assert given.startswith("您一共让利 756,123 元")
    assert shown == "7 个促销中，3 个证实赚了钱，1 个证实亏了钱；另外 3 个从数据看不出来。"
    assert advice == (
        "下一步：停掉「双11 全场满300减50」；缩减「华东三仓包邮」；"
        "测试「生日礼券 ¥20」：每组 3,800 位顾客，持续 90 天。"
    )


def test_nothing_shown_is_said_plainly() -> None:
    _, shown, advice = headline(undecided())
    assert shown.startswith("Of 3 promotions, none is shown to have paid and none is shown to have lost money")
    assert "random tenth" in advice


def test_no_promotions_and_no_discounts() -> None:
    assert headline(empty()) == (
        "No discounts were found in these data.",
        "No promotion was found in these data.",
        "What to do next: add the orders with discount codes, or a list of your past promotions.",
    )


def test_an_unknown_subsidy_is_not_made_up() -> None:
    """Without a decomposition, or with one whose interval is unknown, the sentence says so."""
    audit = english()
    none = replace(audit, findings=tuple(replace(one, decomposition=None, subsidy=None) for one in audit.findings))
    assert headline(none)[0].endswith("cannot be told from these data.")
    bare = replace(audit, findings=tuple(replace(one, subsidy=None) for one in audit.findings))
    assert headline(bare)[0].endswith("how sure that is could not be computed.")


def test_a_subsidy_without_a_decomposition_counts_too() -> None:
    """An open code may know what share of its discount was wasted without knowing where its bump came from."""
    alone = replace(PAID, decomposition=None)
    whole, part = subsidised([PAID]), subsidised([alone])
    assert whole is not None
    assert part is not None
    assert (part.given, part.lower, part.upper) == (whole.given, whole.lower, whole.upper)


def test_only_good_news_says_keep() -> None:
    audit = replace(english(), findings=(PAID,))
    assert headline(audit)[1:] == (
        "1 of 1 promotion is shown to have paid and 0 to have lost money.",
        "What to do next: keep “Win-back voucher, 10 off 50”.",
    )


def test_long_lists_are_cut() -> None:
    many = tuple(replace(LOST, promotion_id=str(i), name=f"P{i}") for i in range(6))
    assert "stop “P0”, “P1”, “P2” and 3 more" in headline(replace(english(), findings=many))[2]


def test_promotions_of_one_name_are_told_apart_by_their_dates() -> None:
    """A price cut of the same goods comes back every few weeks."""
    first = replace(LOST, promotion_id="a", name="Grapes", window=window("2024-03-01", 7))
    again = replace(LOST, promotion_id="b", name="Grapes", window=window("2024-05-01", 7))
    said = headline(replace(english(), findings=(first, again, PAID)))[2]
    assert "stop “Grapes · 1–7 Mar 2024” and “Grapes · 1–7 May 2024”" in said


def test_yen_are_whole() -> None:
    assert "7,800,000 JPY" in headline(yen())[0]


def test_a_test_that_needs_more_customers_than_there_are_is_not_advised() -> None:
    """OPEN's test needs 2 x 2,400 customers."""
    assert "test “Spring" in headline(replace(english(), customers=4_800))[2]
    assert "test “Spring" not in headline(replace(english(), customers=4_799))[2]


def test_keep_is_only_advised_where_it_is_shown() -> None:
    audit = replace(english(), findings=(LIKELY,))
    assert LIKELY.verdict is Verdict.KEEP
    assert "keep" not in headline(audit)[2]
