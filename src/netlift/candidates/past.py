"""Promotions of the past as something to repeat and to keep away from: worth, goods, window, and whom they reached."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from netlift.candidates.catalogue import Moment
from netlift.history.find import Found, find
from netlift.history.shop import Shop, day_number

CONTROL = "control"
"""Name of the arm that got nothing, in EXPOSURES."""
LEAST_USES = 20
"""Redemptions below which a depth is not read from them."""


class Past(NamedTuple):
    """A past promotion, or one arm of it."""

    offer_id: str
    """`promotion`, or `promotion/arm` where there were several arms, as the response has it."""
    promotion_id: str
    name: str
    mechanism: str
    personal: bool
    """Whether it went to known customers, not to everybody."""
    first_day: int
    end_day: int
    """First day after it; may lie ahead."""
    depth: float | None
    """Share of the price taken off; 0: a letter that gave nothing."""
    face_minor: int | None
    """Amount taken off, minor units."""
    least_minor: int | None
    """Basket from which, minor units; None: not known."""
    estimated: bool
    """Whether depth is read from what redeemers paid, not declared."""
    code: str | None
    products: frozenset[str]
    """Empty: everything."""
    contact_cost_minor: int
    channel: str | None
    customers: int
    """Known customers whom it reached."""
    reach: float
    """Those who met it as a share of the customers active around its start: whom it reached, who typed its code; 1 for
    what stood on the shelf."""

    @property
    def days(self) -> int:
        """Length of its window."""
        return max(1, self.end_day - self.first_day)

    def gap(self, day: int) -> int:
        """Days from its end to a day; below 1 while it runs."""
        return day - self.end_day


@dataclass(frozen=True, slots=True)
class _Arm:
    name: str
    customers: int
    channel: str | None


_REACHED = """
SELECT promotion_id, arm, count(DISTINCT customer_id), min(channel) FROM exposures
WHERE arm <> 'control' AND exposed_at < {until} GROUP BY ALL ORDER BY ALL
"""
_GOODS = "SELECT promotion_id, list(DISTINCT product_id ORDER BY product_id) FROM promotion_products GROUP BY 1"
_WORTH = """
SELECT promotion_id, any_value(value), any_value(value_type), any_value(currency),
       any_value(CASE WHEN json_valid(attributes)
                 THEN TRY_CAST(json_extract_string(attributes, '$.min_basket_minor') AS BIGINT) END),
       any_value(code) IS NOT NULL OR any_value(mechanism) IN ('gift', 'points', 'shipping', 'bundle', 'threshold')
       OR promotion_id IN (SELECT promotion_id FROM coupons WHERE promotion_id IS NOT NULL)
       OR promotion_id IN (SELECT promotion_id FROM promotion_products)
