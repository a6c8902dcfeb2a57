"""Churn forecasts: they know what is planted, add up, never learn from the test's days, and are judged fairly."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from netlift.errors import ConfigError, EstimationError
from netlift.profiles.churn.habits import HABITS
from netlift.profiles.churn.judge import COMPARED, base_rate, judge
from netlift.profiles.churn.labels import Question, dated
from netlift.profiles.churn.model import Churn
from netlift.profiles.churn.simple import RecencyRule, silent
from netlift.profiles.churn.standing import WORDS, Standing, standing
from netlift.profiles.propensity.dates import Dated
from netlift.profiles.propensity.families.boosting import Boosting
from netlift.profiles.segments.naming import LANGS
from netlift.profiles.value.bg_nbd import BGNBD
from netlift.profiles.value.histories import Histories, purchase_histories

from .churn_worlds import END, LEARNED, MONTH, TEST, shop
from .value_worlds import cdnow_orders

NAMES = tuple(HABITS)
SMALL = Boosting(leaves=7, threads=1)


@pytest.fixture(scope="module")
def dates() -> list[Dated]:
    return dated(shop(1), [*LEARNED, TEST], MONTH, until=END)


@pytest.fixture(scope="module")
def model(dates: list[Dated]) -> Churn:
    return Churn.learn(dates[:-1], NAMES, family=SMALL)


def test_a_planted_pattern_is_learned(dates: list[Dated], model: Churn) -> None:
    """Silence weighs differently for quick and slow buyers: ours beats recency, and is calibrated."""
    test = dates[-1]
    X = np.asarray(test.X)
    rule = RecencyRule.learn(dates[:-1], NAMES).predict(X[:, NAMES.index("recency_days")])
    found = judge(model, test, {"recency": rule, "base rate": base_rate(dates[:-1], len(X))})
    assert found["ours"].figures.roc_auc > 0.8
    assert found["base rate"].beaten("pr_auc") is True
    assert found["recency"].beaten("log_loss") is True
    assert found["ours"].figures.calibration_slope == pytest.approx(1.0, abs=0.25)  # nobody new comes: it drifts
    assert dict(found["ours"].against) == {}
    assert set(found["recency"].against) == set(COMPARED)


def test_nothing_beats_the_base_rate_where_nothing_can_be_known() -> None:
    """Columns without any relation to the outcome: not shown to beat the base rate in at least 9 of 10 seeds."""
    quiet = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        noise = [
            Dated(
                datetime(2025, 1 + i, 1, tzinfo=UTC), rng.normal(size=(400, 3)), (rng.random(400) < 0.4).astype(float)
            )
            for i in range(5)
        ]
        learned = Churn.learn(noise[:-1], ("a", "b", "c"), family=SMALL)
        found = judge(learned, noise[-1], {"base rate": base_rate(noise[:-1], 400)})
        quiet += found["base rate"].beaten("log_loss") is not True
        assert abs(found["ours"].figures.log_loss - found["base rate"].figures.log_loss) < 0.02
    assert quiet >= 9


def test_contributions_sum_to_the_score(dates: list[Dated], model: Churn) -> None:
    """Beside LightGBM's own raw score, for every customer; and the probability rises with that score."""
    X = np.asarray(dates[-1].X)
    learned: Any = model.fitted.learned
    raw = learned.booster.predict(X, raw_score=True)
    assert np.abs(model.contributions(X).raw - raw).max() < 1e-9
    p = model.predict(X)[np.argsort(raw, kind="stable")]
    assert (np.diff(p) >= 0).all()
    assert p.min() >= 0
    assert p.max() <= 1


def test_reasons_are_the_largest_contributions(dates: list[Dated], model: Churn) -> None:
    X = np.asarray(dates[-1].X)[:20]
    values = model.contributions(X).values
    for row, found in enumerate(model.reasons(X)):
        assert len(found) <= 3
        assert [abs(one.contribution) for one in found] == sorted(np.abs(values[row]))[::-1][: len(found)]
        assert all(one.value == X[row, NAMES.index(one.name)] for one in found)
    top = model.importance(np.asarray(dates[-1].X))
    assert {one.name for one in top[:3]} & {"recency_days", "recency_gaps"}


def test_the_test_date_is_never_learned_from(dates: list[Dated], model: Churn) -> None:
    """Dates whose outcomes lie in later steps are refused, so the test's days cannot be among those learned."""
    X = np.asarray(dates[-1].X)
    again = Churn.learn(dates[:-1], NAMES, family=SMALL)
    assert again.predict(X).tobytes() == model.predict(X).tobytes()
    with pytest.raises(EstimationError, match="judge it on a later date"):
        judge(model, replace(dates[-1], as_of=dates[-1].as_of - timedelta(days=1)), {})
    near = [*dates[:4], replace(dates[4], as_of=dates[3].as_of + timedelta(days=29))]
    with pytest.raises(EstimationError, match="at least one horizon apart"):
        Churn.learn(near, NAMES)


