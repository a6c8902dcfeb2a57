"""Data receipts as one self-contained HTML page, in both languages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from netlift.report.amounts import Amounts
from netlift.report.html import render, write_text
from netlift.report.receipts import ReceiptView, receipt
from netlift.report.words import LANGS, Words, language, words


@dataclass(frozen=True, slots=True)
class _Page:
    lang: str
    words: Words
    receipts: tuple[ReceiptView, ...]


def write_receipts(receipts: Sequence[Mapping[str, object]], path: Path | str, lang: str = "en") -> Path:
    """Write the page; an existing file is replaced only when the new one is complete.

    Args:
        receipts: receipts as JSON-ready mappings.
        path: where to write.
        lang: the language that is shown first; the reader can switch.

    Raises:
        ConfigError: a language that has no words.
        OSError: the folder does not exist or cannot be written.
    """
    first = language(lang)
    tags = sorted(LANGS, key=lambda tag: tag != first)
    pages = [_Page(tag, words(tag), tuple(receipt(one, Amounts(words(tag), "")) for one in receipts)) for tag in tags]
    return write_text(path, render("receipts.html", {"pages": pages, "first": first}))
