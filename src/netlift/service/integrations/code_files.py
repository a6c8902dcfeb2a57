"""Files of codes: words that another system gave out, each a code of a promotion here."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from netlift.errors import DataError
from netlift.service.core.refusals import Refused, TooLarge
from netlift.service.ledger.codes import make_word

MOST = 2_000
"""Codes of one file; each has a batch of its own, so large numbers are better made here."""
_HEADS = frozenset({"code", "codes", "discount code", "name"})


class Left(NamedTuple):
    """A code that was not taken."""

    line: int
    """Its place among the codes, from 1; the code itself is not told, as it is worth money."""
    why: str


class Imported(NamedTuple):
    """What came of a file."""

    kept: int
    """New ones, and those that were here with the same terms."""
    refused: tuple[Left, ...]


def import_codes(
    text: bytes, promotion_id: str, *, uses: int | None = 1, per_customer: int | None = 1,
    expires_at: datetime | None = None,
) -> Imported:  # fmt: skip
    """Let codes that were given out elsewhere open a promotion here; the same file again changes nothing.

    Args:
        text: CSV with a column `code`, or of one column.
        promotion_id: what they open, once it is live.
        uses: of each code; None: not limited.
        per_customer: uses of each code by one customer; None: not limited.
        expires_at: when they end; None: never.

    Raises:
        TooLarge: more than `MOST`.
        DataError: the file has no such column.
    """
    codes = list(dict.fromkeys(codes_of(text)))
    if len(codes) > MOST:
        raise TooLarge(f"{len(codes)} codes: {MOST} are taken at once; send the file in parts", most=MOST)
    refused: list[Left] = []
    for number, code in enumerate(codes, 1):
        try:
            with transaction.atomic():
                make_word(code, promotion_id, uses=uses, per_customer=per_customer, expires_at=expires_at)
        except Refused as error:
            refused.append(Left(number, error.detail))
    return Imported(len(codes) - len(refused), tuple(refused))


def codes_of(text: bytes) -> Iterator[str]:
    r"""The codes of a file: its column `code` (or `Name`), or the only column that it has.

    Raises:
        DataError: it has neither.

    >>> list(codes_of(b"Name,Value\nTEA10,5\nCUP20,5\n")), list(codes_of(b"TEA10\nCUP20\n"))
    (['TEA10', 'CUP20'], ['TEA10', 'CUP20'])
    """
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text.decode("utf-8-sig")))]
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"the file is no CSV in UTF-8: {error}") from None
    head = [cell.lower() for cell in rows[0]] if rows else []
    places = [place for place, cell in enumerate(head) if cell in _HEADS]
    if not places and len(head) > 1:
        raise DataError("the file has no column `code`: give it one, or no other column")
    place = places[0] if places else 0
    for row in rows[1:] if places else rows:
        if len(row) > place and row[place]:
            yield row[place]
