"""Promotions: a new version as a draft, and its way from there to live and to its end."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone

from netlift.errors import DefinitionError
from netlift.promotions import codec
from netlift.promotions.check import check_promotions
from netlift.promotions.lint import Finding, lint
from netlift.promotions.promotion import Group, Promotion
from netlift.service.access import log
from netlift.service.access.caller import Caller
from netlift.service.catalog.live import live_promotions, live_tree, promotion_of
from netlift.service.catalog.models import PromotionVersion, Tree
from netlift.service.catalog.moves import Subject, acting, move, one_at_a_time, record_and_tell, take
from netlift.service.catalog.states import ENDED, LIVE, MOVES, PAUSED
from netlift.service.core.refusals import Conflict, Refused

_ID = re.compile(r"[^\s/\\]{1,100}")
LINTED_BESIDE = 40
"""At most so many live promotions are linted beside a new one; the lint's time grows with their pairs."""


def draft(definition: Mapping[str, Any], by: Caller, *, now: datetime | None = None) -> PromotionVersion:
    """Keep a new version of a promotion as a draft; its number follows the last one's.

    Args:
        definition: one promotion in the promotion language; a `version` in it is replaced.
        by: its author, who then cannot approve it.
        now: the moment; default: this one.

    Raises:
        DefinitionError: it is not what the language allows; the message starts with the place.
        Conflict: somebody else made the next version at the same moment.
    """
    by.need("promotions:write")
    now = now or timezone.now()
    promotion = promotion_of({**definition, "version": 1})
    if not _ID.fullmatch(promotion.id):
        raise DefinitionError("id: in the catalogue it has 1 to 100 characters, none of them a blank, / or \\")
    tree = live_tree()
    check_promotions((promotion,), tree)
    findings = _findings(promotion, tree, now)
    last = PromotionVersion.objects.filter(promotion_id=promotion.id).aggregate(last=Max("version"))["last"] or 0
    written = codec.write(promotion) | {"version": last + 1}
    try:
        with transaction.atomic():
            made = PromotionVersion.objects.create(
                promotion_id=promotion.id, version=last + 1, name=promotion.name[:200], definition=written,
                digest=_digest(written), findings=findings, author=acting(by), made_at=now,
            )  # fmt: skip
            record_and_tell(_subject(made.promotion_id, made.version), "drafted", by, made.revision)
    except IntegrityError as error:
        raise Conflict(f"somebody else made version {last + 1} of {promotion.id}: try again") from error
    return made


def submit(
    promotion_id: str, version: int, by: Caller, *, expected: int | None = None, now: datetime | None = None
) -> PromotionVersion:
    """Ask a second person to approve a draft."""
    by.need("promotions:write")
    changes = {"submitted_by": acting(by), "submitted_at": now or timezone.now(), "reason": ""}
    return _move("submit", promotion_id, version, by, expected, **changes)


def approve(
    promotion_id: str, version: int, by: Caller, *, expected: int | None = None, now: datetime | None = None
) -> PromotionVersion:
    """Approve what somebody else wrote and submitted."""
    by.need("promotions:approve")
    changes = {"approved_by": acting(by), "approved_at": now or timezone.now()}
    return _move("approve", promotion_id, version, by, expected, **changes)


def reject(
    promotion_id: str, version: int, by: Caller, reason: str, *, expected: int | None = None
) -> PromotionVersion:
    """Send what was submitted or approved back to its author, with a reason."""
    by.need("promotions:approve")
    return _move("reject", promotion_id, version, by, expected, **rejection(reason))


