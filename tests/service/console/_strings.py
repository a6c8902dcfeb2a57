"""Every text that a folder of templates and modules asks to be translated, found without GNU gettext."""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

TAG = re.compile(r"{%-?\s*(?:trans|translate)\s+(?:\"([^\"]*)\"|'([^']*)')")
CALL = re.compile(r"_\(\s*(?:\"([^\"]*)\"|'([^']*)')\s*\)")
BLOCK = re.compile(
    r"{%\s*block(?:translate|trans)\b([^%]*)%}(.*?)(?:{%\s*plural\s*%}(.*?))?{%\s*endblock(?:translate|trans)\s*%}",
    re.DOTALL,
)
NAMES = {"_", "gettext", "gettext_lazy", "ngettext"}


def texts(folder: Path, *, without: Iterable[str] = ()) -> set[str]:
    """All texts of a folder, but for those of the folders below it that are named."""
    found: set[str] = set()
    for path in folder.rglob("*"):
        if not set(path.relative_to(folder).parts) & set(without):
            found |= set(
                _of_template(path) if path.suffix == ".html" else _of_module(path) if path.suffix == ".py" else ()
            )
    return found


def _of_template(path: Path) -> Iterator[str]:
    text = path.read_text("utf-8")
    for pattern in (TAG, CALL):
        yield from (hit[1] or hit[2] for hit in pattern.finditer(text))
    for hit in BLOCK.finditer(text):
        for part in (hit[2], hit[3]):
            if part is not None:
                trimmed = " ".join(line.strip() for line in part.strip().splitlines()) if "trimmed" in hit[1] else part
                yield re.sub(r"{{\s*([\w.]+)\s*}}", r"%(\1)s", trimmed)


def _of_module(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES:
            yield from (one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str))
