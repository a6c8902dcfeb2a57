"""Customers x offers, and the rows that couple them, in whole numbers so that every sum is exact.

    maximise    sum_c value_c x_c
    subject to  sum_c a_rc x_c <= limit_r           each row r: a budget, stock, a cap, a minimum share (negative a)
                at most one candidate per customer and slot, at most `contacts` per customer,   x in {0, 1}

A *candidate* c is one offer that one customer could get. "No offer" is no candidate: it is worth 0 and costs nothing.
Money and amounts are integers in thousandths (of a minor unit, of a piece): sums do not depend on the order in which
threads or machines meet the customers, so the same input gives the same plan to the byte.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.errors import ConfigError, DataError

Ints = NDArray[np.int64]
Cells = NDArray[np.integer]

UNIT = 1000
"""Thousandths: how many whole numbers make one minor unit or one piece."""
_SMALL = np.iinfo(np.int32).max
_LARGEST = 2**53
"""Above it a double no longer counts in whole numbers."""


class Row(NamedTuple):
    """A limit on a sum over everybody."""

    name: str
    """Unique, e.g. `budget`, `stock:SKU-1`, `share:mail>=`."""
    limit: int
    """In thousandths; negative for a minimum."""
    cells: Cells | None = None
    """What each candidate uses, thousandths, shape (candidates,); None: it depends on the offer alone."""
    offers: Ints | None = None
    """What each offer uses, thousandths, shape (offers,); None: see `cells`."""
    unit: str = "minor"
    """What is counted: `minor` (money), `pieces`, `customers`."""
    minimum: bool = False
    """Whether it is "at least": use and limit are then stored negative."""


@dataclass(frozen=True)
class Problem:
    """Who could get what, what it is worth, and what it uses.

    Raises:
        DataError: arrays that do not fit together, or numbers too large to be counted exactly.
        ConfigError: two rows of one name.

    >>> p = Problem.of([[3.0, 1.0], [2.0, 5.0]], rows=[cells_row("budget", [[2.0, 1.0], [1.0, 4.0]], 3.0)])
    >>> p.customers, p.candidates, p.rows[0].limit
    (2, 4, 3000)
    """

    start: Ints
    """First candidate of each customer, shape (customers + 1,)."""
    offer: NDArray[np.int16]
    """Offer of each candidate, shape (candidates,), ascending within a customer."""
    value: Cells
    """What the candidate earns, thousandths of a minor unit, shape (candidates,)."""
    offers: tuple[str, ...]
    rows: tuple[Row, ...] = ()
    slot: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    """Slot of each offer (at most one offer per slot), shape (offers,); empty: all in one."""
    contacts: int = 1
    """Offers that one customer may get at most."""

    def __post_init__(self) -> None:
        if not len(self.slot) or self.contacts == 1:  # with one contact, slots add nothing
            object.__setattr__(self, "slot", np.zeros(len(self.offers), np.int32))
        object.__setattr__(self, "offer", np.asarray(self.offer, dtype=np.int16))
        if problem := _problem(self):
            raise DataError(problem)
        names = [row.name for row in self.rows]
        if len(set(names)) < len(names):
            raise ConfigError(f"two rows of one name: {next(n for n in names if names.count(n) > 1)!r}")

    @classmethod
    def of(
        cls,
        values: ArrayLike,
        *,
        rows: Sequence[Row] = (),
        offers: Sequence[str] | None = None,
        slot: ArrayLike | None = None,
        contacts: int = 1,
    ) -> "Problem":
        """A problem in which every customer could get every offer.

        Args:
            values: worth of each offer to each customer, minor units, shape (customers, offers).
            rows: see `cells_row` and `offers_row`.
            offers: their names.
            slot: slot of each offer.
            contacts: offers that one customer may get at most.
        """
        matrix = np.atleast_2d(np.asarray(values, dtype=np.float64))
        n, m = matrix.shape
        return cls(
            np.arange(n + 1, dtype=np.int64) * m, np.tile(np.arange(m, dtype=np.int16), n), whole(matrix.ravel()),
            tuple(offers) if offers is not None else tuple(f"offer{j + 1}" for j in range(m)), tuple(rows),
            np.zeros(m, np.int32) if slot is None else np.asarray(slot, np.int32), contacts,
        )  # fmt: skip

    @property
    def customers(self) -> int:
        """How many there are."""
        return len(self.start) - 1

    @property
    def candidates(self) -> int:
        """Customer x offer pairs."""
        return len(self.offer)

    @cached_property
    def limits(self) -> Ints:
        """Limit of each row, shape (rows,)."""
        return np.array([row.limit for row in self.rows], dtype=np.int64)

    @cached_property
    def stack(self) -> Cells:
        """Cells of the rows that have them, one below another, shape (such rows, candidates); in one type."""
        given = [row.cells for row in self.rows if row.cells is not None]
        if not given:
            return np.zeros((0, self.candidates), np.int32)
        return np.ascontiguousarray(np.stack(given).astype(np.result_type(*given), copy=False))

    @cached_property
    def by_offer(self) -> Ints:
        """What each offer uses of each row, 0 where it depends on the candidate, shape (rows, offers)."""
        nothing = np.zeros(len(self.offers), np.int64)
        found = [nothing if row.offers is None else np.asarray(row.offers, np.int64) for row in self.rows]
        return np.stack(found) if found else np.zeros((0, len(self.offers)), np.int64)

    @cached_property
    def place(self) -> Ints:
        """Row number of each row of `stack`, shape (such rows,)."""
        return np.array([r for r, row in enumerate(self.rows) if row.cells is not None], dtype=np.int64)

    @cached_property
    def simple(self) -> bool:
        """Whether a customer gets one offer at most."""
        return self.contacts == 1 or len(np.unique(self.slot)) == 1

    @cached_property
    def owner(self) -> NDArray[np.int32]:
        """Customer of each candidate, shape (candidates,)."""
        return np.repeat(np.arange(self.customers, dtype=np.int32), np.diff(self.start))

    def with_limits(self, limits: Ints) -> "Problem":
        """The same with other limits, thousandths, shape (rows,); what was worked out of the cells is kept."""
        rows = tuple(row._replace(limit=int(limit)) for row, limit in zip(self.rows, limits, strict=True))
        found = copy(self)
        object.__setattr__(found, "rows", rows)
        found.__dict__.pop("limits", None)
        return found

    def cells_of(self, customers: Ints) -> Ints:
        """Candidates of these customers, one customer after another."""
        sizes = np.diff(self.start)[customers]
        begin = np.cumsum(sizes) - sizes
        return np.repeat(self.start[customers] - begin, sizes) + np.arange(int(sizes.sum()))

    def only(self, customers: Ints) -> "Problem":
        """These customers alone, with everybody's limits."""
        cells = self.cells_of(customers)
        start = np.concatenate([[0], np.cumsum(np.diff(self.start)[customers])])
        rows = tuple(row if row.cells is None else row._replace(cells=row.cells[cells]) for row in self.rows)
        return Problem(start, self.offer[cells], self.value[cells], self.offers, rows, self.slot, self.contacts)

    def use(self, row: int, candidates: NDArray[np.int64]) -> Ints:
        """What these candidates use of a row, each, thousandths."""
        of = self.rows[row]
        if of.cells is not None:
            return of.cells[candidates].astype(np.int64)
        return np.asarray(of.offers)[self.offer[candidates]].astype(np.int64)


