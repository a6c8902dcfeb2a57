"""A plan: immutable, complete, and the same bytes for the same input.

A plan is a folder of two files: `plan.json`, its head (what is offered, to how many, under which limits, expected to
earn what, proved how), and `rows.parquet`, one row per customer and offer (`schema.PLAN`). Its id is a hash of both.
Neither holds the time at which it was made. It is written whole or not at all, and refused where somebody altered it.
"""

import io
import json
import os
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from netlift.candidates.candidate import Candidate
from netlift.errors import ConfigError, DataError, NetliftError, SchemaError
from netlift.plan import codec
from netlift.types import Effect, Grade

if TYPE_CHECKING:
    import hashlib

    import pyarrow as pa
    from typing_extensions import Buffer

HEAD, ROWS = "plan.json", "rows.parquet"
FORMAT = 1
"""Version of the layout of the folder."""
ARMS = ("treatment", "control", "explore", "explore_control")


@dataclass(frozen=True, slots=True)
class Part:
    """One offer of a plan."""

    candidate: Candidate
    grade: Grade
    """Evidence of its response."""
    given: int
    """Customers who get it, the explored included; of a public offer, everybody who may meet it."""
    held: int
    """Customers from whom it is withheld, to prove what it earned."""
    net: Effect
    """Expected to earn in all, over those who get it, minor units."""
    cost_minor: float
    """Expected spend, minor units."""
    liability_minor: float
    """The most that it can cost if everybody uses it, minor units."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What a plan is expected to earn, corrected for its having been chosen because it looked good; minor units."""

    net: Effect
    spend_low: float
    """5 % of outcomes spend less."""
    spend_high: float
    """5 % of outcomes spend more."""
    profit_low: float
    """5 % of outcomes earn less."""
    p_loss: float
    """Probability that it earns less than nothing."""
    optimism: float
    """By how much the figures it was chosen by promised more, minor units."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """How near the choice is to the best that the limits allow, given the responses; minor units."""

    value: float
    bound: float
    """No plan within the limits earns more."""
    gap: float
    """(bound - value) / bound."""
    prices: Mapping[str, float]
    """What one more unit of each limit would earn."""
    use: Mapping[str, float]
    """What is used of each limit."""
    limits: Mapping[str, float]
    relaxed: Mapping[str, float] = field(default_factory=dict)
    """Limits that no plan can keep, and the least by which they had to give way."""


@dataclass(frozen=True, slots=True)
class Rival:
    """A simple answer beside the plan, under the same limits."""

    code: str
    """nothing, best_single_offer, by_p_buy, random."""
    net: float
    """Expected to earn, minor units."""
    cost: float
    difference: Effect
    """Plan less rival; "not shown to beat" where its interval holds 0."""


@dataclass(frozen=True, slots=True)
class HoldOut:
    """The experiment that proves what the plan earned."""

    share: float
    """Of each offer's customers, from whom it is withheld."""
    customers: int
    detectable_minor: float
    """Smallest net lift per customer that the read-out finds with power .8, minor units."""
    read_out: str
    """ISO date: window and wash-out are over."""
    price_minor: float
    """What withholding is expected to cost, minor units."""
    enough: bool
    """Whether what is expected would be found."""
    global_share: float = 0.0
    """Of all customers, who get nothing from any plan, to measure long effects."""


@dataclass(frozen=True, slots=True)
class Exploration:
    """Offers given by chance, to go on learning."""

    share: float
    customers: int
    price_minor: float
    """What it is expected to cost against the best choice, minor units."""


