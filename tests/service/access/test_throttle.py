"""Tries are counted in the store and refused when a minute's are used up."""

from datetime import UTC, datetime, timedelta

import pytest

from netlift.service.access.models import Tally
from netlift.service.access.throttle import allow, forget, pace, tried
from netlift.service.core.refusals import Throttled

pytestmark = pytest.mark.usefixtures("store")
NOON = datetime(2026, 5, 1, 12, 0, 15, tzinfo=UTC)


def test_the_fourth_try_of_a_minute_is_refused_and_the_next_minute_is_free() -> None:
    for _ in range(3):
        allow("code", "10.0.0.1", 3, now=NOON)
    with pytest.raises(Throttled) as refused:
        allow("code", "10.0.0.1", 3, now=NOON)
    assert refused.value.more == {"retry_after": 45}
    allow("code", "10.0.0.2", 3, now=NOON)
    allow("other", "10.0.0.1", 3, now=NOON)
    allow("code", "10.0.0.1", 3, now=NOON + timedelta(seconds=45))


def test_whose_tries_they_are_is_kept_as_a_hash_and_soon_forgotten() -> None:
    allow("code", "10.0.0.1", 3, now=NOON)
    assert "10.0.0.1" not in str(list(Tally.objects.values()))
    assert tried("code", "10.0.0.1", now=NOON) == 1
    assert forget(NOON + timedelta(minutes=2)) == 0
    assert forget(NOON + timedelta(minutes=7)) == 1


@pytest.mark.parametrize(("per_minute", "step"), [(20, 1), (250, 2), (1_000, 10)])
def test_many_tries_are_paced_with_few_questions_to_the_store(per_minute: int, step: int) -> None:
    key = f"key:{per_minute}"
    for _ in range(per_minute):
        pace(key, per_minute, now=NOON)
    with pytest.raises(Throttled):
        pace(key, per_minute, now=NOON)
    assert Tally.objects.get(bucket="pace").count == per_minute + step
    pace(key, per_minute, now=NOON + timedelta(minutes=1))


def test_processes_together_let_no_more_through(monkeypatch: pytest.MonkeyPatch) -> None:
    passed, processes = 0, [{} for _ in range(3)]  # type: ignore[var-annotated]
    for number in range(900):
        monkeypatch.setattr("netlift.service.access.throttle._held", processes[number % 3])
        try:
            pace("key:x", 250, now=NOON)
            passed += 1
        except Throttled:
            pass
    assert passed == 250
