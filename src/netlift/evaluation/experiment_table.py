"""A plain table of one experiment, audited: one row per unit, its arm, its outcomes, what was known before.

Every arm is compared with control and every treatment with every other, raw (Welch) and adjusted for what was known
before (Lin), with the winsorised mean and, where the tail is heavy, the bootstrap beside them. "Beats" is said only
when it survives Holm's correction over all comparisons of the table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from netlift.errors import DataError, EstimationError
from netlift.evaluation.experiment_roles import Roles, experiment_roles
from netlift.evaluation.plain_tables import as_json, encoded, numbers_of, texts_of
from netlift.experiments.adjustment import lin
from netlift.experiments.aggregates import Aggregates
from netlift.experiments.means import Difference, Rate, proportions, welch, wilson
from netlift.experiments.multiplicity import benjamini_hochberg, holm
from netlift.experiments.power import SampleSize, detectable, sample_size
from netlift.experiments.srm import sample_ratio
from netlift.experiments.tails import Bootstrap, bootstrap, winsorise
from netlift.types import Check

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Wording = Literal["beats", "is_beaten_by", "not_shown_to_beat"]

LEAK = 0.1
"""Standardised difference between arms above which a covariate is suspected of having been changed by the test."""
_SKEWED = 355
"""A mean is near normal once n exceeds 355 skewness^2 (Kohavi, Deng, Longbotham & Xu 2014, 10.1145/2623330.2623341)."""
_UNITS_PER_COVARIATE = 10


@dataclass(frozen=True, slots=True)
class ArmMean:
    """One arm, one outcome."""

    arm: str
    outcome: str
    n: int
    """Units with a known outcome."""
    missing: int
    mean: float
    sd: float
    rate: Rate | None
    """Wilson's interval; only where the outcome is 0 or 1."""


@dataclass(frozen=True, slots=True)
class Capped:
    """The same comparison after both ends of the outcome were pulled in."""

    difference: Difference
    upper: float
    """Values above were lowered to this, in all arms."""
    changed: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """One arm against another on one outcome."""

    outcome: str
    arm: str
    against: str
    raw: Difference
    """Welch."""
    adjusted: Difference | None
    """Lin's regression on the covariates; None: no covariates, or too few units to carry them."""
    winsorised: Capped | None
    """None where the outcome is 0 or 1."""
    bootstrap: Bootstrap | None
    """Only where the tail is too heavy for the normal distribution."""
    p_holm: float
    """Corrected over all comparisons of the table; from `adjusted` where there is one."""
    q_value: float
    wording: Wording
    detectable: float
    """Smallest true difference that these units would have shown with power .8 (uncorrected)."""
    needed: SampleSize | None
    """Units that would show a difference of `worth` times the base; None where it was decided."""

    @property
    def best(self) -> Difference:
        """The comparison to read: adjusted where possible."""
        return self.adjusted or self.raw


@dataclass(frozen=True, slots=True)
class ExperimentAudit:
    """What a table of an experiment says."""

    rows: int
    roles: Roles
    level: float
    worth: float
    """Smallest relative effect worth finding; sizes the next test."""
    arms: tuple[ArmMean, ...]
    comparisons: tuple[Comparison, ...]
    """Against control first, then among treatments; outcome by outcome."""
    checks: tuple[Check, ...]
    """sample_ratio, attrition (per outcome) and leak (per covariate)."""
    warnings: tuple[str, ...]
    """Codes: split_assumed_equal, covariates_left_out:NAME, leak:NAME, no_covariates, heavy_tail:OUTCOME, ..."""

    def to_dict(self) -> dict[str, object]:
        """JSON-ready."""
        plain = as_json(self)
        return plain if isinstance(plain, dict) else {}


