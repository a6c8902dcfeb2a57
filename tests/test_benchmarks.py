"""House rule: every benchmark runs by name, and what is kept of it can be understood later."""

import importlib
import inspect
import json
import platform
from pathlib import Path

import pytest
from benchmarks import __main__ as runner


@pytest.mark.parametrize("name", runner.names())
def test_every_benchmark_says_what_it_asks_and_has_defaults(name: str) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    assert runner._opening(module)
    options = inspect.signature(module.run).parameters
    assert all(option.default is not option.empty for option in options.values())
    assert set(getattr(module, "QUICK", {})) <= set(options)


@pytest.mark.parametrize("path", sorted(runner.RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_kept_results_belong_to_a_benchmark_and_name_no_machine(path: Path) -> None:
    report = json.loads(path.read_text(encoding="utf-8"))
    assert report["benchmark"] == path.stem
    assert path.stem in runner.names()
    assert set(report["machine"]) == {"system", "processor", "cores", "memory_gib"}
    assert set(runner.PACKAGES) < set(report["versions"])


def test_a_run_is_printed_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(runner, "RESULTS", tmp_path / "results")
    monkeypatch.setattr("benchmarks.bench_start.cpu_seconds", lambda arguments: float(len(arguments)))
    runner.main(["start"])
    assert "netlift --help" in capsys.readouterr().out
    text = (tmp_path / "results" / "bench_start.json").read_text()
    assert json.loads(text)["result"]["cpu_seconds"]["netlift --help"]["median"] == 3
    assert platform.node() not in text


def test_a_quick_run_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "RESULTS", tmp_path / "results")
    monkeypatch.setattr("benchmarks.bench_start.cpu_seconds", lambda arguments: float(len(arguments)))
    runner.main(["bench_start", "--quick"])
    assert not (tmp_path / "results").exists()


def test_an_unknown_benchmark_lists_the_known_ones() -> None:
    with pytest.raises(SystemExit, match=r"no benchmark nope; there are: .*bench_start"):
        runner.main(["nope"])


def test_figures_keep_six_digits_and_no_infinities() -> None:
    assert runner.plain({"a": 1.23456789, "b": (float("nan"), 1), "c": True}) == {
        "a": 1.23457,
        "b": [None, 1],
        "c": True,
    }
