"""Every mechanism of the folder keeps the contract that ships with the package, and a wrong one is caught by it."""

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, Unpack

import pytest

from netlift.promotions import Cart, Facts, Limits, Line, Promotion, Quote, Why, evaluate
from netlift.promotions.form import Words
from netlift.promotions.mechanism import MECHANISMS, Common, Example
from netlift.promotions.mechanisms.percent_off import PercentOff
from netlift.testing.mechanisms import MechanismContract, check_sums, nearby

GIVES, CAPPED, REFUSED = PercentOff.examples


class TestEvery(MechanismContract):
    """The whole suite, once for each kind."""

    @pytest.fixture(autouse=True, params=list(MECHANISMS))
    def _each(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(type(self), "mechanism", MECHANISMS[request.param], raising=False)


class Right(PercentOff):
    """The base of the wrong ones; the suite finds nothing in it."""


class WrongAmount(PercentOff):
    examples: ClassVar[tuple[Example, ...]] = (replace(GIVES, discounts={"green tea": 600}), REFUSED)  # it is 599


class WrongReason(PercentOff):
    examples: ClassVar[tuple[Example, ...]] = (GIVES, replace(REFUSED, refused=Why.BELOW_THRESHOLD))


class OnlySuccess(PercentOff):
    examples: ClassVar[tuple[Example, ...]] = (GIVES, CAPPED)


class SilentFailure(PercentOff):
    examples: ClassVar[tuple[Example, ...]] = (GIVES, REFUSED, replace(GIVES, discounts={}))


class NoChinese(PercentOff):
    title: ClassVar[Words] = Words("Percent off", "")


class ForgetsTheGroup(PercentOff):
    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        common["group"] = ""
        return PercentOff.build(self, id_, **common)


class LiftsTheLimits(PercentOff):
    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        common["limits"] = replace(common.get("limits", Limits()), per_customer=None)
        return PercentOff.build(self, id_, **common)


class ReplacesTheAudience(PercentOff):
    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        common["audience"] = None
        return PercentOff.build(self, id_, **common)


class NamesItself(PercentOff):
    def build(self, id_: str, /, **common: Unpack[Common]) -> tuple[Promotion, ...]:
        return PercentOff.build(self, f"my {id_}", **common)


def failures(mechanism: type[PercentOff]) -> set[str]:
    """Tests of the suite that a mechanism does not pass."""
    suite = type("Suite", (MechanismContract,), {"mechanism": mechanism})()
    failed = set()
    for name in (name for name in dir(suite) if name.startswith("test_")):
        try:
            getattr(suite, name)()
        except AssertionError:
            failed.add(name)
    return failed


@pytest.mark.parametrize(
    ("mechanism", "caught"),
    [
        (Right, set()),
        (WrongAmount, {"test_the_worked_examples_hold"}),
        (WrongReason, {"test_the_worked_examples_hold"}),
        (OnlySuccess, {"test_it_shows_when_it_gives_something_and_when_not"}),
        (
            SilentFailure,
            {"test_it_shows_when_it_gives_something_and_when_not", "test_the_worked_examples_hold"},
        ),
        (NoChinese, {"test_it_is_described_in_both_languages"}),
        (ForgetsTheGroup, {"test_what_is_common_to_all_promotions_is_kept"}),
        (LiftsTheLimits, {"test_what_is_common_to_all_promotions_is_kept"}),
        (ReplacesTheAudience, {"test_what_is_common_to_all_promotions_is_kept"}),
    ],
)
def test_each_fault_is_caught_by_its_test(mechanism: type[PercentOff], caught: set[str]) -> None:
    assert failures(mechanism) == caught


def test_a_promotion_under_another_name_is_caught() -> None:
    assert "test_what_is_common_to_all_promotions_is_kept" in failures(NamesItself)


def _more(quote: Quote) -> Quote:
    return replace(quote, discount=quote.discount + 1)


def _below_zero(quote: Quote) -> Quote:
    line = quote.lines[0]
    return replace(quote, lines=(line._replace(discount=line.total + 1), *quote.lines[1:]))


def _unit_off(quote: Quote) -> Quote:
    first = quote.adjustments[0]
    return replace(quote, adjustments=(first._replace(units=(first.units[0] - 1, *first.units[1:])),))


def _nobody_pays(quote: Quote) -> Quote:
    return replace(quote, funding={})


@pytest.mark.parametrize("spoil", [_more, _below_zero, _unit_off, _nobody_pays])
def test_a_quote_that_does_not_add_up_is_caught(spoil: Callable[[Quote], Quote]) -> None:
    """Each by one minor unit, on the first example: 5.99 off three teas."""
    quote = evaluate(GIVES.cart, Facts(), PercentOff.read(dict(GIVES.form)).build("p"))
    check_sums(GIVES.cart, quote, "sound")
    with pytest.raises(AssertionError, match="spoilt"):
        check_sums(GIVES.cart, spoil(quote), "spoilt")


def test_a_price_below_its_floor_is_caught() -> None:
    cart = Cart("EUR", (Line("a", 1000, 1),))
    quote = evaluate(cart, Facts(), PercentOff.read({"off": 50}).build("p"))
    check_sums(replace(cart, lines=(replace(cart.lines[0], floor=500),)), quote, "at the floor")
    with pytest.raises(AssertionError, match="floor"):
        check_sums(replace(cart, lines=(replace(cart.lines[0], floor=501),)), quote, "below")


def test_carts_nearby_have_more_units_and_odd_prices() -> None:
    carts = list(nearby(Cart("EUR", (Line("a", 1000, 2),))))
    assert [(cart.lines[0].quantity, cart.lines[0].unit_price) for cart in carts] == [
        (2, 1000), (4, 1000), (6, 1000), (14, 1000), (2, 1001), (2, 333), (2, 1), (2, 0),
    ]  # fmt: skip
