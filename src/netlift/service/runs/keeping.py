"""How long jobs and the files that were sent for them are kept: files hold what the shop exported, people included."""

import shutil
from datetime import datetime
from pathlib import Path

from netlift.service.runs.child import folder_of, inbox
from netlift.service.runs.models import OVER, Job

JOB_DAYS, FILE_DAYS = 730, 30
"""Proposed; the shop may say otherwise."""


def old_jobs(before: datetime) -> int:
    """Jobs that were over before a moment."""
    return Job.objects.filter(state__in=OVER, ended_at__lt=before).count()


def clear_jobs(before: datetime, most: int) -> int:
    """Drop such jobs with what they wrote, at most so many; how many it was."""
    found = list(Job.objects.filter(state__in=OVER, ended_at__lt=before).order_by("ended_at")[:most])
    for job in found:
        shutil.rmtree(folder_of(job.job_id), ignore_errors=True)
    return Job.objects.filter(pk__in=[job.pk for job in found]).delete()[0]


def old_files(before: datetime) -> int:
    """Files that were sent for ingestion before a moment, those that never arrived whole included."""
    return len(_old(before))


def clear_files(before: datetime, most: int) -> int:
    """Remove such files, at most so many; how many it was."""
    chosen = _old(before)[:most]
    for path in chosen:
        path.unlink(missing_ok=True)
    return len(chosen)


def _old(before: datetime) -> list[Path]:
    folder = inbox()
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in found if path.is_file() and path.stat().st_mtime < before.timestamp()]
