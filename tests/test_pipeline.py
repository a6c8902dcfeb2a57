"""The line as one function: short, in the order of its words, and its result is what its words promise."""

import ast
from pathlib import Path

import pytest

from netlift import pipeline


def test_it_is_short_enough_to_be_read_first(repository: Path) -> None:
    """Under 120 lines, as its promise goes."""
    text = (repository / "src/netlift/pipeline.py").read_text("utf-8")
    assert text.count("\n") < 120


def test_it_goes_through_the_rooms_in_the_order_of_the_line(repository: Path) -> None:
    """The steps that it calls stand in the order of its eight words."""
    tree = ast.parse((repository / "src/netlift/pipeline.py").read_text("utf-8"))
    (body,) = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "run"]
    calls = sorted(
        (node.lineno, node.func.id)
        for node in ast.walk(body)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )
    told = ["opened", "keep", "gather", "generate", "declared_of", "respond", "make_plans"]
    assert [name for _, name in calls if name in told] == told


def test_the_eight_words_name_rooms_and_chapters(repository: Path) -> None:
    """Packages, chapters and the glossary call the steps by the same words; `events` come in by `data`."""
    source, line = repository / "src/netlift", repository / "docs/line"
    rooms = {"events": "data", **{word: word for word in pipeline.LINE[1:]}}
    assert [word for word, room in rooms.items() if not (source / room / "__init__.py").is_file()] == []
    numbers = {path.name[0] for path in line.glob("[1-8]-*.md")}
    assert numbers == set("12345678")
    glossary = (repository / "CONTEXT.md").read_text("utf-8")
    singular = (word.removesuffix("s") for word in pipeline.LINE if word != "candidates")
    assert [word for word in (*singular, "candidate") if f"| {word} |" not in glossary] == []


def test_the_defaults_are_those_of_the_command_line() -> None:
    from netlift.cli._planning import Wish

    wanted, wish = pipeline.Wanted(), Wish("1")
    assert (wanted.seed, wanted.level, wanted.engine, wanted.asked.days) == (
        wish.seed, wish.level, wish.engine, wish.days,
    )  # fmt: skip


@pytest.mark.slow
def test_nobody_is_told_where_nobody_listens(tmp_path: Path) -> None:
    """Without a listener it runs silently; with an earlier first day nothing after it is known."""
    from datetime import timedelta

    from netlift.candidates.asked import Asked
    from netlift.data.workspace import Settings, Workspace
    from netlift.plan.limits import Limits
    from netlift.simulate import presets, simulate

    workspace = Workspace.create(tmp_path, Settings(name="Tiny", currency="EUR"))
    for name, table in simulate(presets.tiny(1)).tables.items():
        if name in {"orders", "order_lines", "products", "customers"}:
            workspace.write(name, table, "simulated")
    start = max(workspace.table("orders")["ordered_at"].to_pylist()) - timedelta(days=30)
    wanted = pipeline.Wanted(Limits(budget_minor=20_000), Asked(start=start))
    plans = pipeline.run(workspace, wanted).plans
    assert plans[0].head.code == "nothing"
    assert {one.head.as_of for one in plans} == {start.date().isoformat()}
    assert max(workspace.kept("profiles")["as_of"].to_pylist()) == start
