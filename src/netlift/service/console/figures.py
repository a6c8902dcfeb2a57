"""Figures of the overview: each with what it is compared with, and how sure it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from netlift.report.amounts import Amounts
from netlift.report.plan_values import estimate, known, name, outlook, span
from netlift.report.standing import counts
from netlift.report.words import words
from netlift.service.catalog.models import PlanVersion, PromotionVersion
from netlift.service.catalog.states import LIVE, SUBMITTED
from netlift.service.console.columns import counted
from netlift.service.console.compared import head_of
from netlift.service.console.pages.audits import newest
from netlift.service.console.pages.plans import called
from netlift.service.core.refusals import Refused
from netlift.service.decisions.models import Redemption
from netlift.service.ledger.books import liability
from netlift.service.ledger.models import Account
from netlift.service.runs.models import FAILED, QUEUED, RUNNING, Job

WEEK = timedelta(days=7)
MOST_BUDGETS = 12


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure."""

    name: str
    figure: str
    beside: str
    """What it is compared with."""
    sure: str
    """How sure it is."""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of a budget is gone, beside how much of its time is."""

    name: str
    left: str
    of: str
    gone: int
    """Per cent held and spent."""
    time: int | None
    """Per cent of the promotion's time that is over; None where it has no end."""
    sentence: str


def plan_tile(lang: str) -> Tile:
    """What is live, and what it is expected to earn."""
    found = PlanVersion.objects.filter(state=LIVE).first()
    if found is None:
        return Tile(_("Live plan"), _("none"), _("Nothing is decided before a plan is published."), "",
                    reverse("admin:console_plans"))  # fmt: skip
    link = reverse("admin:console_plan", args=(found.plan_id,))
    try:
        head = head_of(found.plan_id)
    except Refused:
        return Tile(_("Live plan"), found.code, _("Its files are damaged."), "", link)
    write = Amounts(words(lang), head.currency)
    net = head.worth.net
    figure = write.named(estimate(net, write)) if known(net) else name(head, write)
    beside = _("“%(name)s”: expected beyond doing nothing") % {"name": name(head, write)}
    grade = write.words.label("grade", head.grade.value)
    sure = _("%(level)s%% interval %(span)s · evidence: %(grade)s · %(outlook)s") % {
        "level": round(100 * net.level), "span": span(net, write) or "–", "grade": grade,
        "outlook": write.words.label("outlook_plan", outlook(head).value),
    }  # fmt: skip
    return Tile(_("Live plan"), figure, beside, sure, link)


def audit_tile() -> Tile:
    """How many past promotions are shown to pay, of how many."""
    link, found = reverse("admin:console_audits"), newest()
    if found is None:
        return Tile(_("Past promotions that paid"), "–", _("No audit has been run yet."), "", link)
    job, audit = found
    paid, lost, unknown = counts(audit)
    return Tile(
        _("Past promotions that paid"), f"{paid} / {len(audit.findings)}",
        _("against control; %(lost)s shown to lose, %(open)s not shown either way")
        % {"lost": lost, "open": unknown},
        _("%(level)s%% intervals; audit of %(day)s")
        % {"level": round(100 * audit.level), "day": f"{job.ended_at:%Y-%m-%d}"}, link,
    )  # fmt: skip


def redemption_tile(now: datetime) -> Tile:
    """Orders that used a promotion this week, beside the week before."""
    rows = Redemption.objects.exclude(status__in=("released", "expired"))
    week, before = rows.filter(at__gt=now - WEEK, at__lte=now), rows.filter(at__gt=now - 2 * WEEK, at__lte=now - WEEK)
    return Tile(
        _("Orders with a promotion, 7 days"), f"{week.count():,}",
        _("%(n)s in the 7 days before") % {"n": f"{before.count():,}"},
        _("counted exactly; what they earned is the read-out’s to say"),
        reverse("admin:decisions_redemption_changelist"),
    )  # fmt: skip


