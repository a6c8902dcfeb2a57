"""Which column of an experiment's table is what: named by the user, or guessed from names, types and order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netlift.errors import ConfigError
from netlift.evaluation.plain_tables import (
    BEFORE_WORDS,
    OUTCOME_WORDS,
    distinct,
    is_numeric,
    known,
    numbers_of,
    texts_of,
    words,
)

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ARMS = 12
ARM_WORDS = frozenset("arm variant group segment treatment treated bucket cell experiment assignment exposure".split())
CONTROL_WORDS = frozenset(
    "control none no holdout baseline placebo default original status quo a 0 false untreated".split()
)
UNIT_WORDS = frozenset("id customer user unit visitor household member email subject".split())


@dataclass(frozen=True, slots=True)
class Roles:
    """What each column is taken for."""

    unit: str | None
    arm: str
    control: str
    """The arm that the others are compared with."""
    arms: tuple[str, ...]
    """Control first, then by name."""
    outcomes: tuple[str, ...]
    covariates: tuple[str, ...]
    guessed: tuple[str, ...]
    """Which of unit, arm, control, outcomes, covariates the user did not name."""
    unused: tuple[str, ...]
    """Columns with no role."""


def experiment_roles(
    table: "pa.Table",
    *,
    unit: str | None = None,
    arm: str | None = None,
    control: str | None = None,
    outcomes: Sequence[str] | None = None,
    covariates: Sequence[str] | None = None,
) -> Roles:
    """Complete the roles that the user named.

    The arm is a column of few values named like one, or holding a value named like a control. Outcomes are numeric
    columns named like one and not like something from before. Covariates are named like something from before, or
    stand left of the arm and of every outcome: a column measured after assignment must never be one. Text that only
    names ranges of a numeric covariate is left out.

    Raises:
        ConfigError: a named column is not there, or a role cannot be guessed (the message says how to name it).
    """
    named = {"unit": unit, "arm": arm, "control": control, "outcomes": outcomes, "covariates": covariates}
    known(table, [name for name in (unit, arm) if name is not None])
    arm = arm or _arm(table, {*(outcomes or ()), *(covariates or ()), unit})
    values = sorted(set(texts_of(table, arm).tolist()) - {""})
    if not 2 <= len(values) <= MOST_ARMS:
        raise ConfigError(f"arm column {arm!r} has {len(values)} different values; 2 to {MOST_ARMS} are arms")
    control = _control(values, control)
    unit = unit or _unit(table, {arm, *(outcomes or ()), *(covariates or ())})
    taken = {arm, unit}
    chosen = known(table, outcomes) if outcomes is not None else _outcomes(table, taken | set(covariates or ()))
    taken |= set(chosen)
    before = known(table, covariates) if covariates is not None else _covariates(table, taken, arm, chosen)
    return Roles(
        unit=unit, arm=arm, control=control, arms=(control, *[v for v in values if v != control]),
        outcomes=tuple(chosen), covariates=tuple(before),
        guessed=tuple(role for role, given in named.items() if given is None),
        unused=tuple(name for name in table.column_names if name not in taken | set(before)),
    )  # fmt: skip


def _arm(table: "pa.Table", taken: set[str | None]) -> str:
    scores: dict[str, float] = {}
    for name in table.column_names:
        if name in taken or not 2 <= distinct(table, name) <= MOST_ARMS:
            continue
        values = set(texts_of(table, name).tolist()) - {""}
        score = 3.0 * (name.lower() in ARM_WORDS) + 1.0 * bool(words(name) & ARM_WORDS)
        score += 2.0 * (not is_numeric(table, name) and any(_is_control(value) for value in values))
        scores[name] = score
    best = max(scores.values(), default=0.0)
    names = [name for name, score in scores.items() if score == best]
    if best < 2 or len(names) > 1:
        asked = ", ".join(names if best >= 2 else scores) or "none has 2 to 12 values"
        raise ConfigError(f"cannot tell which column holds the arm: name it with arm=... (candidates: {asked})")
    return names[0]


def _is_control(value: str) -> bool:
    spaced = "".join(c if c.isalnum() else " " for c in value).lower().split()
    return bool(spaced) and spaced[0] in CONTROL_WORDS


def _control(values: Sequence[str], control: str | None) -> str:
    if control is not None:
        if control not in values:
            raise ConfigError(f"no arm {control!r}; the arms are: {', '.join(values)}")
        return control
    likely = [value for value in values if _is_control(value)]
    if len(likely) != 1:
        raise ConfigError(f"cannot tell which arm is the control: name it with control=... (arms: {', '.join(values)})")
    return likely[0]


def _unit(table: "pa.Table", taken: set[str]) -> str | None:
    for name in table.column_names:
        if name not in taken and words(name) & UNIT_WORDS and distinct(table, name) > 0.5 * table.num_rows:
            return name
    return None


def _outcomes(table: "pa.Table", taken: set[str | None]) -> tuple[str, ...]:
    numeric = [name for name in table.column_names if name not in taken and is_numeric(table, name)]
    found = tuple(name for name in numeric if words(name) & OUTCOME_WORDS and not words(name) & BEFORE_WORDS)
    if not found:
        raise ConfigError(f"cannot tell which columns are outcomes: name them with outcomes=... (numeric: {numeric})")
    return found


def _covariates(table: "pa.Table", taken: set[str | None], arm: str, outcomes: Sequence[str]) -> tuple[str, ...]:
    order = table.column_names
    first_after = min(order.index(name) for name in (arm, *outcomes))
    before = [
        name
        for at, name in enumerate(order)
        if name not in taken and _usable(table, name) and (at < first_after or words(name) & BEFORE_WORDS)
    ]
    numeric = [name for name in before if is_numeric(table, name)]
    return tuple(name for name in before if name in numeric or not any(_restates(table, name, n) for n in numeric))


def _restates(table: "pa.Table", text: str, number: str) -> bool:
    """Whether the levels of a text column are nothing but ranges of a number, such as `100 - 200` beside 142.44."""
    values, levels = numbers_of(table, number), texts_of(table, text)
    names, level = np.unique(levels[np.isfinite(values)], return_inverse=True)
    if len(names) < 3:
        return False
    values = values[np.isfinite(values)]
    low, high = np.full(len(names), np.inf), np.full(len(names), -np.inf)
    np.minimum.at(low, level, values)
    np.maximum.at(high, level, values)
    order = np.argsort(low)
    return bool(np.all(high[order][:-1] <= low[order][1:]))


def _usable(table: "pa.Table", name: str) -> bool:
    """Not a name of the unit, not a time, not constant."""
    if words(name) & UNIT_WORDS or distinct(table, name) < 2:
        return False
    if is_numeric(table, name):
        return True
    kind = str(table.schema.field(name).type)
    return kind in {"string", "large_string", "string_view"} and distinct(table, name) <= max(
        20, np.sqrt(table.num_rows)
    )
