"""The web server: granian, with one thread for Python in each of its worker processes."""

import multiprocessing
import os
from typing import Any

from netlift.service.server.parent import end_with


def application() -> Any:
    """The WSGI application of a worker process, which ends with its server."""
    if (server := multiprocessing.parent_process()) is not None and server.pid is not None:
        end_with(server.pid)
    from netlift.service.server.ready import make_ready
    from netlift.service.wsgi import application as wsgi

    make_ready()
    return wsgi


def main(host: str, port: int, workers: int) -> None:
    """Serve until told to end."""
    from granian.constants import Interfaces
    from granian.server import Server

    from netlift.service.core.logs import configured

    multiprocessing.set_start_method("spawn")  # nothing of this process leaks into the workers
    logging = configured(os.environ.get("NETLIFT_LOG", "info"))
    logging["loggers"]["_granian"] = {"level": "WARNING"}
    server = Server(
        f"{__name__}:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=1,
        factory=True,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_dictconfig=logging,
    )
    server.serve()
