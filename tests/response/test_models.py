"""Lines, trees and drivers."""

import numpy as np
import pytest

from netlift.response.drivers import drivers
from netlift.response.models import PENALTIES, Blend, line, models_for, squeezed
from netlift.uplift.nuisance import Features

RNG = np.random.default_rng(3)
X = RNG.normal(size=(300, 4))
Y = squeezed(X) @ np.array([2.0, -1.0, 0.0, 0.0]) + RNG.normal(size=300)


def by_definition(weight: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """Predictions by the textbook's matrices: the penalty with the least generalised cross-validation error."""
    w = weight / weight.mean()
    logs = squeezed(X)
    centre = (w[:, None] * logs).sum(axis=0) / w.sum()
    scale = np.sqrt((w[:, None] * (logs - centre) ** 2).sum(axis=0) / w.sum())
    z, level = np.clip((logs - centre) / scale, -4, 4), float(w @ Y / w.sum())
    best = (np.inf, z)
    for penalty in PENALTIES * 3.0:
        inverse = np.linalg.inv(z.T @ (w[:, None] * z) + penalty * np.eye(4))
        slope = inverse @ z.T @ (w * (Y - level))
        left = float(w @ (Y - level - z @ slope) ** 2)
        trace = 1 + float(np.trace(z @ inverse @ (z.T * w)))
        best = min(best, (left / (1 - trace / 300) ** 2, level + z @ slope), key=lambda pair: pair[0])
    return best[1]


@pytest.mark.parametrize("weight", [np.ones(300), RNG.uniform(0.5, 2.0, 300)])
def test_the_line_is_ridge_regression_with_the_penalty_of_least_cross_validated_error(weight) -> None:  # type: ignore[no-untyped-def]
    assert line(X, Y, weight).predict(X) == pytest.approx(by_definition(weight), abs=1e-9)


def test_a_constant_feature_and_a_constant_target_are_no_trouble() -> None:
    assert line(np.ones((30, 2)), np.full(30, 7.0)).predict(np.zeros((3, 2))) == pytest.approx([7.0] * 3)


def test_far_away_the_line_levels_off() -> None:
    far = line(X, Y).predict(np.array([[1e9, 0, 0, 0], [1e12, 0, 0, 0]]))
    assert far[0] == far[1]


def test_a_blend_is_the_mean_of_both_and_steady() -> None:
    blend = models_for(300)
    assert isinstance(blend, Blend)
    trees = blend.trees.regress(Features(X), Y, seed=1).predict(X)
    expected = (line(X, Y).predict(X) + trees) / 2
    assert blend.regress(Features(X), Y, seed=1).predict(X) == pytest.approx(expected)


def test_drivers_name_what_tells_customers_apart_and_which_way() -> None:
    found = drivers(X, 5 * X[:, 0] - 2 * X[:, 1], ("loyal", "thrifty", "noise", "noise"))
    assert [one.feature for one in found[:2]] == ["loyal", "thrifty"]
    assert found[0].direction > 0.9 > -0.9 > found[1].direction
    assert 0.95 < sum(one.share for one in found) <= 1 + 1e-9


def test_columns_of_one_name_are_one_driver_without_direction() -> None:
    (only,) = drivers(X, X[:, 0] + X[:, 1], ("town",) * 4)
    assert (only.feature, only.direction, round(only.share, 9)) == ("town", 0.0, 1.0)


def test_equal_effects_have_no_drivers() -> None:
    assert drivers(X, np.ones(300), tuple("abcd")) == ()
