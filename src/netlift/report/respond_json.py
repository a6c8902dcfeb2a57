"""Responses as JSON, and as one flat Arrow table with one row per offer.

JSON holds the fields of `response.results`, named as there, by the rules of `report.json`: nan is null, an infinite
end is the string "inf" or "-inf", enumerations are their values, money is in minor units of `currency`. Beside them
stand `personal` of each offer learned from and `not_shown_to_beat` of each test, which the fields imply.
"""

import math
from dataclasses import replace
from typing import Any, cast

import pyarrow as pa

from netlift.report.json import plain
from netlift.response.results import Learned, Responses
from netlift.types import Effect

FORM = "netlift.responses/1"
"""Value of the key `form`; its number grows when a reader would have to change."""

_RATE, _TEXT, _NUMBER = pa.float64(), pa.string(), pa.int64()
_PARTS = ("margin", "cost", "net")
SCHEMA = pa.schema(
    [
        ("offer_id", _TEXT), ("name", _TEXT), ("mechanism", _TEXT), ("promotion_id", _TEXT), ("arm", _TEXT),
        ("source", _TEXT), ("grade", _TEXT), ("refused", _TEXT),
        *((f"{part}{end}", _RATE) for part in _PARTS for end in ("", "_lower", "_upper", "_se")),
        ("level", _RATE), ("n_treated", _NUMBER), ("n_control", _NUMBER), ("method", _TEXT),
        ("scored", _NUMBER), ("moved", _NUMBER), ("harmed", _NUMBER),
        ("slope", _RATE), ("slope_lower", _RATE), ("slope_upper", _RATE), ("personal", pa.bool_()),
        ("checks_failed", pa.list_(_TEXT)), ("pilot_per_arm", _NUMBER), ("pilot_days", _NUMBER),
        ("model_id", _TEXT), ("outcome", _TEXT), ("currency", _TEXT),
    ]
)  # fmt: skip
"""Columns of `to_table`: margin, cost and net per customer, in minor units of `currency`, or in the outcome's unit
where there is no currency. Unknown numbers are null, never nan."""


def to_json(responses: Responses) -> dict[str, Any]:
    """Responses as values that `json.dumps(..., allow_nan=False)` takes.

    Example:
        `json.dumps(to_json(responses), ensure_ascii=False, allow_nan=False)`
    """
    found = cast("dict[str, Any]", plain(replace(responses, judged={})))
    del found["judged"]  # one row per customer
    for written, one in zip(found["learned"], responses.learned, strict=True):
        written["personal"] = one.personal
    for written, test in zip(found["tests"], responses.tests, strict=True):
        written["not_shown_to_beat"] = list(test.comparison.not_shown_to_beat)
    return {"form": FORM, **found}


def to_table(*found: Responses) -> pa.Table:
    """One row per offer, those that could not be learned from last."""
    rows = []
    for responses in found:
        about = {"outcome": responses.outcome, "currency": responses.currency}
        rows += [_row(one) | about for one in responses.learned]
        rows += [
            {"offer_id": one.offer.offer_id, "name": one.offer.name, "mechanism": one.offer.mechanism,
             "promotion_id": one.offer.promotion_id, "arm": one.offer.arm, "refused": one.refused.value, **about}
            for one in responses.unknown
        ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _row(one: Learned) -> dict[str, Any]:
    offer = one.offer
    row: dict[str, Any] = {
        "offer_id": offer.offer_id, "name": offer.name, "mechanism": offer.mechanism,
        "promotion_id": offer.promotion_id, "arm": offer.arm, "source": one.source.value, "grade": one.grade.value,
        "level": one.net.level, "n_treated": one.net.n_treated, "n_control": one.net.n_control,
        "method": one.net.method, "scored": one.scored, "moved": one.moved, "harmed": one.harmed,
        "personal": one.personal, "model_id": one.model_id,
        "checks_failed": [check.code for check in one.checks if check.passed is False],
    }  # fmt: skip
    for part in _PARTS:
        row |= _effect(part, getattr(one, part))
    if one.slope is not None:
        row |= {"slope": _known(one.slope.estimate), "slope_lower": _known(one.slope.lower),
                "slope_upper": _known(one.slope.upper)}  # fmt: skip
    if one.pilot is not None:
        row |= {"pilot_per_arm": one.pilot.per_arm, "pilot_days": one.pilot.days}
    return row


def _effect(part: str, effect: Effect) -> dict[str, float | None]:
    return {f"{part}{end}": _known(getattr(effect, name)) for end, name in
            (("", "estimate"), ("_lower", "lower"), ("_upper", "upper"), ("_se", "se"))}  # fmt: skip


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
