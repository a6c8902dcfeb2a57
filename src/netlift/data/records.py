"""The records of a CSV file by the book (RFC 4180), row by row: slow, exact, and never loses a line.

DuckDB reads the files that are well-formed; a file whose count of records does not come out as it must is read
here instead. One bad quote costs one line, not the rest of the file: a record that does not end well gives up its
first line as malformed and reading goes on with the next.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

_LONGEST = 1 << 20  # bytes of one record; an open quote that swallows more is a mistake


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the file as it stands there, `fields` is None where it cannot be understood."""

    number: int
    """1 for the first record of the file."""
    fields: tuple[bytes, ...] | None

    @property
    def blank(self) -> bool:
        """Whether there is nothing but blanks in it."""
        return self.fields is not None and not any(value.strip() for value in self.fields)


def records(lines: Iterable[bytes], delimiter: str) -> Iterator[Record]:
    r"""Split lines (with their line ends) into records.

    >>> [r.fields for r in records([b'a,"b\n', b'c"\n', b'"d"e,f\n', b'g,h'], ",")]
    [(b'a', b'b\nc'), None, (b'g', b'h')]
    """
    waiting: deque[bytes] = deque()
    source = iter(lines)
    number = 0
    while True:
        line = waiting.popleft() if waiting else next(source, None)
        if line is None:
            return
        number += 1
        taken = [line]
        fields = _fields(_bare(line), delimiter)
        if fields is None and _is_open(line, delimiter):
            fields = _closed(taken, waiting, source, delimiter)
        if fields is None:
            waiting.extendleft(reversed(taken[1:]))
        yield Record(number, fields)


def _closed(
    taken: list[bytes], waiting: deque[bytes], source: Iterator[bytes], delimiter: str
) -> tuple[bytes, ...] | None:
    """Add lines to `taken` until its open quote is closed; None if that does not end well."""
    size = len(taken[0])
    while size < _LONGEST:
        line = waiting.popleft() if waiting else next(source, None)
        if line is None:
            return None
        taken.append(line)
        size += len(line)
        if b'"' in line:
            whole = b"".join(taken)
            fields = _fields(_bare(whole), delimiter)
            if fields is not None or not _is_open(whole, delimiter):
                return fields
    return None


def _bare(line: bytes) -> bytes:
    return line[:-2] if line.endswith(b"\r\n") else line.removesuffix(b"\n")


def _fields(line: bytes, delimiter: str) -> tuple[bytes, ...] | None:
    if b'"' not in line:
        return tuple(line.split(delimiter.encode()))
    field, _ = _patterns(delimiter)
    values, at = [], 0
    while True:
        found = field.match(line, at)
        if found is None:
            return None
        values.append(found[2] if found[1] is None else found[1].replace(b'""', b'"'))
        at = found.end() + 1
        if at > len(line):
            return tuple(values)


def _is_open(record: bytes, delimiter: str) -> bool:
    return _patterns(delimiter)[1].fullmatch(record) is not None


@cache
def _patterns(delimiter: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """A field up to the next delimiter or the end, and a record that ends inside a quoted field."""
    d = re.escape(delimiter.encode())
    value = rb' *+"((?:[^"]++|"")*+)" *+|((?! *+")[^' + d + rb"\n]*+)"
    inner = rb'(?:(?: *+"(?:[^"]++|"")*+" *+|(?! *+")[^' + d + rb"\n]*+)" + d + rb')*+ *+"(?:[^"]++|"")*+'
    return re.compile(rb"(?:" + value + rb")(?=" + d + rb"|\Z)", re.DOTALL), re.compile(inner, re.DOTALL)
