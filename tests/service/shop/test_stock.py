"""Stock: counts replace, movements add, each once, and each before or after the count that it belongs to."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections

from netlift.service.shop.models import StockLevel, StockMove
from netlift.service.shop.selectors import units
from netlift.service.shop.stock import Count, Movement, clear_moves, count, move, old_moves

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


@pytest.mark.usefixtures("store")
def test_a_later_count_replaces_an_earlier_one_and_not_the_other_way_round() -> None:
    assert count([Count("shoe", 10, at(0)), Count("shoe", 4, at(2)), Count("shoe", 7, at(0), "north")]) == 2
    assert units(["shoe", "hat"]) == {"shoe": 11}
    assert count([Count("shoe", 99, at(1))]) == 0
    assert count([Count("shoe", 5, at(3))]) == 1
    assert units(["shoe"]) == {"shoe": 12}


@pytest.mark.usefixtures("store")
def test_a_movement_counts_once_and_only_after_its_count() -> None:
    count([Count("shoe", 10, at(0))])
    assert move([Movement("order-1", "shoe", -2, at(1)), Movement("order-1", "shoe", -2, at(1))]) == []
    assert units(["shoe"]) == {"shoe": 8}
    move([Movement("order-1", "shoe", -2, at(1))])
    assert units(["shoe"]) == {"shoe": 8}
    move(
        [Movement("order-0", "shoe", -3, at(-1))]
    )  # what was sold before the count is not in the shelf that was counted
    assert units(["shoe"]) == {"shoe": 8}
    assert list(StockMove.objects.order_by("key").values_list("key", "counted")) == [
        ("order-0", False), ("order-1", True),
    ]  # fmt: skip
    move([Movement("order-2", "shoe", -20, at(2))])
    assert units(["shoe"]) == {"shoe": -12}


@pytest.mark.usefixtures("store")
def test_what_cannot_be_counted_is_refused_and_leaves_the_others() -> None:
    count([Count("shoe", 10, at(0))])
    refused = move([
        Movement("a", "hat", -1, at(1)), Movement("b", "shoe", -1, at(1)), Movement("b", "shoe", -2, at(1)),
    ])  # fmt: skip
    assert [(place, error.code) for place, error in refused] == [(0, "never_counted"), (2, "key_reused")]
    assert units(["shoe", "hat"]) == {"shoe": 9}  # of two with one key the first that was told counts
    assert not StockMove.objects.filter(key="a").exists()
    assert move([]) == []
    assert count([]) == 0


@pytest.mark.usefixtures("store")
def test_old_movements_are_forgotten_in_portions() -> None:
    count([Count("shoe", 10, at(0))])
    move([Movement(f"m{n}", "shoe", -1, at(1)) for n in range(5)], now=at(1))
    assert old_moves(at(2)) == 5
    assert old_moves(at(0)) == 0
    assert clear_moves(at(2), 3) == 3
    assert clear_moves(at(2), 3) == 2


@pytest.mark.usefixtures("committed")
def test_the_same_movements_told_by_many_at_once_count_once() -> None:
    count([Count("shoe", 100, at(0)), Count("hat", 100, at(0))])
    told = [Movement(f"m{n}", "shoe" if n % 2 else "hat", -1, at(1)) for n in range(20)]
    ready = Barrier(4)

    def teller() -> None:
        ready.wait()
        assert move(told) == []
        connections.close_all()

    threads = [Thread(target=teller) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert units(["shoe", "hat"]) == {"shoe": 90, "hat": 90}
    assert StockLevel.objects.count() == 2
