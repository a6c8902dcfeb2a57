"""An offer in one line, in both languages, for every mechanism."""

import pytest

from netlift.candidates.wording import worded
from netlift.promotions.mechanism import MECHANISMS


@pytest.mark.parametrize("kind", sorted(MECHANISMS))
def test_every_form_can_be_said(kind: str) -> None:
    for example in MECHANISMS[kind].examples:
        en, zh = (worded(kind, example.form, example.cart.currency, lang) for lang in ("en", "zh-CN"))
        assert en.startswith(MECHANISMS[kind].title.en)
        assert zh.startswith(MECHANISMS[kind].title.zh)
        assert "{" not in en + zh


def test_money_has_the_digits_of_its_currency() -> None:
    form = {"spend": 3000, "off": 300}
    assert worded("spend_threshold", form, "JPY") == "Spend threshold: from an amount of 3,000, amount off 300"
    assert worded("spend_threshold", form, "KWD") == "Spend threshold: from an amount of 3.000, amount off 0.300"


def test_long_lists_are_counted_and_tiers_stand_in_a_row() -> None:
    goods = {"products": ["a", "b", "c", "d", "e"]}
    assert worded("percent_off", {"off": "10", "goods": goods}, "EUR") == (
        "Percent off: discount 10%, products a / b / c +2"
    )
    tiers = {"tiers": [{"units": 2, "off": "5"}, {"units": 3, "off": "10"}]}
    assert (
        worded("quantity_tiers", tiers, "EUR", "zh-CN") == "N件M折：购买满件数 2 优惠比例 5%，购买满件数 3 优惠比例 10%"
    )


def test_what_is_as_by_default_is_said_where_it_matters() -> None:
    """Three for two is the default of its form; that a coupon is for one use is not."""
    assert worded("multi_buy", {}, "EUR") == "Multi-buy: take 3, pay 2"
    assert worded("buy_get", {"buy": 3}, "EUR", "zh-CN") == "买一送一：购买件数 3，优惠件数 1，优惠比例 100%"
    assert worded("earn_points", {"per": 20}, "JPY") == "Earn points: points 1, for every 20"
    sale = {"price": 720, "start": "2024-10-30T00:00:00+00:00", "end": "2024-10-31T00:00:00+00:00"}
    assert worded("flash_sale", sale, "EUR") == (
        "Flash sale: flash price 7.20, start 2024-10-30 00:00, end 2024-10-31 00:00"
    )
