"""The one plugin mechanism: drop a file into a folder, and it is found."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib.metadata import EntryPoint
from itertools import count
from pathlib import Path

import pytest

from netlift.errors import ConfigError
from netlift.registry import Registry


class Shape(ABC):
    """What the plugins of these tests derive from."""

    @abstractmethod
    def sides(self) -> int:
        """How many it has."""


class Guest(Shape):
    """A plugin of a third party."""

    kind = "guest"

    def sides(self) -> int:
        return 0


PLUGIN = """
from tests.test_registry import Shape

class {name}(Shape):
    {kind}
    def sides(self):
        return 3
"""

_folders = count()


@pytest.fixture
def shapes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Registry[Shape]]:
    """A registry over a folder with these files."""

    def over(**files: str) -> Registry[Shape]:
        package = f"shapes{next(_folders)}"
        (tmp_path / package).mkdir()
        for name, text in {"__init__": "", **files}.items():
            (tmp_path / package / f"{name}.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
        return Registry(package, Shape, "netlift.test_shapes")  # type: ignore[type-abstract]

    return over


def plugin(name: str, kind: str = "") -> str:
    return PLUGIN.format(name=name, kind=f"kind = {kind!r}" if kind else "")


def test_a_file_in_the_folder_is_found_by_its_kind(shapes: Callable[..., Registry[Shape]]) -> None:
    registry = shapes(b=plugin("Square", "square"), a=plugin("Triangle", "triangle"))
    assert list(registry) == ["square", "triangle"]
    assert len(registry) == 2
    assert "square" in registry
    assert "circle" not in registry
    assert registry["triangle"]().sides() == 3


def test_an_unknown_kind_lists_the_known_ones(shapes: Callable[..., Registry[Shape]]) -> None:
    registry = shapes(a=plugin("Square", "square"), b=plugin("Triangle", "triangle"))
    with pytest.raises(ConfigError, match="unknown Shape 'circle'; known: square, triangle"):
        registry["circle"]


def test_two_plugins_of_one_kind_are_refused_by_name(shapes: Callable[..., Registry[Shape]]) -> None:
    registry = shapes(a=plugin("Square", "same"), b=plugin("Triangle", "same"))
    with pytest.raises(ConfigError, match=r"two plugins call themselves 'same': .*Square.* and .*Triangle"):
        list(registry)


def test_a_plugin_without_a_kind_is_refused(shapes: Callable[..., Registry[Shape]]) -> None:
    with pytest.raises(ConfigError, match="plugin Square has no class attribute kind"):
        list(shapes(a=plugin("Square")))


def test_private_files_abstract_classes_and_imported_plugins_do_not_count(
    shapes: Callable[..., Registry[Shape]],
) -> None:
    registry = shapes(
        _private=plugin("Hidden", "hidden"),
        abstract="from tests.test_registry import Shape\nclass Half(Shape):\n    kind = 'half'\n",
        imported="from tests.test_registry import Guest\n",
    )
    assert list(registry) == []


def test_a_third_party_joins_by_an_entry_point(
    shapes: Callable[..., Registry[Shape]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def declared(group: str) -> list[EntryPoint]:
        return [EntryPoint("guest", "tests.test_registry:Guest", group)]

    monkeypatch.setattr("netlift.registry.entry_points", declared)
    registry = shapes(a=plugin("Square", "square"))
    assert list(registry) == ["guest", "square"]
    assert registry["guest"].__name__ == "Guest"


def test_a_third_party_may_not_take_a_built_in_kind(
    shapes: Callable[..., Registry[Shape]], monkeypatch: pytest.MonkeyPatch
) -> None:
    point = EntryPoint("guest", "tests.test_registry:Guest", "netlift.test_shapes")
    monkeypatch.setattr("netlift.registry.entry_points", lambda group: [point])  # noqa: ARG005
    with pytest.raises(ConfigError, match="two plugins call themselves 'guest'"):
        list(shapes(a=plugin("Square", "guest")))


def test_nothing_is_imported_before_the_first_question(shapes: Callable[..., Registry[Shape]]) -> None:
    registry = shapes(broken="raise RuntimeError('imported')")
    with pytest.raises(RuntimeError, match="imported"):
        list(registry)
