"""Which settings do best on a validation period, found by trying each; the test is not looked at here."""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from netlift.errors import ConfigError
from netlift.recommend.about import About
from netlift.recommend.evaluate.judging import judge
from netlift.recommend.evaluate.splits import Split
from netlift.recommend.recommender import Recommender


class Choice(NamedTuple):
    """What was found."""

    model: Recommender
    """The best, fitted on the part that teaches; fit it again on all before the test."""
    figures: tuple[float, ...]
    """Of each in the order given."""


def choose(
    models: Sequence[Recommender],
    split: Split,
    k: int = 10,
    *,
    by: str = "ndcg",
    bought: Literal["allow", "exclude"] = "exclude",
    about: About | None = None,
) -> Choice:
    """Fit each on the part that teaches and take the one with the best figure; of equals the first.

    Args:
        models: one object each; they are fitted in place.
        split: a validation split, earlier than any test.
        k: length of lists.
        by: a name in `Measures.means()`.
        bought: whether goods that a customer had before are listed.
        about: what else is known.

    Raises:
        ConfigError: no models, an unknown figure, or nobody to judge by.
    """
    if not models:
        raise ConfigError("there is nothing to choose from")
    figures = []
    for model in models:
        means = judge(model.fit(split.learn, about), split, k, bought=bought).means()
        if by not in means:
            raise ConfigError(f"there is no figure {by!r}; there are: {', '.join(sorted(means))}")
        figures.append(means[by])
    known = [figure if not math.isnan(figure) else -math.inf for figure in figures]
    if max(known) == -math.inf:
        raise ConfigError("nobody did anything in the validation period, so nothing can be chosen by it")
    return Choice(models[known.index(max(known))], tuple(figures))