def whole(amounts: ArrayLike) -> Cells:
    """Minor units or pieces as whole thousandths, in four bytes each where they fit.

    Raises:
        DataError: NaN, infinite, or too large to be counted exactly.

    >>> whole([0.0125, -3]).tolist()
    [12, -3000]
    """
    array = np.asarray(amounts, dtype=np.float64)
    if not np.isfinite(array).all():
        raise DataError(f"amounts must be finite numbers, row {int((~np.isfinite(array)).argmax())} is not")
    found = np.rint(array * UNIT)
    largest = float(np.abs(found).max(initial=0.0))
    if largest >= _LARGEST:
        raise DataError(f"an amount of {largest / UNIT:g} is too large to be counted exactly")
    return found.astype(np.int32 if largest <= _SMALL else np.int64)


def cells_row(name: str, amounts: ArrayLike, limit: float, *, unit: str = "minor", minimum: bool = False) -> Row:
    """A row in which what is used depends on customer and offer, e.g. expected cost.

    Args:
        name: unique.
        amounts: what each candidate uses, in order of candidates (any shape that ravels to it).
        limit: of the sum, in the same unit.
        unit: what is counted.
        minimum: the sum must be at least the limit.
    """
    sign = -1 if minimum else 1
    return Row(name, sign * _whole_limit(limit), sign * whole(np.ravel(np.asarray(amounts))), None, unit, minimum)


def offers_row(name: str, amounts: ArrayLike, limit: float, *, unit: str = "customers", minimum: bool = False) -> Row:
    """A row in which what is used depends on the offer alone, e.g. how many may be issued, or a channel's capacity.

    Args:
        name: unique.
        amounts: what one use of each offer takes, shape (offers,).
        limit: of the sum.
        unit: what is counted.
        minimum: the sum must be at least the limit.
    """
    sign = -1 if minimum else 1
    return Row(name, sign * _whole_limit(limit), None, sign * whole(amounts).astype(np.int64), unit, minimum)


def _whole_limit(limit: float) -> int:
    """Thousandths, rounded down: a limit is never exceeded by rounding."""
    if not np.isfinite(limit):
        raise DataError(f"a limit must be a finite number, got {limit}")
    return int(np.floor(limit * UNIT + 1e-6))


def _problem(p: Problem) -> str | None:
    if len(p.start) < 1 or p.start[0] != 0 or p.start[-1] != len(p.offer) or (np.diff(p.start) < 0).any():
        return "start must rise from 0 to the number of candidates"
    if len(p.value) != len(p.offer) or (len(p.offer) and not 0 <= p.offer.min() <= p.offer.max() < len(p.offers)):
        return "each candidate needs a value and one of the offers"
    if len(p.slot) != len(p.offers) or p.contacts < 1:
        return "each offer needs a slot, and a customer at least one contact"
    inside = p.offer[1:] <= p.offer[:-1]
    inside[p.start[1:-1][(p.start[1:-1] > 0) & (p.start[1:-1] < len(p.offer))] - 1] = False
    if inside.any():
        return f"candidate {int(inside.argmax()) + 1}: the offers of a customer must ascend, each once"
    return next(filter(None, (_row_problem(p, row) for row in p.rows)), None) or _too_large(p)


def _row_problem(p: Problem, row: Row) -> str | None:
    if (row.cells is None) == (row.offers is None):
        return f"row {row.name!r} needs cells or offers"
    for given, wanted, what in ((row.cells, len(p.offer), "candidate"), (row.offers, len(p.offers), "offer")):
        if given is not None and len(given) != wanted:
            return f"row {row.name!r} needs one number per {what} ({wanted}), got {len(given)}"
    return None


def _too_large(p: Problem) -> str | None:
    """Sums of everything must stay below what 64 bits count."""
    for name, cells in (("value", p.value), *((row.name, row.cells) for row in p.rows if row.cells is not None)):
        most = max(abs(int(cells.min())), abs(int(cells.max()))) if len(cells) else 0
        if most * len(cells) >= 2**62:
            return f"{name}: the sum over all candidates is too large to be counted exactly"
    return None
