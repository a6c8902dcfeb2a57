"""The how-to for a new promotion type is run as it is printed: its mechanism keeps the whole contract."""

import re
from pathlib import Path
from typing import Any

import pytest

from netlift.promotions.mechanism import MECHANISMS, Mechanism
from netlift.testing.mechanisms import MechanismContract


@pytest.fixture(scope="module")
def blocks(repository: Path) -> list[str]:
    page = (repository / "docs" / "howto" / "new-promotion-type.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", page, re.DOTALL)


def ladder(blocks: list[str]) -> type[Mechanism]:
    """The mechanism that the page prints."""
    names: dict[str, Any] = {"__name__": "ladder"}
    exec(compile(blocks[0], "new-promotion-type.md", "exec"), names)  # noqa: S102 - our own page
    found: type[Mechanism] = names["Ladder"]
    return found


class TestLadder(MechanismContract):
    """The suite, as the page's second block has it."""

    @pytest.fixture(autouse=True)
    def _printed(self, blocks: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(type(self), "mechanism", ladder(blocks), raising=False)


def test_the_page_shows_a_mechanism_that_is_not_there_yet_and_the_suite_that_is(blocks: list[str]) -> None:
    assert ladder(blocks).kind not in MECHANISMS
    assert f"class TestLadder({MechanismContract.__name__})" in blocks[1]
