"""Fractions of a minor unit: rounded as decimals are, and split into parts that add up."""

import decimal
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlift.promotions import AmountOff, Benefit, Cart, Engine, Facts, Line, Percent, Policy, Promotion, Quote
from netlift.promotions.policy import Remainder, Rounding
from netlift.promotions.rounding import ROUNDERS, split, split_within

MODES: dict[Rounding, str] = {
    "half_up": decimal.ROUND_HALF_UP,
    "half_even": decimal.ROUND_HALF_EVEN,
    "half_down": decimal.ROUND_HALF_DOWN,
    "down": decimal.ROUND_DOWN,
    "up": decimal.ROUND_UP,
}
NETLIFT = Policy()
modes = st.sampled_from(tuple(MODES))
remainders: st.SearchStrategy[Remainder] = st.sampled_from(("largest", "first", "last", "carry"))
weights = st.lists(st.integers(0, 5000), min_size=1, max_size=8)


@given(st.integers(0, 10**9), st.sampled_from((1, 2, 4, 5, 8, 10, 100, 1000)), modes)
def test_every_mode_rounds_as_decimal_does(numerator: int, denominator: int, mode: Rounding) -> None:
    """Denominators whose fractions decimals write exactly."""
    exact = Decimal(numerator) / Decimal(denominator)
    assert ROUNDERS[mode](numerator, denominator) == int(exact.quantize(Decimal(1), MODES[mode]))


@given(st.integers(-(10**6), 10**6), weights, remainders, modes)
def test_a_split_adds_up_exactly(amount: int, shares: list[int], remainder: Remainder, rounding: Rounding) -> None:
    parts = split(amount, shares, remainder=remainder, rounding=rounding)
    assert sum(parts) == amount
    assert len(parts) == len(shares)
    assert all(part * amount >= 0 for part in parts)


@given(st.integers(0, 10**6), weights.filter(any))
def test_largest_remainder_is_never_a_minor_unit_off_and_favours_the_largest_fractions(
    amount: int, shares: list[int]
) -> None:
    parts = split(amount, shares)
    exact = [Fraction(amount * weight, sum(shares)) for weight in shares]
    assert all(abs(part - share) < 1 for part, share in zip(parts, exact, strict=True))
    up = [share % 1 for part, share in zip(parts, exact, strict=True) if part > share]
    down = [share % 1 for part, share in zip(parts, exact, strict=True) if part < share]
    assert not up or not down or min(up) >= max(down)


@given(st.integers(0, 10**6), weights.filter(any), modes)
def test_last_gets_what_is_missing_and_carry_never_drifts(amount: int, shares: list[int], rounding: Rounding) -> None:
    exact = [Fraction(amount * weight, sum(shares)) for weight in shares]
    last = max(place for place, weight in enumerate(shares) if weight)
    parts = split(amount, shares, remainder="last", rounding=rounding)
    rounded = [ROUNDERS[rounding](share.numerator, share.denominator) for share in exact]
    if sum(rounded) - rounded[last] <= amount:  # else the last part ends at 0, and those before it give up the rest
        assert [part for place, part in enumerate(parts) if place != last] == rounded[:last] + rounded[last + 1 :]
    carried = split(amount, shares, remainder="carry")
    for place in range(len(shares)):
        assert abs(sum(carried[: place + 1]) - sum(exact[: place + 1])) <= Fraction(1, 2)


@given(
    st.integers(0, 10**5),
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), min_size=1),
    remainders,
    modes,
)
def test_a_split_within_caps_keeps_them_and_gives_all_that_they_let_it(
    amount: int, pairs: list[tuple[int, int]], remainder: Remainder, rounding: Rounding
) -> None:
    shares, caps = [weight for weight, _ in pairs], [cap for _, cap in pairs]
    parts = split_within(amount, shares, caps, remainder=remainder, rounding=rounding)
    assert all(0 <= part <= cap for part, cap in zip(parts, caps, strict=True))
    assert sum(parts) == min(amount, sum(caps))


@pytest.mark.parametrize(
    ("remainder", "parts"),
    # 100 by 1 : 1 : 1 is 33.33 each; by 1 : 2 : 3 it is 16.67, 33.33, 50
    [
        ("largest", ([34, 33, 33], [17, 33, 50])),
        ("first", ([34, 33, 33], [17, 33, 50])),
        ("last", ([33, 33, 34], [16, 33, 51])),
        ("carry", ([33, 34, 33], [17, 33, 50])),
    ],
)
def test_who_gets_the_odd_cent(remainder: Remainder, parts: tuple[list[int], list[int]]) -> None:
    assert (split(100, [1, 1, 1], remainder=remainder), split(100, [1, 2, 3], remainder=remainder)) == parts


def quoted(*lines: Line, off: str = "15", policy: Policy = NETLIFT) -> Quote:
    return Engine([Promotion("p", (Benefit(Percent(Decimal(off))),))], policy=policy).quote(Cart("EUR", lines), Facts())


@pytest.mark.parametrize(
    ("rounding", "rounds", "payable"),
    # 10.50 less 15 %: the discount is 157.5, the price 892.5
    [
        ("half_up", "discount", 892),
        ("half_down", "discount", 893),
        ("half_even", "discount", 892),
        ("down", "discount", 893),
        ("up", "discount", 892),
        ("half_up", "price", 893),
        ("half_down", "price", 892),
        ("half_even", "price", 892),
        ("down", "price", 892),
        ("up", "price", 893),
    ],
)
def test_rounding_the_discount_or_the_price(rounding: Rounding, rounds: str, payable: int) -> None:
    policy = Policy(rounding=rounding, rounds=rounds)  # type: ignore[arg-type]
    assert quoted(Line("a", 1050, 1), policy=policy).payable == payable


