"""What must hold for a promotion in the order as a whole: currency, window, trigger, limits, audience."""

import unicodedata
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from netlift.promotions.conditions import Gate
from netlift.promotions.promotion import Hours, Promotion, Window
from netlift.promotions.reasons import Why
from netlift.promotions.state import State


def gates(promotion: Promotion) -> list[Gate]:
    """The gates that the definition asks for beside its audience; none for what it leaves open."""
    found: list[Gate] = []
    if promotion.currency is not None:
        found.append(_currency(promotion.currency))
    if promotion.window != Window(time_zone=promotion.window.time_zone):
        found.append(window_gate(promotion.window))
    if promotion.trigger.kind == "code":
        found.append(_codes(frozenset(map(as_entered, promotion.trigger.codes))))
    elif promotion.trigger.kind == "token":
        found.append(lambda state: None if promotion.id in state.facts.tokens else Why.NEEDS_TOKEN)
    if promotion.limits.total is not None or promotion.limits.per_customer is not None:
        found.append(_limits(promotion.id, promotion.limits.total, promotion.limits.per_customer))
    return found


def as_entered(code: str) -> str:
    """A code as it is compared: letter case, blanks around it and ways to write a letter do not matter."""
    return unicodedata.normalize("NFKC", code).strip().casefold()


def _currency(currency: str) -> Gate:
    return lambda state: None if state.currency == currency else Why.OTHER_CURRENCY


def _codes(codes: frozenset[str]) -> Gate:
    def entered(state: State) -> Why | None:
        return None if any(as_entered(code) in codes for code in state.facts.codes) else Why.NEEDS_CODE

    return entered


def _limits(promotion: str, total: int | None, per_customer: int | None) -> Gate:
    def within(state: State) -> Why | None:
        if total is not None and state.facts.uses.get(promotion, 0) >= total:
            return Why.LIMIT_REACHED
        if per_customer is not None and state.facts.customer_uses.get(promotion, 0) >= per_customer:
            return Why.CUSTOMER_LIMIT_REACHED
        return None

    return within


def window_gate(window: Window) -> Gate:
    """Whether the promotion runs at the moment of the evaluation."""
    start, end = _instant(window.start), _instant(window.end)
    recurs = bool(window.weekdays or window.days_of_month or window.dates or window.hours)
    zone = ZoneInfo(window.time_zone)

    def runs(state: State) -> Why | None:
        now = state.facts.now
        if now is None:
            return Why.FACT_UNKNOWN
        if start is not None and now < start:
            return Why.NOT_STARTED
        if end is not None and now >= end:
            return Why.ENDED
        if not recurs:
            return None
        try:
            return _outside(window, now.astimezone(zone))
        except OverflowError:  # the last day of the calendar, elsewhere past it
            return Why.OUTSIDE_HOURS

    return runs


def _instant(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _outside(window: Window, local: datetime) -> Why | None:
    """Past midnight, hours belong to the day on which they began."""
    hours = window.hours or (Hours(time(0), time(0)),)
    return None if any(_within(window, local, span) for span in hours) else Why.OUTSIDE_HOURS


def _within(window: Window, local: datetime, span: Hours) -> bool:
    moment, day = local.time(), local.date()
    if span.start < span.end:
        inside = span.start <= moment < span.end
    elif moment >= span.start:
        inside = True
    else:
        inside = moment < span.end
        if inside:  # the part after midnight
            day = day.fromordinal(day.toordinal() - 1)
    return (
        inside
        and (not window.weekdays or day.isoweekday() in window.weekdays)
        and (not window.days_of_month or day.day in window.days_of_month)
        and (not window.dates or day in window.dates)
    )
