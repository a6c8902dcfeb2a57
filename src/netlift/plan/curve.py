"""The budget-return curve: what every budget would earn at best, and where the next coin no longer pays.

Values are those of the linear relaxation, which no plan exceeds and from which the plans here are a few customers
away; as the least of many lines, one per choice of prices, it is concave in the budget.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from netlift.allocation.problem import UNIT, Problem
from netlift.plan.pool import Floats
from netlift.plan.rows import Frame, question

POINTS = 16
"""Budgets that are looked at, beside the one that was given."""


@dataclass(frozen=True, slots=True)
class Point:
    """One budget; money in minor units."""

    budget_minor: float
    spend_minor: float
    """What is spent of it."""
    value_minor: float
    """Net margin, after that spend."""
    price: float
    """What one more coin of budget earns, net: a coin comes back as 1 + price before its own cost."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Budgets and what they earn, ascending."""

    points: tuple[Point, ...]
    one: float | None
    """Budget beyond which the next coin brings back less than itself: the price is 0; None: it is never reached."""
    half: float | None
    """Budget beyond which the next coin earns less than half a coin, net; None: no coin earns that much."""
    peak_minor: float
    """The most that any budget earns, net."""


def curve_of(frame: Frame, value: Floats, *, points: int = POINTS) -> Curve:
    """The curve of the plan that earns most.

    Args:
        frame: pairs and limits; the budget is replaced.
        value: what each pair is worth, minor units, shape (pairs,).
        points: how many budgets between nothing and the point where more no longer helps.
    """
    pool = frame.pool
    plenty = float(np.ceil(np.maximum(pool.cost, 0.0).sum())) + 1
    given = frame.limits.budget_minor
    asked = question(frame, value, limits=replace(frame.limits, budget_minor=int(plenty))).problem
    top = _point(asked, plenty, {})
    budgets = {round(top.spend_minor * (i / (points - 1)) ** 2, 2) for i in range(points)}
    if given is not None and given < top.spend_minor:
        budgets.add(float(given))
    found, begin = [top], {"budget": 0.0}
    for budget in sorted(budgets - {round(top.spend_minor, 2)}, reverse=True):
        found.append(_point(asked, budget, begin))
        begin = {"budget": found[-1].price}
    made = tuple(sorted((replace(one, budget_minor=min(one.budget_minor, top.spend_minor)) for one in found),
                        key=lambda one: one.budget_minor))  # fmt: skip
    return Curve(made, top.spend_minor if top.price <= 1e-9 else None, _where(made, 0.5), top.value_minor)


def _point(problem: Problem, budget: float, begin: Mapping[str, float]) -> Point:
    """The relaxation at one budget."""
    from netlift.allocation.optimisers.dual import prices_of

    limit = int(np.floor(budget * UNIT + 1e-6))
    rows = tuple(row._replace(limit=limit) if row.name == "budget" else row for row in problem.rows)
    here = replace(problem, rows=rows)
    place = next(r for r, row in enumerate(rows) if row.name == "budget")
    start = np.array([begin.get(row.name, 0.0) for row in rows])
    found = prices_of(here, start)
    spend = float(np.clip(found.mixed_use[place] / UNIT, 0.0, budget))
    return Point(budget, spend, found.bound / UNIT, float(found.prices[place]))


def _where(points: tuple[Point, ...], price: float) -> float | None:
    """The largest budget at which a coin still earns so much, between the points by a line."""
    above = [one for one in points if one.price >= price]
    if not above:
        return None
    last = above[-1]
    after = next((one for one in points if one.budget_minor > last.budget_minor), None)
    if after is None or last.price == after.price:
        return last.budget_minor
    part = (last.price - price) / (last.price - after.price)
    return last.budget_minor + part * (after.budget_minor - last.budget_minor)
