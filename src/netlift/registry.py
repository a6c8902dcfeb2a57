"""One plugin mechanism: every module of a folder, plus what third parties declare as entry points."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from types import ModuleType
from typing import Generic, TypeVar

from netlift.errors import ConfigError

T = TypeVar("T")


class Registry(Mapping[str, type[T]], Generic[T]):
    """The concrete subclasses of `base` found in a folder, by their `kind`; loaded at first use.

    Args:
        package: dotted name of the folder to scan; modules whose name starts with `_` are left out.
        base: the abstract class that plugins derive from; each plugin carries a class attribute `kind`.
        group: entry-point group for third parties, for example `netlift.sources`.
    """

    def __init__(self, package: str, base: type[T], group: str) -> None:
        self._package, self._base, self._group = package, base, group
        self._found: dict[str, type[T]] | None = None

    def __getitem__(self, kind: str) -> type[T]:
        found = self._load()
        if kind not in found:
            raise ConfigError(f"unknown {self._base.__name__} {kind!r}; known: {', '.join(sorted(found))}")
        return found[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._load()))

    def __len__(self) -> int:
        return len(self._load())

    def __contains__(self, kind: object) -> bool:
        return kind in self._load()

    def _load(self) -> dict[str, type[T]]:
        if self._found is None:
            found: dict[str, type[T]] = {}
            for plugin in [*self._built_in(), *self._third_party()]:
                kind = getattr(plugin, "kind", None)
                if not isinstance(kind, str):
                    raise ConfigError(f"plugin {plugin.__qualname__} has no class attribute kind: str")
                if kind in found and found[kind] is not plugin:
                    raise ConfigError(f"two plugins call themselves {kind!r}: {found[kind]!r} and {plugin!r}")
                found[kind] = plugin
            self._found = found
        return self._found

    def _built_in(self) -> Iterator[type[T]]:
        folder = importlib.import_module(self._package)
        for info in pkgutil.iter_modules(folder.__path__):
            if not info.name.startswith("_"):
                yield from self._plugins_of(importlib.import_module(f"{self._package}.{info.name}"))

    def _plugins_of(self, module: ModuleType) -> Iterator[type[T]]:
        for _, member in inspect.getmembers(module, inspect.isclass):
            if (
                issubclass(member, self._base)
                and not inspect.isabstract(member)
                and member.__module__ == module.__name__
            ):
                yield member

    def _third_party(self) -> Iterator[type[T]]:
        for point in entry_points(group=self._group):
            yield point.load()
