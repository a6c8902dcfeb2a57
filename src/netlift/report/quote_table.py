"""A quote for the terminal: lines with their discounts, delivery, totals that add up, and why others gave nothing."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from netlift.promotions.explain import Row, Trace
from netlift.promotions.promotion import Promotion
from netlift.promotions.quote import Quote, QuotedLine, QuotedShipping
from netlift.promotions.texts import Language, reason
from netlift.report.amounts import MINUS, Amounts, count
from netlift.report.words import language, words

SAID: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "goods": "Goods", "units": "Units", "price": "Price", "discounts": "Discounts", "to_pay": "To pay",
            "delivery": "delivery: {name}", "gift": "{name} (gift)", "total": "Total", "tax": "Tax",
            "with_tax": "With tax", "net": "of which tax", "amounts": "amounts in {currency}",
            "applied": "Applied", "refused": "Gave nothing", "offered": "May still be chosen",
            "offer": "{name}: {product} for {price} instead of {before}",
            "removed": "Gifts no longer earned, taken out: {names}", "points": "Points earned: {n}",
            "burned": "Points spent: {n}", "credit": "Coupon for the next order: {amount}",
            "credit_from": "Coupon for the next order: {amount} off from {minimum} on", "days": " ({n} days)",
            "funding": "Paid by others: {parties}", "beside": "beside the price", "gives": "Gifts: {names}",
            "none": "No promotion applies.", "needs": "needs {fact} {op} {needed}",
            "proved optimal": "Proved optimal: no other choice of the best deal is better for the customer.",
            "best found": "Best found: the search ended at its budget (`node_budget` of the policy) before the proof.",
        },
        "zh-CN": {
            "goods": "商品", "units": "件数", "price": "价格", "discounts": "优惠", "to_pay": "应付",
            "delivery": "配送：{name}", "gift": "{name}（赠品）", "total": "合计", "tax": "税",
            "with_tax": "含税合计", "net": "其中税额", "amounts": "金额单位：{currency}",
            "applied": "已使用的优惠", "refused": "未生效的优惠", "offered": "还可选择",
            "offer": "{name}：{product}，{price}（原价 {before}）",
            "removed": "不再符合条件、已移除的赠品：{names}", "points": "获得积分：{n}",
            "burned": "使用积分：{n}", "credit": "下单返券：{amount}",
            "credit_from": "下单返券：满 {minimum} 减 {amount}", "days": "（{n} 天内有效）",
            "funding": "由他方承担：{parties}", "beside": "价格之外", "gives": "赠品：{names}",
            "none": "没有可用的优惠。", "needs": "要求 {fact} {op} {needed}",
            "proved optimal": "已证明最优：没有其他组合对顾客更划算。",
            "best found": "已找到的最优解：搜索达到上限（策略中的 `node_budget`），未能完成证明。",
        },
    }
)  # fmt: skip
"""Headings and phrases; the reasons of refusals are those of `netlift.promotions.texts`."""


def texts_language(lang: str) -> Language:
    """The engine's name of a language that people name in many ways.

    >>> texts_language("zh")
    'zh_CN'

    Raises:
        ConfigError: it has no words.
    """
    return "zh_CN" if language(lang) == "zh-CN" else "en"


def quote_table(
    quote: Quote, promotions: Sequence[Promotion], trace: Trace | None = None, lang: str = "en"
) -> RenderableType:
    """A quote as people read it.

    Args:
        quote: what was found.
        promotions: the definitions, for their names.
        trace: with it, refusals say how near they came, and list the conditions that do not hold.
        lang: `en` or `zh-CN`.
    """
    said, write = SAID[language(lang)], Amounts(words(lang), quote.currency)
    names = {one.id: one.name or one.id for one in promotions}
    parts: list[RenderableType] = [_prices(quote, names, said, write), Text()]
    parts += _applied(quote, names, said, write)
    parts += [Text(line) for line in _beside(quote, names, said, write)]
    parts += _refused(quote, names, said, trace, texts_language(lang))
    if quote.optimality != "not searched":
        parts += [Text(), Text(said[quote.optimality], style="bold" if quote.optimality == "best found" else "dim")]
    return Group(*parts)


def _prices(quote: Quote, names: Mapping[str, str], said: Mapping[str, str], write: Amounts) -> Table:
    drawn = Table(
        box=None, padding=(0, 2, 0, 0), header_style="bold", caption_justify="left",
        caption=Text(said["amounts"].format(currency=write.unit), style="dim"),
    )  # fmt: skip
    drawn.add_column(said["goods"], overflow="fold", min_width=8)
    drawn.add_column(said["units"], justify="right", no_wrap=True)
    drawn.add_column(said["price"], justify="right", no_wrap=True)
    drawn.add_column(said["discounts"], overflow="fold", min_width=12)
    drawn.add_column("", justify="right", no_wrap=True)
    drawn.add_column(said["to_pay"], justify="right", no_wrap=True)
    off: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for one in quote.adjustments:
        _add(off.setdefault(("line", one.line), []), names[one.promotion], one.amount)
    for other in quote.shipping_adjustments:
        _add(off.setdefault(("shipping", other.shipping), []), names[other.promotion], other.amount)
    for line in quote.lines:
        drawn.add_row(*_line(line, off.get(("line", line.id), []), said, write))
    for shipping in quote.shipping:
        drawn.add_row(*_shipping(shipping, off.get(("shipping", shipping.id), []), said, write))
    for row in _totals(quote, said, write):
        drawn.add_row(*(Text(cell, style="bold") for cell in row))
    return drawn


def _add(found: list[tuple[str, int]], name: str, amount: int) -> None:
    """One entry per promotion, where several of its benefits cut the same line."""
    if found and found[-1][0] == name:
        found[-1] = (name, found[-1][1] + amount)
    elif amount:
        found.append((name, amount))


def _line(line: QuotedLine, off: Sequence[tuple[str, int]], said: Mapping[str, str], write: Amounts) -> list[Text]:
    name = line.id if line.product in {"", line.id} else f"{line.product} ({line.id})"
    shown = said["gift"].format(name=line.product or line.id) if line.gift_of else name
    unit, odd = divmod(line.total, line.quantity)
    each = "" if line.quantity == 1 or odd else f" ({write.exact(unit)})"
    cells = [shown, count(line.quantity), write.exact(line.total) + each]
    return [*map(Text, cells), *_cuts(off, write), Text(write.exact(line.payable))]


def _shipping(
    shipping: QuotedShipping, off: Sequence[tuple[str, int]], said: Mapping[str, str], write: Amounts
) -> list[Text]:
    cells = [said["delivery"].format(name=shipping.id), "", write.exact(shipping.price)]
    return [*map(Text, cells), *_cuts(off, write), Text(write.exact(shipping.price - shipping.discount))]


def _cuts(off: Sequence[tuple[str, int]], write: Amounts) -> tuple[Text, Text]:
    return Text("\n".join(name for name, _ in off)), Text("\n".join(_less(amount, write) for _, amount in off))


def _less(amount: int, write: Amounts) -> str:
    return f"{MINUS}{write.exact(amount)}" if amount else write.exact(0)


def _totals(quote: Quote, said: Mapping[str, str], write: Amounts) -> Iterator[tuple[str, ...]]:
    units = count(sum(line.quantity for line in quote.lines))
    cut = _less(quote.discount + quote.shipping_discount, write)
    yield said["total"], units, write.exact(quote.total), "", cut, write.exact(quote.payable)
    if quote.tax and quote.gross == quote.payable:  # prices include tax
        yield said["net"], "", "", "", "", write.exact(quote.tax)
    elif quote.tax:
        yield said["tax"], "", "", "", "", write.exact(quote.tax)
        yield said["with_tax"], "", "", "", "", write.exact(quote.gross)


def _applied(quote: Quote, names: Mapping[str, str], said: Mapping[str, str], write: Amounts) -> list[RenderableType]:
    if not quote.applied:
        return [Text(said["none"])]
    grid = Table.grid(padding=(0, 2, 0, 0))
    for name in quote.applied:
        gifts = [f"{one.gift.quantity} × {one.gift.product}" for one in quote.gifts if one.promotion == name]
        whole = sum(one.amount for one in quote.adjustments if one.promotion == name)
        whole += sum(one.amount for one in quote.shipping_adjustments if one.promotion == name)
        note = said["gives"].format(names=", ".join(gifts)) if gifts else "" if whole else said["beside"]
        grid.add_row(Text(names[name]), Text(_less(whole, write) if whole else "", justify="right"), Text(note))
    return [Text(said["applied"], style="bold"), Padding(grid, (0, 0, 0, 2))]


def _beside(quote: Quote, names: Mapping[str, str], said: Mapping[str, str], write: Amounts) -> Iterator[str]:
    """What there is beside prices: points, coupons, offers, what was taken out, and who else pays."""
    if quote.points:
        yield said["points"].format(n=count(quote.points))
    if quote.points_burned:
        yield said["burned"].format(n=count(quote.points_burned))
    for credit in quote.credits:
        form = said["credit_from" if credit.minimum else "credit"]
        days = said["days"].format(n=credit.valid_days) if credit.valid_days is not None else ""
        yield form.format(amount=write.exact(credit.amount), minimum=write.exact(credit.minimum)) + days
    if quote.offered:
        yield said["offered"] + ":"
    for one in quote.offered:
        price = write.exact(one.gift.unit_price - one.gift.off)
        yield "  " + said["offer"].format(
            name=names[one.promotion], product=one.gift.product, price=price, before=write.exact(one.gift.unit_price)
        )
    if quote.removed:
        yield said["removed"].format(names=", ".join(quote.removed))
    others = {party: amount for party, amount in sorted(quote.funding.items()) if party and amount}
    if others:
        parties = ", ".join(f"{party} {write.exact(amount)}" for party, amount in others.items())
        yield said["funding"].format(parties=parties)


def _refused(
    quote: Quote, names: Mapping[str, str], said: Mapping[str, str], trace: Trace | None, lang: Language
) -> list[RenderableType]:
    if not quote.refusals:
        return []
    grid = Table.grid(padding=(0, 2, 0, 0))
    verdicts = {} if trace is None else {one.promotion: one for one in trace.verdicts}
    for name, why in sorted(quote.refusals.items()):
        verdict = verdicts.get(name)
        text = reason(why, lang) if verdict is None else verdict.text(quote.currency, lang)
        grid.add_row(Text(names[name]), Text(text))
        for row in () if verdict is None else verdict.rows:
            if not row.holds and row.fact != why:  # a gate that refused is the reason itself
                told = _condition(row, quote.currency, said, lang)
                grid.add_row("", Text(f"{row.place}: {told}" if row.place else told, style="dim"))
    return [Text(), Text(said["refused"], style="bold"), Padding(grid, (0, 0, 0, 2))]


def _condition(row: Row, currency: str, said: Mapping[str, str], lang: Language) -> str:
    """What was needed and what was there; no lines at all say nothing about themselves."""
    if row.why is not None and row.fact == row.why:
        return reason(row.why, lang)
    if row.actual == ():
        return said["needs"].format(fact=row.fact, op=row.op, needed=row.needed).strip()
    return row.text(currency, lang)
