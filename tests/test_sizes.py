"""House rule: modules and functions stay small enough to read in one sitting."""

import ast
from collections.abc import Iterator
from pathlib import Path

MODULE_LINES, FUNCTION_LINES, POSITIONAL = 500, 60, 6

ALLOWED: dict[str, str] = {}
"""`path` or `path:function` -> why it may be bigger. An entry that is no longer needed fails the test."""

FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def positional(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Parameters that a call may give by position, `self` and `cls` not counted."""
    names = [argument.arg for argument in function.args.posonlyargs + function.args.args]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def too_big(path: Path, name: str) -> Iterator[str]:
    """The places of one file that exceed a limit."""
    text = path.read_text(encoding="utf-8")
    if text.count("\n") > MODULE_LINES:
        yield name
    for function in functions(ast.parse(text)):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > FUNCTION_LINES or positional(function) > POSITIONAL:
            yield f"{name}:{function.name}"


def sources(repository: Path) -> Iterator[tuple[Path, str]]:
    for folder in ("src", "benchmarks", "docs"):
        for path in sorted((repository / folder).rglob("*.py")):
            if path.parent.name == "migrations":  # Django writes them
                continue
            yield path, path.relative_to(repository).as_posix()


def test_modules_functions_and_parameter_lists_keep_their_limits(repository: Path) -> None:
    """500 lines a module, 60 a function, 6 positional parameters; every exception has a reason."""
    found = {place for path, name in sources(repository) for place in too_big(path, name)}
    assert found - set(ALLOWED) == set(), "split these, or add them to ALLOWED with a reason"
    assert set(ALLOWED) - found == set(), "these are small again: remove them from ALLOWED"
    assert all(ALLOWED.values())


def test_no_module_is_a_drawer(repository: Path) -> None:
    """A file is named after what it holds."""
    drawers = [
        name for path, name in sources(repository) if FORBIDDEN_NAMES & {*path.stem.split("_"), path.parent.name}
    ]
    assert drawers == []


def test_every_module_opens_with_one_sentence_of_what_it_is_for(repository: Path) -> None:
    silent = [
        name
        for path, name in sources(repository)
        if not (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").strip()
    ]
    assert silent == []


def test_the_measure_sees_what_is_too_big(tmp_path: Path) -> None:
    """The limits themselves: one line more than allowed is found, at the limit nothing is."""
    big = tmp_path / "big.py"
    big.write_text(
        "def f(a, b, c, d, e, f, g): ...\n" + "def g():\n" + "    x = 1\n" * FUNCTION_LINES + "\n" * MODULE_LINES
    )
    assert set(too_big(big, "big.py")) == {"big.py", "big.py:f", "big.py:g"}
    big.write_text(
        "class C:\n    def f(self, a, b, c, d, e, f, *, g): ...\n" + "def g():\n" + "    x = 1\n" * (FUNCTION_LINES - 1)
    )
    assert set(too_big(big, "big.py")) == set()
