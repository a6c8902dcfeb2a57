"""Two plans held against each other: whose offer changes, and what that is worth."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netlift.plan.artefact import Plan, plan_id
from netlift.plan.pool import Floats

if TYPE_CHECKING:
    import pyarrow as pa

GIVEN = ("treatment", "explore")
_MONEY = ("net_margin", "expected_cost", "liability")


@dataclass(frozen=True, slots=True)
class OfferDiff:
    """One offer in both plans; money in minor units."""

    offer_id: str
    before: int
    """Customers who got it."""
    after: int
    net: float
    """What is given after less what was given before."""
    cost: float


@dataclass(frozen=True, slots=True)
class Diff:
    """What changes from one plan to another; money in minor units, as each plan expects it."""

    before: str
    """Id of the plan."""
    after: str
    same: int
    """Customers who get exactly what they got."""
    changed: int
    """Customers who get something else."""
    gained: int
    """Customers who got nothing and get something."""
    lost: int
    """Customers who got something and get nothing."""
    net: float
    cost: float
    liability: float
    offers: tuple[OfferDiff, ...]
    """In order of their ids; those that nobody gets in either plan are left out."""

    @property
    def churn(self) -> float:
        """Of the customers who got something, those for whom something changes, and of the others those who gain."""
        had = self.same + self.changed + self.lost
        return (self.changed + self.lost + self.gained) / had if had else float(self.gained > 0)


def diff(before: Plan, after: Plan) -> Diff:
    """What changes from one plan to another, for those who are really given something."""
    old, new = _given(before), _given(after)
    had, have = _per_customer(old), _per_customer(new)
    same = sum(had[who] == have.get(who) for who in had)
    both = sum(who in have for who in had)
    offers = []
    for offer in sorted({*old["offer_id"].to_pylist(), *new["offer_id"].to_pylist()}):
        (one_net, one_cost), (other_net, other_cost) = (_of(table, offer) for table in (old, new))
        more = float(other_net.sum() - one_net.sum()), float(other_cost.sum() - one_cost.sum())
        offers.append(OfferDiff(offer, len(one_net), len(other_net), *more))
    net, cost, liability = (_sum(new, name) - _sum(old, name) for name in _MONEY)
    return Diff(
        plan_id(before), plan_id(after), same, both - same, len(have) - both, len(had) - both, net, cost, liability,
        tuple(offers),
    )  # fmt: skip


def _given(plan: Plan) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.compute as pc

    return plan.rows.filter(pc.is_in(plan.rows["arm"], value_set=pa.array(GIVEN)))


def _per_customer(rows: "pa.Table") -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for who, what in zip(rows["customer_id"].to_pylist(), rows["offer_id"].to_pylist(), strict=True):
        found[who] = (*found.get(who, ()), what)
    return found


def _of(rows: "pa.Table", offer: str) -> tuple[Floats, Floats]:
    import pyarrow.compute as pc

    here = rows.filter(pc.equal(rows["offer_id"], offer))
    net, cost = (np.asarray(here[name].to_numpy(), np.float64) for name in ("net_margin", "expected_cost"))
    return net, cost


def _sum(rows: "pa.Table", name: str) -> float:
    return float(np.asarray(rows[name].to_numpy(), np.float64).sum())
