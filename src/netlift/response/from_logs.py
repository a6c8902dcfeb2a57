"""From one log of offers to a model of every customer's response, with what was learned on the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from netlift.errors import EstimationError, Reason
from netlift.history.shop import Shop
from netlift.response.checks import observed
from netlift.response.features import Space, learned, moment
from netlift.response.findings import WHY, caution_of, findings, fingerprint, grade_of, source_of, test_of
from netlift.response.learn import Lesson, Sample, learn
from netlift.response.logs import LEAST, Log
from netlift.response.outcomes import Records, gather
from netlift.response.placebo import placebo_before
from netlift.response.predictions import buying
from netlift.response.results import Judged, Learned, Test, Unknown
from netlift.response.score import Model
from netlift.types import Check
from netlift.uplift.checks import Floats
from netlift.uplift.compare import NO_OFFER

MOST_JUDGED = 200_000
"""Customers of a log that are kept to judge plans by."""
RANGE = (0.005, 0.995)
"""Quantiles of a feature between which a customer is like those learned from."""


class Then(NamedTuple):
    """Who had no offer in a log, and when."""

    customer_id: NDArray[np.object_]
    """Of control, those who were compared."""
    first: int
    """Day number of the log's first day."""
    until: int
    """Of the first day after its wash-out."""


@dataclass(frozen=True, slots=True, eq=False)
class FromLog:
    """One log, learned."""

    model: Model
    space: Space
    findings: tuple[Learned, ...]
    """What scoring counts is still 0."""
    test: Test | None
    judged: Mapping[str, Judged]
    """By offer id."""
    then: Then | None = None
    """None: not known, its averages stay what they were."""


def from_log(shop: Shop, log: Log, *, level: float, seed: int) -> FromLog | tuple[Unknown, ...]:
    """Learn from a log, or say for each of its offers why nothing can be learned.

    Args:
        shop: the past.
        log: as found by `logs.find_logs`.
        level: of all intervals.
        seed: of folds, models and draws.
    """
    records = gather(shop, log)
    sizes = np.bincount(records.arm, minlength=len(log.offers) + 1).tolist()
    if min(sizes) < LEAST:
        few = Reason.TOO_FEW_CONTROLS if sizes[0] < LEAST else Reason.TOO_FEW_TREATED
        return _unknown(log, few, f"{min(sizes)} customers, at least {LEAST} are needed")
    then = moment(shop, log.span.start, "then")
    X, space = learned(then, "log_population")
    then.drop()
    contact = np.array([float(offer.contact_cost_minor) for offer in log.offers])
    outcomes = np.column_stack([records.margin, records.cost])
    sample = Sample(X, space.names, records.arm, records.propensity, outcomes, contact)
    try:
        lesson = learn(sample, level=level, seed=seed)
    except EstimationError as error:
        return _unknown(log, Reason.NO_OVERLAP, str(error))
    asked = (*lesson.checks, *_placebos(shop, log, sample, space, seed), _observed(log))
    model_id = fingerprint(log, sample, level=level, seed=seed)
    model = _model(log, records, sample, lesson, asked, model_id, seed=seed)
    test = test_of(log.promotion_id, log.name, (NO_OFFER, *(offer.name for offer in log.offers)), lesson)
    found = findings(log.offers, sample, lesson, asked, model_id)
    control = records.customer_id[lesson.kept & (sample.arm == 0)]
    return FromLog(
        model, space, found, test, _judged(log, records, lesson), Then(control, log.span.start, log.span.until)
    )


def _unknown(log: Log, reason: Reason, detail: str) -> tuple[Unknown, ...]:
    return tuple(Unknown(offer, reason, detail) for offer in log.offers)


def _observed(log: Log) -> Check:
    return observed(log.span.until - log.span.start, log.asked)


def _placebos(shop: Shop, log: Log, sample: Sample, space: Space, seed: int) -> tuple[Check, ...]:
    """Where chance decided there is no rule of targeting to move elsewhere."""
    if sample.propensity is not None or not sample.names:
        return ()
    return (placebo_before(shop, log.span, sample, space, seed=seed),)


def _model(
    log: Log, records: Records, sample: Sample, lesson: Lesson, asked: tuple[Check, ...], model_id: str,
    *, seed: int,
) -> Model:  # fmt: skip
    kept = sample.X[lesson.kept]
    return Model(
        offers=log.offers, arms=lesson.arms, grade=grade_of(sample, asked), model_id=model_id,
        source=WHY[source_of(sample)], effects=lesson.predict,
        buying=buying(sample.X, sample.arm, records.bought, seed=seed),
        low=np.quantile(kept, RANGE[0], axis=0), high=np.quantile(kept, RANGE[1], axis=0),
        liability=_liability(log, records), caution=caution_of(lesson, asked),
    )  # fmt: skip


def _judged(log: Log, records: Records, lesson: Lesson) -> dict[str, Judged]:
    """Beliefs and scores of the customers who were compared, at most `MOST_JUDGED` of them."""
    ids, held = records.customer_id[lesson.kept], lesson.held
    every = -(-len(ids) // MOST_JUDGED)
    thin = slice(None, None, every)
    return {
        offer.offer_id: Judged(
            ids[thin], held.predicted[thin, k], held.score[thin, k], held.cost[thin, k], held.fold[thin], every
        )
        for k, offer in enumerate(log.offers)
    }


def _liability(log: Log, records: Records) -> Floats:
    """What full use costs: uses x face value, or the most that the offer cost on anybody, and the contact."""
    most = []
    for k, offer in enumerate(log.offers, 1):
        seen = float(records.cost[records.arm == k].max(initial=0.0))
        face = 0.0 if offer.face_minor is None else float(offer.face_minor * offer.uses)
        most.append(offer.contact_cost_minor + max(face, seen))
    return np.array(most)
