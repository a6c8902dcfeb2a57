"""What becomes of a redemption: paid, given up, or goods returned."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from netlift.promotions import documents
from netlift.promotions.documents import Document, to_json
from netlift.promotions.engine import compiled
from netlift.promotions.quote import Quote
from netlift.promotions.refund import Refund, Returned, refund
from netlift.service.core.refusals import Conflict, Expired, NotFound
from netlift.service.decisions import earned
from netlift.service.decisions.keep import Reply, Request, same
from netlift.service.decisions.models import Redemption, Return, Terms
from netlift.service.decisions.redeem import PAYING, told
from netlift.service.hooks.outbox import tell
from netlift.service.ledger import reservations
from netlift.service.ledger.holds import Hold
from netlift.service.ledger.models import HeldAmount


def commit(redemption_id: str, *, order: str = "", now: datetime | None = None) -> Reply:
    """The order is paid: what was held is spent, and points and coupons that it earned are granted.

    Again, it has the same answer.

    Raises:
        Expired: its time is over.
        Conflict: it was released.
        NotFound: there is no such redemption.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row = _locked(redemption_id)
        if row.status in {"committed", "refunded"}:
            return _reply(row)
        if row.status == "released":
            raise Conflict("the redemption was released: ask for a new one", "released")
        if now >= row.expires_at:
            raise Expired(f"the redemption ended at {row.expires_at.isoformat()}: ask for a new one")
        if row.reservation_id:
            reservations.commit(f"{redemption_id}:commit", row.reservation_id, order=order or row.order, now=now)
        row.order = order or row.order
        _settle(row, "committed", now)
        if row.customer:
            earned.grant(row, _quoted(row), now)
        tell("redemption.committed", redemption_id, _news(row), now=now)
    return _reply(row)


