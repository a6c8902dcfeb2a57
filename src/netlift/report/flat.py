"""An audit as one flat Arrow table, one row per promotion, for Parquet, spreadsheets and notebooks."""

import math
from typing import Any

import pyarrow as pa

from netlift.evaluation.results import Audit, Finding, Step
from netlift.types import Effect

STEPS = ("list_revenue", "discount", "funding", "returns", "cost_of_goods", "fees", "shipping", "gifts", "contact_cost",
         "fixed_cost", "rounding")  # fmt: skip
"""Bars of a waterfall, each a column `step_<code>_minor`; bars of other codes are summed into `step_other_minor`."""
PARTS = ("gross_lift", "incremental", "pulled_forward", "cannibalised", "halo", "discount_given",
         "discount_on_incremental", "subsidy")  # fmt: skip

_MONEY, _RATE, _TEXT, _CODES = pa.int64(), pa.float64(), pa.string(), pa.list_(pa.string())
_MOMENT = pa.timestamp("us", tz="UTC")

SCHEMA = pa.schema(
    [
        ("promotion_id", _TEXT), ("name", _TEXT), ("mechanism", _TEXT), ("design", _TEXT), ("start", _MOMENT),
        ("end", _MOMENT), ("washout_days", _MONEY), ("customers", _MONEY), ("redemptions", _MONEY),
        ("discount_minor", _MONEY), ("spend_minor", _MONEY), ("verdict", _TEXT), ("why", _CODES), ("refused", _TEXT),
        ("grade", _TEXT), ("method", _TEXT), ("n_treated", _MONEY), ("n_control", _MONEY),
        ("net_lift_minor", _RATE), ("net_lift_lower_minor", _RATE), ("net_lift_upper_minor", _RATE),
        ("net_lift_se_minor", _RATE), ("level", _RATE), ("p_positive", _RATE), ("q_value", _RATE),
        ("per_coin", _RATE), ("per_coin_lower", _RATE), ("per_coin_upper", _RATE),
        ("subsidy_lower_minor", _RATE), ("subsidy_upper_minor", _RATE),
        *((f"{code}_minor", _MONEY) for code in PARTS),
        *((f"step_{code}_minor", _MONEY) for code in (*STEPS, "other")),
        ("before_after_minor", _MONEY), ("redeemer_revenue_minor", _MONEY),
        ("checks_passed", _CODES), ("checks_failed", _CODES), ("checks_not_run", _CODES),
        ("breakeven_margin", _RATE), ("test_units_per_arm", _MONEY), ("test_unit", _TEXT), ("test_days", _MONEY),
        ("test_detectable_minor", _MONEY), ("currency", _TEXT),
    ]
)  # fmt: skip
"""Columns of `to_table`; `_minor` ends a column of money in minor units. Unknown numbers are null, never nan."""


def to_table(audit: Audit) -> pa.Table:
    """One row per promotion in the audit's order; the schema's metadata names shop, version, seed and time."""
    rows = [_row(finding, audit) for finding in audit.findings]
    about = {"shop": audit.shop, "currency": audit.currency, "level": str(audit.level), "seed": str(audit.seed),
             "version": audit.version, "created": audit.created.isoformat()}  # fmt: skip
    return pa.Table.from_pylist(rows, schema=SCHEMA.with_metadata(about))


def _row(finding: Finding, audit: Audit) -> dict[str, Any]:
    row: dict[str, Any] = {
        "promotion_id": finding.promotion_id, "name": finding.name, "mechanism": finding.mechanism,
        "design": finding.design, "start": finding.window.start, "end": finding.window.end,
        "washout_days": finding.washout_days, "customers": finding.customers, "redemptions": finding.redemptions,
        "discount_minor": finding.discount_minor, "spend_minor": finding.spend_minor,
        "verdict": finding.verdict.value, "why": list(finding.why),
        "refused": finding.refused.value if finding.refused else None, "q_value": _known(finding.q_value),
        "before_after_minor": finding.naive.before_after_minor,
        "redeemer_revenue_minor": finding.naive.redeemer_revenue_minor,
        "breakeven_margin": finding.breakeven_margin, "currency": audit.currency,
    }  # fmt: skip
    for name, passed in (("passed", True), ("failed", False), ("not_run", None)):
        row[f"checks_{name}"] = [check.code for check in finding.checks if check.passed is passed]
    return row | _lift(finding.net_lift) | _money(finding) | _test(finding)


def _lift(effect: Effect | None) -> dict[str, Any]:
    if effect is None:
        return {}
    return {
        "grade": effect.grade.value, "method": effect.method, "n_treated": effect.n_treated,
        "n_control": effect.n_control, "net_lift_minor": _known(effect.estimate),
        "net_lift_lower_minor": _known(effect.lower), "net_lift_upper_minor": _known(effect.upper),
        "net_lift_se_minor": _known(effect.se), "level": effect.level, "p_positive": _known(effect.p_positive),
    }  # fmt: skip


def _money(finding: Finding) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if (coin := finding.per_coin) is not None:
        row = {"per_coin": _known(coin.estimate), "per_coin_lower": _known(coin.lower),
               "per_coin_upper": _known(coin.upper)}  # fmt: skip
    if (subsidy := finding.subsidy) is not None:
        row |= {"subsidy_lower_minor": _known(subsidy.lower), "subsidy_upper_minor": _known(subsidy.upper)}
    if (parts := finding.decomposition) is not None:
        row |= {f"{code}_minor": getattr(parts, f"{code}_minor") for code in PARTS}
    if finding.waterfall is not None:
        row |= _steps(finding.waterfall.steps)
    return row


def _steps(steps: tuple[Step, ...]) -> dict[str, int]:
    row: dict[str, int] = {}
    for step in steps:
        column = f"step_{step.code if step.code in STEPS else 'other'}_minor"
        row[column] = row.get(column, 0) + step.amount_minor
    return row


def _test(finding: Finding) -> dict[str, Any]:
    test = finding.next_test
    if test is None:
        return {}
    return {"test_units_per_arm": test.units_per_arm, "test_unit": test.unit, "test_days": test.days,
            "test_detectable_minor": test.detectable_minor}  # fmt: skip


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
