"""One plan in the report: who gets what, what is left of it, how sure that is, and how it will be proved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netlift.plan.artefact import Head, Part, Plan
from netlift.report import plan_sentences as told
from netlift.report import sentences
from netlift.report.amounts import Amounts, count, percent
from netlift.report.canvas import Drawing
from netlift.report.cells import Cell
from netlift.report.plan_detail import (
    Customer,
    Grid,
    conflicts,
    dry_run,
    examples,
    laws,
    rules,
    segments,
    stock,
)
from netlift.report.plan_limits import limit, one_more, price, quantity
from netlift.report.plan_offer import ideas, offer, when, whom
from netlift.report.plan_table import rivals, spending
from netlift.report.plan_values import Outlook, amount, brief, estimate, gap, name, outlook, said, span
from netlift.report.table import MARKS

if TYPE_CHECKING:
    from netlift.plan.explain import Explained


@dataclass(frozen=True, slots=True)
class Offered:
    """One offer of a plan."""

    name: str
    whom: str
    why: tuple[str, ...]
    cells: tuple[Cell, ...]
    """Given, withheld, expected to earn, expected spend, at most, evidence."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A plan with what was already found out about it."""

    anchor: str
    plan: Plan
    explained: "Explained | None"
    waterfall: Drawing | None
    names: Mapping[str, str]
    """Offers in words, by identifier."""


@dataclass(frozen=True, slots=True)
class Card:
    """One plan as it is read."""

    anchor: str
    name: str
    code: str
    """keep, stop or test: the colour."""
    mark: str
    outlook: str
    about: str
    text: str
    sentence: str
    notes: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    waterfall: str
    offers: tuple[Offered, ...]
    public: tuple[Offered, ...]
    rules: Grid | None
    agreement: str
    segments: Grid | None
    examples: tuple[Customer, ...]
    stock: Grid | None
    conflicts: tuple[str, ...]
    laws: tuple[tuple[str, sentences.Line], ...]
    hold_out: tuple[str, ...]
    certificate: tuple[str, ...]
    limits: Grid | None
    prices: tuple[str, ...]
    rivals: Grid | None
    beside: tuple[str, ...]
    dry_run: tuple[str, ...]
    cells: tuple[Cell, ...]
    """Its row in the table of all plans, but for the name."""


def card(subject: Subject, write: Amounts) -> Card:
    """A plan in the language of `write`."""
    plan, words, place, why = subject.plan, write.words, outlook(subject.plan.head), subject.explained
    head, drawing = plan.head, subject.waterfall
    doing = place is not Outlook.NOTHING
    goal = words.say("plan_goal", goal=words.label("goal", head.goal))
    grade = words.say("plan_evidence", grade=words.label("grade", head.grade.value)) if doing else ""
    found = rules(why, subject.names, write) if why else None
    return Card(
        anchor=subject.anchor, name=name(head, write), code=place.verdict.value, mark=MARKS[place.verdict],
        outlook=words.label("outlook_plan", place.value),
        about=" · ".join(text for text in (goal, grade) if text),
        text=words.text("plan", head.code), sentence=_sentence(plan, write) if doing else "",
        notes=told.notes(head, write), facts=_facts(plan, write) if doing else (),
        waterfall=drawing.svg(words.lang, page=True, title=words.page("plan_waterfall")) if drawing else "",
        offers=tuple(_offered(part, write) for part in head.parts),
        public=tuple(_offered(part, write) for part in head.public),
        rules=found[0] if found else None, agreement=found[1] if found else "",
        segments=segments(why, write) if why else None, examples=examples(why, subject.names, write) if why else (),
        stock=stock(why, write) if why else None, conflicts=conflicts(why, subject.names, write) if why else (),
        laws=laws(why, subject.names, write) if why else (), hold_out=told.hold_out(head, write),
        certificate=told.certificate(head, write), limits=_limits(head, write), prices=_prices(head, write),
        rivals=_rivals(head, write), beside=tuple(told.against(head, one, write) for one in head.rivals),
        dry_run=dry_run(why, write) if why else (), cells=_cells(plan, write),
    )  # fmt: skip


def _sentence(plan: Plan, write: Amounts) -> str:
    """What it is expected to earn, in one sentence that claims no more than its evidence holds."""
    code = {Outlook.PAYS: "pays", Outlook.LOSES: "loses"}.get(outlook(plan.head), "open")
    return write.words.say(f"plan_sentence_{code}", net=said(plan.head.worth.net, write))


