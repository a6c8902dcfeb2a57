"""How `netlift profile` shows the outlook: segments, who is about to leave, and what customers are still worth."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from netlift.profiles.churn.standing import WORDS, Standing
from netlift.profiles.outlook.leaving import BASE, BOOSTED, RECENCY
from netlift.profiles.segments.naming import Lang

if TYPE_CHECKING:
    from rich.console import Console

    from netlift.profiles.outlook.outlook import Outlook

SAID: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "segment": "Segment", "customers": "Customers", "share": "Share", "standing": "Standing",
            "no_segments": "No segments: {why}", "no_churn": "No forecast of churn: {why}",
            "no_value": "No values: {why}",
            "churn": "Churn is no order within {days} days. Used: {used}.",
            BOOSTED: "boosted trees, shown to beat a look at the last order on a date that they did not learn from "
            "(log-loss {ours:.3f}, last order {recency:.3f}, everybody alike {base:.3f})",
            RECENCY: "how long ago the last order was; boosted trees are not shown to beat it on a date that they did "
            "not learn from (log-loss {ours:.3f}, last order {recency:.3f}, everybody alike {base:.3f})",
            BASE: "the same probability for everybody; nothing is shown to beat it (log-loss: boosted trees "
            "{ours:.3f}, last order {recency:.3f}, everybody alike {base:.3f})",
            "value": "{what} of the next twelve months, all customers: {total} {currency}{interval} ({model})",
            "margin": "Margin", "spend": "Spend (no margin is known)",
            "interval": ", {level:.0%} interval {low} to {high}",
        },
        "zh-CN": {
            "segment": "细分", "customers": "顾客数", "share": "占比", "standing": "状态",
            "no_segments": "没有细分：{why}", "no_churn": "没有流失预测：{why}", "no_value": "没有价值估计：{why}",
            "churn": "流失指 {days} 天内没有下单。采用：{used}。",
            BOOSTED: "提升树；在未参与学习的日期上证实优于“距上次下单多久”"
            "（对数损失 {ours:.3f}，距上次下单 {recency:.3f}，一视同仁 {base:.3f}）",
            RECENCY: "距上次下单多久；提升树在未参与学习的日期上未证实更优"
            "（对数损失 {ours:.3f}，距上次下单 {recency:.3f}，一视同仁 {base:.3f}）",
            BASE: "对所有人取相同概率；没有方法证实更优（对数损失：提升树 {ours:.3f}，距上次下单 {recency:.3f}，"
            "一视同仁 {base:.3f}）",
            "value": "未来十二个月的{what}，全部顾客：{total} {currency}{interval}（{model}）",
            "margin": "毛利", "spend": "消费额（毛利未知）", "interval": "，{level:.0%} 区间 {low} 至 {high}",
        },
    }
)  # fmt: skip


def show_outlook(found: "Outlook", console: "Console", lang: str, currency: str) -> None:
    """Print segments, standing and value, or why one of them is missing."""
    said = SAID[lang]
    _segments(found, console, lang)
    churn = found.churn
    if churn.absent:
        console.print(said["no_churn"].format(why=churn.absent), highlight=False, markup=False)
    else:
        console.print(_grid([said["standing"], said["customers"], said["share"]], _standing(found, lang)))
        used = said[churn.used].format(**_losses(found))
        console.print(said["churn"].format(days=churn.horizon_days, used=used), highlight=False, markup=False)
    console.print(_value(found, lang, currency), highlight=False, markup=False)


def outlook_json(found: "Outlook") -> dict[str, object]:
    """The same as plain JSON."""
    segments, churn, value = found.segments, found.churn, found.value
    parts = () if segments.found is None else segments.found.segments
    total = value.total
    return {
        "segments": {
            "distinct": segments.found is not None and segments.found.distinct,
            "absent": segments.absent,
            "parts": [
                {"number": one.number, "name": dict(one.name), "customers": one.customers, "median": dict(one.median)}
                for one in parts
            ],
        },
        "churn": {
            "horizon_days": churn.horizon_days, "used": churn.used, "absent": churn.absent,
            "log_loss": _losses(found), "standing": found.standing,
        },
        "value": {
            "model": value.model, "absent": value.absent, "margin": found.margin,
            "clv_total_minor": None if total is None else total._asdict(),
        },
    }  # fmt: skip


def _segments(found: "Outlook", console: "Console", lang: str) -> None:
    said, segments = SAID[lang], found.segments.found
    if segments is None:
        console.print(said["no_segments"].format(why=found.segments.absent), highlight=False, markup=False)
        return
    tag: Lang = "zh-CN" if lang == "zh-CN" else "en"
    if segments.distinct:
        rows = [[one.name[tag], f"{one.customers:,}", f"{one.share:.1%}"] for one in segments.segments]
        console.print(_grid([said["segment"], said["customers"], said["share"]], rows))
    console.print(segments.says(tag), highlight=False, markup=False)


def _standing(found: "Outlook", lang: str) -> list[list[str]]:
    tag: Lang = "zh-CN" if lang == "zh-CN" else "en"
    counts = found.standing
    asked = max(1, sum(counts.values()))
    return [[WORDS[Standing(one)][tag], f"{n:,}", f"{n / asked:.1%}"] for one, n in counts.items()]


def _losses(found: "Outlook") -> dict[str, float]:
    return {name: one.figures.log_loss for name, one in found.churn.judged.items()}


def _value(found: "Outlook", lang: str, currency: str) -> str:
    from netlift.report.amounts import Amounts
    from netlift.report.words import words

    said, value = SAID[lang], found.value
    if value.absent:
        return said["no_value"].format(why=value.absent)
    write = Amounts(words(lang), currency)
    interval, total = "", float(found.table["clv_minor"].drop_null().to_numpy().sum())
    if value.total is not None:
        low, high = (write.exact(round(end)) for end in (value.total.lower, value.total.upper))
        interval = said["interval"].format(level=value.total.level, low=low, high=high)
    what = said["spend"] if found.margin == 1 else said["margin"]
    return said["value"].format(
        what=what, total=write.exact(round(total)), currency=write.unit, interval=interval, model=value.model
    )


def _grid(headings: list[str], rows: list[list[str]]) -> object:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table
