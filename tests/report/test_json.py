"""JSON and the flat table: nothing lost, nothing that JSON or Arrow cannot hold."""

import copy
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from netlift.errors import DataError
from netlift.evaluation.results import Audit, Pooled, Step, Waterfall
from netlift.report.flat import SCHEMA
from netlift.report.json import FORM, from_json, json_schema, to_json, to_table
from netlift.types import Effect, Grade
from tests.report.examples import ALL, SKETCHES, bound, english, finding, many


def travelled(audit: Audit) -> Audit:
    """Through text, as a file or a socket would."""
    return from_json(json.loads(json.dumps(to_json(audit), allow_nan=False)))


@pytest.mark.parametrize("example", list(ALL))
def test_an_audit_survives_the_journey(example: str) -> None:
    """Nan differs from itself, so the two are compared as JSON."""
    audit = ALL[example]()
    back = travelled(audit)
    assert to_json(back) == to_json(audit)
    assert back.span == audit.span
    assert [one.verdict for one in back.findings] == [one.verdict for one in audit.findings]


def test_equal_values_are_equal_after_the_journey() -> None:
    audit = replace(english(), findings=(replace(finding(SKETCHES[1]), checks=()),), receipts=())
    assert travelled(audit) == audit


def test_nan_infinity_and_pooled_survive() -> None:
    half = Effect(math.nan, -math.inf, 5.0, 0.9, math.nan, 1, 2, "bound", Grade.BOUND)
    pooled = (Pooled("campaign", 3, "customer", 12.5, -1.0, 26.0, 4.0),)
    audit = replace(english(), findings=(replace(bound(SKETCHES[5]), net_lift=half),), pooled=pooled)
    data = to_json(audit)["findings"][0]["net_lift"]
    assert (data["estimate"], data["lower"]) == (None, "-inf")
    back = travelled(audit)
    effect = back.findings[0].net_lift
    assert effect is not None
    assert math.isnan(effect.estimate)
    assert effect.lower == -math.inf
    assert back.pooled == pooled


def test_the_identities_are_checked_when_reading() -> None:
    """A waterfall that does not add up is refused, wherever it comes from."""
    data = to_json(english())
    data["findings"][0]["waterfall"]["total_minor"] += 1
    with pytest.raises(Exception, match="does not add up"):
        from_json(data)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(form="netlift.audit/9"), "its form is 'netlift.audit/9'"),
        (lambda d: d.pop("orders"), "audit: no orders"),
        (lambda d: d.update(extra=1), "audit: unknown extra"),
        (lambda d: d.update(orders="many"), "audit.orders: int is wanted, got 'many'"),
        (lambda d: d.update(orders=True), "audit.orders: int is wanted, got True"),
        (lambda d: d["findings"][1].update(verdict="maybe"), r"audit.findings\[1\].verdict: 'maybe' is not a valid"),
        (lambda d: d["findings"][0]["window"].update(start="soon"), r"audit.findings\[0\].window.start: Invalid iso"),
        (lambda d: d["findings"][0]["net_lift"].update(se="big"), "net_lift.se: a number is wanted, got 'big'"),
        (lambda d: d.update(findings={}), "audit.findings: list is wanted"),
    ],
)
def test_wrong_input_is_told_with_its_place(change: Any, said: str) -> None:
    data = copy.deepcopy(to_json(english()))
    change(data)
    with pytest.raises(DataError, match=said):
        from_json(data)


def test_something_else_is_not_an_audit() -> None:
    with pytest.raises(DataError, match="this is not an audit"):
        from_json([])  # type: ignore[arg-type]


PYTHON: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool,
    "null": type(None),
}  # fmt: skip


def fits(schema: dict[str, Any], value: Any) -> bool:
    """As much of JSON Schema as ours uses."""
    if "anyOf" in schema:
        return any(fits(one, value) for one in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return value in schema.get("enum", [schema.get("const")])
    kinds = schema.get("type", list(PYTHON))
    known = any(isinstance(value, PYTHON[kind]) for kind in ([kinds] if isinstance(kinds, str) else kinds))
    return known and all(fits(*pair) for pair in inside(schema, value))


def inside(schema: dict[str, Any], value: Any) -> list[tuple[dict[str, Any], Any]]:
    """Parts of a value with the schema of each; a field that is missing or unknown meets a schema nothing fits."""
    if isinstance(value, list):
        return [(schema.get("items", {}), item) for item in value]
    if not isinstance(value, dict):
        return []
    fields = schema.get("properties")
    if fields is None:
        return [(schema.get("additionalProperties", {}), item) for item in value.values()]
    nothing: dict[str, Any] = {"enum": []}
    return [(fields.get(key, nothing), value.get(key, nothing)) for key in {*schema["required"], *value}]


@pytest.mark.parametrize("example", list(ALL))
def test_the_schema_describes_what_is_written(example: str) -> None:
    data = to_json(ALL[example]())
    assert fits(json_schema(), data)
    assert not fits(json_schema(), data | {"orders": "many"})
    assert not fits(json_schema(), data | {"extra": 1})
    assert not fits(json_schema(), {key: item for key, item in data.items() if key != "orders"})
    assert json_schema()["properties"]["form"] == {"const": FORM}


def test_the_flat_table_has_one_row_per_promotion_in_order(tmp_path: Path) -> None:
    audit = english()
    table = to_table(audit)
    assert table.schema.equals(SCHEMA)
    assert table["promotion_id"].to_pylist() == [one.promotion_id for one in audit.findings]
    assert table["currency"].unique().to_pylist() == ["EUR"]
    pq.write_table(table, tmp_path / "audit.parquet")
    back = pq.read_table(tmp_path / "audit.parquet")
    assert back.equals(table)
    assert back.schema.metadata[b"shop"] == b"Teehaus Nord"


def test_the_flat_table_keeps_both_identities() -> None:
    """Steps sum to net lift, and the parts to the bump and to the discount, row by row."""
    for row in to_table(many(10)).to_pylist():
        steps = [amount for name, amount in row.items() if name.startswith("step_") and amount is not None]
        assert sum(steps) == row["net_lift_minor"]
        parts = ("incremental_minor", "pulled_forward_minor", "cannibalised_minor")
        assert sum(row[part] for part in parts) == row["gross_lift_minor"]
        assert row["discount_on_incremental_minor"] + row["subsidy_minor"] == row["discount_given_minor"]


def test_what_is_unknown_is_null() -> None:
    """Nan in a spreadsheet reads as a number to many programs."""
    rows = {row["promotion_id"]: row for row in to_table(english()).to_pylist()}
    limits, refused = rows["hello10"], rows["always"]
    assert limits["net_lift_minor"] is None
    assert limits["net_lift_lower_minor"] is not None
    assert limits["q_value"] is None
    assert refused["refused"] == "no_unpromoted_periods"
    assert refused["net_lift_lower_minor"] is None
    assert rows["black-friday"]["checks_failed"] == ["stock_outs"]


def test_a_bar_without_a_column_of_its_own_is_not_lost() -> None:
    falls = Waterfall((Step("list_revenue", 100), Step("moon_tax", -30), Step("star_tax", -20)), 50)
    audit = replace(english(), findings=(replace(finding(SKETCHES[0]), waterfall=falls),))
    row = to_table(audit).to_pylist()[0]
    assert (row["step_list_revenue_minor"], row["step_other_minor"]) == (100, -50)


def test_an_empty_audit_is_an_empty_table() -> None:
    table = to_table(ALL["empty"]())
    assert table.num_rows == 0
    assert table.schema.equals(SCHEMA)
