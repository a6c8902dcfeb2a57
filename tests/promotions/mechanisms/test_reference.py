"""The reference page knows every mechanism, every field of its form, and every example's figures."""

import pytest
from docs import build

from netlift.promotions.form import Goods, form_of
from netlift.promotions.mechanism import MECHANISMS


@pytest.fixture(scope="module")
def page() -> str:
    return build.mechanisms()


def section(page: str, name: str) -> str:
    return page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("kind", list(MECHANISMS))
def test_every_mechanism_is_described(page: str, kind: str) -> None:
    mechanism = MECHANISMS[kind]
    text = section(page, kind)
    assert all(words in text for words in (*mechanism.title, *mechanism.text))
    assert [one.name for one in mechanism.form() if f"| `{one.name}` |" not in text] == []
    assert [example.title for example in mechanism.examples if f"*{example.title.en}*" not in text] == []
    assert text.count("refused: `") == sum(example.refused is not None for example in mechanism.examples)


def test_the_fields_of_goods_and_of_tables_are_described(page: str) -> None:
    assert [one.name for one in form_of(Goods) if f"| `{one.name}` |" not in section(page, "goods")] == []
    assert "| `tiers[].spend` |" in section(page, "spend_tiers")


def test_amounts_are_written_with_the_decimals_of_their_currency(page: str) -> None:
    """A fifth off three teas at 9.99: 5.99."""
    assert "| green tea | category tea | 3 | 9.99 | -5.99 |" in section(page, "percent_off")
    assert "gift: 1 × umbrella; to be paid: 129.90." in section(page, "add_on")
