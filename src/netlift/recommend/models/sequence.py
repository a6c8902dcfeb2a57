"""What comes next: a network that reads what customers did in its order (see `netlift.recommend.deep.network`)."""

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from netlift.recommend.deep.framework import Framework, needed, steady
from netlift.recommend.deep.lines import Cuts, Lines
from netlift.recommend.deep.network import Network, Shape
from netlift.recommend.deep.training import Learned, Settings, after, learn
from netlift.recommend.ids import Ints
from netlift.recommend.interactions import Interactions
from netlift.recommend.models._sweeps import products
from netlift.recommend.reasons import Shown, nearest, told
from netlift.recommend.recommender import Recommender, Scores

if TYPE_CHECKING:
    import pyarrow as pa

Points = NDArray[np.float32]
RECENT = 5
"""Last things of a customer among which a reason is looked for."""


@dataclass(kw_only=True)
class SequenceModel(Settings, Recommender):
    """Products of what is known after a customer's last thing and points of goods.

    It needs PyTorch: `pip install "netlift[deep]"`. What was learned is kept as NumPy arrays, and lists are made
    without PyTorch. A customer who did nothing gets what is popular; so does everybody, where nobody did two things.

    Equal events and settings give equal bytes on one machine's CPU, whatever threads it offers: `threads` of them work,
    and PyTorch's deterministic algorithms. On a GPU that is what PyTorch promises for one device and one version. Other
    versions or processors may round otherwise.
    """

    kind = "sequence"

    def _fit(self) -> None:
        needed()
        self.check()
        seen = self.seen_
        self.met_: Ints = np.unique(seen.item).astype(np.int64)
        # points of goods, and behind them what is known after each of them alone
        self.points_: Points = np.zeros((2 * len(seen.items), self.factors), np.float32)
        self.learned_: Learned | None = None
        if (np.diff(seen.starts) > 1).any():
            each = np.arange(len(self.met_))
            with steady(self.device, self.threads, self.seed) as on:
                self.learned_ = learn(seen, self.met_, self, on)
                self.points_[self.met_ + len(seen.items)] = self._after(on, each, Cuts(each, np.ones_like(each)))
            self.points_[self.met_] = self.learned_.weights["items"]
        self._follow(seen)

    def following(self, history: Interactions) -> Self:
        """The same model for customers as they are now; nothing is learned again.

        Args:
            history: all that these customers did; goods that the model has not met are passed over.

        Raises:
            NotFittedError: `fit` was not called.
            ConfigError: PyTorch is not installed.
        """
        items = self._learned().items
        place = items.positions(history.items.names)
        known = np.isin(place, self.met_)[history.item]
        found = copy.copy(self)
        found.seen_ = Interactions(
            history.users, items, history.user[known], place[history.item[known]].astype(np.int32),
            history.at[known], history.weight[known],
        )  # fmt: skip
        found.counted_ = (found.seen_, self.popularity())  # newcomers are still shown what everybody wants
        found._follow(found.seen_)
        return found

    def _follow(self, seen: Interactions) -> None:
        """Read the last things of everybody."""
        import scipy.sparse as sp

        lines = Lines.of(seen, self.met_)
        self.who_: Ints = np.flatnonzero(np.diff(lines.starts)) if self.learned_ else np.empty(0, np.int64)
        self.users_: Points = np.zeros((len(seen.users), self.factors), np.float32)
        row: Ints = np.empty(0, np.int64)
        column: Ints = row
        if len(self.who_):
            with steady(self.device, self.threads, self.seed) as on:
                self.users_[self.who_] = self._after(on, lines.item, lines.last(self.length))
            few = lines.last(RECENT)
            place, counts = few.places()
            row = np.repeat(self.who_, few.size)
            column = self.met_[lines.item[place[counts]]] + len(seen.items)  # as in `points_`
        shape = (len(seen.users), 2 * len(seen.items))
        self.recent_: Any = sp.csr_array((np.ones(len(row), np.float32), (row, column)), shape=shape)

    def _after(self, on: Framework, items: Ints, cuts: Cuts) -> Points:
        """What is known after each cut of goods, by what was learned."""
        learned = self.learned_.weights if self.learned_ is not None else {}
        weights = {name: on.tensor(one) for name, one in learned.items()}
        shape = Shape(len(self.met_), self.length, self.factors, self.blocks, self.heads)
        return after(Network(on, weights, shape), items, cuts)

    def _score(self, users: Ints) -> Scores:
        goods = len(self.seen_.items)
        scores = products(self.users_[users], self.points_[:goods])
        if self.learned_ is not None and len(self.met_) < goods:
            never = np.ones(goods, np.bool_)
            never[self.met_] = False
            scores[:, never] = scores[:, self.met_].min(axis=1, keepdims=True) - 1  # nobody met them: they come last
        new = ~np.isin(users, self.who_)
        if new.any():
            scores[new] = self.popularity().everybody
        return scores

    def reasons(self, user: int, items: Ints) -> list[tuple[str, ...]]:
        """Of the last things of the customer, the one after which alone each would be most likely."""
        found = self.reason_lists(np.array([user]), items, np.array([0, len(items)]))
        return [tuple(why) for why in found.to_pylist()]

    def reason_lists(self, users: Ints, items: Ints, starts: Ints) -> "pa.ListArray":
        """The same of many lists."""
        best = nearest(Shown(users, items, starts), self.recent_, self.points_)
        return told(self.seen_.items, np.where(best < 0, -1, best - len(self.seen_.items)), "next_after")
