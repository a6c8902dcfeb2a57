"""Signatures of what is sent and received: `t=SECONDS,v1=HEX`, where HEX is HMAC-SHA256 of `SECONDS.BODY`.

The time is part of what is signed, so that a message that was overheard is worth nothing a few minutes later.
"""

import hmac
import re
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from netlift.service.core.refusals import Conflict, Unauthenticated
from netlift.service.hooks.models import Seen

HEADER = "Netlift-Signature"
TOLERANCE = timedelta(minutes=5)
"""How far the sender's clock, and the way, may be off."""
_FORM = re.compile(r"t=(\d{1,12})((?:,v1=[0-9a-f]{64}){1,4})")


def signature(secret: bytes, body: bytes, at: datetime) -> str:
    """The header of a message.

    >>> from datetime import UTC
    >>> signature(b"secret", b"{}", datetime(2030, 1, 1, tzinfo=UTC))[:20]
    't=1893456000,v1=0dc4'
    """
    seconds = int(at.timestamp())
    return f"t={seconds},v1={_digest(secret, seconds, body)}"


def verify(header: str, body: bytes, secret: bytes, *, now: datetime | None = None) -> None:
    """Refuse what was not signed with this secret, at about this time.

    Several `v1` may stand in the header, while a sender changes its secret; one must be right.

    Raises:
        Unauthenticated: no signature, another one, or a time that is off by more than `TOLERANCE`.
    """
    found = _FORM.fullmatch(header.replace(" ", ""))
    if found is None:
        raise Unauthenticated(f"{HEADER} must be t=SECONDS,v1=HEX", "bad_signature")
    seconds, given = int(found[1]), re.findall(r"v1=([0-9a-f]{64})", found[2])
    right = _digest(secret, seconds, body)
    if not any(hmac.compare_digest(right, one) for one in given):
        raise Unauthenticated("the signature does not fit the body and the secret", "bad_signature")
    if abs((now or timezone.now()).timestamp() - seconds) > TOLERANCE.total_seconds():
        raise Unauthenticated(f"it was signed more than {TOLERANCE} ago or ahead: check the clock", "stale_signature")


def verify_once(header: str, body: bytes, secret: bytes, *, now: datetime | None = None) -> None:
    """The same, and refuse what was already received; the sender signs a retry anew.

    Call it inside the transaction that takes the message in: where that fails, the message may come again.

    Raises:
        Unauthenticated: as `verify`.
        Conflict: exactly this was received before.
    """
    now = now or timezone.now()
    verify(header, body, secret, now=now)
    digest = hmac.digest(secret, header.replace(" ", "").encode() + b"\n" + body, "sha256").hex()
    try:
        with transaction.atomic():
            Seen.objects.create(digest=digest, seen_at=now)
    except IntegrityError:
        raise Conflict("this message was received before: sign it anew to send it again", "replayed") from None


def _digest(secret: bytes, seconds: int, body: bytes) -> str:
    return hmac.new(secret, b"%d." % seconds + body, sha256).hexdigest()