FROM promotions GROUP BY promotion_id
"""
"""Declared worth; last, whether there is any trace of a benefit: who used a coupon, goods that it is on, or what
it is called."""
_USED = """
SELECT count(DISTINCT customer_id), max(CAST(epoch_us(ordered_at) // 86400000000 AS INTEGER)) + 1 FROM orders
WHERE upper(code) = upper(?) AND ordered_at < {until}
"""
_ACTIVE = """
SELECT count(DISTINCT customer_id) FROM customer_days
WHERE day < least({day} + 91, {known}) AND day >= {day} - 182
"""
_PAID = """
WITH goods AS (SELECT DISTINCT product_id, promotion_id FROM promotion_products),
used AS MATERIALIZED (
  SELECT DISTINCT promotion_id, customer_id, CAST(epoch_us(redeemed_at) // 86400000000 AS INTEGER) AS day
  FROM coupons
  WHERE redeemed_at < {until} AND redeemed_at >= {since} AND customer_id IS NOT NULL AND promotion_id IS NOT NULL),
here AS MATERIALIZED (
  SELECT u.promotion_id, s.product_id, sum(s.list_minor)::BIGINT AS list, sum(s.discount_minor)::BIGINT AS off
  FROM used u JOIN idea_lines s ON s.customer_id = u.customer_id AND s.day = u.day
  JOIN goods g ON g.product_id = s.product_id AND g.promotion_id = u.promotion_id GROUP BY ALL),
usual AS (
  SELECT product_id, sum(list_minor)::BIGINT AS list, sum(discount_minor)::BIGINT AS off FROM idea_lines
  WHERE product_id IN (SELECT product_id FROM here) GROUP BY product_id)
SELECT h.promotion_id, (SELECT count(*) FROM used u WHERE u.promotion_id = h.promotion_id),
       sum(h.off)::DOUBLE / sum(h.list) - sum(round(1000 * u.off::DOUBLE / u.list)::BIGINT * h.list)::DOUBLE / 1000
       / sum(h.list)
FROM here h JOIN usual u USING (product_id) WHERE h.list > 0 AND u.list > 0 GROUP BY h.promotion_id
"""
"""What redeemers paid less for the goods on the day of the redemption than everybody did in the look-back."""
_REDEEMED = """
SELECT c.promotion_id, count(*), median(c.discount_minor), sum(c.discount_minor)::DOUBLE / sum(o.list_minor)
FROM coupons c JOIN orders o USING (order_id)
WHERE c.discount_minor > 0 AND o.list_minor > 0 AND c.redeemed_at < {until} AND c.promotion_id IS NOT NULL
GROUP BY c.promotion_id
"""
_CODED = """
SELECT upper(code), count(*), median(discount_minor), sum(discount_minor)::DOUBLE / sum(list_minor) FROM orders
WHERE code IS NOT NULL AND discount_minor > 0 AND list_minor > 0 AND ordered_at < {until} GROUP BY 1
"""


class _Worth(NamedTuple):
    depth: float | None = None
    face: int | None = None
    least: int | None = None
    estimated: bool = False


def past_promotions(shop: Shop, moment: Moment) -> tuple[Past, ...]:
    """Promotions that had begun before a day, in the order of their end; by arms where there were several.

    Reads the table `idea_lines` of `catalogue`. Promotions that are only seen as cheaper goods are not among
    them: the lowest price of late speaks of these.
    """
    days = moment.sql()
    arms: dict[str, list[_Arm]] = {}
    for promotion, arm, customers, channel in shop.con.execute(_REACHED.format(**days)).fetchall():
        arms.setdefault(promotion, []).append(_Arm(arm, customers, channel))
    goods = {row[0]: frozenset(row[1]) for row in shop.con.execute(_GOODS).fetchall()}
    worth = _worth(shop, days)
    found: dict[str, Past] = {}
    for one in find(shop):
        if day_number(one.window.start) < moment.day:
            for past in _of(one, arms.get(one.promotion_id, []), goods, worth):
                found.setdefault(past.offer_id, _met(shop, past, moment))
    return tuple(sorted(found.values(), key=lambda past: (past.end_day, past.offer_id)))


def _of(one: Found, arms: list[_Arm], goods: Mapping[str, frozenset[str]], worth: Mapping[str, _Worth]) -> list[Past]:
    first, end = day_number(one.window.start), day_number(one.window.end - timedelta(microseconds=1)) + 1
    value = worth.get(one.promotion_id) or worth.get(f"code:{(one.code or '').upper()}") or _Worth()
    several = len(arms) > 1
    return [
        Past(
            f"{one.promotion_id}/{arm.name}" if several else one.promotion_id, one.promotion_id,
            one.name if not several or one.arm else f"{one.name} · {arm.name}", one.mechanism, bool(arms), first, end,
            value.depth, value.face, value.least, value.estimated, one.code, goods.get(one.promotion_id, frozenset()),
            one.contact_cost_minor, arm.channel, arm.customers, 1.0,
        )
        for arm in arms or [_Arm("", 0, None)]
    ]  # fmt: skip


def _met(shop: Shop, past: Past, moment: Moment) -> Past:
    """The promotion with the share of customers who met it; a code that nobody declared ends with its last use."""
    if not past.personal and past.code is None:
        return past
    query = _ACTIVE.format(day=past.first_day, known=moment.day)
    (active,) = shop.con.execute(query).fetchone() or (0,)
    met, end = past.customers, past.end_day
    if not past.personal:
        met, last = shop.con.execute(_USED.format(**moment.sql()), [past.code]).fetchone() or (0, None)
        end = last if last is not None and past.promotion_id.startswith("code:") else end
    return past._replace(reach=min(1.0, met / active) if active else 1.0, end_day=end)


def _worth(shop: Shop, days: Mapping[str, object]) -> dict[str, _Worth]:
    """Declared worth, else what redemptions show; codes that nobody declared by `code:CODE`."""
    found: dict[str, _Worth] = {}
    for promotion, uses, depth in shop.con.execute(_PAID.format(**days)).fetchall():
        if uses >= LEAST_USES and depth is not None and 0 < depth < 1:
            found[promotion] = _Worth(round(float(depth), 4), estimated=True)
    redeemed = shop.con.execute(_REDEEMED.format(**days)).fetchall()
    coded = [(f"code:{code}", *rest) for code, *rest in shop.con.execute(_CODED.format(**days)).fetchall()]
    for promotion, uses, _, share in (*redeemed, *coded):
        if uses >= LEAST_USES and 0 < share < 1:
            found[promotion] = _Worth(round(float(share), 4), estimated=True)
    for promotion, value, kind, currency, least, used in shop.con.execute(_WORTH).fetchall():
        if kind == "percent" and value is not None and 0 < value < 1:
            found[promotion] = _Worth(float(value))
        elif kind == "amount" and value is not None and value > 0 and currency in {None, shop.currency}:
            found[promotion] = _Worth(face=round(value), least=least)
        elif value is None and not used and promotion not in found:
            found[promotion] = _Worth(0.0)
    return found
