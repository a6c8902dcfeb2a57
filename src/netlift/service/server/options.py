"""What `netlift serve` was asked for, checked before anything is touched."""

import ipaddress
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from netlift.errors import ConfigError

_GONE_S = 5.0
"""What a killed server leaves behind has ended by then."""
_YES = ("NETLIFT_HTTPS", "NETLIFT_BEHIND_PROXY")


@dataclass(frozen=True, slots=True)
class Options:
    """Where to live, and where to be reached."""

    folder: Path
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    database: str = ""
    """Address of the store; empty: NETLIFT_DATABASE, or else SQLite in the folder."""
    demo: bool = False

    @property
    def address(self) -> str:
        """For a browser on this machine."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def check(self) -> None:
        """Refuse what would be unsafe or cannot be.

        Raises:
            ConfigError: an address that others reach without encryption, or one that is in use.
        """
        if not _is_loopback(self.host) and not any(os.environ.get(name, "") not in {"", "0"} for name in _YES):
            raise ConfigError(
                f"{self.host} can be reached from other machines, and passwords and keys would travel unencrypted: put"
                " a proxy with HTTPS in front and set NETLIFT_BEHIND_PROXY=1, NETLIFT_HTTPS=1 and"
                " NETLIFT_HOSTS=shop.example, or serve on 127.0.0.1"
            )
        until = time.monotonic() + _GONE_S
        while (why := self._cannot_bind()) is not None:
            if time.monotonic() > until:
                raise ConfigError(f"cannot serve at {self.host}:{self.port} ({why}): take another --port or --host")
            time.sleep(0.25)

    def _cannot_bind(self) -> str | None:
        """Why, if the address cannot be listened at."""
        with socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET, socket.SOCK_STREAM) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind((self.host, self.port))
            except OSError as error:
                return error.strerror or str(error)
        return None

    def tell_environment(self) -> None:
        """Let Django's settings, here and in the processes to come, know of the folder and the store.

        What they write from now on is readable by their owner only.
        """
        os.umask(0o077)
        os.environ["NETLIFT_FOLDER"] = str(self.folder.resolve())
        os.environ["DJANGO_SETTINGS_MODULE"] = "netlift.service.settings"
        if self.database:
            os.environ["NETLIFT_DATABASE"] = self.database
        if _is_loopback(self.host) or "NETLIFT_HOSTS" in os.environ:
            return
        os.environ["NETLIFT_HOSTS"] = self.host


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