def _facts(plan: Plan, write: Amounts) -> tuple[tuple[str, str], ...]:
    page, say, head, worth = write.words.page, write.words.say, plan.head, plan.head.worth
    cost, between = amount(told.cost(head), write), spending(head, write)
    spend = say("plan_spend", cost=cost, range=between) if between else cost
    liability = sum(part.liability_minor for part in (*head.parts, *head.public))
    facts = (
        (page("plan_net"), said(worth.net, write)),
        (page("plan_spend"), spend),
        (page("plan_liability"), amount(liability, write)),
        (page("plan_loss"), percent(worth.p_loss)),
        (page("plan_bad"), say("plan_profit_low", amount=amount(worth.profit_low, write, sign=True))),
        (page("plan_optimism"), say("plan_optimism", amount=amount(worth.optimism, write)) if worth.optimism else ""),
        (page("plan_customers"), told.whom_reached(plan, write)),
        (page("plan_grade"), write.words.text("grade", head.grade.value)),
    )
    return tuple((title, text) for title, text in facts if text)


def _offered(part: Part, write: Amounts) -> Offered:
    one, words = part.candidate, write.words
    public = words.say("plan_public_offer")
    return Offered(
        name=offer(one, write), whom=f"{whom(one, write)} · {when(one, write)}", why=ideas(one, write),
        cells=(
            Cell(count(part.given) if one.channel is not None else public, order=part.given),
            Cell(count(part.held) if part.held else "", order=part.held),
            Cell(estimate(part.net, write), span(part.net, write), part.net.estimate),
            Cell(brief(part.cost_minor, write), order=part.cost_minor),
            Cell(brief(part.liability_minor, write), order=part.liability_minor),
            Cell(words.text("grade", part.grade.value, "short"), order=part.grade.rank),
        ),
    )  # fmt: skip


def _limits(head: Head, write: Amounts) -> Grid | None:
    """Each limit: allowed, used, what one more would earn."""
    proof = head.certificate
    if proof is None or not proof.limits:
        return None
    rows = [
        (
            limit(row, head, write), quantity(row, allowed, write),
            quantity(row, proof.use.get(row, 0.0), write),
            price(row, proof.prices[row], write) if proof.prices.get(row, 0.0) > 0 else "0",
        )
        for row, allowed in proof.limits.items()
    ]  # fmt: skip
    return Grid(_columns(("plan_limit", "plan_allowed", "plan_used", "plan_price"), write), tuple(rows))


def _prices(head: Head, write: Amounts) -> tuple[str, ...]:
    """The dearest limits in sentences."""
    if head.certificate is None:
        return ()
    paid = [(row, price) for row, price in head.certificate.prices.items() if price > 0]
    paid.sort(key=lambda pair: (pair[0] != "budget", -pair[1], pair[0]))
    return tuple(one_more(row, price, head, write) for row, price in paid[:3])


def _rivals(head: Head, write: Amounts) -> Grid | None:
    if not head.rivals:
        return None
    rows = [
        (
            write.words.label("rival", one.code), amount(one.net, write, sign=True), amount(one.cost, write),
            said(one.difference, write),
        )
        for one in head.rivals
    ]  # fmt: skip
    codes = ("simple_answer", "plan_rival_net", "plan_rival_cost", "plan_rival_difference")
    return Grid(_columns(codes, write), tuple(rows))


def _columns(codes: Sequence[str], write: Amounts) -> tuple[str, ...]:
    return tuple(write.words.page(code) for code in codes)


def _cells(plan: Plan, write: Amounts) -> tuple[Cell, ...]:
    """Expected to earn, evidence, spend, customers, P(loss), gap, not shown to beat."""
    head, words, place = plan.head, write.words, outlook(plan.head)
    net, doing = head.worth.net, place is not Outlook.NOTHING
    return (
        Cell(estimate(net, write), span(net, write), net.estimate),
        Cell(words.label("outlook_plan", place.value),
             words.text("grade", head.grade.value, "short") if doing else "",
             10 * list(Outlook).index(place) + head.grade.rank),
        Cell(brief(told.cost(head), write), spending(head, write) if doing else "", told.cost(head)),
        Cell(told.whom_reached(plan, write) if doing else "", order=sum(part.given for part in head.parts)),
        Cell(percent(head.worth.p_loss) if doing else "", order=head.worth.p_loss if doing else ""),
        Cell(gap(head), order=head.certificate.gap if head.certificate else ""),
        Cell(rivals(head, write) if doing else "", order=""),
    )  # fmt: skip
