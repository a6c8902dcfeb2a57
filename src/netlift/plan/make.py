"""The whole of step 6: from what is known to several plans, a curve, and the reasons.

made = make_plans(Known(candidates, learned, rows, eligible), Limits(budget_minor=500_000), Setting(...))
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from netlift.candidates.candidate import Candidate
from netlift.errors import DataError
from netlift.plan.alternatives import alternatives
from netlift.plan.artefact import Part, Plan
from netlift.plan.build import Builder, Setting
from netlift.plan.choose import Choice, jaccard
from netlift.plan.curve import Curve, curve_of
from netlift.plan.errors import errors_of
from netlift.plan.explain import Context, Explained, Law, explain
from netlift.plan.hold_out import global_hold_out
from netlift.plan.limits import Limits
from netlift.plan.pool import Eligible, Pool, read_pool
from netlift.plan.rivals import simple_answers
from netlift.plan.rows import Frame
from netlift.promotions.cart import Cart
from netlift.response.results import Judged, Learned

if TYPE_CHECKING:
    import pyarrow as pa

    from netlift.allocation.crowd import Counter

__all__ = ["Eligible", "Known", "Made", "Setting", "make_plans"]

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many steps are done, and of how many."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What plans are made from."""

    candidates: Sequence[Candidate]
    learned: Sequence[Learned]
    """What is known of each offer."""
    rows: "pa.Table | pa.RecordBatchReader | Iterable[pa.RecordBatch]"
    """`schema.RESPONSE`."""
    eligible: Eligible
    profiles: "pa.Table | None" = None
    """For rules, segments and examples."""
    judged: Mapping[str, Judged] = field(default_factory=lambda: MappingProxyType({}))
    """Customers of past logs, judged out of fold (`Responses.judged`)."""
    public: Sequence[Part] = ()
    """Promotions that everybody meets, found by a calendar search."""
    yesterday: Plan | None = None
    stock: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Units of products."""
    carts: Sequence[Cart] = ()
    """Recent ones, for the dry run and the linter."""
    laws: Sequence[Law] = ()
    """Checks of prices by law, of all candidates."""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """Plans to choose from."""

    plans: tuple[Plan, ...]
    explained: Mapping[str, Explained]
    """By the plan's code."""
    curve: Curve | None
    """None: there is nothing to choose from."""
    overlap: Mapping[tuple[str, str], float]
    """Of each two plans that give anything: pairs in both, of the pairs in either."""
    mean_overlap: float
    dropped: tuple[tuple[str, str], ...]
    """Plans that were left out, and the reason's code."""
    facts: Mapping[str, object]
    """Figures of the making, as JSON's types."""


def make_plans(
    known: Known,
    limits: Limits,
    setting: Setting,
    *,
    passes: "Counter | None" = None,
    on_progress: Progress | None = None,
) -> Made:
    """Plans that differ, each valued with its uncertainty, certified, with its experiment inside.

    Args:
        known: what they are made from.
        limits: what they may do; without a budget, as much is spent as pays.
        setting: what they say of themselves.
        passes: where passes over everybody are counted when plans are chosen (`work.work_on`); None: here.
        on_progress: told what is being done.

    Raises:
        DataError: the response table and the customers do not go together.
        ConfigError: a limit that nothing has to do with.
    """
    tell = on_progress or _silent
    tell("reading responses", 0, 4)
    pool = _pool(known, limits, setting)
    if limits.budget_minor is None:
        limits = replace(limits, budget_minor=int(np.ceil(np.maximum(pool.cost, 0.0).sum())))
    frame, errors = Frame.of(pool, limits, known.yesterday, passes=passes), errors_of(pool)
    tell("choosing plans", 1, 4)
    choices, dropped = alternatives(frame, errors, public=known.public, seed=setting.seed)
    tell("drawing the budget curve", 2, 4)
    curve = curve_of(frame, frame.value) if len(pool) else None
    tell("valuing plans", 3, 4)
    builder = Builder(frame, errors, setting, known.judged, simple_answers(frame), tuple(known.public))
    context = Context.of(frame, known.profiles, stock=known.stock, carts=known.carts, laws=known.laws)
    plans, explained = [], {}
    for choice in choices:
        plan, given = builder.plan(choice)
        plans.append(plan)
        explained[choice.code] = explain(context, choice, plan, given)
    overlap = _overlap(choices)
    tell("done", 4, 4)
    return Made(
        tuple(plans), explained, curve, overlap, float(np.mean(list(overlap.values()))) if overlap else 0.0, dropped,
        {"customers": pool.customers, "pairs": len(pool), "offers": len(pool.candidates)},
    )  # fmt: skip


def _pool(known: Known, limits: Limits, setting: Setting) -> Pool:
    ids = known.eligible.customer_id
    if not len(ids):
        raise DataError("there are no customers to plan for: read orders first (netlift ingest)")
    left_out = None
    if limits.global_hold_out > 0:
        left_out = global_hold_out(ids.to_pylist(), limits.global_hold_out, seed=setting.seed)
    return read_pool(known.rows, known.candidates, known.learned, known.eligible, left_out=left_out)


def _overlap(choices: Sequence[Choice]) -> dict[tuple[str, str], float]:
    giving = [one for one in choices if len(one.cells)]
    return {(a.code, b.code): jaccard(a.cells, b.cells) for a, b in combinations(giving, 2)}


def _silent(_what: str, _done: int, _of: int) -> None:
    """Tell nobody."""
