"""Much is kept in portions, each a short transaction: other writers get their turn in between."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

PORTION = 500
"""Rows that are written at once."""


def portions(rows: Sequence[T], size: int = PORTION) -> Iterator[tuple[int, Sequence[T]]]:
    """Pieces of at most so many rows, each with the place of its first.

    >>> [(start, list(rows)) for start, rows in portions("abcde", 2)]
    [(0, ['a', 'b']), (2, ['c', 'd']), (4, ['e'])]
    """
    for start in range(0, len(rows), size):
        yield start, rows[start : start + size]
