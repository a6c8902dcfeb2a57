"""One promotion in sentences: verdict, reasons, comparison, checks, the usual answers beside ours, next test."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from netlift.evaluation.results import Assumption, Finding, NextTest
from netlift.report.amounts import Amounts, count, percent
from netlift.report.standing import reasons, standing
from netlift.types import Check, Effect, Grade


class Line(NamedTuple):
    """A check as it is read: question, outcome, what was found."""

    label: str
    asks: str
    outcome: str
    """passed, failed or not_run."""
    says: str
    found: str


class Claim(NamedTuple):
    """An answer to "how much did it earn", and how far it is from ours."""

    code: str
    label: str
    amount: str
    difference: str
    minor: float | None


def verdict(finding: Finding, write: Amounts) -> str:
    """What net lift is, in one sentence that claims no more than the interval holds."""
    say = write.words.say
    if finding.net_lift is None:
        code = finding.refused.value if finding.refused else "no_outcome"
        return say("lift_refused", reason=write.words.label("reason", code))
    effect, shown = finding.net_lift, write.money(finding.net_lift)
    return say(
        f"lift_{standing(finding).value}",
        estimate=write.named(shown.estimate), interval=write.interval(effect, shown),
        level=percent(effect.level), range=write.named(write.range(shown)),
    )  # fmt: skip


def names(findings: Sequence[Finding], write: Amounts) -> tuple[str, ...]:
    """What the promotions are called; those that share a name are told apart by their dates."""
    plain = [finding.name or finding.promotion_id for finding in findings]
    shared = {name for name, times in Counter(plain).items() if times > 1}
    return tuple(
        f"{name} · {write.dates(finding.window)}" if name in shared else name
        for name, finding in zip(plain, findings, strict=True)
    )


def why(finding: Finding, write: Amounts) -> tuple[str, ...]:
    """The reasons for the verdict, most important first."""
    effect = finding.net_lift
    likely = effect.p_positive if effect else math.nan
    numbers = {
        "level": percent(effect.level if effect else math.nan),
        "p_positive": percent(likely), "p_negative": percent(1 - likely),
    }  # fmt: skip
    texts = [write.words.text("why", code, **numbers) or write.words.label("why", code) for code in reasons(finding)]
    if finding.refused is not None:
        texts.insert(0, write.words.text("reason", finding.refused.value))
    return tuple(texts)


def per_coin(finding: Finding, write: Amounts) -> str:
    """Net lift for each coin spent, with its interval; empty if nothing was spent."""
    if finding.per_coin is None:
        return ""
    shown = write.ratio(finding.per_coin)
    interval = write.interval(finding.per_coin, shown)
    if not shown.estimate:
        return interval
    return write.words.say("per_coin", estimate=shown.estimate, interval=interval, currency=write.unit)


def compared(finding: Finding, write: Amounts) -> str:
    """What it was compared with, with the number of units on both sides."""
    effect = finding.net_lift
    if effect is None:
        return write.words.text("design", "none")
    unit = _unit(finding)
    point = finding.design == "open_code" and effect.grade is not Grade.BOUND
    return write.words.text(
        "design", "open_code_point" if point else finding.design,
        treated=units(effect.n_treated, unit, write), control=units(effect.n_control, unit, write),
    )  # fmt: skip


def sure(finding: Finding, write: Amounts) -> str:
    """How sure it is: the grade and what became of the checks."""
    grade = finding.grade
    if grade is None:
        return ""
    text = write.words.say(
        "sure", grade=write.words.label("grade", grade.value), text=write.words.text("grade", grade.value)
    )
    return f"{text} {checked(finding.checks, write)}".strip()


def check(one: Check, write: Amounts) -> Line:
    """One check as it is read."""
    words, code = write.words, one.code
    outcome = "not_run" if one.passed is None else "passed" if one.passed else "failed"
    says = words.say("check_not_run") if outcome == "not_run" else words.text("check", code, part=outcome)
    found = "" if outcome == "not_run" or math.isnan(one.value) else _found(one, write)
    return Line(words.label("check", code), words.text("check", code, part="asks"), outcome, says, found)


def checked(checks: Sequence[Check], write: Amounts) -> str:
    """What became of the checks, in one sentence."""
    say = write.words.say
    ran = [one for one in checks if one.passed is not None]
    failed = [write.words.label("check", one.code) for one in ran if not one.passed]
    if not ran:
        return say("checks_none")
    if not failed:
        return say("checks_all", n=len(ran))
    return say("checks_some", n=len(ran), failed=len(failed), names=write.words.listed(failed))


def naive(finding: Finding, write: Amounts) -> tuple[Claim, ...]:
    """What the usual answers would have claimed, and net lift last; empty where none is known."""
    effect = finding.net_lift
    answers = {
        "redeemer_revenue": finding.naive.redeemer_revenue_minor,
        "before_after": finding.naive.before_after_minor,
    }
    claims = [_claim(code, minor, effect, write) for code, minor in answers.items() if minor is not None]
    if not claims or effect is None:
        return tuple(claims)
    shown = write.money(effect)
    text, known = write.interval(effect, shown), None
    if shown.estimate:
        text, known = write.words.say("with_interval", estimate=shown.estimate, interval=text), effect.estimate
    return (*claims, Claim("net_lift", write.words.say("naive_net_lift"), text, "", known))


def next_test(finding: Finding, customers: int, write: Amounts) -> str:
    """The experiment that would decide the question; empty if none is proposed.

    Args:
        finding: the promotion.
        customers: how many the shop has; a test that needs more says so.
        write: how numbers are written.
    """
    test = finding.next_test
    if test is None:
        return ""
    said = write.words.say(
        "next_test_long",
        units=units(test.units_per_arm, test.unit, write), days=write.words.say("days", n=test.days),
        detectable=write.named(write.brief(test.detectable_minor)),
    )  # fmt: skip
    return said if feasible(test, customers) else f"{said} {write.words.say('next_test_too_large', n=count(customers))}"


def feasible(test: NextTest, customers: int) -> bool:
    """Whether the shop has customers for both groups."""
    return test.unit != "customer" or 2 * test.units_per_arm <= customers


def breakeven(finding: Finding, margin: float | None, write: Amounts) -> str:
    """The margin at which it neither earned nor lost, beside the assumed one; empty where margins are known."""
    point = finding.breakeven_margin
    if point is None:
        return ""
    if not 0 <= point <= 1:
        return write.words.say("breakeven_always")
    if margin is None:
        return write.words.say("breakeven", breakeven=percent(point))
    return write.words.say("breakeven_with", breakeven=percent(point), margin=percent(margin))


def assumption(one: Assumption, write: Amounts) -> tuple[str, str]:
    """An assumption's value, and how it matters."""
    value = _value(one, write)
    complement = percent(1 - one.value) if one.code == "margin" and isinstance(one.value, float) else ""
    return value, write.words.text("assumption", one.code, value=value, complement=complement)


