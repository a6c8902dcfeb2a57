"""The lists of a recommender that has learned, measured on what came later."""

from typing import Literal

import numpy as np

from netlift.errors import ConfigError
from netlift.recommend.evaluate.metrics import Measures, measure
from netlift.recommend.evaluate.splits import Split
from netlift.recommend.ids import Ints
from netlift.recommend.interactions import Interactions
from netlift.recommend.listing import unlinked
from netlift.recommend.recommender import Recommender, Scores
from netlift.recommend.top import leading

CELLS = 20_000_000
"""Scores that are held at a time: 80 MB."""


def judge(
    model: Recommender,
    split: Split,
    k: int = 10,
    *,
    bought: Literal["allow", "exclude"] = "exclude",
    as_shown: bool = False,
    had: Interactions | None = None,
) -> Measures:
    """Measure the first `k` places of everybody who did something in the part that judges.

    Args:
        model: fitted on `split.learn`.
        split: from `splits`.
        k: length of lists.
        bought: whether goods that a customer had before are listed: `allow` for what is bought again.
        as_shown: whether newcomers, and goods for which nothing speaks, get what is popular, as in lists; else the
            model's scores alone are judged.
        had: what counts as bought before; None: all that was done in the part that teaches.

    Raises:
        ConfigError: the model was fitted on other users or items, or `k` is below 1.
        NotFittedError: `fit` was not called.
    """
    users, known = split.judged, model._learned()
    if (len(known.users), len(known.items)) != (len(split.judge.users), len(split.judge.items)):
        raise ConfigError("a model is judged on the users and items that it was fitted on")
    old = split.learn if had is None else had
    lists = best_places(model, users, k, bought=bought, as_shown=as_shown, had=old)
    return measure(lists, split.judge.matrix[users], old.matrix[users])


def best_places(
    model: Recommender,
    users: Ints,
    k: int,
    *,
    bought: Literal["allow", "exclude"] = "exclude",
    as_shown: bool = False,
    had: Interactions | None = None,
) -> Ints:
    """Places of the best items of users, shape (users, k), -1 where a list ends early; see `judge`.

    Raises:
        ConfigError: `k` is below 1.
        NotFittedError: `fit` was not called.
    """
    if k < 1:
        raise ConfigError(f"a list has at least one place, got k = {k}")
    matrix = (model._learned() if had is None else had).matrix
    step = max(1, CELLS // max(matrix.shape[1], 1))
    parts = [np.empty((0, k), np.int64)]
    for start in range(0, len(users), step):
        part = users[start : start + step]
        scores = _shown(model, part) if as_shown else model._score(part)
        if bought == "exclude":
            scores = np.array(scores, np.float32)
            its = matrix[part]
            scores[np.repeat(np.arange(len(part)), np.diff(its.indptr)), its.indices] = np.nan
        parts.append(top(scores, k))
    return np.concatenate(parts)


def _shown(model: Recommender, users: Ints) -> Scores:
    popular = model.popularity()
    scores, new = unlinked(model._score(users), popular), ~model.knows(users)
    scores[new] = popular.shares[popular.of[users[new]]]
    return scores


def top(scores: Scores, k: int) -> Ints:
    """Places of the k highest of each row, of equals the first; NaN is left out and -1 fills up.

    >>> top(np.array([[1, 3, np.nan, 3, 2]], np.float32), 5).tolist()
    [[1, 3, 4, 0, -1]]
    """
    return leading(scores, k)
