"""A service that can be killed: its web server and its worker as processes, in a folder, on one of the stores."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

READY_S = 90


class Server:
    """The two processes that serve a folder.

    Args:
        folder: of the service.
        database: address of the store; empty: SQLite in the folder.
    """

    def __init__(self, folder: Path, database: str) -> None:
        self.folder, self.port = folder, _free_port()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("NETLIFT_", "DJANGO_"))}
        self.env = kept | {
            "NETLIFT_FOLDER": str(folder), "NETLIFT_DATABASE": database, "NETLIFT_LOG": "warning",
            "DJANGO_SETTINGS_MODULE": "netlift.service.settings",
        }  # fmt: skip
        self.running: list[subprocess.Popen[bytes]] = []

    def key(self, role: str) -> str:
        """Token of a new API key; the first call makes the store."""
        words = ["-m", "netlift", "serve", str(self.folder), "--new-key", role, "--role", role]
        return self._python(words).splitlines()[-1]

    def python(self, text: str) -> str:
        """What a script prints that runs in the folder with Django ready."""
        return self._python(["-c", f"import django; django.setup()\n{text}"])

    def _python(self, words: list[str]) -> str:
        done = subprocess.run([sys.executable, *words], env=self.env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{words[:3]} ended with {done.returncode}: {done.stderr[-2000:]}")
        return done.stdout

    def start(self) -> None:
        """Start both, and wait until they answer."""
        with (self.folder / "server.log").open("ab") as log:
            for words in (["web", "127.0.0.1", str(self.port), "1"], ["work"]):
                command = [sys.executable, "-m", "netlift.service.server", *words]
                self.running.append(
                    subprocess.Popen(command, env=self.env, stdout=log, stderr=log, start_new_session=True)
                )
        end = time.monotonic() + READY_S
        while True:
            with suppress(OSError, http.client.HTTPException):
                if Caller(self.port, "").ask("GET", "/health/ready")[0] == 200:
                    return
            if time.monotonic() > end or self.running[0].poll() is not None:
                raise SystemExit(f"the server did not start: {(self.folder / 'server.log').read_text()[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End both and all that they started, at once and without a word (SIGKILL)."""
        for process in self.running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in self.running:
            process.wait()
        self.running = []


@contextmanager
def service(folder: Path, database: str) -> Iterator[Server]:
    """A service that is killed at the end, if it was not before."""
    folder.mkdir(parents=True)
    server = Server(folder, database)
    try:
        yield server
    finally:
        server.kill()


class Caller:
    """A program with a key, on a connection of its own."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token

    def ask(self, method: str, path: str, body: object = None, kind: str = "application/json") -> tuple[int, Any]:
        """Status and JSON of an answer.

        Raises:
            OSError, HTTPException: no whole answer came.
        """
        content = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
            connection.request(method, f"/api/v1{path}", content, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
