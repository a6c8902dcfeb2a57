"""How Django finds this room."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """The room `runs`."""

    name = "netlift.service.runs"
    label = "runs"

    def ready(self) -> None:
        """Let retention reach jobs and the files that were sent for them."""
        from netlift.service.privacy.retention import keeps
        from netlift.service.runs import keeping

        keeps("jobs", keeping.JOB_DAYS, keeping.old_jobs, keeping.clear_jobs)
        keeps("files sent", keeping.FILE_DAYS, keeping.old_files, keeping.clear_files)
