"""Money in text is read to the minor unit, or not at all: never through a float, never by a guess."""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlift.data.sql import Locale, Mark, install_macros
from netlift.engines.duckdb import connect
from netlift.engines.sql import text
from netlift.money import Money
from tests.data.conftest import HEAD, line
from tests.data.sources.conftest import Shop

Take = Callable[..., Shop]
STYLES: dict[str, Mark] = {"plain": ".", "comma": ",", "english": ".", "german": ",", "euro sign": ".", "brackets": "."}
MARKS: tuple[Mark, ...] = (".", ",", "mixed")

# text -> minor units of EUR, whichever mark the file has: the text leaves no doubt
PLAIN = {
    "0.07": 7,
    "0.29": 29,  # 28.999... as a float times 100
    "19.99": 1999,
    "1.234,56": 123456,
    "1,234.56": 123456,
    "1 234,56": 123456,
    "1\u202f234,56": 123456,  # the narrow blank of French exports
    "1'234.50": 123450,  # Swiss
    "12,34,567.00": 123456700,  # Indian
    "1.234.567": 123456700,
    "1,5": 150,
    "12.5": 1250,
    ".5": 50,
    "5.": 500,
    "007.00": 700,
    "0": 0,
    "1e3": 100000,
    "1.5E2": 15000,
    "8.9e-16": 0,
    "-5": -500,
    "−5": -500,  # the minus sign of typesetters
    "5-": -500,
    "(5.00)": -500,
    "€-3": -300,
    "+5": 500,
    "€ 12": 1200,
    "12 €": 1200,
    "12.50 EUR": 1250,
    "¥12.30": 1230,
    "１２.５０": 1250,  # full width
    "１２，５": 1250,
    "  12.50\t": 1250,
    "1234567890.12": 123456789012,
}
# not a number, or two readings
UNREAD = ("free", "", " ", "--5", "-(5)", "(5", "1.2.3", "1,23,4", "1.234,567.8", "0x10", "٣", "5 5 EUR x")
# one mark before three digits: (as decimal point, as separator of thousands)
DOUBTFUL = {"1,234": (",", 123, 123400), "1.234": (".", 123, 123400), "999.999": (".", 100000, 99999900)}


class Reader:
    """Reads amounts in a file of one decimal mark."""

    def __init__(self, mark: Mark) -> None:
        self.con = connect()
        install_macros(self.con, Locale(mark=mark), b"k" * 32)

    def __call__(self, written: str, currency: str) -> int | None:
        return self.all([written], currency)[0]

    def all(self, written: list[str], currency: str) -> list[int | None]:
        """All in one query: planning the macro takes longer than running it."""
        values = ", ".join(map(text, written))
        query = f"SELECT money(v, {text(currency)}) FROM (SELECT unnest([{values}]) AS v)"
        return [minor for (minor,) in self.con.execute(query).fetchall()]


@pytest.fixture(scope="module")
def reads() -> Iterator[dict[Mark, Reader]]:
    """A reader for each way to write decimals."""
    opened = {mark: Reader(mark) for mark in MARKS}
    yield opened
    for read in opened.values():
        read.con.close()


@pytest.mark.parametrize("mark", MARKS)
def test_clear_amounts_are_read_in_every_file(reads: dict[Mark, Reader], mark: Mark) -> None:
    assert dict(zip(PLAIN, reads[mark].all([*PLAIN], "EUR"), strict=True)) == PLAIN


@pytest.mark.parametrize("mark", MARKS)
def test_what_is_no_amount_is_not_read(reads: dict[Mark, Reader], mark: Mark) -> None:
    assert dict(zip(UNREAD, reads[mark].all([*UNREAD], "EUR"), strict=True)) == dict.fromkeys(UNREAD)


@pytest.mark.parametrize("written", DOUBTFUL)
def test_one_mark_before_three_digits_is_read_as_the_file_writes(reads: dict[Mark, Reader], written: str) -> None:
    """1,234 is 1.23 in a file with decimal commas, 1234 in one with points, and unread where both are in use."""
    sign, as_point, as_group = DOUBTFUL[written]
    for mark in (".", ","):
        assert reads[mark](written, "EUR") == (as_point if mark == sign else as_group)
    assert reads["mixed"](written, "EUR") is None


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        ("1234", "JPY", 1234),
        ("¥1,234", "JPY", 1234),
        ("￥1,234", "CNY", 123400),
        ("1,234.00", "JPY", 1234),
        ("0.5", "JPY", 1),  # half up, as netlift.money
        ("1.234", "KWD", 1234),
        ("12,345.678", "KWD", 12345678),
        ("0.0015", "KWD", 2),
        ("1.005", "EUR", 101),
        ("-1.005", "EUR", -101),
    ],
)
def test_the_minor_unit_is_that_of_the_currency(
    reads: dict[Mark, Reader], written: str, currency: str, minor: int
) -> None:
    """ISO 4217: yen have no decimals, dinars three; halves go away from zero."""
    assert reads["."](written, currency) == minor


