"""Shopify's discounts as drafts: read by the library's reader; what the file does not tell is refused, not guessed."""

import csv
import io
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from django.utils import timezone

from netlift.errors import DataError, NetliftError
from netlift.money import exponent
from netlift.service.access.caller import Caller
from netlift.service.catalog.models import PromotionVersion
from netlift.service.catalog.promotions import draft
from netlift.service.core.refusals import TooLarge

MOST = 500
"""Discounts of one file."""
_COMBINES = tuple(f"Combines with {what} Discounts" for what in ("Order", "Product", "Shipping"))
_PLAIN = re.compile(r"[/\\?#%\s]+")
_PACKED = (b"PK", b"\x1f\x8b")
_MONEY = re.compile(r"\d[\d.,'\u00a0\u202f ]*")

Row = Mapping[str, Any]


class Drafted(NamedTuple):
    """A discount that is a draft now."""

    name: str
    promotion_id: str
    version: int
    unchanged: bool
    """Its newest version says the same already; nothing was made."""


class Left(NamedTuple):
    """A discount that is none."""

    name: str
    why: str


class Imported(NamedTuple):
    """What came of a file."""

    drafted: tuple[Drafted, ...]
    refused: tuple[Left, ...]


class _Unsaid(Exception):  # noqa: N818  it never leaves this module
    """Something that the file does not tell, or that a promotion cannot say."""


def import_discounts(text: bytes, currency: str, by: Caller, *, now: datetime | None = None) -> Imported:
    """Make drafts of the discounts of a file; a second person approves them like any others.

    Args:
        text: CSV as the Shopify admin exports it, or as `netlift export shopify` writes it.
        currency: of its amounts; the file names none.
        by: the drafts' author.
        now: discounts that ended before are left out.

    Raises:
        TooLarge: more than `MOST` discounts.
        DataError: it is no such file.
    """
    now = now or timezone.now()
    rows, refused = _rows(text, currency)
    if len(rows) > MOST:
        raise TooLarge(f"{len(rows)} discounts: {MOST} are taken at once; codes of one discount are a file of codes")
    stacks = _stacking(text)
    drafted: dict[str, Drafted] = {}
    for row in rows:
        name = str(row["promotion_id"])
        try:
            definition = _definition(row, currency, now, exclusive=not stacks.get(name, False))
            if definition["id"] in drafted:
                raise _Unsaid("has the id of another discount in the file; rename one of them")
            drafted[definition["id"]] = _drafted(name, definition, by)
        except (_Unsaid, NetliftError) as error:
            refused.append(Left(name, str(error)))
    return Imported(tuple(drafted.values()), tuple(refused))


def _rows(text: bytes, currency: str) -> tuple[list[Row], list[Left]]:
    """The file through the library's reader, in a workspace that is gone afterwards."""
    from netlift.data.ingest import Wishes, ingest
    from netlift.data.workspace import Settings, Workspace

    with TemporaryDirectory(prefix="netlift-shopify-") as folder:
        path = Path(folder) / "discounts.csv"
        if text[:2] in _PACKED:
            raise DataError("the file is packed: send it as plain CSV")
        path.write_bytes(text)
        try:
            workspace = Workspace.create(Path(folder) / "workspace", Settings(currency=currency))
            (receipt,) = ingest([path], workspace, Wishes(kind="shopify_discounts", currency=currency))
            rows = workspace.table("promotions").to_pylist()
        except DataError as error:
            raise DataError(str(error).replace(str(path), "the file").replace(folder, "")) from None
    lines = [Left("", f"{one.rows} rows are refused: {one.reason}") for one in receipt.refused]
    return sorted(rows, key=lambda row: str(row["promotion_id"])), lines


def _stacking(text: bytes) -> dict[str, bool]:
    """Whether a discount combines with all others, which the library's table has no column for."""
    reader = csv.DictReader(io.StringIO(text.decode("utf-8-sig", "replace")))
    try:
        return {
            str(row.get("Name") or "").strip(): all(str(row.get(one) or "").lower() == "true" for one in _COMBINES)
            for row in reader
        }
    except csv.Error:
        return {}  # the library's reader has told what is wrong with it


def _drafted(name: str, definition: dict[str, Any], by: Caller) -> Drafted:
    last = PromotionVersion.objects.filter(promotion_id=definition["id"]).order_by("-version").first()
    if last is not None and {key: value for key, value in last.definition.items() if key != "version"} == definition:
        return Drafted(name, last.promotion_id, last.version, unchanged=True)
    made = draft(definition, by)
    return Drafted(name, made.promotion_id, made.version, unchanged=False)


