"""Audits: did past promotions pay? Started, listed, and told."""

from typing import Annotated, Any, Literal

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from netlift.service.api.frame import caller_of, needs
from netlift.service.api.idempotent import idempotent
from netlift.service.api.jobs import Cursor, JobId, JobOut, Limit, output
from netlift.service.api.pages import Page, page
from netlift.service.core.refusals import NotFound
from netlift.service.runs import queue, selectors
from netlift.service.runs.models import Job

router = Router(tags=["audits"])

KIND = "audit"


class AuditIn(Schema):
    """What is to be judged, and how."""

    model_config = ConfigDict(extra="forbid")

    margin: Annotated[float, Field(gt=0, le=1)] | None = None
    """Gross margin at list price, for goods without a known cost."""
    washout_days: Annotated[int, Field(ge=0, le=366)] | None = None
    level: Annotated[float, Field(ge=0.5, le=0.999)] = 0.9
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    lang: Literal["en", "zh-CN"] = "en"


@router.get("", auth=needs("audits:read"), response=Page[JobOut])
def audits(request: HttpRequest, cursor: Cursor = None, limit: Limit = 100) -> Page[JobOut]:
    """Audits in the order in which they were asked for."""
    items, following = page(Job.objects.filter(kind=KIND), "id", cursor, limit)
    return Page[JobOut](items=[JobOut.from_orm(one) for one in items], next=following)


@router.post("", auth=needs("audits:run"), response={201: JobOut})
@idempotent
def start(request: HttpRequest, body: AuditIn) -> Status[Job]:
    """Judge every past promotion of the workspace; the answer is the job that does it."""
    return Status(201, queue.enqueue(KIND, body.dict(exclude_none=True), caller_of(request).name))


@router.get("/{job_id}/{form}", auth=needs("audits:read"), response={200: Any})
def told(request: HttpRequest, job_id: JobId, form: Literal["json", "report"]) -> HttpResponse | FileResponse:
    """What an audit found: findings as JSON, or the report as a page."""
    if selectors.job(job_id).kind != KIND:
        raise NotFound(f"there is no audit {job_id}")
    return output(request, job_id, form)
