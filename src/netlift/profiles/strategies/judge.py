"""Which leaves keep their offer, judged on customers from whom the tree did not learn.

For every node of the learned tree the best offer is known from the customers of whom it learned. On the others, its
gain per customer is the mean of (score of the offer - score of no offer), with a normal interval. The intervals of all
nodes together hold with the stated confidence (Bonferroni over the nodes of the learned tree and the offers that each
may get), so the choice among them, which is made on these same customers, does not spoil them:

- a leaf has its best offer if the interval of its gain lies above 0, else none;
- where the tree proposed an offer in every leaf under a question, the node's best offer goes to all of them if it is
  shown to gain and different answers are not shown to beat it: what suits all is not lost in parts too small to show;
- questions that no longer change the answer go.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from netlift.profiles.segments.inputs import Floats
from netlift.profiles.strategies import tree
from netlift.profiles.strategies.tree import Leaf, Node, Split

FEW = 20
"""Customers below which a leaf shows nothing: the normal distribution is no guide to the mean of so few."""


class Gain(NamedTuple):
    """A mean difference per customer, in the unit of the scores; nan with fewer than two customers."""

    estimate: float
    lower: float
    upper: float
    se: float
    n: int
    """Customers on whom it was estimated."""

    @property
    def shown(self) -> bool:
        """Whether it lies above 0 with the stated confidence, on enough customers."""
        return self.n >= FEW and self.lower > 0


@dataclass(frozen=True, slots=True)
class Part:
    """Customers at one node."""

    X: Floats
    scores: Floats
    """Less costs, shape (n, arms)."""

    def split(self, node: Split) -> tuple["Part", "Part"]:
        """Those below the cut and those above."""
        above = self.X[:, node.feature] >= node.cut
        return Part(self.X[~above], self.scores[~above]), Part(self.X[above], self.scores[above])

    def best_offer(self) -> int:
        """The arm other than no offer with the highest mean score, the first of equals."""
        return 1 + int(self.scores[:, 1:].sum(axis=0).argmax())


def gain(terms: Floats, z: float) -> Gain:
    """Mean of one term per customer, with the interval `mean -+ z sd / sqrt(n)`."""
    n = len(terms)
    if n < 2:
        return Gain(math.nan, math.nan, math.nan, math.nan, n)
    mean, se = float(terms.mean()), float(terms.std(ddof=1)) / math.sqrt(n)
    return Gain(mean, mean - z * se, mean + z * se, se, n)


def judged(node: Node, learned: Part, held: Part, z: float) -> Node:
    """The tree whose offers are shown, without questions that no longer matter.

    Args:
        node: the learned tree.
        learned: the customers from whom it learned.
        held: the others.
        z: half-width of the intervals in standard errors, for all nodes of the tree together.
    """
    if isinstance(node, Leaf):
        offer = node.answer or learned.best_offer()
        return Leaf(offer if gain(held.scores[:, offer] - held.scores[:, 0], z).shown else 0)
    sides = zip((node.below, node.above), learned.split(node), held.split(node), strict=True)
    below, above = (judged(side, known, others, z) for side, known, others in sides)
    kept = tree.pruned(Split(node.feature, node.cut, below, above))
    everywhere = all(leaf.answer for leaf in tree.leaves(node))
    return _one_for_all(kept, learned.best_offer(), held, z) if everywhere else kept


def _one_for_all(kept: Node, offer: int, held: Part, z: float) -> Node:
    """One offer for all leaves, unless it is not shown, or different answers are shown to beat it."""
    own = held.scores[np.arange(len(held.X)), tree.answers(kept, held.X)]
    alone = held.scores[:, offer]
    if gain(own - alone, z).shown or not gain(alone - held.scores[:, 0], z).shown:
        return kept
    return Leaf(offer)
