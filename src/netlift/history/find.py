"""Which promotions ran, and which comparison their traces allow."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from netlift.history.shop import Shop
from netlift.types import Window


@dataclass(frozen=True, slots=True)
class Found:
    """A past promotion with its traces in the data."""

    promotion_id: str
    name: str
    mechanism: str
    design: str
    """randomized | campaign | regions | price_cut | open_code: the strongest comparison that the traces allow."""
    window: Window
    arm: str | None = None
    """Treatment arm, where an experiment had several."""
    code: str | None = None
    regions: Mapping[str, datetime] = field(default_factory=dict)
    """Where a roll-out ran, and from when in each place."""
    contact_cost_minor: int = 0
    fixed_cost_minor: int = 0


_DECLARED = """
WITH reached AS (
  SELECT promotion_id, count(*) FILTER (arm <> 'control') AS treated,
         count(*) FILTER (arm = 'control' AND propensity IS NOT NULL) AS controls,
         min(exposed_at) AS first_at, max(exposed_at) AS last_at
  FROM exposures GROUP BY promotion_id),
goods AS (SELECT promotion_id, count(*) AS n FROM promotion_products GROUP BY promotion_id)
SELECT p.promotion_id, coalesce(p.name, p.promotion_id), coalesce(p.mechanism, 'promotion'),
       coalesce(p.starts_at, r.first_at), coalesce(p.ends_at, r.last_at), p.code, p.regions,
       coalesce(p.contact_cost_minor, 0), coalesce(p.cost_minor, 0),
       coalesce(r.treated, 0), coalesce(r.controls, 0), coalesce(g.n, 0), p.attributes
FROM promotions p LEFT JOIN reached r USING (promotion_id) LEFT JOIN goods g USING (promotion_id)
ORDER BY 4, 1
"""

_UNDECLARED_CODES = """
SELECT upper(o.code), min(o.ordered_at), max(o.ordered_at)
FROM orders o
WHERE o.code IS NOT NULL AND upper(o.code) NOT IN (SELECT upper(code) FROM promotions WHERE code IS NOT NULL)
GROUP BY 1 ORDER BY sum(o.discount_minor) DESC, 1
"""

_ARMS = "SELECT arm FROM exposures WHERE promotion_id = ? AND arm <> 'control' GROUP BY arm ORDER BY arm"


def find(shop: Shop) -> tuple[Found, ...]:
    """Declared promotions and codes seen on orders; price cuts are found by `price_cuts.find_price_cuts`."""
    return (*_declared(shop), *_codes(shop))


def _declared(shop: Shop) -> list[Found]:
    found: list[Found] = []
    for row in shop.con.execute(_DECLARED).fetchall():
        promotion_id, name, mechanism, starts, ends, code, regions, contact, fixed, treated, controls, goods, more = row
        design = _design(treated, controls, regions, code, goods)
        if starts is None and design == "open_code":
            starts, ends = _code_dates(shop, code)
        if starts is None or design is None:
            continue
        window = Window(starts, _end(shop, starts, ends))
        base = Found(
            promotion_id, name, mechanism, design, window, None, code, _starts(regions, starts, more), contact, fixed
        )
        found += _by_arm(shop, base) if design == "randomized" else [base]
    return found


def _end(shop: Shop, starts: datetime, ends: datetime | None) -> datetime:
    """An open end runs to the end of the data; an empty window lasts a day."""
    return max(ends or shop.span.end, starts + timedelta(days=1))


def _design(treated: int, controls: int, regions: list[str] | None, code: str | None, goods: int) -> str | None:
    if treated and controls:
        return "randomized"
    if treated:
        return "campaign"
    if regions:
        return "regions"
    if code:
        return "open_code"
    return "price_cut" if goods else None


def _by_arm(shop: Shop, base: Found) -> list[Found]:
    arms = [arm for (arm,) in shop.con.execute(_ARMS, [base.promotion_id]).fetchall()]
    if len(arms) == 1:
        return [replace(base, arm=arms[0])]
    return [replace(base, name=f"{base.name} · {arm}", arm=arm) for arm in arms]


def _starts(regions: list[str] | None, starts: datetime, attributes: str | None) -> dict[str, datetime]:
    """First moment by region: the promotion's own, or the attribute `region_starts` (region -> ISO date)."""
    staggered = json.loads(attributes).get("region_starts", {}) if attributes else {}
    return {
        region: datetime.fromisoformat(staggered[region]).replace(tzinfo=UTC) if region in staggered else starts
        for region in regions or ()
    }


def _code_dates(shop: Shop, code: str | None) -> tuple[datetime | None, datetime | None]:
    row = shop.con.execute(
        "SELECT min(ordered_at), max(ordered_at) FROM orders WHERE upper(code) = upper(?)", [code]
    ).fetchone()
    return (row[0], row[1]) if row else (None, None)


def _codes(shop: Shop) -> list[Found]:
    return [
        Found(f"code:{code}", code, "code", "open_code", Window(first, last + timedelta(seconds=1)), code=code)
        for code, first, last in shop.con.execute(_UNDECLARED_CODES).fetchall()
    ]
