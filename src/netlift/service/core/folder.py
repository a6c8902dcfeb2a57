"""The folder a service lives in: its secrets, its embedded store, its plans and its workspace."""

import fcntl
import json
import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netlift.errors import ConfigError

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must stay in this folder; every value is random."""

    django: str
    """Signs sessions."""
    pseudonyms: bytes
    """Key of the hash that turns customers' ids into pseudonyms; it must never change."""
    seals: tuple[tuple[str, bytes], ...]
    """Keys that wrap subjects' keys, newest first, each with its id; older ones open what they once sealed."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Where a service keeps its files."""

    root: Path

    @property
    def database(self) -> Path:
        """The embedded store."""
        return self.root / "netlift.sqlite3"

    @property
    def plans(self) -> Path:
        """One folder per plan artefact, named by its id."""
        return self.root / "plans"

    @property
    def workspace(self) -> Path:
        """The library's workspace: what was ingested and what was derived from it."""
        return self.root / "workspace"

    @property
    def files(self) -> Path:
        """What jobs wrote for people to fetch."""
        return self.root / "files"

    def secrets(self) -> Secrets:
        """Read the secrets; make them where there are none yet.

        Raises:
            ConfigError: the file is there and is not what this program wrote.
        """
        path = self.root / "secrets.json"
        if not path.exists():
            self._write(path, _fresh(), in_place=False)
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            seals = tuple((str(name), bytes.fromhex(key)) for name, key in told["seals"])
            found = Secrets(str(told["django"]), bytes.fromhex(told["pseudonyms"]), seals)
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{path} is not a file of secrets ({error}): bring back the one that belongs to it"
            ) from None
        if not seals or any(len(key) != KEY_BYTES for _, key in seals):
            raise ConfigError(
                f"{path} holds no sealing key of {KEY_BYTES} bytes: bring back the file that belongs to it"
            )
        return found

    def rotate(self) -> str:
        """Add a new sealing key, which seals from now on; its id."""
        with self._alone():
            told = self._told()
            told["seals"].insert(0, _seal())
            self._write(self.root / "secrets.json", told, in_place=True)
        return str(told["seals"][0][0])

    def retire(self, used: Collection[str]) -> tuple[str, ...]:
        """Forget the sealing keys that nothing is sealed with any more; their ids.

        Args:
            used: ids of keys that are still needed; the newest one stays in any case.
        """
        with self._alone():
            told = self._told()
            kept = [seal for place, seal in enumerate(told["seals"]) if place == 0 or seal[0] in used]
            gone = tuple(str(seal[0]) for seal in told["seals"] if seal not in kept)
            if gone:
                self._write(self.root / "secrets.json", told | {"seals": kept}, in_place=True)
        return gone

    def _told(self) -> dict[str, Any]:
        """The file of secrets, which is whole."""
        self.secrets()
        told: dict[str, Any] = json.loads((self.root / "secrets.json").read_text(encoding="utf-8"))
        return told

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other process change the secrets meanwhile."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "secrets.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _write(self, path: Path, told: object, *, in_place: bool) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
        draft.touch(mode=0o600)  # before anything is in it
        with draft.open("w", encoding="utf-8") as file:
            json.dump(told, file)
            file.flush()
            os.fsync(file.fileno())
        if in_place:
            draft.replace(path)
            return
        try:
            os.link(draft, path)  # unlike a rename, it never replaces what another process wrote first
        except FileExistsError:
            pass
        finally:
            draft.unlink()


def _fresh() -> dict[str, object]:
    return {"django": secrets.token_urlsafe(48), "pseudonyms": secrets.token_hex(KEY_BYTES), "seals": [_seal()]}


def _seal() -> list[str]:
    return [secrets.token_hex(4), secrets.token_hex(KEY_BYTES)]
