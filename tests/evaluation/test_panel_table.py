"""Auditing a plain panel: roles, wash-out, holes, and the planted effect."""

import json
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from netlift.errors import ConfigError, DataError, EstimationError
from netlift.evaluation.panel_table import audit_panel
from netlift.types import Grade


def panel(*, seed: int = 1, effect: float = 0.1, regions: int = 16, weeks: int = 40, treated: int = 6) -> pa.Table:
    """Weekly revenue and orders of regions; the first `treated` ran it in weeks 30 to 35."""
    rng = np.random.default_rng(seed)
    size = np.exp(0.4 * rng.normal(size=(regions, 1)))
    mean = 5000 * size * (1 + 0.2 * np.sin(np.arange(weeks) / 6))[None]
    ran = np.zeros((regions, weeks), dtype=int)
    ran[:treated, 30:36] = 1
    revenue = mean * (1 + effect * ran) + 150 * np.sqrt(size) * rng.normal(size=mean.shape)
    cells = [(r, w) for r in range(regions) for w in range(weeks)]
    return pa.table(
        {
            "region": [f"r{r}" for r, _ in cells],
            "week": [date(2025, 1, 6) + timedelta(weeks=w) for _, w in cells],
            "treated": [int(ran[cell]) for cell in cells],
            "revenue": [float(revenue[cell]) for cell in cells],
            "orders": [float(revenue[cell] / 20) for cell in cells],
        }
    )


def test_roles_are_guessed_and_the_planted_effect_is_found():
    audit = audit_panel(panel())
    assert (audit.roles.unit, audit.roles.time, audit.roles.treated) == ("region", "week", "treated")
    assert audit.roles.outcomes == ("revenue", "orders")
    assert (audit.units, audit.periods, audit.treated_units, audit.affected_cells) == (16, 40, 6, 36)
    revenue, orders = audit.effects
    assert revenue.relative_lower <= 0.1 <= revenue.relative_upper
    assert revenue.total.grade is Grade.QUASI
    assert revenue.total.excludes_zero
    assert revenue.relative == pytest.approx(revenue.total.estimate / revenue.base)
    assert revenue.observed == pytest.approx(revenue.base + revenue.total.estimate)
    assert orders.total.estimate == pytest.approx(revenue.total.estimate / 20, rel=1e-6)


def test_no_effect_is_not_found():
    """40 panels without effect at 90 %: at most 9 intervals leave zero out (10 or more has probability .005)."""
    found = sum(
        audit_panel(panel(seed=s, effect=0.0), outcomes=["revenue"]).effects[0].total.excludes_zero for s in range(40)
    )
    assert found <= 9


def test_wash_out_periods_count_as_affected():
    """Two weeks after the promotion: 6 x 2 more cells, by argument or by the value 2 in the table."""
    table = panel()
    by_argument = audit_panel(table, washout=2)
    marks = np.asarray(table["treated"]).reshape(16, 40).copy()
    marks[:6, 36:38] = 2
    by_value = audit_panel(table.set_column(2, "treated", pa.array(marks.ravel())))
    assert by_argument.affected_cells == by_value.affected_cells == 48
    assert by_argument.effects[0].total == by_value.effects[0].total


def test_order_of_rows_does_not_matter_and_rows_of_one_cell_add_up():
    table = panel()
    shuffled = table.take(pa.array(np.random.default_rng(2).permutation(table.num_rows)))
    halves = pa.concat_tables([table, table])
    whole = audit_panel(table).effects[0].total
    assert audit_panel(shuffled).effects[0].total.estimate == pytest.approx(whole.estimate, rel=1e-9)
    assert audit_panel(halves).effects[0].total.estimate == pytest.approx(2 * whole.estimate, rel=1e-9)


def test_missing_cells_are_counted_and_left_out():
    table = panel()
    kept = np.ones(table.num_rows, dtype=bool)
    kept[[5, 50, 500]] = False
    audit = audit_panel(table.filter(pa.array(kept)))
    assert audit.missing_cells == 3
    assert audit.effects[0].relative == pytest.approx(0.1, abs=0.03)


def test_a_failed_check_lowers_the_grade():
    table = panel()
    marks, revenue = (np.asarray(table[name]).reshape(16, 40).copy() for name in ("treated", "revenue"))
    revenue[:6] *= 1 + 0.02 * np.arange(40)
    drifting = table.set_column(3, "revenue", pa.array(revenue.ravel()))
    effect = audit_panel(drifting, outcomes=["revenue"]).effects[0]
    assert any(check.passed is False for check in effect.checks)
    assert effect.total.grade is Grade.OBSERVATIONAL
    assert marks.sum() == 36


def test_the_audit_is_plain_json():
    again = json.loads(json.dumps(audit_panel(panel(), outcomes=["revenue"]).to_dict(), allow_nan=False))
    assert again["effects"][0]["total"]["grade"] == "quasi-experimental"


def test_wrong_tables_are_explained():
    table = panel()
    with pytest.raises(ConfigError, match="did you mean 'region'"):
        audit_panel(table, unit="regio")
    with pytest.raises(ConfigError, match="time="):
        audit_panel(table.drop_columns(["week"]))
    with pytest.raises(ConfigError, match="outcomes="):
        audit_panel(table.drop_columns(["revenue", "orders"]))
    with pytest.raises(DataError, match="must hold 0, 1"):
        audit_panel(table, treated="orders")
    with pytest.raises(DataError, match="may not be empty"):
        audit_panel(table.set_column(1, "week", pa.array([None, *table["week"].to_pylist()[1:]])))
    with pytest.raises(EstimationError, match="in no region"):
        audit_panel(table.set_column(2, "treated", pa.array(np.zeros(table.num_rows, dtype=int))))
