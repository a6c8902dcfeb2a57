"""Amounts are what merchants write."""

from hypothesis import given
from hypothesis import strategies as st

from netlift.candidates import rounding

AMOUNTS = st.floats(1, 1e9)


@given(AMOUNTS)
def test_a_threshold_is_above_and_not_far(amount: float) -> None:
    """The step is at most a fifth of the amount, or one."""
    found = rounding.threshold(amount)
    assert amount < found <= amount + max(1, amount / 5)


@given(AMOUNTS)
def test_faces_and_prices_are_not_above_and_not_far(amount: float) -> None:
    """Leading digits 1, 1.5, 2, ...: the next is at most half as much again; prices go in twentieths."""
    assert rounding.face(amount) <= amount < 1.5 * rounding.face(amount) + 1
    assert rounding.price(amount) <= amount < rounding.price(amount) + max(1, amount / 20)


@given(st.floats(0, 1))
def test_per_cents_are_the_nearest_on_either_side(share: float) -> None:
    assert rounding.percent(share) <= 100 * share + 1e-6
    assert rounding.percent_above(share) > 100 * share or rounding.percent_above(share) == 50


def test_small_money_is_not_rounded_away() -> None:
    """A yen is a minor unit: 7 of them stay 6, and 1 stays 1."""
    assert (rounding.face(7), rounding.face(1), rounding.price(7), rounding.threshold(7)) == (6, 1, 7, 8)
    assert rounding.face(0) == rounding.price(0.5) == 0
