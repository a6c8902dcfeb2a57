"""Plans: taken in, compared, approved by a second person, published, and rolled back."""

from datetime import datetime
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from ninja import File, Path, Query, Router, Schema, Status, UploadedFile
from pydantic import ConfigDict, StringConstraints

from netlift.service.api.frame import caller_of, needs
from netlift.service.api.idempotent import idempotent
from netlift.service.api.pages import Page, page
from netlift.service.api.steps import RejectIn, State, StepIn
from netlift.service.catalog import plans as catalogue
from netlift.service.catalog import selectors
from netlift.service.catalog.live import live_plan
from netlift.service.catalog.models import PlanVersion
from netlift.service.catalog.packed import unpacked
from netlift.service.core.refusals import NotFound

router = Router(tags=["plans"])

PlanId = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]
Hash = Annotated[str, Query(pattern="^[0-9a-f]{64}$")]
Cursor = Annotated[str | None, Query(max_length=1_000)]
Limit = Annotated[int, Query(ge=1, le=500)]


class TakeIn(Schema):
    """A plan that a job made."""

    model_config = ConfigDict(extra="forbid")

    folder: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    """Its name among the plans of the workspace."""
    name: Annotated[str, StringConstraints(max_length=200)] = ""


class PlanOut(Schema):
    """A plan, and where it stands; money in minor units."""

    plan_id: str
    code: str
    name: str
    state: State
    revision: int
    author: str
    submitted_by: str
    approved_by: str
    reason: str
    made_at: datetime
    published_at: datetime | None
    ended_at: datetime | None
    currency: str
    as_of: str
    customers: int
    known: int | None
    """Of these customers, how many were known here when the plan was taken in last; null: that was not counted."""
    warning: str
    """What to know of its customers before it goes on; empty: nothing."""
    offers: int
    budget_minor: int
    figures: dict[str, Any]


class PlanDetail(PlanOut):
    """A plan with its offers."""

    parts: list[dict[str, Any]]


class MadeOut(Schema):
    """A plan of the workspace."""

    folder: str
    plan_id: str
    code: str
    taken: bool


class OfferChange(Schema):
    """One offer in both plans."""

    offer_id: str
    before: int
    after: int
    net: float
    cost: float


class Comparison(Schema):
    """What changes from one plan to another; money in minor units, as each plan expects it."""

    before: str
    after: str
    same: int
    changed: int
    gained: int
    lost: int
    net: float
    cost: float
    liability: float
    churn: float
    offers: list[OfferChange]


@router.get("", auth=needs("plans:read"), response=Page[PlanOut])
def plans(request: HttpRequest, state: State | None = None, cursor: Cursor = None, limit: Limit = 100) -> Page[PlanOut]:
    """Plans, page by page."""
    rows = PlanVersion.objects.all() if state is None else PlanVersion.objects.filter(state=state)
    items, following = page(rows, "id", cursor, limit)
    return Page[PlanOut](items=[PlanOut.from_orm(one) for one in items], next=following)


@router.get("/made", auth=needs("plans:read"), response=list[MadeOut])
def made(request: HttpRequest) -> list[MadeOut]:
    """Plans that jobs made and that can be taken in."""
    return [MadeOut(**one._asdict()) for one in selectors.made_plans()]


@router.post("", auth=needs("plans:make"), response={201: PlanOut})
@idempotent
def take(request: HttpRequest, body: TakeIn) -> Status[PlanVersion]:
    """Take a plan that a job made into the catalogue, as a draft."""
    return Status(201, catalogue.take(selectors.made_folder(body.folder), caller_of(request), body.name))


@router.post("/upload", auth=needs("plans:make"), response={201: PlanOut})
def upload(request: HttpRequest, file: Annotated[UploadedFile, File()]) -> Status[PlanVersion]:
    """Take a plan in from a zip file of its folder, as a draft."""
    with unpacked(file, settings.FOLDER.plans) as folder:
        return Status(201, catalogue.take(folder, caller_of(request)))


@router.get("/live", auth=needs("plans:read"), response=PlanDetail)
def live(request: HttpRequest) -> dict[str, Any]:
    """The plan that is live."""
    plan_id = live_plan()
    if plan_id is None:
        raise NotFound("no plan is live")
    return plan(request, plan_id)


@router.get("/compare", auth=needs("plans:read"), response=Comparison)
def compare(request: HttpRequest, before: Hash, after: Hash) -> dict[str, Any]:
    """What changes from one plan to another."""
    return selectors.compare(before, after)


@router.post("/rollback", auth=needs("plans:publish"), response=PlanOut)
@idempotent
def rollback(request: HttpRequest) -> PlanVersion:
    """Bring back the plan that was live before the one that is live now."""
    return catalogue.rollback(caller_of(request))


@router.get("/{plan_id}", auth=needs("plans:read"), response=PlanDetail)
def plan(request: HttpRequest, plan_id: PlanId) -> dict[str, Any]:
    """One plan with its offers."""
    return PlanOut.from_orm(selectors.plan(plan_id)).dict() | {"parts": selectors.parts(plan_id)}


@router.post("/{plan_id}/submit", auth=needs("plans:make"), response=PlanOut)
def submit(request: HttpRequest, plan_id: PlanId, body: StepIn) -> PlanVersion:
    """Ask a second person to approve a draft."""
    return catalogue.submit(plan_id, caller_of(request), expected=body.expected)


@router.post("/{plan_id}/approve", auth=needs("plans:approve"), response=PlanOut)
def approve(request: HttpRequest, plan_id: PlanId, body: StepIn) -> PlanVersion:
    """Approve what somebody else took in and submitted."""
    return catalogue.approve(plan_id, caller_of(request), expected=body.expected)


@router.post("/{plan_id}/reject", auth=needs("plans:approve"), response=PlanOut)
def reject(request: HttpRequest, plan_id: PlanId, body: RejectIn) -> PlanVersion:
    """Send it back to its author, with a reason."""
    return catalogue.reject(plan_id, caller_of(request), body.reason, expected=body.expected)


@router.post("/{plan_id}/publish", auth=needs("plans:publish"), response=PlanOut)
def publish(request: HttpRequest, plan_id: PlanId, body: StepIn) -> PlanVersion:
    """Let an approved or paused plan go live; the one that was live is paused."""
    return catalogue.publish(plan_id, caller_of(request), expected=body.expected)


@router.post("/{plan_id}/pause", auth=needs("plans:write"), response=PlanOut)
def pause(request: HttpRequest, plan_id: PlanId, body: StepIn) -> PlanVersion:
    """Stop the live plan for now; no other takes its place."""
    return catalogue.pause(plan_id, caller_of(request), expected=body.expected)


@router.post("/{plan_id}/end", auth=needs("plans:write"), response=PlanOut)
def end(request: HttpRequest, plan_id: PlanId, body: StepIn) -> PlanVersion:
    """Stop a plan for good."""
    return catalogue.end(plan_id, caller_of(request), expected=body.expected)
