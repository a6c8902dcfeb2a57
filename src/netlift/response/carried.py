"""What a log found on average, carried to today: its customers have bought more or less since then.

An average was measured on the customers of a log as they were. Some have left since, some come less often; what they
would bring without an offer is predicted by the log's own model from what is known of the same customers then (p) and
today (q). An offer changes what would be bought, so effects are taken to be in proportion to that:

    ratio = mean q / mean p
    gross effect today = gross effect then x ratio      gross: the contact, which costs the same, taken out
    error today^2      = error then^2 + (gross effect then x (1 - ratio) x UNSURE)^2

"In proportion" is a judgement like "the same for all": the second error spans both. Differences between customers stay
what they were (`shrink`); only their level moves.
"""

import math
from dataclasses import replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from netlift.response.checks import Bools
from netlift.response.features import Moment, Space, scored
from netlift.response.from_logs import FromLog
from netlift.response.learn import Arm
from netlift.response.personal import of_cost, of_net
from netlift.response.predictions import USUAL
from netlift.response.results import Judged, Learned
from netlift.response.score import Model, strangers
from netlift.response.shrink import NEGATIVE, Shrink
from netlift.types import Effect
from netlift.uplift.checks import Floats
from netlift.uplift.estimate import critical

UNSURE = 0.5
"""Standard deviation of where the truth lies, as a part of the way between "the same as then" and "in proportion"."""
MOST = 2.0
"""No average is carried to more than so many times what it was."""
_POPULATION = "carried_population"


def carried(log: FromLog, now: Moment) -> FromLog:
    """The log with averages as of today; as it is where nothing was predicted of its customers.

    Args:
        log: what was learned, and from whom.
        now: profiles as of today.
    """
    if log.then is None or log.model.effects is None:
        return log
    return moved_to(log, _today(log.then.customer_id, log.space, now))


def moved_to(log: FromLog, X: Floats) -> FromLog:
    """The log with averages carried to what its customers are like now.

    Args:
        log: what was learned.
        X: features of its customers now, shape (m, p), in the columns of its model.
    """
    if log.then is None or log.model.effects is None or not len(X) or not log.then.usual > 0:
        return log
    said, strange = log.model.effects(X), strangers(log.model, X)
    usual = said[:, 0, USUAL]
    if float(np.mean(usual < 0)) > NEGATIVE:  # no amount to which effects could be in proportion
        return log
    ratio = min(max(float(usual.mean()) / log.then.usual, 0.0), MOST)
    model_id = sha256(f"{log.model.model_id} {ratio!r}".encode()).hexdigest()[:16]
    arms = tuple(_arm(log.model, k, said[:, k], strange, ratio) for k in range(len(log.model.arms)))
    findings = tuple(replace(_finding(one, ratio), model_id=model_id) for one in log.findings)
    judged = dict(log.judged)
    for one in log.findings:
        name = one.offer.offer_id
        if name in judged:
            judged[name] = _judged(judged[name], one, ratio)
    return replace(log, model=replace(log.model, arms=arms, model_id=model_id), findings=findings, judged=judged)


def _today(customer_id: NDArray[np.object_], space: Space, now: Moment) -> Floats:
    """Features of some customers as of today, shape (m, p); those of whom nothing is known are left out."""
    import pyarrow as pa

    now.shop.con.register(_POPULATION, pa.table({"customer_id": pa.array(customer_id, pa.string())}))
    try:
        table = now.of(_POPULATION)
    finally:
        now.shop.con.unregister(_POPULATION)
    known = table.filter(table["as_of"].is_valid())
    return scored(now, known, space) if known.num_rows else np.zeros((0, len(space.names)))


def gross_at(value: float, fixed: float, ratio: float) -> float:
    """An amount of which `fixed` stays and the rest goes by a ratio.

    >>> gross_at(100.0, -20.0, 0.9)
    88.0
    """
    return (value - fixed) * ratio + fixed


def _doubt(value: float, fixed: float, ratio: float) -> float:
    """Standard deviation of the carrying."""
    return UNSURE * abs((value - fixed) * (1 - ratio))


def _arm(model: Model, k: int, said: Floats, strange: Bools, ratio: float) -> Arm:
    """What is believed of one offer, with the mean over today's customers where it is carried to."""
    arm, contact = model.arms[k], float(model.offers[k].contact_cost_minor)
    net = _rule(arm.net_rule, of_net(said), strange, -contact, ratio)
    return replace(arm, net_rule=net, cost_rule=_rule(arm.cost_rule, of_cost(said), strange, contact, ratio))


def _rule(rule: Shrink, said: Floats, strange: Bools, fixed: float, ratio: float) -> Shrink:
    drifted = float(np.where(strange, rule.average, rule.value(said)).mean()) - rule.average
    by = gross_at(rule.average, fixed, ratio) - rule.average
    return rule.moved(by - drifted, math.hypot(rule.se, _doubt(rule.average, fixed, ratio)))


def _finding(found: Learned, ratio: float) -> Learned:
    contact = float(found.offer.contact_cost_minor)
    margin, cost = _effect(found.margin, 0.0, ratio), _effect(found.cost, contact, ratio)
    net = _effect(found.net, -contact, ratio)
    return replace(
        found, margin=margin, cost=cost, net=_centred(net, margin.estimate - cost.estimate),
        numbers={**found.numbers, "carried": ratio},
    )  # fmt: skip


def _effect(effect: Effect, fixed: float, ratio: float) -> Effect:
    se = math.hypot(effect.se, _doubt(effect.estimate, fixed, ratio))
    return _centred(effect._replace(se=se), gross_at(effect.estimate, fixed, ratio))


def _centred(effect: Effect, value: float) -> Effect:
    reach = critical(effect.level) * effect.se
    return effect._replace(estimate=value, lower=value - reach, upper=value + reach)


def _judged(judged: Judged, found: Learned, ratio: float) -> Judged:
    """Beliefs and scores of the log's customers at today's level; how far the ones miss the others stays."""
    contact = float(found.offer.contact_cost_minor)
    net = np.float32(gross_at(found.net.estimate, -contact, ratio) - found.net.estimate)
    cost = np.float32(gross_at(found.cost.estimate, contact, ratio) - found.cost.estimate)
    return replace(
        judged, predicted=judged.predicted + net, score=judged.score + net, cost=np.maximum(judged.cost + cost, 0)
    )  # fmt: skip
