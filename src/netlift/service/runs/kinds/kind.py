"""What a kind of job is: arguments with their bounds, and the command that does it."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Annotated, ClassVar, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[^/\\\x00.][^/\\\x00]{0,199}$")]
"""Of a file in the folder that takes files in: no path, and no hidden file."""
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
Level = Annotated[float, Field(ge=0.5, le=0.999, allow_inf_nan=False)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]


def _language(tag: str) -> str:
    if tag not in {"en", "zh-CN"}:
        raise ValueError("a language is en or zh-CN")
    return tag


Language = Annotated[str, AfterValidator(_language)]


class Place(NamedTuple):
    """Where a job works."""

    workspace: Path
    inbox: Path
    """Files that were sent for ingestion."""
    out: Path
    """What it writes for people goes here."""


class Kind(BaseModel, ABC):
    """A kind of job; its fields are what may be asked of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    NAME: ClassVar[str]
    SCOPE: ClassVar[str]
    """What who asks for it must be allowed."""
    ATTEMPTS: ClassVar[int] = 2
    """One killed with its worker is tried again."""
    PROGRAM: ClassVar[tuple[str, ...]] = ("-m", "netlift")
    """What Python runs."""
    REPORT: ClassVar[str] = "report.html"
    """File in `out` that people read; empty: it writes none."""

    @abstractmethod
    def command(self, place: Place) -> list[str]:
        """The words after the program's; its JSON goes to standard output."""

    def files(self) -> dict[str, str]:
        """Text files that it needs in `out` before it starts, by name."""
        return {}


def options(**values: object) -> list[str]:
    """Words of options that are set: `as_of="2026-01-01"` gives `--as-of=2026-01-01`.

    One word each, so that no value can be read as another option.

    >>> options(as_of="2026-01-01", margin=None, seed=3)
    ['--as-of=2026-01-01', '--seed=3']
    """
    return [f"--{name.replace('_', '-')}={value}" for name, value in values.items() if value is not None]
