"""What goes along with an outcome: a small tree of means. Association, not effect.

A regression tree (Breiman, Friedman, Olshen & Stone 1984; scikit-learn) learns on half of the customers; its depth is
the smallest whose squared error in five folds of that half is within one standard error of the least. On the other
half a question between two leaves stays only if their means are shown to differ, and from it come all figures; the
intervals of all nodes of the learned tree hold together (Bonferroni), so the search does not flatter them. Who buys
more under some condition need not be made to buy by it: an offer is to be judged by `strategy`, not by this.
"""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import ConfigError, EstimationError
from netlift.profiles.segments import inputs
from netlift.profiles.segments.inputs import Floats
from netlift.profiles.segments.naming import Lang
from netlift.profiles.strategies import tree
from netlift.profiles.strategies.cuts import round_between
from netlift.profiles.strategies.judge import FEW, Gain, gain
from netlift.profiles.strategies.sentences import Amount, gained, who
from netlift.profiles.strategies.strategy import DEEPEST, FOLDS, simultaneous
from netlift.profiles.strategies.tree import Condition, Leaf, Node, Split

NOTE: Mapping[Lang, str] = MappingProxyType(
    {
        "en": "Association, not effect: who these customers are, not what would change them.",
        "zh-CN": "相关，不是因果：只说明这些客户是谁，不说明什么能改变他们。",
    }
)
"""Stands beside every such tree."""
_NOTHING: Mapping[Lang, str] = MappingProxyType(
    {"en": "No feature is shown to go along with it.", "zh-CN": "未能证实任何特征与之相关。"}
)
_SAYS: Mapping[Lang, str] = MappingProxyType({"en": "{}: {} ({:,} customers)", "zh-CN": "{}：{}（{:,} 位客户）"})


class Group(NamedTuple):
    """Customers of one leaf."""

    conditions: tuple[Condition, ...]
    customers: int
    """Of all customers."""
    mean: Gain
    """Mean outcome, on the half that did not teach the tree; the intervals of all leaves hold together."""


class Insight(NamedTuple):
    """What goes along with an outcome."""

    names: tuple[str, ...]
    root: Node
    """Its leaves answer with their own number."""
    groups: tuple[Group, ...]
    """The highest mean first."""
    factors: Mapping[str, float]
    """Features that are asked about, by their share of what the tree explains; the largest first, sum 1."""
    explained: float
    """Share of the variance explained on the other half; 0 or below: nothing."""

    def sentences(self, lang: Lang = "en", *, amount: Amount = "{:,.2f}".format) -> list[str]:
        """What it is, then one line for each leaf."""
        if not self.factors:
            return [NOTE[lang], _NOTHING[lang]]
        lines = [
            _SAYS[lang].format(who(one.conditions, self.names, lang), gained(one.mean, amount), one.customers)
            for one in self.groups
        ]
        return [NOTE[lang], *lines]


