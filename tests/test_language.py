"""House rule: what must not stand in the repository does not."""

import re
import subprocess
from pathlib import Path

import pytest

TEXT = {".py", ".md", ".toml", ".lock", ".html", ".css", ".js", ".json", ".sql", ".txt", ".cfg", ".yml", ".yaml", ""}

# written in pieces, so that this file does not find itself
UNFINISHED = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME"]) + r")\b|raise NotImplemented" + "Error")
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(" + "|".join(["work", "root", "home", "Users", "tmp"]) + r")/\w")
ADDRESS = re.compile(r"https?://|file://|index-url|find-links")
REGISTRY = re.compile(
    r"https?://[^\s\"')]+/(simple|packages|pool)/|(" + "|".join(["pypi", "npmjs"]) + r")\.org", re.IGNORECASE
)


@pytest.fixture(scope="module")
def files(repository: Path) -> list[Path]:
    """Text files that belong to the project: those that git knows, or all where there is no git."""
    known = subprocess.run(["git", "ls-files", "-z"], cwd=repository, capture_output=True, text=True, check=False)
    folders = ("src", "tests", "docs", "benchmarks", "requirements")
    names = (
        known.stdout.split("\0")
        if known.returncode == 0
        else [str(p) for f in folders for p in (repository / f).rglob("*")]
    )
    paths = [repository / name for name in names if name]
    return [path for path in paths if path.is_file() and path.suffix in TEXT and "fixtures" not in path.parts]


def hits(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    """`file:line` of every line that holds the pattern."""
    return [
        f"{path.name}:{number}: {line.strip()[:80]}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


def test_the_program_holds_no_unfinished_work(files: list[Path]) -> None:
    assert hits(UNFINISHED, [path for path in files if "src" in path.parts]) == []


def test_no_path_of_anybody_s_machine(files: list[Path]) -> None:
    assert hits(MACHINE_PATH, files) == []


def test_locks_hold_no_address(files: list[Path]) -> None:
    locks = [path for path in files if path.suffix == ".lock"]
    assert len(locks) == 4
    assert hits(ADDRESS, locks) == []


def test_no_registry_is_named(files: list[Path]) -> None:
    assert hits(REGISTRY, files) == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (UNFINISHED, "# TO" + "DO later"),
        (MACHINE_PATH, "see /home" + "/me/x"),
        (ADDRESS, "--index" + "-url x"),
        (REGISTRY, "https://mirror.example/sim" + "ple/numpy/"),
    ],
)
def test_each_pattern_finds_what_it_is_for(pattern: re.Pattern[str], line: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(line)
    assert len(hits(pattern, [bad])) == 1
