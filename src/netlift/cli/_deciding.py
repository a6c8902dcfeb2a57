"""What `decide` and `export` share: finding a plan by folder or code; and a decision in words."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from netlift.errors import ConfigError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from netlift.data.workspace import Workspace
    from netlift.decision.decision import Answer, Decision
    from netlift.plan.artefact import Plan
    from netlift.promotions.promotion import Promotion

_TWO_SIDED = 1.6449
"""Standard errors on either side of a normal estimate that hold 90 % of cases."""
PLANS = "plans"
"""Folder of a workspace that holds its plans."""

SAID: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "head": "Customer {customer} · plan {plan} · {now}", "offer": "Offer", "status": "For this customer",
            "why": "Why", "chance": "Chance", "net": "Expected net (90 %)", "cost": "Expected cost",
            "given": "given", "withheld": "withheld", "public": "everybody", "not_addressed": "not offered",
            "closed": "closed", "hold_out": "in the hold-out that proves what the offer earns",
            "explore_control": "drawn to be compared with those who get it by chance",
            "not_chosen": "the plan gives it to others", "not_in_plan": "the plan does not know this customer",
            "not_started": "has not started", "ended": "has ended", "used_up": "was used as often as it may be",
            "everybody": "", "none": "The plan offers nothing.", "id": "decision {id}",
            "money": "amounts in {currency}",
        },
        "zh-CN": {
            "head": "顾客 {customer} · 方案 {plan} · {now}", "offer": "优惠", "status": "对该顾客", "why": "原因",
            "chance": "概率", "net": "预计净收益（90%）", "cost": "预计成本", "given": "发放", "withheld": "保留不发",
            "public": "人人可用", "not_addressed": "不提供", "closed": "不可用", "hold_out": "属于用来证明效果的对照组",
            "explore_control": "被抽中与随机获得者作比较",
            "not_chosen": "方案把它发给其他顾客", "not_in_plan": "方案中没有该顾客", "not_started": "尚未开始",
            "ended": "已结束", "used_up": "可用次数已用完", "everybody": "", "none": "方案没有任何优惠。",
            "id": "决策 {id}", "money": "金额单位：{currency}",
        },
    }
)  # fmt: skip


def find_plan(path: Path, code: str | None) -> "tuple[Plan, Workspace | None]":
    """A plan and the workspace that holds it.

    Args:
        path: folder of a plan, or a workspace.
        code: which plan of the workspace: its code, its folder, or how its id begins; None where it has only one.

    Raises:
        ConfigError: there is no such plan, or several.
        DataError: it was altered, or cannot be read.
    """
    from netlift.data.workspace import SETTINGS_FILE, Workspace
    from netlift.plan.artefact import HEAD, read

    if (path / SETTINGS_FILE).is_file() and not (path / HEAD).is_file():
        workspace = Workspace.open(path)
        return read(_chosen(path, code)), workspace
    if code is not None:
        raise ConfigError(f"--plan {code} names a plan of a workspace, but {path} is none: leave --plan out")
    if not path.is_dir():
        raise ConfigError(f"{path} is not there: give the folder of a plan, or a workspace and --plan CODE")
    return read(path), holder(path)


def holder(path: Path) -> "Workspace | None":
    """The workspace in whose folder of plans a plan lies."""
    from netlift.data.workspace import SETTINGS_FILE, Workspace

    above = path.resolve().parent.parent
    return Workspace.open(above) if (above / SETTINGS_FILE).is_file() else None


def _chosen(workspace: Path, code: str | None) -> Path:
    from netlift.plan.artefact import HEAD

    found = sorted(file.parent for file in (workspace / PLANS).glob(f"[!.]*/{HEAD}"))  # .NAME.part was never finished
    names = ", ".join(folder.name for folder in found)
    if not found:
        raise ConfigError(f"{workspace} has no plans yet: make some with netlift plan {workspace} --budget B")
    if code is not None:
        matching = [folder for folder in found if _is_meant(folder.name, code)]
    else:
        matching = found
    if len(matching) == 1:
        return matching[0]
    if not matching:
        raise ConfigError(f"{workspace} has no plan {code!r}; it has: {names}")
    several = ", ".join(folder.name for folder in matching)
    raise ConfigError(f"several plans are meant; name one with --plan: {several}")


def _is_meant(folder: str, code: str) -> bool:
    """Folders are called CODE-ID, with the first digits of the id."""
    name, _, id_ = folder.rpartition("-")
    return (
        code in {folder, name} or (len(id_) >= 8 and code.startswith(id_)) or (len(code) >= 4 and id_.startswith(code))
    )


def moment(text: str | None, workspace: "Workspace | None") -> datetime:
    """A moment from what was typed; the present where nothing was, the shop's time zone where none is named.

    Raises:
        ConfigError: it is no date or time.
    """
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"{text!r} is no moment: write it like 2026-03-05 or 2026-03-05T18:00:00+01:00") from error
    zone: tzinfo = UTC if workspace is None else ZoneInfo(workspace.settings.timezone)
    found = found if found.tzinfo is not None else found.replace(tzinfo=zone)
    try:
        found.astimezone(UTC)
    except OverflowError as error:
        raise ConfigError(f"{text!r} lies outside the years 1 to 9999") from error
    return found


def customer_of(customer: str | None, person: str | None, workspace: "Workspace | None") -> str:
    """The pseudonym that is meant.

    Raises:
        ConfigError: none or both were given, or there is no key to make it with.
    """
    from netlift.data.privacy import pseudonym

    if (customer is None) == (person is None):
        raise ConfigError("whom? give either --customer PSEUDONYM or --person E-MAIL")
    if person is None:
        return str(customer)
    if workspace is None:
        raise ConfigError(
            "--person needs the key of a workspace: give the workspace and --plan CODE instead of the folder"
        )
    return pseudonym(person, workspace.key)


def decision_table(decision: "Decision", plan: "Plan", lang: str) -> "RenderableType":
    """A decision as people read it: every offer and what becomes of it, then the basket."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from netlift.report.quote_table import quote_table
    from netlift.report.words import language, words

    said, book = SAID[language(lang)], words(lang)
    head = said["head"].format(
        customer=decision.customer_id, plan=plan.head.code, now=decision.now.isoformat(sep=" ", timespec="minutes")
    )
    drawn = Table(
        box=None, padding=(0, 2, 0, 0), header_style="bold", caption_justify="left",
        caption=Text(said["money"].format(currency=book.currency(plan.head.currency)), style="dim"),
    )  # fmt: skip
    for name in ("offer", "status", "why"):
        drawn.add_column(said[name], overflow="fold")
    for name in ("chance", "net", "cost"):
        drawn.add_column(said[name], justify="right", no_wrap=True)
    for one in decision.offers:
        drawn.add_row(*(Text(cell) for cell in _cells(one, plan.head.currency, said, lang)))
    parts: list[RenderableType] = [Text(head, style="bold"), drawn if decision.offers else Text(said["none"])]
    if decision.quote is not None:
        parts += [Text(), quote_table(decision.quote, _promotions(plan), decision.trace, lang)]
    return Group(*parts, Text(said["id"].format(id=decision.decision_id), style="dim"))


def _promotions(plan: "Plan") -> "list[Promotion]":
    """The plan's promotions, those without a name under the name of their offer."""
    return [
        one if one.name else replace(one, name=part.candidate.offer.name)
        for part in (*plan.head.parts, *plan.head.public)
        for one in part.candidate.promotions
    ]


def _cells(one: "Answer", currency: str, said: Mapping[str, str], lang: str) -> tuple[str, ...]:
    from netlift.report.amounts import Amounts
    from netlift.report.words import words

    book = words(lang)
    write = Amounts(book, currency)
    why = [said[code] if code in said else book.label("because", code) for code in one.why]
    chance = "" if one.propensity is None else f"{one.propensity:.3g}"
    money = ["" if one.expected_cost is None else write.exact(round(one.expected_cost))]
    if one.net_margin is not None and one.se is not None:
        money.insert(0, f"{write.exact(round(one.net_margin))} ± {write.exact(round(_TWO_SIDED * one.se))}")
    else:
        money.insert(0, "")
    return one.name, said[one.status], book.listed(why) if len(why) > 1 else "".join(why), chance, *money
