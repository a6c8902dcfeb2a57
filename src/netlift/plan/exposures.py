"""A plan as the experiment that it is: the rows of EXPOSURES and PROMOTIONS from which an audit reads it back."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from netlift.candidates.candidate import Candidate
from netlift.errors import ConfigError
from netlift.plan.artefact import Part, Plan, plan_id
from netlift.schema import EXPOSURES, PROMOTION_PRODUCTS, PROMOTIONS

if TYPE_CHECKING:
    import pyarrow as pa

CONTROL = "control"
WITHHELD = frozenset({CONTROL, "explore_control"})
"""Arms of a plan that get nothing: its hold-out, and who was drawn to be compared with the explored."""
_EXPLORE = frozenset({"explore", "explore_control"})


class Exposure(NamedTuple):
    """One row of `schema.EXPOSURES`."""

    promotion_id: str
    customer_id: str
    arm: str
    exposed_at: datetime
    propensity: float | None
    channel: str | None


def experiment_id(plan: str, offer_id: str, arm: str | None) -> str:
    """Under which promotion an exposure is logged.

    An offer that comes back in a later plan is another experiment. Customers who explore were drawn from those who
    were not chosen, and those whom the hold-out keeps from those who were: they must never be compared.

    >>> experiment_id("0123456789abcdef", "points-1a2b3c", "control")
    'points-1a2b3c@01234567'
    >>> experiment_id("0123456789abcdef", "points-1a2b3c", "explore")
    'points-1a2b3c@01234567+explore'
    """
    return f"{offer_id}@{plan[:8]}" + ("+explore" if arm in _EXPLORE else "")


def arm_of(arm: str) -> str:
    """The arm in EXPOSURES of an arm of a plan: whoever gets nothing is control."""
    return CONTROL if arm in WITHHELD else arm


def exposures(plan: Plan, at: datetime | None = None) -> "pa.Table":
    """Every personal offer of the plan as `schema.EXPOSURES`, given or withheld, in the order of the plan's rows.

    Args:
        plan: the plan.
        at: when the offers reach the customers, or would; None: when each offer's window starts.

    Raises:
        ConfigError: the moment has no time zone.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if at is not None and at.tzinfo is None:
        raise ConfigError(f"the moment {at} has no time zone: offers reach customers at an instant")
    rows, id_ = plan.rows, plan_id(plan)
    parts = {part.candidate.offer.offer_id: part.candidate for part in plan.head.parts}
    keys = pc.binary_join_element_wise(rows["offer_id"], rows["arm"], "\x1f").dictionary_encode().unify_dictionaries()
    whole = keys.combine_chunks()
    coded = whole if isinstance(whole, pa.DictionaryArray) else whole.chunk(0)
    pairs = [tuple(key.split("\x1f")) for key in coded.dictionary.to_pylist()]

    def column(values: Iterable[object], type_: "pa.DataType") -> "pa.Array":
        return pa.array(list(values), type_).take(coded.indices)

    moment = EXPOSURES.field("exposed_at").type
    return pa.table(
        {
            "promotion_id": column((experiment_id(id_, offer, arm) for offer, arm in pairs), pa.string()),
            "customer_id": rows["customer_id"],
            "arm": column((arm_of(arm) for _, arm in pairs), pa.string()),
            "exposed_at": column(((at or parts[offer].window.start).astimezone(UTC) for offer, _ in pairs), moment),
            "propensity": rows["propensity"],
            "channel": column((parts[offer].channel for offer, _ in pairs), pa.string()),
        },
        schema=EXPOSURES,
    )


def promotions(plan: Plan) -> "pa.Table":
    """The plan's offers as `schema.PROMOTIONS`: its experiments, then what everybody meets."""
    import pyarrow as pa

    id_ = plan_id(plan)
    found = [
        _promotion(plan, part, name)
        for part in (*plan.head.parts, *plan.head.public)
        for name in _names(plan, part, id_)
    ]
    return pa.Table.from_pylist(found, PROMOTIONS)


def goods(plan: Plan) -> "pa.Table":
    """The products on offer as `schema.PROMOTION_PRODUCTS`; offers on everything name none."""
    import pyarrow as pa

    id_ = plan_id(plan)
    found = [
        {"promotion_id": name, "product_id": product}
        for part in (*plan.head.parts, *plan.head.public)
        for name in _names(plan, part, id_)
        for product in part.candidate.offer.products
    ]
    return pa.Table.from_pylist(found, PROMOTION_PRODUCTS)


def _names(plan: Plan, part: Part, id_: str) -> list[str]:
    """The experiments of an offer; a public one is one promotion."""
    import pyarrow.compute as pc

    offer_id = part.candidate.offer.offer_id
    if part in plan.head.public:
        return [experiment_id(id_, offer_id, None)]
    arms = pc.unique(plan.rows["arm"].filter(pc.equal(plan.rows["offer_id"], offer_id))).to_pylist()
    return sorted({experiment_id(id_, offer_id, arm) for arm in arms})


def _promotion(plan: Plan, part: Part, name: str) -> dict[str, object]:
    candidate = part.candidate
    offer = candidate.offer
    value, kind = _worth(candidate)
    more = {"plan": plan.head.code, "offer_id": offer.offer_id, "kind": candidate.kind, "goal": str(candidate.goal)}
    return {
        "promotion_id": name,
        "name": offer.name,
        "mechanism": offer.mechanism,
        "starts_at": candidate.window.start,
        "ends_at": candidate.window.end,
        "code": _code(candidate),
        "value": value,
        "value_type": kind,
        "currency": plan.head.currency,
        "contact_cost_minor": offer.contact_cost_minor,
        "attributes": json.dumps(more, sort_keys=True, ensure_ascii=False),
    }


def _worth(candidate: Candidate) -> tuple[float | None, str]:
    offer = candidate.offer
    if offer.depth is not None:
        return offer.depth, "percent"
    return (float(offer.face_minor), "amount") if offer.face_minor is not None else (None, "other")


def _code(candidate: Candidate) -> str | None:
    """The code that shoppers type, where there is exactly one."""
    codes = {code for one in candidate.promotions for code in one.trigger.codes}
    return codes.pop() if len(codes) == 1 else None
