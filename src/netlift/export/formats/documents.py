"""The plan as JSON: its promotions in the promotion language, and its head."""

import json
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from netlift.export.format import Asked, Format, Refused
from netlift.plan import codec
from netlift.plan.artefact import Plan, plan_id
from netlift.promotions.documents import Document, dumps
from netlift.promotions.promotion import Promotion, Trigger


class Documents(Format):
    """`promotions.json`, which `netlift quote` and `netlift lint` read, and `plan.json`."""

    kind: ClassVar[str] = "json"
    title: ClassVar[str] = "Promotions and head of the plan (JSON)"

    def write(self, plan: Plan, folder: Path, asked: Asked) -> tuple[Refused, ...]:  # noqa: ARG002  nothing is needed
        """Personal promotions that applied by themselves need a token here, or everybody would get them."""
        personal = [_held(one) for part in plan.head.parts for one in part.candidate.promotions]
        public = [one for part in plan.head.public for one in part.candidate.promotions]
        (folder / "promotions.json").write_text(dumps(Document((*personal, *public))), "utf-8")
        said = {"plan_id": plan_id(plan), "head": codec.write(plan.head)}
        (folder / "plan.json").write_text(
            json.dumps(said, ensure_ascii=False, sort_keys=True, indent=2) + "\n", "utf-8"
        )
        return ()


def _held(promotion: Promotion) -> Promotion:
    """Open only to whom it was given: the token is the promotion's id."""
    return replace(promotion, trigger=Trigger("token")) if promotion.trigger.kind == "auto" else promotion
