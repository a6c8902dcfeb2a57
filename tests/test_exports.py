"""House rule: a package that lifts names says so in `__all__`, sorted and complete."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import netlift


def packages() -> Iterator[str]:
    yield "netlift"
    for module in pkgutil.walk_packages(netlift.__path__, "netlift."):
        if module.ispkg:
            yield module.name


def lifted(tree: ast.Module, package: str) -> set[str]:
    """Public names that a package defines itself or imports from its own modules."""
    names: set[str] = set()
    for node in tree.body:
        match node:
            case ast.ImportFrom(module=str(module)) if module == package or module.startswith(package + "."):
                names |= {alias.asname or alias.name for alias in node.names}
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.Assign(targets=targets):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
            case _:
                pass
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("package", list(packages()))
def test_all_equals_the_public_names(package: str) -> None:
    """What `from package import *` gives is exactly what the package lifts (ruff keeps it sorted)."""
    module = importlib.import_module(package)
    assert module.__file__ is not None
    source = Path(module.__file__).read_text(encoding="utf-8")
    expected = lifted(ast.parse(source), package)
    declared = getattr(module, "__all__", [])
    assert set(declared) == expected
    assert all(hasattr(module, name) for name in declared)
