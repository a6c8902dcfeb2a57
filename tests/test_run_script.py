"""`./run` on a machine of play-act programs: what it calls, in which order, and what it does not call twice."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = ("sh", "cat", "cksum", "dirname", "mkdir", "rm", "cp", "sed", "chmod")

PYTHON = """#!/bin/sh
echo "${0##*/} $*" >> "$LOG"
case "$*" in
  "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; cp "$0" "$3/bin/netlift" ;;
  *"pip install"*"$FAIL"*) exit 1 ;;
esac
"""
UV = """#!/bin/sh
echo "uv $*" >> "$LOG"
case "$*" in
  "venv "*) mkdir -p .venv/bin; cp "${0%/*}/python3" .venv/bin/python ;;
esac
"""


class House:
    """A copy of the script with empty locks, and a PATH that holds only what a test puts there."""

    def __init__(self, folder: Path, script: Path) -> None:
        self.root, self.path, self.log = folder / "a house", folder / "path", folder / "log"
        (self.root / "requirements").mkdir(parents=True)
        (self.root / "src").mkdir()
        self.path.mkdir()
        shutil.copy(script, self.root / "run")
        locks = [f"requirements/{name}.lock" for name in ("build", "core", "service", "dev")]
        for name in (*locks, "pyproject.toml"):
            (self.root / name).touch()
        for tool in TOOLS:
            (self.path / tool).symlink_to(shutil.which(tool) or tool)

    def program(self, name: str, text: str) -> None:
        (self.path / name).write_text(text)
        (self.path / name).chmod(0o755)

    def run(self, *arguments: str, fail: str = "nothing", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.path), "LOG": str(self.log), "FAIL": fail}
        command = [str(self.root / "run"), *arguments]
        return subprocess.run(
            command, env=environment, cwd=cwd or self.root, capture_output=True, text=True, check=False
        )

    def calls(self) -> list[str]:
        """What was called since the last question."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return lines


@pytest.fixture
def script(repository: Path) -> Path:
    return repository / "run"


@pytest.fixture
def house(tmp_path: Path, script: Path) -> House:
    made = House(tmp_path, script)
    made.program("python3", PYTHON)
    return made


def installs(calls: list[str]) -> list[str]:
    """What was installed, in order: locks, and the project itself."""
    return [call.split()[-1] for call in calls if "pip install" in call]


def test_the_script_is_plain_posix_shell(script: Path) -> None:
    assert script.read_text().startswith("#!/bin/sh\n")
    assert os.access(script, os.X_OK)
    for shell in filter(shutil.which, ("sh", "dash", "bash", "busybox")):
        command = [shell, "sh", "-n"] if shell == "busybox" else [shell, "-n"]
        assert subprocess.run([*command, str(script)], check=False).returncode == 0, shell


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_has_nothing_to_say(script: Path) -> None:
    assert subprocess.run(["shellcheck", str(script)], check=False).returncode == 0


@pytest.mark.parametrize("asked", [[], ["help"], ["-h"], ["--help"]], ids=str)
def test_help_lists_every_verb(house: House, asked: list[str]) -> None:
    verbs = re.findall(r"^  ([a-z]+)\)", (house.root / "run").read_text(), re.MULTILINE)
    assert {"demo", "test", "check", "bench", "docs", "lock"} <= set(verbs)
    said = house.run(*asked)
    assert said.returncode == 0
    assert [verb for verb in verbs if f"./run {verb} " not in said.stdout] == []
    assert house.calls() == []


def test_an_unknown_verb_is_refused_with_the_list(house: House) -> None:
    said = house.run("tset")
    assert (said.returncode, said.stdout) == (2, "")
    assert "there is no 'tset'" in said.stderr
    assert "./run test" in said.stderr


def test_the_first_call_sets_up_and_the_second_only_runs(house: House) -> None:
    assert house.run("python", "x.py").returncode == 0
    assert installs(house.calls()) == ["requirements/build.lock", "requirements/core.lock", "."]
    assert house.run("python", "x.py").returncode == 0
    assert house.calls() == ["python x.py"]


