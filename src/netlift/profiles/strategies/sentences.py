"""Leaves in words: who, what, how many, and what it is shown to gain."""

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from netlift.profiles.segments.naming import Lang
from netlift.profiles.strategies.judge import Gain
from netlift.profiles.strategies.strategy import Rule, Strategy
from netlift.profiles.strategies.tree import Condition

Amount = Callable[[float], str]
"""How an amount is written."""

_SAYS: Mapping[Lang, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "all": "everybody",
            "if": "if {}",
            "and": " and ",
            "given": "{who} then '{arm}' ({n} customers; {gain} per customer against '{none}')",
            "not": "{who} then '{none}' ({n} customers; '{offer}' is not shown to gain: {gain} per customer)",
            "all given": "{who}: '{arm}' ({n} customers; {gain} per customer against '{none}')",
            "all not": "{who}: '{none}' ({n} customers; '{offer}' is not shown to gain: {gain} per customer)",
            "harm": "{who} then '{none}' ({n} customers; '{offer}' is shown to lose: {gain} per customer)",
            "all harm": "{who}: '{none}' ({n} customers; '{offer}' is shown to lose: {gain} per customer)",
            "value": "The strategy gains {gain} per customer against '{none}' for everybody ({level} intervals).",
            "none": "No offer is shown to gain, for anybody: '{none}' for everybody.",
            "beats": "It is shown to beat '{single}' for everybody: {gain} per customer.",
            "beaten": "It is not shown to beat '{single}' for everybody: {gain} per customer.",
        },
        "zh-CN": {
            "all": "所有客户",
            "if": "若 {}",
            "and": " 且 ",
            "given": "{who}，则给「{arm}」（{n} 位客户；与「{none}」相比，每位客户 {gain}）",
            "not": "{who}，则给「{none}」（{n} 位客户；未能证实「{offer}」有增益：每位客户 {gain}）",
            "all given": "{who}：「{arm}」（{n} 位客户；与「{none}」相比，每位客户 {gain}）",
            "all not": "{who}：「{none}」（{n} 位客户；未能证实「{offer}」有增益：每位客户 {gain}）",
            "harm": "{who}，则给「{none}」（{n} 位客户；已证实「{offer}」会亏损：每位客户 {gain}）",
            "all harm": "{who}：「{none}」（{n} 位客户；已证实「{offer}」会亏损：每位客户 {gain}）",
            "value": "与全部给「{none}」相比，该策略每位客户增益 {gain}（{level} 区间）。",
            "none": "未能证实任何优惠对任何客户有增益：全部给「{none}」。",
            "beats": "已证实优于全部给「{single}」：每位客户 {gain}。",
            "beaten": "未能证实优于全部给「{single}」：每位客户 {gain}。",
        },
    }
)


def sentences(
    strategy: Strategy,
    lang: Lang = "en",
    *,
    labels: Mapping[str, str] | None = None,
    amount: Amount = "{:+,.2f}".format,
) -> list[str]:
    """One line for each leaf, then what the strategy gains and whether it beats one offer for everybody.

    Args:
        strategy: what to tell.
        lang: language of the words; features and arms keep their names.
        labels: words for features; None: their names.
        amount: writes an amount in the unit of the scores.
    """
    says = _SAYS[lang]
    names = [(labels or {}).get(name, name) for name in strategy.names]
    lines = [_line(strategy, rule, names, lang, amount) for rule in strategy.rules]
    none, single = strategy.arms[0], strategy.arms[strategy.single]
    if not any(rule.arm for rule in strategy.rules):
        return [*lines, says["none"].format(none=none)]
    worth = says["value"].format(none=none, gain=gained(strategy.value, amount), level=f"{strategy.level:.0%}")
    beats = says["beats" if strategy.against_single.shown else "beaten"]
    return [*lines, worth, beats.format(single=single, gain=gained(strategy.against_single, amount))]


def who(conditions: Sequence[Condition], names: Sequence[str], lang: Lang = "en") -> str:
    """Whom a path means: "if orders >= 4 and discount_share < 0.2", or everybody.

    >>> who([Condition(0, 4.0, math.inf), Condition(1, 0.1, 0.2)], ["orders", "discount_share"])
    'if orders >= 4 and 0.1 <= discount_share < 0.2'
    """
    if not conditions:
        return _SAYS[lang]["all"]
    return _SAYS[lang]["if"].format(_SAYS[lang]["and"].join(_asked(one, names[one.feature]) for one in conditions))


def gained(gain: Gain, amount: Amount) -> str:
    """A gain with its interval: "+0.31 [+0.10, +0.52]".

    >>> gained(Gain(0.31, 0.1, 0.52, 0.1, 900), "{:+.2f}".format)
    '+0.31 [+0.10, +0.52]'
    """
    if math.isnan(gain.estimate):
        return "–"
    return f"{amount(gain.estimate)} [{amount(gain.lower)}, {amount(gain.upper)}]"


def _line(strategy: Strategy, rule: Rule, names: Sequence[str], lang: Lang, amount: Amount) -> str:
    kind = "given" if rule.arm else "harm" if rule.gain.upper < 0 else "not"
    return _SAYS[lang][kind if rule.conditions else f"all {kind}"].format(
        who=who(rule.conditions, names, lang),
        arm=strategy.arms[rule.arm],
        offer=strategy.arms[rule.offer],
        none=strategy.arms[0],
        n=f"{rule.customers:,}",
        gain=gained(rule.gain, amount),
    )


def _asked(condition: Condition, name: str) -> str:
    low, high = f"{condition.low:,.12g}", f"{condition.high:,.12g}"
    if math.isinf(condition.high):
        return f"{name} >= {low}"
    return f"{name} < {high}" if math.isinf(condition.low) else f"{low} <= {name} < {high}"
