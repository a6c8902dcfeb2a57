"""What pages and programs read of jobs."""

from pathlib import Path

from netlift.service.core.refusals import NotFound
from netlift.service.runs.child import folder_of
from netlift.service.runs.kinds import kinds
from netlift.service.runs.models import Job


def job(job_id: str) -> Job:
    """A job.

    Raises:
        NotFound: there is none.
    """
    found = Job.objects.filter(job_id=job_id).first()
    if found is None:
        raise NotFound(f"there is no job {job_id[:40]}")
    return found


def scope_of(job: Job) -> str:
    """What who starts or cancels such a job must be allowed."""
    return kinds()[job.kind].SCOPE


def output(job: Job, form: str) -> Path | None:
    """A file that a job wrote: `json` or `report`; None where it wrote none."""
    name = (job.result or {}).get("files", {}).get(form)
    path = folder_of(job.job_id) / name if name else None
    return path if path is not None and path.is_file() else None