def liability_tiles() -> list[Tile]:
    """What the shop owes on points, gift cards, coupons and wallets."""
    kinds = {"points": _("points"), "gift_card": _("gift cards"), "coupon": _("coupons"), "wallet": _("wallets")}
    link = reverse("admin:ledger_account_changelist")
    found = [
        Tile(
            _("Owed: %(kind)s") % {"kind": kinds.get(one.kind, one.kind)}, counted(one.owed, one.unit),
            _("%(spent)s spent so far, %(held)s held by open orders")
            % {"spent": counted(one.spent, one.unit), "held": counted(one.held, one.unit)},
            ngettext("counted exactly, on %(n)s account", "counted exactly, on %(n)s accounts", one.accounts)
            % {"n": f"{one.accounts:,}"}, link,
        )
        for one in liability()
    ]  # fmt: skip
    return found or [Tile(_("Owed to customers"), "0", _("No balance was granted."), _("counted exactly"), link)]


def job_tile(now: datetime) -> Tile:
    """Jobs at work, and how many failed this week beside the week before."""
    state = dict(Job.objects.filter(state__in=(QUEUED, RUNNING)).values_list("state").annotate(Count("pk")))
    failed = Job.objects.filter(state=FAILED)
    return Tile(
        _("Jobs at work"), str(state.get(RUNNING, 0)),
        _("%(waiting)s waiting; failed in 7 days: %(failed)s, in the 7 before: %(before)s")
        % {
            "waiting": state.get(QUEUED, 0), "failed": failed.filter(ended_at__gt=now - WEEK).count(),
            "before": failed.filter(ended_at__gt=now - 2 * WEEK, ended_at__lte=now - WEEK).count(),
        },
        _("counted exactly"), reverse("admin:console_jobs"),
    )  # fmt: skip


def waiting(most: int = 8) -> list[tuple[str, str, datetime | None]]:
    """What waits for a second person: its name, its address, since when; the oldest first."""
    plans = PlanVersion.objects.filter(state=SUBMITTED).order_by("submitted_at")[:most]
    promotions = PromotionVersion.objects.filter(state=SUBMITTED).order_by("submitted_at")[:most]
    found: list[tuple[str, str, datetime | None]] = [
        (called(one), reverse("admin:console_plan", args=(one.plan_id,)), one.submitted_at) for one in plans
    ]
    found += [
        (one.name or str(one), reverse("admin:console_promotion", args=(one.pk,)),
         one.submitted_at)
        for one in promotions
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one[2] is None, one[2]))[:most]


def budgets(now: datetime) -> list[Budget]:
    """Budgets of the ledger, those of which most is gone first, with their pace."""
    windows = _windows(PromotionVersion.objects.filter(state=LIVE))
    rows = Account.objects.filter(kind="budget", credit__gt=0)
    found = [_budget(one, windows.get(one.ref), now) for one in rows[:200]]
    return sorted(found, key=lambda one: -one.gone)[:MOST_BUDGETS]


def _windows(versions: Iterable[PromotionVersion]) -> dict[str, tuple[str, Any, Any]]:
    """Name, start and end of each live promotion."""
    found = {}
    for one in versions:
        window = one.definition.get("window") or {}
        found[one.promotion_id] = (one.name or one.promotion_id, window.get("start"), window.get("end"))
    return found


def _budget(account: Account, window: tuple[str, Any, Any] | None, now: datetime) -> Budget:
    credit, used = account.credit or 1, account.held + account.spent
    called, start, end = window or (account.ref, None, None)
    gone, time = round(100 * used / credit), None
    sentence = _("%(gone)s%% gone") % {"gone": gone}
    if start and end:
        first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
        time = round(100 * min(max((now - first) / (last - first), 0), 1))
        sentence = _("%(gone)s%% gone, %(time)s%% of its time over") % {"gone": gone, "time": time}
    return Budget(called, counted(credit - used, account.unit), counted(credit, account.unit), min(gone, 100), time,
                  sentence)  # fmt: skip


def live_promotions() -> int:
    """How many promotions are live."""
    return PromotionVersion.objects.filter(state=LIVE).count()


def tiles(lang: str, now: datetime | None = None) -> list[Tile]:
    """All figures, in the order in which one asks for them."""
    now = now or timezone.now()
    promotions = Tile(
        _("Live promotions"), str(live_promotions()),
        _("beside the offers of the live plan"), _("counted exactly"),
        reverse("admin:catalog_promotionversion_changelist"),
    )  # fmt: skip
    return [plan_tile(lang), audit_tile(), promotions, redemption_tile(now), *liability_tiles(), job_tile(now)]
