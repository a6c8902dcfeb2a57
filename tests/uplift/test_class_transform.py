"""Transformed outcomes: right on average by hand and on planted truth, whatever the propensities."""

import numpy as np
import pytest

from netlift.errors import EstimationError
from netlift.uplift.learners.base import LEARNERS
from netlift.uplift.learners.class_transform import ClassTransform
from netlift.uplift.nuisance import Base, Boosted
from tests.uplift import worlds

BOOSTED = Boosted(trees=60, leaves=8, threads=1)
SHALLOW = Boosted(trees=20, leaves=8, threads=1)


class Mean:
    """A model that predicts the weighted mean of its target."""

    def fit(self, X, y, sample_weight=None):
        assert len(X) == len(y)
        self.mean = np.average(y, weights=sample_weight)

    def predict(self, X):
        return np.full(len(X), self.mean)


MEANS = Base(Mean, missing=True)


def by_hand(y, arm, e, k):
    """The effect of arm k by inverse propensities, over the units of arms 0 and k."""
    p = e[:, k] / (e[:, 0] + e[:, k])
    there, control = arm == k, arm == 0
    return (y[there] @ (1 / p[there]) - y[control] @ (1 / (1 - p[control]))) / (there | control).sum()


def test_its_mean_is_that_of_inverse_propensities():
    """With a model of the mean alone the effects are those of the formula, by hand."""
    data = worlds.log(1, 900)
    raw = ClassTransform(mean=False, base=MEANS).fit(data.x, data.arm, data.outcome, propensity=data.propensity)
    for k in (1, 2):
        expected = by_hand(data.outcome, data.arm, data.propensity, k)
        assert raw.effects(data.x[:1])[0, k - 1] == pytest.approx(expected)


def test_the_class_transformation_by_hand():
    """2 E_w[z] - 1, with z = 1 for buyers of the arm and those of control who do not buy."""
    data = worlds.log(2, 900)
    bought = (data.outcome > 0).astype(np.float64)
    fitted = ClassTransform(base=MEANS).fit(data.x, data.arm, bought, propensity=data.propensity)
    for k in (1, 2):
        p = data.propensity[:, k] / (data.propensity[:, 0] + data.propensity[:, k])
        inside = (data.arm == 0) | (data.arm == k)
        weight = np.where(data.arm == k, 1 / p, 1 / (1 - p))[inside]
        z = (bought == (data.arm == k))[inside]
        assert fitted.effects(data.x[:1])[0, k - 1] == pytest.approx(2 * (weight @ z) / weight.sum() - 1)


@pytest.mark.parametrize("known", [True, False], ids=["known", "estimated"])
def test_planted_effects_of_two_offers(known):
    """Effects x0 and .3, offers given by x: found on average and by customer; without weights the mean is wrong."""
    data = worlds.log(3, 12_000)
    e = data.propensity if known else None
    found = (
        ClassTransform(base=BOOSTED, propensity_base=SHALLOW)
        .fit(data.x, data.arm, data.outcome, propensity=e)
        .effects(data.x)
    )
    assert found.mean(axis=0) == pytest.approx([0.0, 0.3], abs=0.1)  # two standard errors are about .06
    assert np.corrcoef(found[:, 0], data.x[:, 0])[0, 1] > 0.8
    naive = [data.outcome[data.arm == k].mean() - data.outcome[data.arm == 0].mean() for k in (1, 2)]
    assert abs(naive[1] - 0.3) > 0.15


def test_planted_effects_on_a_binary_outcome():
    rng = np.random.default_rng(4)
    x, arm = rng.random((12_000, 2)), (rng.random(12_000) < 0.3).astype(int)
    bought = rng.random(12_000) < 0.2 + 0.3 * arm * (x[:, 0] > 0.5)
    for way in ("class", "outcome"):
        fitted = ClassTransform(way=way, base=BOOSTED).fit(x, arm, bought, propensity=[0.7, 0.3])
        found = fitted.effects(x)[:, 0]
        assert found[x[:, 0] > 0.5].mean() == pytest.approx(0.3, abs=0.05)
        assert found[x[:, 0] < 0.5].mean() == pytest.approx(0.0, abs=0.05)
        assert fitted.outcomes(x) is None


def test_taking_the_mean_away_makes_effects_less_noisy():
    """An outcome far from 0: the transformed outcome varies with its level, unless that is taken away."""
    data = worlds.log(5, 4000)
    spread = {}
    for mean in (True, False):
        learner = ClassTransform(mean=mean, base=BOOSTED)
        found = learner.fit(data.x, data.arm, data.outcome + 20, propensity=data.propensity).effects(data.x)
        spread[mean] = float(((found[:, 0] - data.x[:, 0]) ** 2).mean())
    assert spread[True] < 0.1 * spread[False]


def test_it_is_registered_and_repeats_itself():
    assert LEARNERS["class_transform"] is ClassTransform
    data = worlds.log(6, 600)
    first, second = (
        ClassTransform(base=BOOSTED, propensity_base=SHALLOW).fit(data.x, data.arm, data.outcome, seed=3)
        for _ in range(2)
    )
    assert first.effects(data.x).tobytes() == second.effects(data.x).tobytes()


def test_classes_are_for_outcomes_of_0_and_1():
    with pytest.raises(EstimationError, match="use way='outcome'"):
        ClassTransform(way="class").fit(np.zeros((40, 1)), [0, 1] * 20, [2.0] * 40, propensity=[0.5, 0.5])
