"""House rule: a package that lifts names says so in `__all__`, sorted and complete."""

import ast
import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import netlift
from tests.service._django import set_up

set_up()  # before the rooms of the service are imported


def packages() -> Iterator[str]:
    yield "netlift"
    for module in pkgutil.walk_packages(netlift.__path__, "netlift."):
        if module.ispkg:
            yield module.name


def lifted(tree: ast.Module, package: str) -> set[str]:
    """Public names that a package imports from its own modules."""
    return public(
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and f"{node.module}.".startswith(f"{package}.")
        for alias in node.names
    )


def defined(tree: ast.Module) -> set[str]:
    """Public names that a package defines itself."""
    names: set[str] = set()
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
            case ast.Assign(targets=targets):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
            case _:
                pass
    return public(names)


def public(names: Iterable[str]) -> set[str]:
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("package", list(packages()))
def test_all_equals_the_public_names(package: str) -> None:
    """A package that lifts names lists them and what it defines in `__all__` (which ruff keeps sorted)."""
    module = importlib.import_module(package)
    assert module.__file__ is not None
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    if declared := getattr(module, "__all__", None):
        assert set(declared) == lifted(tree, package) | defined(tree)
        assert all(hasattr(module, name) for name in declared)
    else:
        assert lifted(tree, package) == set(), "lifts names without saying so in __all__"
