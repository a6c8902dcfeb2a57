"""The outlook on shops whose customers were made: who leaves, who stays, and when nothing may be said."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from netlift.errors import DataError
from netlift.profiles.outlook.leaving import BASE, RECENCY, leaving
from netlift.profiles.outlook.outlook import outlook
from netlift.profiles.outlook.parting import parted
from netlift.profiles.outlook.worth import worth
from netlift.schema import OUTLOOK, PROFILES

START = datetime(2025, 1, 6, tzinfo=UTC)
WEEKS = 40
AS_OF = START + timedelta(weeks=WEEKS)


def orders(
    customers: int, *, chance: float = 0.4, leave: float = 0.0, seed: int = 0, alike: bool = True
) -> tuple[pa.Table, np.ndarray]:
    """Each week each customer who is still there orders with `chance`; each week a share `leave` goes for good.

    Not `alike`: chances and amounts differ between customers, and so does how soon they leave.

    Also hands back the week in which each customer left (`WEEKS`: never).
    """
    rng = np.random.default_rng(seed)
    left = np.minimum(rng.geometric(leave, customers) if leave else np.full(customers, WEEKS), WEEKS)
    own = np.full(customers, chance) if alike else rng.beta(1.5, 4.0, customers)
    usual = np.full(customers, 2500.0) if alike else 10_000 / rng.gamma(4.0, 1.0, customers)
    bought = rng.random((customers, WEEKS)) < own[:, None]
    bought[:, 0] = True
    bought &= np.arange(WEEKS) < left[:, None]
    who, week = np.nonzero(bought)
    when = pa.array([START + timedelta(weeks=int(w), days=int(c) % 7) for c, w in zip(who, week, strict=True)])
    table = pa.table(
        {
            "customer_id": pa.array([f"c{c:05d}" for c in who]),
            "ordered_at": when.cast(pa.timestamp("us", tz="UTC")),
            "amount_minor": pa.array((usual[who] * rng.gamma(5.0, 0.2, len(who))).astype(np.int64) + 1),
        }
    )
    return table, left


def ids(customers: int) -> np.ndarray:
    return np.array([f"c{c:05d}" for c in range(customers)], dtype=np.object_)


def profiles(customers: int, *, seed: int = 0) -> pa.Table:
    """Two crowds: half buys often and cheaply, half seldom at full price."""
    rng = np.random.default_rng(seed)
    often = np.arange(customers) % 2 == 0
    values = {
        "customer_id": ids(customers), "as_of": [AS_OF] * customers, "orders": rng.poisson(9, customers) + 1,
        "orders_365": np.where(often, rng.poisson(40, customers), rng.poisson(4, customers)),
        "recency_days": rng.integers(0, 30, customers), "basket_minor": rng.uniform(900, 1100, customers),
        "discount_share": np.where(often, rng.beta(16, 4, customers), rng.beta(2, 30, customers)),
        "categories": rng.poisson(6, customers) + 1, "typical_gap_days": np.full(customers, 7.0),
    }  # fmt: skip
    rest = {
        field.name: pa.array([{"string": "new", "bool": False}.get(str(field.type), 0)] * customers, field.type)
        for field in PROFILES
        if field.name not in values
    }
    return pa.table({name: pa.array(value) for name, value in values.items()} | rest).select(PROFILES.names)


def test_where_leaving_follows_silence_those_who_left_are_told_from_those_who_stay() -> None:
    table, left = orders(1500, leave=0.02)
    found = leaving(table, ids(1500), AS_OF, 7.0, seed=0)
    assert not found.absent
    assert found.horizon_days == 28
    assert found.used != BASE
    gone = left < WEEKS - 8
    asked = np.isfinite(found.p)
    assert np.median(found.p[asked & gone]) > 0.9
    assert np.median(found.p[asked & ~gone & (left == WEEKS)]) < 0.3


def test_where_nobody_differs_nothing_is_shown_to_beat_the_base_rate() -> None:
    """Ordering is a coin of every week, so silence says nothing; the rule of the last order must not win by chance."""
    table, _ = orders(2500, chance=0.3)
    found = leaving(table, ids(2500), AS_OF, 7.0, seed=0)
    assert found.used == BASE
    assert np.ptp(found.p) == 0
    assert 0.7**4 - 0.05 < found.p[0] < 0.7**4 + 0.05


def test_a_short_past_and_few_customers_are_refused_with_what_is_missing() -> None:
    table, _ = orders(50)
    few = leaving(table, ids(50), AS_OF, 7.0, seed=0)
    assert "at least 100 of each" in few.absent
    assert np.isnan(few.p).all()
    short = leaving(table, ids(50), START + timedelta(days=60), 7.0, seed=0)
    assert "needs 140 days" in short.absent


def test_segments_are_found_among_those_who_ordered() -> None:
    table = profiles(400)
    never = table.slice(0, 40).set_column(table.column_names.index("orders"), "orders", pa.array([0] * 40))
    found = parted(pa.concat_tables([never, table.slice(40)]), seed=0)
    assert found.found is not None
    assert found.found.distinct
    assert (found.segment[:40] == -1).all()
    assert set(found.segment[40::2]) != set(found.segment[41::2])
    assert "at least 50" in parted(table.slice(0, 20), seed=0).absent


def test_worth_is_margin_to_come_and_falls_with_silence() -> None:
    table, left = orders(800, leave=0.03, seed=3, alike=False)
    found = worth(table, ids(800), AS_OF, margin=0.3, seed=0)
    assert not found.absent
    early, never = left < WEEKS // 2, left == WEEKS
    assert np.nanmean(found.p_alive[early]) < 0.5
    assert np.nanmean(found.p_alive[never]) > 0.8
    spend = worth(table, ids(800), AS_OF, margin=1.0, seed=0)
    np.testing.assert_allclose(found.clv, 0.3 * spend.clv)
    assert found.total is not None
    assert found.total.lower < found.total.estimate < found.total.upper


def test_the_table_has_everybody_once_and_the_same_bytes_again() -> None:
    table, _ = orders(300, leave=0.02, seed=1, alike=False)
    known = profiles(320, seed=1)  # twenty never ordered
    first, again = (outlook(table, known, margin=0.3, seed=5).table for _ in range(2))
    assert first.schema == OUTLOOK
    assert first["customer_id"].to_pylist() == known["customer_id"].to_pylist()
    assert first.equals(again)
    assert first["p_alive"].null_count == 20
    assert first["standing"].null_count == first["p_churn"].null_count
    assert outlook(table.slice(0, 0), known).churn.absent == "there are no orders"
    with pytest.raises(DataError, match="there is no outlook"):
        outlook(table, known.slice(0, 0))


def test_recency_wins_where_nothing_else_helps() -> None:
    """Leaving at a constant rate and buying as a coin: how long ago the last order was is all there is to know."""
    table, _ = orders(1500, leave=0.02, seed=7)
    assert leaving(table, ids(1500), AS_OF, 7.0, seed=0).used == RECENCY
