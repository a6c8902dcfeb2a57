"""People, plans, promotions and jobs of a small shop, for tests of the console."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.utils import timezone

from netlift.plan.artefact import keep, plan_id
from netlift.report.json import to_json
from netlift.service.access.people import give_role
from netlift.service.catalog import plans
from netlift.service.console.compared import compared, head_of
from netlift.service.console.forms import studio
from netlift.service.console.pages.audits import page_of, read_audit
from netlift.service.console.who import caller_of
from netlift.service.runs import queue
from netlift.service.runs.child import folder_of
from netlift.service.runs.models import DONE, Job
from tests.report import examples_plan

PLANS = (examples_plan.most_profit(), examples_plan.win_back(), examples_plan.nothing())
PASSWORD = "a long password of tests"
TIERS = {
    "terms.id": "tiers", "terms.name": "Tiers", "terms.currency": "CNY", "terms.time_zone": "UTC",
    "terms.budget": "500", "form.tiers.0.spend": "200", "form.tiers.0.off": "20", "form.tiers.1.spend": "300",
    "form.tiers.1.off": "50", "basket.lines.0.product": "coat", "basket.lines.0.unit_price": "250",
    "basket.lines.0.quantity": "1", "basket.lines.1.product": "scarf", "basket.lines.1.unit_price": "100",
    "basket.lines.1.quantity": "1",
}  # fmt: skip
"""The form of `spend_tiers`, filled in: 350.00 reaches the second tier, so 50.00 are off."""


def person(name: str, role: str) -> User:
    user = User.objects.create(username=name)
    user.set_password(PASSWORD)
    user.save()
    give_role(user, role, "test")
    return user


def signed_in(user: User, lang: str = "en") -> Client:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()  # force_login has no address, and the room that counts tries wants one
    client = Client(headers={"accept-language": lang})
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


@contextmanager
def files() -> Iterator[None]:
    """No plan and no file of a job before and after."""
    _clear()
    yield
    _clear()


def _clear() -> None:
    for cached in (compared, head_of, read_audit, page_of):
        cached.cache_clear()
    for folder in (settings.FOLDER.plans, settings.FOLDER.files, settings.FOLDER.workspace):
        shutil.rmtree(folder, ignore_errors=True)


def promotion(by: User, typed: Mapping[str, str] = TIERS) -> Any:
    return studio.keep(studio.read("spend_tiers", typed, "en"), caller_of(by))


def taken(by: User, place: Path) -> list[str]:
    """Plans in the catalogue, drafts all."""
    return [plans.take(keep(one, place), caller_of(by)).plan_id for one in PLANS]


def planned(by: User) -> Job:
    """A job that made plans, which lie in the workspace."""
    folder = settings.FOLDER.workspace / "plans"
    made = {one.head.code: keep(one, folder) for one in PLANS}
    told = {
        "plans": [{"plan_id": plan_id(one), "head": {"code": one.head.code}} for one in PLANS],
        "curve": {
            "points": [
                {"budget_minor": at, "spend_minor": at, "value_minor": worth, "price": 0.5}
                for at, worth in ((0.0, 0.0), (1000.0, 900.0), (4000.0, 1500.0))
            ],
            "one": 4000.0, "half": 1000.0, "peak_minor": 1500.0,
        },
        "folders": {code: str(path) for code, path in made.items()},
    }  # fmt: skip
    return _done("plan", {"budget": "300"}, by, told)


def audited(by: User, audit: Any) -> Job:
    """A job that judged past promotions."""
    return _done("audit", {}, by, to_json(audit))


def _done(kind: str, arguments: dict[str, Any], by: User, told: Any) -> Job:
    job, now = queue.enqueue(kind, arguments, caller_of(by).name), timezone.now()
    folder = folder_of(job.job_id)
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(json.dumps(told), encoding="utf-8")
    (folder / "report.html").write_text("<!doctype html><title>report</title><p>all of it</p>", encoding="utf-8")
    Job.objects.filter(pk=job.pk).update(
        state=DONE, started_at=now - timedelta(seconds=21), ended_at=now,
        result={"files": {"json": "result.json", "report": "report.html"}},
    )  # fmt: skip
    return Job.objects.get(pk=job.pk)
