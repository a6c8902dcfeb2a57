"""A plain panel, audited: one row per region and period, whether the promotion ran there, and what came of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError, DataError
from netlift.evaluation.designs.regions import ON, UNUSED, WASHOUT, regions
from netlift.evaluation.plain_tables import (
    OUTCOME_WORDS,
    as_json,
    distinct,
    is_numeric,
    known,
    numbers_of,
    texts_of,
    words,
)
from netlift.types import Check, Effect, Grade

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]

UNIT_WORDS = frozenset("unit region store shop market city state area zip segment cluster location".split())
TIME_WORDS = frozenset("time date day week month period year".split())
TREATED_WORDS = frozenset("treated treatment on promo promotion active exposed campaign state".split())


@dataclass(frozen=True, slots=True)
class PanelRoles:
    """What each column is taken for."""

    unit: str
    time: str
    treated: str
    """0 where the promotion did not run, 1 where it did, 2 in its wash-out; empty: leave the cell out."""
    outcomes: tuple[str, ...]
    guessed: tuple[str, ...]
    """Which of unit, time, treated, outcomes the user did not name."""


@dataclass(frozen=True, slots=True)
class PanelEffect:
    """What the promotion did to one outcome."""

    outcome: str
    total: Effect
    """Summed over all affected cells, in the outcome's unit."""
    observed: float
    """Sum of the outcome over the affected cells that could be judged."""
    base: float
    """What it would have been without the promotion: observed less total."""
    relative: float
    """total / base; nan where the base is not clearly above zero."""
    relative_lower: float
    relative_upper: float
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class PanelAudit:
    """What a panel says."""

    roles: PanelRoles
    units: int
    periods: int
    treated_units: int
    affected_cells: int
    """Cells with the promotion on or in its wash-out."""
    missing_cells: int
    """Combinations of unit and period that the table does not hold; left out."""
    level: float
    effects: tuple[PanelEffect, ...]

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        plain = as_json(self)
        return plain if isinstance(plain, dict) else {}


def audit_panel(
    table: "pa.Table",
    *,
    unit: str | None = None,
    time: str | None = None,
    treated: str | None = None,
    outcomes: Sequence[str] | None = None,
    washout: int = 0,
    level: float = 0.9,
    seed: int = 0,
) -> PanelAudit:
    """Audit a panel of units over equally long periods; columns that are not named are guessed.

    Args:
        table: one row per unit and period; several rows of one cell are added up.
        unit: column of the region, store or segment.
        time: column of the period; its values sort in time.
        treated: column of 0 (or false), 1 (or true) and, if known, 2 for wash-out.
        outcomes: numeric columns; each is judged by itself.
        washout: periods after the last treated one that count as affected too.
        level: confidence level.
        seed: of the placebo assignments.

    Raises:
        ConfigError: a column is not there, or a role cannot be guessed.
        DataError: the treated column holds other values, or an outcome holds text.
        EstimationError: nothing clean is left to compare with.
    """
    roles = _roles(table, unit, time, treated, outcomes)
    state, place = _states(table, roles, washout)
    effects = []
    for outcome in roles.outcomes:
        cells = _cells(numbers_of(table, outcome), place, state.shape)
        contrast, checks = regions(cells[..., None], state, level=level, rng=np.random.default_rng(seed))
        effects.append(
            _effect(outcome, cells, state, contrast.effect(np.ones(1), level=level, grade=_grade(checks)), checks)
        )
    affected = (state == ON) | (state == WASHOUT)
    return PanelAudit(
        roles=roles, units=len(state), periods=state.shape[1], treated_units=int(affected.any(axis=1).sum()),
        affected_cells=int(affected.sum()), missing_cells=int((state == UNUSED).sum()), level=level,
        effects=tuple(effects),
    )  # fmt: skip


def _grade(checks: Sequence[Check]) -> Grade:
    """Quasi-experimental; a failed check costs one step."""
    return Grade.QUASI.lowered() if any(check.passed is False for check in checks) else Grade.QUASI


