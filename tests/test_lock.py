"""House rule: what is declared is locked, with hashes, and the locks agree with each other."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ENTRY = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)(.*)$")
Pins = dict[str, set[Version]]

UNLOCKED = {
    "deep": "which file of PyTorch is right depends on the machine, and the registry's own brings several GB for GPUs; "
    "the extra names a range, and its tests skip where PyTorch is missing",
}
"""Extra -> why no lock holds what it brings."""


@pytest.fixture(scope="module")
def project(repository: Path) -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def locks(repository: Path) -> dict[str, str]:
    """The text of each lock by its name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in (repository / "requirements").glob("*.lock")}


def pins(lock: str) -> Pins:
    """Locked versions by package; a package may have one for each range of Python versions."""
    found: Pins = {}
    for line in lock.splitlines():
        if match := ENTRY.match(line):
            found.setdefault(canonicalize_name(match[1]), set()).add(Version(match[2]))
    return found


def declared(project: dict[str, Any], lock: str) -> list[Requirement]:
    """What pyproject.toml asks of a lock."""
    groups, core = project["dependency-groups"], project["project"]["dependencies"]
    service = core + project["project"]["optional-dependencies"]["service"]
    wanted = {"build": [], "core": core, "service": service, "dev": service + groups["dev"]}
    return [Requirement(line) for line in wanted[lock] + groups["build"]]


@pytest.mark.parametrize("lock", ["build", "core", "service", "dev"])
def test_every_dependency_is_locked_in_the_declared_range(
    lock: str, locks: dict[str, str], project: dict[str, Any]
) -> None:
    locked = pins(locks[lock])
    for wanted in declared(project, lock):
        versions = locked.get(canonicalize_name(wanted.name), set())
        assert versions, f"{wanted.name} is not in {lock}.lock: ./run lock"
        assert all(version in wanted.specifier for version in versions), f"{wanted} is locked at {versions}: ./run lock"


@pytest.mark.parametrize("lock", ["build", "core", "service", "dev"])
def test_every_pin_has_hashes(lock: str, locks: dict[str, str]) -> None:
    entries = re.split(r"\n(?=\S)", locks[lock].strip())
    assert len(entries) == sum(len(versions) for versions in pins(locks[lock]).values())
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("smaller", ["build", "core", "service"])
def test_dev_holds_all_of_the_smaller_locks(smaller: str, locks: dict[str, str]) -> None:
    """`./run` relies on it: once dev is installed, core is."""
    dev = pins(locks["dev"])
    assert {
        name: versions for name, versions in pins(locks[smaller]).items() if not versions <= dev.get(name, set())
    } == {}


def test_the_extras_are_what_the_tests_run_on(project: dict[str, Any], locks: dict[str, str]) -> None:
    """What an extra brings is pinned for the tests; what the development group names too, it names alike."""
    dev = pins(locks["dev"])
    named = {Requirement(line).name: Requirement(line) for line in project["dependency-groups"]["dev"]}
    for extra, lines in project["project"]["optional-dependencies"].items():
        for wanted in map(Requirement, lines):
            versions = dev.get(wanted.name, set())
            assert extra in UNLOCKED or any(map(wanted.specifier.contains, versions)), str(wanted)
            assert str(named.get(wanted.name, wanted)) == str(wanted)


def test_what_is_unlocked_has_a_reason_and_a_range_and_is_in_no_lock(
    project: dict[str, Any], locks: dict[str, str]
) -> None:
    for extra, why in UNLOCKED.items():
        assert why
        for wanted in map(Requirement, project["project"]["optional-dependencies"][extra]):
            assert {part.operator for part in wanted.specifier} == {">=", "<"}
            assert [lock for lock, text in locks.items() if canonicalize_name(wanted.name) in pins(text)] == []
