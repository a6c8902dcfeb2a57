"""Data receipts for the terminal: what each file was, rows in, rows kept, rows refused and why, what is missing."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TypeGuard

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from netlift.report.amounts import count
from netlift.report.words import Words, words

_HEADS = {
    "en": ("Data receipt", "File", "Recognised as", "Rows in", "Kept", "Refused, and why", "no known format"),
    "zh-CN": ("数据回执", "文件", "识别为", "读入行数", "保留", "拒收及原因", "格式未识别"),
}


def receipt_table(receipts: Sequence[Mapping[str, object]], lang: str = "en") -> RenderableType:
    """One row per file, and below it what is missing and what that costs.

    Args:
        receipts: receipts as JSON-ready mappings, as an audit carries them.
        lang: `en` or `zh-CN`.
    """
    say = words(lang)
    title, *heads, unknown = _HEADS[say.lang]
    drawn = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), header_style="bold")
    for head in heads:
        numeric = head in heads[2:4]
        drawn.add_column(head, justify="right" if numeric else "left", no_wrap=numeric, overflow="fold")
    for one in receipts:
        drawn.add_row(*map(Text, _row(one, say, unknown)))
    return Group(drawn, *(_note(code, say) for code in _missing(receipts)))


def _row(receipt: Mapping[str, object], say: Words, unknown: str) -> tuple[str, str, str, str, str]:
    name = PurePath(str(receipt.get("source", ""))).name
    if receipt.get("problem"):
        return name, unknown, "", "", ""
    title = str(receipt.get("title") or receipt.get("kind") or "")
    return name, title, _whole(receipt.get("rows_in")), _whole(receipt.get("rows_kept")), _refused(receipt, say)


def _whole(value: object) -> str:
    return count(value) if isinstance(value, int) else ""


def _refused(receipt: Mapping[str, object], say: Words) -> str:
    refusals = receipt.get("refused")
    if not _is_rows(refusals):
        return ""
    return "\n".join(f"{_whole(one.get('rows'))} {say.label('reason', str(one.get('reason')))}" for one in refusals)


def _is_rows(value: object) -> TypeGuard[Sequence[Mapping[str, object]]]:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(v, Mapping) for v in value)


def _missing(receipts: Sequence[Mapping[str, object]]) -> list[str]:
    """Codes of what is missing, each once; a cost in one file makes up for the lack of it in another."""
    found: dict[str, None] = {}
    for one in receipts:
        notes = one.get("notes")
        if isinstance(notes, Sequence) and not isinstance(notes, str):
            found |= dict.fromkeys(str(note) for note in notes)
    return list(found)


def _note(code: str, say: Words) -> Text:
    return Text.assemble(("! ", "yellow"), (f"{say.label('note', code)}: ", "bold"), say.text("note", code))
