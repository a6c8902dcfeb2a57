"""Judging by time: folds look ahead only, figures are paired, and the choice is the cheapest that is good enough."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from netlift.errors import ConfigError, EstimationError
from netlift.profiles.propensity.choose import choose
from netlift.profiles.propensity.dates import Dated, rolling
from netlift.profiles.propensity.family import Task
from netlift.profiles.propensity.metrics import classification
from netlift.profiles.propensity.model import Model
from netlift.profiles.propensity.validate import cross_validate

from .propensity_worlds import DAYS, amounts, made, purchases, world


def day(place, known=None):
    return Dated(DAYS[place], np.zeros((2, 1)), [0, 1], known_at=None if known is None else DAYS[known])


def places(folds):
    return [
        ([DAYS.index(one.as_of) for one in fold.train], DAYS.index(fold.validation.as_of), DAYS.index(fold.test.as_of))
        for fold in folds
    ]


def test_every_fold_learns_before_it_calibrates_before_it_is_judged():
    assert places(rolling([day(i) for i in range(4)])) == [([0], 1, 2), ([0, 1], 2, 3)]


def test_outcomes_that_were_not_complete_on_the_judged_day_are_left_out():
    """A horizon of two months: in month 4 the outcomes of months 0 to 2 are known, in month 3 those of 0 and 1."""
    assert places(rolling([day(i, i + 2) for i in range(5)])) == [([0], 1, 3), ([0, 1], 2, 4)]
    with pytest.raises(EstimationError, match="further apart than the horizon"):
        rolling([day(i, i + 9) for i in range(3)])


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ([day(0), day(1)], "at least 3 dates"),
        ([day(0), day(2), day(1)], "dates must rise"),
        ([day(0), day(1), day(1)], "dates must rise"),
        ([day(0), day(1), replace(day(2), as_of=datetime(2025, 3, 1, tzinfo=UTC))], "of one kind"),
    ],
)
def test_dates_that_cannot_be_folded_are_refused(dates, said):
    with pytest.raises(EstimationError, match=said):
        rolling(dates)


def test_a_later_date_changes_nothing_of_an_earlier_fold():
    """Poison: the last date's rows are other, its outcomes turned round; the folds before it are the same."""
    dates = purchases(4)
    poisoned = [*dates[:3], Dated(DAYS[3], 100 - dates[3].X, 1 - dates[3].y)]
    clean, dirty = (cross_validate(made("boosting"), one) for one in (dates, poisoned))
    assert clean.folds[0] == dirty.folds[0]
    assert clean.folds[1] != dirty.folds[1]


def test_what_is_judged_is_the_model_that_would_have_been_in_use():
    dates = purchases(3)
    found = cross_validate(made("logistic"), dates)
    p = Model.learn(made("logistic"), dates[:2]).predict(dates[2].X)
    assert found.folds[0].found == classification(dates[2].y, p)
    assert (found.folds[0].learned, found.folds[0].calibrated) == (600, 600)
    assert found.loss == pytest.approx(found.mean["log_loss"])
    base = np.full(600, dates[1].y.mean())
    assert found.folds[0].base.log_loss == pytest.approx(classification(dates[2].y, base).log_loss)


def test_a_planted_tendency_is_shown_and_noise_is_not():
    """On noise 20 worlds: the interval lies below the base rate in none or, by chance, one."""
    assert cross_validate(made("logistic"), purchases(4)).against_base.upper < 0
    shown = [cross_validate(made("logistic"), purchases(4, 300, first=10 * s, slope=0.0)) for s in range(1, 21)]
    assert sum(one.against_base.upper < 0 for one in shown) <= 1


def test_a_customer_on_several_dates_is_one_draw():
    """Three dates of the very same rows and outcomes say no more than one: the error does not shrink by sqrt(3)."""
    one = world(3, 500)
    same = [Dated(day, one.X, one.bought, units=np.arange(500)) for day in DAYS[:5]]
    repeated = cross_validate(made("linear"), same).against_base
    single = cross_validate(made("linear"), same[:3]).against_base
    alone = cross_validate(made("linear"), [replace(d, units=np.arange(500) + 500 * i) for i, d in enumerate(same)])
    assert repeated.se == pytest.approx(single.se, rel=0.1)
    assert alone.against_base.se < 0.7 * repeated.se
    unnamed = cross_validate(made("linear"), [replace(d, units=None) for d in same]).against_base
    assert unnamed.se == pytest.approx(repeated.se, rel=0.05)  # without names the worst is assumed


