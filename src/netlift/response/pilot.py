"""The experiment that would measure an offer: how many customers, how long, at what price."""

import math

import numpy as np

from netlift.candidates.offer import Offer
from netlift.experiments.power import detectable, sample_size
from netlift.history.shop import Shop
from netlift.response.results import Pilot

WORTH = 0.25
"""Share of what is spent on a customer that a wrong answer has to cost before it is worth knowing better."""


def deciding_effect(net_minor: float, cost_minor: float) -> float:
    """Difference of net margin per customer that would change what to do.

    An offer that is expected to earn `net` should not be made if it earns nothing, so half of the expectation is worth
    finding; less than a quarter of what a customer costs is not.

    >>> deciding_effect(100.0, 20.0), deciding_effect(1.0, 20.0)
    (50.0, 5.0)
    """
    return max(abs(net_minor) / 2, WORTH * abs(cost_minor))


def pilot(
    offer: Offer,
    sd: float,
    effect: float,
    *,
    customers: int,
    days: int,
    washout_days: int,
    cost_minor: float,
    explained: float = 0.0,
    power: float = 0.8,
    level: float = 0.9,
) -> Pilot | None:
    """Plan an experiment of equal arms, offer against no offer, read out after the wash-out.

    Args:
        offer: what would be tried.
        sd: standard deviation of a customer's net margin over window and wash-out, minor units.
        effect: difference per customer worth finding, minor units; see `deciding_effect`.
        customers: how many could be asked.
        days: length of the window.
        washout_days: days after it.
        cost_minor: expected spend per customer offered, contact included.
        explained: share of the variance that a customer's own past takes away.
        power: chance of finding an effect of that size.
        level: of the interval that will decide.

    Returns:
        None where there is nothing to plan with: an effect of 0, no spread, or one that is not a number.

    >>> plan = pilot(Offer("mail", "Mail", "campaign"), 1000.0, 100.0, customers=5000, days=14, washout_days=14,
    ...              cost_minor=35.0)
    >>> plan.per_arm, plan.days, plan.cost_minor, plan.enough
    (1238, 28, 43330, True)
    """
    if not (sd > 0 and effect > 0 and math.isfinite(sd) and math.isfinite(effect)):
        return None
    contact = max(cost_minor, float(offer.contact_cost_minor))
    size = sample_size(effect, sd, power=power, level=level, explained=explained)
    return Pilot(
        per_arm=size.treatment, days=days + washout_days, effect_minor=effect, power=power, level=level,
        cost_minor=round(contact * size.treatment), enough=size.total <= customers,
    )  # fmt: skip


def smallest_found(
    sd: float, customers: int, *, explained: float = 0.0, power: float = 0.8, level: float = 0.9
) -> float:
    """Smallest effect that all customers, half of them offered, would find; infinite for fewer than 4.

    >>> round(smallest_found(1000.0, 2000))
    111
    """
    half = customers // 2
    return detectable(sd, (half, half), power=power, level=level, explained=explained) if half > 1 else math.inf


def profit_spread(shop: Shop, days: int, as_of: int | None = None) -> tuple[float, float]:
    """How much customers' profit over so many days differs, and how much of that their own past tells.

    Of customers with an order before the last `days` days: profit in those days, 0 for those who bought nothing,
    beside profit in as many days before them.

    Returns:
        Standard deviation, minor units, and share of the variance explained by the period before; (nan, 0) where
        fewer than 20 customers are known.
    """
    until = int(shop.span.end.timestamp() // 86_400) if as_of is None else as_of
    rows = shop.con.execute(
        f"SELECT customer_id, coalesce(sum(profit) FILTER (day >= {until - days}), 0)::DOUBLE AS late, "
        f"coalesce(sum(profit) FILTER (day >= {until - 2 * days} AND day < {until - days}), 0)::DOUBLE AS early "
        f"FROM customer_days WHERE day < {until} GROUP BY customer_id HAVING min(day) < {until - days} "
        "ORDER BY customer_id"
    ).fetchnumpy()
    late, early = (np.asarray(rows[name], dtype=np.float64) for name in ("late", "early"))
    if len(late) < 20:
        return math.nan, 0.0
    both = np.ptp(late) > 0 and np.ptp(early) > 0
    explained = float(np.corrcoef(late, early)[0, 1]) ** 2 if both else 0.0
    return float(late.std(ddof=1)), min(explained, 0.95)
