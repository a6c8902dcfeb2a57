"""One offer in the report of responses: what it changes, for whom, how sure that is, and what would tell more."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from netlift.report import respond_sentences as told
from netlift.report import sentences
from netlift.report.amounts import MINUS, count, percent
from netlift.report.canvas import Drawing
from netlift.report.cells import Cell
from netlift.report.respond_tally import Tally
from netlift.report.respond_values import SURE, Outlook, Values, outlook_label
from netlift.report.table import MARKS
from netlift.report.words import Words
from netlift.response.results import Driver, Learned, Source

STRONG = 0.3
"""From this correlation on, a driver is said to work in one direction."""

SHARES = frozenset({"depth", "deepest_seen", "own_weight", "redemption", "order_uplift"})
"""Further figures that are shares and read in percent."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A small table: headings and rows of texts."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class DriverLine:
    """One feature by which customers are told apart."""

    name: str
    share: str
    wide: float
    """Length of its bar, 0 to 100."""
    direction: str


@dataclass(frozen=True, slots=True)
class Subject:
    """An offer with what was already found out about it."""

    anchor: str
    name: str
    learned: Learned
    outlook: Outlook
    fifths: Drawing | None


@dataclass(frozen=True, slots=True)
class Card:
    """One offer as it is read."""

    anchor: str
    name: str
    code: str
    """keep, stop or test: the colour."""
    mark: str
    outlook: str
    about: str
    sentence: str
    facts: tuple[tuple[str, str], ...]
    source: str
    sure: str
    method: str
    reasons: tuple[tuple[str, str, str], ...]
    """Label, rows (empty where not counted), meaning."""
    fifths: str
    numbers: Numbers
    """Of the groups."""
    drivers: tuple[DriverLine, ...]
    checks: tuple[sentences.Line, ...]
    pilot: str
    cells: tuple[Cell, ...]
    """Its row in the table of all offers, but for the name."""


def card(subject: Subject, value: Values, tally: Tally | None) -> Card:
    """An offer in the language of `value`; with a tally, reasons come with the number of rows that carry them."""
    one, words, verdict = subject.learned, value.write.words, subject.outlook.verdict
    drawing = subject.fifths
    grade = words.label("grade", one.grade.value)
    source = words.text("source", one.source.value)
    about = (words.label("mechanism", one.offer.mechanism), words.label("source", one.source.value), grade)
    return Card(
        anchor=subject.anchor, name=subject.name, code=verdict.value, mark=MARKS[verdict],
        outlook=outlook_label(subject.outlook, value), about=" · ".join(dict.fromkeys(text for text in about if text)),
        sentence=value.said(one.net, each=True), facts=_facts(one, value), source=source,
        sure=_sure(one, value), method=words.label("method", one.net.method) if one.net.method else "",
        reasons=_reasons(one, value, tally),
        fifths=drawing.svg(words.lang, page=True, title=words.page("respond_fifths")) if drawing else "",
        numbers=_numbers(one, value), drivers=_drivers(one.drivers, value),
        checks=tuple(sentences.check(check, value.write) for check in one.checks),
        pilot=told.pilot(one.pilot, value) if one.pilot else "", cells=_cells(one, subject.outlook, value),
    )  # fmt: skip


def _facts(one: Learned, value: Values) -> tuple[tuple[str, str], ...]:
    page, words = value.write.words.page, value.write.words
    sizes = ""
    if one.net.n_treated or one.net.n_control:
        unit = "product-week" if one.source is Source.PRICES else "customer"
        treated, control = (sentences.units(n, unit, value.write) for n in (one.net.n_treated, one.net.n_control))
        sizes = words.say("learned_from", treated=treated, control=control)
    money = [(page("margin_each"), value.said(one.margin)), (page("cost_long"), value.said(one.cost, sign=False))]
    facts = [
        (page("learned"), sizes),
        *(money if value.money else []),
        (page("net_each" if value.money else "effect_each"), value.said(one.net)),
        (page("scored"), count(one.scored)),
        (page("moved"), _part(one.moved, one, value)),
        (page("harmed"), _part(one.harmed, one, value)),
        (page("differences"), told.differences(one, value)),
        *_figures(one.numbers, words),
        (page("model"), one.model_id),
    ]
    return tuple((name, text) for name, text in facts if text)


