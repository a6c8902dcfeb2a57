"""House rule: the program runs on what `core.lock` brings; a development package must never be what makes it work."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)

GUARD = """
import sys
from importlib.abc import MetaPathFinder

class Guard(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"{{name}} is not in core.lock", name=name)

sys.meta_path.insert(0, Guard())
from netlift.cli import main
sys.argv = ["netlift", *{arguments!r}]
main()
"""


@pytest.fixture(scope="module")
def blocked(repository: Path) -> set[str]:
    """Modules that only development packages bring."""
    dev, core = (
        {canonicalize_name(name) for name in ENTRY.findall((repository / "requirements" / f"{lock}.lock").read_text())}
        for lock in ("dev", "core")
    )
    found = {
        module
        for module, packages in packages_distributions().items()
        if {canonicalize_name(package) for package in packages} <= dev - core
    }
    assert {"pandas", "pytest", "pyspark"} <= found
    return found


def run(blocked: set[str], folder: Path, *arguments: str) -> str:
    code = GUARD.format(blocked=blocked, arguments=[str(argument) for argument in arguments])
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
def test_a_shop_is_simulated_ingested_and_audited_without_a_development_package(blocked, tmp_path):
    run(blocked, tmp_path, "simulate", "--preset", "tiny", "--out", "shop")
    assert "net_lift" in run(blocked, tmp_path, "audit", "shop", "--json")
    orders = tmp_path / "orders.csv"
    orders.write_text("Order,Date,Customer,SKU,Quantity,Price\n1,2025-01-01,a,x,1,9.99\n", encoding="utf-8")
    assert "Price" in run(blocked, tmp_path, "ingest", "--guess", "orders.csv")


def test_the_guard_blocks(blocked, tmp_path):
    """What DuckDB needs without asking for it: the audit fails without pytz, so the test above would have told."""
    with pytest.raises(AssertionError, match="pytz"):
        run(blocked | {"pytz"}, tmp_path, "demo")


def test_the_guard_knows_development_packages(blocked, tmp_path):
    code = GUARD.format(blocked=blocked, arguments=["--version"]).replace("main()", "import pandas")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "pandas is not in core.lock" in done.stderr
