"""Killed while it publishes and takes events in: a small run of `benchmarks.quality_crash`, on both stores."""

import json
from pathlib import Path

import pytest
from benchmarks.quality_crash import _database, crashed

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_killed_server_loses_nothing(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    address = "" if kind == "sqlite" else _database(request.getfixturevalue("postgres"))
    found = crashed(tmp_path, address, kills=2, seed=3)
    assert found["events accepted"] > 0
    wrong = {
        name: value for name, value in found.items()
        if value and name.startswith(("answers", "plans that", "lost", "doubled", "never"))
    }  # fmt: skip
    assert not wrong, json.dumps(found, indent=1)
