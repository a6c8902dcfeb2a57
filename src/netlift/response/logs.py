"""Offers of the past that reached known customers: which arms, when, by chance or not, and whether they can teach."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from netlift.candidates.offer import Offer
from netlift.errors import Reason
from netlift.history.find import Found, find
from netlift.history.people import Span
from netlift.history.shop import Shop, day_number
from netlift.response.demand import Planned
from netlift.response.results import Unknown

LEAST = 20
"""Customers that every arm and control need; below it an average has no interval to speak of."""
MIN_HISTORY = 28
"""Days of orders before the start that a comparison of customers needs whom chance did not choose."""
CONTROL = "control"
"""Name of the arm that gets nothing, in EXPOSURES."""
_LOGGED = ("randomized", "campaign")


@dataclass(frozen=True, slots=True)
class Log:
    """One promotion with EXPOSURES: what was given to whom, beside customers who got nothing."""

    promotion_id: str
    name: str
    randomized: bool
    """Chance decided, with known propensities."""
    controls_logged: bool
    """Control has rows of its own; else it is everybody who was known and not reached."""
    span: Span
    """Days, cut where the data end."""
    asked: int
    """Days of window and wash-out, were the data long enough."""
    code: str | None
    offers: tuple[Offer, ...]
    """One for each treatment arm, by name of the arm."""

    @property
    def arms(self) -> tuple[str, ...]:
        """Names of the treatment arms."""
        return tuple(offer.arm or "" for offer in self.offers)


class Logs(NamedTuple):
    """What the past holds."""

    usable: tuple[Log, ...]
    """In the order of their start; arms with too few customers are left out."""
    unknown: tuple[Unknown, ...]
    """Offers from which nothing can be learned."""


class _Terms(NamedTuple):
    """What PROMOTIONS says of an offer's worth."""

    depth: float | None
    face: int | None
    products: tuple[str, ...]


_ARMS = """
SELECT arm, count(DISTINCT customer_id) FROM exposures WHERE promotion_id = ? GROUP BY arm ORDER BY arm
"""
_WORTH = "SELECT any_value(value), any_value(value_type) FROM promotions WHERE promotion_id = ?"
_GOODS = "SELECT DISTINCT product_id FROM promotion_products WHERE promotion_id = ? ORDER BY product_id"


def find_logs(shop: Shop, last: int, *, washout_days: int | None = None) -> Logs:
    """All promotions that reached known customers.

    Args:
        shop: the past.
        last: day number of the first day that is not known yet.
        washout_days: counted after the window; None: two typical purchase cycles of the shop.
    """
    washout = shop.washout_days if washout_days is None else washout_days
    judged = [_judged(shop, log, sizes, last) for log, sizes in _each(shop, last, washout)]
    return Logs(
        tuple(log for log, _ in judged if log is not None), tuple(one for _, unknown in judged for one in unknown)
    )


def unlogged(shop: Shop) -> tuple[Found, ...]:
    """Promotions without EXPOSURES: price cuts, codes, roll-outs; what they change is learned from prices."""
    return tuple(found for found in find(shop) if found.design not in _LOGGED)


def shelf_offers(shop: Shop) -> tuple[Planned, ...]:
    """Past offers on named goods at a known depth that everybody saw, to be answered from prices."""
    found = []
    for one in unlogged(shop):
        worth = _terms(shop, one.promotion_id) if one.design == "price_cut" else None
        if worth is not None and worth.depth is not None and 0 < worth.depth < 1 and worth.products:
            days = max(1, round((one.window.end - one.window.start) / timedelta(days=1)))
            offer = Offer(
                one.promotion_id, one.name, one.mechanism, one.promotion_id, None, worth.depth, None, 0,
                worth.products, 0,
            )  # fmt: skip
            found.append(Planned(offer, days))
    return tuple(found)


