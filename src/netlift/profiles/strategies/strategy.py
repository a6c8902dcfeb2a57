"""A strategy: which offer, if any, each customer gets, by a tree that fits on a page.

Half of the customers (at most 20,000) teach the tree; its depth is the smallest whose value in five folds of that half
is within one standard error of the best. The other customers judge it (`judge`), and all figures come from them.

What the whole strategy gains is a sum over leaves that were kept because they did well, so its interval is wider than
1.96 standard errors: by Scheffe's method it holds for every choice that the judge could have made,
`gain -+ sqrt(chi2 quantile with d degrees) se`, d the number of pairs of a learned leaf and an offer that it could
have got.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from netlift.errors import ConfigError, EstimationError
from netlift.profiles.matrix import NEVER_INPUTS
from netlift.profiles.segments import inputs
from netlift.profiles.segments.inputs import Floats, Ints
from netlift.profiles.strategies import tree
from netlift.profiles.strategies.judge import Gain, Part, gain, judged
from netlift.profiles.strategies.search import binned, grow
from netlift.profiles.strategies.tree import Condition, Leaf, Node

LEARNED = 20_000
"""Customers who teach the tree, at most."""
FOLDS = 5
"""Parts of the learning half on which the depth is chosen."""
DEEPEST = 4
"""Questions on a path, at most: more can no longer be read."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One leaf: who comes to it, what they get, and what an offer gains there."""

    conditions: tuple[Condition, ...]
    arm: int
    """What is given; 0: no offer."""
    offer: int
    """The best offer here: the one given, or the one that was not shown to gain."""
    customers: int
    """Of all customers of the fit."""
    share: float
    gain: Gain
    """Of the offer against no offer, per customer of the leaf; the intervals of all leaves hold together."""

    @property
    def shown(self) -> bool:
        """Whether the offer is shown to gain here."""
        return self.gain.shown


