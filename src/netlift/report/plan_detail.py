"""What explains a plan, as small tables and sentences: rules, groups, customers, stock, conflicts, law, dry run."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netlift.plan.artefact import Plan
from netlift.plan.told import Law
from netlift.report import sentences
from netlift.report.amounts import MINUS, Amounts, count, percent
from netlift.report.plan_offer import offer, title
from netlift.report.plan_values import amount, brief
from netlift.report.quote_table import texts_language
from netlift.report.respond_card import feature_label
from netlift.types import Check

if TYPE_CHECKING:
    from netlift.plan.explain import Example, Explained, Rule

FACTS = 5
"""At most so many things are told of an example."""
TELLING = 0.7
"""Rules that place fewer customers as the plan does are not shown: they would tell another plan."""
SHARES = frozenset(
    {"weekend_share", "evening_share", "coupon_share", "deal_share", "discount_share", "cheap_share", "view_to_cart",
     "contacts_answered", "price_sensitivity"}
)  # fmt: skip
"""Columns of profiles that read in percent."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A small table: headings and rows of texts; all but the first column may be numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: int = 1
    """Leading columns that hold words."""


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer as an example."""

    title: str
    note: str
    customer: str
    what: str
    net: str
    facts: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]


def rules(found: "Explained", called: Mapping[str, str], write: Amounts) -> tuple[Grid | None, str] | None:
    """The rules as a table, and how well they tell the plan; no table where they tell another, None without any."""
    if found.rules is None or not found.rules.rules:
        return None
    page, say = write.words.page, write.words.say
    if found.rules.agreement < TELLING:
        return None, say("plan_rules_fail", share=percent(found.rules.agreement))
    rows = [
        (
            _who(one, write), _called(one.offer_id, called, write),
            say("plan_rule_share", n=count(one.customers), share=percent(one.share)), brief(one.net, write, sign=True),
        )
        for one in found.rules.rules
    ]  # fmt: skip
    columns = tuple(page(code) for code in ("plan_rule", "plan_gets", "plan_customers", "plan_net"))
    return Grid(columns, tuple(rows), 3), say("plan_rules_agree", share=percent(found.rules.agreement))


def segments(found: "Explained", write: Amounts) -> Grid | None:
    """By group of customers: how many, how many get something, what that earns and costs."""
    if not found.segments:
        return None
    page, words = write.words.page, write.words
    rows = [
        (
            words.label("segment", one.code), count(one.customers), _part(one.given, one.customers, write),
            brief(one.net, write, sign=True), brief(one.cost, write),
        )
        for one in found.segments
    ]  # fmt: skip
    codes = ("plan_segment", "plan_customers", "plan_given", "plan_net", "plan_cost")
    return Grid(tuple(page(code) for code in codes), tuple(rows))


def examples(found: "Explained", called: Mapping[str, str], write: Amounts) -> tuple[Customer, ...]:
    """Three customers with what is known of them and why they get what they get."""
    return tuple(_example(one, called, write) for one in found.examples)


def stock(found: "Explained", write: Amounts) -> Grid | None:
    """Whether goods last for what is expected to sell."""
    if not found.stock:
        return None
    page, say = write.words.page, write.words.say
    rows = [
        (
            one.name, count(one.units), count(one.expected), count(one.high),
            say("plan_stock_enough" if one.enough else "plan_stock_short"),
        )
        for one in found.stock
    ]  # fmt: skip
    codes = ("plan_goods", "plan_units", "plan_needed", "plan_needed_most", "plan_lasts")
    return Grid(tuple(page(code) for code in codes), tuple(rows))


def conflicts(found: "Explained", called: Mapping[str, str], write: Amounts) -> tuple[str, ...]:
    """What the linter says of the plan's promotions together."""
    words, language = write.words, texts_language(write.words.lang)
    told = []
    for one in found.conflicts:
        named = words.listed([words.say("name", name=_called(id_, called, write)) for id_ in one.promotions])
        text = f"{named}{words.say('colon')}{one.text(language)}"
        told.append(words.say("plan_severity", severity=words.label("severity", one.severity), text=text))
    return tuple(told)


def laws(found: "Explained", called: Mapping[str, str], write: Amounts) -> tuple[tuple[str, sentences.Line], ...]:
    """Checks of law and courtesy: what fails with the offer that it is about, what passes once for all offers."""
    told, passed = list[tuple[str, sentences.Line]](), dict[str, list[Law]]()
    for one in found.laws:
        if one.check.passed is False:
            told.append((_subject(one, called, write), _check(one.check, write)))
        else:
            passed.setdefault(one.check.code, []).append(one)
    for listed in passed.values():
        first, many = listed[0], len(listed)
        if many > 1:
            line = _check(first.check, write)._replace(found="")
            told.append((write.words.say("plan_offers", n=many), line))
        else:
            told.append((_subject(first, called, write), _check(first.check, write)))
    return tuple(told)


