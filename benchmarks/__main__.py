"""`python -m benchmarks [NAME...] [--quick]`: runs benchmarks, prints their figures, keeps them as JSON.

A benchmark is a file `bench_*.py` or `quality_*.py` in this folder with a function `run(**options) -> dict`
whose options all have defaults, and optionally a mapping `QUICK` of smaller options for `--quick`. In the result,
plain figures become lines of a table and a mapping of mappings becomes a table; lists are kept, not printed.
"""

import argparse
import importlib
import json
import math
import os
import platform
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

from rich.console import Console
from rich.table import Table

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "results"
PACKAGES = ("netlift", "duckdb", "lightgbm", "narwhals", "numpy", "pyarrow", "scikit-learn", "scipy")


def names() -> list[str]:
    """All benchmarks, by file name without its suffix."""
    return sorted(path.stem for pattern in ("bench_*.py", "quality_*.py") for path in FOLDER.glob(pattern))


def chosen(asked: list[str]) -> list[str]:
    """The benchmarks meant by what was typed: `start` and `bench_start` are the same; nothing means all.

    Raises:
        SystemExit: there is no such benchmark.
    """
    known = {alias: name for name in names() for alias in (name, name.partition("_")[2])}
    if unknown := [name for name in asked if name not in known]:
        raise SystemExit(f"no benchmark {', '.join(unknown)}; there are: {', '.join(names())}")
    return [known[name] for name in asked] or names()


def main(arguments: list[str] | None = None) -> None:
    """Run, print, keep; `--quick` runs are small and not kept."""
    parser = argparse.ArgumentParser(prog="./run bench", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names()))
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that it runs; nothing is written")
    parser.add_argument("--list", action="store_true", help="name the benchmarks and stop")
    options = parser.parse_args(arguments)
    console = Console()
    for name in chosen(options.names):
        module = importlib.import_module(f"benchmarks.{name}")
        console.print(f"[bold]{name}[/]: {_opening(module)}")
        if not options.list:
            report = measured(module, quick=options.quick)
            console.print(*tables(report["result"]), sep="\n")
            console.print(f"{report['seconds']:.1f} s", *([] if options.quick else [f"-> {_written(name, report)}"]))


def measured(module: ModuleType, *, quick: bool) -> dict[str, Any]:
    """The result of one benchmark with what is needed to understand it later."""
    started = time.perf_counter()
    result = module.run(**(getattr(module, "QUICK", {}) if quick else {}))
    return {
        "benchmark": module.__name__.rpartition(".")[2],
        "date": datetime.now(UTC).date().isoformat(),
        "seconds": round(time.perf_counter() - started, 1),
        "versions": {"python": platform.python_version()} | {package: version(package) for package in PACKAGES},
        "machine": machine(),
        "result": plain(result),
    }


def machine() -> dict[str, Any]:
    """What kind of machine this is; neither its name nor its user."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
    }


def plain(value: Any) -> Any:
    """The same value in JSON's types; numbers keep six significant digits, nan and infinity become null."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    number = float(value)
    return float(f"{number:.6g}") if math.isfinite(number) else None


def tables(result: Mapping[str, Any]) -> Iterator[Table]:
    """The figures of a result as tables."""
    figures = Table("figure", "value")
    for key, value in result.items():
        if isinstance(value, Mapping) and value and all(isinstance(row, Mapping) for row in value.values()):
            yield _grid(key, value)
        elif not isinstance(value, list):
            figures.add_row(key, _cell(value))
    if figures.row_count:
        yield figures


def _grid(title: str, rows: Mapping[str, Mapping[str, Any]]) -> Table:
    columns = list(
        dict.fromkeys(key for row in rows.values() for key, cell in row.items() if not isinstance(cell, list))
    )
    table = Table(title, *columns)
    for name, row in rows.items():
        table.add_row(name, *(_cell(row.get(column)) for column in columns))
    return table


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_cell(item)}" for key, item in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) else "" if value is None else str(value)


def _opening(module: ModuleType) -> str:
    return (module.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def _written(name: str, report: Mapping[str, Any]) -> str:
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    (RESULTS / f"{name}.json").write_text(text, encoding="utf-8")
    return f"benchmarks/results/{name}.json"


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    lines = described.read_text(encoding="utf-8").splitlines() if described.is_file() else []
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


if __name__ == "__main__":
    sys.exit(main())