def release(redemption_id: str, *, now: datetime | None = None) -> Reply:
    """The order is given up: what was held is free again. Again, it has the same answer.

    Raises:
        Conflict: it was committed: goods come back by a refund.
        NotFound: there is no such redemption.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row = _locked(redemption_id)
        if row.status == "released":
            return _reply(row)
        if row.status != "reserved":
            raise Conflict(f"the redemption is {row.status}: what was paid comes back by a refund", "committed")
        if row.reservation_id:
            reservations.release(f"{redemption_id}:release", row.reservation_id, now=now)
        _settle(row, "released", now)
        tell("redemption.released", redemption_id, _news(row), now=now)
    return _reply(row)


def give_back(asked: Request, redemption_id: str, returned: Returned, *, now: datetime | None = None) -> Reply:
    """Goods of an order come back: what is paid back for them, and what the ledger gets back.

    Cards, coupons and wallets that paid a part get theirs back first, then money. Budgets get back the discount of the
    units that come back; uses are given back when nothing of the order stays.

    Args:
        asked: the request; sent again, it has the same answer.
        redemption_id: the order.
        returned: by line, how many units or which.
        now: the moment.

    Raises:
        Conflict: it was not committed, or the request's id was used for something else.
        CartError: a line or unit that the order does not have, or that came back already.
        NotFound: there is no such redemption.
    """
    now = now or timezone.now()
    with transaction.atomic():
        row = _locked(redemption_id)
        returns = list(row.returns.order_by("number"))
        for one in returns:
            if (one.by, one.request_id) == (asked.by, asked.request_id):
                return same(asked, one.digest, one.body)
        if row.status not in {"committed", "refunded"}:
            raise Conflict(f"the redemption is {row.status}: only what was paid can be refunded", "not_committed")
        already = [{line: tuple(places) for line, places in one.units.items()} for one in returns]
        document, request = _terms(row), documents.read_request(row.asked)
        back = refund(request.cart, request.facts, document.promotions, returned, root=document.root, already=already)
        units = _units(_quoted(row), back, already)
        moved = _moved(row, back, units)
        if moved and row.reservation_id:
            reservations.reverse(f"{redemption_id}:return:{len(returns) + 1}", row.reservation_id, moved, now=now)
        if row.customer:
            earned.take_back(row, _quoted(row), back, len(returns) + 1, now)
        row.returned_minor += back.amount
        _settle(row, "committed" if any(back.kept.values()) else "refunded", now)
        paid = sum(hold.amount for hold in moved if hold.kind in PAYING)
        answer = told(row) | {"refund": to_json(back) | {"to_cards": paid, "to_money": back.amount - paid}}
        body = json.dumps(answer | {"request_id": asked.request_id}, ensure_ascii=False)
        Return.objects.create(
            redemption=row, number=len(returns) + 1, by=asked.by, request_id=asked.request_id, digest=asked.digest,
            units=units, body=body, at=now,
        )  # fmt: skip
        tell("redemption.refunded", redemption_id, _news(row) | {"amount": back.amount}, now=now)
    return Reply(body)


def found(redemption_id: str, *, now: datetime | None = None) -> Reply:
    """A redemption as it stands.

    Raises:
        NotFound: there is none of this id.
    """
    row = Redemption.objects.filter(redemption_id=redemption_id).first()
    if row is None:
        raise _unknown()
    return _reply(row, now or timezone.now())


def _unknown() -> NotFound:
    return NotFound("there is no such redemption: its id comes with the answer to POST /redemptions")


def _locked(redemption_id: str) -> Redemption:
    row = Redemption.objects.select_for_update().filter(redemption_id=redemption_id).first()
    if row is None:
        raise _unknown()
    return row


def _settle(row: Redemption, status: str, now: datetime) -> None:
    row.status, row.settled_at = status, now
    row.save(update_fields=["status", "settled_at", "order", "returned_minor"])


def _reply(row: Redemption, now: datetime | None = None) -> Reply:
    answer = told(row, now)
    if row.status in {"committed", "refunded"} and row.customer:
        answer["coupons"] = earned.coupons(row, _quoted(row).credits)
    return Reply(json.dumps(answer, ensure_ascii=False))


def _news(row: Redemption) -> dict[str, Any]:
    return {"status": row.status, "order": row.order, "customer": row.customer, "to_pay": row.payable_minor,
            "currency": row.currency, "plan_id": row.plan_id, "returned": row.returned_minor}  # fmt: skip


def _terms(row: Redemption) -> Document:
    return documents.read_document(Terms.objects.get(digest=row.terms).document)


def _quoted(row: Redemption) -> Quote:
    """The price of then: what is the same goes in, so the same comes out."""
    document, request = _terms(row), documents.read_request(row.asked)
    return compiled(document.promotions, document.root).quote(request.cart, request.facts)


def _units(quote: Quote, back: Refund, already: Sequence[Mapping[str, Sequence[int]]]) -> dict[str, list[int]]:
    """By line, the places of the units that came back now."""
    found = {}
    for line in quote.lines:
        if line.id in back.kept:
            before = {place for one in already for place in one.get(line.id, ())}
            gone = set(range(line.quantity)) - set(back.kept[line.id]) - before
            if gone:
                found[line.id] = sorted(gone)
    return found


def _moved(row: Redemption, back: Refund, units: Mapping[str, Sequence[int]]) -> tuple[Hold, ...]:
    """What the ledger gets back."""
    left = _left(row.reservation_id)
    whole = not any(back.kept.values())
    quote, money = _quoted(row), back.amount
    found = []
    for one in row.held:
        place = (one["kind"], one["ref"], one["unit"])
        most = left.get(place, 0)
        if one["kind"] in PAYING and not one["promotions"]:
            amount = min(most, money)
            money -= amount
        elif one["kind"] == "points":
            amount = most if whole else min(most, back.points_returned)
        elif whole:
            amount = most
        elif one["kind"] == "budget":
            amount = min(most, _discount(quote, one["promotions"], units))
        else:
            amount = 0
        if amount:
            found.append(Hold(one["kind"], one["ref"], amount, unit=one["unit"]))
            left[place] = most - amount
    return tuple(found)


def _left(reservation_id: str) -> dict[tuple[str, str, str], int]:
    """By account, what a reservation has spent and not had back."""
    rows = HeldAmount.objects.filter(reservation__name=reservation_id).select_related("account")
    return {(one.account.kind, one.account.ref, one.account.unit): one.amount - one.returned for one in rows}


def _discount(quote: Quote, promotions: Sequence[str], units: Mapping[str, Sequence[int]]) -> int:
    """What promotions took off the units that come back."""
    return sum(
        one.units[place]
        for one in quote.adjustments
        if one.promotion in promotions
        for place in units.get(one.line, ())
    )