def dry_run(found: "Explained", write: Amounts) -> tuple[str, ...]:
    """What the promotions would have given on recent orders."""
    tried = found.dry_run
    if tried is None or not tried.orders:
        return ()
    say = write.words.say
    told = say(
        "plan_dry_run", orders=count(tried.orders), given=count(tried.given_orders),
        share=percent(tried.given_orders / tried.orders), discount=amount(tried.discount_minor, write),
        off=percent(tried.discount_minor / tried.listed_minor, digits=1) if tried.listed_minor > 0 else "0%",
    )  # fmt: skip
    return told, say("plan_dry_run_caveat")


def known(column: str, value: object, write: Amounts) -> str:
    """A value of a profile as it is read: money, share, number, or word."""
    words = write.words
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return words.page("unknown")
    if isinstance(value, bool):
        return words.page("yes" if value else "no")
    if not isinstance(value, int | float):
        return words.label("segment", str(value)) if column == "lifecycle" else str(value)
    if column.endswith("_minor"):
        return amount(value, write)
    if column in SHARES or column.startswith("interest"):
        return percent(value)
    return f"{value:,.3g}".replace("-", MINUS) if isinstance(value, float) and abs(value) < 1000 else count(value)


def _example(one: "Example", called: Mapping[str, str], write: Amounts) -> Customer:
    words, what = write.words, _called(one.offer_id, called, write)
    if one.offer_id is not None and one.arm is None:
        what = words.say("plan_best_there_was", offer=what)
    elif one.arm is not None and one.arm != "treatment":
        what = f"{what} · {words.label('arm', one.arm)}"
    se = brief(one.se, write)
    net = brief(one.net, write, sign=True)
    facts = [(feature_label(column, words), known(column, value, write)) for column, value in one.facts.items()]
    reasons = [_sentence(code, write) for code in one.reasons]
    return Customer(
        title=words.label("example", one.kind), note=words.text("example", one.kind), customer=one.customer_id,
        what=what, net=write.named(words.say("with_se", n=net, se=se) if se else net), facts=tuple(facts[:FACTS]),
        reasons=tuple(text for text in reasons if text),
    )  # fmt: skip


def _sentence(code: str, write: Amounts) -> str:
    return write.words.text("because", code, level=percent(0.9)) or write.words.label("because", code)


def _who(one: "Rule", write: Amounts) -> str:
    """Whom a rule means: `if days since the last order: at least 90 and orders: below 4`."""
    words = write.words
    if not one.conditions:
        return words.say("plan_rule_all")
    parts = []
    for condition in one.conditions:
        feature, low, high = condition
        ends = {"low": known(feature, low, write), "high": known(feature, high, write)}
        code = "plan_between" if math.isfinite(low) and math.isfinite(high) else "plan_least"
        code = "plan_below" if math.isinf(low) else code
        parts.append(f"{feature_label(feature, words)} {words.say(code, **ends)}")
    return words.say("plan_rule", conditions=words.say("plan_also").join(parts))


def names(plans: Sequence[Plan], write: Amounts) -> Mapping[str, str]:
    """Offers of all plans in words, by identifier; promotions of an offer share its name."""
    called: dict[str, str] = {}
    for part in (part for one in plans for part in (*one.head.parts, *one.head.public)):
        text = offer(part.candidate, write)
        called |= dict.fromkeys((promotion.id for promotion in part.candidate.promotions), text)
        called[part.candidate.offer.offer_id] = text
    return called


def _called(offer_id: str | None, called: Mapping[str, str], write: Amounts) -> str:
    """An offer in words; of one that no plan gives the title of its mechanism, else its identifier."""
    if offer_id is None:
        return write.words.say("plan_rule_nothing")
    return called.get(offer_id) or title(offer_id.rpartition("-")[0], write.words) or offer_id


def _subject(law: Law, called: Mapping[str, str], write: Amounts) -> str:
    return "" if law.offer_id is None else _called(law.offer_id, called, write)


def _check(one: Check, write: Amounts) -> sentences.Line:
    """A check of law as it is read; a code without words of its own is one of the estimates'."""
    words, code = write.words, one.code
    if not words.knows("law", code):
        return sentences.check(one, write)
    outcome = "not_run" if one.passed is None else "passed" if one.passed else "failed"
    says = words.say("check_not_run") if outcome == "not_run" else words.text("law", code, part=outcome)
    found = "" if math.isnan(one.value) else words.text("law", code, "found", value=one.value, limit=one.limit)
    asks = words.text("law", code, part="asks")
    return sentences.Line(words.label("law", code), asks, outcome, says, "" if outcome == "not_run" else found)


def _part(n: int, of: int, write: Amounts) -> str:
    return write.words.say("moved_share", moved=count(n), share=percent(n / of)) if of else count(n)