def in_style(style: str, minor: int, currency: str) -> str:
    amount = Money(minor, currency).major
    english, sign = f"{abs(amount):,}", "-" if minor < 0 else ""
    return {
        "plain": f"{amount:f}",
        "comma": f"{amount:f}".replace(".", ","),
        "english": sign + english,
        "german": sign + english.translate(str.maketrans(",.", ".,")),
        "euro sign": f"€ {sign}{english}",
        "brackets": f"({english})" if minor < 0 else english,
    }[style]


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=6)
@given(
    minors=st.lists(st.integers(-(10**14), 10**14) | st.integers(-(10**5), 10**5), min_size=1, max_size=30),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_every_amount_survives_every_way_to_write_it(
    reads: dict[Mark, Reader], style: str, minors: list[int], currency: str
) -> None:
    """Written out of integers by `Money`, read back by SQL: the same integers."""
    written = [in_style(style, minor, currency) for minor in minors]
    assert reads[STYLES[style]].all(written, currency) == minors


@settings(max_examples=10)
@given(
    amounts=st.lists(
        st.decimals(-(10**6), 10**6, places=5, allow_nan=False, allow_infinity=False), min_size=1, max_size=40
    )
)
def test_further_decimals_are_rounded_as_money_is(reads: dict[Mark, Reader], amounts: list[Decimal]) -> None:
    found = reads["."].all([f"{amount:f}" for amount in amounts], "EUR")
    assert found == [Money.of(amount, "EUR").minor for amount in amounts]


def test_amounts_reach_the_table_to_the_cent(take: Take) -> None:
    """The public road, one column with decimal commas; 1.234 is 1234 there."""
    written = {"1": "0,07", "2": "1.234,56", "3": "1.234", "4": "12,5", "5": "€ 3", "6": "１２，５０"}
    content = HEAD.replace(",", ";") + "".join(f"{o};2025-01-02;tea;1;{price};EUR\n" for o, price in written.items())
    assert take(content).column("order_lines", "list_minor") == [7, 123456, 123400, 1250, 300, 1250]


def test_quantities_multiply_without_losing_a_cent(take: Take) -> None:
    """3 x 0.07, 1000 x 19.99, 0.3 x 9.99 = 2.997, rounded to 3.00."""
    shop = take(
        HEAD + line(1, quantity="3", price="0.07") + line(2, quantity="1000", price="19.99")
        + line(3, quantity="0.3", price="9.99")
    )  # fmt: skip
    assert shop.column("order_lines", "list_minor") == [21, 1999000, 300]


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 1250), ("KWD", 1250000), ("CNY", 125000)])
def test_the_rows_currency_sets_the_minor_unit(take: Take, currency: str, minor: int) -> None:
    shop = take(HEAD + line(1, quantity="1", price="1250", currency=currency))
    assert (shop.column("order_lines", "list_minor"), shop.receipt.currency) == ([minor], currency)


def test_money_that_is_none_is_refused(take: Take) -> None:
    prices = ("", "free", "-5", "(5.00)", "--5", "3.50")
    shop = take(HEAD + "".join(line(order, price=price) for order, price in enumerate(prices, 1)))
    assert shop.refused == {"missing_amount": 1, "bad_amount": 2, "negative_price": 2}
    assert shop.column("order_lines", "order_id") == ["6"]


@pytest.mark.parametrize("price", ["999999999999999", "9999999999999999.99", "1e15"])
def test_a_number_too_large_for_money_is_refused_alone(take: Take, price: str) -> None:
    """A barcode that slipped into the price costs its row, not the file."""
    shop = take(HEAD + line(1) + line(2, price=price))
    assert (shop.refused, shop.column("order_lines", "order_id")) == ({"bad_amount": 1}, ["1"])


def test_minor_units_are_taken_as_they_are(take: Take) -> None:
    """A mapping may say that money is written in cents."""
    fields = {name: name for name in ("order_id", "ordered_at", "product_id", "quantity", "unit_price")}
    mapping = {"amounts": "minor", "currency": "EUR", "order_lines": fields}
    shop = take(HEAD + line(1, price="350"), mapping=mapping)
    assert shop.column("order_lines", "list_minor") == [700]