def _effect(
    outcome: str, cells: Floats, state: NDArray[np.int8], total: Effect, checks: tuple[Check, ...]
) -> PanelEffect:
    """Relative form with the interval of total / (observed - total), which is monotone in total."""
    affected = ((state == ON) | (state == WASHOUT)) & np.isfinite(cells)
    observed = float(cells[affected].sum()) if checks[0].value > 0.99 else math.nan
    base = observed - total.estimate
    ends = [value / (observed - value) for value in (total.estimate, total.lower, total.upper)]
    clear = observed - total.upper > 0
    relative, lower, upper = ends if clear else (math.nan,) * 3
    return PanelEffect(outcome, total, observed, base, relative, lower, upper, checks)


def _states(
    table: "pa.Table", roles: PanelRoles, washout: int
) -> tuple[NDArray[np.int8], tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """State of every cell (U, T), and the cell of every row."""
    unit = np.unique(texts_of(table, roles.unit), return_inverse=True)[1]
    time = _ranks(table, roles.time)
    marks = numbers_of(table, roles.treated)
    if not np.isin(marks[np.isfinite(marks)], (0, 1, 2)).all():
        raise DataError(f"column {roles.treated!r} must hold 0, 1 (treated) or 2 (wash-out)")
    state = np.full((unit.max() + 1, time.max() + 1), UNUSED, dtype=np.int8)
    for mark in (0, 2, 1):  # a cell with any treated row is treated
        rows = marks == mark
        state[unit[rows], time[rows]] = mark
    for _ in range(washout):
        after = np.zeros_like(state, dtype=np.bool_)
        after[:, 1:] = (state[:, :-1] == ON) | (state[:, :-1] == WASHOUT)
        state = np.where(after & (state == 0), np.int8(WASHOUT), state)
    return state, (unit, time)


def _ranks(table: "pa.Table", name: str) -> NDArray[np.intp]:
    """Position of each row's period in time."""
    import pyarrow.compute as pc

    column = table[name].combine_chunks()
    if column.null_count:
        raise DataError(f"column {name!r} may not be empty: {column.null_count} cells are")
    periods = column.unique()
    in_time = periods.take(pc.sort_indices(periods))
    return np.asarray(pc.index_in(column, value_set=in_time).to_pylist(), dtype=np.intp)


def _cells(values: Floats, place: tuple[NDArray[np.intp], NDArray[np.intp]], shape: tuple[int, ...]) -> Floats:
    """Values added up by cell; nan where no row is."""
    total, rows = np.zeros(shape), np.zeros(shape)
    np.add.at(total, place, values)
    np.add.at(rows, place, 1)
    return np.where(rows > 0, total, np.nan)


def _roles(
    table: "pa.Table", unit: str | None, time: str | None, treated: str | None, outcomes: Sequence[str] | None
) -> PanelRoles:
    named: Mapping[str, object] = {"unit": unit, "time": time, "treated": treated, "outcomes": outcomes}
    known(table, [name for name in (unit, time, treated) if name is not None])
    chosen = tuple(known(table, outcomes)) if outcomes is not None else ()
    taken = {name for name in (unit, time, treated, *chosen) if name is not None}
    treated = treated or _named(table, TREATED_WORDS, taken, "treated", flag=True)
    taken.add(treated)
    time = time or _named(table, TIME_WORDS, taken, "time")
    taken.add(time)
    unit = unit or _named(table, UNIT_WORDS, taken, "unit")
    taken.add(unit)
    chosen = chosen or tuple(
        name
        for name in table.column_names
        if name not in taken and is_numeric(table, name) and words(name) & OUTCOME_WORDS
    )
    if not chosen:
        raise ConfigError("cannot tell which columns are outcomes: name them with outcomes=...")
    return PanelRoles(unit, time, treated, chosen, tuple(role for role, given in named.items() if given is None))


def _named(table: "pa.Table", like: frozenset[str], taken: set[str], role: str, *, flag: bool = False) -> str:
    """The one free column whose name has one of these words (and, for a flag, at most three values)."""
    names = [
        name
        for name in table.column_names
        if name not in taken
        and words(name) & like
        and (not flag or (is_numeric(table, name) and distinct(table, name) <= 3))
    ]
    if len(names) != 1:
        found = ", ".join(names) or ", ".join(table.column_names)
        raise ConfigError(f"cannot tell which column is the {role}: name it with {role}=... (candidates: {found})")
    return names[0]
