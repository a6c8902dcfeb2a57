"""Who is about to stop buying: the boosted forecast where it is shown to beat a look at the last order, else that."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError
from netlift.profiles.churn.habits import HABITS, features, habits, moment_of
from netlift.profiles.churn.judge import Judged, base_rate, judge
from netlift.profiles.churn.labels import Question, dated
from netlift.profiles.churn.model import Churn
from netlift.profiles.churn.simple import RecencyRule
from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.dates import Dated

if TYPE_CHECKING:
    import pyarrow as pa

SILENT_GAPS = 4.0
"""Typical gaps without an order that count as churned: from there on a customer is called lapsed."""
SHORTEST, LONGEST = 28, 90
"""Days of the horizon at least and at most."""
DATES = 6
"""Dates of the past that are looked at, at most; the last one judges."""
LEAST = 100
"""Customers of each kind that the judging date needs, or nothing is said."""
BOOSTED, RECENCY, BASE = "boosted", "recency", "base"


class Leaving(NamedTuple):
    """A forecast, or why there is none."""

    p: Floats
    """Probability of no order in the horizon, of each customer; NaN for those who are not asked about; shape (n,)."""
    horizon_days: int
    judged: Mapping[str, Judged]
    """On the latest complete date: `ours` (boosted), `recency`, `base`; empty where there is no forecast."""
    used: str = ""
    """boosted, where it is shown to beat recency by log-loss; else recency, where it beats the base rate; else base."""
    absent: str = ""
    """Why there is no forecast."""


def leaving(
    orders: "pa.Table", customers: NDArray[np.object_], as_of: datetime, gap_days: float, *, seed: int
) -> Leaving:
    """Learn from earlier dates, judge on the latest complete one, then learn again up to it and foretell.

    Args:
        orders: `customer_id`, `ordered_at`, `amount_minor`; one row per order before `as_of`.
        customers: ids, ascending, shape (n,).
        as_of: moment with a time zone.
        gap_days: typical days between two orders of a customer.
        seed: of models and intervals.
    """
    horizon = int(np.clip(round(SILENT_GAPS * gap_days), SHORTEST, LONGEST)) if np.isfinite(gap_days) else LONGEST
    nothing = np.full(len(customers), np.nan)
    empty: Mapping[str, Judged] = MappingProxyType({})
    try:
        dates = _dates(orders, as_of, Question(horizon))
        ours, rule = Churn.learn(dates[:-1], tuple(HABITS), seed=seed), RecencyRule.learn(dates[:-1], tuple(HABITS))
        others = {RECENCY: _by_rule(rule, dates[-1]), BASE: base_rate(dates[:-1], len(np.asarray(dates[-1].y)))}
        judged = judge(ours, dates[-1], others, seed=seed)
        used = _best(judged, others, dates[-1], seed)
        who, X = _now(orders, as_of, Question(horizon))
        found = _foretold(used, dates, X, seed)
    except EstimationError as error:
        return Leaving(nothing, horizon, empty, "", str(error))
    nothing[np.searchsorted(customers, who)] = found
    return Leaving(nothing, horizon, judged, used)


def _dates(orders: "pa.Table", as_of: datetime, question: Question) -> list[Dated]:
    """The latest complete date and those before it, one horizon apart, oldest first."""
    import pyarrow.compute as pc

    step, first = timedelta(days=question.horizon_days), pc.min(orders["ordered_at"]).as_py()
    moments = [moment_of(as_of) - step * k for k in range(DATES, 0, -1)]
    known = [moment for moment in moments if moment - step >= first]
    if len(known) < 4:
        raise EstimationError(
            f"a forecast of churn within {question.horizon_days} days needs {5 * question.horizon_days} days of "
            f"orders, there are {(moment_of(as_of) - first).days}"
        )
    found = dated(orders, known, question, until=moment_of(as_of))
    kinds = np.bincount(np.asarray(found[-1].y, dtype=np.int64), minlength=2)
    if kinds.min() < LEAST:
        raise EstimationError(
            f"on the latest complete date {kinds[1]} customers churned and {kinds[0]} did not: at least {LEAST} of "
            "each are needed"
        )
    return found


def _by_rule(rule: RecencyRule, date: Dated) -> Floats:
    return rule.predict(np.asarray(date.X)[:, list(HABITS).index("recency_days")])


def _best(judged: Mapping[str, Judged], others: Mapping[str, Floats], test: Dated, seed: int) -> str:
    from netlift.profiles.propensity.intervals import difference

    if judged[RECENCY].beaten("log_loss") and judged[BASE].beaten("log_loss"):
        return BOOSTED
    less = difference(test.y, others[RECENCY], others[BASE], "log_loss", level=0.95, seed=seed)
    return RECENCY if less.upper < 0 else BASE


def _now(orders: "pa.Table", as_of: datetime, question: Question) -> tuple[NDArray[np.object_], Floats]:
    """Those who are asked about today, ascending, and their columns."""
    import narwhals as nw

    from netlift.engines.duckdb import connect

    with connect() as connection:
        frame = nw.from_native(connection.from_arrow(orders))
        table = habits(frame, as_of).sort("customer_id").to_native().to_arrow_table()
    X = features(table, as_of)
    recent = X[:, list(HABITS).index("recency_days")] < question.active_days
    if not recent.any():
        raise EstimationError(f"nobody ordered in the {question.active_days} days before {as_of.date()}")
    return np.asarray(table["customer_id"].to_pylist(), dtype=np.object_)[recent], X[recent]


def _foretold(used: str, dates: list[Dated], X: Floats, seed: int) -> Floats:
    if used == BOOSTED:
        return Churn.learn(dates, tuple(HABITS), seed=seed).predict(X)
    if used == RECENCY:
        return RecencyRule.learn(dates, tuple(HABITS)).predict(X[:, list(HABITS).index("recency_days")])
    return base_rate(dates, len(X))
