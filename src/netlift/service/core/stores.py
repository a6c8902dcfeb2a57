"""The transaction store: SQLite beside the other files, or PostgreSQL by its address."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from netlift.errors import ConfigError

WAIT_S = 20
"""How long a writer waits for others before it gives up."""
LEFT_PAGES = 64_000
"""How long SQLite's log gets before a request moves it into the file; `checkpoint` in the worker comes before that."""
_SQLITE = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
    f" PRAGMA busy_timeout={1000 * WAIT_S};"
    f" PRAGMA cache_size=-16000; PRAGMA wal_autocheckpoint={LEFT_PAGES}"
)


def store(address: str, beside: Path) -> dict[str, Any]:
    """What Django needs to know of a store.

    Writers of SQLite take the write lock when they begin (`IMMEDIATE`), so that they wait for each other instead of
    failing half-way.

    Args:
        address: `postgresql://user:password@host:port/name` (or with `?host=/folder` for a socket), `sqlite:///file`,
            or empty for the file beside.
        beside: the SQLite file where no address is given.

    Raises:
        ConfigError: an address of another kind, or without a name.

    >>> store("postgresql://shop@db.example/shop", Path("x"))["NAME"]
    'shop'
    """
    if not address:
        return _sqlite(beside)
    parts = urlsplit(address)
    if parts.scheme == "sqlite":
        path = unquote(parts.path)
        if parts.netloc or len(path) < 2:
            raise ConfigError(f"the store {address!r} names no file: write sqlite:///relative or sqlite:////absolute")
        return _sqlite(Path(path[1:]))
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ConfigError(
            f"the store's address begins with {parts.scheme or address!r}: write postgresql://... or sqlite:///..."
        )
    return _postgres(address)


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"timeout": WAIT_S, "transaction_mode": "IMMEDIATE", "init_command": _SQLITE},
    }


def _postgres(address: str) -> dict[str, Any]:
    parts, asked = urlsplit(address), {key: values[-1] for key, values in parse_qs(urlsplit(address).query).items()}
    name = unquote(parts.path.lstrip("/")) or asked.pop("dbname", "")
    if not name:
        raise ConfigError("the store's address names no database: write postgresql://user@host/NAME")
    return {
        "ENGINE": "netlift.service.core.postgres",
        "NAME": name,
        "USER": unquote(parts.username or "") or asked.pop("user", ""),
        "PASSWORD": unquote(parts.password or "") or asked.pop("password", ""),
        "HOST": unquote(parts.hostname or "") or asked.pop("host", ""),
        "PORT": str(parts.port or "") or asked.pop("port", ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"connect_timeout": WAIT_S} | {key: value for key, value in asked.items() if key.startswith("ssl")},
    }
