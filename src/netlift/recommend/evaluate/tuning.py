"""Settings found by a seeded search on a validation period; the test is not looked at here.

Optuna's TPE sampler suggests settings (Akiba et al. 2019, doi:10.1145/3292500.3330701); the first trial is the model
as it was given, so the search never ends worse than it began, as far as the validation tells. Optuna is an extra:
`pip install 'netlift[tune]'`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from netlift.errors import ConfigError, EngineError
from netlift.recommend.about import About
from netlift.recommend.evaluate.choosing import choose
from netlift.recommend.evaluate.splits import Split
from netlift.recommend.recommender import Recommender

if TYPE_CHECKING:
    import optuna


class Range(NamedTuple):
    """Numbers from low to high; whole ones if both are whole."""

    low: float
    high: float
    log: bool = False
    """Whether ratios count rather than differences."""


Space = Mapping[str, Range | Sequence[Any]]
"""Fields of a recommender, each with a range or the values to choose from."""


class Tuned(NamedTuple):
    """What the search found."""

    model: Recommender
    """With the best settings, not fitted."""
    figure: float
    started: float
    """Of the model as it was given."""
    tried: tuple[tuple[Mapping[str, Any], float], ...]
    """Settings and figure of each trial, in order."""


def tune(
    model: Recommender,
    space: Space,
    split: Split,
    k: int = 10,
    *,
    trials: int = 30,
    by: str = "ndcg",
    bought: Literal["allow", "exclude"] = "exclude",
    about: About | None = None,
    seed: int = 0,
) -> Tuned:
    """Search for the settings with the best figure; equal arguments give equal results.

    Args:
        model: kind of recommender with the settings to begin with.
        space: what may be changed, and how far.
        split: a validation split, earlier than any test.
        k: length of lists.
        trials: settings to try, the given ones included; at least 1.
        by: a name in `Measures.means()`.
        bought: whether goods that a customer had before are listed.
        about: what else is known.
        seed: of the search.

    Raises:
        EngineError: Optuna is not installed.
        ConfigError: no trial, an empty space, a field that the recommender does not have, a range upside down, an
            unknown figure, or nobody to judge by.
    """
    optuna = _optuna()
    _check(model, space, trials)

    def figure(settings: Mapping[str, Any]) -> float:
        (found,) = choose([replace(model, **settings)], split, k, by=by, bought=bought, about=about).figures
        return found

    start = figure({})
    tried: list[tuple[Mapping[str, Any], float]] = [({}, start)]
    study = _study(optuna, seed, trials)
    for _ in range(trials - 1):
        trial = study.ask()
        settings = {name: _suggest(trial, name, values) for name, values in space.items()}
        tried.append((settings, figure(settings)))
        study.tell(trial, tried[-1][1])
    best, value = max(tried, key=lambda one: one[1])
    return Tuned(replace(model, **best), value, start, tuple(tried))


def _suggest(trial: "optuna.Trial", name: str, values: Range | Sequence[Any]) -> Any:
    if not isinstance(values, Range):
        return values[trial.suggest_int(f"{name}, place", 0, len(values) - 1)]
    if isinstance(values.low, int) and isinstance(values.high, int):
        return trial.suggest_int(name, values.low, values.high, log=values.log)
    return trial.suggest_float(name, values.low, values.high, log=values.log)


def _check(model: Recommender, space: Space, trials: int) -> None:
    known = {field.name for field in fields(model)}
    if trials < 1 or not space:
        raise ConfigError(f"tuning needs a trial and a setting to change, got {trials} and {len(space)}")
    for name, values in space.items():
        if name not in known:
            raise ConfigError(f"{model.kind} has no setting {name!r}; it has: {', '.join(sorted(known))}")
        if isinstance(values, Range):
            if not values.low <= values.high or (values.log and not values.low > 0):
                raise ConfigError(f"the range of {name!r} runs from low to high, above 0 where it is log; got {values}")
        elif not len(values):
            raise ConfigError(f"there are no values of {name!r} to choose from")


def _study(optuna: Any, seed: int, trials: int) -> "optuna.Study":
    sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=min(10, max(2, trials // 3)))
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        study: optuna.Study = optuna.create_study(direction="maximize", sampler=sampler)
    finally:
        optuna.logging.set_verbosity(before)
    return study


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise EngineError("tuning needs Optuna: pip install 'netlift[tune]'") from None
    return optuna
