"""The console in a headless browser: signing in, languages, forms with their preview, a second person's approval."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.core.cache import cache
from django.urls import reverse

from netlift.service.catalog.models import PromotionVersion
from netlift.service.console.pages.frame import PAGES
from netlift.service.ledger.codes import make_batch
from tests.report.examples import english
from tests.service.console import shop
from tests.service.console._browser import Seen, browser, serving, window

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("store_address", ["sqlite"], indirect=True)]
DARK = "() => getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as shown, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright's loop runs in the thread of the tests
        yield shown


@pytest.fixture
def site(committed: str) -> Iterator[str]:
    """Address of a shop with people."""
    cache.clear()
    with shop.files(), serving() as address:
        for role in ("admin", "operator", "approver", "analyst"):
            shop.person(role, role)
        yield address


def sign_in(page: Any, site: str, name: str) -> None:
    page.goto(f"{site}/admin/")
    page.fill("#id_username", name)
    page.fill("#id_password", shop.PASSWORD)
    page.click("#login-form button[type=submit]")
    page.wait_for_selector("#nav-sidebar-apps", state="attached")


def calm(seen: Seen) -> None:
    assert seen.errors == []
    assert seen.elsewhere == []


def test_one_signs_in_and_changes_the_language(chromium: Any, site: str) -> None:
    with window(chromium) as (page, seen):
        page.goto(f"{site}/admin/")
        page.fill("#id_username", "admin")
        page.fill("#id_password", "wrong")
        page.click("#login-form button[type=submit]")
        assert page.locator("#login-form").count() == 1
        sign_in(page, site, "admin")
        assert page.title() == "Overview | netlift"
        assert "Live plan" in page.inner_text(".nl")
        page.click("#nav-sidebar >> text=admin")
        page.click("button:has-text('简体中文')")
        page.wait_for_load_state()
        assert page.title() == "工作台 | netlift"
        assert page.get_attribute("html", "lang") == "zh-hans"
        assert "生效方案" in page.inner_text(".nl")
        calm(seen)
    with window(chromium, "zh-CN", color_scheme="dark") as (page, seen):
        page.goto(f"{site}/admin/")
        assert "欢迎回到" in page.inner_text("body")
        sign_in(page, site, "admin")
        assert page.title() == "工作台 | netlift"
        assert page.evaluate(DARK) != "rgb(255, 255, 255)"
        assert page.locator("html.dark").count() == 1
        calm(seen)


@pytest.mark.parametrize(("lang", "width"), [("en", 1400), ("zh-CN", 400)])
def test_every_page_is_quiet_and_fits(chromium: Any, site: str, lang: str, width: int, tmp_path: Path) -> None:
    from django.contrib.auth.models import User

    operator, analyst = User.objects.get(username="operator"), User.objects.get(username="analyst")
    made, plans = shop.promotion(operator), shop.taken(analyst, tmp_path)
    planned, audited = shop.planned(analyst), shop.audited(analyst, english())
    own = {
        "console_promotion_form": ("bundle",), "console_plan": (plans[0],), "console_preview": None,
        "console_promotion": (made.pk,), "console_audit": (audited.job_id,),
        "console_job": (planned.job_id,), "console_report": (audited.job_id,), "console_ask": ("plan",),
        "console_batch": (make_batch("spring", "tiers", 3).pk,),
    }  # fmt: skip
    lists = [f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry]
    pages = [(f"admin:{page.name}", own.get(page.name, ())) for page in PAGES]
    addresses = [reverse(name, args=args) for name, args in pages if args is not None]
    addresses += map(reverse, lists if lang == "en" else lists[:3])  # lists are drawn alike
    with window(chromium, lang, width) as (page, seen):
        sign_in(page, site, "admin")
        for address in [*addresses, "/admin/"]:
            answer = page.goto(site + address)
            assert answer.status == 200, address
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 1, f"{address} is {wide} pixels too wide at {width}"
        calm(seen)


def test_a_promotion_is_written_beside_its_price_and_approved_by_a_second_person(chromium: Any, site: str) -> None:
    with window(chromium) as (page, seen):
        sign_in(page, site, "operator")
        page.goto(f"{site}/admin/promotions/new/")
        page.fill("[data-filter]", "tiers by amount")
        page.click(".nl-card:visible")
        page.wait_for_selector("text=The price appears here")
        page.fill("[name='form.tiers.0.spend']", "200")
        page.fill("[name='form.tiers.0.off']", "20")
        page.wait_for_selector("[data-into] td:has-text('330.00')")
        page.click("[data-rows='form.tiers'] > .nl-more")
        page.fill("[name='form.tiers.1.spend']", "300")
        page.fill("[name='form.tiers.1.off']", "50")
        page.wait_for_selector("[data-into] td:has-text('300.00')")
        page.click("text=Keep as a draft")
        page.wait_for_selector("[id='terms.id-error']")
        assert page.input_value("[name='form.tiers.1.off']") == "50"
        page.fill("[name='terms.id']", "tiers")
        page.fill("[name='terms.name']", "Autumn tiers")
        page.click("text=Keep as a draft")
        page.wait_for_selector("text=Version 1 is kept as a draft.")
        assert page.url == f"{site}/admin/promotions/{PromotionVersion.objects.get().pk}/"
        page.click("button:has-text('Submit for approval')")
        page.wait_for_selector("text=Submitted: a second person can approve it now.")
        assert page.locator("button:has-text('Approve')").count() == 0
        assert [one for one in seen.errors if "422" not in one] == []
        assert seen.elsewhere == []
    with window(chromium) as (page, seen):
        sign_in(page, site, "approver")
        page.click(".nl a:has-text('Autumn tiers')")
        page.click("button:has-text('Approve')")
        page.wait_for_selector("text=Approved.")
        calm(seen)
    found = PromotionVersion.objects.get()
    assert (found.state, found.definition["benefits"][0]["effect"]["off"]) == (
        "approved",
        {"tiers": [[20000, 2000], [30000, 5000]]},
    )
