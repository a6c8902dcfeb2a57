"""Several recommenders as one, with weights by what they are good for on the latest part of what was done.

Parts learn from what was done before a moment and are judged on what came since. Weights grow by one step at a time,
each for the part that makes the lists of all together best (ensemble selection: Caruana et al. 2004,
doi:10.1145/1015330.1015432): none is below 0, they add up to 1, and a part that does not help gets none. At last the
parts learn again from everything.
"""

from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from netlift.errors import ConfigError
from netlift.recommend.evaluate.judging import CELLS
from netlift.recommend.evaluate.metrics import found_in, mean, ndcg
from netlift.recommend.evaluate.splits import Split, only
from netlift.recommend.ids import Ints
from netlift.recommend.interactions import Interactions
from netlift.recommend.mixing import add_spread, moments
from netlift.recommend.recommender import RECOMMENDERS, Recommender, Scores
from netlift.recommend.top import leading

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]


@dataclass(kw_only=True)
class Hybrid(Recommender):
    """Weighted sum of the parts' scores, each measured in its standard deviations over a customer's goods.

    Where there is nothing to judge by, such as events of one time only, all parts weigh the same.

    Args:
        parts: kinds, or recommenders with settings of their own; they are copied, not fitted. The kind `content` is
            left out where nothing is told about products, unless it is the only one.
        latest: share of the events that judge, the last ones, above 0 and below 1.
        places: length of the lists whose nDCG is looked at.
        bought: whether goods that a customer had before are judged: `allow` for a shop where things are used up.
        steps: of the weights, which are multiples of 1 over as many.
        judges: customers that are looked at, at most, evenly spread over their ids; less where goods are many.
    """

    kind = "hybrid"

    parts: tuple[str | Recommender, ...] = ("popular", "item_knn", "rp3beta", "repeat", "content")
    latest: float = 0.2
    places: int = 10
    bought: Literal["allow", "exclude"] = "exclude"
    steps: int = 20
    judges: int = 500

    def _fit(self) -> None:
        if not self.parts or not 0 < self.latest < 1 or min(self.places, self.steps, self.judges) < 1:
            raise ConfigError(
                "a hybrid needs a part, a latest share within 0..1, and places, steps and judges of at least 1; "
                f"got {len(self.parts)} parts, {self.latest}, {self.places}, {self.steps} and {self.judges}"
            )
        self.weights_ = self._learn_weights(last_part(self.seen_, self.latest))
        self.models_ = [one.fit(self.seen_, self.about_) for one in self._copies()]

    def _copies(self) -> list[Recommender]:
        told = self.about_.items is not None and self.about_.items.num_columns > 1
        parts = [part for part in self.parts if told or part != "content"] or self.parts
        return [deepcopy(part) if isinstance(part, Recommender) else RECOMMENDERS[part]() for part in parts]

    def _learn_weights(self, split: Split) -> Floats:
        """Shape (parts,)."""
        copies = self._copies()
        even: Floats = np.full(len(copies), 1 / len(copies))
        most = min(self.judges, max(CELLS // max(len(split.learn.items), 1), 1))
        known = split.judged[np.diff(split.learn.starts)[split.judged] > 0]
        users = known[np.unique(np.linspace(0, len(known) - 1, min(most, len(known))).astype(np.int64))]
        if len(copies) == 1 or not len(users):
            return even
        scores = [spread(one.fit(split.learn, self.about_)._score(users)) for one in copies]
        right, had = split.judge.matrix[users], split.learn.matrix[users]
        if self.bought == "exclude":
            row = np.repeat(np.arange(len(users)), np.diff(had.indptr))
            for one in scores:
                one[row, had.indices] = np.nan
        total = np.diff(right.indptr).astype(np.float64)

        def worth(mixed: Scores, one: Scores) -> float:
            return mean(ndcg(found_in(leading(mixed, self.places, one), right), total))

        best, figure, taken = even, 0.0, np.zeros(len(scores))
        mixed = np.zeros_like(scores[0])
        for step in range(1, self.steps + 1):
            figures = [worth(mixed, one) for one in scores]
            at = int(np.argmax(figures))
            taken[at] += 1
            mixed += scores[at]
            if figures[at] > figure:
                best, figure = taken / step, figures[at]
        return best

    def knows(self, users: Ints) -> NDArray[np.bool_]:
        """Whom any part with a weight knows."""
        told = [model.knows(users) for model, weight in zip(self.models_, self.weights_, strict=True) if weight > 0]
        found: NDArray[np.bool_] = np.any(told, axis=0)
        return found

    def _score(self, users: Ints) -> Scores:
        found: Scores = np.zeros((len(users), len(self.seen_.items)), np.float32)
        for model, weight in zip(self.models_, self.weights_, strict=True):
            if weight > 0:
                add_spread(found, model._score(users), weight)
        return found

    def reasons(self, user: int, items: Ints) -> list[tuple[str, ...]]:
        """Those of the part that speaks most for each."""
        told = self.reason_lists(np.array([user]), items, np.array([0, len(items)]))
        return [tuple(why) for why in told.to_pylist()]

    def reason_lists(self, users: Ints, items: Ints, starts: Ints) -> "pa.ListArray":
        """Those of the part that speaks most for each, many at once."""
        import pyarrow as pa

        row = np.repeat(np.arange(len(users)), np.diff(starts))
        used = [at for at, weight in enumerate(self.weights_) if weight > 0]
        says = np.array([self.weights_[at] * _spread_at(self.models_[at]._score(users), row, items) for at in used])
        told = pa.concat_arrays([self.models_[at].reason_lists(users, items, starts) for at in used])
        return told.take(pa.array(says.argmax(axis=0) * len(items) + np.arange(len(items))))


def last_part(seen: Interactions, share: float) -> Split:
    """The last events, about that share of all, and those before; events of one time stay together."""
    if not len(seen):
        return Split(seen, seen)
    moment = np.sort(seen.at)[min(int(np.ceil((1 - share) * len(seen))), len(seen) - 1)]
    return Split(only(seen, seen.at < moment), only(seen, seen.at >= moment))


def spread(scores: Scores) -> Scores:
    """Each row around 0 with standard deviation 1; 0 throughout where all are equal."""
    found: Scores = np.zeros(scores.shape, np.float32)
    add_spread(found, scores, 1.0)
    return found


def _spread_at(scores: Scores, row: Ints, items: Ints) -> Floats:
    """Some cells of `spread`."""
    middle, scale = moments(scores)
    found: Floats = (scores[row, items] - middle[row]) * scale[row]
    return found