def publish(
    promotion_id: str, version: int, by: Caller, *, expected: int | None = None, now: datetime | None = None
) -> PromotionVersion:
    """Let an approved or paused version go live; another version of it that is live or paused ends in the same moment.

    Raises:
        DefinitionError: the tree of groups has changed, and the promotion no longer fits it.
    """
    by.need("promotions:write")
    now = now or timezone.now()
    rows, subject = PromotionVersion.objects.filter(promotion_id=promotion_id), _subject(promotion_id, version)
    with one_at_a_time("another version was published"):
        before = rows.select_for_update().filter(state__in=(LIVE, PAUSED)).exclude(version=version).first()
        if before is not None:
            rows.filter(pk=before.pk).update(state=ENDED, revision=F("revision") + 1, ended_at=now)
        live = take(rows.filter(version=version), subject, "publish", by, expected=expected, published_at=now)
        if before is not None:
            record_and_tell(_subject(promotion_id, before.version), "ended", by, before.revision + 1)
        record_and_tell(subject, MOVES["publish"].done, by, live.revision)
        check_promotions((promotion_of(live.definition),), live_tree())  # alone by now: see `set_tree`
        return live


def pause(promotion_id: str, version: int, by: Caller, *, expected: int | None = None) -> PromotionVersion:
    """Stop a live version for now."""
    by.need("promotions:write")
    return _move("pause", promotion_id, version, by, expected)


def end(
    promotion_id: str, version: int, by: Caller, *, expected: int | None = None, now: datetime | None = None
) -> PromotionVersion:
    """Stop a version for good."""
    by.need("promotions:write")
    return _move("end", promotion_id, version, by, expected, ended_at=now or timezone.now())


def rejection(reason: str) -> dict[str, Any]:
    """The columns of a rejection: who approved or submitted is forgotten, the log remembers.

    Raises:
        Refused: no reason.
    """
    if not reason.strip():
        raise Refused("say why it is rejected: its author must know what to change", "reason_missing")
    return {
        "reason": reason.strip()[:500], "approved_by": "", "approved_at": None, "submitted_by": "",
        "submitted_at": None,
    }  # fmt: skip


def set_tree(groups: Mapping[str, Any], by: Caller, *, now: datetime | None = None) -> Tree:
    """Set the tree in which promotions combine; every live and paused promotion must fit it.

    Raises:
        DefinitionError: it is no tree, or a promotion names a group that it lacks.
    """
    by.need("promotions:approve")
    root = codec.read(Group, groups)
    with transaction.atomic():
        made = Tree.objects.create(groups=codec.write(root), author=acting(by), made_at=now or timezone.now())
        log.record(by.name, "tree.set", f"tree:{made.pk}")
        # the log lets one transaction in at a time: what another publishes is seen here, or sees this tree
        rows = PromotionVersion.objects.filter(state__in=(LIVE, PAUSED))
        check_promotions([promotion_of(one.definition) for one in rows], root)
    return made


def _move(
    step: str, promotion_id: str, version: int, by: Caller, expected: int | None, **changes: Any
) -> PromotionVersion:
    rows = PromotionVersion.objects.filter(promotion_id=promotion_id, version=version)
    with transaction.atomic():
        return move(rows, _subject(promotion_id, version), step, by, expected=expected, **changes)


def _subject(promotion_id: str, version: int) -> Subject:
    return Subject(
        "promotion", f"promotion:{promotion_id}@{version}", {"promotion_id": promotion_id, "version": version}
    )


def _digest(definition: object) -> str:
    return sha256(json.dumps(definition, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _findings(promotion: Promotion, tree: Group, now: datetime) -> list[dict[str, Any]]:
    """What the lint says of it, alone and beside what is live."""
    beside = [one for one in live_promotions(now) if one.id != promotion.id][:LINTED_BESIDE]
    try:
        found: Sequence[Finding] = lint((promotion, *beside), tree)
    except DefinitionError:  # a live one no longer fits the tree: the new one is judged alone
        found = lint((promotion,), tree)
    return [
        {
            "code": one.code, "severity": one.severity, "promotions": list(one.promotions), "place": one.place,
            "en": one.en, "zh_CN": one.zh_CN,
        }
        for one in found
        if promotion.id in one.promotions
    ]  # fmt: skip
