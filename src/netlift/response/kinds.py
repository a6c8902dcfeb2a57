"""Offers in the light of others of their kind: new ones from what past ones did, noisy ones drawn towards the rest."""

import math
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from netlift.response.demand_rows import Adjust, Totals
from netlift.response.from_logs import FromLog
from netlift.response.pooled import (
    COIN,
    LEAST_OFFERS,
    Found,
    Prior,
    bias_of,
    doubted,
    measured,
    plausible,
    pool,
    posterior,
)
from netlift.response.results import Learned, Why
from netlift.types import Effect
from netlift.uplift.estimate import critical

NOISY = 0.25
"""Weight of the others from which on an offer's own data are called few."""


def on_scale(prior: Prior, cost_minor: float) -> Found:
    """What a prior says of net margin per customer of an offer that costs so much on each.

    One on which less is spent than on those of the past, because few can use it, moves customers by so much less.
    """
    scale = max(cost_minor, 0.0)
    if prior.unit != COIN:
        scale = min(1.0, scale / prior.paid) if prior.paid > 0 else 1.0
    return Found(prior.mean * scale, prior.spread * scale)


def towards(prior: Prior, net: Effect, cost_minor: float) -> Adjust:
    """How an average moves when it is put together with a prior."""
    after = posterior(on_scale(prior, cost_minor), Found(net.estimate, net.se))
    return Adjust(after.effect - net.estimate, net.se, after.se)


def drawn(learned: Learned, prior: Prior, adjust: Adjust, totals: Totals) -> Learned:
    """What is known of an offer once its average was adjusted; `totals` are those of the adjusted rows."""
    return replace(
        learned,
        margin=_moved(learned.margin, adjust.shift, math.hypot(adjust.after, learned.cost.se)),
        net=_moved(learned.net, adjust.shift, adjust.after),
        moved=totals.moved, harmed=totals.harmed, numbers={**learned.numbers, **figures(prior, adjust)},
    )  # fmt: skip


def figures(prior: Prior, adjust: Adjust) -> dict[str, float]:
    """Numbers for the text."""
    own = (adjust.after / adjust.before) ** 2 if adjust.before > 0 else 0.0
    return {
        "kind_mean": prior.mean, "kind_between": prior.between, "kind_se": prior.se,
        "kind_offers": float(prior.promotions), "kind_weight": 1 - own,
    }  # fmt: skip


def _moved(effect: Effect, shift: float, se: float) -> Effect:
    value, reach = effect.estimate + shift, critical(effect.level) * se
    return effect._replace(estimate=value, lower=value - reach, upper=value + reach, se=se)


def noisy_ones_drawn(taught: Sequence[FromLog]) -> list[FromLog]:
    """Logs in which offers of few data, or of noisy ones, are drawn towards the other offers of their mechanism.

    What an offer is drawn to is what the others say of a new one, so nothing is counted twice. Others count only if
    their evidence is as good or better, and there must be `LEAST_OFFERS` of them, the offer itself among them. An
    offer to which they would add less than `NOISY` stays as it was measured.
    """
    learned = [one for log in taught for one in log.findings]
    groups, wide, bias = measured(learned), plausible(learned), bias_of(learned)
    return [_drawn_log(log, groups, wide, bias) for log in taught]


def _drawn_log(log: FromLog, groups: dict[str, list[Learned]], wide: float, bias: float) -> FromLog:
    findings, arms, told = list(log.findings), list(log.model.arms), []
    for k, one in enumerate(log.findings):
        group = [other for other in groups.get(one.offer.mechanism, []) if other.grade.rank <= one.grade.rank]
        others = [doubted(other, bias) for other in group if other.offer != one.offer]
        prior = pool(one.offer.mechanism, others, wide=wide)
        if prior is None or len(group) < LEAST_OFFERS or not one.net.se > 0:
            continue
        adjust = towards(prior, one.net, one.cost.estimate)
        if figures(prior, adjust)["kind_weight"] < NOISY:
            continue
        findings[k] = replace(
            drawn(one, prior, adjust, Totals()), reasons=(*one.reasons, str(Why.LIKE_ITS_KIND)),
        )  # fmt: skip
        arms[k] = replace(arms[k], net_rule=arms[k].net_rule.moved(adjust.shift, adjust.after))
        told.append(repr(prior))
    if not told:
        return log
    model_id = sha256(" ".join([log.model.model_id, *told]).encode()).hexdigest()[:16]
    return replace(
        log, model=replace(log.model, arms=tuple(arms), model_id=model_id),
        findings=tuple(replace(one, model_id=model_id) for one in findings),
    )  # fmt: skip
