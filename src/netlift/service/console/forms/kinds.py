"""How each unit of a form's field is drawn, read from what was typed, and written back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from netlift.money import exponent
from netlift.promotions.form import Unit

LARGEST = 2**63 - 1


class Setting(NamedTuple):
    """What texts are read and written by."""

    currency: str
    """Of amounts, ISO 4217."""
    zone: str
    """Of moments, IANA name."""
    lang: str
    """en or zh-CN."""


class Unfit(ValueError):  # noqa: N818  it is said to the person who typed
    """What was typed is not what the field asks for; the text says so in the reader's language."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How values of one unit are typed."""

    widget: str
    """text, number, moment, time, zone, check."""
    parse: Callable[[str, Setting], Any]
    """JSON value of a text that is not empty; Unfit where there is none."""
    render: Callable[[Any, Setting], str]
    """The text of a JSON value."""
    help: Any = ""
    """How to fill it in, where the title does not say it."""
    suffix: Callable[[Setting], str] = lambda _setting: ""


def _text(typed: str, _setting: Setting) -> str:
    return typed


def _as_is(value: Any, _setting: Setting) -> str:
    return str(value)


def _decimal(typed: str) -> Decimal:
    try:
        number = Decimal(typed.replace(",", "").strip())
    except InvalidOperation:
        raise Unfit(_("Write a number, such as 12.50.")) from None
    if not number.is_finite() or abs(number) > LARGEST:
        raise Unfit(_("Write a number, such as 12.50."))
    return number


def _money(typed: str, setting: Setting) -> int:
    places = exponent(setting.currency)
    minor = _decimal(typed).scaleb(places)
    if minor != minor.to_integral_value():
        raise Unfit(_("At most %(places)s decimals in %(currency)s.")
                    % {"places": places, "currency": setting.currency})  # fmt: skip
    if not 0 <= minor <= LARGEST:
        raise Unfit(_("An amount is not below zero."))
    return int(minor)


def money_text(minor: Any, setting: Setting) -> str:
    """Minor units as they are typed."""
    places = exponent(setting.currency)
    return f"{Decimal(int(minor)).scaleb(-places):.{places}f}"


def _whole(least: int, most: int = LARGEST) -> Callable[[str, Setting], int]:
    def parse(typed: str, _setting: Setting) -> int:
        number = _decimal(typed)
        if number != number.to_integral_value():
            raise Unfit(_("Write a whole number."))
        if not least <= number <= most:
            raise Unfit(_("At least %(least)s.") % {"least": least} if number < least
                        else _("At most %(most)s.") % {"most": most})  # fmt: skip
        return int(number)

    return parse


def _part(least: int, most: int | None) -> Callable[[str, Setting], str]:
    def parse(typed: str, _setting: Setting) -> str:
        number = _decimal(typed.removesuffix("%"))
        if number < least:
            raise Unfit(_("At least %(least)s.") % {"least": least})
        if most is not None and number > most:
            raise Unfit(_("At most %(most)s.") % {"most": most})
        return format(number, "f")

    return parse


def _moment(typed: str, setting: Setting) -> str:
    try:
        moment = datetime.fromisoformat(typed)
        if not 1970 <= moment.year < 9000:  # beyond, other time zones have no such day
            raise ValueError(typed)
        return moment.replace(tzinfo=ZoneInfo(setting.zone)).isoformat()
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise Unfit(_("Write a day and a time, such as 2026-11-11 20:00.")) from None


def _moment_text(value: Any, setting: Setting) -> str:
    return datetime.fromisoformat(str(value)).astimezone(ZoneInfo(setting.zone)).strftime("%Y-%m-%dT%H:%M")


def _time(typed: str, _setting: Setting) -> str:
    try:
        return time.fromisoformat(typed).isoformat("minutes")
    except ValueError:
        raise Unfit(_("Write a time, such as 18:00.")) from None


def _zone(typed: str, _setting: Setting) -> str:
    try:
        ZoneInfo(typed)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unfit(_("There is no such time zone; write one like Asia/Shanghai.")) from None
    return typed


KINDS: Mapping[Unit, Kind] = MappingProxyType({
    "money": Kind("number", _money, money_text, suffix=lambda setting: setting.currency),
    "percent": Kind("number", _part(0, 100), _as_is, gettext_lazy("Such as 17.5."), lambda _setting: "%"),
    "multiple": Kind("number", _part(1, None), _as_is, gettext_lazy("Such as 1.5."), lambda _setting: "×"),
    "count": Kind("number", _whole(1), _as_is),
    "points": Kind("number", _whole(1), _as_is),
    "days": Kind("number", _whole(0), _as_is),
    "weekday": Kind("number", _whole(1, 7), _as_is),
    "text": Kind("text", _text, _as_is),
    "product": Kind("text", _text, _as_is),
    "segment": Kind("text", _text, _as_is),
    "code": Kind("text", _text, _as_is),
    "choice": Kind("choice", _text, _as_is),
    "moment": Kind("moment", _moment, _moment_text, gettext_lazy("In the time zone that is named here.")),
    "time": Kind("time", _time, _as_is),
    "zone": Kind("zone", _zone, _as_is),
    "yes_no": Kind("check", _text, _as_is),
})  # fmt: skip
"""By unit; groups (`goods`) and tables (`rows`) are made of fields of these."""
SEVERAL = gettext_lazy("Several are separated by commas.")
"""Help of a field that takes several texts."""
WEEKDAYS = (
    gettext_lazy("Monday"), gettext_lazy("Tuesday"), gettext_lazy("Wednesday"), gettext_lazy("Thursday"),
    gettext_lazy("Friday"), gettext_lazy("Saturday"), gettext_lazy("Sunday"),
)  # fmt: skip
WORDS: Mapping[str, Any] = MappingProxyType({
    "unit": gettext_lazy("each unit"), "line": gettext_lazy("each line"), "order": gettext_lazy("the order"),
    "day": gettext_lazy("on the day"), "month": gettext_lazy("in the month"),
    "profit": gettext_lazy("profit"), "revenue": gettext_lazy("revenue"), "new_buyers": gettext_lazy("new buyers"),
    "stickiness": gettext_lazy("customers who stay"), "clear_stock": gettext_lazy("clear stock"),
    "win_back": gettext_lazy("win customers back"), "exclude": gettext_lazy("leave them out"),
    "allow": gettext_lazy("list them too"), "only": gettext_lazy("list only them"),
})  # fmt: skip
"""Choices of forms in words; one without words is shown as itself."""
