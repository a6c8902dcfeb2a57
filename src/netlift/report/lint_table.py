"""What the lint found, for the terminal and as JSON: the worst first, each with the cart that shows it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from netlift.promotions import codec
from netlift.promotions.documents import Request
from netlift.promotions.lint import Finding
from netlift.promotions.texts import Language, amount

_SAID: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "error": "error", "warning": "warning", "notice": "notice", "severity": "", "promotions": "Promotions",
            "finding": "Finding", "example": "Seen on", "none": "Nothing found.", "codes": "codes: {codes}",
            "sum": "errors: {error}, warnings: {warning}, notices: {notice}",
        },
        "zh_CN": {
            "error": "错误", "warning": "警告", "notice": "提示", "severity": "", "promotions": "活动",
            "finding": "发现", "example": "示例购物车", "none": "未发现问题。", "codes": "优惠码：{codes}",
            "sum": "错误：{error}，警告：{warning}，提示：{notice}",
        },
    }
)  # fmt: skip
_STYLES = {"error": "bold red", "warning": "yellow", "notice": "dim"}


def lint_table(findings: Sequence[Finding], language: Language = "en") -> RenderableType:
    """A row per finding, and how many there are of each severity."""
    said = _SAID[language]
    if not findings:
        return Text(said["none"])
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("severity", "promotions", "finding", "example"):
        drawn.add_column(said[name], overflow="fold")
    for one in findings:
        drawn.add_row(
            Text(said[one.severity], style=_STYLES[one.severity]),
            Text(", ".join(one.promotions)),
            Text(one.text(language)),
            Text("" if one.example is None else _example(one.example, said)),
        )
    counted = Counter(one.severity for one in findings)
    return Group(drawn, Text(), Text(said["sum"].format(**{name: counted[name] for name in _STYLES})))  # type: ignore[index]


def _example(example: Request, said: Mapping[str, str]) -> str:
    cart, facts = example.cart, example.facts
    goods = [
        f"{line.quantity} × {line.product or line.id} {amount(line.unit_price, cart.currency)}" for line in cart.lines
    ]
    if facts.codes:
        goods.append(said["codes"].format(codes=", ".join(sorted(facts.codes))))
    return "; ".join(goods)


def lint_json(findings: Sequence[Finding], language: Language = "en") -> dict[str, Any]:
    """Every finding with its text and, where there is one, the cart and shopper that `netlift quote` takes."""
    counted = Counter(one.severity for one in findings)
    return {
        "errors": counted["error"],
        "warnings": counted["warning"],
        "notices": counted["notice"],
        "findings": [
            {
                "code": one.code,
                "severity": one.severity,
                "promotions": list(one.promotions),
                "place": one.place,
                "text": one.text(language),
                "example": None if one.example is None else codec.write(one.example),
            }
            for one in findings
        ],
    }