def audit_experiment(
    table: "pa.Table",
    *,
    unit: str | None = None,
    arm: str | None = None,
    control: str | None = None,
    outcomes: Sequence[str] | None = None,
    covariates: Sequence[str] | None = None,
    split: Mapping[str, float] | None = None,
    level: float = 0.9,
    worth: float = 0.05,
    winsorise_share: float = 0.01,
    seed: int = 0,
) -> ExperimentAudit:
    """Audit a table of one experiment; what is not named is guessed, and the guess is told in `roles`.

    Args:
        table: one row per unit.
        unit: column of the unit's name; guessed, and only used to refuse repeated units.
        arm: column of the arm.
        control: value of that column that is the control.
        outcomes: numeric columns measured after assignment.
        covariates: columns measured before assignment; an empty list: none.
        split: planned weight of each arm; None: equal, with a warning.
        level: confidence level of every interval; comparisons are decided at 1 - level.
        worth: smallest effect worth finding, relative to the control's mean.
        winsorise_share: share of each end that is pulled in.
        seed: of the bootstrap.

    Raises:
        ConfigError: a column is not there, or a role cannot be guessed.
        DataError: a unit is there twice, an outcome holds text, or an arm has fewer than two units.
    """
    roles = experiment_roles(table, unit=unit, arm=arm, control=control, outcomes=outcomes, covariates=covariates)
    study = _study(table, roles)
    leaks, kept, dropped = _leaks(study, roles)
    bare = [
        _compare(study, outcome, pair, kept, (level, worth, winsorise_share, seed))
        for outcome in roles.outcomes
        for pair in _pairs(roles)
    ]
    heavy = sorted({f"heavy_tail:{one.outcome}" for one in bare if one.bootstrap is not None})
    warnings = [f"leak:{name}" for name in leaks] + [f"covariates_left_out:{name}" for name in dropped] + heavy
    warnings += ["split_assumed_equal"] * (split is None) + ["no_covariates"] * (not kept.any())
    return ExperimentAudit(
        rows=table.num_rows, roles=roles, level=level, worth=worth, arms=_arm_means(study, roles, level),
        comparisons=_decided(bare, level, worth), warnings=tuple(warnings),
        checks=(_ratio(study, roles, split), *_attrition(study, roles), *leaks.values()),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Study:
    """The table as numbers."""

    arm: NDArray[np.str_]
    outcomes: Mapping[str, Floats]
    covariates: Floats
    sources: tuple[str, ...]
    """Source column of each covariate column."""

    def units(self, outcome: str, arm: str) -> Bools:
        """Units of an arm with a known outcome."""
        return np.asarray((self.arm == arm) & np.isfinite(self.outcomes[outcome]), dtype=np.bool_)


def _study(table: "pa.Table", roles: Roles) -> _Study:
    arm = texts_of(table, roles.arm)
    if roles.unit is not None:
        names, counts = np.unique(texts_of(table, roles.unit), return_counts=True)
        if counts.max() > 1:
            raise DataError(
                f"{roles.unit} {str(names[counts.argmax()])!r} is there {counts.max()} times: "
                "bring the table to one row per unit, or name another unit column"
            )
    outcomes = {name: numbers_of(table, name) for name in roles.outcomes}
    covariates, sources = encoded(table, roles.covariates)
    study = _Study(arm, outcomes, covariates, sources)
    for name in roles.arms:
        for outcome in roles.outcomes:
            if study.units(outcome, name).sum() < 2:
                raise DataError(f"arm {name!r} has fewer than two units with a known {outcome!r}")
    return study


def _pairs(roles: Roles) -> list[tuple[str, str]]:
    """(arm, against): every treatment against control, then treatments among themselves."""
    others = [arm for arm in roles.arms if arm != roles.control]
    return [(arm, roles.control) for arm in others] + [(b, a) for a, b in combinations(others, 2)]


def _leaks(study: _Study, roles: Roles) -> tuple[dict[str, Check], Bools, list[str]]:
    """Suspicious covariates, which covariate columns to use, and which guessed sources that left out.

    A covariate that differs between arms more than assignment by chance allows was probably changed by the test.
    A guessed one is left out; one that the user named stays, with the warning.
    """
    found: dict[str, Check] = {}
    for column, source in enumerate(study.sources):
        x = study.covariates[:, column]
        for arm, against in _pairs(roles):
            a, b = x[study.arm == against], x[study.arm == arm]
            spread = np.sqrt((a.var() + b.var()) / 2)
            gap = abs(b.mean() - a.mean()) / spread if spread > 0 else 0.0
            limit = max(LEAK, 3.3 * np.sqrt(1 / len(a) + 1 / len(b)))
            if gap > limit and gap > (found[source].value if source in found else 0.0):
                found[source] = Check("leak", False, float(gap), float(limit), {})
    dropped = [name for name in found if "covariates" in roles.guessed]
    kept = np.array([source not in dropped for source in study.sources], dtype=np.bool_)
    return found, kept, dropped


def _compare(
    study: _Study, outcome: str, pair: tuple[str, str], kept: Bools, options: tuple[float, float, float, int]
) -> Comparison:
    level, _, share, seed = options
    arm, against = pair
    values, treated, control = study.outcomes[outcome], study.units(outcome, arm), study.units(outcome, against)
    a, b = values[control], values[treated]
    binary = _binary(values)
    raw = welch(Aggregates.of({"y": a}), Aggregates.of({"y": b}), "y", level=level)
    adjusted = _adjusted(study, outcome, treated, control, kept, level)
    heavy = not binary and min(len(a) / _skew(a) ** 2, len(b) / _skew(b) ** 2) < _SKEWED
    units = (len(a), len(b))
    spread = (adjusted or raw).se / np.sqrt(1 / units[0] + 1 / units[1])
    return Comparison(
        outcome=outcome, arm=arm, against=against, raw=raw, adjusted=adjusted,
        winsorised=None if binary else _capped(study, outcome, treated, control, share, level),
        bootstrap=bootstrap(a, b, rng=np.random.default_rng(seed), level=level) if heavy else None,
        p_holm=np.nan, q_value=np.nan, wording="not_shown_to_beat",
        detectable=detectable(spread, units, level=level) if spread > 0 else 0.0, needed=None,
    )  # fmt: skip


def _adjusted(
    study: _Study, outcome: str, treated: Bools, control: Bools, kept: Bools, level: float
) -> Difference | None:
    x = study.covariates[:, kept]
    if x.shape[1] == 0 or min(treated.sum(), control.sum()) < _UNITS_PER_COVARIATE * (1 + x.shape[1]):
        return None
    both = treated | control
    try:
        return lin(study.outcomes[outcome][both], treated[both], x[both], level=level)
    except EstimationError:
        return None


def _capped(study: _Study, outcome: str, treated: Bools, control: Bools, share: float, level: float) -> Capped:
    values = study.outcomes[outcome]
    seen = np.isfinite(values)
    capped = winsorise(values[seen], share=share)
    whole = values.copy()
    whole[seen] = capped.values
    base, arm = (Aggregates.of({"y": whole[side]}) for side in (control, treated))
    return Capped(welch(base, arm, "y", level=level), capped.upper, capped.changed)


def _binary(values: Floats) -> bool:
    return bool(np.isin(values[np.isfinite(values)], (0.0, 1.0)).all())


def _skew(values: Floats) -> float:
    """Skewness, at least .1 so that a symmetric sample never divides by zero."""
    centred = values - values.mean()
    sd = np.sqrt(np.mean(centred**2))
    return max(0.1, abs(float(np.mean(centred**3) / sd**3))) if sd > 0 else 0.1


def _decided(bare: Sequence[Comparison], level: float, worth: float) -> tuple[Comparison, ...]:
    p = [comparison.best.p_value for comparison in bare]
    return tuple(
        replace(
            one,
            p_holm=float(strict), q_value=float(q), wording=_wording(one.best, strict <= 1 - level),
            needed=None if strict <= 1 - level else _needed(one, level, worth),
        )
        for one, strict, q in zip(bare, holm(p), benjamini_hochberg(p), strict=True)
    )  # fmt: skip


def _wording(difference: Difference, decided: bool) -> Wording:
    if not decided:
        return "not_shown_to_beat"
    return "beats" if difference.estimate > 0 else "is_beaten_by"


def _needed(comparison: Comparison, level: float, worth: float) -> SampleSize | None:
    """Sample size at the split that was run, for `worth` times the base, with the adjusted spread."""
    read = comparison.best
    units = (read.n_control, read.n_treatment)
    spread = read.se / np.sqrt(1 / units[0] + 1 / units[1])
    effect = worth * abs(comparison.raw.control)
    if not (spread > 0 and effect > 0):
        return None
    return sample_size(effect, float(spread), level=level, treated_share=units[1] / sum(units))


def _arm_means(study: _Study, roles: Roles, level: float) -> tuple[ArmMean, ...]:
    means = []
    for outcome in roles.outcomes:
        binary = _binary(study.outcomes[outcome])
        for arm in roles.arms:
            values = study.outcomes[outcome][study.units(outcome, arm)]
            rate = wilson(int(values.sum()), len(values), level=level) if binary else None
            missing = int((study.arm == arm).sum()) - len(values)
            means.append(
                ArmMean(arm, outcome, len(values), missing, float(values.mean()), float(values.std(ddof=1)), rate)
            )
    return tuple(means)


def _ratio(study: _Study, roles: Roles, split: Mapping[str, float] | None) -> Check:
    counts = {arm: int((study.arm == arm).sum()) for arm in roles.arms}
    found = sample_ratio(counts, split)
    told = {f"n_{arm}": float(n) for arm, n in counts.items()}
    told |= {f"expected_{arm}": float(n) for arm, n in found.expected.items()}
    return Check("sample_ratio", found.passed, found.p_value, 0.001, told)


def _attrition(study: _Study, roles: Roles) -> list[Check]:
    """Whether outcomes are missing more often in one arm; silent where none is missing."""
    checks = []
    for outcome in roles.outcomes:
        seen = {arm: int(study.units(outcome, arm).sum()) for arm in roles.arms}
        sizes = {arm: int((study.arm == arm).sum()) for arm in roles.arms}
        if seen == sizes:
            continue
        worst = min(
            proportions((seen[roles.control], seen[arm]), (sizes[roles.control], sizes[arm])).p_value
            for arm in roles.arms
            if arm != roles.control
        )
        limit = 0.01 / (len(roles.arms) - 1)
        checks.append(
            Check("attrition", worst >= limit, worst, limit, {f"seen_{arm}": float(n) for arm, n in seen.items()})
        )
    return checks
