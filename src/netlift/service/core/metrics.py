"""Figures for Prometheus, added up over all worker processes; no label tells of a person.

Each process writes its figures to a file of its own in the folder that `PROMETHEUS_MULTIPROC_DIR` names; the page reads
all of them. Without that folder, as in tests, a process tells its own.
"""

import os

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

KIND = CONTENT_TYPE_LATEST

_requests = Counter("netlift_requests", "Requests answered.", ["method", "route", "status"])
_seconds = Histogram(
    "netlift_request_seconds", "Time to answer.", ["route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)  # fmt: skip
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request.

    Args:
        method: of HTTP; unknown ones are counted together.
        route: the pattern that matched, never the address itself.
        status: of the answer.
        seconds: that it took.
    """
    _requests.labels(method if method in _METHODS else "other", route, str(status)).inc()
    _seconds.labels(route).observe(seconds)


def page() -> bytes:
    """All figures in Prometheus' text format."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return bytes(generate_latest(REGISTRY))
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return bytes(generate_latest(registry))
