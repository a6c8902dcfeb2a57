"""`netlift serve` as a person runs it: one command on an empty folder, ended by a signal or killed."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.service.server.test_parts import free_port

pytestmark = pytest.mark.slow
_START_S = 90


@pytest.fixture
def start(tmp_path: Path) -> "Iterator[Callable[[], Served]]":
    """Start servers on one folder; what still runs at the end is killed."""
    started: list[Served] = []

    def begin() -> Served:
        started.append(Served(tmp_path / "shop", tmp_path / f"log{len(started)}"))
        return started[-1]

    yield begin
    for one in started:
        for process in [one.process, *one.children()]:
            if process.poll() is None if isinstance(process, subprocess.Popen) else process.is_running():
                process.kill()


class Served:
    """A running server."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder, self.log, self.port = folder, log, free_port()
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "netlift", "serve", str(folder), "--port", str(self.port)],
                stdout=out, stderr=out, env=plain(),
            )  # fmt: skip

    def children(self) -> list[psutil.Process]:
        """Processes that belong to it, whoever their parent is now."""
        home = str(self.folder.resolve())
        running = psutil.process_iter(["environ"])
        found = [process for process in running if (process.info["environ"] or {}).get("NETLIFT_FOLDER") == home]
        return [process for process in found if process.pid != self.process.pid]

    def wait(self) -> str:
        """What it has said when it serves."""
        until = time.monotonic() + _START_S
        while time.monotonic() < until:
            said = self.log.read_text("utf-8")
            if "serving at" in said:
                return said
            assert self.process.poll() is None, said
            time.sleep(0.1)
        raise AssertionError(self.log.read_text("utf-8"))

    def get(self, path: str, token: str = "") -> bytes:
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310  our own server
            return bytes(answer.read())


def netlift(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    return subprocess.run(
        [sys.executable, "-m", "netlift", *words], capture_output=True, text=True, check=False, env=plain()
    )


def plain() -> dict[str, str]:
    """The environment without what the tests' own Django was told."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("NETLIFT_", "DJANGO_"))}


def test_one_command_on_an_empty_folder(start: "Callable[[], Served]") -> None:
    one = start()
    said = one.wait()
    assert json.loads(one.get("/api/v1/health/ready")) == {"status": "ok", "plan": False}
    assert b"csrfmiddlewaretoken" in one.get("/admin/login/")
    (password,) = re.findall(r"with the password (\S+)", said)
    kept = [file for file in one.folder.rglob("*") if file.is_file()]
    assert kept
    assert all(password.encode() not in file.read_bytes() for file in kept)
    assert all(file.stat().st_mode & 0o077 == 0 for file in kept)

    token = netlift("serve", str(one.folder), "--new-key", "prometheus", "--role", "viewer").stdout.strip()
    figures = one.get("/api/v1/metrics", token).decode()
    assert re.search(r'netlift_requests_total\{method="GET",route="admin/login/",status="200"\} 1\.0', figures)

    second = netlift("serve", str(one.folder))
    assert second.returncode == 2
    assert f"served already, by process {one.process.pid} at http://127.0.0.1:{one.port}" in second.stderr

    one.process.send_signal(signal.SIGTERM)
    assert one.process.wait(60) == 0
    assert one.children() == []

    again = start()
    assert "password" not in again.wait()
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(60) == 0


def test_killed_it_leaves_nothing_behind_and_starts_again(start: "Callable[[], Served]") -> None:
    one = start()
    one.wait()
    workers = [process for process in one.children() if "web" in process.cmdline()]
    workers[0].kill()
    until = time.monotonic() + _START_S
    while "started again" not in one.log.read_text("utf-8") and time.monotonic() < until:
        time.sleep(0.1)
    assert "'web' ended by itself and is started again" in one.log.read_text("utf-8")
    one.process.kill()
    one.process.wait()
    until = time.monotonic() + 40
    while one.children() and time.monotonic() < until:
        time.sleep(0.2)
    assert one.children() == []
    again = start()
    again.wait()
    assert json.loads(again.get("/api/v1/health/live")) == {"status": "ok"}
    again.process.terminate()
    assert again.process.wait(60) == 0
