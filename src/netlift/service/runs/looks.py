"""What can be seen of a child process from outside: how far it is, what it said last, how much memory it uses."""

import re
import sys
from contextlib import suppress
from pathlib import Path

_BAR = re.compile(r"([^\r\n\x1b]*?)\s*[━╸╺─]{5,}[━╸╺─ ]*\s+(\d+)/(\d+)")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_FAILED = "Traceback (most recent call last):"
_PRIVATE = re.compile(r"^(?:RssAnon|RssShmem|VmSwap):\s+(\d+) kB", re.MULTILINE)


def seen(stderr: Path) -> tuple[int, int, str] | None:
    """Where the command's progress bar stands, read from the end of what it has drawn."""
    with stderr.open("rb") as file:
        file.seek(max(stderr.stat().st_size - 4_000, 0))
        drawn = _ESCAPES.sub("", file.read().decode("utf-8", "ignore"))
    bars = _BAR.findall(drawn)
    if not bars:
        return None
    note, done, total = bars[-1]
    return int(done), int(total), note.strip()[:200]


def last_words(stderr: Path) -> str:
    """What went wrong: the line that names the exception, else the last one that is no progress bar."""
    drawn = _ESCAPES.sub("", stderr.read_bytes()[-20_000:].decode("utf-8", "ignore"))
    lines = [line.rstrip() for line in re.split(r"[\r\n]+", drawn)]
    said = [line for line in lines if line.strip() and not _BAR.search(line)]
    if not said:
        return ""
    traced = max((place for place, line in enumerate(said) if line.strip() == _FAILED), default=None)
    named = [] if traced is None else [line for line in said[traced + 1 :] if not line[0].isspace()]
    return (named or said[-1:])[0].strip()[:1000]


def used_mb(session: int) -> int:
    """Private memory in use, swapped out or not, by all processes of a session; 0 where the system does not tell.

    What is mapped and was never touched does not count, and neither do files that are mapped.
    """
    if sys.platform != "linux":
        return 0
    return sum(_private_kb(folder) for folder in Path("/proc").glob("[0-9]*") if _session(folder) == session) // 1024


def _session(folder: Path) -> int:
    with suppress(OSError, ValueError, IndexError):
        return int((folder / "stat").read_text("utf-8").rpartition(")")[2].split()[3])
    return 0


def _private_kb(folder: Path) -> int:
    with suppress(OSError):
        return sum(map(int, _PRIVATE.findall((folder / "status").read_text("utf-8"))))
    return 0
