"""A plain experiment: one row per unit, the arm that chance gave it, and what came of it, without a shop around."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from netlift.candidates.offer import Offer
from netlift.errors import EstimationError, Reason
from netlift.response.findings import findings, fingerprint, test_of
from netlift.response.learn import Lesson, Sample, learn
from netlift.response.logs import LEAST
from netlift.response.personal import of_net
from netlift.response.results import SURE, Learned, Responses, Test, Unknown
from netlift.uplift import checks
from netlift.uplift.checks import Floats
from netlift.uplift.estimate import critical

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many steps are done, and of how many."""
Texts = NDArray[Any]


class _Trial(NamedTuple):
    """What all outcomes have in common."""

    X: Floats
    arm: Texts
    arms: tuple[str, ...]
    """Control first."""
    names: tuple[str, ...]
    level: float
    seed: int


def experiment(
    X: ArrayLike,
    arm: ArrayLike,
    outcomes: Mapping[str, ArrayLike],
    *,
    arms: Sequence[str],
    names: Sequence[str],
    name: str = "experiment",
    level: float = 0.9,
    seed: int = 0,
    on_progress: Progress | None = None,
) -> tuple[Responses, ...]:
    """What each arm changes, for whom, and whether giving each unit its best arm beats one arm for all.

    The shares of the arms are taken as the chances of the draw. Units of other arms, and those whose outcome is not
    known, are left out; arms with too few units are told apart as unknown.

    Args:
        X: covariates known before the draw, shape (n, p), no NaN; p may be 0.
        arm: name of each unit's arm, shape (n,).
        outcomes: what to compare, by name, shape (n,) each, in any unit; more is better.
        arms: names of the arms, control first.
        names: of the covariates, p of them; columns of one name belong together.
        name: of the experiment, for titles.
        level: of all intervals.
        seed: of folds and models.
        on_progress: told what is being done.

    Returns:
        One result for each outcome, in their order; amounts are in the outcome's unit, and there is no currency.

    Raises:
        EstimationError: shapes that do not fit, or fewer than two arms.

    >>> rng = np.random.default_rng(0)
    >>> given = rng.choice(["none", "mail"], 200)
    >>> visits = {"visits": 1.0 * (given == "mail")}
    >>> found, = experiment(np.empty((200, 0)), given, visits, arms=["none", "mail"], names=[])
    >>> round(found.learned[0].net.estimate, 6), found.learned[0].personal
    (1.0, False)
    """
    texts = np.asarray(arm)
    covariates = checks.matrix(X, "X", rows=len(texts)) if np.size(X) else np.empty((len(texts), 0))
    if len(arms) < 2 or covariates.shape[1] != len(names):
        raise EstimationError(
            f"an experiment needs two arms and a name for each covariate; got {len(arms)} arms, and {len(names)} "
            f"names for {covariates.shape[1]} covariates"
        )
    trial = _Trial(covariates, texts, tuple(arms), tuple(names), level, seed)
    found = []
    for done, (outcome, values) in enumerate(outcomes.items()):
        if on_progress is not None:
            on_progress(outcome, done, len(outcomes))
        found.append(_answer(trial, name, outcome, np.asarray(values, dtype=np.float64)))
    return tuple(found)


def _answer(trial: _Trial, name: str, outcome: str, y: Floats) -> Responses:
    """Learn from one outcome."""
    if y.shape != trial.arm.shape:
        raise EstimationError(f"outcome {outcome!r} needs one value per unit, shape {trial.arm.shape}, got {y.shape}")
    started, known = perf_counter(), np.isfinite(y)
    sizes = {arm: int(np.sum((trial.arm == arm) & known)) for arm in trial.arms}
    control, *offers = trial.arms
    enough = [arm for arm in offers if sizes[arm] >= LEAST] if sizes[control] >= LEAST else []
    unknown = tuple(_unknown(arm, sizes, control) for arm in offers if arm not in enough)
    learned, test, units = (), None, 0  # type: tuple[Learned, ...], Test | None, int
    if enough:
        used = [control, *enough]
        learned, test, units = _learned(trial, np.isin(trial.arm, used) & known, y, used, name)
    return Responses(
        name=name, currency="", outcome=outcome, as_of="", customers=units, learned=learned, unknown=unknown,
        tests=() if test is None else (test,), facts=_facts(trial.seed, perf_counter() - started),
    )  # fmt: skip


def _unknown(arm: str, sizes: Mapping[str, int], control: str) -> Unknown:
    few, of = (Reason.TOO_FEW_TREATED, arm) if sizes[control] >= LEAST else (Reason.TOO_FEW_CONTROLS, control)
    return Unknown(_offer(arm), few, f"{sizes[of]} units, at least {LEAST} are needed")


def _offer(arm: str) -> Offer:
    return Offer(arm, arm, "arm", arm=arm)


def _learned(
    trial: _Trial, kept: NDArray[np.bool_], y: Floats, used: list[str], name: str
) -> tuple[tuple[Learned, ...], Test | None, int]:
    sample = _sample(trial, kept, y, used)
    lesson = learn(sample, level=trial.level, seed=trial.seed)
    asked = tuple(check for check in lesson.checks if check.code != "sample_ratio")  # the shares are the draw's
    model_id = fingerprint(used, sample, level=trial.level, seed=trial.seed)
    found = findings([_offer(arm) for arm in used[1:]], sample, lesson, asked, model_id)
    counted = [_counted(one, k, sample, lesson) for k, one in enumerate(found)]
    ranked = sorted(counted, key=lambda one: (-one.net.estimate, one.offer.offer_id))
    return tuple(ranked), test_of(name, name, used, lesson), len(sample.arm)


def _counted(found: Learned, k: int, sample: Sample, lesson: Lesson) -> Learned:
    """With how many of the experiment's own units an arm is sure to move."""
    rule = lesson.arms[k].net_rule
    said = np.zeros((len(sample.arm), 2)) if lesson.predict is None else of_net(lesson.predict(sample.X)[:, k])
    value, reach = rule.value(said), critical(SURE) * rule.error(said)
    moved, harmed = int((value - reach > 0).sum()), int((value + reach < 0).sum())
    return replace(found, scored=len(said), moved=moved, harmed=harmed)


def _sample(trial: _Trial, kept: NDArray[np.bool_], y: Floats, used: list[str]) -> Sample:
    X, texts = trial.X[kept], trial.arm[kept]
    arm = np.zeros(len(texts), dtype=np.int64)
    for k, one in enumerate(used):
        arm[texts == one] = k
    varied = np.ptp(X, axis=0) > 0 if X.shape[1] else np.zeros(0, dtype=np.bool_)
    names = tuple(name for name, there in zip(trial.names, varied, strict=True) if there)
    share = np.bincount(arm) / len(arm)
    outcomes = np.column_stack([y[kept], np.zeros(len(arm))])
    return Sample(X[:, varied], names, arm, np.tile(share, (len(arm), 1)), outcomes, np.zeros(len(used) - 1))


def _facts(seed: int, seconds: float) -> dict[str, object]:
    return {"versions": {"netlift": version("netlift")}, "seed": seed, "seconds": round(seconds, 1)}