def test_stopping_and_calibration_have_dates_of_their_own(dates: list[Dated]) -> None:
    """Other outcomes on the calibration date change the curve and not the trees; on the stopping date, the trees."""
    plain = Churn.learn(dates[:5], NAMES, family=SMALL)
    X, rng = np.asarray(dates[-1].X), np.random.default_rng(0)
    shuffled = [replace(one, y=rng.permutation(np.asarray(one.y))) for one in dates[:5]]
    calibrated = Churn.learn([*dates[:4], shuffled[4]], NAMES, family=SMALL)
    assert np.array_equal(calibrated.contributions(X).raw, plain.contributions(X).raw)
    assert not np.array_equal(calibrated.predict(X), plain.predict(X))
    stopped = Churn.learn([*dates[:3], shuffled[3], dates[4]], NAMES, family=SMALL)
    assert not np.array_equal(stopped.contributions(X).raw, plain.contributions(X).raw)


def test_silence_under_bg_nbd_is_that_of_drawn_futures() -> None:
    """Beside 4,000 drawn futures of each of five customers; four standard errors of a share are .032."""
    model = BGNBD.of(r=0.8, alpha=6.0, a=0.8, b=2.5)
    one = Histories(np.array([0.0, 2, 2, 8, 8]), np.array([0.0, 30, 5, 37, 12]), np.array([38.0] * 5))
    many = Histories(np.repeat(one.frequency, 4000), np.repeat(one.recency, 4000), np.repeat(one.age, 4000))
    drawn = model.draw_purchases(many, 13.0, np.random.default_rng(0)).reshape(5, 4000)
    assert silent(model, one, 13.0) == pytest.approx((drawn == 0).mean(axis=1), abs=0.032)
    assert silent(model, one, 1e12) == pytest.approx(1 - model.p_alive(one), abs=0.01)
    with pytest.raises(EstimationError, match="above 0"):
        silent(model, one, 0.0)


def test_the_recency_rule_never_falls() -> None:
    rng = np.random.default_rng(0)
    recency = rng.integers(0, 100, 2000).astype(float)
    known = Dated(datetime(2025, 1, 1, tzinfo=UTC), recency[:, None], (rng.random(2000) < recency / 100).astype(float))
    rule = RecencyRule.learn([known], ["recency_days"])
    p = rule.predict(np.arange(-5.0, 200.0))
    assert (np.diff(p) >= 0).all()
    assert p[0] > 0
    assert p[-1] < 1
    assert rule.predict([50.0])[0] == pytest.approx(0.5, abs=0.1)
    with pytest.raises(EstimationError, match="needs the column 'recency_days'"):
        RecencyRule.learn([known], ["days"])


def test_cdnow_is_foretold_as_well_as_it_can_be() -> None:
    """CDNOW, 90 days from 1998-04-01 on, in which 12.6 % of the 2,357 customers order.

    From orders alone there is little to add to when and how often: ours is not shown to be worse than BG/NBD's or the
    recency rule's log-loss, and all three are shown to beat the base rate.
    """
    days = [datetime(1997, m, 1, tzinfo=UTC) for m in (4, 5, 6, 7, 10)]
    days += [datetime(1998, 1, 1, tzinfo=UTC), datetime(1998, 4, 1, tzinfo=UTC)]
    known, end = cdnow_orders(), datetime(1998, 7, 1, tzinfo=UTC)
    *learned, test = dated(known, days, Question(90, 460), until=end)
    model = Churn.learn(learned, NAMES, family=SMALL)
    histories = purchase_histories(known, days[-1])
    assert histories["customer_id"].to_pylist() == np.asarray(test.units).tolist()
    table = Histories.of(histories)
    others = {
        "bg_nbd": silent(BGNBD().fit(table), table, 90 / 7),
        "recency": RecencyRule.learn(learned, NAMES).predict(np.asarray(test.X)[:, NAMES.index("recency_days")]),
        "base rate": base_rate(learned, len(table)),
    }
    found = judge(model, test, others)
    assert found["base rate"].beaten("log_loss") is True
    assert found["bg_nbd"].beaten("log_loss") is not False
    assert found["recency"].beaten("log_loss") is not False


def test_where_customers_stand() -> None:
    assert [str(one) for one in standing([0.0, 1 / 3, 0.5, 2 / 3, 1.0])] == [
        "active", "at_risk", "at_risk", "gone", "gone",
    ]  # fmt: skip
    assert standing([0.4], at_risk=0.5, gone=0.9).tolist() == [Standing.ACTIVE]
    assert {one: set(words) for one, words in WORDS.items()} == {one: set(LANGS) for one in Standing}
    with pytest.raises(ConfigError, match="must rise"):
        standing([0.4], at_risk=0.9, gone=0.5)
    with pytest.raises(EstimationError, match="probabilities"):
        standing([1.4])


def test_what_cannot_be_learned_from_is_refused(dates: list[Dated], model: Churn) -> None:
    X = np.asarray(dates[0].X)
    with pytest.raises(EstimationError, match="3 dates or more"):
        Churn.learn(dates[:2], NAMES)
    with pytest.raises(EstimationError, match="must rise"):
        Churn.learn(dates[2::-1], NAMES)
    with pytest.raises(EstimationError, match="a column for each name"):
        Churn.learn(dates[:3], NAMES[:-1])
    with pytest.raises(EstimationError, match="nothing to learn"):
        Churn.learn([replace(dates[0], y=np.ones(len(X))), *dates[1:3]], NAMES)
    with pytest.raises(EstimationError, match="not those of the fit"):
        model.predict(X, NAMES[::-1])
    with pytest.raises(EstimationError, match="NaN"):
        model.predict(np.full((1, len(NAMES)), np.nan))
    with pytest.raises(EstimationError, match="call the other one something else"):
        judge(model, dates[-1], {"ours": np.ones(1)})
