"""Why a customer's score is what it is: exact shares of each column, and what counts over all customers.

These say how the model came to its score. They are not causes: a customer whose score is high because he was here
yesterday would not have bought because of a visit that somebody talked him into.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import EstimationError
from netlift.profiles.propensity import checks
from netlift.profiles.propensity.family import Contributions


class Reason(NamedTuple):
    """One column's share of one customer's score."""

    name: str
    """Of the column."""
    value: float
    """What the customer has in it, in the column's unit."""
    contribution: float
    """What it adds to the raw score, in the unit of the contributions (log-odds, amount, ...)."""


class Weight(NamedTuple):
    """How much a column moves scores."""

    name: str
    importance: float
    """Mean absolute contribution over the rows, in the unit of the contributions."""


def reasons(contributions: Contributions, X: ArrayLike, names: Sequence[str], top: int = 3) -> list[list[Reason]]:
    """The columns that move each customer's score most, the strongest first; columns that move nothing are left out.

    Args:
        contributions: of these rows.
        X: the rows as they were given to the model, shape (n, p).
        names: of the columns.
        top: how many, at most.

    Raises:
        EstimationError: shapes or names that do not fit.

    >>> two = Contributions(np.array([[0.2, -0.9], [0.0, 0.1]]), -1.0, "log-odds")
    >>> reasons(two, [[3.0, 40.0], [2.0, 10.0]], ["orders", "recency_days"], top=1)[0]
    [Reason(name='recency_days', value=40.0, contribution=-0.9)]
    """
    values = contributions.values
    rows = checks.matrix(X, rows=values.shape[0], columns=values.shape[1])
    _named(names, values.shape[1])
    order = np.argsort(-np.abs(values), axis=1, kind="stable")[:, : max(top, 0)]
    # one short list per customer is the answer itself, so there is nothing to gain from arrays
    return [
        [Reason(names[j], float(rows[i, j]), float(values[i, j])) for j in chosen if values[i, j] != 0]
        for i, chosen in enumerate(order.tolist())
    ]


def importance(contributions: Contributions, names: Sequence[str]) -> list[Weight]:
    """All columns by how much they move scores, the strongest first.

    Raises:
        EstimationError: names that do not fit.

    >>> importance(Contributions(np.array([[0.2, -0.9], [0.0, 0.1]]), 0.0, "log-odds"), ["a", "b"])[0]
    Weight(name='b', importance=0.5)
    """
    _named(names, contributions.values.shape[1])
    means = np.abs(contributions.values).mean(axis=0)
    order = np.argsort(-means, kind="stable")
    return [Weight(names[j], float(means[j])) for j in order.tolist()]


def _named(names: Sequence[str], columns: int) -> None:
    if len(names) != columns:
        raise EstimationError(f"{columns} columns need as many names, got {len(names)}")
