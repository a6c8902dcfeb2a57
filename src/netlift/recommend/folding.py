"""A customer's taste as it is now, in a model as it was learned: nothing is fitted again."""

import copy
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError
from netlift.recommend.interactions import Interactions
from netlift.recommend.models.ease import Ease
from netlift.recommend.models.ials import Ials
from netlift.recommend.models.item_knn import ItemKnn
from netlift.recommend.models.rp3beta import Rp3Beta

Folded = TypeVar("Folded", Ease, Ials, ItemKnn, Rp3Beta)


def fold_in(model: Folded, history: Interactions) -> Folded:
    """A fitted model for the customers of a history, without fitting again: goods stay as they were learned.

    Give all that these customers did, old and new: what the model kept of them is not used. Goods that the model has
    not met are passed over. Lists for one customer take the time of one customer.

    Args:
        model: of a kind in which customers are what they had: ease, ials, item_knn or rp3beta.
        history: events of the customers that are asked for.

    Raises:
        NotFittedError: the model was not fitted.
        ConfigError: a model of another kind.
    """
    if not isinstance(model, Ease | Ials | ItemKnn | Rp3Beta):
        raise ConfigError(
            f"{getattr(model, 'kind', model)!r} keeps more of a customer than what they had: fit it again"
        )
    items = model._learned().items
    place = items.positions(history.items.names)
    known = place[history.item] >= 0
    mine = Interactions(
        history.users, items, history.user[known], place[history.item[known]].astype(np.int32),
        history.at[known], history.weight[known],
    )  # fmt: skip
    folded = copy.copy(model)
    folded.seen_ = mine
    vars(folded)["popularity"] = model.popularity  # newcomers are still shown what everybody wants
    if isinstance(folded, Ease):
        folded.had_ = mine.matrix.copy()
        if folded.binary:
            folded.had_.data[:] = 1.0
    elif isinstance(folded, Ials):
        folded.users_ = _solved(folded, mine)
    return folded


def _solved(model: Ials, mine: Interactions) -> NDArray[np.float32]:
    """The least squares that a sweep approaches, solved: one vector for each customer, shape (users, factors)."""
    goods = model.items_.astype(np.float64)
    gram = model.unobserved * (goods.T @ goods)
    matrix = mine.matrix
    found = np.zeros((len(mine.users), goods.shape[1]), np.float32)
    for user in np.flatnonzero(np.diff(matrix.indptr)):
        its = slice(matrix.indptr[user], matrix.indptr[user + 1])
        had = goods[matrix.indices[its]]
        weight = 1.0 + model.confidence * matrix.data[its].astype(np.float64)
        ridge = model.ridge * (len(had) + model.unobserved * len(goods)) ** model.power
        left = gram + (had * weight[:, None]).T @ had
        left[np.diag_indices(len(left))] += ridge
        found[user] = np.linalg.solve(left, weight @ had)
    return found
