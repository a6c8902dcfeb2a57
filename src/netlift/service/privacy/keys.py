"""Keys: a secret per row, wrapped by a key of the folder; what a person's key seals is text bound to its field.

AES-256 in Galois/counter mode (NIST SP 800-38D) with random nonces of 96 bits; what a seal is bound to is its
associated data, so that a value moved to another row or field does not open.
"""

import os
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from netlift.errors import DataError
from netlift.service.core.folder import KEY_BYTES
from netlift.service.privacy.models import Wrapped

_NONCE_BYTES = 12


def new_key() -> bytes:
    """A key for one person."""
    return secrets.token_bytes(KEY_BYTES)


def wrap(secret: bytes, bound: str) -> tuple[str, bytes]:
    """Id of the folder's newest key, and the secret as that key wraps it."""
    seal, key = _seals()[0]
    return seal, _sealed(key, secret, bound)


def unwrap(row: Wrapped) -> bytes:
    """The secret of a row.

    Raises:
        DataError: the folder's secrets are not those that wrapped it, or the row was tampered with.
    """
    key = dict(_seals()).get(row.seal)
    if key is None:
        raise DataError(
            f"secrets.json has no key {row.seal!r}, which wraps the secret of {row.bound}: bring back the file of"
            " secrets that belongs to this store"
        )
    return _opened(key, bytes(row.wrapped), row.bound)


def seal_text(key: bytes, text: str, pseudonym: str, field: str) -> bytes:
    """A field of a person under the person's key."""
    return _sealed(key, text.encode(), _place(pseudonym, field))


def open_text(key: bytes, sealed: bytes, pseudonym: str, field: str) -> str:
    """What `seal_text` sealed.

    Raises:
        DataError: it was sealed for another person or field, with another key, or was tampered with.
    """
    return _opened(key, sealed, _place(pseudonym, field)).decode()


def newest() -> str:
    """Id of the folder's key that wraps from now on."""
    return _seals()[0][0]


def older() -> tuple[str, ...]:
    """Ids of the folder's keys that wrap nothing new."""
    return tuple(name for name, _ in _seals()[1:])


def _place(pseudonym: str, field: str) -> str:
    return f"field {field} of person {pseudonym}"


def _sealed(key: bytes, plain: bytes, bound: str) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound.encode())


def _opened(key: bytes, sealed: bytes, bound: str) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound.encode())
    except (InvalidTag, ValueError):
        raise DataError(
            f"the secret kept for {bound} does not open: the row was changed by another program, or the store and its"
            " file of secrets are of different times"
        ) from None


def _seals() -> tuple[tuple[str, bytes], ...]:
    """The folder's keys as they stand in its file now: another process may have rotated them."""
    found = os.stat(settings.FOLDER.root / "secrets.json")  # noqa: PTH116  one call, on the way of every request
    return _read(found.st_mtime_ns, found.st_ino, found.st_size)


@lru_cache(maxsize=1)
def _read(*_: int) -> tuple[tuple[str, bytes], ...]:
    seals: tuple[tuple[str, bytes], ...] = settings.FOLDER.secrets().seals
    return seals
