"""The log of who was shown what, as an audit reads it."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema

from netlift.service.api.frame import needs
from netlift.service.api.pages import Page, page
from netlift.service.decisions.exposures import settled

router = Router(tags=["decisions"])


class ExposureOut(Schema):
    """A row of `schema.EXPOSURES`."""

    promotion_id: str
    """The experiment: offer, plan, and whether it explored."""
    customer_id: str
    """Pseudonym, as in the plan."""
    arm: str
    exposed_at: datetime
    propensity: float | None
    channel: str | None


@router.get("", auth=needs("exposures:read"), response=Page[ExposureOut])
def exposures(
    request: HttpRequest,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 500,
    first: bool = True,
) -> Page[ExposureOut]:
    """Exposures in the order of the log, five seconds after they happened; `first`: each customer's first only."""
    rows, following = page(settled(first=first), "id", cursor, limit)
    items = [
        ExposureOut(
            promotion_id=row.promotion_id, customer_id=row.customer, arm=row.arm, exposed_at=row.exposed_at,
            propensity=row.propensity, channel=row.channel,
        )
        for row in rows
    ]  # fmt: skip
    return Page[ExposureOut](items=items, next=following)
