"""Settings found by trying: a seeded search that gives up early on what does badly, and never sees the last date.

Optuna's TPE sampler suggests settings (Bergstra et al. 2011; Akiba et al. 2019, doi:10.1145/3292500.3330701). Each
trial learns on early dates and is judged on the next, date after date; families that learn in rounds report while
they learn, and the median pruner ends a trial that is worse than half of its predecessors were at the same point.
Optuna is an extra: `pip install 'netlift[tune]'`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

import numpy as np

from netlift.errors import ConfigError, EngineError, EstimationError
from netlift.profiles.propensity.checks import Floats
from netlift.profiles.propensity.dates import Dated, in_order, stacked
from netlift.profiles.propensity.family import Choice, Family, Task, Trial
from netlift.profiles.propensity.metrics import log_losses

if TYPE_CHECKING:
    import optuna

EVERY = 10
"""Rounds between two reports to the pruner."""

WARM_UP = 10
"""Reports before the first trial may be given up: who learns slowly is behind at first, and often ahead in the end."""

ROUNDS = 10_000
"""Reports that one fold may make before the next one's begin."""


class Tried(NamedTuple):
    """One trial."""

    settings: Mapping[str, Any]
    loss: float
    """Mean over the folds of the loss relative to one number for everybody; of a pruned trial, where it stood."""
    state: Literal["complete", "pruned"]
    folds: int
    """Folds that were finished."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """What the search found."""

    family: Family
    """With the best settings."""
    loss: float
    """Of the best trial, relative to one number for everybody: below 1 is better than that."""
    started: float
    """The same for the settings that the family came with, which are the first trial."""
    tried: tuple[Tried, ...] = field(repr=False)

    @property
    def pruned(self) -> int:
        """Trials that were given up early."""
        return sum(one.state == "pruned" for one in self.tried)


def tune(
    family: Family, dates: Sequence[Dated], *, trials: int = 30, seconds: float | None = None, seed: int = 0
) -> Tuned:
    """Search the family's space for the settings of least loss on dates before the last one.

    The last date is left for judging and is not looked at: neither its columns nor its outcomes. The first trial is
    the family as it was given, so the search never ends worse than it began, as far as these dates tell.

    Args:
        family: kind of model with the settings to begin with.
        dates: at least three, in the order of time; the last one is not used.
        trials: settings to try, at least 1.
        seconds: after which no further trial is begun. With it the result depends on the machine's speed; without it,
            equal arguments give equal results.
        seed: of the search and of everything else drawn by chance.

    Raises:
        EngineError: Optuna is not installed.
        ConfigError: trials below 1, or a family without a space.
        EstimationError: too few dates, NaN, or a date with only one class.
    """
    optuna = _optuna()
    if trials < 1 or (seconds is not None and not seconds > 0):
        raise ConfigError(f"tuning needs 1 trial or more and a time above 0, got {trials} and {seconds}")
    begin = _first(family)
    parts = _parts(dates, family.task)
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=min(10, max(2, trials // 3)))
    pruner = optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=WARM_UP)
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study = optuna.create_study(sampler=sampler, pruner=pruner)
        study.enqueue_trial(begin)
        study.optimize(lambda trial: _loss(family, parts, trial, seed), n_trials=trials, timeout=seconds)
    finally:
        optuna.logging.set_verbosity(before)
    found = replace(family, **study.best_trial.params)
    return Tuned(found, study.best_value, study.trials[0].value, tuple(map(_tried, study.trials)))


class _Part(NamedTuple):
    X: Floats
    y: Floats
    later: Floats
    happened: Floats
    base: float
    """Loss of one number for everybody on the later rows."""


def _parts(dates: Sequence[Dated], task: Task) -> list[_Part]:
    if len(dates) < 3:
        raise EstimationError(f"tuning needs at least 3 dates, of which the last is kept for judging; got {len(dates)}")
    in_order(dates)
    found = []
    for place in range(1, len(dates) - 1):
        X, y = stacked(dates[:place], task)
        later, happened = stacked(dates[place : place + 1], task)
        found.append(_Part(X, y, later, happened, _mean_loss(task, happened, np.full(len(happened), y.mean()))))
    return found


def _loss(family: Family, parts: Sequence[_Part], trial: "optuna.Trial", seed: int) -> float:
    """Mean relative loss over the folds; raises Optuna's TrialPruned on the way if it does badly."""
    settings: dict[str, Any] = dict(family.space(cast("Trial", trial)))
    tried = replace(family, **settings)
    finished: list[float] = []
    for place, part in enumerate(parts):
        tell = _telling(trial, place, finished, part.base)
        model = tried.fit(part.X, part.y, validation=(part.later, part.happened), seed=seed, on_round=tell)
        finished.append(_mean_loss(family.task, part.happened, model.predict(part.later)) / part.base)
        trial.set_user_attr("folds", place + 1)
        _report(trial, (place + 1) * ROUNDS, float(np.mean(finished)))
    return float(np.mean(finished))


def _telling(trial: "optuna.Trial", place: int, finished: Sequence[float], base: float) -> Callable[[int, float], None]:
    """Reports on the way: the mean of the finished folds and of the best loss so far in this one."""
    best = np.inf

    def tell(step: int, loss: float) -> None:
        nonlocal best
        best = min(best, loss / base)
        if step % EVERY == 0:
            _report(trial, place * ROUNDS + step // EVERY, (sum(finished) + best) / (place + 1))

    return tell


def _report(trial: "optuna.Trial", step: int, loss: float) -> None:
    import optuna

    trial.report(loss, step)
    if trial.should_prune():
        raise optuna.TrialPruned


def _mean_loss(task: Task, y: Floats, forecast: Floats) -> float:
    return float((log_losses(y, forecast) if task is Task.CLASSIFICATION else (y - forecast) ** 2).mean())


def _tried(trial: "optuna.trial.FrozenTrial") -> Tried:
    pruned = trial.state.name == "PRUNED"
    loss = trial.intermediate_values[max(trial.intermediate_values)] if pruned else cast("float", trial.value)
    return Tried(dict(trial.params), loss, "pruned" if pruned else "complete", trial.user_attrs.get("folds", 0))


class _Given:
    """A trial that suggests the settings that a family has already."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self.settings: dict[str, Any] = {}

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float:  # noqa: ARG002
        return float(self._clipped(name, low, high))

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int:  # noqa: ARG002
        return int(self._clipped(name, low, high))

    def suggest_categorical(self, name: str, choices: Sequence[Choice]) -> Choice:
        given = getattr(self._family, name)
        self.settings[name] = given if given in choices else choices[0]
        return self.settings[name]

    def _clipped(self, name: str, low: float, high: float) -> float:
        """What the family has, or the nearest that its space allows."""
        self.settings[name] = min(max(getattr(self._family, name), low), high)
        return self.settings[name]


def _first(family: Family) -> dict[str, Any]:
    given = _Given(family)
    family.space(given)
    if not given.settings:
        raise ConfigError(f"family {family.kind!r} has no settings to tune")
    return given.settings


def _optuna() -> Any:
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise EngineError("tuning needs the Python package optuna: pip install 'netlift[tune]'") from error
    return optuna
