"""A finding before it is put into words: its code, whom it is about, and the values of its text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from netlift.promotions.documents import Request
from netlift.promotions.reasons import Why
from netlift.promotions.texts import amount, reason


class Said(NamedTuple):
    """A value in both languages."""

    en: str
    zh: str


def said(value: object) -> Said:
    """A number or name, the same in both languages."""
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return Said(text, text)


def money(minor: int, currency: str) -> Said:
    """An amount, the same in both languages."""
    return said(amount(minor, currency))


def because(why: Why) -> Said:
    """A reason in both languages."""
    return Said(reason(why, "en"), reason(why, "zh_CN"))


def listed(names: tuple[str, ...]) -> Said:
    """Names joined as each language joins them."""
    return Said(", ".join(names), "、".join(names))


@dataclass(frozen=True, slots=True)
class Found:
    """What one check has seen."""

    code: str
    promotions: tuple[str, ...]
    place: str
    values: Mapping[str, Said] = field(default_factory=dict)
    example: Request | None = None
