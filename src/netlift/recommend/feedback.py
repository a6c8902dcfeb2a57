"""What came back: answers to lists become the next training events, each with the chance of having been shown.

What is shown high is clicked more for being there. Where it is known with which chance a product was shown, its
answers count by the inverse of that chance, held below a bound (Schnabel et al. 2016, arXiv:1602.05352).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError, DataError
from netlift.recommend.ids import Ids, Ints

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"view": 0.2, "click": 0.3, "cart": 0.6, "purchase": 1.0, "rating": 1.0, "satisfaction": 1.0}
)
"""What one answer says of a wish; of a rating or of satisfaction, the best one."""
_GRADED = ("rating", "satisfaction")


@dataclass(frozen=True, slots=True, eq=False)
class Feedback:
    """What lists taught."""

    events: "pa.Table"
    """`customer_id`, `product_id`, `at`, `weight` for `Interactions.of`, and `propensity`: the chance with which the
    product had been shown, null where it was found without a list. By customer, time, product."""
    disliked: Mapping[str, tuple[str, ...]]
    """By customer, the products whose last grade was below the middle or that were hidden: for
    `Rules.excluded_by_user`."""
    unanswered: Mapping[tuple[str, str], int]
    """By customer and product, how often it was shown since the last answer: for `Rules.shown`."""
    satisfaction: float
    """Mean grade of goods that were on a list before, 0 the worst and 1 the best; NaN where none was graded."""


def heard(
    shown: "pa.Table",
    answers: "pa.Table",
    *,
    weights: Mapping[str, float] = WEIGHTS,
    within: timedelta = timedelta(days=7),
    scale: tuple[float, float] = (1.0, 5.0),
    most: float = 10.0,
) -> Feedback:
    """Join answers to the lists that led to them.

    An answer belongs to the last time before it, not longer ago than `within`, that the product was shown to the
    customer. Grades above the middle of the scale are wishes in proportion; others are none, and make no event.

    Args:
        shown: `customer_id`, `product_id`, `at`, and `propensity` (above 0, at most 1; null or no such column: shown
            for certain).
        answers: `customer_id`, `product_id`, `at`, `kind` (of `weights`, or `hide`), and `value` for grades.
        weights: of kinds.
        within: how long a list may be remembered.
        scale: the worst and the best grade.
        most: bound of what an answer counts for having been shown by chance.

    Raises:
        DataError: a column is missing, an id, time or kind is null, a kind is unknown, a propensity is no probability,
            a grade is missing or off the scale.
        ConfigError: a weight, the scale or the bound make no sense.
    """
    _check_settings(weights, scale, most)
    lists, told = _Rows.of(shown, "lists"), _Rows.of(answers, "answers")
    chance = _propensity(shown)
    kind = _kinds(answers, weights)
    graded = np.isin(kind, _GRADED)
    grade = _grades(answers, graded, scale)
    pairs = _pairs(lists, told)
    led = _led(pairs, lists.at, told.at, within)
    wished = (kind != "hide") & (grade > 0)
    propensity = np.where(led >= 0, np.append(chance, np.nan)[led], np.nan)
    counted = np.minimum(1.0 / np.where(np.isnan(propensity), 1.0, propensity), most)
    weight = np.array([weights.get(str(one), 0.0) for one in kind], np.float64) * grade * counted
    wished &= weight > 0
    return Feedback(
        _events(told, np.flatnonzero(wished), weight, propensity),
        _disliked(told, pairs.told, np.where(kind == "hide", -1.0, np.where(graded, grade, 0.0))),
        _unanswered(lists, pairs, told.at),
        _mean(np.sort((grade[graded & (led >= 0)] + 1) / 2)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Whom, what and when, checked."""

    who: "pa.ChunkedArray"
    what: "pa.ChunkedArray"
    at: Ints
    """Microseconds."""

    @classmethod
    def of(cls, table: "pa.Table", name: str) -> "_Rows":
        """Read the three columns that lists and answers share."""
        import pyarrow as pa

        for column in ("customer_id", "product_id", "at", *(("kind",) if name == "answers" else ())):
            if column not in table.column_names:
                raise DataError(f"a table of {name} has no column {column!r}")
            if table[column].null_count:
                raise DataError(f"column {column!r} of {name} is empty in {table[column].null_count} rows")
        if not pa.types.is_timestamp(table["at"].type):
            raise DataError(f"column 'at' of {name} must hold times, not {table['at'].type}")
        at = table["at"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
        text = pa.string()
        return cls(table["customer_id"].cast(text), table["product_id"].cast(text), np.asarray(at, np.int64))

    def __len__(self) -> int:
        return len(self.at)


class _Pairs(NamedTuple):
    """A number for each customer and product."""

    shown: Ints
    told: Ints


def _pairs(lists: _Rows, told: _Rows) -> _Pairs:
    who = Ids([*lists.who.to_pylist(), *told.who.to_pylist()])
    what = Ids([*lists.what.to_pylist(), *told.what.to_pylist()])
    return _Pairs(*(who.positions(rows.who) * len(what) + what.positions(rows.what) for rows in (lists, told)))


def _led(pairs: _Pairs, shown: Ints, told: Ints, within: timedelta) -> Ints:
    """Of each answer the row of the list that led to it; -1: none."""
    pair, at = np.concatenate([pairs.shown, pairs.told]), np.concatenate([shown, told])
    answer = np.arange(len(pair)) >= len(shown)
    order = np.lexsort((answer, at, pair))  # at one moment, what was shown comes first
    before = np.maximum.accumulate(np.where(answer[order], -1, np.arange(len(order))))
    row = np.where(before >= 0, order[before], order)
    near = (before >= 0) & (pair[row] == pair[order]) & (at[order] - at[row] <= within // timedelta(microseconds=1))
    found = np.full(len(pair), -1, np.int64)
    found[order] = np.where(near, row, -1)
    return found[len(shown) :]


def _events(told: _Rows, kept: Ints, weight: Floats, propensity: Floats) -> "pa.Table":
    import pyarrow as pa

    place = pa.array(kept)
    table = pa.table(
        {
            "customer_id": told.who.take(place),
            "product_id": told.what.take(place),
            "at": pa.array(told.at[kept], pa.timestamp("us", tz="UTC")),
            "weight": weight[kept],
            "propensity": pa.array(propensity[kept], pa.float64(), from_pandas=True),
        }
    )
    return table.sort_by([(name, "ascending") for name in ("customer_id", "at", "product_id", "weight")])


def _disliked(told: _Rows, pair: Ints, verdict: Floats) -> Mapping[str, tuple[str, ...]]:
    """By customer what their last verdict was against; of verdicts of one moment the worst counts."""
    judged = np.flatnonzero(verdict)
    order = judged[np.lexsort((-verdict[judged], told.at[judged], pair[judged]))]
    last = order[np.append(pair[order][1:] != pair[order][:-1], True)] if len(order) else order
    found: dict[str, set[str]] = {}
    for row in last[verdict[last] < 0].tolist():
        found.setdefault(told.who[row].as_py(), set()).add(told.what[row].as_py())
    return {name: tuple(sorted(found[name])) for name in sorted(found)}


def _unanswered(lists: _Rows, pairs: _Pairs, told: Ints) -> Mapping[tuple[str, str], int]:
    keys, of = np.unique(np.concatenate([pairs.shown, pairs.told]), return_inverse=True)
    last = np.full(len(keys), np.iinfo(np.int64).min)
    np.maximum.at(last, of[len(lists) :], told)
    silent = np.flatnonzero(lists.at > last[of[: len(lists)]])
    counted = Counter((lists.who[row].as_py(), lists.what[row].as_py()) for row in silent.tolist())
    return dict(sorted(counted.items()))


def _propensity(shown: "pa.Table") -> Floats:
    if "propensity" not in shown.column_names:
        return np.ones(shown.num_rows)
    chance = np.asarray(shown["propensity"].cast("double").fill_null(1.0).to_numpy(), np.float64)
    wrong = np.flatnonzero(~((chance > 0) & (chance <= 1)))
    if len(wrong):
        raise DataError(
            f"row {wrong[0]} of lists has propensity {chance[wrong[0]]}: a chance lies above 0 and at most at 1"
        )
    return chance


def _kinds(answers: "pa.Table", weights: Mapping[str, float]) -> NDArray[np.str_]:
    kind = np.array(answers["kind"].to_pylist(), np.str_)
    for one in np.unique(kind).tolist():
        if one != "hide" and one not in weights:
            raise DataError(f"answers of the kind {one!r} are not known: use {', '.join([*weights, 'hide'])}")
    return kind


def _grades(answers: "pa.Table", graded: NDArray[np.bool_], scale: tuple[float, float]) -> Floats:
    """-1 for the worst grade to 1 for the best; 1 for what is no grade."""
    low, high = scale
    if "value" in answers.column_names:
        value = np.asarray(answers["value"].cast("double").fill_null(np.nan).to_numpy(), np.float64)
    else:
        value = np.full(answers.num_rows, np.nan)
    wrong = np.flatnonzero(graded & ~((value >= low) & (value <= high)))
    if len(wrong):
        raise DataError(f"row {wrong[0]} of answers has the grade {value[wrong[0]]}: it must lie in {low} to {high}")
    return np.where(graded, (2 * value - low - high) / (high - low), 1.0)


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _check_settings(weights: Mapping[str, float], scale: tuple[float, float], most: float) -> None:
    for kind, weight in weights.items():
        if not (np.isfinite(weight) and weight >= 0):
            raise ConfigError(f"the weight of {kind} is a number of at least 0, got {weight}")
    if not scale[0] < scale[1]:
        raise ConfigError(f"a scale goes from the worst grade to the best, got {scale}")
    if not most >= 1:
        raise ConfigError(f"the bound of inverse chances is at least 1, got {most}")
