"""Did it pay? What the audits found, promotion by promotion, as the reports tell it."""

from functools import lru_cache

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from netlift.errors import NetliftError
from netlift.evaluation.results import Audit
from netlift.report import view
from netlift.report.amounts import amounts
from netlift.report.json import from_json
from netlift.service.console.admin.frame import Listed
from netlift.service.console.pages.frame import lang, page, show
from netlift.service.runs.child import read_result
from netlift.service.runs.models import DONE, Job


@page("console_audits", "audits/", "audits:read", gettext_lazy("Audits"), Listed("proof", 1, "fact_check"))
def latest(request: HttpRequest) -> HttpResponse:
    """The newest audit, and links to those before it."""
    return _shown(request, Job.objects.filter(kind="audit", state=DONE).order_by("-ended_at").first())


@page("console_audit", "audits/<slug:job_id>/", "audits:read", gettext_lazy("Audit"))
def audit(request: HttpRequest, job_id: str) -> HttpResponse:
    """One audit."""
    found = Job.objects.filter(kind="audit", state=DONE, job_id=job_id).first()
    if found is None:
        raise Http404
    return _shown(request, found)


def newest() -> tuple[Job, Audit] | None:
    """The newest audit that can be read."""
    job = Job.objects.filter(kind="audit", state=DONE).order_by("-ended_at").first()
    found = None if job is None else read_audit(job.job_id)
    return None if job is None or found is None else (job, found)


@lru_cache(maxsize=8)
def read_audit(job_id: str) -> Audit | None:
    """What a job found; None where its file is gone or of another version."""
    job = Job.objects.filter(job_id=job_id).first()
    try:
        return None if job is None else from_json(read_result(job) or {})
    except (NetliftError, OSError, ValueError):
        return None


@lru_cache(maxsize=8)
def page_of(job_id: str, tag: str) -> view.Page | None:
    """An audit in one language with its figures; what a job wrote never changes."""
    found = read_audit(job_id)
    if found is None:
        return None
    write = amounts(found, tag)
    return view.page(found, write, view.drawings(found, {tag: write}))


def _shown(request: HttpRequest, job: Job | None) -> HttpResponse:
    told = page_of(job.job_id, lang()) if job is not None else None
    if job is not None and told is None:
        messages.error(request, _("What this audit wrote cannot be read any more: run it again."))
    others = Job.objects.filter(kind="audit", state=DONE).order_by("-ended_at")[:20]
    content = {"job": job, "page": told, "others": [one for one in others if job is None or one.pk != job.pk]}
    return show(request, "audit", _("Did it pay?"), content)