@dataclass(frozen=True, slots=True)
class Strategy:
    """Who gets what; build it with `fit_strategy`."""

    names: tuple[str, ...]
    """Features, in the order of the matrix."""
    arms: tuple[str, ...]
    """The first is no offer."""
    root: Node
    rules: tuple[Rule, ...]
    """One for each leaf, from those below the cuts to those above."""
    value: Gain
    """Of the strategy against no offer, per customer; simultaneous over all that the judge could have chosen."""
    single: int
    """The best one offer for everybody, by the customers who taught the tree."""
    against_single: Gain
    """Of the strategy against that one offer for everybody, per customer."""
    level: float
    """Confidence level of all intervals."""

    def decide(self, X: ArrayLike, names: Sequence[str] | None = None) -> Ints:
        """The arm of each customer, shape (n,).

        Args:
            X: features as in the fit, shape (n, p).
            names: of the columns; given, they must be those of the fit.

        Raises:
            EstimationError: other features, or values that are not finite.
        """
        inputs.same_names(names, self.names)
        return tree.answers(self.root, inputs.features(X, self.names))

    def to_dict(self) -> dict[str, Any]:
        """As JSON's types; what is infinite in conditions or unknown in gains is null."""
        rules = [asdict(rule) | {"gain": _listed(rule.gain)} for rule in self.rules]
        for rule in rules:
            rule["conditions"] = [[self.names[j], *_listed((low, high))] for j, low, high in rule["conditions"]]
        return {
            "names": list(self.names),
            "arms": list(self.arms),
            "root": tree.to_dict(self.root, self.names),
            "rules": rules,
            "value": _listed(self.value),
            "single": self.single,
            "against_single": _listed(self.against_single),
            "level": self.level,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """From what `to_dict` wrote, also after a trip through JSON."""
        names, root = tuple(data["names"]), tree.from_dict(data["root"], tuple(data["names"]))
        rules = tuple(
            Rule(path, one["arm"], one["offer"], one["customers"], one["share"], _gain(one["gain"]))
            for path, one in zip(tree.paths(root), data["rules"], strict=True)
        )
        value, against = _gain(data["value"]), _gain(data["against_single"])
        return cls(names, tuple(data["arms"]), root, rules, value, data["single"], against, data["level"])


def fit_strategy(
    X: ArrayLike, names: Sequence[str], scores: ArrayLike, arms: Sequence[str], *,
    cost: ArrayLike | None = None, depth: int = 3, least: int = 50, level: float = 0.95, seed: int = 0,
) -> Strategy:  # fmt: skip
    """The tree that gives each customer the arm of highest score, as far as this is shown.

    Args:
        X: what was known of each customer before the offer, shape (n, p).
        names: of the columns.
        scores: doubly robust scores of the outcome under each arm (`netlift.uplift.scores`), made by models that did
            not see the customer, shape (n, arms); the first column is no offer.
        arms: names of the arms, no offer first.
        cost: of an arm per customer in the unit of the scores, shape (arms,) or (n, arms); None: it is in the scores.
        depth: questions on a path, 0 to 4.
        least: customers of the learning half in a leaf, at least.
        level: confidence level.
        seed: of the halves and folds.

    Raises:
        EstimationError: shapes that do not fit, values that are not finite, fewer than 4 x `least` customers.
        ConfigError: fewer than two arms, a depth, level or `least` that makes no sense, or a feature that nobody may
            be treated by.

    >>> rng = np.random.default_rng(0)
    >>> X = np.column_stack([rng.poisson(3, 2000), rng.random(2000)])
    >>> scores = np.column_stack([np.zeros(2000), np.where(X[:, 0] >= 4, 2.0, -1.0)]) + rng.normal(size=(2000, 2))
    >>> found = fit_strategy(X, ["orders", "discount_share"], scores, ["no offer", "ten off"])
    >>> [(rule.conditions[0].low, found.arms[rule.arm], rule.shown) for rule in found.rules]
    [(-inf, 'no offer', False), (4.0, 'ten off', True)]
    """
    array = inputs.features(X, names)
    _check(names, arms, depth, least, level)
    net = _net(scores, cost, rows=len(array), arms=len(arms))
    if len(array) < 4 * least:
        raise EstimationError(f"a strategy with {least} customers in a leaf needs {4 * least}, got {len(array)}")
    mixed = np.random.default_rng(seed).permutation(len(array))
    cut = min(len(array) // 2, LEARNED)
    learned, held = (Part(array[rows], net[rows]) for rows in (np.sort(mixed[:cut]), np.sort(mixed[cut:])))
    proposed = _proposed(learned, depth, least, seed)
    z = simultaneous(level, _claims(proposed, learned)[0])
    root = tree.pruned(judged(proposed, learned, held, z))
    rules = tuple(_rules(root, array, learned, held, z))
    single, given = learned.best_offer(), tree.answers(root, held.X)
    own, wide = held.scores[np.arange(len(given)), given], _scheffe(level, _choices(proposed, learned))
    value, against = (gain(own - held.scores[:, arm], wide) for arm in (0, single))
    return Strategy(tuple(names), tuple(arms), root, rules, value, single, against, level)


def _check(names: Sequence[str], arms: Sequence[str], depth: int, least: int, level: float) -> None:
    if banned := [name for name in names if name.split("=")[0] in NEVER_INPUTS]:
        raise ConfigError(f"{', '.join(banned)} may not decide who gets an offer: leave the column out")
    if len(arms) < 2 or len(set(arms)) < len(arms):
        raise ConfigError(f"a strategy chooses between no offer and at least one offer, all named apart; got {arms}")
    if not 0 <= depth <= DEEPEST or least < 1 or not 0 < level < 1:
        raise ConfigError(
            f"a strategy needs a depth of 0 to {DEEPEST}, least >= 1 and a level between 0 and 1; got {depth}, {least} "
            f"and {level}"
        )


def _net(scores: ArrayLike, cost: ArrayLike | None, *, rows: int, arms: int) -> Floats:
    """Scores less costs, shape (n, arms)."""
    found = inputs.numbers(scores, "scores")
    if found.shape != (rows, arms):
        raise EstimationError(f"scores need the shape ({rows}, {arms}), a column for each arm; got {found.shape}")
    if cost is not None:
        costs = inputs.numbers(cost, "cost")
        if costs.shape not in ((arms,), (rows, arms)):
            raise EstimationError(f"cost needs the shape ({arms},) or ({rows}, {arms}); got {costs.shape}")
        found = found - costs
    if not np.isfinite(found).all():
        row = int(np.argmin(np.isfinite(found).all(axis=1)))
        raise EstimationError(f"scores or costs are NaN or infinite, first in row {row}: leave out those customers")
    return found


def _proposed(learned: Part, depth: int, least: int, seed: int) -> Node:
    """The tree of the learning half, no deeper than folds of it warrant."""
    n = len(learned.X)
    fold = np.random.default_rng(seed + 1).permutation(n) % FOLDS
    earned = np.empty((n, depth + 1))
    for part in range(FOLDS):
        out = fold == part
        data = binned(learned.X[~out], learned.scores[~out])
        for d in range(depth + 1):
            given = tree.answers(grow(data, depth=d, least=least), learned.X[out])
            earned[out, d] = learned.scores[out][np.arange(out.sum()), given]
    best = int(earned.mean(axis=0).argmax())
    short = earned[:, best : best + 1] - earned
    near = short.mean(axis=0) <= short.std(axis=0, ddof=1) / math.sqrt(n)
    return grow(binned(learned.X, learned.scores), depth=int(np.argmax(near)), least=least)


def _rules(root: Node, X: Floats, learned: Part, held: Part, z: float) -> list[Rule]:
    """The leaves with their figures."""
    everybody, known, others = (tree.place(root, part) for part in (X, learned.X, held.X))
    found = []
    for i, (leaf, path) in enumerate(zip(tree.leaves(root), tree.paths(root), strict=True)):
        here, offer = held.scores[others == i], leaf.answer
        if not offer:
            offer = Part(learned.X[known == i], learned.scores[known == i]).best_offer()
        size = int((everybody == i).sum())
        found.append(Rule(path, leaf.answer, offer, size, size / len(X), gain(here[:, offer] - here[:, 0], z)))
    return found


def _choices(node: Node, learned: Part, above: frozenset[int] = frozenset()) -> int:
    """Pairs of a leaf and an offer that the judge can give it: its own, and the best of each node above it."""
    offers = above | {learned.best_offer()}
    if isinstance(node, Leaf):
        return len(offers | ({node.answer} - {0}))
    below, over = learned.split(node)
    return _choices(node.below, below, offers) + _choices(node.above, over, offers)


def _claims(node: Node, learned: Part) -> tuple[int, frozenset[int]]:
    """Pairs of a node and an offer of which a gain may be reported, and the offers of this node among them."""
    offers = frozenset({learned.best_offer()})
    if isinstance(node, Leaf):
        offers |= {node.answer} - {0}
        return len(offers), offers
    below, over = learned.split(node)
    (first, some), (second, others) = _claims(node.below, below), _claims(node.above, over)
    offers |= some | others
    return first + second + len(offers), offers


def simultaneous(level: float, claims: int) -> float:
    """Half-width, in standard errors, of normal intervals that hold together."""
    from scipy.special import ndtri

    return float(-ndtri((1 - level) / 2 / claims))


def _scheffe(level: float, choices: int) -> float:
    from scipy.special import chdtri

    return math.sqrt(float(chdtri(choices, 1 - level)))


def _listed(values: Sequence[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]


def _gain(values: Sequence[float | None]) -> Gain:
    estimate, lower, upper, se, n = (math.nan if value is None else value for value in values)
    return Gain(estimate, lower, upper, se, int(n))