def test_locks_are_installed_with_hashes_and_nothing_is_built_from_unpinned_tools(house: House) -> None:
    house.run("python")
    calls = [call for call in house.calls() if "pip install" in call]
    assert all("--no-build-isolation" in call for call in calls)
    assert ["--require-hashes" in call for call in calls] == [True, True, False]
    assert "--no-deps" in calls[2]


def test_uv_does_the_same_if_it_is_there(house: House) -> None:
    house.program("uv", UV)
    assert house.run("python", "x.py").returncode == 0
    calls = house.calls()
    assert installs(calls) == ["requirements/build.lock", "requirements/core.lock", "."]
    assert all(call.startswith("uv ") for call in calls if "pip install" in call)
    assert not any("-m venv" in call for call in calls)


def test_a_uv_that_does_not_run_is_as_good_as_none(house: House) -> None:
    house.program("uv", "#!/bin/sh\nexit 127\n")
    assert house.run("python", "x.py").returncode == 0
    assert any("-m venv .venv" in call for call in house.calls())


def test_dev_serves_core_too(house: House) -> None:
    """After `./run test` nothing is missing for `./run demo`."""
    house.run("test")
    assert "requirements/dev.lock" in installs(house.calls())
    house.run("demo", "--quiet")
    assert house.calls() == ["netlift demo --quiet"]


def test_the_service_has_a_lock_of_its_own_that_serves_core_too(house: House) -> None:
    house.run("serve", "folder")
    calls = house.calls()
    assert installs(calls) == ["requirements/build.lock", "requirements/service.lock", "."]
    assert calls[-1] == "netlift serve folder"
    house.run("demo")
    assert house.calls() == ["netlift demo"]


@pytest.mark.parametrize("file", ["pyproject.toml", "requirements/core.lock"])
def test_a_change_of_what_is_declared_installs_again_in_the_same_environment(house: House, file: str) -> None:
    house.run("python")
    house.calls()
    (house.root / file).write_text("changed")
    house.run("python")
    calls = house.calls()
    assert installs(calls) == ["requirements/build.lock", "requirements/core.lock", "."]
    assert not any("-m venv" in call for call in calls)


def test_an_installation_that_failed_is_not_taken_for_done(house: House) -> None:
    assert house.run("python", fail="core.lock").returncode != 0
    house.calls()
    assert house.run("python", "x.py").returncode == 0
    calls = house.calls()
    assert installs(calls) == ["requirements/build.lock", "requirements/core.lock", "."]
    assert calls[-1] == "python x.py"


def test_a_moved_house_gets_a_new_environment(house: House) -> None:
    """Scripts in .venv/bin carry the path they were made for."""
    house.run("python")
    house.calls()
    house.root = house.root.rename(house.root.parent / "elsewhere")
    house.run("python")
    assert any("-m venv .venv" in call for call in house.calls())


def test_files_are_named_from_where_the_caller_stands(house: House, tmp_path: Path) -> None:
    house.program("python3", PYTHON.replace("esac\n", 'esac\necho "at $PWD" >> "$LOG"\n'))
    house.run("netlift", "audit", "orders.csv", cwd=tmp_path)
    assert house.calls()[-2:] == ["netlift audit orders.csv", f"at {tmp_path}"]


def test_without_a_python_it_says_what_is_needed(house: House) -> None:
    house.program("python3", "#!/bin/sh\nexit 1\n")  # as an older Python answers the question for 3.11
    said = house.run("python")
    assert said.returncode == 1
    assert "Python 3.11 or newer is needed" in said.stderr
    assert not (house.root / ".venv").exists()


def test_without_the_venv_module_it_says_what_to_install_and_leaves_nothing(house: House) -> None:
    house.program("python3", PYTHON.replace('cp "$0" "$3/bin/netlift"', "exit 1"))
    said = house.run("python")
    assert said.returncode == 1
    assert "apt install python3-venv" in said.stderr
    assert not (house.root / ".venv").exists()
