"""From one log of offers to a model of every customer's response, with what was learned on the way."""

from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version

import numpy as np

from netlift.errors import EstimationError, Reason
from netlift.history.shop import Shop
from netlift.response import checks
from netlift.response.drivers import drivers
from netlift.response.features import Space, learned, moment
from netlift.response.learn import Arm, Lesson, Sample, learn
from netlift.response.logs import LEAST, Log
from netlift.response.outcomes import Records, gather
from netlift.response.predictions import buying
from netlift.response.results import Driver, Learned, Source, Test, Unknown, Why
from netlift.response.score import Model
from netlift.types import Check, Effect, Grade
from netlift.uplift.checks import Floats
from netlift.uplift.compare import NO_OFFER
from netlift.uplift.estimate import Estimate

RANGE = (0.005, 0.995)
"""Quantiles of a feature between which a customer is like those learned from."""
_PACKAGES = ("netlift", "lightgbm", "numpy")


@dataclass(frozen=True, slots=True, eq=False)
class FromLog:
    """One log, learned; `findings` lack only what scoring counts."""

    model: Model
    space: Space
    findings: tuple[Learned, ...]
    test: Test | None


def from_log(shop: Shop, log: Log, *, level: float, seed: int) -> FromLog | tuple[Unknown, ...]:
    """Learn from a log, or say for each of its offers why nothing can be learned.

    Args:
        shop: the past.
        log: as found by `logs.find_logs`.
        level: of all intervals.
        seed: of folds, models and draws.
    """
    records = gather(shop, log)
    sizes = np.bincount(records.arm, minlength=len(log.offers) + 1)
    if sizes[0] < LEAST:
        return _unknown(log, Reason.TOO_FEW_CONTROLS, f"{sizes[0]} customers, at least {LEAST} are needed")
    then = moment(shop, log.span.start, "then")
    X, space = learned(then, "log_population")
    then.drop()
    sample = _sample(log, records, X, space)
    try:
        lesson = learn(sample, level=level, seed=seed)
    except EstimationError as error:
        return _unknown(log, Reason.NO_OVERLAP, str(error))
    return _built(log, records, sample, lesson, space, level=level, seed=seed)


def _unknown(log: Log, reason: Reason, detail: str) -> tuple[Unknown, ...]:
    return tuple(Unknown(offer, reason, detail) for offer in log.offers)


def _sample(log: Log, records: Records, X: Floats, space: Space) -> Sample:
    contact = np.array([float(offer.contact_cost_minor) for offer in log.offers])
    outcomes = np.column_stack([records.margin, records.cost])
    return Sample(X, space.names, records.arm, records.propensity, outcomes, contact)


def _built(
    log: Log, records: Records, sample: Sample, lesson: Lesson, space: Space, *, level: float, seed: int
) -> FromLog:
    asked = (*lesson.checks, checks.observed(log.span.until - log.span.start, log.asked))
    chance = sample.propensity is not None
    grade = checks.graded(Grade.RANDOMIZED if chance else Grade.OBSERVATIONAL, asked)
    source, kept = (Source.EXPERIMENT if chance else Source.LOG), sample.X[lesson.kept]
    model = Model(
        offers=log.offers, arms=lesson.arms, grade=grade, model_id=_fingerprint(log, sample, level=level, seed=seed),
        source=_WHY[source], effects=lesson.predict, buying=buying(sample.X, sample.arm, records.bought, seed=seed),
        low=np.quantile(kept, RANGE[0], axis=0), high=np.quantile(kept, RANGE[1], axis=0),
        liability=_liability(log, records), caution=_caution(asked, lesson), level=level,
    )  # fmt: skip
    raw = None if lesson.predict is None else lesson.predict(kept)
    findings = tuple(
        _learned(
            model, k, source, asked, () if raw is None else drivers(kept, raw[:, k, 0] - raw[:, k, 1], sample.names)
        )
        for k in range(len(log.offers))
    )
    return FromLog(model, space, findings, _test(log, lesson))


_WHY = {Source.EXPERIMENT: Why.MEASURED_BY_EXPERIMENT, Source.LOG: Why.COMPARED_WITH_ALIKE}


def _caution(asked: tuple[Check, ...], lesson: Lesson) -> Why | None:
    if checks.failed(asked):
        return Why.CHECK_FAILED
    return Why.FEW_ALIKE if lesson.predict is None else None


def _liability(log: Log, records: Records) -> Floats:
    """What full use costs: uses x face value, or the most that the offer cost on anybody, and the contact."""
    most = []
    for k, offer in enumerate(log.offers, 1):
        seen = float(records.cost[records.arm == k].max(initial=0.0))
        face = None if offer.face_minor is None else float(offer.face_minor * offer.uses)
        most.append(offer.contact_cost_minor + (seen if face is None else max(face, seen)))
    return np.array(most)


def _fingerprint(log: Log, sample: Sample, *, level: float, seed: int) -> str:
    """Hash of everything that the model follows from."""
    digest = sha256(repr((log, sample.names, level, seed, [version(name) for name in _PACKAGES])).encode())
    for array in (sample.X, sample.arm, sample.propensity, sample.outcomes):
        digest.update(b"none" if array is None else np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def _learned(model: Model, k: int, source: Source, asked: tuple[Check, ...], found: tuple[Driver, ...]) -> Learned:
    arm = model.arms[k]
    reasons = [model.source, Why.PERSONAL if arm.net_rule.slope > 0 else Why.AVERAGE_FOR_ALL, model.caution]
    return Learned(
        offer=model.offers[k], source=source, grade=model.grade, margin=_effect(arm, arm.margin, model.grade),
        cost=_effect(arm, arm.cost, model.grade), net=_effect(arm, arm.net, model.grade), slope=arm.slope,
        groups=arm.groups, checks=asked, drivers=found if arm.net_rule.slope > 0 else (), scored=0, moved=0, harmed=0,
        model_id=model.model_id, reasons=tuple(str(one) for one in reasons if one is not None),
    )  # fmt: skip


def _effect(arm: Arm, found: Estimate, grade: Grade) -> Effect:
    return Effect(
        found.estimate, found.lower, found.upper, found.level, found.se, arm.treated, arm.control, found.method, grade
    )


def _test(log: Log, lesson: Lesson) -> Test | None:
    if lesson.comparison is None:
        return None
    names = (NO_OFFER, *(offer.name for offer in log.offers))
    return Test(log.promotion_id, log.name, names, lesson.comparison, int(lesson.kept.sum()))
