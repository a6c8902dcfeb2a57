"""A plain experiment, such as a mailing: whom does each arm move, and does a personal rule beat one arm for all?

There is no money here but what an outcome counts: effects are in the outcome's own unit, and an arm costs nothing.
Propensities are the arms' shares, as a fair draw with those shares would have it; the sample-ratio check of an audit
holds them against the shares that were planned.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from importlib.metadata import version
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import EstimationError
from netlift.response import checks
from netlift.response.drivers import drivers
from netlift.response.learn import Arm, Lesson, Sample, learn
from netlift.response.results import Learned, Offer, Responses, Source, Test, Why
from netlift.types import Check, Effect, Grade
from netlift.uplift.checks import Floats, Ints, column, matrix
from netlift.uplift.compare import NO_OFFER
from netlift.uplift.estimate import Estimate, critical

Progress = Callable[[str, int, int], None]


def experiment(
    X: ArrayLike,
    arm: ArrayLike,
    outcomes: Mapping[str, ArrayLike],
    *,
    arms: Sequence[str],
    names: Sequence[str],
    name: str,
    level: float = 0.9,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> tuple[Responses, ...]:
    """What every arm changes of every outcome, one answer per outcome.

    Args:
        X: covariates known before the draw, shape (n, p).
        arm: name of each unit's arm, shape (n,).
        outcomes: values by name, shape (n,) each.
        arms: their names, control first.
        names: of the covariates.
        name: of the table, for titles.
        level: of all intervals.
        seed: of folds and models.
        on_progress: told what is being done.

    Raises:
        EstimationError: an arm that is not listed, an arm without units, values that are missing or infinite.
    """
    given = _numbers(arm, arms)
    covariates = matrix(X, "X", rows=len(given)) if len(names) else np.zeros((len(given), 0))
    shares = np.tile(np.bincount(given, minlength=len(arms)) / len(given), (len(given), 1))
    tell = on_progress or (lambda _what, _done, _of: None)
    found = []
    for done, (outcome, values) in enumerate(outcomes.items()):
        tell(outcome, done, len(outcomes))
        y = column(values, outcome, rows=len(given))
        money = np.column_stack([y, np.zeros(len(y))])  # margin and cost: an arm costs nothing
        sample = Sample(covariates, tuple(names), given, shares, money, np.zeros(len(arms) - 1))
        found.append(_one(sample, outcome, arms, name=name, level=level, seed=seed))
    return tuple(found)


def _numbers(arm: ArrayLike, arms: Sequence[str]) -> Ints:
    texts = np.asarray(arm, dtype=object)
    places = {text: place for place, text in enumerate(arms)}
    strangers = sorted({str(text) for text in texts} - set(places))
    if strangers:
        raise EstimationError(
            f"units in an arm that is not listed: {', '.join(strangers[:3])} (known: {', '.join(arms)})"
        )
    given = np.array([places[text] for text in texts], dtype=np.int64)
    sizes = np.bincount(given, minlength=len(arms))
    if len(arms) < 2 or not sizes.all():
        raise EstimationError(f"every arm needs units; {arms[int(sizes.argmin())] if len(arms) else 'none'!r} has none")
    return given


def _one(sample: Sample, outcome: str, arms: Sequence[str], *, name: str, level: float, seed: int) -> Responses:
    started = perf_counter()
    lesson = learn(sample, level=level, seed=seed)
    offers = [Offer(offer_id=text, name=text, mechanism="arm", arm=text) for text in arms[1:]]
    model_id = _fingerprint(sample, outcome, level=level, seed=seed)
    raw = None if lesson.predict is None else lesson.predict(sample.X)
    learned = [
        _learned(offer, lesson, k, sample, None if raw is None else raw[:, k, 0], model_id)
        for k, offer in enumerate(offers)
    ]
    tests = (
        ()
        if lesson.comparison is None
        else (Test(name, name, (NO_OFFER, *arms[1:]), lesson.comparison, len(sample.arm)),)
    )
    return Responses(
        name=name, currency="", outcome=outcome, as_of="", customers=len(sample.arm),
        learned=tuple(sorted(learned, key=lambda one: -one.net.estimate)), unknown=(), tests=tests,
        facts={"version": version("netlift"), "seed": seed, "seconds": round(perf_counter() - started, 1)},
    )  # fmt: skip


def _learned(offer: Offer, lesson: Lesson, k: int, sample: Sample, raw: Floats | None, model_id: str) -> Learned:
    arm = lesson.arms[k]
    grade = checks.graded(Grade.RANDOMIZED, lesson.checks)
    predicted = np.zeros(len(sample.arm)) if raw is None else raw
    value, error = arm.net_rule.value(predicted), arm.net_rule.error(predicted)
    reach = critical(0.9) * error
    personal = arm.net_rule.slope > 0
    reasons = [Why.MEASURED_BY_EXPERIMENT, Why.PERSONAL if personal else Why.AVERAGE_FOR_ALL]
    if checks.failed(lesson.checks):
        reasons.append(Why.CHECK_FAILED)
    return Learned(
        offer=offer, source=Source.EXPERIMENT, grade=grade, margin=_effect(arm, arm.margin, grade),
        cost=_effect(arm, arm.cost, grade), net=_effect(arm, arm.net, grade), slope=arm.slope, groups=arm.groups,
        checks=_asked(lesson), drivers=drivers(sample.X, predicted, sample.names) if personal else (),
        scored=len(sample.arm), moved=int((value - reach > 0).sum()), harmed=int((value + reach < 0).sum()),
        model_id=model_id, reasons=tuple(str(one) for one in reasons),
    )  # fmt: skip


def _asked(lesson: Lesson) -> tuple[Check, ...]:
    """The draw's shares were taken from the data, so the sample ratio cannot be held against anything."""
    return tuple(check for check in lesson.checks if check.code != "sample_ratio")


def _effect(arm: Arm, found: Estimate, grade: Grade) -> Effect:
    return Effect(
        found.estimate, found.lower, found.upper, found.level, found.se, arm.treated, arm.control, found.method, grade
    )


def _fingerprint(sample: Sample, outcome: str, *, level: float, seed: int) -> str:
    digest = sha256(repr((outcome, sample.names, level, seed, version("netlift"), version("lightgbm"))).encode())
    for array in (sample.X, sample.arm, sample.outcomes):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]
