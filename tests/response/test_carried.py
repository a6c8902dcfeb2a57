"""Averages of a log as of today: by what its customers would bring anyway, then and now."""

from dataclasses import replace

import numpy as np
import pytest

from netlift.response.carried import MOST, UNSURE, carried, moved_to
from netlift.response.features import moment
from netlift.response.from_logs import FromLog, Then, from_log
from netlift.response.logs import find_logs
from netlift.response.respond import last_day
from netlift.response.results import Judged, Learned
from netlift.response.score import score
from netlift.simulate import ShopConfig, simulate
from tests.response.test_pooled import effect, offer
from tests.response.test_score import IDS, X, model
from tests.response.worlds import MAIL, WASHOUT, opened

CONTACT = 3


def found() -> Learned:
    """Margin 33, cost 13, contact 3 of it; net 20 +- 4."""
    one = offer("mail", 20.0, 4.0)
    return replace(
        one, offer=replace(one.offer, contact_cost_minor=CONTACT), margin=effect(33.0, 4.0), cost=effect(13.0, 1.0)
    )


def log(usual: float = 1000.0) -> FromLog:
    """Usual profit is 100 x third feature; the average effect is 20 among customers who brought `usual`."""
    n = 30
    ids = np.array([f"c{i:03}" for i in range(n)], object)
    judged = Judged(
        ids, np.full(n, 20, np.float32), np.full(n, 25, np.float32), np.full(n, 13, np.float32), np.zeros(n, np.int8)
    )
    return FromLog(model(contact=CONTACT), None, (found(),), None, {"mail": judged}, Then(ids, usual))  # type: ignore[arg-type]


def features(usual: float) -> np.ndarray:  # type: ignore[type-arg]
    """Customers who bring so much now."""
    now = X / 4
    now[:, 2] += usual / 100 - now[:, 2].mean()
    return now


def wide(one: FromLog) -> FromLog:
    """With a model that has seen all that these tests ask of it."""
    return replace(one, model=replace(one.model, low=np.full(4, -99.0), high=np.full(4, 99.0)))


def test_what_is_not_contact_follows_what_customers_bring() -> None:
    """They bring a fifth less: gross 23 becomes 18.4, less the contact 15.4; the error grows by half of the change."""
    moved = moved_to(wide(log()), features(800.0))
    (one,) = moved.findings
    assert one.numbers["carried"] == pytest.approx(0.8)
    assert one.net.estimate == pytest.approx(23 * 0.8 - CONTACT)
    assert one.net.se == pytest.approx(np.hypot(4.0, UNSURE * 23 * 0.2))
    assert one.net.estimate == one.margin.estimate - one.cost.estimate
    assert one.cost.estimate == pytest.approx(10 * 0.8 + CONTACT)
    assert one.net.upper - one.net.estimate == pytest.approx(1.6449 * one.net.se, rel=1e-4)
    assert moved.model.model_id == one.model_id != "f00d"


def test_rows_of_its_customers_have_the_carried_mean() -> None:
    """Whatever the rule says of how they changed: 20 becomes 15.4 on average, and who differs still differs."""
    before, now = wide(log()), features(800.0)
    moved = moved_to(before, now)
    net, old = (score(one.model, IDS, now)[0].column("net_margin").to_numpy() for one in (moved, before))
    assert net.mean() == pytest.approx(15.4, abs=0.01)
    assert np.ptp(net - old) < 0.01
    assert net.std() > 1


def test_judged_customers_move_with_it() -> None:
    """Beliefs and scores by the same: what a rule misses stays what it was."""
    moved = moved_to(wide(log()), features(800.0)).judged["mail"]
    assert moved.predicted == pytest.approx(15.4, abs=1e-4)
    assert moved.score - moved.predicted == pytest.approx(5.0, abs=1e-4)
    assert moved.cost == pytest.approx(11.0, abs=1e-4)
    assert moved.predicted.dtype == np.float32


def test_where_nothing_changed_or_nothing_is_known_a_log_stays() -> None:
    same = moved_to(wide(log()), features(1000.0)).findings[0]
    assert same.net.estimate == pytest.approx(20.0)
    assert same.net.se == pytest.approx(4.0)
    unknown = replace(log(), then=None)
    assert moved_to(unknown, features(500.0)) is unknown
    for odd in (log(usual=-5.0), log(usual=0.0)):
        assert moved_to(odd, features(500.0)) is odd
    assert moved_to(log(), np.zeros((0, 4))).findings[0].net.estimate == 20.0
    spread = features(100.0)
    spread[::3, 2] = -5.0  # a third is expected to bring less than nothing: no amount to be in proportion to
    losing = wide(log())
    assert moved_to(losing, spread) is losing


def test_no_average_grows_without_bound() -> None:
    assert moved_to(wide(log(usual=10.0)), features(1000.0)).findings[0].numbers["carried"] == MOST


@pytest.mark.slow
def test_customers_who_left_are_missed() -> None:
    """Seven of ten have left since: the log's customers bring less, and so does the offer, though not as little.

    The model has never seen anybody silent for half a year.
    """
    config = ShopConfig(
        customers=900, products=40, categories=8, regions=4, days=260, seed=4, churn_per_year=2.3, promotions=(MAIL,)
    )
    shop = opened(simulate(config).tables)
    (found,) = find_logs(shop, last_day(shop, None), washout_days=WASHOUT).usable
    learned = from_log(shop, found, level=0.9, seed=0)
    assert isinstance(learned, FromLog)
    now = moment(shop, last_day(shop, None), "now")
    moved = carried(learned, now)
    ratio = moved.findings[0].numbers["carried"]
    assert np.exp(-2.3 * (260 - 70) / 364) < ratio < 0.75
    before, after = learned.findings[0], moved.findings[0]
    assert abs(after.net.estimate) < 0.8 * abs(before.net.estimate)
    assert after.net.se > before.net.se