def _definition(row: Row, currency: str, now: datetime, *, exclusive: bool) -> dict[str, Any]:
    told = json.loads(row["attributes"] or "{}")
    start, end = row["starts_at"], row["ends_at"]
    if (end is not None and end <= now) or told.get("status") == "expired":
        raise _Unsaid("is over")
    if str(told.get("customers") or "All customers").lower() != "all customers":
        raise _Unsaid("is for certain customers, whom the file does not name")
    benefit: dict[str, Any] = {"effect": _effect(row, told)}
    if benefit["effect"]["kind"] == "amount":
        benefit["allocation"] = "across"
    if (least := _minimum(str(told.get("minimum") or ""), currency)) is not None:
        benefit["when"] = least
    coded = bool(row["code"])
    limits = _limits(row, told) if coded else {}
    name = str(row["name"])
    if not name.isprintable():
        raise _Unsaid("has a name with characters that cannot be shown")
    definition: dict[str, Any] = {"id": _PLAIN.sub("-", name)[:100], "benefits": [benefit], "name": name[:200]}
    window = {key: _moment(at) for key, at in (("start", start), ("end", end)) if at is not None}
    definition |= {"window": window} if window else {}
    definition |= {"trigger": {"kind": "code", "codes": [str(row["code"])]}} if coded else {}
    definition |= {"limits": limits} if limits else {}
    definition |= {"exclusive": True} if exclusive else {}
    return definition | {"currency": currency}


def _effect(row: Row, told: Row) -> dict[str, Any]:
    kind, what = str(told.get("type") or ""), str(told.get("class") or "")
    if "shipping" in what or "shipping" in kind:
        return {"kind": "shipping", "percent": "100"}
    if "buy" in kind or "bxgy" in kind:
        raise _Unsaid("gives goods for goods, which the file does not name")
    if "product" in what or "product" in kind:
        raise _Unsaid("is for certain products, which the file does not name: write it by hand")
    if row["value"] is None or not row["value"] > 0:
        raise _Unsaid("takes nothing off")
    if row["value_type"] == "percent":
        off = Decimal(str(round(row["value"] * 100, 6))).normalize()
        return {"kind": "percent", "off": f"{off:f}"}
    if row["value_type"] == "amount":
        return {"kind": "amount", "off": round(row["value"])}
    raise _Unsaid("has a value that is neither per cent nor an amount")


def _minimum(text: str, currency: str) -> dict[str, Any] | None:
    """The condition on the cart; None where there is none."""
    found = _MONEY.search(text)
    if not text.strip() or "none" in text.lower() or (found is None and "no minimum" in text.lower()):
        return None
    if found is None:
        raise _Unsaid("has a minimum that cannot be read")
    number = found[0].strip(" .,'\u00a0\u202f")
    if "quantity" in text.lower():
        if not number.isdecimal():
            raise _Unsaid("has a minimum that cannot be read")
        return {"fact": "cart.quantity", "op": ">=", "value": int(number)}
    return {"fact": "cart.subtotal", "op": ">=", "value": _minor(number, currency)}


def _minor(number: str, currency: str) -> int:
    """An amount as people write it: the last dot or comma is the decimal one if as many digits follow as coins have."""
    whole, digits = re.sub(r"[^\d.,]", "", number), exponent(currency)
    place = max(whole.rfind("."), whole.rfind(","))
    if digits and place >= 0 and len(whole) - place - 1 == digits:
        return int(re.sub(r"\D", "", whole))
    if place >= 0 and len(whole) - place - 1 != 3:
        raise _Unsaid("has a minimum that cannot be read")
    return int(re.sub(r"\D", "", whole)) * 10**digits


def _limits(row: Row, told: Row) -> dict[str, int]:
    limits: dict[str, int] = {}
    often = str(told.get("usage_limit") or "").strip().removesuffix(".0")
    if often:
        if not (often.isascii() and often.isdecimal()):
            raise _Unsaid("has a limit of uses that cannot be read")
        left = int(often) - int(row["participants"] or 0)
        if left < 1:
            raise _Unsaid("is used up")
        limits["total"] = left
    if str(told.get("once_per_customer") or "").lower() in {"true", "yes"}:
        limits["per_customer"] = 1
    return limits


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
