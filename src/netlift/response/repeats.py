"""Candidates that repeat an offer with a log: its measured response holds for them, under their own name."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from netlift.candidates.offer import Offer
from netlift.response.from_logs import FromLog
from netlift.response.learn import Arm
from netlift.response.results import Judged, Learned
from netlift.types import Effect
from netlift.uplift.checks import Floats


class Repeat(NamedTuple):
    """A new offer and the past one that it repeats."""

    offer: Offer
    past: str
    """Id of the past offer."""


def with_repeats(log: FromLog, repeats: Sequence[Repeat]) -> FromLog:
    """The log with further offers that are answered as those that they repeat; other repeats are passed over.

    Only the contact may cost another amount; everything else is taken to be the same.
    """
    places = {offer.offer_id: k for k, offer in enumerate(log.model.offers)}
    mine = [(one.offer, places[one.past]) for one in repeats if one.past in places and one.offer.offer_id not in places]
    if not mine:
        return log
    rows = [*range(len(log.model.offers)), *(k for _, k in mine)]
    more = [offer.contact_cost_minor - log.model.offers[k].contact_cost_minor for offer, k in mine]
    effects, buying = log.model.effects, log.model.buying

    def wider(X: Floats) -> Floats:
        assert effects is not None  # noqa: S101  tells the type to mypy; without effects it is not called
        return effects(X)[:, rows]

    def chances(X: Floats) -> Floats:
        return buying(X)[:, [0, *(k + 1 for k in rows)]]

    model = replace(
        log.model, offers=(*log.model.offers, *(offer for offer, _ in mine)),
        arms=(*log.model.arms, *(_arm(log.model.arms[k], d) for (_, k), d in zip(mine, more, strict=True))),
        effects=None if effects is None else wider, buying=chances,
        liability=log.model.liability[rows] + [0] * len(places) + more,
    )  # fmt: skip
    return replace(
        log, model=model,
        findings=(*log.findings, *(_found(log.findings[k], o, d) for (o, k), d in zip(mine, more, strict=True))),
        judged={**log.judged, **{
            offer.offer_id: _judged(log.judged[log.model.offers[k].offer_id], d)
            for (offer, k), d in zip(mine, more, strict=True)
        }},
    )  # fmt: skip


def _arm(arm: Arm, more: float) -> Arm:
    return replace(arm, net_rule=arm.net_rule.moved(-more), cost_rule=arm.cost_rule.moved(more))


def _found(found: Learned, offer: Offer, more: float) -> Learned:
    return replace(found, offer=offer, cost=_moved(found.cost, more), net=_moved(found.net, -more))


def _moved(effect: Effect, by: float) -> Effect:
    return effect._replace(estimate=effect.estimate + by, lower=effect.lower + by, upper=effect.upper + by)


def _judged(judged: Judged, more: float) -> Judged:
    if not more:
        return judged
    return replace(
        judged, predicted=judged.predicted - more, score=judged.score - more, cost=judged.cost + more
    )  # fmt: skip
