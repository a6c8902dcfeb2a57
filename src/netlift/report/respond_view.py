"""The page of responses, language by language, ready for the templates: texts and figures, no markup."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netlift.report import respond_sentences as told
from netlift.report.amounts import count, percent
from netlift.report.canvas import Drawing
from netlift.report.forest import MOST_ROWS
from netlift.report.plain import figure
from netlift.report.respond_card import Card, Numbers, Subject, card
from netlift.report.respond_figures import Each, Pair, beside, fifths, overview
from netlift.report.respond_tally import Tally
from netlift.report.respond_values import SURE, Outlook, Values, names, outlooks
from netlift.report.words import Words
from netlift.response.results import Responses, Test, Unknown
from netlift.types import Grade


@dataclass(frozen=True, slots=True)
class Beside:
    """One log: personalisation beside the simple answers."""

    name: str
    arms: str
    sentences: tuple[str, ...]
    svg: tuple[str, str]
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class Drawings:
    """All figures of one outcome, drawn once for all languages."""

    overview: Pair
    beside: tuple[Pair, ...]
    fifths: tuple[Drawing | None, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One outcome; a shop has only one."""

    heading: str
    headline: tuple[tuple[str, str], ...]
    tiles: tuple[tuple[str, str], ...]
    overview: tuple[str, str]
    overview_note: str
    not_shown: tuple[str, ...]
    tests: tuple[Beside, ...]
    columns: tuple[str, ...]
    unit: str
    level: str
    cards: tuple[Card, ...]
    unknown: tuple[tuple[str, str, str], ...]
    assumed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The whole report in one language."""

    lang: str
    words: Words
    name: str
    title: str
    subtitle: str
    parts: tuple[Part, ...]
    grades: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    facts: str


def drawings(responses: Responses, each: Each) -> Drawings:
    """Draw the figures of one outcome."""
    return Drawings(
        overview(responses, each),
        tuple(beside(test, each) for test in responses.tests),
        tuple(fifths(one, each) for one in responses.learned),
    )


def page(found: Sequence[Responses], drawn: Sequence[Drawings], value: Values, tally: Tally | None) -> Page:
    """The report in the language of `value`; each outcome of a plain experiment is a part."""
    words, first = value.write.words, found[0]
    notes = ("note_net_margin" if value.money else "note_plain_effect", "note_moved", "note_differ", "note_beside",
             "note_respond_many", "note_interval")  # fmt: skip
    level = percent(_level(first))
    return Page(
        lang=words.lang, words=words, name=first.name, title=words.page("respond_title"),
        subtitle=words.page("respond_subtitle" if value.money else "respond_plain_subtitle"),
        parts=tuple(
            _part(one, figures, value, tally, number)
            for number, (one, figures) in enumerate(zip(found, drawn, strict=True))
        ),
        grades=tuple((words.label("grade", grade.value), words.text("grade", grade.value)) for grade in Grade),
        notes=tuple(words.page(code).format(level=level or percent(SURE), sure=percent(SURE)) for code in notes),
        facts=_footer(first, value),
    )  # fmt: skip


def _part(responses: Responses, drawn: Drawings, value: Values, tally: Tally | None, number: int) -> Part:
    words = value.write.words
    lines = (words.page(code) for code in told.LEADS)
    return Part(
        heading="" if value.money else responses.outcome,
        headline=tuple(pair for pair in zip(lines, told.headline(responses, value), strict=True) if pair[1]),
        tiles=_tiles(responses, value), overview=figure(drawn.overview, words.lang, words.page("respond_overview")),
        overview_note=_overview_note(responses, value), not_shown=told.not_shown(responses, value),
        tests=tuple(_beside(test, pair, value) for test, pair in zip(responses.tests, drawn.beside, strict=True)),
        columns=_columns(value), unit=value.unit, level=percent(_level(responses)),
        cards=_cards(responses, drawn, value, tally, number),
        unknown=tuple(_unknown(one, value) for one in responses.unknown),
        assumed=tuple(_assumed(code, responses.facts, value) for code in responses.assumptions),
    )  # fmt: skip


def _level(responses: Responses) -> float:
    return responses.learned[0].net.level if responses.learned else math.nan


def _tiles(responses: Responses, value: Values) -> tuple[tuple[str, str], ...]:
    say, learned = value.write.words.page, responses.learned
    paying = sum(outlook is Outlook.PAYS for outlook in outlooks(learned))
    tiles = (
        (say("as_of"), responses.as_of),
        (say("scored_tile"), count(responses.customers)),
        (say("learned_tile"), count(len(learned))),
        (say("pays_tile" if value.money else "pays_plain_tile"), count(paying)),
        (say("differ_tile"), count(sum(one.personal for one in learned))),
        (say("unknown_tile"), count(len(responses.unknown))),
    )
    return tuple((name, text) for name, text in tiles if text)


def _overview_note(responses: Responses, value: Values) -> str:
    say, level = value.write.words.page, percent(_level(responses))
    note = say("respond_overview_below" if value.money else "respond_plain_below").format(level=level, unit=value.unit)
    n = len(responses.learned)
    return note if n <= MOST_ROWS else f"{note} {say('respond_most').format(most=MOST_ROWS, n=n)}"


def _columns(value: Values) -> tuple[str, ...]:
    codes = ["offer", "net_each", "result", "cost_long", "scored", "moved", "harmed", "differences"]
    if not value.money:
        codes[1] = "effect_each"
        codes.remove("cost_long")
    return tuple(value.write.words.page(code) for code in codes)


def _beside(test: Test, pair: Pair, value: Values) -> Beside:
    words, found = value.write.words, test.comparison
    rows = [(words.page("policy_value"), value.said(found.policy, sign=False), "")]
    rows += [
        (
            told.simple(test, key, value),
            value.said(found.baselines[key], sign=False),
            value.said(found.differences[key]),
        )
        for key in found.differences
    ]
    return Beside(
        name=test.name, arms=words.listed([words.say("name", name=arm) for arm in test.arms]),
        sentences=tuple(told.answers(test, value).values()), svg=figure(pair, words.lang, test.name),
        numbers=Numbers(tuple(words.page(code) for code in ("simple_answer", "simple_value", "simple_difference")),
                        tuple(rows)),
    )  # fmt: skip


def _cards(responses: Responses, drawn: Drawings, value: Values, tally: Tally | None, number: int) -> tuple[Card, ...]:
    listed = zip(names(responses.learned), responses.learned, outlooks(responses.learned), drawn.fifths, strict=True)
    return tuple(
        card(Subject(f"{value.write.words.lang}-{number + 1}-{i + 1}", name, one, outlook, drawing), value, tally)
        for i, (name, one, outlook, drawing) in enumerate(listed)
    )


def _unknown(one: Unknown, value: Values) -> tuple[str, str, str]:
    """Name, reason, and what it means."""
    words, code = value.write.words, one.refused.value
    meaning = words.text("reason", code)
    return one.offer.name or one.offer.offer_id, words.label("reason", code), f"{meaning} {one.detail}".strip()


def _assumed(code: str, facts: Mapping[str, object], value: Values) -> tuple[str, str]:
    """An assumption in words; its sentence only where the facts hold the number that it names."""
    words, number = value.write.words, facts.get(code)
    numbers: dict[str, str] = {}
    if isinstance(number, float | int) and not isinstance(number, bool):
        numbers = {"value": f"{number:g}", "complement": percent(1 - number)}
    try:
        return words.label("assumption", code), words.text("assumption", code, "text", **numbers)
    except KeyError:
        return words.label("assumption", code), ""


def _footer(responses: Responses, value: Values) -> str:
    """Seed and version, where they were kept."""
    seed, versions = responses.facts.get("seed"), responses.facts.get("versions")
    if seed is None or not isinstance(versions, Mapping) or "netlift" not in versions:
        return ""
    return value.write.words.say("seed", seed=seed, version=versions["netlift"])
