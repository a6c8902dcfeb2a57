"""News as CloudEvents 1.0 (structured JSON): what is sent, byte for byte the same at every try."""

import hmac
import json
from datetime import UTC
from functools import cache
from typing import Any

from django.conf import settings

from netlift.service.hooks.models import Message

CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


def event(message: Message) -> dict[str, Any]:
    """The event: `id` is the same however often it comes, `type` is `netlift.` and the kind."""
    return {
        "specversion": "1.0",
        "id": message.message_id,
        "source": source(),
        "type": f"netlift.{message.kind}",
        "subject": message.subject,
        "time": message.made_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": message.data,
    }


def body(message: Message) -> bytes:
    """The event as bytes."""
    return json.dumps(event(message), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@cache
def source() -> str:
    """This service's name among others, such as `urn:netlift:4f0c…`; it stays as long as the folder's secrets."""
    return "urn:netlift:" + hmac.digest(settings.SECRETS.pseudonyms, b"netlift: source of news", "sha256").hex()[:16]
