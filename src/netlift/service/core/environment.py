"""Settings from the environment, each checked where it is read."""

import os

from netlift.errors import ConfigError


def whole(name: str, default: int) -> int:
    """A whole number above 0.

    Raises:
        ConfigError: it is something else.
    """
    text = os.environ.get(name, "") or str(default)
    if not text.isdecimal() or not 0 < int(text[:19]) < 2**31:
        raise ConfigError(f"{name} is {text[:40]!r}: write a whole number above 0, such as {default}")
    return int(text)
