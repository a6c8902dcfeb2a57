"""Every page opens for whom it is meant, in both languages, on both stores; what is posted goes through the rooms."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from netlift.report.standing import counts
from netlift.service.access.models import ApiKey, AuditEntry
from netlift.service.access.roles import ROLES
from netlift.service.catalog.models import PlanVersion, PromotionVersion
from netlift.service.catalog.promotions import set_tree
from netlift.service.console.models import FilledForm
from netlift.service.console.pages.frame import PAGES
from netlift.service.console.who import caller_of
from netlift.service.ledger import accounts, codes, reservations
from netlift.service.ledger.holds import Hold
from netlift.service.privacy import people
from netlift.service.privacy.pseudonyms import pseudonym
from netlift.service.runs.models import CANCELLED, QUEUED, Job
from tests.report.examples import chinese
from tests.service.catalog.people import CAS
from tests.service.console import shop
from tests.service.console.shop import PLANS, TIERS, person, promotion, signed_in, taken

pytestmark = pytest.mark.usefixtures("store", "clean")
NEW = "/admin/promotions/new/spend_tiers/"


def tiers(version: int = 1) -> str:
    """Address of a version of the promotion."""
    return reverse("admin:console_promotion", args=(PromotionVersion.objects.get(version=version).pk,))


@pytest.fixture
def clean() -> Iterator[None]:
    with shop.files():
        yield


@pytest.fixture
def staff(store: str) -> dict[str, User]:
    return {role: person(role, role) for role in ROLES}


@pytest.fixture
def ann(staff: dict[str, User]) -> Client:
    return signed_in(staff["operator"])


@pytest.fixture
def ben(staff: dict[str, User]) -> Client:
    return signed_in(staff["approver"])


@pytest.fixture
def root(staff: dict[str, User]) -> Client:
    return signed_in(staff["admin"])


def filled(staff: dict[str, User], place: Path) -> list[str]:
    """A shop with a bit of everything; addresses of all its pages."""
    reverse("admin:index")  # which finds all pages
    version, made = promotion(staff["operator"]), taken(staff["analyst"], place)
    jobs = [shop.planned(staff["analyst"]), shop.audited(staff["analyst"], chinese())]
    own = {
        "console_mechanisms": (), "console_promotion_form": ("bundle",), "console_plans": (),
        "console_plan": (made[0],),
        "console_promotion": (version.pk,), "console_audits": (), "console_jobs": (),
        "console_audit": (jobs[1].job_id,), "console_job": (jobs[0].job_id,), "console_report": (jobs[1].job_id,),
        "console_ask": ("plan",), "console_ledger": (), "console_subject": (), "console_team": (),
        "console_preview": ("bundle",), "console_codes": (), "console_lists": (),
        "console_batch": (codes.make_batch("spring", version.promotion_id, 3).pk,),
    }  # fmt: skip
    assert set(own) == {page.name for page in PAGES}, "a page is missing here"
    lists = [f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry]
    return [reverse(f"admin:{name}", args=args) for name, args in own.items()] + [*map(reverse, lists), "/admin/"]


@pytest.mark.slow
def test_every_page_opens_in_both_languages(staff: dict[str, User], tmp_path: Path, store: str) -> None:
    languages = ("en", "zh-hans") if store.startswith("sqlite") else ("zh-hans",)  # the store knows no language
    for address in filled(staff, tmp_path):
        for lang in languages:
            answer = signed_in(staff["admin"], lang).get(address)
            assert answer.status_code == 200, address
            if not address.endswith(("/report/", "/preview/bundle/")):
                assert f'lang="{lang}"' in answer.content.decode(), address


@pytest.mark.slow
def test_every_page_is_closed_to_those_without_its_scope(staff: dict[str, User], tmp_path: Path) -> None:
    addresses = filled(staff, tmp_path)
    nobody = User.objects.create(username="nobody", is_staff=True)
    for address in addresses:
        assert Client().get(address).status_code == 302, address
        assert signed_in(nobody).get(address).status_code == (200 if address == "/admin/" else 403), address
    shut = {page.name for page in PAGES if page.scope not in ROLES["viewer"]}
    assert shut == {
        "console_mechanisms", "console_promotion_form", "console_preview", "console_subject", "console_team",
        "console_codes",
    }  # fmt: skip
    viewer = signed_in(staff["viewer"])
    assert viewer.get("/admin/password_change/").status_code == 200
    for address in (reverse("admin:console_team"), NEW, reverse("admin:access_auditentry_changelist")):
        assert viewer.get(address).status_code == 403, address
    assert signed_in(staff["viewer"]).get(reverse("admin:console_ask", args=("plan",))).status_code == 403


@pytest.mark.slow
def test_the_sidebar_lists_what_may_be_opened(staff: dict[str, User]) -> None:
    for role in ROLES:
        client = signed_in(staff[role])
        groups = client.get("/admin/").context["sidebar_navigation"]
        links = [item["link"] for group in groups for item in group["items"]]
        assert ("/admin/team/" in links) == (role == "admin")
        for link in links:
            assert client.get(link).status_code == 200, (role, link)


def test_approvers_are_told_how_much_waits_and_writers_which_lanes_there_are(ann: Client, ben: Client) -> None:
    ann.post(NEW, TIERS)
    home = [client.get("/admin/").context["sidebar_navigation"][0]["items"][0]["badge"] for client in (ann, ben)]
    assert home == [0, 0]
    ann.post(tiers(), {"step": "submit"})
    home = [client.get("/admin/").context["sidebar_navigation"][0]["items"][0]["badge"] for client in (ann, ben)]
    assert home == [0, 1]
    set_tree({"children": [{"id": "shop", "mode": "best"}]}, CAS)
    page = ann.get(NEW).content.decode()
    assert '<option value="shop">' in page
    assert 'name="terms.group" value="shop"' in page, "the lane that is named like the mechanism's layer"


def test_lists_are_to_read_only(root: Client, staff: dict[str, User], tmp_path: Path) -> None:
    filled(staff, tmp_path)
    for model, room in admin.site._registry.items():
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        assert root.post(reverse(f"{base}_changelist"), {"action": "delete_selected"}).status_code in {200, 302}
        row = model._default_manager.first()
        if row is not None:
            assert root.get(reverse(f"{base}_change", args=(row.pk,))).status_code in {200, 302}, base
            assert root.post(reverse(f"{base}_delete", args=(row.pk,)), {"post": "yes"}).status_code == 403
        if model not in {PromotionVersion, codes.Batch}:
            assert root.get(reverse(f"{base}_add")).status_code == 403
        assert not room.has_change_permission(root.get("/admin/").wsgi_request)


def test_a_form_becomes_a_draft_and_a_draft_a_form(ann: Client) -> None:
    kept = ann.post(NEW, TIERS)
    assert kept.status_code == 302
    assert kept["Location"] == tiers()
    made = PromotionVersion.objects.get()
    assert made.state == "draft"
    assert made.definition["limits"] == {"budget": 50000}
    assert made.definition["benefits"][0]["effect"] == {
        "kind": "amount",
        "off": {"tiers": [[20000, 2000], [30000, 5000]]},
    }
    assert FilledForm.objects.get().kind == "spend_tiers"
    page = ann.get(f"{NEW}?from={made.pk}").content.decode()
    for name, text in TIERS.items():
        assert f'name="{name}" value="{text}' in page, name
    again = ann.post(NEW, TIERS | {"form.tiers.1.off": "60"})
    assert again["Location"] == tiers(2)
    assert "−60.00" in ann.get(tiers(2)).content.decode()
    assert "−50.00" in ann.get(tiers()).content.decode()


@pytest.mark.parametrize(("lang", "told"), [("en", "Write a whole number."), ("zh-hans", "请填写整数。")])
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(staff: dict[str, User], lang: str, told: str) -> None:
    client = signed_in(staff["operator"], lang)
    answer = client.post(NEW, TIERS | {"terms.total": "1.5", "form.tiers.0.off": "abc", "terms.currency": "xyz"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'<p class="nl-error" id="terms.total-error">{told}</p>' in page
    assert 'id="form.tiers.0.off-error"' in page
    assert 'id="terms.currency-error"' in page
    assert 'name="terms.total" value="1.5"' in page
    assert not PromotionVersion.objects.exists()


def test_what_the_language_refuses_is_said_too(ann: Client) -> None:
    answer = ann.post(NEW, TIERS | {"form.tiers.1.spend": "100"})
    assert answer.status_code == 422
    assert "is not above 20000" in answer.content.decode()
    assert not PromotionVersion.objects.exists()


def test_what_the_catalogue_refuses_stands_at_its_field(ann: Client) -> None:
    answer = ann.post(NEW, TIERS | {"terms.id": "a tier"})
    assert answer.status_code == 422
    assert 'id="terms.id-error"' in answer.content.decode()
    assert not PromotionVersion.objects.exists()


def test_the_preview_prices_the_cart_and_says_what_the_lint_sees(ann: Client) -> None:
    look = "/admin/promotions/preview/spend_tiers/"
    unnamed = {name: text for name, text in TIERS.items() if name not in {"terms.id", "terms.name"}}
    page = ann.post(look, unnamed).content.decode()
    assert "300.00" in page
    assert "−50.00" in page
    below = ann.post(look, unnamed | {"basket.lines.0.unit_price": "20"}).content.decode()
    assert "It gives nothing here: the cart is below its threshold" in below
    assert "80.00 short of 200.00" in below
    generous = ann.post(look, unnamed | {"form.tiers.0.off": "200"}).content.decode()
    assert "nl-error" in generous or "nl-warning" in generous
    empty = ann.post(look, {}).content.decode()
    assert "as soon as the form is filled in" in empty


def test_a_second_person_approves(ann: Client, ben: Client, root: Client) -> None:
    root.post(NEW, TIERS)
    step = {"step": "submit", "revision": "1"}
    assert root.post(tiers(), step).status_code == 302
    page = root.get(tiers()).content.decode()
    assert "a second person approves it" in page
    assert 'value="approve"' not in page
    root.post(tiers(), {"step": "approve", "revision": "2"})
    assert PromotionVersion.objects.get().state == "submitted"
    assert "cannot approve it" in root.get(tiers()).content.decode()
    ann.post(tiers(), {"step": "approve", "revision": "2"})
    assert PromotionVersion.objects.get().state == "submitted"
    ben.post(tiers(), {"step": "approve", "revision": "2"})
    assert PromotionVersion.objects.get().state == "approved"
    ann.post(tiers(), {"step": "publish", "revision": "3"})
    assert PromotionVersion.objects.get().state == "live"
    actions = list(AuditEntry.objects.order_by("number").values_list("action", flat=True))
    assert actions[-4:] == ["promotion.drafted", "promotion.submitted", "promotion.approved", "promotion.published"]


def test_who_saw_an_older_state_is_told(ann: Client, ben: Client) -> None:
    ann.post(NEW, TIERS)
    ann.post(tiers(), {"step": "submit", "revision": "1"})
    ben.post(tiers(), {"step": "approve", "revision": "1"})
    assert PromotionVersion.objects.get().state == "submitted"
    ben.post(tiers(), {"step": "reject", "revision": "2", "reason": " "})
    assert PromotionVersion.objects.get().state == "submitted"
    ben.post(tiers(), {"step": "reject", "revision": "2", "reason": "too deep"})
    found = PromotionVersion.objects.get()
    assert (found.state, found.reason) == ("draft", "too deep")
    assert "too deep" in ann.get(tiers()).content.decode()
    ann.post(tiers(), {"step": "conquer", "revision": "3"})
    assert PromotionVersion.objects.get().revision == 3


def test_plans_are_taken_compared_approved_and_brought_back(staff: dict[str, User], ben: Client) -> None:
    analyst = signed_in(staff["analyst"])
    job = shop.planned(staff["analyst"])
    address = reverse("admin:console_job", args=(job.job_id,))
    analyst.post(address, {"deed": "take"})
    assert not PlanVersion.objects.exists()
    ids = [one["plan_id"] for one in analyst.get(address).context["plans"]]
    analyst.post(address, {"deed": "take", "plan": ids})
    assert PlanVersion.objects.count() == len(PLANS)
    page = analyst.get("/admin/plans/").content.decode()
    assert page.count("<svg") == 4, "forest and curve, for wide and for narrow screens"
    for plan_id in ids[:2]:
        one = reverse("admin:console_plan", args=(plan_id,))
        for client, step in ((analyst, "submit"), (ben, "approve"), (ben, "publish")):
            client.post(one, {"step": step})
    assert PlanVersion.objects.get(state="live").plan_id == ids[1]
    ben.post(reverse("admin:console_plan", args=(ids[1],)), {"step": "rollback"})
    assert PlanVersion.objects.get(state="live").plan_id == ids[0]
    figure = next(tile for tile in analyst.get("/admin/").context["tiles"] if tile.name == "Live plan")
    assert figure.beside.startswith("“")
    assert "interval" in figure.sure
    assert "evidence" in figure.sure


def test_only_plans_of_the_workspace_are_taken(staff: dict[str, User], tmp_path: Path) -> None:
    from netlift.plan.artefact import keep
    from netlift.service.runs.child import RESULT, folder_of

    analyst, job = signed_in(staff["analyst"]), shop.planned(staff["analyst"])
    path = folder_of(job.job_id) / RESULT
    told = json.loads(path.read_text("utf-8"))
    told["folders"] = dict.fromkeys(told["folders"], str(keep(PLANS[0], tmp_path)))
    path.write_text(json.dumps(told), "utf-8")
    analyst.post(reverse("admin:console_job", args=(job.job_id,)), {"plan": [told["plans"][0]["plan_id"]]})
    assert not PlanVersion.objects.exists()


def test_the_comparison_is_of_one_currency_and_of_plans_that_there_are(staff: dict[str, User], tmp_path: Path) -> None:
    made, analyst = taken(staff["analyst"], tmp_path), signed_in(staff["analyst"])
    PlanVersion.objects.filter(plan_id=made[2]).update(currency="XXX")
    found = analyst.get("/admin/plans/", {"plan": [made[1], made[2], "nonsense", made[1]]}).context["found"]
    assert [one.plan_id for one, _, _ in found] == [made[1]]
    assert analyst.get("/admin/plans/", {"plan": "nonsense"}).status_code == 200
    assert analyst.get("/admin/plans/nonsense/").status_code == 404


def test_jobs_are_asked_for_watched_and_stopped(staff: dict[str, User]) -> None:
    analyst, viewer = signed_in(staff["analyst"]), signed_in(staff["viewer"])
    ask = reverse("admin:console_ask", args=("plan",))
    wrong = analyst.post(ask, {"ask.budget": "much", "ask.days": "0"})
    assert 'id="ask.days-error"' in wrong.content.decode()
    analyst.post(ask, {"ask.budget": "much", "ask.days": "7", "ask.goal": "profit"})
    assert not Job.objects.exists()
    analyst.post(ask, {"ask.budget": "500", "ask.days": "7", "ask.goal": "win_back", "ask.margin": "35"})
    job = Job.objects.get()
    assert job.state == QUEUED
    assert job.arguments == {"budget": "500", "days": 7, "goals": ["win_back"], "margin": 0.35}
    assert "Make plans" in analyst.get("/admin/jobs/?rows=1").content.decode()
    address = reverse("admin:console_job", args=(job.job_id,))
    assert viewer.post(address, {"deed": "stop"}).status_code == 403
    analyst.post(address, {"deed": "stop"})
    assert Job.objects.get().state == CANCELLED


def test_reports_of_jobs_can_do_nothing_to_the_console(staff: dict[str, User]) -> None:
    job = shop.audited(staff["analyst"], chinese())
    answer = signed_in(staff["viewer"]).get(reverse("admin:console_report", args=(job.job_id,)))
    assert answer["Content-Security-Policy"] == "sandbox allow-scripts"
    assert b"all of it" in answer.content


def test_the_ledger_is_searched_without_codes_in_addresses(root: Client, ann: Client) -> None:
    batch = codes.make_batch("spring", "tiers", 3)
    code = next(iter(codes.export(batch)))
    holds = [Hold("code_uses", codes.find(code).digest, 1, 1), Hold("budget", "tiers", 1250, 100000, "EUR")]
    held = reservations.reserve("k1", holds, ttl=timedelta(hours=1), order="order 7")
    page = ann.post("/admin/ledger/", {"wanted": code.lower()}).content.decode()
    assert "spring" in page
    assert held.reservation_id in page
    for wanted in ("order 7", held.reservation_id, "tiers"):
        assert "12.50 EUR" in ann.post("/admin/ledger/", {"wanted": wanted}).content.decode(), wanted
    assert "Nothing in the ledger" in ann.post("/admin/ledger/", {"wanted": "NOSUCHCODE"}).content.decode()
    assert code not in ann.get("/admin/ledger/", {"wanted": code}).content.decode()
    assert "balanced" in ann.post("/admin/ledger/", {"deed": "reconcile"}).content.decode()
    account = accounts.Account.objects.get(kind="budget")
    entries = ann.get(reverse("admin:ledger_account_change", args=(account.pk,))).content.decode()
    assert "12.50 EUR" in entries
    assert "k1" not in entries


def test_no_character_upsets_the_store(root: Client, staff: dict[str, User]) -> None:
    odd = "\0 \U0001f600 ' \" %s <script>"
    for address in ("/admin/ledger/", "/admin/customer/", "/admin/team/", NEW, "/admin/codes/new/"):
        posted = dict.fromkeys(("wanted", "customer", "deed", "username", "terms.name", "terms.id", "ask.name"), odd)
        answer = root.post(address, TIERS | posted)
        assert answer.status_code in {200, 302, 422}, address
        assert "<script>" not in answer.content.decode().replace("<script src", ""), address
    for address in ("/admin/plans/%00/", "/admin/jobs/%00/", "/admin/audits/%00/", f"/admin/promotions/{2**70}/"):
        assert root.get(address).status_code in {400, 404}, address
    assert root.get("/admin/plans/", {"plan": ["\0", odd]}).status_code in {200, 400}
    assert root.get(NEW, {"from": odd[1:]}).status_code == 200


def test_codes_are_made_fetched_and_ended(ann: Client, ben: Client) -> None:
    asked = {
        "ask.promotion_id": "tiers",
        "ask.name": "autumn",
        "ask.count": "25",
        "ask.length": "12",
        "ask.per_customer": "",
    }
    wrong = ann.post("/admin/codes/new/", asked | {"ask.count": "1000001"})
    assert 'id="ask.count-error"' in wrong.content.decode()
    ann.post("/admin/codes/new/", asked | {"ask.length": "6", "ask.count": "1000"})
    assert not codes.Batch.objects.exists()
    made = ann.post("/admin/codes/new/", asked)
    batch = codes.Batch.objects.get()
    assert made["Location"] == f"/admin/codes/{batch.pk}/"
    assert (batch.made, batch.uses, batch.per_customer) == (25, 1, None)
    assert ben.post(f"/admin/codes/{batch.pk}/", {"deed": "export"}).status_code == 403
    fetched = ann.post(f"/admin/codes/{batch.pk}/", {"deed": "export"})
    lines = b"".join(fetched.streaming_content).decode().split()  # type: ignore[attr-defined]
    assert len(set(lines)) == 25
    assert codes.find(lines[7]).batch == "autumn"
    ann.post(f"/admin/codes/{batch.pk}/", {"deed": "end"})
    assert codes.Batch.objects.get().ended_at is not None
    assert list(AuditEntry.objects.order_by("number").values_list("action", flat=True))[-3:] == [
        "codes.made", "codes.exported", "codes.ended",
    ]  # fmt: skip


def test_guesses_of_codes_are_counted(ann: Client) -> None:
    from netlift.service.console.pages.ledger import PER_MINUTE

    said = [ann.post("/admin/ledger/", {"wanted": f"GUESS{i}"}).content.decode() for i in range(PER_MINUTE + 1)]
    if "Too many requests" not in said[-1]:  # a minute of the clock ended meanwhile
        said = [ann.post("/admin/ledger/", {"wanted": f"GUESS{i}"}).content.decode() for i in range(PER_MINUTE + 1)]
    assert "Too many requests" in said[-1]


def test_a_customer_gets_a_copy_and_is_forgotten(root: Client, staff: dict[str, User]) -> None:
    people.keep("anna 1", {"email": "anna@shop.example"})
    assert signed_in(staff["approver"]).post("/admin/customer/", {"customer": "anna 1"}).status_code == 403
    page = root.post("/admin/customer/", {"customer": "anna 1"}).content.decode()
    assert "anna@shop.example" in page
    root.post("/admin/customer/", {"customer": "anna 1", "deed": "allow", "purpose": "marketing"})
    copy = root.post("/admin/customer/", {"customer": "anna 1", "deed": "export"})
    assert json.loads(copy.content)["fields"] == {"email": "anna@shop.example"}
    assert [one["purpose"] for one in json.loads(copy.content)["consent"]] == ["marketing"]
    root.post("/admin/customer/", {"customer": "anna 1", "deed": "erase", "again": "anna"})
    assert people.read("anna 1")
    erased = root.post("/admin/customer/", {"customer": "anna 1", "deed": "erase", "again": "anna 1"})
    assert "genuine" in erased.content.decode()
    assert people.read("anna 1") == {}
    told = list(AuditEntry.objects.filter(subject=pseudonym("anna 1")).values_list("action", flat=True))
    assert {"consent.noted", "person.exported", "person.erased"} <= set(told)
    assert not [one for one in AuditEntry.objects.all() if "anna" in json.dumps([one.subject, one.details])]


def test_people_and_keys_are_made_shown_once_and_ended(root: Client, staff: dict[str, User]) -> None:
    team = "/admin/team/"
    shown = root.post(team, {"deed": "person", "username": "dora", "role": "approver"})
    secret = shown.context["secret"]
    assert secret in shown.content.decode()
    assert secret not in root.get(team).content.decode()
    dora = User.objects.get(username="dora")
    assert dora.check_password(secret)
    assert caller_of(dora).scopes == ROLES["approver"]
    root.post(team, {"deed": "person", "username": "dora", "role": "admin"})
    root.post(team, {"deed": "role", "username": "admin", "role": "viewer"})
    root.post(team, {"deed": "role", "username": "dora", "role": "king"})
    assert caller_of(User.objects.get(username="dora")).role == "approver"
    assert caller_of(User.objects.get(username="admin")).role == "admin"
    root.post(team, {"deed": "role", "username": "dora", "role": "viewer"})
    assert caller_of(User.objects.get(username="dora")).scopes == ROLES["viewer"]
    assert root.post(team, {"deed": "key", "name": "x", "role": "viewer", "days": "²"}).status_code == 200
    ApiKey.objects.all().delete()
    key = root.post(team, {"deed": "key", "name": "till", "role": "operator", "days": "30"})
    assert key.context["secret"].startswith(ApiKey.objects.get().key_id)
    root.post(team, {"deed": "revoke", "key_id": ApiKey.objects.get().key_id})
    assert ApiKey.objects.get().revoked_at is not None


def test_the_overview_says_compared_with_what_and_how_sure(root: Client, staff: dict[str, User]) -> None:
    empty: Any = {tile.name: tile for tile in root.get("/admin/").context["tiles"]}
    assert empty["Live plan"].figure == "none"
    assert empty["Past promotions that paid"].figure == "–"
    shop.audited(staff["analyst"], chinese())
    accounts.grant("g", "gift_card", "c1", 15000, "EUR")
    promotion(staff["operator"], TIERS | {"terms.start": "2020-01-01T00:00", "terms.end": "2999-01-01T00:00"})
    PromotionVersion.objects.update(state="live", approved_by="user:x")
    accounts.open("budget", "tiers", "CNY", 50000)
    reservations.reserve("k", [Hold("budget", "tiers", 12500, 50000, "CNY")], ttl=timedelta(hours=1))
    context = root.get("/admin/").context
    tiles = {tile.name: tile for tile in context["tiles"]}
    findings = chinese().findings
    paid, lost, unknown = counts(chinese())
    assert tiles["Past promotions that paid"].figure == f"{paid} / {len(findings)}"
    assert f"{lost} shown to lose, {unknown} not shown either way" in tiles["Past promotions that paid"].beside
    assert tiles["Owed: gift cards"].figure == "150.00 EUR"
    assert all(tile.beside and tile.sure for tile in tiles.values() if tile.figure not in {"none", "–"})
    (budget,) = context["budgets"]
    assert (budget.name, budget.left, budget.of, budget.gone) == ("Tiers", "375.00 CNY", "500.00 CNY", 25)
    assert budget.sentence == f"25% gone, {budget.time}% of its time over"