def units(n: int, unit: str, write: Amounts) -> str:
    """A number of customers, region-weeks or product-weeks."""
    text = write.words.text("unit", unit, part="one" if n == 1 else "many", n=count(n))
    return text or f"{count(n)} {write.words.label('unit', unit)}"


_UNITS = {"regions": "region-week", "price_cut": "product-week"}
_RATES = frozenset({"margin", "fee_rate", "return_rate", "funding"})
_MONEY = frozenset({"contact_cost", "fixed_cost", "shipping_cost"})


def _unit(finding: Finding) -> str:
    return _UNITS.get(finding.design, "customer")


def _found(one: Check, write: Amounts) -> str:
    words = write.words
    part = "found_small" if one.limit < 1 and words.knows("check", one.code, "found_small") else "found"
    found = words.text("check", one.code, part, value=one.value, limit=one.limit)
    found = found or words.say("check_found", value=f"{one.value:.3g}", limit=f"{one.limit:.3g}")
    return " · ".join((found, *words.more("check", one.code, **one.numbers)))


def _claim(code: str, minor: int, effect: Effect | None, write: Amounts) -> Claim:
    difference = ""
    if effect is not None and write.money(effect).estimate:
        difference = write.brief(minor - effect.estimate, sign=True)
    label = write.words.say(f"naive_{code}")
    return Claim(code, label, write.brief(minor, sign=True), difference, float(minor))


def _value(one: Assumption, write: Amounts) -> str:
    if isinstance(one.value, str):
        return write.words.currency(one.value) if one.code == "currency" else one.value
    if one.code in _RATES:
        return percent(one.value, digits=0 if round(100 * one.value, 6).is_integer() else 1)
    if one.code in _MONEY:
        return write.named(write.exact(round(one.value)))
    return f"{one.value:g}"
