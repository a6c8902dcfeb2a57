"""Long work: files in, jobs started, watched, cancelled, and what they wrote."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import File, Path, Query, Router, Schema, Status, UploadedFile
from pydantic import ConfigDict, Field, StringConstraints

from netlift.service.api.frame import caller_of, needs
from netlift.service.api.pages import Page, page
from netlift.service.core.refusals import NotFound
from netlift.service.runs import inbox, queue, selectors
from netlift.service.runs.kinds import kind_of
from netlift.service.runs.models import Job

router = Router(tags=["jobs"])

JobId = Annotated[str, Path(max_length=40)]
Cursor = Annotated[str | None, Query(max_length=1_000)]
Limit = Annotated[int, Query(ge=1, le=500)]
State = Literal["queued", "running", "done", "failed", "cancelled"]
KindName = Literal["ingest", "profile", "respond", "plan", "audit", "recommend"]


class JobIn(Schema):
    """What is to be done."""

    model_config = ConfigDict(extra="forbid")

    kind: KindName
    arguments: dict[str, Any] = Field(default_factory=dict)
    key: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    """The asker's own name for it; the same one twice is one job."""


class JobOut(Schema):
    """A job, and how far it is."""

    job_id: str
    kind: str
    arguments: dict[str, Any]
    by: str
    state: State
    attempts: int
    done: int
    total: int
    note: str
    error: str
    result: dict[str, Any] | None
    made_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class FileOut(Schema):
    """A file that waits for ingestion."""

    name: str
    bytes: int
    at: datetime


@router.get("", auth=needs("jobs:read"), response=Page[JobOut])
def jobs(
    request: HttpRequest,
    state: State | None = None,
    kind: KindName | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[JobOut]:
    """Jobs in the order in which they were asked for."""
    asked = {name: value for name, value in (("state", state), ("kind", kind)) if value is not None}
    items, following = page(Job.objects.filter(**asked), "id", cursor, limit)
    return Page[JobOut](items=[JobOut.from_orm(one) for one in items], next=following)


@router.post("", auth=needs("audits:run"), response={201: JobOut})
def start(request: HttpRequest, body: JobIn) -> Status[Job]:
    """Put a job in the queue; which scope it needs, its kind says."""
    caller = caller_of(request)
    caller.need(kind_of(body.kind, body.arguments).SCOPE)
    return Status(201, queue.enqueue(body.kind, body.arguments, caller.name, body.key))


@router.get("/files", auth=needs("jobs:read"), response=list[FileOut])
def files(request: HttpRequest) -> list[FileOut]:
    """Files that wait for ingestion."""
    return [FileOut(**one._asdict()) for one in inbox.waiting()]


@router.post("/files", auth=needs("shop:write"), response={201: FileOut})
def send(request: HttpRequest, file: Annotated[UploadedFile, File()]) -> Status[FileOut]:
    """Send a file for ingestion; one of the same name is replaced."""
    return Status(201, FileOut(**inbox.receive(file.name or "", file.chunks())._asdict()))


@router.delete("/files/{name}", auth=needs("shop:write"), response={204: None})
def remove(request: HttpRequest, name: Annotated[str, Path(max_length=200)]) -> Status[None]:
    """Remove a file that waits for ingestion."""
    inbox.remove(name)
    return Status(204, None)


@router.get("/{job_id}", auth=needs("jobs:read"), response=JobOut)
def job(request: HttpRequest, job_id: JobId) -> Job:
    """One job."""
    return selectors.job(job_id)


@router.post("/{job_id}/cancel", auth=needs("audits:run"), response=JobOut)
def cancel(request: HttpRequest, job_id: JobId) -> Job:
    """Take a job out of the queue, or have it stopped."""
    caller = caller_of(request)
    caller.need(selectors.scope_of(selectors.job(job_id)))
    return queue.cancel(job_id, caller.name)


@router.get("/{job_id}/{form}", auth=needs("jobs:read"), response={200: Any})
def output(request: HttpRequest, job_id: JobId, form: Literal["json", "report"]) -> HttpResponse | FileResponse:
    """What a job wrote: its figures as JSON, or its report as a page."""
    path = selectors.output(selectors.job(job_id), form)
    if path is None:
        raise NotFound(f"job {job_id} has no {form}")
    kind = "application/json" if form == "json" else "text/html; charset=utf-8"
    return FileResponse(path.open("rb"), content_type=kind, as_attachment=form == "report", filename=path.name)
