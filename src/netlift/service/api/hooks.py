"""News to other systems: who hears what, and how far each telling came."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.db import transaction
from django.http import HttpRequest
from ninja import Path, Query, Router, Schema
from pydantic import ConfigDict, Field, StringConstraints

from netlift.service.access.log import record
from netlift.service.api.frame import caller_of, needs
from netlift.service.api.pages import Page, page
from netlift.service.hooks import deliver, subscriptions
from netlift.service.hooks.addresses import LONGEST
from netlift.service.hooks.models import Delivery, Subscription
from netlift.service.hooks.outbox import knock

router = Router(tags=["hooks"])

Id = Annotated[str, Path(max_length=40)]
Cursor = Annotated[str | None, Query(max_length=1_000)]
Limit = Annotated[int, Query(ge=1, le=500)]
State = Literal["waiting", "delivered", "dead"]


class HookIn(Schema):
    """Who wants to hear what."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
    """https, or http to the machine that the service runs on."""
    kinds: Annotated[list[Annotated[str, StringConstraints(max_length=60)]], Field(max_length=50)] = Field(
        default_factory=list
    )
    """Such as redemption.committed; empty: all."""


class HookOut(Schema):
    """A subscription, without its secret."""

    subscription_id: str
    url: str
    kinds: list[str]
    made_by: str
    made_at: datetime
    ended_at: datetime | None
    why: str
    """Why it ended."""


class HookMade(HookOut):
    """A new subscription, with the secret that cannot be read again."""

    secret: str


class SecretOut(Schema):
    """A secret that cannot be read again."""

    secret: str


class DeliveryOut(Schema):
    """How far the telling of one message came."""

    message_id: str
    kind: str
    subject: str
    made_at: datetime
    state: State
    tries: int
    next_at: datetime
    ended_at: datetime | None
    status: int | None
    fault: str
    data: dict[str, Any]


@router.get("", auth=needs("hooks:write"), response=Page[HookOut])
def hooks(request: HttpRequest, cursor: Cursor = None, limit: Limit = 100) -> Page[HookOut]:
    """Subscriptions, page by page, also those that have ended."""
    rows, following = page(Subscription.objects.all(), "id", cursor, limit)
    return Page[HookOut](items=[HookOut.from_orm(row) for row in rows], next=following)


@router.post("", auth=needs("hooks:write"), response={201: HookMade})
def subscribe(request: HttpRequest, body: HookIn) -> HookMade:
    """Tell an address from now on; the secret that signs is told this once."""
    by = caller_of(request).name
    with transaction.atomic():
        row, secret = subscriptions.subscribe(body.url, body.kinds, by)
        record(by, "hook.made", row.subscription_id)
    return HookMade(secret=secret, **HookOut.from_orm(row).dict())


@router.post("/{subscription_id}/end", auth=needs("hooks:write"), response=HookOut)
def end(request: HttpRequest, subscription_id: Id) -> Subscription:
    """Tell it nothing any more."""
    with transaction.atomic():
        subscriptions.end(subscription_id)
        record(caller_of(request).name, "hook.ended", subscription_id)
    return subscriptions.found(subscription_id)


@router.post("/{subscription_id}/secret", auth=needs("hooks:write"), response=SecretOut)
def renew(request: HttpRequest, subscription_id: Id) -> SecretOut:
    """Sign with a new secret from now on; it is told this once."""
    with transaction.atomic():
        secret = subscriptions.renew_secret(subscription_id)
        record(caller_of(request).name, "hook.secret_renewed", subscription_id)
    return SecretOut(secret=secret)


@router.post("/{subscription_id}/ping", auth=needs("hooks:write"), response={202: HookOut})
def ping(request: HttpRequest, subscription_id: Id) -> Subscription:
    """Tell it `netlift.hook.ping`, to see whether it hears."""
    row = subscriptions.found(subscription_id)
    knock(row)
    return row


@router.get("/{subscription_id}/deliveries", auth=needs("hooks:write"), response=Page[DeliveryOut])
def deliveries(
    request: HttpRequest, subscription_id: Id, state: State | None = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[DeliveryOut]:
    """What was told, waits or was given up (`dead`), page by page."""
    rows = Delivery.objects.filter(subscription=subscriptions.found(subscription_id)).select_related("message")
    items, following = page(rows if state is None else rows.filter(state=state), "id", cursor, limit)
    return Page[DeliveryOut](items=[_told(one) for one in items], next=following)


@router.post("/{subscription_id}/deliveries/{message_id}/retry", auth=needs("hooks:write"), response={202: None})
def retry(request: HttpRequest, subscription_id: Id, message_id: Id) -> None:
    """Send a message once more, with the same id."""
    deliver.retry(message_id, subscription_id)


def _told(one: Delivery) -> DeliveryOut:
    told = {
        name: getattr(one, name) for name in ("subject", "state", "tries", "next_at", "ended_at", "status", "fault")
    }
    message = {name: getattr(one.message, name) for name in ("message_id", "kind", "made_at", "data")}
    return DeliveryOut(**told, **message)
