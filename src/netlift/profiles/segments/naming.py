"""Segments named in words, by what sets them apart."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from netlift.errors import ConfigError

Lang = Literal["en", "zh-CN"]
LANGS: tuple[Lang, ...] = ("en", "zh-CN")
"""Languages of every name; BCP 47 tags."""

WORDS: Mapping[str, tuple[str, str, str, str]] = MappingProxyType(
    {
        "recency": ("long silent", "recently here", "久未购买", "近期购买过"),
        "visit_gap": ("long without a visit", "visiting lately", "久未访问", "近期访问过"),
        "tenure": ("long-standing", "new", "老客户", "新客户"),
        "gap": ("long gaps", "short gaps", "购买间隔长", "购买间隔短"),
        "gap_sd": ("irregular", "regular", "购买不规律", "购买规律"),
        "orders": ("frequent", "infrequent", "购买频繁", "很少购买"),
        "spend": ("high-spending", "low-spending", "消费高", "消费低"),
        "basket_value": ("large orders", "small orders", "客单价高", "客单价低"),
        "basket_size": ("full baskets", "small baskets", "每单件数多", "每单件数少"),
        "variety": ("varied choice", "narrow choice", "品类丰富", "品类集中"),
        "weekend": ("weekend shoppers", "weekday shoppers", "周末购物", "工作日购物"),
        "evening": ("evening shoppers", "daytime shoppers", "晚间购物", "白天购物"),
        "discount": ("discount-loving", "full-price", "偏爱折扣", "多按原价购买"),
        "coupon": ("coupon users", "hardly any coupons", "爱用优惠券", "少用优惠券"),
        "price_level": ("dearer goods", "cheaper goods", "偏好高价商品", "偏好低价商品"),
        "price_sensitivity": ("waiting for low prices", "indifferent to price", "等低价购买", "对价格不敏感"),
        "browsing": ("browsing a lot", "browsing little", "浏览多", "浏览少"),
        "searching": ("searching a lot", "searching little", "搜索多", "搜索少"),
        "carts": ("filling carts", "hardly any carts", "常加购", "少加购"),
        "contacts": ("often contacted", "rarely contacted", "触达频繁", "触达少"),
        "answering": ("answering to contacts", "deaf to contacts", "触达后常购买", "触达后少购买"),
    }
)
"""Much of it, little of it: in English, then in Chinese."""

FEATURES: Mapping[str, str] = MappingProxyType(
    {
        feature: meaning
        for meaning, features in {
            "recency": ("recency",),
            "visit_gap": ("visit_recency",),
            "tenure": ("tenure",),
            "gap": ("gap_mean",),
            "gap_sd": ("gap_sd",),
            "orders": ("orders", "active", "frequency", "items"),
            "spend": ("spend", "monetary"),
            "basket_value": ("basket",),
            "basket_size": ("basket_items",),
            "variety": ("products", "categories"),
            "weekend": ("weekend_share",),
            "evening": ("evening_share",),
            "discount": ("discount_share", "deal_share"),
            "coupon": ("coupon_share",),
            "price_level": ("price_level",),
            "price_sensitivity": ("price_sensitivity", "cheap_share"),
            "browsing": ("views", "clicks", "visits"),
            "searching": ("searches",),
            "carts": ("carts",),
            "contacts": ("contacts",),
            "answering": ("contacts_answered",),
        }.items()
        for feature in features
    }
)
"""Feature, without unit and span of time, to what it tells."""

_UNIT = re.compile(r"_(minor|days|\d+)$")
CLEAR = 0.5
"""Standardised difference from the other customers from which a feature is worth a word."""
MOST = 3
"""Features in a name, at most."""


def phrase(feature: str, lang: Lang, *, much: bool) -> str:
    """What much or little of a feature is called; without a word for it, its name.

    Raises:
        ConfigError: a language that has no words.

    >>> phrase("spend_90_minor", "en", much=True), phrase("orders", "zh-CN", much=False)
    ('high-spending', '很少购买')
    >>> phrase("interest_tea", "en", much=True), phrase("interest_tea", "zh-CN", much=False)
    ('high interest tea', 'interest tea低')
    """
    if lang not in LANGS:
        raise ConfigError(f"no words in the language {lang!r}; known: {', '.join(LANGS)}")
    words = WORDS.get(_meaning(feature))
    if words is not None:
        return words[2 * LANGS.index(lang) + (not much)]
    plain = re.sub(r"[_=]+", " ", feature).strip()
    if lang == "en":
        return f"{'high' if much else 'low'} {plain}"
    return f"{plain}{'高' if much else '低'}"


def names(differences: Sequence[Mapping[str, float]]) -> list[dict[Lang, str]]:
    """A name for each segment in each language, no two alike in a language.

    A name lists the features that differ most, at least by half a standard deviation, at most three; where two
    segments would be called the same, further features are added, and at last a number.

    Args:
        differences: for each segment, the standardised difference of each feature from the other customers.

    >>> names([{"orders": 1.4, "discount_share": 0.9}, {"orders": -1.4, "discount_share": -0.1}])[0]
    {'en': 'frequent, discount-loving', 'zh-CN': '购买频繁、偏爱折扣'}
    """
    found: list[dict[Lang, str]] = [{} for _ in differences]
    for lang in LANGS:
        for name, text in zip(found, _unlike([_phrases(one, lang) for one in differences], lang), strict=True):
            name[lang] = text
    return found


def _meaning(feature: str) -> str:
    """What a feature tells, by its name with unit and span of time taken off one by one."""
    while feature not in FEATURES and _UNIT.search(feature):
        feature = _UNIT.sub("", feature)
    return FEATURES.get(feature, "")


def _phrases(differences: Mapping[str, float], lang: Lang) -> tuple[int, list[str]]:
    """How many phrases belong into the name, and all phrases, the clearest first, each once."""
    order = sorted(differences, key=lambda feature: (-abs(differences[feature]), feature))
    clear, said = 0, dict[str, None]()
    for feature in order:
        said[phrase(feature, lang, much=differences[feature] > 0)] = None
        if abs(differences[feature]) >= CLEAR:
            clear = len(said)
    return max(1, min(MOST, clear)), list(said)


def _unlike(phrases: Sequence[tuple[int, list[str]]], lang: Lang) -> list[str]:
    """Texts of the phrases; segments of one name get more of them, or their number among their like."""
    comma = ", " if lang == "en" else "、"
    lengths = [length for length, _ in phrases]

    def texts() -> list[str]:
        return [comma.join(said[:length]) for length, (_, said) in zip(lengths, phrases, strict=True)]

    while any(_longer(lengths, phrases, text, texts()) for text in set(texts())):
        pass
    seen: dict[str, int] = {}
    unlike = []
    for text in texts():
        seen[text] = seen.get(text, 0) + 1
        unlike.append(text if seen[text] == 1 else f"{text} ({seen[text]})")
    return unlike


def _longer(lengths: list[int], phrases: Sequence[tuple[int, list[str]]], text: str, texts: Sequence[str]) -> bool:
    """Add a phrase to all segments of one name; whether there was any to add."""
    alike = [i for i, other in enumerate(texts) if other == text]
    more = [i for i in alike if lengths[i] < len(phrases[i][1])]
    if len(alike) < 2:
        return False
    for i in more:
        lengths[i] += 1
    return bool(more)
