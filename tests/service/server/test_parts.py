"""What `netlift serve` is put together from: options, the lock, turns, the first run, the demo's times."""

import os
import signal
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from django.contrib.auth.models import User

from netlift.cli.serve import serve
from netlift.data.sample import FOLDER
from netlift.errors import ConfigError
from netlift.service.access.keys import recognised
from netlift.service.core.refusals import Refused
from netlift.service.server import first, supervisor, work
from netlift.service.server.demo import moved
from netlift.service.server.lock import held
from netlift.service.server.options import Options
from netlift.service.server.parent import NAME


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NETLIFT_HTTPS", "NETLIFT_BEHIND_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("netlift.service.server.options._GONE_S", 0.3)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_others_are_let_in_behind_https_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_to_all = Options(tmp_path, "0.0.0.0", free_port())  # noqa: S104
    with pytest.raises(ConfigError, match="NETLIFT_BEHIND_PROXY"):
        open_to_all.check()
    monkeypatch.setenv("NETLIFT_BEHIND_PROXY", "0")
    with pytest.raises(ConfigError, match="unencrypted"):
        open_to_all.check()
    monkeypatch.setenv("NETLIFT_BEHIND_PROXY", "1")
    open_to_all.check()
    for host in ("127.0.0.1", "127.9.9.9", "localhost"):
        Options(tmp_path, host, free_port()).check()


def test_an_address_in_use_is_told(tmp_path: Path) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        with pytest.raises(ConfigError, match="--port"):
            Options(tmp_path, port=one.getsockname()[1]).check()
    with pytest.raises(ConfigError, match=r"203\.0\.113\.7"):
        Options(tmp_path, "203.0.113.7").check()


def test_a_folder_is_served_once(tmp_path: Path) -> None:
    with held(tmp_path / "shop", "http://127.0.0.1:1"):
        told = r"served already, by process \d+ at http://127\.0\.0\.1:1"
        with pytest.raises(ConfigError, match=told), held(tmp_path / "shop", "http://127.0.0.1:2"):
            pass
    with held(tmp_path / "shop", "http://127.0.0.1:2"):
        pass
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be"), held(tmp_path / "file", ""):
        pass


def test_turns_go_on_when_one_fails() -> None:
    stop, done = threading.Event(), []

    def good() -> None:
        done.append("good")
        if len(done) == 6:
            stop.set()

    def bad() -> None:
        done.append("bad")
        raise RuntimeError("broken")

    work.turns(stop, {work.Task("bad", 0): bad, work.Task("good", 0): good})
    assert done == ["bad", "good"] * 3


def test_what_the_worker_does_exists_and_runs_on_an_empty_store(store: str) -> None:
    for task, act in work.found((*work.QUICK, *work.NEWS)).items():
        if task.name != "hooks.deliver.deliver":  # it refuses to run inside a transaction, as this test is
            act()


def test_the_first_admin_is_made_once_with_a_password_that_works(store: str) -> None:
    password = first.first_admin()
    assert password is not None
    admin = User.objects.get(username="admin")
    assert (admin.is_superuser, admin.check_password(password)) == (True, True)
    assert password not in admin.password
    assert first.first_admin() is None


def test_people_and_keys_are_made_from_the_shell(store: str) -> None:
    old = first.new_password("ann", "approver")
    new = first.new_password("ann", None)
    ann = User.objects.get(username="ann")
    assert (ann.check_password(old), ann.check_password(new)) == (False, True)
    assert list(ann.groups.values_list("name", flat=True)) == ["approver"]
    assert recognised(first.new_key("till", "operator")).role == "operator"
    with pytest.raises(ConfigError, match="--role"):
        first.new_key("till", None)
    with pytest.raises(Refused, match="no role"):
        first.new_password("ann", "king")
    with pytest.raises(Refused, match="no name"):
        first.new_password("a b", None)


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netlift.cli.serve.importlib.util.find_spec", lambda name: None if name == "django" else name)
    with pytest.raises(ConfigError, match=r"needs django: pip install 'netlift\[service\]'"):
        serve(tmp_path)


@pytest.mark.parametrize("now", [datetime(2026, 11, 26, 5, tzinfo=UTC), datetime(2031, 3, 1, 23, 59, tzinfo=UTC)])
def test_the_demo_ends_within_eight_days_before_now(tmp_path: Path, now: datetime) -> None:
    by = moved(FOLDER, tmp_path, now)
    assert by % timedelta(weeks=1) == timedelta(0)
    before, after = (pq.read_table(folder / "transactions.parquet") for folder in (FOLDER, tmp_path))
    last = pc.max(after["transaction_timestamp"]).as_py()
    assert timedelta(days=1) <= now.replace(tzinfo=None) - last.to_pydatetime() < timedelta(days=8)
    moment = "transaction_timestamp"
    assert before.column_names == after.column_names
    assert before.drop_columns(moment).equals(after.drop_columns(moment))
    assert set(pc.subtract(after[moment], before[moment]).cast("int64").unique().to_pylist()) == {
        int(by / timedelta(seconds=1)) * 10**9
    }
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(file.name for file in FOLDER.glob("*.parquet"))


def test_the_command_line_needs_no_django() -> None:
    code = (
        "import sys; sys.modules['django'] = None; from netlift.cli import main; sys.argv = ['netlift', 'serve', 'x'];"
        " main()"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert told.stderr.strip() == "netlift: the service needs django: pip install 'netlift[service]'"


class Child:
    """A process that has ended so."""

    def __init__(self, returncode: int) -> None:
        self.returncode = returncode


@pytest.mark.parametrize(("returncode", "lived_s", "starts"), [(1, 0, 4), (1, 60, 20), (-signal.SIGKILL, 0, 20)])
def test_a_process_that_cannot_live_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, returncode: int, lived_s: float, starts: int
) -> None:
    clock, said = [0.0], []
    monkeypatch.setattr(supervisor.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(supervisor.time, "sleep", lambda _: None)
    monkeypatch.setattr(supervisor.subprocess, "Popen", lambda *_, **__: Child(returncode))
    pair = supervisor._Pair(Options(tmp_path), said.append)
    pair._start("work")
    for _ in range(20):
        clock[0] += lived_s
        if not pair._start_again("work"):
            break
    assert len([line for line in said if "started again" in line]) == starts


def test_a_process_whose_parent_was_gone_before_it_looked_ends() -> None:
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    told = os.environ | {NAME: gone.stdout.decode().strip()}
    child = subprocess.run([sys.executable, "-m", "netlift.service.server", "work"], env=told, timeout=60, check=False)
    assert child.returncode in {-signal.SIGTERM, 0}  # before it could be told to end, or in order
