"""The how-to for a new feature family is run as it is printed: its family, among the others, and in the matrix."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from netlift.profiles.features import FAMILIES, Family
from netlift.profiles.matrix import matrix
from tests.profiles.feature_shops import JUNE, at, made, table


@pytest.fixture
def voice(repository: Path, monkeypatch: pytest.MonkeyPatch) -> type[Family]:
    """The family that the page prints, known to the program as if it lay in the folder."""
    page = (repository / "docs" / "howto" / "new-feature-family.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(compile(found[1], "new-feature-family.md", "exec"), names)  # noqa: S102 - our own page
    family: type[Family] = names["Voice"]
    monkeypatch.setitem(FAMILIES._load(), family.kind, family)
    return family


def test_the_example_counts_and_averages_what_was_said_before(voice: type[Family]) -> None:
    """By hand: 5 and 4.5 make 4.75, the later one 19 days ago; a rating at the moment itself is not known yet."""
    rows = [
        {"feedback_id": "f1", "customer_id": "ann", "at": at(5, 1), "rating": 5.0},
        {"feedback_id": "f2", "customer_id": "ann", "at": at(5, 12, 19), "rating": 4.5},
        {"feedback_id": "f3", "customer_id": "ann", "at": at(5, 20), "text": "no rating"},
        {"feedback_id": "f4", "customer_id": "ann", "at": JUNE, "rating": 1.0},
    ]
    events = [
        {"event_id": f"e{who}", "event": "view", "customer_id": who, "at": JUNE - timedelta(days=1)}
        for who in ("ann", "bob")
    ]
    tables = {"feedback": table("feedback", rows), "events": table("events", events)}
    found = made(tables, families=["rfm", voice.kind])
    said = {
        row["customer_id"]: (row["ratings"], row["rating_mean"], row["rating_recency_days"])
        for row in found.to_pylist()
    }
    assert said == {"ann": (2, 4.75, 19), "bob": (0, None, None)}
    numbers = matrix(found, names=[column.name for column in voice.columns])
    assert numbers.X.tolist() == [[2.0, 4.75, 19.0], [0.0, 3.0, 3650.0]]


def test_the_example_takes_part_where_no_family_is_named(voice: type[Family]) -> None:
    events = [{"event_id": "e", "event": "view", "customer_id": "ann", "at": at(5, 1)}]
    assert "rating_mean" in made({"events": table("events", events)}).column_names
