"""Receipts of erasures: signed, so that a shop can show years later what it erased, and nobody can make one up."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from netlift.service.privacy.models import Erasure


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a person was erased."""

    receipt_id: str
    pseudonym: str
    erased_at: datetime
    """To the second."""
    by: str
    """`Caller.name` of who asked for it."""
    counts: Mapping[str, int]
    """Rows that were erased or unlinked, by what held them; the person's key is one of `privacy`."""
    signature: str
    """Ed25519 (RFC 8032) over `statement`, in hexadecimal."""
    repeated: bool = False
    """There was nothing left to erase: this is the receipt of the time before."""

    @property
    def genuine(self) -> bool:
        """Whether this service signed exactly this."""
        said = statement(self.receipt_id, self.pseudonym, self.erased_at, self.by, self.counts)
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key())).verify(bytes.fromhex(self.signature), said)
        except (InvalidSignature, ValueError):
            return False
        return True


def statement(receipt_id: str, who: str, at: datetime, by: str, counts: Mapping[str, int]) -> bytes:
    """What is signed: these members as JSON, sorted, without blanks, in UTF-8."""
    said: dict[str, Any] = {
        "receipt_id": receipt_id, "pseudonym": who, "erased_at": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", "by": by,
        "counts": dict(counts),
    }  # fmt: skip
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def receipt_of(row: Erasure, *, repeated: bool = False) -> Receipt:
    """A row as a receipt."""
    return Receipt(row.receipt_id, row.pseudonym, row.erased_at, row.by, row.counts, row.signature, repeated)


def sign(said: bytes) -> str:
    """The signature of a statement, in hexadecimal."""
    return _signer().sign(said).hex()


def public_key() -> str:
    """What anybody can check the signatures with, in hexadecimal; it stays the same as long as the folder's secrets."""
    return _signer().public_key().public_bytes_raw().hex()


@cache
def _signer() -> Ed25519PrivateKey:
    # the key of the pseudonyms never changes, so neither does this one
    seed = hmac.digest(settings.SECRETS.pseudonyms, b"netlift: receipts of erasures", "sha256")
    return Ed25519PrivateKey.from_private_bytes(seed)
