"""A shelf on disk: `shelf.json`, and the Arrow files that it names.

A file's name holds its digest, so a file never changes; `shelf.json` is replaced in one step and names the files that
belong together. Who has an older one open goes on reading it. Nothing in the files tells when they were made.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from netlift.errors import ConfigError, DataError

if TYPE_CHECKING:
    import pyarrow as pa

VERSION = 1
KINDS = ("goes_with", "instead", "similar")
"""How goods belong together; columns of the goods' file, each with its scores."""
HEAD, FORGOTTEN = "shelf.json", "forgotten.txt"
_LOCK, _MAKING, _DRAFTS = ".lock", ".making", ".drafts"
REMEMBERED = timedelta(days=2)
"""How long it is remembered who was erased: longer than it takes to make a shelf."""


class File(NamedTuple):
    """A file of a shelf."""

    name: str
    sha256: str
    rows: int
    first: str = ""
    """Of lists: the first customer in it."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How lists are served; see `recommend.rules.Rules`."""

    bought: str = "exclude"
    diversity: float = 0.0
    most_of_category: int = 0
    """0: no limit."""
    margin_weight: float = 0.0
    fatigue: float = 0.0
    explore: float = 0.0
    """How often the last place goes to one of the next best, by chance."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a shelf says of itself."""

    model: str
    until: str
    """Moment of the last event that it learned from, ISO 8601; empty: there was none."""
    goods: File
    popular: File
    lists: tuple[File, ...]
    """By their first customers."""
    codes: tuple[str, ...]
    """Reasons, by the numbers that lists have."""
    manners: Manners = field(default_factory=Manners)
    figures: Mapping[str, Any] = field(default_factory=dict)
    """What was measured when the recommender was chosen."""

    @property
    def files(self) -> tuple[File, ...]:
        """All that belong to it."""
        return (self.goods, self.popular, *self.lists)

    @property
    def customers(self) -> int:
        """Who have a list."""
        return sum(one.rows for one in self.lists)

    @property
    def learned_until(self) -> datetime | None:
        """`until` as a moment."""
        return datetime.fromisoformat(self.until) if self.until else None

    @property
    def digest(self) -> str:
        """Of all that it says."""
        return _digest(asdict(self))

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """From its JSON.

        Raises:
            KeyError: something is missing.
            TypeError: something is of another kind.
        """
        return cls(
            str(told["model"]), str(told["until"]), File(*told["goods"]), File(*told["popular"]),
            tuple(File(*one) for one in told["lists"]), tuple(told["codes"]), Manners(**told["manners"]),
            told["figures"],
        )  # fmt: skip


def place_of(workspace: Path) -> Path:
    """Where the shelf of a workspace lies."""
    return workspace / "derived" / "shelf"


def stamp(folder: Path) -> tuple[int, int, int] | None:
    """What changes whenever a shelf is replaced; None: there is none."""
    try:
        told = (folder / HEAD).stat()
    except FileNotFoundError:
        return None
    return told.st_ctime_ns, told.st_ino, told.st_size  # its mtime tells when it was made, also after an erasure


def read_head(folder: Path) -> Head:
    """What the shelf says of itself.

    Raises:
        DataError: it is not what was written.
    """
    try:
        told = json.loads((folder / HEAD).read_text("utf-8"))
        if told["version"] != VERSION:
            raise DataError(f"the shelf has version {told['version']}, this program reads {VERSION}: train again")
        head = Head.of(told["head"])
        whole = told["digest"] == head.digest
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{HEAD} cannot be read ({type(error).__name__}): train again") from error
    if not whole:
        raise DataError(f"{HEAD} was altered: train again")
    return head


def table_of(folder: Path, file: File) -> "pa.Table":
    """A file of a shelf, mapped into memory and compared with its digest.

    Raises:
        DataError: it is missing, or was altered.
    """
    import pyarrow as pa

    try:
        with pa.memory_map(str(folder / file.name)) as source:
            buffer = source.read_buffer()
    except OSError as error:
        raise DataError(f"{file.name} of the shelf cannot be read ({type(error).__name__}): train again") from error
    if sha256(buffer).hexdigest() != file.sha256:
        raise DataError(f"{file.name} of the shelf was altered: train again")
    return pa.ipc.open_file(buffer).read_all()


