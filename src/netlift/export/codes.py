"""Personal coupon codes: made from the workspace's key, so that they need no table, and nobody can guess one.

A code is eleven characters of an alphabet of 23 without vowels and look-alikes (no 0 O 1 I L, no S Z B G Q), then one
that checks them: 9.5e14 codes, of which a plan for a million customers uses one in a billion. The check character is
a weighted sum modulo the prime 23, so it finds every single wrong character and every two that changed places.
"""

import hmac
import json
from collections.abc import Iterable, Iterator
from hashlib import sha256

from netlift.errors import ConfigError
from netlift.plan.artefact import Plan
from netlift.plan.exposures import WITHHELD

ALPHABET = "23456789CDFHJKMNPRTVWXY"
_LENGTH = 11
_PRIME = len(ALPHABET)
_VALUE = {character: value for value, character in enumerate(ALPHABET)}


def personal_code(key: bytes, plan_id: str, offer_id: str, customer_id: str, attempt: int = 0) -> str:
    """The code of a customer for an offer of a plan; without a customer, of the offer.

    HMAC-SHA256 (RFC 2104) of the four as a JSON list, below a label of its own, so that codes say nothing about the
    pseudonyms that are made with the same key.

    Args:
        key: of the workspace.
        plan_id: as `plan.artefact.plan_id`.
        offer_id: of the plan.
        customer_id: pseudonym; empty for a code that all customers of the offer share.
        attempt: another code where this one is taken.

    >>> personal_code(b"k" * 32, "plan", "points-1", "ann")
    'THD2-R78R-MY2M'
    """
    said = json.dumps(["netlift coupon", plan_id, offer_id, customer_id, attempt]).encode()
    number = int.from_bytes(hmac.digest(key, said, "sha256"), "big")
    characters = []
    for _ in range(_LENGTH):
        number, value = divmod(number, _PRIME)
        characters.append(ALPHABET[value])
    return grouped("".join(characters) + _check("".join(characters)))


def personal_codes(key: bytes, plan_id: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """The codes of (offer, customer) pairs in their order; every one different from all before it."""
    seen: set[bytes] = set()
    for offer_id, customer_id in rows:
        attempt = 0
        while True:
            code = personal_code(key, plan_id, offer_id, customer_id, attempt)
            if (known := sha256(code.encode()).digest()[:8]) not in seen:
                break
            attempt += 1
        seen.add(known)
        yield code


def given(plan: Plan) -> Iterator[tuple[str, str]]:
    """(offer, customer) of everybody who is given something, in the order of the plan's rows."""
    for batch in plan.rows.select(["offer_id", "customer_id", "arm"]).to_batches(max_chunksize=65_536):
        columns = (column.to_pylist() for column in batch.columns)
        for offer_id, customer_id, arm in zip(*columns, strict=True):
            if arm not in WITHHELD:
                yield offer_id, customer_id


def key_of(key: bytes | None) -> bytes:
    """The key, if there is one.

    Raises:
        ConfigError: there is none.
    """
    if key is None:
        raise ConfigError("coupon codes are made with the key of a workspace: give the workspace with --workspace")
    return key


def well_formed(code: str) -> bool:
    """Whether a text can be a code: letter case, blanks and dashes do not matter, the check character does.

    >>> well_formed("thd2 r78r my2m"), well_formed("THD2-R78R-MY2N"), well_formed("HTD2-R78R-MY2M")
    (True, False, False)
    """
    plain = code.upper().replace("-", "").replace(" ", "")
    return len(plain) == _LENGTH + 1 and all(c in _VALUE for c in plain) and _check(plain[:-1]) == plain[-1]


def grouped(plain: str) -> str:
    """The characters in groups of four."""
    return "-".join(plain[place : place + 4] for place in range(0, len(plain), 4))


def _check(plain: str) -> str:
    """The character that brings the sum of value times place, the check's own place last, to 0 modulo 23."""
    total = sum(place * _VALUE[character] for place, character in enumerate(plain, 1))
    last = len(plain) + 1
    return ALPHABET[-total * pow(last, -1, _PRIME) % _PRIME]
