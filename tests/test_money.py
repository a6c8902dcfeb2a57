"""Money is exact: splits lose nothing, and decimals become minor units by one rule."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlift.errors import ConfigError
from netlift.money import Money, allocate, exponent

totals = st.integers(-(10**12), 10**12)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=30).filter(any)


@given(totals, weights)
def test_the_parts_of_a_split_sum_to_the_whole(total: int, weights: list[int]) -> None:
    assert sum(allocate(total, weights)) == total


@given(totals, weights)
def test_each_part_is_within_one_unit_of_its_exact_share(total: int, weights: list[int]) -> None:
    for part, weight in zip(allocate(total, weights), weights, strict=True):
        assert abs(part * sum(weights) - total * weight) < sum(weights)


@given(totals, weights)
def test_what_weighs_nothing_gets_nothing(total: int, weights: list[int]) -> None:
    assert all(part == 0 for part, weight in zip(allocate(total, weights), weights, strict=True) if not weight)


@given(totals, weights)
def test_a_refund_splits_as_the_mirror_image_of_the_payment(total: int, weights: list[int]) -> None:
    assert allocate(-total, weights) == tuple(-part for part in allocate(total, weights))


@given(totals, weights, st.integers(2, 1000))
def test_only_the_ratio_of_the_weights_counts(total: int, weights: list[int], factor: int) -> None:
    assert allocate(total, weights) == allocate(total, [weight * factor for weight in weights])


@given(st.integers(0, 10**9), st.integers(1, 30))
def test_equal_weights_differ_by_one_unit_at_most_and_the_earlier_get_it(total: int, count: int) -> None:
    parts = allocate(total, [1] * count)
    assert max(parts) - min(parts) <= 1
    assert list(parts) == sorted(parts, reverse=True)


def test_decimal_weights_are_read_as_they_are_written() -> None:
    """0.1 means a tenth, not the nearest binary fraction: by hand, 7 x (.1 .2 .7) = .7 1.4 4.9."""
    assert allocate(7, [0.1, 0.2, 0.7]) == (1, 1, 5)


@pytest.mark.parametrize(
    ("total", "weights"),
    [(5, []), (5, [0, 0]), (5, [1, -1]), (5, [1.0, float("nan")]), (5, [1.0, float("inf")])],
)
def test_a_split_by_impossible_weights_is_refused(total: int, weights: list[float]) -> None:
    with pytest.raises(ConfigError, match="cannot split 5 by weights"):
        allocate(total, weights)


def test_nothing_splits_into_nothings() -> None:
    assert allocate(0, [0, 0]) == (0, 0)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("19.99", "EUR", 1999),
        ("0.005", "USD", 1),  # half up
        ("-0.005", "USD", -1),  # away from zero, so that a refund mirrors its payment
        ("0.0049", "USD", 0),
        ("1500", "JPY", 1500),  # ISO 4217: no minor unit
        ("1.2345", "KWD", 1235),  # ISO 4217: thousandths
        (Decimal("1e3"), "cny", 100_000),
        (7, "GBP", 700),
    ],
)
def test_decimals_become_minor_units(amount: str | Decimal | int, currency: str, minor: int) -> None:
    assert Money.of(amount, currency) == Money(minor, currency.upper())


@given(st.integers(-(10**15), 10**15), st.sampled_from(["EUR", "JPY", "KWD", "XXX"]))
def test_major_and_minor_units_are_two_views_of_one_amount(minor: int, currency: str) -> None:
    assert Money.of(Money(minor, currency).major, currency) == Money(minor, currency)


@given(st.integers(), st.integers())
def test_money_adds_as_integers_do(a: int, b: int) -> None:
    assert Money(a, "EUR") + Money(b, "EUR") - Money(b, "EUR") == Money(a, "EUR")
    assert -Money(a, "EUR") == Money(-a, "EUR")


@pytest.mark.parametrize("minor", [1.0, True, "1", Decimal(1)])
def test_money_counts_in_whole_units_only(minor: object) -> None:
    with pytest.raises(ConfigError, match="whole minor units"):
        Money(minor, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", ["", "abc", "1,99", "nan", "inf"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(ConfigError, match="is not an amount"):
        Money.of(amount, "EUR")


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(ConfigError, match="cannot combine EUR with USD"):
        Money(1, "EUR") + Money(1, "USD")


def test_an_unknown_currency_has_hundredths() -> None:
    assert exponent("XTS") == 2