@dataclass(frozen=True, slots=True)
class Head:
    """All of a plan but its rows."""

    code: str
    """What makes it different, e.g. nothing, most_profit, safest, fewest_offers, win_back, shelves."""
    shop: str
    currency: str
    as_of: str
    """ISO date: nothing of this day or later was known."""
    goal: str
    seed: int
    versions: Mapping[str, str]
    inputs: Mapping[str, str]
    """Hash of each table that it was made from."""
    budget_minor: int
    limits: Mapping[str, object]
    """As declared, JSON."""
    parts: tuple[Part, ...]
    public: tuple[Part, ...]
    """Promotions that everybody meets; they have no rows."""
    worth: Worth
    certificate: Certificate | None
    """None: a plan that was not optimised, such as doing nothing."""
    rivals: tuple[Rival, ...]
    hold_out: HoldOut | None
    exploration: Exploration | None
    grade: Grade
    """The weakest evidence that a tenth of its profit rests on."""
    notes: tuple[str, ...] = ()
    """Codes of what to know before choosing it."""
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A plan."""

    head: Head
    rows: "pa.Table"
    """`schema.PLAN`, ordered by customer, then offer."""


def head_json(head: Head) -> dict[str, object]:
    """A head as JSON's types; `codec.read(Head, ...)` reads it."""
    return dict(codec.write(head))


def plan_id(plan: Plan) -> str:
    """Hash of everything that a plan says, 64 hexadecimal digits; the same on every machine."""
    return _hash(codec.write(plan.head), _checked(plan.rows))


def folder_name(plan: Plan) -> str:
    """Name of its folder: its code and the first eight digits of its id."""
    return f"{plan.head.code}-{plan_id(plan)[:8]}"


def write(plan: Plan, folder: Path | str) -> str:
    """Write a plan and give its id; a folder that holds this very plan is left as it is.

    Raises:
        ConfigError: the folder holds something else, or cannot be written.
        SchemaError: the rows are no rows of a plan.
        DataError: rows out of order, twice, with money that is not finite, or with a propensity that is none.
    """
    folder = Path(folder)
    rows, head = _checked(plan.rows), codec.write(plan.head)
    identity = _hash(head, rows)
    if folder.is_file():
        raise ConfigError(f"{folder} is a file: a plan is a folder")
    if _holds(folder, identity):
        return identity
    text = _text({"format": FORMAT, "plan_id": identity, "head": head}, indent=2) + "\n"
    try:
        _write(folder, rows, text)
    except OSError as error:
        if _holds(folder, identity):  # somebody else wrote the very same meanwhile
            return identity
        raise ConfigError(f"{folder} cannot be written: {error.strerror or error}") from error
    return identity


