"""A decision: what one customer is given, what is withheld from them and why, and what their basket costs."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from netlift.plan.exposures import Exposure, arm_of, experiment_id
from netlift.promotions.documents import to_json
from netlift.promotions.explain import Row as Condition
from netlift.promotions.explain import Trace
from netlift.promotions.quote import Quote


class Status(StrEnum):
    """What becomes of one offer of the plan for one customer at one moment."""

    GIVEN = "given"
    """The plan gives it to this customer."""
    WITHHELD = "withheld"
    """Others get it, and this customer was drawn to be compared with them."""
    PUBLIC = "public"
    """Everybody meets it."""
    NOT_ADDRESSED = "not_addressed"
    """The plan gives it to others."""
    CLOSED = "closed"
    """It has not started, has ended, or was used as often as it may be."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One offer of the plan, as it stands for one customer."""

    offer_id: str
    name: str
    status: Status
    why: tuple[str, ...]
    """Codes. Given: those of the response. Withheld: `hold_out`, `explore_control`. Closed: `not_started`, `ended`,
    `used_up`. Not addressed: `not_chosen`, `not_in_plan`. Public: `everybody`."""
    arm: str | None = None
    """As in `schema.PLAN`; None where the plan has no row."""
    propensity: float | None = None
    """Probability with which chance put the customer into this arm."""
    net_margin: float | None = None
    """Expected to earn if it is given, minor units."""
    se: float | None = None
    """Its standard error, minor units."""
    expected_cost: float | None = None
    grade: str | None = None
    channel: str | None = None
    """How the customer is told."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to one customer."""

    decision_id: str
    """Hash of plan, customer, moment, basket and facts: the same question has the same id and the same answer."""
    plan_id: str
    customer_id: str
    now: datetime
    in_plan: bool
    """Whether the plan has a row for the customer; others get its public offers only."""
    offers: tuple[Answer, ...]
    """Every offer of the plan, personal ones first."""
    quote: Quote | None = None
    """Price of the basket under all that the customer may have; None where no basket was given."""
    trace: Trace | None = None
    """Where something gave nothing: what was needed and what was there."""

    @property
    def given(self) -> tuple[str, ...]:
        """Ids of the offers that the customer may use now, public ones included."""
        return tuple(one.offer_id for one in self.offers if one.status in {Status.GIVEN, Status.PUBLIC})

    @property
    def near_misses(self) -> tuple[Condition, ...]:
        """Thresholds that the basket missed, nearest first within each promotion."""
        if self.trace is None:
            return ()
        return tuple(row for verdict in self.trace.verdicts if not verdict.applied for row in verdict.near_misses)

    def exposures(self) -> tuple[Exposure, ...]:
        """What to log, so that an audit finds the experiment again: one row of EXPOSURES per offer given or withheld.

        Log a decision when the offer reaches the customer or would have, in both arms alike.
        """
        return tuple(
            Exposure(
                experiment_id(self.plan_id, one.offer_id, one.arm), self.customer_id,
                arm_of(one.arm), self.now, one.propensity, one.channel,
            )
            for one in self.offers
            if one.status in {Status.GIVEN, Status.WITHHELD} and one.arm is not None
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """JSON data; codes and minor units."""
        found: dict[str, Any] = {
            "decision_id": self.decision_id, "plan_id": self.plan_id, "customer_id": self.customer_id,
            "now": self.now.isoformat(), "in_plan": self.in_plan, "offers": [_answer(one) for one in self.offers],
        }  # fmt: skip
        if self.quote is not None:
            found |= {"quote": to_json(self.quote), "payable": self.quote.payable}
        if self.trace is not None:
            found["trace"] = to_json(self.trace)["verdicts"]
        return found


def _answer(one: Answer) -> dict[str, Any]:
    named = {name: getattr(one, name) for name in one.__dataclass_fields__}
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in named.items() if value is not None
    }
