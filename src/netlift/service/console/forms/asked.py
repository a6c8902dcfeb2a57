"""What may be asked of a job, as forms; the kinds themselves check it once more."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

from netlift.promotions.form import entry


@dataclass(frozen=True, slots=True, kw_only=True)
class AskAudit:
    """Judge past promotions."""

    margin: Decimal | None = field(
        default=None, metadata=entry("Margin where costs are unknown", "缺少成本时的毛利率", "percent")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPlan:
    """Make plans."""

    budget: str = field(metadata=entry("Budget, in whole coins such as 500", "预算（元）", "text"))
    goal: Literal["profit", "revenue", "new_buyers", "stickiness", "clear_stock", "win_back"] = field(
        default="profit", metadata=entry("Goal", "目标", "choice")
    )
    start: datetime | None = field(default=None, metadata=entry("First day", "开始日期", "moment"))
    days: int = field(default=14, metadata=entry("Days", "天数", "count"))
    margin: Decimal | None = field(
        default=None, metadata=entry("Margin where costs are unknown", "缺少成本时的毛利率", "percent")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AskRecommend:
    """Learn what customers want."""

    bought: Literal["exclude", "allow", "only"] = field(
        default="exclude", metadata=entry("Goods that a customer has bought", "顾客买过的商品", "choice")
    )
    diversity: Decimal | None = field(default=None, metadata=entry("Variety", "多样性", "percent"))
    margin_weight: Decimal | None = field(default=None, metadata=entry("Weight of the margin", "毛利权重", "percent"))
    fatigue: Decimal | None = field(
        default=None, metadata=entry("Lower what was shown in vain by", "未获回应的商品降权", "percent")
    )
    explore: Decimal | None = field(
        default=None, metadata=entry("Last place by chance, at most 50", "末位随机探索（至多 50）", "percent")
    )


FORMS: Mapping[str, type] = MappingProxyType({"audit": AskAudit, "plan": AskPlan, "recommend": AskRecommend})
"""By the kind of the job."""


_SHARES = {"margin", "diversity", "margin_weight", "fatigue", "explore"}


def arguments(kind: str, values: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """What the kind takes, from the JSON values of its form."""
    told = {name: value for name, value in values.items() if value is not None and name != "goal"}
    for name in _SHARES & told.keys():
        told[name] = float(Decimal(told[name]) / 100)
    if "start" in told:
        told["start"] = told["start"][:10]
    if kind == "plan":
        told["goals"] = [values.get("goal", "profit")]
    return told if kind == "recommend" else told | {"lang": lang}
