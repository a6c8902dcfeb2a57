"""The lowest price of the days before a reduction: what the European and the Chinese rule ask."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netlift.service.shop.models import Price
from netlift.service.shop.prices import Asked, keep_prices, lowest_price

pytestmark = pytest.mark.usefixtures("store")
SALE = datetime(2026, 3, 31, 9, tzinfo=UTC)


def days_before(days: float) -> datetime:
    return SALE - timedelta(days=days)


def asked(price: int, days: float, product: str = "shoe", currency: str = "EUR", outlet: str = "") -> Asked:
    return Asked(product, price, currency, days_before(days), outlet)


def lowest(days: int = 30) -> int | None:
    found = lowest_price("shoe", days, SALE)
    return found.price_minor if found else None


def test_no_price_is_no_answer() -> None:
    assert lowest() is None
    keep_prices([asked(100, -1)])  # told for later
    assert lowest() is None


def test_the_price_in_force_when_the_days_began_counts_however_old_it_is() -> None:
    keep_prices([asked(100, 400), asked(120, 29)])
    found = lowest_price("shoe", 30, SALE)
    assert found
    assert (found.price_minor, found.since, found.covered) == (100, days_before(400), True)


def test_what_was_replaced_before_the_days_began_does_not_count() -> None:
    keep_prices([asked(80, 60), asked(100, 31), asked(120, 3)])
    assert (lowest(30), lowest(7), lowest(2)) == (100, 100, 120)
    assert lowest(61) == 80


def test_the_moment_at_which_the_days_begin_belongs_to_the_new_price() -> None:
    keep_prices([asked(80, 60), asked(100, 30)])
    assert lowest(30) == 100


def test_the_reductions_own_price_does_not_count() -> None:
    keep_prices([asked(100, 40), asked(70, 0)])
    assert lowest() == 100


def test_the_court_case_of_bananas_and_pineapples() -> None:
    """C-330/23: 1.69 struck out for 1.29 with a 30-day low of 1.29 is no reduction; nor is 1.49 over a low of 1.39."""
    keep_prices([asked(169, 50, "banana"), asked(129, 20, "banana"), asked(169, 10, "banana")])
    found = lowest_price("banana", 30, SALE)
    assert found
    assert found.price_minor == 129
    keep_prices([asked(139, 50, "pineapple"), asked(169, 25, "pineapple")])
    found = lowest_price("pineapple", 30, SALE)
    assert found
    assert found.price_minor == 139


def test_days_that_are_not_all_known_say_so() -> None:
    keep_prices([asked(100, 5)])
    found = lowest_price("shoe", 30, SALE)
    assert found
    assert (found.price_minor, found.covered, found.known_from) == (100, False, days_before(5))
    found = lowest_price("shoe", 5, SALE)
    assert found
    assert found.covered


def test_outlets_and_currencies_stand_apart() -> None:
    keep_prices([asked(100, 40), asked(90, 40, outlet="app"), asked(50, 40, currency="USD"), asked(95, 10)])
    found = lowest_price("shoe", 30, SALE)
    assert found
    assert (found.price_minor, found.currency) == (95, "EUR")
    for price, more in ((90, {"outlet": "app"}), (50, {"currency": "USD"})):
        found = lowest_price("shoe", 30, SALE, **more)
        assert found
        assert found.price_minor == price


def test_what_was_asked_does_not_change() -> None:
    assert keep_prices([asked(100, 5)]) == []
    assert keep_prices([asked(100, 5)]) == []
    ((place, refusal),) = keep_prices([asked(110, 4), asked(50, 5)])
    assert (place, refusal.code) == (1, "price_told")
    assert sorted(Price.objects.values_list("price_minor", flat=True)) == [100, 110]
    assert len(keep_prices([asked(1, 3), asked(2, 3)])) == 1  # of two at once one is kept


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    told=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 500)), max_size=8, unique_by=lambda one: one[0]),
    days=st.integers(1, 35),
)
def test_it_is_the_lowest_of_a_clock_that_ticks_through_the_days(told: list[tuple[int, int]], days: int) -> None:
    Price.objects.all().delete()
    keep_prices([asked(price, at) for at, price in told])
    by_hour = []
    for hour in range(days * 24, 0, -1):
        before = [(at, price) for at, price in told if at * 24 >= hour]
        by_hour += [min(before)[1]] if before else []
    assert lowest(days) == (min(by_hour) if by_hour else None)
