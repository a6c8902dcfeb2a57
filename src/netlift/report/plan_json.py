"""Plans as JSON: their heads, what is expected of each and not shown, the curve, and how much two have in common.

Heads are written as in a plan's own file (`plan.codec`); money is in minor units of `currency`; nan is null.
"""

from typing import TYPE_CHECKING, Any

from netlift.plan import codec
from netlift.plan.artefact import Plan, head_json, plan_id
from netlift.plan.make import Made
from netlift.report.lint_table import lint_json
from netlift.report.plan_values import customers, outlook, unbeaten

if TYPE_CHECKING:
    from netlift.plan.explain import Explained

FORM = "netlift.plans/1"
"""Value of the key `form`; its number grows when a reader would have to change."""


def to_json(made: Made) -> dict[str, Any]:
    """Plans as values that `json.dumps(..., allow_nan=False)` takes.

    Example:
        `json.dumps(to_json(made), ensure_ascii=False, allow_nan=False)`
    """
    return {
        "form": FORM,
        "plans": [_plan(one, made.explained.get(one.head.code)) for one in made.plans],
        "curve": None if made.curve is None else codec.write(made.curve),
        "overlap": [{"plans": list(pair), "share": codec.write(share)} for pair, share in made.overlap.items()],
        "mean_overlap": codec.write(made.mean_overlap),
        "dropped": [{"code": code, "note": note} for code, note in made.dropped],
        "facts": codec.write(made.facts),
    }


def _plan(plan: Plan, why: "Explained | None") -> dict[str, Any]:
    return {
        "plan_id": plan_id(plan),
        "outlook": outlook(plan.head).value,
        "customers": customers(plan),
        "not_shown_to_beat": [one.code for one in unbeaten(plan.head)],
        "head": head_json(plan.head),
        "explained": None if why is None else _explained(why),
    }


def _explained(why: "Explained") -> dict[str, Any]:
    parts = ("steps", "rules", "segments", "examples", "stock", "laws", "dry_run")
    return {part: codec.write(getattr(why, part)) for part in parts} | {
        "conflicts": lint_json(why.conflicts)["findings"]
    }
