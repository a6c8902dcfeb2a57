"""Files that are sent for ingestion, under plain names in one folder."""

import os
import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from netlift.service.core.refusals import NotFound, Refused, TooLarge
from netlift.service.runs.child import inbox

MOST_HELD = 10 * 1024**3
"""Bytes that the inbox holds at most."""
_NAME = re.compile(r"[A-Za-z0-9_\-\u00c0-\u024f\u4e00-\u9fff][A-Za-z0-9_\-.\u00c0-\u024f\u4e00-\u9fff ]{0,119}")


class Waiting(NamedTuple):
    """A file in the inbox."""

    name: str
    bytes: int
    at: datetime


def receive(name: str, pieces: Iterable[bytes]) -> Waiting:
    """Keep a file under its name, whole or not at all; one that was there is replaced.

    Raises:
        Refused: the name is no plain one.
        TooLarge: the inbox would hold more than `MOST_HELD`.
    """
    if not _NAME.fullmatch(name) or ".." in name or name.endswith((" ", ".")):
        raise Refused("a file's name has letters, digits, blanks, - _ and . only: give it such a name", "bad_name")
    folder = inbox()
    folder.mkdir(parents=True, exist_ok=True)
    room = MOST_HELD - sum(one.bytes for one in waiting())
    draft = folder / f".{secrets.token_hex(8)}.part"
    try:
        with draft.open("xb") as file:
            for piece in pieces:
                room -= len(piece)
                if room < 0:
                    raise TooLarge("the inbox is full: remove files that were taken in", most=MOST_HELD)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / name)
    finally:
        draft.unlink(missing_ok=True)
    return _waiting(folder / name)


def waiting() -> list[Waiting]:
    """The files in the inbox, by name."""
    folder = inbox()
    if not folder.is_dir():
        return []
    return [_waiting(path) for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]


def remove(name: str) -> None:
    """Remove a file from the inbox.

    Raises:
        NotFound: it is not there.
    """
    if name not in {one.name for one in waiting()}:
        raise NotFound(f"there is no file {name[:120]!r}")
    (inbox() / name).unlink(missing_ok=True)


def _waiting(path: Path) -> Waiting:
    told = path.stat()
    return Waiting(path.name, told.st_size, datetime.fromtimestamp(told.st_mtime, UTC))
