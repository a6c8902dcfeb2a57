"""From a lesson to what people read: one `Learned` per offer, and the test of personalisation."""

from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version

import numpy as np

from netlift.candidates.offer import Offer
from netlift.response.checks import failed, graded
from netlift.response.drivers import drivers
from netlift.response.learn import Arm, Lesson, Sample
from netlift.response.personal import of_net
from netlift.response.predictions import COST, MARGIN
from netlift.response.results import Driver, Learned, Source, Test, Why
from netlift.types import Check, Effect, Grade
from netlift.uplift.estimate import Estimate

WHY = {Source.EXPERIMENT: Why.MEASURED_BY_EXPERIMENT, Source.LOG: Why.COMPARED_WITH_ALIKE}
"""The reason that says where a figure comes from."""
LOOKED_AT = 10_000
"""Customers whose effects are explained, about."""
_PACKAGES = ("netlift", "lightgbm", "numpy")


def source_of(sample: Sample) -> Source:
    """Whether chance decided."""
    return Source.LOG if sample.propensity is None else Source.EXPERIMENT


def grade_of(sample: Sample, asked: Sequence[Check]) -> Grade:
    """The grade of the comparison after its checks."""
    return graded(Grade.OBSERVATIONAL if sample.propensity is None else Grade.RANDOMIZED, asked)


def caution_of(lesson: Lesson, asked: Sequence[Check]) -> Why | None:
    """What to beware of in all that follows from the lesson."""
    if failed(asked):
        return Why.CHECK_FAILED
    return Why.FEW_ALIKE if lesson.predict is None else None


def findings(
    offers: Sequence[Offer], sample: Sample, lesson: Lesson, asked: Sequence[Check], model_id: str
) -> tuple[Learned, ...]:
    """What is known of each offer, but for what scoring counts.

    Args:
        offers: one for each arm of the lesson.
        sample: what was learned from.
        lesson: what was learned.
        asked: all checks, those of the lesson among them.
        model_id: of the lesson.
    """
    grade, source, caution = grade_of(sample, asked), source_of(sample), caution_of(lesson, asked)
    usual = float(np.mean((sample.outcomes[:, MARGIN] - sample.outcomes[:, COST])[sample.arm == 0]))
    found = []
    for offer, arm, why in zip(offers, lesson.arms, _drivers(sample, lesson), strict=True):
        codes = (WHY[source], arm.whose, caution)
        margin, cost, net = (_effect(arm, one, grade) for one in (arm.margin, arm.cost, arm.net))
        reasons = tuple(str(code) for code in codes if code is not None)
        found.append(
            Learned(
                offer=offer,
                source=source,
                grade=grade,
                margin=margin,
                cost=cost,
                net=net,
                slope=arm.slope,
                groups=arm.groups,
                checks=tuple(asked),
                drivers=why,
                scored=0,
                moved=0,
                harmed=0,
                model_id=model_id,
                reasons=reasons,
                numbers={"usual_minor": usual},
            )
        )
    return tuple(found)


def _effect(arm: Arm, found: Estimate, grade: Grade) -> Effect:
    return Effect(
        found.estimate, found.lower, found.upper, found.level, found.se, arm.treated, arm.control, found.method, grade
    )


def _drivers(sample: Sample, lesson: Lesson) -> list[tuple[Driver, ...]]:
    """Of each offer's net effect, where it is personal."""
    rows = np.flatnonzero(lesson.kept)
    kept = sample.X[rows[:: max(1, len(rows) // LOOKED_AT)]]
    said = None if lesson.predict is None else of_net(lesson.predict(kept))
    return [
        drivers(kept, arm.net_rule.value(said[:, k]), sample.names)
        if said is not None and arm.whose is Why.PERSONAL
        else ()
        for k, arm in enumerate(lesson.arms)
    ]


def test_of(promotion_id: str, name: str, arms: Sequence[str], lesson: Lesson) -> Test | None:
    """Personalisation beside the simple answers; None where there were averages only.

    Args:
        promotion_id: of the log.
        name: of the log.
        arms: names, no offer first.
        lesson: what was learned.
    """
    if lesson.comparison is None:
        return None
    return Test(promotion_id, name, tuple(arms), lesson.comparison, int(lesson.kept.sum()))


def fingerprint(about: object, sample: Sample, *, level: float, seed: int) -> str:
    """Hash of everything that a lesson follows from: its data, settings and the versions of what computed it."""
    digest = sha256(repr((about, sample.names, level, seed, [version(name) for name in _PACKAGES])).encode())
    for array in (sample.X, sample.arm, sample.propensity, sample.outcomes, sample.contact):
        digest.update(b"none" if array is None else np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]