def write_table(folder: Path, stem: str, table: "pa.Table", first: str = "") -> File:
    """Write a file under its digest; one record batch, so that the same rows are the same bytes."""
    import pyarrow as pa

    draft = folder / f".{stem}.part"
    with pa.OSFile(str(draft), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    with draft.open("rb+") as written:
        digest = _sha256(written)
        os.fsync(written.fileno())
    name = f"{stem}-{digest[:16]}.arrow"
    draft.replace(folder / name)
    return File(name, digest, table.num_rows, first)


def ragged(begin: Any, values: Any) -> "pa.ListArray":
    """Lists one after the other; `begin` has one entry more than there are lists."""
    import pyarrow as pa

    return pa.ListArray.from_arrays(pa.array(begin, pa.int32()), pa.array(values))


@contextmanager
def making(folder: Path) -> Iterator[Path]:
    """A folder in which a shelf comes together; nobody else makes one meanwhile.

    Raises:
        ConfigError: somebody does already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _MAKING).open("a") as lock:
        try:
            with _alone(folder):  # who tidies up has the other lock, too, for a moment
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError("another program learns from this workspace at this moment: wait for it") from None
        drafts = folder / _DRAFTS
        shutil.rmtree(drafts, ignore_errors=True)  # what a killed program left
        drafts.mkdir()
        try:
            yield drafts
        finally:
            shutil.rmtree(drafts, ignore_errors=True)


def publish(folder: Path, drafts: Path, head: Head, begun: datetime) -> Head:
    """Let a shelf be the one that is served, without those who were erased since it was begun.

    Args:
        folder: where it is served from.
        drafts: where its files are.
        head: what it is.
        begun: before its events were read.
    """
    with _alone(folder):
        for name in _erased_since(folder, begun):
            head = _without(drafts, head, name) or head
        for file in head.files:
            (drafts / file.name).replace(folder / file.name)
        _replace(folder, head)
    return head


def forget(folder: Path, customer: str, now: datetime) -> int:
    """Take a customer's list out, and keep it out of a shelf that is being made; how many lists that were."""
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        with (folder / FORGOTTEN).open("a", encoding="utf-8") as file:
            file.write(f"{now.astimezone(UTC).isoformat()} {customer}\n")
        _clear_drafts(folder)
        try:
            head = read_head(folder)
            less = _without(folder, head, customer)
        except DataError:
            return 0  # nobody reads a damaged one either
        if less is not None:
            _replace(folder, less, made_ns=(folder / HEAD).stat().st_mtime_ns)
        else:
            _tidy(folder, head)
    return int(less is not None)


def listed(folder: Path, head: Head, customers: Collection[str]) -> list[str]:
    """Who of these customers have a list.

    Raises:
        DataError: a file is damaged.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted, found = pa.array(sorted(customers), pa.string()), []
    for file in head.lists if customers else ():
        names = table_of(folder, file)["customer_id"]
        found += names.filter(pc.is_in(names, value_set=wanted)).to_pylist()
    return found


def shard_of(head: Head, customer: str) -> int:
    """Which file has a customer's list, if one has; -1: none can."""
    low, high = 0, len(head.lists)
    while low < high:
        middle = (low + high) // 2
        if head.lists[middle].first <= customer:
            low = middle + 1
        else:
            high = middle
    return low - 1


def _without(folder: Path, head: Head, customer: str) -> Head | None:
    """The head of the shelf without a customer; None: they have no list in it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    at = shard_of(head, customer)
    if at < 0:
        return None
    table = table_of(folder, head.lists[at])
    kept = table.filter(pc.not_equal(table["customer_id"], pa.scalar(customer)))
    if kept.num_rows == table.num_rows:
        return None
    files = [*head.lists]
    if kept.num_rows:
        stem = files[at].name.rpartition("-")[0]
        files[at] = write_table(folder, stem, kept, kept["customer_id"][0].as_py())
    else:
        del files[at]
    return Head(
        head.model, head.until, head.goods, head.popular, tuple(files), head.codes, head.manners, head.figures
    )  # fmt: skip


def _replace(folder: Path, head: Head, made_ns: int | None = None) -> None:
    """Name the files that belong together from now on, and remove the others; they were made then, or just now."""
    told = {"version": VERSION, "digest": head.digest, "head": asdict(head)}
    draft = folder / f".{HEAD}.part"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(told, file, ensure_ascii=False, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    if made_ns is not None:
        os.utime(draft, ns=(made_ns, made_ns))
    _sync(folder)  # what is named is there, whatever happens to the machine
    draft.replace(folder / HEAD)
    _sync(folder)
    _tidy(folder, head)


def _tidy(folder: Path, head: Head) -> None:
    """Remove files that belong to no shelf, and those that somebody was killed over."""
    named = {file.name for file in head.files}
    for path in (*folder.glob("*.arrow"), *folder.glob(".*.part")):
        if path.name not in named:
            path.unlink(missing_ok=True)


def _clear_drafts(folder: Path) -> None:
    """Remove what a killed program left, unless one is at work."""
    with (folder / _MAKING).open("a") as lock, suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder / _DRAFTS, ignore_errors=True)


def _erased_since(folder: Path, begun: datetime) -> list[str]:
    """Who was erased since a moment; what is older than it has to be is forgotten itself."""
    path = folder / FORGOTTEN
    lines = path.read_text("utf-8", "replace").splitlines() if path.exists() else []
    told = [(_moment(at), name) for at, _, name in (line.partition(" ") for line in lines)]
    kept = [(at, name) for at, name in told if at is not None and at >= begun - REMEMBERED]
    draft = path.with_name(f".{FORGOTTEN}.part")
    draft.write_text("".join(f"{at.isoformat()} {name}\n" for at, name in kept), "utf-8")
    draft.replace(path)
    # an erasure reaches the workspace's tables with the next hand-over, so earlier ones count too
    return sorted({name for at, name in kept if at >= begun - timedelta(hours=1)})


def _moment(text: str) -> datetime | None:
    """None where a machine fell while the line was written."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


def _sync(folder: Path) -> None:
    """Make names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / _LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sha256(file: Any) -> str:
    told = sha256()
    while piece := file.read(1 << 20):
        told.update(piece)
    return told.hexdigest()


def _digest(told: Any) -> str:
    return sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
