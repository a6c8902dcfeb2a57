"""Tuning finds settings, gives up early on bad ones, repeats itself, and never looks at the last date."""

import sys

import numpy as np
import pytest

from netlift.errors import ConfigError, EngineError, EstimationError
from netlift.profiles.propensity.amount import Hurdle
from netlift.profiles.propensity.dates import Dated
from netlift.profiles.propensity.family import Task
from netlift.profiles.propensity.tune import tune

from .propensity_worlds import DAYS, amounts, made, purchases

pytest.importorskip("optuna")


@pytest.fixture(scope="module")
def dates():
    return purchases(4, 500)


@pytest.fixture(scope="module")
def found(dates):
    return tune(made("boosting"), dates, trials=15)


def test_the_search_never_ends_worse_than_it_began(found):
    """The first trial is the family as it was given."""
    assert found.loss <= found.started == found.tried[0].loss
    assert found.tried[0].settings["rate"] == made("boosting").rate
    assert found.loss == min(one.loss for one in found.tried if one.state == "complete")
    assert found.loss < 0.95  # of the loss of one number for everybody


def test_bad_settings_are_given_up_before_all_folds_are_learned(found):
    """Two folds a trial; every pruned one stopped before the second was done or stood worse than the best."""
    assert len(found.tried) == 15
    assert found.pruned >= 3
    assert all(one.folds == 2 for one in found.tried if one.state == "complete")
    assert all(one.loss > found.loss for one in found.tried if one.state == "pruned" and one.folds == 2)
    assert any(one.folds < 2 for one in found.tried if one.state == "pruned")


def test_within_a_fold_a_hopeless_trial_is_given_up_while_it_boosts():
    """Rates of 0.01 beside rates of 0.1 on many rounds: some trials end before their first fold does."""
    slow = tune(made("boosting", rounds=300, patience=300), purchases(3, 300), trials=20, seed=1)
    assert any(one.folds == 0 for one in slow.tried)


def test_equal_seeds_give_equal_searches(dates, found):
    assert tune(made("boosting"), dates, trials=15) == found
    assert tune(made("boosting"), dates, trials=15, seed=1).tried != found.tried


def test_the_last_date_is_not_looked_at(dates, found):
    """Poison: it holds nothing but NaN, and has another number of columns; the choice is the same."""
    poisoned = [*dates[:-1], Dated(DAYS[3], np.full((3, 9), np.nan), np.full(3, np.nan))]
    assert tune(made("boosting"), poisoned, trials=15) == found


def test_amounts_can_be_tuned_too():
    found = tune(made("linear", Task.REGRESSION), amounts(3, 300), trials=5)
    assert found.family.task is Task.REGRESSION
    assert found.loss < 1


def test_time_ends_the_search():
    """A thousandth of a second has room for one trial."""
    assert len(tune(made("logistic"), purchases(3, 300), trials=500, seconds=1e-3).tried) < 10


def test_what_cannot_be_tuned_is_refused(dates):
    with pytest.raises(ConfigError, match="1 trial or more"):
        tune(made("linear"), dates, trials=0)
    with pytest.raises(ConfigError, match="'hurdle' has no settings"):
        tune(Hurdle(), dates)
    with pytest.raises(EstimationError, match="at least 3 dates"):
        tune(made("linear"), dates[:2], trials=1)


def test_without_optuna_the_extra_is_named(dates, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(EngineError, match=r"pip install 'netlift\[tune\]'"):
        tune(made("linear"), dates)


def test_optuna_is_as_quiet_afterwards_as_it_was_before(dates, capfd):
    import optuna

    before = optuna.logging.get_verbosity()
    tune(made("linear"), dates, trials=2)
    assert optuna.logging.get_verbosity() == before
    assert capfd.readouterr().err == ""
