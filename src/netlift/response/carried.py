"""What a log found on average, carried to today: some of its customers have left since then.

An average was measured on the customers of a log as they were. An offer changes what would be bought anyway, so it
changes nothing for those who are gone. How many are is read from control, who had no offer: of them so many bought at
least once in the days of the log, and so many in as many days up to today:

    ratio = share who bought lately / share who bought then
    gross effect today = gross effect then x ratio      gross: the contact, which costs the same, taken out
    error today^2      = error then^2 + (gross effect then)^2 ((UNSURE (1 - ratio))^2 + error of the ratio^2)

"In proportion" is a judgement like "the same for all": the second error spans both. Whether somebody buys at all hangs
far less on season and trend than how much is bought. Differences between customers stay what they were (`shrink`);
only their level moves.
"""

import math
from dataclasses import replace
from hashlib import sha256
from typing import NamedTuple

import numpy as np

from netlift.history.shop import Shop
from netlift.response.from_logs import FromLog, Then
from netlift.response.learn import Arm
from netlift.response.results import Judged, Learned
from netlift.response.score import Model
from netlift.response.shrink import Shrink
from netlift.types import Effect
from netlift.uplift.estimate import critical

UNSURE = 0.5
"""Standard deviation of where the truth lies, as a part of the way between "the same as then" and "in proportion"."""
FEWEST = 100
"""Customers of control who bought, then, from which on their share says something."""
MOST = 2.0
"""No average is carried to more than so many times what it was."""

_BOUGHT = """
SELECT count(DISTINCT customer_id) FROM customer_days
WHERE customer_id IN (FROM carried_control) AND orders > 0 AND day >= {first} AND day < {end}
"""


class Ratio(NamedTuple):
    """What is left of an effect."""

    value: float
    se: float


def carried(log: FromLog, shop: Shop, last: int) -> FromLog:
    """The log with averages as of today; as it is where too few of control bought to tell.

    Args:
        log: what was learned, and from whom.
        shop: the past.
        last: day number of the first day that is not known yet.
    """
    ratio = None if log.then is None else left_of(shop, log.then, last)
    return log if ratio is None else moved_by(log, ratio)


def left_of(shop: Shop, then: Then, last: int) -> Ratio | None:
    """Who of some customers buy today, beside those who bought then; None: too few to tell."""
    import pyarrow as pa

    shop.con.register("carried_control", pa.table({"customer_id": pa.array(then.customer_id, pa.string())}))
    try:
        days = then.until - then.first
        before, now = (
            int((shop.con.execute(_BOUGHT.format(first=first, end=first + days)).fetchone() or (0,))[0])
            for first in (then.first, max(last - days, then.first))
        )
    finally:
        shop.con.unregister("carried_control")
    return ratio_of(before, now, len(then.customer_id))


def ratio_of(before: int, now: int, customers: int) -> Ratio | None:
    """The ratio of two shares of the same customers; their errors are taken as independent, which is cautious.

    >>> ratio_of(80, 70, 1000) is None, ratio_of(800, 720, 1000).value
    (True, 0.9)
    """
    if before < FEWEST:
        return None
    value = now / before
    relative = (1 / before - 1 / customers) + (1 / max(now, 1) - 1 / customers)
    return Ratio(min(value, MOST), value * math.sqrt(max(relative, 0.0)))


def moved_by(log: FromLog, ratio: Ratio) -> FromLog:
    """The log with all its averages carried by a ratio."""
    model_id = sha256(f"{log.model.model_id} {ratio!r}".encode()).hexdigest()[:16]
    arms = tuple(_arm(log.model, k, ratio) for k in range(len(log.model.arms)))
    judged = dict(log.judged)
    for one in log.findings:
        name = one.offer.offer_id
        if name in judged:
            judged[name] = _judged(judged[name], one, ratio)
    return replace(
        log, model=replace(log.model, arms=arms, model_id=model_id), judged=judged,
        findings=tuple(replace(_finding(one, ratio), model_id=model_id) for one in log.findings),
    )  # fmt: skip


def _change(value: float, fixed: float, ratio: Ratio) -> Ratio:
    """By how much an amount of which `fixed` stays moves, and the standard error of that."""
    gross = value - fixed
    return Ratio(gross * (ratio.value - 1), abs(gross) * math.hypot(UNSURE * (1 - ratio.value), ratio.se))


def _arm(model: Model, k: int, ratio: Ratio) -> Arm:
    arm, contact = model.arms[k], float(model.offers[k].contact_cost_minor)
    return replace(arm, net_rule=_rule(arm.net_rule, -contact, ratio), cost_rule=_rule(arm.cost_rule, contact, ratio))


def _rule(rule: Shrink, fixed: float, ratio: Ratio) -> Shrink:
    by = _change(rule.average, fixed, ratio)
    return rule.moved(by.value, math.hypot(rule.se, by.se))


def _finding(found: Learned, ratio: Ratio) -> Learned:
    contact = float(found.offer.contact_cost_minor)
    margin, cost = _effect(found.margin, 0.0, ratio), _effect(found.cost, contact, ratio)
    net = _effect(found.net, -contact, ratio)
    return replace(
        found, margin=margin, cost=cost, net=_centred(net, margin.estimate - cost.estimate),
        numbers={**found.numbers, "carried": ratio.value},
    )  # fmt: skip


def _effect(effect: Effect, fixed: float, ratio: Ratio) -> Effect:
    by = _change(effect.estimate, fixed, ratio)
    return _centred(effect._replace(se=math.hypot(effect.se, by.se)), effect.estimate + by.value)


def _centred(effect: Effect, value: float) -> Effect:
    reach = critical(effect.level) * effect.se
    return effect._replace(estimate=value, lower=value - reach, upper=value + reach)


def _judged(judged: Judged, found: Learned, ratio: Ratio) -> Judged:
    """Beliefs and scores of the log's customers at today's level; how far the ones miss the others stays."""
    contact = float(found.offer.contact_cost_minor)
    net = np.float32(_change(found.net.estimate, -contact, ratio).value)
    cost = np.float32(_change(found.cost.estimate, contact, ratio).value)
    return replace(
        judged, predicted=judged.predicted + net, score=judged.score + net,
        cost=np.maximum(judged.cost + cost, np.float32(0)),
    )  # fmt: skip
