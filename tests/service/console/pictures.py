"""`python -m tests.service.console`: photographs the console for the documents, in both languages.

The shop is made up: its plans and findings are those of the reports' tests.
"""

import base64
import os
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from netlift.service.catalog import plans, promotions
from netlift.service.catalog.models import PromotionVersion
from netlift.service.console.who import caller_of
from netlift.service.ledger import accounts, reservations
from netlift.service.ledger.holds import Hold
from tests.report.examples import chinese, english
from tests.service.console import shop
from tests.service.console._browser import browser, serving, window

FOLDER = Path(__file__).parents[3] / "docs" / "pictures"
SIZE = {"width": 1360, "height": 900}
WEBP = """async (code) => {
  const image = new Image();
  image.src = "data:image/png;base64," + code;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width; canvas.height = image.height;
  canvas.getContext("2d").drawImage(image, 0, 0);
  return canvas.toDataURL("image/webp", 0.82).split(",")[1];
}"""


def furnished(place: Path) -> None:
    """A shop in which something is live, something waits, and something was earned."""
    now = timezone.now()
    people: dict[str, User] = {role: shop.person(role, role) for role in ("admin", "operator", "approver", "analyst")}
    analyst, approver, operator = (caller_of(people[role]) for role in ("analyst", "approver", "operator"))
    shop.planned(people["analyst"])
    made = shop.taken(people["analyst"], place)
    for plan_id in made[:2]:
        plans.submit(plan_id, analyst)
    plans.approve(made[0], approver)
    plans.publish(made[0], approver)
    window_of = {
        "terms.start": f"{now - timedelta(days=6):%Y-%m-%dT%H:%M}",
        "terms.end": f"{now + timedelta(days=9):%Y-%m-%dT%H:%M}",
    }
    for id_, name in (("tiers", "Autumn tiers"), ("members", "Members’ week")):
        shop.promotion(
            people["operator"], shop.TIERS | window_of | {"terms.id": id_, "terms.name": name, "terms.budget": "20000"}
        )
        promotions.submit(id_, 1, operator)
    promotions.approve("tiers", 1, approver)
    promotions.publish("tiers", 1, operator)
    accounts.open("budget", "tiers", "CNY", 2_000_000)
    for i in range(23):
        hold = Hold("budget", "tiers", 31_000 + 700 * i, 2_000_000, "CNY")
        found = reservations.reserve(f"k{i}", [hold], ttl=timedelta(hours=2), order=f"A{i}")
        if i < 19:
            reservations.commit(f"c{i}", found.reservation_id)
    accounts.grant("g1", "points", "u1", 6000)


def photograph(page: Any, name: str) -> None:
    """Write what the page shows as a small WebP file."""
    code = base64.b64encode(page.screenshot()).decode()
    (FOLDER / f"{name}.webp").write_bytes(base64.b64decode(page.evaluate(WEBP, code)))


def main() -> None:
    """Take all pictures."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as place, serving() as site, browser() as shown:
        furnished(Path(place))
        for lang, ending, audit in (("en", "", english()), ("zh-CN", ".zh-CN", chinese())):
            shop.audited(User.objects.get(username="analyst"), audit)
            with window(shown, lang, viewport=SIZE) as (page, _seen):
                page.goto(f"{site}/admin/login/?next=/admin/")
                page.fill("#id_username", "admin")
                page.fill("#id_password", shop.PASSWORD)
                page.click("#login-form button[type=submit]")
                page.wait_for_selector(".nl-tile")
                photograph(page, f"console-overview{ending}")
                page.goto(f"{site}/admin/plans/")
                photograph(page, f"console-plans{ending}")
                page.goto(
                    f"{site}/admin/promotions/new/spend_tiers/?from={PromotionVersion.objects.get(promotion_id='tiers').pk}"
                )
                page.wait_for_selector("[data-into] td")
                photograph(page, f"console-promotion{ending}")
