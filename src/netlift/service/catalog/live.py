"""What holds now: the live plan, the live promotions and the tree in which they combine."""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from netlift.errors import DataError
from netlift.plan import artefact
from netlift.plan.artefact import Plan
from netlift.promotions import codec
from netlift.promotions.promotion import Group, Promotion
from netlift.service.catalog.models import PlanVersion, PromotionVersion, Tree
from netlift.service.catalog.states import LIVE
from netlift.service.core.refusals import Unavailable


def live_plan() -> str | None:
    """Id of the plan that is live, in one query; None while there is none."""
    return PlanVersion.objects.filter(state=LIVE).values_list("plan_id", flat=True).first()


def plan_folder(plan_id: str) -> Path:
    """Where the files of a plan of the catalogue lie."""
    folder: Path = settings.FOLDER.plans
    return folder / plan_id


def read_plan(plan_id: str) -> Plan:
    """A plan of the catalogue, checked against its id.

    Raises:
        Unavailable: its files are missing, or are not what its id was made of.
    """
    folder = plan_folder(plan_id)
    try:
        plan = artefact.read(folder)
    except DataError as error:
        said = str(error).replace(f"{folder}", "its folder")
        raise Unavailable(f"the files of plan {plan_id[:8]} are not whole: {said}", "plan_damaged") from error
    if artefact.plan_id(plan) != plan_id:
        raise Unavailable(f"the files under plan {plan_id[:8]} are those of another plan", "plan_damaged")
    return plan


def live_promotions(now: datetime | None = None) -> tuple[Promotion, ...]:
    """The promotions that are live and whose window is open or has not been told, by id.

    Args:
        now: those that begin after it, or have ended by it, are left out; default: this moment. Days and hours within
            a window are the engine's to judge.
    """
    now = now or timezone.now()
    rows = PromotionVersion.objects.filter(state=LIVE).order_by("promotion_id").values_list("pk", "digest")
    known = [(pk, digest) for pk, digest in rows]
    missing = [pk for pk, digest in known if digest not in _parsed]
    for version in PromotionVersion.objects.filter(pk__in=missing) if missing else ():
        _parsed[version.digest] = promotion_of(version.definition)
    return tuple(one for _, digest in known if _open(one := _parsed[digest], now))


_parsed: dict[str, Promotion] = {}
"""By digest of the definition: what a version says never changes."""


def promotion_of(definition: object) -> Promotion:
    """One promotion out of its definition, read but not checked.

    Raises:
        DefinitionError: it is none; the message starts with the place.
    """
    return codec.read(Promotion, definition)


def _open(promotion: Promotion, now: datetime) -> bool:
    window = promotion.window
    return (window.start is None or window.start <= now) and (window.end is None or now < window.end)


def live_tree() -> Group:
    """The tree of groups that promotions name; one flat group that stacks all where none was set."""
    newest = Tree.objects.order_by("-pk").first()
    return Group() if newest is None else codec.read(Group, newest.groups)