def influences(
    X: ArrayLike, names: Sequence[str], y: ArrayLike, *,
    depth: int = 3, least: int = 50, level: float = 0.95, seed: int = 0,
) -> Insight:  # fmt: skip
    """Which features go along with an outcome, such as a purchase (0 or 1) or an amount.

    Args:
        X: what was known of each customer before, shape (n, p).
        names: of the columns.
        y: what came after, shape (n,).
        depth: questions on a path, 0 to 4.
        least: customers of the learning half in a leaf, at least.
        level: confidence level.
        seed: of halves and folds.

    Raises:
        EstimationError: shapes that do not fit, values that are not finite, fewer than 4 x `least` customers.
        ConfigError: a depth, level or `least` that makes no sense.

    >>> rng = np.random.default_rng(0)
    >>> X = np.column_stack([rng.poisson(3, 1000), rng.random(1000)])
    >>> bought = rng.random(1000) < np.where(X[:, 0] >= 4, 0.6, 0.2)
    >>> found = influences(X, ["orders", "weekend_share"], bought)
    >>> list(found.factors), found.groups[0].conditions[0].low
    (['orders'], 4.0)
    """
    array = inputs.features(X, names)
    outcome = inputs.column(y, "y", rows=len(array))
    if not 0 <= depth <= DEEPEST or least < 1 or not 0 < level < 1:
        raise ConfigError(f"insight needs a depth of 0 to {DEEPEST}, least >= 1 and a level between 0 and 1")
    if len(array) < 4 * least:
        raise EstimationError(f"a tree with {least} customers in a leaf needs {4 * least}, got {len(array)}")
    mixed = np.random.default_rng(seed).permutation(len(array))
    learned, held = np.sort(mixed[: len(array) // 2]), np.sort(mixed[len(array) // 2 :])
    chosen = _depth(array[learned], outcome[learned], depth, least, seed)
    model = _fitted(array[learned], outcome[learned], chosen, least)
    z = simultaneous(level, int(model.tree_.node_count))
    kept = _shown(_node(model.tree_, 0, array[learned]), array[held], outcome[held], z)
    root = _numbered(kept, iter(range(2**depth)))
    return Insight(
        tuple(names),
        root,
        _groups(root, array, outcome, held, z),
        _factors(root, names, array[held], outcome[held]),
        _explained(root, array, outcome, learned, held),
    )


def _fitted(X: Floats, y: Floats, depth: int, least: int) -> Any:
    from sklearn.tree import DecisionTreeRegressor

    # a depth of 0 is a tree whose leaves would need more customers than there are
    enough = least if depth else len(y)
    return DecisionTreeRegressor(max_depth=max(depth, 1), min_samples_leaf=enough, random_state=0).fit(X, y)


def _depth(X: Floats, y: Floats, depth: int, least: int, seed: int) -> int:
    """The smallest depth whose error in folds is within one standard error of the least."""
    fold = np.random.default_rng(seed + 1).permutation(len(y)) % FOLDS
    errors = np.empty((len(y), depth + 1))
    for part in range(FOLDS):
        out = fold == part
        for d in range(depth + 1):
            errors[out, d] = (y[out] - _fitted(X[~out], y[~out], d, least).predict(X[out])) ** 2
    best = int(errors.mean(axis=0).argmin())
    more = errors - errors[:, best : best + 1]
    near = more.mean(axis=0) <= more.std(axis=0, ddof=1) / math.sqrt(len(y))
    return int(np.argmax(near))


def _node(fitted: Any, i: int, X: Floats) -> Node:
    """A node of scikit-learn's tree, its threshold moved to the roundest number between its customers."""
    if fitted.children_left[i] == fitted.children_right[i]:
        return Leaf(0)
    j = int(fitted.feature[i])
    below = X[:, j].astype(np.float32) <= fitted.threshold[i]  # as scikit-learn compares
    cut = round_between(float(X[below, j].max()), float(X[~below, j].min()))
    lower, upper = _node(fitted, fitted.children_left[i], X[below]), _node(fitted, fitted.children_right[i], X[~below])
    return Split(j, cut, lower, upper)


def _numbered(node: Node, numbers: Any) -> Node:
    """The same questions; each leaf answers with its number."""
    if isinstance(node, Leaf):
        return Leaf(next(numbers))
    below = _numbered(node.below, numbers)
    return Split(node.feature, node.cut, below, _numbered(node.above, numbers))


def _shown(node: Node, X: Floats, y: Floats, z: float) -> Node:
    """Without questions between two leaves whose means are not shown to differ."""
    if isinstance(node, Leaf):
        return node
    over = X[:, node.feature] >= node.cut
    below, above = _shown(node.below, X[~over], y[~over], z), _shown(node.above, X[over], y[over], z)
    if isinstance(below, Leaf) and isinstance(above, Leaf):
        low, high = gain(y[~over], z), gain(y[over], z)
        if min(low.n, high.n) < FEW or abs(high.estimate - low.estimate) <= z * math.hypot(low.se, high.se):
            return Leaf(0)
    return Split(node.feature, node.cut, below, above)


def _groups(root: Node, X: Floats, y: Floats, held: "np.ndarray[Any, Any]", z: float) -> tuple[Group, ...]:
    paths, where = tree.paths(root), tree.place(root, X)
    found = [Group(path, int((where == i).sum()), gain(y[held][where[held] == i], z)) for i, path in enumerate(paths)]
    return tuple(sorted(found, key=lambda one: -one.mean.estimate if one.mean.n > 1 else math.inf))


def _factors(root: Node, names: Sequence[str], X: Floats, y: Floats) -> Mapping[str, float]:
    """What each feature's questions explain of the variance, as shares of what all of them explain."""
    found: dict[str, float] = {}
    for feature, between in _between(root, X, y):
        found[names[feature]] = found.get(names[feature], 0.0) + between
    whole = sum(found.values())
    order = sorted(found, key=lambda name: (-found[name], name))
    return MappingProxyType({name: found[name] / whole for name in order})


def _between(node: Node, X: Floats, y: Floats) -> list[tuple[int, float]]:
    """Feature of each question, and the sum of squares between its two sides."""
    if isinstance(node, Leaf):
        return []
    over = X[:, node.feature] >= node.cut
    n, m = int((~over).sum()), int(over.sum())
    apart = (y[over].mean() - y[~over].mean()) ** 2 * n * m / (n + m) if n and m else 0.0
    deeper = _between(node.below, X[~over], y[~over]) + _between(node.above, X[over], y[over])
    return [(node.feature, float(apart)), *deeper]


def _explained(
    root: Node, X: Floats, y: Floats, learned: "np.ndarray[Any, Any]", held: "np.ndarray[Any, Any]"
) -> float:
    """1 - squared error of the leaves' means of one half, on the other half, over that of one mean."""
    known, others = tree.place(root, X[learned]), tree.place(root, X[held])
    sizes = np.bincount(known, minlength=len(tree.leaves(root)))
    means = np.bincount(known, y[learned], len(sizes)) / np.maximum(sizes, 1)
    plain = float(((y[held] - y[learned].mean()) ** 2).sum())
    return 1 - float(((y[held] - means[others]) ** 2).sum()) / plain if plain > 0 else 0.0
