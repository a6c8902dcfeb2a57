"""Recommendations in words: why each product stands in a list."""

from collections.abc import Mapping
from types import MappingProxyType

REASONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "because_bought": "because of {what}", "similar_to": "like {what}", "goes_with": "goes with {what}",
            "next_after": "may come after {what}", "due": "may be needed again by now",
            "popular": "popular", "bought_again": "bought before", "like_you": "customers alike have it",
            "in_your_categories": "from categories of theirs", "new_item": "new", "new_customer": "a new customer",
            "nothing_known": "nothing is known yet", "earns_most": "earns most beyond what is bought anyway",
        },
        "zh-CN": {
            "because_bought": "因为买过 {what}", "similar_to": "与 {what} 相似", "goes_with": "与 {what} 搭配",
            "next_after": "可能接在 {what} 之后", "due": "可能又需要了",
            "popular": "热门", "bought_again": "以前买过", "like_you": "相似顾客拥有",
            "in_your_categories": "来自常看的品类", "new_item": "新品", "new_customer": "新顾客",
            "nothing_known": "暂无信息", "earns_most": "在原本就会购买之外收益最高",
        },
    }
)  # fmt: skip


def reason(code: str, lang: str, names: Mapping[str, str] | None = None) -> str:
    """One code in words; a code that is not known stays as it is.

    Args:
        code: as in `schema.RECOMMENDATIONS`, with what it is about behind a colon.
        lang: en or zh-CN.
        names: of products by id; one without a name is called by its id.

    >>> reason("similar_to:p1", "en", {"p1": "Green tea"}), reason("popular", "zh-CN")
    ('like Green tea', '热门')
    """
    kind, colon, what = code.partition(":")
    said = REASONS[lang].get(kind)
    if said is None or ("{what}" in said) != bool(colon):
        return code
    return said.format(what=(names or {}).get(what, what))
