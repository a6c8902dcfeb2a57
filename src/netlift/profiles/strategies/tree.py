"""A tree of questions "is this feature at least so much?", with an answer in each leaf."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from netlift.profiles.segments.inputs import Floats, Ints


@dataclass(frozen=True, slots=True)
class Leaf:
    """The end of a path."""

    answer: int
    """What is answered here: an arm."""


@dataclass(frozen=True, slots=True)
class Split:
    """A question: is `X[:, feature] >= cut`?"""

    feature: int
    cut: float
    below: "Node"
    """For customers below the cut."""
    above: "Node"
    """For customers at the cut or above it."""


Node: TypeAlias = Leaf | Split


class Condition(NamedTuple):
    """What the path to a leaf asks of one feature: `low <= x < high`; infinite where it asks nothing."""

    feature: int
    low: float
    high: float


def leaves(node: Node) -> list[Leaf]:
    """The leaves, from those below the cuts to those above."""
    return [node] if isinstance(node, Leaf) else [*leaves(node.below), *leaves(node.above)]


def place(node: Node, X: Floats) -> Ints:
    """Which leaf, in the order of `leaves`, each customer comes to, shape (n,)."""
    if isinstance(node, Leaf):
        return np.zeros(len(X), dtype=np.int64)
    found, above = np.empty(len(X), dtype=np.int64), X[:, node.feature] >= node.cut
    found[~above] = place(node.below, X[~above])
    found[above] = place(node.above, X[above]) + len(leaves(node.below))
    return found


def answers(node: Node, X: Floats) -> Ints:
    """The answer to each customer, shape (n,)."""
    return np.array([leaf.answer for leaf in leaves(node)], dtype=np.int64)[place(node, X)]


def paths(node: Node) -> list[tuple[Condition, ...]]:
    """What leads to each leaf, in the order of `leaves`; one condition for each feature, the first asked first."""
    if isinstance(node, Leaf):
        return [()]
    lower = [_narrowed(path, Condition(node.feature, -math.inf, node.cut)) for path in paths(node.below)]
    upper = [_narrowed(path, Condition(node.feature, node.cut, math.inf)) for path in paths(node.above)]
    return lower + upper


def pruned(node: Node) -> Node:
    """Without questions that do not change the answer."""
    if isinstance(node, Leaf):
        return node
    below, above = pruned(node.below), pruned(node.above)
    if isinstance(below, Leaf) and below == above:
        return below
    return Split(node.feature, node.cut, below, above)


def to_dict(node: Node, names: Sequence[str]) -> dict[str, Any]:
    """As JSON's types, features by name."""
    if isinstance(node, Leaf):
        return {"answer": node.answer}
    below, above = to_dict(node.below, names), to_dict(node.above, names)
    return {"feature": names[node.feature], "cut": node.cut, "below": below, "above": above}


def from_dict(data: Mapping[str, Any], names: Sequence[str]) -> Node:
    """From what `to_dict` wrote."""
    if "answer" in data:
        return Leaf(int(data["answer"]))
    below, above = from_dict(data["below"], names), from_dict(data["above"], names)
    return Split(list(names).index(data["feature"]), float(data["cut"]), below, above)


def _narrowed(path: tuple[Condition, ...], first: Condition) -> tuple[Condition, ...]:
    """The path with one more condition before it, joined with what it asks of the same feature already."""
    same = next((one for one in path if one.feature == first.feature), None)
    if same is not None:
        first = Condition(first.feature, max(first.low, same.low), min(first.high, same.high))
    return first, *(one for one in path if one.feature != first.feature)
