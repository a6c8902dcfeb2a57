"""Each kind of data goes when it is old enough, and a dry run tells before."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from netlift.errors import ConfigError
from netlift.service.core.refusals import NotFound, Refused
from netlift.service.privacy import retention
from netlift.service.privacy.retention import Due, keeps, outlook, set_days, sweep

NOW = timezone.now()
DAY = timedelta(days=1)


class Shelf:
    """A kind of data: moments at which rows were made."""

    def __init__(self, *ages: int) -> None:
        self.rows = [NOW - age * DAY for age in ages]

    def count(self, before: datetime) -> int:
        return sum(row < before for row in self.rows)

    def clear(self, before: datetime, most: int) -> int:
        gone = [row for row in self.rows if row < before][:most]
        self.rows = [row for row in self.rows if row not in gone]
        return len(gone)


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """The only kind of data: four rows, kept for ten days."""
    monkeypatch.setattr(retention, "_KINDS", {})
    made = Shelf(1, 20, 30, 40)
    keeps("clicks", 10, made.count, made.clear)
    return made


def test_a_dry_run_tells_and_deletes_nothing(store: str, shelf: Shelf) -> None:
    """Counts are of the days that hold now: the room's, or the shop's."""
    assert outlook(now=NOW) == (Due("clicks", 10, 3),)
    set_days("clicks", 25)
    assert outlook(now=NOW) == (Due("clicks", 25, 2),)
    set_days("clicks", None)
    assert outlook(now=NOW) == (Due("clicks", 10, 3),)
    assert len(shelf.rows) == 4


def test_what_is_too_old_goes(store: str, shelf: Shelf) -> None:
    """Once an hour, by whoever comes first."""
    assert sweep(NOW) == 3
    shelf.rows += [NOW - 50 * DAY]
    assert sweep(NOW + timedelta(minutes=59)) == 0
    assert sweep(NOW + timedelta(minutes=61)) == 1
    assert shelf.rows == [NOW - DAY]


def test_much_goes_in_batches_without_waiting(store: str, shelf: Shelf) -> None:
    """A batch that was full is followed by the next at once."""
    assert [sweep(NOW, most=2), sweep(NOW, most=2), sweep(NOW, most=2)] == [2, 1, 0]


def test_another_period_counts_at_once(store: str, shelf: Shelf) -> None:
    """Whoever shortens it need not wait for the hour."""
    assert sweep(NOW) == 3
    shelf.rows += [NOW - 5 * DAY]
    set_days("clicks", 3)
    assert sweep(NOW) == 1


def test_what_nobody_said_is_kept(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind without days stays until it is erased, or the shop says otherwise."""
    monkeypatch.setattr(retention, "_KINDS", {})
    made = Shelf(1, 4000)
    keeps("orders", None, made.count, made.clear)
    assert (sweep(NOW), outlook(now=NOW)) == (0, (Due("orders", None, 0),))
    set_days("orders", 365)
    assert sweep(NOW) == 1


def test_wrong_periods_and_kinds_are_refused(store: str, shelf: Shelf) -> None:
    """Zero days would delete what comes in now."""
    with pytest.raises(Refused, match="0 days"):
        set_days("clicks", 0)
    with pytest.raises(NotFound, match="known: clicks"):
        set_days("clocks", 5)
    with pytest.raises(ConfigError, match="two rooms"):
        keeps("clicks", 5, shelf.count, shelf.clear)
