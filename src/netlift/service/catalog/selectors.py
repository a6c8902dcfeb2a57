"""What pages and programs read of the catalogue."""

import json
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

from netlift.plan.artefact import HEAD, Part
from netlift.plan.diff import diff
from netlift.service.catalog.live import read_plan
from netlift.service.catalog.models import PlanVersion
from netlift.service.core.refusals import NotFound

PLANS = "plans"
"""Folder of a workspace that holds the plans that a job made."""


class MadePlan(NamedTuple):
    """A plan that lies in the workspace and can be taken in."""

    folder: str
    plan_id: str
    code: str
    taken: bool


def plan(plan_id: str) -> PlanVersion:
    """A plan of the catalogue.

    Raises:
        NotFound: there is none.
    """
    found = PlanVersion.objects.filter(plan_id=plan_id).first()
    if found is None:
        raise NotFound(f"there is no plan {plan_id[:64]}")
    return found


def made_folder(name: str) -> Path:
    """The folder of a plan in the workspace; a name is no path.

    Raises:
        NotFound: there is no plan of that name.
    """
    workspace: Path = settings.FOLDER.workspace
    folders = {one.parent.name: one.parent for one in (workspace / PLANS).glob(f"[!.]*/{HEAD}")}
    if name not in folders:
        raise NotFound(f"the workspace has no plan {name[:80]!r}: start a job of kind plan")
    return folders[name]


def made_plans() -> list[MadePlan]:
    """The plans of the workspace, by name; damaged ones are left out."""
    workspace: Path = settings.FOLDER.workspace
    found = []
    for head in sorted((workspace / PLANS).glob(f"[!.]*/{HEAD}")):
        try:
            told = json.loads(head.read_text("utf-8"))
            found.append((head.parent.name, str(told["plan_id"]), str(told["head"]["code"])))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    taken = set(PlanVersion.objects.filter(plan_id__in=[one[1] for one in found]).values_list("plan_id", flat=True))
    return [MadePlan(*one, taken=one[1] in taken) for one in found]


def parts(plan_id: str) -> list[dict[str, Any]]:
    """What a plan offers: per offer who gets it, who is held out, and what it is expected to earn; minor units."""
    return [dict(one) for one in _parts(plan_id)]


@lru_cache(maxsize=64)
def _parts(plan_id: str) -> tuple[dict[str, Any], ...]:
    head = read_plan(plan_id).head
    return tuple([_part(one, public=False) for one in head.parts] + [_part(one, public=True) for one in head.public])


def _part(one: Part, *, public: bool) -> dict[str, Any]:
    offer = one.candidate.offer
    return {
        "offer_id": offer.offer_id, "name": offer.name, "kind": one.candidate.kind, "public": public,
        "given": one.given, "held": one.held, "net": one.net.estimate, "lower": one.net.lower, "upper": one.net.upper,
        "cost_minor": one.cost_minor, "liability_minor": one.liability_minor, "grade": str(one.grade),
    }  # fmt: skip


def compare(before: str, after: str) -> dict[str, Any]:
    """What changes from one plan to another: customers, offers and money; `plan.diff` as JSON's values.

    Raises:
        NotFound: one of them is not in the catalogue.
        Unavailable: files of one of them are damaged.
    """
    for plan_id in (before, after):
        plan(plan_id)
    return dict(_compare(before, after))


@lru_cache(maxsize=64)
def _compare(before: str, after: str) -> dict[str, Any]:
    """Plans never change, so what was worked out once stays true."""
    found = diff(read_plan(before), read_plan(after))
    return asdict(found) | {"churn": found.churn}
