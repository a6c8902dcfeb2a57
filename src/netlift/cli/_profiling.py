"""What `netlift profile` does: tables in, profiles and interests kept, a few figures shown."""

from collections.abc import Mapping
from datetime import UTC
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from netlift.data.workspace import Workspace
    from netlift.profiles.kept import Kept
    from netlift.profiles.outlook.outlook import Outlook
    from netlift.profiles.overview import Overview

SAID: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "title": "{n} customers as of {day}", "stage": "Stage", "customers": "Customers", "share": "Share",
            "feature": "Feature", "known": "Known of", "low": "10 % below", "median": "Median", "high": "10 % above",
            "category": "Category", "interest": "Share of interest", "money": "amounts in {currency}",
            "prospect": "prospect: never ordered", "new": "new: one day with orders", "active": "active",
            "loyal": "loyal: on time and often", "at_risk": "at risk: silent for over 2 typical gaps",
            "lapsed": "lapsed: over 4", "lost": "lost: over 8",
            "recency_days": "days since the last order", "orders_365": "orders in a year",
            "spend_365_minor": "spend in a year", "basket_minor": "spend per order",
            "gap_mean_days": "days between order days", "discount_share": "discounts, share of list value",
            "price_sensitivity": "bought cheap, beyond their categories", "visits_90": "visits in 90 days",
            "contacts_90": "contacts in 90 days",
        },
        "zh-CN": {
            "title": "{n} 位顾客，截至 {day}", "stage": "阶段", "customers": "顾客数", "share": "占比",
            "feature": "特征", "known": "已知人数", "low": "10% 低于", "median": "中位数", "high": "10% 高于",
            "category": "品类", "interest": "兴趣占比", "money": "金额单位：{currency}",
            "prospect": "潜在：从未下单", "new": "新客：只在一天下过单", "active": "活跃",
            "loyal": "忠诚：按时且频繁", "at_risk": "有流失风险：沉默超过 2 个通常间隔",
            "lapsed": "沉睡：超过 4 个", "lost": "流失：超过 8 个",
            "recency_days": "距上次下单天数", "orders_365": "一年内订单数", "spend_365_minor": "一年内消费",
            "basket_minor": "每单消费", "gap_mean_days": "下单日间隔天数", "discount_share": "优惠占原价比例",
            "price_sensitivity": "低价购买占比，超出所购品类", "visits_90": "90 天内访问次数",
            "contacts_90": "90 天内触达次数",
        },
    }
)  # fmt: skip
_SHARES = ("discount_share", "price_sensitivity")
_WHOLE = ("recency_days", "orders_365", "visits_90", "contacts_90")


def keep_outlook(workspace: "Workspace", kept: "Kept", *, seed: int = 0) -> "Outlook":
    """Make the outlook of the profiles that were kept, and keep it beside them."""
    from netlift.profiles.outlook.outlook import outlook

    margin = workspace.settings.margin
    found = outlook(kept.orders, kept.profiles, margin=1.0 if margin is None else margin, seed=seed)
    workspace.keep("outlook", found.table)
    return found


def show(found: "Overview", later: "Outlook", workspace: "Workspace", lang: str, *, json: bool) -> None:
    """Print the figures as tables, or as JSON."""
    from netlift.cli._outlook import outlook_json, show_outlook

    files = [workspace.derived_file(name).resolve() for name in ("profiles", "interests", "outlook")]
    if json:
        import json as json_text

        typer.echo(json_text.dumps(_as_json(found, files) | outlook_json(later), ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    console = Console()
    day = found.as_of.astimezone(ZoneInfo(workspace.settings.timezone)).date().isoformat()
    console.print(SAID[lang]["title"].format(n=f"{found.customers:,}", day=day), style="bold", highlight=False)
    currency = workspace.settings.currency or "XXX"
    for table in (_stages(found, SAID[lang]), _figures(found, SAID[lang], currency, lang), _liked(found, SAID[lang])):
        console.print(table)
    show_outlook(later, console, lang, currency)
    for file in files:
        console.print(str(file), highlight=False, soft_wrap=True, style="bold")


def _as_json(found: "Overview", files: list[Path]) -> dict[str, object]:
    return {
        "as_of": found.as_of.astimezone(UTC).isoformat(),
        "customers": found.customers,
        "lifecycle": found.stages,
        "figures": {one.name: {"known": one.known, "p10": one.low, "p50": one.median, "p90": one.high}
                    for one in found.figures},
        "interests": [one._asdict() for one in found.interests],
        "files": [str(file) for file in files],
    }  # fmt: skip


def _grid(headings: list[str]) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="right" if place else "left", overflow="fold")
    return table


def _stages(found: "Overview", said: Mapping[str, str]) -> "Table":
    table = _grid([said["stage"], said["customers"], said["share"]])
    for stage, number in found.stages.items():
        table.add_row(said[stage], f"{number:,}", f"{number / found.customers:.1%}")
    return table


def _figures(found: "Overview", said: Mapping[str, str], currency: str, lang: str) -> "Table":
    from netlift.report.amounts import Amounts
    from netlift.report.words import words

    write = Amounts(words(lang), currency)

    def cell(name: str, value: float | None) -> str:
        if value is None:
            return ""
        if name.endswith("_minor"):
            return write.exact(round(value))
        if name in _SHARES:
            return f"{value:.1%}"
        return f"{value:,.0f}" if name in _WHOLE else f"{value:,.1f}"

    table = _grid([said["feature"], said["known"], said["low"], said["median"], said["high"]])
    table.caption = said["money"].format(currency=write.unit)
    for one in found.figures:
        table.add_row(said[one.name], f"{one.known:,}", *(cell(one.name, v) for v in (one.low, one.median, one.high)))
    return table


def _liked(found: "Overview", said: Mapping[str, str]) -> "Table":
    from rich.text import Text

    table = _grid([said["category"], said["customers"], said["interest"]])
    for one in found.interests:
        table.add_row(Text(one.category), f"{one.customers:,}", f"{one.interest:.1%}")
    return table
