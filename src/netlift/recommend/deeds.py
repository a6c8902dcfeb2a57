"""What a workspace holds of who did what: orders, ratings and what was clicked, each with a weight of its own."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from netlift.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa

    from netlift.data.workspace import Workspace

KINDS: Mapping[str, float] = MappingProxyType(
    {"purchase": 1.0, "rating": 1.0, "cart": 0.5, "click": 0.2, "view": 0.1}
)  # fmt: skip
"""What each kind says of a wish, beside a purchase; further names are those of events (`schema.EVENTS`)."""
_DAY = 86_400_000_000
_LEAST = 1e-6
"""Weight below which nothing falls with age, so that what is old is still known to have been."""

_LINES = """
    SELECT l.customer_id, l.product_id, l.ordered_at AS "at", {weight} AS weight
    FROM order_lines l LEFT JOIN orders o USING (order_id)
    WHERE coalesce(o.status, '') NOT IN ('cancelled', 'refunded') AND l.refunded_quantity < l.quantity
        AND l.customer_id IS NOT NULL AND coalesce(l.flags, '') NOT LIKE '%fuel%'"""
_RATINGS = """
    SELECT customer_id, product_id, "at", {weight} AS weight
    FROM feedback, (
        SELECT (min(rating) + max(rating)) / 2 AS middle FROM feedback
        WHERE isfinite(rating) AND "at" < coalesce($1::TIMESTAMPTZ, 'infinity'))
    WHERE isfinite(rating) AND rating >= middle
        AND customer_id IS NOT NULL AND product_id IS NOT NULL AND "at" IS NOT NULL"""
_EVENTS = """
    SELECT e.customer_id, e.product_id, e."at", k.weight
    FROM events e JOIN kinds k ON e.event = k.kind
    WHERE e.customer_id IS NOT NULL AND e.product_id IS NOT NULL"""


def deeds(
    workspace: "Workspace",
    kinds: Mapping[str, float] = KINDS,
    *,
    until: datetime | None = None,
    half_life_days: float | None = None,
) -> "pa.Table":
    """Events for `Interactions.of`.

    Lines of orders are purchases, unless the order was cancelled, the goods came back, or it is fuel, for which nobody
    needs a list; purchases among the events count only where there are no orders. Ratings count from the middle of the
    shop's scale upwards, as far as it was used until then. What guests did is not read.

    Args:
        workspace: where the tables are.
        kinds: weight of each kind; what is not named is not read.
        until: nothing at that moment or later; None: everything.
        half_life_days: after so many days before `until`, or before the last event, a weight is half as much.

    Returns:
        `customer_id`, `product_id`, `at`, `weight`, in no order.

    Raises:
        ConfigError: a weight or the half-life is not above 0, or the moment has no time zone.
    """
    import pyarrow as pa

    from netlift.engines.duckdb import connect

    _check(kinds, until, half_life_days)
    seen = {kind: weight for kind, weight in kinds.items() if kind != "rating"}
    parts = []
    if "purchase" in kinds and workspace.has("order_lines"):
        parts.append(_LINES.format(weight=float(seen.pop("purchase"))))
    if "rating" in kinds and workspace.has("feedback"):
        parts.append(_RATINGS.format(weight=float(kinds["rating"])))
    if seen and workspace.has("events"):
        parts.append(_EVENTS)
    with connect() as con:
        con.register("kinds", pa.table({"kind": pa.array(seen, pa.string()), "weight": [*map(float, seen.values())]}))
        for name in ("order_lines", "orders", "feedback", "events"):
            workspace.relation(con, name).create_view(name)
        nothing = 'SELECT NULL::VARCHAR AS customer_id, NULL::VARCHAR AS product_id, NULL::TIMESTAMPTZ AS "at", 1.0'
        query = " UNION ALL ".join([*parts, f"{nothing}::DOUBLE AS weight WHERE false"])
        asked = f"""
            SELECT * REPLACE (weight::DOUBLE AS weight) FROM ({query})
            WHERE "at" < coalesce($1::TIMESTAMPTZ, 'infinity')"""
        found: pa.Table = con.execute(asked, [until]).to_arrow_table()
    return found if half_life_days is None or not found.num_rows else _aged(found, until, half_life_days)


def microseconds(moment: datetime) -> int:
    """Since 1970 in UTC.

    Raises:
        ConfigError: the moment has no time zone.
    """
    if moment.tzinfo is None:
        raise ConfigError(f"the moment {moment} has no time zone")
    return round(moment.timestamp() * 1_000_000)


def _aged(found: "pa.Table", until: datetime | None, half_life_days: float) -> "pa.Table":
    import pyarrow as pa

    at = np.asarray(found["at"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy(), np.int64)
    last = at.max() if until is None else microseconds(until)
    weight = found["weight"].to_numpy() * 0.5 ** ((last - at) / (half_life_days * _DAY))
    place = found.column_names.index("weight")
    return found.set_column(place, "weight", pa.array(np.maximum(weight, _LEAST), pa.float64()))


def _check(kinds: Mapping[str, float], until: datetime | None, half_life_days: float | None) -> None:
    for kind, weight in kinds.items():
        if not 0 < weight < np.inf:
            raise ConfigError(f"the weight of {kind!r} must be a number above 0, got {weight}: leave the kind out")
    if half_life_days is not None and not half_life_days > 0:
        raise ConfigError(f"half_life_days must be above 0, got {half_life_days}")
    if until is not None and until.tzinfo is None:
        raise ConfigError(f"the moment {until} has no time zone")