def _figures(numbers: Mapping[str, float], words: Words) -> list[tuple[str, str]]:
    """Further figures, each with its standard error where it has one (`CODE_se` beside `CODE`)."""
    told = []
    for code, number in numbers.items():
        if not math.isfinite(number) or code == "usual_minor" or code.removesuffix("_se") in numbers.keys() - {code}:
            continue
        text = percent(number) if code in SHARES else f"{number:,.3g}".replace("-", MINUS)
        error = numbers.get(f"{code}_se", math.nan)
        told.append(
            (words.label("figure", code), words.say("with_se", n=text, se=f"{error:,.2g}") if error > 0 else text)
        )
    return told


def _sure(one: Learned, value: Values) -> str:
    words = value.write.words
    grade = one.grade.value
    said = words.say("sure", grade=words.label("grade", grade), text=words.text("grade", grade))
    return f"{said} {sentences.checked(one.checks, value.write)}" if one.checks else said


def _reasons(one: Learned, value: Values, tally: Tally | None) -> tuple[tuple[str, str, str], ...]:
    """Codes with the rows that carry them; without a tally those that all rows carry."""
    words = value.write.words
    listed = tally.of(one.offer.offer_id) if tally else []
    rows = tally.rows[one.offer.offer_id] if tally else 0
    counted = [(code, _share(n, rows, value)) for code, n in listed] or [(code, "") for code in one.reasons]
    level = percent(SURE)
    return tuple((words.label("because", code), n, words.text("because", code, level=level)) for code, n in counted)


def _numbers(one: Learned, value: Values) -> Numbers:
    page = value.write.words.page
    plain = [
        (f"{i + 1}", value.shown(group.found._replace(estimate=group.predicted)).estimate, value.said(group.found))
        for i, group in enumerate(one.groups)
    ]
    return Numbers(tuple(page(code) for code in ("respond_group", "predicted", "found")), tuple(plain))


def _drivers(drivers: tuple[Driver, ...], value: Values) -> tuple[DriverLine, ...]:
    """One line per feature; columns that share a name, such as the levels of a text, are one feature."""
    words, found = value.write.words, dict[str, list[Driver]]()
    for driver in drivers:
        found.setdefault(driver.feature, []).append(driver)
    shares = {name: sum(one.share for one in listed) for name, listed in found.items()}
    most = max(shares.values(), default=0) or 1
    return tuple(
        DriverLine(
            feature_label(name, words), percent(shares[name]), round(100 * shares[name] / most, 1),
            words.label("driver", _direction(found[name][0].direction) if len(found[name]) == 1 else "levels"),
        )
        for name in sorted(found, key=lambda name: -shares[name])
    )  # fmt: skip


def feature_label(name: str, words: Words) -> str:
    """A feature in words: a column of the profiles, `column=level`, or `interest=category`."""
    column, _, level = name.partition("=")
    if not level:
        return words.label("feature", column)
    if column == "interest":
        return words.say("interest_in", category=level)
    return f"{words.label('feature', column)}{words.say('colon')}{level.replace('_', ' ')}"


def _direction(correlation: float) -> str:
    if abs(correlation) >= STRONG:
        return "up" if correlation > 0 else "down"
    return "both"


def _cells(one: Learned, outlook: Outlook, value: Values) -> tuple[Cell, ...]:
    words = value.write.words
    net = Cell(value.estimate(one.net), value.range(one.net), _order(one.net.estimate))
    cost = Cell(value.estimate(one.cost, sign=False), value.range(one.cost, sign=False), _order(one.cost.estimate))
    result = Cell(outlook_label(outlook, value), words.text("grade", one.grade.value, "short"),
                  10 * list(Outlook).index(outlook) + one.grade.rank)  # fmt: skip
    slope = value.slope(one.slope) if one.slope else ""
    differ = Cell(words.page("yes" if one.personal else "no"), slope, _order(one.slope.estimate) if one.slope else "")
    counts = (Cell(count(n), told.share(n, one.scored), n) for n in (one.moved, one.harmed))
    return (net, result, *([cost] if value.money else []), Cell(count(one.scored), order=one.scored), *counts, differ)


def _order(number: float) -> float | str:
    """What a number is sorted by; unknown ones go last."""
    return number if math.isfinite(number) else ""


def _part(n: int, one: Learned, value: Values) -> str:
    return _share(n, one.scored, value)


def _share(n: int, of: int, value: Values) -> str:
    """A count with its share."""
    share = told.share(n, of)
    return value.write.words.say("moved_share", moved=count(n), share=share) if share else count(n)
