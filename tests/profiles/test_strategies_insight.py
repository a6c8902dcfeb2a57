"""Insight trees: planted factors are found, noise is not, and they call themselves association."""

import numpy as np
import pytest
from numpy.typing import NDArray

from netlift.errors import ConfigError, EstimationError
from netlift.profiles.segments.naming import LANGS
from netlift.profiles.strategies import tree
from netlift.profiles.strategies.insight import NOTE, influences
from netlift.profiles.strategies.tree import Leaf

NAMES = ("orders", "discount_share", "recency_days")
Floats = NDArray[np.float64]


def customers(seed: int, n: int = 2000) -> tuple[Floats, Floats, np.random.Generator]:
    """Features, and the planted chance: .6 from 5 orders on, .3 below if seen within 100 days, else .1."""
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.integers(0, 10, n), rng.random(n), rng.integers(0, 365, n)]).astype(np.float64)
    return X, np.where(X[:, 0] >= 5, 0.6, np.where(X[:, 2] < 100, 0.3, 0.1)), rng


def test_planted_factors_are_found_in_their_order() -> None:
    X, chance, rng = customers(1, 6000)
    found = influences(X, NAMES, rng.random(6000) < chance)
    assert list(found.factors) == ["orders", "recency_days"]
    assert sum(found.factors.values()) == pytest.approx(1.0)
    assert found.explained == pytest.approx(0.228, abs=0.03)  # variance of the planted chance over that of the outcome
    first = found.groups[0]
    assert (first.conditions[0].feature, first.conditions[0].low) == (0, 5.0)
    where = tree.place(found.root, X)
    for one in found.groups:
        inside = [i for i, path in enumerate(tree.paths(found.root)) if path == one.conditions]
        assert one.customers == int((where == inside[0]).sum())
        assert one.mean.lower < chance[where == inside[0]].mean() < one.mean.upper
    assert [one.mean.estimate for one in found.groups] == sorted(
        (one.mean.estimate for one in found.groups), reverse=True
    )


def test_nothing_is_found_in_noise() -> None:
    """Outcomes without any relation: no factor in at least 18 of 20 seeds (95 % are expected, or more)."""
    silent = 0
    for seed in range(20):
        X, _, rng = customers(seed, 600)
        found = influences(X, NAMES, rng.normal(size=600))
        silent += not found.factors
        assert found.explained < 0.05
    assert silent >= 18


def test_it_says_that_it_is_association() -> None:
    X, chance, rng = customers(2)
    found = influences(X, NAMES, (rng.random(2000) < chance).astype(float))
    for lang in LANGS:
        lines = found.sentences(lang)
        assert lines[0] == NOTE[lang]
        assert len(lines) == 1 + len(found.groups)
    assert found.sentences()[1].startswith("if orders >= 5: 0.")
    assert found.sentences("zh-CN")[1].startswith("若 orders >= 5：0.")


def test_a_constant_outcome_has_no_factor() -> None:
    X, _, _ = customers(3, 400)
    found = influences(X, NAMES, np.ones(400))
    assert found.root == Leaf(0)
    assert (dict(found.factors), found.explained, found.groups[0].mean.estimate) == ({}, 0.0, 1.0)
    assert found.sentences() == [NOTE["en"], "No feature is shown to go along with it."]


def test_it_is_the_same_twice() -> None:
    X, chance, rng = customers(4)
    y = (rng.random(2000) < chance).astype(float)
    assert influences(X, NAMES, y) == influences(X, NAMES, y)


def test_the_tree_parts_customers_as_scikit_learn_does() -> None:
    """Values that differ only beyond 32-bit precision are one value to it, and stay on one side."""
    rng = np.random.default_rng(0)
    x = np.repeat([1e9, 1e9 + 1, 2e9], 100)
    y = np.repeat([0.0, 0.0, 5.0], 100) + rng.normal(size=300)
    found = influences(x[:, None], ["spend_minor"], y, depth=1, least=20)
    assert found.root == tree.Split(0, 2e9, Leaf(0), Leaf(1))


def test_what_cannot_be_learned_from_is_refused() -> None:
    X, _, _ = customers(0, 300)
    with pytest.raises(EstimationError, match="needs 400, got 300"):
        influences(X, NAMES, np.ones(300), least=100)
    with pytest.raises(EstimationError, match="one value per customer"):
        influences(X, NAMES, np.ones(299))
    with pytest.raises(ConfigError, match="depth of 0 to 4"):
        influences(X, NAMES, np.ones(300), depth=9)