def _write(folder: Path, rows: "pa.Table", head: str) -> None:
    """Both files, or none: into a folder beside, which then takes its place."""
    import pyarrow.parquet as pq

    temporary = folder.with_name(f".{folder.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        pq.write_table(rows, temporary / ROWS, compression="zstd", row_group_size=131_072, version="2.6")
        (temporary / HEAD).write_text(head, "utf-8")
        temporary.replace(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _holds(folder: Path, identity: str) -> bool:
    """Whether the very plan is there; an empty or missing folder is free.

    Raises:
        ConfigError: something else is there, or the plan is damaged.
    """
    if not folder.is_dir() or not any(folder.iterdir()):
        return False
    try:
        if _said(folder).get("plan_id") == identity:
            read(folder)
            return True
    except DataError as error:
        raise ConfigError(f"{folder} holds something else: give a new folder, or remove it ({error})") from error
    raise ConfigError(f"{folder} holds something else: give a new folder, or remove it")


def keep(plan: Plan, plans: Path | str) -> Path:
    """Write a plan into a folder of plans under its own name, and give its folder."""
    folder = Path(plans) / folder_name(plan)
    write(plan, folder)
    return folder


def read(folder: Path | str) -> Plan:
    """Read a plan.

    Raises:
        DataError: there is none, a file of it is missing, cannot be read, or was altered after it was written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = Path(folder)
    for name in (HEAD, ROWS):
        if not (folder / name).is_file():
            raise DataError(f"{folder} is not a plan (no {name}): make one with netlift plan")
    said = _said(folder)
    if said.get("format") != FORMAT:
        raise DataError(f"{folder / HEAD}: format {said.get('format')!r}, this version reads {FORMAT}")
    try:
        found = pq.read_table(folder / ROWS, partitioning=None)
        found.validate(full=True)  # text that is no UTF-8, places outside their lists
        rows = _checked(found)
    except (pa.ArrowException, OSError, UnicodeError) as error:
        raise DataError(f"{folder / ROWS} cannot be read: {error}") from error
    except NetliftError as error:
        raise DataError(f"{folder / ROWS}: {error}") from error
    if not _is(said, rows):
        raise DataError(f"{folder} was altered after it was written (its hash is not its plan_id): make the plan again")
    try:
        return Plan(codec.read(Head, said["head"]), rows)
    except NetliftError as error:
        raise DataError(f"{folder / HEAD}: {error}") from error


def _is(said: Mapping[str, object], rows: "pa.Table") -> bool:
    """Whether the id that is written down is that of head and rows."""
    try:
        return _hash(said.get("head"), rows) == said.get("plan_id")
    except UnicodeError:  # half a character: no plan was ever written so
        return False


def _said(folder: Path) -> dict[str, object]:
    try:
        said = json.loads((folder / HEAD).read_text("utf-8"), parse_constant=_no_number)
    except RecursionError as error:
        raise DataError(f"{folder / HEAD} cannot be read: lists in lists without end") from error
    except (ValueError, OSError) as error:
        raise DataError(f"{folder / HEAD} cannot be read: {error}") from error
    if not isinstance(said, dict):
        raise DataError(f"{folder / HEAD} is not the head of a plan")
    return said


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")


def _text(data: object, *, indent: int | None = None) -> str:
    return json.dumps(data, ensure_ascii=False, sort_keys=True, allow_nan=False, indent=indent)


def _hash(head: object, rows: "pa.Table") -> str:
    """Of the head's JSON with sorted keys, and of the rows as one Arrow record batch."""
    import pyarrow as pa

    from netlift.schema import PLAN

    found = sha256(_text(head).encode())
    with pa.PythonFile(_Hashed(found), mode="w") as sink, pa.ipc.new_stream(sink, PLAN) as stream:
        for batch in rows.to_batches():
            stream.write_batch(batch)
    return found.hexdigest()


class _Hashed(io.RawIOBase):
    """A file of which only the hash is kept."""

    def __init__(self, found: "hashlib._Hash") -> None:
        self.found = found

    def writable(self) -> bool:
        """It is there to be written to."""
        return True

    def write(self, data: "Buffer", /) -> int:
        """Take some bytes."""
        self.found.update(data)
        return len(memoryview(data))


def _checked(rows: "pa.Table") -> "pa.Table":
    """The rows in one piece, in the schema's types and in order.

    Raises:
        SchemaError, DataError: see `write`.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from netlift.schema import PLAN, check

    found = check(rows.combine_chunks(), PLAN).combine_chunks()
    if not found.num_rows:
        return PLAN.empty_table()
    customer, offer = found["customer_id"], found["offer_id"]
    before, after = customer[:-1], customer[1:]
    rising = pc.or_(pc.less(before, after), pc.and_(pc.equal(before, after), pc.less(offer[:-1], offer[1:])))
    if not pc.all(rising, min_count=0).as_py():
        at = rising.index(pa.scalar(False)).as_py()
        raise DataError(f"rows {at} and {at + 1} of the plan are out of order, or the same customer and offer twice")
    if unknown := sorted(set(pc.unique(found["arm"]).to_pylist()) - set(ARMS)):
        raise SchemaError(f"unknown arm {unknown[0]!r}; known: {', '.join(ARMS)}")
    chance = found["propensity"]
    if not pc.all(pc.and_(pc.greater(chance, 0.0), pc.less_equal(chance, 1.0))).as_py():
        raise DataError("a propensity lies above 0 and is at most 1")
    for name in ("net_margin", "se", "expected_cost", "liability"):
        if not pc.all(pc.is_finite(found[name])).as_py():
            raise DataError(f"column {name} of the plan holds a value that is not finite")
    return found
