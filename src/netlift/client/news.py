"""News that the service sends: is it genuine, and what does it say?"""

import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from netlift.client.errors import ClientError

HEADER = "Netlift-Signature"


@dataclass(frozen=True, slots=True)
class News:
    """One event (CloudEvents 1.0)."""

    id: str
    """The same however often it comes: note it, and pass over what you know."""
    source: str
    kind: str
    """Such as `netlift.redemption.committed`."""
    subject: str
    at: datetime
    data: Mapping[str, Any]


def verified(header: str, body: bytes, secret: str, *, tolerance_s: float = 300, now: float | None = None) -> News:
    """The news in a request, if it was signed with the subscription's secret a short while ago.

    Args:
        header: value of `Netlift-Signature`.
        body: the bytes as they came.
        secret: as it was told when the subscription was made.
        tolerance_s: how old it may be, and how far the clocks may differ; seconds.
        now: seconds since 1970; None: the clock.

    Raises:
        ClientError: another signature, too old, or no event.
    """
    parts = [part.strip().partition("=") for part in header.split(",")]
    seconds = next((value for name, _, value in parts if name == "t" and value.isascii() and value.isdecimal()), "")
    right = hmac.new(secret.encode(), f"{seconds}.".encode() + body, sha256).hexdigest()
    given = [value for name, _, value in parts if name == "v1" and value.isascii()]
    if not seconds or not any(hmac.compare_digest(right, value) for value in given):
        raise ClientError(f"the header {HEADER} does not fit the body and the secret: do not trust it")
    if abs((time.time() if now is None else now) - int(seconds)) > tolerance_s:
        raise ClientError(f"it was signed more than {tolerance_s:g} seconds ago: do not trust it")
    try:
        told = json.loads(body)
        return News(
            str(told["id"]), str(told["source"]), str(told["type"]), str(told.get("subject", "")),
            datetime.fromisoformat(told["time"]), told.get("data") or {},
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ClientError(f"the body is no event of CloudEvents 1.0: {error}") from None