def test_a_customer_twice_on_a_date_is_refused():
    dates = purchases(3)
    twice = [replace(one, units=np.zeros(600)) for one in dates]
    with pytest.raises(EstimationError, match="two rows of 2025-03-01"):
        cross_validate(made("linear"), twice)


def test_paired_differences_have_a_sign_and_need_the_same_dates():
    dates = purchases(4)
    line, tree = (cross_validate(made(kind), dates) for kind in ("logistic", "tree"))
    assert line.against(tree).estimate == pytest.approx(-tree.against(line).estimate)
    assert line.against(line).estimate == 0.0
    with pytest.raises(EstimationError, match="same dates"):
        line.against(cross_validate(made("tree"), dates[:3]))


def test_the_right_family_wins_and_of_equals_the_cheaper_one():
    """The world is logistic: nothing dear can be better by more than noise, so something cheap is chosen."""
    choice = choose([made(kind) for kind in ("boosting", "forest", "logistic", "tree")], purchases(4, 1000))
    assert choice.chosen.family.kind == "logistic"
    assert choice.shown
    assert [row.loss for row in choice.table] == sorted(row.loss for row in choice.table)
    assert choice.table[0].against_best.estimate == 0.0
    assert choice.table[0].good_enough


def test_a_dear_family_is_chosen_where_the_cheap_one_is_worse_than_noise():
    """Who buys is where two columns have one sign: a line sees nothing of it."""

    def crossed(seed):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(800, 2))
        return X, (rng.random(800) < np.where(X[:, 0] * X[:, 1] > 0, 0.8, 0.2)).astype(float)

    dates = [Dated(DAYS[i], *crossed(i)) for i in range(4)]
    choice = choose([made("logistic"), made("boosting")], dates)
    assert choice.chosen.family.kind == "boosting"
    assert not next(row for row in choice.table if row.family.kind == "logistic").good_enough


def test_on_noise_no_family_is_shown_to_beat_the_base_rate():
    assert not choose([made("logistic"), made("tree")], purchases(4, slope=0.0)).shown


def test_amounts_are_chosen_by_squared_error_not_by_who_says_nobody_spends():
    """Most spend nothing, so 0 for everybody has the least absolute error; the family chosen does not say that."""
    dates = amounts(4, 1500)
    choice = choose([made("linear", Task.REGRESSION), made("boosting", Task.REGRESSION)], dates)
    assert choice.shown
    fold = choice.chosen.validation.folds[-1].found
    assert fold.mae > np.mean(dates[-1].y)
    assert fold.rmse < np.sqrt(np.mean(dates[-1].y ** 2))


def test_equal_arguments_give_equal_results():
    dates = purchases(3)
    one, again = (choose([made("boosting"), made("network")], dates, seed=3) for _ in range(2))
    assert [row[:6] for row in one.table] == [row[:6] for row in again.table]


def test_families_of_two_tasks_are_not_compared():
    with pytest.raises(ConfigError, match="all of one task"):
        choose([made("linear"), made("linear", Task.REGRESSION)], purchases(3))
    with pytest.raises(ConfigError, match="one family or more"):
        choose([], purchases(3))


def test_a_model_needs_a_later_date_and_equal_columns():
    dates = purchases(2)
    with pytest.raises(EstimationError, match="at least 2 dates"):
        Model.learn(made("linear"), dates[:1])
    with pytest.raises(EstimationError, match="needs the shape"):
        Model.learn(made("linear"), [dates[0], Dated(DAYS[1], dates[1].X[:, :2], dates[1].y)])
    with pytest.raises(EstimationError, match="the same columns; they have 4, 2"):
        Model.learn(made("linear"), [dates[0], Dated(DAYS[1], dates[1].X[:, :2], dates[1].y), day(2)])
    with pytest.raises(EstimationError, match="y is 0 in all 600 rows"):
        Model.learn(made("linear"), [dates[0], Dated(date(2025, 2, 1), dates[1].X, np.zeros(600))])
