"""The overview table of the HTML report: one row of cells per promotion, each with what it is sorted by."""

import math
from dataclasses import dataclass

from netlift.evaluation.results import Finding
from netlift.report.amounts import Amounts, Shown, count
from netlift.report.table import subsidised
from netlift.types import Effect, Verdict

COLUMNS = ("promotion", "net_lift", "verdict_evidence", "per_coin", "discount", "subsidised", "customers_column",
           "redeemed", "when")  # fmt: skip
"""Headings; what matters most stands first, where a phone shows it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the overview: what is read, a second line, and what it is sorted by."""

    text: str
    below: str = ""
    order: float | str = ""


def cells(finding: Finding, write: Amounts) -> tuple[Cell, ...]:
    """All columns but the promotion's name."""
    words, share = write.words, subsidised(finding)
    ranks = {verdict: i for i, verdict in enumerate(Verdict)}
    return (
        _lift(finding, write),
        Cell(words.label("verdict", finding.verdict.value),
             words.text("grade", finding.grade.value, part="short") if finding.grade else "",
             10 * ranks[finding.verdict] + (finding.grade.rank if finding.grade else 9)),
        _coin(finding, write),
        Cell(write.brief(finding.discount_minor), order=finding.discount_minor),
        Cell(share, order=float(share.strip("<>%")) if share else ""),
        Cell(count(finding.customers), order=finding.customers),
        Cell(count(finding.redemptions), order=finding.redemptions),
        Cell(write.dates(finding.window), words.label("mechanism", finding.mechanism),
             finding.window.start.isoformat()),
    )  # fmt: skip


def _lift(finding: Finding, write: Amounts) -> Cell:
    if finding.net_lift is None:
        return Cell(write.words.label("reason", finding.refused.value if finding.refused else "no_outcome"))
    return _effect(finding.net_lift, write.money(finding.net_lift), write)


def _coin(finding: Finding, write: Amounts) -> Cell:
    return _effect(finding.per_coin, write.ratio(finding.per_coin), write) if finding.per_coin else Cell("")


def _effect(effect: Effect, shown: Shown, write: Amounts) -> Cell:
    order = _middle(effect.estimate, effect.lower, effect.upper)
    return Cell(shown.estimate or write.words.page("limits"), write.range(shown), order)


def _middle(estimate: float, lower: float, upper: float) -> float:
    """What a limit without best estimate is sorted by: the middle of its ends."""
    return (lower + upper) / 2 if math.isnan(estimate) else estimate
