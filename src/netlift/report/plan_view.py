"""The page of plans, language by language, ready for the templates: texts and figures, no markup."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netlift.plan.artefact import Plan, plan_id
from netlift.report import plan_sentences as told
from netlift.report.amounts import Amounts, count, percent
from netlift.report.canvas import Drawing
from netlift.report.figures import Writers
from netlift.report.plain import figure
from netlift.report.plan_card import Card, Subject, card
from netlift.report.plan_detail import names
from netlift.report.plan_figures import Pair, curve, forest, waterfall
from netlift.report.plan_values import amount
from netlift.report.words import Words
from netlift.types import Grade

if TYPE_CHECKING:
    from netlift.plan.make import Made

COLUMNS = ("plan", "plan_net", "result", "plan_spend", "plan_customers", "plan_loss", "plan_gap", "plan_not_beaten")
"""Headings of the table of all plans; what matters most stands first, where a phone shows it."""
NOTES = ("note_plan_net", "note_plan_choice", "note_interval", "note_plan_loss", "note_plan_gap", "note_plan_beat",
         "note_plan_grade")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drawings:
    """All figures, drawn once for all languages."""

    forest: Pair
    curve: Pair
    waterfalls: tuple[Drawing | None, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The whole report in one language."""

    lang: str
    words: Words
    name: str
    unit: str
    level: str
    headline: tuple[tuple[str, str], ...]
    tiles: tuple[tuple[str, str], ...]
    forest: tuple[str, str]
    curve: tuple[str, str]
    budget: str
    columns: tuple[str, ...]
    cards: tuple[Card, ...]
    not_shown: tuple[str, ...]
    dropped: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    grades: tuple[tuple[str, str], ...]
    facts: str


def drawings(made: "Made", writers: Writers) -> Drawings:
    """Draw the figures."""
    plans = made.plans
    curves: Pair = (None, None)
    if made.curve is not None:
        curves = (curve(made.curve, plans, writers), curve(made.curve, plans, writers, wide=380))
    return Drawings(forest(plans, writers), curves, tuple(_waterfall(made, plan, writers) for plan in plans))


def page(made: "Made", drawn: Drawings, write: Amounts) -> Page:
    """The report in the language of `write`.

    Args:
        made: at least one plan.
        drawn: its figures.
        write: how numbers are written.
    """
    words, head = write.words, made.plans[0].head
    level = percent(head.worth.net.level)
    lines = (words.page(code) for code in told.LEADS)
    return Page(
        lang=words.lang, words=words, name=head.shop, unit=write.unit, level=level,
        headline=tuple(pair for pair in zip(lines, told.headline(made, write), strict=True) if pair[1]),
        tiles=_tiles(made, write), forest=figure(drawn.forest, words.lang, words.page("plan_forest")),
        curve=figure(drawn.curve, words.lang, words.page("plan_curve")), budget=told.budget(made, write),
        columns=tuple(words.page(code) for code in COLUMNS),
        cards=tuple(_card(made, i, plan, drawn.waterfalls[i], write) for i, plan in enumerate(made.plans)),
        not_shown=told.not_shown(made, write),
        dropped=tuple((words.label("plan", code), told.dropped(code, note, write)) for code, note in made.dropped),
        notes=tuple(words.page(code).format(level=level) for code in NOTES),
        grades=tuple((words.label("grade", grade.value), words.text("grade", grade.value)) for grade in Grade),
        facts=_footer(made.plans, write),
    )  # fmt: skip


def _waterfall(made: "Made", plan: Plan, writers: Writers) -> Drawing | None:
    explained = made.explained.get(plan.head.code)
    return waterfall(explained.steps, plan.head, writers) if explained is not None else None


def _card(made: "Made", i: int, plan: Plan, drawn: Drawing | None, write: Amounts) -> Card:
    anchor = f"{write.words.lang}-{plan.head.code}-{i + 1}"
    return card(Subject(anchor, plan, made.explained.get(plan.head.code), drawn, names(made.plans, write)), write)


def _tiles(made: "Made", write: Amounts) -> tuple[tuple[str, str], ...]:
    say, head = write.words.page, made.plans[0].head
    overlap = percent(made.mean_overlap) if len(made.plans) > 1 and math.isfinite(made.mean_overlap) else ""
    tiles = (
        (say("plan_budget"), amount(head.budget_minor, write)),
        (say("as_of"), head.as_of),
        (say("plan_count"), count(len(made.plans))),
        (say("plan_overlap"), overlap),
    )
    return tuple((name, text) for name, text in tiles if text)


def _footer(plans: Sequence[Plan], write: Amounts) -> str:
    """Seed, version, and the identifiers of the plans, by which they can be told apart."""
    head = plans[0].head
    told = [write.words.say("seed", seed=head.seed, version=head.versions.get("netlift", ""))]
    told += [write.words.say("plan_id", id=plan_id(one)[:8]) for one in plans]
    return " · ".join(told)
