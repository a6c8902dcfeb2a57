"""CSV files: UTF-8, one header, and no cell that a spreadsheet takes for a formula."""

import csv
import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def safe(value: object) -> str:
    """A cell as text; one that would begin a formula gets an apostrophe before it, numbers stay as they are.

    >>> safe("=1+1"), safe("-10.0"), safe(None), safe("茶")
    ("'=1+1", '-10.0', '', '茶')
    """
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a file and give its number of rows, the header not counted."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow([safe(value) for value in row])
            count += 1
    return count


def file_stem(name: str) -> str:
    """A name as part of a file name: what may not stand there goes, and a hash keeps names apart that lost something.

    >>> file_stem("points-1a2b3c"), file_stem("mail/half price")
    ('points-1a2b3c', 'mail_half_price-6eccc0')
    """
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name)
    return plain if plain == name else f"{plain}-{sha256(name.encode()).hexdigest()[:6]}"
