"""What the lint says, in English and Chinese, and how bad each finding is."""

from typing import Literal

Severity = Literal["error", "warning", "notice"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "notice")

FINDINGS: dict[str, tuple[Severity, str, str]] = {
    "never_open": (
        "error",
        "its window never opens: no moment within 400 days fits all of its dates, weekdays and hours",
        "活动时间无法开始：400 天内没有任何时刻同时满足其日期、星期和时段",
    ),
    "impossible_audience": (
        "error",
        "nobody can be in its audience: its conditions contradict each other",
        "没有任何用户符合参与条件：条件互相矛盾",
    ),
    "no_goods": (
        "error",
        "none of the shop's products fits its conditions on goods",
        "店铺中没有符合条件的商品",
    ),
    "never_applies": (
        "warning",
        "it gave nothing on any of {count} carts made for it; most often because {reason}",
        "在为其构造的 {count} 个购物车上均未生效；最常见原因：{reason}",
    ),
    "always_beaten": (
        "warning",
        "it never applies beside the others: on all {count} carts that it fits, {others} applied instead",
        "与其他活动同时存在时从不生效：在符合条件的 {count} 个购物车上，总是 {others} 生效",
    ),
    "dead_tier": (
        "warning",
        "the tier from {start} on changes nothing: without it every cart costs the same",
        "从 {start} 起的档位不起作用：去掉后所有购物车价格不变",
    ),
    "worse_tier": (
        "warning",
        "the tier from {start} on gives less than there would be without it: {less} instead of {more}",
        "从 {start} 起的档位反而更少：优惠 {less}，去掉该档位则为 {more}",
    ),
    "floor_voids": (
        "warning",
        "the lowest prices of its goods leave nothing to take off on any of {count} carts",
        "商品最低限价使其无法优惠：{count} 个购物车上均无可减金额",
    ),
    "free_goods": (
        "error",
        "together they give {line} away: {total} less {off} is nothing",
        "叠加后 {line} 变成免费：{total} 减 {off} 后为零",
    ),
    "free_order": (
        "warning",
        "it makes a whole order free: {total} less {off} is nothing",
        "整单变成免费：{total} 减 {off} 后为零",
    ),
    "below_cost": (
        "error",
        "{count} × {line} would be sold for {paid}, and cost {cost}",
        "{line} 低于成本出售：{count} 件售价 {paid}，成本 {cost}",
    ),
    "order_below_cost": (
        "error",
        "an order is sold below cost with its gifts: {paid} for goods that cost {cost}",
        "整单（含赠品）低于成本：售价 {paid}，成本 {cost}",
    ),
    "overlap": (
        "notice",
        "both take something off {line} in the same order: {off} of {total} together",
        "同一订单中同时优惠 {line}：原价 {total}，共减 {off}",
    ),
    "shared_code": (
        "warning",
        "the code {code} sets off all of them",
        "优惠码 {code} 会同时触发这些活动",
    ),
    "unbounded_code": (
        "warning",
        "anybody may use the code any number of times: it has neither a total limit nor a budget",
        "优惠码可被任何人无限次使用：既无总次数上限也无预算",
    ),
    "limit_without_budget": (
        "notice",
        "its redemptions are limited, but not what they cost: there is neither a budget nor a cap on each discount",
        "限制了使用次数，但未限制成本：既无预算，单笔优惠也无上限",
    ),
    "unproved_best_deal": (
        "warning",
        "the best deal was not proved within {nodes} states on a cart of {count} units",
        "在 {count} 件商品的购物车上，{nodes} 个状态内未能证明最优组合",
    ),
}
"""Severity and texts of every code. Errors should stop a launch; notices are to be looked at."""