@pytest.mark.parametrize(("granularity", "discount"), [("unit", 12), ("line", 10), ("order", 9)])
def test_per_cents_are_rounded_where_the_policy_says(granularity: str, discount: int) -> None:
    """15 % of six units at 10: 1.5 each, as 2 = 12; lines of 3 are 4.5 each, as 5 = 10; all 60 are 9."""
    lines = Line("a", 10, 3), Line("b", 10, 3)
    policy = Policy(granularity=granularity)  # type: ignore[arg-type]
    assert quoted(*lines, policy=policy).discount == discount


def test_units_of_a_line_differ_by_a_minor_unit_at_most_where_the_whole_line_is_discounted() -> None:
    """10 % of 3 x 19.99 is 599.7, booked as 600: 200 each."""
    assert quoted(Line("a", 1999, 3), off="10").adjustments[0].units == (200, 200, 200)
    assert sorted(quoted(Line("a", 1000, 7), off="33.3").adjustments[0].units) == [333] * 7  # 2331
    odd = quoted(Line("a", 1005, 3), off="50").adjustments[0]  # 1507.5, booked as 1508
    assert sorted(odd.units) == [502, 503, 503]


def test_an_amount_across_lines_is_split_by_price_and_adds_up() -> None:
    """10.00 over 19.99, 5.00 and 0.01: 799.68, 200.02 and 0.40 of 24.996... by largest remainder."""
    lines = Line("a", 1999, 1), Line("b", 500, 1), Line("c", 1, 1)
    benefit = Benefit(AmountOff(1000), allocation="across")
    quote = Engine([Promotion("p", (benefit,))]).quote(Cart("EUR", lines), Facts())
    exact = [Fraction(1000 * price, 2500) for price in (1999, 500, 1)]  # 799.6, 200, 0.4
    assert [line.discount for line in quote.lines] == [800, 200, 0]
    assert all(abs(line.discount - share) < 1 for line, share in zip(quote.lines, exact, strict=True))


@pytest.mark.parametrize(
    ("include", "rate", "net", "tax", "gross"),
    # 119.00 with 19 % inside is 100.00 + 19.00; 119.00 with 19 % on top is 119.00 + 22.61
    [(True, "19", 11900 - 1900, 1900, 11900), (False, "19", 11900, 2261, 14161)],
)
def test_tax_inside_and_on_top(include: bool, rate: str, net: int, tax: int, gross: int) -> None:
    policy = Policy(prices_include_tax=include)
    quote = quoted(Line("a", 11900, 1, tax_rate=Decimal(rate)), off="0", policy=policy)
    assert (quote.net, quote.tax, quote.gross) == (net, tax, gross)


def test_tax_is_of_the_price_after_promotions() -> None:
    """100.00 less 15 % is 85.00; 19 % on top is 16.15."""
    quote = quoted(Line("a", 10000, 1, tax_rate=Decimal(19)), policy=Policy(prices_include_tax=False))
    assert (quote.net, quote.tax, quote.gross) == (8500, 1615, 10115)


def test_tax_per_order_is_rounded_once_per_rate_and_split() -> None:
    """Three lines of 0.03 at 10 % on top: per line 0.3 of a cent, none; together 0.9, one cent."""
    lines = [Line(name, 3, 1, tax_rate=Decimal(10)) for name in "abc"]
    for granularity, tax in (("line", 0), ("order", 1)):
        policy = Policy(prices_include_tax=False, tax_granularity=granularity)  # type: ignore[arg-type]
        quote = quoted(*lines, off="0", policy=policy)
        assert quote.tax == tax == sum(line.tax for line in quote.lines)


def test_what_a_floor_refuses_goes_to_the_other_lines() -> None:
    """10.00 off 20.00 + 20.00 is 5.00 each; where `a` may lose only 2.00, `b` loses 8.00."""
    lines = Line("a", 2000, 1, floor=1800), Line("b", 2000, 1)
    benefit = Benefit(AmountOff(1000), allocation="across")
    cart, promotion = Cart("EUR", lines), Promotion("p", (benefit,))
    assert Engine([promotion]).quote(cart).discounts("p") == {"a": 200, "b": 800}
    free = Engine([promotion], policy=Policy(respect_floors=False)).quote(cart)
    assert free.discounts("p") == {"a": 500, "b": 500}


def test_goods_at_their_floor_say_so() -> None:
    quote = quoted(Line("a", 2000, 1, floor=2000))
    assert (quote.discount, quote.refusals) == (0, {"p": "at_floor"})


def test_tax_per_order_goes_to_the_same_line_in_any_order() -> None:
    """19 % of two lines at 0.02 is 0.76 of a cent, one cent, and both lines have the same claim to it."""
    lines = [Line(name, 1, 2, tax_rate=Decimal(19)) for name in "ab"]
    policy = Policy(prices_include_tax=False, tax_granularity="order")
    given = [quoted(*some, off="0", policy=policy) for some in (lines, lines[::-1])]
    assert given[0].tax == 1
    assert {line.id: line.tax for line in given[0].lines} == {line.id: line.tax for line in given[1].lines}
