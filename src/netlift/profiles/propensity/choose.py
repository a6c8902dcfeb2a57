"""Which family to use: the cheapest of those that are not shown to foretell worse than the best one.

The rule is that of one standard error (Breiman, Friedman, Olshen & Stone 1984), on paired differences: a family may
stand in for the best one if its loss is within one standard error of the *difference*. The best one may still know
nothing: `Choice.shown` says whether what was chosen beats one number for everybody.
"""

from collections.abc import Sequence
from typing import NamedTuple

from netlift.errors import ConfigError
from netlift.profiles.propensity.dates import Dated
from netlift.profiles.propensity.family import Cost, Family
from netlift.profiles.propensity.intervals import Interval
from netlift.profiles.propensity.validate import CrossValidation, cross_validate


class Entry(NamedTuple):
    """One family in the table."""

    family: Family
    cost: Cost
    loss: float
    """Mean log-loss, or mean squared error, over the dates."""
    against_base: Interval
    """Loss less that of one number for everybody; below 0 is better."""
    against_best: Interval
    """Loss less that of the family with the least; 0 for that family itself."""
    good_enough: bool
    """Within one standard error of the best."""
    validation: CrossValidation


class Choice(NamedTuple):
    """The table and what it advises."""

    table: tuple[Entry, ...]
    """By rising loss."""
    chosen: Entry
    """The cheapest that is good enough; of equal cost, that of least loss."""

    @property
    def shown(self) -> bool:
        """Whether the chosen family is shown to beat the base rate; else one number for everybody does as well."""
        return self.chosen.against_base.upper < 0


def choose(families: Sequence[Family], dates: Sequence[Dated], *, level: float = 0.95, seed: int = 0) -> Choice:
    """Judge families by time on the same rows, and choose.

    Args:
        families: at least one, all of one task.
        dates: at least three, in the order of time.
        level: confidence level of the differences.
        seed: of everything drawn by chance.

    Raises:
        ConfigError: no family, or families of different tasks.
        EstimationError: as in `cross_validate`.
    """
    if not families or len({family.task for family in families}) > 1:
        raise ConfigError(f"choosing needs one family or more, all of one task; got {len(families)}")
    judged = sorted(
        (cross_validate(family, dates, level=level, seed=seed) for family in families), key=lambda one: one.loss
    )
    table = tuple(_entry(one, judged[0]) for one in judged)
    return Choice(table, min((row for row in table if row.good_enough), key=lambda row: (row.cost, row.loss)))


def _entry(one: CrossValidation, best: CrossValidation) -> Entry:
    apart = one.against(best)
    return Entry(one.family, type(one.family).cost, one.loss, one.against_base, apart, apart.estimate <= apart.se, one)
