"""What a report says, language by language, ready for the templates: texts and figures, no markup."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netlift.evaluation.results import Audit, Finding, Pooled
from netlift.report import bars, sentences
from netlift.report.amounts import Amounts, count, percent
from netlift.report.canvas import Drawing
from netlift.report.cells import COLUMNS, Cell, cells
from netlift.report.forest import MOST_ROWS, forest
from netlift.report.headline import headline
from netlift.report.table import MARKS, subsidised
from netlift.report.words import Words
from netlift.types import Effect, Grade

Writers = Mapping[str, Amounts]


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure with its numbers: for those who cannot see it, and for those who want them exactly."""

    heading: str
    note: str
    svg: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One promotion."""

    anchor: str
    name: str
    """Told apart by its dates where several share it."""
    plain: str
    code: str
    """keep, shrink, stop or test: the colour."""
    mark: str
    verdict: str
    grade: str
    kind: str
    when: str
    sentence: str
    why: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    compared: str
    sure: str
    method: str
    checks: tuple[sentences.Line, ...]
    claims: tuple[sentences.Claim, ...]
    claim_bars: tuple[float, ...]
    """Length of each claim's bar, from 0 to 100."""
    next_test: str
    breakeven: str
    pictures: tuple[Picture, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Drawings:
    """All figures of an audit, drawn once for all languages."""

    wide: Drawing | None
    narrow: Drawing | None
    each: tuple[tuple[Drawing | None, Drawing | None], ...]
    """Waterfall and decomposition of each finding."""


@dataclass(frozen=True, slots=True)
class Page:
    """The whole report in one language."""

    lang: str
    words: Words
    shop: str
    created: str
    unit: str
    level: str
    headline: tuple[str, str, str]
    tiles: tuple[tuple[str, str], ...]
    overview_note: str
    overview: tuple[str, str]
    """The forest for wide and for narrow screens; empty without promotions."""
    columns: tuple[str, ...]
    cards: tuple[Card, ...]
    left_out: tuple[str, ...]
    assumptions: tuple[tuple[str, str, str, str], ...]
    margins: tuple[tuple[str, str], ...]
    pooled: tuple[tuple[str, ...], ...]
    grades: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    seed: str


def drawings(audit: Audit, writers: Writers) -> Drawings:
    """Draw the figures of an audit."""
    each = tuple((bars.waterfall(one, writers), bars.decomposition(one, writers)) for one in audit.findings)
    return Drawings(forest(audit, writers), forest(audit, writers, wide=360), each)


def page(audit: Audit, write: Amounts, drawn: Drawings) -> Page:
    """The report in the language of `write`."""
    words = write.words
    return Page(
        lang=words.lang, words=words, shop=audit.shop, created=write.day(audit.created), unit=write.unit,
        level=percent(audit.level),
        headline=headline(audit, words.lang), tiles=_tiles(audit, write), overview=_overview(write, drawn),
        overview_note=_overview_note(audit, write),
        columns=tuple(words.page(code) for code in COLUMNS),
        cards=tuple(
            _card(audit, number, write, drawn.each[number]) for number in range(len(audit.findings))
        ),
        left_out=tuple(_left_out(code, n, write) for code, n in audit.left_out.items()),
        assumptions=tuple(
            (words.label("assumption", one.code), *sentences.assumption(one, write),
             words.page("given" if one.given else "default"))
            for one in audit.assumptions
        ),
        margins=_margins(audit, write),
        pooled=tuple(_pooled(one, audit.level, write) for one in audit.pooled),
        grades=tuple((words.label("grade", grade.value), words.text("grade", grade.value)) for grade in Grade),
        notes=tuple(words.page(code).format(level=percent(audit.level)) for code in NOTES),
        seed=words.say("seed", seed=audit.seed, version=audit.version),
    )  # fmt: skip


NOTES = ("note_estimand", "note_interval", "note_shown", "note_sum", "note_parts", "note_bands")


def _tiles(audit: Audit, write: Amounts) -> tuple[tuple[str, str], ...]:
    of_revenue = percent(audit.discount_minor / (audit.revenue_minor + audit.discount_minor), digits=1) if (
        audit.revenue_minor + audit.discount_minor > 0) else ""  # fmt: skip
    say = write.words.page
    return (
        (say("span"), write.dates(audit.span)),
        (say("orders"), count(audit.orders)),
        (say("customers"), count(audit.customers)),
        (say("revenue"), write.named(write.brief(audit.revenue_minor))),
        (say("discounts"), write.named(write.brief(audit.discount_minor))),
        (say("discount_share"), of_revenue),
    )


def _overview(write: Amounts, drawn: Drawings) -> tuple[str, str]:
    if drawn.wide is None or drawn.narrow is None:
        return "", ""
    lang, title = write.words.lang, write.words.page("overview")
    return drawn.wide.svg(lang, page=True, title=title), drawn.narrow.svg(lang, page=True, title=title)


def _overview_note(audit: Audit, write: Amounts) -> str:
    """What the forest shows, and what it leaves to the table."""
    level = percent(audit.level)
    note = write.words.page("overview_below").format(currency=write.unit, level=level)
    if len(audit.findings) <= MOST_ROWS:
        return note
    return f"{note} {write.words.page('overview_most').format(most=MOST_ROWS, n=len(audit.findings))}"


def _card(audit: Audit, number: int, write: Amounts, figs: tuple[Drawing | None, Drawing | None]) -> Card:
    finding, words = audit.findings[number], write.words
    claims = sentences.naive(finding, write)
    return Card(
        anchor=f"{words.lang}-{number + 1}", name=sentences.names(audit.findings, write)[number],
        code=finding.verdict.value,
        plain=finding.name or finding.promotion_id,
        mark=MARKS[finding.verdict], verdict=words.label("verdict", finding.verdict.value),
        grade=words.label("grade", finding.grade.value) if finding.grade else "",
        kind=words.label("mechanism", finding.mechanism), when=write.dates(finding.window),
        sentence=sentences.verdict(finding, write), why=sentences.why(finding, write), facts=_facts(finding, write),
        compared=sentences.compared(finding, write), sure=sentences.sure(finding, write),
        method=words.label("method", finding.net_lift.method) if finding.net_lift else "",
        checks=tuple(sentences.check(one, write) for one in finding.checks), claims=claims,
        claim_bars=_lengths([claim.minor for claim in claims]),
        next_test=sentences.next_test(finding, audit.customers, write),
        breakeven=sentences.breakeven(finding, _margin(audit), write), pictures=tuple(_pictures(finding, write, figs)),
        cells=cells(finding, write),
    )  # fmt: skip


def _facts(finding: Finding, write: Amounts) -> tuple[tuple[str, str], ...]:
    say, reached = write.words.page, finding.mechanism in {"campaign", "experiment"}
    redeemed = count(finding.redemptions)
    if reached and finding.customers:
        share = percent(finding.redemptions / finding.customers)
        redeemed = write.words.say("with_share", part=redeemed, whole=count(finding.customers), share=share)
    facts = [
        (say("when"), write.dates(finding.window)),
        (say("reached" if reached else "buyers"), count(finding.customers)),
        (say("redeemed"), redeemed),
        (say("discount"), write.named(write.exact(finding.discount_minor))),
        (say("spend"), write.named(write.exact(finding.spend_minor))),
        (say("per_coin"), sentences.per_coin(finding, write)),
        (say("subsidised_long"), _subsidy(finding, write)),
    ]
    return tuple((name, value) for name, value in facts if value)


def _subsidy(finding: Finding, write: Amounts) -> str:
    if finding.subsidy is None:
        return subsidised(finding)
    shown = write.money(finding.subsidy, sign=False)
    interval = write.interval(finding.subsidy, shown)
    return write.words.say("with_interval", estimate=write.named(shown.estimate), interval=interval)


def _pictures(finding: Finding, write: Amounts, figs: tuple[Drawing | None, Drawing | None]) -> list[Picture]:
    say, lang, pictures = write.words.page, write.words.lang, []
    steps, parts = finding.waterfall, finding.decomposition
    head = (say("step"), f"{say('amount')} ({write.unit})", say("meaning"))
    if steps is not None and figs[0] is not None:
        rows = [("step", step.code, write.exact(step.amount_minor, sign=True)) for step in steps.steps]
        rows.append(("step", "net_lift", write.exact(steps.total_minor, sign=True)))
        svg = figs[0].svg(lang, page=True, title=f"{say('waterfall')}: {finding.name}")
        pictures.append(Picture(say("waterfall"), say("note_parts"), svg, head, _rows(rows, write)))
    if parts is not None and figs[1] is not None:
        codes = ("gross_lift", "pulled_forward", "cannibalised", "incremental", "halo", "discount_given",
                 "discount_on_incremental", "subsidy")  # fmt: skip
        rows = [("part", code, write.exact(getattr(parts, f"{code}_minor"))) for code in codes]
        svg = figs[1].svg(lang, page=True, title=f"{say('decomposition')}: {finding.name}")
        pictures.append(Picture(say("decomposition"), say("note_split"), svg, head, _rows(rows, write)))
    return pictures


def _rows(rows: Sequence[tuple[str, str, str]], write: Amounts) -> tuple[tuple[str, ...], ...]:
    words = write.words
    return tuple((words.label(kind, code), amount, words.text(kind, code)) for kind, code, amount in rows)


def _lengths(amounts: Sequence[float | None]) -> tuple[float, ...]:
    most = max((abs(amount) for amount in amounts if amount is not None), default=0) or 1
    return tuple(round(100 * abs(amount or 0) / most, 1) for amount in amounts)


def _left_out(code: str, n: int, write: Amounts) -> str:
    kind = "left_out" if write.words.knows("left_out", code) else "reason"
    return write.words.say("left_out", n=count(n), label=write.words.label(kind, code))


def _pooled(one: Pooled, level: float, write: Amounts) -> tuple[str, ...]:
    """A mechanism, its number of promotions, the mean with its interval, the spread between them."""
    mean = Effect(one.mean, one.lower, one.upper, level, math.nan, 0, 0, "", Grade.OBSERVATIONAL)
    between = mean._replace(estimate=one.between)
    in_coins = one.unit == "coin"
    shown, spread = (write.ratio(x) if in_coins else write.money(x) for x in (mean, between))
    interval = write.words.say("with_interval", estimate=shown.estimate, interval=write.interval(mean, shown))
    estimate = write.words.say(f"pooled_{one.unit}", estimate=interval, currency=write.unit)
    return (
        write.words.label("mechanism", one.mechanism),
        count(one.promotions),
        estimate,
        spread.estimate.lstrip("+"),
    )


def _margins(audit: Audit, write: Amounts) -> tuple[tuple[str, str], ...]:
    """The break-even margin of each promotion that has one."""
    named = zip(sentences.names(audit.findings, write), audit.findings, strict=True)
    said = ((name, sentences.breakeven(one, _margin(audit), write)) for name, one in named)
    return tuple(pair for pair in said if pair[1])


def _margin(audit: Audit) -> float | None:
    return next((one.value for one in audit.assumptions if one.code == "margin" and isinstance(one.value, float)), None)
