"""Reasons in words, in English and Chinese; codes stay the same in both."""

from decimal import Decimal
from typing import Literal

from netlift.money import exponent
from netlift.promotions.reasons import Why

Language = Literal["en", "zh_CN"]

_TEXTS: dict[Why, tuple[str, str]] = {
    Why.NOT_STARTED: ("it has not started yet", "活动尚未开始"),
    Why.ENDED: ("it has ended", "活动已结束"),
    Why.OUTSIDE_HOURS: ("it does not run on this day or at this hour", "当前日期或时段不在活动时间内"),
    Why.NEEDS_CODE: ("its code was not entered", "未输入优惠码"),
    Why.NEEDS_TOKEN: ("it is for those who were invited to it", "仅限受邀用户"),
    Why.OTHER_CURRENCY: ("it is for carts in another currency", "仅适用于其他币种的订单"),
    Why.WRONG_CUSTOMER: ("it is for other customers", "不符合参与人群"),
    Why.WRONG_CHANNEL: ("it is for another sales channel", "不适用于当前渠道"),
    Why.WRONG_REGION: ("it is for another region", "不适用于当前地区"),
    Why.NO_MATCHING_GOODS: ("none of its goods are in the cart", "购物车中没有活动商品"),
    Why.TOO_FEW_UNITS: ("there are too few of its goods in the cart", "活动商品件数不足"),
    Why.BELOW_THRESHOLD: ("the cart is below its threshold", "未达到优惠门槛"),
    Why.CONDITION_NOT_MET: ("one of its conditions is not met", "不满足活动条件"),
    Why.FACT_UNKNOWN: ("something that it depends on is not known", "缺少判断所需的信息"),
    Why.LIMIT_REACHED: ("it was redeemed as often as it may be", "活动名额已用完"),
    Why.CUSTOMER_LIMIT_REACHED: ("this customer has used it as often as allowed", "已达到每人使用次数上限"),
    Why.BUDGET_SPENT: ("its budget does not cover this order", "活动预算不足"),
    Why.EXCLUDED: ("another promotion excludes it", "与已使用的优惠互斥"),
    Why.NOT_BEST: ("another promotion is better for this cart", "已使用更优惠的活动"),
    Why.NOTHING_LEFT: ("there is nothing left that it could take off", "已无可优惠的金额"),
    Why.AT_FLOOR: ("its goods are at their lowest price already", "商品已达最低限价"),
    Why.DECLINED: ("the shopper does not want it", "用户已放弃"),
    Why.NOT_CHOSEN: ("the shopper has not chosen it", "用户未选择"),
}
_NEAR: dict[Language, dict[str, str]] = {
    "en": {
        "money": "{missing} short of {needed}",
        "units": "{missing} more needed for {needed}",
        "fact": "{fact} is {actual}, needed is {op} {needed}",
    },
    "zh_CN": {
        "money": "还差 {missing}，满 {needed} 可用",
        "units": "再买 {missing} 件，满 {needed} 件可用",
        "fact": "{fact} 当前为 {actual}，要求 {op} {needed}",
    },
}


def reason(why: Why, language: Language = "en") -> str:
    """The reason in words.

    >>> reason(Why.NEEDS_CODE)
    'its code was not entered'
    """
    english, chinese = _TEXTS[why]
    return chinese if language == "zh_CN" else english


def near_miss(kind: Literal["money", "units"], missing: int, needed: int, currency: str, language: Language) -> str:
    """How much a threshold was missed by.

    >>> near_miss("money", 2300, 9900, "EUR", "en")
    '23.00 short of 99.00'
    """
    if kind == "units":
        return _NEAR[language]["units"].format(missing=missing, needed=needed)
    return _NEAR[language]["money"].format(missing=amount(missing, currency), needed=amount(needed, currency))


def condition(fact: str, op: str, needed: object, actual: object, language: Language) -> str:
    """A condition that does not hold, with what was there."""
    return _NEAR[language]["fact"].format(
        fact=fact, op=op, needed=_shown(needed, language), actual=_shown(actual, language)
    )


def amount(minor: int, currency: str) -> str:
    """Minor units in the decimals of the currency, without its name.

    >>> amount(2300, "JPY")
    '2300'
    """
    decimals = exponent(currency)
    return f"{Decimal(minor).scaleb(-decimals):.{decimals}f}"


def _shown(value: object, language: Language) -> str:
    if value is None:
        return "未知" if language == "zh_CN" else "not known"
    if isinstance(value, tuple | frozenset):
        return ", ".join(sorted(map(str, value))) or ("无" if language == "zh_CN" else "nothing")
    return str(value)
