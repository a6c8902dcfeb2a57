"""Names of segments: in two languages, from what sets them apart, and no two alike."""

import pytest

from netlift.errors import ConfigError
from netlift.profiles.features import FAMILIES
from netlift.profiles.segments.naming import FEATURES, LANGS, MOST, WORDS, names, phrase


def test_a_name_lists_what_differs_most() -> None:
    """Half a standard deviation is needed for a word, unless nothing differs so much; at most three words."""
    many = {"orders": 2.0, "discount_share": -1.0, "recency_days": -1.5, "evening_share": 0.7, "tenure_days": 0.4}
    few = {"orders": -0.3, "discount_share": 0.1, "recency_days": 0.2, "evening_share": 0.0, "tenure_days": 0.0}
    first, second = names([many, few])
    assert first == {"en": "frequent, recently here, full-price", "zh-CN": "购买频繁、近期购买过、多按原价购买"}
    assert second == {"en": "infrequent", "zh-CN": "很少购买"}


def test_the_same_thing_is_said_once() -> None:
    """Spend in 30, 90 and 365 days is one word, and leaves room for others."""
    (found,) = names([{"spend_30_minor": 2.0, "spend_90_minor": 1.9, "spend_minor": 1.8, "weekend_share": 0.6}])
    assert found["en"] == "high-spending, weekend shoppers"


def test_no_two_names_are_alike() -> None:
    """Equal clearest features: the next one is added to both; nothing left to add: they are numbered."""
    base = {"orders": 2.0, "weekend_share": 0.1}
    found = names([base, {"orders": 1.5, "weekend_share": -0.1}, base, base])
    for lang in LANGS:
        assert len({one[lang] for one in found}) == 4
    assert found[1]["en"] == "frequent, weekday shoppers"
    assert [found[i]["en"] for i in (0, 2, 3)] == [
        "frequent, weekend shoppers",
        "frequent, weekend shoppers (2)",
        "frequent, weekend shoppers (3)",
    ]


def test_a_feature_without_words_says_its_name() -> None:
    assert phrase("interest=tea", "en", much=False) == "low interest tea"
    assert phrase("interest=tea", "zh-CN", much=True) == "interest tea高"


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ConfigError, match="no words in the language 'fr'"):
        phrase("orders", "fr", much=True)  # type: ignore[arg-type]


def test_every_meaning_has_words_and_every_word_a_feature() -> None:
    assert set(FEATURES.values()) == set(WORDS)
    for words in WORDS.values():
        assert len(set(words)) == 4
    assert MOST == 3


@pytest.mark.parametrize("name", ["recency_days", "orders_90", "spend_365_minor", "basket_minor", "visits_30"])
def test_windows_and_units_do_not_hide_a_meaning(name: str) -> None:
    declared = {column.name for family in FAMILIES.values() for column in family.columns}
    assert name in declared
    assert phrase(name, "en", much=True) in {words[0] for words in WORDS.values()}
