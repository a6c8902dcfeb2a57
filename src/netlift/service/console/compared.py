"""Plans of the catalogue as the reports show them: figures, cells and sentences, drawn once per language."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from netlift.errors import NetliftError
from netlift.plan import codec
from netlift.plan.artefact import Head, Plan
from netlift.plan.curve import Curve
from netlift.plan.make import Made
from netlift.report import plan_view
from netlift.report.amounts import Amounts
from netlift.report.cells import Cell
from netlift.report.words import words
from netlift.service.catalog.live import read_plan
from netlift.service.runs.child import RESULT, folder_of, read_result
from netlift.service.runs.models import DONE, Job

MOST = 6
"""Plans side by side."""
_LATEST, _LARGEST = 5, 8 * 1024 * 1024
"""Jobs that are asked for a curve, and bytes of a result that is read for it."""


@dataclass(frozen=True, slots=True)
class Side:
    """One line of the comparison: the same question to all plans."""

    title: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """Plans side by side in one language."""

    page: plan_view.Page
    sides: tuple[Side, ...]


@lru_cache(maxsize=8)
def compared(plan_ids: tuple[str, ...], lang: str) -> Compared:
    """Plans beside each other; artefacts never change, so what was drawn stays right.

    Raises:
        Unavailable: the files of one are missing or damaged.
    """
    plans = tuple(read_plan(one) for one in plan_ids)
    page = _page(plans, curve_of(plan_ids), lang)
    titles = page.columns[1:]
    sides = tuple(Side(title, tuple(card.cells[place] for card in page.cards)) for place, title in enumerate(titles))
    return Compared(page, sides)


@lru_cache(maxsize=8)
def head_of(plan_id: str) -> Head:
    """All of a plan but its rows, read once.

    Raises:
        Unavailable: its files are missing or damaged.
    """
    return read_plan(plan_id).head


def curve_of(plan_ids: Sequence[str]) -> Curve | None:
    """The budget-return curve of the job that made one of the plans; None where no recent job tells."""
    for job in Job.objects.filter(kind="plan", state=DONE).order_by("-ended_at")[:_LATEST]:
        path = folder_of(job.job_id) / RESULT
        if not path.is_file() or path.stat().st_size > _LARGEST:
            continue
        told: Any = read_result(job) or {}
        if told.get("curve") and {one["plan_id"] for one in told.get("plans", ())} & set(plan_ids):
            try:
                return codec.read(Curve, told["curve"])
            except NetliftError:  # of another version
                continue
    return None


def _page(plans: tuple[Plan, ...], curve: Curve | None, lang: str) -> plan_view.Page:
    made = Made(plans=plans, explained={}, curve=curve, overlap={}, mean_overlap=math.nan, dropped=(), facts={})
    write = Amounts(words(lang), plans[0].head.currency)
    return plan_view.page(made, plan_view.drawings(made, {lang: write}), write)
