"""The two-part model foretells amounts without bias, where shortcuts are known to fall short."""

import numpy as np
import pytest

from netlift.errors import ConfigError, EstimationError
from netlift.profiles.propensity.amount import Hurdle
from netlift.profiles.propensity.choose import choose
from netlift.profiles.propensity.family import Task
from netlift.profiles.propensity.validate import cross_validate

from .propensity_worlds import amounts, made, world

SEEDS = range(12)


def hurdle():
    return Hurdle(buys=made("boosting"), spends=made("boosting", Task.REGRESSION, loss="gamma"))


def ratios(family, *, validated=True):
    """Foretold total over true total of customers never seen, in twelve worlds."""
    found = []
    for seed in SEEDS:
        learn, later, test = world(100 + seed), world(200 + seed), world(300 + seed, 4000)
        validation = (later.X, later.spent) if validated else None
        f = family.fit(learn.X, learn.spent, validation=validation).predict(test.X)
        found.append(f.sum() / test.mean.sum())
    return np.array(found)


@pytest.mark.parametrize("validated", [True, False])
def test_the_total_is_foretold_without_bias(validated):
    """The mean ratio of twelve worlds is 1 within three of its errors, which are below 2.5 %."""
    found = ratios(hurdle(), validated=validated)
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert error < 0.025
    assert abs(found.mean() - 1) < 3 * error


def test_the_tweedie_loss_keeps_to_the_mean_too():
    """Shrunken trees on a log scale alone foretold 0.86 of the total."""
    found = ratios(made("boosting", Task.REGRESSION, loss="tweedie"))
    error = found.std(ddof=1) / np.sqrt(len(found))
    assert error < 0.025
    assert abs(found.mean() - 1) < 3 * error


def test_a_mean_of_logarithms_falls_short_and_gamma_does_not():
    """Gamma of shape 2: exp(E log) is exp(digamma(2))/2 = 0.763 of the mean."""
    learn, test = world(1, 8000), world(2, 8000)
    bought, size = learn.bought > 0, 1000 * np.exp(0.3 * test.X[:, 1])
    logs = made("boosting", Task.REGRESSION).fit(learn.X[bought], np.log(learn.spent[bought]))
    gamma = made("boosting", Task.REGRESSION, loss="gamma").fit(learn.X[bought], learn.spent[bought])
    assert np.exp(logs.predict(test.X)).sum() / size.sum() == pytest.approx(0.763, abs=0.06)
    assert gamma.predict(test.X).sum() / size.sum() == pytest.approx(1.0, abs=0.06)


def test_each_customer_is_foretold_better_than_by_one_number():
    learn, later, test = world(5, 4000), world(6, 4000), world(7, 4000)
    f = hurdle().fit(learn.X, learn.spent, validation=(later.X, later.spent)).predict(test.X)
    assert f.min() >= 0
    assert np.mean((f - test.mean) ** 2) < 0.3 * test.mean.var()


def test_a_level_that_has_moved_is_followed():
    """Twice the amounts on the later date: the factor learned there doubles the forecast."""
    learn, later = world(8), world(9)
    plain = hurdle().fit(learn.X, learn.spent, validation=(later.X, later.spent)).predict(later.X)
    doubled = hurdle().fit(learn.X, learn.spent, validation=(later.X, 2 * later.spent)).predict(later.X)
    assert plain.sum() == pytest.approx(later.spent.sum())
    assert doubled.sum() == pytest.approx(2 * later.spent.sum())


def test_it_is_a_family_like_any_other():
    dates = amounts(4, 800)
    assert cross_validate(hurdle(), dates).against_base.upper < 0
    table = choose([hurdle(), made("linear", Task.REGRESSION)], dates).table
    assert {row.family.kind for row in table} == {"hurdle", "linear"}


def test_the_same_seed_gives_the_same_amounts_and_no_contributions_are_claimed():
    one, again = (hurdle().fit(world(1).X, world(1).spent, seed=4) for _ in range(2))
    assert one.predict(world(2).X).tobytes() == again.predict(world(2).X).tobytes()
    assert one.contributions(world(2).X) is None


@pytest.mark.parametrize(
    ("loss", "amounts", "said"),
    [
        ("gamma", [0.0, 1.0], "amounts must be above 0 for loss 'gamma'; the least is 0"),
        ("tweedie", [-1.0, 1.0], "0 or more"),
        ("tweedie", [0.0, 0.0], "all 20 amounts are 0"),
    ],
)
def test_amounts_that_a_loss_cannot_take_are_refused(loss, amounts, said):
    one, y = world(1, 20), np.tile(amounts, 10)
    family = made("boosting", Task.REGRESSION, loss=loss)
    with pytest.raises(EstimationError, match=said):
        family.fit(one.X, y)
    with pytest.raises(EstimationError, match=said):
        family.fit(one.X, np.ones(20), validation=(one.X, y))


def test_what_cannot_be_a_hurdle_is_refused():
    one = world(1, 100)
    with pytest.raises(EstimationError, match="must not be negative; 1 rows are"):
        hurdle().fit(one.X, np.where(np.arange(100) == 5, -1.0, one.spent))
    with pytest.raises(EstimationError, match="y is 0 in all 100 rows"):
        hurdle().fit(one.X, np.zeros(100))
    with pytest.raises(ConfigError, match="a hurdle needs"):
        Hurdle(buys=made("boosting", Task.REGRESSION))
    with pytest.raises(ConfigError, match="cannot do classification"):
        Hurdle(task=Task.CLASSIFICATION)
