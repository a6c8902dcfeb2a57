"""Before a room of the service is imported, for its doctests too, Django must know its settings."""

from importlib.util import find_spec
from pathlib import Path

import pytest

_SERVICE = Path("src/netlift/service")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Set Django up where its rooms begin; leave them out where it is not installed."""
    if config.rootpath / _SERVICE != collection_path:
        return None
    if find_spec("django") is None:
        return True
    from tests.service._django import set_up

    set_up()
    return None
