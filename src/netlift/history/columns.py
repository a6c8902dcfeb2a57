"""The parts of a profit: which column of an outcome matrix is what, and which sums of them people ask for.

A matrix of outcomes has one column per phase x scope x measure. Every question ("net lift", "pulled forward",
"the discount bar of the waterfall") is a vector of coefficients over those columns.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PHASES = ("window", "washout")
"""While the promotion ran, and the wash-out after it."""
SCOPES = ("offer", "category", "elsewhere")
"""Goods on offer, other goods of their categories, everything else."""
MEASURES = ("list_revenue", "discount", "funding", "returns", "cost_of_goods")
"""Money of a line, minor units: list value, discount, supplier's share of it, refunds, cost of goods."""
SIGNS = {"list_revenue": 1.0, "discount": -1.0, "funding": 1.0, "returns": -1.0, "cost_of_goods": -1.0}
"""How each measure enters the profit."""
COLUMNS = tuple((phase, scope, measure) for phase in PHASES for scope in SCOPES for measure in MEASURES)
"""Meaning of each column of an outcome matrix, in order."""


def pick(
    phases: Iterable[str] = PHASES,
    scopes: Iterable[str] = SCOPES,
    measures: Iterable[str] = MEASURES,
) -> Floats:
    """Coefficients (len(COLUMNS),) that sum the named parts with the sign they have in a profit.

    >>> float(pick(["window"], ["offer"], ["discount"]).sum())
    -1.0
    """
    wanted = {(p, s, m) for p in phases for s in scopes for m in measures}
    return np.array([SIGNS[column[2]] if column in wanted else 0.0 for column in COLUMNS])


def fees(rate: float) -> Floats:
    """Coefficients of payment fees: `rate` of what customers pay after discounts and refunds (negative)."""
    paid = pick(measures=["list_revenue", "discount", "returns"])
    return -rate * paid


def profit(fee_rate: float = 0.0) -> Floats:
    """Coefficients of the whole profit over window and wash-out."""
    return pick() + fees(fee_rate)


def list_margin(phases: Iterable[str], scopes: Iterable[str]) -> Floats:
    """Coefficients of margin at list price (list revenue less cost of goods), before any discount."""
    return pick(phases, scopes, ["list_revenue", "cost_of_goods"])
