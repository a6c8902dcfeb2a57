"""The process that a person starts: it makes ready, starts the web server and the worker, and ends with both."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from types import FrameType

from netlift.service.server import first
from netlift.service.server.lock import held
from netlift.service.server.options import Options
from netlift.service.server.parent import NAME

_PATIENCE_S = 20.0
_FALLS = 5
"""A process that ends so often in a row, each time within `_SHORT_S` of its start, is not started again."""
_SHORT_S = 10.0
_READY_S = 60.0

Say = Callable[[str], None]


def serve(options: Options, say: Say) -> int:
    """Serve until told to end.

    Args:
        options: where.
        say: tells a person one line.

    Returns:
        The exit status: 0 after SIGTERM or SIGINT, 1 when a process could not be kept alive.

    Raises:
        ConfigError: it cannot be served so; nothing was started.
    """
    with held(options.folder, options.address):
        options.check()
        options.tell_environment()
        _make_ready(options, say)
        return _Pair(options, say).run()


def in_folder(options: Options) -> None:
    """Make a folder ready to be changed from the shell, whether or not it is being served."""
    options.folder.mkdir(parents=True, exist_ok=True)
    options.tell_environment()
    first.set_up()
    first.migrate()


def _make_ready(options: Options, say: Say) -> None:
    first.set_up()
    say(f"netlift in {options.folder}")
    first.migrate()
    password = first.first_admin()
    if password is not None:
        say(f"first run: sign in as admin with the password {password}")
        say("it is shown this once; change it in the console, or make a new one with --new-password admin")
    if options.demo:
        from netlift.service.server.demo import load

        load(say)
    first.let_go()
    figures = options.folder / "run" / "metrics"
    shutil.rmtree(figures, ignore_errors=True)
    figures.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(figures.resolve())


class _Pair:
    """The web server and the worker."""

    def __init__(self, options: Options, say: Say) -> None:
        self.options, self.say = options, say
        self.words = {
            "web": ["web", options.host, str(options.port), str(options.workers)],
            "work": ["work"],
        }
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.begun: dict[str, float] = {}
        self.falls = dict.fromkeys(self.words, 0)
        self.told = False

    def run(self) -> int:
        """Start both, keep both alive, end both."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        try:
            for name in self.words:
                self._start(name)
            self._wait_until_ready()
            while not self.told:
                time.sleep(0.2)
                for name, child in self.children.items():
                    if child.poll() is not None and not self.told and not self._start_again(name):
                        return 1
            return 0
        finally:
            self._stop()

    def _end(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.told = True

    def _start(self, name: str) -> None:
        self.begun[name] = time.monotonic()
        # a session of its own: Ctrl-C in the terminal reaches this process, which ends the others in order
        self.children[name] = subprocess.Popen(  # noqa: S603  our own program, words without a shell
            [sys.executable, "-m", "netlift.service.server", *self.words[name]],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | {NAME: str(os.getpid())},
        )

    def _start_again(self, name: str) -> bool:
        """Start what ended by itself; False where that happened too often."""
        short = time.monotonic() - self.begun[name] < _SHORT_S
        killed = self.children[name].returncode == -signal.SIGKILL  # which is no fault of its own
        self.falls[name] = self.falls[name] + 1 if short and not killed else 0
        if self.falls[name] == _FALLS:
            self.say(f"the process {name!r} ends again and again: see the log above")
            return False
        self.say(f"the process {name!r} ended by itself and is started again")
        time.sleep(min(2.0 ** self.falls[name] / 4, 5.0))
        self._start(name)
        return True

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + _READY_S
        while not self.told and time.monotonic() < until and self.children["web"].poll() is None:
            if _answers(self.options):
                self.say(f"serving at {self.options.address}/admin/ (API: {self.options.address}/api/v1/openapi.json)")
                return
            time.sleep(0.1)

    def _stop(self) -> None:
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()
        until = time.monotonic() + _PATIENCE_S
        for child in self.children.values():
            try:
                child.wait(max(until - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.say("ended")


def _answers(options: Options) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(options.host, options.host)  # noqa: S104
    try:
        with urllib.request.urlopen(f"http://{host}:{options.port}/api/v1/health/live", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True  # it answers, if only to say that it knows no such host
    except OSError:
        return False
