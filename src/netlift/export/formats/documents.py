"""The plan as JSON: its promotions in the promotion language, and its head."""

import json
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from netlift.candidates.candidate import Scope
from netlift.export.format import NEVER, Asked, Format, Refused, runs
from netlift.plan.artefact import Part, Plan, head_json, plan_id
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
        running: list[Promotion] = []
        refused: list[Refused] = []
        for part in (*plan.head.parts, *plan.head.public):
            found = [_running(one, part, plan.head.currency) for one in part.candidate.promotions]
            said = [one for one in found if one is not None]
            if len(said) < len(found):
                refused.append(Refused(part.candidate.offer.offer_id, NEVER))
            else:
                running += said
        (folder / "promotions.json").write_text(dumps(Document(tuple(running))), "utf-8")
        head = {"plan_id": plan_id(plan), "head": head_json(plan.head)}
        text = json.dumps(head, ensure_ascii=False, sort_keys=True, indent=2)
        (folder / "plan.json").write_text(f"{text}\n", "utf-8")
        return tuple(refused)


def _running(promotion: Promotion, part: Part, currency: str) -> Promotion | None:
    """With what the plan says beside the definition; None where it never runs."""
    times = runs(part.candidate, promotion)
    if times is None:
        return None
    window = replace(promotion.window, start=times.start, end=times.end)
    ready = replace(promotion, window=window, currency=promotion.currency or currency)
    return _held(ready, part.candidate.offer.uses) if part.candidate.scope is Scope.PERSONAL else ready


def _held(promotion: Promotion, uses: int) -> Promotion:
    """Open only to whom it was given, as often as it may be used; the token is the promotion's id."""
    trigger = Trigger("token") if promotion.trigger.kind == "auto" else promotion.trigger
    own = promotion.limits.per_customer
    limits = replace(promotion.limits, per_customer=min(uses, own or uses)) if uses else promotion.limits
    return replace(promotion, trigger=trigger, limits=limits)
