"""The contract of an export format, and the writing of a folder that is there whole or not at all."""

import json
import os
import shutil
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import ClassVar, NamedTuple

from netlift.candidates.candidate import Candidate
from netlift.errors import ConfigError
from netlift.plan.artefact import Plan, plan_id
from netlift.promotions.promotion import Promotion
from netlift.registry import Registry
from netlift.types import Window

MANIFEST = "export.json"
"""What was written, and from which plan."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a format may need beside the plan."""

    key: bytes | None = None
    """Of the workspace; personal codes are made with it."""
    one_code: bool = False
    """One code per offer that all its customers share, instead of one for each."""
    at: datetime | None = None
    """When the offers reach the customers; None: when each offer's window starts."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """Ids of goods in the other system, by `product:NAME`, `category:NAME`, `brand:NAME` or `tag:NAME`."""


class Refused(NamedTuple):
    """An offer, or a part of it, that the format cannot say."""

    offer_id: str
    why: str
    """What it is that cannot be said, and what to do."""


class Written(NamedTuple):
    """One file."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Exported:
    """What came of an export."""

    folder: Path
    files: tuple[Written, ...]
    refused: tuple[Refused, ...]


class Format(ABC):
    """A way to write a plan down for somebody else; one file in `formats`, found by its kind."""

    kind: ClassVar[str]
    title: ClassVar[str]
    """One line for people."""

    @abstractmethod
    def write(self, plan: Plan, folder: Path, asked: Asked) -> tuple[Refused, ...]:
        """Write files into an empty folder, the same bytes for the same plan, and tell what could not be said.

        Raises:
            ConfigError: something is missing that the format needs.
        """


NEVER = "has dates of its own, none of which lie within those of the plan"
"""Why a promotion without a window is refused."""


def runs(candidate: Candidate, promotion: Promotion) -> Window | None:
    """When a promotion of a plan runs: within the candidate's window and its own; None: never."""
    own, window = promotion.window, candidate.window
    start, end = max(window.start, own.start or window.start), min(window.end, own.end or window.end)
    return Window(start, end) if start < end else None


FORMATS: Registry[Format] = Registry("netlift.export.formats", Format, "netlift.exports")  # type: ignore[type-abstract]


def export(plan: Plan, kind: str, folder: Path | str, asked: Asked | None = None, *, force: bool = False) -> Exported:
    """Write a plan in a format into a folder, with a manifest of what was written.

    Args:
        plan: the plan.
        kind: of `FORMATS`.
        folder: new or empty; its parents are made.
        asked: what the format needs beside the plan.
        force: whether a folder that holds files may be written to; what an earlier export wrote there goes, so that
            nobody sends yesterday's audiences; of all other files, those of the same names are replaced.

    Raises:
        ConfigError: the format is unknown or lacks something, or the folder is not free.
    """
    maker, folder = FORMATS[kind](), Path(folder)
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file: give a folder")
    if not force and folder.is_dir() and any(folder.iterdir()):
        raise ConfigError(f"{folder} holds files: give another folder, or --force to replace those of the same names")
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        refused = maker.write(plan, temporary, asked or Asked())
        files = tuple(_written(path, temporary) for path in sorted(temporary.rglob("*")) if path.is_file())
        (temporary / MANIFEST).write_text(_manifest(plan, kind, files, refused), "utf-8")
        _move(temporary, folder)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be written: {error.strerror or error}") from error
    except UnicodeEncodeError as error:
        raise ConfigError(f"a name of the plan holds half a character ({error.reason}): rename the offer") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return Exported(folder, files, refused)


def _written(path: Path, folder: Path) -> Written:
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    return Written(path.relative_to(folder).as_posix(), path.stat().st_size, digest)


def _manifest(plan: Plan, kind: str, files: tuple[Written, ...], refused: tuple[Refused, ...]) -> str:
    said = {
        "format": kind, "plan": plan.head.code, "plan_id": plan_id(plan),
        "files": [one._asdict() for one in files], "refused": [one._asdict() for one in refused],
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False, indent=2) + "\n"


def _move(temporary: Path, folder: Path) -> None:
    """The whole folder at once where it is new; else file by file, the manifest last: without one it is not whole."""
    if not folder.exists():
        temporary.replace(folder)
        return
    earlier = _earlier(folder)
    (folder / MANIFEST).unlink(missing_ok=True)
    for path in earlier:
        path.unlink(missing_ok=True)
    paths = sorted(path for path in temporary.rglob("*") if path.is_file())
    for path in sorted(paths, key=lambda one: one.name == MANIFEST):
        target = folder / path.relative_to(temporary)
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)


def _earlier(folder: Path) -> list[Path]:
    """Files that an earlier export wrote into a folder and that are as it wrote them."""
    try:
        said = json.loads((folder / MANIFEST).read_text("utf-8"))["files"]
        files = [(folder / str(one["name"]), str(one["sha256"])) for one in said]
    except (OSError, ValueError, LookupError, TypeError):
        return []
    inside = folder.resolve()
    return [
        path for path, digest in files
        if path.resolve().is_relative_to(inside) and path.is_file() and _written(path, folder).sha256 == digest
    ]  # fmt: skip
