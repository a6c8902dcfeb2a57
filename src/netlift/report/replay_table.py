"""A replay for the terminal: what promotions would have cost, what they refuse each other, floors and limits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from netlift.evaluation.replay_results import LimitUse, PromotionReplay, Replay
from netlift.promotions.texts import reason
from netlift.report.amounts import Amounts, count, percent
from netlift.report.quote_table import texts_language
from netlift.report.words import language, words

MOST_CONFLICTS = 20
"""Conflicts shown in the terminal; JSON has all."""
MOST_REASONS = 2
"""Reasons of each promotion shown in the terminal."""

_SAID: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "caveat": "A replay shows cost, not effect: these customers would have behaved otherwise had they seen "
            "these promotions. What a promotion brings is measured by an experiment or by netlift audit.",
            "title": "{shop} · dry run on {orders} orders of {customers} known customers, {first} to {last}",
            "amounts": "amounts in {currency}",
            "then": "Really", "now": "Replayed", "change": "Difference",
            "listed": "Goods before discounts", "discount": "Discount on goods", "share": "as a share of goods",
            "with_discount": "Orders with a discount", "shipping": "Discount on delivery",
            "margin": "Gross margin given up", "points": "Points earned",
            "negative": "Orders sold below their cost",
            "cheaper": "{more} orders would have been cheaper than they were, {less} dearer.",
            "promotion": "Promotion", "orders": "Orders", "orders_share": "Share", "units": "Units",
            "off": "Off goods", "beside": "Beside", "given_up": "Margin given up", "most_refused": "Gave nothing",
            "delivery": "delivery {amount}", "gifts": "{n} gifts ({amount})", "credits": "coupons {amount}",
            "funded": "others pay {amount}",
            "conflicts": "Refused by each other", "winner": "Given", "loser": "Refused", "why": "Why",
            "examples": "For example", "excluded": "excluded", "not_best": "not best", "more": "{n} more: see --json",
            "floors": "To look at", "lines": "Lines", "finding": "Finding",
            "at_floor": "goods at their floor price", "below_cost": "goods brought below their cost",
            "negative_margin": "order's gross margin turns negative", "free_order": "goods for nothing",
            "best_found": "best deal found, not proved", "unquotable": "could not be quoted; counted nowhere",
            "unknown_cost": "The cost of {n} orders is not known (netlift ingest ... --margin M): their margin cannot "
            "be looked at.",
            "limits": "Limits", "limit": "Limit", "allowed": "Allowed", "used": "Used", "reached": "Reached",
            "refused_orders": "Orders refused", "never": "never",
            "total": "in all", "per_customer": "per customer", "budget": "budget", "full": "{n} full",
            "left_out": "Not replayed: {what}.", "cancelled": "{n} cancelled", "refunded": "{n} refunded",
            "other_currency": "{n} in another currency", "no_lines": "{n} without lines",
            "measured": "{n} lines were weighed or measured and count as one unit each.",
        },
        "zh-CN": {
            "caveat": "回放显示的是成本，不是效果：顾客若看到这些优惠，行为会有所不同。"
            "优惠带来多少，要靠实验或 netlift audit 衡量。",
            "title": "{shop} · 试运行：{orders} 个订单，{customers} 位已知顾客，{first} 至 {last}",
            "amounts": "金额单位：{currency}",
            "then": "实际", "now": "回放", "change": "差额",
            "listed": "优惠前商品金额", "discount": "商品优惠", "share": "占商品金额",
            "with_discount": "有优惠的订单", "shipping": "运费优惠",
            "margin": "让出的毛利", "points": "获得积分", "negative": "低于成本售出的订单",
            "cheaper": "{more} 个订单会比实际便宜，{less} 个会更贵。",
            "promotion": "优惠", "orders": "订单", "orders_share": "占比", "units": "件数",
            "off": "商品优惠", "beside": "其他", "given_up": "让出的毛利", "most_refused": "未生效",
            "delivery": "运费 {amount}", "gifts": "赠品 {n} 件（{amount}）", "credits": "返券 {amount}",
            "funded": "他方承担 {amount}",
            "conflicts": "相互冲突", "winner": "生效", "loser": "未生效", "why": "原因",
            "examples": "例如", "excluded": "互斥", "not_best": "不是最优", "more": "另有 {n} 条：见 --json",
            "floors": "需要留意", "lines": "行数", "finding": "情况",
            "at_floor": "商品已到最低限价", "below_cost": "商品价格低于成本",
            "negative_margin": "订单毛利变为负数", "free_order": "商品全部免费",
            "best_found": "最优组合未能证明", "unquotable": "无法计价，未计入合计",
            "unknown_cost": "{n} 个订单的成本未知（netlift ingest ... --margin M），无法检查其毛利。",
            "limits": "限额", "limit": "限制", "allowed": "上限", "used": "已用", "reached": "用完时间",
            "refused_orders": "被拒订单", "never": "未用完",
            "total": "总次数", "per_customer": "每人次数", "budget": "预算", "full": "{n} 人已满",
            "left_out": "未回放：{what}。", "cancelled": "已取消 {n}", "refunded": "已退款 {n}",
            "other_currency": "其他币种 {n}", "no_lines": "无商品行 {n}",
            "measured": "{n} 行为称重或计量商品，每行按一件计。",
        },
    }
)  # fmt: skip


def caveat(lang: str = "en") -> str:
    """What a replay does not show."""
    return _SAID[language(lang)]["caveat"]


def replay_table(replay: Replay, lang: str = "en") -> RenderableType:
    """A replay as people read it; parts about which there is nothing to say are left out.

    Args:
        replay: what was found.
        lang: `en` or `zh-CN`.
    """
    said, write = _SAID[language(lang)], Amounts(words(lang), replay.currency, ZoneInfo(replay.time_zone))
    names = {one.promotion: one.name or one.promotion for one in replay.promotions}
    parts: list[RenderableType] = [_title(replay, said, write), _compared(replay, said, write), Text()]
    parts += [Text(said["cheaper"].format(more=count(replay.more), less=count(replay.less))), Text()]
    parts += [_promotions(replay, said, write)]
    parts += _refused(replay, said, lang)
    parts += _conflicts(replay, names, said)
    parts += _floors(replay, said)
    parts += _limits(replay, names, said, write)
    parts += [Text(), *(Text(note, style="dim") for note in _notes(replay, said)), Text(said["caveat"], style="bold")]
    return Group(*parts)


def _title(replay: Replay, said: Mapping[str, str], write: Amounts) -> Text:
    ends = [write.day(one) if one is not None else "" for one in (replay.first, replay.last)]
    shown = said["title"].format(
        shop=replay.shop, orders=count(replay.orders), customers=count(replay.customers), first=ends[0], last=ends[1]
    )
    return Text(shown, style="bold").append(f"\n{said['amounts'].format(currency=write.unit)}\n", style="not bold dim")


def _compared(replay: Replay, said: Mapping[str, str], write: Amounts) -> Table:
    drawn = _table(["", said["then"], said["now"], said["change"]], right=(1, 2, 3))

    def row(name: str, then: int, now: int) -> None:
        drawn.add_row(name, write.exact(then), write.exact(now), write.exact(now - then, sign=True))

    drawn.add_row(said["listed"], write.exact(replay.listed), write.exact(replay.listed), "")
    row(said["discount"], replay.really_given, replay.given)
    then, now = (part / replay.listed if replay.listed else 0.0 for part in (replay.really_given, replay.given))
    drawn.add_row(Text(f"  {said['share']}", style="dim"), percent(then, digits=1), percent(now, digits=1), "")
    counts = [(said["with_discount"], replay.really_given_orders, replay.given_orders)]
    if replay.costs_known:
        counts.append((said["negative"], replay.negative_then, replay.negative_now))
    for name, before, after in counts:
        drawn.add_row(name, count(before), count(after), f"{'+' if after > before else ''}{count(after - before)}")
    row(said["margin"], replay.really_given - replay.really_funded, replay.margin)
    if replay.shipping:
        drawn.add_row(said["shipping"], "", write.exact(replay.shipping), "")
    if replay.points:
        drawn.add_row(said["points"], "", count(replay.points), "")
    return drawn


def _promotions(replay: Replay, said: Mapping[str, str], write: Amounts) -> Table:
    heads = ("promotion", "orders", "orders_share", "units", "off", "given_up", "beside")
    drawn = _table([said[head] for head in heads], right=(1, 2, 3, 4, 5))
    for one in replay.promotions:
        drawn.add_row(
            Text(one.name or one.promotion, style="bold"), count(one.orders), percent(one.share, digits=1),
            count(one.units), write.exact(one.discount), write.exact(one.margin),
            Text(", ".join(_beside(one, said, write))),
        )  # fmt: skip
    return drawn


def _beside(one: PromotionReplay, said: Mapping[str, str], write: Amounts) -> Iterator[str]:
    if one.shipping:
        yield said["delivery"].format(amount=write.exact(one.shipping))
    if one.gift_units:
        yield said["gifts"].format(n=count(one.gift_units), amount=write.exact(one.gifts))
    if one.credits:
        yield said["credits"].format(amount=write.exact(one.credits))
    if one.funded:
        yield said["funded"].format(amount=write.exact(one.funded))


def _refused(replay: Replay, said: Mapping[str, str], lang: str) -> Iterable[RenderableType]:
    """The most frequent reasons of every promotion."""
    drawn = _table([said[head] for head in ("promotion", "orders", "why")], right=(1,))
    for one in replay.promotions:
        for place, (why, orders) in enumerate(list(one.refused.items())[:MOST_REASONS]):
            name = "" if place else one.name or one.promotion
            drawn.add_row(Text(name), count(orders), Text(reason(why, texts_language(lang))))
    if drawn.row_count:
        yield from _section(said["most_refused"], drawn)


def _conflicts(replay: Replay, names: Mapping[str, str], said: Mapping[str, str]) -> Iterable[RenderableType]:
    if not replay.conflicts:
        return
    drawn = _table([said[head] for head in ("winner", "loser", "why", "orders", "examples")], right=(3,))
    for one in replay.conflicts[:MOST_CONFLICTS]:
        cells = (names[one.winner], names[one.loser], said[one.why], count(one.orders), ", ".join(one.examples[:2]))
        drawn.add_row(*map(Text, cells))
    yield from _section(said["conflicts"], drawn)
    rest = len(replay.conflicts) - MOST_CONFLICTS
    if rest > 0:
        yield Text(said["more"].format(n=count(rest)), style="dim")


def _floors(replay: Replay, said: Mapping[str, str]) -> Iterable[RenderableType]:
    found = [one for one in replay.floors if one.orders]
    if not found:
        return
    drawn = _table([said[head] for head in ("finding", "orders", "lines", "examples")], right=(1, 2))
    for one in found:
        lines = count(one.lines) if one.lines else ""
        drawn.add_row(said[one.what], count(one.orders), lines, Text(", ".join(one.examples[:3])))
    yield from _section(said["floors"], drawn)


def _limits(
    replay: Replay, names: Mapping[str, str], said: Mapping[str, str], write: Amounts
) -> Iterable[RenderableType]:
    if not replay.limits:
        return
    heads = ("promotion", "limit", "allowed", "used", "reached", "refused_orders")
    drawn = _table([said[head] for head in heads], right=(2, 3, 5))
    for one in replay.limits:
        drawn.add_row(
            Text(names[one.promotion]), said[one.limit], *_amounts(one, said, write),
            said["never"] if one.reached_at is None else write.day(one.reached_at), count(one.refused),
        )  # fmt: skip
    yield from _section(said["limits"], drawn)


def _amounts(one: LimitUse, said: Mapping[str, str], write: Amounts) -> tuple[str, str]:
    if one.limit == "budget":
        return write.exact(one.allowed), write.exact(one.used)
    used = count(one.used)
    return count(one.allowed), said["full"].format(n=used) if one.limit == "per_customer" else used


def _notes(replay: Replay, said: Mapping[str, str]) -> Iterator[str]:
    if replay.left_out:
        what = ", ".join(said[why].format(n=count(n)) for why, n in replay.left_out.items())
        yield said["left_out"].format(what=what)
    if unknown := replay.orders - replay.costs_known:
        yield said["unknown_cost"].format(n=count(unknown))
    if replay.measured:
        yield said["measured"].format(n=count(replay.measured))


def _section(title: str, table: Table) -> tuple[Text, Text, Table]:
    return Text(), Text(title, style="bold"), table


def _table(heads: Sequence[str], *, right: Sequence[int]) -> Table:
    drawn = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for place, head in enumerate(heads):
        if place in right:
            drawn.add_column(head, justify="right", no_wrap=True)
        else:
            drawn.add_column(head, overflow="fold", min_width=10)
    return drawn
