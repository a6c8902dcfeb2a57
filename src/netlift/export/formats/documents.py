"""The plan as JSON: its promotions in the promotion language, and its head."""

import json
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from netlift.export.format import Asked, Format, Refused, runs
from netlift.plan import codec
from netlift.plan.artefact import Part, Plan, plan_id
from netlift.promotions.documents import Document, dumps
from netlift.promotions.promotion import Promotion, Trigger


class Documents(Format):
    """`promotions.json`, which `netlift quote` and `netlift lint` read, and `plan.json`."""

    kind: ClassVar[str] = "json"
    title: ClassVar[str] = "Promotions and head of the plan (JSON)"

    def write(self, plan: Plan, folder: Path, asked: Asked) -> tuple[Refused, ...]:  # noqa: ARG002  nothing is needed
        """Every promotion with the plan's window, currency and uses; personal ones open by a token.

        Without the token, a personal promotion that applied by itself would apply to everybody.
        """
        currency = plan.head.currency
        personal = [_held(_ready(one, part, currency), part) for part in plan.head.parts for one in _of(part)]
        public = [_ready(one, part, currency) for part in plan.head.public for one in _of(part)]
        (folder / "promotions.json").write_text(dumps(Document((*personal, *public))), "utf-8")
        said = {"plan_id": plan_id(plan), "head": codec.write(plan.head)}
        (folder / "plan.json").write_text(
            json.dumps(said, ensure_ascii=False, sort_keys=True, indent=2) + "\n", "utf-8"
        )
        return ()


def _of(part: Part) -> tuple[Promotion, ...]:
    return part.candidate.promotions


def _ready(promotion: Promotion, part: Part, currency: str) -> Promotion:
    """With what the plan says beside the definition."""
    start, end = runs(part.candidate, promotion)
    window = replace(promotion.window, start=start, end=end)
    return replace(promotion, window=window, currency=promotion.currency or currency)


def _held(promotion: Promotion, part: Part) -> Promotion:
    """Open only to whom it was given, as often as it may be used; the token is the promotion's id."""
    trigger = Trigger("token") if promotion.trigger.kind == "auto" else promotion.trigger
    uses, own = part.candidate.offer.uses, promotion.limits.per_customer
    limits = replace(promotion.limits, per_customer=min(uses, own or uses)) if uses else promotion.limits
    return replace(promotion, trigger=trigger, limits=limits)
