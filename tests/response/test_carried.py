"""Averages of a log as of today: by how many of those who had no offer still buy."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from netlift.response.carried import FEWEST, MOST, UNSURE, Ratio, carried, left_of, moved_by, ratio_of
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
FIFTH_LEFT = Ratio(0.8, 0.05)


def found() -> Learned:
    """Margin 33, cost 13, contact 3 of it; net 20 +- 4."""
    one = offer("mail", 20.0, 4.0)
    return replace(
        one, offer=replace(one.offer, contact_cost_minor=CONTACT), margin=effect(33.0, 4.0), cost=effect(13.0, 1.0)
    )


def log() -> FromLog:
    n = 30
    ids = np.array([f"c{i:03}" for i in range(n)], object)
    judged = Judged(
        ids, np.full(n, 20, np.float32), np.full(n, 25, np.float32), np.full(n, 13, np.float32), np.zeros(n, np.int8)
    )
    return FromLog(model(contact=CONTACT), None, (found(),), None, {"mail": judged})  # type: ignore[arg-type]


def test_what_is_not_contact_follows_those_who_are_left() -> None:
    """A fifth has left: gross 23 becomes 18.4, less the contact 15.4; the error grows by half of it and the ratio's."""
    moved = moved_by(log(), FIFTH_LEFT)
    (one,) = moved.findings
    assert one.numbers["carried"] == 0.8
    assert one.net.estimate == pytest.approx(23 * 0.8 - CONTACT)
    assert one.net.se == pytest.approx(np.sqrt(4.0**2 + 23**2 * ((UNSURE * 0.2) ** 2 + 0.05**2)))
    assert one.net.estimate == one.margin.estimate - one.cost.estimate
    assert one.cost.estimate == pytest.approx(10 * 0.8 + CONTACT)
    assert one.net.upper - one.net.estimate == pytest.approx(1.6449 * one.net.se, rel=1e-4)
    assert moved.model.model_id == one.model_id != "f00d"


def test_rows_move_with_the_average_and_differ_as_before() -> None:
    before, after = (score(one.model, IDS, X)[0] for one in (log(), moved_by(log(), FIFTH_LEFT)))
    net, old, cost = (
        batch.column(name).to_numpy()
        for batch, name in ((after, "net_margin"), (before, "net_margin"), (after, "expected_cost"))
    )
    assert net - old == pytest.approx(-23 * 0.2, abs=0.01)
    assert cost.min() >= CONTACT
    assert (after.column("se").to_numpy() >= before.column("se").to_numpy()).all()


def test_judged_customers_move_with_it() -> None:
    """Beliefs and scores by the same: what a rule misses stays what it was."""
    moved = moved_by(log(), FIFTH_LEFT).judged["mail"]
    assert moved.predicted == pytest.approx(15.4, abs=1e-4)
    assert moved.score - moved.predicted == pytest.approx(5.0, abs=1e-4)
    assert moved.cost == pytest.approx(11.0, abs=1e-4)
    assert {moved.predicted.dtype, moved.score.dtype, moved.cost.dtype} == {np.dtype(np.float32)}


def test_ratios_of_few_and_of_many() -> None:
    assert ratio_of(FEWEST - 1, 50, 1000) is None
    assert ratio_of(1000, 1000, 1000) == Ratio(1.0, 0.0)
    gone = ratio_of(500, 0, 1000)
    assert gone is not None
    assert gone.value == 0
    more = ratio_of(100, 900, 1000)
    assert more is not None
    assert more.value == MOST
    rng = np.random.default_rng(0)
    drawn = rng.binomial(1000, 0.4, 4000) / rng.binomial(1000, 0.5, 4000)
    one = ratio_of(500, 400, 1000)
    assert one is not None
    assert drawn.std() == pytest.approx(one.se, rel=0.1)


def test_only_the_customers_of_the_log_and_their_days_count() -> None:
    """Of 200 customers all buy in the log's ten days; in the last ten, 150 of them do, and some strangers."""
    days = [("c", k, 100 + k % 10) for k in range(200)] + [("c", k, 190 + k % 10) for k in range(150)]
    days += [("z", k, 195) for k in range(500)] + [("c", k, 150) for k in range(200)]
    table = pa.table({
        "order_id": [f"o{n}" for n in range(len(days))], "customer_id": [f"{kind}{k:03}" for kind, k, _ in days],
        "day": [day for *_, day in days], "orders": [1] * len(days),
    })  # fmt: skip
    import duckdb

    class Records:
        con = duckdb.connect()

    Records.con.register("customer_days", table)
    then = Then(np.array([f"c{k:03}" for k in range(200)], object), 100, 110)
    assert left_of(Records, then, 200).value == 0.75  # type: ignore[arg-type, union-attr]
    assert left_of(Records, then, 108).value == 1.0  # type: ignore[arg-type, union-attr]  # it is not over yet
    unknown = log()
    assert carried(unknown, Records, 200) is unknown  # type: ignore[arg-type]
    few = replace(unknown, then=then._replace(customer_id=then.customer_id[:50]))
    assert carried(few, Records, 200) is few  # type: ignore[arg-type]


@pytest.mark.slow
def test_customers_who_left_are_missed() -> None:
    """Seven of ten have left since."""
    config = ShopConfig(
        customers=900, products=40, categories=8, regions=4, days=260, seed=4, churn_per_year=2.3, promotions=(MAIL,)
    )
    shop = opened(simulate(config).tables)
    last = last_day(shop, None)
    (one,) = find_logs(shop, last, washout_days=WASHOUT).usable
    learned = from_log(shop, one, level=0.9, seed=0)
    assert isinstance(learned, FromLog)
    moved = carried(learned, shop, last)
    assert moved.findings[0].numbers["carried"] == pytest.approx(np.exp(-2.3 * (260 - 84) / 364), abs=0.07)
    assert abs(moved.findings[0].net.estimate) < 0.6 * abs(learned.findings[0].net.estimate)
