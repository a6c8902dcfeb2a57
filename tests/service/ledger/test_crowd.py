"""Thirty uses, four processes that want fifty each and are killed on the way: thirty are granted, on both stores."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks._ledger_crowd import Crowd


@pytest.mark.slow
def test_a_crowd_that_is_killed_on_the_way_gets_what_there_is_and_no_more(
    committed: str, tmp_path: Path, repository: Path
) -> None:
    """Uses to the last one, money never over by a cent, every repeated key answered alike, nothing stuck or lost."""
    crowd = Crowd(committed, str(tmp_path), limit=30, budget=6_000, workers=4, attempts=50, kill_every_s=0.2)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._ledger_crowd", json.dumps(crowd._asdict())],
        cwd=repository, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["workers_killed"] >= 1
    assert found["keys_repeated"] >= 1
    assert (found["granted"], found["committed"], found["spent"]) == (30, 30, 30)
    assert found["keys_with_two_answers"] == 0
    assert (found["reservations_nobody_knows"], found["reservations_lost"], found["stuck"]) == (0, 0, 0)
    assert (found["over_budget"], found["budget_held"]) == (0, 0)
    assert 0 < found["budget_spent"] <= 6_000
    assert found["balanced"]
