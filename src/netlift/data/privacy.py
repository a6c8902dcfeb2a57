"""Pseudonyms: a personal identifier becomes a keyed code before it reaches a table; the key stays in its own file."""

import hashlib
import hmac
import os
import secrets
from contextlib import suppress
from pathlib import Path

from netlift.errors import ConfigError

KEY_FILE = "secret.key"
"""Name of the key file in a workspace: 32 random bytes in hexadecimal, readable by its owner only."""
BLANKS = "".join(chr(code) for code in range(0x10000) if chr(code).isspace()) + "\ufeff"
"""What does not count around an identifier: all white space, and the mark that some files begin with."""


def pseudonym(identifier: str, key: bytes) -> str:
    """The code of a person: the first 96 bits of HMAC-SHA256 (RFC 2104) of the identifier, in hexadecimal.

    Case and outer blanks do not count, so that `Ann@Example.com ` and `ann@example.com` are one person.
    The SQL macro `person` gives the same codes: both make letters small one by one, whatever stands beside them.

    >>> pseudonym("Ann@Example.com ", b"k" * 32) == pseudonym("ann@example.com", b"k" * 32)
    True
    """
    return hmac.new(key, _plain(identifier).encode(), hashlib.sha256).hexdigest()[:24]


def _plain(identifier: str) -> str:
    """Small letters without outer blanks; of a letter that becomes two, such as \u0130, the first stays."""
    text = identifier.strip(BLANKS)
    return text.lower() if text.isascii() else "".join(letter.lower()[0] for letter in text)


def read_or_make_key(folder: Path) -> bytes:
    """The key of a workspace; made at first use.

    Raises:
        ConfigError: the key file does not hold 32 bytes in hexadecimal.
    """
    path = folder / KEY_FILE
    if not path.exists():
        _write_new(path, secrets.token_hex(32))
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except (ValueError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not a key: it must hold 64 hexadecimal digits") from error
    if len(key) != 32:
        raise ConfigError(f"{path} is not a key: it must hold 64 hexadecimal digits, got {2 * len(key)}")
    return key


def _write_new(path: Path, digits: str) -> None:
    """Create the file with its final rights, whole from the first moment; if another was first, its key stays."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(digits + "\n")
        with suppress(FileExistsError):
            os.link(temporary, path)  # a rename would replace the key of whoever was first
    finally:
        temporary.unlink(missing_ok=True)
