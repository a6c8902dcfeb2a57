"""Promotions: versions, their way to live, and the tree in which they combine."""

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema, Status
from pydantic import ConfigDict

from netlift.promotions import codec
from netlift.service.api.frame import caller_of, needs
from netlift.service.api.idempotent import idempotent
from netlift.service.api.pages import Page, page
from netlift.service.api.steps import RejectIn, State, StepIn
from netlift.service.catalog import promotions as catalogue
from netlift.service.catalog.live import live_tree
from netlift.service.catalog.models import PromotionVersion
from netlift.service.core.refusals import NotFound

router = Router(tags=["promotions"])

PromotionId = Annotated[str, Path(max_length=100)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Cursor = Annotated[str | None, Query(max_length=1_000)]
Limit = Annotated[int, Query(ge=1, le=500)]


class DraftIn(Schema):
    """A promotion in the promotion language (docs/reference/promotion.schema.json)."""

    model_config = ConfigDict(extra="forbid")

    definition: dict[str, Any]


class PromotionOut(Schema):
    """A version of a promotion, and where it stands."""

    promotion_id: str
    version: int
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
    definition: dict[str, Any]
    findings: list[dict[str, Any]]
    """What the lint saw: code, severity, promotions, place, en, zh_CN."""


class TreeOut(Schema):
    """How promotions combine."""

    groups: dict[str, Any]


@router.get("", auth=needs("promotions:read"), response=Page[PromotionOut])
def promotions(
    request: HttpRequest, state: State | None = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[PromotionOut]:
    """Versions, page by page."""
    rows = PromotionVersion.objects.all() if state is None else PromotionVersion.objects.filter(state=state)
    items, following = page(rows, "id", cursor, limit)
    return Page[PromotionOut](items=[PromotionOut.from_orm(one) for one in items], next=following)


@router.post("", auth=needs("promotions:write"), response={201: PromotionOut})
@idempotent
def draft(request: HttpRequest, body: DraftIn) -> Status[PromotionVersion]:
    """Keep the next version of a promotion as a draft."""
    return Status(201, catalogue.draft(body.definition, caller_of(request)))


@router.get("/tree", auth=needs("promotions:read"), response=TreeOut)
def tree(request: HttpRequest) -> TreeOut:
    """The tree of groups that counts now."""
    return TreeOut(groups=codec.write(live_tree()))


@router.put("/tree", auth=needs("promotions:approve"), response=TreeOut)
def set_tree(request: HttpRequest, body: TreeOut) -> TreeOut:
    """Set the tree of groups; every live and paused promotion must fit it."""
    return TreeOut(groups=catalogue.set_tree(body.groups, caller_of(request)).groups)


@router.get("/{promotion_id}/{version}", auth=needs("promotions:read"), response=PromotionOut)
def promotion(request: HttpRequest, promotion_id: PromotionId, version: Number) -> PromotionVersion:
    """One version."""
    found = PromotionVersion.objects.filter(promotion_id=promotion_id, version=version).first()
    if found is None:
        raise NotFound(f"there is no version {version} of promotion {promotion_id}")
    return found


@router.post("/{promotion_id}/{version}/submit", auth=needs("promotions:write"), response=PromotionOut)
def submit(request: HttpRequest, promotion_id: PromotionId, version: Number, body: StepIn) -> PromotionVersion:
    """Ask a second person to approve a draft."""
    return catalogue.submit(promotion_id, version, caller_of(request), expected=body.expected)


@router.post("/{promotion_id}/{version}/approve", auth=needs("promotions:approve"), response=PromotionOut)
def approve(request: HttpRequest, promotion_id: PromotionId, version: Number, body: StepIn) -> PromotionVersion:
    """Approve what somebody else wrote and submitted."""
    return catalogue.approve(promotion_id, version, caller_of(request), expected=body.expected)


@router.post("/{promotion_id}/{version}/reject", auth=needs("promotions:approve"), response=PromotionOut)
def reject(request: HttpRequest, promotion_id: PromotionId, version: Number, body: RejectIn) -> PromotionVersion:
    """Send it back to its author, with a reason."""
    return catalogue.reject(promotion_id, version, caller_of(request), body.reason, expected=body.expected)


@router.post("/{promotion_id}/{version}/publish", auth=needs("promotions:write"), response=PromotionOut)
def publish(request: HttpRequest, promotion_id: PromotionId, version: Number, body: StepIn) -> PromotionVersion:
    """Let an approved or paused version go live; the version that was live ends."""
    return catalogue.publish(promotion_id, version, caller_of(request), expected=body.expected)


@router.post("/{promotion_id}/{version}/pause", auth=needs("promotions:write"), response=PromotionOut)
def pause(request: HttpRequest, promotion_id: PromotionId, version: Number, body: StepIn) -> PromotionVersion:
    """Stop a live version for now."""
    return catalogue.pause(promotion_id, version, caller_of(request), expected=body.expected)


@router.post("/{promotion_id}/{version}/end", auth=needs("promotions:write"), response=PromotionOut)
def end(request: HttpRequest, promotion_id: PromotionId, version: Number, body: StepIn) -> PromotionVersion:
    """Stop a version for good."""
    return catalogue.end(promotion_id, version, caller_of(request), expected=body.expected)
