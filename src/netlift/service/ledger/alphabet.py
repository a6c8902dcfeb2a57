"""How a code is spelt: 32 characters that are hard to mix up, the last of which checks the others."""

import re
from functools import cache
from typing import Any
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's: without I, L, O and U, which are read as 1, 1, 0 and V."""
_READ = str.maketrans("ILOU", "110V")
_FORM = re.compile(r"[0-9A-Z]+")
_BITS, _POLYNOMIAL = 5, 0b100101
LONGEST = 52
"""Characters of a code, prefix included."""


def canonical(typed: str) -> str:
    """A code as it is kept, however it was typed; empty where it cannot be one.

    >>> canonical(" spring-oil7 ")
    'SPR1NG0117'
    >>> canonical("ＳＰＲＩＮＧ２０")
    'SPR1NG20'
    """
    if len(typed) > 2 * LONGEST:
        return ""
    text = re.sub(r"[\s\-_.]", "", normalize("NFKC", typed)).upper()  # full-width letters are letters too
    return text.translate(_READ) if _FORM.fullmatch(text) and len(text) <= LONGEST else ""


def mistyped(code: str) -> bool:
    """Whether a random code cannot be right, because its last character does not fit the others.

    One wrong character is always noticed, and so are two neighbours that changed places.

    >>> good = "7K3M" + check("7K3M")
    >>> mistyped(good), mistyped("7K3N" + good[-1]), mistyped("K73M" + good[-1])
    (False, True, True)
    """
    return len(code) < 2 or check(code[:-1]) != code[-1]


def check(text: str) -> str:
    """The character that follows a canonical text."""
    values = np.array([[LETTERS.index(letter) for letter in text]], dtype=np.uint8)
    return LETTERS[int(checks(values)[0])]


def checks(values: NDArray[np.uint8]) -> NDArray[Any]:
    """Check values of texts as numbers 0 to 31, shape (n, characters): a weighted sum over the field of 32 elements.

    The weights are powers of a generator by the place from the right, all different for up to 31 places, which is why
    neighbours that changed places do not cancel (Reed-Solomon's parity of one symbol).
    """
    total = np.zeros(len(values), dtype=np.uint8)
    for place in range(values.shape[1]):
        total ^= _times()[1 + (values.shape[1] - 1 - place) % 31, values[:, place]]
    return total


@cache
def _times() -> NDArray[np.uint8]:
    """Row i, column v: v times the generator to the power i, in the field of 32 elements."""
    table = np.empty((32, 32), dtype=np.uint8)
    row = np.arange(32)
    for power in range(32):
        table[power] = row
        row = row << 1
        row = np.where(row >> _BITS, row ^ _POLYNOMIAL, row)
    return table
