"""House rule: starting the program costs what it needs and no more.

Modules are counted here, not seconds, so that a busy machine cannot fail the test; the seconds are
measured by `benchmarks/bench_start.py`.
"""

import subprocess
import sys

import pytest

HEAVY = {"django", "lightgbm", "matplotlib", "numba", "pandas", "polars", "pyspark", "sklearn", "statsmodels", "torch"}
"""Each costs from 0.3 s to several seconds of CPU (measured with byte code present)."""


def loaded_by(code: str) -> set[str]:
    """Modules that a fresh interpreter holds after `code`, beyond those it holds anyway."""
    report = "import sys; before = set(sys.modules)\n{}\nprint('\\n'.join(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", report.format(code)], capture_output=True, text=True, check=True)
    return {line for line in run.stdout.splitlines() if line.replace(".", "").replace("_", "").isalnum()}


def top(modules: set[str]) -> set[str]:
    return {name.split(".")[0] for name in modules}


def test_importing_netlift_loads_nothing_but_itself() -> None:
    """`netlift` alone is a version and a docstring: no third party, and fewer than 10 modules in all."""
    loaded = loaded_by("import netlift")
    assert top(loaded) & (HEAVY | {"numpy", "pyarrow", "duckdb", "scipy", "narwhals", "rich", "typer"}) == set()
    assert len(loaded) < 10


HELP = """
import contextlib, io
from netlift.cli import app
with contextlib.redirect_stdout(io.StringIO()):
    app({}, standalone_mode=False)
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["audit", "--help"]], ids=" ".join)
def test_asking_for_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """`netlift --help` answers without the machinery that the verbs use: neither numbers nor tables nor figures."""
    loaded = loaded_by(HELP.format(arguments))
    assert top(loaded) & (HEAVY | {"numpy", "pyarrow", "duckdb", "scipy", "narwhals"}) == set()
    assert len(loaded) < 500  # Typer and Rich are about 300


def test_the_measure_sees_what_is_loaded() -> None:
    assert "decimal" in loaded_by("import decimal")
