"""What an order earns for the next one, points and coupons: granted when it is paid, taken back when goods return."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from netlift.promotions.effect import Credit
from netlift.promotions.quote import Quote
from netlift.promotions.refund import Refund
from netlift.service.core.refusals import Exhausted, Refused
from netlift.service.decisions.models import Redemption
from netlift.service.ledger import accounts


def coupons(row: Redemption, credits_: Sequence[Credit]) -> list[dict[str, object]]:
    """The coupons that an order earned: account, face value and from which order value on they count."""
    return [
        {"ref": _ref(row, str(place), one), "amount": one.amount, "minimum": one.minimum, "valid_days": one.valid_days}
        for place, one in enumerate(credits_)
    ]


def usable(ref: str, customer: str, gross: int) -> None:
    """Refuse a coupon that is another customer's, or whose order is too small.

    Raises:
        Refused: it may not pay for this order.
    """
    owner, _, rest = ref.partition(":")
    minimum = rest.rpartition(":")[2]
    if owner != customer or not customer or not minimum.isdecimal():
        raise Refused("this customer has no such coupon", "no_such_coupon")
    if gross < int(minimum):
        raise Refused(f"the coupon counts from orders of {minimum} on: this one costs {gross}", "below_minimum")


def grant(row: Redemption, quote: Quote, now: datetime) -> None:
    """Grant what a paid order earned, once."""
    if quote.points:
        accounts.grant(
            f"{row.redemption_id}:points", "points", row.customer, quote.points, "", row.redemption_id, now=now
        )
    for place, one in enumerate(quote.credits):
        _grant_coupon(row, str(place), one, now)


def take_back(row: Redemption, quote: Quote, back: Refund, number: int, now: datetime) -> None:
    """Take back what the goods that stay no longer earn, as far as it is still there.

    Args:
        row: the order.
        quote: its price of then.
        back: the return.
        number: of the return, from 1.
        now: the moment.
    """
    key = f"{row.redemption_id}:return:{number}"
    if back.points > 0:
        _withdraw(f"{key}:points", "points", row.customer, back.points, "", now)
    places = list(enumerate(quote.credits))
    for gone in back.credits:
        for place, one in places:
            if one == gone:
                places.remove((place, one))
                _withdraw(f"{key}:coupon:{place}", "coupon", _ref(row, str(place), one), one.amount, row.currency, now)
                break
    for place, one in enumerate(back.credits_instead):
        _grant_coupon(row, f"{number}.{place}", one, now)


def _grant_coupon(row: Redemption, place: str, one: Credit, now: datetime) -> None:
    if one.amount:
        expires = None if one.valid_days is None else now + timedelta(days=one.valid_days)
        accounts.grant(
            f"{row.redemption_id}:coupon:{place}", "coupon", _ref(row, place, one), one.amount, row.currency,
            one.promotion[:200], expires_at=expires, now=now,
        )  # fmt: skip


def _withdraw(key: str, kind: str, ref: str, amount: int, unit: str, now: datetime) -> None:
    """All of it, or what is left of it: the shop claims the rest."""
    try:
        accounts.withdraw(key, kind, ref, amount, unit, now=now)
    except Exhausted as error:
        left = error.more.get("available")
        if isinstance(left, int) and left:
            accounts.withdraw(f"{key}:left", kind, ref, left, unit, now=now)


def _ref(row: Redemption, place: str, one: Credit) -> str:
    return f"{row.customer}:{row.redemption_id}:{place}:{one.minimum}"
