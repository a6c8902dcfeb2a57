"""Jobs: what runs, how far it is, what it wrote, and new ones to ask for."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from netlift.errors import NetliftError
from netlift.plan.artefact import HEAD
from netlift.report.words import words
from netlift.service.access.caller import Caller
from netlift.service.catalog import plans as catalogue
from netlift.service.catalog.models import PlanVersion
from netlift.service.console.admin.frame import Listed
from netlift.service.console.columns import said
from netlift.service.console.forms.asked import FORMS, arguments
from netlift.service.console.forms.draw import Typed, draw, texts
from netlift.service.console.forms.fill import fill, posted
from netlift.service.console.forms.kinds import Setting
from netlift.service.console.pages.frame import attempt, lang, page, refused, show
from netlift.service.console.people import known
from netlift.service.console.who import caller
from netlift.service.core.refusals import Refused
from netlift.service.runs import queue
from netlift.service.runs.child import folder_of, read_result
from netlift.service.runs.kinds import kinds
from netlift.service.runs.models import DONE, QUEUED, RUNNING, Job

AT = "ask"
KINDS = {
    "ingest": gettext_lazy("Take data in"), "profile": gettext_lazy("Describe customers"),
    "respond": gettext_lazy("Learn responses"), "plan": gettext_lazy("Make plans"),
    "audit": gettext_lazy("Judge past promotions"), "recommend": gettext_lazy("Learn what customers want"),
}  # fmt: skip
COLOURS = {"running": "keep", "failed": "stop", "queued": "shrink"}


@page("console_jobs", "jobs/", "jobs:read", gettext_lazy("Jobs"), Listed("run", 5, "pending_actions"))
def jobs(request: HttpRequest) -> HttpResponse:
    """The newest jobs; their rows alone where the page asks for them again."""
    content = {"jobs": [_told(job) for job in Job.objects.order_by("-pk")[:40]]}
    if request.GET.get("rows"):
        return render(request, "console/job_rows.html", content)
    scopes = caller(request).scopes
    asks = [(kind, KINDS[kind]) for kind in FORMS if kinds()[kind].SCOPE in scopes]
    return show(request, "jobs", _("Jobs"), content | {"asks": asks})


@page("console_ask", "jobs/new/<slug:kind>/", "jobs:read", gettext_lazy("New job"))
def ask(request: HttpRequest, kind: str) -> HttpResponse:
    """The form of a kind of job, and the job that was asked for with it."""
    if kind not in FORMS:
        raise Http404
    by, setting = caller(request), Setting("EUR", settings.TIME_ZONE, lang())
    if kinds()[kind].SCOPE not in by.scopes:
        raise PermissionDenied
    typed = Typed(texts(FORMS[kind], {}, AT, setting))
    if request.method == "POST":
        filled = fill(FORMS[kind], AT, posted(request.POST), setting)
        typed = Typed(posted(request.POST), filled.errors)
        if not filled.errors:
            try:
                queue.enqueue(kind, arguments(kind, filled.values, lang()), by.name)
            except Refused as refusal:
                messages.error(request, refused(refusal))
            else:
                messages.success(request, _("It is in the queue."))
                return HttpResponseRedirect(reverse("admin:console_jobs"))
    return show(request, "ask", KINDS[kind], {"fields": draw(FORMS[kind], AT, typed, setting)})


@page("console_job", "jobs/<slug:job_id>/", "jobs:read", gettext_lazy("Job"))
def job(request: HttpRequest, job_id: str) -> HttpResponse:
    """One job: what it wrote, plans to take into the catalogue, or why it failed."""
    found = Job.objects.filter(job_id=job_id).first()
    if found is None:
        raise Http404
    by = caller(request)
    if request.method == "POST":
        return _deed(request, found, by)
    plans = _plans(found)
    content = {
        "one": _told(found), "job": found, "by": known([found.by])[found.by], "plans": plans,
        "left": not all(one["taken"] for one in plans),
        "may_take": "plans:make" in by.scopes, "may_stop": _may_stop(found, by),
    }  # fmt: skip
    return show(request, "job", KINDS.get(found.kind, found.kind), content)


@page("console_report", "jobs/<slug:job_id>/report/", "jobs:read", gettext_lazy("Report"))
def report(request: HttpRequest, job_id: str) -> HttpResponse:
    """The report that a job wrote: one file that loads nothing."""
    found = Job.objects.filter(job_id=job_id, state=DONE).first()
    name = ((found.result or {}).get("files") or {}).get("report") if found is not None else None
    path = folder_of(job_id) / Path(name).name if name else None
    if found is None or path is None or not path.is_file():
        raise Http404
    policy = {"Content-Security-Policy": "sandbox allow-scripts"}  # it is another's page: it gets no cookie of ours
    return HttpResponse(path.read_bytes(), "text/html; charset=utf-8", headers=policy)


def _told(one: Job) -> dict[str, Any]:
    part = round(100 * one.done / one.total) if one.total else None
    return {
        "job": one, "kind": KINDS.get(one.kind, one.kind), "state": said(one.state), "part": part,
        "colour": COLOURS.get(one.state, ""), "seconds": _seconds(one),
        "report": one.state == DONE and bool(((one.result or {}).get("files") or {}).get("report")),
    }  # fmt: skip


def _seconds(one: Job) -> int | None:
    return round((one.ended_at - one.started_at).total_seconds()) if one.started_at and one.ended_at else None


def _may_stop(found: Job, by: Caller) -> bool:
    """Who asked for it, or may ask for the like."""
    known_kind = kinds().get(found.kind)
    return found.state in {QUEUED, RUNNING} and known_kind is not None and known_kind.SCOPE in by.scopes


def _plans(found: Job) -> list[dict[str, Any]]:
    """The plans that a job made, with those that are in the catalogue already."""
    if found.kind != "plan" or found.state != DONE:
        return []
    told: Any = read_result(found) or {}
    listed = {one["plan_id"]: one["head"]["code"] for one in told.get("plans", ())}
    taken = set(PlanVersion.objects.filter(plan_id__in=listed).values_list("plan_id", flat=True))
    name = words(lang()).label
    return [{"plan_id": one, "name": name("plan", code), "taken": one in taken} for one, code in listed.items()]


def _deed(request: HttpRequest, found: Job, by: Caller) -> HttpResponse:
    if request.POST.get("deed") == "stop":
        if not _may_stop(found, by):
            raise PermissionDenied
        return attempt(request, lambda: queue.cancel(found.job_id, by.name), _("It is being stopped."), request.path)
    wanted = set(request.POST.getlist("plan"))
    return attempt(request, lambda: _take(found, wanted, by), _("Taken into the catalogue as drafts."), request.path)


def _take(found: Job, wanted: set[str], by: Caller) -> None:
    """Take plans of a job from the workspace into the catalogue."""
    told: Any = read_result(found) or {}
    codes = {one["head"]["code"] for one in told.get("plans", ()) if one["plan_id"] in wanted}
    if not codes:
        raise Refused(_("Choose at least one plan."), "nothing_chosen")
    workspace: Path = settings.FOLDER.workspace
    for code, folder in told.get("folders", {}).items():
        if code in codes:
            place = Path(folder).resolve()
            if not place.is_relative_to(workspace.resolve()) or not (place / HEAD).is_file():
                raise NetliftError(_("The plan is no longer in the workspace: make it again."))
            catalogue.take(place, by)
