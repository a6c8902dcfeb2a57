"""The how-to for a new source of ideas is run as it is printed: its idea, among the others."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from netlift.candidates.generate import proposals
from netlift.candidates.idea import IDEAS, Idea
from tests.candidates.shops import asked, sources


@pytest.fixture
def left_carts(repository: Path, monkeypatch: pytest.MonkeyPatch) -> type[Idea]:
    """The idea that the page prints, known to the program as if it lay in the folder."""
    page = (repository / "docs" / "howto" / "new-candidate-source.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(compile(found[1], "new-candidate-source.md", "exec"), names)  # noqa: S102 - our own page
    idea: type[Idea] = names["LeftCarts"]
    monkeypatch.setitem(IDEAS._load(), idea.kind, idea)
    return idea


def test_the_example_proposes_a_light_discount_to_those_who_left_a_cart(left_carts: type[Idea]) -> None:
    """Every fourth of 200 customers left a cart; the light per cents of the shop are five."""
    people = sources().profiles
    left = pa.array([int(k % 4 == 0) for k in range(people.num_rows)], pa.int64())
    known = replace(sources(), profiles=people.append_column("carts_left_90", left))
    found = [one for one in proposals(known, asked()) if one.candidate.audience.audience_id == "left_cart"]
    assert [one.candidate.form for one in found] == [{"off": "5"}]
    assert 0 < found[0].people.sum() <= 50
    assert left_carts.kind in IDEAS


def test_without_events_it_proposes_nothing(left_carts: type[Idea]) -> None:
    found = proposals(sources(), asked())
    assert left_carts.kind in IDEAS
    assert not [one for one in found if one.candidate.audience.audience_id == "left_cart"]
