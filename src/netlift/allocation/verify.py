"""An independent recount: nothing is taken over from an optimiser but who gets what."""

from typing import NamedTuple

import numpy as np

from netlift.allocation.problem import Problem
from netlift.allocation.result import Result


class Recount(NamedTuple):
    """What a plan adds up to, counted one candidate at a time in Python's exact integers."""

    value: int
    use: dict[str, int]
    faults: tuple[str, ...]
    """What is wrong with it, in words; empty: it keeps every limit and tells the truth."""


def recount(problem: Problem, found: Result) -> Recount:
    """Count a plan again and hold it against every limit, and against what its optimiser said of it.

    >>> from netlift.allocation.optimiser import OPTIMISERS
    >>> from netlift.allocation.problem import Problem, cells_row
    >>> p = Problem.of([[3.0, 1.0], [2.0, 5.0]], rows=[cells_row("budget", [[2.0, 1.0], [1.0, 4.0]], 5.0)])
    >>> recount(p, OPTIMISERS["dual"]().solve(p))
    Recount(value=6000, use={'budget': 5000}, faults=())
    """
    faults: list[str] = []
    owners = np.searchsorted(problem.start, found.chosen, side="right") - 1
    value, use = 0, {row.name: 0 for row in problem.rows}
    held: dict[int, list[int]] = {}
    for candidate, owner in zip(found.chosen.tolist(), owners.tolist(), strict=True):
        offer = int(problem.offer[candidate])
        slots = held.setdefault(owner, [])
        if int(problem.slot[offer]) in slots:
            faults.append(f"customer {owner} gets two offers of one slot")
        slots.append(int(problem.slot[offer]))
        value += int(problem.value[candidate])
        for row in problem.rows:
            amount = row.cells[candidate] if row.cells is not None else row.offers[offer]  # type: ignore[index]
            use[row.name] += int(amount)
    faults += [f"customer {who} gets {len(s)} offers" for who, s in held.items() if len(s) > problem.contacts]
    for row in problem.rows:
        excess = use[row.name] - row.limit - found.relaxed.get(row.name, 0)
        if excess > 0:
            faults.append(f"row {row.name!r} is broken by {excess} thousandths")
        if found.use.get(row.name) != use[row.name]:
            faults.append(f"row {row.name!r} uses {use[row.name]}, not {found.use.get(row.name)}")
    if value != found.value:
        faults.append(f"the plan earns {value}, not {found.value}")
    if found.bound is not None and value > found.bound + 0.5 + 1e-9 * abs(found.bound):
        faults.append(f"the plan earns {value}, more than the bound {found.bound}: the bound is wrong")
    return Recount(value, use, tuple(faults))