def _each(shop: Shop, last: int, washout: int) -> Iterator[tuple[Log, Mapping[str, int]]]:
    seen: set[str] = set()
    for found in find(shop):
        if found.design in _LOGGED and found.promotion_id not in seen:
            seen.add(found.promotion_id)
            yield _log(shop, found, last, washout)


def _log(shop: Shop, found: Found, last: int, washout: int) -> tuple[Log, Mapping[str, int]]:
    sizes: dict[str, int] = dict(shop.con.execute(_ARMS, [found.promotion_id]).fetchall())
    treated = [arm for arm in sizes if arm != CONTROL]
    start = min(day_number(found.window.start), day_number(_first_contact(shop, found.promotion_id)))
    end = day_number(found.window.end - timedelta(microseconds=1)) + 1
    return Log(
        found.promotion_id, _name(shop, found), found.design == "randomized", len(treated) < len(sizes),
        Span(start, min(end, last), min(end + washout, last)), end + washout - start, found.code,
        tuple(_offer(shop, found, arm, several=len(treated) > 1) for arm in treated),
    ), sizes  # fmt: skip


def _first_contact(shop: Shop, promotion_id: str) -> datetime:
    """Features end here: a contact ahead of the announced start would tell the model who was offered."""
    row = shop.con.execute("SELECT min(exposed_at) FROM exposures WHERE promotion_id = ?", [promotion_id]).fetchone()
    return row[0] if row else shop.span.end


def _name(shop: Shop, found: Found) -> str:
    row = shop.con.execute(
        "SELECT coalesce(any_value(name), ?) FROM promotions WHERE promotion_id = ?",
        [found.promotion_id, found.promotion_id],
    ).fetchone()
    return str(row[0]) if row else found.name


def _offer(shop: Shop, found: Found, arm: str, *, several: bool) -> Offer:
    worth, name = _terms(shop, found.promotion_id), _name(shop, found)
    return Offer(
        f"{found.promotion_id}/{arm}" if several else found.promotion_id,
        f"{name} · {arm}" if several else name,
        found.mechanism, found.promotion_id, arm, worth.depth, worth.face, found.contact_cost_minor, worth.products,
    )  # fmt: skip


def _terms(shop: Shop, promotion_id: str) -> _Terms:
    value, kind = shop.con.execute(_WORTH, [promotion_id]).fetchone() or (None, None)
    goods = tuple(product for (product,) in shop.con.execute(_GOODS, [promotion_id]).fetchall())
    depth = float(value) if kind == "percent" and value is not None else None
    face = round(value) if kind == "amount" and value is not None else None
    return _Terms(depth, face, goods)


def _judged(shop: Shop, log: Log, sizes: Mapping[str, int], last: int) -> tuple[Log | None, list[Unknown]]:
    """The log with the arms that can teach, and why the others cannot."""
    before, known = log.span.start - day_number(shop.span.start), last - log.span.start
    if before < (0 if log.randomized else MIN_HISTORY):
        return _none(log, Reason.STARTS_BEFORE_DATA, f"{max(before, 0)} days of orders before the start")
    if log.span.end <= log.span.start or 2 * known < log.asked:
        return _none(log, Reason.ENDS_AFTER_DATA, f"{max(known, 0)} of {log.asked} days are known")
    if log.controls_logged and sizes[CONTROL] < LEAST:
        return _none(log, Reason.TOO_FEW_CONTROLS, f"{sizes[CONTROL]} customers, at least {LEAST} are needed")
    small = [offer for offer in log.offers if sizes[offer.arm or ""] < LEAST]
    unknown = [
        Unknown(o, Reason.TOO_FEW_TREATED, f"{sizes[o.arm or '']} customers, at least {LEAST} are needed")
        for o in small
    ]
    kept = tuple(offer for offer in log.offers if offer not in small)
    return (replace(log, offers=kept) if kept else None), unknown


def _none(log: Log, reason: Reason, detail: str) -> tuple[None, list[Unknown]]:
    return None, [Unknown(offer, reason, detail) for offer in log.offers]
