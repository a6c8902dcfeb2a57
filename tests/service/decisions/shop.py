"""A small shop with a live plan and live promotions, for tests of what is decided there."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from netlift.plan import artefact
from netlift.plan.artefact import Part, Plan
from netlift.service.access.caller import Caller
from netlift.service.access.keys import make_key
from netlift.service.access.roles import SCOPES
from netlift.service.catalog import plans, promotions
from netlift.service.privacy.consent import set_consent
from netlift.service.privacy.pseudonyms import pseudonym
from netlift.types import Window
from tests.plan import examples

AUTHOR, SECOND = Caller("user:1", "admin", SCOPES), Caller("user:2", "admin", SCOPES)
THRESHOLD, TEN, SHELF = "spend_threshold-3f9a1c", "percent_off-a1b2c3", "percent_off-shelf1"
CART: dict[str, Any] = {
    "currency": "EUR",
    "lines": [
        {"id": "tea", "unit_price": 1500, "quantity": 2, "category": ["tea"]},
        {"id": "cup", "unit_price": 1200, "quantity": 1},
    ],
}
"""42.00, of which 30.00 are tea; with tea at 15 % off, 37.50."""


def plan(budget: int = 100_000) -> Plan:
    """The example plan, running now: c1 and c2 have 5.00 off 40.00, c3 is held out, c4 has 10 % off."""
    today = datetime.now(UTC)
    window = Window(today - timedelta(days=1), today + timedelta(days=13))
    made = examples.plan()

    def moved(parts: tuple[Part, ...]) -> tuple[Part, ...]:
        return tuple(replace(part, candidate=replace(part.candidate, window=window)) for part in parts)

    given = [
        ("c1", THRESHOLD, "treatment", 0.9), ("c2", THRESHOLD, "treatment", 0.9), ("c3", THRESHOLD, "control", 0.1),
        ("c4", TEN, "treatment", 0.9), ("c6", THRESHOLD, "explore", 0.01),
    ]  # fmt: skip
    rows = examples.rows([(pseudonym(name), *rest) for name, *rest in given])  # type: ignore[misc]
    head = replace(made.head, parts=moved(made.head.parts), public=moved(made.head.public), budget_minor=budget)
    return Plan(head, rows)


def publish_plan(made: Plan | None = None) -> str:
    """Let a plan go live; its id."""
    with tempfile.TemporaryDirectory() as folder:
        made = plan() if made is None else made
        artefact.write(made, f"{folder}/plan")
        kept = plans.take(Path(f"{folder}/plan"), AUTHOR)
    plans.submit(kept.plan_id, AUTHOR)
    plans.approve(kept.plan_id, SECOND)
    plans.publish(kept.plan_id, SECOND)
    return kept.plan_id


def publish(*definitions: Mapping[str, Any]) -> None:
    """Let promotions go live."""
    for definition in definitions:
        made = promotions.draft(definition, AUTHOR)
        step = (made.promotion_id, made.version)
        promotions.submit(*step, AUTHOR)
        promotions.approve(*step, SECOND)
        promotions.publish(*step, SECOND)


def percent(name: str, off: str, **more: Any) -> dict[str, Any]:
    """So many per cent off everything."""
    return {"id": name, "benefits": [{"effect": {"kind": "percent", "off": off}}], **more}


def consents(customer: str, *purposes: str) -> None:
    """A customer allows this."""
    before = timezone.now() - timedelta(seconds=1)
    for purpose in purposes:
        set_consent(customer, purpose, granted=True, at=before)


class Till:
    """A program with a key."""

    def __init__(self, client: Client, role: str = "operator") -> None:
        self.key, token = make_key("till", role)
        self._client, self._headers = client, {"Authorization": f"Bearer {token}"}

    def post(self, path: str, data: Any = None, status: int | None = None, **more: Any) -> Any:
        """Send JSON, and read the answer."""
        body = json.dumps({} if data is None else data)
        found = self._client.post(
            f"/api/v1{path}", body, content_type=more.get("kind", "application/json"), headers=self._headers
        )
        return self._read(found, status)

    def lines(self, path: str, text: str | bytes, status: int | None = None) -> Any:
        """Send lines, and read the answer."""
        found = self._client.post(f"/api/v1{path}", text, content_type="application/x-ndjson", headers=self._headers)
        return self._read(found, status)

    def get(self, path: str, status: int | None = None) -> Any:
        """Read JSON."""
        return self._read(self._client.get(f"/api/v1{path}", headers=self._headers), status)

    @staticmethod
    def _read(found: HttpResponse, status: int | None) -> Any:
        assert status in {None, found.status_code}, found.content
        assert status is not None or found.status_code < 300, found.content
        return json.loads(found.content)
